//! Another domain for a route: mostly the same one as the platform looks for it.

use serde_json::json;

use super::affected::affected;
use super::{NoPlan, Why, domain, find, super_admins_only};
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{
    Change, Confirm, DomainRouteId, FieldChange, Means, Plan, RouteDraft, Seen, Text, Undo, route,
};
use crate::workflows::engine::Engine;
use crate::workflows::fields;

/// Patches `DomainConfiguration.domain`.
pub(in crate::workflows::intent) async fn rename(
    engine: &Engine,
    id: &DomainRouteId,
    wanted: &Text,
) -> Result<Plan, NoPlan> {
    super_admins_only(engine)?;
    let (found, all) = find(engine, id).await?;
    let old = found.domain.clone();
    if old == *wanted {
        return Err(NoPlan::because(Why::Nothing, format!("The domain is {wanted} already.")));
    }
    let affected = affected(engine, wanted).await?;
    let doubts = domain::wanted(wanted, Some(id), &all, &affected.domains)?;
    let corrects = route::meant(old.raw()).is_some_and(|meant| meant.ascii() == wanted.raw());
    let title = if corrects { "Correct the domain of a route" } else { "Change the domain of a route" };
    let mut plan = Plan::new(title, wanted.clone());
    plan.about = match &found.provider {
        Some(provider) => format!("domain route · to {}", super::host(&provider.authorize_url)),
        None => "domain route · without an identity provider".to_owned(),
    };
    let patch = |domain: &Text| Means::patch(vec![("/domain".to_owned(), Some(json!(domain.raw())))]);
    plan.changes.push(Change {
        target: id.reference(),
        label: if corrects { "write the domain as the platform looks for it" } else { "change the domain" }
            .to_owned(),
        who: None,
        fields: vec![FieldChange {
            field: fields::DOMAIN.to_owned(),
            before: Seen::Known(Some(old.clone())),
            after: Some(wanted.clone()),
        }],
        expected_version: Some(found.version.id.clone()),
        means: patch(wanted),
        undo: Undo::By { means: Box::new(patch(&old)), lost: String::new() },
    });
    plan.warnings
        .push(format!("everybody with an address of {wanted} is sent to its identity provider from then on"));
    plan.warnings.extend(doubts.warnings);
    if let Some(draft) = found.draft() {
        let draft = RouteDraft { domain: wanted.clone(), ..draft };
        super::met(engine, &RouteChange::to(draft, Some(id.clone())), &mut plan).await?;
    }
    if !corrects {
        plan.warnings.push(format!("people of {old} are asked for a password from then on"));
        super::met(engine, &RouteChange::removal(old.raw(), Some(id.clone())), &mut plan).await?;
    }
    plan.also.push(affected.named(wanted));
    plan.undo = format!("writes it as {old} again");
    plan.confirm = Confirm::Typed { text: wanted.clone() };
    Ok(plan)
}
