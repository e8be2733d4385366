//! The device grant at the platform and at the identity provider (RFC 8628).

use idconsole::demo::Running;
use serde_json::Value;

use super::browser::Browser;
use super::demonstration;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn post(address: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(address).form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

async fn poll(token_endpoint: &str, client_id: &str, started: &Value) -> (u16, Value) {
    let code = started["device_code"].as_str().unwrap();
    post(token_endpoint, &[("grant_type", GRANT), ("device_code", code), ("client_id", client_id)]).await
}

fn complete(started: &Value) -> &str {
    started["verification_uri_complete"].as_str().unwrap()
}

async fn discover(running: &Running) -> Value {
    let address = format!("{}.well-known/openid-configuration", running.base_url);
    reqwest::get(address).await.unwrap().json().await.unwrap()
}

// D1–D5
#[tokio::test]
async fn a_device_is_signed_in_at_the_platform_when_the_person_agrees() {
    let running = demonstration(&[]);
    let facts = running.facts.clone().unwrap();
    let endpoint = discover(&running).await["device_authorization_endpoint"].as_str().unwrap().to_owned();
    let scope = "openid offline_access";
    let (status, started) = post(&endpoint, &[("client_id", &facts.client_id), ("scope", scope)]).await;
    assert_eq!(status, 200);
    let token_endpoint = format!("{}oauth2/token", running.base_url);
    let (status, waiting) = poll(&token_endpoint, &facts.client_id, &started).await;
    assert_eq!((status, &waiting["error"]), (400, &Value::from("authorization_pending")));

    let browser = Browser::new(&running.base_url);
    let page = browser.open(complete(&started)).await;
    assert_eq!(page.field("user_code"), started["user_code"].as_str().unwrap());
    let page = browser.submit(&page, &[]).await;
    let page = browser.submit(&page, &[("email", &facts.project_admin.email)]).await;
    let done = browser.submit(&page, &[("password", &facts.project_admin.password)]).await;
    assert!(done.html().contains("The device is signed in"), "{}", done.html());

    let (status, tokens) = poll(&token_endpoint, &facts.client_id, &started).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(tokens["refresh_token"].is_string());
    let (_, again) = poll(&token_endpoint, &facts.client_id, &started).await;
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refused_device_hears_access_denied_and_a_late_one_expired_token() {
    let running = demonstration(&[]);
    let facts = running.facts.clone().unwrap();
    let endpoint = format!("{}oauth2/device_authorization", running.base_url);
    let token_endpoint = format!("{}oauth2/token", running.base_url);
    let (_, refused) = post(&endpoint, &[("client_id", &facts.client_id)]).await;
    let browser = Browser::new(&running.base_url);
    let page = browser.open(complete(&refused)).await;
    browser.submit(&page, &[("action", "deny")]).await;
    assert_eq!(poll(&token_endpoint, &facts.client_id, &refused).await.1["error"], "access_denied");
    let (_, late) = post(&endpoint, &[("client_id", &facts.client_id)]).await;
    running.state.clock.advance(std::time::Duration::from_secs(601));
    assert_eq!(poll(&token_endpoint, &facts.client_id, &late).await.1["error"], "expired_token");
}

#[tokio::test]
async fn a_hurried_device_is_told_to_slow_down() {
    let running = demonstration(&["deviceInterval=5"]);
    let facts = running.facts.clone().unwrap();
    let (_, started) =
        post(&format!("{}oauth2/device_authorization", running.base_url), &[("client_id", &facts.client_id)])
            .await;
    let token_endpoint = format!("{}oauth2/token", running.base_url);
    assert_eq!(started["interval"], 5);
    poll(&token_endpoint, &facts.client_id, &started).await;
    assert_eq!(poll(&token_endpoint, &facts.client_id, &started).await.1["error"], "slow_down");
    running.state.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(poll(&token_endpoint, &facts.client_id, &started).await.1["error"], "authorization_pending");
}

#[tokio::test]
async fn the_platform_offers_no_device_grant_unless_it_is_switched_on() {
    let running = demonstration(&["deviceFlow=false"]);
    let document = discover(&running).await;
    assert!(document.get("device_authorization_endpoint").is_none());
    let (status, _) =
        post(&format!("{}oauth2/device_authorization", running.base_url), &[("client_id", "x")]).await;
    assert_eq!(status, 404);
    let (status, body) = post(&format!("{}oauth2/token", running.base_url), &[("grant_type", GRANT)]).await;
    assert_eq!((status, &body["error_description"]), (400, &Value::from("Unsupported grant_type")));
}

// X1: the device signs in at the employer's identity provider, and the platform takes its token in exchange.
#[tokio::test]
async fn a_device_signs_in_at_the_provider_and_the_token_is_exchanged() {
    let running = demonstration(&[]);
    let facts = running.facts.clone().unwrap();
    let issuer = running.provider.issuer().to_owned();
    let metadata: Value = reqwest::get(format!("{issuer}/.well-known/openid-configuration"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(metadata["issuer"], *issuer);
    let endpoint = metadata["device_authorization_endpoint"].as_str().unwrap();
    let client = idconsole::demo::idp::CONSOLE_CLIENT;
    let (_, started) = post(endpoint, &[("client_id", client), ("scope", "openid email")]).await;
    let browser = Browser::new(&running.base_url);
    let page = browser.open(complete(&started)).await;
    let mia = [("email", "mia.rossi@clinic.example"), ("password", idconsole::demo::idp::PASSWORD)];
    let done = browser.submit(&page, &mia).await;
    assert!(done.html().contains("The device is signed in"), "{}", done.html());
    let (status, tokens) = poll(metadata["token_endpoint"].as_str().unwrap(), client, &started).await;
    assert_eq!(status, 200, "{tokens}");
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("client_id", facts.portal_client_id.as_str()),
        ("subject_token", tokens["access_token"].as_str().unwrap()),
    ];
    let (status, body) = post(&format!("{}oauth2/token", running.base_url), &form).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["profile"]["display"], "Mia Rossi");
}
