//! Tokens out of whatever people paste: a bare token, a header, a curl command, JSON, an address, broken over lines.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use super::{curl, json_form};
use crate::identity::{Secret, Text};

/// Longest paste that is looked through, in bytes.
pub const LARGEST_PASTE: usize = 4 << 20;

/// More tokens than this are not taken out of one paste.
pub const MOST_TOKENS: usize = 64;

/// A token in a paste.
#[derive(Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The token itself.
    pub token: Secret,
    /// Where it stood, in words: "the Authorization header", "`access_token`".
    pub from: String,
}

/// The request that a token was pasted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: Text,
    /// Where; without its own tokens.
    pub url: Text,
    /// `X-Medplum-On-Behalf-Of`, where it stood there (platform-api §1.10).
    pub acting_for: Option<Text>,
    /// The client that it signs in as by `Basic`, where it does; never its secret.
    pub basic: Option<Text>,
}

/// What a paste holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paste {
    /// In order; each once.
    pub tokens: Vec<Extracted>,
    /// The request around it.
    pub request: Option<Request>,
    /// Tokens beyond [`MOST_TOKENS`], which were not taken.
    pub more: usize,
    /// What those are known again by, so that each counts once.
    pub(crate) beyond: BTreeSet<u64>,
}

impl fmt::Debug for Extracted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extracted(from {})", self.from)
    }
}

/// Names under which tokens stand in JSON, forms and addresses.
const NAMES: [&str; 9] = [
    "access_token",
    "id_token",
    "refresh_token",
    "subject_token",
    "actor_token",
    "client_assertion",
    "id_token_hint",
    "externalAccessToken",
    "token",
];

/// Looks through a paste. Text without any token gives none.
pub fn extract(pasted: &str) -> Paste {
    let mut paste = Paste::default();
    if pasted.len() > LARGEST_PASTE {
        return paste;
    }
    // A terminal hands over the line ends of a paste as carriage returns.
    let text = pasted.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    if let Some(curl) = curl::read(text) {
        paste.request = curl.request;
        curl.tokens.into_iter().for_each(|(token, from)| paste.add(&token, &from));
        if !paste.tokens.is_empty() {
            return paste;
        }
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        paste.json(&value, 0);
        if !paste.tokens.is_empty() {
            return paste;
        }
    }
    if let Some(token) = whole(text) {
        paste.add(&token, "the paste");
        return paste;
    }
    for line in text.lines() {
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("authorization")
            && let Some(token) = bearer(value.trim())
        {
            paste.add(token, "the Authorization header");
        }
    }
    paste.request = paste.request.take().or_else(|| raw_request(text));
    if paste.tokens.is_empty() {
        for word in
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ',' | ';'))
        {
            paste.word(word);
        }
    }
    paste
}

impl Paste {
    fn add(&mut self, token: &str, from: &str) {
        let token = Secret::from(token);
        if self.tokens.iter().any(|known| known.token == token) {
            return;
        }
        if self.tokens.len() < MOST_TOKENS {
            self.tokens.push(Extracted { token, from: from.to_owned() });
        } else {
            let mut hasher = DefaultHasher::new();
            token.expose().hash(&mut hasher);
            self.more += usize::from(self.beyond.insert(hasher.finish()));
        }
    }

