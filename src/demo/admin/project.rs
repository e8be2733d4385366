//! The project itself: its settings, secrets and sites, and passwords of its own users.

use axum::extract::State;
use serde_json::{Value, json};

use super::super::auth::body::{Fields, Signed, is_email, password_problem};
use super::super::auth::password::store_password;
use super::super::auth_state::Shared;
use super::super::caller::Caller;
use super::super::fhir::repo;
use super::super::lookup;
use super::super::outcome::Refusal;
use super::super::request::{Content, Request};
use super::{Answer, all_ok, json_ok};

use std::sync::Arc;

use axum::Extension;

pub(super) async fn read(Signed(caller): Signed) -> Answer {
    caller.require_admin()?;
    let project = &caller.project;
    let mut shown = json!({"id": project["id"], "name": project["name"]});
    for name in ["setting", "secret", "site"] {
        if !project[name].is_null() {
            shown[name] = project[name].clone();
        }
    }
    Ok(json_ok(&json!({"project": shown})))
}

fn replace(state: &Shared, caller: &Caller, member: &str, content: &Content) -> Answer {
    caller.require_admin()?;
    let mut project = caller.project.clone();
    project[member] = match content {
        Content::Json(value) => value.clone(),
        _ => Value::Object(serde_json::Map::new()),
    };
    Ok(json_ok(&repo::update(state.platform(), caller, project, None)?))
}

pub(super) async fn settings(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Answer {
    replace(&state, &caller, "setting", &request.content)
}

pub(super) async fn secrets(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Answer {
    replace(&state, &caller, "secret", &request.content)
}

pub(super) async fn sites(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Extension(request): Extension<Arc<Request>>,
) -> Answer {
    replace(&state, &caller, "site", &request.content)
}

/// What is wrong with the fields of a forced password.
pub(super) fn password_fields(body: &Fields) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    if !is_email(body.text("email")) {
        problems.push(("email", "Valid email address is required"));
    }
    if let Some(problem) = password_problem(body.text("password")) {
        problems.push(("password", problem));
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal::fields(&problems)) }
}

// Only users of the project itself: server-scoped ones are "not found" here.
pub(super) async fn set_password(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Answer {
    caller.require_admin()?;
    password_fields(&body)?;
    let email = body.text("email").to_lowercase();
    let user = lookup::user_in_scope(&state, &email, Some(caller.project_id()))
        .ok_or_else(|| Refusal::bad_request("User not found"))?;
    store_password(&state, user, body.text("password"))?;
    all_ok()
}
