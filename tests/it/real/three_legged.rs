//! The whole of it: from the console through the platform's pages to the partner's own identity provider and back, by the
//! domain of the address.

use idconsole::auth::{Flow, SignIn, start};
use idconsole::config::Method;
use rstest::rstest;
use secrecy::ExposeSecret as _;

use super::waiting::patient;
use super::world::Made::{self, Authlib, OidcProvider};
use super::world::World;
use crate::auth::support::{end, opened};

pub(super) async fn to_the_provider(world: &World, browser: &super::chromium::Chromium, email: &str) -> Flow {
    let client = world.text("/own_client");
    let mut request = SignIn::new(world.platform(Method::Browser, &client));
    request.redirects = world.registered();
    let mut flow = start(request, patient());
    browser.goto(opened(&mut flow).await.as_str()).await;
    browser.fill("input[name=email]", email).await;
    browser.click("text=Next").await;
    flow
}

// L1, L3, L4, L6
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_partner_is_routed_by_the_domain_and_comes_back_signed_in(#[case] made: Made) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = to_the_provider(&world, &browser, &provider.email).await;
    if made == OidcProvider {
        assert_eq!(browser.value("input[name=login]").await, provider.email);
    }
    provider.allow(&browser).await;
    let page = browser.read("idconsole has the answer").await;
    assert_eq!(page.complaints, Vec::<String>::new());
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.issuer, world.text("/platform/base_url"));
    let me = world.me(signed_in.tokens.access.expose_secret()).await;
    assert_eq!(me["user"]["email"], provider.email.as_str());
    let name = &me["profile"]["name"][0];
    assert_eq!(
        format!("{} {}", name["given"][0].as_str().unwrap(), name["family"].as_str().unwrap()),
        provider.name
    );
}

// platform-api §10.2: the platform answers here, and the person sees its words; the console still waits.
#[rstest]
#[case(OidcProvider, "ben", "ben.ode@northlake.example")]
#[case(Authlib, "dan", "dan.iyer@southbay.example")]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn whom_only_the_provider_knows_is_told_so_by_the_platform(
    #[case] made: Made,
    #[case] login: &str,
    #[case] email: &str,
) {
    let world = World::here();
    let (provider, browser) = (world.provider(made), world.browser());
    let _waiting = to_the_provider(&world, &browser, email).await;
    provider.allow_as(&browser, login).await;
    let page = browser.read("User not found").await;
    assert!(page.url.contains("/auth/external?"), "{}", page.url);
}
