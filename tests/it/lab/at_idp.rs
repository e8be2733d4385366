//! Kind 1: at the identity provider, with configurations that are saved and not.

use idconsole::auth::lab::at_idp::Way;
use idconsole::auth::{Answer, FlowEvent, Redirects};
use idconsole::demo::idp::{CLIENT_SECRET, CONSOLE_CLIENT, PARTNER_CLIENT, STAFF_CLIENT};
use idconsole::identity::flow_lab::{Sort, Status, StepId};
use idconsole::identity::sign_in::doctor::Verdict;
use idconsole::identity::{ClientId, Text};
use idconsole::workflows::flow_lab::{Config, Want, report};
use rstest::rstest;

use super::support::{Bench, pasted, returns, unsaved};
use crate::auth::support::free_ports;
use crate::demo::browser::Place;

const WENDY: &str = "wendy.wu@partner.example";

fn want(config: Config, way: Way) -> Want {
    Want::Idp { config, issuer: None, way, email: None }
}

// platform-api §10.2 steps 1 and 4: the platform refuses before it touches the code; L6, J13
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_route_is_tried_with_nothing_registered_but_the_platforms_own_address() {
    let bench = Bench::new(&[]).await;
    let want = want(Config::Route("partner.example".into()), Way::Paste);
    let tried =
        bench.try_out(&bench.scene.super_admin, want, async |event| bench.pastes(event, WENDY).await).await;
    tried.works();
    assert_eq!(tried.ladder(), StepId::IDP.map(|step| (step, Status::Done)));
    let id = tried.report.run.tokens.iter().find(|claims| claims.sort == Sort::IdpId).unwrap();
    assert_eq!(id.get("email").unwrap().raw(), WENDY);
    assert!(id.signature.starts_with("signed by"), "{}", id.signature);
    assert!(tried.said(StepId::Judge).contains("signs in as Wendy Wu"), "{}", tried.words());
    let examined = tried.report.examined.as_ref().unwrap();
    assert_eq!(examined.diagnosis.outcome.verdict, Verdict::Success);
    // The platform was never asked to swap anything: nobody has a session of it.
    assert!(tried.held.platform.is_none() && tried.held.idp.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_is_not_saved_is_judged_as_if_it_were() {
    let bench = Bench::new(&[]).await;
    // clinic.example has no route; with this draft it would have one, and Wendy's address is not of it.
    for (domain, email, said, verdict) in [
        ("clinic.example", "ada.novak@clinic.example", "signs in as Ada Novak", Verdict::Success),
        ("clinic.example", "jane.smith@clinic.example", "User not found", Verdict::Failure),
        ("other.example", WENDY, "Email address does not match domain", Verdict::Failure),
    ] {
        let config = unsaved(bench.draft(domain, PARTNER_CLIENT), CLIENT_SECRET);
        let tried = bench
            .try_out(&bench.scene.super_admin, want(config, Way::Paste), async |event| {
                bench.pastes(event, email).await
            })
            .await;
        assert!(tried.said(StepId::Judge).contains(said), "{email}: {}", tried.words());
        let examined = tried.report.examined.as_ref().unwrap();
        assert_eq!(examined.diagnosis.outcome.verdict, verdict, "{}", tried.words());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_provider_recognises_by_subject_and_a_project_admin_may_try_it() {
    let bench = Bench::new(&[]).await;
    let portal = bench.client("Clinic Portal");
    let config = Config::Client(ClientId::new(portal));
    // Omar's external id was wiped: the doctor names it.
    let tried = bench
        .try_out(&bench.scene.project_admin, want(config, Way::Paste), async |event| {
            bench.pastes(event, "omar.haddad@clinic.example").await
        })
        .await;
    tried.fails_at(StepId::Judge, "User not found");
    assert_eq!(tried.report.run.title, Text::from("Clinic Portal at localhost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_this_machines_own_address_where_the_provider_has_it_registered() {
    let bench = Bench::new(&[]).await;
    let config = unsaved(bench.draft("partner.example", CONSOLE_CLIENT), "");
    let way = Way::Loopback(Redirects { ports: free_ports(3), ..Redirects::own() });
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, way), async |event| {
            if let FlowEvent::OpenBrowser { url, .. } = event {
                // L3: PKCE with S256, whatever the configuration says.
                assert!(url.contains("code_challenge_method=S256"), "{url}");
                returns(bench.at_idp(url, WENDY).await).await;
            }
            None
        })
        .await;
    tried.works();
}

// D1, D2, D6, D8
#[tokio::test(flavor = "multi_thread")]
async fn by_a_code_on_another_device() {
    let bench = Bench::new(&[]).await;
    let config = unsaved(bench.draft("partner.example", CONSOLE_CLIENT), "");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, Way::Device), async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), .. } = event {
                bench.at_idp(address.raw(), WENDY).await;
            }
            None
        })
        .await;
    tried.works();
    assert_eq!(tried.ladder(), StepId::IDP_DEVICE.map(|step| (step, Status::Done)));
    assert!(!tried.report.run.step(StepId::Poll).unwrap().exchanges.is_empty());
}

