//! Device sign-in at a real identity provider, then token exchange (RFC 8693) at the platform.

use idconsole::auth::{SignIn, start};
use idconsole::config::{Connection, Method};
use rstest::rstest;
use secrecy::ExposeSecret as _;

use super::waiting::{Gate, at, shown};
use super::world::Made::{self, Authlib, OidcProvider};
use super::world::{Provider, World};
use crate::auth::support::end;

fn connection(world: &World, provider: &Provider) -> Connection {
    let mut connection = world.platform(Method::DeviceExchange, &provider.exchange_client);
    connection.idp = Some(provider.idp());
    connection
}

// X1: one partner is recognised by the subject, the other by the address.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_real_token_becomes_the_platforms_and_both_are_of_the_same_person(#[case] made: Made) {
    let (world, gate) = (World::here(), Gate::new());
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(SignIn::new(connection(&world, &provider)), at(&gate));
    let (code, _, complete) = shown(&mut flow).await;
    provider.allow_device(&browser, &complete, &code).await;
    gate.open();
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.issuer, world.text("/platform/base_url"));
    let me = world.me(signed_in.tokens.access.expose_secret()).await;
    assert_eq!(me["user"]["email"], provider.email.as_str());
    let claims = provider.claims(&signed_in.idp_tokens.unwrap()).await;
    assert_eq!(claims["sub"], provider.login.as_str());
    assert_eq!(claims["email"], provider.email.as_str());
}

// X1
#[rstest]
#[case(OidcProvider, "ben")]
#[case(Authlib, "dan")]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn whom_only_the_provider_knows_is_refused_by_the_platform(#[case] made: Made, #[case] login: &str) {
    let (world, gate) = (World::here(), Gate::new());
    let (mut provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(SignIn::new(connection(&world, &provider)), at(&gate));
    let (code, _, complete) = shown(&mut flow).await;
    provider.login = login.to_owned();
    provider.allow_device(&browser, &complete, &code).await;
    gate.open();
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().text.raw(), "User not found");
}
