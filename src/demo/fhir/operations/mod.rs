//! The operations on identity resources (platform-api §8).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::access::{Access, Interaction};
use super::super::auth::register;
use super::super::auth_state;
use super::super::caller::{Caller, display, reference_to};
use super::super::kinds::Kind;
use super::super::outcome::{Outcome, Refusal};
use super::super::request::Content;
use super::super::secrets;
use super::super::state::State;
use super::super::store::{Store, params, unknown_type};
use super::repo::{self, cost};
use super::routes::{Answer, Ask, Given};
use super::{bundle, schema};

/// An operation on one resource: method, type, id, name with its dollar sign.
pub fn on_resource(
    state: &State,
    caller: &Arc<Caller>,
    (method, kind, id, operation): (&str, &str, &str, &str),
    ask: &Ask,
) -> Result<Answer, Refusal> {
    let input = input(ask);
    Ok(match (method, kind, operation) {
        ("POST", "User", "$update-email") => update_email(state, caller, id, &input)?,
        ("POST", "User", "$rescope") => rescope(state, caller, id, &input)?,
        ("POST", "ClientApplication", "$rotate-secret") => rotate_secret(state, caller, id, &input)?,
        ("GET" | "POST", "Project", "$rate-limits") => rate_limits(state, caller, ask)?,
        ("POST", _, "$refresh-reference-display") => refresh_display(state, caller, kind, id)?,
        ("POST", _, "$expunge") => expunge(state, caller, kind, id, ask)?,
        ("POST", _, "$reindex") => {
            if !caller.is_super_admin() {
                return Err(Outcome::forbidden().into());
            }
            Answer::from(Outcome::ok())
        }
        ("POST", _, "$validate") => validate(kind, &ask.json())?,
        _ => return Err(Outcome::not_found().into()),
    })
}

/// Input of an operation: a plain object, or a `Parameters` resource.
fn input(ask: &Ask) -> Map<String, Value> {
    let Content::Json(Value::Object(body)) = &ask.content else {
        return ask.query.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    };
    if body.get("resourceType") != Some(&json!("Parameters")) {
        return body.clone();
    }
    let mut out = Map::new();
    for parameter in body.get("parameter").and_then(Value::as_array).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = parameter.as_object().into_iter().flatten().find(|(k, _)| k.starts_with("value"));
        if let Some((_, value)) = value {
            out.insert(name.to_owned(), value.clone());
        }
    }
    out
}

fn required<'a>(input: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Outcome> {
    input.get(name).filter(|v| !v.is_null() && **v != json!("")).ok_or_else(|| {
        Outcome::bad_request(format!("Expected at least 1 value(s) for required input parameter '{name}'"))
    })
}

// Any value but false and an empty text counts as yes, as the platform has it (platform-api §17).
fn is_yes(input: &Map<String, Value>, name: &str) -> bool {
    input.get(name).is_some_and(|v| !matches!(v, Value::Null | Value::Bool(false)) && *v != json!(""))
}

fn update_email(
    state: &State,
    caller: &Caller,
    id: &str,
    input: &Map<String, Value>,
) -> Result<Answer, Outcome> {
    caller.require_admin()?;
    let email = required(input, "email")?;
    let store = &mut *state.write();
    let mut user = store.read("User", id)?;
    let own = format!("Project/{}", caller.project_id());
    if !caller.is_super_admin() && user["project"]["reference"] != own.as_str() {
        return Err(Outcome::forbidden());
    }
    let with_profile = is_yes(input, "updateProfileTelecom");
    if with_profile && !user["project"].is_object() {
        return Err(Outcome::bad_request("Cannot update profile of server-scoped User"));
    }
    let old = user["email"].clone();
    user["email"] = email.clone();
    user["emailVerified"] = json!(false);
    // Everything that can be refused is refused before anything is written: the platform rolls back.
    schema::validate(&user)?;
    store.check_unique(&user)?;
    let verifies = !is_yes(input, "skipEmailVerification");
    if verifies && state.settings.mail_fails {
        return Err(Outcome::bad_request("connect ECONNREFUSED 127.0.0.1:9"));
    }
    let user = repo::write(store, &Access::system(), user, false, None)?;
    if verifies {
        let link = open_link(state, store, &user, "verify-email", "verifyemail")?;
        let text = format!(
            "We received a request to change the address of your account. Open this link to confirm it:\n\n{link}\n"
        );
        let to = email.as_str().unwrap_or_default();
        state.mail(to, "E-mail address changed", &text).map_err(|e| Outcome::bad_request(e.0))?;
    }
    if with_profile {
        update_telecom(store, &user, &old, email)?;
    }
    Ok(Answer::ok(user))
}

