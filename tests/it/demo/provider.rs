//! The identity provider beside the platform.

use idconsole::demo::Running;
use idconsole::demo::idp::{CONSOLE_CLIENT, PASSWORD};
use serde_json::Value;

use super::browser::Browser;
use super::demonstration;

const VERIFIER: &str = "verifier-of-this-test-0123456789-abcdefghijklmnop";
const CHALLENGE: &str = "EReDh_24WmdQUZ19mnoSK8g3lqBslyQ2NJFujOTuIH8";

fn authorize(issuer: &str, changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", CONSOLE_CLIENT),
        ("redirect_uri", "http://127.0.0.1:5555/callback"),
        ("scope", "openid profile email"),
        ("state", "st"),
        ("nonce", "no"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        pairs.push((name, value));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{issuer}/authorize?{query}")
}

/// An ID token that the provider gives to the console's own client for this person.
pub async fn id_token_of(running: &Running, email: &str) -> String {
    let issuer = running.provider.issuer().to_owned();
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize(&issuer, &[])).await;
    let away = browser.submit(&page, &[("email", email), ("password", PASSWORD)]).await.away();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", away["code"].as_str()),
        ("redirect_uri", "http://127.0.0.1:5555/callback"),
        ("client_id", CONSOLE_CLIENT),
        ("code_verifier", VERIFIER),
    ];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(format!("{issuer}/token")).form(&form).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["id_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_with_its_verifier_becomes_an_id_token_that_the_published_key_verifies() {
    let running = demonstration(&[]);
    let issuer = running.provider.issuer().to_owned();
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize(&issuer, &[])).await;
    let jane = [("email", "jane.smith@clinic.example"), ("password", PASSWORD)];
    let away = browser.submit(&page, &jane).await.away();
    assert_eq!((away["state"].as_str(), away["iss"].as_str()), ("st", issuer.as_str()));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let redeem = async |verifier: &str| -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", away["code"].as_str()),
            ("redirect_uri", "http://127.0.0.1:5555/callback"),
            ("client_id", CONSOLE_CLIENT),
            ("code_verifier", verifier),
        ];
        http.post(format!("{issuer}/token")).form(&form).send().await.unwrap().json().await.unwrap()
    };
    let tokens = redeem(VERIFIER).await;
    let keys: jsonwebtoken::jwk::JwkSet =
        http.get(format!("{issuer}/jwks.json")).send().await.unwrap().json().await.unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES384);
    rules.set_audience(&[CONSOLE_CLIENT]);
    rules.set_issuer(&[&issuer]);
    let key = jsonwebtoken::DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let claims =
        jsonwebtoken::decode::<Value>(tokens["id_token"].as_str().unwrap(), &key, &rules).unwrap().claims;
    assert_eq!(claims["email"], "jane.smith@clinic.example");
    assert_eq!(claims["nonce"], "no");
    assert_eq!(redeem(VERIFIER).await["error"], "invalid_grant");
}

#[tokio::test]
async fn an_unknown_client_or_address_gets_a_page_and_no_redirect() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    for change in [("client_id", "stranger"), ("redirect_uri", "https://evil.example/callback")] {
        let page = browser.open(&authorize(running.provider.issuer(), &[change])).await;
        assert!(page.html().contains("not registered"), "{}", page.html());
    }
}

#[tokio::test]
async fn mistakes_after_a_trusted_address_are_sent_back_to_it() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("prompt", "none"), "login_required"),
        (("code_challenge", ""), "invalid_request"),
    ] {
        let away = browser.open(&authorize(running.provider.issuer(), &[change])).await.away();
        assert_eq!(away["error"], error);
    }
}
