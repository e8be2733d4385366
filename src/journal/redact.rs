//! What the journal never keeps (platform-api §14.12; standards S2).

use serde_json::Value;

/// Members of platform records and requests that hold secrets.
const SECRET_MEMBERS: &[&str] = &[
    "access_token",
    "client_secret",
    "clientSecret",
    "code_verifier",
    "cookie",
    "enrollQrCode",
    "enrollUri",
    "id_token",
    "mfaSecret",
    "password",
    "passwordHash",
    "refreshSecret",
    "refresh_token",
    "retiringSecret",
    "secret",
    "systemSecret",
    "token",
    "userInfoApiKey",
];

/// Stands where something was left out.
pub const NOT_KEPT: &str = "(not kept)";

/// Replaces every secret in `value`, at any depth.
pub fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if SECRET_MEMBERS.contains(&name.as_str()) {
                    *member = Value::String(NOT_KEPT.to_owned());
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => match items.as_mut_slice() {
            // A field of a patch: its JSON pointer and its new value.
            [Value::String(path), value] if is_secret_path(path) && !value.is_null() => {
                *value = Value::String(NOT_KEPT.to_owned());
            }
            items => items.iter_mut().for_each(redact),
        },
        Value::String(text) => {
            if let Some(clean) = clean(text) {
                *text = clean;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_secret_path(path: &str) -> bool {
    path.starts_with('/') && path.split('/').any(|part| SECRET_MEMBERS.contains(&part))
}

/// Addresses that let their reader in: set a password (invite, reset), verify, enrol a factor.
const LETS_IN: &[&str] = &["/setpassword/", "/resetpassword/", "/verifyemail/", "otpauth:"];

/// A text without tokens; `None` when it has none.
fn clean(text: &str) -> Option<String> {
    // The message of a failed `test` repeats the stored value (platform-api §1.8).
    if text.contains("Test failed:") {
        return Some(format!("Test failed: {NOT_KEPT}"));
    }
    let link = |text: &str| LETS_IN.iter().any(|part| text.contains(part));
    if !text.contains("eyJ")
        && !text.to_ascii_lowercase().contains("bearer ")
        && !text.contains("$2")
        && !link(text)
    {
        return None;
    }
    let secret = |word: &str| {
        if link(word) {
            return true;
        }
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '$');
        (word.starts_with("eyJ") && word.len() > 20) || (word.starts_with("$2") && word.len() > 20)
    };
    let mut after_bearer = false;
    let words = text.split(' ').map(|word| {
        let hide = secret(word) || (after_bearer && !word.is_empty());
        after_bearer = word.eq_ignore_ascii_case("bearer") || word.to_ascii_lowercase().ends_with(":bearer");
        if hide { NOT_KEPT } else { word }
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // S2
    #[test]
    fn secrets_are_left_out_at_any_depth_and_the_rest_stays() {
        let mut value = json!({
            "email": "jane@clinic.example",
            "request": {"password": "Quarry-lantern", "membership": {"admin": true, "secret": {"a": 1}}},
            "why": "Test failed: JBSWY3DPEHPK3PXP != x",
            "texts": ["used eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIxIn0.sig now", "Bearer abc.def stays out", "a $2b$10$abcdefghijklmnopqrstuv hash"],
            "money": "costs $25",
            "link": "open https://app.example/setpassword/1f2e/Zq8vSecret now",
            "fields": [
                ["/secret", "hunter2"],
                ["/identityProvider/clientSecret", "hunter3"],
                ["/identityProvider", {"clientId": "a", "clientSecret": "hunter4"}],
                ["/retiringSecret", null],
                ["/active", false],
            ],
        });
        redact(&mut value);
        assert_eq!(
            value,
            json!({
                "email": "jane@clinic.example",
                "request": {"password": NOT_KEPT, "membership": {"admin": true, "secret": NOT_KEPT}},
                "why": "Test failed: (not kept)",
                "texts": ["used (not kept) now", "Bearer (not kept) stays out", "a (not kept) hash"],
                "money": "costs $25",
                "link": "open (not kept) now",
                "fields": [
                    ["/secret", NOT_KEPT],
                    ["/identityProvider/clientSecret", NOT_KEPT],
                    ["/identityProvider", {"clientId": "a", "clientSecret": NOT_KEPT}],
                    ["/retiringSecret", null],
                    ["/active", false],
                ],
            })
        );
    }
}
