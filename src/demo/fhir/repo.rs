//! Reading and writing resources as a caller: every check in the order of platform-api §16.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::access::{Access, Interaction};
use super::super::caller::Caller;
use super::super::kinds::{Kind, is_protected};
use super::super::outcome::Outcome;
use super::super::state::State;
use super::super::store::{self, Store, Version, parse, parse_id, unknown_type};
use super::{audit, patch, schema};

/// What each kind of work costs (platform-api §1.9).
pub mod cost {
    /// Reading one resource.
    pub const READ: u64 = 1;
    /// Reading a history.
    pub const HISTORY: u64 = 10;
    /// Searching.
    pub const SEARCH: u64 = 20;
    /// Writing one resource.
    pub const WRITE: u64 = 100;
}

/// The resource as stored, if this access may read it: else 400, 403, 404 or 410.
pub fn find(store: &Store, access: &Access, kind: &str, id: &str) -> Result<Value, Outcome> {
    let id = parse_id(id)?;
    let kind_id = Kind::of(kind).ok_or_else(unknown_type)?;
    if !access.supports(Interaction::Read, kind) {
        return Err(Outcome::forbidden());
    }
    let (_, document) = store.table(kind_id).find(id).ok_or_else(Outcome::not_found)?;
    match document.body() {
        Some(body) => {
            let resource = parse(body).ok_or_else(Outcome::not_found)?;
            if access.permits(store, Interaction::Read, &resource) {
                Ok(resource)
            } else {
                Err(Outcome::not_found())
            }
        }
        None if access.visible(store, Interaction::Read, kind).shows(document) => Err(Outcome::gone()),
        None => Err(Outcome::not_found()),
    }
}

/// Reads a resource, hidden members taken out.
pub fn read(state: &State, caller: &Caller, kind: &str, id: &str) -> Result<Value, Outcome> {
    caller.charge(state, cost::READ)?;
    let (result, seen) = {
        let store = state.read();
        let mut resource = find(&store, &caller.access, kind, id)?;
        let seen = audit::Seen::of(&resource);
        caller.access.hide(&store, &mut resource);
        (resource, seen)
    };
    audit::record(state, caller, audit::Act::Read, &seen, None);
    Ok(result)
}

/// Checks before a write that need only the type.
fn allowed(access: &Access, interaction: Interaction, resource: &Value) -> Result<(), Outcome> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if Kind::of(kind).is_none() {
        return Err(unknown_type());
    }
    match resource["id"].as_str() {
        None => return Err(Outcome::bad_request("Missing id")),
        Some(id) if id.parse::<Uuid>().is_err() => return Err(Outcome::bad_request("Invalid id")),
        Some(_) => {}
    }
    if access.supports(interaction, kind) { Ok(()) } else { Err(Outcome::forbidden()) }
}

/// Writes the next version, or the first when `create`. Returns it as stored.
pub fn write(
    store: &mut Store,
    access: &Access,
    mut resource: Value,
    create: bool,
    if_match: Option<&str>,
) -> Result<Value, Outcome> {
    let interaction = if create { Interaction::Create } else { Interaction::Update };
    allowed(access, interaction, &resource)?;
    let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
    let id = resource["id"].as_str().unwrap_or_default().to_owned();
    let existing = if create { None } else { existing(store, access, &kind, &id)? };
    if let Some(existing) = &existing {
        if !access.permits(store, interaction, existing) {
            return Err(Outcome::forbidden());
        }
        if if_match.is_some_and(|v| existing["meta"]["versionId"] != v) {
            return Err(Outcome::precondition_failed());
        }
    }
    access.restore(store, &mut resource, existing.as_ref());
    let written_at = if existing.is_none() && access.super_admin && !access.reach.is_empty() {
        resource["meta"]["lastUpdated"].as_str().and_then(super::super::clock::parse_iso)
    } else {
        None
    };
    let meta = next_meta(store, access, existing.as_ref(), &resource);
    resource["meta"] = meta;
    store::fill_meta(Kind::of(&kind).ok_or_else(unknown_type)?, &mut resource);
    drop_empty(&mut resource, &Value::is_null);
    schema::validate(&resource)?;
    drop_empty(&mut resource, &is_empty);
    if let Some(existing) = &existing
        && store::same_content(existing, &resource)
    {
        return Ok(existing.clone());
    }
    if !access.permits(store, interaction, &resource) {
        return Err(Outcome::forbidden());
    }
    match written_at {
        Some(at) => store.write_at(resource, &access.author, at),
        None => store.write_version(resource, &access.author),
    }
}

