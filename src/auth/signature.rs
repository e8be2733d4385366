//! Whether a token of an IdP is signed by the keys that the IdP publishes (OpenID Connect Core §3.1.3.7; J1–J4).

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use url::Url;

use super::discovery::discover;
use super::http::{Http, host_of};

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

/// Algorithms with a public key. With a shared secret nobody but the two who share it can check (J2).
const PUBLIC: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Checks the signature of a token with the keys of `issuer`, found by its discovery and nowhere else (never by `jku` or
/// `x5u` of the token itself). Whoever calls it has decided that this host may be asked.
pub async fn check(http: &Http, token: &str, issuer: &str, now: jiff::Timestamp) -> Checked {
    let unverified = |why: String| Checked::Unverified { why };
    let Ok(header) = decode_header(token) else {
        return unverified("its header cannot be read, or names an algorithm that is not known".to_owned());
    };
    if !PUBLIC.contains(&header.alg) {
        return unverified(format!("{:?} needs a secret that only its two owners have", header.alg));
    }
    let metadata = match discover(http, issuer).await {
        Ok(metadata) => metadata,
        Err(error) => return unverified(format!("the keys of the issuer cannot be reached: {error}")),
    };
    let Some(place) = metadata.jwks_uri else {
        return unverified("the issuer publishes no keys".to_owned());
    };
    let keys = match keys(http, &place).await {
        Ok(keys) => keys,
        Err(why) => return unverified(why),
    };
    let fits = |key: &&Jwk| {
        key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature)
            && header.kid.as_ref().is_none_or(|kid| key.common.key_id.as_ref() == Some(kid))
    };
    let fitting: Vec<&Jwk> = keys.keys.iter().filter(fits).collect();
    if fitting.is_empty() {
        return Checked::Forged { why: "it names a key that its issuer does not have".to_owned() };
    }
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    for key in fitting {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        if let Ok(decoded) = decode::<Value>(token, &key, &validation) {
            if decoded.claims["iss"].as_str() != Some(issuer) {
                return Checked::Forged { why: "it names another issuer".to_owned() };
            }
            let expired = decoded.claims["exp"].as_f64().is_some_and(|at| at < now.as_second() as f64);
            return Checked::Verified { host: host(issuer), expired };
        }
    }
    Checked::Forged { why: format!("no key of {} has signed it", host(issuer)) }
}

fn host(issuer: &str) -> String {
    Url::parse(issuer).map_or_else(|_| crate::identity::text::shown(issuer).into_owned(), |url| host_of(&url))
}

async fn keys(http: &Http, place: &Url) -> Result<JwkSet, String> {
    let answer = http.get(place).await.map_err(|error| format!("the keys cannot be reached: {error}"))?;
    let value = answer.json(&host_of(place)).map_err(|error| format!("the keys cannot be read: {error}"))?;
    // One odd key does not spoil the others.
    let list = value["keys"].as_array().cloned().unwrap_or_default();
    let keys: Vec<Jwk> = list.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    Ok(JwkSet { keys })
}
