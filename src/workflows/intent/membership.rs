//! Plans that change single fields of one membership: in or out, external id.

use serde_json::{Value, json};

use super::{NoPlan, Why, guard, rows};
use crate::identity::sign_in::Gate;
use crate::identity::{
    Change, FieldChange, Means, Membership, MembershipId, Plan, Role, Seen, Text, Undo, Unseen,
};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::{fields, person, ways_in};

/// One field of a membership: the word for it, where it stands, what it becomes.
pub(super) struct Field {
    pub word: &'static str,
    pub pointer: &'static str,
    pub before: Option<Text>,
    pub after: Option<Text>,
    /// As the platform keeps them; `None` where the field is absent.
    pub raw_before: Option<Value>,
    pub raw_after: Option<Value>,
}

/// A PATCH of these fields, guarded by the version that was read, taken back by the opposite PATCH.
pub(super) fn patch(membership: &Membership, label: &str, changed: Vec<Field>) -> Change {
    let mut pointers = Vec::new();
    let mut back = Vec::new();
    let mut shown = Vec::new();
    for field in changed {
        shown.push(FieldChange {
            field: field.word.to_owned(),
            before: Seen::Known(field.before),
            after: field.after,
        });
        // Removing what is absent is refused by the platform (platform-api §1.8).
        if field.raw_before.is_some() || field.raw_after.is_some() {
            back.push((field.pointer.to_owned(), field.raw_before));
            pointers.push((field.pointer.to_owned(), field.raw_after));
        }
    }
    Change {
        target: membership.id.reference(),
        label: label.to_owned(),
        who: None,
        fields: shown,
        expected_version: Some(membership.version.id.clone()),
        means: Means::patch(pointers),
        undo: Undo::By { means: Box::new(Means::patch(back)), lost: String::new() },
    }
}

/// A plan about one person, with nothing to do yet.
pub(super) fn about(person: &PersonFacts, title: &str) -> Plan {
    Plan {
        membership: Some(person.membership.id.clone()),
        user: person.user_id.clone(),
        about: person.about(),
        ..Plan::new(title, person.name.clone())
    }
}

/// Replaces the membership in what is known of its person.
pub(super) fn with(person: &PersonFacts, changed: &Membership) -> PersonFacts {
    let mut after = person.clone();
    for membership in &mut after.memberships {
        if membership.id == changed.id {
            *membership = changed.clone();
        }
    }
    after.membership = changed.clone();
    let gate = after.gates.get(&changed.id).cloned();
    let before = person.memberships.iter().find(|membership| membership.id == changed.id);
    if let (Some(Seen::Known(gate)), Some(before)) = (gate, before) {
        let now = match gate {
            // Whoever plans another policy has found it.
            Gate::DeadPolicy if before.policy != changed.policy => Seen::Known(Gate::Open),
            Gate::DeadPolicy if before.access != changed.access => Seen::Unknown(Unseen::NotLoaded),
            Gate::DeadConfiguration if before.configuration != changed.configuration => {
                Seen::Known(Gate::Open)
            }
            gate => Seen::Known(gate),
        };
        after.gates.insert(changed.id.clone(), now);
    }
    after
}

/// Reads everything about the person behind a membership.
pub(super) async fn gather(engine: &Engine, member: &MembershipId) -> Result<PersonFacts, NoPlan> {
    Ok(person::gather(engine, member).await?)
}

fn active(membership: &Membership, active: bool) -> Change {
    // Absent means active, and nobody but us would remove the field (platform-api §14.5).
    let field = Field {
        word: fields::ACTIVE,
        pointer: "/active",
        before: Some(fields::yes_no(membership.active)),
        after: Some(fields::yes_no(active)),
        raw_before: Some(json!(membership.active)),
        raw_after: Some(json!(active)),
    };
    patch(membership, if active { "let in" } else { "keep out" }, vec![field])
}

/// `Ok` when there is something to do.
fn not_yet(membership: &Membership, active: bool) -> Result<(), NoPlan> {
    if membership.active != active {
        return Ok(());
    }
    let word = if active { "active" } else { "not active" };
    Err(NoPlan::because(Why::Nothing, format!("{} is {word} already.", guard::name(membership))))
}

const ENDS_OWN: &str = "deactivating it would end your own session";

