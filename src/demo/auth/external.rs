//! Signing in through an external identity provider: the browser's callback, token exchange and the pre-authorized
//! code (platform-api §3.3, §10.2, §10.3).

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

use super::super::auth_state::Shared;
use super::super::oauth::{found, issue};
use super::super::session::{self, Request};
use super::super::tokens::random_hex;
use super::super::{lookup, records};
use super::body::{Fields, Signed, Visit};
use super::login::{missing, project_of_request};
use super::refusal::{Refusal, ok_json};

const BAD_PROVIDER: &str = "Failed to verify code - check your identity provider configuration";

/// The claims of a JWT without any check of its signature: the platform trusts what came over its own connection.
pub fn unverified_claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// May the platform call this address? Plain HTTP and private hosts only with `allowUnsafeOutbound`.
fn may_call(state: &Shared, address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else { return false };
    if state.platform().settings.allow_unsafe_outbound {
        return matches!(url.scheme(), "http" | "https");
    }
    let private = match url.host() {
        Some(url::Host::Ipv4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => true,
    };
    url.scheme() == "https" && !private
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Swaps the provider's code for an id token and reads its claims.
async fn claims_of_code(
    state: &Shared,
    provider: &Value,
    code: &str,
    challenge: Option<&str>,
) -> Option<Value> {
    let address = text(provider, "tokenUrl");
    if !may_call(state, address) {
        return None;
    }
    let callback = format!("{}auth/external", state.base_url());
    let mut form =
        vec![("grant_type", "authorization_code"), ("redirect_uri", callback.as_str()), ("code", code)];
    if provider["usePkce"] == true {
        form.push(("code_verifier", challenge.unwrap_or_default()));
    }
    let mut request = state.auth().outbound().post(address).header("accept", "application/json");
    if provider["tokenAuthMethod"] == "client_secret_post" {
        form.push(("client_id", text(provider, "clientId")));
        form.push(("client_secret", text(provider, "clientSecret")));
    } else {
        let pair = format!("{}:{}", text(provider, "clientId"), text(provider, "clientSecret"));
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
    }
    let answer = request.form(&form).send().await.ok()?;
    if answer.status() != 200 {
        return None;
    }
    let body: Value = answer.json().await.ok()?;
    unverified_claims(body["id_token"].as_str()?).filter(Value::is_object)
}

/// By what the provider's people are recognised.
enum Identity {
    Email(String),
    Subject(String),
}

fn identity_of(provider: &Value, claims: &Value) -> Result<Identity, Refusal> {
    let source = provider["identitySource"].as_str();
    let mapping = provider["identityMappingMode"].as_str();
    let by_subject = match (source, mapping) {
        (None, None) => provider["useSubject"] == true,
        (Some("email"), Some("user-email")) => false,
        (Some("subject"), Some("project-membership-external-id")) => true,
        // A half-set pair is completed from useSubject, and mostly fails (platform-api §17).
        (source, mapping) => {
            let subject = provider["useSubject"] == true;
            let source = source.unwrap_or(if subject { "subject" } else { "email" });
            let mapping =
                mapping.unwrap_or(if subject { "project-membership-external-id" } else { "user-email" });
            match (source, mapping) {
                ("email", "user-email") => false,
                ("subject", "project-membership-external-id") => true,
                _ => return Err(Refusal::bad_request("Unsupported identity provider configuration")),
            }
        }
    };
    let claim = |name: &str| claims[name].as_str().filter(|c| !c.is_empty());
    if by_subject {
        let sub =
            claim("sub").ok_or_else(|| Refusal::bad_request("External token does not contain subject"))?;
        return Ok(Identity::Subject(sub.to_owned()));
    }
    let email = claim("email")
        .ok_or_else(|| Refusal::bad_request("External token does not contain email address"))?;
    Ok(Identity::Email(email.to_lowercase()))
}

pub(super) async fn callback(
    State(state): State<Shared>,
    visit: Visit,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Refusal> {
    let code =
        query.get("code").filter(|c| !c.is_empty()).ok_or_else(|| Refusal::bad_request("Missing code"))?;
    let wanted =
        query.get("state").filter(|c| !c.is_empty()).ok_or_else(|| Refusal::bad_request("Missing state"))?;
    let wanted: Map<String, Value> =
        serde_json::from_str(wanted).map_err(|_| Refusal::bad_request("Invalid state"))?;
    let body = Fields(wanted);

    let route = body.some("domain").and_then(|d| records::route_of_domain(&state, &d.to_lowercase()));
    let client = body.some("clientId").map(|id| session::client(&state, id)).transpose()?;
    let provider = [client.as_ref(), route.as_ref()]
        .into_iter()
        .flatten()
        .map(|holder| &holder["identityProvider"])
        .find(|p| p.is_object())
        .cloned()
        .ok_or_else(|| Refusal::bad_request("Identity provider not found"))?;
    let claims = claims_of_code(&state, &provider, code, body.some("codeChallenge"))
        .await
        .ok_or_else(|| Refusal::bad_request(BAD_PROVIDER))?;
    let identity = identity_of(&provider, &claims)?;
    if let Some(domain) = body.some("domain") {
        let fits = matches!(&identity, Identity::Email(email) if email.ends_with(&format!("@{domain}")));
        if !fits {
            return Err(Refusal::bad_request("Email address does not match domain"));
        }
    }
    let project = project_of_request(client.as_ref(), body.some("projectId"))
        .map_err(|_| Refusal::bad_request("Invalid project"))?;
    let request = Request {
        client,
        project,
        scope: body.some("scope").unwrap_or("openid offline_access").to_owned(),
        nonce: body.some("nonce").map(ToOwned::to_owned),
        launch: body.some("launch").map(ToOwned::to_owned),
        challenge: body.some("codeChallenge").map(ToOwned::to_owned),
        challenge_method: body.some("codeChallengeMethod").map(ToOwned::to_owned),
        ..Request::default()
    };
    if matches!(identity, Identity::Subject(_)) && request.project.is_none() {
        return Err(Refusal::at("Project ID is required for external ID", "projectId"));
    }
    session::check_request(&request)?;
    let project = request.project.as_deref();
    let user = match (&identity, project) {
        (Identity::Subject(sub), Some(project)) => lookup::user_by_external_id(&state, sub, project)?,
        (Identity::Subject(_), None) => None,
        (Identity::Email(email), project) => lookup::user_by_email(&state, email, project),
    };
    let user = user.ok_or_else(|| Refusal::bad_request("User not found"))?;
    let login = session::start(&state, &request, &user, "external", &visit)?;
    // Only an answer that goes straight back to the client needs its address (platform-api §10.2 step 11).
    let redirect = match (request.client.as_ref(), body.some("redirectUri")) {
        (Some(client), Some(wanted)) if login["membership"].is_object() => {
            Some(allowed_redirect(&state, client, wanted)?)
        }
        _ => None,
    };
    Ok(found(&landing(&state, &login, redirect, route.as_ref(), body.some("returnTo"))))
}

fn allowed_redirect<'a>(state: &Shared, client: &Value, wanted: &'a str) -> Result<&'a str, Refusal> {
    let registered = super::super::oauth::redirects_of(client);
    if registered.contains(&wanted) {
        return Ok(wanted);
    }
    // The project may allow everything below a registered address (platform-api §9.7).
    let project = session::project_of_client(client).and_then(|p| records::read(state, "Project", p).ok());
    let loose = project.is_some_and(|p| {
        let mut settings = p["setting"].as_array().into_iter().flatten();
        settings.any(|s| s["name"] == "allow-dangerous-redirect" && s["valueBoolean"] == true)
    });
    if loose && registered.iter().any(|allowed| is_below(allowed, wanted)) {
        return Ok(wanted);
    }
    Err(Refusal::bad_request("Invalid redirect URI"))
}

/// Where the browser goes with a fresh external login (platform-api §10.2 step 11).
fn landing(
    state: &Shared,
    login: &Value,
    redirect: Option<&str>,
    route: Option<&Value>,
    return_to: Option<&str>,
) -> String {
    let add = |base: &str, pairs: &[(&str, &str)]| super::super::html::with_query(base, pairs);
    if let Some(redirect) = redirect {
        return add(redirect, &[("login", text(login, "id")), ("code", text(login, "code"))]);
    }
    let launch = login["launch"].is_object();
    let home = format!("{}{}", state.app_url(), if launch { "oauth" } else { "signin" });
    let base = return_to
        .filter(|to| {
            route.and_then(|r| r["allowedPostLoginRedirectUrls"].as_array()).is_some_and(|list| {
                list.iter().filter_map(Value::as_str).any(|allowed| is_below(allowed, to))
            })
        })
        .unwrap_or(&home);
    let mut pairs =
        vec![("login", text(login, "id")), ("scope", text(login, "scope")), ("nonce", text(login, "nonce"))];
    if launch {
        pairs.push(("launch", lookup::id_of(&login["launch"])));
    }
    if let Some(challenge) = login["codeChallenge"].as_str() {
        pairs.push(("code_challenge", challenge));
        pairs.push(("code_challenge_method", text(login, "codeChallengeMethod")));
    }
    add(base, &pairs)
}

/// Same scheme, host and port, and the path below the allowed one.
fn is_below(allowed: &str, wanted: &str) -> bool {
    match (url::Url::parse(allowed), url::Url::parse(wanted)) {
        (Ok(allowed), Ok(wanted)) => {
            allowed.origin() == wanted.origin() && wanted.path().starts_with(allowed.path())
        }
        _ => false,
    }
}

/// One token exchange, from form or legacy body.
pub struct Exchange<'a> {
    /// The client that exchanges.
    pub client_id: &'a str,
    /// The provider's access token.
    pub token: &'a str,
    /// Requested scope.
    pub scope: &'a str,
    /// Nonce for the id token.
    pub nonce: Option<&'a str>,
    /// Narrow to one membership.
    pub membership: Option<&'a str>,
}

