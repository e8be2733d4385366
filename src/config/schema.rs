//! The JSON schema of `config.toml`, for editors that complete and check TOML by one.

use serde_json::{Map, Value, json};

use super::reference::{CONNECTION, Key, Kind, SETTINGS};

/// Its name under `assets/`.
pub const FILE: &str = "config.schema.json";

/// The schema (draft 7, which TOML editors understand).
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "idconsole config.toml",
        "description": "Connections and settings of idconsole. Made from the program; `idconsole config schema` prints it.",
        "type": "object",
        "properties": {
            "settings": table("What holds for all connections.", SETTINGS),
            "connections": {
                "description": "Platforms and ways to sign in, by name.",
                "type": "object",
                "patternProperties": {
                    "^[A-Za-z0-9._-]{1,64}$": table("A platform and a way in.", CONNECTION),
                },
                "additionalProperties": false,
            },
        },
    })
}

/// The schema as it stands in the file.
pub fn text() -> String {
    // Values of our own making always have a text.
    format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap_or_default())
}

fn table(help: &str, keys: &[Key]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut whole = json!({
        "description": help,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        whole["required"] = json!(required);
    }
    whole
}

fn property(key: &Key) -> Value {
    let mut found = match key.kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text | Kind::Path => json!({ "type": "string" }),
        Kind::Address => json!({ "type": "string", "minLength": 1 }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Lists => json!({
            "type": "object",
            "additionalProperties": { "type": "array", "items": { "type": "string" } },
        }),
        Kind::Table(keys) => return table(key.help, keys),
    };
    found["description"] = json!(key.help);
    // TOML's texts and flags are written as JSON's are.
    if let Some(default) = key.default.and_then(|default| serde_json::from_str::<Value>(default).ok()) {
        found["default"] = default;
    }
    found
}
