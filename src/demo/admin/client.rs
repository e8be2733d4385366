//! Clients and bots: resources with a membership of their own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::auth::body::{Fields, Signed};
use super::super::auth_state::Shared;
use super::super::caller::{Caller, reference_to};
use super::super::fhir::repo;
use super::super::outcome::{JSON, Refusal, respond};
use super::super::secrets;
use super::Answer;

pub(super) async fn create(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(project): Path<String>,
    body: Fields,
) -> Answer {
    caller.require_admin()?;
    named(&body, "Client name is required")?;
    let mut client = json!({"resourceType": "ClientApplication", "secret": secrets::hex(32)});
    client["meta"]["project"] = json!(project_id(&caller, &project));
    made(&state, &caller, &project, client, body.0)
}

pub(super) async fn create_bot(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(project): Path<String>,
    body: Fields,
) -> Answer {
    caller.require_admin()?;
    named(&body, "Bot name is required")?;
    let mut bot = json!({"resourceType": "Bot", "runtimeVersion": "awslambda"});
    bot["meta"]["project"] = json!(project_id(&caller, &project));
    made(&state, &caller, &project, bot, body.0)
}

fn named(body: &Fields, problem: &'static str) -> Result<(), Refusal> {
    let empty = body.0.get("name").is_none_or(|n| n.is_null() || *n == json!(""));
    if empty { Err(Refusal::fields(&[("name", problem)])) } else { Ok(()) }
}

fn project_id(caller: &Caller, asked: &str) -> String {
    if caller.is_super_admin() { asked.to_owned() } else { caller.project_id().to_owned() }
}

fn made(
    state: &Shared,
    caller: &Caller,
    project: &str,
    mut resource: Value,
    mut fields: Map<String, Value>,
) -> Answer {
    let policy = fields.shift_remove("accessPolicy").filter(|p| !p.is_null());
    for name in ["project", "id", "meta", "resourceType"] {
        fields.shift_remove(name);
    }
    for (name, value) in fields {
        resource[name] = value;
    }
    let project = if caller.is_super_admin() {
        json!({"reference": format!("Project/{project}")})
    } else {
        reference_to(&caller.project)
    };
    let resource = {
        let mut store = state.platform().write();
        let resource = repo::system_create(&mut store, resource)?;
        let mut membership = json!({
            "resourceType": "ProjectMembership",
            "project": project,
            "user": reference_to(&resource),
            "profile": reference_to(&resource),
        });
        if let Some(policy) = policy {
            membership["accessPolicy"] = policy;
        }
        repo::system_create(&mut store, membership)?;
        resource
    };
    Ok(respond(StatusCode::CREATED, JSON, resource.to_string()))
}
