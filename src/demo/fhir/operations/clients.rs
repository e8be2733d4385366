//! Operations on client applications: rotating the secret, and starting a SMART app.

use serde_json::{Map, Value, json};

use super::super::super::access::Access;
use super::super::super::caller::Caller;
use super::super::super::outcome::Outcome;
use super::super::super::secrets;
use super::super::super::state::State;
use super::super::repo;
use super::super::routes::{Answer, Ask};

/// `$rotate-secret`: a new secret while the old one retires, or the end of the retiring one. It does not look whose
/// client it is, as on the platform.
pub(super) fn rotate_secret(
    state: &State,
    caller: &Caller,
    id: &str,
    input: &Map<String, Value>,
) -> Result<Answer, Outcome> {
    caller.require_admin()?;
    let text = |name: &str| input.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let store = &mut *state.write();
    let (current, retiring) = match (text("secret"), text("retiringSecret")) {
        (None, None) => return Err(Outcome::bad_request("Secret to rotate must be provided")),
        (Some(_), Some(_)) => return Err(Outcome::bad_request("Only one secret can be rotated at a time")),
        pair => pair,
    };
    let mut client = store.read("ClientApplication", id)?;
    if current.is_some_and(|c| client["secret"] == c) {
        client["retiringSecret"] = client["secret"].clone();
        client["secret"] = json!(secrets::hex(32));
    } else if retiring.is_some_and(|r| client["retiringSecret"] == r) {
        if let Some(members) = client.as_object_mut() {
            members.shift_remove("retiringSecret");
        }
    } else {
        return Err(Outcome::bad_request("Provided secret does not match client"));
    }
    Ok(Answer::ok(repo::write(store, &Access::system(), client, false, None)?))
}

/// `$smart-launch`: keeps the launch's context and sends the browser to the app.
pub(super) fn smart_launch(state: &State, caller: &Caller, id: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let store = &mut *state.write();
    let client = repo::find(store, &caller.access, "ClientApplication", id)?;
    let Some(mut launch_uri) = client["launchUri"].as_str().and_then(|uri| url::Url::parse(uri).ok()) else {
        return Err(Outcome::bad_request("ClientApplication not configured for launch"));
    };
    let context: Vec<(&str, &str)> = [("patient", "Patient"), ("encounter", "Encounter")]
        .into_iter()
        .filter_map(|(name, kind)| Some((ask.query(name)?, kind)))
        .collect();
    let mut launch = json!({"resourceType": "SmartAppLaunch", "meta": {"project": caller.project_id()}});
    match context[..] {
        [] => {}
        [(id, kind)] => launch[kind.to_lowercase()] = json!({"reference": format!("{kind}/{id}")}),
        _ => return Err(Outcome::bad_request("Only one launch context can be specified")),
    }
    let launch = repo::system_create(store, launch)?;
    launch_uri
        .query_pairs_mut()
        .append_pair("iss", &format!("{}fhir/R4", state.base_url))
        .append_pair("launch", launch["id"].as_str().unwrap_or_default());
    Ok(Answer::away(launch_uri.into()))
}
