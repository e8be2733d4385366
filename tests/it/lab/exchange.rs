//! Kind 3: an identity provider's token for the platform's.

use idconsole::auth::FlowEvent;
use idconsole::auth::lab::swap::Subject;
use idconsole::demo::idp::CONSOLE_CLIENT;
use idconsole::identity::Secret;
use idconsole::identity::flow_lab::{Sort, Status, StepId};
use idconsole::workflows::flow_lab::{Want, report};
use rstest::rstest;

use super::support::{Bench, Tried};

fn want(client: &str, subject: Subject) -> Want {
    Want::Exchange { client: client.to_owned(), subject, membership: None, scope: None }
}

async fn swapped(bench: &Bench, client: &str, sub: &str) -> Tried {
    let token = bench.scene.running.provider.mint(sub, "openid profile email").unwrap();
    let want = want(&bench.client(client), Subject::Given(Secret::from(token.as_str())));
    bench.try_out(&bench.scene.super_admin, want, async |_| None).await
}

// X1
#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_token_becomes_the_platforms_and_both_are_shown() {
    let bench = Bench::new(&[]).await;
    let tried = swapped(&bench, "Ward Rota", "okta|00uOMARHADDAD000001").await;
    tried.works();
    assert_eq!(tried.ladder(), StepId::EXCHANGE.map(|step| (step, Status::Done)));
    assert!(tried.said(StepId::Subject).contains("opaque"), "{}", tried.words());
    assert!(tried.said(StepId::Who).contains("Omar Haddad"), "{}", tried.words());
    assert!(tried.said(StepId::Exchange).contains("does not say of which type"), "{}", tried.words());
    let run = &tried.report.run;
    assert!(run.notes.iter().any(|note| note.contains("stands for the person")), "{:?}", run.notes);
    // An opaque token has no claims, so userinfo stands beside the platform's.
    let (left, right) = report::pair(run).unwrap();
    assert_eq!((left.sort, right.sort), (Sort::IdpUserinfo, Sort::PlatformAccess));
    assert!(tried.held.idp.is_some() && tried.held.platform.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_sign_in_at_the_provider_brings_the_token() {
    let bench = Bench::new(&[]).await;
    let subject = Subject::Device {
        issuer: bench.scene.running.provider.issuer().to_owned(),
        client_id: CONSOLE_CLIENT.to_owned(),
        scope: "openid profile email".to_owned(),
    };
    let client = bench.client("Ward Rota");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(&client, subject), async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), .. } = event {
                bench.at_idp(address.raw(), "omar.haddad@clinic.example").await;
            }
            None
        })
        .await;
    tried.works();
    assert_eq!(tried.ladder(), StepId::EXCHANGE_DEVICE.map(|step| (step, Status::Done)));
    let (left, right) = report::pair(&tried.report.run).unwrap();
    assert_eq!((left.sort, right.sort), (Sort::IdpId, Sort::PlatformAccess));
}

// platform-api §10.3, §17
#[rstest]
#[case("Ward Rota", "okta|00uJANESMITH0000001", "User not found")]
#[case("Clinic Portal", "okta|00uHUGOBRANDT000001", "User not found")]
#[case("Old Portal", "okta|00uOMARHADDAD000001", "")]
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_expects_what_the_platform_does(
    #[case] client: &str,
    #[case] sub: &str,
    #[case] said: &str,
) {
    let bench = Bench::new(&[]).await;
    let tried = swapped(&bench, client, sub).await;
    if said.is_empty() {
        tried.works();
    } else {
        tried.fails_at(StepId::Exchange, said);
    }
    let notes = &tried.report.run.notes;
    assert!(notes.iter().any(|note| note.starts_with("As the doctor expected")), "{}", tried.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_provider_does_not_know_ends_at_userinfo() {
    let bench = Bench::new(&[]).await;
    let client = bench.client("Ward Rota");
    let tried = bench
        .try_out(
            &bench.scene.super_admin,
            want(&client, Subject::Given(Secret::from("made up"))),
            async |_| None,
        )
        .await;
    tried.fails_at(StepId::Userinfo, "invalid_token");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(&client, Subject::Given(Secret::from(" "))), async |_| None)
        .await;
    tried.fails_at(StepId::Subject, "There is no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_provider_is_refused_by_the_platform() {
    let bench = Bench::new(&[]).await;
    let tried = swapped(&bench, "idconsole", "okta|00uOMARHADDAD000001").await;
    tried.fails_at(StepId::Exchange, "Invalid client");
}
