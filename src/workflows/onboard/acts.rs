//! What a step does besides asking: look at the provider, at the people, at the first sign-ins. Each leaves its mark in
//! the state; nothing is written to the platform.

use jiff::Timestamp;
use thiserror::Error;

use super::state::{Discovered, HandedOver, PeopleLeft, Saved, State, Watched};
use super::step::StepId;
use crate::identity::domain::Domain;
use crate::identity::route_test::Outcome;
use crate::identity::sign_in::doctor::RouteFact;
use crate::identity::sign_in::impact::{Effect, Impact, Person, RouteChange};
use crate::identity::{LoginSession, Role, Seen, Text, UserId};
use crate::workflows::engine::Engine;
use crate::workflows::impact;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;
use crate::workflows::route_test::{self, Tester};

/// Sessions that are looked through for the first sign-ins, the newest first.
const MOST_SESSIONS: usize = 2_000;

/// Why a step did not get on. The state is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotDone {
    /// Something has to be answered or done before.
    #[error("{0}")]
    First(String),
    /// The provider does not answer as it should.
    #[error("{0}")]
    Provider(String),
    /// The platform did not answer.
    #[error("{0}")]
    Platform(#[from] Trouble),
    /// This role may not; who may.
    #[error("{0}")]
    NotAllowed(String),
}

impl State {
    /// Begins with a domain; refuses names that could never be a partner's (standards S3).
    pub fn begin(platform: &str, typed: &str, now: Timestamp) -> Result<Self, String> {
        let domain = Domain::parse(typed).map_err(|error| error.to_string())?;
        if domain.is_free_mail() {
            return Err(format!(
                "{domain} gives addresses to anybody; a route for it would send strangers to the partner"
            ));
        }
        if domain.is_public_suffix() {
            return Err(format!("strangers register names below {domain}; write the partner's own domain"));
        }
        Ok(Self::new(platform, &domain, now))
    }

    /// Notes that the text was taken along.
    pub fn handed_over(&mut self, to: &str, now: Timestamp) {
        self.handed_over = Some(self.mark(StepId::HandOver, now, HandedOver { to: Text::from(to) }));
        self.changed = now;
    }

    /// Notes how the route came to be.
    pub fn saved(&mut self, how: Saved, now: Timestamp) {
        self.saved = Some(self.mark(StepId::Save, now, how));
        self.changed = now;
    }

    /// What would become of the domain's people.
    pub fn change(&self, people: &impact::People) -> Option<RouteChange> {
        Some(RouteChange::to(self.draft()?, people.route()))
    }
}

/// Asks the provider for its addresses (OpenID Connect Discovery; standards M1–M6).
pub async fn discover(tester: &Tester, state: &State) -> Result<Discovered, NotDone> {
    let Some(issuer) = state.issuer() else {
        return Err(NotDone::First(state.step(StepId::Provider).words()));
    };
    let filled =
        route_test::fill(tester, &issuer).await.map_err(|error| NotDone::Provider(error.to_string()))?;
    let filled = filled.map_err(|checks| {
        let wrong = checks.iter().filter(|check| check.outcome == Outcome::Failed);
        let words: Vec<String> = wrong.map(|check| format!("{} {}", check.said, check.next)).collect();
        let words = words.join(" ");
        let shown = crate::identity::text::shown(&issuer);
        NotDone::Provider(match words.trim() {
            "" => format!("{shown} does not describe itself."),
            words => words.to_owned(),
        })
    })?;
    let provider = filled.provider;
    for (what, address) in [
        ("authorization address", &provider.authorize_url),
        ("token address", &provider.token_url),
        ("userinfo address", &provider.user_info_url),
    ] {
        if address.is_empty() {
            return Err(NotDone::Provider(format!(
                "{} does not tell its {what}. Ask for it and type it in.",
                crate::identity::text::shown(&issuer)
            )));
        }
    }
    let notes = filled.checks.iter().filter(|check| check.outcome == Outcome::Warning);
    Ok(Discovered {
        authorize_url: provider.authorize_url,
        token_url: provider.token_url,
        user_info_url: provider.user_info_url,
        token_auth_method: provider.token_auth_method,
        notes: notes.map(|check| check.said.clone()).collect(),
    })
}

/// Notes what the provider said.
pub fn note_discovered(state: &mut State, found: Discovered, now: Timestamp) {
    state.discovered = Some(state.mark(StepId::Provider, now, found));
    state.changed = now;
}

