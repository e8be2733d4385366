//! Sign-in without a person.

use idconsole::auth::{Answer, AuthError, FlowEvent, Note, Renewal, SignIn, start};
use idconsole::config::{Environment, Method};
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::{World, all, connection, end, jwt, noon, until};

async fn platform() -> Server {
    Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        // app:s3cret
        "/oauth2/token" if asked.header("authorization") == Some("Basic YXBwOnMzY3JldA==") => {
            Reply::json(200, &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "access-1"}))
        }
        _ => Reply::error("invalid_request", "Invalid secret"),
    })
    .await
}

#[tokio::test]
async fn a_client_signs_in_with_its_secret_and_can_renew() {
    let server = platform().await;
    let mut flow =
        start(SignIn::new(connection(&server.base, Method::ClientCredentials)), World::new().still());
    until(&mut flow, |event| matches!(event, FlowEvent::NeedClientSecret { .. }).then_some(())).await;
    flow.answer(Answer::ClientSecret("s3cret".into()));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(Renewal::of(&signed_in), Renewal::Possible);
    assert!(!format!("{signed_in:?}").contains("s3cret"));
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    // F2: nothing that is not used.
    assert_eq!(sent.form("scope").as_deref(), Some("openid"));
}

#[tokio::test]
async fn the_secret_of_the_environment_is_used_without_asking() {
    let server = platform().await;
    let environment =
        Environment::from_lookup(|name| (name == "IDCONSOLE_CLIENT_SECRET").then(|| "s3cret".into()));
    let request =
        SignIn::new(connection(&server.base, Method::ClientCredentials)).with_environment(&environment);
    let events = all(&mut start(request, World::new().still())).await;
    assert!(matches!(events.last(), Some(FlowEvent::Done(_))), "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, FlowEvent::NeedClientSecret { .. })));
}

#[tokio::test]
async fn a_client_without_id_says_what_is_missing() {
    let server = platform().await;
    let mut connection = connection(&server.base, Method::ClientCredentials);
    connection.client_id = None;
    let error = end(&mut start(SignIn::new(connection), World::new().still())).await.unwrap_err();
    assert!(error.to_string().contains("IDCONSOLE_CLIENT_ID"), "{error}");
}

fn with_token(token: &str) -> SignIn {
    let mut request = SignIn::new(connection("https://api.clinic.example", Method::Environment));
    request.prepared.access_token = Some(token.into());
    request
}

#[tokio::test]
async fn a_token_of_the_environment_needs_no_network_and_tells_its_end() {
    let end_of_token = noon() + jiff::SignedDuration::from_mins(10);
    let token = jwt(&json!({"iss": "https://api.clinic.example/", "exp": end_of_token.as_second()}));
    let mut flow = start(with_token(&format!(" Bearer {token}\n")), World::new().still());
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.tokens.access.expose_secret(), token);
    assert_eq!(signed_in.tokens.expires_at, Some(end_of_token));
    assert_eq!(Renewal::of(&signed_in), Renewal::Environment);
}

#[tokio::test]
async fn a_token_that_names_another_issuer_is_noted() {
    let token = jwt(&json!({"iss": "https://other.example/", "exp": 4_000_000_000_u64}));
    let events = all(&mut start(with_token(&token), World::new().still())).await;
    assert!(events.iter().any(|event| {
        matches!(event, FlowEvent::Note(Note::Metadata(text)) if text.contains("other.example"))
    }));
}

#[rstest]
#[case("", "spaces")]
#[case("two words", "spaces")]
#[case("a\u{1b}b", "characters")]
#[tokio::test]
async fn what_can_be_no_token_is_refused(#[case] token: &str, #[case] told: &str) {
    let error = end(&mut start(with_token(token), World::new().still())).await.unwrap_err();
    assert!(matches!(error, AuthError::EnvironmentToken(_)) && error.to_string().contains(told), "{error}");
}

#[tokio::test]
async fn a_token_that_has_ended_is_refused_before_it_is_used() {
    let token = jwt(&json!({"exp": noon().as_second() - 1}));
    let error = end(&mut start(with_token(&token), World::new().still())).await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains("ended"), "{error}");
}