fn update_telecom(store: &mut Store, user: &Value, old: &Value, new: &Value) -> Result<(), Outcome> {
    let reference = format!("User/{}", user["id"].as_str().unwrap_or_default());
    let members = store.find_by("ProjectMembership", "user", &reference);
    let Some(member) = members.iter().find(|m| m["project"]["reference"] == user["project"]["reference"])
    else {
        return Ok(());
    };
    let mut profile = store.resolve(member["profile"]["reference"].as_str().unwrap_or_default())?;
    if !["Patient", "Practitioner", "RelatedPerson"].iter().any(|k| profile["resourceType"] == **k) {
        return Ok(());
    }
    let mut telecom = profile["telecom"].as_array().cloned().unwrap_or_default();
    if !telecom.iter().any(|c| c["system"] == "email" && c["value"] == *new) {
        telecom.push(json!({"use": "work", "system": "email", "value": new}));
    }
    for contact in &mut telecom {
        if contact["system"] == "email" && contact["value"] == *old {
            contact["use"] = json!("old");
        }
    }
    profile["telecom"] = Value::Array(telecom);
    store.system_update(profile).map(drop)
}

/// Opens a `UserSecurityRequest` of a type and returns the link to mail; `page` is where it leads in the web app.
pub fn open_link(
    state: &State,
    store: &mut Store,
    user: &Value,
    kind: &str,
    page: &str,
) -> Result<String, Outcome> {
    let secret = secrets::hex(16);
    let mut request = json!({
        "resourceType": "UserSecurityRequest",
        "type": kind,
        "user": reference_to(user),
        "secret": secret,
    });
    if let Some(project) = user["project"]["reference"].as_str().and_then(|r| r.strip_prefix("Project/")) {
        request["meta"] = json!({"project": project});
    }
    let request = store.system_create(request)?;
    Ok(format!("{}{page}/{}/{secret}", state.app_url, request["id"].as_str().unwrap_or_default()))
}

fn rescope(state: &State, caller: &Caller, id: &str, input: &Map<String, Value>) -> Result<Answer, Outcome> {
    let scope = required(input, "scope")?.as_str().unwrap_or_default().to_owned();
    if scope != "project" && scope != "server" {
        return Err(Outcome::bad_request("Invalid scope: must be \"project\" or \"server\""));
    }
    let mut target = None;
    if scope == "project" {
        let Some(project) = input.get("project").filter(|p| !p.is_null()) else {
            return Err(Outcome::bad_request("Missing required \"project\" reference for scope \"project\""));
        };
        let reference = project["reference"].as_str().unwrap_or_default();
        target = Some(
            reference
                .strip_prefix("Project/")
                .filter(|id| !id.is_empty())
                .ok_or_else(|| Outcome::bad_request("Invalid project reference"))?
                .to_owned(),
        );
    }
    let store = &mut *state.write();
    let mut user = repo::find(store, &caller.access, "User", id)?;
    let own = format!("Project/{}", caller.project_id());
    let allowed = if scope == "project" {
        caller.is_super_admin()
    } else {
        caller.is_super_admin() || (caller.is_project_admin() && user["project"]["reference"] == own.as_str())
    };
    if !allowed || !caller.access.permits(store, Interaction::Update, &user) {
        return Err(Outcome::forbidden());
    }
    if let Some(target) = target {
        let reference = format!("Project/{target}");
        if user["project"]["reference"] == reference.as_str() {
            return Err(Outcome::bad_request("User is already scoped to this project"));
        }
        let project = store.read("Project", &target)?;
        let members = store.find_by("ProjectMembership", "user", &format!("User/{id}"));
        if members.iter().any(|m| m["project"]["reference"] != reference.as_str()) {
            return Err(Outcome::bad_request(
                "User has ProjectMembership in another project; remove those memberships before rescoping",
            ));
        }
        user["meta"]["project"] = json!(target);
        user["project"] = reference_to(&project);
    } else {
        if !user["project"].is_object() {
            return Err(Outcome::bad_request("User is already server-scoped"));
        }
        // Null members are dropped when the resource is written.
        user["meta"]["project"] = Value::Null;
        user["project"] = Value::Null;
    }
    Ok(Answer::ok(repo::write(store, &Access::system(), user, false, None)?))
}

