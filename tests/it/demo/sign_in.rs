//! Signing in through the pages, all the way to tokens.

use std::collections::BTreeMap;

use idconsole::demo::Running;
use serde_json::{Value, json};

use super::browser::{Browser, Place};
use super::demonstration;

const VERIFIER: &str = "verifier-of-this-test-0123456789-abcdefghijklmnop";
const CHALLENGE: &str = "EReDh_24WmdQUZ19mnoSK8g3lqBslyQ2NJFujOTuIH8";
const REDIRECT: &str = "http://127.0.0.1:9615/callback";

fn authorize_address(running: &Running) -> String {
    let facts = running.facts.as_ref().unwrap();
    let query: BTreeMap<&str, &str> = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", facts.client_id.as_str()),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile email offline_access"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{}oauth2/authorize?{query}", running.base_url)
}

async fn token(running: &Running, form: &[(&str, &str)]) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(format!("{}oauth2/token", running.base_url)).form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn redeem(running: &Running, code: &str) -> Value {
    let client = running.facts.as_ref().unwrap().client_id.clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("client_id", client.as_str()),
    ];
    let (status, body) = token(running, &form).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn me(running: &Running, token: &Value) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let bearer = token["access_token"].as_str().unwrap();
    http.get(format!("{}auth/me", running.base_url))
        .bearer_auth(bearer)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[test]
fn the_challenge_of_these_tests_belongs_to_their_verifier() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(VERIFIER);
    assert_eq!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash), CHALLENGE);
}

#[tokio::test]
async fn a_project_admin_signs_in_with_a_password_and_comes_back_with_code_and_state() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize_address(&running)).await;
    let page = browser.submit(&page, &[("email", &admin.email)]).await;
    let wrong = browser.submit(&page, &[("password", "not the password")]).await;
    assert!(wrong.html().contains("Email or password is invalid"), "{}", wrong.html());
    let away = browser.submit(&wrong, &[("password", &admin.password)]).await.away();
    assert_eq!(away["state"], "the state");
    let tokens = redeem(&running, &away["code"]).await;
    assert!(tokens["refresh_token"].is_string());
    let me = me(&running, &tokens).await;
    assert_eq!(me["membership"]["admin"], true);
    assert_eq!(me["project"]["name"], "Clinic Demo");
}

#[tokio::test]
async fn cancelling_sends_the_browser_back_with_access_denied() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize_address(&running)).await;
    let away = browser.submit(&page, &[("action", "deny")]).await.away();
    assert_eq!(away["error"], "access_denied");
    assert_eq!(away["state"], "the state");
}

#[tokio::test]
async fn a_partner_is_routed_to_the_identity_provider_and_comes_back_signed_in() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize_address(&running)).await;
    let provider = browser.submit(&page, &[("email", "wendy.wu@partner.example")]).await;
    assert!(provider.html().contains("Clinic group sign-in"), "{}", provider.html());
    assert_eq!(provider.field("email"), "wendy.wu@partner.example");
    let away = browser.submit(&provider, &[("password", idconsole::demo::idp::PASSWORD)]).await.away();
    assert_eq!(away["state"], "the state");
    let me = me(&running, &redeem(&running, &away["code"]).await).await;
    assert_eq!(me["user"]["email"], "wendy.wu@partner.example");
}

#[tokio::test]
async fn the_address_that_is_told_for_the_pages_opens() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    for address in [running.app_url.as_str(), running.app_url.trim_end_matches('/')] {
        let page = browser.open(address).await;
        assert!(page.html().contains("Start from the console"), "{}", page.html());
    }
}

/// The job of the whole project: her employer knows another address than the platform does.
#[tokio::test]
async fn jane_cannot_sign_in_until_her_address_is_repaired() {
    let running = demonstration(&[]);
    let rota = running.state.read().find_by("ClientApplication", "name", "Ward Rota").remove(0);
    let subject_token = running.provider.mint("okta|00uJANESMITH0000001", "openid email").unwrap();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("client_id", rota["id"].as_str().unwrap()),
        ("subject_token", subject_token.as_str()),
    ];
    let (status, refused) = token(&running, &form).await;
    assert_eq!((status, &refused["issue"][0]["details"]["text"]), (400, &json!("User not found")));
    {
        let mut store = running.state.write();
        let mut user = store.find_by("User", "email", "jsmith@clinic.example").remove(0);
        user["email"] = json!("jane.smith@clinic.example");
        store.system_update(user).unwrap();
    }
    let (status, tokens) = token(&running, &form).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(me(&running, &tokens).await["user"]["email"], "jane.smith@clinic.example");
}

