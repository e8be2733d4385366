//! No secret in a report, to a wrong place, or over an open line; nothing hostile comes out as it went in.

use idconsole::identity::route_test::{CheckId, Outcome, RouteReport};
use idconsole::identity::text::is_hidden;
use idconsole::identity::{Secret, Text};
use idconsole::workflows::route_test::{fill, test};
use serde_json::{Value, json};

use super::idp::{CLIENT, Fault, Idp, SECRET, Shows};
use super::{draft, known, ladder, outcome, report, tester, tester_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn holds_no_secret(report: &RouteReport) {
    let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    let everything = [serde_json::to_string(report).unwrap(), format!("{report:?}"), report.text()];
    for text in everything {
        for secret in [SECRET, &basic] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

// S2
#[tokio::test]
async fn the_secret_is_in_no_report_even_when_the_provider_repeats_it() {
    for fault in [Fault::None, Fault::SecretEchoed, Fault::SecretOnlyInForm] {
        let report = report(Shows::Good, fault, |_, _| ()).await;
        holds_no_secret(&report);
        let sent = &report.check(CheckId::ClientSecret).unwrap().exchanges;
        assert!(sent.len() >= 2, "what was sent is told: {}", ladder(&report));
    }
}

// S2
#[tokio::test]
async fn a_secret_in_a_wrong_field_is_sent_nowhere_and_told_nowhere() {
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let secret = Secret::from(SECRET);
    let mut drafts = vec![draft(&idp.base); 4];
    drafts[0].provider.client_id = SECRET.into();
    drafts[1].provider.authorize_url = Text::from(format!("{}/authorize?x={SECRET}", idp.base));
    drafts[2].provider.token_url = SECRET.into();
    drafts[3].issuer = Some(format!("https://u:{SECRET}@idp.example").into());
    for draft in drafts {
        let report = test(&tester(&idp), &draft, Some(&secret), known(&[]), &|_| ()).await.unwrap();
        assert_eq!(outcome(&report, CheckId::SecretPlace), Outcome::Failed);
        holds_no_secret(&report);
    }
    assert!(idp.asked().is_empty(), "{:?}", idp.asked());
}

#[tokio::test]
async fn a_client_id_that_looks_like_a_secret_is_not_sent_either() {
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    for looks in ["GOCSPX-abcdefghijklmnop", "abc8Q~abcdefghijklmnopqrstuvwxyz01234567"] {
        let mut draft = draft(&idp.base);
        draft.provider.client_id = looks.into();
        let report = test(&tester(&idp), &draft, None, known(&[]), &|_| ()).await.unwrap();
        assert_eq!(outcome(&report, CheckId::SecretPlace), Outcome::Failed);
        assert!(!serde_json::to_string(&report).unwrap().contains(looks));
    }
    assert!(idp.asked().is_empty());
}

/// The secret goes only where the provider itself says that it goes.
#[tokio::test]
async fn the_secret_is_not_sent_to_a_host_that_the_provider_does_not_name() {
    let stranger = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let mut draft = draft(&idp.base);
    draft.provider.token_url = format!("{}/token", stranger.base).into();
    let report = test(&tester(&idp), &draft, Some(&Secret::from(SECRET)), known(&[]), &|_| ()).await.unwrap();
    assert_eq!(outcome(&report, CheckId::TokenAddress), Outcome::Failed, "{}", ladder(&report));
    assert_eq!(outcome(&report, CheckId::ClientSecret), Outcome::Unknown);
    assert!(!stranger.asked().iter().any(|line| line.contains("Basic") || line.contains("client_secret")));
}

// M3: plain http only where the platform itself is on this machine.
#[tokio::test]
async fn nothing_is_sent_without_encryption_for_a_platform_elsewhere() {
    let server = crate::auth::scripted::Server::start(|_, _| crate::auth::scripted::Reply::not_found()).await;
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let tester = tester_of("https://api.clinic.example/", &idp);
    let draft = draft(server.base.trim_end_matches('/'));
    let report = test(&tester, &draft, Some(&Secret::from(SECRET)), known(&[]), &|_| ()).await.unwrap();
    assert_eq!(outcome(&report, CheckId::AddressesHttps), Outcome::Failed);
    for path in ["/token", "/authorize", "/userinfo", "/.well-known/openid-configuration"] {
        assert!(server.asked(path).is_empty(), "{path}");
    }
    // platform-api §10.2 step 4: and a platform elsewhere does not go to this machine.
    let secure = super::draft(&idp.base);
    let report = test(&tester, &secure, Some(&Secret::from(SECRET)), known(&[]), &|_| ()).await.unwrap();
    assert_eq!(outcome(&report, CheckId::AddressesPublic), Outcome::Failed);
    assert!(!idp.asked().iter().any(|line| line.starts_with("POST")), "{:?}", idp.asked());
}

const HOSTILE: &str = "\u{1b}]52;c;AA\u{7}\u{202e}evil\u{9b}31m\r\n\u{200b}";

/// Every text of the description, at any depth.
fn spoiled(value: &mut Value, keep: &[&str]) {
    let Some(members) = value.as_object_mut() else { return };
    for (name, value) in members.iter_mut().filter(|(name, _)| !keep.contains(&name.as_str())) {
        *value = match value {
            Value::Array(_) => json!([HOSTILE, HOSTILE]),
            _ if name.ends_with("endpoint") => json!(format!("https://{HOSTILE}.example/{HOSTILE}")),
            _ => json!(HOSTILE),
        };
    }
}

// S1
#[tokio::test]
async fn hostile_texts_do_not_come_out_as_they_went_in() {
    for keep in [&[][..], &["issuer"], &["authorization_endpoint", "token_endpoint", "userinfo_endpoint"]] {
        let idp = match keep.len() {
            0 => Idp::start(Shows::Good, Fault::None, |value, _| spoiled(value, &[])).await,
            1 => Idp::start(Shows::Good, Fault::None, |value, _| spoiled(value, &["issuer"])).await,
            _ => {
                let change = |value: &mut Value, _: &str| {
                    spoiled(value, &["authorization_endpoint", "token_endpoint", "userinfo_endpoint"]);
                };
                Idp::start(Shows::Good, Fault::None, change).await
            }
        };
        let mut draft = draft(&idp.base);
        draft.provider.client_id = HOSTILE.into();
        let report = test(&tester(&idp), &draft, None, known(&[HOSTILE]), &|_| ()).await.unwrap();
        let visible = |text: &str| !text.chars().any(|c| c != '\n' && is_hidden(c));
        assert!(visible(&report.text()), "{:?}", report.text());
        for check in &report.checks {
            assert!(visible(&check.said) && visible(&check.next), "{check:?}");
            for exchange in &check.exchanges {
                assert!(visible(&exchange.sent.url.to_string()));
            }
        }
    }
}

#[tokio::test]
async fn a_report_goes_into_a_file_and_comes_back_the_same() {
    let report = report(Shows::Good, Fault::SecretOnlyInForm, |_, _| ()).await;
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<RouteReport>(&text).unwrap(), report);
}

#[tokio::test]
async fn a_description_fills_the_route_in() {
    let idp = Idp::start(Shows::Good, Fault::None, |value, _| {
        value["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    })
    .await;
    let filled = fill(&tester(&idp), &idp.base).await.unwrap().unwrap();
    assert_eq!(filled.issuer.raw(), idp.base);
    assert_eq!(filled.provider.token_url.raw(), format!("{}/token", idp.base));
    assert_eq!(filled.provider.token_auth_method, Some("client_secret_post".into()));
    let other = fill(&tester(&idp), &format!("{}/", idp.base)).await.unwrap().unwrap_err();
    let issuer = other.iter().find(|check| check.id == CheckId::Issuer).unwrap();
    assert_eq!(issuer.outcome, Outcome::Failed);
}
