//! The ID token's claims that bind it to this attempt (L6; OpenID Connect Core 3.1.3.7).
//!
//! It comes straight from the token endpoint over TLS, which stands for its signature there (item 6); the
//! token lab verifies signatures.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::error::AuthError;
use crate::token::time::LEEWAY;
use crate::token::{CameWith, Jws, came_with};

/// What the token must say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: Option<&'a str>,
    /// `None` where the flow has none (device).
    pub(crate) nonce: Option<&'a str>,
    /// The access token that it came with.
    pub(crate) access: &'a SecretString,
    pub(crate) now: Timestamp,
}

/// Checks issuer, audience, end, nonce, and the access token beside it.
pub(crate) fn check(token: &SecretString, expected: &Expected<'_>) -> Result<(), AuthError> {
    let claims = claims(token).ok_or(AuthError::NotOurs("its ID token cannot be read"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(AuthError::NotOurs("its ID token names another issuer"));
    }
    if let Some(client) = expected.client_id {
        let ours = match claims.get("aud") {
            Some(Value::String(one)) => one == client,
            Some(Value::Array(many)) => {
                many.iter().any(|one| one.as_str() == Some(client))
                    && (many.len() == 1 || text("azp") == Some(client))
            }
            _ => false,
        };
        if !ours {
            return Err(AuthError::NotOurs("its ID token is for another client"));
        }
    }
    let end = claims.get("exp").and_then(Value::as_f64).unwrap_or(0.0);
    if end + LEEWAY < expected.now.as_second() as f64 {
        return Err(AuthError::NotOurs("its ID token has already ended; check this machine's clock"));
    }
    let came = Jws::parse_unsigned(token.expose_secret()).ok();
    let came = came.and_then(|jws| came_with(&jws, expected.access.expose_secret()));
    if came == Some(CameWith::Another) {
        return Err(AuthError::NotOurs("its ID token came with another access token"));
    }
    match (expected.nonce, text("nonce").unwrap_or_default()) {
        (Some(sent), came) if !bool::from(came.as_bytes().ct_eq(sent.as_bytes())) => {
            Err(AuthError::NotOurs("its ID token was made for another attempt"))
        }
        _ => Ok(()),
    }
}

/// The claims, unverified.
pub(crate) fn claims(token: &SecretString) -> Option<Value> {
    Some(Jws::parse_unsigned(token.expose_secret()).ok()?.claims.ok()?.to_value())
}

/// Header and claims, unverified.
pub(crate) fn parts(token: &SecretString) -> Option<(Value, Value)> {
    let jws = Jws::parse_unsigned(token.expose_secret()).ok()?;
    Some((jws.header.to_value(), jws.claims.ok()?.to_value()))
}

/// The end of a token that is a JWT, unverified.
pub(crate) fn end(token: &SecretString) -> Option<Timestamp> {
    let seconds = claims(token)?.get("exp")?.as_f64()?;
    Timestamp::from_second(seconds as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rstest::rstest;
    use serde_json::json;

    fn token(claims: &Value) -> SecretString {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        format!("{header}.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())).into()
    }

    fn good() -> Value {
        json!({"iss": "https://a.example/", "aud": "me", "exp": 2_000_000_000.5, "nonce": "n1"})
    }

    fn checked(claims: &Value) -> Result<(), AuthError> {
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        // The example of OpenID Connect Core, appendix A.3.
        let access = SecretString::from("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        let expected = Expected {
            issuer: "https://a.example/",
            client_id: Some("me"),
            nonce: Some("n1"),
            access: &access,
            now,
        };
        check(&token(claims), &expected)
    }

    // L6, J13
    #[test]
    fn a_token_of_this_attempt_passes() {
        assert_eq!(checked(&good()), Ok(()));
        let mut bound = good();
        bound["at_hash"] = json!("77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(checked(&bound), Ok(()));
    }

    // L6, J13
    #[rstest]
    #[case("iss", json!("https://b.example/"))]
    #[case("iss", json!("https://a.example"))]
    #[case("aud", json!("other"))]
    #[case("aud", json!(["me", "other"]))]
    #[case("aud", json!(null))]
    #[case("exp", json!(1_999_999_000))]
    #[case("exp", json!(null))]
    #[case("nonce", json!("n2"))]
    #[case("nonce", json!(null))]
    #[case("at_hash", json!("77QmUPtjPfzWtF2AnpK9RA"))]
    fn a_token_of_anything_else_does_not(#[case] claim: &str, #[case] value: Value) {
        let mut claims = good();
        claims[claim] = value;
        assert!(matches!(checked(&claims), Err(AuthError::NotOurs(_))), "{claims}");
    }

    #[test]
    fn a_huge_end_does_not_break_the_reader() {
        assert_eq!(end(&token(&json!({"exp": 1e300}))), None);
        assert_eq!(end(&"abc".into()), None);
    }
}
