//! What goes out, and what every kind of answer becomes (platform-api §1.2–§1.5, §1.8).

use std::sync::Arc;

use idconsole::identity::{MembershipId, Reference, Text, UserId, VersionId};
use idconsole::platform::{Client, Error, FixedToken, Invited, Kind, Options, SignInRoute};
use rstest::rstest;
use serde_json::json;

use super::quick;
use super::scripted::{Reply, Server, membership, user};

fn once() -> Options {
    Options { retries: 0, ..quick() }
}

async fn refused(reply: Reply) -> Error {
    Server::always(reply).await.client(once()).user(&UserId::from("u1")).await.unwrap_err()
}

#[rstest]
#[case(Reply::outcome(403, "forbidden", "Forbidden"), Kind::Forbidden, "Forbidden")]
#[case(Reply::outcome(404, "not-found", "Not found"), Kind::NotFound, "Not found")]
#[case(Reply::outcome(410, "gone", "Gone"), Kind::Gone, "Gone")]
#[case(Reply::outcome(401, "unauthorized", "Unauthorized"), Kind::Unauthorized, "Unauthorized")]
#[case(Reply::outcome(400, "x", "Authentication error"), Kind::AccountBroken, "Authentication error")]
#[case(
    Reply::new(
        400,
        "application/json",
        r#"{"error":"invalid_request","error_description":"Invalid client"}"#
    ),
    Kind::Invalid,
    "Invalid client"
)]
#[case(Reply::new(400, "text/plain", "Unsupported content type"), Kind::Invalid, "Unsupported content type")]
#[case(
    Reply::new(500, "application/json", r#"{"msg":"Internal Server Error"}"#),
    Kind::Server,
    "Internal Server Error"
)]
#[case(
    Reply::new(404, "application/json", r#"{"schemas":[],"status":"404","detail":"Not found"}"#),
    Kind::NotFound,
    "Not found"
)]
#[tokio::test]
async fn every_shape_of_refusal_is_read(#[case] reply: Reply, #[case] kind: Kind, #[case] text: &str) {
    let outcome = reply.body.contains("OperationOutcome");
    let error = refused(reply).await;
    assert_eq!((&error.kind, error.text.raw()), (&kind, text));
    assert_eq!(&*error.request, "GET /fhir/R4/User/u1");
    assert!(error.host.starts_with("127.0.0.1:"));
    assert_eq!(error.to_string().contains("6f0c"), outcome, "the request id: {error}");
}

// platform-api §1.4, trap
#[tokio::test]
async fn an_error_inside_a_200_is_an_error() {
    let error = refused(Reply::outcome(200, "ok", "Could not send email.")).await;
    assert_eq!((error.kind, error.text.raw()), (Kind::DoneButFailed, "Could not send email."));
}

// platform-api §6.1 step 9: the one place where such an error means that it was done
#[tokio::test]
async fn an_invitation_whose_mail_failed_is_done() {
    let server = Server::always(Reply::outcome(200, "ok", "Could not send email.")).await;
    let invited = server.client(once()).invite(&"p1".into(), &json!({"email": "a@b.example"})).await.unwrap();
    assert!(matches!(invited, Invited::WithoutMail(error) if error.text.raw() == "Could not send email."));
    let server = Server::always(Reply::json(200, &membership("m7"))).await;
    let invited = server.client(once()).invite(&"p1".into(), &json!({})).await.unwrap();
    assert_eq!(invited, Invited::Made(MembershipId::from("m7")));
}

// Wrong base address: everything that could stand there instead
#[rstest]
#[case::web_app(Reply::new(200, "text/html", "<!doctype html><title>Clinic</title>"))]
#[case::not_found_page(Reply::new(404, "text/html", "<html>nginx</html>"))]
#[case::redirect(Reply::new(302, "text/html", "").with("location", "https://login.example/"))]
#[case::other_api(Reply::new(
    404,
    "application/json",
    r#"{"message":"no Route matched with those values"}"#
))]
#[case::plain(Reply::new(200, "text/plain", "hello"))]
#[tokio::test]
async fn something_else_than_a_platform_is_said_to_be_none(#[case] reply: Reply) {
    let server = Server::always(reply).await;
    let error = server.client(once()).me().await.unwrap_err();
    assert_eq!(error.kind, Kind::NotAPlatform, "{error}");
    assert!(error.to_string().contains("base address"), "{error}");
    assert_eq!(server.client(once()).status().await.unwrap_err().kind, Kind::NotAPlatform);
}

// M5
#[tokio::test]
async fn an_answer_that_is_too_large_or_no_json_is_not_read() {
    let large = Server::always(Reply::json(200, &json!({"x": "y".repeat(5000)}))).await;
    let error = large.client(Options { largest_answer: 1000, ..once() }).me().await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreadable, "{error}");
    for body in ["not json", r#"{"resourceType":"User","id":7}"#] {
        assert_eq!(refused(Reply::new(200, "application/json", body)).await.kind, Kind::Unreadable);
    }
}

