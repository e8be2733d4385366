//! Authorization code with PKCE, the answer on loopback, at both.

use idconsole::auth::http::Http;
use idconsole::auth::signature::{self, Checked};
use idconsole::auth::{AuthError, Flow, FlowEvent, Note, start};
use idconsole::config::Method;
use idconsole::ports::{Clock as _, SystemClock};
use idconsole::token::Token;
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::waiting::patient;
use super::world::Made::{self, Authlib, OidcProvider, Plain};
use super::world::World;
use crate::auth::support::{browser_client, end, opened, query, until, visit};

async fn ignored(flow: &mut Flow) {
    until(flow, |event| matches!(event, FlowEvent::Note(Note::Ignored(_))).then_some(())).await;
}

// L1, L3, L5, L6, L9: two of the three promise to name themselves and are held to it, the older one does not.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[case(Plain)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_person_signs_in_and_ends_on_a_page_that_repeats_nothing(#[case] made: Made) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    assert_eq!(query(&url, "code_challenge_method"), "S256");
    browser.goto(url.as_str()).await;
    provider.allow(&browser).await;
    let page = browser.read("idconsole has the answer").await;
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.issuer, provider.issuer);
    assert!(signed_in.tokens.id.is_some());

    let redirect = query(&url, "redirect_uri");
    assert!(page.url.starts_with(&redirect), "{}", page.url);
    for (header, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
        assert_eq!(page.headers[header], value);
    }
    let answer: url::Url = page.url.parse().unwrap();
    for name in ["code", "state"] {
        assert!(!page.html.contains(&query(&answer, name)), "{name} is on the page");
    }
    assert_eq!(page.complaints, Vec::<String>::new());
    assert!(visit(&redirect).await.is_err(), "the listener is still open");
}

// J1, J3, J5, J7: the ID token is signed by a key that its issuer publishes, and by none of the other's. Authlib names no
// `kid` in it.
#[rstest]
#[case(OidcProvider, Authlib)]
#[case(Authlib, OidcProvider)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_id_token_verifies_with_the_published_keys_of_its_issuer_alone(
    #[case] made: Made,
    #[case] other: Made,
) {
    let world = World::here();
    let (provider, other, browser) = (world.provider(made), world.provider(other), world.browser());
    let request = provider.sign_in(Method::Browser);
    let http = Http::for_connection(&request.connection).unwrap();
    let mut flow = start(request, patient());
    browser.goto(opened(&mut flow).await.as_str()).await;
    provider.allow(&browser).await;
    let token = Token::parse(end(&mut flow).await.unwrap().tokens.id.unwrap().expose_secret()).unwrap();
    let now = SystemClock.now();
    let own = signature::check(&http, &token, &provider.issuer, now).await;
    assert!(matches!(own, Checked::Verified { expired: false, .. }), "{own:?}");
    let foreign = signature::check(&http, &token, &other.issuer, now).await;
    assert!(matches!(foreign, Checked::Forged { .. }), "{foreign:?}");
}

// F1: neither gives a refresh token for being asked like this, and each says so by the scope it grants.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn less_than_was_asked_for_is_told(#[case] made: Made) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut request = provider.sign_in(Method::Browser);
    request.connection.scope = None;
    let mut flow = start(request, patient());
    let url = opened(&mut flow).await;
    assert_eq!(query(&url, "scope"), "openid offline_access");
    browser.goto(url.as_str()).await;
    provider.allow(&browser).await;
    let told = until(&mut flow, |event| match event {
        FlowEvent::Note(note @ Note::Narrowed { .. }) => Some(note.to_string()),
        _ => None,
    })
    .await;
    assert!(told.contains("granted “openid”"), "{told}");
    assert!(end(&mut flow).await.unwrap().tokens.refresh.is_none());
}

// L3, L12: the server holds the code to the proof; who steals one has nothing.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_stolen_code_is_worth_nothing_without_the_verifier(#[case] made: Made) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    let redirect = query(&url, "redirect_uri");
    browser.hold(&redirect).await;
    browser.goto(url.as_str()).await;
    provider.allow(&browser).await;
    let code = query(&browser.caught().await, "code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "idconsole"),
        ("redirect_uri", redirect.as_str()),
        ("code", code.as_str()),
        ("code_verifier", "a-guess-of-the-right-length-0123456789-abcdefg"),
    ];
    let address = provider.endpoint("token_endpoint").await;
    let answer = browser_client().post(address).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"], "invalid_grant");
}

// L4
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_answer_to_another_attempt_is_ignored_and_the_right_one_still_taken(#[case] made: Made) {
    let world = World::here();
    let (provider, browser, other) = (world.provider(made), world.browser(), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    let mut second = start(provider.sign_in(Method::Browser), patient());
    let to_second = opened(&mut second).await;
    other.hold(&query(&to_second, "redirect_uri")).await;
    other.goto(to_second.as_str()).await;
    provider.allow(&other).await;
    let mut strange: url::Url = query(&url, "redirect_uri").parse().unwrap();
    strange.set_query(other.caught().await.query());
    let page = browser.goto(strange.as_str()).await;
    assert!(page.text.contains("Nothing happened"), "{}", page.text);
    ignored(&mut flow).await;
    browser.goto(url.as_str()).await;
    provider.allow(&browser).await;
    browser.read("idconsole has the answer").await;
    end(&mut flow).await.unwrap();
}

// L10
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn no_at_the_consent_is_told_as_a_refusal(#[case] made: Made) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    browser.goto(opened(&mut flow).await.as_str()).await;
    provider.refuse(&browser).await;
    browser.read("Go back to the terminal").await;
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().code.raw(), "access_denied");
    assert!(error.to_string().contains("allow the access"), "{error}");
}

// L5: Authlib's user answers a request that fails before the consent, and that answer names nobody; a server that
// promises to is not believed then.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn an_error_that_does_not_name_its_promised_issuer_is_not_believed() {
    let world = World::here();
    let (provider, browser) = (world.provider(Authlib), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    let asked = opened(&mut flow).await.as_str().replace("response_type=code", "response_type=token");
    browser.goto(&asked).await;
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error, AuthError::NotOurs("it does not name its issuer as promised"));
}
