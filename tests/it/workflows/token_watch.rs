//! Keeping an eye on a token, with a clock and a pause that are moved by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idconsole::auth::Pause;
use idconsole::auth::http::Http;
use idconsole::auth::keys::{Hosts, Keyring};
use idconsole::ports::{Clock, FixedClock};
use idconsole::token::extract::Extracted;
use idconsole::workflows::token_lab::{Event, Lab, Watch};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::token_lab::given;
use crate::auth::scripted::{METADATA_PATH, Reply, Server, metadata};
use crate::auth::signature::{Key, key, signed};
use crate::auth::support::noon;

/// Ready at once, and the clock has moved on.
#[derive(Debug)]
struct Skips(FixedClock, Mutex<Vec<Duration>>);

impl Pause for Skips {
    fn pause(&self, time: Duration) -> futures::future::BoxFuture<'static, ()> {
        self.1.lock().unwrap().push(time);
        self.0.set(self.0.now() + SignedDuration::try_from(time).unwrap());
        Box::pin(futures::future::ready(()))
    }
}

/// A platform whose answers and keys can be swapped while it is watched.
struct Ward {
    server: Server,
    clock: FixedClock,
    pause: Arc<Skips>,
    active: Arc<Mutex<Reply>>,
    me: Arc<Mutex<Reply>>,
    keys: Arc<Mutex<Vec<Value>>>,
    key: Key,
}

fn active(yes: bool) -> Reply {
    Reply::json(200, &json!({"active": yes}))
}

