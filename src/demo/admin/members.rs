//! Members of the caller's project: read, replaced, removed; factors and passwords reset.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use serde_json::Value;

use super::super::access::reconciled;
use super::super::auth::body::{Fields, Signed};
use super::super::auth::mfa::{enrolled_methods, without_method};
use super::super::auth_state::Shared;
use super::super::caller::Caller;
use super::super::fhir::{operations, repo};
use super::super::outcome::{Outcome, Refusal};
use super::super::request::Request;
use super::{Answer, all_ok, json_ok, require_own};

type Place = Path<(String, String)>;

fn own_member(state: &Shared, caller: &Caller, id: &str) -> Result<Value, Refusal> {
    caller.require_admin()?;
    let membership = repo::read(state.platform(), caller, "ProjectMembership", id)?;
    require_own(caller, &membership)?;
    Ok(membership)
}

fn user_of(state: &Shared, membership: &Value) -> Result<Value, Outcome> {
    state.platform().read().resolve(membership["user"]["reference"].as_str().unwrap_or_default())
}

pub(super) async fn read(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path((_, id)): Place,
) -> Answer {
    Ok(json_ok(&own_member(&state, &caller, &id)?))
}

pub(super) async fn update(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path((_, id)): Place,
    Extension(request): Extension<Arc<Request>>,
) -> Answer {
    own_member(&state, &caller, &id)?;
    let resource = request.json();
    if resource["resourceType"] != "ProjectMembership" || resource["id"] != id.as_str() {
        return Err(Outcome::forbidden().into());
    }
    let resource = reconciled(&caller.project, &resource);
    Ok(json_ok(&repo::update(state.platform(), &caller, resource, None)?))
}

pub(super) async fn delete(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path((_, id)): Place,
) -> Answer {
    let membership = own_member(&state, &caller, &id)?;
    let owner = &caller.project["owner"]["reference"];
    if owner.is_string() && *owner == membership["user"]["reference"] {
        return Err(Refusal::bad_request("Cannot delete the owner of the project"));
    }
    let user = user_of(&state, &membership)?;
    let own = format!("Project/{}", caller.project_id());
    if user["project"]["reference"] != own.as_str() {
        repo::delete(state.platform(), &caller, "ProjectMembership", &id)?;
        return all_ok();
    }
    // A user who exists for this project only goes with their last membership.
    let mut store = state.platform().write();
    let user_id = user["id"].as_str().unwrap_or_default();
    let others = store.find_by("ProjectMembership", "user", &format!("User/{user_id}"));
    store.delete("ProjectMembership", &id);
    if others.len() == 1 {
        store.delete("User", user_id);
    }
    all_ok()
}

pub(super) async fn reset_mfa(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path((_, id)): Place,
    body: Fields,
) -> Answer {
    caller.require_admin()?;
    let method = match body.0.get("method") {
        None => "totp",
        Some(Value::String(method)) if method == "totp" || method == "email" => method,
        Some(_) => return Err(Refusal::fields(&[("method", "Method must be \"totp\" or \"email\"")])),
    };
    let membership = own_member(&state, &caller, &id)?;
    let user = user_of(&state, &membership)?;
    if !enrolled_methods(&user).iter().any(|m| m == method) {
        return Err(Refusal::bad_request(format!("User is not enrolled in MFA method: {method}")));
    }
    let user = without_method(user, Some(method));
    let user = repo::system_update(&mut state.platform().write(), user)?;
    if let Some(email) = user["email"].as_str() {
        // The reset stays when the notice cannot be sent (platform-api §5).
        let text = "A project administrator has reset your second factor.";
        state
            .platform()
            .mail(email, "Your multi-factor authentication has been reset", text)
            .map_err(|_| Refusal::Broken)?;
    }
    all_ok()
}

pub(super) async fn reset_password(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path((_, id)): Place,
) -> Answer {
    let membership = own_member(&state, &caller, &id)?;
    let user = user_of(&state, &membership)?;
    let Some(email) = user["email"].as_str() else {
        return Err(Refusal::bad_request("User does not have an email address"));
    };
    let platform = state.platform();
    let link = operations::open_link(platform, &mut platform.write(), &user, "reset", "setpassword")?;
    let text = format!("A project administrator asked for a new password for you. Set it here:\n\n{link}\n");
    platform.mail(email, "Reset your password", &text).map_err(|_| Refusal::Broken)?;
    all_ok()
}
