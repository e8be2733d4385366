//! The rules, one by one; whole sign-ins are driven over HTTP in `tests/it/doctor`.

use jiff::Timestamp;

use super::*;
use crate::identity::id::{ProjectId, Reference};
use crate::identity::provider::IdentityProvider;
use crate::identity::seen::{Seen, Unseen};
use crate::identity::user::{Mfa, UserScope};

const PORTAL: &str = "c0000000-0000-4000-8000-000000000001";
const JANE: &str = "jane@clinic.example";

fn source() -> Source {
    Source::new(Window::Record, Timestamp::UNIX_EPOCH)
}

fn provider() -> IdentityProvider {
    IdentityProvider {
        authorize_url: "https://idp.example/authorize".into(),
        token_url: "https://idp.example/token".into(),
        user_info_url: "https://idp.example/userinfo".into(),
        client_id: "idp-client".into(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

fn user(id: &str, email: &str, scope: UserScope) -> UserFact {
    UserFact {
        id: id.into(),
        email: Seen::Known(Some(email.into())),
        scope: Seen::Known(scope),
        legacy_external_id: Seen::Known(None),
        password_set: Seen::Known(true),
        mfa: Seen::Known(Mfa::default()),
        gone: false,
        source: source(),
    }
}

fn membership(id: &str, user: &str, name: &str) -> MembershipFact {
    MembershipFact {
        id: id.into(),
        user: user.into(),
        project: "clinic".into(),
        name: name.into(),
        profile: Reference::parse("Practitioner/p").unwrap(),
        active: true,
        admin: false,
        external_id: None,
        policy: None,
        access: Vec::new(),
        configuration: Seen::Known(None),
        source: source(),
    }
}

/// Jane, server-scoped, in the clinic; a portal with an IdP by email; a domain with a route by email.
fn clinic(reach: Reach) -> Facts {
    let mut facts = Facts::new(reach);
    facts.emails.insert(JANE.to_owned());
    facts.users.push(user("jane", JANE, UserScope::Server));
    facts.memberships.push(membership("m-jane", "jane", "Jane Smith"));
    facts.projects.insert(
        "clinic".into(),
        Seen::Known(Some(ProjectFact {
            name: "Clinic".into(),
            google_required: false,
            mfa_required: false,
            redirect_below: false,
            defaults: Vec::new(),
            source: source(),
        })),
    );
    let portal = Client {
        id: PORTAL.into(),
        name: "Portal".into(),
        project: Some("clinic".into()),
        provider: Some(provider()),
        status: None,
        redirect_uris: vec!["https://app.example/callback".into()],
        pkce_optional: false,
        source: source(),
    };
    facts.clients.insert(PORTAL.to_owned(), Seen::Known(ClientFact::Found(Box::new(portal))));
    let route = RouteFact::Idp {
        route: Some("d".into()),
        provider: Seen::Known(provider()),
        host: "idp.example".into(),
        broken: false,
        source: source(),
    };
    facts.routes.insert("clinic.example".to_owned(), Seen::Known(route));
    facts
}

fn by(flow: Flow, email: &str) -> Attempt {
    let mut attempt = Attempt::new(flow);
    attempt.typed = Some(email.into());
    attempt.email = Claim::from(email);
    if flow.is_exchange() {
        attempt.client = Some(PORTAL.into());
    }
    attempt
}

fn said(attempt: &Attempt, facts: &Facts) -> (Verdict, Option<&'static str>, Next) {
    let outcome = diagnose(attempt, facts).outcome;
    (outcome.verdict, outcome.message, outcome.next)
}

const IN: (Verdict, Option<&'static str>, Next) = (Verdict::Success, None, Next::None);

fn out(message: &'static str) -> (Verdict, Option<&'static str>, Next) {
    (Verdict::Failure, Some(message), Next::None)
}

#[test]
fn a_person_whose_address_fits_gets_in_by_every_flow() {
    let facts = clinic(Reach::Everything);
    for flow in [Flow::Browser, Flow::Exchange, Flow::LegacyExchange, Flow::Password] {
        let diagnosis = diagnose(&by(flow, JANE), &facts);
        assert_eq!(said(&by(flow, JANE), &facts), IN, "{flow:?}");
        assert_eq!(diagnosis.outcome.user, Some("jane".into()));
        assert_eq!(diagnosis.outcome.membership, Some("m-jane".into()));
        let titles: Vec<StepId> = diagnosis.steps.iter().map(|step| step.id).collect();
        let mut expected = StepId::of(flow).to_vec();
        expected.sort_unstable();
        let mut told = titles.clone();
        told.sort_unstable();
        assert_eq!(told, expected, "every step is told once: {flow:?}");
    }
}

// platform-api §10.2 step 6
#[test]
fn capitals_in_the_typed_domain_are_compared_letter_by_letter() {
    let mut attempt = by(Flow::Browser, JANE);
    attempt.typed = Some("jane@Clinic.Example".into());
    assert_eq!(said(&attempt, &clinic(Reach::Everything)), out("Email address does not match domain"));
    attempt.email = Claim::from("JANE@CLINIC.EXAMPLE");
    attempt.typed = Some(JANE.into());
    assert_eq!(said(&attempt, &clinic(Reach::Everything)), IN, "the claim is made lower case");
}

// platform-api §10.5 step 4
#[test]
fn a_project_scoped_shadow_hides_her_from_clients_and_not_from_routes() {
    let mut facts = clinic(Reach::Everything);
    facts.users.push(user("ghost", JANE, UserScope::Project("clinic".into())));
    assert_eq!(said(&by(Flow::Exchange, JANE), &facts), out("User not found"));
    assert_eq!(said(&by(Flow::Browser, JANE), &facts), IN);
    let diagnosis = diagnose(&by(Flow::Exchange, JANE), &facts);
    assert_eq!(diagnosis.failed().unwrap().id, StepId::Membership);
}

// platform-api §17: a half-set pair
#[test]
fn browser_and_exchange_read_the_mode_from_different_fields() {
    let mut facts = clinic(Reach::Everything);
    if let Some(Seen::Known(ClientFact::Found(client))) = facts.clients.get_mut(PORTAL) {
        client.provider.as_mut().unwrap().identity_source = Some("subject".into());
    }
    let mut browser = by(Flow::Browser, JANE);
    browser.client = Some(PORTAL.into());
    assert_eq!(said(&browser, &facts), out("Unsupported identity provider configuration"));
    assert_eq!(said(&by(Flow::Exchange, JANE), &facts), IN, "exchange looks at useSubject alone");
}

#[test]
fn a_second_factor_is_asked_for_by_password_only() {
    let mut facts = clinic(Reach::Everything);
    facts.users[0].mfa = Seen::Known(Mfa { required: true, ..Mfa::default() });
    assert_eq!(said(&by(Flow::Password, JANE), &facts), (Verdict::Success, None, Next::Mfa));
    assert_eq!(said(&by(Flow::Browser, JANE), &facts), IN);
}

#[test]
fn the_unseen_makes_unknown_only_what_it_can_change() {
    let mut facts = clinic(Reach::Project("clinic".into()));
    let attempt = by(Flow::Exchange, JANE);
    let diagnosis = diagnose(&attempt, &facts);
    assert_eq!(diagnosis.outcome.verdict, Verdict::Unknown, "another user may have the address");
    assert_eq!(diagnosis.likely.as_ref().map(|likely| likely.verdict), Some(Verdict::Success));
    assert_eq!(diagnosis.doubts.len(), 1, "{:?}", diagnosis.doubts);
    // Nobody with a membership here has it: whoever else has it has none, and the answer is the same.
    facts.users.clear();
    facts.memberships.clear();
    assert_eq!(said(&attempt, &facts), out("User not found"));
    // By a route no project is known: the unseen one may be at home elsewhere.
    assert_eq!(diagnose(&by(Flow::Browser, JANE), &facts).outcome.verdict, Verdict::Unknown);
}

#[test]
fn a_dead_policy_is_certain_and_one_out_of_sight_is_not() {
    let mut facts = clinic(Reach::Everything);
    facts.memberships[0].policy = Reference::parse("AccessPolicy/staff");
    let dead = PolicyFact { liveness: Liveness::Gone, ip: Vec::new(), source: source() };
    facts.policies.insert("AccessPolicy/staff".to_owned(), Seen::Known(dead));
    let (verdict, message, _) = said(&by(Flow::Browser, JANE), &facts);
    assert_eq!(verdict, Verdict::Failure);
    assert!(message.unwrap().starts_with("Cannot authenticate: Invalid access policy"));
    facts.policies.insert("AccessPolicy/staff".to_owned(), Seen::Unknown(Unseen::Policy));
    assert_eq!(diagnose(&by(Flow::Browser, JANE), &facts).outcome.verdict, Verdict::Unknown);
}

// platform-api §9.9: in order, the first that matches decides
#[test]
fn address_rules_are_held_against_the_address_that_is_known() {
    let mut facts = clinic(Reach::Everything);
    facts.memberships[0].policy = Reference::parse("AccessPolicy/staff");
    let rule = |value: &str, allow| crate::identity::access::AddressRule { value: value.into(), allow };
    let ip = vec![rule("10.", true), rule("*", false)];
    let policy = PolicyFact { liveness: Liveness::Alive, ip, source: source() };
    facts.policies.insert("AccessPolicy/staff".to_owned(), Seen::Known(policy));
    let mut attempt = by(Flow::Browser, JANE);
    assert_eq!(diagnose(&attempt, &facts).outcome.verdict, Verdict::Unknown);
    attempt.address = Some("10.1.2.3".into());
    assert_eq!(said(&attempt, &facts), IN);
    attempt.address = Some("192.0.2.1".into());
    assert_eq!(said(&attempt, &facts), out("IP address not allowed"));
}

// platform-api §17: claims go unescaped into the search
#[test]
fn a_comma_in_a_subject_means_or_and_a_stored_one_is_never_found() {
    let mut facts = clinic(Reach::Everything);
    if let Some(Seen::Known(ClientFact::Found(client))) = facts.clients.get_mut(PORTAL) {
        client.provider.as_mut().unwrap().use_subject = Some(true);
    }
    facts.memberships[0].external_id = Some("REAL".into());
    facts.subjects.extend(["zzz".to_owned(), "REAL".to_owned(), "a".to_owned(), "b".to_owned()]);
    let mut attempt = by(Flow::Exchange, JANE);
    attempt.subject = Claim::from("zzz,REAL");
    assert_eq!(said(&attempt, &facts), IN);
    facts.memberships[0].external_id = Some("a,b".into());
    attempt.subject = Claim::from("a,b");
    assert_eq!(said(&attempt, &facts), out("User not found"));
}

#[test]
fn several_memberships_are_asked_for_in_the_browser_and_taken_by_an_exchange() {
    let mut facts = clinic(Reach::Everything);
    facts.memberships.push(membership("m-second", "jane", "Jane as patient"));
    assert_eq!(said(&by(Flow::Browser, JANE), &facts), (Verdict::Success, None, Next::ChooseProfile));
    let exchanged = diagnose(&by(Flow::Exchange, JANE), &facts).outcome;
    assert_eq!(exchanged.membership, Some("m-jane".into()));
    let mut chosen = by(Flow::Exchange, JANE);
    chosen.membership = Some("m-second".into());
    assert_eq!(diagnose(&chosen, &facts).outcome.membership, Some("m-second".into()));
}

#[test]
fn what_was_not_looked_for_is_not_taken_for_absent() {
    let facts = clinic(Reach::Everything);
    let diagnosis = diagnose(&by(Flow::Exchange, "other@clinic.example"), &facts);
    assert_eq!(diagnosis.outcome.verdict, Verdict::Unknown);
    assert_eq!(diagnosis.likely, None);
    assert!(diagnosis.doubts[0].what.contains("other@clinic.example"), "{:?}", diagnosis.doubts);
    let project = ProjectId::from("clinic");
    assert!(facts.sees(&project));
}
