//! One request and its answer: bearer, headers, limits of size and time, pacing, retries, errors.
//!
//! Dropping the future cancels the request. Nothing here logs a header, a body, or what an address asks for: of its
//! query only the names.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::Method;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;
use url::{Host, Url};

use super::credentials::{Credentials, authorization};
use super::error::{Error, Kind, Reach};
use super::network::{Stage, failed};
use super::outcome::{self, Head};
use super::pace::{self, Admission, Cost, Limit, Pace, Points, Urgency};
use super::retry::{Retries, retry_after};
use crate::identity::VersionId;

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest time to connect.
    pub connect_timeout: Duration,
    /// Longest time for one answer, whole.
    pub timeout: Duration,
    /// Largest answer that is read, in bytes.
    pub largest_answer: usize,
    /// How often a request that may be repeated is sent again.
    pub retries: u32,
    /// First wait before a repeat; doubles, with jitter.
    pub first_wait: Duration,
    /// Longest time a request waits for the rate limit before it gives up and says so.
    pub longest_pause: Duration,
    /// PEM certificates trusted beside the system's.
    pub extra_ca: Option<Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            largest_answer: 64 * 1024 * 1024,
            retries: 2,
            first_wait: Duration::from_millis(300),
            longest_pause: Duration::from_secs(90),
            extra_ca: None,
        }
    }
}

/// A request before it is sent.
#[derive(Clone)]
pub(super) struct Ask {
    method: Method,
    url: Url,
    body: Option<(&'static str, Value)>,
    if_match: Option<VersionId>,
    cost: Cost,
    /// May be sent again without harm (standards H2).
    repeat: Repeat,
    /// Sends the bearer. A broken account is refused wherever it shows one (platform-api §1.3).
    signed: bool,
    /// For whom a read is made (platform-api §1.10).
    behalf: Option<http::HeaderValue>,
}

/// What may be sent a second time when it is not known what became of the first (standards H2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Reads: always.
    Freely,
    /// Guarded writes: after the record was read again and still is of the version that the write expects.
    AfterReading,
    /// Anything else: never.
    Never,
}

/// A whole answer with status 2xx. `Debug` shows no body.
pub(super) struct Answer {
    json: bool,
    pub(super) body: Bytes,
    request: String,
    host: String,
}

impl Ask {
    pub(super) fn get(url: Url, cost: Cost) -> Self {
        Self {
            method: Method::GET,
            url,
            body: None,
            if_match: None,
            cost,
            repeat: Repeat::Freely,
            signed: true,
            behalf: None,
        }
    }

    /// The same on behalf of a member. What is not a GET stays as it is: nothing is written in somebody's name.
    pub(super) fn on_behalf_of(mut self, member: http::HeaderValue) -> Self {
        if self.method == Method::GET {
            self.behalf = Some(member);
        }
        self
    }

    pub(super) fn post(url: Url, body: Value, cost: Cost) -> Self {
        let body = Some(("application/json", body));
        Self {
            method: Method::POST,
            url,
            body,
            if_match: None,
            cost,
            repeat: Repeat::Never,
            signed: true,
            behalf: None,
        }
    }

    /// A PATCH; with an expected version it is guarded.
    pub(super) fn patch(url: Url, kind: &'static str, body: Value, expected: Option<&VersionId>) -> Self {
        Self {
            method: Method::PATCH,
            url,
            body: Some((kind, body)),
            if_match: expected.cloned(),
            cost: Cost::Write,
            repeat: if expected.is_some() { Repeat::AfterReading } else { Repeat::Never },
            signed: true,
            behalf: None,
        }
    }

    /// A PUT, which replaces everything: for a record that is not there.
    pub(super) fn put(url: Url, body: Value) -> Self {
        Self { method: Method::PUT, ..Self::post(url, body, Cost::Write) }
    }

    pub(super) fn delete(url: Url) -> Self {
        Self {
            method: Method::DELETE,
            url,
            body: None,
            if_match: None,
            cost: Cost::Write,
            repeat: Repeat::Never,
            signed: true,
            behalf: None,
        }
    }

    /// Anonymous, and asks only.
    pub(super) fn anonymous_question(mut self) -> Self {
        self.signed = false;
        self.repeat = Repeat::Freely;
        self
    }

    fn named(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    /// The same with the names of its query, without what they are asked for: that can be somebody's address.
    fn told(&self) -> String {
        let names = self.url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() { self.named() } else { format!("{}?{}=…", self.named(), names.join("=…&")) }
    }
}

impl Answer {
    /// The body as `T`; a success that hides an error is that error (§1.4 trap).
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if !self.json {
            return Err(self.located(Error::new(Kind::NotAPlatform, "expected JSON")));
        }
        if let Some(hidden) = outcome::hidden_in_success(&self.body) {
            return Err(self.located(hidden));
        }
        self.read_plain()
    }

