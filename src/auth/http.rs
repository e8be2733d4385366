//! The HTTP that signing in needs: no redirects (M4), limited time and size (M5), trusted certificates (M3).

use std::error::Error as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::error::{AuthError, Reach, Refusal};
use crate::config::{Connection, is_loopback};
use crate::identity::trace::{Exchange, Got, Sent};
use crate::identity::{Secret, Text};

/// Largest answer that is read, in bytes (M5).
const LARGEST: usize = 1024 * 1024;

/// A client for sign-in requests. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    inner: Arc<OnceLock<reqwest::Client>>,
    on_this_machine: bool,
    authorities: Vec<reqwest::Certificate>,
    trace: Option<Trace>,
}

/// Hears of every request and its answer, without their secrets.
#[derive(Clone)]
pub(crate) struct Trace(pub(crate) Arc<dyn Fn(Exchange) + Send + Sync>);

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trace(..)")
    }
}

/// A whole answer. `Debug` shows neither body nor headers: both can hold tokens.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// Where it sends on; never followed (M4).
    pub(crate) location: String,
    pub(crate) body: Vec<u8>,
    reset: Option<u64>,
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answered").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answered {
    /// The answer without its secrets.
    fn got(&self) -> Got {
        let headers = [("content-type", self.content_type.as_str()), ("location", self.location.as_str())];
        // The words of a redirect only repeat its address.
        let body: &[u8] = if (300..400).contains(&self.status) { &[] } else { &self.body };
        Got::new(self.status, &headers, body)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_json(&self) -> bool {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    pub(crate) fn refused(&self, host: String) -> AuthError {
        AuthError::Refused { host, refusal: Refusal::read(self.status, &self.body, self.reset) }
    }

    /// The JSON of a success; anything else as an error of `host`.
    pub(crate) fn json(&self, host: &str) -> Result<Value, AuthError> {
        if !self.is_success() {
            return Err(self.refused(host.to_owned()));
        }
        let unreadable =
            || AuthError::Unreadable { host: host.to_owned(), what: "expected a JSON object".to_owned() };
        if !self.is_json() {
            return Err(unreadable());
        }
        serde_json::from_slice(&self.body).map_err(|_| unreadable())
    }
}

impl Http {
    /// For this connection: its extra certificate authorities, and plain http only when the connection itself
    /// names plain http on this machine (M3).
    pub fn for_connection(connection: &Connection) -> Result<Self, AuthError> {
        Self::new(connection.extra_ca.as_deref(), connection.base_url.is_loopback_http())
    }

    /// Without a connection: these certificate authorities beside the system's (a PEM file), and plain http on this
    /// machine where whoever asks named it so themselves (M3).
    pub fn new(extra_ca: Option<&Path>, loopback_http: bool) -> Result<Self, AuthError> {
        let mut authorities = Vec::new();
        if let Some(file) = extra_ca {
            let what = || format!("The certificate file {} cannot be used", file.display());
            let pem = std::fs::read(file)
                .map_err(|error| AuthError::Local { what: what(), why: error.to_string() })?;
            authorities = reqwest::Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| AuthError::Local {
                    what: what(),
                    why: "expected one or more PEM certificates".to_owned(),
                })?;
        }
        Ok(Self { inner: Arc::default(), on_this_machine: loopback_http, authorities, trace: None })
    }

    /// Made when the first request goes out: reading the system's certificates takes longer than judging a token.
    fn inner(&self) -> Result<&reqwest::Client, AuthError> {
        if let Some(client) = self.inner.get() {
            return Ok(client);
        }
        let made = built(client(&self.authorities, self.on_this_machine))?;
        Ok(self.inner.get_or_init(|| made))
    }

    /// The same, telling of everything it sends and receives.
    pub(crate) fn traced(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// A client of the same rules that also tells the certificates it met.
    pub(super) fn telling_certificates(&self) -> Result<reqwest::Client, AuthError> {
        built(client(&self.authorities, self.on_this_machine).tls_info(true))
    }

    /// Plain http on this machine is allowed, because the connection itself names it (M3).
    pub fn is_on_this_machine(&self) -> bool {
        self.on_this_machine
    }

    /// True when credentials may go there (M3).
    pub(crate) fn trusts(&self, url: &Url) -> bool {
        url.scheme() == "https" || (url.scheme() == "http" && self.on_this_machine && is_loopback(url))
    }

    pub(crate) async fn get(&self, url: &Url) -> Result<Answered, AuthError> {
        self.send(url, self.inner()?.get(url.clone()).header("accept", "application/json")).await
    }

    pub(crate) async fn post_json(&self, url: &Url, body: &Value) -> Result<Answered, AuthError> {
        self.send(url, self.inner()?.post(url.clone()).header("accept", "application/json").json(body)).await
    }

    pub(crate) async fn post_form(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answered, AuthError> {
        self.send(url, self.inner()?.post(url.clone()).header("accept", "application/json").form(form)).await
    }

    /// A form with the client's id and secret in a Basic header, written as the platform writes them: without the
    /// encoding of RFC 6749 §2.3.1 (platform-api §10.2 step 4).
    pub(crate) async fn post_form_basic(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        (id, secret): (&str, &str),
    ) -> Result<Answered, AuthError> {
        let request = self.inner()?.post(url.clone()).header("accept", "application/json");
        self.send(url, request.basic_auth(id, Some(secret)).form(form)).await
    }

    pub(crate) async fn get_as(&self, url: &Url, bearer: &SecretString) -> Result<Answered, AuthError> {
        let request = self.inner()?.get(url.clone()).header("accept", "application/json");
        self.send(url, request.bearer_auth(bearer.expose_secret())).await
    }

    /// A read with a token under test.
    pub(crate) async fn read_as(&self, url: &Url, bearer: &Secret) -> Result<Answered, AuthError> {
        self.send(url, self.reading(url, bearer)?).await
    }

    /// The same, on behalf of somebody where that is asked for (platform-api §1.10). The answer to a read that works is
    /// not read: it is a person's data, and may be of any size.
    pub(crate) async fn try_as(
        &self,
        url: &Url,
        bearer: &Secret,
        on_behalf_of: Option<&Text>,
    ) -> Result<Answered, AuthError> {
        let mut request = self.reading(url, bearer)?;
        if let Some(member) = on_behalf_of {
            request = request.header("x-medplum-on-behalf-of", member.raw());
        }
        self.send_for(Wanted::Refusal, url, request).await
    }

    fn reading(&self, url: &Url, bearer: &Secret) -> Result<reqwest::RequestBuilder, AuthError> {
        let request =
            self.inner()?.get(url.clone()).header("accept", "application/fhir+json, application/json");
        Ok(request.bearer_auth(bearer.expose()))
    }

    pub(crate) async fn post_as(&self, url: &Url, bearer: &SecretString) -> Result<Answered, AuthError> {
        self.send(url, self.inner()?.post(url.clone()).bearer_auth(bearer.expose_secret())).await
    }

    /// The adapter for the `oauth2` crate. An empty client id is not sent: a direct sign-in has no client
    /// (platform-api §3.5).
    pub(crate) async fn oauth(&self, request: http::Request<Vec<u8>>) -> Result<Answered, AuthError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| AuthError::Local {
            what: "The token endpoint's address cannot be used".to_owned(),
            why: "not an address".to_owned(),
        })?;
        let kept: Vec<(String, String)> = url::form_urlencoded::parse(&body)
            .filter(|(name, value)| !(name == "client_id" && value.is_empty()))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        self.send(&url, self.inner()?.request(parts.method, url.clone()).headers(parts.headers).form(&kept))
            .await
    }

    async fn send(&self, url: &Url, request: reqwest::RequestBuilder) -> Result<Answered, AuthError> {
        self.send_for(Wanted::Answer, url, request).await
    }

    async fn send_for(
        &self,
        wanted: Wanted,
        url: &Url,
        request: reqwest::RequestBuilder,
    ) -> Result<Answered, AuthError> {
        if !self.trusts(url) {
            return Err(AuthError::Metadata {
                issuer: host_of(url),
                what: format!("{} is not https", crate::identity::text::shown(url.as_str())),
            });
        }
        let request = request.build().map_err(|_| AuthError::Local {
            what: "The request cannot be made".to_owned(),
            why: "something in it holds characters that no header has".to_owned(),
        })?;
        let Some(Trace(tell)) = &self.trace else { return self.carry(wanted, url, request).await };
        let sent = sent(url, &request);
        let began = tokio::time::Instant::now();
        let answer = self.carry(wanted, url, request).await;
        let got = match &answer {
            Ok(answer) => Ok(answer.got()),
            Err(error) => Err(Text::from(error.to_string())),
        };
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tell(Exchange { sent, got, took_ms });
        answer
    }

    async fn carry(
        &self,
        wanted: Wanted,
        url: &Url,
        request: reqwest::Request,
    ) -> Result<Answered, AuthError> {
        let unreachable =
            |error: &reqwest::Error| AuthError::Unreachable { host: host_of(url), why: reach(error) };
        let asked = format!("{} {}{}", request.method(), host_of(url), url.path());
        let begun = tokio::time::Instant::now();
        let response = self.inner()?.execute(request).await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        tracing::debug!(request = %asked, status, took = ?begun.elapsed(), "asked");
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let content_type = header("content-type");
        let location = header("location");
        let reset =
            retry_after(&header("retry-after"), &header("date")).or_else(|| reset_of(&header("ratelimit")));
        let mut body = Vec::new();
        if wanted == Wanted::Refusal && (200..300).contains(&status) {
            return Ok(Answered { status, content_type, location, body, reset });
        }
        let mut stream = response.bytes_stream();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| unreachable(&error))?;
            if body.len() + part.len() > LARGEST {
                return Err(AuthError::Unreadable {
                    host: host_of(url),
                    what: "it is larger than 1 MB".to_owned(),
                });
            }
            body.extend_from_slice(&part);
        }
        Ok(Answered { status, content_type, location, body, reset })
    }
}

