//! What is worth knowing about a token that was only read.

use crate::identity::Text;
use crate::token::brief::{brief, brief_list};
use crate::token::json::{Node, Object};
use crate::token::kind::Told;
use crate::token::ladder::span;
use crate::token::{Jws, Kind, scope};

/// A token that seems to live longer than this is worth a word, in seconds.
const LONG: f64 = 86_400.0;

/// Each as a sentence or two.
pub(super) fn of(jws: &Jws, told: &Told) -> Vec<String> {
    let mut notes = Vec::new();
    let text = |claim: &str| jws.claim_text(claim);
    // J5
    for name in ["jku", "x5u"] {
        if let Some(place) = jws.header.text(name) {
            notes.push(format!(
                "Its `{name}` says that keys are at {}. That place is not contacted.",
                brief(place)
            ));
        }
    }
    for name in ["jwk", "x5c"] {
        if jws.header.get(name).is_some() {
            notes.push(format!(
                "It brings its own key along (`{name}`), which proves nothing and is not used."
            ));
        }
    }
    // J2
    if let Some(name) = jws.header.repeated().first().or(jws
        .claims
        .as_ref()
        .ok()
        .map(Object::repeated)
        .unwrap_or_default()
        .first())
    {
        notes.push(format!("`{}` stands in it twice: readers disagree about which one counts.", brief(name)));
    }
    // RFC 7515 §2: a JWS may sign anything; RFC 7519 §7.2: a token signs claims.
    if jws.claims.is_err() {
        notes.push(format!(
            "It signs {} bytes that are no claims, so it is no token to sign in with.",
            jws.payload.len()
        ));
    }
    // J12
    if told.kind == Kind::Refresh {
        notes.push(
            "Whoever has it can fetch new tokens until the session ends: handle it as a password.".to_owned(),
        );
    }
    // J15
    if matches!(told.kind, Kind::Id | Kind::Subject) {
        if let Some(email) = text("email") {
            let unverified = matches!(jws.claim("email_verified"), Some(Node::Bool(false)));
            let more = if unverified { " Its issuer has not checked it." } else { "" };
            notes.push(format!(
                "{} is neither unique nor for ever; who somebody is, `iss` and `sub` say together.{more}",
                brief(email)
            ));
        }
        if let Some(sub) = text("sub").filter(|sub| sub.raw().contains([',', '\\'])) {
            notes.push(format!(
                "The platform finds no member by the subject {}: commas and backslashes mean something else to it.",
                brief(sub)
            ));
        }
    }
    let seconds = |claim: &str| jws.claim(claim).and_then(Node::number);
    if let (Some(made), Some(ends), Kind::Access | Kind::Id | Kind::ClientAssertion) =
        (seconds("iat"), seconds("exp"), told.kind)
        && ends - made > LONG
    {
        notes.push(format!("It lives for {}, which is long for {}.", span(ends - made), told.kind.words()));
    }
    if let Some(scope) = text("scope").filter(|_| told.kind == Kind::Access) {
        let words: Vec<Text> =
            scope::smart(scope.raw()).into_iter().map(|word| Text::from(word.word)).collect();
        if !words.is_empty() {
            notes.push(format!(
                "Its scope narrows records to {}; types that only admins see are not narrowed.",
                brief_list(&words)
            ));
        }
    }
    // X1
    if let Some(Node::Object(actor)) = jws.claim("act") {
        let who = actor.text("sub").or(actor.text("client_id")).map_or_else(|| "Somebody".to_owned(), brief);
        notes.push(format!("{who} acts for the subject (delegation)."));
    }
    notes
}
