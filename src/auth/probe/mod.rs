//! Single questions to an identity provider under test: what was sent, what came back, by which certificate.
//!
//! No redirect is followed (M4), time and size are limited (M5), nothing is sent without encryption but to this machine
//! when the platform itself is there (M3). Whatever is asked becomes an [`Exchange`], which holds no secret, not even
//! when the provider repeats it.

mod reach;
mod scrub;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use jiff::Timestamp;
use url::Url;

use self::scrub::Scrub;
use super::error::AuthError;
use super::http::{Http, host_of};
use crate::identity::route_test::{Asked, Certificate, NoReply, Reply};
use crate::identity::trace::{Exchange, Got, Sent};
use crate::identity::{Secret, Text};
use crate::ports::Clock;

/// Largest answer that is read, in bytes (M5).
const LARGEST: usize = 1024 * 1024;

/// Longest wait for one answer (M5).
const PATIENCE: Duration = Duration::from_secs(15);

/// Headers that are kept.
const KEPT: [&str; 5] = ["content-type", "location", "www-authenticate", "date", "retry-after"];

/// How a client names itself at the token endpoint.
#[derive(Debug, Clone, Copy)]
pub enum Credentials<'a> {
    /// Its id alone, in the form.
    Bare,
    /// Id and secret in the header, as the platform writes them: not encoded (platform-api §9.4).
    Basic(&'a Secret),
    /// Id and secret in the form.
    Post(&'a Secret),
}

/// Asks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Probe {
    inner: reqwest::Client,
    rules: Http,
    clock: Arc<dyn Clock>,
    scrub: Scrub,
}

impl Probe {
    /// By the rules and certificate authorities of a connection; `secret` is kept out of everything that is told.
    pub fn new(http: &Http, secret: Option<&Secret>, clock: Arc<dyn Clock>) -> Result<Self, AuthError> {
        Ok(Self {
            inner: http.telling_certificates()?,
            rules: http.clone(),
            clock,
            scrub: Scrub::new(secret),
        })
    }

    /// The same, keeping also the form out in which the secret goes along with this client id.
    #[must_use]
    pub fn knowing(mut self, client: &str) -> Self {
        self.scrub.add_basic(client);
        self
    }

    /// Reads an address; nobody is named.
    pub async fn get(&self, url: &Url, accept: &str) -> Asked {
        let sent = Sent::new("GET", url).header("Accept", accept);
        self.ask(url, sent, self.inner.get(url.clone()).header("accept", accept)).await
    }

    /// Swaps a code that nobody gave out, as the platform would (`packages/server/src/auth/external.ts`).
    pub async fn swap(&self, url: &Url, client: &str, callback: &str, who: Credentials<'_>) -> Asked {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("redirect_uri", callback),
            ("code", "idconsole-route-test"),
        ];
        let mut sent = Sent::new("POST", url).header("Accept", "application/json");
        let mut request = self.inner.post(url.clone()).header("accept", "application/json");
        match who {
            Credentials::Bare => form.push(("client_id", client)),
            Credentials::Post(secret) => {
                form.push(("client_id", client));
                form.push(("client_secret", secret.expose()));
            }
            Credentials::Basic(secret) => {
                let value = format!("Basic {}", STANDARD.encode(format!("{client}:{}", secret.expose())));
                sent = sent.header("Authorization", &value);
                request = request.header("authorization", value);
            }
        }
        self.ask(url, sent.form(&form), request.form(&form)).await
    }

    /// The addresses behind a host name; none where it has none.
    pub async fn resolve(&self, host: &str) -> Vec<IpAddr> {
        let looked_up = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, 443))).await;
        let Ok(Ok(found)) = looked_up else { return Vec::new() };
        found.map(|address| address.ip()).collect()
    }

    async fn ask(&self, url: &Url, sent: Sent, request: reqwest::RequestBuilder) -> Asked {
        if !self.rules.trusts(url) {
            return Asked::NotSent(format!("{} is not encrypted", self.scrub.text(&host_of(url))));
        }
        let host = self.scrub.text(&host_of(url));
        let sent = self.scrub.sent(sent);
        let (began, started) = (self.clock.now(), Instant::now());
        let answered = tokio::time::timeout(PATIENCE, read(request)).await.unwrap_or(Err(NoReply::Timeout));
        let took = started.elapsed();
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let raw = match answered {
            Ok(raw) => raw,
            Err(why) => {
                let got = Err(Text::from(format!("{host} {}", why.words())));
                return Asked::Nothing { why, exchange: Exchange { sent, got, took_ms }, host };
            }
        };
        let body = self.scrub.text(&String::from_utf8_lossy(&raw.body));
        let headers: Vec<(&str, String)> =
            raw.headers.iter().map(|(name, value)| (*name, self.scrub.text(value))).collect();
        let header = |name: &str| {
            headers.iter().find(|(one, _)| *one == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let borrowed: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let got = Got::new(raw.status, &borrowed, body.as_bytes());
        let kind = header("content-type");
        let middle = began.checked_add(took / 2).unwrap_or(began);
        Asked::Answered(Box::new(Reply {
            host,
            status: raw.status,
            kind: kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
            location: header("location"),
            challenge: header("www-authenticate"),
            json: serde_json::from_str(&body).ok(),
            body,
            date: date(&header("date")),
            at: middle,
            certificate: raw.certificate.as_deref().and_then(certificate),
            exchange: Exchange { sent, got: Ok(got), took_ms },
        }))
    }
}

/// An answer as it came.
struct Raw {
    status: u16,
    headers: Vec<(&'static str, String)>,
    certificate: Option<Vec<u8>>,
    body: Vec<u8>,
}

async fn read(request: reqwest::RequestBuilder) -> Result<Raw, NoReply> {
    let response = request.send().await.map_err(|error| reach::why(&error))?;
    let status = response.status().as_u16();
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = KEPT.iter().filter_map(|name| Some((*name, header(name)?))).collect();
    let certificate = response
        .extensions()
        .get::<reqwest::tls::TlsInfo>()
        .and_then(|info| info.peer_certificate())
        .map(<[u8]>::to_vec);
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| reach::why(&error))?;
        if body.len() + part.len() > LARGEST {
            return Err(NoReply::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(Raw { status, headers, certificate, body })
}

fn date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value.trim()).ok().map(|at| at.timestamp())
}

fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, parsed) = x509_parser::parse_x509_certificate(der).ok()?;
    let until = Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()?;
    let issuer = parsed.issuer();
    let named =
        issuer.iter_organization().chain(issuer.iter_common_name()).find_map(|part| part.as_str().ok());
    Some(Certificate { until, by: Text::from(named.unwrap_or("nobody named")) })
}
