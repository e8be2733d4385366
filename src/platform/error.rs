//! What can go wrong between a question and its answer, told apart by kind (platform-api §1.4, §14.8).

use std::fmt;
use std::time::Duration;

use crate::identity::Text;

/// Why no answer came at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The name has no address.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The certificate is not trusted or the handshake failed.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke before an answer came.
    Broken,
    /// The connection broke in the middle of the answer.
    Truncated,
    /// Anything else on the way.
    Other,
}

/// The kind of a failure; match on this, never on texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// 401: the session is over or was never good.
    Unauthorized,
    /// No session can be had; the credentials said why.
    SignedOut,
    /// 403.
    Forbidden,
    /// 404: not there, or not visible to this role.
    NotFound,
    /// 404 with the page that the platform has for unknown paths: this version has no such route.
    NoSuchRoute,
    /// 410: deleted.
    Gone,
    /// 409: something unique is taken.
    Conflict,
    /// 412, or a failed `test` on the version: somebody else has changed the record (standards H3).
    Stale,
    /// 400 `Authentication error`: the token is good, the caller's account is broken (§1.3).
    AccountBroken,
    /// Any other 4xx: understood and refused.
    Invalid,
    /// 413.
    TooLarge,
    /// 429, and when it may be tried again.
    Limited {
        /// Until the window opens again.
        reset: Option<Duration>,
    },
    /// 5xx; a write may have happened (§1.4: mail failures answer 500).
    Server,
    /// A 200 that carries an error (§1.4 trap): the work was done, except what the text names.
    DoneButFailed,
    /// Nothing came back.
    Unreachable(Reach),
    /// Something answered, but not a platform.
    NotAPlatform,
    /// The answer is not what the API promises, or too large.
    Unreadable,
    /// This machine is not set up for it: a certificate file, an address that is not secure.
    Local,
}

/// A failed request: what happened, with the platform's own words and request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub kind: Kind,
    /// The platform's text or what went wrong on the way; secrets are taken out.
    pub text: Text,
    /// `issue[0].diagnostics`, when sent.
    pub diagnostics: Option<Text>,
    /// The field the platform complains about (`issue[0].expression[0]`).
    pub expression: Option<Text>,
    /// The platform's request id (§1.4), for its operator.
    pub request_id: Option<Text>,
    /// `GET /fhir/R4/User/…`, without the query.
    pub request: Box<str>,
    /// Host that was asked.
    pub host: Box<str>,
    /// True when the request reached the platform or may have: a write may have been done.
    pub sent: bool,
}