// Members that are null, and after validation those that hold nothing, are as good as absent.
fn drop_empty(value: &mut Value, empty: &dyn Fn(&Value) -> bool) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|v| drop_empty(v, empty));
            members.retain(|_, v| !empty(v));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| drop_empty(v, empty)),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn existing(store: &Store, access: &Access, kind: &str, id: &str) -> Result<Option<Value>, Outcome> {
    match find(store, access, kind, id) {
        Ok(resource) => Ok(Some(resource)),
        // Writing to a deleted id restores it; an id of one's own choice is the super admin's.
        Err(outcome) if outcome.is("gone") || (outcome.is("not-found") && access.super_admin) => Ok(None),
        Err(outcome) => Err(outcome),
    }
}

fn next_meta(store: &Store, access: &Access, existing: Option<&Value>, resource: &Value) -> Value {
    let mut meta = resource["meta"].as_object().cloned().unwrap_or_default();
    let asked_project = meta.get("project").and_then(Value::as_str).map(str::to_owned);
    let asked_accounts = meta
        .get("accounts")
        .cloned()
        .or_else(|| meta.get("account").map(|account| json!([account])))
        .filter(|a| a.as_array().is_some_and(|a| !a.is_empty()));
    for name in [
        "versionId",
        "lastUpdated",
        "author",
        "project",
        "account",
        "accounts",
        "compartment",
        "onBehalfOf",
        "deleted",
    ] {
        meta.shift_remove(name);
    }
    if let Some(reference) = &access.author.on_behalf_of {
        meta.insert("onBehalfOf".into(), reference.clone());
    }
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let old_project = existing.and_then(|e| e["meta"]["project"].as_str()).map(str::to_owned);
    let project = match kind {
        // Filled in by the store, from the id and from the membership's own project.
        "Project" | "ProjectMembership" => None,
        "User" | "Subscription" if access.super_admin => asked_project,
        _ if is_protected(kind) => None,
        _ => asked_project
            .filter(|_| access.super_admin)
            .or(old_project)
            .or_else(|| access.project().map(|p| p.to_string())),
    };
    if let Some(project) = project {
        meta.insert("project".into(), json!(project));
    }
    if let Some(accounts) = accounts(store, access, existing, resource, asked_accounts)
        && let Some(first) = accounts.get(0)
    {
        meta.insert("account".into(), first.clone());
        meta.insert("accounts".into(), accounts);
    }
    Value::Object(meta)
}

// meta.account(s): as asked by those who may, else those of the patient, else those of the creator's policy.
fn accounts(
    store: &Store,
    access: &Access,
    existing: Option<&Value>,
    resource: &Value,
    asked: Option<Value>,
) -> Option<Value> {
    if access.writes_accounts() {
        return asked;
    }
    let mut found: Vec<Value> = Vec::new();
    let mut add = |reference: &Value| {
        if reference.is_object() && !found.contains(reference) {
            found.push(json!({"reference": reference["reference"]}));
        }
    };
    if existing.is_none() && access.policy["compartment"].is_object() {
        add(&access.policy["compartment"]);
    }
    let patient = match resource["resourceType"].as_str() {
        Some("Patient") => existing.cloned(),
        _ => ["patient", "subject"]
            .iter()
            .find_map(|field| resource[*field]["reference"].as_str().filter(|r| r.starts_with("Patient/")))
            .and_then(|reference| store.resolve(reference).ok()),
    };
    if let Some(patient) = patient {
        patient["meta"]["accounts"].as_array().into_iter().flatten().for_each(add);
    }
    if found.is_empty() { None } else { Some(Value::Array(found)) }
}

