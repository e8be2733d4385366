//! A stored address with capitals, which no sign-in finds (platform-api §10.1), written in lower case.

use serde_json::json;

use super::membership::{about, gather};
use super::{NoPlan, Why};
use crate::identity::{Change, FieldChange, Means, MembershipId, Plan, Role, Seen, Text, Undo};
use crate::workflows::email_change::{self, Choices, Offer, PrepareError, WayKind};
use crate::workflows::engine::Engine;
use crate::workflows::{fields, ways_in};

const TITLE: &str = "Lower-case the address";

/// The platform has learned the rule since (constraint `user-1`).
const LOST: &str = "cannot be taken back: the platform takes no address with capitals any more";

/// A super admin patches the one field, so that the address stays as verified as it was; a project admin has
/// `$update-email` and SCIM (platform-api §7, §8).
pub(super) async fn lower_case(engine: &Engine, member: &MembershipId) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let Some(old) = person.email.known().cloned().flatten() else {
        return Err(NoPlan::because(Why::Nothing, format!("{} has no address that is known.", person.name)));
    };
    let new = Text::from(old.raw().to_lowercase());
    if new == old {
        let what = format!("{}'s address {old} is in lower case already.", person.name);
        return Err(NoPlan::because(Why::Nothing, what));
    }
    let user = match &person.user {
        Seen::Known(user) if engine.caller.role == Role::SuperAdmin => user,
        _ => return by_others(engine, member, &new).await,
    };
    let same = engine.remote.users_by_email(new.raw()).await?;
    if same.iter().any(|other| other.id != user.id && other.scope == user.scope) {
        return Err(NoPlan::because(
            Why::Conflict,
            format!(
                "Another {} user has {new}; the two would not be told apart.",
                fields::scope(&user.scope)
            ),
        )
        .then("Change or remove that one first."));
    }
    let mut after = person.clone();
    after.email = Seen::Known(Some(new.clone()));
    after.user = Seen::Known(crate::identity::User { email: Some(new.clone()), ..user.clone() });
    let mut plan = about(&person, TITLE);
    plan.sign_in = ways_in::effects(&engine.caller, &person, &after);
    plan.also.push("password, factor and sessions stay; nobody is mailed".to_owned());
    plan.also.push("what lists show stays as it is until it is refreshed".to_owned());
    plan.undo = LOST.to_owned();
    plan.changes = vec![Change {
        target: user.id.reference(),
        label: "write the address in lower case".to_owned(),
        who: None,
        fields: vec![FieldChange {
            field: fields::EMAIL.to_owned(),
            before: Seen::Known(Some(old.clone())),
            after: Some(new.clone()),
        }],
        expected_version: Some(user.version.id.clone()),
        means: Means::patch(vec![("/email".to_owned(), Some(json!(new.raw())))]),
        undo: Undo::Not { why: LOST.to_owned() },
    }];
    Ok(plan)
}

/// As any other change of an address, without a mail; a second user is not made for it.
async fn by_others(engine: &Engine, member: &MembershipId, new: &Text) -> Result<Plan, NoPlan> {
    let quiet = Choices { update_profile_telecom: false, skip_verification: true };
    let proposal = match email_change::prepare(engine, member, new.raw(), None, quiet).await {
        Ok(prepared) => prepared.proposal,
        Err(PrepareError::Platform(trouble)) => return Err(trouble.into()),
        Err(PrepareError::Refused(refusal)) => {
            return Err(NoPlan::because(Why::Conflict, format!("{refusal}.")));
        }
    };
    let open = [WayKind::UpdateEmail, WayKind::Scim].into_iter().filter_map(|kind| proposal.way(kind));
    let mut plans = open.filter_map(|way| match &way.offer {
        Offer::Plan(plan) => Some(Plan::clone(plan)),
        Offer::Text(_) | Offer::Not(_) => None,
    });
    match plans.next() {
        Some(mut plan) => {
            for change in &mut plan.changes {
                change.undo = Undo::Not { why: LOST.to_owned() };
            }
            Ok(Plan { title: TITLE.to_owned(), undo: LOST.to_owned(), ..plan })
        }
        None => Err(NoPlan::because(Why::NotAllowed, "Your role may not change this address.")
            .then("A super admin can.")),
    }
}
