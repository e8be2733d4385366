//! What the linkage rules cannot read from the members: the identity providers, and ids that were erased.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde_json::{Value, json};

use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::linkage::{ClientIdp, DomainIdp, Finding, Hit, Idps, Subject};
use crate::identity::sign_in::Route;
use crate::identity::{Membership, MembershipId, Role, Seen, Text, Unseen};

/// Domains that are asked about one by one where the routes cannot be read; each costs one anonymous question.
pub const DOMAINS_ASKED: usize = 8;

/// Histories read at the same time.
const AT_ONCE: usize = 4;

/// An external id that a member once had and that a later version of the membership lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Whose.
    pub member: MembershipId,
    /// The id.
    pub external_id: Text,
    /// The first version without it: when, and by whom.
    pub gone: crate::identity::Version,
}

fn subject_json(who: &Subject) -> Value {
    json!({
        "membership": who.membership,
        "name": who.name,
        "email": who.email,
        "external_id": who.external_id,
        "active": who.active,
    })
}

/// A finding for programs: as `links findings` and the export of the linkage screen write it.
pub fn finding_json(finding: &Finding) -> Value {
    let mut whole = subject_json(&finding.who);
    whole["finding"] = finding.kind.id().into();
    whole["evidence"] = finding.evidence.clone().into();
    if finding.restore.is_some() {
        whole["restore"] = json!(finding.restore);
    }
    whole
}

/// A member found by an external id, for programs.
pub fn hit_json(hit: &Hit) -> Value {
    let mut whole = subject_json(&hit.who);
    whole["exact"] = hit.exact.into();
    whole
}

/// The identity providers as far as this role sees them. `domains` are those worth asking about, the most used first;
/// a super admin reads the routes instead.
pub async fn idps(engine: &Engine, domains: &[String]) -> Result<Idps, Trouble> {
    let clients = match engine.remote.clients().await {
        Ok(clients) => Seen::Known(clients.iter().filter_map(ClientIdp::of).collect()),
        Err(trouble) if trouble.cause == Cause::Forbidden => Seen::Unknown(Unseen::Policy),
        Err(trouble) => return Err(trouble),
    };
    if engine.caller.role == Role::SuperAdmin {
        let routes = engine.remote.domain_routes().await?;
        let domains =
            routes.iter().map(|route| (route.domain.raw().to_owned(), DomainIdp::of(route))).collect();
        return Ok(Idps { clients, domains, complete: true });
    }
    let asked: Vec<String> =
        domains.iter().filter(|domain| !domain.is_empty()).take(DOMAINS_ASKED).cloned().collect();
    let mut answers = futures::stream::iter(asked)
        .map(|domain| async move {
            // Nobody has this address; only its domain counts (platform-api §11).
            let answer = engine.remote.route(&format!("idconsole@{domain}")).await;
            (domain, answer)
        })
        .buffer_unordered(AT_ONCE);
    let mut found = BTreeMap::new();
    while let Some((domain, answer)) = answers.next().await {
        let idp = match answer {
            Seen::Known(Route::Password) => DomainIdp::Password,
            Seen::Known(Route::Broken) => DomainIdp::Broken,
            Seen::Known(Route::Idp { host }) => {
                DomainIdp::Idp { host, identifier: Seen::Unknown(Unseen::SuperAdminOnly) }
            }
            Seen::Unknown(_) => continue,
        };
        found.insert(domain, idp);
    }
    Ok(Idps { clients, domains: found, complete: false })
}

/// Which of these members had an external id in an earlier version and have none now (platform-api §10.5 step 5).
pub async fn erased(engine: &Engine, members: &[MembershipId]) -> Result<Vec<Erased>, Trouble> {
    let mut histories = futures::stream::iter(members.to_vec())
        .map(|member| async move { engine.remote.membership_history(&member).await })
        .buffered(AT_ONCE);
    let mut found = Vec::new();
    while let Some(history) = histories.next().await {
        match history {
            Ok(versions) => found.extend(erased_in(&versions)),
            // One who has left meanwhile does not keep the others from being looked at.
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(found)
}

/// From the versions of one membership, the newest first.
pub fn erased_in(versions: &[Membership]) -> Option<Erased> {
    if versions.first()?.external_id.is_some() {
        return None;
    }
    let at = versions.iter().position(|version| version.external_id.is_some())?;
    let gone = &versions[at - 1];
    Some(Erased {
        member: gone.id.clone(),
        external_id: versions[at].external_id.clone()?,
        gone: gone.version.clone(),
    })
}
