//! Rows that invite. Whoever is a member already is not invited again: it is so, or it is unclear what is wanted.

use super::columns::Column;
use super::locate;
use super::preview::{ComesTo, Work};
use super::row::Problem;
use crate::identity::{Membership, Text};
use crate::workflows::engine::Engine;
use crate::workflows::imagined::Imagined;
use crate::workflows::intent::{Intent, Invite, NoPlan, plan as plan_intent};

/// What an invitation comes to.
pub(super) async fn plan(
    engine: &Engine,
    line: u64,
    wanted: &Invite,
    notes: &mut Vec<String>,
) -> Result<ComesTo, NoPlan> {
    let project = &engine.caller.project;
    let found = match (&wanted.email, &wanted.external_id) {
        (Some(email), _) => engine.remote.memberships_by_email(&email.raw().trim().to_lowercase()).await?,
        (None, Some(id)) => engine.remote.memberships_by_external_id(id.raw()).await?,
        (None, None) => Vec::new(),
    };
    let there: Vec<Membership> = found.into_iter().filter(|member| member.project == *project).collect();
    if !there.is_empty() {
        return Ok(member_already(line, wanted, &there));
    }
    match plan_intent(engine, &Intent::Invite(Box::new(wanted.clone()))).await {
        Ok(plan) => {
            notes.extend(plan.warnings);
            Ok(ComesTo::Changes(Box::new(Work {
                changes: plan.changes,
                sign_in: plan.sign_in,
                also: plan.also,
                undo: vec![plan.undo],
            })))
        }
        Err(NoPlan::Refused { what, next, .. }) => {
            Ok(ComesTo::Unclear(vec![Problem::of_row(line, format!("{what} {next}").trim_end())]))
        }
        Err(platform) => Err(platform),
    }
}

fn member_already(line: u64, wanted: &Invite, there: &[Membership]) -> ComesTo {
    let [member] = there else {
        let what = format!("{} are members with it already.", locate::named(there));
        return ComesTo::Unclear(vec![Problem::of_row(line, what)]);
    };
    if Imagined::is_imagined(&member.id) {
        return ComesTo::Unclear(vec![Problem::of_row(
            line,
            "Another row of this sheet invites them already.",
        )]);
    }
    let mut problems = Vec::new();
    let mut differs = |column: Column, what: &str| {
        let what = format!(
            "{} is a member already, {what}. Change that in a row that names them.",
            locate::named(std::slice::from_ref(member))
        );
        problems.push(Problem::in_cell(line, column, what));
    };
    if !member.active {
        differs(Column::Active, "though not active");
    }
    if &*member.profile.kind != wanted.kind.name() {
        differs(Column::Kind, &format!("as {}", Text::from(&*member.profile.kind)));
    }
    if let Some(id) = &wanted.external_id
        && member.external_id.as_ref() != Some(id)
    {
        match &member.external_id {
            Some(has) => differs(Column::NewExternalId, &format!("with the external id {has}")),
            None => differs(Column::NewExternalId, "without an external id"),
        }
    }
    if wanted.admin != member.admin && wanted.admin {
        differs(Column::Admin, "and no project admin");
    }
    if let Some(policy) = &wanted.policy {
        let has = member.policy.as_ref();
        let is = has.is_some_and(|has| {
            has.to_string() == policy.raw()
                || *has.id == *policy.raw()
                || has.display.as_ref().is_some_and(|name| name == policy)
        });
        if !is {
            let words = has.map_or_else(
                || "no access policy".to_owned(),
                |has| has.display.as_ref().map_or_else(|| has.to_string(), ToString::to_string),
            );
            differs(Column::Policy, &format!("with {words}"));
        }
    }
    if problems.is_empty() { ComesTo::AlreadySo { by: None } } else { ComesTo::Unclear(problems) }
}
