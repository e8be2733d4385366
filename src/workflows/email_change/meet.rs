//! Which two users with one address get in each other's way (platform-api §9.1, §10.1, §10.5 step 4).

use crate::identity::{Membership, ProjectId, Seen, UserScope};

/// A user as the lookup by address finds it.
#[derive(Clone, Copy)]
pub(in crate::workflows) struct Account<'a> {
    pub scope: &'a Seen<UserScope>,
    pub memberships: &'a [Membership],
}

impl Account<'_> {
    fn is_in(&self, project: &ProjectId) -> bool {
        self.memberships.iter().any(|membership| membership.project == *project)
    }
}

/// Why the one who is to get an address and the other who has it cannot both have it.
pub(in crate::workflows) fn why_not_both(one: Account<'_>, other: Account<'_>) -> Option<&'static str> {
    match (one.scope, other.scope) {
        (Seen::Known(UserScope::Server), Seen::Known(UserScope::Server)) => {
            Some("with two server-scoped users on one address the platform signs in either of them")
        }
        (Seen::Known(UserScope::Server), Seen::Known(UserScope::Project(project))) if one.is_in(project) => {
            Some("a project-scoped user hides the server-scoped one of the same address in its project")
        }
        (Seen::Known(UserScope::Project(own)), Seen::Known(UserScope::Project(other))) if own == other => {
            Some("the platform keeps addresses unique within a project")
        }
        (Seen::Known(UserScope::Project(own)), Seen::Known(UserScope::Server)) if other.is_in(own) => {
            Some("this project-scoped user would hide that server-scoped one in this project")
        }
        (Seen::Unknown(_), _) | (_, Seen::Unknown(_)) => {
            Some("which of the two would be signed in cannot be told")
        }
        (Seen::Known(_), Seen::Known(_)) => None,
    }
}
