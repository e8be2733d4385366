//! The user behind a membership: a password, where it exists, and the copies of name and email that go stale.

use serde_json::Value;

use super::membership::{about, gather};
use super::{NoPlan, Why, guard};
use crate::identity::{
    Change, FieldChange, Means, MembershipId, Plan, Role, Seen, Text, Undo, Unseen, User, UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::fields;
use crate::workflows::refusals::Cause;

/// What is wrong with a password before it is sent (platform-api §6.1): the platform would say so too, later.
pub fn password_problem(password: &str) -> Option<String> {
    if password.chars().count() < 8 {
        Some("A password has 8 characters or more.".to_owned())
    } else if password.len() > 72 {
        Some("A password has 72 bytes at most.".to_owned())
    } else {
        None
    }
}

/// The user, when this role may read it.
fn user_of(person: &PersonFacts) -> Result<&User, NoPlan> {
    match &person.user {
        Seen::Known(user) => Ok(user),
        Seen::Unknown(Unseen::ServerScopedUser) => Err(NoPlan::because(
            Why::NotAllowed,
            format!("{}'s user is server-scoped and not yours to change.", person.name),
        )
        .then("A super admin can; you can mail a link to set a password.")),
        Seen::Unknown(why) if person.user_id.is_some() => {
            Err(NoPlan::because(Why::NotFound, format!("{}'s user cannot be read: {why}.", person.name)))
        }
        Seen::Unknown(_) => {
            Err(NoPlan::because(Why::NotAllowed, format!("{} is not a person.", person.name)))
        }
    }
}

pub(super) async fn set_password(engine: &Engine, member: &MembershipId) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let user = user_of(&person)?;
    let name = &person.name;
    if guard::is_own(&engine.caller, &person.membership) {
        return Err(NoPlan::because(
            Why::NotAllowed,
            "This is your own account; setting its password would end your session.",
        )
        .then("Change your own password in the platform's web app."));
    }
    let Some(email) = &user.email else {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{name}'s user has no email, by which the platform finds whose password to set."),
        )
        .then("Set an email first."));
    };
    let super_admin = engine.caller.role == Role::SuperAdmin;
    let project = match &user.scope {
        UserScope::Project(project) => Some(project.clone()),
        UserScope::Server => None,
    };
    if project.is_none() {
        let same = engine.remote.users_by_email(email.raw()).await?;
        if same.iter().filter(|other| other.scope == UserScope::Server).count() > 1 {
            return Err(NoPlan::because(
                Why::Conflict,
                format!("Several server-scoped users have {email}; the platform would take any of them."),
            )
            .then("Tell them apart first."));
        }
    }
    let mut plan = about(&person, "Set password");
    plan.also.push("sessions of this user end, of many the oldest may stay; nobody is mailed".to_owned());
    plan.also.push("the password is sent once and kept nowhere, not in the journal either".to_owned());
    plan.warnings.push("you know the password then: tell it safely and have it changed".to_owned());
    if !person.membership.active {
        plan.warnings.push("the membership is not active: a new password lets nobody in".to_owned());
    }
    plan.changes = vec![Change {
        target: user.id.reference(),
        label: "set the password".to_owned(),
        who: None,
        fields: Vec::new(),
        expected_version: Some(user.version.id.clone()),
        means: Means::SetPassword { email: email.clone(), project, super_admin },
        undo: Undo::Not { why: "nobody knows the old password; a new one can be set".to_owned() },
    }];
    Ok(plan)
}

