//! Nothing secret is in anything that a run tells: not in the ladder, not in JSON, not in the table, not in `Debug`.

use idconsole::auth::lab::at_idp::Way;
use idconsole::auth::{Answer, FlowEvent};
use idconsole::demo::idp::{CLIENT_SECRET, CONSOLE_CLIENT, PARTNER_CLIENT};
use idconsole::identity::flow_lab::StepId;
use idconsole::workflows::flow_lab::{Want, report};
use secrecy::ExposeSecret as _;

use super::support::{Bench, Tried, pasted, returns, three_legged, unsaved};
use crate::demo::browser::Place;

/// Everything that was told in any form.
fn everything(tried: &Tried) -> String {
    format!(
        "{}\n{}\n{}\n{:?}\n{:?}\n{}",
        tried.told,
        report::json(&tried.report),
        report::text(&tried.report, true),
        tried.report,
        tried.held,
        serde_json::to_string(&tried.report.run).unwrap(),
    )
}

fn holds_none(tried: &Tried, secrets: &[String]) {
    let all = everything(tried);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!all.contains(secret.as_str()), "a secret is told");
    }
    // No signed token in any form. A code may hold its first letters by chance: then they stand within a word that
    // no dot ends.
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let token = all.match_indices("eyJ").find(|(at, _)| {
        let (before, rest) = all.split_at(*at);
        !before.ends_with(in_word) || rest.trim_start_matches(in_word).starts_with('.')
    });
    assert!(token.is_none(), "a token is told: {}", &all[token.unwrap().0..][..60]);
}

fn tokens(tried: &Tried) -> Vec<String> {
    let own = tried.held.platform.iter().map(|signed_in| &signed_in.tokens);
    let all = tried.held.idp.iter().chain(own);
    all.flat_map(|tokens| {
        [Some(&tokens.access), tokens.refresh.as_ref(), tokens.id.as_ref()]
            .into_iter()
            .flatten()
            .map(|token| token.expose_secret().to_owned())
            .collect::<Vec<_>>()
    })
    .collect()
}

fn code_of(url: &url::Url) -> String {
    url.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()).unwrap()
}

// S2, L12, J12
#[tokio::test(flavor = "multi_thread")]
async fn a_test_sign_in_tells_no_secret_no_code_and_no_token() {
    let bench = Bench::new(&[]).await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let mut draft = bench.draft("partner.example", PARTNER_CLIENT);
        draft.provider.token_auth_method = Some(method.into());
        let config = unsaved(draft, CLIENT_SECRET);
        let want = Want::Idp { config, issuer: None, way: Way::Paste, email: None };
        let mut secrets = vec![CLIENT_SECRET.to_owned()];
        let tried = bench
            .try_out(&bench.scene.super_admin, want, async |event| {
                let FlowEvent::NeedPaste { url } = event else { return None };
                let place = bench.at_idp(url, "wendy.wu@partner.example").await;
                let Place::Page { url, .. } = &place else { panic!("{place:?}") };
                secrets.push(code_of(url));
                Some(pasted(&place))
            })
            .await;
        tried.works();
        secrets.extend(tokens(&tried));
        holds_none(&tried, &secrets);
        // What may be shown is there.
        let json = report::json(&tried.report).to_string();
        assert!(json.contains("grant_type=authorization_code") && json.contains("[redacted]"), "{json}");
    }
}

// S2, L12
#[tokio::test(flavor = "multi_thread")]
async fn a_three_legged_run_tells_no_code_and_no_token() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("idconsole");
    let want = three_legged(&client, Some("wendy.wu@partner.example"));
    let mut secrets = Vec::new();
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            if let FlowEvent::OpenBrowser { url, .. } = event {
                let place = bench.at_idp(url, "wendy.wu@partner.example").await;
                let Place::Away(url) = &place else { panic!("{place:?}") };
                secrets.push(code_of(url));
                returns(place).await;
            }
            None
        })
        .await;
    tried.works();
    secrets.extend(tokens(&tried));
    assert!(secrets.len() >= 3);
    holds_none(&tried, &secrets);
}

// D8: the device code never, the user code always
#[tokio::test(flavor = "multi_thread")]
async fn a_device_run_tells_the_user_code_and_not_the_device_code() {
    let bench = Bench::new(&[]).await;
    let config = unsaved(bench.draft("partner.example", CONSOLE_CLIENT), "");
    let want = Want::Idp { config, issuer: None, way: Way::Device, email: None };
    let mut shown = String::new();
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            if let FlowEvent::ShowCode { complete: Some(address), user_code, .. } = event {
                shown = user_code.raw().to_owned();
                bench.at_idp(address.raw(), "wendy.wu@partner.example").await;
            }
            None
        })
        .await;
    tried.works();
    holds_none(&tried, &tokens(&tried));
    assert!(everything(&tried).contains(&shown));
    let asked = tried.report.run.step(StepId::DeviceCode).unwrap().exchanges.clone();
    let body = asked[0].got.as_ref().unwrap().body.clone().unwrap();
    assert!(body.raw().contains(r#""device_code":"[redacted]""#), "{body}");
}

// S1: what strangers write cannot drive a terminal
#[tokio::test(flavor = "multi_thread")]
async fn hostile_words_of_a_page_are_made_visible() {
    let bench = Bench::new(&[]).await;
    let (client, _) = bench.client_here("Ward Rota");
    let want = three_legged(&client, Some("omar.haddad@clinic.example"));
    let tried = bench
        .try_out(&bench.scene.super_admin, want, async |event| {
            matches!(event, FlowEvent::OpenBrowser { .. })
                .then(|| Answer::Pasted("\u{1b}]52;c;AA\u{7} something \u{202e}else".into()))
        })
        .await;
    tried.fails_at(StepId::Swap, "not one of the platform's refusals");
    let all = report::text(&tried.report, true);
    assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}') && all.contains("\\x1b"), "{all}");
}
