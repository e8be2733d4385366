//! Who is met how; whole domains are driven over HTTP in `tests/it/workflows/impact.rs`.

use jiff::Timestamp;

use super::*;
use crate::identity::Plan;
use crate::identity::id::Reference;
use crate::identity::provider::IdentityProvider;
use crate::identity::seen::Unseen;
use crate::identity::sign_in::doctor::{
    Client, ClientFact, Liveness, PolicyFact, ProjectFact, Reach, Window,
};
use crate::identity::user::Mfa;

const DOMAIN: &str = "partner.example";

fn source() -> Source {
    Source::new(Window::Record, Timestamp::UNIX_EPOCH)
}

fn provider() -> IdentityProvider {
    IdentityProvider {
        authorize_url: "https://idp.partner.example/authorize".into(),
        token_url: "https://idp.partner.example/token".into(),
        user_info_url: "https://idp.partner.example/userinfo".into(),
        client_id: "clinic".into(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

fn wanted(domain: &str, provider: IdentityProvider) -> RouteChange {
    let draft = RouteDraft { domain: domain.into(), provider, issuer: None, post_login: Vec::new() };
    RouteChange::to(draft, None)
}

fn user(local: &str) -> UserFact {
    UserFact {
        id: local.into(),
        email: Seen::Known(Some(Text::from(format!("{local}@{DOMAIN}")))),
        scope: Seen::Known(UserScope::Server),
        legacy_external_id: Seen::Known(None),
        password_set: Seen::Known(true),
        mfa: Seen::Known(Mfa::default()),
        gone: false,
        source: source(),
    }
}

fn membership(local: &str, project: &str) -> MembershipFact {
    MembershipFact {
        id: format!("m-{local}-{project}").as_str().into(),
        user: local.into(),
        project: project.into(),
        name: local.into(),
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

fn project(name: &str) -> ProjectFact {
    ProjectFact {
        name: name.into(),
        google_required: false,
        mfa_required: false,
        redirect_below: false,
        defaults: Vec::new(),
        source: source(),
    }
}

/// People of the domain with a password page, and changes to them.
struct World(Facts);

impl World {
    fn new(reach: Reach) -> Self {
        let mut facts = Facts::new(reach);
        facts.projects.insert("clinic".into(), Seen::Known(Some(project("Clinic"))));
        let none = RouteFact::None { misspelt: None, bare: None, source: source() };
        facts.routes.insert(DOMAIN.to_owned(), Seen::Known(none));
        Self(facts)
    }

    fn with(mut self, local: &str, change: impl FnOnce(&mut UserFact, &mut MembershipFact)) -> Self {
        let (mut user, mut membership) = (user(local), membership(local, "clinic"));
        change(&mut user, &mut membership);
        self.0.users.push(user);
        self.0.memberships.push(membership);
        self
    }

    fn routed(mut self) -> Self {
        let fact = RouteFact::to_idp(Some("d".into()), provider(), source());
        self.0.routes.insert(DOMAIN.to_owned(), Seen::Known(fact));
        self
    }

    fn under(&self, change: &RouteChange) -> Impact {
        impact(&self.0, change, source())
    }
}

fn everything() -> World {
    World::new(Reach::Everything)
}

fn of<'a>(impact: &'a Impact, name: &str) -> &'a Person {
    impact.people.iter().find(|person| person.name.raw() == name).unwrap()
}

fn dead_policy(world: &mut World, membership: &mut MembershipFact) {
    let policy = Reference::parse("AccessPolicy/dead").unwrap();
    let fact = PolicyFact { liveness: Liveness::Gone, ip: Vec::new(), source: source() };
    world.0.policies.insert("AccessPolicy/dead".to_owned(), Seen::Known(fact));
    membership.policy = Some(policy);
}

// platform-api §3.1, §11: what an IdP of the domain does to people with a password
#[test]
fn a_new_route_sends_people_to_the_provider_and_leaves_their_passwords_working() {
    let world = everything().with("wu", |_, _| {});
    let found = world.under(&wanted(DOMAIN, provider()));
    let wu = of(&found, "wu");
    assert_eq!((found.kind, wu.effect, wu.certain), (Kind::Added, Effect::ToIdp, true));
    assert_eq!((wu.bypass, wu.reset, wu.factor), (Tri::Yes, Turn::Loses, Turn::Same));
    assert_eq!(wu.today.words, "password: signs in");
    assert_eq!(wu.after.words, "idp.partner.example: signs in");
    assert!(!found.locks_out());
    let said: Vec<String> = found.lines().iter().map(Line::text).collect();
    assert_eq!(said[0], "Nobody is locked out.");
    assert!(said.iter().any(|line| line.starts_with("1 can go past idp.partner.example with a password")));
}

// platform-api §10.2, key consequence
#[test]
fn an_account_of_one_project_breaks_unless_the_app_names_the_project() {
    let world =
        everything().with("vera", |user, _| user.scope = Seen::Known(UserScope::Project("clinic".into())));
    let found = world.under(&wanted(DOMAIN, provider()));
    let vera = of(&found, "vera");
    assert_eq!((vera.effect, vera.unless_project_named), (Effect::Breaks, true));
    assert!(vera.why.contains("exists for Clinic alone"), "{}", vera.why);
    let [own, app] = &vera.pages;
    assert_eq!((own.0.ending, own.1.ending), (Ending::Out, Ending::Out), "no project is named");
    assert_eq!((app.0.ending, app.1.ending), (Ending::In, Ending::In), "the app names it");
    assert_eq!(found.counts().breaks_unless_project_named, 1);
    assert!(found.lines()[0].text().contains("unless the app they use names the project"));
}

#[test]
fn whoever_gets_in_neither_way_is_not_counted_as_broken() {
    let mut world = everything();
    let mut dead = membership("noor", "clinic");
    dead_policy(&mut world, &mut dead);
    let world = world
        .with("boris", |_, membership| membership.active = false)
        .with("noor", |_, membership| membership.policy.clone_from(&dead.policy));
    let found = world.under(&wanted(DOMAIN, provider()));
    assert_eq!((of(&found, "boris").effect, of(&found, "noor").effect), (Effect::StaysOut, Effect::StaysOut));
    assert!(of(&found, "boris").why.contains("not active"));
    assert_eq!(of(&found, "noor").bypass, Tri::No);
}

#[test]
fn whoever_has_no_password_gets_in_by_the_provider_for_the_first_time() {
    let world = everything().with("rui", |user, _| user.password_set = Seen::Known(false));
    let rui = world.under(&wanted(DOMAIN, provider()));
    assert_eq!((of(&rui, "rui").effect, of(&rui, "rui").bypass), (Effect::Gains, Tri::No));
}

// platform-api §10.2 step 6: by external id nobody passes where a domain is typed
#[test]
fn a_provider_that_goes_by_external_id_locks_the_whole_domain_out() {
    let by_subject = IdentityProvider { use_subject: Some(true), ..provider() };
    let world = everything()
        .with("wu", |_, _| {})
        .with("li", |_, membership| membership.external_id = Some("a,b".into()));
    let found = world.under(&wanted(DOMAIN, by_subject));
    for name in ["wu", "li"] {
        let person = of(&found, name);
        assert_eq!(person.effect, Effect::Breaks);
        assert_eq!(person.after.message, Some("Email address does not match domain"));
        assert!(!person.unless_project_named);
    }
    assert!(found.locks_out());
}

#[test]
fn an_address_of_the_provider_that_is_none_locks_out() {
    let broken = IdentityProvider { authorize_url: "idp.partner.example/authorize".into(), ..provider() };
    let found = everything().with("wu", |_, _| {}).under(&wanted(DOMAIN, broken));
    assert_eq!(of(&found, "wu").after.message, Some("Failed to construct URL for the domain"));
}

// platform-api §11: capitals save and are never found
#[test]
fn a_route_that_is_never_found_changes_nothing() {
    let found = everything().with("wu", |_, _| {}).under(&wanted("Partner.Example", provider()));
    assert_eq!((found.kind, of(&found, "wu").effect), (Kind::Nothing, Effect::Unchanged));
    let beside = everything().routed().with("wu", |_, _| {}).under(&wanted("Partner.Example", provider()));
    assert_eq!((beside.kind, of(&beside, "wu").effect), (Kind::Nothing, Effect::Unchanged));
    // Edited so that it has capitals, the one that worked is gone.
    let mut edited = wanted("Partner.Example", provider());
    edited.route = Some("d".into());
    let edited = everything().routed().with("wu", |_, _| {}).under(&edited);
    assert_eq!((edited.kind, of(&edited, "wu").effect), (Kind::Removed, Effect::ToPassword));
}

#[test]
fn without_the_route_people_come_back_to_passwords_and_some_have_none() {
    let world = everything()
        .routed()
        .with("wu", |_, _| {})
        .with("rui", |user, _| user.password_set = Seen::Known(false));
    let found = world.under(&RouteChange::removal(DOMAIN, Some("d".into())));
    assert_eq!(found.kind, Kind::Removed);
    let (wu, rui) = (of(&found, "wu"), of(&found, "rui"));
    assert_eq!((wu.effect, wu.reset), (Effect::ToPassword, Turn::Gets));
    assert_eq!(rui.effect, Effect::Breaks);
    assert_eq!(rui.after.message, Some("Invalid authentication method"));
    // Another route than the one that counts may go without anybody noticing.
    let other = world.under(&RouteChange::removal(DOMAIN, Some("other".into())));
    assert_eq!(other.kind, Kind::Nothing);
}

// platform-api §3.1: only password sign-ins are asked for a factor
#[test]
fn a_factor_is_no_longer_asked_for_and_is_again_when_the_route_goes() {
    let enrolled = |user: &mut UserFact, _: &mut MembershipFact| {
        user.mfa = Seen::Known(Mfa { enrolled: true, ..Mfa::default() });
    };
    let world = everything().with("carla", enrolled).with("wu", |_, _| {});
    let found = world.under(&wanted(DOMAIN, provider()));
    assert_eq!((of(&found, "carla").factor, of(&found, "wu").factor), (Turn::Loses, Turn::Same));
    let back = everything().routed().with("carla", enrolled);
    let back = back.under(&RouteChange::removal(DOMAIN, None));
    assert_eq!((of(&back, "carla").effect, of(&back, "carla").factor), (Effect::ToPassword, Turn::Gets));
}

#[test]
fn a_project_that_lets_in_through_google_only_is_shut_by_a_route() {
    let mut world = everything().with("gustav", |_, _| {});
    let google = ProjectFact { google_required: true, ..project("Practice") };
    world.0.projects.insert("clinic".into(), Seen::Known(Some(google)));
    let found = world.under(&wanted(DOMAIN, provider()));
    let gustav = of(&found, "gustav");
    assert_eq!((gustav.effect, gustav.google_only, gustav.bypass), (Effect::Breaks, true, Tri::No));
    assert_eq!(gustav.after.message, Some("Google authentication is required"));
    assert!(!gustav.certain, "which Google client the page uses is not on the platform");
}

// Unknown is not no
#[test]
fn what_a_project_admin_cannot_see_is_counted_as_unknown() {
    let hidden = |user: &mut UserFact, _: &mut MembershipFact| {
        user.password_set = Seen::Unknown(Unseen::ServerScopedUser);
        user.mfa = Seen::Unknown(Unseen::ServerScopedUser);
    };
    let world = World::new(Reach::Project("clinic".into())).with("wu", hidden);
    let found = world.under(&wanted(DOMAIN, provider()));
    let wu = of(&found, "wu");
    assert_eq!((wu.effect, wu.certain), (Effect::ToIdp, false));
    assert_eq!((wu.bypass, wu.factor), (Tri::Unknown, Turn::Unknown));
    let counts = found.counts();
    assert_eq!((counts.bypass, counts.bypass_unknown, counts.factor_unknown), (0, 1, 1));
    let seen: Vec<&str> = found.unseen.iter().map(|(what, _)| what.as_str()).collect();
    assert!(seen.contains(&"whether a password is set"), "{seen:?}");
    assert!(seen.iter().all(|what| !what.contains("wu@")), "one thing for all, not one for each: {seen:?}");
    // Whether they have a password to come back to decides when the route goes.
    let world = World::new(Reach::Project("clinic".into())).routed().with("wu", hidden);
    let back = world.under(&RouteChange::removal(DOMAIN, None));
    assert_eq!(of(&back, "wu").effect, Effect::Unknown);
    assert!(!back.locks_out() && back.lines()[0].text().contains("cannot be told"));
}

#[test]
fn a_member_whose_address_is_not_seen_is_there_and_unknown() {
    let world = everything().with("wu", |user, _| user.email = Seen::Unknown(Unseen::Failed));
    let found = world.under(&wanted(DOMAIN, provider()));
    assert_eq!(of(&found, "wu").effect, Effect::Unknown);
    assert!(of(&found, "wu").why.contains("not seen"));
}

#[test]
fn only_addresses_of_this_very_domain_are_met() {
    let at = |address: &'static str| {
        move |user: &mut UserFact, _: &mut MembershipFact| {
            user.email = Seen::Known(Some(address.into()));
        }
    };
    let world = everything()
        .with("below", at("below@lab.partner.example"))
        .with("beside", at("beside@apartner.example"))
        .with("capitals", at("Capitals@Partner.Example"))
        .with("nobody", |user, _| user.email = Seen::Known(None));
    let found = world.under(&wanted(DOMAIN, provider()));
    assert_eq!(found.people.len(), 1);
    assert_eq!(of(&found, "capitals").effect, Effect::StaysOut, "stored with capitals, found by nobody");
    assert_eq!(found.below, [(Text::from("lab.partner.example"), 1)].into());
    assert!(found.notes().iter().any(|note| note.contains("lab.partner.example (1)")));
}

// platform-api §9.1: two server-scoped users with one address
#[test]
fn of_two_accounts_with_one_address_only_the_first_gets_in() {
    let mut world = everything().with("kim", |_, _| {}).with("twin", |_, _| {});
    world.0.users[1].email = world.0.users[0].email.clone();
    let found = world.under(&wanted(DOMAIN, provider()));
    assert_eq!((of(&found, "kim").effect, of(&found, "twin").effect), (Effect::ToIdp, Effect::StaysOut));
    assert!(of(&found, "twin").why.contains("another account has the same address"));
}

#[test]
fn whoever_comes_through_a_client_application_of_its_own_provider_goes_on_to() {
    let mut world = everything()
        .with("omar", |user, membership| {
            user.password_set = Seen::Known(false);
            membership.external_id = Some("idp|omar".into());
        })
        .with("rui", |user, _| user.password_set = Seen::Known(false));
    let portal = Client {
        id: "portal".into(),
        name: "Portal".into(),
        project: Some("clinic".into()),
        provider: Some(IdentityProvider { use_subject: Some(true), ..provider() }),
        status: None,
        redirect_uris: Vec::new(),
        pkce_optional: false,
        source: source(),
    };
    world.0.clients.insert("portal".to_owned(), Seen::Known(ClientFact::Found(Box::new(portal))));
    let found = world.under(&RouteChange::none(DOMAIN));
    let omar = of(&found, "omar");
    assert_eq!((omar.effect, omar.today.words.as_str()), (Effect::Unchanged, "through Portal: signs in"));
    assert_eq!(of(&found, "rui").effect, Effect::StaysOut, "no external id, no password");
    let by_subject = IdentityProvider { use_subject: Some(true), ..provider() };
    let added = world.under(&wanted(DOMAIN, by_subject));
    assert_eq!(of(&added, "omar").effect, Effect::Unchanged, "the portal does not look at the route");
}

#[test]
fn another_provider_is_a_change_and_the_same_one_is_none() {
    let world = everything().routed().with("wu", |_, _| {});
    let same = world.under(&wanted(DOMAIN, provider()));
    assert_eq!((same.kind, of(&same, "wu").effect), (Kind::Nothing, Effect::Unchanged));
    let other = IdentityProvider { client_id: "other".into(), ..provider() };
    let other = world.under(&wanted(DOMAIN, other));
    assert_eq!((other.kind, of(&other, "wu").effect), (Kind::Changed, Effect::OtherIdp));
    assert!(other.headline().contains("with other settings"));
}

#[test]
fn the_plan_names_whom_it_locks_out_and_tells_the_rest_in_numbers() {
    let world = everything()
        .with("vera", |user, _| user.scope = Seen::Known(UserScope::Project("clinic".into())))
        .with("wu", |_, _| {});
    let mut plan = Plan::new("Add a route", "partner.example".into());
    world.under(&wanted(DOMAIN, provider())).onto(&mut plan);
    assert_eq!(plan.sign_in.len(), 1);
    assert!(plan.sign_in[0].way.contains("vera@partner.example"));
    assert!(plan.warnings[0].starts_with("1 member will not get in any more"), "{:?}", plan.warnings);
    assert!(plan.also.iter().any(|line| line.contains("lose the link")), "{:?}", plan.also);
}

// S1: names come from strangers
#[test]
fn a_hostile_name_does_not_reach_a_sentence_raw() {
    let world = everything().with("wu", |user, membership| {
        membership.name = "\u{1b}[31mWu".into();
        user.scope = Seen::Known(UserScope::Project("clinic".into()));
    });
    let mut plan = Plan::new("Add a route", "partner.example".into());
    world.under(&wanted(DOMAIN, provider())).onto(&mut plan);
    assert!(plan.sign_in[0].way.contains("\\x1b[31mWu"), "{:?}", plan.sign_in);
}
