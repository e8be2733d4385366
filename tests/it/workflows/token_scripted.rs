//! The token lab at a platform and issuers that say what a test wants.

use std::sync::{Arc, Mutex};

use idconsole::auth::http::Http;
use idconsole::auth::keys::{Hosts, Keyring};
use idconsole::identity::Text;
use idconsole::ports::FixedClock;
use idconsole::token::ladder::{Holds, Rung};
use idconsole::workflows::token_lab::why::{CauseId, Outcome};
use idconsole::workflows::token_lab::{Lab, StepId, Tried, Wanted, verify, why};
use jiff::SignedDuration;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};

use super::token_lab::{asking, given};
use crate::auth::scripted::{METADATA_PATH, Reply, Server, metadata};
use crate::auth::signature::{Key, key, signed};
use crate::auth::support::noon;

/// A platform with one key.
struct Stage {
    server: Server,
    key: Key,
    clock: FixedClock,
    me: Arc<Mutex<Reply>>,
    active: Arc<Mutex<bool>>,
}

impl Stage {
    async fn new() -> Self {
        let own = key("k1");
        let (me, active) = (Arc::new(Mutex::new(Reply::json(200, &json!({})))), Arc::new(Mutex::new(true)));
        let (says, is, public) = (Arc::clone(&me), Arc::clone(&active), own.public.clone());
        let server = Server::start(move |base, asked| match asked.path.as_str() {
            METADATA_PATH => {
                let mut document = metadata(base);
                document["jwks_uri"] = json!(format!("{base}keys"));
                document["introspection_endpoint"] = json!(format!("{base}introspect"));
                Reply::json(200, &document)
            }
            "/keys" => Reply::json(200, &json!({"keys": [public.clone()]})),
            "/introspect" => Reply::json(200, &json!({"active": *is.lock().unwrap()})),
            "/auth/me" => says.lock().unwrap().clone(),
            "/fhir/R4/Patient" => {
                Reply::raw(200, "application/fhir+json", format!("{{\"x\":\"{}\"}}", "y".repeat(2 << 20)))
            }
            _ => Reply::not_found(),
        })
        .await;
        Self { server, key: own, clock: FixedClock::at(noon()), me, active }
    }

    fn lab(&self) -> Lab {
        let clock = Arc::new(self.clock.clone());
        Lab {
            keyring: Keyring::new(Http::new(None, true).unwrap(), clock.clone()),
            clock,
            platform: Some(self.server.base.parse().unwrap()),
            engine: None,
            agreed: Hosts::none(),
        }
    }

    fn claims(&self) -> Value {
        json!({"iss": self.server.base, "sub": "s", "scope": "openid", "login_id": "l",
            "iat": noon().as_second() - 60, "exp": noon().as_second() + 3_000})
    }

    fn token(&self) -> String {
        signed(&self.key, "k1", &self.claims())
    }

    fn says(&self, reply: Reply) {
        *self.me.lock().unwrap() = reply;
    }
}

fn at(path: &str) -> Tried {
    Tried { method: "GET".into(), url: Some(Text::from(path)), ..Tried::default() }
}

// A status is a status, and not three figures somewhere in a text.
#[tokio::test]
async fn what_the_platform_tells_of_a_cause_is_not_taken_for_its_status() {
    let stage = Stage::new().await;
    let issue = json!({"severity": "error", "code": "invalid", "details": {"text": "Authentication error"},
        "diagnostics": "OperationOutcomeError: Gone, 410 after 401"});
    stage.says(Reply::json(400, &json!({"resourceType": "OperationOutcome", "issue": [issue]})));
    let said = why(&stage.lab(), Some(&given(&stage.token())), &at("auth/me"), true).await;
    let causes: Vec<CauseId> = said.causes.iter().map(|cause| cause.id).collect();
    assert_eq!(causes, [CauseId::AccountBroken], "{said:?}");
    assert!(said.sentence().contains("its membership, its profile or an access policy was deleted"));
}

// J7: the platform's clock decides.
#[tokio::test]
async fn a_token_that_the_platform_takes_has_not_ended_whatever_this_clock_says() {
    let stage = Stage::new().await;
    for (off, back) in [(SignedDuration::from_hours(3), false), (SignedDuration::from_hours(-3), true)] {
        let mut claims = stage.claims();
        if back {
            claims["nbf"] = json!(noon().as_second() - 60);
        }
        let token = given(&signed(&stage.key, "k1", &claims));
        stage.clock.set(noon() + off);
        let verified = verify(&stage.lab(), &token, &asking()).await;
        assert_eq!(verified.verdict, Holds::Warning, "{verified:?}");
        assert!(
            verified.step(StepId::Rung(Rung::Time)).unwrap().said.contains("clock is off"),
            "{verified:?}"
        );
        let said = why(&stage.lab(), Some(&token), &at("auth/me"), true).await;
        assert_eq!(said.outcome(), Outcome::Accepted, "{said:?}");
        assert_eq!(said.causes.iter().map(|cause| cause.id).collect::<Vec<_>>(), [CauseId::Clock]);
    }
    // Without the platform's word its end stands.
    stage.clock.set(noon() + SignedDuration::from_hours(3));
    stage.says(Reply::outcome(401, "unauthorized", "Unauthorized"));
    *stage.active.lock().unwrap() = false;
    let said = why(&stage.lab(), Some(&given(&stage.token())), &at("auth/me"), true).await;
    assert_eq!(said.causes[0].id, CauseId::Expired, "{said:?}");
    let unasked = verify(&stage.lab(), &given(&stage.token()), &Wanted::default()).await;
    assert_eq!(unasked.verdict, Holds::No);
}

