//! The facts that are judged: what is known beforehand, and what was seen at the provider.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::super::id::DomainRouteId;
use super::super::provider::DomainRoute;
use super::super::seen::{Seen, Unseen};
use super::super::sign_in::Route;
use super::super::text::Text;
use super::super::trace::Exchange;
use super::document::Document;

/// What is known of the platform's other routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Every domain route; super admins only.
    pub routes: Seen<Vec<DomainRoute>>,
    /// Where the platform sends somebody of this domain today, which anybody may ask (platform-api §3.1).
    pub observed: Seen<Route>,
    /// The route that is tested, when it is a saved one.
    pub own: Option<DomainRouteId>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            routes: Seen::Unknown(Unseen::NotLoaded),
            observed: Seen::Unknown(Unseen::NotLoaded),
            own: None,
        }
    }
}

/// Where and when it is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `<base>auth/external` of the platform: where providers send people back to.
    pub callback: Url,
    /// The platform is on this machine without encryption, so that providers on this machine may be too (M3).
    pub on_this_machine: bool,
    /// The present.
    pub now: Timestamp,
    /// A secret was given beside the draft.
    pub with_secret: bool,
    /// The secret stands in a field that is not its own, or something else in the secret's.
    pub misplaced: Option<Misplaced>,
    /// Other routes.
    pub known: Known,
}

impl Setting {
    /// Whether this address may be asked: encrypted, or on this machine as the platform is (M3).
    pub fn trusts(&self, url: &Url) -> bool {
        url.scheme() == "https" || (url.scheme() == "http" && self.on_this_machine && is_this_machine(url))
    }
}

/// A secret that is not in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// It stands in this field, where everybody can read it.
    In(&'static str),
    /// This stands in the secret's field.
    NotOne(&'static str),
}

/// True for this machine's own addresses.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// One question over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// It was not sent; why, as the rest of a sentence.
    NotSent(String),
    /// It was sent and nothing came back that could be read.
    Nothing {
        /// Why.
        why: NoReply,
        /// What was sent.
        exchange: Exchange,
        /// Host that was asked, safe to show.
        host: String,
    },
    /// It was answered.
    Answered(Box<Reply>),
}

impl Asked {
    /// The answer.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Answered(reply) => Some(reply),
            Self::NotSent(_) | Self::Nothing { .. } => None,
        }
    }

    /// What went over the wire.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::NotSent(_) => None,
            Self::Nothing { exchange, .. } => Some(exchange),
            Self::Answered(reply) => Some(&reply.exchange),
        }
    }

    /// The answer, or why there is none.
    pub fn told(&self) -> Result<&Reply, String> {
        match self {
            Self::Answered(reply) => Ok(reply),
            Self::NotSent(why) => Err(format!("Not asked: {why}.")),
            Self::Nothing { host, .. } => Err(format!("Not answered: {host} was not reached.")),
        }
    }
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReply {
    /// The name has no address.
    Name,
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    Timeout,
    /// What listens there does not speak TLS.
    NotTls,
    /// Its certificate was not accepted.
    Certificate(CertificateFault),
    /// More than is read of any answer (M5).
    TooLarge,
    /// The connection broke.
    Broken,
}

impl NoReply {
    /// As the rest of a sentence that begins with the host.
    pub fn words(&self) -> String {
        match self {
            Self::Name => "has no address: the name is not known".to_owned(),
            Self::Refused => "does not answer: nothing listens there".to_owned(),
            Self::Timeout => "did not answer in time".to_owned(),
            Self::NotTls => "does not speak TLS".to_owned(),
            Self::Certificate(fault) => format!("showed a certificate that {}", fault.words()),
            Self::TooLarge => "answers with more than 1 MB".to_owned(),
            Self::Broken => "broke the connection off".to_owned(),
        }
    }
}

/// Why a certificate was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// Too late.
    Expired,
    /// Too early.
    NotYet,
    /// It is for another name.
    WrongName,
    /// Nobody whom this machine trusts has signed it.
    UnknownIssuer,
    /// Something else.
    Other(Text),
}

impl CertificateFault {
    /// After "a certificate that".
    pub fn words(&self) -> String {
        match self {
            Self::Expired => "has expired".to_owned(),
            Self::NotYet => "is not valid yet".to_owned(),
            Self::WrongName => "is for another name".to_owned(),
            Self::UnknownIssuer => "nobody trusted here has signed".to_owned(),
            Self::Other(why) => format!("is not accepted ({why})"),
        }
    }
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Until when it holds.
    pub until: Timestamp,
    /// Who signed it.
    pub by: Text,
}

/// An answer. `Debug` shows no body.
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// Host that was asked, safe to show.
    pub host: String,
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, without parameters, in lower case.
    pub kind: String,
    /// `Location`; it was not followed (M4).
    pub location: String,
    /// `WWW-Authenticate`.
    pub challenge: String,
    /// The body, without the secret even when the provider repeats it.
    pub body: String,
    /// The body as JSON, whatever its content type says.
    pub json: Option<Value>,
    /// The provider's clock.
    pub date: Option<Timestamp>,
    /// Ours, in the middle of the question.
    pub at: Timestamp,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// As it may be shown.
    pub exchange: Exchange,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("host", &self.host)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Reply {
    /// The content type is one of JSON.
    pub fn is_json(&self) -> bool {
        self.kind == "application/json"
            || (self.kind.starts_with("application/") && self.kind.ends_with("+json"))
            || self.kind == "application/jwk-set+json"
    }

    /// What it is, in two words.
    pub fn kind_words(&self) -> String {
        match self.kind.as_str() {
            "text/html" | "application/xhtml+xml" => "a web page".to_owned(),
            "" => "something without a content type".to_owned(),
            kind => super::verdict::quoted(kind),
        }
    }
}

/// The description of the provider, as far as it was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// What was asked for; `None` where no issuer was given and none could be guessed.
    pub issuer: Option<String>,
    /// The issuer was not given but found; how, as a sentence.
    pub guessed: Option<String>,
    /// The answer that counts: the first JSON, else the most telling one.
    pub answer: Option<Asked>,
    /// Everything that was asked on the way.
    pub asked: Vec<Exchange>,
    /// The document.
    pub document: Option<Document>,
}

/// What the authorize endpoint answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorized {
    /// To the platform's own request.
    pub ours: Asked,
    /// To the same with an address to return to that nobody registered.
    pub other_redirect: Asked,
    /// To the same with a client id that nobody registered.
    pub other_client: Asked,
}

/// What the token endpoint answered to an invented code.
#[derive(Debug, Clone, PartialEq)]
pub struct Swapped {
    /// Without the client's secret.
    pub bare: Asked,
    /// With it, as the route says that it is sent.
    pub ours: Asked,
    /// With it, sent the other way; only asked where the first was refused.
    pub other_way: Asked,
}

/// The addresses behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The name.
    pub host: String,
    /// What it leads to.
    pub addresses: Vec<IpAddr>,
}
