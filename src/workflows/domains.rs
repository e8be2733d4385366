//! The domains of a tenant: every stored route for super admins; for others what can be observed, and the identity
//! providers on the client applications that they see (platform-api §11, §12).

use std::collections::BTreeMap;

use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::engine::Engine;
use super::intent::Intent;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::directory::Directory;
use crate::identity::provider::Identifier;
use crate::identity::route::{self, Flaw, RouteMend, RouteState};
use crate::identity::route_test::RouteReport;
use crate::identity::sign_in::{Route, browser_identifier};
use crate::identity::{
    ClientApplication, DomainRoute, IdentityProvider, Reference, Role, RouteDraft, Seen, Text, Unseen,
};

/// Domains that are asked about one by one where the routes cannot be read; each costs one anonymous question.
pub const ASKED: usize = 24;
/// Questions at the same time.
const AT_ONCE: usize = 4;
/// People of a domain who are named.
const NAMED: usize = 3;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Domains {
    /// Every stored route.
    pub routes: Seen<Vec<DomainRoute>>,
    /// Where the platform says that a domain goes, for those that were asked about.
    pub observed: BTreeMap<String, Seen<Route>>,
    /// Client applications with an identity provider; not asked for where the routes are seen.
    pub clients: Seen<Vec<ClientApplication>>,
}

/// Reads it. `domains` are those in use, the most used first.
pub async fn read(engine: &Engine, domains: &[String]) -> Result<Domains, Trouble> {
    if engine.caller.role == Role::SuperAdmin {
        let routes = Seen::Known(engine.remote.domain_routes().await?);
        let clients = Seen::Unknown(Unseen::NotLoaded);
        return Ok(Domains { routes, observed: BTreeMap::new(), clients });
    }
    let clients = match engine.remote.clients().await {
        Ok(mut clients) => {
            clients.retain(|client| client.provider.is_some());
            Seen::Known(clients)
        }
        Err(trouble) if trouble.cause == Cause::Forbidden => Seen::Unknown(Unseen::Policy),
        Err(trouble) => return Err(trouble),
    };
    let asked = domains.iter().filter(|domain| !domain.is_empty()).take(ASKED).cloned();
    let observed = futures::stream::iter(asked.collect::<Vec<_>>())
        .map(|domain| async move {
            // Nobody has this address; only its domain counts (platform-api §11).
            let answer = engine.remote.route(&format!("idconsole@{domain}")).await;
            (domain, answer)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    Ok(Domains { routes: Seen::Unknown(Unseen::SuperAdminOnly), observed, clients })
}

/// People with an address of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// How many, let in or not.
    pub members: u64,
    /// Of them, those who are let in.
    pub active: u64,
    /// Some of them: name and address.
    pub named: Vec<(Text, Text)>,
}

/// Everybody by domain, as far as the members are loaded.
pub fn people(directory: &Directory) -> BTreeMap<String, People> {
    let mut all: BTreeMap<String, People> = BTreeMap::new();
    for member in (0..directory.len()).filter_map(|n| directory.member(directory.nth(n)?)) {
        let raw = member.email_raw();
        let Some((_, domain)) = raw.rsplit_once('@') else { continue };
        let people = all.entry(domain.to_lowercase()).or_default();
        people.members += 1;
        people.active += u64::from(member.active());
        if people.named.len() < NAMED && member.active() {
            people.named.push((member.name_text(), Text::from(raw)));
        }
    }
    all
}

/// The domains in use, the most used first.
pub fn most_used(people: &BTreeMap<String, People>) -> Vec<String> {
    let mut all: Vec<(&String, &People)> = people.iter().collect();
    all.sort_by(|(a, of_a), (b, of_b)| of_b.members.cmp(&of_a.members).then_with(|| a.cmp(b)));
    all.into_iter().map(|(domain, _)| domain.clone()).collect()
}

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A stored route or a client's provider, as its flaws say.
    Stored(RouteState),
    /// The platform sends people to an identity provider; whether they get in is not seen.
    Routed,
    /// The platform asks for a password.
    Password,
    /// It cannot be seen.
    Unknown(Hidden),
}

/// Why it cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// More domains are in use than are asked about.
    NotAsked,
    /// The platform did not answer.
    Failed,
}

