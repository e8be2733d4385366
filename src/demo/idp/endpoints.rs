//! The HTTP endpoints of the identity provider.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::super::device::{Asked, Poll};
use super::super::html;
use super::super::tokens::random_hex;
use super::{
    Access, CLIENT_SECRET, CONSOLE_CLIENT, Code, LAB_CLIENT, PARTNER_CLIENT, PASSWORD, Person, Provider,
    STAFF_CLIENT, lock,
};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const TOKEN_SECONDS: i64 = 3_600;
const CODE_SECONDS: i64 = 120;

type Fields = HashMap<String, String>;

pub async fn discovery(State(idp): State<Arc<Provider>>) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", idp.issuer);
    Json(json!({
        "issuer": idp.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks.json"),
        "device_authorization_endpoint": at("device_authorization"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", DEVICE_GRANT],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES384"],
        "scopes_supported": ["openid", "profile", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

pub async fn jwks(State(idp): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({"keys": [idp.key.jwk()]}))
}

/// May this client be answered at this address? Public loopback clients may use any port (RFC 8252 §7.3).
fn may_redirect(idp: &Provider, client_id: &str, redirect_uri: &str) -> bool {
    match client_id {
        STAFF_CLIENT | PARTNER_CLIENT | LAB_CLIENT => redirect_uri == idp.callback,
        CONSOLE_CLIENT => url::Url::parse(redirect_uri).is_ok_and(|u| {
            u.scheme() == "http"
                && matches!(u.host_str(), Some("127.0.0.1" | "[::1]"))
                && u.path() == "/callback"
        }),
        _ => false,
    }
}

fn refuse_page(text: &str) -> Response {
    html::page(StatusCode::BAD_REQUEST, "Cannot sign in", &html::error(Some(text)))
}

fn get<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// What is wrong with an authorization request, if anything: a page before the redirect address is trusted, an
/// error redirect after.
fn check_request(idp: &Provider, q: &Fields) -> Result<(), Box<Response>> {
    let redirect_uri = get(q, "redirect_uri");
    if !may_redirect(idp, get(q, "client_id"), redirect_uri) {
        return Err(Box::new(refuse_page(
            "This client is not registered here, or not with this address to return to.",
        )));
    }
    let refuse = |error: &str, why: &str| {
        let pairs =
            [("error", error), ("error_description", why), ("state", get(q, "state")), ("iss", &idp.issuer)];
        Err(Box::new(html::redirect(&html::with_query(redirect_uri, &pairs))))
    };
    if get(q, "response_type") != "code" {
        return refuse("unsupported_response_type", "Only code is supported");
    }
    if !get(q, "scope").split(' ').any(|s| s == "openid") {
        return refuse("invalid_scope", "The scope must contain openid");
    }
    if get(q, "prompt") == "none" {
        return refuse("login_required", "Nobody is signed in");
    }
    let challenge = get(q, "code_challenge");
    if challenge.is_empty() && get(q, "client_id") == CONSOLE_CLIENT {
        return refuse("invalid_request", "A public client must send a code challenge");
    }
    if !challenge.is_empty() && get(q, "code_challenge_method") != "S256" {
        return refuse("invalid_request", "Only S256 is supported");
    }
    Ok(())
}

const CARRIED: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

fn hint() -> String {
    format!(r#"<p class="quiet">Demonstration: everybody's password is <code>{PASSWORD}</code>.</p>"#)
}

fn login_page(q: &Fields, email: &str, error: Option<&str>) -> Response {
    let mut form = html::error(error);
    form.push_str(r#"<form method="post" action="authorize">"#);
    for name in CARRIED {
        if let Some(value) = q.get(name) {
            form.push_str(&html::hidden(name, value));
        }
    }
    form.push_str(&html::field("Work e-mail", "email", "email", email, "username"));
    form.push_str(&html::field("Password", "password", "password", "", "current-password"));
    form.push_str(r#"<button class="first" name="action" value="allow">Sign in</button>"#);
    form.push_str(r#"<button name="action" value="deny" formnovalidate>Cancel</button></form>"#);
    form.push_str(&hint());
    html::page(StatusCode::OK, "Clinic group sign-in", &form)
}

pub async fn authorize(State(idp): State<Arc<Provider>>, Query(q): Query<Fields>) -> Response {
    match check_request(&idp, &q) {
        Ok(()) => login_page(&q, get(&q, "login_hint"), None),
        Err(refusal) => *refusal,
    }
}

fn identify(idp: &Provider, q: &Fields) -> Option<Person> {
    let right: bool = get(q, "password").as_bytes().ct_eq(PASSWORD.as_bytes()).into();
    idp.by_email(get(q, "email")).filter(|_| right)
}

pub async fn sign_in(State(idp): State<Arc<Provider>>, Form(q): Form<Fields>) -> Response {
    if let Err(refusal) = check_request(&idp, &q) {
        return *refusal;
    }
    let redirect_uri = get(&q, "redirect_uri");
    if get(&q, "action") == "deny" {
        let pairs = [("error", "access_denied"), ("state", get(&q, "state")), ("iss", &idp.issuer)];
        return html::redirect(&html::with_query(redirect_uri, &pairs));
    }
    let Some(person) = identify(&idp, &q) else {
        return login_page(&q, get(&q, "email"), Some("The address or the password is wrong."));
    };
    let code = Uuid::new_v4().to_string();
    let challenge = q.get("code_challenge").filter(|c| !c.is_empty()).map(|c| (c.clone(), "S256".to_owned()));
    lock(&idp.codes).insert(
        code.clone(),
        Code {
            sub: person.sub,
            client_id: get(&q, "client_id").to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope: get(&q, "scope").to_owned(),
            nonce: q.get("nonce").cloned(),
            challenge,
            expires_at: (idp.now)() + CODE_SECONDS,
        },
    );
    let mut pairs = vec![("code", code.as_str())];
    if let Some(state) = q.get("state") {
        pairs.push(("state", state));
    }
    // RFC 9207; the platform's callback reads code and state only.
    pairs.push(("iss", &idp.issuer));
    html::redirect(&html::with_query(redirect_uri, &pairs))
}

fn oauth_error(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({"error": error, "error_description": description})),
    )
        .into_response()
}

/// The client of a token request: by Basic header, by form, or public by its id alone.
fn client_of(headers: &HeaderMap, form: &Fields) -> Option<String> {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Basic "))
        .and_then(|v| STANDARD.decode(v).ok())
        .and_then(|v| String::from_utf8(v).ok())
        .and_then(|v| v.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned())));
    let (id, secret) =
        basic.unwrap_or_else(|| (get(form, "client_id").to_owned(), get(form, "client_secret").to_owned()));
    match id.as_str() {
        CONSOLE_CLIENT => Some(id),
        STAFF_CLIENT | PARTNER_CLIENT | LAB_CLIENT => {
            bool::from(secret.as_bytes().ct_eq(CLIENT_SECRET.as_bytes())).then_some(id)
        }
        _ => None,
    }
}

pub async fn token(
    State(idp): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Response {
    let Some(client_id) = client_of(&headers, &form) else {
        return oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", "Unknown client or wrong secret");
    };
    match get(&form, "grant_type") {
        "authorization_code" => {
            let code = lock(&idp.codes).remove(get(&form, "code"));
            let now = (idp.now)();
            let good = code.filter(|c| {
                c.expires_at > now
                    && c.client_id == client_id
                    && c.redirect_uri == get(&form, "redirect_uri")
                    && c.challenge.as_ref().is_none_or(|(challenge, _)| {
                        URL_SAFE_NO_PAD.encode(Sha256::digest(get(&form, "code_verifier"))) == *challenge
                    })
            });
            match good {
                Some(c) => issue(&idp, &client_id, &c.sub, &c.scope, c.nonce.as_deref()),
                None => oauth_error(
                    StatusCode::BAD_REQUEST,
                    "invalid_grant",
                    "The code is not valid for this request",
                ),
            }
        }
        DEVICE_GRANT => match idp.devices.poll(get(&form, "device_code"), &client_id, (idp.now)()) {
            Poll::Approved(sub, scope) => issue(&idp, &client_id, &sub, &scope, None),
            Poll::Pending => {
                oauth_error(StatusCode::BAD_REQUEST, "authorization_pending", "Nobody has agreed yet")
            }
            Poll::SlowDown => oauth_error(StatusCode::BAD_REQUEST, "slow_down", "Ask less often"),
            Poll::Denied => oauth_error(StatusCode::BAD_REQUEST, "access_denied", "The person refused"),
            Poll::Expired => oauth_error(StatusCode::BAD_REQUEST, "expired_token", "The code is too old"),
            Poll::Unknown => oauth_error(StatusCode::BAD_REQUEST, "invalid_grant", "No such device code"),
        },
        _ => oauth_error(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "Only authorization_code and device_code",
        ),
    }
}

fn issue(idp: &Provider, client_id: &str, sub: &str, scope: &str, nonce: Option<&str>) -> Response {
    let Some(person) = idp.by_sub(sub) else {
        return oauth_error(StatusCode::BAD_REQUEST, "invalid_grant", "The person is gone");
    };
    let now = (idp.now)();
    let mut claims = claims_of(&person, scope);
    claims["iss"] = json!(idp.issuer);
    claims["aud"] = json!(client_id);
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + TOKEN_SECONDS);
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    let Ok(id_token) = idp.key.sign(&claims) else {
        return oauth_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "The token could not be signed",
        );
    };
    let access_token = random_hex(20);
    let access = Access { sub: sub.to_owned(), scope: scope.to_owned(), expires_at: now + TOKEN_SECONDS };
    lock(&idp.tokens).insert(access_token.clone(), access);
    let body = json!({
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": scope,
        "access_token": access_token,
        "id_token": id_token,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The claims that a scope opens (OpenID Connect Core §5.4).
fn claims_of(person: &Person, scope: &str) -> Value {
    let has = |word: &str| scope.split(' ').any(|s| s == word);
    let mut claims = json!({"sub": person.sub});
    if has("email") {
        claims["email"] = json!(person.email);
        claims["email_verified"] = json!(true);
    }
    if has("profile") {
        claims["name"] = json!(format!("{} {}", person.given, person.family));
        claims["given_name"] = json!(person.given);
        claims["family_name"] = json!(person.family);
    }
    claims
}

pub async fn userinfo(State(idp): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "))
        .unwrap_or_default();
    let access = lock(&idp.tokens).get(token).filter(|a| a.expires_at > (idp.now)()).cloned();
    match access.and_then(|a| idp.by_sub(&a.sub).map(|p| claims_of(&p, &a.scope))) {
        Some(claims) => Json(claims).into_response(),
        None => (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)],
            Json(json!({"error": "invalid_token"})),
        )
            .into_response(),
    }
}

pub async fn device_authorization(
    State(idp): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Response {
    let Some(client_id) = client_of(&headers, &form) else {
        return oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", "Unknown client");
    };
    let scope = form.get("scope").cloned().unwrap_or_else(|| "openid".to_owned());
    let started = idp.devices.start(Asked { client_id, scope }, (idp.now)());
    let page = format!("{}/device", idp.issuer);
    let body = json!({
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": page,
        "verification_uri_complete": html::with_query(&page, &[("user_code", &started.user_code)]),
        "expires_in": started.expires_in,
        "interval": started.interval,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn device_form(user_code: &str, email: &str, error: Option<&str>) -> Response {
    let mut form = html::error(error);
    form.push_str("<p>Enter the code that the device shows. Agree only if you started this yourself.</p>");
    form.push_str(r#"<form method="post" action="device">"#);
    form.push_str(&html::field("Code", "user_code", "text", user_code, "off"));
    form.push_str(&html::field("Work e-mail", "email", "email", email, "username"));
    form.push_str(&html::field("Password", "password", "password", "", "current-password"));
    form.push_str(r#"<button class="first" name="action" value="allow">Sign the device in</button>"#);
    form.push_str(r#"<button name="action" value="deny" formnovalidate>Refuse</button></form>"#);
    form.push_str(&hint());
    html::page(StatusCode::OK, "Sign in a device", &form)
}

pub async fn device_page(Query(q): Query<Fields>) -> Response {
    device_form(get(&q, "user_code"), "", None)
}

pub async fn device_decision(State(idp): State<Arc<Provider>>, Form(q): Form<Fields>) -> Response {
    let (user_code, now) = (get(&q, "user_code"), (idp.now)());
    if idp.devices.find(user_code, now).is_none() {
        return device_form("", get(&q, "email"), Some("No device waits with this code."));
    }
    if get(&q, "action") == "deny" {
        idp.devices.decide(user_code, None, now);
        return html::page(
            StatusCode::OK,
            "Refused",
            "<p>The device was not signed in. You may close this page.</p>",
        );
    }
    let Some(person) = identify(&idp, &q) else {
        return device_form(user_code, get(&q, "email"), Some("The address or the password is wrong."));
    };
    idp.devices.decide(user_code, Some(person.sub), now);
    html::page(StatusCode::OK, "Done", "<p>The device is signed in. You may close this page.</p>")
}
