//! Where does this address sign in, the password login, the choice of a membership.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::auth_state::Shared;
use super::super::html::with_query;
use super::super::session::{self, Request};
use super::super::{lookup, records};
use super::body::{Fields, Visit, is_email, password_problem};
use super::refusal::{Refusal, ok_json};

/// `/auth/method` for an address: `{}` or the route of its domain (platform-api §11).
pub fn method_of(state: &Shared, email: &str) -> Result<Value, Refusal> {
    let Some((_, domain)) = email.rsplit_once('@') else { return Ok(json!({})) };
    let route = records::route_of_domain(state, &domain.to_lowercase());
    let Some(provider) = route.as_ref().map(|r| &r["identityProvider"]).filter(|p| p.is_object()) else {
        return Ok(json!({}));
    };
    let authorize = provider["authorizeUrl"].as_str().unwrap_or_default();
    if url::Url::parse(authorize).is_err() {
        return Err(Refusal::bad_request("Failed to construct URL for the domain"));
    }
    let callback = format!("{}auth/external", state.base_url());
    let pairs = [
        ("client_id", provider["clientId"].as_str().unwrap_or_default()),
        ("redirect_uri", &callback),
        ("response_type", "code"),
        ("scope", "openid profile email"),
    ];
    Ok(json!({"domain": domain, "authorizeUrl": with_query(authorize, &pairs)}))
}

pub(super) async fn method(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let email = body.text("email");
    if !is_email(email) {
        return Err(Refusal::fields(&[("email", "Valid email address is required")]));
    }
    Ok(ok_json(&method_of(&state, email)?))
}

/// The project of a sign-in: the client's, which the named one must not contradict.
pub fn project_of_request(client: Option<&Value>, named: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(client) = client else { return Ok(named.map(ToOwned::to_owned)) };
    let own = session::project_of_client(client);
    match (own, named) {
        (own, None) => Ok(own.map(ToOwned::to_owned)),
        (Some(own), Some(named)) if own == named => Ok(Some(own.to_owned())),
        _ => Err(Refusal::bad_request("Invalid projectId")),
    }
}

/// The parts of a sign-in body that every method shares.
pub fn request_of(state: &Shared, body: &Fields) -> Result<Request, Refusal> {
    let client = body.some("clientId").map(|id| session::client(state, id)).transpose()?;
    let named = body.some("projectId").filter(|p| *p != "new");
    Ok(Request {
        project: project_of_request(client.as_ref(), named)?,
        client,
        scope: body.some("scope").unwrap_or("openid").to_owned(),
        nonce: body.some("nonce").map(ToOwned::to_owned),
        launch: body.some("launch").map(ToOwned::to_owned),
        challenge: body.some("codeChallenge").map(ToOwned::to_owned),
        challenge_method: body.some("codeChallengeMethod").map(ToOwned::to_owned),
        remember: body.is_true("remember"),
        profile_type: body.some("resourceType").map(ToOwned::to_owned),
        no_membership: body.text("projectId") == "new",
        ..Request::default()
    })
}

/// The login result as an answer, with the client's cookie when the login is complete.
pub fn answer(state: &Shared, login: &Value) -> Result<Response, Refusal> {
    let body = session::result(state, login)?;
    let mut response = ok_json(&body);
    if body["code"].is_string()
        && let Some(cookie) = session::cookie(login, records::now(state))
        && let Ok(cookie) = HeaderValue::from_str(&cookie)
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) async fn login(
    State(state): State<Shared>,
    visit: Visit,
    body: Fields,
) -> Result<Response, Refusal> {
    let (email, password) = (body.text("email").to_owned(), body.text("password").to_owned());
    let mut problems = Vec::new();
    if !is_email(&email) {
        problems.push(("email", "Valid email address is required"));
    }
    if let Some(problem) = password_problem(&password) {
        problems.push(("password", problem));
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let mut request = request_of(&state, &body)?;
    request.origin.clone_from(&visit.origin);
    session::check_request(&request)?;
    let user = lookup::user_by_email(&state, &email, request.project.as_deref())
        .ok_or_else(|| Refusal::bad_request("User not found"))?;
    let Some(hash) = user["passwordHash"].as_str().map(ToOwned::to_owned) else {
        return Err(Refusal::bad_request("Invalid authentication method"));
    };
    if !password_fits(password, hash).await {
        return Err(Refusal::bad_request("Email or password is invalid"));
    }
    let login = session::start(&state, &request, &user, "password", &visit)?;
    answer(&state, &login)
}

/// Compares away from the executor's threads: bcrypt takes its time.
pub async fn password_fits(password: String, hash: String) -> bool {
    tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
        .await
        .unwrap_or(false)
}

pub(super) async fn resume(State(state): State<Shared>, Path(id): Path<String>) -> Result<Response, Refusal> {
    if Uuid::parse_str(&id).is_err() {
        return Err(Refusal::fields(&[("login", "Login ID is required")]));
    }
    let login = session::login(&state, &id)?;
    if login["granted"] == true {
        return Err(Refusal::bad_request("Login already granted"));
    }
    if login["revoked"] == true {
        return Err(Refusal::bad_request("Login revoked"));
    }
    answer(&state, &login)
}

pub(super) async fn resume_nothing() -> Refusal {
    Refusal::fields(&[("login", "Login ID is required")])
}

pub(super) async fn profile(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login"), ("profile", "Missing profile")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let login = session::login(&state, body.text("login"))?;
    let login = session::set_membership(&state, login, body.text("profile"))?;
    answer(&state, &login)
}

/// The fields that are absent or empty, with what to say about each.
pub fn missing<'a>(body: &Fields, wanted: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    wanted.iter().filter(|(name, _)| body.some(name).is_none()).copied().collect()
}

pub(super) async fn scope(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login"), ("scope", "Missing scope")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let mut login = session::login(&state, body.text("login"))?;
    session::check_open(&login)?;
    if !login["membership"].is_object() {
        return Err(Refusal::bad_request("Login profile not set"));
    }
    let held: Vec<String> =
        login["scope"].as_str().unwrap_or_default().split(' ').map(ToOwned::to_owned).collect();
    // Only SMART resource scopes are compared; `openid` and its like are not.
    let wider = body
        .text("scope")
        .split(' ')
        .any(|one| one.contains('/') && !one.starts_with("launch/") && !held.iter().any(|h| h == one));
    if wider {
        return Err(Refusal::bad_request("Invalid scope"));
    }
    login["scope"] = json!(body.text("scope"));
    let login = records::update(&state, login)?;
    answer(&state, &login)
}

pub(super) async fn client_info(
    State(state): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let client = session::client(&state, &id)?;
    let mut info = json!({});
    for name in ["welcomeString", "logo", "showScopeSelection"] {
        if let Some(value) = client["signInForm"].get(name) {
            info[name] = value.clone();
        }
    }
    Ok(ok_json(&info))
}

/// Google's keys are out of reach here: the fields are checked, a domain's own IdP goes first, then the client id is
/// refused as on a server that has no Google client.
pub(super) async fn google(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(
        &body,
        &[("googleClientId", "Missing googleClientId"), ("googleCredential", "Missing googleCredential")],
    );
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let claims = super::external::unverified_claims(body.text("googleCredential"));
    if let Some(email) = claims.as_ref().and_then(|c| c["email"].as_str()) {
        let route = method_of(&state, email)?;
        if route["authorizeUrl"].is_string() {
            return Ok(ok_json(&route).into_response());
        }
    }
    Err(Refusal::bad_request("Invalid googleClientId"))
}
