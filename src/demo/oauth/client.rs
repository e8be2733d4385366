//! How a client proves itself at the token endpoint (platform-api §3.3).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::super::auth::external;
use super::super::auth::refusal::Refusal;
use super::super::auth_state::Shared;
use super::super::records;
use super::{ASSERTION_TYPE, Form, field};

/// Client id and secret of a token request; empty where absent.
pub(super) struct ClientAuth {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) basic: bool,
}

pub(super) async fn client_auth(
    state: &Shared,
    headers: &HeaderMap,
    form: &Form,
) -> Result<ClientAuth, Refusal> {
    if !field(form, "client_assertion_type").is_empty() {
        let client = asserted_client(state, form).await?;
        return Ok(ClientAuth {
            id: client["id"].as_str().unwrap_or_default().to_owned(),
            secret: client["secret"].as_str().unwrap_or_default().to_owned(),
            basic: false,
        });
    }
    basic_or_form(headers, form)
}

pub(super) fn basic_or_form(headers: &HeaderMap, form: &Form) -> Result<ClientAuth, Refusal> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let bad = || Refusal::invalid_request("Invalid authorization header");
        let encoded = value.to_str().ok().and_then(|v| v.strip_prefix("Basic ")).ok_or_else(bad)?;
        let pair = STANDARD.decode(encoded).ok().and_then(|v| String::from_utf8(v).ok()).ok_or_else(bad)?;
        let (id, secret) = pair.split_once(':').ok_or_else(bad)?;
        return Ok(ClientAuth { id: id.to_owned(), secret: secret.to_owned(), basic: true });
    }
    Ok(ClientAuth {
        id: field(form, "client_id").to_owned(),
        secret: field(form, "client_secret").to_owned(),
        basic: false,
    })
}

/// The client that proved itself with a signed assertion (RFC 7523).
pub(super) async fn asserted_client(state: &Shared, form: &Form) -> Result<Value, Refusal> {
    if field(form, "client_assertion_type") != ASSERTION_TYPE {
        return Err(Refusal::invalid_request("Unsupported client assertion type"));
    }
    let assertion = field(form, "client_assertion");
    let claims = external::unverified_claims(assertion)
        .ok_or_else(|| Refusal::invalid_request("Invalid client assertion"))?;
    let endpoint = format!("{}oauth2/token", state.base_url());
    let audience_fits = match &claims["aud"] {
        Value::Array(list) => list.iter().any(|a| *a == *endpoint),
        aud => *aud == *endpoint,
    };
    if !audience_fits {
        return Err(Refusal::invalid_request("Invalid client assertion audience"));
    }
    if claims["iss"] != claims["sub"] {
        return Err(Refusal::invalid_request("Invalid client assertion issuer"));
    }
    let client = records::read(state, "ClientApplication", claims["iss"].as_str().unwrap_or_default())
        .map_err(|_| Refusal::invalid_request("Client not found"))?;
    let Some(jwks_uri) = client["jwksUri"].as_str() else {
        return Err(Refusal::invalid_request("Client must have a JWK Set URL"));
    };
    let bad = || Refusal::invalid_request("Invalid client assertion signature");
    let jwks: jsonwebtoken::jwk::JwkSet = state
        .auth()
        .outbound()
        .get(jwks_uri)
        .send()
        .await
        .map_err(|_| bad())?
        .json()
        .await
        .map_err(|_| bad())?;
    let head = jsonwebtoken::decode_header(assertion).map_err(|_| bad())?;
    let mut rules = Validation::new(head.alg);
    rules.validate_aud = false;
    let good = jwks
        .keys
        .iter()
        .filter(|k| head.kid.is_none() || k.common.key_id == head.kid)
        .filter_map(|k| DecodingKey::from_jwk(k).ok())
        .any(|key| jsonwebtoken::decode::<Value>(assertion, &key, &rules).is_ok());
    if good { Ok(client) } else { Err(bad()) }
}

pub(super) fn same_secret(stored: &Value, given: &str) -> bool {
    stored.as_str().is_some_and(|s| !s.is_empty() && s.as_bytes().ct_eq(given.as_bytes()).into())
}

/// The client's secret, or the one it is about to retire.
pub(super) fn secret_fits(client: &Value, given: &str) -> bool {
    same_secret(&client["secret"], given) || same_secret(&client["retiringSecret"], given)
}
