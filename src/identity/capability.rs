//! What a role can do at all: one table, told on the overview and asked by whoever offers an action.
//!
//! The role comes from `/auth/me` (platform-api §4); the rules are those of platform-api §12 and §15. What depends on
//! the caller's own access policy is not decided here: the platform says it when it is asked.

use super::role::{Caller, Role};

/// Something that needs a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// See members.
    SeeMembers,
    /// Change members: external id, active, admin, policy.
    ChangeMembers,
    /// Read accounts that several projects use.
    ReadServerUsers,
    /// See what somebody may do.
    ActAs,
    /// Read and write domain routes.
    DomainRoutes,
    /// See and end other people's sessions.
    OtherSessions,
    /// Members of other projects.
    OtherProjects,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What.
    pub capability: Capability,
    /// In words, as an infinitive.
    pub words: &'static str,
    /// The least role.
    pub needs: Role,
    /// What is there instead; may be empty.
    pub instead: &'static str,
}

/// Every capability, by the role that it needs.
pub const TABLE: [Row; 7] = [
    Row {
        capability: Capability::SeeMembers,
        words: "see the members of the project",
        needs: Role::ProjectAdmin,
        instead: "",
    },
    Row {
        capability: Capability::ChangeMembers,
        words: "invite, link, activate and change members",
        needs: Role::ProjectAdmin,
        instead: "",
    },
    Row {
        capability: Capability::ActAs,
        words: "see what somebody may do",
        needs: Role::ProjectAdmin,
        instead: "",
    },
    Row {
        capability: Capability::ReadServerUsers,
        words: "read server-scoped accounts: second factor, verified address",
        needs: Role::SuperAdmin,
        instead: "name and address come by SCIM",
    },
    Row {
        capability: Capability::DomainRoutes,
        words: "read and change domain routes",
        needs: Role::SuperAdmin,
        instead: "where a domain goes can be asked",
    },
    Row {
        capability: Capability::OtherSessions,
        words: "see and end other people's sessions",
        needs: Role::SuperAdmin,
        instead: "deactivating a member stops their sessions here",
    },
    Row {
        capability: Capability::OtherProjects,
        words: "administer members of other projects",
        needs: Role::SuperAdmin,
        instead: "",
    },
];

fn rank(role: Role) -> u8 {
    match role {
        Role::Member => 0,
        Role::ProjectAdmin => 1,
        Role::SuperAdmin => 2,
    }
}

impl Row {
    /// Whether this caller has the role for it.
    pub fn holds(&self, caller: &Caller) -> bool {
        rank(caller.role) >= rank(self.needs)
    }
}

/// `Err` says who may.
pub fn check(caller: &Caller, capability: Capability) -> Result<(), String> {
    let Some(row) = TABLE.iter().find(|row| row.capability == capability) else { return Ok(()) };
    if row.holds(caller) {
        return Ok(());
    }
    Err(format!(
        "only a {} may {}; you are {} of {}",
        row.needs.words(),
        row.words,
        caller.role.words(),
        caller.project_name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Reference, Text};

    fn caller(role: Role) -> Caller {
        Caller {
            user: None,
            email: None,
            name: Text::from("Pat"),
            profile: Reference::parse("Practitioner/p").unwrap_or_else(|| unreachable!()),
            membership: "m".into(),
            project: "p".into(),
            project_name: Text::from("Clinic"),
            role,
        }
    }

    // platform-api §12.
    #[test]
    fn each_role_can_what_the_platform_lets_it() {
        let held = |role| TABLE.iter().filter(|row| row.holds(&caller(role))).count();
        assert_eq!([held(Role::Member), held(Role::ProjectAdmin), held(Role::SuperAdmin)], [0, 3, 7]);
    }

    #[test]
    fn a_refusal_says_who_may() {
        assert_eq!(
            check(&caller(Role::ProjectAdmin), Capability::DomainRoutes).unwrap_err(),
            "only a super admin may read and change domain routes; you are project admin of Clinic"
        );
        assert_eq!(check(&caller(Role::SuperAdmin), Capability::DomainRoutes), Ok(()));
    }

    #[test]
    fn no_capability_is_listed_twice() {
        let mut all: Vec<_> = TABLE.iter().map(|row| row.capability).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), TABLE.len());
    }
}