/// Looks at whom the route meets.
pub async fn look(engine: &Engine, state: &State) -> Result<Impact, NotDone> {
    let waits = || NotDone::First(state.step(StepId::Impact).words());
    if state.draft().is_none() {
        return Err(waits());
    }
    let people = impact::people(engine, state.domain.raw()).await?;
    let change = state.change(&people).ok_or_else(waits)?;
    Ok(people.impact(&change))
}

/// Notes whom it meets, and how many have no way.
pub fn note_impact(state: &mut State, found: &Impact, now: Timestamp) {
    state.impact = Some(state.mark(StepId::Impact, now, found.counts()));
    let left = found.people.iter().filter(|person| is_left(person)).count();
    let left = PeopleLeft { members: found.people.len(), left };
    state.people = Some(state.mark(StepId::People, now, left));
    state.changed = now;
}

/// True for whoever has no working way and could have one: not those whom somebody has kept out.
pub fn is_left(person: &Person) -> bool {
    match person.effect {
        Effect::Breaks | Effect::Unknown => true,
        Effect::StaysOut => person.active,
        Effect::OtherIdp | Effect::ToIdp | Effect::ToPassword | Effect::Gains | Effect::Unchanged => false,
    }
}

/// What can be seen of the first sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSignIns {
    /// Where addresses of the domain are sent now, in words.
    pub route: String,
    /// Addresses are sent to an identity provider.
    pub live: bool,
    /// People of the domain who came in by a provider since then, with the last time of each; why that is not seen.
    pub came_in: Result<Vec<(Text, Option<Timestamp>)>, String>,
}

/// Looks whether the route is there and who has come in by it. Sessions of others are seen by super admins alone
/// (platform-api §15).
pub async fn watch(engine: &Engine, state: &State) -> Result<FirstSignIns, NotDone> {
    let people = impact::people(engine, state.domain.raw()).await?;
    let fact = people.facts.routes.get(&people.domain).cloned();
    let fact = fact.unwrap_or(Seen::Unknown(crate::identity::Unseen::NotLoaded));
    let live = matches!(fact, Seen::Known(RouteFact::Idp { broken: false, .. }));
    let route = crate::identity::sign_in::impact::place(&fact);
    if engine.caller.role != Role::SuperAdmin {
        let why =
            "Sign-ins of others are seen by super admins only. Ask one, or the first people themselves.";
        return Ok(FirstSignIns { route, live, came_in: Err(why.to_owned()) });
    }
    let since = state.saved.as_ref().map(|mark| mark.at);
    let (sessions, _) = match engine.remote.sessions(None, MOST_SESSIONS).await {
        Err(trouble) if trouble.cause == Cause::Forbidden => {
            return Ok(FirstSignIns { route, live, came_in: Err(trouble.to_string()) });
        }
        answer => answer?,
    };
    let mut came_in: Vec<(Text, Option<Timestamp>)> = Vec::new();
    for user in &people.facts.users {
        let Seen::Known(Some(email)) = &user.email else { continue };
        if !email.raw().to_lowercase().ends_with(&format!("@{}", people.domain)) {
            continue;
        }
        let last = sessions.iter().filter(|session| is_first(session, &user.id, since)).map(when).max();
        if let Some(last) = last {
            came_in.push((email.clone(), last));
        }
    }
    came_in.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    Ok(FirstSignIns { route, live, came_in: Ok(came_in) })
}

fn when(session: &LoginSession) -> Option<Timestamp> {
    session.began.or(session.last_used)
}

/// Came by an external provider (platform-api §9.6), and not before the route was there.
fn is_first(session: &LoginSession, user: &UserId, since: Option<Timestamp>) -> bool {
    let of = session.user.as_ref().is_some_and(|reference| {
        &*reference.kind == UserId::KIND && UserId::new(reference.id.clone()) == *user
    });
    of && session.method.raw() == "external"
        && since.is_none_or(|since| when(session).is_some_and(|when| when >= since))
}

/// Notes what was seen. A route that somebody else has written counts as saved.
pub fn note_watched(state: &mut State, seen: &FirstSignIns, now: Timestamp) {
    let is_saved = state.step(StepId::Save).is_settled();
    if seen.live && !is_saved && state.draft().is_some() {
        state.saved(Saved::Found, now);
    }
    if let Ok(people) = &seen.came_in {
        let last = people.iter().filter_map(|(_, at)| *at).max();
        state.watched = Some(state.mark(StepId::Watch, now, Watched { people: people.len(), last }));
    }
    state.changed = now;
}