/// What of an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    Answer,
    /// That it works, or why it does not.
    Refusal,
}

/// Headers of a request that are worth showing.
const SHOWN_HEADERS: [&str; 3] = ["authorization", "content-type", "accept"];

/// A request without its secrets.
fn sent(url: &Url, request: &reqwest::Request) -> Sent {
    let mut sent = Sent::new(request.method().as_str(), url);
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    for name in SHOWN_HEADERS {
        if let Some(value) = header(name) {
            sent = sent.header(name, value);
        }
    }
    let Some(body) = request.body().and_then(reqwest::Body::as_bytes) else { return sent };
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return sent.json(&json);
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    sent.form(&pairs)
}

/// No redirects (M4), limited time (M5), the connection's certificate authorities (M3).
fn client(authorities: &[reqwest::Certificate], loopback_http: bool) -> reqwest::ClientBuilder {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .user_agent(concat!("idconsole/", env!("CARGO_PKG_VERSION")));
    if !authorities.is_empty() {
        builder = builder.tls_certs_merge(authorities.to_vec());
    }
    if loopback_http {
        // A proxy must never see what is meant for this machine.
        builder = builder.no_proxy();
    }
    builder
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, AuthError> {
    builder.build().map_err(|error| AuthError::Local {
        what: "The TLS library cannot be started".to_owned(),
        why: root_cause(&error),
    })
}

/// `Retry-After` in seconds: a number, or a date that is read against the answer's own `Date` (H1; RFC 9110 §10.2.3).
fn retry_after(value: &str, date: &str) -> Option<u64> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(seconds);
    }
    let at = |text: &str| jiff::fmt::rfc2822::parse(text.trim()).ok().map(|at| at.timestamp().as_second());
    u64::try_from(at(value)? - at(date)?).ok()
}

