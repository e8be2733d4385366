//! SCIM 2.0 users (platform-api §7): a SCIM "user" is a membership together with its user.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Router, routing};
use serde_json::{Map, Value, json};

use super::admin::invite::{Invitation, run};
use super::auth::body::Signed;
use super::auth_state::Shared;
use super::caller::Caller;
use super::fhir::{patch, repo};
use super::kinds::Kind;
use super::outcome::{Issue, JSON, Outcome, Refusal, respond};
use super::request::Request;
use super::store::{Store, params, parse};

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const MOST: usize = 1000;

/// All routes below `/scim/v2`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/scim/v2/Users", routing::get(list).post(create))
        .route("/scim/v2/Users/{id}", routing::get(read).put(replace).patch(change).delete(remove))
}

/// SCIM's own error object (RFC 7644 §3.12).
fn answer(result: Result<(StatusCode, Value), Refusal>) -> Result<Response, Refusal> {
    let outcome = match result {
        Ok((status, body)) => return Ok(respond(status, JSON, body.to_string())),
        Err(Refusal::Outcome(outcome)) => outcome,
        Err(other) => return Err(other),
    };
    let status = outcome.status();
    let detail: Vec<String> = outcome.issues.iter().map(detail).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.as_str(),
        "detail": detail.join("; "),
    });
    Ok(respond(status, JSON, body.to_string()))
}

fn detail(issue: &Issue) -> String {
    let mut text = issue.text.clone();
    for more in [&issue.diagnostics, &issue.expression].into_iter().flatten() {
        // Writing to a String cannot fail.
        let _ = write!(text, " ({more})");
    }
    text
}

fn shown(state: &Shared, user: &Value, membership: &Value) -> Value {
    let (kind, profile) =
        membership["profile"]["reference"].as_str().and_then(|r| r.split_once('/')).unwrap_or_default();
    let id = membership["id"].as_str().unwrap_or_default();
    let updated = &membership["meta"]["lastUpdated"];
    let mut out = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": id,
        "meta": {
            "resourceType": "User",
            "version": updated,
            "lastModified": updated,
            // "2.0" though the route is "v2", as the platform writes it (platform-api §14.20).
            "location": format!("{}scim/2.0/Users/{id}", state.platform().base_url),
        },
        "userType": kind,
        "userName": membership["userName"].as_str().unwrap_or(profile),
    });
    let external = [&membership["externalId"], &user["externalId"]].into_iter().find(|e| e.is_string());
    if let Some(external) = external {
        out["externalId"] = external.clone();
    }
    out["name"] = json!({});
    for (name, field) in [("givenName", "firstName"), ("familyName", "lastName")] {
        if user[field].is_string() {
            out["name"][name] = user[field].clone();
        }
    }
    out["emails"] = if user["email"].is_string() { json!([{"value": user["email"]}]) } else { json!([{}]) };
    out["active"] = json!(membership["active"] != false);
    out
}

async fn list(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    // Only this one form of a filter is understood, anything else is ignored.
    let wanted = request
        .query("filter")
        .and_then(|f| f.strip_prefix("userName eq \""))
        .and_then(|f| f.strip_suffix('"'))
        .filter(|f| !f.is_empty() && !f.contains('"'))
        .map(str::to_lowercase);
    let store = state.platform().read();
    let users: Vec<Value> = memberships(&store, &caller)
        .filter(|m| {
            wanted.as_ref().is_none_or(|w| {
                m["userName"].as_str().is_some_and(|name| name.to_lowercase().starts_with(w.as_str()))
            })
        })
        .take(MOST)
        .map(|m| shown(&state, &store.resolve(reference(&m["user"])).unwrap_or_default(), &m))
        .collect();
    answer(Ok((
        StatusCode::OK,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": users.len(),
            "itemsPerPage": users.len(),
            "startIndex": 1,
            "Resources": users,
        }),
    )))
}

// Human members of the caller's project in the order of their last write.
fn memberships<'a>(store: &'a Store, caller: &Caller) -> impl Iterator<Item = Value> + use<'a> {
    let kind = Kind::of("ProjectMembership");
    let own = caller.access.project();
    let profile_type = params::find("ProjectMembership", "profile-type").map(|(at, _)| at);
    let table = kind.map(|k| store.table(k));
    let rows = table.and_then(|t| t.of_project(own)).into_iter().flatten();
    rows.filter_map(move |(_, slot)| table.and_then(|t| t.at(*slot)))
        .filter(move |d| {
            profile_type.is_some_and(|at| {
                d.values_of(at).any(|t| ["|Patient", "|Practitioner", "|RelatedPerson"].contains(&t))
            })
        })
        .filter_map(|d| parse(d.body()?))
}

fn reference(value: &Value) -> &str {
    value["reference"].as_str().unwrap_or_default()
}

fn own_membership(store: &Store, caller: &Caller, id: &str) -> Result<Value, Outcome> {
    let membership = store.read("ProjectMembership", id)?;
    if reference(&membership["project"]) == format!("Project/{}", caller.project_id()) {
        Ok(membership)
    } else {
        Err(Outcome::forbidden())
    }
}

