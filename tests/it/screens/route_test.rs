//! Pictures of the route tester; each was looked at.

use idconsole::console::effect::Answer;
use idconsole::console::key::parse_typed;
use idconsole::console::slot::{RequestId, Slot};
use idconsole::console::{Look, Msg, glyphs::Glyphs};
use idconsole::identity::route_test::{
    self as table, Asked, Authorized, Certificate, Check, Document, Found, Known, Reply, RouteReport,
    Setting, Swapped,
};
use idconsole::identity::trace::{Exchange, Got, Sent};
use idconsole::identity::{Role, RouteDraft, Seen, Text, Unseen};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use url::Url;

use super::clinic::Signed;
use super::domains::{opened, provider};
use crate::harness::beginning;

const BASE: &str = "https://login.partner.example";

fn answered(method: &str, path: &str, status: u16, kind: &str, challenge: &str, body: &str) -> Asked {
    let url = Url::parse(&format!("{BASE}{path}")).unwrap();
    let at: Timestamp = beginning();
    let got = Got::new(status, &[("content-type", kind), ("www-authenticate", challenge)], body.as_bytes());
    Asked::Answered(Box::new(Reply {
        host: "login.partner.example".to_owned(),
        status,
        kind: kind.to_owned(),
        location: String::new(),
        challenge: challenge.to_owned(),
        json: serde_json::from_str(body).ok(),
        body: body.to_owned(),
        date: Some(at),
        at,
        certificate: Some(Certificate {
            until: at + SignedDuration::from_hours(24 * 19),
            by: "Trusted Roots".into(),
        }),
        exchange: Exchange { sent: Sent::new(method, &url), got: Ok(got), took_ms: 48 },
    }))
}

fn document() -> Value {
    json!({
        "issuer": BASE,
        "authorization_endpoint": format!("{BASE}/oauth2/authorize"),
        "token_endpoint": format!("{BASE}/oauth2/token"),
        "userinfo_endpoint": format!("{BASE}/oauth2/userinfo"),
        "jwks_uri": format!("{BASE}/oauth2/keys"),
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

/// What a test comes to at a provider that does not send people back to this platform.
fn report() -> RouteReport {
    let draft = RouteDraft {
        domain: "partner.example".into(),
        provider: provider("login.partner.example"),
        issuer: None,
        post_login: Vec::new(),
    };
    let known =
        Known { routes: Seen::Known(Vec::new()), observed: Seen::Unknown(Unseen::NotLoaded), own: None };
    let setting = Setting {
        callback: Url::parse("https://api.clinic.example/auth/external").unwrap(),
        on_this_machine: false,
        now: beginning(),
        with_secret: false,
        misplaced: None,
        known,
    };
    let json = "application/json";
    let described =
        answered("GET", "/.well-known/openid-configuration", 200, json, "", &document().to_string());
    let found = Found {
        issuer: Some(BASE.to_owned()),
        guessed: Some("The issuer was found by going up the path of the authorize address.".to_owned()),
        asked: described.exchange().cloned().into_iter().collect(),
        answer: Some(described.clone()),
        document: Document::read(&document()),
    };
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "AA"}]}).to_string();
    let keys = answered("GET", "/oauth2/keys", 200, json, "", &keys);
    let asked = |client: &str, callback: &str, words: &str| {
        let at = Url::parse(&format!("{BASE}/oauth2/authorize")).unwrap();
        let url = table::request(&at, client, callback);
        let path = url.as_str().strip_prefix(BASE).unwrap().to_owned();
        answered("GET", &path, 400, "text/html", "", words)
    };
    let (client, callback) = ("0oa1partner5d7", setting.callback.as_str());
    let seen = Authorized {
        ours: asked(client, callback, "<h1>Invalid parameter: redirect_uri</h1>"),
        other_redirect: asked(client, table::OTHER_CALLBACK, "<h1>Invalid parameter: redirect_uri</h1>"),
        other_client: asked(table::OTHER_CLIENT, callback, "<h1>Client not found</h1>"),
    };
    let not = |why: &str| Asked::NotSent(why.to_owned());
    let swapped = Swapped {
        bare: answered("POST", "/oauth2/token", 401, json, "", r#"{"error":"invalid_client"}"#),
        ours: not("no secret was given"),
        other_way: not("there is no need"),
    };
    let user_info = answered("GET", "/oauth2/userinfo", 401, json, "Bearer", "");
    let mut checks = table::before(&draft, &setting);
    checks.extend(table::of_discovery(&draft, &setting, &found));
    checks.extend(table::of_keys(&keys));
    checks.extend(table::of_authorize(&draft, &setting, &found, &seen));
    checks.extend(table::of_token(&draft, &found, &swapped));
    checks.extend(table::of_user_info(&draft, &user_info));
    let everything = [&described, &keys, &seen.ours, &swapped.bare, &user_info];
    checks.extend(table::of_connection(&draft, &setting, &everything, &[]));
    checks.sort_by_key(|check| check.id);
    RouteReport { draft, at: beginning(), checks }
}

