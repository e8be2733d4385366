//! Browser elsewhere, its last address pasted back.

use std::sync::{Arc, Mutex};

use idconsole::auth::{Answer, FlowEvent, Note, SignIn, start};
use idconsole::config::Method;
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::support::{World, connection, end, id_token, query, s256, until};

type Terms = Arc<Mutex<(String, String)>>;

async fn platform() -> (Server, Terms) {
    let terms: Terms = Arc::default();
    let known = Arc::clone(&terms);
    let server = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        "/oauth2/token" => {
            let (challenge, nonce) = known.lock().unwrap().clone();
            if s256(&asked.form("code_verifier").unwrap_or_default()) != challenge {
                return Reply::error("invalid_request", "Invalid code verifier");
            }
            let body = json!({
                "token_type": "Bearer", "expires_in": 3600, "access_token": asked.form("code"),
                "id_token": id_token(base, "app", &nonce),
            });
            Reply::json(200, &body)
        }
        _ => Reply::not_found(),
    })
    .await;
    (server, terms)
}

// L4, L12
#[rstest]
#[case("{redirect}?code=c1&state={state}")]
#[case("code=c1&state={state}")]
#[case("  c1 \n")]
#[tokio::test]
async fn what_is_pasted_becomes_a_session_and_foreign_answers_are_asked_for_again(#[case] pasted: &str) {
    let (server, terms) = platform().await;
    let mut flow = start(SignIn::new(connection(&server.base, Method::Paste)), World::new().still());
    let wanted = |event: &FlowEvent| match event {
        FlowEvent::NeedPaste { url } => Some(url.parse::<url::Url>().unwrap()),
        _ => None,
    };
    let url = until(&mut flow, wanted).await;
    *terms.lock().unwrap() = (query(&url, "code_challenge"), query(&url, "nonce"));
    let redirect = query(&url, "redirect_uri");
    // L2: one of the registered addresses, though nothing listens on it here.
    assert_eq!(redirect, "http://127.0.0.1:9615/callback");

    flow.answer(Answer::Pasted(format!("{redirect}?code=evil&state=guess").into()));
    until(&mut flow, |event| matches!(event, FlowEvent::Note(Note::Ignored(_))).then_some(())).await;
    assert_eq!(until(&mut flow, wanted).await, url);

    let filled = pasted.replace("{redirect}", &redirect).replace("{state}", &query(&url, "state"));
    flow.answer(Answer::Pasted(filled.into()));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.tokens.access.expose_secret(), "c1");
    assert_eq!(server.asked("/oauth2/token").len(), 1);
}