impl Ward {
    async fn new() -> Self {
        let own = key("k1");
        let (said, me) =
            (Arc::new(Mutex::new(active(true))), Arc::new(Mutex::new(Reply::json(200, &json!({})))));
        let keys = Arc::new(Mutex::new(vec![own.public.clone()]));
        let (says, is, published) = (Arc::clone(&said), Arc::clone(&me), Arc::clone(&keys));
        let server = Server::start(move |base, asked| match asked.path.as_str() {
            METADATA_PATH => {
                let mut document = metadata(base);
                document["jwks_uri"] = json!(format!("{base}keys"));
                document["introspection_endpoint"] = json!(format!("{base}introspect"));
                Reply::json(200, &document)
            }
            "/keys" => Reply::json(200, &json!({"keys": *published.lock().unwrap()})),
            "/introspect" => says.lock().unwrap().clone(),
            "/auth/me" => is.lock().unwrap().clone(),
            _ => Reply::not_found(),
        })
        .await;
        let clock = FixedClock::at(noon());
        let pause = Arc::new(Skips(clock.clone(), Mutex::default()));
        Self { server, clock, pause, active: said, me, keys, key: own }
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

    fn token(&self, issuer: &str, lives: i64) -> Extracted {
        let claims = json!({"iss": issuer, "sub": "s", "scope": "openid", "login_id": "l", "exp": noon().as_second() + lives});
        given(&signed(&self.key, "k1", &claims))
    }

    fn watch(&self, lives: i64) -> Watch {
        let token = self.token(&self.server.base, lives);
        Watch::new(self.lab(), token, Arc::clone(&self.pause) as Arc<dyn Pause>, Duration::from_secs(60))
            .unwrap()
    }

    fn gone(&self) -> i64 {
        self.clock.now().as_second() - noon().as_second()
    }
}

#[tokio::test]
async fn a_token_is_told_to_end_and_ends_on_time() {
    let ward = Ward::new().await;
    let mut watch = ward.watch(900);
    let Some(Event::Begins { ends, .. }) = watch.next().await else { panic!() };
    assert_eq!(ends, Some(noon() + SignedDuration::from_secs(900)));
    let mut told: Vec<(i64, &'static str)> = Vec::new();
    while let Some(event) = watch.next().await {
        told.push((ward.gone(), event.word()));
    }
    let looks: Vec<i64> = told.iter().filter(|(_, word)| *word == "alive").map(|(at, _)| *at).collect();
    assert_eq!(looks[..4], [0, 60, 120, 180], "once a minute");
    assert!(told.contains(&(600, "ends-soon")), "{told:?}");
    assert_eq!(told.last(), Some(&(900, "ended")), "{told:?}");
    assert_eq!(ward.server.asked("/introspect").len(), looks.len());
    assert!(ward.server.asked("/keys").len() <= 4, "keys are looked at seldom");
}

#[tokio::test]
async fn a_revoked_token_is_the_last_that_is_told() {
    let ward = Ward::new().await;
    let mut watch = ward.watch(3_600);
    watch.next().await;
    assert_eq!(watch.next().await, Some(Event::Alive));
    *ward.active.lock().unwrap() = active(false);
    assert!(matches!(watch.next().await, Some(Event::Revoked { .. })));
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn a_member_who_is_switched_off_and_on_again_is_told_both_times() {
    let ward = Ward::new().await;
    let mut watch = ward.watch(3_600);
    watch.next().await;
    *ward.me.lock().unwrap() = Reply::outcome(401, "unauthorized", "Unauthorized");
    assert!(matches!(watch.next().await, Some(Event::Refused { .. })));
    *ward.me.lock().unwrap() = Reply::json(200, &json!({}));
    assert_eq!(watch.next().await, Some(Event::Again));
    assert_eq!(watch.next().await, Some(Event::Alive));
}

#[tokio::test]
async fn keys_that_change_are_told_and_whether_it_is_the_tokens_own() {
    let ward = Ward::new().await;
    let mut watch = ward.watch(7_200);
    watch.next().await;
    assert_eq!(watch.next().await, Some(Event::Alive));
    *ward.keys.lock().unwrap() = vec![key("k2").public];
    let told = loop {
        match watch.next().await.unwrap() {
            Event::Alive => {}
            other => break other,
        }
    };
    let Event::KeysChanged { added, gone, own } = &told else { panic!("{told:?}") };
    assert_eq!((added[0].raw(), gone[0].raw(), *own), ("k2", "k1", true));
    assert_eq!(ward.gone(), 300);
}

// compare D4
#[tokio::test]
async fn while_nobody_answers_it_is_looked_at_more_and_more_seldom() {
    let ward = Ward::new().await;
    let mut watch = ward.watch(7_200);
    watch.next().await;
    for reply in [&ward.active, &ward.me] {
        *reply.lock().unwrap() = Reply::raw(503, "text/plain", "down");
    }
    let mut at = Vec::new();
    for _ in 0..5 {
        assert!(matches!(watch.next().await, Some(Event::Untold { .. })));
        at.push(ward.gone());
    }
    assert_eq!(at, [0, 120, 360, 840, 1_440]);
    *ward.active.lock().unwrap() = active(true);
    *ward.me.lock().unwrap() = Reply::json(200, &json!({}));
    assert_eq!(watch.next().await, Some(Event::Alive));
    let back = ward.gone();
    assert_eq!(watch.next().await, Some(Event::Alive));
    assert_eq!(ward.gone() - back, 60, "at its own pace again");
}

#[tokio::test]
async fn of_a_token_of_somebody_else_only_the_time_is_watched() {
    let ward = Ward::new().await;
    let elsewhere = Ward::new().await;
    let token = ward.token(&elsewhere.server.base, 400);
    let mut watch =
        Watch::new(ward.lab(), token, Arc::clone(&ward.pause) as Arc<dyn Pause>, Duration::ZERO).unwrap();
    let mut words = Vec::new();
    while let Some(event) = watch.next().await {
        words.push(event.word());
    }
    assert_eq!(words, ["begins", "ends-soon", "ended"]);
    assert!(elsewhere.server.asked(METADATA_PATH).is_empty() && ward.server.asked("/introspect").is_empty());
}

#[tokio::test]
async fn what_has_no_end_cannot_be_watched() {
    let ward = Ward::new().await;
    let pause = Arc::clone(&ward.pause) as Arc<dyn Pause>;
    let why = Watch::new(ward.lab(), given("0123456789abcdef"), pause, Duration::ZERO).unwrap_err();
    assert!(why.contains("Only signed tokens"), "{why}");
}

// I1: of a foreign issuer, and of a token that its keys do not vouch for, `active: false` means no more than it says.
#[tokio::test]
async fn what_is_not_active_is_not_told_as_revoked_where_that_is_not_known() {
    let (ward, elsewhere) = (Ward::new().await, Ward::new().await);
    *elsewhere.active.lock().unwrap() = active(false);
    let lab = ward.lab().agreeing(&elsewhere.server.base);
    let token = elsewhere.token(&elsewhere.server.base, 7_200);
    let pause = || Arc::clone(&ward.pause) as Arc<dyn Pause>;
    let mut watch = Watch::new(lab, token, pause(), Duration::from_secs(60)).unwrap();
    watch.next().await;
    for _ in 0..2 {
        let Some(Event::Refused { said }) = watch.next().await else { panic!() };
        assert!(said.contains("not for whoever asks"), "{said}");
    }
    *ward.active.lock().unwrap() = active(false);
    let claims =
        json!({"iss": ward.server.base, "sub": "s", "scope": "openid", "exp": noon().as_second() + 7_200});
    let forged = given(&signed(&key("k1"), "k1", &claims));
    let mut watch = Watch::new(ward.lab(), forged, pause(), Duration::from_secs(60)).unwrap();
    watch.next().await;
    assert!(matches!(watch.next().await, Some(Event::Refused { .. })));
}
