//! `/oauth2/authorize`: who may be sent where, and with what (platform-api §3.2).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::auth::refusal::Refusal;
use super::super::auth_state::Shared;
use super::super::html::with_query;
use super::super::request::{Content, Request};
use super::super::tokens::random_hex;
use super::super::{records, session};
use super::{found, page, redirects_of};

pub(super) async fn authorize_get(
    State(state): State<Shared>,
    Extension(asked): Extension<Arc<Request>>,
) -> Response {
    authorize(&state, &asked.headers, &asked.query).unwrap_or_else(IntoResponse::into_response)
}

pub(super) async fn authorize_post(
    State(state): State<Shared>,
    Extension(asked): Extension<Arc<Request>>,
) -> Response {
    let pairs = match &asked.content {
        Content::Form(pairs) => pairs.as_slice(),
        _ => &[],
    };
    authorize(&state, &asked.headers, pairs).unwrap_or_else(IntoResponse::into_response)
}

pub(super) fn authorize(
    state: &Shared,
    headers: &HeaderMap,
    pairs: &[(String, String)],
) -> Result<Response, Refusal> {
    let param = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let client = session::client(state, param("client_id")).map_err(|_| page("Client not found"))?;
    let redirect_uri = param("redirect_uri");
    if redirect_uri.is_empty() {
        return Err(page("Missing redirect URI"));
    }
    if !redirects_of(&client).contains(&redirect_uri) {
        return Err(page("Invalid redirect URI"));
    }
    let refuse = |error: &str, why: &str| {
        let mut answer = vec![("error", error), ("error_description", why)];
        if !param("state").is_empty() {
            answer.push(("state", param("state")));
        }
        Ok(found(&with_query(redirect_uri, &answer)))
    };
    if !param("request").is_empty() {
        return refuse("request_not_supported", "Unsupported request parameter");
    }
    if param("response_type") != "code" {
        return refuse("unsupported_response_type", "Invalid response type");
    }
    let default_scope = client["defaultScope"].as_array().is_some_and(|s| !s.is_empty());
    if param("scope").is_empty() && !default_scope {
        return refuse("invalid_request", "Missing scope");
    }
    if !audience_fits(state, param("aud")) {
        return refuse("invalid_request", "Invalid audience");
    }
    if !param("code_challenge").is_empty() && !matches!(param("code_challenge_method"), "S256" | "plain") {
        return refuse("invalid_request", "Missing code challenge method");
    }
    if !param("launch").is_empty() && records::read(state, "SmartAppLaunch", param("launch")).is_err() {
        return refuse("invalid_request", "Invalid launch");
    }
    let existing = existing_login(state, headers, &client, &param);
    if param("prompt") == "none" && existing.is_none() {
        return refuse("login_required", "Login required");
    }
    if param("prompt") != "login"
        && let Some(mut login) = existing
    {
        login["code"] = json!(random_hex(16));
        login["granted"] = json!(false);
        login["nonce"] = json!(param("nonce"));
        for (name, value) in [
            ("codeChallenge", param("code_challenge")),
            ("codeChallengeMethod", param("code_challenge_method")),
        ] {
            if !value.is_empty() {
                login[name] = json!(value);
            }
        }
        let login = records::update(state, login)?;
        let mut answer = vec![("code", login["code"].as_str().unwrap_or_default())];
        if !param("state").is_empty() {
            answer.push(("state", param("state")));
        }
        return Ok(found(&with_query(redirect_uri, &answer)));
    }
    let all: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    Ok(found(&with_query(&format!("{}oauth", state.app_url()), &all)))
}

/// `aud` may be absent, else it must have the server's scheme, host and port.
pub(super) fn audience_fits(state: &Shared, aud: &str) -> bool {
    if aud.is_empty() {
        return true;
    }
    match (url::Url::parse(aud), url::Url::parse(state.base_url())) {
        (Ok(aud), Ok(base)) => aud.origin() == base.origin(),
        _ => false,
    }
}

/// The live login that a browser brings along: by `id_token_hint`, else by the client's cookie.
pub(super) fn existing_login<'a>(
    state: &Shared,
    headers: &HeaderMap,
    client: &Value,
    param: &impl Fn(&str) -> &'a str,
) -> Option<Value> {
    let now = records::now(state);
    let login = if param("id_token_hint").is_empty() {
        let name = format!("medplum-{}=", client["id"].as_str()?);
        let cookie = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(';'))
            .find_map(|c| c.trim().strip_prefix(&name).map(ToOwned::to_owned))?;
        records::login_by(state, "cookie", &cookie)?
    } else {
        let claims = state.auth().key().verify(param("id_token_hint"), now)?;
        records::read(state, "Login", claims.get("login_id")?.as_str()?).ok()?
    };
    let max_age = param("max_age").parse::<i64>().unwrap_or(3_600);
    let young = records::seconds_of(login["authTime"].as_str()?)? + max_age > now;
    (young && login["revoked"] != true && login["membership"].is_object()).then_some(login)
}
