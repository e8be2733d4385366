//! The grants of the token endpoint, and the codes of a device (platform-api §3.3).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::auth::body::{Fields, Visit};
use super::super::auth::external::{self, Exchange};
use super::super::auth::refusal::{Refusal, ok_json};
use super::super::auth_state::Shared;
use super::super::device::{Asked, Poll};
use super::super::html::with_query;
use super::super::lookup::{self, id_of, reference_text};
use super::super::tokens::random_hex;
use super::super::{records, session};
use super::client::{basic_or_form, client_auth, same_secret, secret_fits};
use super::issue::issue;
use super::{Form, field};

pub(super) async fn client_credentials(
    state: &Shared,
    headers: &HeaderMap,
    form: &Form,
    visit: &Visit,
) -> Result<Value, Refusal> {
    let given = client_auth(state, headers, form).await?;
    if given.id.is_empty() {
        return Err(Refusal::invalid_request("Missing client_id"));
    }
    if given.secret.is_empty() {
        return Err(Refusal::invalid_request("Missing client_secret"));
    }
    let bad = || Refusal::invalid_request("Invalid client");
    let client = records::read(state, "ClientApplication", &given.id).map_err(|_| bad())?;
    if client["status"].as_str().is_some_and(|s| s != "active")
        || client["secret"].as_str().is_none_or(str::is_empty)
    {
        return Err(bad());
    }
    if !secret_fits(&client, &given.secret) {
        return Err(Refusal::invalid_request("Invalid secret"));
    }
    let membership = records::memberships_of_profile(state, &reference_text(&client))
        .into_iter()
        .next()
        .ok_or_else(bad)?;
    lookup::check_gates(state, &membership, "client", &visit.address).map_err(|refusal| match refusal {
        Refusal::Outcome(o) if o.text() == "IP address not allowed" => Refusal::invalid_request(o.text()),
        other => other,
    })?;
    let scope = Some(field(form, "scope")).filter(|s| !s.is_empty()).unwrap_or("openid");
    let login = json!({
        "resourceType": "Login",
        "id": uuid::Uuid::new_v4().to_string(),
        "authMethod": "client",
        "authTime": records::now_iso(state),
        "user": {"reference": reference_text(&client), "display": client["name"]},
        "client": {"reference": reference_text(&client), "display": client["name"]},
        "project": membership["project"],
        "membership": {"reference": reference_text(&membership)},
        "scope": scope,
        "granted": true,
        "remoteAddress": visit.address,
    });
    state.auth().keep_client_login(&login);
    issue(state, login)
}

