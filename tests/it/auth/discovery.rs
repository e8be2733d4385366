//! What servers say about themselves.

use idconsole::auth::discovery::discover;
use idconsole::auth::http::Http;
use idconsole::auth::{AuthError, Reach};
use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use rstest::rstest;
use serde_json::json;

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::connection;

fn http(base: &str) -> Http {
    Http::for_connection(&connection(base, Method::Browser)).unwrap()
}

// M1
#[rstest]
#[case("http://127.0.0.1:1/")]
#[case("{base}other/")]
#[case("{bare}")]
#[tokio::test]
async fn a_server_that_calls_itself_otherwise_is_refused(#[case] said: &'static str) {
    let server = Server::start(move |base, _| {
        let mut document = metadata(base);
        document["issuer"] =
            json!(said.replace("{base}", base).replace("{bare}", base.trim_end_matches('/')));
        Reply::json(200, &document)
    })
    .await;
    let error = discover(&http(&server.base), &server.base).await.unwrap_err();
    assert!(matches!(error, AuthError::OtherIssuer { .. }), "{error}");
}

// M2
#[rstest]
#[case("/tenant/a/.well-known/openid-configuration")]
#[case("/.well-known/oauth-authorization-server/tenant/a")]
#[case("/.well-known/openid-configuration/tenant/a")]
#[tokio::test]
async fn metadata_is_found_at_either_path_form(#[case] place: &'static str) {
    let server = Server::start(move |base, asked| {
        if asked.path != place {
            return Reply::not_found();
        }
        let mut document = metadata(base);
        document["issuer"] = json!(format!("{base}tenant/a"));
        Reply::json(200, &document)
    })
    .await;
    let issuer = format!("{}tenant/a", server.base);
    assert_eq!(discover(&http(&server.base), &issuer).await.unwrap().issuer, issuer);
}

// M3
#[tokio::test]
async fn an_endpoint_without_encryption_is_refused() {
    let server = Server::start(|base, _| {
        let mut document = metadata(base);
        document["token_endpoint"] = json!("http://api.clinic.example/oauth2/token");
        Reply::json(200, &document)
    })
    .await;
    let error = discover(&http(&server.base), &server.base).await.unwrap_err();
    assert!(error.to_string().contains("token endpoint is not https"), "{error}");
}

// M3
#[tokio::test]
async fn plain_http_on_this_machine_needs_a_connection_that_says_so() {
    let server = Server::start(|base, _| Reply::json(200, &metadata(base))).await;
    let encrypted = Connection::new(
        "c",
        BaseUrl::parse("https://api.clinic.example").unwrap(),
        Method::Browser,
        StoreKind::Memory,
    );
    let http = Http::for_connection(&encrypted).unwrap();
    assert!(matches!(discover(&http, &server.base).await, Err(AuthError::Metadata { .. })));
    assert!(server.asked(METADATA_PATH).is_empty());
}

// M3
#[tokio::test]
async fn an_extra_authority_must_be_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "not a certificate").unwrap();
    let mut wrong = connection("https://api.clinic.example", Method::Browser);
    wrong.extra_ca = Some(file.clone());
    let error = Http::for_connection(&wrong).unwrap_err().to_string();
    assert!(error.contains("ca.pem") && error.contains("PEM"), "{error}");
    wrong.extra_ca = Some(folder.path().join("missing.pem"));
    assert!(Http::for_connection(&wrong).unwrap_err().to_string().contains("missing.pem"));
}

// M4
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|base, _| Reply::json(200, &metadata(base))).await;
    let target = format!("{}.well-known/openid-configuration", elsewhere.base);
    let server =
        Server::start(move |_, _| Reply::raw(302, "text/plain", "").with("location", target.clone())).await;
    let error = discover(&http(&server.base), &server.base).await.unwrap_err();
    assert!(matches!(error, AuthError::NotAPlatform { .. }), "{error}");
    assert!(elsewhere.asked(METADATA_PATH).is_empty());
}

// M5
#[rstest]
#[case(Reply::raw(200, "text/html", "<html>web app</html>"))]
#[case(Reply::raw(200, "application/json", "{}"))]
#[case(Reply::raw(200, "application/json", "[1"))]
#[case(Reply::not_found())]
#[tokio::test]
async fn what_is_no_platform_is_told_apart(#[case] reply: Reply) {
    let server = Server::start(move |_, _| reply.clone()).await;
    let error = discover(&http(&server.base), &server.base).await.unwrap_err();
    assert!(matches!(error, AuthError::NotAPlatform { .. }), "{error}");
    assert!(error.to_string().contains("Check the base address"), "{error}");
}

// M5
#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = Server::start(|_, _| Reply::raw(200, "application/json", vec![b' '; 2 << 20])).await;
    let error = discover(&http(&server.base), &server.base).await.unwrap_err();
    assert!(error.to_string().contains("1 MB"), "{error}");
}

// M6
#[tokio::test]
async fn an_endpoint_on_another_host_is_noted() {
    let server = Server::start(|base, _| {
        let mut document = metadata(base);
        document["jwks_uri"] = json!("https://keys.example/jwks");
        Reply::json(200, &document)
    })
    .await;
    let metadata = discover(&http(&server.base), &server.base).await.unwrap();
    assert_eq!(metadata.notes.len(), 1);
    assert!(metadata.notes[0].contains("keys.example"));
}

#[tokio::test]
async fn nothing_listening_is_told_apart_from_no_such_name() {
    let port = super::support::free_ports(1)[0];
    let base = format!("http://127.0.0.1:{port}/");
    let refused = discover(&http(&base), &base).await.unwrap_err();
    assert!(matches!(refused, AuthError::Unreachable { why: Reach::Refused, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart_from_a_certificate_that_is_not_trusted() {
    let server = Server::start(|base, _| Reply::json(200, &metadata(base))).await;
    let encrypted = server.base.replace("http://", "https://");
    let error = discover(&http(&encrypted), &encrypted).await.unwrap_err();
    assert!(matches!(error, AuthError::Unreachable { why: Reach::NotTls, .. }), "{error:?}");
}