pub(super) async fn activate(engine: &Engine, members: &[MembershipId], on: bool) -> Result<Plan, NoPlan> {
    let title = if on { "Activate" } else { "Deactivate" };
    if let [member] = members {
        return activate_one(engine, member, on, title).await;
    }
    let rows = rows::read(engine, members).await?;
    let mut guard = guard::Guard::of(engine, &rows.members.iter().collect::<Vec<_>>()).await?;
    let mut plan = rows.plan(title, |membership| {
        not_yet(membership, on)?;
        if !on {
            guard.lets_go(membership, ENDS_OWN)?;
        }
        Ok(active(membership, on))
    })?;
    if on {
        plan.also.push("sessions that were not ended work again".to_owned());
        plan.undo = "keeps each of them out again".to_owned();
    } else {
        plan.also.push("their sessions in this project stop at once; nobody is mailed".to_owned());
        plan.undo = "lets each of them in again".to_owned();
    }
    Ok(plan)
}

async fn activate_one(engine: &Engine, member: &MembershipId, on: bool, title: &str) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    not_yet(membership, on)?;
    if !on {
        guard::Guard::of(engine, &[membership]).await?.lets_go(membership, ENDS_OWN)?;
    }
    let after = with(&person, &Membership { active: on, ..membership.clone() });
    let mut plan = about(&person, title);
    plan.changes = vec![active(membership, on)];
    plan.sign_in = ways_in::effects(&engine.caller, &person, &after);
    if on {
        plan.also.push("sessions that were not ended work again".to_owned());
        plan.undo = "keeps them out again".to_owned();
    } else {
        plan.also.push("every session in this project stops at once; nobody is mailed".to_owned());
        let others = person.memberships.iter().filter(|other| other.id != membership.id && other.active);
        match (others.count(), engine.caller.role) {
            (0, Role::SuperAdmin) => {}
            (0, _) => plan.also.push("sign-ins to other projects are not touched".to_owned()),
            (n, _) => plan.also.push(format!("{n} more active memberships of this user stay as they are")),
        }
        plan.undo = "lets them in again".to_owned();
    }
    Ok(plan)
}

/// Sets, changes or clears the external id; several members can only have theirs cleared.
pub(super) async fn link(
    engine: &Engine,
    members: &[MembershipId],
    external_id: Option<&Text>,
) -> Result<Plan, NoPlan> {
    match (members, external_id) {
        ([member], id) => link_one(engine, member, id).await,
        (_, Some(_)) => Err(NoPlan::because(
            Why::Malformed,
            "An external id belongs to one member of a project, not to several.",
        )
        .then("Choose one member.")),
        (many, None) => {
            let mut plan = rows::read(engine, many).await?.plan("Clear external id", |membership| {
                if membership.external_id.is_none() {
                    let what = format!("{} has no external id.", guard::name(membership));
                    return Err(NoPlan::because(Why::Nothing, what));
                }
                Ok(external(membership, None))
            })?;
            plan.also.push("they are found by their emails from then on, where that is set up".to_owned());
            plan.also.push("sessions stay alive; nobody is mailed".to_owned());
            plan.undo = "puts each external id back".to_owned();
            Ok(plan)
        }
    }
}

pub(super) fn external(membership: &Membership, id: Option<&Text>) -> Change {
    let raw = |id: Option<&Text>| id.map(|id| json!(id.raw()));
    let label = if id.is_some() { "set the external id" } else { "clear the external id" };
    let field = Field {
        word: fields::EXTERNAL_ID,
        pointer: "/externalId",
        before: membership.external_id.clone(),
        after: id.cloned(),
        raw_before: raw(membership.external_id.as_ref()),
        raw_after: raw(id),
    };
    patch(membership, label, vec![field])
}

async fn link_one(
    engine: &Engine,
    member: &MembershipId,
    external_id: Option<&Text>,
) -> Result<Plan, NoPlan> {
    if let Some(id) = external_id
        && id.raw().trim().is_empty()
    {
        return Err(NoPlan::because(Why::Malformed, "An external id cannot be blank.")
            .then("To take it away, clear it."));
    }
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    if membership.external_id.as_ref() == external_id {
        let what = match external_id {
            Some(id) => format!("{} has the external id {id} already.", person.name),
            None => format!("{} has no external id.", person.name),
        };
        return Err(NoPlan::because(Why::Nothing, what));
    }
    let mut plan =
        about(&person, if external_id.is_some() { "Set external id" } else { "Clear external id" });
    if let Some(id) = external_id {
        in_use(engine, membership, id).await?;
        plan.warnings.extend(doubts(id));
    }
    let after = with(&person, &Membership { external_id: external_id.cloned(), ..membership.clone() });
    plan.changes = vec![external(membership, external_id)];
    plan.sign_in = ways_in::effects(&engine.caller, &person, &after);
    plan.also.push("sessions stay alive; nobody is mailed".to_owned());
    plan.undo = match &membership.external_id {
        Some(old) => format!("puts {old} back"),
        None => "takes it away again".to_owned(),
    };
    Ok(plan)
}