#[tokio::test]
async fn an_unreadable_answer_is_not_repeated_in_its_error() {
    let reply =
        Reply::new(200, "application/json", r#"{"resourceType":"User","id":{"passwordHash":"SECRET"}}"#);
    let error = refused(reply).await;
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
}

async fn patch(client: &Client) -> Result<(), Error> {
    let target = Reference::parse("User/u1").unwrap();
    let fields = [("/externalId".to_owned(), Some(json!("a"))), ("/userName".to_owned(), None)];
    client.patch(&target, &fields, None, Some(&VersionId::new("v1"))).await
}

// platform-api §1.8
#[tokio::test]
async fn a_failed_test_on_the_version_is_stale_and_tells_no_stored_value() {
    let server = Server::always(Reply::outcome(400, "x", "Test failed: JBSWY3DPEHPK3PXP != v1")).await;
    let error = patch(&server.client(quick())).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stale);
    assert!(!format!("{error} {error:?}").contains("JBSWY3DPEHPK3PXP"));
    assert_eq!(server.seen().len(), 1, "a stale write is not repeated");
}

#[tokio::test]
async fn a_patch_is_guarded_by_a_quoted_if_match_and_by_a_test() {
    let server = Server::always(Reply::json(200, &user("v2"))).await;
    patch(&server.client(quick())).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("PATCH", "/fhir/R4/User/u1"));
    // platform-api §1.6: without the quotes it is silently ignored
    assert_eq!(seen.header("if-match"), Some("W/\"v1\""));
    assert_eq!(seen.header("content-type"), Some("application/json-patch+json"));
    let expected = json!([
        {"op": "test", "path": "/meta/versionId", "value": "v1"},
        {"op": "add", "path": "/externalId", "value": "a"},
        {"op": "remove", "path": "/userName"}]);
    assert_eq!(seen.json(), expected);
}

#[tokio::test]
async fn requests_carry_the_bearer_and_ask_for_the_whole_meta() {
    let server = Server::always(Reply::json(200, &user("v1"))).await;
    server.client(quick()).user(&UserId::from("u1")).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("authorization"), Some("Bearer the-very-secret-token"));
    assert_eq!(seen.header("x-medplum"), Some("extended"));
    assert_eq!(seen.header("origin"), None, "platform-api §3.1");
}

// platform-api §1.3: the bearer of a broken account would spoil even an anonymous answer
#[rstest]
#[case(Reply::json(200, &json!({})), SignInRoute::Password)]
#[case(
    Reply::json(200, &json!({"domain": "clinic.example", "authorizeUrl": "https://idp.example/a?x=1"})),
    SignInRoute::Idp { authorize_url: Text::from("https://idp.example/a?x=1"), host: Text::from("idp.example") }
)]
#[case(Reply::outcome(400, "x", "Failed to construct URL for the domain"), SignInRoute::Broken)]
#[tokio::test]
async fn the_route_of_an_address_is_asked_anonymously(#[case] reply: Reply, #[case] route: SignInRoute) {
    let server = Server::always(reply).await;
    assert_eq!(server.client(quick()).sign_in_route("jane@clinic.example").await.unwrap(), route);
    let seen = &server.seen()[0];
    assert_eq!((seen.header("authorization"), seen.json()), (None, json!({"email": "jane@clinic.example"})));
}

// platform-api §17: a comma means OR, and would find somebody else
#[tokio::test]
async fn searches_look_for_exactly_what_they_are_given() {
    let server =
        Server::always(Reply::json(200, &json!({"resourceType": "Bundle", "type": "searchset"}))).await;
    let client = server.client(quick());
    client.memberships_by_external_id("zzz,REAL\\x").await.unwrap();
    client.memberships_by_email("a,b@clinic.example").await.unwrap();
    client.users_by_email("a,b@clinic.example").await.unwrap();
    client.memberships_of_user(&UserId::from("u1")).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].parameter("external-id:exact").unwrap(), "zzz\\,REAL\\\\x");
    assert_eq!(seen[1].parameter("user:User.email:exact").unwrap(), "a\\,b@clinic.example");
    assert_eq!(seen[2].parameter("email:exact").unwrap(), "a\\,b@clinic.example");
    assert_eq!(seen[3].parameter("user").unwrap(), "User/u1", "a bare id matches nothing");
}

#[rstest]
#[case("")]
#[case("..")]
#[case("../../oauth2/token")]
#[case("u1?x=y")]
#[tokio::test]
async fn an_id_that_no_record_can_have_is_not_asked_for(#[case] id: &str) {
    let server = Server::always(Reply::json(200, &user("v1"))).await;
    let error = server.client(quick()).user(&UserId::from(id)).await.unwrap_err();
    assert_eq!((error.kind, server.seen().len()), (Kind::NotFound, 0));
}

// M3
#[test]
fn credentials_go_to_https_or_to_this_machine_only() {
    let token = || Arc::new(FixedToken("t".into()));
    let open = |base: &str| Client::new(base.parse().unwrap(), token(), Options::default());
    assert_eq!(open("http://api.clinic.example/").unwrap_err().kind, Kind::Local);
    assert!(open("https://api.clinic.example").is_ok());
    assert!(open("http://localhost:8103/").is_ok());
    let pem = Options { extra_ca: Some(b"no certificate".to_vec()), ..Options::default() };
    let error = Client::new("https://x.example/".parse().unwrap(), token(), pem).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn no_token_is_in_any_debug_output() {
    let server = Server::always(Reply::outcome(403, "forbidden", "Forbidden")).await;
    let client = server.client(quick());
    let error = client.me().await.unwrap_err();
    assert!(!format!("{client:?} {error:?} {error}").contains("the-very-secret-token"));
}
