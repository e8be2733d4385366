//! An identity provider that says whatever the code or the access token tells it to: they carry the claims themselves,
//! so that nothing is shared between attempts.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Json};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;

use super::scenario::Behaviour;

/// A running provider; it stops with the test.
#[derive(Debug)]
pub struct Provider {
    addr: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Provider {
    pub async fn start() -> Self {
        let app = Router::new().route("/token", post(token)).route("/userinfo", get(user_info).post(gcip));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { addr, task }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What stands for a person at the provider: a code for the browser, an access token for an app.
pub fn ticket(behaviour: Behaviour, claims: &Value) -> String {
    let word = match behaviour {
        Behaviour::Answers => "answers",
        Behaviour::Refuses => "refuses",
        Behaviour::Html => "html",
        Behaviour::Throttles => "throttles",
        Behaviour::Empty => "empty",
    };
    URL_SAFE_NO_PAD.encode(json!({"behaviour": word, "claims": claims}).to_string())
}

/// A JWT that nobody signed: the platform does not check what came over its own connection.
pub fn id_token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({"alg": "none"})), part(claims), URL_SAFE_NO_PAD.encode("signature"))
}

fn read(ticket: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn respond(status: u16, media: &str, body: String) -> Response {
    Response::builder().status(status).header("content-type", media).body(Body::from(body)).unwrap()
}

fn answer(ticket: &Value, good: &Value) -> Response {
    const JSON: &str = "application/json";
    match ticket["behaviour"].as_str() {
        Some("answers") => respond(200, JSON, good.to_string()),
        Some("html") => respond(200, "text/html", "<p>Sign in</p>".to_owned()),
        Some("throttles") => respond(429, JSON, "{}".to_owned()),
        Some("empty") => respond(200, JSON, "{}".to_owned()),
        _ => respond(400, JSON, json!({"error": "invalid_grant"}).to_string()),
    }
}

async fn token(Form(form): Form<HashMap<String, String>>) -> Response {
    let ticket = read(form.get("code").map_or("", String::as_str));
    answer(&ticket, &json!({"token_type": "Bearer", "id_token": id_token(&ticket["claims"])}))
}

async fn user_info(headers: HeaderMap) -> Response {
    let bearer = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let ticket = read(bearer.trim_start_matches("Bearer "));
    answer(&ticket, &ticket["claims"])
}

/// The user look-up of Google Cloud's Identity Platform.
async fn gcip(Json(body): Json<Value>) -> Response {
    let ticket = read(body["idToken"].as_str().unwrap_or_default());
    let mut user = json!({});
    for (from, to) in [("sub", "localId"), ("email", "email")] {
        if let Some(value) = ticket["claims"].get(from) {
            user[to] = value.clone();
        }
    }
    answer(&ticket, &json!({"users": [user]}))
}
