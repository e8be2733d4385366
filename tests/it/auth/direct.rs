//! Email, password, factor and membership in the terminal.

use std::sync::{Arc, Mutex};

use idconsole::auth::{Answer, AuthError, FlowEvent, Note, Renewal, SignIn, start};
use idconsole::config::{Connection, Method};
use idconsole::identity::MembershipId;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::scripted::{Asked, METADATA_PATH, Reply, Server, metadata};
use super::support::{World, connection, end, next, s256, until};

/// One person with a password, an app's code and two memberships; counts what has been done so far.
#[derive(Default)]
struct Person {
    challenge: String,
    nonce: String,
    client: Option<String>,
    steps: Vec<String>,
}

fn login_result(step: &str) -> Value {
    match step {
        "enrol" => json!({
            "login": "l1", "mfaEnrollRequired": true, "allowedMfaMethods": ["totp", "email"],
            "enrollUri": "otpauth://totp/Clinic:pat?secret=JBSWY3DP&issuer=Clinic",
        }),
        "factor" => json!({
            "login": "l1", "mfaRequired": true, "mfaMethods": ["totp", "email"], "email": "p•••@clinic.example",
        }),
        "memberships" => json!({"login": "l1", "memberships": [
            {"id": "m-1", "project": {"reference": "Project/1", "display": "Clinic"},
             "profile": {"reference": "Practitioner/1", "display": "Pat"}},
            {"id": "m-2", "project": {"reference": "Project/2", "display": "Lab\u{1b}"},
             "profile": {"reference": "Practitioner/2", "display": "Pat"}},
        ]}),
        _ => json!({"login": "l1", "code": "code-1"}),
    }
}

/// A platform that wants `wanted` after the password, in that order.
async fn platform(wanted: &'static [&'static str]) -> (Server, Arc<Mutex<Person>>) {
    let person: Arc<Mutex<Person>> = Arc::default();
    let known = Arc::clone(&person);
    let server = Server::start(move |base, asked| {
        let mut person = known.lock().unwrap();
        answer(base, asked, &mut person, wanted)
    })
    .await;
    (server, person)
}

fn answer(base: &str, asked: &Asked, person: &mut Person, wanted: &[&str]) -> Reply {
    let body = asked.json();
    let advance = |person: &mut Person, step: &str| {
        person.steps.push(step.to_owned());
        let left = wanted.iter().find(|one| !person.steps.iter().any(|done| done == *one));
        Reply::json(200, &login_result(left.copied().unwrap_or("code")))
    };
    match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        "/auth/method" => match body["email"].as_str().unwrap() {
            mail if mail.ends_with("@partner.example") => Reply::json(
                200,
                &json!({"domain": "partner.example", "authorizeUrl": "https://idp.example/a"}),
            ),
            mail if !mail.contains('@') => Reply::outcome(400, "x", "Valid email address is required"),
            _ => Reply::json(200, &json!({})),
        },
        "/auth/login" => {
            if body["email"] == "nobody@clinic.example" {
                return Reply::outcome(400, "x", "User not found");
            }
            if body["password"] != "correct-horse" {
                return Reply::outcome(400, "x", "Email or password is invalid");
            }
            assert_eq!(body["codeChallengeMethod"], "S256");
            person.challenge = body["codeChallenge"].as_str().unwrap().to_owned();
            person.nonce = body["nonce"].as_str().unwrap().to_owned();
            person.client = body["clientId"].as_str().map(str::to_owned);
            advance(person, "password")
        }
        "/auth/mfa/login-enroll" if body["token"] == "111111" => advance(person, "enrol"),
        "/auth/mfa/verify" if body["token"] == "222222" => advance(person, "factor"),
        "/auth/mfa/send-email" => Reply::json(200, &json!({"resourceType": "OperationOutcome", "id": "ok"})),
        "/auth/mfa/login-enroll" | "/auth/mfa/verify" => Reply::outcome(400, "x", "Invalid MFA token"),
        "/auth/profile" => {
            person.steps.push(body["profile"].as_str().unwrap().to_owned());
            advance(person, "memberships")
        }
        "/oauth2/token" => {
            if s256(&asked.form("code_verifier").unwrap()) != person.challenge {
                return Reply::error("invalid_request", "Invalid code verifier");
            }
            // Without a client the audience is absent (platform-api §3.4).
            let mut claims = json!({"iss": base, "nonce": person.nonce, "exp": 4_000_000_000_u64});
            if let Some(client) = &person.client {
                claims["aud"] = json!(client);
            }
            Reply::json(
                200,
                &json!({
                    "token_type": "Bearer", "expires_in": 3600, "access_token": "access-1",
                    "refresh_token": "refresh-1", "id_token": super::support::jwt(&claims),
                }),
            )
        }
        _ => Reply::not_found(),
    }
}

