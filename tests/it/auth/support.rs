//! What the sign-in tests share: a clock that stands still, a browser that remembers, waiting without waiting.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use idconsole::auth::{AuthError, Deps, Flow, FlowEvent, Pause, Redirects, SignIn, SignedIn};
use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use idconsole::ports::{Browser, Clock, FixedClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The longest that any test waits for an event that must come.
pub const BOUND: Duration = Duration::from_secs(20);

pub fn noon() -> Timestamp {
    "2026-01-05T12:00:00Z".parse().unwrap()
}

/// A browser that opens nothing and remembers what it was asked to open.
#[derive(Debug, Default)]
pub struct Remembering {
    pub broken: bool,
    pub opened: Mutex<Vec<String>>,
}

impl Browser for Remembering {
    fn open(&self, url: &str) -> std::io::Result<()> {
        self.opened.lock().unwrap().push(url.to_owned());
        if self.broken { Err(std::io::Error::other("no browser")) } else { Ok(()) }
    }
}

/// Never ready.
#[derive(Debug)]
pub struct Forever;

impl Pause for Forever {
    fn pause(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(futures::future::pending())
    }
}

/// Ready at once, and the clock has moved on.
#[derive(Debug)]
pub struct Skipping {
    pub clock: FixedClock,
    pub pauses: Mutex<Vec<Duration>>,
}

impl Pause for Skipping {
    fn pause(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.pauses.lock().unwrap().push(time);
        let later = self.clock.now() + SignedDuration::try_from(time).unwrap();
        self.clock.set(later);
        Box::pin(futures::future::ready(()))
    }
}

pub struct World {
    pub clock: FixedClock,
    pub browser: Arc<Remembering>,
    pub skipping: Arc<Skipping>,
}

impl World {
    pub fn new() -> Self {
        let clock = FixedClock::at(noon());
        let skipping = Arc::new(Skipping { clock: clock.clone(), pauses: Mutex::default() });
        Self { clock, browser: Arc::default(), skipping }
    }

    /// Time stands still.
    pub fn still(&self) -> Deps {
        Deps {
            clock: Arc::new(self.clock.clone()),
            browser: Arc::clone(&self.browser) as Arc<dyn Browser>,
            pause: Arc::new(Forever),
        }
    }

    /// Every wait is over at once.
    pub fn skipping(&self) -> Deps {
        Deps { pause: Arc::clone(&self.skipping) as Arc<dyn Pause>, ..self.still() }
    }

    pub fn pauses(&self) -> Vec<u64> {
        self.skipping.pauses.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

pub fn connection(base: &str, method: Method) -> Connection {
    let mut connection = Connection::new("clinic", BaseUrl::parse(base).unwrap(), method, StoreKind::Memory);
    connection.client_id = Some("app".to_owned());
    connection
}

/// A sign-in whose loopback ports are free ones instead of the registered ones, which another test may hold.
pub fn sign_in(connection: Connection) -> SignIn {
    let mut sign_in = SignIn::new(connection);
    sign_in.redirects = Redirects { ports: free_ports(4), ..sign_in.redirects };
    sign_in
}

pub fn free_ports(count: usize) -> Vec<u16> {
    let sockets: Vec<_> = (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect()
}

/// The next event, which must come.
pub async fn next(flow: &mut Flow) -> FlowEvent {
    tokio::time::timeout(BOUND, flow.next()).await.expect("no event").expect("the flow has ended")
}

/// Events until one that `wanted` takes.
pub async fn until<T>(flow: &mut Flow, mut wanted: impl FnMut(&FlowEvent) -> Option<T>) -> T {
    let mut seen = Vec::new();
    loop {
        let event = next(flow).await;
        if let Some(taken) = wanted(&event) {
            return taken;
        }
        assert!(
            !matches!(event, FlowEvent::Done(_) | FlowEvent::Failed(_)),
            "ended by {event:?} after {seen:?}"
        );
        seen.push(event);
    }
}

/// The address for the browser.
pub async fn opened(flow: &mut Flow) -> url::Url {
    until(flow, |event| match event {
        FlowEvent::OpenBrowser { url, .. } => Some(url.parse().unwrap()),
        _ => None,
    })
    .await
}

/// How it ends; events on the way are dropped.
pub async fn end(flow: &mut Flow) -> Result<SignedIn, AuthError> {
    until(flow, |event| match event {
        FlowEvent::Done(signed_in) => Some(Ok((**signed_in).clone())),
        FlowEvent::Failed(error) => Some(Err(error.clone())),
        _ => None,
    })
    .await
}

/// All events to the end.
pub async fn all(flow: &mut Flow) -> Vec<FlowEvent> {
    let mut events = Vec::new();
    while let Some(event) = tokio::time::timeout(BOUND, flow.next()).await.expect("no event") {
        events.push(event);
    }
    events
}

pub fn query(url: &url::Url, name: &str) -> String {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map_or_else(|| panic!("{url} has no {name}"), |(_, value)| value.into_owned())
}

/// An ID token with these claims; its signature is not checked at this place.
pub fn id_token(issuer: &str, client: &str, nonce: &str) -> String {
    jwt(&json!({
        "iss": issuer, "aud": client, "nonce": nonce, "sub": "u1",
        "exp": noon().as_second() + 3600,
    }))
}

pub fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "ES384"})), part(claims))
}

pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A request as a browser makes it; status, headers and page.
pub async fn visit(url: &str) -> Result<(u16, reqwest::header::HeaderMap, String), reqwest::Error> {
    let response = browser_client().get(url).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok((status, headers, response.text().await?))
}

pub fn browser_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
