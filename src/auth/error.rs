//! What can go wrong while signing in, in words for the person: what happened, why, what to do.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::identity::Text;

/// Why a server was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The name has no address.
    Name,
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    Timeout,
    /// The certificate was not accepted.
    Tls,
    /// What listens there does not speak TLS.
    NotTls,
    /// The connection broke.
    Broken,
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "its name has no address. Check the spelling and your network",
            Self::Refused => "nothing listens there. Check the port, and that the server runs",
            Self::Timeout => "it did not answer in time. Check your network or VPN, then try again",
            Self::Tls => {
                "its certificate is not trusted here. If it belongs to your own authority, name that authority's \
                 file as `extra_ca` in the connection"
            }
            Self::NotTls => {
                "what listens there does not speak TLS. Check the port; a platform on this machine may want `http://` \
                 in front"
            }
            Self::Broken => "the connection broke. Try again",
        })
    }
}

/// A server's refusal, from any of its error shapes (platform-api §1.4). `Text` is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// OAuth `error`, or the `OperationOutcome`'s id.
    pub code: Text,
    /// The server's words.
    pub text: Text,
    /// The field it is about.
    pub field: Option<Text>,
    /// The platform's request id.
    pub request_id: Option<Text>,
    /// Seconds until a rate limit resets.
    pub reset: Option<u64>,
}

impl Refusal {
    /// Reads the body of an answer that is not a success.
    pub(crate) fn read(status: u16, body: &[u8], reset: Option<u64>) -> Self {
        let mut refusal = Self {
            status,
            code: Text::default(),
            text: Text::default(),
            field: None,
            request_id: None,
            reset,
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(Text::from);
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if value.get("error").is_some_and(Value::is_string) => {
                refusal.code = text(value.get("error")).unwrap_or_default();
                refusal.text = text(value.get("error_description")).unwrap_or_else(|| refusal.code.clone());
            }
            Ok(value) if value.get("issue").is_some() => {
                refusal.code = text(value.get("id")).unwrap_or_default();
                refusal.text = text(value.pointer("/issue/0/details/text"))
                    .or_else(|| text(value.pointer("/issue/0/diagnostics")))
                    .unwrap_or_default();
                refusal.field = text(value.pointer("/issue/0/expression/0"));
                refusal.request_id = value
                    .pointer("/extension/0/extension")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .find(|one| one.get("url").and_then(Value::as_str) == Some("requestId"))
                    .and_then(|one| text(one.get("valueId")));
                if let Some(ms) = value
                    .pointer("/issue/0/diagnostics")
                    .and_then(Value::as_str)
                    .and_then(|inner| serde_json::from_str::<Value>(inner).ok())
                    .and_then(|inner| inner.get("_msBeforeNext").and_then(Value::as_u64))
                {
                    refusal.reset = refusal.reset.or(Some(ms.div_ceil(1000)));
                }
            }
            Ok(value) if value.get("msg").is_some() => {
                refusal.text = text(value.get("msg")).unwrap_or_default();
            }
            _ => {
                let plain = String::from_utf8_lossy(body);
                let plain = plain.trim();
                if !plain.is_empty() && plain.len() <= 300 && !plain.starts_with('<') {
                    refusal.text = Text::from(plain);
                }
            }
        }
        if refusal.text.is_empty() {
            refusal.text = Text::from(format!("status {status} without an explanation"));
        }
        refusal
    }

    /// True when asking again later can help: a limit, or a fault of the server.
    pub fn passes(&self) -> bool {
        self.status == 429
            || self.status >= 500
            || matches!(self.code.raw(), "temporarily_unavailable" | "server_error" | "slow_down")
    }

    /// What to do about it; the platform gives only words, so its words are matched here and nowhere else.
    fn advice(&self) -> &'static str {
        match self.text.raw() {
            _ if self.status == 429 => "Wait until the limit resets, then try again.",
            _ if self.status >= 500 => "This is a fault of the server; try again later or tell its operator.",
            "User not found" => {
                "The platform says this for an unknown address, an inactive membership, and a project-scoped \
                 user without a named project. Check the address; if the user belongs to one project only, set \
                 `project` in the connection."
            }
            "Email or password is invalid" => "Type the password again.",
            "Invalid authentication method" => {
                "This user has no password. Sign in with a browser through the identity provider."
            }
            "Invalid redirect URI" => {
                "The client does not list this program's addresses. Register them with `idconsole setup`, or \
                 use the built-in client medplum-cli."
            }
            "Client not found" | "Invalid client" | "Not found" => {
                "The platform does not know this client, or it has no identity provider. Check `client_id`."
            }
            "Invalid projectId" => {
                "The client belongs to another project, or is the built-in one, which takes none. Remove \
                 `project` or `client_id` from the connection."
            }
            "IP address not allowed" => "The access policy allows sign-in from other networks only.",
            "Invalid MFA token" | "Invalid token" | "MFA code expired" => "Type the code that is shown now.",
            "Profile not active" => "The membership has been deactivated. Ask an admin of the project.",
            "Google authentication is required" => "The project allows Google sign-in only; use a browser.",
            _ if self.code.raw() == "access_denied" => "Sign in again and allow the access.",
            _ if self.code.raw() == "expired_token" => "Start again for a new code.",
            _ => "Check the connection's settings, or try another way to sign in.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}”", self.text)?;
        if let Some(field) = &self.field {
            write!(f, " ({field})")?;
        }
        if let Some(seconds) = self.reset.filter(|_| self.status == 429) {
            write!(f, ", possible again in {seconds} s")?;
        }
        write!(f, ". {}", self.advice())?;
        if let Some(id) = &self.request_id {
            write!(f, " Request {id}.")?;
        }
        Ok(())
    }
}