/// An external id belongs to one member of a project (platform-api §9.2).
async fn in_use(engine: &Engine, membership: &Membership, id: &Text) -> Result<(), NoPlan> {
    let carriers = engine.remote.memberships_by_external_id(id.raw()).await?;
    let other =
        carriers.into_iter().find(|other| other.project == membership.project && other.id != membership.id);
    let Some(other) = other else { return Ok(()) };
    let name = guard::name(&other);
    let state = if other.active { "" } else { ", who is not active" };
    Err(NoPlan::because(Why::Conflict, format!("{id} is the external id of {name}{state}."))
        .then("Clear it there first, or take another one."))
}

/// What is worth a second look at an external id (platform-api §10.1, §17).
pub(super) fn doubts(id: &Text) -> Vec<String> {
    let raw = id.raw();
    let mut doubts = Vec::new();
    if raw.contains([',', '\\']) {
        doubts.push(
            "it holds a comma or a backslash: the platform never finds such an id at a sign-in".to_owned(),
        );
    }
    if raw.trim() != raw {
        doubts
            .push("it begins or ends with a blank; the identity provider must send it exactly so".to_owned());
    }
    if raw.contains('@') {
        doubts.push(
            "it looks like an email; an identity provider's subject rarely is one, and addresses change"
                .to_owned(),
        );
    }
    if raw.chars().any(crate::identity::text::is_hidden) {
        doubts.push("it holds characters that cannot be seen".to_owned());
    }
    doubts
}

/// Sets, changes or clears the SCIM user name, which is one member's in a project (platform-api §9.2).
pub(super) async fn user_name(
    engine: &Engine,
    member: &MembershipId,
    name: Option<&Text>,
) -> Result<Plan, NoPlan> {
    if name.is_some_and(|name| name.raw().trim().is_empty()) {
        return Err(NoPlan::because(Why::Malformed, "A user name cannot be blank.")
            .then("To take it away, clear it."));
    }
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    if membership.user_name.as_ref() == name {
        let what = match name {
            Some(name) => format!("{} has the user name {name} already.", person.name),
            None => format!("{} has no user name.", person.name),
        };
        return Err(NoPlan::because(Why::Nothing, what));
    }
    if let Some(name) = name {
        let pointers = ["/project/reference", "/profile/display"];
        let carriers = engine
            .remote
            .records_where("ProjectMembership", "user-name:exact", name.raw(), &pointers)
            .await?;
        let project = json!(membership.project.reference().to_string());
        let other = carriers.into_iter().find(|other| {
            *other.reference.id != *member.as_str() && other.values[0].as_ref() == Some(&project)
        });
        if let Some(other) = other {
            let who = other.values[1].as_ref().and_then(Value::as_str).map(Text::from);
            let who = who.map_or_else(|| other.reference.to_string(), |who| who.to_string());
            return Err(NoPlan::because(Why::Conflict, format!("{name} is the user name of {who}."))
                .then("Clear it there first, or take another one."));
        }
    }
    let raw = |name: Option<&Text>| name.map(|name| json!(name.raw()));
    let mut plan = about(&person, if name.is_some() { "Set user name" } else { "Clear user name" });
    plan.changes = vec![patch(
        membership,
        if name.is_some() { "set the user name" } else { "clear the user name" },
        vec![Field {
            word: fields::USER_NAME,
            pointer: "/userName",
            before: membership.user_name.clone(),
            after: name.cloned(),
            raw_before: raw(membership.user_name.as_ref()),
            raw_after: raw(name),
        }],
    )];
    plan.also.push("only SCIM clients use it; how the person signs in stays as it is".to_owned());
    plan.undo = match &membership.user_name {
        Some(old) => format!("puts {old} back"),
        None => "takes it away again".to_owned(),
    };
    Ok(plan)
}