// platform-api §10.2 step 4: "Failed to verify code" there, the reason here.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_configuration_is_named_at_its_step() {
    let bench = Bench::new(&[]).await;
    let admin = &bench.scene.super_admin;
    let draft = || bench.draft("partner.example", PARTNER_CLIENT);
    let person = async |event: &FlowEvent| bench.pastes(event, WENDY).await;

    let config = unsaved(draft(), "not the secret");
    let tried = bench.try_out(admin, want(config, Way::Paste), person).await;
    tried.fails_at(StepId::Redeem, "invalid_client");
    assert!(tried.report.run.failed().unwrap().next.contains("client secret"), "{}", tried.words());

    let mut unreachable = draft();
    unreachable.provider.token_url = "http://127.0.0.1:1/token".into();
    let tried = bench.try_out(admin, want(unsaved(unreachable, CLIENT_SECRET), Way::Paste), person).await;
    tried.fails_at(StepId::Redeem, "cannot be reached");

    let mut no_address = draft();
    no_address.provider.authorize_url = "login.partner.example/authorize".into();
    no_address.issuer = None;
    let tried = bench.try_out(admin, want(unsaved(no_address, CLIENT_SECRET), Way::Paste), person).await;
    tried.fails_at(StepId::Ask, "not a web address");

    let mut html = draft();
    html.provider.token_url = format!("{}/device", bench.scene.running.provider.issuer()).as_str().into();
    let tried = bench.try_out(admin, want(unsaved(html, CLIENT_SECRET), Way::Paste), person).await;
    tried.fails_at(StepId::Redeem, "");

    // M1
    let mut other = draft();
    other.issuer = Some(format!("{}/", bench.scene.running.provider.issuer()).as_str().into());
    let tried = bench.try_out(admin, want(unsaved(other, CLIENT_SECRET), Way::Paste), person).await;
    assert_eq!(tried.report.run.status(StepId::Discovery), Status::Skipped, "{}", tried.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_refuses_and_a_provider_that_refuses_are_told_apart_from_a_bad_configuration() {
    let bench = Bench::new(&[]).await;
    let config = Config::Route("partner.example".into());
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, Way::Paste), async |event| {
            let FlowEvent::NeedPaste { url } = event else { return None };
            let page = bench.browser.open(url).await;
            Some(pasted(&bench.browser.submit(&page, &[("action", "deny")]).await))
        })
        .await;
    tried.fails_at(StepId::Return, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_to_return_to_that_is_not_registered_is_named_by_the_page_that_is_pasted() {
    let bench = Bench::new(&[]).await;
    let config = unsaved(bench.draft("partner.example", CONSOLE_CLIENT), "");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, Way::Paste), async |event| {
            let FlowEvent::NeedPaste { url } = event else { return None };
            let page = bench.browser.open(url).await;
            assert!(page.html().contains("not with this address to return to"), "{}", page.html());
            Some(Answer::Pasted(
                "This client is not registered here, or not with this address to return to.".into(),
            ))
        })
        .await;
    tried.fails_at(StepId::SignIn, "not with this address");
    let callback = format!("{}auth/external", bench.scene.running.base_url);
    assert!(tried.report.run.failed().unwrap().next.contains(&callback), "{}", tried.words());
}

