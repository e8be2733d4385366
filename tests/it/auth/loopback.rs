//! Browser sign-in with the answer on loopback.

use std::sync::{Arc, Mutex};

use idconsole::auth::{Answer, AuthError, FlowEvent, Note, Redirects, Renewal, start};
use idconsole::config::Method;
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::scripted::{Asked, METADATA_PATH, Reply, Server, metadata};
use super::support::{
    World, all, browser_client, connection, end, free_ports, id_token, next, opened, query, s256, sign_in,
    until, visit,
};

/// What the authorization request of the attempt said; the token endpoint holds the code request against it.
type Terms = Arc<Mutex<Option<(String, String)>>>;

async fn platform(change: impl Fn(&mut Value) + Send + Sync + 'static) -> (Server, Terms) {
    let terms: Terms = Arc::default();
    let known = Arc::clone(&terms);
    let server = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            change(&mut document);
            Reply::json(200, &document)
        }
        "/oauth2/token" => token(base, asked, &known),
        _ => Reply::not_found(),
    })
    .await;
    (server, terms)
}

fn token(base: &str, asked: &Asked, terms: &Terms) -> Reply {
    let Some((challenge, nonce)) = terms.lock().unwrap().clone() else {
        return Reply::error("invalid_request", "Invalid code");
    };
    let verifier = asked.form("code_verifier").unwrap_or_default();
    if s256(&verifier) != challenge || !(43..=128).contains(&verifier.len()) {
        return Reply::error("invalid_request", "Invalid code verifier");
    }
    Reply::json(
        200,
        &json!({
            "token_type": "Bearer", "expires_in": 3600, "scope": "openid offline_access",
            "access_token": "access-1", "refresh_token": "refresh-1",
            "id_token": id_token(base, &asked.form("client_id").unwrap_or_default(), &nonce),
        }),
    )
}

/// Lets the scripted platform know what the browser was sent with; gives redirect address and state.
fn authorize(url: &url::Url, terms: &Terms) -> (String, String) {
    *terms.lock().unwrap() = Some((query(url, "code_challenge"), query(url, "nonce")));
    (query(url, "redirect_uri"), query(url, "state"))
}

// L1, L3, L4, L6, L8, L12
#[tokio::test]
async fn the_answer_on_loopback_becomes_a_session() {
    let (server, terms) = platform(|_| {}).await;
    let world = World::new();
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), world.still());
    let url = opened(&mut flow).await;
    assert_eq!(query(&url, "code_challenge_method"), "S256");
    assert_eq!(query(&url, "response_type"), "code");
    assert_eq!(query(&url, "scope"), "openid offline_access");
    assert_eq!(world.browser.opened.lock().unwrap().as_slice(), [url.as_str()]);
    let (redirect, state) = authorize(&url, &terms);
    assert!(redirect.starts_with("http://127.0.0.1:") && redirect.ends_with("/callback"), "{redirect}");

    let (status, headers, page) = visit(&format!("{redirect}?code=code-1&state={state}")).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(page.contains("Go back to the terminal") && !page.contains("code-1"));

    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.tokens.access.expose_secret(), "access-1");
    assert_eq!(signed_in.issuer, server.base);
    assert_eq!(Renewal::of(&signed_in), Renewal::Possible);
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    assert_eq!(sent.form("redirect_uri").as_deref(), Some(redirect.as_str()));
    assert_eq!(sent.form("client_id").as_deref(), Some("app"));
    assert_eq!((sent.form("client_secret"), sent.header("authorization")), (None, None));
    assert!(visit(&redirect).await.is_err(), "the listener is still open");
    assert!(!format!("{signed_in:?}").contains("access-1"));
}

