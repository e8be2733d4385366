//! The small web app that a Medplum server leaves to somebody else: pages that run the `/auth/*` steps in a browser.
//!
//! Plain forms, no scripts. It talks to the platform over HTTP like any other client and keeps no session of its own.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::device::DeviceGrants;
use super::html;
use super::idp::Seconds;

/// Form fields or query of a page.
type Fields = HashMap<String, String>;

/// Sign-ins that went to an identity provider and will come back within this many seconds.
const AWAY_SECONDS: i64 = 900;

/// What the pages carry from step to step: the authorization request, word for word.
const CARRIED: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "launch",
    "device",
];

/// The web app. `api` is where the platform listens, `base` its public address; both end in a slash.
pub struct Pages {
    api: String,
    base: String,
    http: reqwest::Client,
    away: Mutex<HashMap<String, (Fields, i64)>>,
    devices: Arc<DeviceGrants<String>>,
    now: Seconds,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Pages {
    /// The pages over one platform; `devices` are the grants of its device endpoint.
    pub fn new(
        api: String,
        base: String,
        http: reqwest::Client,
        devices: Arc<DeviceGrants<String>>,
        now: Seconds,
    ) -> Self {
        Self { api, base, http, away: Mutex::default(), devices, now }
    }

    /// The routes, to be nested under the path of the app's address.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(start))
            .route("/oauth", get(oauth_page).post(step))
            .route("/signin", get(back_from_provider).post(step))
            .route("/device", get(device_page).post(device_code))
            .route("/setpassword/{id}/{secret}", get(password_page).post(set_password))
            .route("/verifyemail/{id}/{secret}", get(verify_email))
            .with_state(self)
    }

