//! From an HTTP request, or an entry of a batch, to what is done (platform-api §1.4–1.12).

use std::sync::Arc;

use axum::extract::State as AxumState;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, routing};
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::auth_state;
use super::super::caller::Caller;
use super::super::clock::http_date;
use super::super::kinds::Kind;
use super::super::outcome::{FHIR_JSON, JSON, Outcome, Refusal, respond};
use super::super::request::{Content, Request};
use super::super::search::query::Query;
use super::super::state::State;
use super::super::store::{unknown_type, updated_ms};
use super::repo::{self, cost};
use super::{batch, bundle, operations, patch};

/// What is asked, whether by HTTP or by an entry of a batch.
#[derive(Debug, Clone)]
pub struct Ask {
    /// HTTP method.
    pub method: String,
    /// Path below `/fhir/R4`, split at slashes.
    pub path: Vec<String>,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// The body.
    pub content: Content,
    /// The version in `If-Match`, when it stands in double quotes.
    pub if_match: Option<String>,
    /// `If-None-Exist`.
    pub if_none_exist: Option<String>,
    /// An entry of a batch.
    pub in_batch: bool,
}

impl Ask {
    /// The JSON body, or null.
    pub fn json(&self) -> Value {
        match &self.content {
            Content::Json(value) => value.clone(),
            _ => Value::Null,
        }
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Given {
    /// Only an outcome.
    Nothing,
    /// A resource or a bundle.
    Resource(Value),
    /// A bundle that is written already.
    Bundle(Bytes),
    /// `$csv`.
    Csv(String),
    /// The address to go on at.
    Away(String),
}

/// An outcome and what was given.
#[derive(Debug)]
pub struct Answer {
    /// How it went.
    pub outcome: Outcome,
    /// What was given.
    pub given: Given,
}

impl Answer {
    /// 200 with a resource.
    pub fn ok(resource: Value) -> Self {
        Self { outcome: Outcome::ok(), given: Given::Resource(resource) }
    }

    /// 201 with a resource.
    pub fn created(resource: Value) -> Self {
        Self { outcome: Outcome::created(), given: Given::Resource(resource) }
    }

    /// 302 to an address.
    pub fn away(address: String) -> Self {
        Self { outcome: Outcome::ok(), given: Given::Away(address) }
    }

    fn done() -> Self {
        Self { outcome: Outcome::ok(), given: Given::Nothing }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, given: Given::Nothing }
    }
}

/// The routes below `/fhir/R4`.
pub fn routes() -> Router<auth_state::Shared> {
    Router::new()
        .route("/fhir/R4/metadata", routing::get(metadata))
        .route("/fhir/R4/$versions", routing::get(versions))
        .route("/fhir/R4", routing::any(handle))
        .route("/fhir/R4/", routing::any(handle))
        .route("/fhir/R4/{*rest}", routing::any(handle))
}

async fn versions() -> Response {
    respond(StatusCode::OK, JSON, json!({"versions": ["4.0"], "default": "4.0"}).to_string())
}

async fn metadata(AxumState(state): AxumState<auth_state::Shared>) -> Response {
    let base = &state.platform().base_url;
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": state.platform().clock.now_iso(),
        "kind": "instance",
        "software": {"name": "Medplum", "version": state.platform().settings.version()},
        "implementation": {"description": "Embedded platform", "url": format!("{base}fhir/R4")},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "security": {"extension": [{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": [
                {"url": "token", "valueUri": format!("{base}oauth2/token")},
                {"url": "authorize", "valueUri": format!("{base}oauth2/authorize")},
            ],
        }]}}],
    });
    respond(StatusCode::OK, FHIR_JSON, statement.to_string())
}

