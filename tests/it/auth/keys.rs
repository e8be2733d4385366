//! Keys of an issuer: whom they are asked of, how often, and what is kept (J5, M5).

use std::sync::{Arc, Mutex};

use idconsole::auth::http::Http;
use idconsole::auth::keys::{Hosts, Keyring, NoKeys};
use idconsole::config::Method;
use idconsole::identity::Text;
use idconsole::ports::{Clock, FixedClock};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::scripted::{METADATA_PATH, Reply, Server, metadata};
use super::signature::key;
use super::support::{connection, noon};

/// An issuer whose keys can be swapped.
struct Issuer {
    server: Server,
    keys: Arc<Mutex<Reply>>,
    clock: FixedClock,
    ring: Keyring,
}

fn set(kids: &[&str]) -> Reply {
    let keys: Vec<Value> = kids.iter().map(|kid| key(kid).public).collect();
    Reply::json(200, &json!({"keys": keys}))
}

impl Issuer {
    async fn new(kids: &[&str]) -> Self {
        let keys = Arc::new(Mutex::new(set(kids)));
        let now = Arc::clone(&keys);
        let server = Server::start(move |base, asked| match asked.path.as_str() {
            METADATA_PATH => {
                let mut document = metadata(base);
                document["jwks_uri"] = json!(format!("{base}keys"));
                Reply::json(200, &document)
            }
            "/keys" => now.lock().unwrap().clone(),
            _ => Reply::not_found(),
        })
        .await;
        let clock = FixedClock::at(noon());
        let http = Http::for_connection(&connection(&server.base, Method::Direct)).unwrap();
        let ring = Keyring::new(http, Arc::new(clock.clone()));
        Self { server, keys, clock, ring }
    }

    async fn kids(&self, kid: Option<&str>) -> Result<Vec<String>, NoKeys> {
        let may = Hosts::none().and(&self.server.base);
        let found = self.ring.of(&self.server.base, kid.map(Text::from).as_ref(), &may).await?;
        Ok(found.set.keys.iter().map(idconsole::token::jwk::Key::name).collect())
    }

    fn later(&self, by: SignedDuration) {
        self.clock.set(self.clock.now() + by);
    }

    fn asked(&self) -> usize {
        self.server.asked("/keys").len()
    }
}

#[tokio::test]
async fn a_key_that_is_not_known_is_asked_for_once_a_minute_and_no_more() {
    let issuer = Issuer::new(&["k1"]).await;
    assert_eq!(issuer.kids(Some("k1")).await.unwrap(), ["k1"]);
    for _ in 0..5 {
        assert_eq!(issuer.kids(Some("k1")).await.unwrap(), ["k1"]);
    }
    assert_eq!(issuer.asked(), 1, "kept");
    *issuer.keys.lock().unwrap() = set(&["k1", "k2"]);
    assert_eq!(issuer.kids(Some("k2")).await.unwrap(), ["k1"], "within the minute nobody is asked");
    issuer.later(SignedDuration::from_secs(60));
    assert_eq!(issuer.kids(Some("k2")).await.unwrap(), ["k1", "k2"], "rotated");
    assert_eq!(issuer.asked(), 2);
    issuer.later(SignedDuration::from_secs(61));
    for _ in 0..5 {
        issuer.kids(Some("never heard of")).await.unwrap();
    }
    assert_eq!(issuer.asked(), 3, "a token with a made-up key id makes one question a minute");
    issuer.later(SignedDuration::from_mins(11));
    issuer.kids(Some("k1")).await.unwrap();
    assert_eq!(issuer.asked(), 4, "a key that was withdrawn is noticed");
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_question() {
    let issuer = Issuer::new(&["k1"]).await;
    let all = futures::future::join_all((0..8).map(|_| issuer.kids(Some("k1")))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_host_that_nobody_agreed_to_is_not_contacted() {
    let issuer = Issuer::new(&["k1"]).await;
    let host = issuer.server.base.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let refused = issuer.ring.of(&issuer.server.base, None, &Hosts::none().and("idp.example")).await;
    assert_eq!(refused, Err(NoKeys::NotAgreed(host)));
    assert!(issuer.server.asked(METADATA_PATH).is_empty() && issuer.asked() == 0);
    assert!(matches!(issuer.ring.of("urn:x", None, &Hosts::none()).await, Err(NoKeys::NoAddress(_))));
}

#[tokio::test]
async fn keys_that_cannot_be_read_again_stay_good_for_a_while_and_it_is_said() {
    let issuer = Issuer::new(&["k1"]).await;
    issuer.kids(None).await.unwrap();
    *issuer.keys.lock().unwrap() = Reply::raw(503, "text/plain", "down");
    issuer.later(SignedDuration::from_mins(2));
    let may = Hosts::none().and(&issuer.server.base);
    let kid = Text::from("k2");
    let found = issuer.ring.of(&issuer.server.base, Some(&kid), &may).await.unwrap();
    assert!(found.notes.iter().any(|note| note.contains("could not be read again")), "{:?}", found.notes);
    issuer.later(SignedDuration::from_mins(30));
    for _ in 0..2 {
        assert!(matches!(issuer.kids(None).await, Err(NoKeys::Unreachable(_))), "not for ever");
    }
}

// M5
#[tokio::test]
async fn what_is_no_key_set_is_told() {
    let issuer = Issuer::new(&["k1"]).await;
    let mut replies = vec![
        (Reply::raw(200, "text/html", r#"{"keys":[]}"#), "not sent as JSON"),
        (Reply::raw(200, "application/json", "nonsense"), "is not JSON"),
        (Reply::json(200, &json!({"x": 1})), "neither a key set"),
        (Reply::json(200, &json!([])), "not an object"),
        (
            Reply::raw(200, "application/json", format!("{{\"keys\":[{}]}}", " ".repeat(1 << 20))),
            "larger than 1 MB",
        ),
        (Reply::raw(302, "text/html", "").with("location", "https://evil.example/keys"), "answers 302"),
    ];
    for (reply, said) in replies.drain(..) {
        *issuer.keys.lock().unwrap() = reply;
        let why = issuer.kids(None).await.unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
    }
}