pub(super) async fn rescope(engine: &Engine, member: &MembershipId, to_server: bool) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let super_admin = engine.caller.role == Role::SuperAdmin;
    let name = &person.name;
    if !to_server && !super_admin {
        return Err(NoPlan::because(Why::NotAllowed, "Only a super admin makes a user project-scoped.")
            .then(format!("Ask one to do it for {name}.")));
    }
    let already = |words: &str| NoPlan::because(Why::Nothing, format!("{name}'s user is {words} already."));
    if to_server && person.scope == Seen::Known(UserScope::Server) {
        return Err(already("server-scoped"));
    }
    let user = user_of(&person)?;
    let project = person.membership.project.clone();
    let scope = if to_server { UserScope::Server } else { UserScope::Project(project.clone()) };
    if user.scope == scope {
        return Err(already("project-scoped"));
    }
    if let Some(email) = &user.email {
        let same = engine.remote.users_by_email(email.raw()).await?;
        if same.iter().any(|other| other.id != user.id && other.scope == scope) {
            return Err(NoPlan::because(
                Why::Conflict,
                format!("Another user with {email} is {} already.", fields::scope(&scope)),
            )
            .then("The platform could not tell the two apart at sign-in; change or remove one first."));
        }
    }
    let elsewhere = person.memberships.iter().filter(|other| other.project != project).count();
    if !to_server && elsewhere > 0 {
        return Err(NoPlan::because(
            Why::Conflict,
            format!(
                "{name} is a member of {elsewhere} more projects, so the user cannot belong to one alone."
            ),
        )
        .then("Remove those memberships first."));
    }
    let mut plan = about(&person, if to_server { "Make server-scoped" } else { "Make project-scoped" });
    if to_server {
        if !super_admin {
            plan.warnings.push(
                "there is no way back for you: from then on this user is hidden from project admins, and only a super admin can make it project-scoped again"
                    .to_owned(),
            );
            plan.warnings.push(
                "whether a server-scoped user has this email already cannot be seen by your role".to_owned(),
            );
        }
        plan.also.push("the account can be invited into other projects then".to_owned());
    } else {
        plan.also.push(
            "the account exists for this project only then; domain routing no longer finds it".to_owned(),
        );
    }
    plan.also.push("the membership, the password and every session stay; nobody is mailed".to_owned());
    let strangers =
        person.memberships.iter().any(|other| user.scope != UserScope::Project(other.project.clone()));
    let undo = if super_admin && to_server && strangers {
        let why =
            "there are memberships in other projects, and the platform makes no such user project-scoped";
        plan.undo = format!("cannot be taken back: {why}");
        Undo::Not { why: why.to_owned() }
    } else if super_admin {
        let back = user.scope.clone();
        plan.undo = format!("makes it {} again", fields::scope(&back));
        Undo::By {
            means: Box::new(Means::Rescope { membership: member.clone(), scope: back }),
            lost: String::new(),
        }
    } else {
        Undo::Not { why: "only a super admin makes a user project-scoped".to_owned() }
    };
    plan.changes = vec![Change {
        target: user.id.reference(),
        label: plan.title.to_lowercase(),
        who: None,
        fields: vec![FieldChange {
            field: fields::SCOPE.to_owned(),
            before: Seen::Known(Some(fields::scope(&user.scope))),
            after: Some(fields::scope(&scope)),
        }],
        expected_version: Some(user.version.id.clone()),
        means: Means::Rescope { membership: member.clone(), scope },
        undo,
    }];
    Ok(plan)
}

/// Takes the copies of name and email in a membership anew. A project admin cannot refresh the email's copy: it hangs
/// on `user`, which is read-only for them (platform-api §8, §12).
pub(super) async fn refresh_display(engine: &Engine, member: &MembershipId) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    let name = match engine.remote.record(&membership.profile, &["/name"]).await {
        Ok(record) => record.values[0].as_ref().and_then(full_name),
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden) => None,
        Err(trouble) => return Err(trouble.into()),
    };
    let mut plan = about(&person, "Refresh names in lists");
    let mut changed = Vec::new();
    let mut stale = |field: &str, before: &Option<Text>, after: &Option<Text>| {
        if after.is_some() && before != after {
            changed.push(FieldChange {
                field: field.to_owned(),
                before: Seen::Known(before.clone()),
                after: after.clone(),
            });
        }
    };
    stale(fields::SHOWN_NAME, &membership.profile.display, &name);
    let email = person.email.known().cloned().flatten();
    let email_is_stale = email.is_some() && email != membership.user.display;
    if engine.caller.role == Role::SuperAdmin {
        stale(fields::SHOWN_EMAIL, &membership.user.display, &email);
    } else if email_is_stale {
        plan.also
            .push("the copy of the email stays as it is: only a super admin can refresh that".to_owned());
    }
    if changed.is_empty() {
        let what = format!("Nothing that you can refresh is stale in {}'s membership.", person.name);
        let no = NoPlan::because(Why::Nothing, what);
        return Err(if email_is_stale {
            no.then("The copy of the email is; a super admin can refresh it.")
        } else {
            no
        });
    }
    plan.also.push("only what lists show; how the person signs in stays as it is".to_owned());
    plan.changes = vec![Change {
        target: member.reference(),
        label: "refresh the names in lists".to_owned(),
        who: None,
        fields: changed,
        expected_version: Some(membership.version.id.clone()),
        means: Means::RefreshDisplay,
        undo: Undo::Not { why: "the old texts were copies of what is no longer so".to_owned() },
    }];
    Ok(plan)
}

/// The first name of a profile as the platform writes it into references.
fn full_name(names: &Value) -> Option<Text> {
    let name = names.get(0)?;
    if let Some(text) = name["text"].as_str().filter(|text| !text.is_empty()) {
        return Some(Text::from(text));
    }
    let given = name["given"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let parts: Vec<&str> = given.chain(name["family"].as_str()).collect();
    (!parts.is_empty()).then(|| Text::from(parts.join(" ")))
}
