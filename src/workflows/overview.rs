//! The three decisions of a tenant, as far as this role sees them: what the overview cannot count itself.

use super::engine::Engine;
use super::linkage;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::linkage::{DomainIdp, Idps, Survey};
use crate::identity::{Seen, Unseen};

/// How client applications come to tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flows {
    /// Have a redirect address: the browser flow.
    pub redirect: u64,
    /// Have an IdP bound to them: its token can be exchanged.
    pub exchange: u64,
    /// Neither: services that sign in by their own secret. They act on behalf of people where they are admins.
    pub service: u64,
}

/// What is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posture {
    /// The identity providers.
    pub idps: Idps,
    /// The clients.
    pub flows: Seen<Flows>,
    /// Rate limits as last heard: which, points left, most ever left.
    pub limits: Vec<(String, u64, u64)>,
}

/// Where the credentials of some people live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `this platform`, an IdP's host, `not asked`.
    pub place: String,
    /// The domain that goes there; `None` for several.
    pub domain: Option<String>,
    /// Active people.
    pub people: u64,
    /// Nobody of them gets in.
    pub broken: bool,
}

/// Reads it. `domains` are those of the members, the most used first.
pub async fn posture(engine: &Engine, domains: &[String]) -> Result<Posture, Trouble> {
    let idps = linkage::idps(engine, domains).await?;
    let flows = match engine.remote.clients().await {
        Ok(clients) => {
            let mut flows = Flows::default();
            for client in &clients {
                flows.redirect += u64::from(!client.redirect_uris.is_empty());
                flows.exchange += u64::from(client.provider.is_some());
                flows.service += u64::from(client.redirect_uris.is_empty() && client.provider.is_none());
            }
            Seen::Known(flows)
        }
        Err(trouble) if trouble.cause == Cause::Forbidden => Seen::Unknown(Unseen::Policy),
        Err(trouble) => return Err(trouble),
    };
    Ok(Posture { idps, flows, limits: engine.remote.limits() })
}

/// Where credentials live, by the domain of people's addresses; the most people first.
pub fn homes(survey: &Survey, idps: &Idps) -> Vec<Home> {
    let (mut here, mut unasked) = (0, 0);
    let mut homes = Vec::new();
    for (domain, people) in &survey.domains {
        match idps.domain(domain) {
            Some(DomainIdp::Password) => here += people,
            Some(DomainIdp::Idp { host, .. }) => homes.push(Home {
                place: host.to_string(),
                domain: Some(domain.clone()),
                people: *people,
                broken: false,
            }),
            Some(DomainIdp::Broken) => homes.push(Home {
                place: "a broken route".to_owned(),
                domain: Some(domain.clone()),
                people: *people,
                broken: true,
            }),
            None => unasked += people,
        }
    }
    for (place, people) in [("this platform", here), ("not asked", unasked)] {
        if people > 0 {
            homes.push(Home { place: place.to_owned(), domain: None, people, broken: false });
        }
    }
    homes.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.place.cmp(&b.place)));
    homes
}
