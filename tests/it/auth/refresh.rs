//! Keeping a session alive: one renewal for all threads and processes, and none that loses a token.

use std::collections::HashSet;
use std::process::Command;
use std::sync::{Arc, Mutex};

use idconsole::auth::{AuthError, Renewal, SecretStore, Session, SignedIn, Tokens};
use idconsole::config::{Connection, Method, Paths, StoreKind};
use idconsole::ports::FixedClock;
use jiff::SignedDuration;
use rstest::rstest;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::scripted::{Reply, Server};
use super::support::{BOUND, connection, noon};

/// A token endpoint that rotates refresh tokens as the platform does: each works once.
#[derive(Default)]
struct Rotation {
    valid: HashSet<String>,
    issued: usize,
    replays: usize,
}

async fn rotating() -> (Server, Arc<Mutex<Rotation>>) {
    let rotation =
        Arc::new(Mutex::new(Rotation { valid: ["refresh-0".into()].into(), ..Rotation::default() }));
    let known = Arc::clone(&rotation);
    let server = Server::start(move |_, asked| {
        let mut rotation = known.lock().unwrap();
        let sent = asked.form("refresh_token").unwrap_or_default();
        if !rotation.valid.remove(&sent) {
            rotation.replays += 1;
            return Reply::error("invalid_request", "Invalid token");
        }
        rotation.issued += 1;
        let count = rotation.issued;
        rotation.valid.insert(format!("refresh-{count}"));
        Reply::json(
            200,
            &json!({
                "token_type": "Bearer", "expires_in": 3600, "scope": "openid offline_access",
                "access_token": format!("access-{count}"), "refresh_token": format!("refresh-{count}"),
            }),
        )
    })
    .await;
    (server, rotation)
}

async fn always(reply: Reply) -> Server {
    Server::start(move |_, _| reply.clone()).await
}

fn signed_in(base: &str) -> SignedIn {
    SignedIn {
        connection: "clinic".into(),
        method: Method::Browser,
        issuer: base.to_owned(),
        client_id: Some("app".into()),
        client_secret: None,
        token_endpoint: Some(format!("{base}oauth2/token").parse().unwrap()),
        logout_endpoint: Some(format!("{base}oauth2/logout").parse().unwrap()),
        revocation_endpoint: None,
        asked_scope: "openid offline_access".into(),
        tokens: Tokens {
            access: "access-0".into(),
            refresh: Some("refresh-0".into()),
            id: None,
            expires_at: Some(noon() + SignedDuration::from_hours(1)),
            scope: Some("openid offline_access".into()),
        },
        idp_tokens: None,
    }
}

struct House {
    _folder: tempfile::TempDir,
    paths: Paths,
    clock: FixedClock,
    connection: Connection,
}

impl House {
    fn new(base: &str, store: StoreKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connection(base, Method::Browser);
        connection.store = store;
        Self {
            paths: Paths::under(folder.path()),
            _folder: folder,
            clock: FixedClock::at(noon()),
            connection,
        }
    }

    async fn begin(&self, signed_in: SignedIn) -> Session {
        Session::begin(signed_in, &self.connection, &self.paths, Arc::new(self.clock.clone())).await.unwrap()
    }

    async fn resume(&self) -> Option<Session> {
        Session::resume(&self.connection, &self.paths, Arc::new(self.clock.clone())).await.unwrap()
    }

    fn later(&self, minutes: i64) {
        self.clock.set(noon() + SignedDuration::from_mins(minutes));
    }
}

fn shown(token: &SecretString) -> &str {
    token.expose_secret()
}

#[tokio::test]
async fn a_live_token_is_used_as_it_is_and_one_about_to_end_is_renewed_first() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::Memory);
    let session = house.begin(signed_in(&server.base)).await;
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-0");
    assert_eq!(session.remaining(), Some(SignedDuration::from_hours(1)));
    house.clock.set(noon() + SignedDuration::from_secs(3600 - 20));
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-1");
    assert_eq!(session.expires_at(), Some(noon() + SignedDuration::from_secs(7200 - 20)));
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    assert_eq!(sent.form("client_id").as_deref(), Some("app"));
}

