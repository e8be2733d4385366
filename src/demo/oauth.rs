//! `/oauth2/authorize` and `/oauth2/token` with all grants (platform-api §3.2, §3.3).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::auth::body::{Fields, Visit};
use super::auth::external::{self, Exchange};
use super::auth::refusal::{Refusal, ok_json};
use super::auth_state::Shared;
use super::device::{Asked, Poll};
use super::html::with_query;
use super::lookup::{self, id_of, reference_text};
use super::request::{Content, Request};
use super::tokens::{lifetime_seconds, random_hex};
use super::{oauth_session, records, session};

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

async fn authorize_get(State(state): State<Shared>, Extension(asked): Extension<Arc<Request>>) -> Response {
    authorize(&state, &asked.headers, &asked.query).unwrap_or_else(IntoResponse::into_response)
}

async fn authorize_post(State(state): State<Shared>, Extension(asked): Extension<Arc<Request>>) -> Response {
    let pairs = match &asked.content {
        Content::Form(pairs) => pairs.as_slice(),
        _ => &[],
    };
    authorize(&state, &asked.headers, pairs).unwrap_or_else(IntoResponse::into_response)
}

fn page(text: &str) -> Refusal {
    Refusal::Text(StatusCode::BAD_REQUEST, text.to_owned())
}

fn authorize(state: &Shared, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<Response, Refusal> {
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
fn audience_fits(state: &Shared, aud: &str) -> bool {
    if aud.is_empty() {
        return true;
    }
    match (url::Url::parse(aud), url::Url::parse(state.base_url())) {
        (Ok(aud), Ok(base)) => aud.origin() == base.origin(),
        _ => false,
    }
}

/// The live login that a browser brings along: by `id_token_hint`, else by the client's cookie.
fn existing_login<'a>(
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

/// Client id and secret of a token request; empty where absent.
struct ClientAuth {
    id: String,
    secret: String,
    basic: bool,
}

async fn client_auth(state: &Shared, headers: &HeaderMap, form: &Form) -> Result<ClientAuth, Refusal> {
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

fn basic_or_form(headers: &HeaderMap, form: &Form) -> Result<ClientAuth, Refusal> {
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
async fn asserted_client(state: &Shared, form: &Form) -> Result<Value, Refusal> {
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

fn same_secret(stored: &Value, given: &str) -> bool {
    stored.as_str().is_some_and(|s| !s.is_empty() && s.as_bytes().ct_eq(given.as_bytes()).into())
}

/// The client's secret, or the one it is about to retire.
fn secret_fits(client: &Value, given: &str) -> bool {
    same_secret(&client["secret"], given) || same_secret(&client["retiringSecret"], given)
}

async fn client_credentials(
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

async fn authorization_code(state: &Shared, headers: &HeaderMap, form: &Form) -> Result<Value, Refusal> {
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

fn check_verifier(
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

fn refresh(state: &Shared, headers: &HeaderMap, form: &Form) -> Result<Value, Refusal> {
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

async fn token_exchange(
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

fn pre_authorized(state: &Shared, form: &Form) -> Result<Value, Refusal> {
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
async fn device_authorization(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
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

fn device_code(state: &Shared, form: &Form) -> Result<Value, Refusal> {
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

/// The token answer of a complete login (platform-api §3.3 "Success", §3.4); marks the login as granted.
pub fn issue(state: &Shared, mut login: Value) -> Result<Value, Refusal> {
    let membership = records::read_reference(state, &login["membership"])?;
    let project = records::read_reference(state, &login["project"])?;
    let client = match login["client"]["reference"].as_str() {
        Some(_) => Some(session::client(state, id_of(&login["client"]))?),
        None => None,
    };
    if login["granted"] != true {
        login["granted"] = json!(true);
        login = records::update(state, login)?;
    }
    let now = records::now(state);
    let lifetime = |name: &str, otherwise: i64| {
        client.as_ref().and_then(|c| c[name].as_str()).and_then(lifetime_seconds).unwrap_or(otherwise)
    };
    let access_seconds = lifetime("accessTokenLifetime", 3_600);
    let scope = login["scope"].as_str().unwrap_or("openid").to_owned();
    let has = |word: &str| scope.split(' ').any(|s| s == word);
    let user_id = id_of(&login["user"]).to_owned();
    let profile = membership["profile"]["reference"].clone();
    let base = state.base_url();

    let mut common = HashMap::new();
    if let Some(client) = &client {
        common.insert("client_id", client["id"].clone());
    }
    if has("email")
        && let Ok(user) = records::read_reference(state, &login["user"])
        && user["email"].is_string()
    {
        common.insert("email", user["email"].clone());
    }
    let sign = |mut claims: Value, seconds: i64| {
        claims["login_id"] = login["id"].clone();
        claims["jti"] = json!(random_hex(16));
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now);
        claims["iss"] = json!(base);
        claims["exp"] = json!(now + seconds);
        state.auth().key().sign(&claims).map_err(|_| Refusal::Broken)
    };
    let mut access = json!({
        "aud": base,
        "sub": user_id,
        "username": user_id,
        "scope": scope,
        "profile": profile,
    });
    let auth_time = login["authTime"].as_str().and_then(records::millis_of).unwrap_or(now * 1_000);
    let mut id = json!({"fhirUser": profile, "sub": user_id, "auth_time": auth_time as f64 / 1_000.0});
    if login["nonce"].is_string() {
        id["nonce"] = login["nonce"].clone();
    }
    for (name, value) in &common {
        access[*name] = value.clone();
        id[*name] = value.clone();
    }
    if let Some(client) = &client {
        id["aud"] = client["id"].clone();
    }

    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": access_seconds,
        "scope": scope,
        "id_token": sign(id, 3_600)?,
        "access_token": sign(access, access_seconds)?,
    });
    if let Some(secret) = login["refreshSecret"].as_str()
        && project["superAdmin"] != true
    {
        let mut refresh = json!({"aud": base, "refresh_secret": secret});
        if let Some(client) = &client {
            refresh["client_id"] = client["id"].clone();
        }
        body["refresh_token"] = json!(sign(refresh, lifetime("refreshTokenLifetime", 1_209_600))?);
    }
    body["project"] = membership["project"].clone();
    body["profile"] = membership["profile"].clone();
    add_launch(state, &mut body, &login, &profile);
    body["smart_style_url"] = json!(format!("{base}fhir/R4/.well-known/smart-styles.json"));
    body["need_patient_banner"] = json!(body["patient"].is_string());
    Ok(body)
}

/// SMART launch context: the launch's patient and encounter, or the profile when it is a patient.
fn add_launch(state: &Shared, body: &mut Value, login: &Value, profile: &Value) {
    if login["launch"].is_object()
        && let Ok(launch) = records::read_reference(state, &login["launch"])
    {
        for name in ["patient", "encounter"] {
            if launch[name].is_object() {
                body[name] = json!(id_of(&launch[name]));
            }
        }
    }
    if let Some(id) = profile.as_str().and_then(|p| p.strip_prefix("Patient/")) {
        body["patient"] = json!(id);
    }
}
