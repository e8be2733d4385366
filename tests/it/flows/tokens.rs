//! The token lab by keys, over HTTP, in both roles: paste what was refused and read the true reason.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use idconsole::auth::Pause;
use idconsole::console::screens::Place;
use idconsole::console::{Look, Msg, World};
use idconsole::demo::Running;
use idconsole::demo::idp::PASSWORD as IDP_PASSWORD;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::email_change::{says, signed_in};
use crate::auth::scripted::{METADATA_PATH, Reply, Server, metadata};
use crate::auth::signature::{key, signed};
use crate::demo::demonstration;
use crate::harness::Harness;
use crate::workflows::token_lab::{Tokens, tokens};

const DANA: &str = "dana.cruz@post.example";
const SCOPE: &str = "openid profile email offline_access";

async fn of_dana(running: &Running) -> Tokens {
    tokens(running, DANA, idconsole::demo::PASSWORD, SCOPE).await
}

fn curl(running: &Running, path: &str, token: &str) -> String {
    format!(
        "curl -s '{}{path}' \\\n  -H 'Accept: application/fhir+json' \\\n  -H 'Authorization: Bearer {token}'\n",
        running.base_url
    )
}

/// The terminal's bracketed paste, on whatever is shown.
async fn paste(console: &mut Harness, text: &str) {
    console.tell(Msg::Pasted(text.to_owned())).await;
}

/// Where Dana's membership is stored.
fn membership(running: &Running) -> Value {
    let state = running.state.read();
    let user = state.find_by("User", "email", DANA).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    state.find_by("ProjectMembership", "user", &user).remove(0)
}

fn change(running: &Running, mut record: Value, with: impl FnOnce(&mut Value)) {
    with(&mut record);
    running.state.write().system_update(record).unwrap();
}

async fn end_session(running: &Running, token: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.post(format!("{}oauth2/logout", running.base_url)).bearer_auth(token).send().await.unwrap();
}

/// Nothing of a token stands on the screen.
fn shows_none(console: &Harness, token: &str) {
    let text = console.text();
    assert!(!text.contains("eyJ"), "{text}");
    for part in token.split('.') {
        assert!(!text.contains(&part[..24.min(part.len())]), "{text}");
    }
}

// The whole job: the reason stands there as soon as the command is pasted, without any key.
#[rstest]
#[case::session("session", "Its session was ended")]
#[case::member("member", "Dana Reyes is switched off")]
#[case::account("account", "The profile of Dana")]
#[case::policy("policy", "The access policy of Dana")]
#[case::project("project", "The address begins with `projects/`")]
#[case::id_token("id", "It is an ID token, and only access tokens are taken")]
#[case::forged("forged", "was changed")]
#[case::expired("expired", "It ended 2 h")]
#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_pastes_a_curl_command_and_reads_the_true_reason(
    #[case] what: &str,
    #[case] reason: &str,
    #[values(false, true)] super_admin: bool,
) {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    let mut token = dana.access.clone();
    let mut path = "fhir/R4/Observation".to_owned();
    match what {
        "session" => end_session(&running, &dana.access).await,
        "member" => change(&running, membership(&running), |record| record["active"] = json!(false)),
        "account" => {
            let membership = membership(&running);
            let (kind, id) = membership["profile"]["reference"].as_str().unwrap().split_once('/').unwrap();
            running.state.write().delete(kind, id);
        }
        "policy" => {
            let membership = membership(&running);
            let policy = membership["accessPolicy"]["reference"].as_str().unwrap();
            let policy = running.state.read().resolve(policy).unwrap();
            change(&running, policy, |record| record["resource"] = json!([{"resourceType": "Patient"}]));
        }
        "project" => {
            path = format!("projects/{}/fhir/R4/Patient", running.facts.as_ref().unwrap().project_id);
        }
        "id" => token = dana.id.clone(),
        "forged" => token = tampered(&dana.access),
        _ => {
            let later = SignedDuration::from_hours(3);
            running.state.clock.advance(std::time::Duration::from_hours(3));
            console.clock.set(idconsole::ports::Clock::now(&console.clock) + later);
        }
    }
    console.keys("6").await;
    assert_eq!(console.console.app.place(), Place::Tokens);
    paste(&mut console, &curl(&running, &path, &token)).await;
    let flat: String = console.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(reason), "no `{reason}` in\n{}", console.text());
    says(&console, "the Authorization header");
    shows_none(&console, &token);
    if super_admin {
        console.keep(&format!("tokens-{what}"));
    }
}