async fn read(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    let found = || -> Result<(StatusCode, Value), Refusal> {
        let store = state.platform().read();
        let membership = own_membership(&store, &caller, &id)?;
        let user = store.resolve(reference(&membership["user"]))?;
        Ok((StatusCode::OK, shown(&state, &user, &membership)))
    };
    answer(found())
}

async fn create(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    let made = || -> Result<(StatusCode, Value), Refusal> {
        if !caller.user_reference().starts_with("User/") {
            return Err(Refusal::bad_request("Disallowed login user type"));
        }
        let asked = request.json();
        let kind = asked["userType"].as_str().filter(|k| ["Patient", "RelatedPerson"].contains(k));
        let kind = kind.unwrap_or("Practitioner");
        if kind == "Patient" && !caller.project["defaultPatientAccessPolicy"].is_object() {
            return Err(Refusal::bad_request("Missing defaultPatientAccessPolicy"));
        }
        let inviter = caller.membership["user"].clone();
        let mut fields = Map::new();
        fields.insert("resourceType".into(), json!(kind));
        fields.insert("firstName".into(), asked["name"]["givenName"].clone());
        fields.insert("lastName".into(), asked["name"]["familyName"].clone());
        fields.insert("email".into(), asked["emails"][0]["value"].clone());
        fields.insert("externalId".into(), asked["externalId"].clone());
        fields.insert("sendEmail".into(), json!(false));
        fields.insert("membership".into(), json!({"invitedBy": inviter, "userName": asked["userName"]}));
        let invitation = Invitation { project: caller.project.clone(), invited_by: inviter, fields };
        let invited = run(state.platform(), &invitation)?;
        Ok((StatusCode::CREATED, shown(&state, &invited.user, &invited.membership)))
    };
    answer(made())
}

async fn replace(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    // The id of the body counts, not that of the path.
    let asked = request.json();
    let id = asked["id"].as_str().unwrap_or_default().to_owned();
    answer(write(&state, &caller, &id, |_| Ok(asked)))
}

async fn change(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(id): Path<String>,
    Extension(request): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    let asked = request.json();
    answer(write(&state, &caller, &id, |mut current| {
        patch::apply(&mut current, &json_patch(&asked)?)?;
        Ok(current)
    }))
}

fn write(
    state: &Shared,
    caller: &Caller,
    id: &str,
    next: impl FnOnce(Value) -> Result<Value, Outcome>,
) -> Result<(StatusCode, Value), Refusal> {
    let store = &mut *state.platform().write();
    let mut membership = own_membership(store, caller, id)?;
    let mut user = store.resolve(reference(&membership["user"]))?;
    let asked = next(shown(state, &user, &membership))?;
    // Nulls go away on writing: what is not said is erased, external ids too (platform-api §7).
    user["firstName"] = asked["name"]["givenName"].clone();
    user["lastName"] = asked["name"]["familyName"].clone();
    user["externalId"] = asked["externalId"].clone();
    membership["externalId"] = asked["externalId"].clone();
    if let Some(email) = asked["emails"][0].get("value").filter(|e| !e.is_null() && **e != json!("")) {
        user["email"] = email.clone();
    }
    if let Some(active) = asked.get("active").filter(|a| !a.is_null()) {
        membership["active"] = active.clone();
    }
    let user = repo::system_update(store, user)?;
    let membership = repo::system_update(store, membership)?;
    Ok((StatusCode::OK, shown(state, &user, &membership)))
}

async fn remove(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.require_admin()?;
    let mut store = state.platform().write();
    if let Err(outcome) = own_membership(&store, &caller, &id) {
        return answer(Err(outcome.into()));
    }
    store.delete("ProjectMembership", &id);
    let mut response = respond(StatusCode::NO_CONTENT, JSON, "");
    response.headers_mut().clear();
    Ok(response)
}

// SCIM leaves out leading slashes, and may leave out the path of add and replace altogether (RFC 7644 §3.5.2).
fn json_patch(asked: &Value) -> Result<Vec<Value>, Outcome> {
    let invalid = |what: &str| Outcome::bad_request(format!("Invalid SCIM patch: {what}"));
    if asked["schemas"][0] != PATCH {
        return Err(invalid("missing required schema"));
    }
    let mut out = Vec::new();
    for operation in asked["Operations"].as_array().into_iter().flatten() {
        let op = operation["op"].as_str().unwrap_or_default();
        if !["add", "remove", "replace"].contains(&op) {
            return Err(invalid("unsupported operation"));
        }
        match operation["path"].as_str().filter(|p| !p.is_empty()) {
            Some(path) if path.starts_with('/') => return Err(invalid("path must not start with \"/\"")),
            Some(path) => {
                let mut operation = operation.clone();
                operation["path"] = json!(format!("/{path}"));
                out.push(operation);
            }
            None if op == "remove" => return Err(invalid("missing required path")),
            None => {
                let members = operation["value"]
                    .as_object()
                    .ok_or_else(|| invalid("value must be an object if path is missing"))?;
                out.extend(
                    members
                        .iter()
                        .map(|(name, value)| json!({"op": op, "path": format!("/{name}"), "value": value})),
                );
            }
        }
    }
    Ok(out)
}
