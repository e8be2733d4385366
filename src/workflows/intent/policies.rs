//! The access policy of members: which there are, which one is meant, and giving it (platform-api §9.2, §9.9).

use serde_json::{Value, json};

use super::membership::{Field, about, gather, patch, with};
use super::{NoPlan, Why, guard, rows};
use crate::identity::{Change, Membership, MembershipId, Plan, PolicyId, ProjectId, Record, Reference, Text};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;
use crate::workflows::{fields, ways_in};

const KIND: &str = PolicyId::KIND;
const POINTERS: &[&str] = &["/name", "/meta/project"];

/// The policies of a project, by name; each reference has its name as display.
pub async fn of_project(engine: &Engine, project: &ProjectId) -> Result<Vec<Reference>, Trouble> {
    let found = engine.remote.records_where(KIND, "_project", project.as_str(), POINTERS).await?;
    let mut policies: Vec<Reference> = found.iter().map(named).collect();
    policies.sort_by_key(|policy| policy.display.as_ref().map(|name| name.raw().to_lowercase()));
    Ok(policies)
}

fn named(record: &Record) -> Reference {
    let name = record.values[0].as_ref().and_then(Value::as_str);
    Reference { display: name.map(Text::from), ..record.reference.clone() }
}

/// The policy that is meant: it exists and is the project's own, because the platform checks neither
/// (platform-api §6.1, §14.9).
pub(super) async fn find(engine: &Engine, project: &ProjectId, wanted: &Text) -> Result<Reference, NoPlan> {
    let text = wanted.raw().trim();
    let by_id = Reference::parse(text)
        .or_else(|| uuid::Uuid::try_parse(text).ok().map(|_| PolicyId::from(text).reference()));
    let found = match by_id {
        Some(reference) if &*reference.kind != KIND => {
            return Err(NoPlan::because(Why::Malformed, format!("{wanted} is no access policy.")));
        }
        Some(reference) => match engine.remote.record(&reference, POINTERS).await {
            Ok(record) => vec![record],
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => vec![],
            Err(trouble) => return Err(not_read(trouble)),
        },
        None => engine.remote.records_where(KIND, "name:exact", text, POINTERS).await.map_err(not_read)?,
    };
    let own = |record: &&Record| {
        record.values[1].as_ref().and_then(Value::as_str).is_none_or(|home| home == project.as_str())
    };
    let own: Vec<&Record> = found.iter().filter(own).collect();
    match own[..] {
        [policy] => Ok(named(policy)),
        [] if !found.is_empty() => Err(NoPlan::because(
            Why::Conflict,
            format!("The access policy {wanted} belongs to another project."),
        )
        .then(known(engine, project).await)),
        [] => Err(NoPlan::because(Why::NotFound, format!("There is no access policy {wanted}."))
            .then(known(engine, project).await)),
        _ => {
            Err(NoPlan::because(Why::Conflict, format!("{} access policies are called {wanted}.", own.len()))
                .then("Name it by its id."))
        }
    }
}

async fn known(engine: &Engine, project: &ProjectId) -> String {
    let policies = of_project(engine, project).await.unwrap_or_default();
    let names: Vec<String> =
        policies.iter().filter_map(|policy| policy.display.as_ref()).map(ToString::to_string).collect();
    if names.is_empty() { String::new() } else { format!("The project has: {}.", names.join(", ")) }
}

fn not_read(trouble: Trouble) -> NoPlan {
    if trouble.cause != Cause::Forbidden {
        return trouble.into();
    }
    NoPlan::because(
        Why::NotAllowed,
        "Your own access policy does not let you read access policies, so it cannot be checked that this one exists.",
    )
    .then("An admin without such a policy, or a super admin, can do it.")
}

/// The name of a policy, else its reference.
pub(super) fn words(policy: Option<&Reference>) -> String {
    policy.map_or_else(
        || "no policy".to_owned(),
        |policy| policy.display.as_ref().map_or_else(|| policy.to_string(), ToString::to_string),
    )
}

