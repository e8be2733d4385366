//! What a sign-in is doing, and what the person answers: the flow as the screen sees it.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::identity::{MembershipId, Text};

/// A typed secret on its way to the flow. Never shown in debug output; comparable, so that effects are.
#[derive(Clone)]
pub struct Secret(pub SecretString);

impl Secret {
    /// Takes what was typed.
    pub fn new(typed: &str) -> Self {
        Self(SecretString::from(typed.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

/// A code to be entered on another device (RFC 8628).
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceCode {
    /// What to compare or type; exactly as it was issued (D9).
    pub user_code: Text,
    /// Where.
    pub verification_uri: Text,
    /// The same with the code in it, for the QR code.
    pub complete: Option<Text>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the platform is asked next.
    pub next_poll_at: Option<Timestamp>,
    /// The host where the person signs in.
    pub host: String,
    /// Who asks: the client.
    pub client: String,
    /// For what.
    pub scopes: String,
}

/// A membership to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: MembershipId,
    /// The project.
    pub project: Text,
    /// As whom.
    pub profile: Text,
}

/// What the flow is doing now.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Talking to the platform; what about.
    Asking {
        /// `Asking api.clinic.example how to sign in`
        what: String,
    },
    /// The browser on this machine has the page.
    Browser {
        /// The page.
        url: Text,
        /// Until when an answer is waited for.
        until: Option<Timestamp>,
        /// False when no browser could be started.
        opened: bool,
    },
    /// A browser elsewhere; its last address is awaited.
    Paste {
        /// The page to open there.
        url: Text,
        /// What was wrong with the address pasted before.
        wrong: Option<String>,
    },
    /// A code is to be confirmed on another device.
    Device(DeviceCode),
    /// Email and password are awaited.
    Password {
        /// The email when it is known already.
        email: Option<Text>,
        /// What was wrong before.
        wrong: Option<String>,
    },
    /// The second factor is awaited.
    Factor {
        /// Codes of an authenticator app are accepted.
        by_app: bool,
        /// Codes by mail are possible.
        by_mail: bool,
        /// Where they go.
        email: Option<Text>,
        /// What was wrong before.
        wrong: Option<String>,
    },
    /// A second factor has to be set up first.
    Enroll {
        /// `otpauth://…`, for the QR code. Holds the secret.
        uri: Option<Secret>,
        /// The app's secret alone, for typing.
        key: Option<Secret>,
        /// Codes by mail are allowed.
        by_mail: bool,
        /// What was wrong before.
        wrong: Option<String>,
    },
    /// One of several memberships is to be chosen.
    Choose {
        /// Them.
        memberships: Vec<Candidate>,
    },
    /// The client's secret is awaited.
    Client {
        /// Its id.
        client: Text,
        /// What was wrong before.
        wrong: Option<String>,
    },
}

/// What the person answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The address that the browser ended on, or the code alone.
    Pasted(Secret),
    /// Email and password.
    Password {
        /// Email.
        email: String,
        /// Password.
        password: Secret,
    },
    /// The second factor.
    Factor(Secret),
    /// Send the code by mail.
    MailCode,
    /// The membership.
    Membership(MembershipId),
    /// The client's secret.
    Client(Secret),
    /// Open the page in the browser once more.
    OpenAgain,
}