// L3, L4, L6
#[tokio::test]
async fn every_attempt_has_its_own_secrets() {
    let (server, _) = platform(|_| {}).await;
    let world = World::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..2 {
        let mut flow = start(sign_in(connection(&server.base, Method::Browser)), world.still());
        let url = opened(&mut flow).await;
        for name in ["state", "nonce", "code_challenge"] {
            let value = query(&url, name);
            assert!(value.len() >= 43, "{name} is short: {value}");
            assert!(seen.insert(value), "{name} came twice");
        }
    }
}

// L1
#[tokio::test]
async fn a_redirect_by_literal_address_listens_there_only() {
    let (server, _) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let redirect = query(&opened(&mut flow).await, "redirect_uri");
    let other = redirect.replace("127.0.0.1", "[::1]");
    assert!(visit(&redirect).await.is_ok());
    assert!(visit(&other).await.is_err());
}

// L1
#[tokio::test]
async fn the_built_in_client_is_answered_on_both_addresses_of_localhost() {
    let (server, terms) = platform(|_| {}).await;
    let mut built_in = connection(&server.base, Method::Browser);
    built_in.client_id = None;
    let mut request = sign_in(built_in);
    request.redirects = Redirects { ports: free_ports(4), ..Redirects::built_in() };
    let mut flow = start(request, World::new().still());
    let url = opened(&mut flow).await;
    assert_eq!((query(&url, "client_id"), query(&url, "scope")), ("medplum-cli".into(), "openid".into()));
    let (redirect, state) = authorize(&url, &terms);
    let port: u16 = redirect.strip_prefix("http://localhost:").unwrap().parse().unwrap();
    let answer = format!("/?code=c&state={state}");
    let client = browser_client();
    let at = |host: &str, path: &str| {
        client.get(format!("http://{host}:{port}{path}")).header("host", format!("localhost:{port}")).send()
    };
    assert_eq!(at("127.0.0.1", "/favicon.ico").await.unwrap().status(), 404);
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    let host = if has_ipv6 { "[::1]" } else { "127.0.0.1" };
    assert_eq!(at(host, &answer).await.unwrap().status(), 200);
    let events = all(&mut flow).await;
    // F1: told, not found out an hour later.
    assert!(
        events
            .iter()
            .any(|event| { matches!(event, FlowEvent::Note(Note::NoRenewal(Renewal::BuiltInClient))) })
    );
    assert!(matches!(events.last(), Some(FlowEvent::Done(_))), "{events:?}");
}

// L2
#[tokio::test]
async fn a_busy_port_is_passed_over() {
    let (server, _) = platform(|_| {}).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = taken.local_addr().unwrap().port();
    let mut request = sign_in(connection(&server.base, Method::Browser));
    request.redirects.ports.insert(0, busy);
    let second = request.redirects.ports[1];
    let mut flow = start(request, World::new().still());
    let redirect = query(&opened(&mut flow).await, "redirect_uri");
    assert_eq!(redirect, format!("http://127.0.0.1:{second}/callback"));
}

// L2
#[tokio::test]
async fn it_is_told_when_every_registered_port_is_busy() {
    let (server, _) = platform(|_| {}).await;
    let taken: Vec<_> = (0..2).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<u16> = taken.iter().map(|socket| socket.local_addr().unwrap().port()).collect();
    let world = World::new();
    let mut request = sign_in(connection(&server.base, Method::Browser));
    request.redirects.ports.clone_from(&ports);
    let error = end(&mut start(request, world.still())).await.unwrap_err();
    assert_eq!(error, AuthError::PortsBusy(ports.clone()));
    assert!(error.to_string().contains(&ports[1].to_string()) && error.to_string().contains("Paste back"));
    assert!(world.browser.opened.lock().unwrap().is_empty());
}

// L3
#[tokio::test]
async fn a_server_without_s256_is_not_signed_in_to() {
    let (server, _) =
        platform(|document| document["code_challenge_methods_supported"] = json!(["plain"])).await;
    let world = World::new();
    let error = end(&mut start(sign_in(connection(&server.base, Method::Browser)), world.still())).await;
    assert!(error.unwrap_err().to_string().contains("S256"));
    assert!(world.browser.opened.lock().unwrap().is_empty());
}