    pub(super) fn json(&mut self, value: &Value, depth: usize) {
        if depth > 32 {
            return;
        }
        match value {
            Value::Object(_) if json_form::is_one(value) => {
                let all = json_form::each(value);
                let several = all.len() > 1;
                for (at, one) in all.iter().enumerate() {
                    let from = if several { format!("signature {}", at + 1) } else { "the paste".to_owned() };
                    self.add(one, &from);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if NAMES.contains(&name.as_str()) && !text.trim().is_empty() => {
                            self.add(text.trim(), &format!("`{name}`"));
                        }
                        Value::String(text) if name.eq_ignore_ascii_case("authorization") => {
                            if let Some(token) = bearer(text) {
                                self.add(token, "the Authorization header");
                            }
                        }
                        Value::String(text) => {
                            if is_jwt(text) {
                                self.add(text, &format!("`{}`", Text::from(name.as_str())));
                            }
                        }
                        other => self.json(other, depth + 1),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.json(item, depth + 1)),
            Value::String(text) if is_jwt(text) => self.add(text, "the paste"),
            _ => {}
        }
    }

    /// One word of running text: an address, a form, a token.
    pub(super) fn word(&mut self, word: &str) {
        if is_jwt(word) {
            return self.add(word, "the paste");
        }
        let (query, fragment) = match Url::parse(word) {
            Ok(url) => (url.query().map(str::to_owned), url.fragment().map(str::to_owned)),
            Err(_) => (Some(word.to_owned()), None),
        };
        for part in [query, fragment].into_iter().flatten() {
            for (name, value) in url::form_urlencoded::parse(part.as_bytes()) {
                if NAMES.contains(&&*name) && !value.is_empty() {
                    self.add(&value, &format!("`{name}`"));
                }
            }
        }
    }
}

/// The whole paste as one token: with or without `Bearer`, in quotes, broken over lines.
fn whole(text: &str) -> Option<String> {
    let text = text.trim_matches(|c| matches!(c, '"' | '\'' | '`'));
    let text = bearer(text).unwrap_or(text);
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let lines = text.lines().count() > 1;
    // One below the other they are several.
    if lines && text.lines().filter(|line| is_jwt(line.trim())).count() > 1 {
        return None;
    }
    let word = joined.len() == text.len();
    // Several words are only one token when they are one broken over lines.
    let fits =
        is_token_shaped(&joined) && (word || (lines && joined.contains('.') && joined.starts_with("eyJ")));
    (fits && (word || !text.lines().any(|line| line.trim().contains(' ')))).then_some(joined)
}

fn is_token_shaped(word: &str) -> bool {
    word.len() >= 8
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/' | '='))
}

fn is_jwt(word: &str) -> bool {
    let dots = word.matches('.').count();
    word.starts_with("eyJ") && (dots == 2 || dots == 4) && is_token_shaped(word)
}

/// What follows `Bearer`, in any case (RFC 6750 §2.1; RFC 9110 §11.1).
pub(super) fn bearer(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(6)?;
    let rest = rest.strip_prefix([' ', '\t', '\n'])?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

/// A request as it stands in a log or a capture: `GET /path HTTP/1.1` with its `Host`.
fn raw_request(text: &str) -> Option<Request> {
    let mut lines = text.lines();
    let mut first = lines.next()?.split_whitespace();
    let (method, path, version) = (first.next()?, first.next()?, first.next()?);
    if !version.starts_with("HTTP/") || !method.chars().all(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let (mut host, mut acting_for, mut basic) = (None, None, None);
    for line in lines.take_while(|line| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => host = Some(value.trim().to_owned()),
            "x-medplum-on-behalf-of" => acting_for = Some(Text::from(value.trim())),
            "authorization" => basic = basic_user(value.trim()),
            _ => {}
        }
    }
    let url = match (Url::parse(path), host) {
        (Ok(url), _) => url.to_string(),
        (Err(_), Some(host)) => format!("https://{host}{path}"),
        (Err(_), None) => path.to_owned(),
    };
    Some(Request { method: Text::from(method), url: clean(&url), acting_for, basic })
}

/// The client of `Basic …`; its secret is dropped at once (RFC 7617 §2).
pub(super) fn basic_user(value: &str) -> Option<Text> {
    let (scheme, rest) = value.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(Text::from(decoded.split(':').next().unwrap_or_default()))
}

/// An address without its secrets. One without a scheme, or a path alone, is read as curl reads it.
pub(super) fn clean(url: &str) -> Text {
    use crate::identity::trace::redact_url;
    if let Ok(url) = Url::parse(url)
        && url.has_host()
    {
        return redact_url(&url);
    }
    let nowhere = "http://path.invalid";
    let front = if url.starts_with('/') { nowhere } else { "http://" };
    match Url::parse(&format!("{front}{url}")) {
        Ok(whole) => {
            let clean = redact_url(&whole);
            Text::from(clean.raw().strip_prefix(nowhere).unwrap_or(clean.raw()))
        }
        // Whatever stands behind a question mark of something that is no address is not worth the risk.
        Err(_) => Text::from(url.split(['?', '#']).next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const JWT: &str = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIxIn0.c2ln";

    fn found(text: &str) -> Vec<(String, String)> {
        extract(text).tokens.into_iter().map(|one| (one.token.expose().to_owned(), one.from)).collect()
    }

    #[rstest]
    #[case(JWT.to_owned(), "the paste")]
    #[case(format!("  \"{JWT}\"\n"), "the paste")]
    #[case(format!("Bearer {JWT}"), "the paste")]
    #[case(format!("bearer   {JWT}"), "the paste")]
    #[case(format!("Authorization: Bearer {JWT}"), "the Authorization header")]
    #[case(JWT.replace('.', ".\n  "), "the paste")]
    #[case(format!("{}\n{}", &JWT[..30], &JWT[30..]), "the paste")]
    #[case(format!(r#"{{"token_type":"Bearer","access_token":"{JWT}"}}"#), "`access_token`")]
    #[case(format!(r#"{{"a":[{{"id_token":"{JWT}"}}]}}"#), "`id_token`")]
    #[case(format!("https://app.example/cb#id_token={JWT}&state=1"), "`id_token`")]
    #[case(format!("grant_type=x&subject_token={JWT}"), "`subject_token`")]
    #[case(format!("it said {JWT}, and then stopped"), "the paste")]
    #[case(format!("curl -H 'Authorization: Bearer {JWT}' https://api.example/"), "the Authorization header")]
    #[case(format!("$ curl -sS \\\n  -X GET \\\n  --header=\"authorization: bearer {JWT}\" \\\n 'https://api.example/x'"), "the Authorization header")]
    #[case(format!("curl https://api.example/t -d 'client_id=c&subject_token={JWT}'"), "`subject_token`")]
    #[case(format!("GET /auth/me HTTP/1.1\nHost: api.example\nAuthorization: Bearer {JWT}\n"), "the Authorization header")]
    fn a_token_is_found_in_what_people_paste(
        #[case] text: String,
        #[case] from: &str,
        #[values("\n", "\r", "\r\n")] line_end: &str,
    ) {
        // tmux and xterm send a paste with carriage returns.
        let text = text.replace('\n', line_end);
        let paste = extract(&text);
        assert_eq!(found(&text), [(JWT.to_owned(), from.to_owned())], "{text}");
        let url = paste.request.map(|request| request.url.raw().to_owned()).unwrap_or_default();
        assert_eq!(!url.is_empty(), text.contains("curl") || text.contains("HTTP/1.1"), "{text}");
        assert!(!url.contains('\\') && !url.contains('\r'), "{url}");
    }

    #[test]
    fn the_request_around_a_token_is_kept() {
        let text = format!(
            "curl -XPATCH 'https://api.example/fhir/R4/User/1?access_token=zz' -H 'X-Medplum-On-Behalf-Of: ProjectMembership/2' -H 'Authorization: Bearer {JWT}'"
        );
        let paste = extract(&text);
        let request = paste.request.unwrap();
        assert_eq!(request.method.raw(), "PATCH");
        assert!(
            request.url.raw().starts_with("https://api.example/fhir/R4/User/1?")
                && !request.url.raw().contains("zz")
        );
        assert_eq!(request.acting_for.unwrap().raw(), "ProjectMembership/2");
        let raw =
            extract(&format!("GET /auth/me HTTP/1.1\nHost: api.example\nAuthorization: Bearer {JWT}\n"));
        assert_eq!(raw.request.unwrap().url.raw(), "https://api.example/auth/me");
    }

    // S2
    #[rstest]
    #[case(
        "curl -sXPOST -HX-Medplum-On-Behalf-Of:Patient/1 api.example/x?token=zz",
        "POST http://api.example/x?token=%5Bredacted%5D"
    )]
    #[case("GET /x?access_token=zz&a=1 HTTP/1.1", "GET /x?access_token=%5Bredacted%5D&a=1")]
    #[case("curl -u c1:hunter2 https://api.example/auth/me", "GET https://api.example/auth/me")]
    #[case(
        "curl -H 'authorization: basic YzE6aHVudGVyMg==' https://api.example/",
        "GET https://api.example/"
    )]
    fn a_request_is_kept_without_its_secrets(#[case] text: &str, #[case] kept: &str) {
        let request = extract(text).request.unwrap();
        assert_eq!(format!("{} {}", request.method, request.url), kept);
        assert!(!format!("{request:?}").contains("hunter2"));
        assert_eq!(request.basic.is_some(), text.contains("c1:") || text.contains("basic"));
        assert_eq!(request.acting_for.is_some(), text.contains("Behalf"));
    }