// RFC 6749 §4.1.2: codes are short-lived
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_pasted_too_late_and_a_device_that_never_comes_are_told() {
    let bench = Bench::new(&[]).await;
    let late = std::time::Duration::from_secs(700);
    let tried = bench
        .try_out(
            &bench.scene.super_admin,
            want(Config::Route("partner.example".into()), Way::Paste),
            async |event| {
                let answer = bench.pastes(event, WENDY).await;
                if answer.is_some() {
                    bench.scene.running.state.clock.advance(late);
                }
                answer
            },
        )
        .await;
    tried.fails_at(StepId::Redeem, "invalid_grant");
    assert!(tried.report.run.failed().unwrap().next.contains("too old"), "{}", tried.words());
    // D5
    let config = unsaved(bench.draft("partner.example", CONSOLE_CLIENT), "");
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, Way::Device), async |event| {
            if let FlowEvent::ShowCode { .. } = event {
                bench.scene.running.state.clock.advance(late);
            }
            None
        })
        .await;
    tried.fails_at(StepId::Poll, "The time for this sign-in is over");
}

// L4: what is pasted must be of this attempt
#[rstest]
#[case("https://elsewhere.example/auth/external")]
#[case("")]
#[case("http://localhost/auth/external?code=c&state=other")]
#[tokio::test(flavor = "multi_thread")]
async fn anything_else_that_is_pasted_is_asked_for_again(#[case] first: &str) {
    let bench = Bench::new(&[]).await;
    let mut asked = 0;
    let config = Config::Route("partner.example".into());
    let tried = bench
        .try_out(&bench.scene.super_admin, want(config, Way::Paste), async |event| {
            let FlowEvent::NeedPaste { .. } = event else { return None };
            asked += 1;
            if asked == 1 { Some(Answer::Pasted(first.into())) } else { bench.pastes(event, WENDY).await }
        })
        .await;
    tried.works();
    assert_eq!(asked, 2);
    assert!(tried.report.run.notes.iter().any(|note| note.starts_with("An answer was ignored")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_asked_for_where_it_is_not_known_and_a_route_without_a_provider_says_so() {
    let bench = Bench::new(&[]).await;
    let draft = Box::new(bench.draft("partner.example", STAFF_CLIENT));
    let tried = bench
        .try_out(
            &bench.scene.super_admin,
            want(Config::Draft { draft, secret: None, of: None }, Way::Paste),
            async |event| match event {
                FlowEvent::NeedClientSecret { .. } => Some(Answer::ClientSecret(CLIENT_SECRET.into())),
                event => bench.pastes(event, WENDY).await,
            },
        )
        .await;
    tried.works();
    for (domain, said) in
        [("bare.example", "has no identity provider"), ("nowhere.example", "There is no domain route")]
    {
        let tried = bench
            .try_out(&bench.scene.super_admin, want(Config::Route(domain.into()), Way::Paste), async |_| None)
            .await;
        tried.fails_at(StepId::Discovery, said);
    }
    // platform-api §12: nobody but a super admin reads routes.
    let tried = bench
        .try_out(
            &bench.scene.project_admin,
            want(Config::Route("partner.example".into()), Way::Paste),
            async |_| None,
        )
        .await;
    tried.fails_at(StepId::Discovery, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_it_keeps_no_token_and_says_so() {
    let bench = Bench::new(&[]).await;
    let mut lab =
        bench.start(&bench.scene.super_admin, want(Config::Route("partner.example".into()), Way::Paste));
    let stop = lab.canceller();
    let mut ended = None;
    while let Some(event) = lab.next().await {
        match event {
            idconsole::workflows::flow_lab::Event::Flow(event)
                if matches!(*event, FlowEvent::NeedPaste { .. }) =>
            {
                stop.cancel();
            }
            idconsole::workflows::flow_lab::Event::Done(report, held) => ended = Some((report, held)),
            _ => {}
        }
    }
    let (report, held) = ended.unwrap();
    assert!(held.is_empty());
    assert_eq!(report.run.sentence(), "Stopped. Nothing was kept.");
    assert!(report::text(&report, true).contains("stopped here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pasted_address_is_one_where_the_platform_left_the_code_alone() {
    let bench = Bench::new(&[]).await;
    let config = Config::Route("partner.example".into());
    bench
        .try_out(&bench.scene.super_admin, want(config, Way::Paste), async |event| {
            let FlowEvent::NeedPaste { url } = event else { return None };
            let place = bench.at_idp(url, WENDY).await;
            let Place::Page { url, status, html } = &place else { panic!("{place:?}") };
            assert!(url.path().ends_with("/auth/external") && *status == 400, "{url}");
            assert!(html.contains("Invalid state"), "{html}");
            Some(pasted(&place))
        })
        .await
        .works();
}
