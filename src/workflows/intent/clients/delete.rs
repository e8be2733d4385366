//! Deleting a client application with its membership, having looked for whoever uses it (platform-api §3.3, §14.9).

use super::{Known, NoPlan, Why};
use crate::identity::{
    Change, ClientId, Confirm, Means, Membership, Plan, Role, Seen, Text, Undo, VersionId,
};
use crate::workflows::clients::{self, Usage};
use crate::workflows::engine::Engine;
use crate::workflows::fields;
use crate::workflows::intent::leaving::gone;

/// So many people are named.
const NAMED: usize = 5;

pub(super) async fn plan(engine: &Engine, id: &ClientId) -> Result<Plan, NoPlan> {
    let known = Known::read(engine, id).await?;
    let name = known.name().clone();
    if known.facts.own {
        let what = format!("You are signed in through {name}; deleting it would end your own session.");
        return Err(NoPlan::because(Why::NotAllowed, what).then("Sign in through another client first."));
    }
    let usage = clients::usage(engine, id).await?;
    let mut plan = known.plan("Delete the client application");
    // The platform does not look whether a membership points to what is deleted; one left behind would be a ghost.
    for membership in &usage.memberships {
        plan.changes.push(removed(engine, membership));
    }
    plan.changes.push(deleted(&known));
    used(&mut plan, &usage);
    plan.warnings.push(
        "sign-ins through it fail from then on, and its sessions cannot be refreshed; access tokens that are out work \
         until they end"
            .to_owned(),
    );
    if known.client().settings.secret_set {
        plan.warnings
            .push("whatever signs in with its secret is refused: \u{201c}Invalid client\u{201d}".to_owned());
    }
    if let Some(idp) = crate::identity::linkage::ClientIdp::of(known.client()) {
        plan.warnings.push(format!("people who come from {} through it do not get in any more", idp.host));
    }
    plan.also
        .push("applications that have its id in their configuration are not visible from here".to_owned());
    plan.undo = match (engine.caller.role, usage.memberships.is_empty()) {
        (Role::SuperAdmin, false) => "brings client and membership back as they were, with the same secrets",
        (_, true) => "brings the client back as it was, with the same secrets",
        (_, false) => {
            "brings the client back with the same secrets, without its membership: only a super admin can"
        }
    }
    .to_owned();
    plan.confirm = Confirm::Typed { text: name };
    Ok(plan)
}

fn deleted(known: &Known) -> Change {
    let mut snapshot = known.kind.snapshot(&known.record);
    // What holds where nothing is set, and where it belongs, says nothing here.
    snapshot.fields.retain(|(word, value)| {
        let usual = known.kind.fields.iter().find(|field| field.word == word).and_then(|field| field.absent);
        word != fields::PROJECT && value.as_ref().map(Text::raw) != usual
    });
    let mut change =
        gone("delete the client application", known.client().id.reference(), snapshot.fields, Means::Delete);
    change.expected_version = Some(known.record.version.id.clone());
    change.undo = back(&known.record.version.id, "sessions that have ended stay ended");
    change
}

/// The record as it was, out of the platform's own history.
fn back(version: &VersionId, lost: &str) -> Undo {
    let means = Means::Restore { version: version.clone(), fields: None };
    Undo::By { means: Box::new(means), lost: lost.to_owned() }
}

fn removed(engine: &Engine, membership: &Membership) -> Change {
    let fields = fields::of_membership(membership);
    let mut change = gone("remove its membership", membership.id.reference(), fields, Means::Delete);
    change.expected_version = Some(membership.version.id.clone());
    change.undo = if engine.caller.role == Role::SuperAdmin {
        back(&membership.version.id, "")
    } else {
        // Project and user of a membership are read-only for project admins (platform-api §12), so a PUT loses them.
        let why = "a project admin cannot bring a membership back, so the client cannot sign in by itself; make another \
                   confidential client instead";
        Undo::Not { why: why.to_owned() }
    };
    change
}

/// Who uses it, in words.
fn used(plan: &mut Plan, usage: &Usage) {
    match &usage.sessions {
        Seen::Known(sessions) if sessions.is_empty() => {
            plan.also.push("no session came through it that can still be used".to_owned());
        }
        Seen::Known(sessions) => {
            let mut people: Vec<String> = sessions
                .iter()
                .filter_map(|session| session.user.as_ref()?.display.as_ref().map(ToString::to_string))
                .collect();
            people.sort();
            people.dedup();
            let more = people.len().saturating_sub(NAMED);
            people.truncate(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            plan.warnings.push(format!(
                "{} sessions of people came through it and can still be used: {}{more}",
                sessions.len(),
                people.join(", ")
            ));
        }
        Seen::Unknown(why) => {
            plan.warnings.push(format!("who is signed in through it is unknown ({why})"));
        }
    }
    if usage.cut {
        plan.also.push("there are older sessions that were not looked at".to_owned());
    }
    if usage.memberships.is_empty() {
        plan.also.push("it has no membership of its own".to_owned());
    }
}
