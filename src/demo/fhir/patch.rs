//! JSON Patch as the platform does it (platform-api §1.8): RFC 6902 with lists made on the way.

use serde_json::{Map, Value, json};

use super::super::outcome::Outcome;

/// Applies operations in order; on an error the resource is half patched and must be thrown away.
pub fn apply(resource: &mut Value, operations: &[Value]) -> Result<(), Outcome> {
    operations.iter().try_for_each(|operation| apply_one(resource, operation))
}

fn apply_one(resource: &mut Value, operation: &Value) -> Result<(), Outcome> {
    let name = operation["op"].as_str().unwrap_or_default();
    let path = operation["path"].as_str().unwrap_or_default();
    let value = operation.get("value");
    match name {
        "add" => add(resource, path, value.cloned().unwrap_or(Value::Null)),
        "remove" => take(resource, path).map(drop),
        "replace" => {
            let place = resource_at(resource, path)?.ok_or_else(|| required(path))?;
            *place = value.cloned().unwrap_or(Value::Null);
            Ok(())
        }
        "move" => {
            let taken = take(resource, operation["from"].as_str().unwrap_or_default())?;
            add(resource, path, taken)
        }
        "copy" => {
            let from = operation["from"].as_str().unwrap_or_default();
            let copied = resource_at(resource, from)?.ok_or_else(|| required(from))?.clone();
            add(resource, path, copied)
        }
        "test" => {
            let actual = resource_at(resource, path)?.cloned();
            if actual.as_ref() == value {
                return Ok(());
            }
            Err(Outcome::bad_request(format!("Test failed: {} != {}", shown(actual.as_ref()), shown(value))))
        }
        other => Err(Outcome::bad_request(format!("Invalid operation: {other}"))),
    }
}

fn required(path: &str) -> Outcome {
    Outcome::bad_request(format!("Value required at path: {path}"))
}

// As a browser's string conversion writes it.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "undefined".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => "[object Object]".into(),
        Some(Value::Array(items)) => items.iter().map(|i| shown(Some(i))).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

fn tokens(path: &str) -> Result<Vec<String>, Outcome> {
    let mut parts = path.split('/').map(|t| t.replace("~1", "/").replace("~0", "~"));
    if parts.next().is_some_and(|first| !first.is_empty()) {
        return Err(Outcome::bad_request(format!("Invalid JSON Pointer: {path}")));
    }
    Ok(parts.collect())
}

fn step<'a>(value: &'a mut Value, token: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(items) => token.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
        _ => None,
    }
}

fn resource_at<'a>(resource: &'a mut Value, path: &str) -> Result<Option<&'a mut Value>, Outcome> {
    let mut place = Some(resource);
    for token in tokens(path)? {
        place = place.and_then(|p| step(p, &token));
    }
    Ok(place)
}

fn parent_of<'a>(resource: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), Outcome> {
    let mut all = tokens(path)?;
    let last = all.pop().ok_or_else(|| required(path))?;
    let mut place = resource;
    let depth = all.len();
    for (i, token) in all.into_iter().enumerate() {
        // A list that is not there yet is made when something is appended to it.
        if i + 1 == depth
            && last == "-"
            && let Value::Object(members) = place
            && !members.contains_key(&token)
        {
            members.insert(token.clone(), Value::Array(Vec::new()));
        }
        place = step(place, &token).ok_or_else(|| required(path))?;
    }
    Ok((place, last))
}

fn add(resource: &mut Value, path: &str, value: Value) -> Result<(), Outcome> {
    let (parent, last) = parent_of(resource, path)?;
    match parent {
        Value::Object(members) if last != "-" => {
            members.insert(last, value);
        }
        Value::Array(items) => {
            let at = last.parse::<usize>().unwrap_or(items.len()).min(items.len());
            items.insert(at, value);
        }
        _ => return Err(required(path)),
    }
    Ok(())
}

fn take(resource: &mut Value, path: &str) -> Result<Value, Outcome> {
    let (parent, last) = parent_of(resource, path)?;
    let taken = match parent {
        Value::Object(members) => members.shift_remove(&last),
        Value::Array(items) => {
            last.parse::<usize>().ok().filter(|i| *i < items.len()).map(|i| items.remove(i))
        }
        _ => None,
    };
    taken.ok_or_else(|| required(path))
}