    /// As [`Answer::read`] where an outcome cannot come: the hot path of lists.
    pub(super) fn read_plain<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // serde's message can quote the body; where it is in the text says enough.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => {
                    let broke_off = Kind::Unreachable(Reach::Truncated);
                    return self.located(Error::new(broke_off, "the answer ends too early"));
                }
                serde_json::error::Category::Data => "a field is missing or of another type",
                serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
            };
            self.located(Error::new(
                Kind::Unreadable,
                format!("{what} (line {}, column {})", error.line(), error.column()),
            ))
        })
    }

    /// Nothing is expected but that it is no hidden error.
    pub(super) fn done(&self) -> Result<(), Error> {
        match outcome::hidden_in_success(&self.body) {
            Some(hidden) => Err(self.located(hidden)),
            None => Ok(()),
        }
    }

    pub(super) fn located(&self, mut error: Error) -> Error {
        error.request = self.request.as_str().into();
        error.host = self.host.as_str().into();
        error.sent = true;
        error
    }
}

/// The connection to one platform, shared by all clones of a client.
pub(super) struct Transport {
    http: reqwest::Client,
    host: String,
    credentials: Arc<dyn Credentials>,
    options: Options,
    pace: Mutex<Pace>,
    /// Something was learned about the limits: whoever waits looks again.
    learned: Notify,
    held_until: Mutex<Option<Instant>>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Points that a request took. When it is over, cancelled too, the bookkeeping is told.
struct Taken<'a> {
    transport: &'a Transport,
    points: Points,
    answered: bool,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.transport.pace().done(self.points, self.answered);
        self.transport.learned.notify_waiters();
    }
}

/// A failed attempt, and what `Retry-After` said.
type Failed = (Error, Option<Duration>);

