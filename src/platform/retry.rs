//! When and after how long a request is sent again (standards H1, H2).

use std::time::Duration;

use super::error::{Error, Kind, Reach};

/// How often and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retries {
    /// At most so many repetitions.
    pub(super) times: u32,
    /// The first pause; it doubles each time.
    pub(super) first: Duration,
    /// No pause is longer, whatever the platform asks for: then the error is told instead.
    pub(super) longest: Duration,
}

impl Retries {
    /// The pause before repetition number `done` (from 0), or `None` when the error stands. `asked` is what
    /// `Retry-After` said; `share` (0.5 to 1) keeps many clients from coming back together.
    pub(super) fn pause(
        &self,
        done: u32,
        error: &Error,
        asked: Option<Duration>,
        share: f64,
    ) -> Option<Duration> {
        if done >= self.times || !may_pass(&error.kind) {
            return None;
        }
        let reset = match error.kind {
            Kind::Limited { reset } => reset,
            _ => None,
        };
        let pause = asked.or(reset).unwrap_or_else(|| {
            self.first.saturating_mul(2_u32.saturating_pow(done)).min(self.longest).mul_f64(share)
        });
        (pause <= self.longest).then_some(pause)
    }
}

/// True for what another try can mend soon. Not a name without an address or a refused certificate, and not a
/// timeout, after which a person has waited long enough to be asked.
fn may_pass(kind: &Kind) -> bool {
    match kind {
        Kind::Limited { .. }
        | Kind::Server
        | Kind::Unreachable(Reach::Refused | Reach::Broken | Reach::Truncated | Reach::Other) => true,
        Kind::Unreachable(Reach::Dns | Reach::Tls | Reach::Timeout)
        | Kind::Unauthorized
        | Kind::SignedOut
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::NoSuchRoute
        | Kind::Gone
        | Kind::Conflict
        | Kind::Stale
        | Kind::AccountBroken
        | Kind::Invalid
        | Kind::TooLarge
        | Kind::DoneButFailed
        | Kind::NotAPlatform
        | Kind::Unreadable
        | Kind::Local => false,
    }
}

/// `Retry-After`: seconds, or a date that is read against the answer's own `Date` (RFC 9110 §10.2.3).
pub(super) fn retry_after(value: &str, date: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = |text: &str| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let wait = at(value)?.as_second() - at(date)?.as_second();
    // A moment that has passed is now.
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RETRIES: Retries =
        Retries { times: 3, first: Duration::from_millis(100), longest: Duration::from_secs(60) };

    fn limited(reset: u64) -> Error {
        Error::new(Kind::Limited { reset: Some(Duration::from_secs(reset)) }, "Too Many Requests")
    }

    // H1
    #[test]
    fn the_platform_says_how_long_and_retry_after_goes_first() {
        assert_eq!(RETRIES.pause(0, &limited(7), None, 1.0), Some(Duration::from_secs(7)));
        let asked = Some(Duration::from_secs(3));
        assert_eq!(RETRIES.pause(0, &limited(7), asked, 1.0), asked);
        assert_eq!(RETRIES.pause(0, &limited(3600), None, 1.0), None, "longer than bearable is told instead");
    }

    #[test]
    fn pauses_double_jitter_and_end() {
        let broken = Error::new(Kind::Server, "x");
        let pause = |done, share| RETRIES.pause(done, &broken, None, share).map(|pause| pause.as_millis());
        assert_eq!(
            [pause(0, 1.0), pause(1, 1.0), pause(2, 1.0), pause(3, 1.0)],
            [Some(100), Some(200), Some(400), None]
        );
        assert_eq!(pause(1, 0.5), Some(100));
    }

    #[rstest]
    #[case(Kind::Unreachable(Reach::Broken), true)]
    #[case(Kind::Unreachable(Reach::Truncated), true)]
    #[case(Kind::Unreachable(Reach::Refused), true)]
    #[case(Kind::Unreachable(Reach::Timeout), false)]
    #[case(Kind::Unreachable(Reach::Tls), false)]
    #[case(Kind::Unreachable(Reach::Dns), false)]
    #[case(Kind::Forbidden, false)]
    #[case(Kind::Stale, false)]
    #[case(Kind::Unreadable, false)]
    #[case(Kind::NotAPlatform, false)]
    fn only_what_can_pass_is_asked_again(#[case] kind: Kind, #[case] again: bool) {
        assert_eq!(RETRIES.pause(0, &Error::new(kind, "x"), None, 1.0).is_some(), again);
    }

    // RFC 9110 §10.2.3
    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "Tue, 24 Nov 2026 10:00:00 GMT";
        assert_eq!(retry_after("7", ""), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Tue, 24 Nov 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Tue, 24 Nov 2026 09:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Tue, 24 Nov 2026 10:00:30 GMT", ""), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
