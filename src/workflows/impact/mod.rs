//! What a change of a domain's route does to its people: reads once for the whole domain, and follows every sign-in over
//! what was read ([`crate::identity::sign_in::impact`]). Writes nothing.

use super::diagnose::gather_domain;
use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use super::sheet::{Kind, Sheet};
use crate::identity::capability::{self, Capability};
use crate::identity::sign_in::doctor::{Facts, RouteFact, Source, Window};
use crate::identity::sign_in::impact::{Impact, Person, RouteChange, impact};
use crate::identity::{DomainRouteId, Plan, RouteDraft, Seen};

/// What was read about a domain, for as many wanted routes as one likes.
#[derive(Debug, Clone, PartialEq)]
pub struct People {
    /// The domain, in lower case.
    pub domain: String,
    /// Everything that a sign-in of one of them can depend on.
    pub facts: Facts,
    /// Nobody was left out.
    pub complete: bool,
    /// When it was read, and through what.
    pub source: Source,
}

/// Reads the people of a (lower-case) domain.
pub async fn people(engine: &Engine, domain: &str) -> Result<People, Trouble> {
    if let Err(why) = capability::check(&engine.caller, Capability::SeeMembers) {
        let mut trouble = Trouble::new(Cause::Forbidden, "Forbidden");
        trouble.said = crate::identity::words::capital(&why);
        return Err(trouble);
    }
    let (facts, complete) = gather_domain(engine, domain).await?;
    let source = Source::new(Window::Record, engine.clock.now());
    Ok(People { domain: domain.to_owned(), facts, complete, source })
}

impl People {
    /// What a change does to them.
    pub fn impact(&self, change: &RouteChange) -> Impact {
        let mut found = impact(&self.facts, change, self.source);
        found.cut_off = !self.complete;
        found
    }

    /// The route that is in place, where this role sees which one it is.
    pub fn route(&self) -> Option<DomainRouteId> {
        match self.facts.routes.get(&self.domain) {
            Some(Seen::Known(RouteFact::Idp { route, .. })) => route.clone(),
            Some(Seen::Known(RouteFact::None { bare, .. })) => bare.clone(),
            _ => None,
        }
    }

    /// The route that is in place, as a draft; `None` where there is none or it cannot be read.
    pub fn present(&self) -> Option<RouteDraft> {
        match self.facts.routes.get(&self.domain) {
            Some(Seen::Known(RouteFact::Idp { provider: Seen::Known(provider), .. })) => Some(RouteDraft {
                domain: self.domain.as_str().into(),
                provider: provider.clone(),
                issuer: None,
                post_login: Vec::new(),
            }),
            _ => None,
        }
    }
}

/// Reads and works it out.
pub async fn preview(engine: &Engine, change: &RouteChange) -> Result<Impact, Trouble> {
    Ok(people(engine, &change.domain).await?.impact(change))
}

/// Adds to the plan of a change what it does to the people of the domain. Where they cannot be read, the plan says so
/// and can be applied all the same.
pub async fn onto_plan(engine: &Engine, change: &RouteChange, plan: &mut Plan) -> Result<(), Trouble> {
    match preview(engine, change).await {
        Ok(impact) => impact.onto(plan),
        Err(trouble) if matches!(trouble.cause, Cause::SignedOut | Cause::NotSent) => return Err(trouble),
        Err(trouble) => {
            plan.warnings.push(format!("Whom it meets could not be looked at: {trouble}"));
        }
    }
    Ok(())
}

/// The list, to be taken along.
pub fn sheet<'a>(people: impl Iterator<Item = &'a Person>, kind: Kind) -> Sheet {
    match kind {
        Kind::Json => Sheet::Json(people.map(Person::json).collect()),
        Kind::Csv => Sheet::Csv {
            columns: Person::HEADINGS.map(str::to_owned).to_vec(),
            rows: people.map(Person::cells).collect(),
        },
    }
}
