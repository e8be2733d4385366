//! Client applications as their administrators see them: which there are, what each is set up to do, how old its secrets
//! are, who uses it, and what is wrong with it (platform-api §3.2, §6, §9.5, §17).

mod wrong;

use std::collections::BTreeMap;

use futures::join;

use super::engine::Engine;
use super::intent::{NoPlan, Why};
use super::refusals::Cause;
use super::remote::Trouble;
use super::{project, sessions};
use crate::identity::lifetime::{Lifetime, Token};
use crate::identity::{
    ClientApplication, ClientId, LoginSession, Membership, ProjectId, Reference, Role, Secret, SecretHistory,
    Seen, Text, Unseen,
};

pub use wrong::wrong;

/// A client application with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFacts {
    /// The client.
    pub client: ClientApplication,
    /// Name of its project, where that is another one than the caller's, or is shown because several are.
    pub project: Option<Text>,
    /// Its memberships: with one it can sign in by itself, without one it cannot (platform-api §9.5).
    pub memberships: Seen<Vec<Membership>>,
    /// Its secrets through its versions; read for one client at a time.
    pub secrets: Seen<SecretHistory>,
    /// The caller signed in through it, or is it.
    pub own: bool,
}

/// What kind of application it is, as far as its settings tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// It has no secret and no keys: whoever knows its id can begin a sign-in, and PKCE protects it.
    Public,
    /// It proves who it is by a secret or by keys.
    Confidential,
}

impl ClientKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }
}

/// What kind a client is.
pub fn kind(client: &ClientApplication) -> ClientKind {
    if client.settings.secret_set || client.settings.jwks_uri.is_some() {
        ClientKind::Confidential
    } else {
        ClientKind::Public
    }
}

/// The status in words. Absent counts as active; whatever else stands there counts as off (platform-api §3.3, §17).
pub fn status(client: &ClientApplication) -> String {
    client.status.as_ref().map_or_else(|| "active".to_owned(), ToString::to_string)
}

/// The client may sign in by itself, as far as its status goes.
pub fn is_active(client: &ClientApplication) -> bool {
    client.status.as_ref().is_none_or(|status| status.raw() == "active")
}

/// How long its tokens live, in words: what is set, else what holds by default.
pub fn lifetime(client: &ClientApplication, token: Token) -> String {
    let set = match token {
        Token::Access => &client.settings.access_lifetime,
        Token::Refresh => &client.settings.refresh_lifetime,
    };
    match set {
        None => format!("{} (default)", token.default().words()),
        Some(text) => match Lifetime::parse(text.raw()) {
            Ok(lifetime) => lifetime.words(),
            Err(_) => format!("{text}, which cannot be read"),
        },
    }
}

impl ClientFacts {
    /// This text stands in its name, id, project, a redirect address or the address of its identity provider.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let has = |other: &str| other.to_lowercase().contains(&text);
        let client = &self.client;
        has(client.name.raw())
            || has(client.id.as_str())
            || self.project.as_ref().is_some_and(|project| has(project.raw()))
            || client.redirect_uris.iter().any(|uri| has(uri.raw()))
            || client.provider.as_ref().is_some_and(|provider| has(provider.authorize_url.raw()))
    }

    /// `confidential client of Clinic Demo`
    pub fn about(&self) -> String {
        let of = self.project.as_ref().map(|project| format!(" of {project}")).unwrap_or_default();
        let own = if self.own { " · you are signed in through it" } else { "" };
        format!("{} client{of}{own}", kind(&self.client).word())
    }

    /// Its membership in words.
    pub fn membership_words(&self) -> String {
        match &self.memberships {
            Seen::Unknown(why) => format!("unknown ({why})"),
            Seen::Known(all) => match &all[..] {
                [] => "none: it cannot sign in by itself".to_owned(),
                all => all.iter().map(standing).collect::<Vec<_>>().join("; "),
            },
        }
    }
}

/// What a client may do by itself, in words.
fn standing(membership: &Membership) -> String {
    let mut words = vec![if membership.admin { "project admin" } else { "no admin" }.to_owned()];
    match (&membership.policy, membership.access.len()) {
        (Some(policy), _) => {
            words.push(format!(
                "policy {}",
                policy.display.clone().unwrap_or_else(|| policy.to_string().into())
            ));
        }
        (None, 0) => words.push("no policy, so every ordinary record".to_owned()),
        (None, n) => words.push(format!("{n} parameterised policies")),
    }
    if !membership.active {
        words.push("not active".to_owned());
    }
    words.join(", ")
}