impl State {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stored(state) => state.words(),
            Self::Routed => "routed",
            Self::Password => "password",
            Self::Unknown(Hidden::NotAsked) => "not asked",
            Self::Unknown(Hidden::Failed) => "unknown",
        }
    }

    /// Somebody should look at it.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Stored(state) if state != RouteState::Works)
    }
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A stored route.
    Route(Box<DomainRoute>),
    /// A domain in use and what the platform says of it.
    Observed(Option<Seen<Route>>),
    /// The identity provider of a client application.
    Client(Box<ClientApplication>),
}

/// What tells one line from every other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A stored route.
    Route(String),
    /// A domain.
    Domain(String),
    /// A client application.
    Client(String),
}

/// One domain, or one client application with an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub what: What,
    /// The domain as stored; the client's name.
    pub name: Text,
    /// Who has an address of it; `None` for a client, which anybody may come through.
    pub people: Option<People>,
    /// How it stands.
    pub state: State,
    /// What is wrong with it, the worst first.
    pub flaws: Vec<Flaw>,
    /// When it was tested at its live IdP, and what that came to.
    pub tested: Option<(Timestamp, String)>,
}

/// Everything as lines: stored routes, or the domains in use and then the clients.
pub fn lines(domains: &Domains, people: &BTreeMap<String, People>) -> Vec<Line> {
    let of = |domain: &str| Some(people.get(&domain.to_lowercase()).cloned().unwrap_or_default());
    if let Seen::Known(routes) = &domains.routes {
        let line = |found: &DomainRoute| {
            let flaws = route::flaws(found, routes);
            Line {
                what: What::Route(Box::new(found.clone())),
                name: found.domain.clone(),
                people: of(found.domain.raw()),
                state: State::Stored(route::state(&flaws)),
                flaws,
                tested: None,
            }
        };
        return routes.iter().map(line).collect();
    }
    let mut lines: Vec<Line> = most_used(people)
        .into_iter()
        .map(|domain| {
            let seen = domains.observed.get(&domain).cloned();
            let state = match &seen {
                Some(Seen::Known(Route::Idp { .. })) => State::Routed,
                Some(Seen::Known(Route::Password)) => State::Password,
                Some(Seen::Known(Route::Broken)) => State::Stored(RouteState::Broken),
                Some(Seen::Unknown(_)) => State::Unknown(Hidden::Failed),
                None => State::Unknown(Hidden::NotAsked),
            };
            Line {
                what: What::Observed(seen),
                name: Text::from(domain.as_str()),
                people: of(&domain),
                state,
                flaws: Vec::new(),
                tested: None,
            }
        })
        .collect();
    for client in domains.clients.known().into_iter().flatten() {
        let Some(provider) = &client.provider else { continue };
        let flaws = route::flaws_of_client(provider);
        lines.push(Line {
            what: What::Client(Box::new(client.clone())),
            name: client.name.clone(),
            people: None,
            state: State::Stored(route::state(&flaws)),
            flaws,
            tested: None,
        });
    }
    lines
}

impl Line {
    /// With what a test of the route came to; one of another state of it says nothing of this one.
    pub fn take_test(&mut self, report: &RouteReport) {
        let What::Route(stored) = &self.what else { return };
        let about = |draft: &RouteDraft| {
            draft.domain == report.draft.domain && draft.provider == report.draft.provider
        };
        if !stored.draft().as_ref().is_some_and(about) {
            return;
        }
        self.tested = Some((report.at, report.summary()));
        self.flaws.extend(route::flaws_of_test(report));
        self.flaws.sort_by_key(|flaw| std::cmp::Reverse(flaw.state));
        self.state = State::Stored(route::state(&self.flaws));
    }

    /// What tells it from every other.
    pub fn key(&self) -> Key {
        match &self.what {
            What::Route(found) => Key::Route(found.id.as_str().to_owned()),
            What::Observed(_) => Key::Domain(self.name.raw().to_owned()),
            What::Client(client) => Key::Client(client.id.as_str().to_owned()),
        }
    }

    /// The record that holds its identity provider, where it can be read.
    pub fn record(&self) -> Option<Reference> {
        match &self.what {
            What::Route(found) => Some(found.id.reference()),
            What::Client(client) => Some(client.id.reference()),
            What::Observed(_) => None,
        }
    }