    #[test]
    fn an_opaque_token_is_found_where_it_is_named_or_alone() {
        assert_eq!(found("8a7f0c11d2e94b"), [("8a7f0c11d2e94b".to_owned(), "the paste".to_owned())]);
        assert_eq!(found(r#"{"access_token":"8a7f"}"#), [("8a7f".to_owned(), "`access_token`".to_owned())]);
        assert!(found("nothing to see here").is_empty());
        assert!(found("").is_empty());
    }

    #[test]
    fn tokens_one_below_the_other_are_several_and_all_are_counted() {
        let of = |count: usize| (0..count).map(|n| format!("{JWT}{n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(found(&of(2)).len(), 2);
        let many = extract(&of(MOST_TOKENS + 3));
        assert_eq!((many.tokens.len(), many.more), (MOST_TOKENS, 3));
        let twice = extract(&[of(MOST_TOKENS + 3), of(MOST_TOKENS + 3)].join("\n"));
        assert_eq!((twice.tokens.len(), twice.more), (MOST_TOKENS, 3));
    }

    // S2
    #[test]
    fn what_was_pasted_does_not_show_itself() {
        let shown = format!("{:?}", extract(&format!("Authorization: Bearer {JWT}")));
        assert!(!shown.contains("eyJ"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_paste_is_answered(text in "(?s).{0,400}") {
            let _ = extract(&text);
        }
    }
}