// F1
#[rstest]
#[case(StoreKind::Memory)]
#[case(StoreKind::File)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_that_need_a_renewal_share_one(#[case] store: StoreKind) {
    let (server, rotation) = rotating().await;
    let house = House::new(&server.base, store);
    let session = house.begin(signed_in(&server.base)).await;
    house.later(60);
    let refused = SecretString::from("access-0");
    let tasks: Vec<_> = (0..32)
        .map(|at| {
            let (session, refused) = (session.clone(), refused.clone());
            tokio::spawn(async move {
                if at % 2 == 0 { session.bearer().await } else { session.refused(&refused).await }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(shown(&task.await.unwrap().unwrap()), "access-1");
    }
    let rotation = rotation.lock().unwrap();
    assert_eq!((rotation.issued, rotation.replays), (1, 0));
}

// F1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sessions_over_one_file_share_one_renewal() {
    let (server, rotation) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let one = house.begin(signed_in(&server.base)).await;
    let other = house.resume().await.unwrap();
    house.later(60);
    let (first, second) = tokio::join!(one.bearer(), other.bearer());
    assert_eq!((shown(&first.unwrap()), shown(&second.unwrap())), ("access-1", "access-1"));
    assert_eq!(rotation.lock().unwrap().replays, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let locks = std::fs::metadata(house.paths.locks_dir()).unwrap();
        assert_eq!(locks.permissions().mode() & 0o777, 0o700);
    }
}

const CHILD: &str = "IDCONSOLE_TEST_REFRESH_IN";
const CHILD_BASE: &str = "IDCONSOLE_TEST_REFRESH_BASE";

/// The other process of the next test.
#[tokio::test]
#[ignore = "started by the next test as a process of its own"]
async fn another_process_renews() {
    let (Some(folder), Ok(base)) = (std::env::var_os(CHILD), std::env::var(CHILD_BASE)) else {
        panic!("needs {CHILD} and {CHILD_BASE}");
    };
    let mut connection = connection(&base, Method::Browser);
    connection.store = StoreKind::File;
    let clock = FixedClock::at(noon() + SignedDuration::from_mins(60));
    let paths = Paths::under(folder);
    let session = Session::resume(&connection, &paths, Arc::new(clock)).await.unwrap().unwrap();
    // Each process refuses the same old token, as it would after one shared 401.
    let token = session.refused(&"access-0".into()).await.unwrap();
    assert_eq!(token.expose_secret(), "access-1");
}

// F1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_that_need_a_renewal_share_one() {
    let (server, rotation) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    house.begin(signed_in(&server.base)).await;
    let folder = house.paths.data_dir().parent().unwrap().to_owned();
    let children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "auth::refresh::another_process_renews", "--ignored"])
                .env(CHILD, &folder)
                .env(CHILD_BASE, &server.base)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let outputs = tokio::task::spawn_blocking(move || {
        children.into_iter().map(|child| child.wait_with_output().unwrap()).collect::<Vec<_>>()
    })
    .await
    .unwrap();
    for output in outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    }
    let rotation = rotation.lock().unwrap();
    assert_eq!((rotation.issued, rotation.replays), (1, 0));
}

// F1
#[tokio::test]
async fn the_new_refresh_token_is_kept_before_the_new_bearer_is_used() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let session = house.begin(signed_in(&server.base)).await;
    house.later(60);
    session.bearer().await.unwrap();
    // Another start of the program, as after a kill right now.
    let again = house.resume().await.unwrap();
    assert_eq!(shown(&again.bearer().await.unwrap()), "access-1");
    house.later(125);
    assert_eq!(shown(&again.bearer().await.unwrap()), "access-2");
    // And the first one takes up what the second has renewed.
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-2");
}

// F1
#[tokio::test]
async fn a_caller_that_goes_away_does_not_lose_the_new_token() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let session = house.begin(signed_in(&server.base)).await;
    house.later(60);
    {
        let mut asking = Box::pin(session.bearer());
        // Polled once, so that the renewal is under way, then dropped.
        assert!(futures::poll!(&mut asking).is_pending());
    }
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-1");
    assert_eq!(server.asked("/oauth2/token").len(), 1);
}

// F1
#[rstest]
#[case(Reply::error("invalid_grant", "Token revoked"))]
#[case(Reply::error("invalid_request", "Invalid refresh token"))]
#[case(Reply::error("access_denied", "Profile not active"))]
#[case(Reply::outcome(410, "gone", "Gone"))]
#[tokio::test]
async fn a_refresh_token_that_is_refused_ends_the_session_and_is_removed(#[case] refusal: Reply) {
    let server = always(refusal).await;
    let house = House::new(&server.base, StoreKind::File);
    let session = house.begin(signed_in(&server.base)).await;
    house.later(60);
    let error = session.bearer().await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains("Sign in again"), "{error}");
    assert!(session.ended().is_some());
    assert!(session.bearer().await.unwrap_err().needs_sign_in());
    assert_eq!(server.asked("/oauth2/token").len(), 1, "a dead session must not be asked about again");
    assert!(house.resume().await.is_none());
}

// F1
#[rstest]
#[case(Reply::json(500, &json!({"msg": "Internal Server Error"})))]
#[case(Reply::outcome(429, "too-many-requests", "Too Many Requests"))]
#[tokio::test]
async fn a_fault_that_passes_keeps_the_session(#[case] fault: Reply) {
    let server = always(fault).await;
    let house = House::new(&server.base, StoreKind::File);
    let session = house.begin(signed_in(&server.base)).await;
    house.clock.set(noon() + SignedDuration::from_secs(3600 - 20));
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-0", "20 s are left of it");
    house.later(60);
    let error = session.bearer().await.unwrap_err();
    assert!(error.passes() && !error.needs_sign_in(), "{error}");
    assert!(house.resume().await.is_some() && session.ended().is_none());
}