/// Creates a resource.
pub fn create(
    state: &State,
    caller: &Caller,
    mut resource: Value,
    id: Option<&str>,
) -> Result<Value, Outcome> {
    caller.charge(state, cost::WRITE)?;
    let id = id.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    resource["id"] = json!(id);
    let result = write(&mut state.write(), &caller.access, resource, true, None);
    finished(state, caller, audit::Act::Create, result)
}

/// Replaces a resource.
pub fn update(
    state: &State,
    caller: &Caller,
    resource: Value,
    if_match: Option<&str>,
) -> Result<Value, Outcome> {
    caller.charge(state, cost::WRITE)?;
    let tried = resource.clone();
    let result = write(&mut state.write(), &caller.access, resource, false, if_match);
    if let Err(outcome) = &result {
        audit::record(state, caller, audit::Act::Update, &audit::Seen::of(&tried), Some(outcome));
    }
    finished(state, caller, audit::Act::Update, result)
}

/// Patches a resource; read, patch and write happen at once.
pub fn patch(
    state: &State,
    caller: &Caller,
    kind: &str,
    id: &str,
    operations: &[Value],
    if_match: Option<&str>,
) -> Result<Value, Outcome> {
    caller.charge(state, cost::WRITE)?;
    let patched = |store: &mut Store| {
        let mut resource = find_for_patch(store, &caller.access, kind, id)?;
        patch::apply(&mut resource, operations)?;
        write(store, &caller.access, resource, false, if_match)
    };
    let result = patched(&mut state.write());
    finished(state, caller, audit::Act::Patch, result)
}

// Patching asks the database directly: whoever may not read the type is told 403 by the write that follows.
fn find_for_patch(store: &Store, access: &Access, kind: &str, id: &str) -> Result<Value, Outcome> {
    let kind_id = Kind::of(kind).ok_or_else(unknown_type)?;
    let (_, document) = store.table(kind_id).find(parse_id(id)?).ok_or_else(Outcome::not_found)?;
    if !access.visible(store, Interaction::Read, kind).shows(document) {
        return Err(Outcome::not_found());
    }
    parse(document.body().ok_or_else(Outcome::gone)?).ok_or_else(Outcome::not_found)
}

fn finished(
    state: &State,
    caller: &Caller,
    act: audit::Act,
    result: Result<Value, Outcome>,
) -> Result<Value, Outcome> {
    let mut resource = result?;
    let seen = audit::Seen::of(&resource);
    caller.access.hide(&state.read(), &mut resource);
    audit::record(state, caller, act, &seen, None);
    Ok(resource)
}

/// Deletes a resource softly; what is deleted already stays so.
pub fn delete(state: &State, caller: &Caller, kind: &str, id: &str) -> Result<(), Outcome> {
    caller.charge(state, cost::WRITE)?;
    let seen = {
        let mut store = state.write();
        let resource = match find(&store, &caller.access, kind, id) {
            Ok(resource) => resource,
            Err(outcome) if outcome.is("gone") => return Ok(()),
            Err(outcome) => return Err(outcome),
        };
        if !caller.access.permits(&store, Interaction::Delete, &resource) {
            return Err(Outcome::forbidden());
        }
        store.delete(kind, id);
        audit::Seen::of(&resource)
    };
    audit::record(state, caller, audit::Act::Delete, &seen, None);
    Ok(())
}

