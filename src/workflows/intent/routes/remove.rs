//! A domain route less.

use super::affected::affected;
use super::{NoPlan, find, super_admins_only};
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{
    Change, Confirm, DomainRouteId, FieldChange, Means, Plan, Record, Reference, Seen, Undo, route,
};
use crate::workflows::engine::Engine;
use crate::workflows::kinds;

pub(in crate::workflows::intent) async fn remove(
    engine: &Engine,
    id: &DomainRouteId,
) -> Result<Plan, NoPlan> {
    super_admins_only(engine)?;
    let (found, all) = find(engine, id).await?;
    let target = id.reference();
    let record = read(engine, &target).await?;
    let domain = found.domain.clone();
    let flaws = route::flaws(&found, &all);
    let matches = route::state(&flaws) != route::RouteState::NeverMatches;
    let mut plan = Plan::new("Remove a domain route", domain.clone());
    plan.about = match &found.provider {
        Some(provider) => format!("domain route · to {}", super::host(&provider.authorize_url)),
        None => "domain route · without an identity provider".to_owned(),
    };
    let version = record.version.id.clone();
    plan.changes.push(Change {
        target,
        label: "remove the domain route".to_owned(),
        who: None,
        fields: gone(&record),
        expected_version: Some(version.clone()),
        means: Means::Delete,
        undo: Undo::By { means: Box::new(Means::Restore { version, fields: None }), lost: String::new() },
    });
    if found.provider.is_none() || !matches {
        plan.also.push("nobody is sent anywhere by it today, so that nobody's sign-in changes".to_owned());
    } else {
        let affected = affected(engine, &domain).await?;
        plan.also.push(format!(
            "{}; the sign-in page asks them for a password from then on",
            affected.named(&domain)
        ));
        plan.also.push("sessions stay alive".to_owned());
        super::met(engine, &RouteChange::removal(domain.raw(), Some(id.clone())), &mut plan).await?;
    }
    plan.undo = "brings the same route back out of the platform's history, its client secret too".to_owned();
    plan.confirm = Confirm::Typed { text: domain };
    Ok(plan)
}

/// Every field that plans know of a route.
async fn read(engine: &Engine, target: &Reference) -> Result<Record, NoPlan> {
    let pointers = kinds::of(&target.kind).map(kinds::KindOf::pointers).unwrap_or_default();
    Ok(engine.remote.record(target, &pointers).await?)
}

fn gone(record: &Record) -> Vec<FieldChange> {
    let kind = kinds::of(&record.reference.kind);
    let fields = kind.into_iter().flat_map(|kind| kind.fields).zip(&record.values);
    fields
        .filter_map(|(field, value)| {
            let before = field.words(value.as_ref())?;
            let field = field.word.to_owned();
            Some(FieldChange { field, before: Seen::Known(Some(before)), after: None })
        })
        .collect()
}
