//! The flow lab at real identity providers: each step as it happens, and what the doctor makes of the claims.

use rstest::rstest;
use serde_json::Value;

use super::program::{Program, super_admin};
use super::world::Made::{self, Authlib, OidcProvider};
use super::world::World;
use crate::cli::Ended;

/// Every step is done, the doctor agrees, and no token was printed.
fn worked(ended: &Ended, steps: usize) -> Value {
    assert_eq!(ended.code, 0, "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    let done = answer["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "done");
    assert_eq!((done.count(), &answer["ending"]), (steps, &"worked".into()), "{answer:#}");
    assert!(!ended.out.contains("eyJ") && !ended.err.contains("eyJ"), "a token is told");
    answer
}

fn step<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap()
}

// L3, J13: by paste, with nothing registered at the provider but the platform's own address.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_saved_route_is_tried_at_its_provider(#[case] made: Made) {
    let world = World::here();
    let (home, provider, browser) = (super_admin(&world), world.provider(made), world.browser());
    let domain = provider.email.split('@').nth(1).unwrap();
    let arguments = ["flow", "idp", "--domain", domain, "--issuer", &provider.issuer];
    let more = ["--no-browser", "--answers-stdin", "--format", "json"];
    let mut lab = Program::start(home.path(), &[&arguments[..], &more[..]].concat());
    let address = format!("http{}", lab.told("http").await);
    browser.goto(&address).await;
    provider.allow(&browser).await;
    // The platform refuses before it touches the code (platform-api §10.2 step 1).
    let page = browser.read("Invalid state").await;
    lab.answer(&page.url).await;
    let answer = worked(&lab.end().await, 8);
    let said = step(&answer, "judge")["said"].as_str().unwrap();
    assert!(said.contains(&format!("signs in as {}", provider.name)), "{said}");
}

// L1, L3, L4, L6
#[rstest]
#[case(OidcProvider, 0)]
#[case(Authlib, 1)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_seven_steps_are_seen_as_they_happen(#[case] made: Made, #[case] port: usize) {
    let world = World::here();
    let (home, provider, browser) = (super_admin(&world), world.provider(made), world.browser());
    let ports = world.registered().ports;
    // From the end, so that other tests, which begin at the front, do not wait for it.
    let redirect = format!("http://127.0.0.1:{}/callback", ports[ports.len() - 1 - port]);
    let client = world.text("/own_client");
    let arguments = ["flow", "three-legged", "--client-id", &client, "--redirect-uri", &redirect];
    let more = ["--email", &provider.email, "--no-browser", "--format", "json"];
    let mut lab = Program::start(home.path(), &[&arguments[..], &more[..]].concat());
    let address = format!("http{}", lab.told("http").await);
    browser.goto(&address).await;
    provider.allow(&browser).await;
    browser.read("idconsole has the answer").await;
    worked(&lab.end().await, 7);
}

// X1, D2
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn both_tokens_of_an_exchange_stand_side_by_side() {
    let world = World::here();
    let (home, provider, browser) = (super_admin(&world), world.provider(OidcProvider), world.browser());
    let arguments =
        ["flow", "exchange", "--client-id", &provider.exchange_client, "--issuer", &provider.issuer];
    let more = ["--idp-client-id", "idconsole", "--no-browser", "--format", "json"];
    let mut lab = Program::start(home.path(), &[&arguments[..], &more[..]].concat());
    let (address, code) = lab.code().await;
    provider.allow_device(&browser, &address, &code).await;
    let ended = lab.end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(answer["ending"], "worked", "{answer:#}");
    assert!(!answer["side_by_side"]["claims"].as_array().unwrap().is_empty());
}