/// Token exchange (platform-api §10.3): asks the provider whose token it is and signs that person in.
pub async fn exchange(state: &Shared, asked: Exchange<'_>, visit: &Visit) -> Result<Value, Refusal> {
    let invalid_client = || Refusal::invalid_request("Invalid client");
    let client = records::read(state, "ClientApplication", asked.client_id).map_err(|_| invalid_client())?;
    let provider = client["identityProvider"].clone();
    if !provider.is_object() {
        return Err(invalid_client());
    }
    let claims = user_info(state, &provider, asked.token).await?;
    let project = session::project_of_client(&client).map(ToOwned::to_owned);
    let user = exchanged_user(state, &provider, &claims, project.as_deref())?;
    let request = Request {
        client: Some(client),
        project,
        scope: asked.scope.to_owned(),
        nonce: asked.nonce.map(ToOwned::to_owned),
        membership: asked.membership.map(ToOwned::to_owned),
        take_first: true,
        ..Request::default()
    };
    let login = session::start(state, &request, &user, "exchange", visit)?;
    issue(state, login)
}

fn exchanged_user(
    state: &Shared,
    provider: &Value,
    claims: &Value,
    project: Option<&str>,
) -> Result<Value, Refusal> {
    let missing = || Refusal::at("Missing email or externalId", "externalId");
    let name = if provider["useSubject"] == true { "sub" } else { "email" };
    let claim = claims.get(name).unwrap_or(&Value::Null);
    let found = match (name, claim) {
        (_, Value::Null | Value::Bool(false)) => return Err(missing()),
        (_, Value::String(s)) if s.is_empty() => return Err(missing()),
        ("email", Value::String(email)) => lookup::user_by_email(state, email, project),
        // The platform lower-cases whatever stands there, and falls over what is no text.
        ("email", _) => return Err(Refusal::Broken),
        (_, Value::String(sub)) => {
            let project =
                project.ok_or_else(|| Refusal::at("Project ID is required for external ID", "projectId"))?;
            lookup::user_by_external_id(state, sub, project)?
        }
        (_, _) if project.is_none() => {
            return Err(Refusal::at("Project ID is required for external ID", "projectId"));
        }
        _ => return Err(Refusal::bad_request("Search filter value must be a string")),
    };
    found.ok_or_else(|| Refusal::bad_request("User not found"))
}