// L3
#[tokio::test]
async fn a_server_that_does_not_tell_about_pkce_is_noted_and_s256_used() {
    let (server, _) = platform(|document| {
        document.as_object_mut().unwrap().remove("code_challenge_methods_supported");
    })
    .await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    until(&mut flow, |event| match event {
        FlowEvent::Note(Note::Metadata(text)) if text.contains("PKCE") => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(query(&opened(&mut flow).await, "code_challenge_method"), "S256");
}

// L4
#[tokio::test]
async fn an_answer_with_a_foreign_state_is_dropped_and_the_wait_goes_on() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    for foreign in ["code=evil&state=guess", "code=evil", "error=access_denied&state=guess"] {
        let (status, _, page) = visit(&format!("{redirect}?{foreign}")).await.unwrap();
        assert_eq!(status, 400);
        assert!(!page.contains("evil") && !page.contains("guess"));
        until(&mut flow, |event| matches!(event, FlowEvent::Note(Note::Ignored(_))).then_some(())).await;
    }
    visit(&format!("{redirect}?code=good&state={state}")).await.unwrap();
    end(&mut flow).await.unwrap();
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    assert_eq!(sent.form("code").as_deref(), Some("good"));
}

// L5
#[rstest]
#[case(false, "&iss=http%3A%2F%2Fother.example%2F")]
#[case(true, "")]
#[tokio::test]
async fn an_answer_of_another_issuer_ends_the_attempt(#[case] promised: bool, #[case] iss: &str) {
    let (server, terms) = platform(move |document| {
        document["authorization_response_iss_parameter_supported"] = json!(promised);
    })
    .await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    visit(&format!("{redirect}?code=c&state={state}{iss}")).await.unwrap();
    assert!(matches!(end(&mut flow).await, Err(AuthError::NotOurs(_))));
    assert!(server.asked("/oauth2/token").is_empty(), "the code was sent to the wrong server");
}

// L6
#[tokio::test]
async fn an_id_token_of_another_attempt_is_refused() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    terms.lock().unwrap().as_mut().unwrap().1 = "another".to_owned();
    visit(&format!("{redirect}?code=c&state={state}")).await.unwrap();
    assert!(matches!(end(&mut flow).await, Err(AuthError::NotOurs(_))));
}

// L7
#[tokio::test]
async fn the_address_is_told_even_when_no_browser_starts() {
    let (server, _) = platform(|_| {}).await;
    let world = World {
        browser: Arc::new(super::support::Remembering { broken: true, ..Default::default() }),
        ..World::new()
    };
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), world.still());
    let url = until(&mut flow, |event| match event {
        FlowEvent::OpenBrowser { url, opened: false } => Some(url.clone()),
        _ => None,
    })
    .await;
    flow.answer(Answer::OpenAgain);
    let again = opened(&mut flow).await;
    assert_eq!(again.as_str(), url);
    assert_eq!(world.browser.opened.lock().unwrap().len(), 2);
}

// L9
#[tokio::test]
async fn only_the_registered_request_is_looked_at_and_nothing_is_repeated() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    let good = format!("{redirect}?code=c0de&state={state}");
    let client = browser_client();
    let wrong = [
        (client.get(good.replace("/callback", "/other")), 404),
        (client.get(good.replace("/callback", "/callback/")), 404),
        (client.post(&good), 405),
        (client.head(&good), 405),
        (client.get(&good).header("host", "evil.example"), 421),
        (client.get(&good).header("host", "localhost:1"), 421),
    ];
    for (request, expected) in wrong {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), expected);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        let page = response.text().await.unwrap();
        assert!(!page.contains("c0de") && !page.contains(&state));
    }
    assert!(server.asked("/oauth2/token").is_empty());
    visit(&good).await.unwrap();
    end(&mut flow).await.unwrap();
}