/// Seconds until the exhausted limit of a `RateLimit` header resets (platform-api §1.9).
fn reset_of(header: &str) -> Option<u64> {
    header
        .split(',')
        .filter_map(|item| {
            let field = |name: &str| {
                item.split(';').find_map(|part| part.trim().strip_prefix(name)?.parse::<u64>().ok())
            };
            (field("r=")? == 0).then(|| field("t="))?
        })
        .max()
}

/// Host of an address, with an unusual port.
pub fn host_of(url: &Url) -> String {
    let host = crate::identity::text::shown(url.host_str().unwrap_or_default()).into_owned();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn reach(error: &reqwest::Error) -> Reach {
    if error.is_timeout() {
        return Reach::Timeout;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::ConnectionRefused => return Reach::Refused,
                std::io::ErrorKind::TimedOut => return Reach::Timeout,
                // How the TLS library reports what it read while connecting: certificates, alerts, no TLS at all.
                std::io::ErrorKind::InvalidData if error.is_connect() => {
                    let no_tls = io.to_string().to_ascii_lowercase().contains("corrupt message");
                    return if no_tls { Reach::NotTls } else { Reach::Tls };
                }
                _ => {}
            }
        }
        // The resolver and the TLS library keep their types to themselves; their words are all there is.
        let words = inner.to_string().to_ascii_lowercase();
        if words.contains("dns error") || words.contains("lookup address") {
            return Reach::Name;
        }
        if words.contains("certificate") || words.contains("tls") || words.contains("handshake") {
            return Reach::Tls;
        }
        // An io error hides the error it was made of from `source`, so that one is looked at first.
        cause = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(hidden) => Some(hidden as &(dyn std::error::Error + 'static)),
            None => inner.source(),
        };
    }
    Reach::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    // H1
    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let date = "Wed, 25 Nov 2026 20:00:00 GMT";
        assert_eq!(retry_after("7", date), Some(7));
        assert_eq!(retry_after("Wed, 25 Nov 2026 20:01:30 GMT", date), Some(90));
        assert_eq!(retry_after("Wed, 25 Nov 2026 19:00:00 GMT", date), None);
        assert_eq!(retry_after("", date), None);
    }

    // H1
    #[test]
    fn the_exhausted_limit_tells_when_it_resets() {
        assert_eq!(reset_of(r#""login";r=0;t=42, "requests";r=599991;t=59"#), Some(42));
        assert_eq!(reset_of(r#""requests";r=599991;t=59"#), None);
    }
}