// F1
#[tokio::test]
async fn narrowed_scopes_are_noticed() {
    let server = always(Reply::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": 60, "access_token": "a", "scope": "openid"}),
    ))
    .await;
    let house = House::new(&server.base, StoreKind::Memory);
    let session = house.begin(signed_in(&server.base)).await;
    house.later(60);
    session.bearer().await.unwrap();
    let [notice] = session.take_notices().try_into().unwrap();
    assert!(notice.contains("“openid”") && notice.contains("“openid offline_access”"), "{notice}");
    assert!(session.take_notices().is_empty());
    // RFC 6749 §6: a refresh token that is not sent again stays.
    assert_eq!(session.tokens().refresh.as_ref().map(shown), Some("refresh-0"));
}

// F1
#[tokio::test]
async fn a_store_that_fails_during_a_renewal_is_told() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let store = SecretStore::of(StoreKind::File, &house.paths);
    let session = Session::begin_in(
        store,
        signed_in(&server.base),
        &house.connection,
        &house.paths,
        Arc::new(house.clock.clone()),
    )
    .await
    .unwrap();
    house.later(60);
    // What is kept can still be read, but a folder stands where nothing can be renamed over.
    let file = std::fs::read_dir(house.paths.secrets_dir()).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let error = session.bearer().await.unwrap_err();
    assert!(matches!(error, AuthError::Store(_)), "{error}");
    assert!(
        server.asked("/oauth2/token").is_empty(),
        "the refresh token was spent without a place for the next"
    );
}

#[tokio::test]
async fn signing_out_in_another_window_ends_this_one_at_its_next_renewal() {
    let (server, rotation) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let session = house.begin(signed_in(&server.base)).await;
    let other = house.resume().await.unwrap();
    other.sign_out().await;
    house.later(60);
    let error = session.bearer().await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains("signed out elsewhere"), "{error}");
    assert_eq!(rotation.lock().unwrap().issued, 0);
}

#[rstest]
#[case("medplum-cli", Some("refresh-0"), Renewal::BuiltInClient, "medplum-cli")]
#[case("app", None, Renewal::NotGiven, "super admins")]
#[tokio::test]
async fn a_session_that_cannot_be_renewed_counts_down_and_says_why(
    #[case] client: &str,
    #[case] refresh: Option<&str>,
    #[case] renewal: Renewal,
    #[case] word: &str,
) {
    let (server, _) = rotating().await;
    let mut house = House::new(&server.base, StoreKind::File);
    house.connection.client_id = Some(client.to_owned());
    let mut without = signed_in(&server.base);
    without.client_id = Some(client.to_owned());
    without.tokens.refresh = refresh.map(SecretString::from);
    let session = house.begin(without).await;
    assert_eq!(session.renewal(), renewal);
    house.later(55);
    assert_eq!(session.remaining(), Some(SignedDuration::from_mins(5)));
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-0");
    house.later(61);
    assert_eq!(session.remaining(), Some(SignedDuration::ZERO));
    let error = session.bearer().await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains(word), "{error}");
    assert!(server.asked("/oauth2/token").is_empty(), "a renewal that cannot work was tried");
    assert!(house.resume().await.is_none());
}

#[tokio::test]
async fn a_refused_token_without_renewal_ends_the_session_at_once() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::Memory);
    let mut without = signed_in(&server.base);
    without.tokens.refresh = None;
    let session = house.begin(without).await;
    let error = session.refused(&"access-0".into()).await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains("no longer accepts"), "{error}");
}

#[tokio::test]
async fn client_credentials_are_renewed_with_the_secret() {
    let server = always(Reply::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "access-1"}),
    ))
    .await;
    let house = House::new(&server.base, StoreKind::File);
    let mut machine = signed_in(&server.base);
    machine.method = Method::ClientCredentials;
    machine.client_secret = Some("s3cret".into());
    machine.tokens.refresh = None;
    house.begin(machine).await;
    house.later(90);
    let session = house.resume().await.unwrap();
    assert_eq!(shown(&session.bearer().await.unwrap()), "access-1");
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    assert_eq!(sent.form("grant_type").as_deref(), Some("client_credentials"));
}

#[tokio::test]
async fn a_kept_session_of_another_platform_is_not_taken_up() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::File);
    let mut foreign = signed_in(&server.base);
    foreign.issuer = "https://other.example/".into();
    house.begin(foreign).await;
    assert!(house.resume().await.is_none());
}

// S2
#[tokio::test]
async fn a_session_shows_no_secret() {
    let (server, _) = rotating().await;
    let house = House::new(&server.base, StoreKind::Memory);
    let session = house.begin(signed_in(&server.base)).await;
    let shown = format!("{session:?}");
    assert!(!shown.contains("access-0") && !shown.contains("refresh-0"), "{shown}");
    assert!(shown.contains("clinic"));
    let bounded = tokio::time::timeout(BOUND, session.sign_out()).await.unwrap();
    assert!(!format!("{bounded:?}").contains("access-0"));
}