/// JSON Patch operations written as a `Parameters` resource, and `FHIRPath` Patch as far as plain paths go.
pub fn patch_of_parameters(parameters: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    for operation in parameters["parameter"].as_array().into_iter().flatten() {
        let mut parts = Map::new();
        for part in operation["part"].as_array().into_iter().flatten() {
            let value = part.as_object().into_iter().flatten().find(|(k, _)| k.starts_with("value"));
            if let (Some(name), Some((_, value))) = (part["name"].as_str(), value) {
                parts.insert(name.to_owned(), value.clone());
            }
        }
        if parts.contains_key("op") {
            if let Some(text) = parts.get("value").and_then(Value::as_str) {
                let read = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                parts.insert("value".into(), read);
            }
            out.push(Value::Object(parts));
            continue;
        }
        let path = parts.get("path").and_then(Value::as_str).unwrap_or_default();
        let path =
            path.split_once('.').map_or_else(String::new, |(_, rest)| format!("/{}", rest.replace('.', "/")));
        let value = parts.get("value").cloned().unwrap_or_default();
        out.push(match parts.get("type").and_then(Value::as_str) {
            Some("add") => {
                let name = parts.get("name").and_then(Value::as_str).unwrap_or_default();
                json!({"op": "add", "path": format!("{path}/{name}"), "value": value})
            }
            Some("replace") => json!({"op": "replace", "path": path, "value": value}),
            Some("delete") => json!({"op": "remove", "path": path}),
            other => json!({"op": other, "path": path, "value": value}),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn patched(operations: &Value) -> Result<Value, String> {
        let mut resource = json!({"a": 1, "list": [1, 2], "meta": {"versionId": "v"}, "mfaSecret": "S"});
        let operations = operations.as_array().cloned().unwrap_or_default();
        apply(&mut resource, &operations).map(|()| resource).map_err(|o| o.text().to_owned())
    }

    #[rstest]
    #[case(json!([{"op": "frobnicate", "path": "/a"}]), "Invalid operation: frobnicate")]
    #[case(json!([{"op": "replace", "path": "/nope/deeper", "value": 1}]), "Value required at path: /nope/deeper")]
    #[case(json!([{"op": "remove", "path": "/nope"}]), "Value required at path: /nope")]
    #[case(json!([{"op": "add", "path": "a", "value": 1}]), "Invalid JSON Pointer: a")]
    #[case(json!([{"op": "test", "path": "/active", "value": true}]), "Test failed: undefined != true")]
    #[case(json!([{"op": "test", "path": "/mfaSecret", "value": "T"}]), "Test failed: S != T")]
    #[case(json!([{"op": "test", "path": "/meta", "value": "T"}]), "Test failed: [object Object] != T")]
    fn refusals_say_what_the_platform_says(#[case] operations: Value, #[case] text: &str) {
        assert_eq!(patched(&operations).unwrap_err(), text);
    }

    #[rstest]
    #[case(json!([{"op": "add", "path": "/new/-", "value": 1}]), "/new", json!([1]))]
    #[case(json!([{"op": "add", "path": "/list/-", "value": 3}]), "/list", json!([1, 2, 3]))]
    #[case(json!([{"op": "add", "path": "/list/0", "value": 0}]), "/list", json!([0, 1, 2]))]
    #[case(json!([{"op": "remove", "path": "/list/0"}]), "/list", json!([2]))]
    #[case(json!([{"op": "move", "from": "/a", "path": "/b"}]), "/b", json!(1))]
    #[case(json!([{"op": "copy", "from": "/a", "path": "/b"}]), "/a", json!(1))]
    #[case(json!([{"op": "test", "path": "/meta/versionId", "value": "v"}]), "/a", json!(1))]
    fn operations_do_what_rfc_6902_says(#[case] operations: Value, #[case] at: &str, #[case] value: Value) {
        assert_eq!(patched(&operations).unwrap().pointer(at), Some(&value));
    }
}
