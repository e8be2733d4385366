//! Signing keys and JSON Web Tokens of the embedded platform and of its identity provider.

use std::fmt::{self, Write as _};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An ES384 key pair (platform-api §2: new servers sign with ES384) and its public JWK.
pub struct SigningKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    jwk: Value,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A key could not be made or a token could not be signed; only a broken random source does that.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be used: {0}")]
pub struct KeyError(String);

impl KeyError {
    /// For what goes wrong beside the key itself.
    pub(super) fn new(why: String) -> Self {
        Self(why)
    }
}

impl SigningKey {
    /// Makes a fresh key pair under a random key id (the id of a `JsonWebKey` resource).
    pub fn generate() -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)
            .map_err(|e| KeyError(e.to_string()))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.as_ref())
            .map_err(|e| KeyError(e.to_string()))?;
        // Uncompressed point: 0x04, then 48 bytes of x, then 48 bytes of y (SEC 1 §2.3.3).
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = match point.split_first() {
            Some((4, xy)) if xy.len() == 96 => xy.split_at(48),
            _ => return Err(KeyError("unexpected form of public key".into())),
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|e| KeyError(e.to_string()))?;
        let kid = Uuid::new_v4().to_string();
        let jwk =
            json!({"kid": kid, "alg": "ES384", "kty": "EC", "use": "sig", "x": x, "y": y, "crv": "P-384"});
        Ok(Self { encoding: EncodingKey::from_ec_der(pkcs8.as_ref()), kid, decoding, jwk })
    }

    /// The public half as published under `jwks.json`.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// Signs claims as they are; the header is `alg`, `kid`, `typ`.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::ES384);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.encoding).map_err(|e| KeyError(e.to_string()))
    }

    /// The claims of a token that this key signed and that has not expired at `now` (seconds since the epoch).
    pub fn verify(&self, token: &str, now: i64) -> Option<Map<String, Value>> {
        let mut rules = Validation::new(Algorithm::ES384);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = decode::<Map<String, Value>>(token, &self.decoding, &rules).ok()?.claims;
        let alive = claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp > now);
        alive.then_some(claims)
    }
}

/// A life time as `ClientApplication.accessTokenLifetime` writes it (`15m`, `2h`, `1w`), in seconds.
pub fn lifetime_seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        'y' => 31_557_600,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(factor)
}

/// A secret of `bytes` random bytes in hex, as the platform writes codes, cookies and client secrets.
pub fn random_hex(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes * 2);
    while out.len() < bytes * 2 {
        // Writing into a String cannot fail.
        let _ = write!(out, "{:016x}", rand::random::<u64>());
    }
    out.truncate(bytes * 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_token_verifies_with_its_key_until_it_expires_and_with_no_other() {
        let key = SigningKey::generate().unwrap();
        let other = SigningKey::generate().unwrap();
        let token = key.sign(&json!({"sub": "x", "exp": 100})).unwrap();
        assert_eq!(key.verify(&token, 99).unwrap()["sub"], "x");
        assert!(key.verify(&token, 100).is_none());
        assert!(other.verify(&token, 99).is_none());
    }

    #[rstest]
    #[case("1s", Some(1))]
    #[case("15m", Some(900))]
    #[case("2w", Some(1_209_600))]
    #[case("soon", None)]
    #[case("h", None)]
    #[case("", None)]
    fn lifetimes_are_digits_and_a_unit(#[case] text: &str, #[case] seconds: Option<i64>) {
        assert_eq!(lifetime_seconds(text), seconds);
    }
}
