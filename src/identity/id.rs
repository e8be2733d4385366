//! Typed ids and references. Ids are the platform's UUIDs (platform-api §1.1, §16), kept as text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The FHIR resource type this id belongs to.
            pub const KIND: &'static str = $kind;

            /// Takes an id as the platform wrote it.
            pub fn new(id: impl Into<Box<str>>) -> Self {
                Self(id.into())
            }

            /// The id alone.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// `Type/id`, as references are written.
            pub fn reference(&self) -> Reference {
                Reference { kind: $kind.into(), id: self.0.clone(), display: None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&super::text::shown(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", $kind, self)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }
    )+};
}

ids! {
    /// A User: the account that signs in.
    UserId = "User",
    /// A ProjectMembership: joins user, project, profile and access.
    MembershipId = "ProjectMembership",
    /// A Project: the tenant.
    ProjectId = "Project",
    /// A ClientApplication.
    ClientId = "ClientApplication",
    /// An AccessPolicy.
    PolicyId = "AccessPolicy",
    /// A DomainConfiguration.
    DomainRouteId = "DomainConfiguration",
    /// A Login: a sign-in attempt and the session that comes out of it.
    SessionId = "Login",
}

/// `meta.versionId` of a record; the value that `If-Match` guards.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(Box<str>);

impl VersionId {
    /// Takes a version id as the platform wrote it.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self(id.into())
    }

    /// The id alone, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}", super::text::shown(&self.0))
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::shown(&self.0))
    }
}

/// A reference to any record: `Type/id`, with the display text the platform stored beside it.
///
/// The display is a copy made when the reference was written and goes stale (platform-api §9.2).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// Resource type, e.g. `Practitioner`.
    pub kind: Box<str>,
    /// Id without the type.
    pub id: Box<str>,
    /// Stored display text; may be stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<Text>,
}

impl Reference {
    /// Reads `Type/id`; `None` for anything else.
    pub fn parse(reference: &str) -> Option<Self> {
        let (kind, id) = reference.split_once('/')?;
        let good = !kind.is_empty()
            && kind.chars().all(|c| c.is_ascii_alphanumeric())
            && !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        good.then(|| Self { kind: kind.into(), id: id.into(), display: None })
    }

    /// The same reference with a display text.
    #[must_use]
    pub fn with_display(mut self, display: impl Into<Text>) -> Self {
        self.display = Some(display.into());
        self
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", super::text::shown(&self.kind), super::text::shown(&self.id))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