    /// What mends the first thing that is wrong, where nothing has to be decided.
    pub fn mending(&self) -> Option<Intent> {
        Some(match (&self.flaws.first()?.mend, self.route(), self.record()) {
            (RouteMend::Rename(domain), Some(route), _) => {
                Intent::RenameRoute { route: route.id.clone(), domain: domain.clone() }
            }
            (RouteMend::Remove, Some(route), _) => Intent::RemoveRoute { route: route.id.clone() },
            (RouteMend::Align, _, Some(of)) => Intent::AlignProvider { of, by_subject: false },
            _ => return None,
        })
    }

    /// The stored route.
    pub fn route(&self) -> Option<&DomainRoute> {
        match &self.what {
            What::Route(found) => Some(found.as_ref()),
            What::Observed(_) | What::Client(_) => None,
        }
    }

    /// The identity provider, where it can be read.
    pub fn provider(&self) -> Option<&IdentityProvider> {
        match &self.what {
            What::Route(found) => found.provider.as_ref(),
            What::Client(client) => client.provider.as_ref(),
            What::Observed(_) => None,
        }
    }

    /// `domain route`, `domain`, `client application`.
    pub fn kind(&self) -> &'static str {
        match &self.what {
            What::Route(_) => "domain route",
            What::Observed(_) => "domain",
            What::Client(_) => "client application",
        }
    }

    /// The host that people are sent to; nothing where they are not, or where it is not seen.
    pub fn host(&self) -> Option<Text> {
        match &self.what {
            What::Observed(Some(Seen::Known(Route::Idp { host }))) => Some(host.clone()),
            _ => self.provider().and_then(|provider| route::host(&provider.authorize_url)),
        }
    }

    /// By what people are recognised.
    pub fn mode(&self) -> Option<Identifier> {
        self.provider().map(browser_identifier)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let provider = self.provider();
        let flaws: Vec<Value> = self
            .flaws
            .iter()
            .map(|flaw| json!({ "state": flaw.state.words(), "said": flaw.said, "fix": flaw.mend.id(), "how": flaw.mend.words() }))
            .collect();
        let mut whole = json!({
            "kind": self.kind(),
            "name": self.name,
            "record": self.record().map(|record| record.to_string()),
            "state": self.state.words(),
            "flaws": flaws,
            "idp_host": self.host(),
            "members": self.people.as_ref().map(|people| people.members),
            "identity_provider": provider.map(provider_json),
        });
        if let Some(found) = self.route() {
            whole["version"] = json!(found.version.id);
            whole["post_login"] = json!(found.post_login);
        }
        if matches!(self.what, What::Observed(_)) {
            whole["unknown"] = json!(Unseen::SuperAdminOnly.to_string());
        }
        whole
    }
}

/// A provider for programs, its secrets as set or not.
pub fn provider_json(provider: &IdentityProvider) -> Value {
    json!({
        "authorize_url": provider.authorize_url,
        "token_url": provider.token_url,
        "user_info_url": provider.user_info_url,
        "client_id": provider.client_id,
        "client_secret": "set, not shown",
        "mode": mode_words(browser_identifier(provider)),
        "use_subject": provider.use_subject,
        "identity_source": provider.identity_source,
        "identity_mapping_mode": provider.identity_mapping_mode,
        "token_auth_method": provider.token_auth_method,
        "use_pkce": provider.use_pkce,
        "user_info_mode": provider.user_info_mode,
        "user_info_key": provider.user_info_key_set.then_some("set, not shown"),
    })
}

/// By what people are recognised, in words.
pub fn mode_words(mode: Identifier) -> &'static str {
    match mode {
        Identifier::Email => "email",
        Identifier::Subject => "external id",
        Identifier::Unsupported => "unsupported",
    }
}

/// The one line that is meant by a domain, a reference or an id.
pub fn find<'a>(lines: &'a [Line], wanted: &str) -> Vec<&'a Line> {
    let wanted = wanted.trim();
    let by_record = |line: &&Line| {
        line.record().is_some_and(|record| record.to_string() == wanted || &*record.id == wanted)
    };
    let exact: Vec<&Line> =
        lines.iter().filter(|line| line.name.raw() == wanted || by_record(line)).collect();
    if !exact.is_empty() {
        return exact;
    }
    lines.iter().filter(|line| line.name.raw().to_lowercase() == wanted.to_lowercase()).collect()
}