impl Transport {
    pub(super) fn new(
        base: &Url,
        credentials: Arc<dyn Credentials>,
        options: Options,
    ) -> Result<Self, Error> {
        let local = |what: String| {
            let mut error = Error::new(Kind::Local, what);
            error.host = host(base).into();
            error
        };
        let loopback_http = base.scheme() == "http" && is_loopback(base);
        if base.scheme() != "https" && !loopback_http {
            // M3
            let what =
                "The address would send credentials unencrypted; expected https (http only on this machine)";
            return Err(local(what.to_owned()));
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none()) // M4
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .user_agent(concat!("idconsole/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &options.extra_ca {
            let extra = reqwest::Certificate::from_pem_bundle(pem).ok().filter(|found| !found.is_empty());
            let what = "The extra certificate file cannot be used; expected one or more PEM certificates";
            builder = builder.tls_certs_merge(extra.ok_or_else(|| local(what.to_owned()))?);
        }
        if loopback_http {
            // A proxy must never see what is meant for this machine, and packing costs more than it saves.
            builder = builder.no_proxy().no_gzip();
        }
        let http =
            builder.build().map_err(|error| local(format!("The TLS library cannot be started: {error}")))?;
        Ok(Self {
            http,
            host: host(base),
            credentials,
            options,
            pace: Mutex::default(),
            learned: Notify::new(),
            held_until: Mutex::default(),
        })
    }

    /// The caller's token, to be looked into.
    pub(super) async fn bearer(&self) -> Result<secrecy::SecretString, Error> {
        self.credentials.bearer().await
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limits(&self) -> Vec<(String, Limit)> {
        let limits = self.pace().limits(Instant::now());
        limits.into_iter().map(|(limiter, limit)| (limiter.words().to_owned(), limit)).collect()
    }

    /// For how long requests are still held back, if any is.
    pub(super) fn held_back(&self) -> Option<Duration> {
        let until = *self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|at| at.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    fn hold(&self, until: Instant) {
        let mut held = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (*held).max(Some(until));
    }

    /// Sends and reads a whole answer; anything but 2xx is an error.
    pub(super) async fn send(&self, ask: Ask, urgency: Urgency) -> Result<Answer, Error> {
        let retries = Retries {
            times: self.options.retries,
            first: self.options.first_wait,
            longest: self.options.longest_pause,
        };
        let mut done = 0;
        loop {
            let (error, asked) = match self.signed(&ask, urgency).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let share = 0.5 + rand::random::<f64>() / 2.0;
            let pause = match ask.repeat {
                Repeat::Never => None,
                Repeat::Freely | Repeat::AfterReading => retries.pause(done, &error, asked, share),
            };
            let Some(pause) = pause else { return Err(self.located(&ask, error)) };
            done += 1;
            tracing::debug!(request = %ask.told(), kind = ?error.kind, ?pause, "asking again");
            self.hold(Instant::now() + pause);
            tokio::time::sleep(pause).await;
            // H2: a write whose answer was lost may have happened. Sent blindly again, it would be refused as stale,
            // as if somebody else had written.
            if ask.repeat == Repeat::AfterReading
                && error.leaves_doubt()
                && !self.is_as_expected(&ask, urgency).await
            {
                return Err(self.located(&ask, error));
            }
        }
    }

    /// Whether the record still is of the version that a guarded write expects.
    async fn is_as_expected(&self, ask: &Ask, urgency: Urgency) -> bool {
        let read = Ask::get(ask.url.clone(), Cost::Read);
        let Ok(answer) = self.signed(&read, urgency).await else { return false };
        let version =
            answer.read_plain::<super::wire::WireVersion>().ok().and_then(|read| read.meta.version_id);
        version.is_some() && version.as_deref() == ask.if_match.as_ref().map(VersionId::as_str)
    }

    /// Once, or twice when the bearer was renewed in between: a 401 is said before anything is done, so sending again
    /// is safe for every method.
    async fn signed(&self, ask: &Ask, urgency: Urgency) -> Result<Answer, Failed> {
        if !ask.signed {
            return self.once(ask, None, urgency).await;
        }
        let token = self.credentials.bearer().await.map_err(|error| (error, None))?;
        match self.once(ask, Some(&token), urgency).await {
            Err((error, asked)) if error.kind == Kind::Unauthorized => {
                match self.credentials.refused(&token).await {
                    Ok(Some(newer)) => self.once(ask, Some(&newer), urgency).await,
                    Ok(None) => Err((error, asked)),
                    Err(why) => Err((why, None)),
                }
            }
            other => other,
        }
    }

    /// Waits until the limits allow it, then takes the points.
    async fn take(&self, points: Points, urgency: Urgency) -> Result<Taken<'_>, Error> {
        loop {
            let learned = self.learned.notified();
            let now = Instant::now();
            let admission = self.pace().admit(points, urgency, now);
            let until = match admission {
                Admission::Go => return Ok(Taken { transport: self, points, answered: false }),
                Admission::Wait(until) => until,
            };
            let wait = until.saturating_duration_since(now);
            if wait > self.options.longest_pause {
                return Err(Error::new(Kind::Limited { reset: Some(wait) }, "the rate limit is used up"));
            }
            self.hold(until);
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = learned => {}
            }
        }
    }

    async fn once(
        &self,
        ask: &Ask,
        token: Option<&SecretString>,
        urgency: Urgency,
    ) -> Result<Answer, Failed> {
        let request = self.request(ask, token).map_err(|error| (error, None))?;
        let points = Points::of_request(ask.url.path(), ask.cost);
        let mut taken = self.take(points, urgency).await.map_err(|error| (error, None))?;
        let begun = Instant::now();
        let response = request.send().await.map_err(|error| (failed(&error, Stage::Asking), None))?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let limits = header("ratelimit");
        let asked = retry_after(&header("retry-after"), &header("date"));
        let head = Head {
            status: response.status().as_u16(),
            content_type: header("content-type"),
            location: Some(header("location")).filter(|location| !location.is_empty()),
            reset: asked.or_else(|| pace::exhausted_for(&limits)),
        };
        taken.answered = true;
        self.pace().learn(&limits, points, Instant::now());
        drop(taken);
        let body = self.body(response).await.map_err(|error| (error, None))?;
        tracing::debug!(request = %ask.told(), status = head.status, bytes = body.len(), took = ?begun.elapsed(), "asked");
        if !(200..300).contains(&head.status) {
            let error = outcome::refusal(&head, &body);
            if let Kind::Limited { reset: Some(reset) } = error.kind {
                self.pace().exhausted(points, reset, Instant::now());
            }
            return Err((error, asked));
        }
        if !head.is_json() && !body.is_empty() {
            let mut error =
                Error::new(Kind::NotAPlatform, format!("status {} with {}", head.status, head.content()));
            error.sent = true;
            return Err((error, None));
        }
        Ok(Answer { json: head.is_json(), body, request: ask.named(), host: self.host.clone() })
    }

    fn request(&self, ask: &Ask, token: Option<&SecretString>) -> Result<reqwest::RequestBuilder, Error> {
        let mut request = self
            .http
            .request(ask.method.clone(), ask.url.clone())
            .header("accept", "application/fhir+json, application/json")
            // Without it the platform leaves out half of `meta`, and a write loses it (§1.5).
            .header("x-medplum", "extended");
        if let Some(token) = token {
            request = request.header("authorization", authorization(token)?);
        }
        if let Some(member) = &ask.behalf {
            request = request.header("x-medplum-on-behalf-of", member.clone());
        }
        if let Some(version) = &ask.if_match {
            // The quotes are needed: an unquoted value is silently ignored (§1.6).
            request = request.header("if-match", format!("W/\"{}\"", version.as_str()));
        }
        if let Some((kind, body)) = &ask.body {
            request = request.header("content-type", *kind).body(body.to_string());
        }
        Ok(request)
    }

    /// The whole body, up to the limit (M5).
    async fn body(&self, response: reqwest::Response) -> Result<Bytes, Error> {
        let largest = self.options.largest_answer;
        let too_large = || {
            let mut error = Error::new(Kind::Unreadable, format!("it is larger than {largest} bytes"));
            error.sent = true;
            error
        };
        let told = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
        if told > largest {
            return Err(too_large());
        }
        let mut body = BytesMut::with_capacity(told);
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| failed(&error, Stage::Reading))?;
            if body.len() + part.len() > largest {
                return Err(too_large());
            }
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    }

    fn located(&self, ask: &Ask, mut error: Error) -> Error {
        error.request = ask.named().into();
        error.host = self.host.as_str().into();
        error
    }
}

fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