/// The history, newest first.
pub fn history(
    state: &State,
    caller: &Caller,
    kind: &str,
    id: &str,
    count: Option<i64>,
    offset: Option<i64>,
) -> Result<Value, Outcome> {
    caller.charge(state, cost::HISTORY)?;
    let store = state.read();
    let found = known_history(&store, caller, kind, id, Interaction::History)?;
    let offset = offset.unwrap_or(0);
    let max = state.settings.max_search_offset;
    if offset > 0 && offset.unsigned_abs() > max {
        return Err(Outcome::bad_request(format!("Search offset exceeds maximum (got {offset}, max {max})")));
    }
    let versions = versions_of(&store, kind, id);
    let limit = usize::try_from(count.unwrap_or(100)).unwrap_or(0).min(1000);
    let entries: Vec<Value> = versions
        .iter()
        .rev()
        .skip(usize::try_from(offset).unwrap_or(0))
        .take(limit)
        .map(|version| history_entry(state, &store, caller, kind, id, version))
        .collect();
    let total = versions.len();
    drop(store);
    if let Some(resource) = found {
        audit::record(state, caller, audit::Act::History, &audit::Seen::of(&resource), None);
    }
    Ok(json!({"resourceType": "Bundle", "type": "history", "entry": entries, "total": total}))
}

fn known_history(
    store: &Store,
    caller: &Caller,
    kind: &str,
    id: &str,
    interaction: Interaction,
) -> Result<Option<Value>, Outcome> {
    match find(store, &caller.access, kind, id) {
        Ok(resource) if caller.access.permits(store, interaction, &resource) => Ok(Some(resource)),
        Ok(_) => Err(Outcome::forbidden()),
        Err(outcome) if outcome.is("gone") => Ok(None),
        Err(outcome) => Err(outcome),
    }
}

fn versions_of<'a>(store: &'a Store, kind: &str, id: &str) -> &'a [Version] {
    let found = Kind::of(kind).and_then(|k| Some((k, id.parse().ok()?)));
    found.and_then(|(k, id)| store.table(k).find(id)).map_or(&[], |(_, d)| d.versions.as_slice())
}

fn history_entry(
    state: &State,
    store: &Store,
    caller: &Caller,
    kind: &str,
    id: &str,
    version: &Version,
) -> Value {
    let full_url = format!("{}fhir/R4/{kind}/{id}", state.base_url);
    let Some(mut resource) = version.body.as_ref().and_then(|b| parse(b)) else {
        let gone = Outcome {
            issues: vec![super::super::outcome::Issue::error(
                "deleted",
                format!("Deleted on {}", super::super::clock::iso(version.at)),
            )],
            ..Outcome::gone()
        };
        return json!({
            "fullUrl": full_url,
            "request": {"method": "DELETE", "url": format!("{kind}/{id}")},
            "response": {"status": "410", "outcome": gone.json()},
        });
    };
    caller.access.hide(store, &mut resource);
    json!({
        "fullUrl": full_url,
        "request": {"method": "GET", "url": format!("{kind}/{id}/_history/{}", version.id)},
        "response": {"status": "200", "outcome": Outcome::ok().json()},
        "resource": resource,
    })
}

/// One version of a resource.
pub fn version(
    state: &State,
    caller: &Caller,
    kind: &str,
    id: &str,
    version: &str,
) -> Result<Value, Outcome> {
    caller.charge(state, cost::READ)?;
    let wanted = parse_id(id).and_then(|_| parse_id(version))?;
    let store = state.read();
    known_history(&store, caller, kind, id, Interaction::Vread)?;
    let found =
        versions_of(&store, kind, id).iter().find(|v| v.id == wanted).ok_or_else(Outcome::not_found)?;
    let body = found.body.as_ref().ok_or_else(Outcome::gone)?;
    let mut resource = parse(body).ok_or_else(Outcome::not_found)?;
    caller.access.hide(&store, &mut resource);
    Ok(resource)
}

/// Creates a resource as the platform itself, checked like any other.
pub fn system_create(store: &mut Store, mut resource: Value) -> Result<Value, Outcome> {
    resource["id"] = json!(Uuid::new_v4().to_string());
    write(store, &Access::system(), resource, true, None)
}

/// Writes the next version as the platform itself, checked like any other.
pub fn system_update(store: &mut Store, resource: Value) -> Result<Value, Outcome> {
    write(store, &Access::system(), resource, false, None)
}
