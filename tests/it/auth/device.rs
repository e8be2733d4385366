//! The device flow.

use std::sync::{Arc, Mutex};

use idconsole::auth::PollReason::{self, Pending, SlowedDown};
use idconsole::auth::{AuthError, FlowEvent, SignIn, start};
use idconsole::config::Method;
use idconsole::identity::Text;
use idconsole::ports::Clock as _;
use jiff::SignedDuration;
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::{World, all, connection, end, noon, until};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn details(base: &str) -> Value {
    json!({
        "device_code": "hush-device-code", "user_code": "wdJB-mjHT",
        "verification_uri": format!("{base}device"),
        "verification_uri_complete": format!("{base}device?user_code=wdJB-mjHT"),
        "expires_in": 600, "interval": 7,
    })
}

fn tokens() -> Reply {
    Reply::json(200, &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "access-1"}))
}

fn pending() -> Reply {
    Reply::error("authorization_pending", "")
}

/// A platform with device sign-in that answers polls with `polls`, the last one for ever.
async fn platform(details: impl Fn(&str) -> Value + Send + Sync + 'static, polls: Vec<Reply>) -> Server {
    let left = Arc::new(Mutex::new(polls));
    Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["device_authorization_endpoint"] = json!(format!("{base}oauth2/device_authorization"));
            Reply::json(200, &document)
        }
        "/oauth2/device_authorization" => Reply::json(200, &details(base)),
        "/oauth2/token" => {
            let mut left = left.lock().unwrap();
            if left.len() > 1 { left.remove(0) } else { left[0].clone() }
        }
        _ => Reply::not_found(),
    })
    .await
}

fn request(server: &Server) -> SignIn {
    SignIn::new(connection(&server.base, Method::Device))
}

// D1
#[tokio::test]
async fn a_platform_without_device_sign_in_says_so() {
    let server = Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        _ => Reply::not_found(),
    })
    .await;
    let error = end(&mut start(request(&server), World::new().skipping())).await.unwrap_err();
    assert!(matches!(error, AuthError::NotOffered { what: "device sign-in", .. }), "{error}");
    assert!(server.asked("/oauth2/token").is_empty());
}

// D2, D3, D6, D7, D9
#[tokio::test]
async fn the_code_is_shown_as_sent_and_polled_for_at_the_interval() {
    let server = platform(details, vec![pending(), pending(), tokens()]).await;
    let world = World::new();
    let mut flow = start(request(&server), world.skipping());
    let shown = until(&mut flow, |event| match event {
        FlowEvent::ShowCode { .. } => Some(event.clone()),
        _ => None,
    })
    .await;
    let FlowEvent::ShowCode {
        user_code,
        verification_uri,
        complete,
        host,
        client,
        scope,
        expires_at,
        next_poll_at,
    } = shown
    else {
        panic!("{shown:?}")
    };
    assert_eq!(user_code.raw(), "wdJB-mjHT");
    assert_eq!(verification_uri.raw(), format!("{}device", server.base));
    assert!(complete.is_some_and(|uri| uri.raw().ends_with("?user_code=wdJB-mjHT")));
    assert_eq!(format!("http://{host}/"), server.base);
    assert_eq!((client.as_str(), scope.as_str()), ("app", "openid offline_access"));
    assert_eq!(expires_at, noon() + SignedDuration::from_secs(600));
    assert_eq!(next_poll_at, noon() + SignedDuration::from_secs(7));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.tokens.access.expose_secret(), "access-1");
    assert_eq!(world.pauses(), [7, 7, 7]);
    let polls = server.asked("/oauth2/token");
    assert_eq!(polls.len(), 3);
    assert_eq!(polls[0].form("grant_type").as_deref(), Some(GRANT));
    assert_eq!(polls[0].form("device_code").as_deref(), Some("hush-device-code"));
}

// D2
#[tokio::test]
async fn without_an_interval_it_is_five_seconds() {
    let without = |base: &str| {
        let mut document = details(base);
        document.as_object_mut().unwrap().remove("interval");
        document
    };
    let server = platform(without, vec![pending(), tokens()]).await;
    let world = World::new();
    end(&mut start(request(&server), world.skipping())).await.unwrap();
    assert_eq!(world.pauses(), [5, 5]);
}