/// The same claims with another user in them, under the same signature.
fn tampered(token: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["sub"] = json!("00000000-0000-4000-8000-000000000000");
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
}

// One key: the refused one beside one's own, and what that means.
#[rstest]
#[case(false, 80, 24)]
#[case(true, 120, 40)]
#[tokio::test(flavor = "multi_thread")]
async fn the_refused_token_is_compared_with_a_working_one_by_one_key(
    #[case] super_admin: bool,
    #[case] width: u16,
    #[case] height: u16,
) {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    end_session(&running, &dana.access).await;
    let mut console = signed_in(&running, super_admin, width, height).await;
    console.keys("6").await;
    paste(&mut console, &curl(&running, "fhir/R4/Patient", &dana.access)).await;
    console.keys("c").await;
    says(&console, "Another session: ending one leaves the other alive");
    says(&console, "About somebody else");
    says(&console, "your session's access");
    // What it came to is still told above, about the one that was pasted.
    says(&console, "Its session was ended");
    shows_none(&console, &dana.access);
    console.keys("y").await;
    let copied = console.clipboard.all().pop().unwrap();
    assert!(copied.contains("another session") && !copied.contains("eyJ"), "{copied}");
    console.keys("<Ctrl-y>").await;
    assert!(console.clipboard.all().pop().unwrap().contains("\"difference\": \"changed\""));
}

// J12, S2
#[tokio::test(flavor = "multi_thread")]
async fn one_key_hides_every_value_in_every_view() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let membership = membership(&running);
    change(&running, membership.clone(), |record| record["active"] = json!(false));
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("6").await;
    paste(&mut console, &curl(&running, "fhir/R4/Patient", &dana.access)).await;
    console.keys("c").await;
    let reference =
        |field: &str| membership[field]["reference"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let secrets =
        [reference("user"), reference("profile"), DANA.to_owned(), "Dana".to_owned(), "Reyes".to_owned()];
    console.keys("H").await;
    says(&console, "values hidden");
    for page in ["Compare", "Raw", "Checks", "Times", "Claims", "Why"] {
        let keys = if page == "Raw" { "<Right>" } else { "<Left>" };
        if page != "Compare" {
            console.keys(keys).await;
        }
        if page == "Checks" {
            console.keys("<Left>").await;
        }
        let text = console.text();
        for secret in &secrets {
            assert!(!text.contains(secret), "{page} shows {secret}:\n{text}");
        }
        shows_none(&console, &dana.access);
    }
    says(&console, "The membership is switched off or deleted");
    // While hidden, the token itself is not to be seen either.
    console.keys("v").await;
    says(&console, "values are hidden; show them first");
    console.keys("H").await;
    says(&console, "Dana Reyes is switched off");
}

// S2
#[tokio::test(flavor = "multi_thread")]
async fn the_token_itself_is_shown_only_when_asked_and_for_a_minute() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("6").await;
    paste(&mut console, &format!("Bearer {}", dana.access)).await;
    for _ in 0..6 {
        shows_none(&console, &dana.access);
        console.keys("<Right>").await;
    }
    console.keys("v").await;
    says(&console, "Whoever has this token can act with it");
    let whole = |console: &Harness| {
        let text: String = console.text().chars().filter(|c| !c.is_whitespace() && *c != '│').collect();
        text.contains(&dana.access[..40])
    };
    assert!(whole(&console), "{}", console.text());
    console.keys("y").await;
    assert_eq!(console.clipboard.all().pop().unwrap(), dana.access);
    console.advance(SignedDuration::from_secs(61)).await;
    assert!(!whole(&console), "{}", console.text());
    console.keys("<Esc>").await;
    assert_eq!(console.clipboard.all().pop().unwrap(), "", "closing empties the clipboard");
    shows_none(&console, &dana.access);
}

