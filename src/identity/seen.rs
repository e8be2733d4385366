//! Unknown is not no: a fact that this role cannot see is unknown with its reason, never absent.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A fact as far as the signed-in role can see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// The platform told.
    Known(T),
    /// It could not be seen.
    Unknown(Unseen),
}

/// Why a fact could not be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// A server-scoped user; only super admins read it (platform-api §12).
    ServerScopedUser,
    /// A protected type such as a domain route or a session; super admins only (platform-api §12).
    SuperAdminOnly,
    /// This role's own access policy does not allow it.
    Policy,
    /// It has not been asked for yet.
    NotLoaded,
    /// The question failed.
    Failed,
}

impl<T> Seen<T> {
    /// The value when known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// A view of the value.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Self::Known(value) => Seen::Known(value),
            Self::Unknown(why) => Seen::Unknown(*why),
        }
    }

    /// Changes the value when known.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Known(value) => Seen::Known(change(value)),
            Self::Unknown(why) => Seen::Unknown(why),
        }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerScopedUser => "server-scoped user: only a super admin can see it",
            Self::SuperAdminOnly => "only a super admin can see it",
            Self::Policy => "your access policy does not allow it",
            Self::NotLoaded => "not loaded yet",
            Self::Failed => "the platform did not answer",
        })
    }
}
