//! A small server that answers as a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub fn raw(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", kind.to_owned())], body: body.into() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// An OAuth error.
    pub fn error(error: &str, words: &str) -> Self {
        Self::json(400, &json!({"error": error, "error_description": words}))
    }

    /// An OperationOutcome.
    pub fn outcome(status: u16, id: &str, words: &str) -> Self {
        let issue = json!({"severity": "error", "code": "invalid", "details": {"text": words}});
        let body = json!({"resourceType": "OperationOutcome", "id": id, "issue": [issue]});
        Self::raw(status, "application/fhir+json; charset=utf-8", body.to_string())
    }

    pub fn not_found() -> Self {
        Self::raw(404, "text/html", "<html>no</html>")
    }
}

type Script = dyn Fn(&str, &Asked) -> Reply + Send + Sync;

struct Shared {
    base: String,
    script: Box<Script>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Stops when dropped.
pub struct Server {
    /// `http://127.0.0.1:PORT/`
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves `script`, which gets the base address and the request.
    pub async fn start(script: impl Fn(&str, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", socket.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared =
            Arc::new(Shared { base: base.clone(), script: Box::new(script), asked: Arc::clone(&asked) });
        let app = Router::new().fallback(answer).with_state(shared);
        let task = tokio::spawn(async move {
            axum::serve(socket, app).await.unwrap();
        });
        Self { base, asked, task }
    }

    /// What was asked at `path`, in order.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|one| one.path == path).cloned().collect()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let asked = Asked { path: uri.path().to_owned(), headers, body };
    shared.asked.lock().unwrap().push(asked.clone());
    let reply = (shared.script)(&shared.base, &asked);
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// Metadata as the platform writes it.
pub fn metadata(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}oauth2/authorize"),
        "token_endpoint": format!("{base}oauth2/token"),
        "jwks_uri": format!("{base}.well-known/jwks.json"),
        "code_challenge_methods_supported": ["S256", "plain"],
    })
}

pub const METADATA_PATH: &str = "/.well-known/openid-configuration";
