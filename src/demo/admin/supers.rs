//! What only a super admin may do (platform-api §6.2).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};

use super::super::auth::body::{Fields, Signed};
use super::super::auth::password::store_password;
use super::super::auth_state::Shared;
use super::super::caller::Caller;
use super::super::kinds::Kind;
use super::super::lookup;
use super::super::outcome::{Issue, Outcome, Refusal};
use super::super::request::Request;
use super::super::search::query::instant_range;
use super::project::password_fields;
use super::{Answer, all_ok};

const TASKS: [&str; 14] = [
    "valuesets",
    "structuredefinitions",
    "searchparameters",
    "reindex",
    "lambda-cleaner",
    "removebotidjobsfromqueue",
    "rebuildprojectid",
    "migrations",
    "migrate",
    "reconcile-db-schema-drift",
    "setdataversion",
    "tablesettings",
    "vacuum",
    "reloadcron",
];

fn require_super(caller: &Caller) -> Result<(), Outcome> {
    if caller.is_super_admin() { Ok(()) } else { Err(Outcome::forbidden()) }
}

pub(super) async fn set_password(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Answer {
    require_super(&caller)?;
    password_fields(&body)?;
    let user = lookup::user_by_email(&state, body.text("email"), body.some("projectId"))
        .ok_or_else(|| Refusal::bad_request("User not found"))?;
    store_password(&state, user, body.text("password"))?;
    all_ok()
}

pub(super) async fn purge(State(state): State<Shared>, Signed(caller): Signed, body: Fields) -> Answer {
    require_super(&caller)?;
    let kind = body.text("resourceType");
    let mut problems = Vec::new();
    if kind != "AuditEvent" && kind != "Login" {
        problems.push(("resourceType", "Invalid resource type"));
    }
    let before = instant_range(body.text("before"));
    if before.is_none() {
        problems.push(("before", "Invalid before date"));
    }
    let (Some((before, _)), true) = (before, problems.is_empty()) else {
        return Err(Refusal::fields(&problems));
    };
    let mut store = state.platform().write();
    let Some(kind_id) = Kind::of(kind) else { return Err(Outcome::not_found().into()) };
    let old: Vec<String> = store
        .table(kind_id)
        .in_order()
        .iter()
        .take_while(|(at, _)| *at < before)
        .filter_map(|(_, slot)| store.table(kind_id).at(*slot))
        .map(|d| d.id.to_string())
        .collect();
    for id in old {
        store.expunge(kind, &id);
    }
    all_ok()
}

// Maintenance has nothing to do in memory; it is accepted, and done at once.
pub(super) async fn maintain(
    Signed(caller): Signed,
    Path(task): Path<String>,
    Extension(request): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    if !TASKS.contains(&task.as_str()) {
        return Err(Refusal::NoRoute(request.method.to_string(), request.original_path.clone()));
    }
    require_super(&caller)?;
    if !request.header("prefer").is_some_and(|p| p.contains("respond-async")) {
        return Err(Refusal::bad_request("Operation requires \"Prefer: respond-async\""));
    }
    let accepted = Outcome {
        id: Some("accepted".into()),
        issues: vec![Issue { severity: "information", ..Issue::error("informational", "Accepted") }],
        bare: false,
    };
    Ok(accepted.into_response())
}
