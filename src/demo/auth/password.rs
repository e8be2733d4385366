//! Passwords: changed by their owner, reset by a mailed link, and the confirmation of an address.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::auth_state::Shared;
use super::super::tokens::random_hex;
use super::super::{lookup, records, session};
use super::body::{Fields, Signed, is_email, password_problem};
use super::login::{method_of, password_fits};
use super::me::all_ok;
use super::refusal::{Refusal, ok_json};

/// A bcrypt hash at the lowest cost: nothing here is worth a slow one.
pub fn hash_password(password: &str) -> Result<String, Refusal> {
    bcrypt::hash(password, 4).map_err(|_| Refusal::Broken)
}

/// Stores a new password and ends every session of the user.
pub fn store_password(state: &Shared, mut user: Value, password: &str) -> Result<Value, Refusal> {
    user["passwordHash"] = json!(hash_password(password)?);
    let user = records::update(state, user)?;
    session::revoke_all(state, &user)?;
    Ok(user)
}

pub(super) async fn change(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Result<Response, Refusal> {
    let mut problems = Vec::new();
    if body.some("oldPassword").is_none() {
        problems.push(("oldPassword", "Missing oldPassword"));
    }
    if let Some(problem) = password_problem(body.text("newPassword")) {
        problems.push(("newPassword", problem));
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let user = records::read_reference(&state, &caller.membership["user"])?;
    let Some(hash) = user["passwordHash"].as_str().map(ToOwned::to_owned) else {
        return Err(Refusal::at("Existing password not set", "oldPassword"));
    };
    if !password_fits(body.text("oldPassword").to_owned(), hash).await {
        return Err(Refusal::at("Incorrect password", "oldPassword"));
    }
    store_password(&state, user, body.text("newPassword"))?;
    Ok(all_ok())
}

/// Opens a `UserSecurityRequest` and, when asked, mails its link. A failed mail leaves the request behind.
pub fn request_reset(
    state: &Shared,
    user: &Value,
    redirect_uri: Option<&str>,
    send_mail: bool,
) -> Result<Value, Refusal> {
    let mut request = json!({
        "resourceType": "UserSecurityRequest",
        "type": "reset",
        "user": records::reference_to(user),
        "secret": random_hex(16),
    });
    if let Some(uri) = redirect_uri {
        request["redirectUri"] = json!(uri);
    }
    let request = records::create(state, user["meta"]["project"].as_str(), request)?;
    if send_mail {
        let link = format!(
            "{}setpassword/{}/{}",
            state.app_url(),
            request["id"].as_str().unwrap_or_default(),
            request["secret"].as_str().unwrap_or_default()
        );
        records::mail(state, user["email"].as_str().unwrap_or_default(), "Reset your password", &link)
            .map_err(|_| Refusal::Broken)?;
    }
    Ok(request)
}

const RESET_EMAIL: &str = "Valid email address between 3 and 72 characters is required";

pub(super) async fn reset(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let email = body.text("email").to_lowercase();
    if !is_email(&email) || email.len() > 72 {
        // Two rules of the platform say the same about an absent address.
        let twice = [("email", RESET_EMAIL), ("email", RESET_EMAIL)];
        return Err(Refusal::fields(if email.is_empty() { &twice } else { &twice[..1] }));
    }
    if method_of(&state, &email)?["authorizeUrl"].is_string() {
        return Err(Refusal::bad_request(
            "Cannot reset password for external auth. Contact your system administrator.",
        ));
    }
    let user = lookup::user_in_scope(&state, &email, body.some("projectId"));
    if let Some(user) = user {
        let send = body.0.get("sendEmail") != Some(&json!(false));
        request_reset(&state, &user, body.some("redirectUri"), send)?;
    }
    Ok(all_ok())
}

fn open_request(state: &Shared, body: &Fields) -> Result<Value, Refusal> {
    let mut problems = Vec::new();
    if Uuid::parse_str(body.text("id")).is_err() {
        problems.push(("id", "Invalid request ID"));
    }
    if body.some("secret").is_none() {
        problems.push(("secret", "Missing secret"));
    }
    if body.0.contains_key("password") || problems.is_empty() {
        // Only /auth/setpassword sends a password; /auth/verifyemail never gets here without one.
        if let Some(problem) = body.0.get("password").and_then(Value::as_str).and_then(password_problem) {
            problems.push(("password", problem));
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    Ok(records::read(state, "UserSecurityRequest", body.text("id"))?)
}

pub(super) async fn set(State(state): State<Shared>, mut body: Fields) -> Result<Response, Refusal> {
    body.0.entry("password").or_insert_with(|| json!(""));
    let mut request = open_request(&state, &body)?;
    if request["used"] == true {
        return Err(Refusal::bad_request("Already used"));
    }
    if request["type"] == "verify-email" {
        return Err(Refusal::bad_request("Invalid request type"));
    }
    if request["secret"] != *body.text("secret") {
        return Err(Refusal::bad_request("Incorrect secret"));
    }
    let mut user = records::read_reference(&state, &request["user"])?;
    user["emailVerified"] = json!(true);
    store_password(&state, user, body.text("password"))?;
    request["used"] = json!(true);
    records::update(&state, request)?;
    Ok(all_ok())
}

pub(super) async fn verify_email(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let mut request = open_request(&state, &body)?;
    if request["type"] != "verify-email" {
        return Err(Refusal::bad_request("Invalid user security request type"));
    }
    if request["used"] == true {
        return Err(Refusal::bad_request("Already used"));
    }
    if request["secret"] != *body.text("secret") {
        return Err(Refusal::bad_request("Incorrect secret"));
    }
    let mut user = records::read_reference(&state, &request["user"])?;
    user["emailVerified"] = json!(true);
    records::update(&state, user)?;
    let redirect = request["redirectUri"].as_str().map(ToOwned::to_owned);
    request["used"] = json!(true);
    records::update(&state, request)?;
    let Some(uri) = redirect else { return Ok(all_ok()) };
    let body = json!({
        "resourceType": "OperationOutcome",
        "id": "ok",
        "issue": [{
            "severity": "information",
            "code": "informational",
            "details": {"text": "All OK", "coding": [{"system": "urn:ietf:rfc:3986", "code": uri}]},
        }],
    });
    Ok(ok_json(&body))
}
