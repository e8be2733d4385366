//! Plans that mend a sign-in and are asked for nowhere else: what hides the right user, and how an IdP recognises people.

use serde_json::{Value, json};

use super::leaving::gone;
use super::membership::{Field, about, external, gather, patch};
use super::{NoPlan, Why, guard};
use crate::identity::{
    Change, ClientId, Confirm, DomainRouteId, FieldChange, Means, MembershipId, Plan, Reference, Role, Seen,
    Text, Undo, UserId,
};
use crate::workflows::engine::Engine;
use crate::workflows::{fields, kinds};

/// Takes `userConfiguration` away.
pub(super) async fn clear_configuration(engine: &Engine, member: &MembershipId) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let Some(configuration) = &person.membership.configuration else {
        return Err(NoPlan::because(
            Why::Nothing,
            format!("{} has no user configuration of its own.", person.name),
        ));
    };
    let mut plan = about(&person, "Take the user configuration away");
    let field = Field {
        word: fields::CONFIGURATION,
        pointer: "/userConfiguration",
        before: Some(Text::from(configuration.to_string())),
        after: None,
        raw_before: Some(json!({ "reference": configuration.to_string() })),
        raw_after: None,
    };
    plan.changes = vec![patch(&person.membership, "take the user configuration away", vec![field])];
    plan.also.push("the menu of the web app becomes the usual one; sessions stay alive".to_owned());
    plan.undo = format!("puts {configuration} back");
    Ok(plan)
}

/// Deletes a user that no membership points to.
pub(super) async fn remove_ghost(engine: &Engine, user: &UserId) -> Result<Plan, NoPlan> {
    let (found, memberships) =
        futures::join!(engine.remote.user(user), engine.remote.memberships_of_user(user));
    let (found, memberships) = (found?, memberships?);
    let name = format!("{} {}", found.first_name, found.last_name);
    if let Some(membership) = memberships.first() {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{name} has a membership ({}) and is no ghost.", guard::name(membership)),
        )
        .then("Remove the member instead, or change the address."));
    }
    let server = found.scope == crate::identity::UserScope::Server;
    if server && engine.caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(Why::NotAllowed, format!("{name} is server-scoped."))
            .then("A super admin can delete it."));
    }
    let shown = found.email.clone().unwrap_or_else(|| Text::from(name.as_str()));
    let mut plan = Plan::new("Delete a user without memberships", Text::from(name));
    plan.user = Some(user.clone());
    plan.about = if server { "server-scoped" } else { "project-scoped" }.to_owned();
    plan.about.push_str(" · no membership anywhere that can be seen");
    plan.changes.push(gone("delete the user", user.reference(), fields::of_user(&found), Means::Delete));
    plan.also.push("whoever else has the same address is found from then on".to_owned());
    plan.warnings.push("password and second factor of this user are gone for good".to_owned());
    plan.undo = "cannot be taken back".to_owned();
    plan.confirm = Confirm::Typed { text: shown };
    Ok(plan)
}

/// Clears the id at one member and sets it at the other, in this order: it is unique in a project.
pub(super) async fn move_external_id(
    engine: &Engine,
    from: &MembershipId,
    to: &MembershipId,
) -> Result<Plan, NoPlan> {
    let (holder, person) = futures::join!(gather(engine, from), gather(engine, to));
    let (holder, person) = (holder?, person?);
    let Some(id) = &holder.membership.external_id else {
        return Err(NoPlan::because(Why::Nothing, format!("{} has no external id.", holder.name)));
    };
    if holder.membership.project != person.membership.project {
        return Err(NoPlan::because(Why::Conflict, "The two are members of different projects."));
    }
    let mut plan = about(&person, "Move external id");
    let mut off = external(&holder.membership, None);
    off.who = Some(holder.name.clone());
    let mut on = external(&person.membership, Some(id));
    on.who = Some(person.name.clone());
    plan.changes = vec![off, on];
    plan.warnings.push(format!("{} is not found by {id} any more", holder.name));
    plan.also.push("sessions stay alive; nobody is mailed".to_owned());
    plan.undo = format!("gives {id} back to {}", holder.name);
    plan.confirm = Confirm::Typed { text: id.clone() };
    Ok(plan)
}

const MODE: [(&str, &str); 3] = [
    ("/identityProvider/useSubject", fields::USE_SUBJECT),
    ("/identityProvider/identitySource", fields::IDENTITY_SOURCE),
    ("/identityProvider/identityMappingMode", fields::MAPPING_MODE),
];

/// Sets `useSubject`, `identitySource` and `identityMappingMode` so that browser and exchange agree.
pub(super) async fn align(engine: &Engine, of: &Reference, by_subject: bool) -> Result<Plan, NoPlan> {
    let route = &*of.kind == DomainRouteId::KIND;
    if !route && &*of.kind != ClientId::KIND {
        return Err(NoPlan::because(Why::Malformed, format!("{of} has no identity provider.")));
    }
    if route && engine.caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(Why::NotAllowed, "Domain routes belong to the whole platform.")
            .then("A super admin can change them."));
    }
    if route && by_subject {
        return Err(NoPlan::because(
            Why::Conflict,
            "A domain route that goes by external id lets nobody in: the platform compares the address with the domain.",
        )
        .then("Bind the identity provider to a client application instead."));
    }
    let name = if route { "/domain" } else { "/name" };
    let pointers = [name, MODE[0].0, MODE[1].0, MODE[2].0, "/identityProvider/authorizeUrl"];
    let record = engine.remote.record(of, &pointers).await?;
    let text = |at: usize| record.values[at].as_ref().and_then(Value::as_str).unwrap_or_default();
    if text(4).is_empty() {
        return Err(NoPlan::because(
            Why::Nothing,
            format!("{} has no identity provider.", Text::from(text(0))),
        ));
    }
    let (source, mapping) =
        if by_subject { ("subject", "project-membership-external-id") } else { ("email", "user-email") };
    let wanted = [json!(by_subject), json!(source), json!(mapping)];
    let (mut shown, mut sent, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for (((pointer, word), before), after) in MODE.iter().zip(&record.values[1..4]).zip(&wanted) {
        if before.as_ref() == Some(after) {
            continue;
        }
        let words = |value: Option<&Value>| {
            kinds::of(&of.kind).and_then(|kind| kind.field(pointer)).and_then(|field| field.words(value))
        };
        shown.push(FieldChange {
            field: (*word).to_owned(),
            before: Seen::Known(words(before.as_ref())),
            after: words(Some(after)),
        });
        sent.push(((*pointer).to_owned(), Some(after.clone())));
        back.push(((*pointer).to_owned(), before.clone()));
    }
    if sent.is_empty() {
        return Err(NoPlan::because(Why::Nothing, format!("{} is set up so already.", Text::from(text(0)))));
    }
    let by = if by_subject { "external id" } else { "email" };
    let subject = Text::from(text(0));
    let mut plan = Plan::new("Align the identity provider", subject.clone());
    plan.about = if route { "domain route" } else { "client application" }.to_owned();
    plan.changes.push(Change {
        target: of.clone(),
        label: format!("recognise people by {by} in every flow"),
        who: None,
        fields: shown,
        expected_version: Some(record.version.id.clone()),
        means: Means::patch(sent),
        undo: Undo::By { means: Box::new(Means::patch(back)), lost: String::new() },
    });
    plan.warnings.push(format!("this changes how everybody is recognised who signs in through {subject}"));
    plan.also.push("sessions stay alive; passwords are not concerned".to_owned());
    plan.undo = "puts the fields back as they were".to_owned();
    plan.confirm = Confirm::Typed { text: subject };
    Ok(plan)
}
