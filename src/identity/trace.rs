//! What went over the wire, in a form that may be shown, exported and kept: secrets are gone before it exists.
//!
//! The route tester and the flow lab keep one [`Exchange`] for each request of theirs. There is no way to make one
//! that holds a secret by accident: every part goes through [`redact_url`], [`redact_form`] or [`redact_json`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::text::Text;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Longest body that is kept, in characters; the rest is told by its length.
const LONGEST: usize = 4_000;

/// Names whose values are secrets: members of JSON, fields of forms, parameters of addresses (RFC 6749, RFC 8628,
/// RFC 8693, platform-api §14.12). Compared in lower case without `_` and `-`.
const SECRETS: [&str; 27] = [
    "accesstoken",
    "apikey",
    "assertion",
    "clientassertion",
    "clientsecret",
    "code",
    "codeverifier",
    "cookie",
    "devicecode",
    "enrollqrcode",
    "enrolluri",
    "externalaccesstoken",
    "idtoken",
    "idtokenhint",
    "key",
    "mfasecret",
    "password",
    "passwordhash",
    "preauthorizedcode",
    "refreshsecret",
    "refreshtoken",
    "retiringsecret",
    "secret",
    "subjecttoken",
    "actortoken",
    "token",
    "userinfoapikey",
];

/// One request and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent.
    pub sent: Sent,
    /// What came back; else why nothing did.
    pub got: Result<Got, Text>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A request without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// `GET`, `POST` …
    pub method: String,
    /// Where, without secrets in its query.
    pub url: Text,
    /// Headers worth showing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Text)>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Text>,
}

/// An answer without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Got {
    /// HTTP status.
    pub status: u16,
    /// Headers worth showing: content type, location, authentication challenge, date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Text)>,
    /// The body, cut when it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Text>,
}

impl Sent {
    /// A request without a body.
    pub fn new(method: &str, url: &Url) -> Self {
        Self { method: method.to_owned(), url: redact_url(url), headers: Vec::new(), body: None }
    }

    /// With a header; credentials are named, never shown.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), redact_header(name, value)));
        self
    }

    /// With a form.
    #[must_use]
    pub fn form(mut self, form: &[(&str, &str)]) -> Self {
        self.body = Some(redact_form(form));
        self
    }

    /// With JSON.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(Text::from(redact_json(body.clone()).to_string()));
        self
    }
}

impl Got {
    /// An answer. `body` is read by its content type: JSON and forms lose their secrets, pages are cut short.
    pub fn new(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = kind.map_or("", |(_, value)| value);
        Self {
            status,
            headers: headers
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| ((*name).to_owned(), redact_header(name, value)))
                .collect(),
            body: redact_body(kind, body),
        }
    }
}

/// An address without secrets in its query or fragment, and without a password.
pub fn redact_url(url: &Url) -> Text {
    let mut url = url.clone();
    if url.password().is_some() {
        let _ = url.set_password(Some(REDACTED));
    }
    let cleaned = |query: &str| -> Option<String> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        pairs.iter().any(|(name, _)| is_secret(name)).then(|| {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in &pairs {
                out.append_pair(name, if is_secret(name) { REDACTED } else { value });
            }
            out.finish()
        })
    };
    let (query, fragment) = (url.query().and_then(cleaned), url.fragment().and_then(cleaned));
    if let Some(query) = query {
        url.set_query(Some(&query));
    }
    if let Some(fragment) = fragment {
        url.set_fragment(Some(&fragment));
    }
    Text::from(url.as_str())
}

/// A form, line by line readable, without its secrets.
pub fn redact_form(form: &[(&str, &str)]) -> Text {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        out.append_pair(name, if is_secret(name) { REDACTED } else { value });
    }
    Text::from(out.finish())
}

/// JSON without its secrets, at any depth.
pub fn redact_json(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| match value {
                    Value::Object(_) | Value::Array(_) => (name, redact_json(value)),
                    Value::Null | Value::Bool(_) | Value::Number(_) => (name, value),
                    Value::String(_) if is_secret(&name) => (name, Value::from(REDACTED)),
                    Value::String(text) => (name, Value::from(redact_text(&text))),
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(redact_json).collect()),
        Value::String(text) => Value::from(redact_text(&text)),
        other => other,
    }
}

fn redact_header(name: &str, value: &str) -> Text {
    match name.to_ascii_lowercase().as_str() {
        "authorization" => {
            let scheme = value.split(' ').next().unwrap_or_default();
            Text::from(format!("{scheme} {REDACTED}"))
        }
        "cookie" | "set-cookie" => Text::from(REDACTED),
        "location" => {
            Url::parse(value).map_or_else(|_| Text::from(redact_text(value)), |url| redact_url(&url))
        }
        _ => Text::from(redact_text(value)),
    }
}

fn redact_body(kind: &str, body: &[u8]) -> Option<Text> {
    if body.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let clean = match serde_json::from_slice::<Value>(body) {
        Ok(value) => redact_json(value).to_string(),
        Err(_) if kind.starts_with("application/x-www-form-urlencoded") => {
            let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            redact_form(&pairs).raw().to_owned()
        }
        Err(_) => redact_text(&text),
    };
    let total = clean.chars().count();
    let mut kept: String = clean.chars().take(LONGEST).collect();
    if total > LONGEST {
        kept = format!("{kept}… {} more characters", total - LONGEST);
    }
    Some(Text::from(kept))
}

/// Free text without tokens: whatever looks like a JWT goes.
fn redact_text(text: &str) -> String {
    let jwt = |word: &str| word.len() > 20 && word.starts_with("eyJ") && word.contains('.');
    if !text.contains("eyJ") {
        return text.to_owned();
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | '&' | '<' | '>' | ',' | ';');
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(is_end) {
        let word = part.trim_end_matches(is_end);
        if jwt(word) {
            out.push_str(REDACTED);
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// True for names whose values are never shown.
pub fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    SECRETS.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // S2, L12, D8
    #[test]
    fn nothing_secret_is_left_of_an_exchange() {
        let url =
            Url::parse("https://u:pw0@idp.example/token?code=c0de&state=keep#id_token=eyJh.b.c").unwrap();
        let sent = Sent::new("POST", &url).header("Authorization", "Basic aHVudGVyMg==").form(&[
            ("grant_type", "authorization_code"),
            ("client_secret", "hunter2"),
            ("code", "c0de"),
        ]);
        let body = json!({
            "access_token": "at-hunter2", "expires_in": 3600, "token_type": "Bearer",
            "nested": [{"deviceCode": "hunter2", "user_code": "WDJB-MJHT"}],
            "note": "see eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJ4In0.sig for more",
        });
        let got = Got::new(
            200,
            &[
                ("content-type", "application/json"),
                ("set-cookie", "hunter2"),
                ("location", "https://a.example/cb?code=hunter2&state=s"),
            ],
            body.to_string().as_bytes(),
        );
        let all = serde_json::to_string(&Exchange { sent, got: Ok(got), took_ms: 3 }).unwrap();
        for secret in ["hunter2", "c0de", "pw0", "aHVudGVyMg", "eyJh"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
        for kept in ["grant_type=authorization_code", "state=keep", "WDJB-MJHT", "Basic", "3600", "state=s"] {
            assert!(all.contains(kept), "{kept} missing in {all}");
        }
    }

    #[test]
    fn a_long_page_is_cut_and_says_so() {
        let got = Got::new(200, &[("content-type", "text/html")], "x".repeat(5_000).as_bytes());
        assert!(got.body.unwrap().raw().ends_with("… 1000 more characters"));
    }
}