/// Opens the tester and gives these answers, before its own come.
async fn tested(mut job: Signed, answers: Vec<Answer>) -> Signed {
    for key in parse_typed("t").unwrap() {
        job.console.console.handle(Msg::Key(key)).unwrap();
    }
    // The test backend keeps what was under the second half of a wide character; a terminal does not.
    for key in parse_typed("<Ctrl-l>").unwrap() {
        job.console.console.handle(Msg::Key(key)).unwrap();
    }
    for answer in answers {
        // Which question it was is the app's to know.
        for id in 1..200 {
            let last = matches!(answer, Answer::RouteTested(_));
            let (slot, id, answer) = (Slot::RouteTest, RequestId(id), answer.clone());
            job.console.console.handle(Msg::Answered { slot, id, answer, last, write: false }).unwrap();
        }
    }
    job
}

async fn done(width: u16, height: u16) -> Signed {
    let mut job = opened(Role::SuperAdmin, width, height).await;
    job.console.keys("/state:works<Enter>").await;
    let mut job = tested(job, vec![Answer::RouteTested(Box::new(report()))]).await;
    job.console.settle().await;
    job
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn what_failed_is_shown_first(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let job = done(width, height).await;
    insta::assert_snapshot!(format!("route_test_{size}"), job.console.picture());
}

#[tokio::test]
async fn what_went_over_the_wire_stands_below() {
    let mut job = done(120, 40).await;
    job.console.keys("<Up><Up><PageDown>").await;
    insta::assert_snapshot!("route_test_wire", job.console.picture());
}

#[tokio::test]
async fn checks_come_one_by_one() {
    let mut job = opened(Role::SuperAdmin, 80, 24).await;
    job.console.keys("/state:works<Enter>").await;
    let some: Vec<Check> = report().checks.into_iter().take(15).collect();
    let answers = some.into_iter().map(|check| Answer::RouteChecked(Box::new(check))).collect();
    let mut job = tested(job, answers).await;
    job.console.console.draw().unwrap();
    insta::assert_snapshot!("route_test_running", job.console.picture());
    job.console.settle().await;
    assert!(job.console.text().contains("Nobody is signed in"), "{}", job.console.text());
}

#[tokio::test]
async fn in_ascii_each_verdict_has_a_sign_of_its_own() {
    let look = Look { glyphs: Glyphs::ASCII, ..Look::default() };
    let mut job = super::domains::opened_with(Role::SuperAdmin, 80, 24, look).await;
    job.console.keys("/state:works<Enter>").await;
    let mut job = tested(job, vec![Answer::RouteTested(Box::new(report()))]).await;
    job.console.settle().await;
    insta::assert_snapshot!("route_test_ascii", job.console.picture());
}

// S1
#[test]
fn a_report_as_text_is_safe_to_show() {
    let text = report().text();
    assert!(text.contains("does not send people back to https://api.clinic.example/auth/external"), "{text}");
    assert_eq!(Text::from(text.replace('\n', "")).shown(), text.replace('\n', ""));
}