/// The same at a routed domain, all the way through the pages: the laboratory's person moved to the partner.
#[tokio::test]
async fn who_moved_to_another_routed_domain_is_not_found_until_the_address_is_repaired() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    let at_provider = async || {
        let page = browser.open(&authorize_address(&running)).await;
        let provider = browser.submit(&page, &[("email", "paul.moreau@partner.example")]).await;
        browser.submit(&provider, &[("password", idconsole::demo::idp::PASSWORD)]).await
    };
    let Place::Page { status, html, .. } = at_provider().await else { panic!("signed in") };
    assert_eq!(status, 400);
    assert!(html.contains("User not found"), "{html}");
    {
        let mut store = running.state.write();
        let mut user = store.find_by("User", "email", "paul.moreau@lab.example").remove(0);
        user["email"] = json!("paul.moreau@partner.example");
        store.system_update(user).unwrap();
    }
    let away = at_provider().await.away();
    let me = me(&running, &redeem(&running, &away["code"]).await).await;
    assert_eq!(me["user"]["email"], "paul.moreau@partner.example");
}

#[tokio::test]
async fn a_member_with_a_factor_is_asked_for_its_code() {
    let running = demonstration(&[]);
    let carla = running.state.read().find_by("User", "email", "carla.diaz@post.example").remove(0);
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize_address(&running)).await;
    let page = browser.submit(&page, &[("email", "carla.diaz@post.example")]).await;
    let page = browser.submit(&page, &[("password", idconsole::demo::PASSWORD)]).await;
    assert!(page.html().contains("second factor"), "{}", page.html());
    let page = browser.submit(&page, &[("token", "000000x")]).await;
    assert!(page.html().contains("Invalid MFA token"), "{}", page.html());
    let secret = carla["mfaSecret"].as_str().unwrap();
    let code = idconsole::demo::totp::code(secret, running.state.clock.now_seconds()).unwrap();
    let away = browser.submit(&page, &[("token", &code)]).await.away();
    assert_eq!(away["state"], "the state");
}

#[tokio::test]
async fn a_member_who_must_have_a_factor_enrols_on_the_way_in() {
    let running = demonstration(&[]);
    let browser = Browser::new(&running.base_url);
    let page = browser.open(&authorize_address(&running)).await;
    let page = browser.submit(&page, &[("email", "theo.marsh@post.example")]).await;
    let page = browser.submit(&page, &[("password", idconsole::demo::PASSWORD)]).await;
    let secret = page.html().split("<code>").nth(1).unwrap().split("</code>").next().unwrap().to_owned();
    let code = idconsole::demo::totp::code(&secret, running.state.clock.now_seconds()).unwrap();
    let away = browser.submit(&page, &[("token", &code)]).await.away();
    assert!(away.contains_key("code"));
}

/// A user of two projects who signs in without naming one chooses between them.
#[tokio::test]
async fn a_user_of_several_projects_chooses_a_membership() {
    let running = demonstration(&[]);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = &running.base_url;
    {
        let mut store = running.state.write();
        let mut user = store.find_by("User", "email", "jsmith@clinic.example").remove(0);
        let admin = store.find_by("User", "email", "pat.admin@ops.clinic.example").remove(0);
        user["passwordHash"] = admin["passwordHash"].clone();
        store.system_update(user).unwrap();
    }
    let login: Value = http
        .post(format!("{base}auth/login"))
        .json(&json!({"email": "jsmith@clinic.example", "password": idconsole::demo::PASSWORD}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let memberships = login["memberships"].as_array().unwrap();
    assert_eq!(memberships.len(), 2);
    let chosen: Value = http
        .post(format!("{base}auth/profile"))
        .json(&json!({"login": login["login"], "profile": memberships[1]["id"]}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(chosen["code"].is_string());
}

#[tokio::test]
async fn a_staff_token_is_exchanged_by_external_id_whatever_the_address_is() {
    let running = demonstration(&[]);
    let facts = running.facts.as_ref().unwrap();
    let healthy = running
        .state
        .read()
        .find_by("ProjectMembership", "project", &format!("Project/{}", facts.project_id))
        .into_iter()
        .find(|m| {
            m["active"].is_null()
                && m["user"]["display"].as_str().is_some_and(|d| d.ends_with("@clinic.example"))
                && m["externalId"].as_str().is_some_and(|e| e.len() == 25)
                && m["userConfiguration"].is_null()
                && m["accessPolicy"]["display"].is_string()
        })
        .unwrap();
    let sub = healthy["externalId"].as_str().unwrap();
    running.provider.rename(sub, "somebody.else@clinic.example");
    let subject_token = running.provider.mint(sub, "openid email").unwrap();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("client_id", facts.portal_client_id.as_str()),
        ("subject_token", subject_token.as_str()),
    ];
    let (status, body) = token(&running, &form).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["profile"], healthy["profile"]);
    assert!(body["refresh_token"].is_string());
}