impl Error {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: Text::from(text.into()),
            diagnostics: None,
            expression: None,
            request_id: None,
            request: "".into(),
            host: "".into(),
            sent: false,
        }
    }

    /// An error of the credentials: no session can be had.
    pub fn signed_out(why: impl Into<String>) -> Self {
        Self::new(Kind::SignedOut, why)
    }

    /// True when a write may have happened although it did not look so; reading back tells (standards H2).
    pub fn leaves_doubt(&self) -> bool {
        self.sent
            && matches!(
                self.kind,
                Kind::Server | Kind::Unreachable(_) | Kind::Unreadable | Kind::NotAPlatform
            )
    }

    /// What to do about it.
    pub fn next(&self) -> &'static str {
        match self.kind {
            Kind::Unauthorized | Kind::SignedOut => "Sign in again; nothing is lost.",
            Kind::Forbidden => "Check with `whoami` what you are signed in as; a super admin may be needed.",
            Kind::NotFound => {
                "It may be deleted, or not visible to your role. Reload to see what is there now."
            }
            Kind::NoSuchRoute => "This platform is of another version; its operator can say which.",
            Kind::Gone => "It was deleted. Its history can still be read.",
            Kind::Conflict => "Look for the record that holds it, or choose another value.",
            Kind::Stale => "Reload, look at both versions and plan again.",
            Kind::AccountBroken => {
                "Your own profile or access policy is gone. An admin of the project must repair it."
            }
            Kind::Invalid => "Nothing was changed. Correct what the platform names and try again.",
            Kind::TooLarge => "Do it in smaller steps.",
            Kind::Limited { .. } => "Wait for the window to open again; everything else stays as it is.",
            Kind::Server => {
                "Look whether it happened before doing it again. The operator can look up the request id."
            }
            Kind::DoneButFailed => "The change itself was made. Tell the person by other means.",
            Kind::Unreachable(Reach::Dns) => "Check the address of the connection and your network.",
            Kind::Unreachable(Reach::Refused) => "Check address and port; the platform may be down.",
            Kind::Unreachable(Reach::Tls) => {
                "Check the address. For a private certificate authority, name its file as `extra_ca` in the connection."
            }
            Kind::Unreachable(_) => "Check your network and try again.",
            Kind::NotAPlatform => "Check the base address: it is the API's, not the web app's.",
            Kind::Unreadable => "Try again; if it stays, the platform's version may not be supported.",
            Kind::Local => "Correct the connection's settings.",
        }
    }

    fn what(&self) -> String {
        let host = crate::identity::text::shown(&self.host);
        match &self.kind {
            Kind::Unauthorized => "Your session is over or was revoked.".to_owned(),
            Kind::SignedOut => format!("You are not signed in: {}.", ended(&self.text)),
            Kind::Forbidden => "The platform does not allow this to your role.".to_owned(),
            Kind::NotFound => {
                "The platform knows no such record, or does not show it to your role.".to_owned()
            }
            Kind::NoSuchRoute => format!("{host} has no route `{}`.", self.request),
            Kind::Gone => "The record was deleted.".to_owned(),
            Kind::Stale => format!("Somebody changed the record meanwhile: {}.", ended(&self.text)),
            Kind::AccountBroken => {
                let cause = self.diagnostics.as_ref().unwrap_or(&self.text);
                format!("You are signed in, but your own account is broken: {}.", ended(cause))
            }
            Kind::Conflict | Kind::Invalid | Kind::TooLarge => {
                format!("The platform refused: {}.", ended(&self.text))
            }
            Kind::Limited { reset: Some(reset) } => {
                format!("Too many requests; the platform opens again in {} s.", reset.as_secs().max(1))
            }
            Kind::Limited { reset: None } => "Too many requests.".to_owned(),
            Kind::Server => format!("The platform failed: {}.", ended(&self.text)),
            Kind::DoneButFailed => format!("Done, but: {}.", ended(&self.text)),
            Kind::Unreachable(Reach::Dns) => format!("The name {host} has no address."),
            Kind::Unreachable(Reach::Refused) => format!("Nothing listens at {host}."),
            Kind::Unreachable(Reach::Tls) => {
                format!("The certificate of {host} is not trusted: {}.", ended(&self.text))
            }
            Kind::Unreachable(Reach::Timeout) => format!("{host} did not answer in time."),
            Kind::Unreachable(Reach::Broken) => format!("The connection to {host} broke."),
            Kind::Unreachable(Reach::Truncated) => {
                format!("The connection to {host} broke in the middle of its answer.")
            }
            Kind::Unreachable(Reach::Other) => format!("{host} cannot be reached: {}.", ended(&self.text)),
            Kind::NotAPlatform => {
                format!("{host} does not answer as a platform does: {}.", ended(&self.text))
            }
            Kind::Unreadable => format!("The answer of {host} cannot be read: {}.", ended(&self.text)),
            Kind::Local => format!("{}.", ended(&self.text)),
        }
    }
}

fn ended(text: &Text) -> String {
    text.shown().trim_end_matches('.').to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what(), self.next())?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn kinds() -> Vec<Kind> {
        let mut kinds = vec![
            Kind::Unauthorized,
            Kind::SignedOut,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::NoSuchRoute,
            Kind::Gone,
            Kind::Conflict,
            Kind::Stale,
            Kind::AccountBroken,
            Kind::Invalid,
            Kind::TooLarge,
            Kind::Limited { reset: Some(Duration::from_secs(42)) },
            Kind::Limited { reset: None },
            Kind::Server,
            Kind::DoneButFailed,
            Kind::NotAPlatform,
            Kind::Unreadable,
            Kind::Local,
        ];
        let reaches = [
            Reach::Dns,
            Reach::Refused,
            Reach::Tls,
            Reach::Timeout,
            Reach::Broken,
            Reach::Truncated,
            Reach::Other,
        ];
        kinds.extend(reaches.map(Kind::Unreachable));
        kinds
    }

    #[test]
    fn every_kind_says_what_happened_and_what_to_do() {
        let said: BTreeSet<String> =
            kinds().into_iter().map(|kind| Error::new(kind, "x").to_string()).collect();
        assert_eq!(said.len(), kinds().len(), "two kinds say the same");
        for kind in kinds() {
            assert!(!Error::new(kind.clone(), "x").next().is_empty(), "{kind:?}");
        }
    }

    // S1
    #[test]
    fn hostile_texts_are_shown_not_sent() {
        let mut error = Error::new(Kind::Invalid, "\x1b]52;c;AA\x07");
        error.expression = Some("\x1b[2J".into());
        error.request_id = Some("\u{202e}".into());
        for said in [error.to_string(), format!("{error:?}")] {
            assert!(!said.chars().any(crate::identity::text::is_hidden), "{said:?}");
        }
    }

    #[test]
    fn only_what_left_this_machine_leaves_doubt() {
        let mut lost = Error::new(Kind::Unreachable(Reach::Broken), "x");
        assert!(!lost.leaves_doubt());
        lost.sent = true;
        assert!(lost.leaves_doubt());
        lost.kind = Kind::Conflict;
        assert!(!lost.leaves_doubt());
    }
}
