//! Device sign-in at an identity provider, then token exchange at the platform.

use idconsole::auth::{AuthError, FlowEvent, Note, SignIn, start};
use idconsole::config::{Connection, Idp, Method};
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::{World, all, connection, end, id_token, jwt, until};

async fn idp() -> Server {
    Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["device_authorization_endpoint"] = json!(format!("{base}device_authorization"));
            Reply::json(200, &document)
        }
        "/device_authorization" => Reply::json(
            200,
            &json!({
                "device_code": "d", "user_code": "ABCD", "verification_uri": format!("{base}device"),
                "expires_in": 600,
            }),
        ),
        "/oauth2/token" => {
            Reply::json(200, &json!({"token_type": "Bearer", "expires_in": 300, "access_token": "idp-token"}))
        }
        _ => Reply::not_found(),
    })
    .await
}

async fn platform(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Server {
    Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        "/oauth2/token" if asked.form("subject_token").as_deref() == Some("idp-token") => {
            let mut body = json!({
                "token_type": "Bearer", "expires_in": 3600, "access_token": "platform-token",
                "refresh_token": "refresh-1", "scope": "openid offline_access",
                "id_token": id_token(base, "portal", &asked.form("nonce").unwrap_or_default()),
            });
            change(&mut body);
            Reply::json(200, &body)
        }
        _ => Reply::outcome(400, "x", "User not found"),
    })
    .await
}

fn request(platform: &Server, idp: &Server) -> Connection {
    let mut connection = connection(&platform.base, Method::DeviceExchange);
    connection.client_id = Some("portal".to_owned());
    connection.membership = Some("m-1".into());
    connection.idp = Some(Idp {
        issuer: idp.base.clone(),
        client_id: "cli-at-idp".to_owned(),
        scope: "openid email".to_owned(),
    });
    connection
}

// X1
#[tokio::test]
async fn the_token_of_the_idp_becomes_the_platforms_and_both_stay() {
    let (idp, platform) = (idp().await, platform(|_| {}).await);
    let mut flow = start(SignIn::new(request(&platform, &idp)), World::new().skipping());
    let (host, client, scope) = until(&mut flow, |event| match event {
        FlowEvent::ShowCode { host, client, scope, .. } => {
            Some((host.clone(), client.clone(), scope.clone()))
        }
        _ => None,
    })
    .await;
    assert_eq!(format!("http://{host}/"), idp.base);
    assert_eq!((client.as_str(), scope.as_str()), ("cli-at-idp", "openid email"));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.tokens.access.expose_secret(), "platform-token");
    assert_eq!(signed_in.idp_tokens.unwrap().access.expose_secret(), "idp-token");
    assert_eq!(signed_in.issuer, platform.base);
    let [sent] = platform.asked("/oauth2/token").try_into().unwrap();
    let sent = |name: &str| sent.form(name).unwrap();
    assert_eq!(sent("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(sent("subject_token_type"), "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!((sent("client_id"), sent("membership_id")), ("portal".into(), "m-1".into()));
}

// X1
#[tokio::test]
async fn the_person_is_told_who_acts_for_them() {
    let idp = idp().await;
    let acting = jwt(&json!({"sub": "u1", "act": {"sub": "ward-gateway"}}));
    let platform = platform(move |body| body["access_token"] = json!(acting)).await;
    let events = all(&mut start(SignIn::new(request(&platform, &idp)), World::new().skipping())).await;
    let told: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            FlowEvent::Note(note @ Note::Acting(_)) => Some(note.to_string()),
            _ => None,
        })
        .collect();
    let [told] = told.try_into().unwrap();
    assert!(told.contains("delegation") && told.contains("ward-gateway"), "{told}");
}

// X1
#[rstest]
#[case("issued_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token"))]
#[case("token_type", json!("N_A"))]
#[case("access_token", Value::Null)]
#[tokio::test]
async fn what_is_issued_must_be_a_bearer_access_token(#[case] member: &'static str, #[case] value: Value) {
    let idp = idp().await;
    let platform = platform(move |body| body[member] = value.clone()).await;
    let error = end(&mut start(SignIn::new(request(&platform, &idp)), World::new().skipping())).await;
    assert!(matches!(error, Err(AuthError::Unreadable { .. })), "{error:?}");
}

// X1
#[tokio::test]
async fn the_right_issued_token_type_passes() {
    let idp = idp().await;
    let platform = platform(|body| {
        body["issued_token_type"] = json!("urn:ietf:params:oauth:token-type:access_token");
    })
    .await;
    end(&mut start(SignIn::new(request(&platform, &idp)), World::new().skipping())).await.unwrap();
}

#[tokio::test]
async fn a_refusal_in_the_platforms_other_error_shape_is_explained() {
    let idp = idp().await;
    let platform = Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        _ => Reply::outcome(400, "x", "User not found"),
    })
    .await;
    let error = end(&mut start(SignIn::new(request(&platform, &idp)), World::new().skipping())).await;
    assert!(error.unwrap_err().to_string().contains("“User not found”"));
}

#[tokio::test]
async fn a_connection_without_idp_or_client_says_what_is_missing() {
    let platform = platform(|_| {}).await;
    let without = connection(&platform.base, Method::DeviceExchange);
    let error = end(&mut start(SignIn::new(without), World::new().skipping())).await.unwrap_err();
    assert!(error.to_string().contains("no identity provider") && error.to_string().contains("issuer"));
}
