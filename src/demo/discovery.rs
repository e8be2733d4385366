//! Discovery documents and keys (platform-api §2).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::auth::refusal::{Refusal, ok_json};
use super::auth_state::Shared;
use super::outcome::respond;
use super::request::Request;

const SCOPES: [&str; 5] = ["openid", "profile", "email", "phone", "address"];
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The well-known routes, health and the front door.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(front_door))
        .route("/healthcheck", get(health))
        .route("/.well-known/openid-configuration", get(openid_configuration))
        .route("/.well-known/oauth-authorization-server", get(openid_configuration))
        .route("/.well-known/oauth-protected-resource", get(protected_resource))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/smart-configuration", get(smart_configuration))
        .route("/.well-known/smart-styles.json", get(smart_styles))
        .route("/fhir/R4/.well-known/smart-configuration", get(smart_configuration))
        .route("/fhir/R4/.well-known/smart-styles.json", get(smart_styles))
}

async fn front_door() -> Response {
    respond(StatusCode::OK, "text/plain; charset=utf-8", "OK")
}

async fn health(State(state): State<Shared>) -> Response {
    ok_json(&json!({
        "ok": true,
        "version": state.platform().settings.version(),
        "platform": std::env::consts::OS,
        "runtime": "idconsole",
        "postgres": true,
        "redis": true,
        "redisInstances": {"default": true},
    }))
}

fn grant_types(state: &Shared) -> Vec<&'static str> {
    let mut grants = vec![
        "client_credentials",
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ];
    if state.platform().settings.device_flow {
        grants.push(DEVICE_GRANT);
    }
    grants
}

async fn openid_configuration(
    State(state): State<Shared>,
    Extension(request): Extension<Arc<Request>>,
) -> Response {
    let base = state.base_url();
    // Under a project's prefix it is another issuer with the same endpoints (platform-api §1.1).
    let issuer =
        request.url_project.as_ref().map_or_else(|| base.to_owned(), |id| format!("{base}projects/{id}/"));
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}oauth2/authorize"),
        "token_endpoint": format!("{base}oauth2/token"),
        "userinfo_endpoint": format!("{base}oauth2/userinfo"),
        "jwks_uri": format!("{base}.well-known/jwks.json"),
        "introspection_endpoint": format!("{base}oauth2/introspect"),
        "registration_endpoint": format!("{base}oauth2/register"),
        "id_token_signing_alg_values_supported": ["ES256", "ES384", "HS256", "RS256"],
        "grant_types_supported": grant_types(&state),
        "response_types_supported": ["code", "id_token", "token id_token"],
        "subject_types_supported": ["pairwise", "public"],
        "scopes_supported": SCOPES,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "request_object_signing_alg_values_supported": ["none"],
        "code_challenge_methods_supported": ["S256", "plain"],
    });
    if state.platform().settings.device_flow {
        document["device_authorization_endpoint"] = json!(format!("{base}oauth2/device_authorization"));
    }
    ok_json(&document)
}

async fn protected_resource(
    State(state): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Refusal> {
    let base = state.base_url();
    let resource = query.get("resource").cloned().unwrap_or_else(|| base.to_owned());
    if !resource.starts_with(base.trim_end_matches('/')) {
        return Err(Refusal::Text(StatusCode::BAD_REQUEST, "Invalid resource URL".into()));
    }
    Ok(ok_json(&json!({
        "resource": resource,
        "issuer": base,
        "authorization_servers": [base],
        "scopes_supported": SCOPES,
        "bearer_methods_supported": ["header"],
        "introspection_endpoint": format!("{base}oauth2/introspect"),
    })))
}

async fn jwks(State(state): State<Shared>) -> Response {
    ok_json(&json!({"keys": [state.auth().key().jwk()]}))
}

async fn smart_configuration(State(state): State<Shared>) -> Response {
    let base = state.base_url();
    let document: Value = json!({
        "issuer": base,
        "jwks_uri": format!("{base}.well-known/jwks.json"),
        "authorization_endpoint": format!("{base}oauth2/authorize"),
        "grant_types_supported": grant_types(&state),
        "token_endpoint": format!("{base}oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "ES384"],
        "scopes_supported": [
            "patient/*.rs", "user/*.cruds", "openid", "fhirUser", "launch", "launch/patient", "offline_access",
            "online_access",
        ],
        "response_types_supported": ["code"],
        "introspection_endpoint": format!("{base}oauth2/introspect"),
        "capabilities": [
            "authorize-post", "permission-v1", "permission-v2", "client-confidential-asymmetric",
            "client-confidential-symmetric", "client-public", "context-banner", "context-ehr-patient",
            "context-ehr-encounter", "context-standalone-patient", "context-style", "launch-ehr",
            "launch-standalone", "permission-offline", "permission-patient", "permission-user", "sso-openid-connect",
        ],
        "code_challenge_methods_supported": ["S256"],
    });
    ok_json(&document).into_response()
}

async fn smart_styles() -> Response {
    ok_json(&json!({
        "color_background": "#f8f9fa",
        "color_error": "#fa5252",
        "color_highlight": "#228be6",
        "color_modal_backdrop": "",
        "color_success": "#40c057",
        "color_text": "#000",
        "dim_border_radius": "4px",
        "dim_font_size": "14px",
        "dim_spacing_size": "16px",
        "font_family_body": "sans-serif",
        "font_family_heading": "sans-serif",
    }))
}
