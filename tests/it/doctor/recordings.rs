//! The doctor before every recorded sign-in of the real platform: its prediction is what was recorded.
//!
//! The recording is replayed against the embedded platform, which answers as recorded (the contract sees to that); the
//! doctor is asked, as super admin, just before each exchange, about the state that the recording has come to.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use idconsole::identity::sign_in::doctor::{Attempt, Claim, Flow, Outcome as Said};
use idconsole::identity::{MembershipId, ProjectId};
use idconsole::journal::Journal;
use idconsole::ports::SystemClock;
use idconsole::workflows::Engine;
use idconsole::workflows::diagnose::{IdToken, examine};
use rstest::rstest;
use serde_json::{Value, json};

use super::agrees::{as_outcome, engine};
use super::idp::id_token;
use super::oracle::{Next, Verdict};
use super::world::signed_in;
use crate::contract::replay::{Asked, Watch, watched};
use crate::contract::stage::{Stage, Tenant};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What is refused before or beside what the doctor is told: the request itself, the password, the IdP.
const NOT_TOLD: &[&str] = &[
    "Missing code",
    "Missing state",
    "Invalid state",
    "Missing externalAccessToken",
    "Missing clientId",
    "Invalid subject_token",
    "Invalid subject_token_type",
    "Invalid redirect URI",
    "Email or password is invalid",
    "Password must be at least 8 characters",
    "Password must be no more than 72 characters",
    "Invalid code challenge",
    "Invalid code challenge method",
    "Failed to verify code",
    "Missing user info API key",
    "Too Many Requests",
];

struct Predictor {
    folder: tempfile::TempDir,
    operator: Option<Engine>,
    /// The exchange under way: its number, and what the doctor says.
    now: Option<(String, bool, Said)>,
    right: usize,
    wrong: Vec<String>,
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The exchange as an attempt; none when it is no sign-in or the doctor cannot be told. The flag: only the route counts.
fn attempt(asked: &Asked) -> Option<(Attempt, bool)> {
    let fields = &asked.fields;
    let claims = asked.answers.first().map(|answer| &answer["json"]);
    let (flow, claims) = match asked.path.as_str() {
        "/auth/login" if fields["resourceType"].is_null() => (Flow::Password, None),
        "/auth/method" => (Flow::Browser, Some(id_token(&json!({"email": fields["email"]})))),
        "/oauth2/token" if fields["grant_type"] == EXCHANGE => {
            (Flow::Exchange, claims.filter(|c| c.is_object()).map(id_token))
        }
        "/auth/exchange" => (Flow::LegacyExchange, claims.filter(|c| c.is_object()).map(id_token)),
        "/auth/external" => (Flow::Browser, claims.and_then(|c| text(c, "id_token"))),
        _ => return None,
    };
    let mut attempt = Attempt::new(flow);
    let state: Value =
        fields["state"].as_str().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
    let of = |name: &str| text(fields, name).or_else(|| text(&state, name));
    attempt.typed = text(fields, "email").map(Into::into);
    attempt.domain = of("domain").map(Into::into);
    attempt.client = of("clientId").or_else(|| of("client_id")).map(Into::into);
    attempt.project = of("projectId").map(ProjectId::new);
    attempt.membership = of("membership_id").map(MembershipId::new);
    if let Some(token) = claims {
        IdToken::read(&token).unwrap().claims_into(&mut attempt);
    } else if flow == Flow::Password {
        attempt.email = attempt.typed.as_ref().map_or(Claim::Absent, |typed| Claim::from(typed.raw()));
    }
    let routed = attempt.client.is_some() || attempt.routed_by().is_some();
    (flow != Flow::Browser || routed).then_some((attempt, asked.path == "/auth/method"))
}

impl Watch for Predictor {
    fn before<'a>(&'a mut self, stage: &'a Stage, n: &'a Value, asked: &'a Asked) -> BoxFuture<'a, ()> {
        async move {
            self.now = None;
            let Some((attempt, route_only)) = attempt(asked) else { return };
            if self.operator.is_none() {
                let base = format!("{}/", stage.public_base());
                let http = reqwest::Client::builder().no_proxy().build().unwrap();
                let who = json!({"email": stage.super_email(), "password": stage.super_password()});
                let token = signed_in(&base, &http, who).await;
                let journal = self.folder.path().join("journal.db");
                let journal = Journal::open(journal, Arc::new(SystemClock)).unwrap();
                self.operator = Some(engine(&base, &journal, token).await);
            }
            let Some(operator) = &self.operator else { return };
            match examine(operator, attempt, &[]).await {
                Ok(examined) => {
                    let at = format!("#{n} {} {}", asked.path, asked.fields);
                    self.now = Some((at, route_only, examined.diagnosis.outcome));
                }
                Err(trouble) => self.wrong.push(format!("#{n} the doctor breaks off: {trouble}")),
            }
        }
        .boxed()
    }

    fn after(&mut self, status: u16, body: &str) {
        let Some((at, route_only, said)) = self.now.take() else { return };
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let texts = [&body["issue"][0]["details"]["text"], &body["error_description"], &body["msg"]];
        let message = texts.into_iter().find_map(Value::as_str).filter(|_| status >= 400);
        if message
            .is_some_and(|m| NOT_TOLD.iter().any(|text| m == *text || m.starts_with("Failed to verify")))
        {
            return;
        }
        let right = if route_only {
            match message {
                Some(message) => said.message == Some(message),
                None => {
                    body["authorizeUrl"].is_string() == (said.message != Some("Identity provider not found"))
                }
            }
        } else {
            as_outcome(&said).is_some_and(|said| {
                let next = match () {
                    () if body["mfaRequired"] == true || body["mfaEnrollRequired"] == true => Next::Mfa,
                    () if body["memberships"].is_array() => Next::ChooseProfile,
                    // Where the browser lands does not show it.
                    () if status == 302 => said.next,
                    () => Next::None,
                };
                (said.verdict == Verdict::Success) == (status < 400)
                    && said.message.as_deref() == message
                    && said.status == status
                    && said.next == next
            })
        };
        self.right += usize::from(right);
        if !right {
            self.wrong.push(format!("{at}\n  recorded {status} {message:?}\n  says     {said:?}"));
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_predicts_what_was_recorded(
    #[files("tests/recordings/exchange-*.json")]
    #[files("tests/recordings/external-callback-*.json")]
    #[files("tests/recordings/login-*.json")]
    #[files("tests/recordings/auth-method*.json")]
    recording: PathBuf,
) {
    let folder = tempfile::tempdir().unwrap();
    let mut predictor = Predictor { folder, operator: None, now: None, right: 0, wrong: Vec::new() };
    let differences = watched(&recording, Tenant::Fresh, Some(&mut predictor)).await;
    assert!(differences.is_empty(), "{differences:?}");
    assert!(predictor.wrong.is_empty(), "{} right; wrong:\n{}", predictor.right, predictor.wrong.join("\n"));
    assert!(predictor.right > 0, "nothing in it could be predicted");
}
