//! A link to set a password, by mail (platform-api §6). There is no "resend invitation": this link is what an
//! invitation brings, so it serves as one (§6.1).

use super::membership::{about, gather};
use super::{NoPlan, Why};
use crate::identity::sign_in::Route;
use crate::identity::{Change, Means, MemberAct, MembershipId, Plan, Role, Seen, Undo};
use crate::workflows::engine::Engine;

pub(super) async fn password_link(
    engine: &Engine,
    member: &MembershipId,
    invitation: bool,
) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    let name = &person.name;
    if person.user_id.is_none() {
        return Err(NoPlan::because(Why::NotAllowed, format!("{name} is not a person and has no password.")));
    }
    if person.email == Seen::Known(None) {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{name}'s user has no email, so no mail can be sent."),
        )
        .then("Set an email first."));
    }
    if membership.project != engine.caller.project {
        let who = match engine.caller.role {
            Role::SuperAdmin => "The platform sends it for members of the super-admin project only",
            Role::ProjectAdmin | Role::Member => "It is sent for members of your own project only",
        };
        return Err(NoPlan::because(Why::NotAllowed, format!("{who}, and {name} is a member of another."))
            .then("An admin of that project can do it."));
    }
    let title = if invitation { "Resend invitation" } else { "Send password reset" };
    let mut plan = about(&person, title);
    match &person.email {
        Seen::Known(Some(email)) => plan.also.push(format!("a link to set a password goes to {email}")),
        _ => plan.also.push("a link to set a password goes to the address that the platform has".to_owned()),
    }
    if !membership.active {
        plan.warnings.push("the membership is not active: a new password lets nobody in".to_owned());
    }
    if let Seen::Known(Route::Idp { host }) = &person.route {
        plan.warnings.push(format!(
            "this domain signs in at {host}: the platform's own password is not what is asked for there"
        ));
    }
    plan.also.push("the old password and every session stay as they are until the link is used".to_owned());
    plan.also.push("older links stay valid; whether a mail arrives is not known to the platform".to_owned());
    plan.changes = vec![Change {
        target: member.reference(),
        label: if invitation { "mail the invitation again" } else { "mail a link to set a password" }
            .to_owned(),
        who: None,
        fields: Vec::new(),
        expected_version: Some(membership.version.id.clone()),
        means: Means::Member {
            project: membership.project.clone(),
            membership: member.clone(),
            act: MemberAct::MailPasswordReset,
        },
        undo: Undo::Not { why: "a mail cannot be called back; the link works once".to_owned() },
    }];
    Ok(plan)
}