fn without_client(server: &Server) -> Connection {
    let mut connection = connection(&server.base, Method::Direct);
    connection.client_id = None;
    connection
}

fn request(server: &Server) -> SignIn {
    SignIn::new(without_client(server)).with_password("pat@clinic.example", "correct-horse".into())
}

// L3
#[tokio::test]
async fn email_and_password_are_enough_without_a_registered_client() {
    let (server, _) = platform(&[]).await;
    let mut flow = start(SignIn::new(without_client(&server)), World::new().still());
    until(&mut flow, |event| matches!(event, FlowEvent::NeedEmail).then_some(())).await;
    flow.answer(Answer::Email(" pat@clinic.example ".into()));
    let FlowEvent::NeedPassword { email } = next(&mut flow).await else { panic!("no password asked") };
    assert_eq!(email.raw(), "pat@clinic.example");
    flow.answer(Answer::Password("correct-horse".into()));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(signed_in.client_id, None);
    assert_eq!(Renewal::of(&signed_in), Renewal::Possible);
    let [sent] = server.asked("/oauth2/token").try_into().unwrap();
    assert_eq!((sent.form("client_id"), sent.form("redirect_uri")), (None, None));
    assert_eq!(sent.form("code").as_deref(), Some("code-1"));
    let [sent] = server.asked("/auth/login").try_into().unwrap();
    assert_eq!(sent.json()["scope"], "openid offline_access");
    assert!(sent.json().get("clientId").is_none() && sent.header("origin").is_none());
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_again_and_a_wrong_email_too() {
    let (server, _) = platform(&[]).await;
    let request = SignIn::new(without_client(&server)).with_password("not-an-email", "wrong-password".into());
    let mut flow = start(request, World::new().still());
    let refused = |event: &FlowEvent| match event {
        FlowEvent::Refused(refusal) => Some(refusal.text.raw().to_owned()),
        _ => None,
    };
    assert_eq!(until(&mut flow, refused).await, "Valid email address is required");
    assert!(matches!(next(&mut flow).await, FlowEvent::NeedEmail));
    flow.answer(Answer::Email("pat@clinic.example".into()));
    assert_eq!(until(&mut flow, refused).await, "Email or password is invalid");
    assert!(matches!(next(&mut flow).await, FlowEvent::NeedPassword { .. }));
    flow.answer(Answer::Password("correct-horse".into()));
    end(&mut flow).await.unwrap();
    assert_eq!(server.asked("/auth/login").len(), 2, "the platform allows five in a minute");
}

#[tokio::test]
async fn an_unknown_person_is_explained_and_the_email_asked_for_again() {
    let (server, _) = platform(&[]).await;
    let request =
        SignIn::new(without_client(&server)).with_password("nobody@clinic.example", "correct-horse".into());
    let mut flow = start(request, World::new().still());
    let words = until(&mut flow, |event| match event {
        FlowEvent::Refused(refusal) => Some(refusal.to_string()),
        _ => None,
    })
    .await;
    assert!(words.contains("User not found") && words.contains("project-scoped"), "{words}");
    assert!(matches!(next(&mut flow).await, FlowEvent::NeedEmail));
}

// O3
#[tokio::test]
async fn a_limit_stops_the_sign_in_with_the_time_to_wait() {
    let server = Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        "/auth/method" => Reply::json(200, &json!({})),
        _ => Reply::outcome(429, "too-many-requests", "Too Many Requests")
            .with("ratelimit", "\"login\";r=0;t=42"),
    })
    .await;
    let error = end(&mut start(request(&server), World::new().still())).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(42)));
    assert_eq!(server.asked("/auth/login").len(), 1);
}

#[tokio::test]
async fn a_routed_domain_is_noted_and_the_password_still_tried() {
    let (server, _) = platform(&[]).await;
    let request =
        SignIn::new(without_client(&server)).with_password("ann@partner.example", "correct-horse".into());
    let mut flow = start(request, World::new().still());
    let domain = until(&mut flow, |event| match event {
        FlowEvent::Note(Note::RoutedDomain(domain)) => Some(domain.raw().to_owned()),
        _ => None,
    })
    .await;
    assert_eq!(domain, "partner.example");
    end(&mut flow).await.unwrap();
}

