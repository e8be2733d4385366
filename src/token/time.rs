//! Times of tokens (J11; RFC 7519 §2: seconds since 1970, perhaps with a fraction, perhaps nonsense).

use jiff::Timestamp;

use super::json::Node;
use super::jws::Jws;

/// Leeway for clocks that differ, in seconds (J7).
pub const LEEWAY: f64 = 60.0;

/// A time as a token gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct When {
    /// As it stands.
    pub seconds: f64,
}

impl When {
    /// From a claim.
    pub fn of(node: &Node) -> Option<Self> {
        node.number().filter(|seconds| seconds.is_finite()).map(|seconds| Self { seconds })
    }

    /// As a moment; `None` outside of the years that there are.
    pub fn at(self) -> Option<Timestamp> {
        if self.seconds.abs() > 1e13 {
            return None;
        }
        let whole = self.seconds.floor();
        let nanos = ((self.seconds - whole) * 1e9).round().clamp(0.0, 999_999_999.0);
        Timestamp::new(whole as i64, nanos as i32).ok()
    }

    /// Seconds from `now`; negative when it is past.
    pub fn from(self, now: Timestamp) -> f64 {
        self.seconds - now.as_second() as f64 - f64::from(now.subsec_nanosecond()) / 1e9
    }
}

/// How a token stands in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// Valid for so many seconds more.
    Valid(f64),
    /// Ended so many seconds ago, within the leeway.
    JustEnded(f64),
    /// Ended so many seconds ago.
    Ended(f64),
    /// Begins in so many seconds.
    NotYet(f64),
    /// Made in the future, by so many seconds: one of the clocks is off.
    FromTheFuture(f64),
    /// It names no end.
    Endless,
    /// A time in it is no number.
    Odd(&'static str),
}

/// Holds `exp`, `nbf` and `iat` against the clock, with [`LEEWAY`].
pub fn standing(jws: &Jws, now: Timestamp) -> Standing {
    let read = |name: &'static str| match jws.claim(name) {
        None => Ok(None),
        Some(node) => When::of(node).map(Some).ok_or(name),
    };
    let (exp, nbf, iat) = match (read("exp"), read("nbf"), read("iat")) {
        (Ok(exp), Ok(nbf), Ok(iat)) => (exp, nbf, iat),
        (Err(name), _, _) | (_, Err(name), _) | (_, _, Err(name)) => return Standing::Odd(name),
    };
    if let Some(left) = nbf.map(|nbf| nbf.from(now)).filter(|left| *left > LEEWAY) {
        return Standing::NotYet(left);
    }
    match exp.map(|exp| exp.from(now)) {
        None => Standing::Endless,
        Some(left) if left + LEEWAY <= 0.0 => Standing::Ended(-left),
        Some(left) if left <= 0.0 => Standing::JustEnded(-left),
        Some(left) => match iat.map(|iat| iat.from(now)).filter(|ahead| *ahead > LEEWAY) {
            Some(ahead) => Standing::FromTheFuture(ahead),
            None => Standing::Valid(left),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rstest::rstest;

    // J7, J11
    #[rstest]
    #[case(r#"{"exp":1100}"#, Standing::Valid(100.0))]
    #[case(r#"{"exp":1000.5,"iat":900.25}"#, Standing::Valid(0.5))]
    #[case(r#"{"exp":970}"#, Standing::JustEnded(30.0))]
    #[case(r#"{"exp":940}"#, Standing::Ended(60.0))]
    #[case(r#"{"exp":2000,"nbf":1100}"#, Standing::NotYet(100.0))]
    #[case(r#"{"exp":2000,"nbf":1050}"#, Standing::Valid(1000.0))]
    #[case(r#"{"exp":2000,"iat":1100}"#, Standing::FromTheFuture(100.0))]
    #[case("{}", Standing::Endless)]
    #[case(r#"{"exp":"soon"}"#, Standing::Odd("exp"))]
    #[case(r#"{"exp":1e300}"#, Standing::Valid(1e300))]
    fn a_token_stands_in_time(#[case] claims: &str, #[case] standing_at_1000: Standing) {
        let jws = Jws::parse(&format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(claims))).unwrap();
        assert_eq!(standing(&jws, Timestamp::from_second(1_000).unwrap()), standing_at_1000);
    }

    #[test]
    fn a_time_beyond_all_years_has_no_moment() {
        assert_eq!(When { seconds: 1e300 }.at(), None);
        assert_eq!(When { seconds: -1e300 }.at(), None);
        assert_eq!(When { seconds: 0.25 }.at().unwrap().as_millisecond(), 250);
    }
}
