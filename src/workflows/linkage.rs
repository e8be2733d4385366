//! What the linkage rules cannot read from the members: the identity providers, and ids of before.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde_json::{Value, json};

use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::linkage::{
    ClientIdp, DomainIdp, Finding, Former, Histories, Hit, Idps, Subject, former,
};
use crate::identity::sign_in::Route;
use crate::identity::{MembershipId, Role, Seen, Unseen};

/// Domains that are asked about one by one where the routes cannot be read; each costs one anonymous question.
pub const DOMAINS_ASKED: usize = 8;

/// Histories read at the same time.
const AT_ONCE: usize = 4;

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
    if let Some(was) = &hit.was {
        whole["was"] = json!(was.external_id);
        whole["until"] = json!(was.until);
    }
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

/// Reads the history of each of these members and hands on the external ids of before, one member at a time. Who has
/// left meanwhile has none.
pub async fn histories(
    engine: &Engine,
    members: &[MembershipId],
    mut each: impl FnMut(MembershipId, Vec<Former>),
) -> Result<(), Trouble> {
    let engine = &engine.in_background();
    let mut answers = futures::stream::iter(members.to_vec())
        .map(|member| async move {
            let history = engine.remote.membership_history(&member).await;
            (member, history)
        })
        .buffered(AT_ONCE);
    while let Some((member, history)) = answers.next().await {
        match history {
            Ok(versions) => each(member, former(&versions)),
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
                each(member, Vec::new());
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// The same, all at once.
pub async fn all_histories(engine: &Engine, members: &[MembershipId]) -> Result<Histories, Trouble> {
    let mut read = Histories::new();
    histories(engine, members, |member, former| {
        read.insert(member, former);
    })
    .await?;
    Ok(read)
}
