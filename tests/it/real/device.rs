//! The device flow (RFC 8628) at both.

use idconsole::auth::PollReason::{self, Pending, SlowedDown};
use idconsole::auth::{AuthError, Flow, FlowEvent, SignIn, start};
use idconsole::config::Method;
use rstest::rstest;
use serde_json::Value;

use super::waiting::{Gate, at, hasty, shown};
use super::world::Made::{self, Authlib, OidcProvider};
use super::world::World;
use crate::auth::support::{all, browser_client, end, until};

async fn next_poll(flow: &mut Flow) -> PollReason {
    until(flow, |event| match event {
        FlowEvent::NextPoll { why, .. } => Some(*why),
        _ => None,
    })
    .await
}

// D1, D6: the person compares the code on the page that the address with the code in it leads to.
#[rstest]
#[case(OidcProvider, &[5, 5])]
#[case(Authlib, &[7, 7])]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_person_signs_the_device_in_and_it_is_asked_at_the_servers_pace(
    #[case] made: Made,
    #[case] pace: &[u64],
) {
    let (world, gate) = (World::here(), Gate::new());
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Device), at(&gate));
    let (code, _, complete) = shown(&mut flow).await;
    gate.open();
    assert_eq!(next_poll(&mut flow).await, Pending);
    provider.allow_device(&browser, &complete, &code).await;
    gate.open();
    let signed_in = end(&mut flow).await.unwrap();
    // D2: 5 s where the server names no interval, else what it names; not even the first look comes early.
    assert_eq!(gate.waited(), pace);
    assert_eq!(signed_in.issuer, provider.issuer);
    let claims = provider.claims(&signed_in.tokens).await;
    assert_eq!(claims["email"], provider.email.as_str());
}

// D1: the platform is served as the real one is, which has no device sign-in (platform-api §2); hence the exchange.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn at_the_platform_itself_there_is_none() {
    let world = World::here();
    let request = SignIn::new(world.platform(Method::Device, &world.text("/own_client")));
    let error = end(&mut start(request, hasty())).await.unwrap_err();
    assert!(matches!(error, AuthError::NotOffered { what: "device sign-in", .. }), "{error}");
}

// D2: the premise of the five seconds.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn oidc_provider_names_no_interval() {
    let provider = World::here().provider(OidcProvider);
    let form = [("client_id", "idconsole"), ("scope", "openid")];
    let address = provider.endpoint("device_authorization_endpoint").await;
    let answer = browser_client().post(address).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert!(answer["device_code"].is_string() && answer.get("interval").is_none(), "{answer}");
}

// D9
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_code_can_be_typed_as_it_is_shown(#[case] made: Made) {
    let (world, gate) = (World::here(), Gate::new());
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Device), at(&gate));
    let (code, address, _) = shown(&mut flow).await;
    provider.allow_device(&browser, &address, &code).await;
    gate.open();
    end(&mut flow).await.unwrap();
}

// D3: `slow_down` is the server's own judgement here: the gate lets the looks come too early.
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn slow_down_is_heeded_for_this_and_all_later_looks() {
    let (world, gate) = (World::here(), Gate::new());
    let (provider, browser) = (world.provider(Authlib), world.browser());
    let mut flow = start(provider.sign_in(Method::Device), at(&gate));
    let (code, _, complete) = shown(&mut flow).await;
    for why in [Pending, SlowedDown, SlowedDown] {
        gate.open();
        assert_eq!(next_poll(&mut flow).await, why);
    }
    provider.allow_device(&browser, &complete, &code).await;
    gate.open();
    end(&mut flow).await.unwrap();
    assert_eq!(gate.waited(), [7, 7, 12, 17]);
}

// D3
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_refusal_ends_it(#[case] made: Made) {
    let (world, gate) = (World::here(), Gate::new());
    let (provider, browser) = (world.provider(made), world.browser());
    let mut flow = start(provider.sign_in(Method::Device), at(&gate));
    let (code, _, complete) = shown(&mut flow).await;
    provider.refuse_device(&browser, &complete, &code).await;
    gate.open();
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().code.raw(), "access_denied");
    assert!(error.to_string().contains("Sign in again and allow the access."), "{error}");
}

// D3: `expired_token`. By the clock of this side the code is still good, so that only the server can have ended it.
#[rstest]
#[case(OidcProvider)]
#[case(Authlib)]
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_code_that_the_server_calls_too_old_ends_it(#[case] made: Made) {
    let mut request: SignIn = World::here().provider(made).sign_in(Method::Device);
    request.connection.client_id = Some("idconsole-brief".to_owned());
    let events = all(&mut start(request, hasty())).await;
    assert!(matches!(events.last(), Some(FlowEvent::Failed(AuthError::Expired))), "{:?}", events.last());
    assert!(events.iter().any(|event| matches!(event, FlowEvent::ShowCode { .. })));
}