fn rotate_secret(
    state: &State,
    caller: &Caller,
    id: &str,
    input: &Map<String, Value>,
) -> Result<Answer, Outcome> {
    caller.require_admin()?;
    let text = |name: &str| input.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let store = &mut *state.write();
    let (current, retiring) = match (text("secret"), text("retiringSecret")) {
        (None, None) => return Err(Outcome::bad_request("Secret to rotate must be provided")),
        (Some(_), Some(_)) => return Err(Outcome::bad_request("Only one secret can be rotated at a time")),
        pair => pair,
    };
    let mut client = store.read("ClientApplication", id)?;
    if current.is_some_and(|c| client["secret"] == c) {
        client["retiringSecret"] = client["secret"].clone();
        client["secret"] = json!(secrets::hex(32));
    } else if retiring.is_some_and(|r| client["retiringSecret"] == r) {
        if let Some(members) = client.as_object_mut() {
            members.shift_remove("retiringSecret");
        }
    } else {
        return Err(Outcome::bad_request("Provided secret does not match client"));
    }
    Ok(Answer::ok(repo::write(store, &Access::system(), client, false, None)?))
}

fn rate_limits(state: &State, caller: &Caller, ask: &Ask) -> Result<Answer, Outcome> {
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

// Every Reference in the resource gets the display of what it names, as far as the caller may read that.
fn refresh_display(state: &State, caller: &Caller, kind: &str, id: &str) -> Result<Answer, Outcome> {
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

fn expunge(state: &State, caller: &Caller, kind: &str, id: &str, ask: &Ask) -> Result<Answer, Outcome> {
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

/// `$csv`: references become display texts.
pub fn csv(state: &State, caller: &Caller, kind: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let fields = ask.query("_fields").filter(|f| !f.is_empty());
    let fields = fields.ok_or_else(|| Outcome::bad_request("Missing _fields parameter"))?;
    if Kind::of(kind).is_none() {
        return Err(Outcome::bad_request("Unsupported resource type"));
    }
    caller.charge(state, cost::SEARCH)?;
    let pairs: Vec<(String, String)> = ask.query.iter().filter(|(k, _)| k != "_fields").cloned().collect();
    let mut query = super::super::search::query::Query::parse(kind, &pairs)?;
    query.count = Some(Some(1000));
    let (bytes, _) = bundle::search(state, &state.read(), &caller.access, &mut query)?;
    let bundle: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let columns: Vec<&str> = fields.split(',').collect();
    let mut lines = vec![columns.join(",")];
    for entry in bundle["entry"].as_array().into_iter().flatten() {
        let cells: Vec<String> = columns.iter().map(|c| cell(kind, c, &entry["resource"])).collect();
        lines.push(cells.join(","));
    }
    Ok(Answer { outcome: Outcome::ok(), given: Given::Csv(format!("\u{feff}{}", lines.join("\n"))) })
}

fn cell(kind: &str, column: &str, resource: &Value) -> String {
    let mut element = params::find(kind, column).map_or(column, |(_, p)| p.first_path()).split('.');
    let mut value = element.next().map_or(&Value::Null, |name| &resource[name]);
    for name in element {
        value = &value[name];
    }
    let value = if value.is_array() { &value[0] } else { value };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => return "true".into(),
        Value::Number(number) => return number.to_string(),
        Value::Object(members) if members.contains_key("family") => {
            super::super::caller::person_name(value).unwrap_or_default()
        }
        Value::Object(members) => ["display", "reference", "value", "text"]
            .iter()
            .find_map(|name| members.get(*name).and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned(),
        _ => return String::new(),
    };
    let text = text.trim().replace('"', "\"\"");
    // Spreadsheets run cells that begin like a formula.
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{text}\"")
}

/// JSON Patch operations written as a `Parameters` resource, and `FHIRPath` Patch as far as plain paths go.
pub fn patch_of_parameters(parameters: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    for operation in parameters["parameter"].as_array().into_iter().flatten() {
        let mut parts = Map::new();
        for part in operation["part"].as_array().into_iter().flatten() {
            let value = part.as_object().into_iter().flatten().find(|(k, _)| k.starts_with("value"));
            if let (Some(name), Some((_, value))) = (part["name"].as_str(), value) {
                parts.insert(name.to_owned(), value.clone());
            }
        }
        if parts.contains_key("op") {
            if let Some(text) = parts.get("value").and_then(Value::as_str) {
                let read = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                parts.insert("value".into(), read);
            }
            out.push(Value::Object(parts));
            continue;
        }
        let path = parts.get("path").and_then(Value::as_str).unwrap_or_default();
        let path =
            path.split_once('.').map_or_else(String::new, |(_, rest)| format!("/{}", rest.replace('.', "/")));
        let value = parts.get("value").cloned().unwrap_or_default();
        out.push(match parts.get("type").and_then(Value::as_str) {
            Some("add") => {
                let name = parts.get("name").and_then(Value::as_str).unwrap_or_default();
                json!({"op": "add", "path": format!("{path}/{name}"), "value": value})
            }
            Some("replace") => json!({"op": "replace", "path": path, "value": value}),
            Some("delete") => json!({"op": "remove", "path": path}),
            other => json!({"op": other, "path": path, "value": value}),
        });
    }
    out
}
