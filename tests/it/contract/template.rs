//! Placeholders of the recordings: filling them into requests, matching them against answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;

/// What the placeholders of one replay are bound to.
#[derive(Debug, Clone)]
pub struct Bindings {
    values: BTreeMap<String, String>,
    fixed: BTreeMap<String, String>,
}

/// One piece of a template: text that must stand there, or a placeholder.
#[derive(Debug)]
enum Piece {
    /// Any of these texts.
    Text(Vec<String>),
    /// `{{any}}` inside other text.
    Some,
    /// `{{now}}`, `{{now+N}}`.
    Time,
    /// The first sight of a name: binds it.
    Bind(String),
}

impl Bindings {
    pub fn new(fixed: BTreeMap<String, String>, values: BTreeMap<String, String>) -> Self {
        Self { values, fixed }
    }

    fn lookup(&self, name: &str) -> Option<String> {
        self.fixed.get(name).or_else(|| self.values.get(name)).cloned()
    }

    /// The value of a placeholder in a request; an unbound one is an error of the recording or of an earlier answer.
    fn value(&self, name: &str) -> Result<String, String> {
        if let Some(inner) = name.strip_prefix("totp(").and_then(|n| n.strip_suffix(')')) {
            let secret = self.lookup(inner).ok_or_else(|| format!("unbound {inner}"))?;
            #[expect(clippy::disallowed_methods, reason = "the code of this very moment is asked for")]
            return totp(&secret, std::time::SystemTime::now());
        }
        if let Some(inner) = name.strip_prefix("basic(").and_then(|n| n.strip_suffix(')')) {
            let (a, b) = inner.split_once(',').ok_or("basic() takes two names")?;
            let a = self.lookup(a).ok_or_else(|| format!("unbound {a}"))?;
            let b = self.lookup(b).ok_or_else(|| format!("unbound {b}"))?;
            return Ok(STANDARD.encode(format!("{a}:{b}")));
        }
        if name == "id_token" {
            return Ok("{{id_token}}".into());
        }
        self.lookup(name).ok_or_else(|| format!("unbound {name}"))
    }

    pub fn fill(&self, template: &str) -> Result<String, String> {
        let mut out = String::with_capacity(template.len());
        for (is_name, part) in split(template) {
            if is_name {
                out.push_str(&self.value(part)?);
            } else {
                out.push_str(part);
            }
        }
        Ok(out)
    }

    pub fn fill_value(&self, template: &Value) -> Result<Value, String> {
        Ok(match template {
            Value::String(s) => Value::String(self.fill(s)?),
            Value::Array(items) => {
                Value::Array(items.iter().map(|v| self.fill_value(v)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(k, v)| Ok((k.clone(), self.fill_value(v)?)))
                    .collect::<Result<_, String>>()?,
            ),
            other => other.clone(),
        })
    }

    /// Does `got` fit the template? Binds the names met for the first time when it does.
    pub fn matches(&mut self, want: &str, got: &str) -> bool {
        if !want.contains("{{") {
            return want == got;
        }
        if want == "{{any}}" {
            return true;
        }
        let pieces: Vec<Piece> = split(want)
            .into_iter()
            .map(|(is_name, part)| {
                if !is_name {
                    return Piece::Text(vec![part.to_owned()]);
                }
                if part == "any" {
                    return Piece::Some;
                }
                if part == "now"
                    || part.strip_prefix("now+").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
                {
                    return Piece::Time;
                }
                match self.lookup(part) {
                    Some(bound) => {
                        let quoted = quote(&bound);
                        Piece::Text(vec![bound, quoted])
                    }
                    None => Piece::Bind(part.to_owned()),
                }
            })
            .collect();
        let mut found = BTreeMap::new();
        let fits = fit(&pieces, got, &mut found);
        if fits {
            self.values.extend(found);
        }
        fits
    }
}

/// Splits a template into plain parts and the names between `{{` and `}}`.
fn split(template: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let Some(len) = rest[open + 2..].find("}}") else { break };
        let name = &rest[open + 2..open + 2 + len];
        if name.is_empty() || name.contains(['{', '}']) {
            parts.push((false, &rest[..=open]));
            rest = &rest[open + 1..];
            continue;
        }
        if open > 0 {
            parts.push((false, &rest[..open]));
        }
        parts.push((true, name));
        rest = &rest[open + 2 + len + 2..];
    }
    if !rest.is_empty() {
        parts.push((false, rest));
    }
    parts
}

