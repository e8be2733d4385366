//! Who is signed in and what that allows (platform-api §4, §12).

use serde::{Deserialize, Serialize};

use super::id::{MembershipId, ProjectId, Reference, UserId};
use super::text::Text;

/// The power of the signed-in caller, from `/auth/me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Membership in a project with `superAdmin`.
    SuperAdmin,
    /// `membership.admin`.
    ProjectAdmin,
    /// Neither.
    Member,
}

impl Role {
    /// The words used on screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super admin",
            Self::ProjectAdmin => "project admin",
            Self::Member => "member",
        }
    }
}

/// The signed-in caller: `/auth/me` in domain terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Absent for client applications.
    pub user: Option<UserId>,
    /// Current login address, absent for client applications.
    pub email: Option<Text>,
    /// Name of the profile.
    pub name: Text,
    /// Own profile.
    pub profile: Reference,
    /// Own membership.
    pub membership: MembershipId,
    /// The project signed in to.
    pub project: ProjectId,
    /// Its name.
    pub project_name: Text,
    /// What the caller may do.
    pub role: Role,
}

impl Caller {
    /// The project whose members are listed; none for a super admin, who administers the people of every project.
    pub fn listed_project(&self) -> Option<&ProjectId> {
        match self.role {
            Role::SuperAdmin => None,
            Role::ProjectAdmin | Role::Member => Some(&self.project),
        }
    }
}
