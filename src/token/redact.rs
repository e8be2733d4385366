//! Claims as they may be shown, copied and exported (J12).

use serde_json::Value;

use super::json::{Node, Object};
use crate::identity::trace::{REDACTED, is_secret};

/// Stands in for a value that is hidden while others look on.
pub const HIDDEN: &str = "•••";

/// Claims that say nothing about anybody and stay when values are hidden.
pub const HARMLESS: [&str; 12] = [
    "alg",
    "typ",
    "cty",
    "crit",
    "exp",
    "nbf",
    "iat",
    "auth_time",
    "updated_at",
    "ver",
    "email_verified",
    "token_type",
];

/// True for claims that let their reader do something: never shown, not even on demand.
pub fn is_secret_claim(name: &str) -> bool {
    is_secret(name)
}

/// Claims as JSON without the secrets among them.
pub fn redacted(object: &Object) -> Value {
    of_object(object, false)
}

/// The same with every value hidden that says something about somebody, for sharing a screen.
pub fn hidden(object: &Object) -> Value {
    of_object(object, true)
}

fn of_object(object: &Object, hide: bool) -> Value {
    Value::Object(
        object
            .members()
            .iter()
            .map(|(name, node)| (name.raw().to_owned(), of_member(name.raw(), node, hide)))
            .collect(),
    )
}

fn of_member(name: &str, node: &Node, hide: bool) -> Value {
    if is_secret_claim(name) {
        return Value::from(REDACTED);
    }
    of_node(node, hide && !HARMLESS.contains(&name))
}

fn of_node(node: &Node, hide: bool) -> Value {
    match node {
        Node::Object(object) => of_object(object, hide),
        Node::List(items) => Value::Array(items.iter().map(|item| of_node(item, hide)).collect()),
        Node::Text(text) if hide => Value::from(if text.is_empty() { "" } else { HIDDEN }),
        Node::Text(text) if looks_like_a_token(text.raw()) => Value::from(REDACTED),
        Node::Number(_) if hide => Value::from(HIDDEN),
        other => other.to_value(),
    }
}

/// A token within a claim: it lets its reader in like any other.
pub fn looks_like_a_token(text: &str) -> bool {
    text.len() > 20 && text.starts_with("eyJ") && text.matches('.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // J12, S2
    #[test]
    fn secrets_among_claims_are_never_shown() {
        let claims = Object::read(
            br#"{"login_id":"l1","refresh_secret":"hunter2","ext":{"client_secret":"hunter2","list":[{"password":"hunter2"}]},"inner":"eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIxIn0.hunter2"}"#,
        )
        .unwrap();
        let shown = redacted(&claims).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("l1"));
    }

    #[test]
    fn hidden_values_leave_names_and_times() {
        let claims = Object::read(br#"{"sub":"00u1","exp":12,"groups":["staff"],"n":3}"#).unwrap();
        let shown = hidden(&claims).to_string();
        assert!(!shown.contains("00u1") && !shown.contains("staff") && !shown.contains('3'), "{shown}");
        assert!(shown.contains("\"exp\":12"));
    }

    proptest! {
        #[test]
        fn any_claims_are_answered(text in "\\{(\"[a-z_]{1,14}\":(\"[a-z]{0,9}\"|[0-9]{1,4}|\\[\\]|\\{\\}),){0,5}\"z\":1\\}") {
            if let Ok(object) = Object::read(text.as_bytes()) {
                let shown = redacted(&object).to_string();
                prop_assert!(serde_json::from_str::<Value>(&shown).is_ok());
            }
        }
    }
}