async fn handle(
    AxumState(state): AxumState<auth_state::Shared>,
    Extension(request): Extension<Arc<Request>>,
) -> Response {
    match answer_request(&state, &request) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

fn answer_request(state: &auth_state::Shared, request: &Request) -> Result<Response, Refusal> {
    let caller = request.caller()?;
    let path: Vec<String> = request
        .path
        .trim_start_matches("/fhir/R4")
        .split('/')
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect();
    let ask = Ask {
        method: request.method.to_string(),
        path,
        query: request.query.clone(),
        content: request.content.clone(),
        if_match: request.header("if-match").and_then(quoted),
        if_none_exist: request.header("if-none-exist").map(str::to_owned),
        in_batch: false,
    };
    let answer = answer(state, caller, &ask)?;
    Ok(respond_with(state.platform(), request, answer))
}

/// What stands in the first pair of double quotes.
pub fn quoted(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('"')?;
    let (inside, _) = rest.split_once('"')?;
    if inside.is_empty() { None } else { Some(inside.to_owned()) }
}

fn respond_with(state: &State, request: &Request, answer: Answer) -> Response {
    let status = answer.outcome.status();
    let body = match answer.given {
        Given::Nothing => return answer.outcome.into_response(),
        Given::Away(address) => {
            let mut response = respond(StatusCode::FOUND, "text/plain; charset=utf-8", "Found");
            set(response.headers_mut(), header::LOCATION, &address);
            return response;
        }
        Given::Csv(text) => {
            let mut response = respond(status, "text/csv; charset=utf-8", text);
            set(response.headers_mut(), header::CONTENT_DISPOSITION, "attachment; filename=export.csv");
            return response;
        }
        Given::Bundle(bytes) => respond(status, FHIR_JSON, bytes),
        Given::Resource(resource) => {
            let mut response = respond(status, FHIR_JSON, resource.to_string());
            let headers = response.headers_mut();
            if let Some(version) = resource["meta"]["versionId"].as_str() {
                set(headers, header::ETAG, &format!("W/\"{version}\""));
                set(headers, header::LAST_MODIFIED, &http_date(updated_ms(&resource)));
                let known = request.header("if-none-match").is_some_and(|v| v.contains(version));
                if request.method == "GET" && known {
                    *response.status_mut() = StatusCode::NOT_MODIFIED;
                    *response.body_mut() = axum::body::Body::empty();
                    return response;
                }
            }
            if status == StatusCode::CREATED {
                let kind = resource["resourceType"].as_str().unwrap_or_default();
                let id = resource["id"].as_str().unwrap_or_default();
                set(
                    response.headers_mut(),
                    header::LOCATION,
                    &format!("{}fhir/R4/{kind}/{id}", state.base_url),
                );
            }
            response
        }
    };
    if request.header("prefer").is_some_and(|p| p.contains("return=minimal")) {
        let (parts, _) = body.into_parts();
        return Response::from_parts(parts, axum::body::Body::empty());
    }
    body
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Does what is asked.
pub fn answer(state: &auth_state::Shared, caller: &Arc<Caller>, ask: &Ask) -> Result<Answer, Refusal> {
    let platform = state.platform();
    let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    match (ask.method.as_str(), &path[..]) {
        ("POST", []) => Ok(batch::run(state, caller, &ask.json())?),
        ("GET", []) => Err(Refusal::bad_request("No types specified")),
        ("GET", [kind, "$csv"]) => Ok(operations::csv::csv(platform, caller, kind, ask)?),
        ("POST", [kind, "$validate"]) => Ok(operations::upkeep::validate(kind, &ask.json())?),
        ("POST", ["Project", "$init"]) => operations::projects::init_project(state, caller, ask),
        (_, [kind, id, operation]) if operation.starts_with('$') => {
            operations::on_resource(platform, caller, (&ask.method, kind, id, operation), ask)
        }
        (_, [operation, ..] | [_, operation]) if operation.starts_with('$') => {
            Err(Outcome::not_found().into())
        }
        ("GET", [kind]) => Ok(search(platform, caller, kind, &ask.query)?),
        ("POST", [kind, "_search"]) => {
            let fields: Vec<(String, String)> = match &ask.content {
                Content::Form(pairs) => pairs.clone(),
                Content::Json(Value::Object(members)) => {
                    members.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
                }
                _ => Vec::new(),
            };
            Ok(search(platform, caller, kind, &fields)?)
        }
        ("POST", [kind]) => Ok(create(platform, caller, kind, ask)?),
        ("GET", [kind, id]) => {
            known_type(kind, id)?;
            Ok(Answer::ok(repo::read(platform, caller, kind, id)?))
        }
        ("GET", [kind, id, "_history"]) => {
            let number = |name: &str| ask.query(name).and_then(|v| v.parse().ok());
            let bundle = repo::history(platform, caller, kind, id, number("_count"), number("_offset"))?;
            Ok(Answer::ok(bundle))
        }
        ("GET", [kind, id, "_history", version]) => {
            Ok(Answer::ok(repo::version(platform, caller, kind, id, version)?))
        }
        ("PUT", [kind, id]) => {
            let resource = ask.json();
            if resource["resourceType"] != *kind {
                return Err(Refusal::bad_request("Incorrect resource type"));
            }
            if resource["id"] != *id {
                return Err(Refusal::bad_request("Incorrect resource ID"));
            }
            Ok(Answer::ok(repo::update(platform, caller, resource, ask.if_match.as_deref())?))
        }
        ("PATCH", [kind, id]) => Ok(patch(platform, caller, kind, id, ask)?),
        ("DELETE", [kind, id]) => {
            repo::delete(platform, caller, kind, id)?;
            Ok(Answer::done())
        }
        ("PUT" | "PATCH" | "DELETE", [kind]) => Ok(conditional(platform, caller, kind, ask)?),
        _ => Err(Outcome::not_found().into()),
    }
}

fn known_type(kind: &str, id: &str) -> Result<(), Outcome> {
    super::super::store::parse_id(id)?;
    Kind::of(kind).map(drop).ok_or_else(unknown_type)
}

/// Searches; the answer is a written bundle.
pub fn search(
    state: &State,
    caller: &Caller,
    kind: &str,
    pairs: &[(String, String)],
) -> Result<Answer, Outcome> {
    if Kind::of(kind).is_none() {
        return Err(unknown_type());
    }
    let mut query = Query::parse(kind, pairs)?;
    caller.charge(state, cost::SEARCH)?;
    let (bundle, references) = bundle::search(state, &state.read(), &caller.access, &mut query)?;
    if references > 0 {
        caller.charge(state, references * cost::READ)?;
    }
    Ok(Answer { outcome: Outcome::ok(), given: Given::Bundle(bundle) })
}

/// Up to two resources that a condition fits, for conditional requests.
fn matches(state: &State, caller: &Caller, kind: &str, text: &str) -> Result<Vec<Value>, Outcome> {
    let query = Query::parse_text(&format!("{kind}?{text}"))?;
    let mut query = Query { count: Some(Some(2)), offset: None, sort: Vec::new(), ..query };
    let (bytes, _) = bundle::search(state, &state.read(), &caller.access, &mut query)?;
    let bundle: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(bundle["entry"].as_array().into_iter().flatten().map(|e| e["resource"].clone()).collect())
}

fn create(state: &State, caller: &Caller, kind: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let mut resource = ask.json();
    if let Some(condition) = &ask.if_none_exist {
        let mut found = matches(state, caller, kind, condition)?;
        match found.len() {
            0 => {}
            1 => return Ok(Answer::ok(found.swap_remove(0))),
            _ => return Err(Outcome::multiple_matches()),
        }
    }
    if resource["resourceType"] != kind {
        let found = resource["resourceType"].as_str().filter(|k| !k.is_empty()).unwrap_or("<EMPTY>");
        return Err(Outcome::bad_request(format!(
            "Incorrect resource type: expected {kind}, but found {found}"
        )));
    }
    if let Some(account) = ask.query("_account") {
        resource["meta"]["account"] = json!({"reference": account});
    }
    let assigned = if ask.in_batch { resource["id"].as_str().map(str::to_owned) } else { None };
    Ok(Answer::created(repo::create(state, caller, resource, assigned.as_deref())?))
}

fn patch(state: &State, caller: &Caller, kind: &str, id: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let operations = match &ask.content {
        Content::Empty if ask.in_batch => return Err(Outcome::bad_request("Empty patch body")),
        Content::Json(Value::Array(operations)) => operations.clone(),
        Content::Json(parameters) if parameters["resourceType"] == "Parameters" => {
            patch::patch_of_parameters(parameters)
        }
        _ => return Err(Outcome::bad_request("Invalid patch body")),
    };
    Ok(Answer::ok(repo::patch(state, caller, kind, id, &operations, ask.if_match.as_deref())?))
}

fn conditional(state: &State, caller: &Caller, kind: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let text = ask.query.iter().map(|(k, v)| format!("{k}={}", super::super::search::query::encode(v)));
    let found = matches(state, caller, kind, &text.collect::<Vec<_>>().join("&"))?;
    if found.len() > 1 {
        return Err(Outcome::multiple_matches());
    }
    let id = found.first().and_then(|r| r["id"].as_str()).map(str::to_owned);
    match (ask.method.as_str(), id) {
        ("PUT", Some(id)) => {
            let mut resource = ask.json();
            if resource["id"].is_string() && resource["id"] != id.as_str() {
                return Err(Outcome::bad_request("Resource ID did not match resolved ID"));
            }
            resource["id"] = json!(id);
            Ok(Answer::ok(repo::update(state, caller, resource, ask.if_match.as_deref())?))
        }
        ("PUT", None) => {
            let resource = ask.json();
            if resource["id"].is_string() && !ask.in_batch {
                return Err(Outcome::bad_request("Cannot perform create as update with client-assigned ID"));
            }
            Ok(Answer::created(repo::create(state, caller, resource, None)?))
        }
        ("PATCH", Some(id)) => patch(state, caller, kind, &id, ask),
        ("PATCH", None) => Err(Outcome::not_found()),
        (_, Some(id)) => {
            repo::delete(state, caller, kind, &id)?;
            Ok(Answer::done())
        }
        _ => Ok(Answer::done()),
    }
}
