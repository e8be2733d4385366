//! The session as the console knows it.

use jiff::{SignedDuration, Timestamp};

use crate::config::ReadOnly;
use crate::identity::{Caller, Platform};

/// Who is signed in, where, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Name of the connection.
    pub connection: String,
    /// Host of the platform, as shown.
    pub host: String,
    /// Marked as production: said on every screen, and writes ask twice.
    pub production: bool,
    /// Writes are refused, and this is why.
    pub read_only: Option<ReadOnly>,
    /// Who.
    pub caller: Caller,
    /// When the session ends unless it is renewed.
    pub expires_at: Option<Timestamp>,
    /// Renews itself by a refresh token, so nobody needs to be warned.
    pub renews: bool,
    /// Address of the platform's web app, where records can be opened: the connection's, else as it was learned.
    pub web_app: Option<String>,
    /// What is known of the platform itself: its version, and what it was found to lack.
    pub platform: Platform,
}

/// How much time a warning gives.
const WARN: SignedDuration = SignedDuration::from_mins(5);
const MINUTE: i64 = 60;

impl Session {
    /// Why nothing is written here, as a sentence without its end; `None` where writing is possible.
    pub fn read_only_words(&self) -> Option<String> {
        let connection = &self.connection;
        self.read_only.map(|why| match why {
            ReadOnly::Asked => format!("nothing is written: {why}"),
            why => format!("{connection} is read-only, nothing is written: {why}"),
        })
    }

    /// Time left; zero when it is over. `None` when the session renews itself or has no known end.
    pub fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        if self.renews {
            return None;
        }
        self.expires_at.map(|at| at.duration_since(now).max(SignedDuration::ZERO))
    }

    /// Over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }

    /// Close to its end.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        self.left(now).is_some_and(|left| left <= WARN)
    }

    /// The words of the top line. Above ten minutes the time goes in steps of five, so that an idle console
    /// is not drawn every minute.
    pub fn words(&self, now: Timestamp) -> String {
        match self.left(now) {
            None if self.renews => "session renews".to_owned(),
            None => "session".to_owned(),
            Some(left) if left.is_zero() => "session over".to_owned(),
            Some(left) => match shown_minutes(left) {
                0 => "session under 1m".to_owned(),
                minutes => format!("session {minutes}m"),
            },
        }
    }

    /// When [`Session::words`] will change next, or the warning is due.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let left = self.left(now)?;
        if left.is_zero() {
            return None;
        }
        let expires = self.expires_at?;
        let shown = shown_minutes(left) * MINUTE;
        // One second beyond the step: the words have changed then.
        let until = left.as_secs() - shown + 1;
        let change = now.checked_add(SignedDuration::from_secs(until.max(1))).ok()?;
        Some(change.min(expires))
    }
}

fn shown_minutes(left: SignedDuration) -> i64 {
    let minutes = left.as_secs() / MINUTE;
    if minutes > 10 { minutes / 5 * 5 } else { minutes }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::identity::{Role, Text};
    use rstest::rstest;

    /// Pat Admin on the demo clinic, for an hour from the epoch.
    pub(crate) fn pat() -> Session {
        Session {
            connection: "clinic-demo".into(),
            host: "api.clinic.example".into(),
            production: false,
            read_only: None,
            caller: Caller {
                user: Some("u1".into()),
                email: Some(Text::from("pat@clinic.example")),
                name: Text::from("Pat Admin"),
                profile: crate::identity::Reference::parse("Practitioner/p1").unwrap(),
                membership: "m1".into(),
                project: "prj1".into(),
                project_name: Text::from("Clinic Demo"),
                role: Role::ProjectAdmin,
            },
            expires_at: Some(Timestamp::from_second(3600).unwrap()),
            renews: false,
            web_app: None,
            platform: Platform::default(),
        }
    }

    #[rstest]
    #[case(0, "session 60m")]
    #[case(60, "session 55m")]
    #[case(3600 - 11 * 60, "session 10m")]
    #[case(3600 - 7 * 60 - 30, "session 7m")]
    #[case(3600 - 20, "session under 1m")]
    #[case(3600, "session over")]
    fn the_top_line_tells_the_time_left(#[case] now: i64, #[case] words: &str) {
        assert_eq!(pat().words(Timestamp::from_second(now).unwrap()), words);
    }

    // The words are never out of date: between two changes they stay the same.
    #[test]
    fn the_next_change_is_when_the_words_change() {
        let session = pat();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut changes = 0;
        while let Some(next) = session.next_change(now) {
            let before = Timestamp::from_second(next.as_second() - 1).unwrap();
            assert_eq!(session.words(now), session.words(before.max(now)));
            assert_ne!(session.words(now), session.words(next), "at {next}");
            now = next;
            changes += 1;
        }
        assert!(session.is_over(now));
        assert!(changes <= 22, "{changes} wake-ups in an hour");
    }

    #[test]
    fn a_session_that_renews_itself_never_warns() {
        let session = Session { renews: true, ..pat() };
        let end = Timestamp::from_second(3599).unwrap();
        assert!(!session.ends_soon(end) && !session.is_over(end));
        assert_eq!(session.next_change(end), None);
    }
}
