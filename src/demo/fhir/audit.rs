//! `AuditEvent`s of FHIR reads and writes, kept when the operator asked for it (platform-api §13).

use serde_json::{Value, json};

use super::super::caller::Caller;
use super::super::outcome::Outcome;
use super::super::state::State;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are FHIR's interactions")]
pub enum Act {
    Create,
    Read,
    Update,
    Patch,
    Delete,
    History,
}

impl Act {
    fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Create => ("create", "C"),
            Self::Read => ("read", "R"),
            Self::Update => ("update", "U"),
            Self::Patch => ("patch", "U"),
            Self::Delete => ("delete", "D"),
            Self::History => ("history", "R"),
        }
    }
}

/// The resource that something was done to.
#[derive(Debug, Clone)]
pub struct Seen {
    kind: String,
    reference: Value,
}

impl Seen {
    /// Of a resource.
    pub fn of(resource: &Value) -> Self {
        Self {
            kind: resource["resourceType"].as_str().unwrap_or_default().to_owned(),
            reference: super::super::caller::reference_to(resource),
        }
    }
}

/// Keeps an event, if events are kept.
pub fn record(state: &State, caller: &Caller, act: Act, seen: &Seen, failure: Option<&Outcome>) {
    if !state.settings.save_audit_events || seen.kind == "AuditEvent" {
        return;
    }
    let (subtype, action) = act.code();
    let mut agents = vec![json!({
        "who": caller.access.author.reference,
        "requestor": true,
        "network": {"address": caller.login["remoteAddress"], "type": "2"},
    })];
    if let Some(client) = caller.login["client"]["reference"].as_str() {
        agents.push(json!({"who": {"reference": client}, "requestor": false}));
    }
    let mut event = json!({
        "resourceType": "AuditEvent",
        "meta": {"project": caller.project["id"]},
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
            "display": "Restful Operation",
        },
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": subtype, "display": subtype}],
        "action": action,
        "recorded": state.clock.now_iso(),
        "agent": agents,
        "source": {"observer": {"reference": format!("Project/{}", caller.project_id())}},
        "entity": [{"what": seen.reference}],
        "outcome": if failure.is_some() { "4" } else { "0" },
    });
    if let Some(failure) = failure {
        event["outcomeDesc"] = json!(failure.text());
    }
    // An event that cannot be kept must not disturb the request it tells of.
    let _ = state.write().create(event, &caller.access.author);
}
