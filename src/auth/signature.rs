//! Whether a token of an IdP is signed by the keys that the IdP publishes (OpenID Connect Core §3.1.3.7; J1–J6).

use url::Url;

use super::http::{Http, host_of};
use super::keys;
use crate::token::json::Node;
use crate::token::time::{Standing, standing};
use crate::token::verify::{Signature, checkable, verify};
use crate::token::{Jws, Token};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Signed by a key of this issuer.
    Verified {
        /// Host of the issuer.
        host: String,
        /// It has expired; a signature says nothing about that.
        expired: bool,
    },
    /// Not signed by it: what the token says is worth nothing.
    Forged {
        /// Why.
        why: String,
    },
    /// Cannot be said.
    Unverified {
        /// Why.
        why: String,
    },
}

impl Checked {
    /// In words, after "the token is".
    pub fn words(&self) -> String {
        match self {
            Self::Verified { host, expired: false } => format!("signed by {host}"),
            Self::Verified { host, expired: true } => format!("signed by {host}, and expired"),
            Self::Forged { why } => format!("not what it says: {why}"),
            Self::Unverified { why } => format!("not verified: {why}"),
        }
    }
}

/// Checks the signature of a token with the keys of `issuer`, found by its discovery and nowhere else (never by `jku` or
/// `x5u` of the token itself). Whoever calls it has decided that this host may be asked.
pub async fn check(http: &Http, token: &Token, issuer: &str, now: jiff::Timestamp) -> Checked {
    let Some(jws) = token.signed() else {
        return Checked::Unverified { why: "it is not a signed token".to_owned() };
    };
    // Nobody is asked about what no key can decide.
    if let Err(found) = checkable(jws) {
        return of(found);
    }
    match keys::fetch(http, issuer, now).await {
        Ok(found) => judged(jws, &found, issuer, now),
        Err(why) => Checked::Unverified { why: why.to_string() },
    }
}

fn judged(jws: &Jws, found: &keys::Found, issuer: &str, now: jiff::Timestamp) -> Checked {
    match verify(jws, &found.set) {
        Signature::Good { .. } => match jws.claim("iss") {
            Some(Node::Text(iss)) if iss.raw() == issuer => {
                let expired = matches!(standing(jws, now), Standing::Ended(_) | Standing::JustEnded(_));
                let host = Url::parse(issuer).map_or_else(|_| found.host.clone(), |url| host_of(&url));
                Checked::Verified { host, expired }
            }
            _ => Checked::Forged { why: "it names another issuer".to_owned() },
        },
        other => of(other),
    }
}

fn of(signature: Signature) -> Checked {
    match signature {
        Signature::Bad(why) => Checked::Forged { why: why.to_string() },
        Signature::Untold(why) => Checked::Unverified { why: why.to_string() },
        Signature::Good { .. } => Checked::Unverified { why: "it was not looked at".to_owned() },
    }
}
