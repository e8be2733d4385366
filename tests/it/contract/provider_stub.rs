//! An identity provider that gives the recorded answers in order and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Value>,
    seen: Vec<(String, String)>,
}

/// A running stub; it stops with the test.
#[derive(Debug)]
pub struct ProviderStub {
    addr: SocketAddr,
    script: Arc<Mutex<Script>>,
    task: tokio::task::JoinHandle<()>,
}

impl ProviderStub {
    pub async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { addr, script, task }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn expect(&self, answers: Vec<Value>) {
        *self.script.lock().unwrap() = Script { answers: answers.into(), seen: Vec::new() };
    }

    /// Method and path of every request since the last [`Self::expect`].
    pub fn seen(&self) -> Vec<(String, String)> {
        self.script.lock().unwrap().seen.clone()
    }
}

impl Drop for ProviderStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let answer = {
        let mut script = script.lock().unwrap();
        script.seen.push((request.method().to_string(), path));
        script.answers.pop_front()
    }
    .unwrap_or_else(|| json!({"status": 500, "content_type": "application/json", "json": {}}));
    let body = match answer.get("text") {
        Some(text) => text.as_str().unwrap_or_default().to_owned(),
        None => answer["json"].to_string(),
    };
    Response::builder()
        .status(answer["status"].as_u64().unwrap_or(500) as u16)
        .header("content-type", answer["content_type"].as_str().unwrap_or_default())
        .body(Body::from(body))
        .unwrap()
}
