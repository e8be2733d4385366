//! The admin API (platform-api §6): invitations, members, clients, settings, and what only a super admin may do.

mod client;
pub mod invite;
mod members;
mod project;
mod supers;

use axum::response::Response;
use axum::{Router, routing};
use serde_json::Value;

use super::auth_state::Shared;
use super::caller::Caller;
use super::outcome::{Outcome, Refusal, json_response};

type Answer = Result<Response, Refusal>;

/// All routes below `/admin`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/admin/projects/setpassword", routing::post(project::set_password))
        .route("/admin/projects/{project}", routing::get(project::read))
        .route("/admin/projects/{project}/settings", routing::post(project::settings))
        .route("/admin/projects/{project}/secrets", routing::post(project::secrets))
        .route("/admin/projects/{project}/sites", routing::post(project::sites))
        .route("/admin/projects/{project}/invite", routing::post(invite::handle))
        .route("/admin/projects/{project}/client", routing::post(client::create))
        .route("/admin/projects/{project}/bot", routing::post(client::create_bot))
        .route(
            "/admin/projects/{project}/members/{member}",
            routing::get(members::read).post(members::update).delete(members::delete),
        )
        .route("/admin/projects/{project}/members/{member}/mfa/reset", routing::post(members::reset_mfa))
        .route(
            "/admin/projects/{project}/members/{member}/resetpassword",
            routing::post(members::reset_password),
        )
        .route("/admin/super/setpassword", routing::post(supers::set_password))
        .route("/admin/super/purge", routing::post(supers::purge))
        .route("/admin/super/{task}", routing::post(supers::maintain))
}

fn all_ok() -> Answer {
    Err(Outcome::ok().into())
}

fn json_ok(resource: &Value) -> Response {
    json_response(resource)
}

/// Is this membership of the caller's own project? The project in the path is not asked (platform-api §6).
fn require_own(caller: &Caller, membership: &Value) -> Result<(), Outcome> {
    let own = format!("Project/{}", caller.project_id());
    if membership["project"]["reference"] == own.as_str() { Ok(()) } else { Err(Outcome::forbidden()) }
}
