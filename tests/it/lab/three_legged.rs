//! Kind 2: through the platform, its seven steps.

use idconsole::auth::{Answer, FlowEvent};
use idconsole::identity::flow_lab::{Ending, Sort, Status, StepId};
use idconsole::identity::sign_in::doctor::Verdict;
use idconsole::workflows::flow_lab::Want;
use rstest::rstest;
use serde_json::json;

use super::support::{Bench, Tried, pasted, returns, three_legged};
use crate::demo::browser::Place;

/// The browser goes where it is sent; an error page is pasted, first by its address, then by its words.
async fn goes(bench: &Bench, event: &FlowEvent, email: &str) -> Option<Answer> {
    let FlowEvent::OpenBrowser { url, .. } = event else { return None };
    match bench.at_idp(url, email).await {
        Place::Page { html, .. } => Some(Answer::Pasted(html.into())),
        away @ Place::Away(_) => {
            returns(away).await;
            None
        }
    }
}

async fn by_client(bench: &Bench, name: &str, email: &str) -> Tried {
    let (client, _) = bench.client_here(name);
    let want = three_legged(&client, Some(email));
    bench.try_out(&bench.scene.super_admin, want, async |event| goes(bench, event, email).await).await
}

// L3, L4, L6, platform-api §10.2 step 11: the platform returns no state of ours
#[tokio::test(flavor = "multi_thread")]
async fn seven_steps_through_a_clients_own_identity_provider() {
    let bench = Bench::new(&[]).await;
    let tried = by_client(&bench, "Ward Rota", "ada.novak@clinic.example").await;
    // Ada has a ghost in the project: the platform finds that one.
    tried.fails_at(StepId::Swap, "User not found");
    let tried = by_client(&bench, "Ward Rota", "omar.haddad@clinic.example").await;
    tried.works();
    assert_eq!(tried.ladder(), StepId::THREE_LEGGED.map(|step| (step, Status::Done)));
    assert!(tried.said(StepId::Tokens).contains("Omar Haddad"), "{}", tried.words());
    assert!(tried.said(StepId::Route).contains("own identity provider"), "{}", tried.words());
    let sorts: Vec<Sort> = tried.report.run.tokens.iter().map(|claims| claims.sort).collect();
    assert_eq!(sorts, [Sort::PlatformAccess, Sort::PlatformId]);
    // Every step over the wire has its exchange.
    for id in [StepId::Authorize, StepId::Person, StepId::PlatformReturns, StepId::Tokens] {
        assert!(!tried.report.run.step(id).unwrap().exchanges.is_empty(), "{id:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_routed_by_its_domain_where_the_client_has_no_provider_of_its_own() {
    let bench = Bench::new(&[]).await;
    let tried = by_client(&bench, "idconsole", "wendy.wu@partner.example").await;
    tried.works();
    assert!(tried.said(StepId::Route).contains("partner.example goes to"), "{}", tried.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_session_is_ended_and_the_admins_is_not_touched() {
    let bench = Bench::new(&[]).await;
    let tried = by_client(&bench, "idconsole", "wendy.wu@partner.example").await;
    let token = tried.held.platform.as_ref().unwrap().tokens.access.clone();
    assert!(bench.lives(&token).await);
    tried.held.clone().sign_out(&bench.connection()).await.unwrap();
    assert!(!bench.lives(&token).await);
    // R1, R2: the lab's own person is still signed in.
    bench.scene.super_admin.remote.domain_routes().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_page_has_no_provider_and_says_so() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("idconsole");
    let admin = bench.scene.running.facts.clone().unwrap().project_admin;
    let want = three_legged(&client, Some(&admin.email));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            if let FlowEvent::OpenBrowser { url, .. } = event {
                let page = bench.browser.open(url).await;
                let page = bench.browser.submit(&page, &[("email", &admin.email)]).await;
                returns(bench.browser.submit(&page, &[("password", &admin.password)]).await).await;
            }
            None
        })
        .await;
    tried.works();
    assert_eq!(tried.report.run.status(StepId::IdpReturns), Status::Skipped);
    assert!(tried.said(StepId::Route).contains("password"), "{}", tried.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_page_may_lead() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("idconsole");
    let Want::ThreeLegged { redirect, scope, project, paste, .. } = three_legged(&client, None) else {
        unreachable!()
    };
    let want = Want::ThreeLegged { client, redirect, scope, email: None, project, by_page: true, paste };
    let email = "rui.lopes@lab.example";
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            if let FlowEvent::OpenBrowser { url, .. } = event {
                let page = bench.browser.open(url).await;
                let page = bench.browser.submit(&page, &[("email", email)]).await;
                let Place::Page { url, .. } = &page else { panic!("{page:?}") };
                returns(bench.at_idp(url.as_str(), email).await).await;
            }
            None
        })
        .await;
    tried.works();
}

// platform-api §3.2: exact redirects, no loopback exception
#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_refuses_at_once_fails_the_first_step() {
    let bench = Bench::new(&[]).await;
    let client = bench.client("Ward Rota");
    let mut want = three_legged(&client, Some("omar.haddad@clinic.example"));
    if let Want::ThreeLegged { redirect, .. } = &mut want {
        *redirect = Some("http://127.0.0.1:9615/callback/".into());
    }
    let tried = bench.try_out(&bench.scene.super_admin, want, async |_| None).await;
    tried.fails_at(StepId::Authorize, "Invalid redirect URI");
    let nobody = "00000000-0000-4000-8000-000000000000";
    let tried = bench.try_out(&bench.scene.super_admin, three_legged(nobody, None), async |_| None).await;
    tried.fails_at(StepId::Authorize, "Client not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_to_return_to_elsewhere_is_pasted() {
    let bench = Bench::new(&[]).await;
    let client = bench.client("Ward Rota");
    let want = three_legged(&client, Some("omar.haddad@clinic.example"));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            let FlowEvent::NeedPaste { url } = event else { return None };
            Some(pasted(&bench.at_idp(url, "omar.haddad@clinic.example").await))
        })
        .await;
    tried.works();
    assert!(tried.said(StepId::PlatformReturns).contains("https://rota.clinic.example/callback"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_memberships_one_is_chosen() {
    let bench = Bench::new(&[]).await;
    // Without a project Tomás has two memberships; the built-in client names none.
    bench.scene.running.provider.rename("okta|00uTOMASRIVERA00001", "tomas.rivera@partner.example");
    let user = bench.scene.stored("tomas.rivera@clinic.example").remove(0);
    bench.change("User", user["id"].as_str().unwrap(), |user| {
        user["email"] = json!("tomas.rivera@partner.example");
    });
    let mut want = three_legged("medplum-cli", Some("tomas.rivera@partner.example"));
    if let Want::ThreeLegged { paste, .. } = &mut want {
        *paste = true;
    }
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| match event {
            FlowEvent::NeedPaste { url } => {
                Some(pasted(&bench.at_idp(url, "tomas.rivera@partner.example").await))
            }
            FlowEvent::ChooseMembership(choices) => Some(Answer::Membership(choices[0].id.clone())),
            _ => None,
        })
        .await;
    tried.works();
    assert!(tried.said(StepId::PlatformReturns).contains("more than one membership"), "{}", tried.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_refuses_ends_on_the_platforms_address_which_names_it() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("Ward Rota");
    let want = three_legged(&client, Some("omar.haddad@clinic.example"));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            let FlowEvent::OpenBrowser { url, .. } = event else { return None };
            let page = bench.browser.open(url).await;
            Some(pasted(&bench.browser.submit(&page, &[("action", "deny")]).await))
        })
        .await;
    tried.fails_at(StepId::IdpReturns, "access_denied");
}

