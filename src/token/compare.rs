//! Two tokens side by side: what differs, and what that means.

use std::collections::{BTreeMap, BTreeSet};

use super::brief::brief;
use super::json::{Node, Object};
use super::jws::Jws;
use super::redact;
use crate::identity::Text;

/// How a claim differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// In both, the same.
    Same,
    /// In both, not the same.
    Changed,
    /// In the first only.
    Gone,
    /// In the second only.
    New,
}

/// One claim of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The claim; for members of the header, `header.kid`.
    pub name: Text,
    /// In the first, without secrets.
    pub first: Option<serde_json::Value>,
    /// In the second, without secrets.
    pub second: Option<serde_json::Value>,
    /// How they differ; secrets are compared, and not shown.
    pub difference: Difference,
}

/// What a difference means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The claims that say so.
    pub claims: Vec<&'static str>,
    /// In words.
    pub words: String,
}

/// Both, claim by claim, in the order of the first; then what is only in the second.
pub fn rows(first: &Jws, second: &Jws) -> Vec<Row> {
    let empty = Object::default();
    let claims = |jws: &'_ Jws| jws.claims.clone().unwrap_or_else(|_| empty.clone());
    let mut rows = of_objects("header.", &first.header, &second.header);
    rows.extend(of_objects("", &claims(first), &claims(second)));
    rows
}

fn of_objects(prefix: &str, first: &Object, second: &Object) -> Vec<Row> {
    let (shown_first, shown_second) = (redact::redacted(first), redact::redacted(second));
    // Of names that stand twice the last counts, and a look-up for each of ten thousand names would take its time.
    let by_name = |object: &'_ Object| -> BTreeMap<String, Node> {
        object.members().iter().map(|(name, node)| (name.raw().to_owned(), node.clone())).collect()
    };
    let (in_first, in_second) = (by_name(first), by_name(second));
    let mut names: Vec<&Text> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, _) in first.members().iter().chain(second.members()) {
        if seen.insert(name.raw()) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let (a, b) = (in_first.get(name.raw()), in_second.get(name.raw()));
            let difference = match (a, b) {
                (Some(a), Some(b)) if same(name.raw(), a, b) => Difference::Same,
                (Some(_), Some(_)) => Difference::Changed,
                (Some(_), None) => Difference::Gone,
                (None, _) => Difference::New,
            };
            Row {
                name: Text::from(format!("{prefix}{}", name.raw())),
                first: a.map(|_| shown_first[name.raw()].clone()),
                second: b.map(|_| shown_second[name.raw()].clone()),
                difference,
            }
        })
        .collect()
}

/// Words of a scope and entries of an audience have no order.
fn same(name: &str, a: &Node, b: &Node) -> bool {
    let sets = match name {
        "scope" | "scp" => words_of(a).zip(words_of(b)),
        "aud" => set_of(a).zip(set_of(b)),
        _ => None,
    };
    // What is neither a text nor a list of texts is compared as it stands.
    sets.map_or_else(|| a == b, |(a, b)| a == b)
}

