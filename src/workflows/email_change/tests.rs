//! Which ways are open to whom, and what their plans say.

use super::*;
use crate::identity::sign_in::Route;
use crate::identity::{
    ClientApplication, Confirm, KnownAddresses, Means, Membership, ProjectId, Reference, Seen, SignInOutcome,
    Text, Unseen, User, UserScope, Version, VersionId,
};
use crate::identity::{Role, Undo};
use rstest::rstest;

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";

fn caller(role: Role) -> Caller {
    Caller {
        user: Some("u-pat".into()),
        email: Some("pat@clinic.example".into()),
        name: "Pat Admin".into(),
        profile: Reference::parse("Practitioner/p-pat").unwrap(),
        membership: "m-pat".into(),
        project: "clinic".into(),
        project_name: "Clinic Demo".into(),
        role,
    }
}

fn version(id: &str) -> Version {
    Version { id: VersionId::new(id), at: "2026-01-01T00:00:00Z".parse().unwrap(), author: None }
}

fn membership(id: &str, user: &str, project: &str) -> Membership {
    Membership {
        id: id.into(),
        version: version("m1"),
        project: project.into(),
        user: Reference::parse(&format!("User/{user}")).unwrap(),
        profile: Reference::parse("Practitioner/p-jane").unwrap(),
        active: true,
        admin: false,
        policy: Some(Reference::parse("AccessPolicy/staff").unwrap()),
        access: vec![],
        external_id: None,
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

fn jane(role: Role, scope: UserScope) -> PersonFacts {
    let user = User {
        id: "u-jane".into(),
        version: version("u1"),
        email: Some(OLD.into()),
        first_name: "Jane".into(),
        last_name: "Smith".into(),
        email_verified: Some(true),
        scope: scope.clone(),
        legacy_external_id: None,
        password_set: false,
        mfa: crate::identity::Mfa::default(),
    };
    let hidden = role != Role::SuperAdmin && scope == UserScope::Server;
    PersonFacts {
        name: "Jane Smith".into(),
        membership: membership("m-jane", "u-jane", "clinic"),
        user_id: Some("u-jane".into()),
        user: if hidden { Seen::Unknown(Unseen::ServerScopedUser) } else { Seen::Known(user) },
        email: Seen::Known(Some(OLD.into())),
        names: Seen::Known(("Jane".into(), "Smith".into())),
        scope: Seen::Known(scope),
        memberships: vec![membership("m-jane", "u-jane", "clinic")],
        gates: std::collections::BTreeMap::default(),
        all_memberships: if hidden { Seen::Unknown(Unseen::SuperAdminOnly) } else { Seen::Known(()) },
        clients: Seen::Known(vec![portal()]),
        routes: Seen::Unknown(Unseen::SuperAdminOnly),
        route: Seen::Known(Route::Idp { host: "okta.example".into() }),
    }
}

fn portal() -> ClientApplication {
    ClientApplication {
        id: "c-portal".into(),
        version: version("c1"),
        project: Some("clinic".into()),
        name: "Clinic Portal".into(),
        redirect_uris: vec![],
        status: None,
        pkce_optional: false,
        provider: Some(crate::identity::IdentityProvider {
            authorize_url: "https://okta.example/authorize".into(),
            token_url: "https://okta.example/token".into(),
            user_info_url: "https://okta.example/userinfo".into(),
            client_id: "x".into(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: None,
            use_pkce: None,
            user_info_mode: None,
            user_info_key_set: false,
        }),
        settings: Box::default(),
    }
}

fn facts(role: Role, typed: &str) -> EmailFacts {
    let (email, notices) = Email::parse(typed).unwrap();
    EmailFacts {
        look_alikes: KnownAddresses::new([OLD, "miller@clinic.example"]).look_alikes(&email),
        email,
        notices,
        route: Seen::Known(Route::Idp { host: "okta.example".into() }),
        holders: vec![],
        all_holders: match role {
            Role::SuperAdmin => Seen::Known(()),
            Role::ProjectAdmin | Role::Member => Seen::Unknown(Unseen::ServerScopedUser),
        },
        compared: (2, true),
        platform: crate::identity::Platform::default(),
    }
}

fn project() -> UserScope {
    UserScope::Project(ProjectId::from("clinic"))
}

fn proposal(role: Role, scope: UserScope) -> Proposal {
    propose(&caller(role), &jane(role, scope), &facts(role, NEW), Choices::default()).unwrap()
}

#[rstest]
#[case(Role::ProjectAdmin, project(), [true, false, false], WayKind::UpdateEmail)]
#[case(Role::ProjectAdmin, UserScope::Server, [false, true, true], WayKind::Scim)]
#[case(Role::SuperAdmin, project(), [true, false, false], WayKind::UpdateEmail)]
#[case(Role::SuperAdmin, UserScope::Server, [true, false, false], WayKind::UpdateEmail)]
#[case(Role::Member, UserScope::Server, [false, false, false], WayKind::HandOver)]
fn who_may_take_which_way(
    #[case] role: Role,
    #[case] scope: UserScope,
    #[case] open: [bool; 3],
    #[case] best: WayKind,
) {
    let proposal = proposal(role, scope);
    let found: Vec<bool> = proposal.ways[..3].iter().map(|way| way.plan().is_ok()).collect();
    assert_eq!(found, open);
    let recommended: Vec<WayKind> = proposal.ways.iter().filter(|w| w.recommended).map(|w| w.kind).collect();
    assert_eq!(recommended, [best]);
    for way in &proposal.ways {
        assert!(!way.points.is_empty(), "every way is compared");
    }
}

#[test]
fn the_plan_for_a_project_scoped_user_says_all_that_happens() {
    let mut person = jane(Role::ProjectAdmin, project());
    person.memberships[0].external_id = Some("00u9".into());
    let facts = facts(Role::ProjectAdmin, "Jane.Smith@Clinic.example");
    let proposal = propose(&caller(Role::ProjectAdmin), &person, &facts, Choices::default()).unwrap();
    assert_eq!(proposal.notices, ["written in lower case, as the platform wants it"]);
    let plan = proposal.recommended().unwrap().plan().unwrap();
    let change = &plan.changes[0];
    assert_eq!(
        change.means,
        Means::UpdateEmail { email: NEW.into(), update_profile_telecom: false, skip_verification: false }
    );
    assert_eq!(change.expected_version, Some(VersionId::new("u1")));
    let fields: Vec<_> = change.fields.iter().map(|f| (f.field.as_str(), f.after.clone())).collect();
    assert_eq!(fields, [("email", Some(Text::from(NEW))), ("verified", Some("no".into()))]);
    assert!(plan.also.contains(&"a verification mail goes to the new address".to_owned()));
    assert!(plan.also.contains(&"the external id stays as it is".to_owned()));
    assert!(plan.also.contains(&"sessions stay alive".to_owned()));
    assert_eq!(plan.undo, "puts the old address back; the mail cannot be recalled; it comes back unverified");
    assert_eq!(plan.confirm, Confirm::Enter);
    // The portal of the project finds her by email; the domain's route does not look in the project.
    let ways: Vec<_> = plan
        .sign_in
        .iter()
        .map(|e| (e.way.as_str(), matches!(e.after, SignInOutcome::SignsIn { .. })))
        .collect();
    assert_eq!(
        ways,
        [
            ("browser, okta.example for clinic.example", false),
            ("browser, Clinic Portal", true),
            ("exchange, Clinic Portal", true),
            ("password", true),
        ]
    );
}

#[test]
fn scim_warns_that_every_project_is_touched_and_wants_the_address_typed() {
    let proposal = proposal(Role::ProjectAdmin, UserScope::Server);
    let plan = proposal.way(WayKind::Scim).unwrap().plan().unwrap();
    assert!(plan.warnings[0].contains("every project"));
    assert!(plan.warnings[1].contains("no mail is sent"));
    assert_eq!(plan.confirm, Confirm::Typed { text: NEW.into() });
    assert_eq!(plan.changes[0].expected_version, None, "SCIM has no version");
}

#[test]
fn a_re_invite_frees_what_is_unique_before_it_is_taken_again() {
    let mut person = jane(Role::ProjectAdmin, UserScope::Server);
    let plan_of = |person: &PersonFacts| {
        let facts = facts(Role::ProjectAdmin, NEW);
        let proposal = propose(&caller(Role::ProjectAdmin), person, &facts, Choices::default()).unwrap();
        proposal.way(WayKind::Reinvite).unwrap().plan().unwrap().clone()
    };
    let order = |plan: &Plan| plan.changes.iter().map(|c| c.target.kind.to_string()).collect::<Vec<_>>();
    assert_eq!(
        order(&plan_of(&person)),
        ["Project", "ProjectMembership"],
        "nobody is locked out when the invite fails"
    );

    person.membership.external_id = Some("00u9".into());
    let plan = plan_of(&person);
    assert_eq!(order(&plan), ["ProjectMembership", "Project"]);
    let Means::Patch { fields, .. } = &plan.changes[0].means else { panic!("{:?}", plan.changes[0].means) };
    assert_eq!(fields, &[("/active".to_owned(), Some(false.into())), ("/externalId".to_owned(), None)]);
    let Means::Invite { request, .. } = &plan.changes[1].means else { panic!("{:?}", plan.changes[1].means) };
    assert_eq!(request["membership"]["externalId"], "00u9");
    assert_eq!(request["membership"]["profile"]["reference"], "Practitioner/p-jane");
    assert_eq!(request["membership"]["accessPolicy"]["reference"], "AccessPolicy/staff");
    assert_eq!(request["scope"], "server");
    let Undo::By { means, .. } = &plan.changes[1].undo else { panic!() };
    assert_eq!(
        **means,
        Means::patch(vec![("/active".to_owned(), Some(false.into())), ("/externalId".to_owned(), None)])
    );
}

#[test]
fn a_project_admin_gets_a_text_to_hand_over() {
    let proposal = proposal(Role::ProjectAdmin, UserScope::Server);
    let Offer::Text(text) = &proposal.way(WayKind::HandOver).unwrap().offer else { panic!() };
    for part in ["Jane Smith", "User/u-jane", OLD, NEW, "Pat Admin", "idconsole users set-email User/u-jane"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn the_profile_can_go_along_for_project_scoped_users_only() {
    let choices = Choices { update_profile_telecom: true, skip_verification: true };
    let role = Role::SuperAdmin;
    let way = |scope| {
        let proposal = propose(&caller(role), &jane(role, scope), &facts(role, NEW), choices).unwrap();
        proposal.way(WayKind::UpdateEmail).unwrap().plan().cloned()
    };
    assert!(way(project()).unwrap().also.iter().any(|line| line.contains("work email")));
    assert!(way(UserScope::Server).unwrap_err().0.contains("server-scoped"));
}

#[test]
fn an_address_that_is_the_same_or_no_persons_is_refused() {
    let role = Role::ProjectAdmin;
    let same = propose(&caller(role), &jane(role, project()), &facts(role, OLD), Choices::default());
    assert_eq!(same, Err(Refusal::Same { name: "Jane Smith".to_owned() }));
    let mut client = jane(role, project());
    client.user_id = None;
    client.membership.profile = Reference::parse("ClientApplication/c").unwrap();
    let refused = propose(&caller(role), &client, &facts(role, NEW), Choices::default()).unwrap_err();
    assert_eq!(refused.to_string(), "Jane Smith is not a person: ClientApplications have no login address");
}

#[rstest]
#[case(UserScope::Server, UserScope::Server, "clinic", true)]
#[case(UserScope::Server, UserScope::Server, "elsewhere", true)]
#[case(UserScope::Server, project(), "clinic", true)]
#[case(UserScope::Server, UserScope::Project("elsewhere".into()), "elsewhere", false)]
#[case(project(), project(), "clinic", true)]
#[case(project(), UserScope::Server, "clinic", true)]
#[case(project(), UserScope::Server, "elsewhere", false)]
#[case(project(), UserScope::Project("elsewhere".into()), "elsewhere", false)]
fn an_address_in_use_is_refused_where_the_two_would_meet(
    #[case] own: UserScope,
    #[case] other: UserScope,
    #[case] project: &str,
    #[case] refused: bool,
) {
    let role = Role::SuperAdmin;
    let mut new = facts(role, NEW);
    new.holders.push(Holder {
        user: "u-june".into(),
        name: "June Smith".into(),
        scope: Seen::Known(other),
        memberships: vec![membership("m-june", "u-june", project)],
    });
    match propose(&caller(role), &jane(role, own), &new, Choices::default()) {
        Err(Refusal::InUse { holder, .. }) => {
            assert!(refused);
            assert!(holder.contains("June Smith"));
        }
        Ok(proposal) => {
            assert!(!refused);
            let plan = proposal.recommended().unwrap().plan().unwrap();
            assert!(plan.warnings.iter().any(|warning| warning.contains("June Smith")));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_look_alike_warns_and_has_to_be_typed() {
    let role = Role::ProjectAdmin;
    let facts = facts(role, "rniller@clinic.example");
    let proposal = propose(&caller(role), &jane(role, project()), &facts, Choices::default()).unwrap();
    let plan = proposal.recommended().unwrap().plan().unwrap();
    assert!(
        plan.warnings.iter().any(|w| w.contains("looks like miller@clinic.example")),
        "{:?}",
        plan.warnings
    );
    assert_eq!(plan.confirm, Confirm::Typed { text: "rniller@clinic.example".into() });
}

#[test]
fn a_new_domain_says_where_it_is_sent_at_sign_in() {
    let role = Role::ProjectAdmin;
    let warnings = |typed: &str, route: Route| {
        let mut facts = facts(role, typed);
        facts.route = Seen::Known(route);
        let proposal = propose(&caller(role), &jane(role, project()), &facts, Choices::default()).unwrap();
        proposal.recommended().unwrap().plan().unwrap().warnings.clone()
    };
    assert_eq!(warnings(NEW, Route::Idp { host: "okta.example".into() }), Vec::<String>::new());
    assert!(warnings("j@new.example", Route::Password)[0].contains("new.example goes nowhere"));
    assert!(
        warnings("j@new.example", Route::Idp { host: "entra.example".into() })[0].contains("entra.example")
    );
    assert!(warnings("j@new.example", Route::Broken)[0].contains("nobody gets in"));
    assert!(
        warnings("jane@gmail.com", Route::Password).iter().any(|w| w.contains("gives addresses to anybody"))
    );
}

#[test]
fn ones_own_account_is_guarded() {
    let role = Role::SuperAdmin;
    let mut person = jane(role, UserScope::Server);
    person.membership.id = "m-pat".into();
    let proposal = propose(&caller(role), &person, &facts(role, NEW), Choices::default()).unwrap();
    let plan = proposal.recommended().unwrap().plan().unwrap();
    assert!(plan.warnings.iter().any(|w| w.contains("your own account")));
    assert_eq!(plan.confirm, Confirm::Typed { text: NEW.into() });

    let role = Role::ProjectAdmin;
    let mut person = jane(role, UserScope::Server);
    person.membership.id = "m-pat".into();
    let proposal = propose(&caller(role), &person, &facts(role, NEW), Choices::default()).unwrap();
    assert!(proposal.way(WayKind::Reinvite).unwrap().plan().unwrap_err().0.contains("signed in with"));
}

#[test]
fn a_super_admin_is_told_of_the_other_projects() {
    let role = Role::SuperAdmin;
    let mut person = jane(role, UserScope::Server);
    person.memberships.push(membership("m-jane-2", "u-jane", "research"));
    let proposal = propose(&caller(role), &person, &facts(role, NEW), Choices::default()).unwrap();
    let plan = proposal.recommended().unwrap().plan().unwrap();
    assert_eq!(plan.about, "server-scoped · used in 2 projects");
    assert!(plan.warnings[0].contains("2 projects"));
    assert_eq!(plan.confirm, Confirm::Typed { text: NEW.into() });
}
