//! Each rule by a member that breaks it and one that does not.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::identity::second_factor::ProjectRules;
use crate::identity::{Membership, Mfa, Reference, Role, Unseen, User, Version, VersionId};

fn version() -> Version {
    Version { id: VersionId::new("v"), at: "2026-01-01T00:00:00Z".parse().unwrap(), author: None }
}

fn id(kind: &str, number: u32) -> String {
    format!("{kind}0000-0000-4000-8000-{number:012}")
}

fn user(number: u32, email: &str, scope: UserScope) -> User {
    User {
        id: UserId::new(id("aaaa", number)),
        version: version(),
        email: Some(email.into()),
        first_name: "Ada".into(),
        last_name: "Ng".into(),
        email_verified: None,
        scope,
        legacy_external_id: None,
        password_set: false,
        mfa: Mfa::default(),
    }
}

fn member(number: u32, user: &User, name: &str) -> Membership {
    Membership {
        id: id("bbbb", number).as_str().into(),
        version: version(),
        project: "clinic".into(),
        user: user.id.reference(),
        profile: Reference {
            display: Some(name.into()),
            ..Reference::parse(&format!("Practitioner/p{number}")).unwrap()
        },
        active: true,
        admin: false,
        policy: None,
        access: Vec::new(),
        external_id: None,
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

fn around() -> Around {
    Around {
        idps: Idps {
            clients: Seen::Known(Vec::new()),
            domains: std::collections::BTreeMap::default(),
            complete: true,
        },
        factors: FactorRules::default(),
        users: Seen::Known(Vec::new()),
        dead_policies: Seen::Known(HashSet::new()),
        dead_profiles: Seen::Known(HashSet::new()),
        google_only: HashSet::new(),
        sessions: Seen::Known(HashMap::new()),
    }
}

fn clinic() -> UserScope {
    UserScope::Project("clinic".into())
}

fn rules(members: &[(Membership, User)], around: &Around) -> Vec<(Rule, String)> {
    let mut directory = Directory::new(Role::SuperAdmin);
    for (membership, user) in members {
        directory.upsert(membership, Some(user), membership.profile.display.as_ref());
    }
    let found = sweep(&directory, around);
    found.findings.iter().map(|finding| (finding.rule, finding.who.name().raw().to_owned())).collect()
}

#[test]
fn two_server_scoped_users_with_one_address_are_told_and_namesakes_of_other_projects_are_not() {
    let (a, b) = (user(1, "x@a.example", UserScope::Server), user(2, "x@a.example", UserScope::Server));
    let both = [(member(1, &a, "A"), a.clone()), (member(2, &b, "B"), b)];
    let expected = [(Rule::DuplicateAddress, "A".to_owned()), (Rule::DuplicateAddress, "B".to_owned())];
    assert_eq!(rules(&both, &around()), expected);
    let elsewhere = user(3, "x@a.example", UserScope::Project("other".into()));
    let there = Membership { project: "other".into(), ..member(3, &elsewhere, "C") };
    assert_eq!(rules(&[(member(1, &a, "A"), a), (there, elsewhere)], &around()), []);
}

// platform-api §10.5 step 4
#[test]
fn who_hides_another_user_is_told_with_and_without_a_membership() {
    let (server, scoped) = (user(1, "x@a.example", UserScope::Server), user(2, "x@a.example", clinic()));
    let off = Membership { active: false, ..member(2, &scoped, "Shadow") };
    let members = [(member(1, &server, "Real"), server.clone()), (off, scoped.clone())];
    assert_eq!(rules(&members, &around()), [(Rule::Shadow, "Shadow".to_owned())]);
    let ghost = KnownUser { id: scoped.id, name: "Ghost".into(), email: scoped.email, scope: clinic() };
    let left = KnownUser {
        id: "dddd0000-0000-4000-8000-000000000001".into(),
        name: "Left".into(),
        email: None,
        scope: clinic(),
    };
    let around = Around { users: Seen::Known(vec![ghost, left]), ..around() };
    let found = rules(&[(member(1, &server, "Real"), server)], &around);
    assert_eq!(found, [(Rule::Shadow, "Ghost".to_owned()), (Rule::OrphanUser, "Left".to_owned())]);
}

#[test]
fn dead_records_google_only_and_sessions_of_the_inactive_are_told() {
    let ada = user(1, "x@a.example", UserScope::Server);
    let policy = Reference::parse("AccessPolicy/gone").unwrap();
    let broken = Membership { policy: Some(policy), ..member(1, &ada, "Ada") };
    let with = Around {
        dead_policies: Seen::Known(HashSet::from(["AccessPolicy/gone".to_owned()])),
        dead_profiles: Seen::Known(HashSet::from(["Practitioner/p1".to_owned()])),
        google_only: HashSet::from(["clinic".into()]),
        ..around()
    };
    let found: Vec<Rule> = rules(&[(broken, ada.clone())], &with).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(found, [Rule::CannotSignIn, Rule::NoProfile, Rule::NoPolicy]);
    let off = Membership { active: false, ..member(1, &ada, "Ada") };
    let alive = HashMap::from([(ada.id.clone(), vec!["s".into()])]);
    let with = Around { sessions: Seen::Known(alive), ..around() };
    assert_eq!(rules(&[(off, ada)], &with), [(Rule::InactiveSessions, "Ada".to_owned())]);
}

// platform-api §11: password login goes on beside a domain's IdP; §5: only password sign-ins are asked for a factor
#[test]
fn a_password_beside_the_idp_and_a_missing_factor_are_told() {
    let ada = User { password_set: true, ..user(1, "x@a.example", UserScope::Server) };
    let idp = DomainIdp::Idp {
        host: "idp.example".into(),
        identifier: Seen::Known(crate::identity::provider::Identifier::Email),
    };
    let mut with = around();
    with.idps.domains.insert("a.example".to_owned(), idp);
    assert_eq!(rules(&[(member(1, &ada, "Ada"), ada.clone())], &with), [(Rule::SsoBypass, "Ada".to_owned())]);
    let mut with = around();
    with.factors.projects.push(ProjectRules {
        id: "clinic".into(),
        required: Seen::Known(true),
        allowed: Seen::Known(Vec::new()),
        by_subject: Seen::Known(Vec::new()),
    });
    assert_eq!(rules(&[(member(1, &ada, "Ada"), ada)], &with), [(Rule::NoFactor, "Ada".to_owned())]);
}

#[test]
fn what_the_role_cannot_see_is_said_and_not_taken_for_fine() {
    let around = Around { sessions: Seen::Unknown(Unseen::SuperAdminOnly), ..around() };
    let found = sweep(&Directory::new(Role::ProjectAdmin), &around);
    assert_eq!(found.not_looked_at.len(), 1);
    assert_eq!(found.not_looked_at[0].0, Rule::InactiveSessions);
}