#[tokio::test]
async fn a_factor_is_asked_for_until_it_is_right() {
    let (server, _) = platform(&["factor"]).await;
    let mut flow = start(request(&server), World::new().still());
    let asked = |event: &FlowEvent| match event {
        FlowEvent::NeedFactor { by_app, by_mail, email } => {
            Some((*by_app, *by_mail, email.as_ref().unwrap().to_string()))
        }
        _ => None,
    };
    assert_eq!(until(&mut flow, asked).await, (true, true, "p•••@clinic.example".to_owned()));
    flow.answer(Answer::Code("000000".into()));
    until(&mut flow, |event| matches!(event, FlowEvent::Refused(_)).then_some(())).await;
    until(&mut flow, asked).await;
    flow.answer(Answer::MailCode);
    until(&mut flow, asked).await;
    flow.answer(Answer::Code(" 222 222".into()));
    end(&mut flow).await.unwrap();
    assert_eq!(server.asked("/auth/mfa/send-email").len(), 1);
    assert_eq!(server.asked("/auth/login").len(), 1);
}

#[tokio::test]
async fn a_demanded_factor_is_set_up_on_the_way() {
    let (server, _) = platform(&["enrol"]).await;
    let mut flow = start(request(&server), World::new().still());
    let event =
        until(&mut flow, |event| matches!(event, FlowEvent::EnrolFactor { .. }).then(|| event.clone())).await;
    assert!(!format!("{event:?}").contains("JBSWY3DP"), "the factor's secret is shown: {event:?}");
    let FlowEvent::EnrolFactor { uri, key, by_mail } = event else { panic!() };
    assert!(uri.unwrap().expose_secret().starts_with("otpauth://totp/"));
    assert_eq!(key.unwrap().expose_secret(), "JBSWY3DP");
    assert!(by_mail);
    flow.answer(Answer::Code("111111".into()));
    end(&mut flow).await.unwrap();
}

#[tokio::test]
async fn one_of_several_memberships_is_chosen() {
    let (server, person) = platform(&["memberships"]).await;
    let mut flow = start(request(&server), World::new().still());
    let choices = until(&mut flow, |event| match event {
        FlowEvent::ChooseMembership(choices) => Some(choices.clone()),
        _ => None,
    })
    .await;
    assert_eq!(choices.len(), 2);
    assert_eq!(choices[1].project.to_string(), "Lab\\x1b");
    flow.answer(Answer::Membership(MembershipId::from("made-up")));
    flow.answer(Answer::Membership(choices[1].id.clone()));
    end(&mut flow).await.unwrap();
    assert_eq!(person.lock().unwrap().steps, ["password", "m-2", "memberships"]);
}

#[tokio::test]
async fn the_membership_of_the_connection_is_taken_without_asking() {
    let (server, person) = platform(&["memberships"]).await;
    let mut request = request(&server);
    request.connection.membership = Some(MembershipId::from("m-1"));
    end(&mut start(request, World::new().still())).await.unwrap();
    assert_eq!(person.lock().unwrap().steps[1], "m-1");
}

#[tokio::test]
async fn client_and_project_of_the_connection_are_sent_except_to_the_built_in_client() {
    for (client, sent) in [("portal", Some("p-1")), ("medplum-cli", None)] {
        let (server, _) = platform(&[]).await;
        let mut request = request(&server);
        request.connection.client_id = Some(client.to_owned());
        request.connection.project = Some("p-1".into());
        end(&mut start(request, World::new().still())).await.unwrap();
        let [login] = server.asked("/auth/login").try_into().unwrap();
        assert_eq!(login.json()["clientId"], client);
        assert_eq!(login.json().get("projectId").and_then(Value::as_str), sent);
    }
}

#[tokio::test]
async fn the_password_is_in_no_event() {
    let (server, _) = platform(&[]).await;
    let request = request(&server);
    assert!(!format!("{request:?}").contains("correct-horse"));
    assert!(!format!("{:?}", Answer::Password("correct-horse".into())).contains("correct-horse"));
    let events = super::support::all(&mut start(request, World::new().still())).await;
    assert!(matches!(events.last(), Some(FlowEvent::Done(_))));
    assert!(!format!("{events:?}").contains("correct-horse"));
}

#[tokio::test]
async fn a_fault_of_the_platform_ends_the_sign_in() {
    let server = Server::start(|base, asked| match asked.path.as_str() {
        METADATA_PATH => Reply::json(200, &metadata(base)),
        "/auth/method" => Reply::json(200, &json!({})),
        _ => Reply::json(500, &json!({"msg": "Internal Server Error"})),
    })
    .await;
    let error = end(&mut start(request(&server), World::new().still())).await.unwrap_err();
    assert!(matches!(&error, AuthError::Refused { refusal, .. } if refusal.status == 500), "{error}");
}