pub(super) async fn authorization_code(
    state: &Shared,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Value, Refusal> {
    let given = client_auth(state, headers, form).await?;
    let code = field(form, "code");
    if code.is_empty() {
        return Err(Refusal::invalid_request("Missing code"));
    }
    let mut login =
        records::login_by(state, "code", code).ok_or_else(|| Refusal::invalid_request("Invalid code"))?;
    if !given.id.is_empty() && id_of(&login["client"]) != given.id {
        return Err(Refusal::invalid_request("Invalid client"));
    }
    if !login["membership"].is_object() {
        return Err(Refusal::invalid_request("Invalid profile"));
    }
    if login["granted"] == true {
        login["revoked"] = json!(true);
        records::update(state, login)?;
        return Err(Refusal::oauth("invalid_grant", "Token already granted"));
    }
    if login["revoked"] == true {
        return Err(Refusal::oauth("invalid_grant", "Token revoked"));
    }
    let client = match login["client"]["reference"].as_str() {
        Some(_) => Some(session::client(state, id_of(&login["client"]))?),
        None => None,
    };
    check_verifier(client.as_ref(), &login, field(form, "code_verifier"), &given.secret)?;
    issue(state, login)
}

pub(super) fn check_verifier(
    client: Option<&Value>,
    login: &Value,
    verifier: &str,
    secret: &str,
) -> Result<(), Refusal> {
    if let Some(client) = client.filter(|c| c["pkceOptional"] == true) {
        if !secret.is_empty() && !secret_fits(client, secret) {
            return Err(Refusal::invalid_request("Invalid secret"));
        }
        return Ok(());
    }
    let Some(challenge) = login["codeChallenge"].as_str() else {
        return Err(Refusal::invalid_request("Missing verification context"));
    };
    if verifier.is_empty() {
        return Err(Refusal::invalid_request("Missing code verifier"));
    }
    let fits = if login["codeChallengeMethod"] == "S256" {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
    } else {
        verifier == challenge
    };
    if fits { Ok(()) } else { Err(Refusal::invalid_request("Invalid code verifier")) }
}

pub(super) fn refresh(state: &Shared, headers: &HeaderMap, form: &Form) -> Result<Value, Refusal> {
    let invalid = || Refusal::invalid_request("Invalid refresh token");
    let claims =
        state.auth().key().verify(field(form, "refresh_token"), records::now(state)).ok_or_else(invalid)?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("refresh_secret").is_empty() {
        return Err(invalid());
    }
    let mut login = records::read(state, "Login", claim("login_id")).map_err(|_| invalid())?;
    if !login["refreshSecret"].is_string() {
        return Err(invalid());
    }
    if login["revoked"] == true {
        return Err(Refusal::oauth("invalid_grant", "Token revoked"));
    }
    if !same_secret(&login["refreshSecret"], claim("refresh_secret")) {
        return Err(Refusal::invalid_request("Invalid token"));
    }
    let given = basic_or_form(headers, form)?;
    if given.basic && id_of(&login["client"]) != given.id {
        return Err(Refusal::oauth("invalid_grant", "Incorrect client"));
    }
    if login["client"].is_object() {
        let client = records::read(state, "ClientApplication", id_of(&login["client"]))
            .map_err(|_| Refusal::invalid_request("Invalid client"))?;
        if given.basic && !secret_fits(&client, &given.secret) {
            return Err(Refusal::oauth("invalid_grant", "Incorrect client secret"));
        }
        if !given.basic && !given.secret.is_empty() && !secret_fits(&client, &given.secret) {
            return Err(Refusal::invalid_request("Invalid secret"));
        }
    }
    let membership = records::read_reference(state, &login["membership"])?;
    if membership["active"] == false {
        return Err(Refusal::oauth("access_denied", "Profile not active"));
    }
    records::read_reference(state, &login["user"])?;
    login["refreshSecret"] = json!(random_hex(32));
    let login = records::update(state, login)?;
    issue(state, login)
}

pub(super) async fn token_exchange(
    state: &Shared,
    headers: &HeaderMap,
    form: &Form,
    visit: &Visit,
) -> Result<Value, Refusal> {
    let given = client_auth(state, headers, form).await?;
    if given.id.is_empty() {
        return Err(Refusal::invalid_request("Invalid client"));
    }
    if field(form, "subject_token").is_empty() {
        return Err(Refusal::invalid_request("Invalid subject_token"));
    }
    if field(form, "subject_token_type") != "urn:ietf:params:oauth:token-type:access_token" {
        return Err(Refusal::invalid_request("Invalid subject_token_type"));
    }
    let some = |name: &str| Some(field(form, name)).filter(|v| !v.is_empty());
    let asked = Exchange {
        client_id: &given.id,
        token: field(form, "subject_token"),
        scope: some("scope").unwrap_or("openid offline_access"),
        nonce: some("nonce"),
        membership: some("membership_id"),
    };
    external::exchange(state, asked, visit).await
}

pub(super) fn pre_authorized(state: &Shared, form: &Form) -> Result<Value, Refusal> {
    if field(form, "client_id").is_empty() {
        return Err(Refusal::invalid_request("Missing client_id"));
    }
    let code = field(form, "pre-authorized_code");
    if code.is_empty() {
        return Err(Refusal::invalid_request("Missing pre-authorized_code"));
    }
    let login = records::login_by(state, "pre-authorized-code-hash", &records::sha256_hex(code))
        .filter(|l| id_of(&l["client"]) == field(form, "client_id"))
        .ok_or_else(|| Refusal::invalid_request("Invalid pre-authorized_code"))?;
    if login["granted"] == true || login["revoked"] == true {
        return Err(Refusal::oauth("invalid_grant", "Token already granted"));
    }
    if login["expiresAt"].as_str().unwrap_or_default() < records::now_iso(state).as_str() {
        return Err(Refusal::oauth("invalid_grant", "Pre-authorized code expired"));
    }
    issue(state, login)
}

/// RFC 8628 §3.2, as a modern platform would have it; `404` unless switched on (platform-api §2).
pub(super) async fn device_authorization(
    State(state): State<Shared>,
    body: Fields,
) -> Result<Response, Refusal> {
    if !state.platform().settings.device_flow {
        return Err(Refusal::NoRoute("POST".into(), "/oauth2/device_authorization".into()));
    }
    let form = body.0;
    let client_id = field(&form, "client_id").to_owned();
    if session::client(&state, &client_id).is_err() {
        return Err(Refusal::oauth("invalid_client", "Invalid client"));
    }
    let scope = Some(field(&form, "scope")).filter(|s| !s.is_empty()).unwrap_or("openid").to_owned();
    let started = state.auth().devices().start(Asked { client_id, scope }, records::now(&state));
    let page = format!("{}device", state.app_url());
    Ok(ok_json(&json!({
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": page,
        "verification_uri_complete": with_query(&page, &[("user_code", &started.user_code)]),
        "expires_in": started.expires_in,
        "interval": started.interval,
    })))
}

pub(super) fn device_code(state: &Shared, form: &Form) -> Result<Value, Refusal> {
    match state.auth().devices().poll(
        field(form, "device_code"),
        field(form, "client_id"),
        records::now(state),
    ) {
        // The page has signed the person in; the login waits under its id.
        Poll::Approved(login, _) => issue(state, session::login(state, &login)?),
        Poll::Pending => Err(Refusal::oauth("authorization_pending", "Nobody has agreed yet")),
        Poll::SlowDown => Err(Refusal::oauth("slow_down", "Ask less often")),
        Poll::Denied => Err(Refusal::oauth("access_denied", "The person refused")),
        Poll::Expired => Err(Refusal::oauth("expired_token", "The code is too old")),
        Poll::Unknown => Err(Refusal::oauth("invalid_grant", "Invalid device code")),
    }
}