// J5, M6
#[tokio::test(flavor = "multi_thread")]
async fn a_strange_issuer_is_contacted_after_a_question_and_not_before() {
    let running = demonstration(&[]);
    let own = key("k1");
    let public = own.public.clone();
    let issuer = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["jwks_uri"] = json!(format!("{base}keys"));
            Reply::json(200, &document)
        }
        "/keys" => Reply::json(200, &json!({"keys": [public.clone()]})),
        _ => Reply::not_found(),
    })
    .await;
    let mut console = signed_in(&running, false, 100, 30).await;
    let soon = idconsole::ports::Clock::now(&console.clock).as_second() + 600;
    let token = signed(&own, "k1", &json!({"iss": issuer.base, "sub": "00u1", "aud": "x", "exp": soon}));
    console.keys("6").await;
    paste(&mut console, &token).await;
    says(&console, "not verified");
    says(&console, "asks 127.0.0.1");
    assert!(issuer.asked(METADATA_PATH).is_empty(), "nobody agreed yet");
    console.keys("a").await;
    says(&console, "is neither this platform nor a known");
    console.keys("<Esc>").await;
    assert!(issuer.asked(METADATA_PATH).is_empty(), "no is no");
    console.keys("a<Enter>").await;
    says(&console, "signature verified");
    says(&console, "It is of another issuer");
    says(&console, "For its own issuer: The token is valid");
    assert!(!issuer.asked(METADATA_PATH).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_references_of_a_token_open_their_records() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, true, 120, 44).await;
    for claim in ["sub", "profile", "login_id"] {
        console.keys("6").await;
        paste(&mut console, &dana.access).await;
        for _ in 0..20 {
            if console.text().lines().any(|line| line.contains('▌') && line.contains(&format!("▌ {claim} ")))
            {
                break;
            }
            console.keys("<Down>").await;
        }
        console.keys("<Enter>").await;
        if claim == "login_id" {
            assert_eq!(console.console.app.place(), Place::Sessions, "{}", console.text());
            let selected = console.text().lines().find(|line| line.contains("▌")).unwrap().to_owned();
            assert!(selected.contains("dana.cruz"), "{selected}");
        } else {
            assert_eq!(console.console.app.place(), Place::Members, "{claim}: {}", console.text());
            says(&console, "How Dana signs in");
        }
    }
    // The cause opens the membership.
    change(&running, membership(&running), |record| record["active"] = json!(false));
    console.keys("6").await;
    paste(&mut console, &curl(&running, "auth/me", &dana.access)).await;
    console.keys("<Enter>").await;
    assert_eq!(console.console.app.place(), Place::Members, "{}", console.text());
    says(&console, "How Dana signs in");
}