/// The field of a membership that names its policy.
pub(super) fn field(membership: &Membership, policy: Option<&Reference>) -> Field {
    let raw = |policy: &Reference| {
        let mut raw = json!({ "reference": policy.to_string() });
        if let Some(name) = &policy.display {
            raw["display"] = json!(name.raw());
        }
        raw
    };
    let text = |policy: &Reference| Text::from(policy.to_string());
    Field {
        word: fields::POLICY,
        pointer: "/accessPolicy",
        before: membership.policy.as_ref().map(text),
        after: policy.map(text),
        raw_before: membership.policy.as_ref().map(raw),
        raw_after: policy.map(raw),
    }
}

fn change(membership: &Membership, policy: Option<&Reference>) -> Result<Change, NoPlan> {
    if membership.policy.as_ref().map(ToString::to_string) == policy.map(ToString::to_string) {
        let what = format!("{} has {} already.", guard::name(membership), words(policy));
        return Err(NoPlan::because(Why::Nothing, what));
    }
    let label = if policy.is_some() { "give another access policy" } else { "take the access policy away" };
    Ok(patch(membership, label, vec![field(membership, policy)]))
}

/// Neither policy field set is full access to ordinary records (platform-api §9.2).
fn unlimited(plan: &mut Plan, membership: &Membership, policy: Option<&Reference>) {
    if policy.is_none() && membership.access.is_empty() {
        plan.warnings.push("without any policy a member may read and write every ordinary record".to_owned());
    }
}

/// Gives members a policy, or takes theirs away.
pub(super) async fn assign(
    engine: &Engine,
    members: &[MembershipId],
    policy: Option<&Text>,
) -> Result<Plan, NoPlan> {
    let title = if policy.is_some() { "Set access policy" } else { "Take access policy away" };
    if let [member] = members {
        let person = gather(engine, member).await?;
        let membership = &person.membership;
        let policy = match policy {
            Some(wanted) => Some(find(engine, &membership.project, wanted).await?),
            None => None,
        };
        let mut plan = about(&person, title);
        plan.changes = vec![change(membership, policy.as_ref())?];
        let after = with(&person, &Membership { policy: policy.clone(), ..membership.clone() });
        plan.sign_in = ways_in::effects(&engine.caller, &person, &after);
        let old = words(membership.policy.as_ref());
        plan.also.push(format!(
            "from {old} to {}; it holds at once, in running sessions too",
            words(policy.as_ref())
        ));
        if guard::is_own(&engine.caller, membership) {
            plan.warnings
                .push("this is your own account: you may lose what you need to put it back".to_owned());
        }
        unlimited(&mut plan, membership, policy.as_ref());
        plan.undo = format!("gives {old} back");
        return Ok(plan);
    }
    let rows = rows::read(engine, members).await?;
    let mut projects: Vec<ProjectId> = rows.members.iter().map(|member| member.project.clone()).collect();
    projects.dedup();
    let policy = match (policy, &projects[..]) {
        (Some(wanted), [project]) => Some(find(engine, project, wanted).await?),
        (Some(_), []) | (None, _) => None,
        (Some(_), _) => {
            return Err(NoPlan::because(
                Why::Conflict,
                "The marked members are of several projects, and an access policy belongs to one.",
            )
            .then("Do it for one project after the other."));
        }
    };
    let unlimits = policy.is_none() && rows.members.iter().any(|member| member.access.is_empty());
    let mut plan = rows.plan(title, |membership| {
        if guard::is_own(&engine.caller, membership) {
            return Err(NoPlan::because(Why::NotAllowed, "This is your own account."));
        }
        change(membership, policy.as_ref())
    })?;
    if unlimits {
        plan.warnings.push("without any policy a member may read and write every ordinary record".to_owned());
    }
    plan.also
        .push(format!("each gets {}; it holds at once, in running sessions too", words(policy.as_ref())));
    plan.undo = "gives each the old policy back".to_owned();
    Ok(plan)
}
