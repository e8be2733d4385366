//! What a token says, without asking anybody. Nothing of it is verified here, and whoever shows it says so.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::notes;
use crate::identity::{Reference, Text};
use crate::token::extract::Extracted;
use crate::token::json::{Node, Object};
use crate::token::kind::{Told, tell};
use crate::token::ladder::span;
use crate::token::meaning;
use crate::token::redact::{self, HARMLESS, HIDDEN};
use crate::token::time::When;
use crate::token::{Jws, Kind, Malformed, Token};

/// Stands over everything that was only read.
pub const UNVERIFIED: &str = "not verified: anybody can write such a token";

/// More claims than this are counted, not listed.
pub const MOST_ITEMS: usize = 2_000;

/// A token as it can be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Where it stood: "the Authorization header".
    pub from: String,
    /// Taken apart, or why it is none.
    pub token: Result<Token, Malformed>,
    /// What it is for and from what that was told; only for signed ones.
    pub told: Option<Told>,
    /// Its header.
    pub header: Vec<Item>,
    /// Its claims, in order.
    pub claims: Vec<Item>,
    /// Claims that are not listed because there are too many.
    pub more: usize,
    /// Its times, in the order in which they come.
    pub moments: Vec<Moment>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// The token within it (RFC 7519 §5.2).
    pub inner: Option<Box<Inspection>>,
}

/// One member of the header, one claim, or what lies within one.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its name; of entries of a list `[0]`, `[1]` …
    pub name: Text,
    /// Its value.
    pub value: Shown,
    /// What it means, where that is known.
    pub meaning: Option<&'static str>,
    /// Where that is written.
    pub written: Option<&'static str>,
    /// The time that it is.
    pub when: Option<When>,
    /// The record that it names, on the platform of the connection.
    pub opens: Option<Reference>,
    /// What lies within it.
    pub within: Vec<Item>,
}

/// A value, as far as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// Text from outside.
    Text(Text),
    /// A number, `true`, `false`, `null`.
    Plain(String),
    /// Of use to whoever reads it: never shown, not even on demand (J12).
    Secret,
    /// A list of so many.
    List(usize),
    /// An object of so many members.
    Object(usize),
}

/// A time of a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The claim.
    pub claim: &'static str,
    /// As it stands.
    pub when: When,
}

impl Moment {
    /// In UTC; in words for what lies outside of all years (J11).
    pub fn utc(&self) -> String {
        self.when.at().map_or_else(
            || format!("{} s, outside of all years", self.when.seconds),
            |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        )
    }

    /// In this time zone.
    pub fn local(&self, zone: &TimeZone) -> String {
        self.when.at().map_or_else(String::new, |at| {
            at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
        })
    }

    /// `in 54 min`, `3 h ago`
    pub fn relative(&self, now: Timestamp) -> String {
        let left = self.when.from(now);
        if left >= 0.0 { format!("in {}", span(left)) } else { format!("{} ago", span(-left)) }
    }
}

impl Item {
    /// Its value in visible form; `hide` while others look on.
    pub fn text(&self, hide: bool) -> String {
        let hide = hide && !HARMLESS.contains(&self.name.raw());
        match &self.value {
            Shown::Text(text) if hide && !text.is_empty() => HIDDEN.to_owned(),
            Shown::Text(text) => text.to_string(),
            Shown::Plain(text) if hide && text.parse::<f64>().is_ok() => HIDDEN.to_owned(),
            Shown::Plain(text) => text.clone(),
            Shown::Secret => "not shown".to_owned(),
            Shown::List(0) => "[]".to_owned(),
            Shown::List(1) => "1 entry".to_owned(),
            Shown::List(count) => format!("{count} entries"),
            Shown::Object(0) => "{}".to_owned(),
            Shown::Object(1) => "1 member".to_owned(),
            Shown::Object(count) => format!("{count} members"),
        }
    }

    /// What may be copied of it; `None` of a secret.
    pub fn copied(&self) -> Option<String> {
        match &self.value {
            Shown::Text(text) => Some(text.raw().to_owned()),
            Shown::Plain(text) => Some(text.clone()),
            Shown::Secret => None,
            Shown::List(_) | Shown::Object(_) => Some(self.json().to_string()),
        }
    }

    fn json(&self) -> Value {
        match &self.value {
            Shown::Text(text) => Value::from(text.raw()),
            Shown::Plain(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            Shown::Secret => Value::from(crate::identity::trace::REDACTED),
            Shown::List(_) => Value::Array(self.within.iter().map(Self::json).collect()),
            Shown::Object(_) => Value::Object(
                self.within.iter().map(|item| (item.name.raw().to_owned(), item.json())).collect(),
            ),
        }
    }
}

impl Inspection {
    /// The signed token.
    pub fn jws(&self) -> Option<&Jws> {
        self.token.as_ref().ok()?.signed()
    }

