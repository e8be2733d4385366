//! Removing a member for good. The admin API cleans up after a project-scoped user and protects the owner
//! (platform-api §6, §14.10); it serves the caller's own project only, so elsewhere a super admin deletes records.

use super::membership::{about, gather};
use super::{NoPlan, Why, guard};
use crate::identity::{
    Change, Confirm, FieldChange, Means, MemberAct, Membership, MembershipId, Plan, Reference, Role, Seen,
    Text, Undo, UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::fields;

const GONE: &str = "a removed member does not come back; inviting again makes a new membership";

pub(super) async fn remove(engine: &Engine, member: &MembershipId) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    guard::Guard::of(engine, &[membership])
        .await?
        .lets_go(membership, "removing it would lock you out of the project")?;
    let own_project = membership.project == engine.caller.project;
    if !own_project && engine.caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(
            Why::NotAllowed,
            format!("{} is a member of another project.", person.name),
        )
        .then("An admin of that project or a super admin can do it."));
    }
    let mut plan = about(&person, "Remove member");
    let means = if own_project {
        let (project, membership) = (membership.project.clone(), member.clone());
        Means::Member { project, membership, act: MemberAct::Remove }
    } else {
        Means::Delete
    };
    plan.changes.push(gone(
        "remove the membership",
        member.reference(),
        fields::of_membership(membership),
        means,
    ));
    with_user(&mut plan, &person, own_project);
    plan.warnings.push(format!("{GONE}; deactivating keeps everything and can be taken back"));
    plan.also.push("every session in this project ends; nobody is mailed".to_owned());
    plan.also.push(format!("the profile {} and everything that names it stay", membership.profile));
    if let Some(id) = &membership.external_id {
        plan.also.push(format!("the external id {id} becomes free"));
    }
    plan.confirm = Confirm::Typed { text: to_type(&person) };
    Ok(plan)
}

/// Who exists for this project only goes with the last membership.
fn with_user(plan: &mut Plan, person: &PersonFacts, by_admin_api: bool) {
    let only = person.memberships.len() == 1;
    match (&person.scope, &person.user) {
        (Seen::Known(UserScope::Project(_)), _) if only && by_admin_api => {
            plan.warnings.push("the user exists for this project only and is deleted as well".to_owned());
        }
        (Seen::Known(UserScope::Project(_)), Seen::Known(user)) if only => {
            plan.warnings.push("the user exists for this project only and is deleted as well".to_owned());
            let fields = fields::of_user(user);
            plan.changes.push(gone("delete the user", user.id.reference(), fields, Means::Delete));
        }
        (Seen::Known(UserScope::Project(_)), _) => {
            plan.also.push("the user stays: there are other memberships".to_owned());
        }
        (Seen::Known(UserScope::Server), _) => {
            plan.also.push("the user is server-scoped and stays, with other projects untouched".to_owned());
        }
        (Seen::Unknown(_), _) => plan.also.push(
            "what becomes of the user is not visible: one of this project without other memberships goes too"
                .to_owned(),
        ),
    }
}

/// A change after which the record is not there.
pub(super) fn gone(
    label: &str,
    target: Reference,
    fields: Vec<(String, Option<Text>)>,
    means: Means,
) -> Change {
    let fields = fields.into_iter().filter(|(_, value)| value.is_some());
    Change {
        target,
        label: label.to_owned(),
        who: None,
        fields: fields
            .map(|(field, before)| FieldChange { field, before: Seen::Known(before), after: None })
            .collect(),
        expected_version: None,
        means,
        undo: Undo::Not { why: GONE.to_owned() },
    }
}

/// What has to be typed: the address where it is known, else the name.
fn to_type(person: &PersonFacts) -> Text {
    let email = person.email.known().cloned().flatten();
    email.unwrap_or_else(|| Text::from(guard::name(&Membership::clone(&person.membership))))
}