/// What the provider says about a token.
async fn user_info(state: &Shared, provider: &Value, token: &str) -> Result<Value, Refusal> {
    let bad = || Refusal::invalid_request(BAD_PROVIDER);
    let address = text(provider, "userInfoUrl");
    if !may_call(state, address) {
        return Err(bad());
    }
    let answer = if provider["userInfoMode"] == "gcip" {
        let Some(key) = provider["userInfoApiKey"].as_str() else {
            return Err(Refusal::invalid_request(
                "Missing user info API key - check your identity provider configuration",
            ));
        };
        state
            .auth()
            .outbound()
            .post(address)
            .query(&[("key", key)])
            .json(&json!({"idToken": token}))
            .send()
            .await
    } else {
        state
            .auth()
            .outbound()
            .get(address)
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .send()
            .await
    };
    let answer = answer.map_err(|_| bad())?;
    match answer.status().as_u16() {
        200 => {}
        429 => {
            return Err(Refusal::OAuth {
                status: StatusCode::TOO_MANY_REQUESTS,
                error: "invalid_request",
                description: "Too Many Requests".into(),
            });
        }
        _ => return Err(bad()),
    }
    let media = answer
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_owned();
    let body = answer.text().await.map_err(|_| bad())?;
    let claims = match media.as_str() {
        "application/json" => serde_json::from_str::<Value>(&body).map_err(|_| bad())?,
        "application/jwt" => unverified_claims(&body).ok_or_else(bad)?,
        other => {
            return Err(Refusal::invalid_request(format!(
                "Failed to verify code - unsupported content type: {other}"
            )));
        }
    };
    if provider["userInfoMode"] == "gcip" {
        return gcip_claims(&claims);
    }
    if claims.is_null() {
        // The real platform never answers here (platform-api §17): clients need a timeout.
        std::future::pending::<()>().await;
    }
    Ok(claims)
}