/// Why a sign-in, a renewal or a sign-out did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The server was not reached.
    #[error("{host} cannot be reached: {why}.")]
    Unreachable {
        /// The host.
        host: String,
        /// The cause.
        why: Reach,
    },
    /// Something answered, but not a platform.
    #[error(
        "{url} does not answer as a platform does: {what}. Check the base address; it is the API's, not the web \
         app's."
    )]
    NotAPlatform {
        /// The address asked.
        url: String,
        /// What came instead.
        what: String,
    },
    /// The metadata names another issuer (M1).
    #[error(
        "The server at {asked} calls itself {said}. A sign-in there could be handed to somebody else, so it was \
         stopped. If {said} is right, use it as the address."
    )]
    OtherIssuer {
        /// The configured issuer.
        asked: String,
        /// The one in the metadata.
        said: Text,
    },
    /// The metadata cannot be used safely (M3, L3).
    #[error("{issuer} cannot be used to sign in: {what}.")]
    Metadata {
        /// The configured issuer.
        issuer: String,
        /// What is wrong with it.
        what: String,
    },
    /// The server does not offer this way of signing in (D1).
    #[error("{issuer} offers no {what}. Choose another way to sign in.")]
    NotOffered {
        /// The issuer.
        issuer: String,
        /// The missing thing.
        what: &'static str,
    },
    /// The connection lacks something this way needs.
    #[error("The connection `{connection}` has no {what}. {remedy}")]
    Incomplete {
        /// Name of the connection.
        connection: String,
        /// The missing thing.
        what: &'static str,
        /// How to add it.
        remedy: &'static str,
    },
    /// Every registered port is taken (L2).
    #[error(
        "The ports registered for the browser's answer are all in use ({}). Close the other sign-in, or choose \
         “Paste back”.", list(.0)
    )]
    PortsBusy(Vec<u16>),
    /// The listener could not be opened for another reason.
    #[error("This machine does not let the program listen on {address}: {why}. Choose “Paste back”.")]
    CannotListen {
        /// The address.
        address: String,
        /// The system's words.
        why: String,
    },
    /// What came back does not belong to this attempt (L4, L5, L6).
    #[error("The answer does not belong to this sign-in: {0}. Nothing was accepted; start again.")]
    NotOurs(&'static str),
    /// The server refused.
    #[error("{host} refused the sign-in: {refusal}")]
    Refused {
        /// The host.
        host: String,
        /// Its words.
        refusal: Refusal,
    },
    /// The answer makes no sense.
    #[error(
        "{host} gave an answer that cannot be read: {what}. Try again; if it stays so, tell its operator."
    )]
    Unreadable {
        /// The host.
        host: String,
        /// What was expected.
        what: String,
    },
    /// The time for it is over (D5).
    #[error("The time for this sign-in is over. Start again when you are ready.")]
    Expired,
    /// The person stopped it.
    #[error("The sign-in was stopped. Nothing was stored.")]
    Cancelled,
    /// The session ended and only the person can begin a new one.
    #[error("The session has ended: {0}. Sign in again.")]
    SignInAgain(String),
    /// The token in the environment cannot be used.
    #[error("IDCONSOLE_ACCESS_TOKEN {0}.")]
    EnvironmentToken(&'static str),
    /// The secret store failed.
    #[error(transparent)]
    Store(#[from] super::store::StoreError),
    /// A local file is unusable.
    #[error("{what}: {why}.")]
    Local {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
    },
}

impl AuthError {
    /// True when only a new sign-in helps.
    pub fn needs_sign_in(&self) -> bool {
        matches!(self, Self::SignInAgain(_) | Self::EnvironmentToken(_))
    }

    /// True when trying again later can help (network, limits, server faults).
    pub fn passes(&self) -> bool {
        match self {
            Self::Unreachable { why, .. } => !matches!(why, Reach::Tls | Reach::NotTls),
            Self::Refused { refusal, .. } => refusal.passes(),
            _ => false,
        }
    }

    /// The server's refusal, where it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// How long a rate limit asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(|refusal| refusal.reset).map(Duration::from_secs)
    }
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(br#"{"error":"invalid_grant","error_description":"Token revoked"}"#, "Token revoked")]
    #[case(
        br#"{"resourceType":"OperationOutcome","id":"gone","issue":[{"details":{"text":"Gone"}}]}"#,
        "Gone"
    )]
    #[case(br#"{"msg":"Internal Server Error"}"#, "Internal Server Error")]
    #[case(b"Unsupported content type", "Unsupported content type")]
    #[case(b"<html>no</html>", "status 400 without an explanation")]
    #[case(b"", "status 400 without an explanation")]
    fn every_error_shape_of_the_platform_is_read(#[case] body: &[u8], #[case] text: &str) {
        assert_eq!(Refusal::read(400, body, None).text.raw(), text);
    }

    #[test]
    fn the_request_id_and_the_reset_of_a_limit_are_kept() {
        let body = br#"{"id":"too-many-requests","issue":[{"details":{"text":"Too Many Requests"},
            "diagnostics":"{\"_msBeforeNext\":59977}"}],
            "extension":[{"extension":[{"url":"requestId","valueId":"6f0c"}]}]}"#;
        let refusal = Refusal::read(429, body, None);
        assert_eq!((refusal.reset, refusal.request_id.as_ref().map(Text::raw)), (Some(60), Some("6f0c")));
        assert!(refusal.passes() && refusal.to_string().contains("possible again in 60 s"));
    }

    // L10
    #[test]
    fn escape_sequences_in_an_error_text_are_shown_not_sent() {
        let body = br#"{"error":"x","error_description":"\u001b]52;c;AA\u0007"}"#;
        assert!(!Refusal::read(400, body, None).to_string().contains('\u{1b}'));
    }
}