#[tokio::test]
async fn an_answer_of_any_size_is_a_yes() {
    let stage = Stage::new().await;
    let said = why(&stage.lab(), Some(&given(&stage.token())), &at("fhir/R4/Patient"), true).await;
    assert_eq!(said.outcome(), Outcome::Accepted, "{said:?}");
    assert_eq!(said.answered.unwrap().reply.status, 200);
}

#[tokio::test]
async fn nobody_is_asked_the_same_twice() {
    let stage = Stage::new().await;
    let said = why(&stage.lab(), Some(&given(&stage.token())), &at("auth/me"), true).await;
    assert_eq!(said.outcome(), Outcome::Accepted, "{said:?}");
    assert_eq!(said.answered.unwrap().reply.status, 200);
    for path in [METADATA_PATH, "/keys", "/introspect", "/auth/me"] {
        assert_eq!(stage.server.asked(path).len(), 1, "{path}");
    }
}

/// Claims in which a name stands twice.
struct Twice(Value);

impl Serialize for Twice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.as_object().unwrap() {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("sub", "another")?;
        map.end()
    }
}

// J2
#[tokio::test]
async fn a_well_signed_token_that_says_something_twice_is_not_called_forged() {
    let stage = Stage::new().await;
    let token = given(&signed(&stage.key, "k1", &Twice(stage.claims())));
    let said = why(&stage.lab(), Some(&token), &at("auth/me"), true).await;
    assert_eq!(said.causes[0].id, CauseId::Malformed, "{said:?}");
    let signature = said.verified.as_ref().unwrap().step(StepId::Rung(Rung::Signature)).unwrap();
    assert_eq!(signature.holds, Holds::Yes);
    assert!(!said.causes.iter().any(|cause| cause.id == CauseId::Forged), "{said:?}");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_asked_once() {
    let stage = Stage::new().await;
    let silent = Server::start(|_, _| Reply::raw(503, "text/plain", "down")).await;
    let lab = stage.lab().agreeing(&silent.base);
    let _ = lab.keyring.about(&silent.base, &lab.hosts()).await;
    let once = silent.asked(METADATA_PATH).len();
    let claims = json!({"iss": silent.base, "sub": "s", "scope": "openid", "exp": noon().as_second() + 60});
    let verified = verify(&lab, &given(&signed(&stage.key, "k1", &claims)), &asking()).await;
    assert_eq!(verified.verdict, Holds::Untold, "{verified:?}");
    assert_eq!(silent.asked(METADATA_PATH).len(), 2 * once);
    // Neither is a platform.
    let lab = Lab { platform: Some(silent.base.parse().unwrap()), ..stage.lab() };
    let verified = verify(&lab, &given(&signed(&stage.key, "k1", &claims)), &asking()).await;
    assert_eq!(verified.verdict, Holds::Untold, "{verified:?}");
    assert_eq!((silent.asked(METADATA_PATH).len(), silent.asked("/auth/me").len()), (3 * once, 0));
}

// J5, M6: an issuer does not decide whom this machine contacts.
#[tokio::test]
async fn a_third_host_that_keeps_the_keys_is_asked_about_too() {
    let stage = Stage::new().await;
    let own = key("k1");
    let public = own.public.clone();
    let keeps = Server::start(move |_, _| Reply::json(200, &json!({"keys": [public.clone()]}))).await;
    let place = format!("{}keys", keeps.base);
    let issuer = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["jwks_uri"] = json!(place);
            Reply::json(200, &document)
        }
        _ => Reply::not_found(),
    })
    .await;
    let claims = json!({"iss": issuer.base, "sub": "s", "exp": noon().as_second() + 60});
    let token = given(&signed(&own, "k1", &claims));
    let lab = stage.lab().agreeing(&issuer.base);
    let verified = verify(&lab, &token, &Wanted::default()).await;
    let host = keeps.base.trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert_eq!(verified.needs.as_ref().map(|needs| needs.host.clone()), Some(host.clone()), "{verified:?}");
    assert!(keeps.asked("/keys").is_empty());
    let verified = verify(&lab.agreeing(&host), &token, &Wanted::default()).await;
    assert_eq!(verified.verdict, Holds::Yes, "{verified:?}");
}
