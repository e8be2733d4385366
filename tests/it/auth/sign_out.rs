//! Ending a session.

use std::sync::Arc;

use idconsole::auth::{Session, SignedIn, Tokens};
use idconsole::config::{Method, Paths, StoreKind};
use idconsole::ports::FixedClock;
use jiff::SignedDuration;
use serde_json::json;

use super::scripted::{Reply, Server};
use super::support::{connection, noon};

struct House {
    _folder: tempfile::TempDir,
    paths: Paths,
    session: Session,
    server: Server,
}

impl House {
    async fn new(server: Server, revocation: bool) -> Self {
        let base = server.base.clone();
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let mut connection = connection(&base, Method::Browser);
        connection.store = StoreKind::File;
        let at = |path: &str| Some(format!("{base}{path}").parse().unwrap());
        let signed_in = SignedIn {
            connection: "clinic".into(),
            method: Method::Browser,
            issuer: base.clone(),
            client_id: Some("app".into()),
            client_secret: None,
            token_endpoint: at("oauth2/token"),
            logout_endpoint: at("oauth2/logout"),
            revocation_endpoint: if revocation { at("oauth2/revoke") } else { None },
            asked_scope: "openid".into(),
            tokens: Tokens {
                access: "access-0".into(),
                refresh: Some("refresh-0".into()),
                id: None,
                expires_at: Some(noon() + SignedDuration::from_hours(1)),
                scope: None,
            },
            idp_tokens: None,
        };
        let clock = Arc::new(FixedClock::at(noon()));
        let session = Session::begin(signed_in, &connection, &paths, clock).await.unwrap();
        Self { _folder: folder, paths, session, server }
    }

    fn kept(&self) -> usize {
        std::fs::read_dir(self.paths.secrets_dir()).unwrap().count()
    }
}

// R2
#[tokio::test]
async fn signing_out_ends_the_session_at_the_platform_and_here() {
    let house = House::new(Server::start(|_, _| Reply::json(200, &json!({"id": "ok"}))).await, false).await;
    assert_eq!(house.kept(), 1);
    let done = house.session.sign_out().await;
    assert!(done.complete(), "{done}");
    let [sent] = house.server.asked("/oauth2/logout").try_into().unwrap();
    assert_eq!(sent.header("authorization"), Some("Bearer access-0"));
    assert_eq!(house.kept(), 0);
    assert!(house.session.bearer().await.unwrap_err().needs_sign_in());
}

// R2
#[tokio::test]
async fn what_is_kept_here_goes_even_when_the_platform_fails_and_it_is_told_which() {
    let fault = Reply::json(500, &json!({"msg": "Internal Server Error"}));
    let house = House::new(Server::start(move |_, _| fault.clone()).await, false).await;
    let done = house.session.sign_out().await;
    assert!(done.server.is_err() && done.local.is_ok());
    assert!(done.to_string().starts_with("Signed out here only"), "{done}");
    assert_eq!(house.kept(), 0);
}

// R2
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_removed_here_is_told_apart() {
    let house = House::new(Server::start(|_, _| Reply::json(200, &json!({}))).await, false).await;
    let file = std::fs::read_dir(house.paths.secrets_dir()).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let done = house.session.sign_out().await;
    assert!(done.server.is_ok() && done.local.is_err());
    assert!(done.to_string().contains("could not be removed"), "{done}");
}

// R2
#[tokio::test]
async fn a_session_that_had_already_ended_at_the_platform_counts_as_ended() {
    let house =
        House::new(Server::start(|_, _| Reply::outcome(401, "unauthorized", "Unauthorized")).await, false)
            .await;
    assert!(house.session.sign_out().await.complete());
}

// R1
#[tokio::test]
async fn the_refresh_token_is_revoked_first_where_revocation_exists() {
    let house = House::new(Server::start(|_, _| Reply::json(200, &json!({}))).await, true).await;
    assert!(house.session.sign_out().await.complete());
    let [sent] = house.server.asked("/oauth2/revoke").try_into().unwrap();
    assert_eq!(sent.form("token").as_deref(), Some("refresh-0"));
    assert_eq!(sent.form("token_type_hint").as_deref(), Some("refresh_token"));
    assert_eq!(sent.form("client_id").as_deref(), Some("app"));
}

// R1
#[tokio::test]
async fn a_server_that_revokes_no_refresh_tokens_is_given_the_access_token() {
    let server = Server::start(|_, asked| match asked.form("token_type_hint").as_deref() {
        Some("refresh_token") => Reply::error("unsupported_token_type", "no"),
        _ => Reply::json(200, &json!({})),
    })
    .await;
    let house = House::new(server, true).await;
    assert!(house.session.sign_out().await.complete());
    let tokens: Vec<_> =
        house.server.asked("/oauth2/revoke").iter().map(|sent| sent.form("token").unwrap()).collect();
    assert_eq!(tokens, ["refresh-0", "access-0"]);
}

// R1
#[tokio::test]
async fn a_busy_server_is_asked_once_more_after_the_time_it_names() {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_, asked| {
        let first =
            asked.path == "/oauth2/revoke" && seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        if first {
            Reply::raw(503, "text/plain", "busy").with("retry-after", "0")
        } else {
            Reply::json(200, &json!({}))
        }
    })
    .await;
    let house = House::new(server, true).await;
    assert!(house.session.sign_out().await.complete());
    assert_eq!(house.server.asked("/oauth2/revoke").len(), 2);
}
