//! What the platform does not protect, the console does: the own account, the last admin, the project's owner
//! (platform-api §12: nothing keeps an admin from locking everybody out).

use super::{NoPlan, Why};
use crate::identity::{Caller, Membership, MembershipId, ProjectId, Reference};
use crate::workflows::engine::Engine;
use crate::workflows::project::{self, Project};

/// What is known of the projects in question. Whoever it lets go counts as gone for those after them.
#[derive(Clone)]
pub(super) struct Guard<'a> {
    caller: &'a Caller,
    projects: Vec<(Project, Vec<MembershipId>)>,
}

impl<'a> Guard<'a> {
    /// Reads owner and active admins of the projects of these members.
    pub async fn of(engine: &'a Engine, members: &[&Membership]) -> Result<Self, NoPlan> {
        let mut ids: Vec<&ProjectId> = members.iter().map(|member| &member.project).collect();
        ids.sort();
        ids.dedup();
        let mut projects = Vec::new();
        for id in ids {
            let admins = engine.remote.admins(id).await?;
            // A client that is an admin lets nobody in.
            let admins = admins.into_iter().filter(|admin| admin.active && &*admin.user.kind == "User");
            projects.push((project::read(engine, id).await?, admins.map(|admin| admin.id).collect()));
        }
        Ok(Self { caller: &engine.caller, projects })
    }

    /// Refuses what would lock out the signed-in person, the owner or the last admin. `what` ends "This is your own
    /// account; …", `would` begins "…, would leave the project without an admin".
    pub fn lets_go(&mut self, member: &Membership, what: &str) -> Result<(), NoPlan> {
        let name = name(member);
        not_oneself(self.caller, member, what)?;
        let Some((project, admins)) = self.projects.iter_mut().find(|(known, _)| known.id == member.project)
        else {
            return Ok(());
        };
        if project.is_owned_by(member) {
            return Err(NoPlan::because(
                Why::NotAllowed,
                format!("{name} owns the project {}; owners are left as they are.", project.name),
            )
            .then("A super admin can give the project another owner first."));
        }
        if *admins == [member.id.clone()] {
            return Err(NoPlan::because(
                Why::NotAllowed,
                format!("{name} is the last active admin of {}.", project.name),
            )
            .then("Make somebody else an admin first."));
        }
        admins.retain(|admin| *admin != member.id);
        Ok(())
    }
}

/// Refuses what nobody does to themselves from here.
pub(super) fn not_oneself(caller: &Caller, member: &Membership, what: &str) -> Result<(), NoPlan> {
    if is_own(caller, member) {
        return Err(NoPlan::because(Why::NotAllowed, format!("This is your own account; {what}."))
            .then("Another admin can do it."));
    }
    Ok(())
}

/// True when it is the signed-in person's own account.
pub(super) fn is_own(caller: &Caller, member: &Membership) -> bool {
    member.id == caller.membership
        || caller.user.as_ref().is_some_and(|user| user.reference() == user_of(member))
}

fn user_of(member: &Membership) -> Reference {
    Reference { display: None, ..member.user.clone() }
}

/// What a member is called.
pub(super) fn name(member: &Membership) -> String {
    let shown = member.profile.display.as_ref().or(member.user.display.as_ref());
    shown.map_or_else(|| member.id.to_string(), ToString::to_string)
}
