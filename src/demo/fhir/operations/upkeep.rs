//! Operations on any resource: fresh display texts, removal for good, and checking without saving.

use serde_json::{Value, json};

use super::super::super::access::{Access, Interaction};
use super::super::super::caller::{Caller, display};
use super::super::super::kinds::Kind;
use super::super::super::outcome::Outcome;
use super::super::super::state::State;
use super::super::super::store::{Store, params, unknown_type};
use super::super::routes::{Answer, Ask};
use super::super::{repo, schema};

/// `$refresh-reference-display`: every Reference in the resource gets the display of what it names, as far as the caller may read that.
pub(super) fn refresh_display(
    state: &State,
    caller: &Caller,
    kind: &str,
    id: &str,
) -> Result<Answer, Outcome> {
    let operations = {
        let store = state.read();
        let resource = repo::find(&store, &caller.access, kind, id)?;
        let mut operations = Vec::new();
        collect_displays(&store, &caller.access, &resource, "", &mut operations);
        operations
    };
    Ok(Answer::ok(repo::patch(state, caller, kind, id, &operations, None)?))
}

fn collect_displays(store: &Store, access: &Access, value: &Value, path: &str, operations: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("reference").and_then(Value::as_str) {
                let named =
                    reference.split_once('/').and_then(|(k, id)| repo::find(store, access, k, id).ok());
                if let Some(text) = named.as_ref().and_then(display) {
                    operations.push(json!({"op": "add", "path": format!("{path}/display"), "value": text}));
                }
            }
            for (name, member) in members.iter().filter(|(name, _)| *name != "meta") {
                collect_displays(store, access, member, &format!("{path}/{name}"), operations);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect_displays(store, access, item, &format!("{path}/{i}"), operations);
            }
        }
        _ => {}
    }
}

/// `$expunge`: the row and its history; says yes also when there was nothing (platform-api §1.7).
pub(super) fn expunge(
    state: &State,
    caller: &Caller,
    kind: &str,
    id: &str,
    ask: &Ask,
) -> Result<Answer, Outcome> {
    caller.require_admin()?;
    let kind_id = Kind::of(kind).ok_or_else(|| Outcome::bad_request("Invalid resource type"))?;
    let everything = ask.query("everything") == Some("true");
    if kind == "Project" && !caller.is_super_admin() && id != caller.project_id() {
        return Err(Outcome::forbidden());
    }
    let store = &mut *state.write();
    let own = caller.access.project();
    let may = |project| caller.is_super_admin() || project == own;
    let Ok(uuid) = id.parse::<uuid::Uuid>() else { return Ok(Answer::from(Outcome::ok())) };
    if kind == "Project" || everything {
        let all: Vec<(Kind, String)> = Kind::all()
            .filter(|k| caller.access.supports(Interaction::Search, k.name()))
            .flat_map(|k| {
                let documents = store.table(k).documents().iter();
                let within = documents.filter(|d| {
                    may(d.project)
                        && (d.project == Some(uuid)
                            || d.values_of(params::COMPARTMENT).any(|c| c.ends_with(&format!("/{id}"))))
                });
                within.map(move |d| (k, d.id.to_string())).collect::<Vec<_>>()
            })
            .collect();
        for (kind, id) in all {
            store.expunge(kind.name(), &id);
        }
    }
    let found = store.table(kind_id).find(uuid).is_some_and(|(_, d)| may(d.project));
    if found {
        store.expunge(kind, id);
    }
    Ok(Answer::from(Outcome::ok()))
}

/// `$validate`: checks without saving.
pub fn validate(kind: &str, resource: &Value) -> Result<Answer, Outcome> {
    if Kind::of(kind).is_none() {
        return Err(unknown_type());
    }
    if resource["resourceType"] != kind {
        let found = resource["resourceType"].as_str().unwrap_or("<EMPTY>");
        return Err(Outcome::bad_request(format!(
            "Incorrect resource type: expected {kind}, but found {found}"
        )));
    }
    schema::validate(resource)?;
    Ok(Answer::from(Outcome::ok()))
}