// L10
#[tokio::test]
async fn a_refusal_with_the_right_state_is_told_in_safe_words() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    let (_, _, page) = visit(&format!(
        "{redirect}?error=access_denied&error_description=No%1b%5B31m%3Cscript%3E&state={state}"
    ))
    .await
    .unwrap();
    assert!(!page.contains("<script>"));
    let error = end(&mut flow).await.unwrap_err();
    assert!(error.to_string().contains("\\x1b[31m") && !error.to_string().contains('\u{1b}'), "{error}");
}

// L11
#[tokio::test]
async fn two_sign_ins_at_once_have_different_redirect_addresses() {
    let (one, _) = platform(|_| {}).await;
    let (two, _) = platform(|_| {}).await;
    let shared = free_ports(3);
    let request = |server: &Server| {
        let mut request = sign_in(connection(&server.base, Method::Browser));
        request.redirects.ports.clone_from(&shared);
        request
    };
    let world = World::new();
    let mut first = start(request(&one), world.still());
    let at_one = query(&opened(&mut first).await, "redirect_uri");
    let mut second = start(request(&two), world.still());
    let at_two = query(&opened(&mut second).await, "redirect_uri");
    assert_ne!(at_one, at_two);
}

// L12
#[tokio::test]
async fn a_second_answer_finds_nobody() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    let good = format!("{redirect}?code=c&state={state}");
    assert_eq!(visit(&good).await.unwrap().0, 200);
    // Closed already, or about to close: in no case taken.
    if let Ok((status, _, _)) = visit(&good).await {
        assert_eq!(status, 410);
    }
    end(&mut flow).await.unwrap();
    assert_eq!(server.asked("/oauth2/token").len(), 1);
}

#[tokio::test]
async fn dropping_the_flow_closes_its_listener() {
    let (server, _) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let redirect = query(&opened(&mut flow).await, "redirect_uri");
    drop(flow);
    let closed = async {
        while visit(&redirect).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::support::BOUND, closed).await.expect("the listener stays open");
}

#[tokio::test]
async fn a_cancelled_sign_in_says_so() {
    let (server, _) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    opened(&mut flow).await;
    flow.canceller().cancel();
    assert_eq!(end(&mut flow).await.unwrap_err(), AuthError::Cancelled);
}

#[tokio::test]
async fn patience_with_the_browser_ends() {
    let (server, _) = platform(|_| {}).await;
    let world = World::new();
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), world.skipping());
    let until_then = until(&mut flow, |event| match event {
        FlowEvent::Waiting { until } => Some(*until),
        _ => None,
    })
    .await;
    assert_eq!(until_then, super::support::noon() + jiff::SignedDuration::from_mins(5));
    assert_eq!(end(&mut flow).await.unwrap_err(), AuthError::Expired);
    assert_eq!(world.pauses(), [300]);
}

#[tokio::test]
async fn a_refused_code_is_explained() {
    let (server, terms) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let (redirect, state) = authorize(&opened(&mut flow).await, &terms);
    *terms.lock().unwrap() = None;
    visit(&format!("{redirect}?code=c&state={state}")).await.unwrap();
    let error = end(&mut flow).await.unwrap_err();
    assert!(error.to_string().contains("“Invalid code”"), "{error}");
    assert!(tokio::time::timeout(super::support::BOUND, flow.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn the_start_names_host_client_and_scopes() {
    let (server, _) = platform(|_| {}).await;
    let mut flow = start(sign_in(connection(&server.base, Method::Browser)), World::new().still());
    let FlowEvent::Started { method, host, client, scope } = next(&mut flow).await else {
        panic!("it begins otherwise")
    };
    assert_eq!(method, Method::Browser);
    assert_eq!(format!("http://{host}/"), server.base);
    assert_eq!((client.as_deref(), scope.as_str()), (Some("app"), "openid offline_access"));
}
