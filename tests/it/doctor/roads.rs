//! The roads into the platform, each with a person for whom it works.

use super::scenario::{
    At, Attempt, BOB, Behaviour, Client, ClientRef, Domain, EMAIL, Flow, Idp, InState, Membership, Password,
    Project, ProjectRef, Redirect, SUB, Scenario, Scope, User,
};

/// A road: name and what is special about it.
pub type Road = (&'static str, fn(&mut Scenario));

/// Every road that the embedded platform has.
pub const ROADS: &[Road] = &[
    ("browser by domain", |_| {}),
    ("browser by domain with project", |s| s.attempt.project = Some(ProjectRef::Is(At::Home))),
    ("browser by client", by_client),
    ("browser by client and subject", |s| {
        by_client(s);
        by_subject(s);
    }),
    ("browser by client and domain", |s| {
        by_client(s);
        s.attempt.domain = InState::AsTyped;
    }),
    ("exchange", |s| exchange(s, Flow::Exchange)),
    ("exchange by subject", |s| {
        exchange(s, Flow::Exchange);
        by_subject(s);
    }),
    ("legacy exchange", |s| exchange(s, Flow::LegacyExchange)),
    ("password", password),
    ("password with project", |s| {
        password(s);
        s.attempt.project = Some(ProjectRef::Is(At::Home));
    }),
    ("password with client", |s| {
        password(s);
        s.attempt.client = Some(ClientRef::Own(0));
    }),
];

fn by_client(s: &mut Scenario) {
    s.attempt.client = Some(ClientRef::Own(0));
    s.attempt.domain = InState::No;
}

fn by_subject(s: &mut Scenario) {
    s.client().idp = Some(Idp { use_subject: Some(true), ..Idp::default() });
}

fn exchange(s: &mut Scenario, flow: Flow) {
    by_client(s);
    s.attempt.flow = flow;
}

fn password(s: &mut Scenario) {
    s.attempt.flow = Flow::Password;
    s.attempt.domain = InState::No;
}

/// The healthy start of a road.
pub fn start(road: usize) -> Scenario {
    let (name, set) = ROADS[road];
    let colleague = User::new(Scope::Server, "bob@{d}", vec![Membership::named(At::Home, "idp|BOB02")]);
    let mut scenario = Scenario {
        name: name.to_owned(),
        home: Project::default(),
        other: Project::default(),
        users: vec![User::new(Scope::Server, EMAIL, vec![Membership::named(At::Home, SUB)])],
        clients: vec![Client {
            at: Some(At::Home),
            idp: Some(Idp::default()),
            status: None,
            deleted: false,
            allowed_origin: None,
            pkce_optional: false,
            has_membership: true,
        }],
        domains: vec![Domain { domain: "{d}".into(), idp: Some(Idp::default()) }],
        attempt: Attempt {
            flow: Flow::Browser,
            typed: EMAIL.into(),
            domain: InState::AsTyped,
            client: None,
            project: None,
            membership: None,
            password: Password::Right,
            email: Some(EMAIL.into()),
            sub: Some(SUB.into()),
            odd_claims: Vec::new(),
            idp: Behaviour::Answers,
            redirect: Redirect::None,
            half_challenge: false,
            origin: None,
        },
    };
    debug_assert_eq!(scenario.users.len(), BOB);
    scenario.users.push(colleague);
    set(&mut scenario);
    scenario
}

/// The road of a name.
pub fn road(name: &str) -> Scenario {
    let found = ROADS.iter().position(|(n, _)| *n == name);
    start(found.unwrap_or_else(|| panic!("no road {name}")))
}
