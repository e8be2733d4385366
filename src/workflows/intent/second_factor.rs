//! Plans about the second factor: reset one, require it of people, require it of a whole project (platform-api §5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::membership::{about, gather};
use super::sessions::end;
use super::{NoPlan, Why, guard};
use crate::identity::{
    Change, Confirm, Factor, Feature, FieldChange, Means, MemberAct, MembershipId, OnFailure, Plan,
    ProjectId, Role, Seen, Text, Undo, User, UserId,
};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;
use crate::workflows::{fields, second_factor};

/// Takes one factor of somebody away whose identity was checked.
pub(super) async fn reset(
    engine: &Engine,
    member: &MembershipId,
    factor: Factor,
    checked: &Text,
    end_sessions: bool,
) -> Result<Plan, NoPlan> {
    if checked.raw().trim().is_empty() {
        return Err(NoPlan::because(
            Why::Malformed,
            "A factor is reset only for somebody whose identity was checked.",
        )
        .then("Say how it was checked; it is kept in the journal."));
    }
    let person = gather(engine, member).await?;
    guard::not_oneself(&engine.caller, &person.membership, "your own factor is not reset from here")?;
    let Some(user_id) = &person.user_id else {
        return Err(NoPlan::because(
            Why::Malformed,
            format!("{} is not a person and has no factor.", person.name),
        ));
    };
    if end_sessions && engine.caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(Why::NotAllowed, "Only a super admin ends other people's sessions.")
            .then("Reset the factor alone; deactivating a member stops their sessions too."));
    }
    if let Seen::Known(user) = &person.user
        && !user.mfa.has(factor)
    {
        return Err(not_enrolled(&person, user, factor));
    }
    let mut plan = about(&person, "Reset a second factor");
    // The admin API serves a super admin in the super-admin project alone (§5), and older platforms not at all.
    let by_user = match &person.user {
        Seen::Known(user)
            if engine.caller.role == Role::SuperAdmin
                && (person.membership.project != engine.caller.project
                    || engine.remote.about().lacks.contains(&Feature::ResetMfa)) =>
        {
            Some(user)
        }
        _ => None,
    };
    plan.changes.push(match by_user {
        Some(user) => by_patch(user, factor),
        None => by_admin_api(&person, user_id, factor),
    });
    follows(&mut plan, &person, factor, by_user.is_none());
    if end_sessions {
        let (sessions, _) =
            engine.remote.sessions(Some(user_id), crate::workflows::sessions::AT_MOST).await?;
        plan.changes.extend(sessions.iter().filter(|session| session.is_alive()).map(end));
        let ended = plan.changes.len() - 1;
        plan.also.push(match ended {
            0 => "there is no session to end".to_owned(),
            1 => "the one session of this user is ended".to_owned(),
            n => format!("all {n} sessions of this user are ended, in every project"),
        });
    } else {
        plan.also.push(match engine.caller.role {
            Role::SuperAdmin => "sessions stay alive; the form offers to end them".to_owned(),
            _ => "sessions stay alive; a super admin can end them".to_owned(),
        });
    }
    plan.also.push(format!("identity checked: {}", checked.raw().trim()));
    plan.undo = "cannot be taken back: the person enrols again".to_owned();
    Ok(plan)
}

fn not_enrolled(person: &PersonFacts, user: &User, factor: Factor) -> NoPlan {
    let refused =
        NoPlan::because(Why::Nothing, format!("{} has not enrolled: {}.", person.name, factor.words()));
    let others: Vec<&str> = [Factor::Totp, Factor::Email]
        .into_iter()
        .filter(|other| user.mfa.has(*other))
        .map(Factor::words)
        .collect();
    if others.is_empty() {
        return refused.then("No factor is enrolled; there is nothing to reset.");
    }
    refused.then(format!("Enrolled: {}.", others.join(", ")))
}

/// Takes a factor away by the admin API; the platform mails the user.
fn by_admin_api(person: &PersonFacts, user: &UserId, factor: Factor) -> Change {
    let before = person.user.as_ref().map(|_| Some(Text::from(fields::ENROLLED)));
    Change {
        target: user.reference(),
        label: format!("reset: {}", factor.words()),
        who: None,
        fields: vec![FieldChange { field: factor.words().to_owned(), before, after: None }],
        expected_version: person.user.known().map(|user| user.version.id.clone()),
        means: Means::Member {
            project: person.membership.project.clone(),
            membership: person.membership.id.clone(),
            act: MemberAct::ResetMfa { factor },
        },
        undo: enrols_again(),
    }
}