fn words_of(node: &Node) -> Option<BTreeSet<String>> {
    match node {
        Node::Text(text) => {
            Some(text.raw().split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
        }
        other => set_of(other),
    }
}

fn set_of(node: &Node) -> Option<BTreeSet<String>> {
    Some(node.texts()?.into_iter().map(|text| text.raw().to_owned()).collect())
}

/// What the differences mean; empty when the two say the same.
pub fn meanings(first: &Jws, second: &Jws) -> Vec<Meaning> {
    let mut found = Vec::new();
    let mut add =
        |claims: &[&'static str], words: String| found.push(Meaning { claims: claims.to_vec(), words });
    let text = |jws: &Jws, names: &[&str]| -> Option<Text> {
        names.iter().find_map(|name| jws.claim_text(name).cloned())
    };
    let differ = |names: &[&str]| -> Option<(Text, Text)> {
        match (text(first, names), text(second, names)) {
            (Some(a), Some(b)) if a != b => Some((a, b)),
            _ => None,
        }
    };
    // Each issuer names people and sessions in its own way (J15).
    let one_issuer = text(first, &["iss"]).is_some_and(|iss| text(second, &["iss"]) == Some(iss));
    if let Some((a, b)) = differ(&["iss"]) {
        add(&["iss"], format!("other issuer: {} → {}", brief(&a), brief(&b)));
    }
    if let Some((a, b)) = differ(&["client_id", "azp", "cid", "appid"]) {
        add(&["client_id"], format!("made for another client: {} → {}", brief(&a), brief(&b)));
    }
    if let Some((a, b)) = differ(&["sub"]) {
        let who =
            if one_issuer { "about somebody else" } else { "another subject, which may be the same person" };
        add(&["sub"], format!("{who}: {} → {}", brief(&a), brief(&b)));
    }
    if let Some((a, b)) = differ(&["profile", "fhirUser"]) {
        let same_user =
            one_issuer && first.claim_text("sub").is_some_and(|sub| second.claim_text("sub") == Some(sub));
        let who = if same_user { "the same user with another membership" } else { "another profile" };
        add(&["profile"], format!("{who}: {} → {}", brief(&a), brief(&b)));
    }
    let session = ["login_id", "sid", "session_state"].into_iter();
    // Only what bears the same name is the same thing.
    let mut both = session.filter(|name| first.claim(name).is_some() && second.claim(name).is_some());
    if one_issuer && both.next().is_some_and(|name| differ(&[name]).is_some()) {
        add(&["login_id"], "another session: ending one leaves the other alive".to_owned());
    }
    let scope = |jws: &Jws| {
        let node = jws.claim("scope").or_else(|| jws.claim("scp"));
        node.and_then(words_of)
    };
    if let (Some(a), Some(b)) = (scope(first), scope(second)) {
        let lost: Vec<&str> = a.difference(&b).map(String::as_str).collect();
        let won: Vec<&str> = b.difference(&a).map(String::as_str).collect();
        let shown = |words: &[&str]| brief(&Text::from(words.join(" ")));
        match (lost.is_empty(), won.is_empty()) {
            (true, true) => {}
            (false, true) => add(&["scope"], format!("scope narrowed: without {}", shown(&lost))),
            (true, false) => add(&["scope"], format!("scope widened: also {}", shown(&won))),
            (false, false) => {
                add(&["scope"], format!("other scope: without {}, with {}", shown(&lost), shown(&won)));
            }
        }
    }
    if let (Some(a), Some(b)) = (first.claim("aud"), second.claim("aud"))
        && !same("aud", a, b)
    {
        add(&["aud"], "meant for others: whoever checks the audience takes only one of them".to_owned());
    }
    match (first.alg(), second.alg()) {
        (Some(a), Some(b)) if a != b => {
            add(&["header.alg"], format!("signed otherwise: {} → {}", brief(a), brief(b)));
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (first.kid(), second.kid())
        && a != b
        && one_issuer
    {
        add(&["header.kid"], format!("signed with another key of the issuer: {} → {}", brief(a), brief(b)));
    }
    let time = |jws: &Jws, name: &str| jws.claim(name).and_then(Node::number);
    if let (Some(a), Some(b)) = (time(first, "exp"), time(second, "exp"))
        && a.partial_cmp(&b) != Some(std::cmp::Ordering::Equal)
    {
        let which = if a < b { "the second ends later" } else { "the first ends later" };
        add(&["exp"], which.to_owned());
    }
    match (first.claim("act").is_some(), second.claim("act").is_some()) {
        (false, true) => add(&["act"], "in the second somebody acts for the subject".to_owned()),
        (true, false) => add(&["act"], "in the first somebody acts for the subject".to_owned()),
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn jws(header: &str, claims: &str) -> Jws {
        Jws::parse(&format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
            .unwrap()
    }

    #[test]
    fn differences_have_a_meaning() {
        let a = jws(
            r#"{"alg":"ES384","kid":"k1"}"#,
            r#"{"iss":"i","sub":"u","client_id":"a","scope":"openid user/*.rs","profile":"Practitioner/1","login_id":"l1","exp":10,"refresh_secret":"s1"}"#,
        );
        let b = jws(
            r#"{"alg":"ES384","kid":"k2"}"#,
            r#"{"iss":"i","sub":"u","client_id":"b","scope":"openid","profile":"Patient/2","login_id":"l2","exp":20,"refresh_secret":"s2"}"#,
        );
        let words: Vec<String> = meanings(&a, &b).into_iter().map(|meaning| meaning.words).collect();
        assert_eq!(
            words,
            [
                "made for another client: a → b",
                "the same user with another membership: Practitioner/1 → Patient/2",
                "another session: ending one leaves the other alive",
                "scope narrowed: without user/*.rs",
                "signed with another key of the issuer: k1 → k2",
                "the second ends later",
            ]
        );
        let rows = rows(&a, &b);
        let secret = rows.iter().find(|row| row.name.raw() == "refresh_secret").unwrap();
        assert_eq!(secret.difference, Difference::Changed);
        assert_eq!(secret.first, secret.second, "neither is shown");
    }

    #[test]
    fn a_difference_means_no_more_than_it_says() {
        let words = |a: &str, b: &str| -> Vec<String> {
            meanings(&jws("{}", a), &jws("{}", b)).into_iter().map(|meaning| meaning.words).collect()
        };
        // J15: a subject is its issuer's.
        assert_eq!(
            words(r#"{"iss":"a","sub":"1"}"#, r#"{"iss":"b","sub":"2"}"#),
            ["other issuer: a → b", "another subject, which may be the same person: 1 → 2"]
        );
        // Of one that names no issuer it is not known whose subjects, sessions and keys these are.
        for issuer in ["", r#""iss":"a","#] {
            let of = |iss: &str, n: u8| {
                let header = format!(r#"{{"kid":"k{n}"}}"#);
                let claims = format!(r#"{{{iss}"sub":"{n}","profile":"Patient/{n}","login_id":"{n}"}}"#);
                jws(&header, &claims)
            };
            let found = meanings(&of(issuer, 1), &of("", 2));
            let words: Vec<&str> = found.iter().map(|meaning| meaning.words.as_str()).collect();
            assert_eq!(
                words,
                [
                    "another subject, which may be the same person: 1 → 2",
                    "another profile: Patient/1 → Patient/2",
                ]
            );
        }
        for (a, b) in [
            (r#"{"sub":"u","profile":"Patient/1"}"#, r#"{"sub":"u","profile":"Patient/2"}"#),
            (r#"{"profile":"Patient/1"}"#, r#"{"profile":"Patient/2"}"#),
            (r#"{"sub":"u","profile":"Patient/1"}"#, r#"{"profile":"Patient/2"}"#),
        ] {
            assert_eq!(words(a, b), ["another profile: Patient/1 → Patient/2"]);
        }
        assert!(words(r#"{"login_id":"1"}"#, r#"{"sid":"2"}"#).is_empty(), "other names, other things");
        for (name, a, b) in
            [("scope", "1", "2"), ("aud", "1", "2"), ("scope", "[1]", "[2]"), ("aud", "[1]", "{}")]
        {
            let of = |value: &str| jws("{}", &format!("{{\"{name}\":{value}}}"));
            assert_eq!(rows(&of(a), &of(b))[0].difference, Difference::Changed, "{name} {a} {b}");
            assert_eq!(rows(&of(a), &of(a))[0].difference, Difference::Same, "{name} {a}");
        }
    }

    #[test]
    fn order_of_a_scope_and_of_an_audience_means_nothing() {
        let a = jws("{}", r#"{"scope":"a b","aud":["x","y"]}"#);
        let b = jws("{}", r#"{"scope":"b a","aud":["y","x"]}"#);
        assert!(meanings(&a, &b).is_empty());
        assert!(rows(&a, &b).iter().all(|row| row.difference == Difference::Same));
    }
}
