//! The operations on identity resources (platform-api §8): which there are, and those on users.

pub mod clients;
pub mod csv;
pub mod projects;
pub mod upkeep;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::access::{Access, Interaction};
use super::super::caller::{Caller, reference_to};
use super::super::outcome::{Outcome, Refusal};
use super::super::request::Content;
use super::super::secrets;
use super::super::state::State;
use super::super::store::Store;
use super::routes::{Answer, Ask};
use super::{repo, schema};

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
        ("POST", "ClientApplication", "$rotate-secret") => clients::rotate_secret(state, caller, id, &input)?,
        ("GET", "ClientApplication", "$smart-launch") => clients::smart_launch(state, caller, id, ask)?,
        ("POST", "Project", "$clone") => projects::clone(state, caller, id, &input)?,
        ("GET" | "POST", "Project", "$rate-limits") => projects::rate_limits(state, caller, ask)?,
        ("POST", _, "$refresh-reference-display") => upkeep::refresh_display(state, caller, kind, id)?,
        ("POST", _, "$expunge") => upkeep::expunge(state, caller, kind, id, ask)?,
        ("POST", _, "$reindex") => {
            if !caller.is_super_admin() {
                return Err(Outcome::forbidden().into());
            }
            Answer::from(Outcome::ok())
        }
        ("POST", _, "$validate") => upkeep::validate(kind, &ask.json())?,
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