    /// What it is for.
    pub fn kind(&self) -> Option<Kind> {
        self.told.as_ref().map(|told| told.kind)
    }

    /// What it is, as a sentence.
    pub fn sentence(&self) -> String {
        match (&self.token, &self.told) {
            (Err(why), _) => format!("This is no token: {why}."),
            (Ok(Token::Encrypted(_)), _) => {
                "This is an encrypted token: only the one for whom it is meant can read it.".to_owned()
            }
            (Ok(Token::Opaque { length }), _) => format!(
                "This is an opaque token of {length} characters: only its issuer knows what it means."
            ),
            (Ok(Token::Signed(_)), Some(told)) => {
                let because = told.evidence.join(", and ");
                format!("This is {}: {because}.", told.kind.words())
            }
            (Ok(Token::Signed(_)), None) => "This is a signed token.".to_owned(),
        }
    }

    /// Header and claims as JSON, without secrets; the signature by its length.
    pub fn raw(&self) -> String {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        match &self.token {
            Ok(Token::Signed(jws)) => {
                let claims = jws.claims.as_ref().map_or_else(
                    |why| format!("{} bytes; it {why}", jws.payload.len()),
                    |claims| pretty(&redact::redacted(claims)),
                );
                let header = pretty(&redact::redacted(&jws.header));
                format!("{header}\n{claims}\nsignature, {} bytes", jws.signature.len())
            }
            Ok(Token::Encrypted(header)) => pretty(&redact::redacted(header)),
            Ok(Token::Opaque { .. }) | Err(_) => String::new(),
        }
    }
}

/// Reads a token. `platform` is the issuer of the connection, by which kinds are told apart and records are found.
pub fn inspect(given: &Extracted, platform: Option<&str>) -> Inspection {
    of(given.from.clone(), Token::parse(given.token.expose()), platform, 0)
}

fn of(from: String, token: Result<Token, Malformed>, platform: Option<&str>, depth: usize) -> Inspection {
    let mut inspection = Inspection {
        from,
        token,
        told: None,
        header: Vec::new(),
        claims: Vec::new(),
        more: 0,
        moments: Vec::new(),
        notes: Vec::new(),
        inner: None,
    };
    match &inspection.token {
        Ok(Token::Signed(jws)) => {
            let told = tell(jws, platform);
            inspection.header = header(&jws.header);
            if let Ok(claims) = &jws.claims {
                let own = platform.is_some() && jws.claim_text("iss").map(Text::raw) == platform;
                inspection.claims = self::claims(claims, own);
                inspection.more = claims.members().len().saturating_sub(MOST_ITEMS);
                inspection.moments = moments(jws);
            }
            inspection.notes = notes::of(jws, &told);
            inspection.inner = jws.nested(depth).map(|inner| {
                Box::new(of("the payload of another token".to_owned(), inner, platform, depth + 1))
            });
            inspection.told = Some(told);
        }
        Ok(Token::Encrypted(header)) => inspection.header = self::header(header),
        Ok(Token::Opaque { .. }) | Err(_) => {}
    }
    inspection
}

fn header(object: &Object) -> Vec<Item> {
    let members = object.members().iter().take(MOST_ITEMS);
    members
        .map(|(name, node)| Item {
            meaning: meaning::of_header(name.raw()),
            written: None,
            ..item(name.clone(), node)
        })
        .collect()
}

fn claims(object: &Object, own: bool) -> Vec<Item> {
    // A client application's token names the client where a person's names the user.
    let of_client =
        object.text("profile").is_some_and(|profile| profile.raw().starts_with("ClientApplication/"));
    let members = object.members().iter().take(MOST_ITEMS);
    members
        .map(|(name, node)| {
            let known = meaning::of(name.raw());
            Item {
                meaning: known.map(|known| known.0),
                written: known.map(|known| known.1),
                when: if meaning::is_time(name.raw()) { When::of(node) } else { None },
                opens: if own { record(name.raw(), node, of_client) } else { None },
                ..item(name.clone(), node)
            }
        })
        .collect()
}

/// The record that a claim of the platform's own tokens names (platform-api §3.4).
fn record(claim: &str, node: &Node, of_client: bool) -> Option<Reference> {
    let Node::Text(text) = node else { return None };
    let of = |kind: &str| Reference::parse(&format!("{kind}/{}", text.raw()));
    match claim {
        "profile" | "fhirUser" => Reference::parse(text.raw()),
        "login_id" => of("Login"),
        "sub" | "username" if of_client => of("ClientApplication"),
        "sub" | "username" => of("User"),
        // Built-in clients are no records.
        "client_id" if uuid::Uuid::try_parse(text.raw()).is_ok() => of("ClientApplication"),
        "patient" => of("Patient"),
        "encounter" => of("Encounter"),
        _ => None,
    }
}

fn item(name: Text, node: &Node) -> Item {
    let (value, within) = match node {
        _ if redact::is_secret_claim(name.raw()) => (Shown::Secret, Vec::new()),
        Node::Text(text) if redact::looks_like_a_token(text.raw()) => (Shown::Secret, Vec::new()),
        Node::Text(text) => (Shown::Text(text.clone()), Vec::new()),
        Node::Null | Node::Bool(_) | Node::Number(_) => {
            (Shown::Plain(node.to_value().to_string()), Vec::new())
        }
        Node::List(items) => {
            let within = items.iter().take(MOST_ITEMS).enumerate();
            let within = within.map(|(at, node)| item(Text::from(format!("[{at}]")), node)).collect();
            (Shown::List(items.len()), within)
        }
        Node::Object(object) => {
            let within = object.members().iter().take(MOST_ITEMS);
            let within = within.map(|(name, node)| item(name.clone(), node)).collect();
            (Shown::Object(object.members().len()), within)
        }
    };
    Item { name, value, meaning: None, written: None, when: None, opens: None, within }
}

fn moments(jws: &Jws) -> Vec<Moment> {
    let mut found: Vec<Moment> = ["auth_time", "iat", "nbf", "exp"]
        .into_iter()
        .filter_map(|claim| Some(Moment { claim, when: jws.claim(claim).and_then(When::of)? }))
        .collect();
    found.sort_by(|a, b| a.when.seconds.total_cmp(&b.when.seconds));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Secret;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const PLATFORM: &str = "https://api.clinic.example/";

    fn inspected(header: &str, claims: &str) -> Inspection {
        let token = format!("{}.{}.c2lnbmVk", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let given = Extracted { token: Secret::from(token.as_str()), from: "the paste".into() };
        inspect(&given, Some(PLATFORM))
    }

    fn access() -> Inspection {
        inspected(
            r#"{"alg":"ES384","kid":"k1","jku":"https://evil.example/keys"}"#,
            r#"{"iss":"https://api.clinic.example/","aud":["a","b"],"sub":"u1","scope":"openid user/Patient.rs","profile":"Practitioner/p1","login_id":"l1","exp":1767607200.5,"iat":1767603600,"ext":{"groups":["staff"],"client_secret":"hush-1"}}"#,
        )
    }

    #[test]
    fn claims_come_as_a_tree_with_their_meaning_and_the_records_that_they_name() {
        let seen = access();
        assert_eq!(seen.kind(), Some(Kind::Access));
        let claim = |name: &str| seen.claims.iter().find(|item| item.name.raw() == name).unwrap();
        assert_eq!(claim("login_id").opens.as_ref().unwrap().to_string(), "Login/l1");
        assert_eq!(claim("profile").opens.as_ref().unwrap().to_string(), "Practitioner/p1");
        assert_eq!(claim("sub").opens.as_ref().unwrap().to_string(), "User/u1");
        assert_eq!(claim("aud").text(false), "2 entries");
        assert_eq!(claim("aud").within[1].text(false), "b");
        assert_eq!(claim("exp").meaning, Some("ends"));
        assert_eq!(claim("ext").within[1].text(false), "not shown");
        assert_eq!(claim("ext").copied().unwrap(), r#"{"groups":["staff"],"client_secret":"[redacted]"}"#);
        assert!(
            seen.notes
                .iter()
                .any(|note| note.contains("https://evil.example/keys") && note.contains("not contacted"))
        );
        assert!(seen.notes.iter().any(|note| note.contains("user/Patient.rs")));
    }

    // J11
    #[test]
    fn times_are_told_in_utc_local_and_from_now() {
        let seen = access();
        let ends = seen.moments.last().unwrap();
        assert_eq!((ends.claim, ends.utc().as_str()), ("exp", "2026-01-05 10:00:00 UTC"));
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert!(ends.local(&zone).starts_with("2026-01-05 12:00:00"));
        assert_eq!(ends.relative("2026-01-05T09:06:00Z".parse().unwrap()), "in 54 min");
        assert_eq!(ends.relative("2026-01-05T13:00:01Z".parse().unwrap()), "3 h ago");
        let never = inspected("{}", r#"{"exp":1e300}"#);
        assert!(never.moments[0].utc().contains("outside of all years"));
    }

    // J12, S2
    #[test]
    fn nothing_secret_comes_out_in_any_form() {
        let seen = inspected(
            r#"{"alg":"ES384"}"#,
            r#"{"login_id":"l1","refresh_secret":"hush-2","inner":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.hush-3"}"#,
        );
        let all =
            format!("{seen:?} {} {:?}", seen.raw(), seen.claims.iter().map(Item::copied).collect::<Vec<_>>());
        assert!(!all.contains("hush") && !all.contains("c2lnbmVk"), "{all}");
        let names: Vec<String> = access().claims.iter().map(|item| item.text(true)).collect();
        assert!(!names.concat().contains("Practitioner"), "{names:?}");
    }
}
