//! What is sent again and what is not (standards H1, H2, F1), and pacing over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use idconsole::identity::{MembershipId, Reference, UserId, VersionId};
use idconsole::platform::{Client, Credentials, Error, Kind, Options};
use rstest::rstest;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::quick;
use super::scripted::{Reply, Server, user};

fn broken() -> Reply {
    Reply::new(503, "text/plain", "upstream connect error")
}

// H2
#[tokio::test]
async fn a_read_is_asked_again_and_at_most_so_often() {
    let server =
        Server::start(|_, before| if before < 2 { broken() } else { Reply::json(200, &user("v1")) }).await;
    server.client(quick()).user(&UserId::from("u1")).await.unwrap();
    assert_eq!(server.seen().len(), 3);
    let server = Server::always(broken()).await;
    assert_eq!(server.client(quick()).user(&UserId::from("u1")).await.unwrap_err().kind, Kind::Server);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn writes_without_a_guard_are_never_sent_twice() {
    let server = Server::always(broken()).await;
    let client = server.client(quick());
    let target = Reference::parse("User/u1").unwrap();
    client.update_email(&UserId::from("u1"), "a@b.example", false, true).await.unwrap_err();
    client.scim_set_email(&MembershipId::from("m1"), "a@b.example").await.unwrap_err();
    client.invite(&"p1".into(), &json!({})).await.unwrap_err();
    client.create(&json!({"resourceType": "ClientApplication"}), None).await.unwrap_err();
    client.delete(&target).await.unwrap_err();
    client.patch(&target, &[("/active".into(), Some(json!(false)))], None, None).await.unwrap_err();
    assert_eq!(server.seen().len(), 6);
}

async fn patch(client: &Client) -> Result<(), Error> {
    let target = Reference::parse("User/u1").unwrap();
    client.patch(&target, &[("/active".into(), Some(json!(false)))], None, Some(&VersionId::new("v1"))).await
}

#[tokio::test]
async fn a_guarded_write_is_repeated_when_the_record_is_still_as_expected() {
    let server = Server::start(|seen, before| match (seen.method.as_str(), before) {
        ("PATCH", 0) => broken(),
        _ => Reply::json(200, &user("v1")),
    })
    .await;
    patch(&server.client(quick())).await.unwrap();
    let path = "/fhir/R4/User/u1";
    assert_eq!(server.asked(), [format!("PATCH {path}"), format!("GET {path}"), format!("PATCH {path}")]);
}

// Sent again it would be refused as stale, as if somebody else had written.
#[tokio::test]
async fn a_guarded_write_that_may_have_happened_is_not_repeated() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "PATCH" => broken(),
        _ => Reply::json(200, &user("v2")),
    })
    .await;
    let error = patch(&server.client(quick())).await.unwrap_err();
    assert_eq!((&error.kind, error.leaves_doubt()), (&Kind::Server, true));
    assert_eq!(server.asked(), ["PATCH /fhir/R4/User/u1", "GET /fhir/R4/User/u1"]);
}

// H1
#[rstest]
#[case::seconds(Reply::limited().with("retry-after", "0"))]
#[case::date(Reply::limited().with("date", "Tue, 24 Nov 2026 10:00:00 GMT")
    .with("retry-after", "Tue, 24 Nov 2026 10:00:00 GMT"))]
#[case::diagnostics(Reply::json(429, &json!({"resourceType": "OperationOutcome", "id": "too-many-requests",
    "issue": [{"severity": "error", "details": {"text": "x"}, "diagnostics": "{\"_msBeforeNext\":20}"}]})))]
#[case::header(Reply::limited().with("ratelimit", "\"requests\";r=0;t=0"))]
#[case::nothing(Reply::limited())]
#[tokio::test]
async fn a_refusal_for_being_too_fast_is_waited_for(#[case] reply: Reply) {
    let server = Server::start(move |_, before| match before {
        0 => reply.clone(),
        _ => Reply::json(200, &user("v1")),
    })
    .await;
    server.client(quick()).user(&UserId::from("u1")).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_told_instead() {
    let server = Server::always(Reply::limited().with("retry-after", "3600")).await;
    let error = server.client(quick()).user(&UserId::from("u1")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Limited { reset: Some(Duration::from_secs(3600)) });
    assert_eq!(server.seen().len(), 1);
}

/// Hands out numbered tokens; a refused one is replaced once, up to the last.
#[derive(Debug)]
struct Numbered {
    now: Mutex<usize>,
    renewals: AtomicUsize,
    last: usize,
}

impl Numbered {
    fn up_to(last: usize) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(0), renewals: AtomicUsize::new(0), last })
    }
}

impl Credentials for Numbered {
    fn bearer(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        Box::pin(async { Ok(SecretString::from(format!("token-{}", self.now.lock().unwrap()))) })
    }

