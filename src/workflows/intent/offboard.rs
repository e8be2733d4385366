//! Offboarding a person as one plan: out of every project in reach, sessions ended where this role can, and a plain
//! list of what it could not do and who can (platform-api §12, §15).

use serde_json::json;

use super::guard::Guard;
use super::membership::{Field, about, gather, patch};
use super::sessions::end;
use super::{NoPlan, Why};
use crate::identity::{Change, Membership, MembershipId, OnFailure, Plan, Role, Seen, UserScope};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::{fields, sessions, ways_in};

/// Keeps somebody out everywhere that this role reaches.
pub(super) async fn plan(
    engine: &Engine,
    member: &MembershipId,
    clear_external_id: bool,
) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let in_reach: Vec<&Membership> = person.memberships.iter().filter(|member| member.active).collect();
    let mut guard = Guard::of(engine, &in_reach).await?;
    for membership in in_reach {
        guard.lets_go(membership, "offboarding it would lock yourself out")?;
    }
    let mut plan = about(&person, "Offboard");
    plan.on_failure = OnFailure::GoOn;
    let mut after = person.clone();
    for membership in &person.memberships {
        if let Some(change) = out(membership, clear_external_id) {
            plan.changes.push(Change { who: Some(person.name.clone()), ..change });
            let gone = Membership {
                active: false,
                external_id: membership.external_id.clone().filter(|_| !clear_external_id),
                ..membership.clone()
            };
            let same = after.memberships.iter_mut().find(|known| known.id == gone.id);
            if let Some(same) = same {
                *same = gone.clone();
            }
            if after.membership.id == gone.id {
                after.membership = gone;
            }
        }
        if membership.admin && membership.active {
            plan.also.push(format!(
                "project admin of {}: the right stays with the membership and comes back when it is activated",
                project(membership)
            ));
        }
    }
    end_sessions(engine, &person, &mut plan).await?;
    if plan.changes.is_empty() {
        return Err(NoPlan::because(
            Why::Nothing,
            format!("{} is kept out of every project that you reach already.", person.name),
        ));
    }
    plan.sign_in = ways_in::effects(&engine.caller, &person, &after);
    external_ids(&person, clear_external_id, &mut plan);
    out_of_reach(engine, &person, &mut plan);
    plan.undo = "lets them in again as before; ended sessions stay ended".to_owned();
    Ok(plan)
}

fn project(membership: &Membership) -> String {
    membership.project.reference().to_string()
}

/// Inactive, and without the external id where that is wanted.
fn out(membership: &Membership, clear: bool) -> Option<Change> {
    let mut changed = Vec::new();
    if membership.active {
        changed.push(Field {
            word: fields::ACTIVE,
            pointer: "/active",
            before: Some(fields::yes_no(true)),
            after: Some(fields::yes_no(false)),
            raw_before: Some(json!(true)),
            raw_after: Some(json!(false)),
        });
    }
    if let Some(id) = membership.external_id.as_ref().filter(|_| clear) {
        changed.push(Field {
            word: fields::EXTERNAL_ID,
            pointer: "/externalId",
            before: Some(id.clone()),
            after: None,
            raw_before: Some(json!(id.raw())),
            raw_after: None,
        });
    }
    let label = format!("keep out of {}", project(membership));
    (!changed.is_empty()).then(|| patch(membership, &label, changed))
}

async fn end_sessions(engine: &Engine, person: &PersonFacts, plan: &mut Plan) -> Result<(), NoPlan> {
    let (Role::SuperAdmin, Some(user)) = (engine.caller.role, &person.user_id) else { return Ok(()) };
    let (found, all) = engine.remote.sessions(Some(user), sessions::AT_MOST).await?;
    let alive: Vec<Change> = found
        .iter()
        .filter(|session| session.is_alive())
        .map(|session| Change { who: Some(person.name.clone()), ..end(session) })
        .collect();
    plan.also.push(match alive.len() {
        0 => "no session is alive".to_owned(),
        1 => "the one session is ended".to_owned(),
        n => format!("all {n} sessions are ended"),
    });
    if !all {
        plan.warnings.push("there are more sessions than are read at once; plan again afterwards".to_owned());
    }
    plan.changes.extend(alive);
    Ok(())
}

fn external_ids(person: &PersonFacts, clear: bool, plan: &mut Plan) {
    let ids = person.memberships.iter().filter(|membership| membership.external_id.is_some()).count();
    if ids > 0 {
        plan.also.push(if clear {
            "the external id is cleared and free for somebody else".to_owned()
        } else {
            "the external id stays: nobody else can have it, and it works again after activating".to_owned()
        });
    }
}

/// What this role could not do, and who can.
fn out_of_reach(engine: &Engine, person: &PersonFacts, plan: &mut Plan) {
    if engine.caller.role != Role::SuperAdmin {
        plan.also.push("sessions in this project stop at once by the deactivation".to_owned());
        plan.warnings.push("not done: ending each session; only a super admin sees and ends them".to_owned());
        if !matches!(person.scope, Seen::Known(UserScope::Project(_))) {
            plan.warnings.push(
                "not done: memberships in other projects, if there are any; a super admin sees them"
                    .to_owned(),
            );
        }
    }
    plan.warnings.push(
        "not done: the account at the identity provider, if there is one; its administrator can".to_owned(),
    );
    plan.also.push("the account stays with its password and factors; nobody is mailed".to_owned());
}
