//! A server that answers by a script and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, Uri};
use idconsole::platform::{Client, Options};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::client;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of a parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/fhir+json; charset=utf-8", body.to_string())
    }

    /// An `OperationOutcome` with a request id.
    pub fn outcome(status: u16, id: &str, text: &str) -> Self {
        Self::json(
            status,
            &json!({"resourceType": "OperationOutcome", "id": id,
                "issue": [{"severity": "error", "code": "x", "details": {"text": text}}],
                "extension": [{"url": "https://medplum.com/fhir/StructureDefinition/tracing",
                    "extension": [{"url": "requestId", "valueId": "6f0c"}]}]}),
        )
    }

    /// 429.
    pub fn limited() -> Self {
        Self::outcome(429, "too-many-requests", "Too Many Requests")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A running script.
pub struct Server {
    pub base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each request by the script, which is told how many came before.
    pub async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&seen));
        let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let request = Seen { method, uri, headers, body };
            let before = {
                let mut log = log.lock().unwrap();
                log.push(request.clone());
                log.len() - 1
            };
            let reply = script(&request, before);
            async move {
                let mut response = Response::builder().status(reply.status);
                for (name, value) in &reply.headers {
                    response = response.header(*name, value);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, seen }
    }

    /// Always the same answer.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    pub fn client(&self, options: Options) -> Client {
        client(&self.base, options)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Methods and paths in order.
    pub fn asked(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.uri.path())).collect()
    }
}

fn meta(version: &str) -> Value {
    json!({"versionId": version, "lastUpdated": "2026-01-05T10:00:00.000Z", "project": "p1"})
}

pub fn user(version: &str) -> Value {
    json!({"resourceType": "User", "id": "u1", "meta": meta(version), "firstName": "Jane", "lastName": "Smith",
        "email": "jane@clinic.example"})
}

pub fn membership(id: &str) -> Value {
    json!({"resourceType": "ProjectMembership", "id": id, "meta": meta("v1"),
        "project": {"reference": "Project/p1"}, "user": {"reference": "User/u1"},
        "profile": {"reference": "Practitioner/d1", "display": "Jane Smith"}})
}
