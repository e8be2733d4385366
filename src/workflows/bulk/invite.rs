//! Rows that invite. Whoever is a member already is not invited again: it is so, or it is unclear what is wanted.

use super::columns::Column;
use super::locate;
use super::preview::{ComesTo, Work};
use super::row::{Noes, Problem};
use crate::identity::{Membership, Reference, Seen, Text, User, UserId, UserScope};
use crate::workflows::engine::Engine;
use crate::workflows::fields;
use crate::workflows::imagined::Imagined;
use crate::workflows::intent::{Intent, Invite, NoPlan, ProfileKind, plan as plan_intent};
use crate::workflows::person::scope_of_unread;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// Reads what planning will ask, to be kept. A failure shows again where it is asked for.
pub(super) async fn read_ahead(engine: &Engine, wanted: &Invite) {
    if let Some(email) = &wanted.email {
        let email = email.raw().trim().to_lowercase();
        let _ = engine.remote.memberships_by_email(&email).await;
        let _ = engine.remote.users_by_email(&email).await;
        if wanted.profile.is_none() {
            let _ =
                engine.remote.records_where(wanted.kind.name(), "email", &email, &["/meta/project"]).await;
        }
    }
    if let Some(id) = &wanted.external_id {
        let _ = engine.remote.memberships_by_external_id(id.raw()).await;
    }
}

/// What an invitation comes to.
pub(super) async fn plan(
    engine: &Engine,
    line: u64,
    (wanted, noes): (&Invite, Noes),
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
        return Ok(member_already(engine, line, (wanted, noes), &there).await?);
    }
    match plan_intent(engine, &Intent::Invite(Box::new(wanted.clone()))).await {
        Ok(plan) => {
            notes.extend(plan.warnings);
            Ok(ComesTo::Changes(Box::new(Work {
                changes: plan.changes,
                sign_in: plan.sign_in,
                also: plan.also,
            })))
        }
        Err(NoPlan::Refused { what, next, .. }) => {
            Ok(ComesTo::Unclear(vec![Problem::of_row(line, format!("{what} {next}").trim_end())]))
        }
        Err(platform) => Err(platform),
    }
}

async fn member_already(
    engine: &Engine,
    line: u64,
    (wanted, noes): (&Invite, Noes),
    there: &[Membership],
) -> Result<ComesTo, Trouble> {
    let [member] = there else {
        let what = format!("{} are members with it already.", locate::named(there));
        return Ok(ComesTo::Unclear(vec![Problem::of_row(line, what)]));
    };
    if Imagined::is_imagined(&member.id) {
        let what = "Another row of this sheet invites them already.";
        return Ok(ComesTo::Unclear(vec![Problem::of_row(line, what)]));
    }
    let mut other = of_membership(wanted, noes, member);
    if wanted.server.is_some() || wanted.mfa_required || noes.mfa_required {
        let (user, scope) = user(engine, member).await?;
        other.extend(of_user(wanted, noes, user.as_ref(), scope.known()));
    }
    other.extend(of_relative(engine, wanted, member).await?);
    if other.is_empty() {
        return Ok(ComesTo::AlreadySo { by: Vec::new() });
    }
    let problems = other.into_iter().map(|(column, what)| {
        let what = format!(
            "{} is a member already, {what}. Change that in a row that names them.",
            locate::named(std::slice::from_ref(member))
        );
        Problem::in_cell(line, column, what)
    });
    Ok(ComesTo::Unclear(problems.collect()))
}

/// What the membership has otherwise than it is wanted.
fn of_membership(wanted: &Invite, noes: Noes, member: &Membership) -> Vec<(Column, String)> {
    let mut other = Vec::new();
    if !member.active {
        other.push((Column::Active, "though not active".to_owned()));
    }
    if &*member.profile.kind != wanted.kind.name() {
        other.push((Column::Kind, format!("as {}", Text::from(&*member.profile.kind))));
    }
    if let Some(profile) = &wanted.profile
        && Reference::parse(profile.raw().trim()).map(|wanted| wanted.to_string())
            != Some(bare(&member.profile))
    {
        other.push((Column::Profile, format!("with the profile {}", Text::from(bare(&member.profile)))));
    }
    if let Some(id) = &wanted.external_id
        && member.external_id.as_ref() != Some(id)
    {
        let has = member.external_id.as_ref();
        let what = has
            .map_or_else(|| "without an external id".to_owned(), |has| format!("with the external id {has}"));
        other.push((Column::NewExternalId, what));
    }
    if wanted.admin && !member.admin {
        other.push((Column::Admin, "and no project admin".to_owned()));
    }
    if noes.admin && member.admin {
        other.push((Column::Admin, "as a project admin".to_owned()));
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
            other.push((Column::Policy, format!("with {words}")));
        }
    }
    other
}

/// What the user has otherwise, as far as it is known.
fn of_user(
    wanted: &Invite,
    noes: Noes,
    user: Option<&User>,
    scope: Option<&UserScope>,
) -> Vec<(Column, String)> {
    let mut other = Vec::new();
    if let Some(server) = wanted.server {
        match scope {
            Some(scope) if (*scope == UserScope::Server) == server => {}
            Some(scope) => other.push((Column::Scope, format!("by a {} user", fields::scope(scope)))),
            None => other.push((Column::Scope, "and where the user exists is not known".to_owned())),
        }
    }
    if wanted.mfa_required || noes.mfa_required {
        match user {
            Some(user) if user.mfa.required == wanted.mfa_required => {}
            Some(_) if noes.mfa_required => {
                other.push((Column::MfaRequired, "and a factor is required of them".to_owned()));
            }
            Some(_) => other.push((Column::MfaRequired, "and no factor is required of them".to_owned())),
            None => {
                let what = "and whether a factor is required of them cannot be seen by your role";
                other.push((Column::MfaRequired, what.to_owned()));
            }
        }
    }
    other
}

async fn user(engine: &Engine, member: &Membership) -> Result<(Option<User>, Seen<UserScope>), Trouble> {
    match engine.remote.user(&UserId::new(member.user.id.clone())).await {
        Ok(user) => {
            let scope = Seen::Known(user.scope.clone());
            Ok((Some(user), scope))
        }
        Err(unread) if matches!(unread.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden) => {
            Ok((None, scope_of_unread(engine, &member.id, &unread).await))
        }
        Err(other) => Err(other),
    }
}

/// Whose relative they are, where that is otherwise.
async fn of_relative(
    engine: &Engine,
    wanted: &Invite,
    member: &Membership,
) -> Result<Option<(Column, String)>, Trouble> {
    let Some(patient) = &wanted.patient else { return Ok(None) };
    if &*member.profile.kind != ProfileKind::RelatedPerson.name() {
        return Ok(Some((Column::Patient, "and nobody's relative".to_owned())));
    }
    let profile = Reference { display: None, ..member.profile.clone() };
    let mut record = engine.remote.record(&profile, &["/patient/reference"]).await?;
    let has = record.values.pop().flatten();
    let has = has.as_ref().and_then(serde_json::Value::as_str);
    if has == Some(patient.raw().trim()) {
        return Ok(None);
    }
    let what = has.map_or_else(
        || "and nobody's relative".to_owned(),
        |has| format!("as a relative of {}", Text::from(has)),
    );
    Ok(Some((Column::Patient, what)))
}

fn bare(reference: &Reference) -> String {
    Reference { display: None, ..reference.clone() }.to_string()
}
