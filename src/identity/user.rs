//! The user: the account that signs in (platform-api §9.1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ProjectId, Reference, UserId, VersionId};
use super::text::Text;

/// Where an account exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserScope {
    /// `User.project` is absent: one account usable in many projects.
    Server,
    /// `User.project` is set: the account exists only for that project.
    Project(ProjectId),
}

/// A second factor (platform-api §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Authenticator app.
    Totp,
    /// Code by mail.
    Email,
}

impl Factor {
    /// Every factor, in the order of lists.
    pub const ALL: [Self; 2] = [Self::Totp, Self::Email];

    /// The platform's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Email => "email",
        }
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Totp => "authenticator app",
            Self::Email => "code by mail",
        }
    }
}

/// What is known of a user's second factor. `mfaSecret` is never read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Mfa {
    /// `User.mfaRequired`.
    pub required: bool,
    /// `User.mfaEnrolled`.
    pub enrolled: bool,
    /// `User.mfaMethod`; an enrolled user without any counts as totp.
    pub methods: Vec<Factor>,
}

impl Mfa {
    /// What the user is asked for.
    pub fn enrolled_methods(&self) -> Vec<Factor> {
        Factor::ALL.into_iter().filter(|factor| self.has(*factor)).collect()
    }

    /// What is enrolled in a word, by the platform's names: `totp+email`; `required` where nothing is and something should.
    pub fn word(&self) -> &'static str {
        match (self.has(Factor::Totp), self.has(Factor::Email)) {
            (true, true) => "totp+email",
            (true, false) => "totp",
            (false, true) => "email",
            (false, false) if self.required && !self.enrolled => "required",
            (false, false) => "none",
        }
    }

    /// True when the user is asked for this factor: an enrolled user without a list counts as totp.
    pub fn has(&self, factor: Factor) -> bool {
        self.enrolled
            && (self.methods.contains(&factor) || (self.methods.is_empty() && factor == Factor::Totp))
    }
}

/// One version of a record: what a write must be guarded with and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// `meta.versionId`.
    pub id: VersionId,
    /// `meta.lastUpdated`.
    pub at: Timestamp,
    /// `meta.author`; `Reference` of kind `system` with an empty id for the platform itself.
    pub author: Option<Reference>,
}

/// A user as this role may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The version that was read.
    pub version: Version,
    /// Login address; the platform wants it lower case.
    pub email: Option<Text>,
    /// Given name.
    pub first_name: Text,
    /// Family name.
    pub last_name: Text,
    /// `emailVerified`; never blocks a sign-in.
    pub email_verified: Option<bool>,
    /// Where the account exists.
    pub scope: UserScope,
    /// Legacy `User.externalId`.
    pub legacy_external_id: Option<Text>,
    /// A password was seen to be set. A project admin never sees one (platform-api §12): false means no more than that
    /// none was seen.
    #[serde(default)]
    pub password_set: bool,
    /// Second factor.
    pub mfa: Mfa,
}
