//! Email and password on the platform's own page (platform-api §3.1).

use super::diagnosis::{Next, StepId};
use super::facts::{Client, MembershipFact, UserFact};
use super::shared::Asked;
use super::walk::{End, Go, Walk};
use crate::identity::id::ProjectId;
use crate::identity::seen::Seen;
use crate::identity::user::Mfa;

pub(super) fn walk<'a>(walk: &mut Walk<'a>) -> Go<End> {
    if !walk.attempt.typed_is_address() {
        let detail = "what is typed is not an email address";
        return Err(walk.refuse(StepId::Address, detail, "Valid email address is required", 400));
    }
    let typed = walk.attempt.typed.clone().unwrap_or_default();
    walk.pass(StepId::Address, typed.to_string());
    let (project, client) = project(walk)?;
    let named = match &project {
        Some(project) => walk.project_name(project),
        None => "none is named: only server-scoped users are looked for".to_owned(),
    };
    walk.pass(StepId::Project, named);
    walk.pkce(client)?;
    let user = walk.by_email(typed.raw(), project.as_ref())?;
    password(walk, user)?;
    let memberships = walk.memberships(user, project.as_ref())?;
    match &*memberships {
        [only] => {
            walk.gates(only)?;
            let next = factor(walk, user, Some(&only.project));
            Ok(walk.enter(user, Some(only), next))
        }
        several => {
            let next = factor(walk, user, project.as_ref());
            if next != Next::None {
                return Ok(walk.enter(user, None, next));
            }
            let chosen: Option<&'a MembershipFact> = walk
                .attempt
                .membership
                .as_ref()
                .and_then(|chosen| several.iter().copied().find(|membership| membership.id == *chosen));
            let Some(chosen) = chosen else { return Ok(walk.enter(user, None, Next::ChooseProfile)) };
            walk.gates(chosen)?;
            let next = factor(walk, user, Some(&chosen.project));
            Ok(walk.enter(user, Some(chosen), next))
        }
    }
}

/// The client's project, which a project that is named must be too.
fn project<'a>(walk: &mut Walk<'a>) -> Go<(Option<ProjectId>, Option<&'a Client>)> {
    let named = walk.attempt.project.clone();
    let Some(id) = &walk.attempt.client else {
        walk.skip(StepId::Client, "none is named");
        return Ok((named, None));
    };
    let client = match walk.client(id)? {
        Asked::Found(client) => client,
        Asked::Missing => {
            return Err(walk.refuse(
                StepId::Client,
                "there is no client application with this id",
                "Not found",
                404,
            ));
        }
        Asked::Gone => {
            return Err(walk.refuse(StepId::Client, "the client application was deleted", "Gone", 410));
        }
    };
    walk.pass(StepId::Client, client.name.to_string());
    if named.is_some() && named != client.project {
        let detail = format!("the page names another project than that of the client {}", client.name);
        return Err(walk.refuse(StepId::Project, detail, "Invalid projectId", 400));
    }
    Ok((client.project.clone(), Some(client)))
}

/// That the right password is typed is taken as given; that there is one is not.
fn password<'a>(walk: &mut Walk<'a>, user: &'a UserFact) -> Go<()> {
    let refuse = |walk: &mut Walk<'a>| {
        let detail = "no password is set; only an identity provider or a reset link lets this user in";
        Err(walk.refuse(StepId::Password, detail, "Invalid authentication method", 400))
    };
    match &user.password_set {
        Seen::Known(true) => {
            walk.pass(StepId::Password, "one is set; that the right one is typed is taken as given");
            Ok(())
        }
        Seen::Known(false) => refuse(walk),
        Seen::Unknown(why) => {
            if walk.fork(StepId::Password, 2, "whether a password is set", why.to_string()) == 1 {
                return refuse(walk);
            }
            walk.pass(StepId::Password, "that the right one is typed is taken as given");
            Ok(())
        }
    }
}

/// Whether a second factor is asked for: the user's own, the user's duty, or the duty of the project where it is known.
fn factor<'a>(walk: &mut Walk<'a>, user: &'a UserFact, project: Option<&ProjectId>) -> Next {
    let id = StepId::Factor;
    let by_project = match project.map(|project| walk.facts.projects.get(project)) {
        Some(Some(Seen::Known(found))) => found.as_ref().is_some_and(|project| project.mfa_required),
        Some(Some(Seen::Unknown(why))) => {
            walk.fork(id, 2, "whether the project requires a second factor", why.to_string()) == 1
        }
        // A project that does not exist requires nothing; no membership would be found in it either.
        Some(None) | None => false,
    };
    let mfa = match &user.mfa {
        Seen::Known(mfa) => mfa.clone(),
        Seen::Unknown(why) => match walk.fork(id, 3, "the second factor of the user", why.to_string()) {
            0 => Mfa::default(),
            1 => Mfa { enrolled: true, ..Mfa::default() },
            _ => Mfa { required: true, ..Mfa::default() },
        },
    };
    let required = mfa.required || by_project;
    let detail = match (required, mfa.enrolled) {
        (_, true) => "one is enrolled: the platform asks for a code",
        (true, false) => "one is required and none is enrolled: the platform asks to enrol one",
        (false, false) => "none is required, none is enrolled",
    };
    walk.pass(id, detail);
    if mfa.enrolled || required { Next::Mfa } else { Next::None }
}
