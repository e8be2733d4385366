//! How long a client's tokens live: digits and a unit (platform-api §9.5), read, put into words and judged.

use thiserror::Error;

/// A life time as the platform writes it: `15m`, `2h`, `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lifetime {
    count: u64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Unit {
    sign: char,
    seconds: u64,
    one: &'static str,
    many: &'static str,
}

const fn unit(sign: char, seconds: u64, one: &'static str, many: &'static str) -> Unit {
    Unit { sign, seconds, one, many }
}

/// As the platform's library counts: a year has 365.25 days.
const UNITS: [Unit; 6] = [
    unit('s', 1, "second", "seconds"),
    unit('m', 60, "minute", "minutes"),
    unit('h', 3_600, "hour", "hours"),
    unit('d', 86_400, "day", "days"),
    unit('w', 604_800, "week", "weeks"),
    unit('y', 31_557_600, "year", "years"),
];

/// A century: whatever is beyond was mistyped.
const LONGEST: u64 = 100 * 31_557_600;

/// Which tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// Access tokens; an hour where nothing is set (platform-api §3.4).
    Access,
    /// Refresh tokens; two weeks where nothing is set.
    Refresh,
}

impl Token {
    /// What holds where nothing is set.
    pub fn default(self) -> Lifetime {
        match self {
            Self::Access => Lifetime { count: 1, unit: UNITS[2] },
            Self::Refresh => Lifetime { count: 2, unit: UNITS[4] },
        }
    }
}

/// Why a text is no life time. Each message says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LifetimeError {
    /// Not digits and a unit.
    #[error("write digits and one of s, m, h, d, w, y, like 15m or 2w")]
    Form,
    /// Nothing would ever work.
    #[error("a token that lives for no time lets nobody in")]
    Zero,
    /// Over a hundred years.
    #[error("that is more than a hundred years")]
    TooLong,
}

impl Lifetime {
    /// Reads exactly what the platform takes: `^[0-9]+[smhdwy]$`.
    pub fn parse(text: &str) -> Result<Self, LifetimeError> {
        let sign = text.chars().last().ok_or(LifetimeError::Form)?;
        let unit = UNITS.into_iter().find(|unit| unit.sign == sign).ok_or(LifetimeError::Form)?;
        let digits = text.strip_suffix(sign).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(LifetimeError::Form);
        }
        let count: u64 = digits.parse().map_err(|_| LifetimeError::TooLong)?;
        match count.checked_mul(unit.seconds) {
            Some(0) => Err(LifetimeError::Zero),
            Some(seconds) if seconds <= LONGEST => Ok(Self { count, unit }),
            _ => Err(LifetimeError::TooLong),
        }
    }

    /// In seconds.
    pub fn seconds(self) -> u64 {
        self.count * self.unit.seconds
    }

    /// `15 minutes`
    pub fn words(self) -> String {
        format!("{} {}", self.count, if self.count == 1 { self.unit.one } else { self.unit.many })
    }

    /// What is to be thought about, in words; nothing where it is usual.
    pub fn doubts(self, token: Token) -> Vec<String> {
        let seconds = self.seconds();
        let mut doubts = Vec::new();
        match token {
            Token::Access => {
                if seconds < 300 {
                    doubts.push(format!(
                        "an access token of {} is over before much work is done; applications refresh all the time",
                        self.words()
                    ));
                }
                if seconds > 86_400 {
                    doubts.push(format!(
                        "a stolen access token works for {}, until the session is ended or the member is deactivated",
                        self.words()
                    ));
                }
            }
            Token::Refresh => {
                if seconds < 3_600 {
                    doubts.push(format!("people sign in again after {} without use", self.words()));
                }
                if seconds > 90 * 86_400 {
                    doubts.push(format!(
                        "a lost device stays signed in for {}, until the session is ended",
                        self.words()
                    ));
                }
            }
        }
        doubts
    }
}

impl std::fmt::Display for Lifetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.count, self.unit.sign)
    }
}

/// What is odd about the two together: a session that cannot be refreshed because it is over before.
pub fn together(access: Lifetime, refresh: Lifetime) -> Option<String> {
    (refresh.seconds() <= access.seconds()).then(|| {
        format!(
            "refresh tokens ({}) do not outlive access tokens ({}): no session is ever refreshed",
            refresh.words(),
            access.words()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("15m", 900, "15 minutes")]
    #[case("1h", 3_600, "1 hour")]
    #[case("2w", 1_209_600, "2 weeks")]
    #[case("1y", 31_557_600, "1 year")]
    #[case("007s", 7, "7 seconds")]
    fn digits_and_a_unit_are_a_lifetime(#[case] text: &str, #[case] seconds: u64, #[case] words: &str) {
        let lifetime = Lifetime::parse(text).unwrap();
        assert_eq!((lifetime.seconds(), lifetime.words().as_str()), (seconds, words));
    }

    // platform-api §9.5
    #[rstest]
    #[case("", LifetimeError::Form)]
    #[case("h", LifetimeError::Form)]
    #[case("15", LifetimeError::Form)]
    #[case("15 m", LifetimeError::Form)]
    #[case("-1h", LifetimeError::Form)]
    #[case("1.5h", LifetimeError::Form)]
    #[case("1hh", LifetimeError::Form)]
    #[case("1M", LifetimeError::Form)]
    #[case("1h30m", LifetimeError::Form)]
    #[case("٣h", LifetimeError::Form)]
    #[case("0s", LifetimeError::Zero)]
    #[case("101y", LifetimeError::TooLong)]
    #[case("99999999999999999999999h", LifetimeError::TooLong)]
    fn whatever_else_is_refused_before_it_is_sent(#[case] text: &str, #[case] why: LifetimeError) {
        assert_eq!(Lifetime::parse(text), Err(why));
    }

    #[test]
    fn extremes_are_said_in_words_and_the_usual_is_quiet() {
        let doubts = |text: &str, token| Lifetime::parse(text).unwrap().doubts(token).join("; ");
        assert_eq!(Token::Access.default().doubts(Token::Access), Vec::<String>::new());
        assert_eq!(Token::Refresh.default().doubts(Token::Refresh), Vec::<String>::new());
        assert!(doubts("30s", Token::Access).contains("30 seconds"));
        assert!(doubts("2d", Token::Access).contains("stolen"));
        assert!(doubts("1y", Token::Refresh).contains("lost device"));
        assert!(doubts("5m", Token::Refresh).contains("sign in again"));
        let of = |text: &str| Lifetime::parse(text).unwrap();
        assert_eq!(together(of("1h"), of("2w")), None);
        assert!(together(of("1d"), of("1h")).unwrap().contains("no session is ever refreshed"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_what_is_read_reads_the_same_again(text in "[0-9]{0,6}[smhdwyx ]{0,2}") {
            if let Ok(lifetime) = Lifetime::parse(&text) {
                prop_assert_eq!(Lifetime::parse(&lifetime.to_string()), Ok(lifetime));
            }
        }
    }
}