    fn refused<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, Result<Option<SecretString>, Error>> {
        Box::pin(async move {
            let mut now = self.now.lock().unwrap();
            if token.expose_secret() == format!("token-{now}") {
                self.renewals.fetch_add(1, Ordering::SeqCst);
                if *now == self.last {
                    return Err(Error::signed_out("the refresh token is over"));
                }
                *now += 1;
            }
            Ok(Some(SecretString::from(format!("token-{now}"))))
        })
    }
}

async fn accepting(token: &'static str) -> Server {
    Server::start(move |seen, _| match seen.header("authorization") {
        Some(bearer) if bearer == format!("Bearer {token}") => Reply::json(200, &user("v1")),
        _ => Reply::outcome(401, "unauthorized", "Unauthorized"),
    })
    .await
}

fn as_somebody(server: &Server, credentials: &Arc<Numbered>) -> Client {
    Client::new(server.base.parse().unwrap(), Arc::clone(credentials) as _, quick()).unwrap()
}

// F1
#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let server = accepting("token-1").await;
    let credentials = Numbered::up_to(9);
    let client = as_somebody(&server, &credentials);
    let id = UserId::from("u1");
    let all = join_all((0..8).map(|_| client.user(&id))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(credentials.renewals.load(Ordering::SeqCst), 1);
    // A 401 is said before anything is done: a write goes again too.
    let client = as_somebody(&server, &Numbered::up_to(9));
    client.update_email(&id, "a@b.example", false, true).await.unwrap();
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_ends_and_is_not_tried_for_ever() {
    let server = accepting("nobody's").await;
    let error = as_somebody(&server, &Numbered::up_to(0)).me().await.unwrap_err();
    assert_eq!(error.kind, Kind::SignedOut);
    assert!(error.to_string().contains("the refresh token is over"), "{error}");
    let error = as_somebody(&server, &Numbered::up_to(9)).me().await.unwrap_err();
    assert_eq!(error.kind, Kind::Unauthorized, "the renewed one is refused too");
    assert_eq!(server.seen().len(), 3);
}

/// Counts points in windows of a second, as a platform with that limit does.
fn limiter(limit: u64) -> impl Fn() -> (bool, String) {
    let window = Mutex::new((Instant::now(), 0));
    move || {
        let mut window = window.lock().unwrap();
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 += 20;
        let (left, ok) = (limit.saturating_sub(window.1), window.1 <= limit);
        (ok, format!("\"requests\";r=5000;t=60, \"fhirInteractions\";r={left};t=1"))
    }
}

// H1; design §7: at the platform's rate limit, never a 429
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_loop_goes_at_the_limit_and_is_never_refused() {
    let refused = Arc::new(AtomicUsize::new(0));
    let (count, counted) = (limiter(200), Arc::clone(&refused));
    let server = Server::start(move |_, _| {
        let (ok, header) = count();
        if !ok {
            counted.fetch_add(1, Ordering::SeqCst);
            return Reply::limited().with("ratelimit", header);
        }
        Reply::json(200, &json!({"resourceType": "Bundle", "type": "searchset"})).with("ratelimit", header)
    })
    .await;
    let client = server.client(quick()).in_background();
    client.memberships_by_external_id("first").await.unwrap();
    let ids: Vec<String> = (0..24).map(|n| format!("id-{n}")).collect();
    let all = join_all(ids.iter().map(|id| client.memberships_by_external_id(id))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!((refused.load(Ordering::SeqCst), server.seen().len()), (0, 25));
    let limits = client.rate_limits();
    assert!(limits.iter().any(|(name, limit)| name == "record work" && limit.largest == 180), "{limits:?}");
}

// Both are called `requests` in the header, and are not the same.
#[tokio::test]
async fn the_limit_of_sign_in_questions_does_not_hold_up_reads() {
    let server = Server::start(|seen, _| match seen.uri.path() {
        "/auth/method" => Reply::json(200, &json!({})).with("ratelimit", "\"requests\";r=0;t=60"),
        _ => Reply::json(200, &user("v1")).with("ratelimit", "\"requests\";r=5000;t=60"),
    })
    .await;
    let client = server.client(Options { longest_pause: Duration::ZERO, ..quick() });
    client.sign_in_route("a@b.example").await.unwrap();
    client.user(&UserId::from("u1")).await.unwrap();
    let error = client.sign_in_route("a@b.example").await.unwrap_err();
    assert!(matches!(error.kind, Kind::Limited { .. }) && !error.sent, "{error:?}");
}

#[tokio::test]
async fn a_request_that_is_held_back_says_for_how_long_and_can_be_dropped() {
    let server =
        Server::always(Reply::json(200, &user("v1")).with("ratelimit", "\"requests\";r=0;t=4")).await;
    let client = server.client(quick());
    let id = UserId::from("u1");
    client.user(&id).await.unwrap();
    assert_eq!(client.held_back(), None);
    {
        let mut waiting = Box::pin(client.user(&id));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(client.held_back().is_some_and(|left| left <= Duration::from_millis(4100)));
    }
    assert_eq!(server.seen().len(), 1, "dropped before it was sent");
}
