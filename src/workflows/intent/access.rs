//! Parameterised policies of a member, in addition to the one plain policy (platform-api §9.2: `access[]`).

use serde_json::{Value, json};

use super::membership::{Field, about, gather, patch};
use super::{NoPlan, Why, policies};
use crate::identity::{MembershipId, Plan, Reference, Text};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;
use crate::workflows::{fields, kinds};

/// What becomes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessEdit {
    /// One more.
    Add {
        /// Name, id or `AccessPolicy/…`.
        policy: Text,
        /// Name and value; a value that reads `Type/id` is a reference.
        parameters: Vec<(Text, Text)>,
    },
    /// Every one of this policy goes.
    Remove {
        /// Name, id or `AccessPolicy/…`.
        policy: Text,
    },
}

/// A policy and its parameters, by name and value.
pub type Given = (Text, Vec<(Text, Text)>);

impl AccessEdit {
    /// Reads parameters as they are typed: `name=value`, several by commas.
    pub fn parameters(typed: &str) -> Result<Vec<(Text, Text)>, String> {
        let parts = typed.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                    Ok((Text::from(name), Text::from(value)))
                }
                _ => Err(format!("{} is not name=value.", Text::from(part))),
            })
            .collect()
    }

    /// Reads a policy with its parameters: `POLICY`, or `POLICY:name=value,name=value`.
    pub fn policy(typed: &str) -> Result<Given, String> {
        let (policy, parameters) = typed.split_once(':').unwrap_or((typed, ""));
        match policy.trim() {
            "" => Err("A policy is named in front of the colon.".to_owned()),
            policy => Ok((Text::from(policy), Self::parameters(parameters)?)),
        }
    }

    /// Several of these, one after the other by `;`.
    pub fn policies(typed: &str) -> Result<Vec<Given>, String> {
        typed.split(';').map(str::trim).filter(|one| !one.is_empty()).map(Self::policy).collect()
    }
}

pub(super) async fn change(
    engine: &Engine,
    member: &MembershipId,
    edit: &AccessEdit,
) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    // As stored: the domain type does not tell a text that looks like a reference from one.
    let stored = engine.remote.record(&member.reference(), &["/access"]).await?.values.pop().flatten();
    let mut items = stored.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let mut plan = about(&person, "Change parameterised access");
    let label = match edit {
        AccessEdit::Add { policy, parameters } => {
            let policy = policies::find(engine, &membership.project, policy).await?;
            let mut item = json!({ "policy": { "reference": policy.to_string() } });
            if let Some(name) = &policy.display {
                item["policy"]["display"] = json!(name.raw());
            }
            let mut given = Vec::new();
            for (name, value) in parameters {
                given.push(parameter(engine, name, value).await?);
            }
            if !given.is_empty() {
                item["parameter"] = json!(given);
            }
            let is_same = |known: &Value| {
                known["policy"]["reference"] == item["policy"]["reference"]
                    && known["parameter"] == item["parameter"]
            };
            if items.iter().any(is_same) {
                let what = format!(
                    "{} has {} with these parameters already.",
                    person.name,
                    policies::words(Some(&policy))
                );
                return Err(NoPlan::because(Why::Nothing, what));
            }
            plan.also.push(format!("{} is added to what the member may do", policies::words(Some(&policy))));
            items.push(item);
            "add a parameterised policy"
        }
        AccessEdit::Remove { policy } => {
            // One that is gone for good is taken away by its id all the same.
            let reference = match policies::find(engine, &membership.project, policy).await {
                Ok(found) => found.to_string(),
                Err(NoPlan::Refused { why: Why::NotFound, .. })
                    if Reference::parse(policy.raw()).is_some() =>
                {
                    policy.raw().to_owned()
                }
                Err(no) => return Err(no),
            };
            let before = items.len();
            items.retain(|item| item["policy"]["reference"] != *reference);
            if items.len() == before {
                let what = format!("{} has no parameterised policy {policy}.", person.name);
                return Err(NoPlan::because(Why::Nothing, what));
            }
            if items.is_empty() && membership.policy.is_none() {
                plan.warnings
                    .push("without any policy a member may read and write every ordinary record".to_owned());
            }
            "take a parameterised policy away"
        }
    };
    let raw_after = (!items.is_empty()).then(|| Value::Array(items));
    let word = kinds::of("ProjectMembership").and_then(|kind| kind.field("/access"));
    plan.changes = vec![patch(
        membership,
        label,
        vec![Field {
            word: fields::ACCESS,
            pointer: "/access",
            before: fields::access(&membership.access),
            after: word.and_then(|field| field.words(raw_after.as_ref())),
            raw_before: stored,
            raw_after,
        }],
    )];
    plan.also.push("it holds at once, in running sessions too; nobody is mailed".to_owned());
    plan.undo = "puts them back as they were".to_owned();
    Ok(plan)
}

/// A parameter as the platform keeps it. A reference to nothing is refused: it would silently match no record.
pub(super) async fn parameter(engine: &Engine, name: &Text, value: &Text) -> Result<Value, NoPlan> {
    let Some(reference) = Reference::parse(value.raw()) else {
        return Ok(json!({ "name": name.raw(), "valueString": value.raw() }));
    };
    match engine.remote.record(&reference, &[]).await {
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
            Err(NoPlan::because(Why::NotFound, format!("There is no {value} for the parameter {name}.")))
        }
        // Not ours to read is not missing.
        Ok(_) | Err(_) => Ok(json!({ "name": name.raw(), "valueReference": { "reference": value.raw() } })),
    }
}
