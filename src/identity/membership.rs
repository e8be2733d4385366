//! The membership: joins user, project, profile and access (platform-api §9.2).

use serde::{Deserialize, Serialize};

use super::id::{MembershipId, ProjectId, Reference};
use super::text::Text;
use super::user::Version;

/// A parameterised policy of a membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The policy.
    pub policy: Reference,
    /// Parameters: name and value (text or `Type/id`).
    pub parameters: Vec<(Text, Text)>,
}

/// A person's (or client's) place in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// The version that was read.
    pub version: Version,
    /// The project.
    pub project: ProjectId,
    /// `User/…`, `Bot/…` or `ClientApplication/…`; its display is a stale email.
    pub user: Reference,
    /// `Practitioner/…`, `Patient/…`, `RelatedPerson/…`, …; its display is the name.
    pub profile: Reference,
    /// Absent means active.
    pub active: bool,
    /// Project admin.
    pub admin: bool,
    /// The one plain policy.
    pub policy: Option<Reference>,
    /// Parameterised policies, in addition.
    pub access: Vec<Access>,
    /// Subject at the external IdP; compared byte for byte by the platform.
    pub external_id: Option<Text>,
    /// SCIM user name.
    pub user_name: Option<Text>,
    /// Who invited.
    pub invited_by: Option<Reference>,
    /// Its own user configuration; a dead one stops the sign-in (platform-api §17).
    #[serde(default)]
    pub configuration: Option<Reference>,
}
