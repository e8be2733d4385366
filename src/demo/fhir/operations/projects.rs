//! Operations on projects: making one, copying one, and how much of its limits is used.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::super::auth::register;
use super::super::super::auth_state;
use super::super::super::caller::Caller;
use super::super::super::kinds::Kind;
use super::super::super::outcome::{Outcome, Refusal};
use super::super::super::state::State;
use super::super::super::store::parse;
use super::super::repo::{self, cost};
use super::super::routes::{Answer, Ask};
use super::{input, required};

/// `$rate-limits` of the caller's project, and of the memberships that are asked for.
pub(super) fn rate_limits(state: &State, caller: &Caller, ask: &Ask) -> Result<Answer, Outcome> {
    if !caller.access.project_admin && !caller.access.super_admin {
        return Err(Outcome::forbidden());
    }
    caller.charge(state, cost::SEARCH)?;
    let now = state.clock.now_ms();
    let per_member = state.settings.default_fhir_quota;
    let part = |key: &str, limit: u64, lead: Vec<Value>| {
        let standing = state.limits.standing(key, limit, now);
        let number = |name: &str, value: i64| json!({"name": name, "valueInteger": value});
        let mut parts = lead;
        parts.push(number("limit", i64::try_from(limit).unwrap_or(i64::MAX)));
        parts.push(number("consumedPoints", i64::try_from(standing.consumed).unwrap_or(i64::MAX)));
        parts.push(number("remainingPoints", i64::try_from(standing.remaining).unwrap_or(i64::MAX)));
        parts.push(number("msBeforeReset", standing.ms));
        parts
    };
    let project = caller.project_id();
    let mut parameters = vec![json!({"name": "project", "part": part(
        &format!("fhir:project:{project}"), per_member * 10, vec![json!({"name": "id", "valueId": project})])})];
    let asked: Vec<&str> =
        ask.query.iter().filter(|(k, _)| k == "membershipId").map(|(_, v)| v.as_str()).collect();
    let store = state.read();
    let own = format!("Project/{project}");
    for id in asked {
        let member = repo::find(&store, &caller.access, "ProjectMembership", id).map_err(|_| {
            Outcome::bad_request(format!(
                "Encountered an error when trying to read the following 1 memberships: {id}"
            ))
        })?;
        if member["project"]["reference"] != own.as_str() {
            return Err(Outcome::forbidden());
        }
        let lead = vec![
            json!({"name": "id", "valueId": id}),
            json!({"name": "profile", "valueReference": member["profile"]}),
        ];
        parameters.push(
            json!({"name": "membership", "part": part(&format!("fhir:membership:{id}"), per_member, lead)}),
        );
    }
    Ok(Answer::ok(json!({"resourceType": "Parameters", "parameter": parameters})))
}

/// `Project/$init`: any token may (platform-api §8).
pub fn init_project(state: &auth_state::Shared, caller: &Arc<Caller>, ask: &Ask) -> Result<Answer, Refusal> {
    let input = input(ask);
    let name = required(&input, "name")?.as_str().unwrap_or_default().to_owned();
    let owner = {
        let store = state.platform().read();
        match (input.get("owner").and_then(|o| o["reference"].as_str()), input.get("ownerEmail")) {
            (Some(reference), _) => Some(store.resolve(reference)?),
            (None, Some(Value::String(email))) => store
                .find_by("User", "email", &email.to_lowercase())
                .into_iter()
                .find(|u| !u["project"].is_object()),
            _ if caller.user_reference().starts_with("User/") => {
                Some(store.resolve(caller.user_reference())?)
            }
            _ => None,
        }
    };
    if let Some(owner) = &owner {
        if owner["resourceType"] != "User" {
            return Err(Refusal::bad_request("Only Users are permitted to be the owner of a new Project"));
        }
        if owner["project"].is_object() {
            return Err(Refusal::bad_request("Project owner must not belong to another Project"));
        }
    }
    let (project, _) = register::create_project(state, &name, owner.as_ref())?;
    Ok(Answer::created(project))
}

/// `$clone`: the project and everything in it under new ids, as far as the lists let it through.
pub(super) fn clone(
    state: &State,
    caller: &Caller,
    id: &str,
    input: &Map<String, Value>,
) -> Result<Answer, Outcome> {
    if !caller.is_super_admin() {
        return Err(Outcome::forbidden());
    }
    let list = |name: &str| -> Vec<&str> {
        input.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (kinds, included, excluded) = (list("resourceTypes"), list("includeIds"), list("excludeIds"));
    let wanted = |kind: &str, id: &str| {
        (kinds.is_empty() || kinds.contains(&kind))
            && (included.is_empty() || included.contains(&id))
            && !excluded.contains(&id)
    };
    let store = &mut *state.write();
    let mut project = store.read("Project", id)?;
    let within = id.parse::<uuid::Uuid>().ok();
    let mut originals = Vec::new();
    for kind in Kind::all().filter(|kind| kind.name() != "Project") {
        let inside = store.table(kind).documents().iter().filter(|document| document.project == within);
        originals.extend(
            inside
                .filter_map(|document| parse(document.body()?))
                .filter(|original| wanted(kind.name(), original["id"].as_str().unwrap_or_default())),
        );
    }
    let mut ids: HashMap<String, String> = HashMap::from([(id.to_owned(), uuid::Uuid::new_v4().to_string())]);
    for original in &originals {
        let old = original["id"].as_str().unwrap_or_default().to_owned();
        ids.insert(old, uuid::Uuid::new_v4().to_string());
    }
    if let Some(Value::String(name)) = input.get("name") {
        project["name"] = json!(name);
    }
    renamed(&mut project, &ids);
    let project = store.system_create(project)?;
    for mut copy in originals {
        renamed(&mut copy, &ids);
        copy["meta"] = json!({"project": project["id"]});
        store.system_create(copy)?;
    }
    Ok(Answer::created(project))
}

/// Writes the new id wherever an old one stands, alone or behind the type of a reference.
fn renamed(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            let (kind, id) = text.rsplit_once('/').map_or(("", text.as_str()), |(kind, id)| (kind, id));
            if let Some(new) = ids.get(id) {
                *text = if kind.is_empty() { new.clone() } else { format!("{kind}/{new}") };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| renamed(item, ids)),
        Value::Object(members) => members.values_mut().for_each(|member| renamed(member, ids)),
        _ => {}
    }
}