/// Every client application that this role sees, by project and name, with memberships and without secrets' ages.
pub async fn list(engine: &Engine) -> Result<Vec<ClientFacts>, Trouble> {
    let (clients, memberships, own) =
        join!(engine.remote.clients(), engine.remote.client_memberships(), own_client(engine));
    let clients = clients?;
    let mut by_client: BTreeMap<Box<str>, Vec<Membership>> = BTreeMap::new();
    let (known, all) = match memberships {
        Ok((found, all)) => {
            for membership in found {
                by_client.entry(membership.profile.id.clone()).or_default().push(membership);
            }
            (true, all)
        }
        Err(trouble) => {
            tracing::warn!(%trouble, "the memberships of clients could not be read");
            (false, false)
        }
    };
    let projects = project_names(engine, &clients).await;
    let mut list: Vec<ClientFacts> = clients
        .into_iter()
        .map(|client| {
            let memberships = match by_client.remove(client.id.as_str()) {
                Some(found) => Seen::Known(found),
                None if known && all => Seen::Known(Vec::new()),
                None if known => Seen::Unknown(Unseen::NotLoaded),
                None => Seen::Unknown(Unseen::Failed),
            };
            let own = own.as_ref() == Some(&client.id);
            let project = client.project.as_ref().and_then(|id| projects.get(id)).cloned();
            ClientFacts { client, project, memberships, secrets: Seen::Unknown(Unseen::NotLoaded), own }
        })
        .collect();
    let key = |facts: &ClientFacts| {
        let low = |text: &Text| text.raw().to_lowercase();
        (facts.project.as_ref().map(low), low(&facts.client.name), facts.client.id.clone())
    };
    list.sort_by_cached_key(key);
    Ok(list)
}

/// One client with everything that is seen of it.
pub async fn one(engine: &Engine, id: &ClientId) -> Result<ClientFacts, NoPlan> {
    let (client, own) = join!(engine.remote.client(id), own_client(engine));
    let client = client.map_err(|trouble| missing(id, trouble))?;
    let reference = id.reference();
    let (memberships, secrets, projects) = join!(
        engine.remote.memberships_of_profile(&reference),
        engine.remote.secret_history(id),
        project_names(engine, std::slice::from_ref(&client)),
    );
    let unseen = |trouble: Trouble| match trouble.cause {
        Cause::Forbidden => Unseen::Policy,
        _ => Unseen::Failed,
    };
    let project = client.project.as_ref().and_then(|id| projects.get(id)).cloned();
    Ok(ClientFacts {
        project,
        memberships: memberships.map_or_else(|trouble| Seen::Unknown(unseen(trouble)), Seen::Known),
        secrets: secrets.map_or_else(|trouble| Seen::Unknown(unseen(trouble)), Seen::Known),
        own: own.as_ref() == Some(id),
        client,
    })
}

/// The client application of the caller's own session: the one they came through, or the one they are.
async fn own_client(engine: &Engine) -> Option<ClientId> {
    let profile = &engine.caller.profile;
    if &*profile.kind == ClientId::KIND {
        return Some(ClientId::new(profile.id.clone()));
    }
    engine.remote.own_client().await.ok().flatten()
}

/// Names of the clients' projects. The caller's own is known; others only a super admin sees.
async fn project_names(engine: &Engine, clients: &[ClientApplication]) -> BTreeMap<ProjectId, Text> {
    let caller = &engine.caller;
    let mut names = BTreeMap::from([(caller.project.clone(), caller.project_name.clone())]);
    let mut others: Vec<ProjectId> = clients.iter().filter_map(|client| client.project.clone()).collect();
    others.sort();
    others.dedup();
    others.retain(|id| !names.contains_key(id));
    // A name that cannot be read leaves the id.
    names.extend(others.iter().map(|id| (id.clone(), Text::from(id.as_str()))));
    if let Ok(found) = project::names(engine, &others).await {
        names.extend(found);
    }
    names
}

