//! A search as a table of comma-separated values.

use serde_json::Value;

use super::super::super::caller::Caller;
use super::super::super::kinds::Kind;
use super::super::super::outcome::Outcome;
use super::super::super::state::State;
use super::super::super::store::params;
use super::super::bundle;
use super::super::repo::cost;
use super::super::routes::{Answer, Ask, Given};

/// `$csv`: references become display texts.
pub fn csv(state: &State, caller: &Caller, kind: &str, ask: &Ask) -> Result<Answer, Outcome> {
    let fields = ask.query("_fields").filter(|f| !f.is_empty());
    let fields = fields.ok_or_else(|| Outcome::bad_request("Missing _fields parameter"))?;
    if Kind::of(kind).is_none() {
        return Err(Outcome::bad_request("Unsupported resource type"));
    }
    caller.charge(state, cost::SEARCH)?;
    let pairs: Vec<(String, String)> = ask.query.iter().filter(|(k, _)| k != "_fields").cloned().collect();
    let mut query = super::super::super::search::query::Query::parse(kind, &pairs)?;
    query.count = Some(Some(1000));
    let (bytes, _) = bundle::search(state, &state.read(), &caller.access, &mut query)?;
    let bundle: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let columns: Vec<&str> = fields.split(',').collect();
    let mut lines = vec![columns.join(",")];
    for entry in bundle["entry"].as_array().into_iter().flatten() {
        let cells: Vec<String> = columns.iter().map(|c| cell(kind, c, &entry["resource"])).collect();
        lines.push(cells.join(","));
    }
    Ok(Answer { outcome: Outcome::ok(), given: Given::Csv(format!("\u{feff}{}", lines.join("\n"))) })
}

fn cell(kind: &str, column: &str, resource: &Value) -> String {
    let mut element = params::find(kind, column).map_or(column, |(_, p)| p.first_path()).split('.');
    let mut value = element.next().map_or(&Value::Null, |name| &resource[name]);
    for name in element {
        value = &value[name];
    }
    let value = if value.is_array() { &value[0] } else { value };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => return "true".into(),
        Value::Number(number) => return number.to_string(),
        Value::Object(members) if members.contains_key("family") => {
            super::super::super::caller::person_name(value).unwrap_or_default()
        }
        Value::Object(members) => ["display", "reference", "value", "text"]
            .iter()
            .find_map(|name| members.get(*name).and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned(),
        _ => return String::new(),
    };
    let text = text.trim().replace('"', "\"\"");
    // Spreadsheets run cells that begin like a formula.
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{text}\"")
}