// D3
#[tokio::test]
async fn slow_down_counts_for_this_and_all_later_polls() {
    let slow = Reply::error("slow_down", "");
    let server = platform(details, vec![pending(), slow.clone(), pending(), slow, pending(), tokens()]).await;
    let world = World::new();
    let events = all(&mut start(request(&server), world.skipping())).await;
    assert_eq!(world.pauses(), [7, 7, 12, 12, 17, 17]);
    let reasons: Vec<PollReason> = events
        .iter()
        .filter_map(|event| match event {
            FlowEvent::NextPoll { why, .. } => Some(*why),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [Pending, SlowedDown, Pending, SlowedDown, Pending]);
    assert!(matches!(events.last(), Some(FlowEvent::Done(_))));
}

// D3
#[rstest]
#[case("access_denied", "No, thank you")]
#[case("invalid_grant", "Unknown code")]
#[case("made_up_error", "Something new")]
#[tokio::test]
async fn any_other_error_stops_the_polling(#[case] error: &str, #[case] words: &str) {
    let server = platform(details, vec![pending(), Reply::error(error, words), tokens()]).await;
    let failed = end(&mut start(request(&server), World::new().skipping())).await.unwrap_err();
    assert!(failed.to_string().contains(words), "{failed}");
    assert_eq!(server.asked("/oauth2/token").len(), 2);
}

// D3
#[tokio::test]
async fn an_expired_code_stops_the_polling() {
    let server = platform(details, vec![Reply::error("expired_token", ""), tokens()]).await;
    assert_eq!(
        end(&mut start(request(&server), World::new().skipping())).await.unwrap_err(),
        AuthError::Expired
    );
    assert_eq!(server.asked("/oauth2/token").len(), 1);
}

// D4
#[tokio::test]
async fn no_answer_doubles_the_interval() {
    let broken = Reply::json(500, &json!({"msg": "Internal Server Error"}));
    let server = platform(details, vec![broken.clone(), broken, pending(), tokens()]).await;
    let world = World::new();
    let events = all(&mut start(request(&server), world.skipping())).await;
    assert_eq!(world.pauses(), [7, 14, 28, 28]);
    assert!(
        events.iter().any(|event| { matches!(event, FlowEvent::NextPoll { why: PollReason::NoAnswer, .. }) })
    );
}

// D5
#[tokio::test]
async fn polling_ends_with_the_code_and_does_not_start_anew() {
    let short = |base: &str| {
        let mut document = details(base);
        document["expires_in"] = json!(20);
        document
    };
    let server = platform(short, vec![pending()]).await;
    let world = World::new();
    let failed = end(&mut start(request(&server), world.skipping())).await.unwrap_err();
    assert_eq!(failed, AuthError::Expired);
    // At 7 and 14 s; 21 s would be too late.
    assert_eq!(server.asked("/oauth2/token").len(), 2);
    assert_eq!(server.asked("/oauth2/device_authorization").len(), 1);
    assert!(world.clock.now() >= noon() + SignedDuration::from_secs(20));
}

// D7
#[rstest]
#[case("verification_uri", "http://login.clinic.example/device")]
#[case("verification_uri_complete", "http://login.clinic.example/device?x")]
#[case("verification_uri", "javascript:alert(1)")]
#[tokio::test]
async fn a_page_without_encryption_is_not_shown(#[case] member: &'static str, #[case] address: &'static str) {
    let lax = move |base: &str| {
        let mut document = details(base);
        document[member] = json!(address);
        document
    };
    let server = platform(lax, vec![tokens()]).await;
    let events = all(&mut start(request(&server), World::new().skipping())).await;
    assert!(!events.iter().any(|event| matches!(event, FlowEvent::ShowCode { .. })), "{events:?}");
    assert!(matches!(events.last(), Some(FlowEvent::Failed(AuthError::Metadata { .. }))), "{events:?}");
    assert!(server.asked("/oauth2/token").is_empty());
}

// D7, D9
#[tokio::test]
async fn control_characters_in_the_code_are_shown_not_sent() {
    let hostile = |base: &str| {
        let mut document = details(base);
        document["user_code"] = json!("AB\u{1b}[2JCD");
        document
    };
    let server = platform(hostile, vec![tokens()]).await;
    let mut flow = start(request(&server), World::new().skipping());
    let code: Text = until(&mut flow, |event| match event {
        FlowEvent::ShowCode { user_code, .. } => Some(user_code.clone()),
        _ => None,
    })
    .await;
    assert_eq!(code.to_string(), "AB\\x1b[2JCD");
}

// D8
#[tokio::test]
async fn the_device_code_is_in_no_event() {
    let server = platform(details, vec![pending(), Reply::error("slow_down", ""), tokens()]).await;
    let events = all(&mut start(request(&server), World::new().skipping())).await;
    let shown = format!("{events:?}");
    assert!(!shown.contains("hush-device-code") && !shown.contains("access-1"), "{shown}");
}

// D8
#[tokio::test]
async fn cancelling_ends_the_polling_without_a_token() {
    let server = platform(details, vec![tokens()]).await;
    let mut flow = start(request(&server), World::new().still());
    until(&mut flow, |event| matches!(event, FlowEvent::ShowCode { .. }).then_some(())).await;
    flow.canceller().cancel();
    assert_eq!(end(&mut flow).await.unwrap_err(), AuthError::Cancelled);
    assert!(server.asked("/oauth2/token").is_empty());
}