fn gcip_claims(body: &Value) -> Result<Value, Refusal> {
    let Some(user) = body["users"].as_array().and_then(|u| u.first()) else {
        return Err(Refusal::invalid_request("Failed to verify code - invalid user info response"));
    };
    // Anything but nothing will do here; what is no text fails later, as a subject.
    let id = &user["localId"];
    if matches!(id, Value::Null | Value::Bool(false)) || *id == "" || *id == 0 {
        return Err(Refusal::invalid_request(
            "Failed to verify code - missing localId in user info response",
        ));
    }
    Ok(json!({"sub": id, "email": user["email"]}))
}

pub(super) async fn legacy_exchange(
    State(state): State<Shared>,
    visit: Visit,
    body: Fields,
) -> Result<Response, Refusal> {
    let problems = missing(
        &body,
        &[("externalAccessToken", "Missing externalAccessToken"), ("clientId", "Missing clientId")],
    );
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let asked = Exchange {
        client_id: body.text("clientId"),
        token: body.text("externalAccessToken"),
        scope: body.some("scope").unwrap_or("openid offline_access"),
        nonce: body.some("nonce"),
        // The old endpoint knows no choice of a membership (platform-api §3.3).
        membership: None,
    };
    Ok(ok_json(&exchange(&state, asked, &visit).await?))
}

pub(super) async fn preauthorize(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Result<Response, Refusal> {
    let Some(membership) = caller.on_behalf_of.clone() else {
        return Err(Refusal::bad_request("Pre-authorization requires onBehalfOfMembership"));
    };
    if caller.membership["admin"] != true || caller.project["superAdmin"] == true {
        return Err(super::super::outcome::Outcome::forbidden().into());
    }
    let client = session::client(&state, body.text("clientId"))?;
    if client["status"].is_string() && client["status"] != "active" {
        return Err(Refusal::bad_request("Invalid client"));
    }
    let seconds = body.0.get("expiresIn").and_then(Value::as_i64).unwrap_or(3_600);
    if !(1..=604_800).contains(&seconds) {
        return Err(Refusal::fields(&[("expiresIn", "expiresIn must be between 1 and 604800")]));
    }
    let code = random_hex(32);
    let expires_at = records::iso(records::now(&state) + seconds);
    let login = json!({
        "resourceType": "Login",
        "project": membership["project"],
        "client": {"reference": lookup::reference_text(&client), "display": client["name"]},
        "user": membership["user"],
        "membership": {"reference": lookup::reference_text(&membership)},
        "authMethod": "pre-authorized",
        "authTime": records::now_iso(&state),
        "scope": body.some("scope").unwrap_or("openid"),
        "nonce": body.some("nonce").map_or_else(|| uuid::Uuid::new_v4().to_string(), ToOwned::to_owned),
        "preAuthorizedCodeHash": records::sha256_hex(&code),
        "expiresAt": expires_at,
    });
    records::create(&state, None, login)?;
    Ok(ok_json(&json!({"preAuthorizedCode": code, "expiresAt": expires_at})))
}
