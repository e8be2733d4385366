//! The odd rules of platform-api §3, §10, §11 and §17 that need more than two facts to come together.

use super::roads::road;
use super::scenario::{
    At, Behaviour, ClientRef, Domain, EMAIL, Factors, Idp, InState, JANE, Membership, MembershipRef, Policy,
    ProjectRef, Redirect, SUB, Scenario, Scope, Target, User,
};

type Corner = (&'static str, &'static str, fn(&mut Scenario));

const CORNERS: &[Corner] = &[
    // §17: an external id picks the user, not the membership.
    ("exchange by subject", "the id stands on an inactive membership, another one is used", |s| {
        s.member().active = Some(false);
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    ("exchange by subject", "of two memberships the first is taken, the id stands on the second", |s| {
        s.member().external_id = None;
        s.jane().memberships.push(Membership::named(At::Home, SUB));
    }),
    ("exchange by subject", "the membership named is not the one with the id", |s| {
        s.jane().memberships.push(Membership::at(At::Home));
        s.attempt.membership = Some(MembershipRef::Of(JANE, 1));
    }),
    ("browser by client and subject", "two memberships, the id on one of them", |s| {
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    // Gates are asked of the membership that is taken, and of none while there is a choice.
    ("exchange", "the first of two memberships has a dead policy", |s| {
        s.member().policy = Some(Policy::Gone);
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    ("exchange", "the second membership, without the first one's dead policy, is named", |s| {
        s.member().policy = Some(Policy::Gone);
        s.jane().memberships.push(Membership::at(At::Home));
        s.attempt.membership = Some(MembershipRef::Of(JANE, 1));
    }),
    ("exchange", "the second of two memberships has a dead policy", |s| {
        s.jane().memberships.push(Membership { policy: Some(Policy::Gone), ..Membership::at(At::Home) });
    }),
    ("browser by client", "both memberships have dead policies, but there is a choice", |s| {
        s.member().policy = Some(Policy::Gone);
        let second = Membership { policy: Some(Policy::Dangling), ..Membership::at(At::Home) };
        s.jane().memberships.push(second);
    }),
    ("password", "one of two projects is Google only", |s| {
        s.home.google_only = true;
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("password with project", "Google only, but another project was named", |s| {
        s.home.google_only = true;
        s.jane().memberships.push(Membership::at(At::Other));
        s.attempt.project = Some(ProjectRef::Is(At::Other));
    }),
    // §3.1, §5: a factor is asked before the choice; the project's rule only where the project is known.
    ("password", "a factor is required of the user, and there is a choice", |s| {
        s.jane().factors.required = true;
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("password", "enrolled, and there is a choice", |s| {
        s.jane().factors = Factors { enrolled: true, methods: vec!["totp"], ..Factors::default() };
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("password", "both projects require a factor, but none is known yet", |s| {
        s.home.mfa_required = true;
        s.other.mfa_required = true;
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("password with project", "the named project requires a factor, with a choice in it", |s| {
        s.home.mfa_required = true;
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    ("password with client", "the client's project requires a factor", |s| s.home.mfa_required = true),
    ("password", "enrolled, and the policy is dead", |s| {
        s.jane().factors = Factors { enrolled: true, methods: vec!["totp"], ..Factors::default() };
        s.member().policy = Some(Policy::Gone);
    }),
    // §10.1, §17: the project's own account goes first, whatever its state.
    ("password with project", "the project's account is inactive, the server's is not", |s| {
        s.jane().memberships.push(Membership::at(At::Other));
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![Membership::inactive(At::Home)]));
    }),
    ("exchange", "the project's account is inactive, the server's is not", |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![Membership::inactive(At::Home)]));
    }),
    ("password with project", "the project's ghost has no password", |s| {
        let mut ghost = User::new(Scope::Project(At::Home), EMAIL, vec![]);
        ghost.password = false;
        s.users.push(ghost);
    }),
    ("password", "a ghost in the project does not matter when no project is named", |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![]));
    }),
    ("exchange by subject", "a ghost with the address does not matter by subject", |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![]));
    }),
    ("exchange by subject", "a ghost has the id in the old place", |s| {
        let mut ghost = User::new(Scope::Project(At::Home), "ghost@{d}", vec![]);
        ghost.legacy_external_id = Some(SUB.into());
        s.member().external_id = None;
        s.users.push(ghost);
    }),
    ("browser by domain with project", "an account of the project", |s| {
        s.jane().scope = Scope::Project(At::Home);
    }),
    ("browser by domain", "an account adopted by the project counts as server-scoped", |s| {
        s.jane().scope = Scope::Adopted(At::Home);
    }),
    ("browser by domain", "memberships in both projects", |s| {
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    // §10.2: which IdP, which project.
    (
        "browser by client and domain",
        "the client has no IdP, the domain's is used in the client's project",
        |s| {
            s.client().idp = None;
            s.jane().scope = Scope::Project(At::Home);
        },
    ),
    (
        "browser by client and domain",
        "no IdP at the client, one that cannot be routed to at the domain",
        |s| {
            s.client().idp = None;
            s.domains[0].idp = Some(Idp { broken: true, ..Idp::default() });
        },
    ),
    ("browser by client and domain", "a broken route does not matter to a client with an IdP", |s| {
        s.domains[0].idp = Some(Idp { broken: true, ..Idp::default() });
    }),
    ("browser by client and domain", "by subject, with a domain in the state", |s| {
        s.client().idp = Some(Idp { use_subject: Some(true), ..Idp::default() });
    }),
    ("browser by client and domain", "the client's mode counts, not the domain's", |s| {
        s.domains[0].idp = Some(Idp { use_subject: Some(true), ..Idp::default() });
    }),
    ("browser by domain", "the state names the domain with capitals", |s| {
        s.attempt.domain = InState::Given("{D}".into());
    }),
    ("browser by domain", "capitals typed and asserted", |s| {
        s.attempt.typed = "JANE@{D}".into();
        s.attempt.email = Some("JANE@{D}".into());
    }),
    ("browser by domain", "only a route with capitals, and capitals typed", |s| {
        s.domains = vec![Domain { domain: "{D}".into(), idp: Some(Idp::default()) }];
        s.attempt.typed = "jane@{D}".into();
    }),
    ("browser by client", "the client has no project, by subject", |s| {
        s.client().at = None;
        s.client().idp = Some(Idp { use_subject: Some(true), ..Idp::default() });
    }),
    ("exchange by subject", "the client has no project", |s| s.client().at = None),
    ("exchange", "the client has no project, memberships in both", |s| {
        s.client().at = None;
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("exchange", "the client has no project, the account is the project's", |s| {
        s.client().at = None;
        s.jane().scope = Scope::Project(At::Home);
    }),
    ("browser by client", "the client has no project, but one is named", |s| {
        s.client().at = None;
        s.attempt.project = Some(ProjectRef::Is(At::Home));
    }),
    ("browser by client", "the built-in client has no IdP", |s| {
        s.attempt.client = Some(ClientRef::BuiltIn);
    }),
    ("browser by client and domain", "the built-in client, with the domain's IdP", |s| {
        s.attempt.client = Some(ClientRef::BuiltIn);
    }),
    ("password with client", "the built-in client takes no project", |s| {
        s.attempt.client = Some(ClientRef::BuiltIn);
        s.attempt.project = Some(ProjectRef::Is(At::Home));
    }),
    ("browser by client", "a client of another project that is deleted", |s| {
        s.client().at = Some(At::Other);
        s.client().deleted = true;
    }),
    ("password with client", "a client of another project that is deleted", |s| {
        s.client().at = Some(At::Other);
        s.client().deleted = true;
    }),
    // §10.3 step 4: Google Cloud's Identity Platform.
    ("exchange", "gcip, and no subject", |s| {
        s.client().idp = Some(Idp { gcip: Some(true), ..Idp::default() });
        s.attempt.sub = None;
    }),
    ("exchange", "gcip, and the IdP knows nobody", |s| {
        s.client().idp = Some(Idp { gcip: Some(true), ..Idp::default() });
        s.attempt.idp = Behaviour::Empty;
    }),
    ("exchange by subject", "gcip, and no address", |s| {
        s.client().idp = Some(Idp { gcip: Some(true), use_subject: Some(true), ..Idp::default() });
        s.attempt.email = None;
    }),
    // §10.2 step 11: the address to return to counts only when the answer goes straight there.
    ("browser by client", "a foreign address to return to, but there is a choice", |s| {
        s.attempt.redirect = Redirect::Foreign;
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    ("browser by domain", "a foreign address to return to, without a client", |s| {
        s.attempt.redirect = Redirect::Foreign;
    }),
    ("browser by client", "a foreign address to return to, and nobody found", |s| {
        s.attempt.redirect = Redirect::Foreign;
        s.attempt.email = Some("nobody@{d}".into());
    }),
    // §17: commas are OR and backslashes escape, on the claim's side only.
    ("exchange by subject", "a comma in the claim, hers stored in the second half", |s| {
        s.attempt.sub = Some(format!("nobody,{SUB}"));
    }),
    ("exchange by subject", "a comma in both", |s| {
        s.member().external_id = Some("a,b".into());
        s.attempt.sub = Some("a,b".into());
    }),
    ("exchange by subject", "an escaped comma in the claim finds a comma in the stored id", |s| {
        s.member().external_id = Some("a,b".into());
        s.attempt.sub = Some(r"a\,b".into());
    }),
    ("exchange by subject", "a doubled backslash in the claim finds a single one", |s| {
        s.member().external_id = Some(r"CORP\jane".into());
        s.attempt.sub = Some(r"CORP\\jane".into());
    }),
    ("exchange by subject", "half of the claim is a colleague's", |s| {
        s.attempt.sub = Some("nobody,idp|BOB02".into());
    }),
    ("exchange", "half of the address is a colleague's", |s| {
        s.attempt.email = Some("nobody@{d},BOB@{d}".into());
    }),
    ("browser by domain", "half of the address is a colleague's", |s| {
        s.attempt.email = Some("nobody@{o},bob@{d}".into());
    }),
    ("exchange by subject", "both halves of the claim are somebody's, the later one's first", |s| {
        s.attempt.sub = Some(format!("idp|BOB02,{SUB}"));
    }),
    ("exchange", "both halves of the address are somebody's, the later one's first", |s| {
        s.attempt.email = Some("bob@{d},jane@{d}".into());
    }),
    ("browser by client and subject", "an id with a comma in the old place", |s| {
        s.jane().scope = Scope::Project(At::Home);
        s.member().external_id = None;
        s.jane().legacy_external_id = Some("a,b".into());
        s.attempt.sub = Some("a,b".into());
    }),
    // §17 and §1.3: what dangles.
    ("exchange by subject", "her account is deleted, the membership still holds the id", |s| {
        s.jane().deleted = true;
    }),
    ("exchange by subject", "her account is deleted, a new one has the address", |s| {
        s.jane().deleted = true;
        s.users.push(User::new(Scope::Server, EMAIL, vec![Membership::at(At::Home)]));
    }),
    ("exchange", "her account is deleted, a new one has the address", |s| {
        s.jane().deleted = true;
        s.users.push(User::new(Scope::Server, EMAIL, vec![Membership::at(At::Home)]));
    }),
    ("exchange", "a configuration that never existed goes before a dead policy", |s| {
        s.member().configuration = Target::Dangling;
        s.member().policy = Some(Policy::Dangling);
    }),
    ("exchange", "Google only goes before a configuration that never existed", |s| {
        s.home.google_only = true;
        s.member().configuration = Target::Dangling;
    }),
    ("exchange", "a dead policy goes before a rule that blocks", |s| {
        s.member().policy = Some(Policy::Rules(&[("*", false)]));
        s.member().listed = vec![Policy::Dangling];
    }),
    ("exchange", "an inactive membership is named", |s| {
        s.member().active = Some(false);
        s.jane().memberships.push(Membership::at(At::Home));
        s.attempt.membership = Some(MembershipRef::Of(JANE, 0));
    }),
    ("exchange", "the membership of another project is named", |s| {
        s.jane().memberships.push(Membership::at(At::Other));
        s.attempt.membership = Some(MembershipRef::Of(JANE, 1));
    }),
    ("legacy exchange", "the old endpoint does not look at the membership named", |s| {
        s.jane().memberships.push(Membership::at(At::Home));
        s.attempt.membership = Some(MembershipRef::Of(JANE, 1));
    }),
];

/// Every corner case.
pub fn corners() -> impl Iterator<Item = Scenario> {
    CORNERS.iter().map(made)
}

/// The corner case of a name.
pub fn corner(name: &str) -> Scenario {
    CORNERS.iter().find(|c| c.1 == name).map_or_else(|| panic!("no corner {name}"), made)
}

fn made((start, name, change): &Corner) -> Scenario {
    let mut scenario = road(start);
    change(&mut scenario);
    scenario.name = format!("{start}: {name}");
    scenario
}
