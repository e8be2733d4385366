//! Kind 4: a code on another device, at the platform and at the identity provider.

use idconsole::auth::FlowEvent;
use idconsole::config::Idp;
use idconsole::demo::idp::CONSOLE_CLIENT;
use idconsole::identity::flow_lab::{Status, StepId};
use idconsole::workflows::flow_lab::Want;

use super::support::Bench;

fn want(client: &str, idp: Option<Idp>) -> Want {
    Want::Device { client: client.to_owned(), idp, scope: None }
}

fn idp(bench: &Bench) -> Idp {
    Idp {
        issuer: bench.scene.running.provider.issuer().to_owned(),
        client_id: CONSOLE_CLIENT.to_owned(),
        scope: "openid profile email".to_owned(),
    }
}

// D1, D6
#[tokio::test(flavor = "multi_thread")]
async fn at_the_platform_where_it_offers_it() {
    let bench = Bench::new(&[]).await;
    let client = bench.client("idconsole");
    let admin = bench.scene.running.facts.clone().unwrap().project_admin;
    let tried = bench
        .try_out(&bench.scene.super_admin, want(&client, None), async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), .. } = event {
                let page = bench.browser.open(address.raw()).await;
                let page = bench.browser.submit(&page, &[]).await;
                let page = bench.browser.submit(&page, &[("email", &admin.email)]).await;
                bench.browser.submit(&page, &[("password", &admin.password)]).await;
            }
            None
        })
        .await;
    tried.works();
    assert!(tried.said(StepId::Who).contains("Pat Admin"), "{}", tried.words());
}

// D1
#[tokio::test(flavor = "multi_thread")]
async fn at_the_identity_provider_where_the_platform_offers_none() {
    let bench = Bench::new(&["deviceFlow=false"]).await;
    let client = bench.client("idconsole");
    let tried = bench.try_out(&bench.scene.super_admin, want(&client, None), async |_| None).await;
    tried.fails_at(StepId::Discovery, "offers no device sign-in");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(&client, Some(idp(&bench))), async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), .. } = event {
                bench.at_idp(address.raw(), "wendy.wu@partner.example").await;
            }
            None
        })
        .await;
    tried.works();
    assert_eq!(tried.report.run.status(StepId::Verify), Status::Done, "{}", tried.words());
    assert!(tried.said(StepId::Who).contains("wendy.wu@partner.example"), "{}", tried.words());
}

// D3
#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_refuses_ends_it() {
    let bench = Bench::new(&["deviceFlow=false"]).await;
    let client = bench.client("idconsole");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(&client, Some(idp(&bench))), async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), .. } = event {
                let page = bench.browser.open(address.raw()).await;
                bench.browser.submit(&page, &[("action", "deny")]).await;
            }
            None
        })
        .await;
    tried.fails_at(StepId::Poll, "The person refused");
}