// A project admin does not see other people's sessions: that is said, not shown as nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_role_does_not_see_is_unknown_and_not_absent() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, false, 120, 44).await;
    console.keys("6").await;
    paste(&mut console, &dana.access).await;
    for _ in 0..20 {
        if console.text().contains("▌ login_id ") {
            break;
        }
        console.keys("<Down>").await;
    }
    console.keys("<Enter>").await;
    assert_eq!(console.console.app.place(), Place::Sessions);
    says(&console, "it is not among your own of the last hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_tokens_are_taken_and_the_refresh_token_is_only_named() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("6m").await;
    says(&console, "your session's access token");
    says(&console, "Nothing is the matter: the platform takes it now");
    says(&console, "signature verified");
    assert!(!console.text().contains("eyJ"));
    // A claim is copied as it is.
    console.keys("y").await;
    assert!(console.clipboard.all().pop().unwrap().starts_with("http://"), "the issuer");
    console.keys("x").await;
    assert!(!console.text().contains("your session's access token from"), "{}", console.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_typed_into_a_line_of_dots_where_a_terminal_cannot_paste() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("6p").await;
    console.keys(&dana.access).await;
    shows_none(&console, &dana.access);
    console.keys("<Enter>").await;
    says(&console, "Nothing is the matter");
    console.keys("pno token here<Enter>").await;
    says(&console, "There is no token in it.");
    console.keys("<Esc>").await;
    says(&console, "Nothing is the matter");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tokens_of_an_answer_or_a_file_are_held_and_gone_through() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, true, 120, 40).await;
    let answer = json!({"access_token": dana.access, "id_token": dana.id, "refresh_token": dana.refresh});
    let file = console.folder.path().join("answer.json");
    std::fs::write(&file, answer.to_string()).unwrap();
    console.keys(&format!("6f{}<Enter>", file.display())).await;
    says(&console, "1 of 3");
    says(&console, "Nothing is the matter");
    console.keys("n").await;
    says(&console, "2 of 3");
    says(&console, "It is an ID token");
    console.keys("n").await;
    says(&console, "It is a refresh token");
    says(&console, "not shown");
    shows_none(&console, &dana.refresh);
    console.keys("f/nowhere/at/all<Enter>").await;
    says(&console, "cannot be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_can_be_said_afterwards() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("6").await;
    paste(&mut console, &dana.access).await;
    says(&console, "Nothing is the matter");
    console.keys("tsearch Login<Enter>").await;
    says(&console, "Login is for super admins only");
    says(&console, "tried search Login");
    console.keys("t<Ctrl-u>look at it<Enter>").await;
    says(&console, "Give one address");
}

// platform-api §17
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_signs_in_by_basic_is_explained_without_its_secret() {
    let running = demonstration(&[]);
    let service = running.facts.clone().unwrap().service;
    let client = running.state.read().resolve(&format!("ClientApplication/{}", service.email)).unwrap();
    change(&running, client, |client| client["status"] = json!("off"));
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("6").await;
    let command =
        format!("curl -u {}:{} {}fhir/R4/Patient", service.email, service.password, running.base_url);
    paste(&mut console, &command).await;
    says(&console, "is switched off for machines");
    assert!(!console.text().contains(&service.password));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_token_tells_that_it_was_revoked_wherever_one_is() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("6").await;
    paste(&mut console, &dana.access).await;
    says(&console, "Nothing is the matter");
    end_session(&running, &dana.access).await;
    console.keys("W2").await;
    console.until("It was revoked").await;
    console.settle().await;
    console.keys("6").await;
    says(&console, "Its session was ended");
}

/// Waits until it is let through.
#[derive(Debug, Default, Clone)]
struct Gate(Arc<Notify>);

impl Pause for Gate {
    fn pause(&self, _: Duration) -> BoxFuture<'static, ()> {
        let gate = Arc::clone(&self.0);
        Box::pin(async move { gate.notified().await })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_token_that_is_refused_for_a_while_is_told_each_time_and_judged_anew() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let facts = running.facts.as_ref().unwrap();
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\nproject = \"{}\"\n",
        running.base_url, facts.project_id
    );
    let gate = Gate::default();
    let pause = Arc::new(gate.clone());
    let mut console = Harness::start_now(120, 40, Look::default(), &config, |world| World { pause, ..world });
    console.settle().await;
    let admin = &facts.project_admin;
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", admin.email, admin.password)).await;
    console.until("Members").await;
    console.keys("6").await;
    paste(&mut console, &dana.access).await;
    says(&console, "Nothing is the matter");
    console.keys("W").await;
    console.until("Watching a token").await;
    says(&console, "watched");
    let a_minute = |console: &Harness| {
        console.clock.set(idconsole::ports::Clock::now(&console.clock) + SignedDuration::from_secs(61));
    };
    for (active, told, verdict) in [
        (false, "It is refused", "Dana Reyes is switched off"),
        (true, "It works again", "Nothing is the matter"),
    ] {
        change(&running, membership(&running), |record| record["active"] = json!(active));
        a_minute(&console);
        gate.0.notify_one();
        console.until(told).await;
        console.settle().await;
        says(&console, verdict);
    }
    console.keys("W").await;
    says(&console, "It is not watched any more");
}

// X1: both tokens of an exchange.
#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_a_run_of_the_flow_lab_come_by_one_key_and_esc_returns() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("gb<Left><Tab>").await;
    for _ in 0..12 {
        if console.text().contains("client Ward Rota") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let opened = console.browser.all().pop().unwrap();
    let browser = crate::demo::browser::Browser::new(&running.base_url);
    let page = browser.open(&opened).await;
    let fields = [("email", "omar.haddad@clinic.example"), ("password", IDP_PASSWORD), ("action", "allow")];
    let place = browser.submit(&page, &fields).await;
    let crate::demo::browser::Place::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("It works").await;
    console.keys("t").await;
    assert_eq!(console.console.app.place(), Place::Tokens);
    console.settle().await;
    says(&console, "the identity provider, by the flow lab");
    assert!(!console.text().contains("eyJ"));
    console.keys("<Esc>").await;
    assert_eq!(console.console.app.place(), Place::FlowLab);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_leaves_no_token_behind() {
    let running = demonstration(&[]);
    let dana = of_dana(&running).await;
    let mut console = signed_in(&running, false, 100, 30).await;
    console.keys("6").await;
    paste(&mut console, &dana.access).await;
    console.keys("gx").await;
    console.until("signed out").await;
    assert!(format!("{:?}", console.console.app.screens.tokens).contains("held: []"));
}
