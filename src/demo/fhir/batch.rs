//! Bundles of requests (platform-api §1.12, §17): one status per entry, in the order of the bundle, though not done in
//! that order. A transaction runs like a batch unless the project has the feature.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::auth_state;
use super::super::caller::Caller;
use super::super::outcome::{Issue, Outcome, Refusal};
use super::super::request::Content;
use super::super::search::query::pairs;
use super::routes::{self, Answer, Ask, Given};

/// Runs a bundle.
pub fn run(state: &auth_state::Shared, caller: &Arc<Caller>, bundle: &Value) -> Result<Answer, Outcome> {
    if bundle["resourceType"] != "Bundle" {
        return Err(Outcome::bad_request("Not a bundle"));
    }
    let kind = bundle["type"].as_str().unwrap_or("undefined");
    if kind != "batch" && kind != "transaction" {
        return Err(Outcome::bad_request(format!("Unrecognized bundle type: {kind}")));
    }
    let entries = bundle["entry"].as_array().filter(|e| !e.is_empty());
    let entries = entries.ok_or_else(|| Outcome::bad_request("Missing bundle entries"))?;
    let mut entries = entries.clone();
    let identities = assign_ids(&mut entries);
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|i| rank(&entries[*i]));
    let mut results: Vec<Value> = vec![Value::Null; entries.len()];
    let mut throttled: Option<Outcome> = None;
    for i in order {
        let outcome = match &throttled {
            Some(outcome) => Err(outcome.clone()),
            None => run_entry(state, caller, &rewrite(&entries[i], &identities), i),
        };
        if let Err(outcome) = &outcome
            && outcome.status() == StatusCode::TOO_MANY_REQUESTS
        {
            throttled = Some(outcome.clone());
        }
        results[i] = result(outcome);
    }
    Ok(Answer::ok(json!({"resourceType": "Bundle", "type": format!("{kind}-response"), "entry": results})))
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry["request"][field].as_str().unwrap_or_default()
}

// Deletes go first, then creates, updates, patches, operations, and reads last.
fn rank(entry: &Value) -> u8 {
    let url = text(entry, "url");
    match text(entry, "method") {
        "DELETE" => 0,
        _ if url.contains('$') => 4,
        "POST" if url.ends_with("_search") => 5,
        "POST" => 1,
        "PUT" => 2,
        "PATCH" => 3,
        _ if url.contains("_history") => 7,
        _ => 6,
    }
}

// New resources get their ids before anything runs, so that `urn:uuid:` references can name them.
fn assign_ids(entries: &mut [Value]) -> HashMap<String, String> {
    let mut identities = HashMap::new();
    for entry in entries {
        let creates = text(entry, "method") == "POST" && !text(entry, "url").contains(['$', '_']);
        if creates && entry["resource"].is_object() {
            let id = Uuid::new_v4().to_string();
            let kind = entry["resource"]["resourceType"].as_str().unwrap_or_default();
            if let Some(placeholder) = entry["fullUrl"].as_str().filter(|u| u.starts_with("urn:uuid:")) {
                identities.insert(placeholder.to_owned(), format!("{kind}/{id}"));
            }
            entry["resource"]["id"] = json!(id);
        }
    }
    identities
}

fn rewrite(value: &Value, identities: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => identities.get(text).map_or_else(|| value.clone(), |r| json!(r)),
        Value::Array(items) => items.iter().map(|i| rewrite(i, identities)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(k, v)| (k.clone(), rewrite(v, identities))).collect())
        }
        other => other.clone(),
    }
}

fn run_entry(
    state: &auth_state::Shared,
    caller: &Arc<Caller>,
    entry: &Value,
    index: usize,
) -> Result<Answer, Outcome> {
    let missing = |what: &str, field: &str| {
        Outcome::bad_request_at(
            format!("Missing Bundle entry request {what}"),
            format!("Bundle.entry[{index}].request.{field}"),
        )
    };
    let method = text(entry, "method");
    if method.is_empty() {
        return Err(missing("method", "method"));
    }
    let url = text(entry, "url");
    if url.is_empty() {
        return Err(missing("URL", "url"));
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let content = match method {
        "PATCH" => Content::Json(patch_body(&entry["resource"])?),
        _ if entry["resource"].is_object() => Content::Json(entry["resource"].clone()),
        _ => Content::Empty,
    };
    let ask = Ask {
        method: method.to_owned(),
        path: path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        query: pairs(query),
        content,
        if_match: routes::quoted(text(entry, "ifMatch")),
        if_none_exist: Some(text(entry, "ifNoneExist")).filter(|t| !t.is_empty()).map(str::to_owned),
        in_batch: true,
    };
    if ask.path.is_empty() {
        return Err(Outcome::not_found());
    }
    routes::answer(state, caller, &ask).map_err(outcome_of)
}

fn patch_body(resource: &Value) -> Result<Value, Outcome> {
    match resource["resourceType"].as_str() {
        Some("Binary") => {
            let data = resource["data"]
                .as_str()
                .ok_or_else(|| Outcome::bad_request("Missing entry.resource.data"))?;
            let bytes = STANDARD.decode(data).map_err(|e| Outcome::bad_request(e.to_string()))?;
            serde_json::from_slice(&bytes).map_err(|e| Outcome::bad_request(e.to_string()))
        }
        Some("Parameters") => Ok(resource.clone()),
        _ => Err(Outcome::bad_request("Patch entry must include a Binary or Parameters resource")),
    }
}

fn outcome_of(refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Outcome(outcome) => *outcome,
        Refusal::OAuth { description, .. } => Outcome::bad_request(description),
        Refusal::Text(_, text) => Outcome::bad_request(text),
        Refusal::Broken => Outcome::issues(vec![Issue::error("exception", "Internal server error")]),
        Refusal::NoRoute(..) => Outcome::not_found(),
    }
}

fn result(answer: Result<Answer, Outcome>) -> Value {
    let (outcome, given) = match answer {
        Ok(answer) => (answer.outcome, answer.given),
        Err(outcome) => (outcome, Given::Nothing),
    };
    let mut out = json!({
        "response": {"outcome": outcome.json(), "status": outcome.status().as_str()},
    });
    let resource = match given {
        Given::Nothing => return out,
        Given::Resource(resource) => resource,
        Given::Bundle(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Given::Csv(text) | Given::Away(text) => json!(text),
    };
    if let (Some(kind), Some(id)) = (resource["resourceType"].as_str(), resource["id"].as_str()) {
        out["response"]["location"] = json!(format!("{kind}/{id}"));
    }
    out["resource"] = resource;
    out
}