// platform-api §10.2 step 6
#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_another_domain_is_refused_and_the_page_names_it() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("idconsole");
    let want = three_legged(&client, Some("paul.moreau@lab.example"));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            // At the identity provider he has moved to the partner.
            goes(&bench, event, "paul.moreau@partner.example").await
        })
        .await;
    tried.fails_at(StepId::Swap, "Email address does not match domain");
    // The doctor took him to be sent with the typed address, and says that it was something else.
    let notes = &tried.report.run.notes;
    assert!(notes.iter().any(|note| note.starts_with("The doctor expected")), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_refusal_alone_names_the_step_and_the_doctor_the_cause() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("Ward Rota");
    let want = three_legged(&client, Some("jane.smith@clinic.example"));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            let FlowEvent::OpenBrowser { url, .. } = event else { return None };
            Some(pasted(&bench.at_idp(url, "jane.smith@clinic.example").await))
        })
        .await;
    tried.fails_at(StepId::Swap, "does not say why");
    let examined = tried.report.examined.as_ref().unwrap();
    assert_eq!(examined.diagnosis.outcome.message, Some("User not found"));
}

// The doctor's prediction and what really happens, person by person.
#[rstest]
#[case("Ward Rota", "omar.haddad@clinic.example")]
#[case("Ward Rota", "jane.smith@clinic.example")]
#[case("Ward Rota", "ada.novak@clinic.example")]
#[case("Ward Rota", "kim.park@clinic.example")]
#[case("Ward Rota", "boris.weber@clinic.example")]
#[case("Ward Rota", "noor.aziz@clinic.example")]
#[case("Ward Rota", "ruth.osei@clinic.example")]
#[case("Clinic Portal", "omar.haddad@clinic.example")]
#[case("Clinic Portal", "noor.aziz@clinic.example")]
#[case("Clinic Portal", "hugo.brandt@clinic.example")]
#[case("Clinic Portal", "li.wei@clinic.example")]
#[case("idconsole", "wendy.wu@partner.example")]
#[case("idconsole", "vera.lindt@partner.example")]
#[case("idconsole", "rui.lopes@lab.example")]
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_expects_what_happens(#[case] client: &str, #[case] email: &str) {
    let bench = Bench::new(&[]).await;
    let tried = by_client(&bench, client, email).await;
    let run = &tried.report.run;
    let expected = tried.report.examined.as_ref().unwrap().diagnosis.outcome.verdict;
    let happened = match run.status(StepId::Swap) {
        Status::Done => Verdict::Success,
        Status::Failed => Verdict::Failure,
        other => panic!("{other:?}: {}", tried.words()),
    };
    assert_eq!(expected, happened, "{}", tried.words());
    assert!(run.notes.iter().any(|note| note.starts_with("As the doctor expected")), "{}", tried.words());
    if happened == Verdict::Failure {
        let message = tried.report.examined.as_ref().unwrap().diagnosis.outcome.message.unwrap();
        assert!(
            message.starts_with(&run.cause.as_ref().unwrap().message) || message.contains("policy"),
            "{}",
            tried.words()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_never_comes_back_is_not_waited_for_for_ever() {
    use std::sync::Arc;

    use idconsole::auth::Deps;
    use idconsole::ports::Browser;
    use idconsole::workflows::flow_lab::{Event, start};

    use crate::auth::support::World;

    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("Ward Rota");
    let world = World::new();
    let deps = Deps { browser: Arc::clone(&world.browser) as Arc<dyn Browser>, ..world.skipping() };
    let want = three_legged(&client, Some("omar.haddad@clinic.example"));
    let mut lab = start(bench.scene.super_admin.clone(), bench.connection(), want, deps);
    let mut ended = None;
    while let Some(event) = lab.next().await {
        if let Event::Done(report, _) = event {
            ended = Some(report.run);
        }
    }
    let run = ended.unwrap();
    assert_eq!(run.ending, Some(Ending::Failed));
    assert_eq!(run.failed().unwrap().id, StepId::Person);
}
