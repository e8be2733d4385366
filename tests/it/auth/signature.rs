//! Signatures of an identity provider's tokens (OpenID Connect Core §3.1.3.7; standards J1–J4).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::auth::http::Http;
use idconsole::auth::signature::{Checked, check};
use idconsole::config::Method;
use idconsole::token::Token;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::{connection, noon};

pub struct Key {
    private: EncodingKey,
    pub public: Value,
}

pub fn key(kid: &str) -> Key {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    // Uncompressed point: 0x04, x, y (SEC 1 §2.3.3).
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..49]), URL_SAFE_NO_PAD.encode(&point[49..]));
    let public =
        json!({"kid": kid, "alg": "ES384", "kty": "EC", "use": "sig", "crv": "P-384", "x": x, "y": y});
    Key { private: EncodingKey::from_ec_der(pkcs8.as_ref()), public }
}

pub fn signed(key: &Key, kid: &str, claims: &impl serde::Serialize) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES384) };
    encode(&header, claims, &key.private).unwrap()
}

/// An issuer that publishes this key, beside one of a kind that nobody knows.
async fn issuer(public: Value) -> Server {
    Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["jwks_uri"] = json!(format!("{base}keys"));
            Reply::json(200, &document)
        }
        "/keys" => Reply::json(200, &json!({"keys": [{"kty": "odd", "kid": "k0"}, public.clone()]})),
        _ => Reply::not_found(),
    })
    .await
}

async fn checked(server: &Server, token: &str) -> Checked {
    let http = Http::for_connection(&connection(&server.base, Method::Direct)).unwrap();
    check(&http, &Token::parse(token).unwrap(), &server.base, noon()).await
}

#[tokio::test]
async fn a_token_of_the_issuer_is_verified_and_one_of_somebody_else_is_not() {
    let (own, other) = (key("k1"), key("k1"));
    let server = issuer(own.public.clone()).await;
    let now = noon().as_second();
    let claims = json!({"iss": server.base, "sub": "s", "exp": now + 600});
    assert!(matches!(
        checked(&server, &signed(&own, "k1", &claims)).await,
        Checked::Verified { expired: false, .. }
    ));
    let old = json!({"iss": server.base, "sub": "s", "exp": now - 600});
    assert!(matches!(
        checked(&server, &signed(&own, "k1", &old)).await,
        Checked::Verified { expired: true, .. }
    ));
    let forged = checked(&server, &signed(&other, "k1", &claims)).await;
    assert!(matches!(&forged, Checked::Forged { why } if why.contains("does not fit")), "{forged:?}");
    let strange = checked(&server, &signed(&own, "k2", &claims)).await;
    assert!(matches!(&strange, Checked::Forged { why } if why.contains("names the key `k2`")), "{strange:?}");
    let elsewhere = json!({"iss": "https://idp.example", "exp": now + 600});
    let elsewhere = checked(&server, &signed(&own, "k1", &elsewhere)).await;
    assert!(matches!(&elsewhere, Checked::Forged { why } if why.contains("another issuer")), "{elsewhere:?}");
}

// J3: what two share, a third cannot check; no signature is no signature
#[tokio::test]
async fn without_a_public_key_nothing_is_said_about_the_signature() {
    let server = issuer(key("k1").public).await;
    let shared =
        encode(&Header::new(Algorithm::HS256), &json!({"iss": server.base}), &EncodingKey::from_secret(b"x"));
    let said = checked(&server, &shared.unwrap()).await;
    assert!(matches!(&said, Checked::Unverified { why } if why.contains("shared secret")), "{said:?}");
    let none = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    let said = checked(&server, &none).await;
    assert!(matches!(&said, Checked::Forged { why } if why.contains("not signed")), "{said:?}");
    assert!(server.asked("/keys").is_empty(), "nobody is asked about what cannot be checked");
}

#[tokio::test]
async fn keys_out_of_reach_leave_the_token_unverified() {
    let server = Server::start(|_, _| Reply::not_found()).await;
    let said = checked(&server, &signed(&key("k1"), "k1", &json!({"iss": server.base}))).await;
    assert!(matches!(&said, Checked::Unverified { why } if why.contains("cannot be reached")), "{said:?}");
}
