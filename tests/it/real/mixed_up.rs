//! Answers of one server at the attempt to sign in at another (RFC 9207; L5).

use idconsole::auth::{AuthError, Flow, start};
use idconsole::config::Method;
use rstest::rstest;

use super::waiting::patient;
use super::world::Made::{self, Authlib, OidcProvider, Plain};
use super::world::World;
use crate::auth::support::{end, opened, query, visit};

const ANOTHER: &str = "it comes from another issuer";
const NAMELESS: &str = "it does not name its issuer as promised";

/// The attack of RFC 9207 §1: the browser is led from the server that was meant to an honest one, with everything else
/// unchanged; so the state is right, and the code must not be sent where it was meant to go.
#[rstest]
#[case(OidcProvider, Authlib, ANOTHER)]
#[case(Authlib, OidcProvider, ANOTHER)]
#[case(Plain, OidcProvider, ANOTHER)]
#[case(OidcProvider, Plain, NAMELESS)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_code_of_another_server_is_not_redeemed(
    #[case] meant: Made,
    #[case] led_to: Made,
    #[case] why: &'static str,
) {
    let world = World::here();
    let (led_to, browser) = (world.provider(led_to), world.browser());
    let mut flow = start(world.provider(meant).sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    let mut there: url::Url = led_to.endpoint("authorization_endpoint").await.parse().unwrap();
    there.set_query(url.query());
    browser.goto(there.as_str()).await;
    led_to.allow(&browser).await;
    browser.read("Go back to the terminal").await;
    refused(&mut flow, why).await;
}

/// A good answer whose `iss` was changed or taken out on the way.
#[rstest]
#[case(OidcProvider, Some("http://localhost:1/"), ANOTHER)]
#[case(Authlib, Some("http://localhost:1/"), ANOTHER)]
#[case(OidcProvider, None, NAMELESS)]
#[case(Authlib, None, NAMELESS)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn an_answer_with_another_issuer_or_none_is_refused(
    #[case] made: Made,
    #[case] iss: Option<&str>,
    #[case] why: &'static str,
) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    browser.hold(&query(&url, "redirect_uri")).await;
    browser.goto(url.as_str()).await;
    provider.allow(&browser).await;
    let answer = browser.caught().await;
    assert_eq!(query(&answer, "iss"), provider.issuer);
    let mut changed = answer.clone();
    let others = answer.query_pairs().filter(|(name, _)| name != "iss");
    changed.query_pairs_mut().clear().extend_pairs(others).extend_pairs(iss.map(|iss| ("iss", iss)));
    visit(changed.as_str()).await.unwrap();
    refused(&mut flow, why).await;
}

async fn refused(flow: &mut Flow, why: &'static str) {
    assert_eq!(end(flow).await.unwrap_err(), AuthError::NotOurs(why));
}