/// Takes a factor away from the user itself. The secret is removed unseen.
fn by_patch(user: &User, factor: Factor) -> Change {
    let kept: Vec<&str> = [Factor::Totp, Factor::Email]
        .into_iter()
        .filter(|other| *other != factor && user.mfa.has(*other))
        .map(Factor::name)
        .collect();
    let mut patched: Vec<(String, Option<Value>)> = Vec::new();
    if kept.is_empty() {
        patched.push(("/mfaEnrolled".to_owned(), Some(json!(false))));
    }
    // Removing what is absent is refused (§1.8): an enrolled user without a list counts as totp.
    if !kept.is_empty() {
        patched.push(("/mfaMethod".to_owned(), Some(json!(kept))));
    } else if !user.mfa.methods.is_empty() {
        patched.push(("/mfaMethod".to_owned(), None));
    }
    if factor == Factor::Totp {
        patched.push(("/mfaSecret".to_owned(), None));
    }
    let before = Seen::Known(Some(Text::from(fields::ENROLLED)));
    Change {
        target: user.id.reference(),
        label: format!("reset: {}", factor.words()),
        who: None,
        fields: vec![FieldChange { field: factor.words().to_owned(), before, after: None }],
        expected_version: Some(user.version.id.clone()),
        means: Means::patch(patched),
        undo: enrols_again(),
    }
}

fn enrols_again() -> Undo {
    Undo::Not { why: "a factor cannot be given back; the person enrols again".to_owned() }
}

fn follows(plan: &mut Plan, person: &PersonFacts, factor: Factor, mailed: bool) {
    let address = person.email.known().cloned().flatten();
    plan.also.push(match (mailed, address) {
        (true, Some(address)) => format!("{address} is mailed that the factor was reset"),
        (true, None) => "the platform mails them that the factor was reset".to_owned(),
        (false, _) => "nobody is mailed by this way; tell them yourself".to_owned(),
    });
    match &person.user {
        Seen::Known(user) => {
            let other = [Factor::Totp, Factor::Email]
                .into_iter()
                .find(|other| *other != factor && user.mfa.has(*other));
            match other {
                Some(other) => {
                    plan.also.push(format!("a password sign-in then asks for the other one: {}", other.words()));
                }
                None => plan.warnings.push(format!(
                    "it is the last factor: until {} enrols again, the password alone is enough unless a factor is required",
                    person.name
                )),
            }
            if user.mfa.required {
                plan.also.push(
                    "a factor is required of this user: asked to enrol at the next password sign-in"
                        .to_owned(),
                );
            }
        }
        Seen::Unknown(why) => {
            plan.warnings.push(format!(
                "what is enrolled cannot be seen ({why}); the platform says no where it is not"
            ));
        }
    }
    if !matches!(person.scope, Seen::Known(crate::identity::UserScope::Project(_))) {
        plan.warnings.push("the factor is the same in every project that this user signs in to".to_owned());
    }
}

/// Requires a factor of these people, or no longer.
pub(super) async fn require(
    engine: &Engine,
    members: &[MembershipId],
    required: bool,
) -> Result<Plan, NoPlan> {
    let title = if required { "Require a second factor" } else { "No longer require a second factor" };
    let mut changes = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut enrol, mut hidden, mut already) = (0_usize, Vec::new(), Vec::new());
    for member in members {
        let membership = engine.remote.membership(member).await?;
        let name = membership.profile.display.clone().or_else(|| membership.user.display.clone());
        let name = name.unwrap_or_default();
        if &*membership.user.kind != UserId::KIND || !seen.insert(membership.user.id.clone()) {
            continue;
        }
        match engine.remote.user(&UserId::new(membership.user.id.clone())).await {
            Ok(user) if user.mfa.required == required => already.push(name),
            Ok(user) => {
                enrol += usize::from(required && !user.mfa.enrolled);
                changes.push(flag(&user, name, required));
            }
            Err(Trouble { cause: Cause::NotFound | Cause::Forbidden, .. }) => hidden.push(name),
            Err(other) => return Err(other.into()),
        }
    }
    if changes.is_empty() {
        return Err(nothing_to_require(required, &hidden, &already));
    }
    let many = members.len() > 1;
    let subject = match &changes[..] {
        [one] => one.who.clone().unwrap_or_default(),
        all => Text::from(format!("{} people", all.len())),
    };
    let mut plan = Plan::new(title, subject);
    plan.membership = members.first().filter(|_| !many).cloned();
    if many {
        plan.on_failure = OnFailure::GoOn;
        plan.about = format!("{} of {} selected", changes.len(), members.len());
    }
    if changes.len() > 1 {
        plan.confirm = Confirm::Typed { text: Text::from(changes.len().to_string()) };
    }
    if required {
        let asked = changes.len() - enrol;
        plan.also.push(format!("asked to enrol at their next password sign-in: {enrol}"));
        plan.also.push(format!("have a factor already and notice nothing: {asked}"));
    }
    plan.also.push("a sign-in by an identity provider is never asked for a factor here".to_owned());
    plan.also.push("sessions stay alive; nobody is mailed".to_owned());
    if !hidden.is_empty() {
        plan.warnings.push(format!("{}: a super admin can", hidden_words(&hidden)));
    }
    if !already.is_empty() {
        plan.also.push(format!("is so already: {}", already.len()));
    }
    plan.undo = "puts the flag back as it was".to_owned();
    plan.changes = changes;
    Ok(plan)
}