    /// Calls the platform; the status, and the body as JSON (null when it is none).
    async fn call(&self, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.api);
        let request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                (status, answer.json().await.unwrap_or(Value::Null))
            }
            Err(_) => (503, Value::Null),
        }
    }

    fn remember(&self, key: String, request: Fields) {
        let now = (self.now)();
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.retain(|_, (_, until)| *until > now);
        away.insert(key, (request, now + AWAY_SECONDS));
    }

    fn recall(&self, key: &str) -> Option<Fields> {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.remove(key).map(|(request, _)| request)
    }

    /// Shows what the login still needs, or finishes it.
    fn next(&self, request: &Fields, answer: &Value, error: Option<&str>) -> Response {
        let login = word(&answer["login"]);
        if let Some(code) = answer["code"].as_str() {
            return self.finish(request, login, code);
        }
        // Writing into a String cannot fail; `write!` below says so with `let _`.
        let title;
        let mut form = whither(request);
        form.push_str(&html::error(error));
        form.push_str(r#"<form method="post" action="oauth">"#);
        form.push_str(&carry(request));
        form.push_str(&html::hidden("login", login));
        if answer["mfaEnrollRequired"] == true {
            form.push_str(&html::hidden("step", "enroll"));
            title = "Set up a second factor";
            form.push_str(
                "<p>A second factor is required. Scan this with an authenticator app, or type its key:</p>",
            );
            let _ = write!(
                form,
                r#"<p><img alt="QR code of the key" src="{}"></p><p><code>{}</code></p>"#,
                html::escape(word(&answer["enrollQrCode"])),
                html::escape(secret_of(word(&answer["enrollUri"])))
            );
            form.push_str(&html::field("Code it shows now", "token", "text", "", "one-time-code"));
        } else if answer["mfaRequired"] == true {
            title = "Second factor";
            form.push_str(&html::hidden("step", "verify"));
            form.push_str(&html::field("Code of your second factor", "token", "text", "", "one-time-code"));
        } else if let Some(memberships) = answer["memberships"].as_array() {
            form.push_str(&html::hidden("step", "profile"));
            title = "Choose a project";
            form.push_str("<p>You belong to several. Sign in as:</p>");
            for (i, m) in memberships.iter().enumerate() {
                let _ = write!(
                    form,
                    r#"<label class="choice"><input type="radio" name="profile" value="{}" required{}><span>{} <span class="quiet">{}</span></span></label>"#,
                    html::escape(word(&m["id"])),
                    if i == 0 { " checked autofocus" } else { "" },
                    html::escape(word(&m["project"]["display"])),
                    html::escape(word(&m["profile"]["display"])),
                );
            }
        } else {
            return refused("The platform's answer names no next step.");
        }
        form.push_str(r#"<button class="first" name="action" value="go">Go on</button>"#);
        form.push_str(r#"<button name="action" value="deny" formnovalidate>Cancel</button></form>"#);
        html::page(StatusCode::OK, title, &form)
    }

    fn finish(&self, request: &Fields, login: &str, code: &str) -> Response {
        if let Some(user_code) = request.get("device") {
            return if self.devices.decide(user_code, Some(login.to_owned()), (self.now)()) {
                html::page(StatusCode::OK, "Done", "<p>The device is signed in. You may close this page.</p>")
            } else {
                refused("No device waits with this code any more.")
            };
        }
        let mut pairs = vec![("code", code)];
        if let Some(state) = request.get("state") {
            pairs.push(("state", state));
        }
        match request.get("redirect_uri").filter(|uri| !uri.is_empty()) {
            Some(uri) => html::redirect(&html::with_query(uri, &pairs)),
            None => {
                html::page(StatusCode::OK, "Signed in", "<p>You are signed in. You may close this page.</p>")
            }
        }
    }

    fn deny(&self, request: &Fields) -> Response {
        if let Some(user_code) = request.get("device") {
            self.devices.decide(user_code, None, (self.now)());
            return html::page(StatusCode::OK, "Refused", "<p>The device was not signed in.</p>");
        }
        let mut pairs = vec![("error", "access_denied"), ("error_description", "The person cancelled")];
        if let Some(state) = request.get("state") {
            pairs.push(("state", state));
        }
        match request.get("redirect_uri").filter(|uri| !uri.is_empty()) {
            Some(uri) => html::redirect(&html::with_query(uri, &pairs)),
            None => refused("Cancelled."),
        }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn secret_of(uri: &str) -> &str {
    uri.split_once("secret=").map_or("", |(_, tail)| tail.split('&').next().unwrap_or_default())
}

fn refused(text: &str) -> Response {
    html::page(StatusCode::BAD_REQUEST, "Cannot go on", &html::error(Some(text)))
}

/// The text of an error answer, in any of the platform's shapes (platform-api §1.4).
fn message(answer: &Value) -> String {
    let texts: Vec<&str> = answer["issue"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|i| i["details"]["text"].as_str())
        .collect();
    if texts.is_empty() { "The platform did not answer as expected.".to_owned() } else { texts.join("; ") }
}

fn carry(request: &Fields) -> String {
    CARRIED.iter().filter_map(|n| request.get(*n).map(|v| html::hidden(n, v))).collect()
}

/// Where the person goes from here: which program asked for the sign-in, as far as its address tells.
fn whither(request: &Fields) -> String {
    let host = request.get("redirect_uri").and_then(|to| url::Url::parse(to).ok()).and_then(|to| {
        let host = to.host_str()?.to_owned();
        Some(to.port().map_or(host.clone(), |port| format!("{host}:{port}")))
    });
    match (request.get("device"), host) {
        (Some(code), _) => html::quiet(&format!("for the device that shows {code}")),
        (None, Some(host)) => html::quiet(&format!("for the program at {host}")),
        (None, None) => String::new(),
    }
}

fn email_form(request: &Fields, email: &str, error: Option<&str>) -> Response {
    let mut form = whither(request);
    form.push_str(&html::error(error));
    form.push_str(r#"<form method="post" action="oauth">"#);
    form.push_str(&carry(request));
    form.push_str(&html::hidden("step", "email"));
    form.push_str(&html::field("E-mail", "email", "email", email, "username"));
    form.push_str(r#"<button class="first" name="action" value="go">Next</button>"#);
    form.push_str(r#"<button name="action" value="deny" formnovalidate>Cancel</button></form>"#);
    html::page(StatusCode::OK, "Sign in", &form)
}

fn password_form(request: &Fields, email: &str, error: Option<&str>) -> Response {
    let mut form = whither(request);
    form.push_str(&html::error(error));
    form.push_str(r#"<form method="post" action="oauth">"#);
    form.push_str(&carry(request));
    form.push_str(&html::hidden("step", "password"));
    form.push_str(&html::field("E-mail", "email", "email", email, "username"));
    form.push_str(&html::field("Password", "password", "password", "", "current-password"));
    form.push_str(r#"<button class="first" name="action" value="go">Sign in</button>"#);
    form.push_str(r#"<button name="action" value="deny" formnovalidate>Cancel</button></form>"#);
    html::page(StatusCode::OK, "Sign in", &form)
}

/// What there is to say to whoever opens the app's own address.
pub async fn start() -> Response {
    html::page(
        StatusCode::OK,
        "Demonstration platform",
        "<p>These are the sign-in pages of idconsole's embedded platform. Start from the console.</p>",
    )
}

async fn oauth_page(State(app): State<Arc<Pages>>, Query(request): Query<Fields>) -> Response {
    // A launch or an external sign-in comes back here with its login.
    if let Some(login) = request.get("login").cloned() {
        return app.resume(&request, &login).await;
    }
    email_form(&request, request.get("login_hint").map_or("", String::as_str), None)
}

impl Pages {
    async fn resume(&self, request: &Fields, login: &str) -> Response {
        let (status, answer) = self.call(&format!("auth/login/{login}"), None).await;
        if status == 200 { self.next(request, &answer, None) } else { refused(&message(&answer)) }
    }
}

/// `<app>signin?login=…&code_challenge=…`: the platform sends people here who come from an identity provider
/// (platform-api §10.2 step 11). It does not carry `state` and `redirect_uri`; those waited here.
async fn back_from_provider(State(app): State<Arc<Pages>>, Query(query): Query<Fields>) -> Response {
    let field = |name: &str| query.get(name).map_or("", String::as_str);
    if field("login").is_empty() {
        return email_form(&query, "", None);
    }
    let request = app.recall(&away_key(field("nonce"), field("code_challenge"))).unwrap_or_default();
    app.resume(&request, field("login")).await
}

/// Nonce and challenge come back unchanged and are unguessable together.
fn away_key(nonce: &str, challenge: &str) -> String {
    format!("{nonce} {challenge}")
}

async fn step(State(app): State<Arc<Pages>>, Form(form): Form<Fields>) -> Response {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let request: Fields =
        CARRIED.iter().filter_map(|n| form.get(*n).map(|v| ((*n).to_owned(), v.clone()))).collect();
    if field("action") == "deny" {
        return app.deny(&request);
    }
    match field("step") {
        "password" => {
            let mut body = json!({"email": field("email"), "password": field("password")});
            add_request(&mut body, &request);
            let (status, answer) = app.call("auth/login", Some(&body)).await;
            if status == 200 {
                app.next(&request, &answer, None)
            } else {
                password_form(&request, field("email"), Some(&message(&answer)))
            }
        }
        step @ ("verify" | "enroll" | "profile") => {
            let (path, body) = match step {
                "verify" => ("auth/mfa/verify", json!({"login": field("login"), "token": field("token")})),
                "enroll" => {
                    ("auth/mfa/login-enroll", json!({"login": field("login"), "token": field("token")}))
                }
                _ => ("auth/profile", json!({"login": field("login"), "profile": field("profile")})),
            };
            let (status, answer) = app.call(path, Some(&body)).await;
            if status == 200 {
                return app.next(&request, &answer, None);
            }
            // Show the same step again with the reason, as far as the login still lives.
            let (status, again) = app.call(&format!("auth/login/{}", field("login")), None).await;
            if status == 200 {
                app.next(&request, &again, Some(&message(&answer)))
            } else {
                refused(&message(&answer))
            }
        }
        _ => choose_method(&app, &request, field("email")).await,
    }
}

/// The parameters of the authorization request as `/auth/login` and the external `state` name them.
fn add_request(body: &mut Value, request: &Fields) {
    for (from, to) in [
        ("client_id", "clientId"),
        ("scope", "scope"),
        ("nonce", "nonce"),
        ("launch", "launch"),
        ("code_challenge", "codeChallenge"),
        ("code_challenge_method", "codeChallengeMethod"),
    ] {
        if let Some(value) = request.get(from).filter(|v| !v.is_empty()) {
            body[to] = json!(value);
        }
    }
}

/// Asks the platform where this address signs in: here with a password, or at an identity provider.
async fn choose_method(app: &Pages, request: &Fields, email: &str) -> Response {
    let (status, answer) = app.call("auth/method", Some(&json!({"email": email}))).await;
    if status != 200 {
        return email_form(request, email, Some(&message(&answer)));
    }
    let Some(authorize_url) = answer["authorizeUrl"].as_str() else {
        return password_form(request, email, None);
    };
    let mut request = request.clone();
    request.entry("nonce".to_owned()).or_insert_with(|| uuid::Uuid::new_v4().to_string());
    let field = |name: &str| request.get(name).map_or("", String::as_str);
    let mut state = json!({"domain": word(&answer["domain"]).to_lowercase()});
    add_request(&mut state, &request);
    app.remember(away_key(field("nonce"), field("code_challenge")), request.clone());
    html::redirect(&html::with_query(authorize_url, &[("state", &state.to_string()), ("login_hint", email)]))
}

async fn device_page(Query(query): Query<Fields>) -> Response {
    device_form(query.get("user_code").map_or("", String::as_str), None)
}

fn device_form(user_code: &str, error: Option<&str>) -> Response {
    let mut form = html::error(error);
    form.push_str("<p>Enter the code that the device shows. Go on only if you started this yourself.</p>");
    form.push_str(r#"<form method="post" action="device">"#);
    form.push_str(&html::field("Code", "user_code", "text", user_code, "off"));
    form.push_str(r#"<button class="first" name="action" value="go">Next</button>"#);
    form.push_str(r#"<button name="action" value="deny">Refuse</button></form>"#);
    html::page(StatusCode::OK, "Sign in a device", &form)
}

async fn device_code(State(app): State<Arc<Pages>>, Form(form): Form<Fields>) -> Response {
    let user_code = form.get("user_code").map_or("", String::as_str);
    let Some(asked) = app.devices.find(user_code, (app.now)()) else {
        return device_form("", Some("No device waits with this code."));
    };
    let mut request =
        Fields::from([("device".to_owned(), user_code.to_owned()), ("scope".to_owned(), asked.scope)]);
    if !asked.client_id.is_empty() {
        request.insert("client_id".to_owned(), asked.client_id);
    }
    if form.get("action").is_some_and(|a| a == "deny") {
        return app.deny(&request);
    }
    email_form(&request, "", None)
}

async fn password_page(Path((_, _)): Path<(String, String)>) -> Response {
    new_password_form(None)
}

fn new_password_form(error: Option<&str>) -> Response {
    let mut form = html::error(error);
    form.push_str(r#"<form method="post">"#);
    form.push_str(&html::field("New password", "password", "password", "", "new-password"));
    form.push_str(r#"<button class="first">Set password</button></form>"#);
    html::page(StatusCode::OK, "Set a password", &form)
}

async fn set_password(
    State(app): State<Arc<Pages>>,
    Path((id, secret)): Path<(String, String)>,
    Form(form): Form<Fields>,
) -> Response {
    let body = json!({"id": id, "secret": secret, "password": form.get("password")});
    let (status, answer) = app.call("auth/setpassword", Some(&body)).await;
    if status == 200 {
        html::page(StatusCode::OK, "Done", "<p>The password is set. You may close this page.</p>")
    } else {
        new_password_form(Some(&message(&answer)))
    }
}

async fn verify_email(State(app): State<Arc<Pages>>, Path((id, secret)): Path<(String, String)>) -> Response {
    let (status, answer) = app.call("auth/verifyemail", Some(&json!({"id": id, "secret": secret}))).await;
    if status == 200 {
        let back = html::escape(&app.base);
        html::page(
            StatusCode::OK,
            "Done",
            &format!("<p>Your address at <code>{back}</code> is confirmed.</p>"),
        )
    } else {
        refused(&message(&answer))
    }
}
