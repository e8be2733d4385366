//! A request as every route gets it: normalised path, parsed body, the caller, the ids to trace it by.

use std::sync::Arc;

use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::caller::Caller;
use super::outcome::Outcome;
use super::search::query::pairs;

/// The body of a request.
#[derive(Debug, Clone)]
pub enum Content {
    /// Nothing.
    Empty,
    /// `application/json` and anything `application/*+json`.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// Any other type, as text.
    Other(String),
}

/// A request. Routes take it with `axum::Extension<Arc<Request>>`.
#[derive(Debug)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path without the prefixes of platform-api §1.1, beginning with a slash.
    pub path: String,
    /// The path as it came, for "Cannot GET …".
    pub original_path: String,
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub content: Content,
    /// Who asks; none when anonymous or when the token is good for nothing.
    pub caller: Option<Arc<Caller>>,
    /// The client's address as the platform writes it (`::ffff:127.0.0.1`).
    pub address: String,
    /// The project of a `projects/{id}/` prefix.
    pub url_project: Option<String>,
    /// For the tracing extension.
    pub request_id: String,
    /// For the tracing extension.
    pub trace_id: String,
}

impl Request {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The first query parameter of a name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The caller, or 401; 403 when the path names another project (platform-api §1.1).
    pub fn caller(&self) -> Result<&Arc<Caller>, Outcome> {
        let caller = self.caller.as_ref().ok_or_else(Outcome::unauthorized)?;
        match &self.url_project {
            Some(project) if caller.project["id"] != project.as_str() => Err(Outcome::forbidden()),
            _ => Ok(caller),
        }
    }

    /// The body as an object of fields, whether JSON or form; empty when it is neither.
    pub fn fields(&self) -> Map<String, Value> {
        match &self.content {
            Content::Json(Value::Object(members)) => members.clone(),
            Content::Form(pairs) => {
                pairs.iter().map(|(k, v)| (k.clone(), Value::String(v.clone()))).collect()
            }
            _ => Map::new(),
        }
    }

    /// The JSON body; null when there is none.
    pub fn json(&self) -> Value {
        match &self.content {
            Content::Json(value) => value.clone(),
            _ => Value::Null,
        }
    }

    /// Was `X-Medplum: extended` sent?
    pub fn is_extended(&self) -> bool {
        self.header("x-medplum") == Some("extended")
    }
}

/// Reads a body by its content type. Unreadable JSON is refused before anything else is asked.
pub fn read_content(headers: &HeaderMap, body: &[u8]) -> Result<Content, Outcome> {
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if body.is_empty() {
        return Ok(Content::Empty);
    }
    if is_json {
        let unreadable = || Outcome::bad_request("Content could not be parsed");
        // Only objects and arrays count as JSON bodies.
        let first = body.iter().find(|b| !b.is_ascii_whitespace()).ok_or_else(unreadable)?;
        if !b"{[".contains(first) {
            return Err(unreadable());
        }
        return serde_json::from_slice(body).map(Content::Json).map_err(|_| unreadable());
    }
    let text = String::from_utf8_lossy(body);
    if kind == "application/x-www-form-urlencoded" {
        return Ok(Content::Form(pairs(&text)));
    }
    Ok(Content::Other(text.into_owned()))
}