fn hidden_words(hidden: &[Text]) -> String {
    let names: Vec<String> = hidden.iter().take(5).map(ToString::to_string).collect();
    let more = hidden.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("left out, server-scoped: {}{more}", names.join(", "))
}

fn nothing_to_require(required: bool, hidden: &[Text], already: &[Text]) -> NoPlan {
    if hidden.is_empty() {
        let word = if required { "required" } else { "not required" };
        return NoPlan::because(
            Why::Nothing,
            format!(
                "A second factor is {word} of {} already.",
                if already.len() == 1 { "them" } else { "all of them" }
            ),
        );
    }
    NoPlan::because(
        Why::NotAllowed,
        "A server-scoped user belongs to no project: only a super admin changes what is required of them.",
    )
    .then("A project admin can require it of the whole project.")
}

fn flag(user: &User, name: Text, required: bool) -> Change {
    let pointer = "/mfaRequired".to_owned();
    let old = user.mfa.required.then(|| json!(true));
    Change {
        target: user.id.reference(),
        label: if required { "require a factor" } else { "require none" }.to_owned(),
        who: Some(name),
        fields: vec![FieldChange {
            field: fields::MFA_REQUIRED.to_owned(),
            before: Seen::Known(Some(fields::yes_no(user.mfa.required))),
            after: Some(fields::yes_no(required)),
        }],
        expected_version: Some(user.version.id.clone()),
        means: Means::patch(vec![(pointer.clone(), Some(json!(required)))]),
        undo: Undo::By { means: Box::new(Means::patch(vec![(pointer, old)])), lost: String::new() },
    }
}

/// Requires a factor of everybody in a project by its settings, or no longer. `preview` says whom it meets.
pub(super) async fn require_of_project(
    engine: &Engine,
    project: &ProjectId,
    required: bool,
    preview: &[String],
) -> Result<Plan, NoPlan> {
    let record = engine.remote.record(&project.reference(), &["/setting", "/name"]).await?;
    let mut values = record.values.into_iter();
    let old = values.next().flatten();
    let name = values.next().flatten().and_then(|name| name.as_str().map(Text::from)).unwrap_or_default();
    let now = old.as_ref().is_some_and(second_factor::required);
    if now == required {
        let word = if required { "requires" } else { "does not require" };
        return Err(NoPlan::because(Why::Nothing, format!("{name} {word} a second factor already.")));
    }
    let new = with_required(old.as_ref(), required);
    let Some(field) = crate::workflows::kinds::of("Project").and_then(|kind| kind.field("/setting")) else {
        return Err(NoPlan::because(Why::Malformed, "Settings of projects are not written."));
    };
    let pointer = field.pointer.to_owned();
    let title = if required { "Require a second factor" } else { "No longer require a second factor" };
    let mut plan = Plan::new(title, name);
    plan.about = "for everybody in the project".to_owned();
    plan.changes.push(Change {
        target: project.reference(),
        label: if required { "require a factor of everybody" } else { "require none of everybody" }
            .to_owned(),
        who: None,
        fields: vec![FieldChange {
            field: field.word.to_owned(),
            before: Seen::Known(field.words(old.as_ref())),
            after: field.words(Some(&new)),
        }],
        expected_version: Some(record.version.id),
        means: Means::patch(vec![(pointer.clone(), Some(new))]),
        undo: Undo::By { means: Box::new(Means::patch(vec![(pointer, old)])), lost: String::new() },
    });
    plan.also.extend(preview.iter().cloned());
    if !required {
        plan.also
            .push("whoever has a factor is still asked for it; a user's own flag still counts".to_owned());
    }
    plan.also.push("a sign-in by an identity provider is never asked for a factor here".to_owned());
    plan.also.push("sessions stay alive; nobody is mailed".to_owned());
    plan.undo = "puts the settings back as they were".to_owned();
    Ok(plan)
}

/// The whole array, as the platform wants it, with the one entry changed.
fn with_required(setting: Option<&Value>, required: bool) -> Value {
    let mut entries = setting.and_then(Value::as_array).cloned().unwrap_or_default();
    match entries.iter_mut().find(|entry| entry["name"] == "mfaRequired") {
        Some(entry) => *entry = json!({ "name": "mfaRequired", "valueBoolean": required }),
        None => entries.push(json!({ "name": "mfaRequired", "valueBoolean": required })),
    }
    Value::Array(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_settings_of_a_project_stay_as_they_are() {
        let old = json!([{"name": "appName", "valueString": "Clinic"}, {"name": "mfaRequired", "valueBoolean": false}]);
        let new = with_required(Some(&old), true);
        assert_eq!(
            new,
            json!([{"name": "appName", "valueString": "Clinic"}, {"name": "mfaRequired", "valueBoolean": true}])
        );
        assert_eq!(with_required(None, true), json!([{"name": "mfaRequired", "valueBoolean": true}]));
    }
}