/// Finds the one client that is meant: by id, by `ClientApplication/…`, or by its whole name, in any case. Never a guess.
pub async fn find(engine: &Engine, wanted: &str) -> Result<ClientApplication, NoPlan> {
    let text = wanted.trim();
    let by_id = match Reference::parse(text) {
        Some(reference) if &*reference.kind == ClientId::KIND => Some(ClientId::new(reference.id)),
        Some(_) => {
            let what = format!("{} is no client application.", Text::from(text));
            return Err(NoPlan::because(Why::Malformed, what).then("Name it, or give its id."));
        }
        None => uuid::Uuid::try_parse(text).ok().map(|_| ClientId::from(text)),
    };
    if let Some(id) = by_id {
        return engine.remote.client(&id).await.map_err(|trouble| missing(&id, trouble));
    }
    let all = engine.remote.clients().await?;
    let exactly: Vec<&ClientApplication> = all.iter().filter(|client| client.name.raw() == text).collect();
    let loosely = || all.iter().filter(|client| client.name.raw().to_lowercase() == text.to_lowercase());
    let found = if exactly.is_empty() { loosely().collect() } else { exactly };
    match &found[..] {
        [client] => Ok((*client).clone()),
        [] => Err(NoPlan::because(
            Why::NotFound,
            format!("There is no client application {}.", Text::from(text)),
        )
        .then(like(&all, text))),
        several => {
            let ids: Vec<String> = several.iter().map(|client| client.id.to_string()).collect();
            let what = format!("{} client applications are called {}.", several.len(), Text::from(text));
            Err(NoPlan::because(Why::Conflict, what).then(format!("Name one by its id: {}.", ids.join(", "))))
        }
    }
}

/// The names that hold this text.
fn like(all: &[ClientApplication], text: &str) -> String {
    let text = text.to_lowercase();
    let near =
        all.iter().filter(|client| !text.is_empty() && client.name.raw().to_lowercase().contains(&text));
    let near: Vec<String> = near.take(5).map(|client| client.name.to_string()).collect();
    if near.is_empty() {
        "`idconsole clients list` shows those that you see.".to_owned()
    } else {
        format!("Did you mean {}?", near.join(" or "))
    }
}

/// A client that is not there, or is of another project, which the platform tells alike.
pub(super) fn missing(id: &ClientId, trouble: Trouble) -> NoPlan {
    match trouble.cause {
        Cause::NotFound => {
            NoPlan::because(Why::NotFound, format!("There is no client application {id} that you see."))
                .then("One of another project only its own admins and super admins see.")
        }
        Cause::Gone => NoPlan::because(Why::NotFound, format!("The client application {id} was deleted.")),
        Cause::Forbidden => NoPlan::because(
            Why::NotAllowed,
            "Your own access policy does not let you read client applications.",
        )
        .then("An admin without such a policy, or a super admin, can do it."),
        _ => trouble.into(),
    }
}

/// Who uses a client today, as far as it is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Its own memberships.
    pub memberships: Vec<Membership>,
    /// Sessions of people that came through it and can still be used; super admins only.
    pub sessions: Seen<Vec<LoginSession>>,
    /// There are older sessions that were not looked at.
    pub cut: bool,
}

/// Looks for whoever uses a client.
pub async fn usage(engine: &Engine, id: &ClientId) -> Result<Usage, Trouble> {
    let reference = id.reference();
    let memberships = engine.remote.memberships_of_profile(&reference).await?;
    if engine.caller.role != Role::SuperAdmin {
        return Ok(Usage { memberships, sessions: Seen::Unknown(Unseen::SuperAdminOnly), cut: false });
    }
    let (sessions, cut) = match sessions::list(engine, None).await {
        Ok(found) => {
            let through = |session: &LoginSession| {
                session.client.as_ref().is_some_and(|client| client.to_string() == reference.to_string())
            };
            (Seen::Known(found.list.into_iter().filter(through).collect()), found.cut)
        }
        Err(_) => (Seen::Unknown(Unseen::Failed), false),
    };
    Ok(Usage { memberships, sessions, cut })
}

/// A secret to be shown once, on demand, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed {
    /// Which client.
    pub client: ClientId,
    /// Its name.
    pub name: Text,
    /// `Debug` does not show it.
    pub secret: Secret,
}

/// Reads the present secret of a client, to be shown once.
pub async fn reveal(engine: &Engine, id: &ClientId) -> Result<Revealed, NoPlan> {
    let client = engine.remote.client(id).await.map_err(|trouble| missing(id, trouble))?;
    let secret = engine.remote.client_secret(id).await.map_err(|trouble| missing(id, trouble))?;
    match secret {
        Some(secret) => Ok(Revealed { client: id.clone(), name: client.name, secret }),
        None => Err(NoPlan::because(
            Why::NotFound,
            format!("{} has no secret: it is a public client.", client.name),
        )
        .then("It signs people in with PKCE alone; a confidential client is made with a secret.")),
    }
}
