//! The routes below `/oauth2/`, and which grant is whose (platform-api §3.2, §3.3, §3.6).

mod authorize;
mod client;
mod grants;
mod issue;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::Value;

use self::authorize::{authorize_get, authorize_post};
use self::grants::{
    authorization_code, client_credentials, device_authorization, device_code, pre_authorized, refresh,
    token_exchange,
};
pub use self::issue::issue;
use super::auth::body::Visit;
use super::auth::refusal::{Refusal, ok_json};
use super::auth_state::Shared;
use super::oauth_session;
use super::request::Request;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const PRE_AUTHORIZED_GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The routes below `/oauth2/`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/oauth2/authorize", get(authorize_get).post(authorize_post))
        .route("/oauth2/token", post(token))
        .route("/oauth2/device_authorization", post(device_authorization))
        .route("/oauth2/logout", get(oauth_session::logout).post(oauth_session::logout))
        .route("/oauth2/userinfo", get(oauth_session::userinfo).post(oauth_session::userinfo))
        .route("/oauth2/introspect", post(oauth_session::introspect))
        .route("/oauth2/register", post(oauth_session::register))
}

/// `302` with the text that the platform's framework writes.
pub fn found(to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else { return Refusal::Broken.into_response() };
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
    ];
    (StatusCode::FOUND, headers, format!("Found. Redirecting to {to}")).into_response()
}

/// Every redirect address of a client, the legacy field included.
pub fn redirects_of(client: &Value) -> Vec<&str> {
    let mut found: Vec<&str> =
        client["redirectUris"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    found.extend(client["redirectUri"].as_str());
    found
}

fn page(text: &str) -> Refusal {
    Refusal::Text(StatusCode::BAD_REQUEST, text.to_owned())
}

type Form = serde_json::Map<String, Value>;

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).and_then(Value::as_str).unwrap_or_default()
}

async fn token(
    State(state): State<Shared>,
    visit: Visit,
    Extension(asked): Extension<Arc<Request>>,
) -> Result<Response, Refusal> {
    let media = asked.header("content-type").unwrap_or_default();
    if !media.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return Err(page("Unsupported content type"));
    }
    let (headers, form) = (&asked.headers, asked.fields());
    let body = match field(&form, "grant_type") {
        "" => return Err(Refusal::invalid_request("Missing grant_type")),
        "client_credentials" => client_credentials(&state, headers, &form, &visit).await?,
        "authorization_code" => authorization_code(&state, headers, &form).await?,
        "refresh_token" => refresh(&state, headers, &form)?,
        EXCHANGE_GRANT => token_exchange(&state, headers, &form, &visit).await?,
        PRE_AUTHORIZED_GRANT => pre_authorized(&state, &form)?,
        DEVICE_GRANT if state.platform().settings.device_flow => device_code(&state, &form)?,
        _ => return Err(Refusal::invalid_request("Unsupported grant_type")),
    };
    Ok(ok_json(&body))
}
