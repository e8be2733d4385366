//! What a role can do at all: one table, told on the overview and asked by whoever offers an action.
//!
//! The role comes from `/auth/me` (platform-api §4); the rules are those of platform-api §12 and §15. What depends on
//! the caller's own access policy is not decided here: the platform says it when it is asked. What the platform
//! itself lacks is [`super::feature`].

use super::role::{Caller, Role};

/// Something that needs a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// See and end own sessions.
    OwnSessions,
    /// Enrol and disable the own second factor.
    OwnFactor,
    /// See members.
    SeeMembers,
    /// Change members: external id, active, admin, policy.
    ChangeMembers,
    /// Reset a second factor, and require one.
    Factors,
    /// Mail a link to set a password; set one of an account that exists for the project.
    Passwords,
    /// Make and change client applications.
    Clients,
    /// See what somebody may do.
    ActAs,
    /// Read accounts that several projects use.
    ReadServerUsers,
    /// Change accounts that several projects use.
    ChangeServerUsers,
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
    /// Only somebody who signs in as a person has it, no client application (platform-api §3.5, §4).
    pub personal: bool,
    /// What is there instead; may be empty.
    pub instead: &'static str,
}

const fn row(capability: Capability, needs: Role, words: &'static str, instead: &'static str) -> Row {
    let personal = matches!(capability, Capability::OwnSessions | Capability::OwnFactor);
    Row { capability, words, needs, personal, instead }
}

/// Every capability, by the role that it needs.
pub const TABLE: [Row; 13] = [
    row(Capability::OwnSessions, Role::Member, "see and end own sessions", ""),
    row(Capability::OwnFactor, Role::Member, "enrol and disable the own second factor", ""),
    row(Capability::SeeMembers, Role::ProjectAdmin, "see the members of the project", ""),
    row(Capability::ChangeMembers, Role::ProjectAdmin, "invite, link, activate and change members", ""),
    row(Capability::Factors, Role::ProjectAdmin, "reset a second factor, and require one", ""),
    row(Capability::Passwords, Role::ProjectAdmin, "mail a link to set a password, or set one", ""),
    row(Capability::Clients, Role::ProjectAdmin, "create and change client applications", ""),
    row(Capability::ActAs, Role::ProjectAdmin, "see what somebody may do", ""),
    row(
        Capability::ReadServerUsers,
        Role::SuperAdmin,
        "read server-scoped accounts: second factor, verified address",
        "name and address come by SCIM",
    ),
    row(
        Capability::ChangeServerUsers,
        Role::SuperAdmin,
        "set the password of server-scoped accounts, or make one project-scoped",
        "a link to set a password can be mailed, the address changed by SCIM",
    ),
    row(
        Capability::DomainRoutes,
        Role::SuperAdmin,
        "read and change domain routes",
        "where a domain goes can be asked",
    ),
    row(
        Capability::OtherSessions,
        Role::SuperAdmin,
        "see and end other people's sessions",
        "deactivating a member stops their sessions here",
    ),
    row(Capability::OtherProjects, Role::SuperAdmin, "administer members of other projects", ""),
];

fn rank(role: Role) -> u8 {
    match role {
        Role::Member => 0,
        Role::ProjectAdmin => 1,
        Role::SuperAdmin => 2,
    }
}

impl Row {
    /// Whether this caller has it.
    pub fn holds(&self, caller: &Caller) -> bool {
        rank(caller.role) >= rank(self.needs) && (!self.personal || caller.user.is_some())
    }

    /// Who has it.
    pub fn who_may(&self) -> &'static str {
        if self.personal { "person" } else { self.needs.words() }
    }

    /// Why this caller does not have it, and who does.
    fn refuses(&self, caller: &Caller) -> String {
        let you = if self.personal {
            format!("signed in as the client application {}", caller.name)
        } else {
            format!("{} of {}", caller.role.words(), caller.project_name)
        };
        let said = format!("only a {} may {}; you are {you}", self.who_may(), self.words);
        if self.instead.is_empty() { said } else { format!("{said}; {}", self.instead) }
    }
}

/// `Err` says who may, and what is there instead.
pub fn check(caller: &Caller, capability: Capability) -> Result<(), String> {
    match TABLE.iter().find(|row| row.capability == capability) {
        Some(row) if !row.holds(caller) => Err(row.refuses(caller)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Reference, Text};

    fn caller(role: Role) -> Caller {
        Caller {
            user: Some("u".into()),
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
        assert_eq!([held(Role::Member), held(Role::ProjectAdmin), held(Role::SuperAdmin)], [2, 8, 13]);
    }

    #[test]
    fn a_refusal_says_who_may() {
        assert_eq!(
            check(&caller(Role::ProjectAdmin), Capability::DomainRoutes).unwrap_err(),
            "only a super admin may read and change domain routes; you are project admin of Clinic; where a domain goes \
             can be asked"
        );
        assert_eq!(check(&caller(Role::SuperAdmin), Capability::DomainRoutes), Ok(()));
    }

    // platform-api §3.5: a client has neither factor nor sessions of its own
    #[test]
    fn a_client_that_is_an_admin_is_told_what_only_a_person_has() {
        let client = Caller { user: None, ..caller(Role::ProjectAdmin) };
        assert_eq!(check(&client, Capability::ChangeMembers), Ok(()));
        assert_eq!(
            check(&client, Capability::OwnFactor).unwrap_err(),
            "only a person may enrol and disable the own second factor; you are signed in as the client \
             application Pat"
        );
    }

    #[test]
    fn no_capability_is_listed_twice() {
        let mut all: Vec<_> = TABLE.iter().map(|row| row.capability).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), TABLE.len());
    }
}