/// Backtracking match of the whole of `got`; shortest first, as the reference replayer does.
fn fit(pieces: &[Piece], got: &str, found: &mut BTreeMap<String, String>) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return got.is_empty();
    };
    match first {
        Piece::Text(options) => {
            options.iter().any(|o| got.strip_prefix(o.as_str()).is_some_and(|tail| fit(rest, tail, found)))
        }
        Piece::Some => ends(got, |c| !(c == '&' || c == ';' || c == ',' || c.is_whitespace()))
            .any(|end| fit(rest, &got[end..], found)),
        Piece::Time => (1..=got.len())
            .rev()
            .filter(|end| got.is_char_boundary(*end))
            .any(|end| is_time(&got[..end]) && fit(rest, &got[end..], found)),
        Piece::Bind(name) => {
            if let Some(bound) = found.get(name).cloned() {
                return got.strip_prefix(bound.as_str()).is_some_and(|tail| fit(rest, tail, found));
            }
            let candidates: Vec<usize> =
                ends(got, |c| !(c.is_whitespace() || matches!(c, '"' | '&' | '/' | '?' | ',')))
                    .filter(|end| *end > 0)
                    .collect();
            for end in candidates {
                found.insert(name.clone(), got[..end].to_owned());
                if fit(rest, &got[end..], found) {
                    return true;
                }
                found.remove(name);
            }
            false
        }
    }
}

/// Byte positions after 0, 1, 2 … leading characters that satisfy `allowed`.
fn ends(text: &str, allowed: impl Fn(char) -> bool) -> impl Iterator<Item = usize> {
    let mut positions = vec![0];
    for (at, c) in text.char_indices() {
        if !allowed(c) {
            break;
        }
        positions.push(at + c.len_utf8());
    }
    positions.into_iter()
}

/// ISO 8601, HTTP date, JavaScript date or epoch seconds.
fn is_time(text: &str) -> bool {
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return true;
    }
    if shaped(text, "www, dd www dddd dd:dd:dd GMT") {
        return true;
    }
    if let Some((date, zone)) = text.split_once(" (") {
        return zone.ends_with(')')
            && (shaped(date, "www www dd dddd dd:dd:dd GMT+dddd")
                || shaped(date, "www www dd dddd dd:dd:dd GMT-dddd"));
    }
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    if !shaped(seconds, "dddd-dd-ddTdd:dd:dd") {
        return false;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    rest == "Z" || shaped(rest, "+dd:dd") || shaped(rest, "-dd:dd")
}

/// `d` stands for a digit, `w` for a word character, everything else for itself.
fn shaped(text: &str, shape: &str) -> bool {
    text.chars().count() == shape.chars().count()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            'd' => c.is_ascii_digit(),
            'w' => c.is_alphanumeric() || c == '_',
            other => c == other,
        })
}

/// Percent-encoding of everything but the unreserved characters (RFC 3986 §2.3).
pub fn quote(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'~') {
            out.push(char::from(b));
        } else {
            write!(out, "%{b:02X}").unwrap();
        }
    }
    out
}

/// RFC 6238 with SHA-1, 6 digits, 30 s.
pub fn totp(secret: &str, at: std::time::SystemTime) -> Result<String, String> {
    let mut bits: u64 = 0;
    let mut held = 0;
    let mut key = Vec::new();
    for c in secret.trim_end_matches('=').bytes() {
        let value = match c.to_ascii_uppercase() {
            c @ b'A'..=b'Z' => c - b'A',
            c @ b'2'..=b'7' => c - b'2' + 26,
            _ => return Err(format!("{secret} is not base32")),
        };
        bits = (bits << 5) | u64::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            key.push((bits >> held) as u8);
        }
    }
    let seconds = at.duration_since(std::time::UNIX_EPOCH).map_err(|e| e.to_string())?.as_secs();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).map_err(|e| e.to_string())?;
    mac.update(&(seconds / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes([
        digest[offset] & 0x7f,
        digest[offset + 1],
        digest[offset + 2],
        digest[offset + 3],
    ]);
    Ok(format!("{:06}", word % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(values: &[(&str, &str)]) -> Bindings {
        Bindings::new(
            BTreeMap::from([("base".to_owned(), "http://localhost:1".to_owned())]),
            values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        )
    }

    #[test]
    fn an_unbound_name_binds_at_first_sight_and_must_stay_the_same() {
        let mut b = bindings(&[]);
        assert!(b.matches("User/{{id}}", "User/abc"));
        assert!(b.matches("{{id}}", "abc"));
        assert!(!b.matches("{{id}}", "abd"));
        assert!(!b.matches("User/{{other}}", "User/a/b"));
    }

    #[test]
    fn a_known_name_matches_plain_and_percent_encoded() {
        let mut b = bindings(&[]);
        assert!(b.matches("x={{base}}%2Fauth", "x=http%3A%2F%2Flocalhost%3A1%2Fauth"));
        assert!(b.matches("{{base}}/", "http://localhost:1/"));
    }

    #[rstest::rstest]
    #[case("2026-01-05T10:00:00.000Z")]
    #[case("Mon, 05 Jan 2026 10:00:00 GMT")]
    #[case("Mon Jan 05 2026 10:00:00 GMT+0000 (Coordinated Universal Time)")]
    #[case("1767607200.5")]
    fn every_form_of_time_is_a_time(#[case] text: &str) {
        assert!(bindings(&[]).matches("{{now}}", text));
        assert!(!bindings(&[]).matches("{{now}}", &format!("{text}!")));
    }

    #[test]
    fn totp_agrees_with_rfc_6238_appendix_b() {
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(59);
        assert_eq!(totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at), Ok("287082".into()));
    }
}
