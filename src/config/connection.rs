//! A connection: a platform and a way in. A saved one has a name.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::{Host, Url};

use crate::identity::{MembershipId, ProjectId};

/// Address of a platform: https (or http on loopback), ends in `/`, without query, fragment or password
/// (platform-api §1.1). The platform's issuer is this very string (§2).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

/// Why an address cannot be a platform's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an address.
    #[error("`{0}` is not a web address; expected something like `https://api.clinic.example/`")]
    NotAnAddress(String),
    /// Plain http to another machine.
    #[error(
        "`{0}` would send credentials unencrypted; expected `https://` (plain `http://` only on this machine)"
    )]
    NotSecure(String),
    /// More than a base.
    #[error("`{0}` holds a query, a fragment or a password; expected the base address alone")]
    NotABase(String),
}

impl BaseUrl {
    /// Reads an address as a person types it: the scheme may be missing, so may the last `/`. A scheme that is missing
    /// is https, except on this machine, where servers speak plain http.
    pub fn parse(typed: &str) -> Result<Self, BaseUrlError> {
        let typed = typed.trim();
        let bad = || BaseUrlError::NotAnAddress(crate::identity::text::shown(typed).into_owned());
        let mut url = if typed.contains("://") {
            Url::parse(typed).map_err(|_| bad())?
        } else {
            let plain = Url::parse(&format!("http://{typed}")).map_err(|_| bad())?;
            if is_loopback(&plain) {
                plain
            } else {
                Url::parse(&format!("https://{typed}")).map_err(|_| bad())?
            }
        };
        if url.host_str().is_none_or(str::is_empty) || !matches!(url.scheme(), "https" | "http") {
            return Err(bad());
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(BaseUrlError::NotABase(host(&url)));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(BaseUrlError::NotSecure(url.into()));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The address, ending in `/`.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address, ending in `/`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Host, with the port where it is not the usual one.
    pub fn host(&self) -> String {
        host(&self.0)
    }

    /// True for plain http on this machine (the embedded platform, a developer's server).
    pub fn is_loopback_http(&self) -> bool {
        self.0.scheme() == "http"
    }
}

fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

/// True when the address can only be this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl Serialize for BaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// How to sign in (design: signing in).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Browser on this machine, answer on loopback (RFC 8252).
    Browser,
    /// Browser elsewhere; its last address is pasted back.
    Paste,
    /// Device flow at the platform (RFC 8628), when it offers one.
    Device,
    /// Device flow at the IdP, then token exchange at the platform (RFC 8693).
    DeviceExchange,
    /// Email, password and factor, here.
    Direct,
    /// Client id and secret, for automation.
    ClientCredentials,
    /// `IDCONSOLE_ACCESS_TOKEN`.
    Environment,
}

impl Method {
    /// Every method, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Browser,
        Self::Device,
        Self::DeviceExchange,
        Self::Paste,
        Self::Direct,
        Self::ClientCredentials,
        Self::Environment,
    ];

    /// As written in `config.toml` and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Paste => "paste",
            Self::Device => "device",
            Self::DeviceExchange => "device-exchange",
            Self::Direct => "direct",
            Self::ClientCredentials => "client-credentials",
            Self::Environment => "environment",
        }
    }

    /// Name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Browser => "Browser",
            Self::Paste => "Paste back",
            Self::Device => "Device",
            Self::DeviceExchange => "Device at the IdP",
            Self::Direct => "Direct",
            Self::ClientCredentials => "Client",
            Self::Environment => "Environment",
        }
    }

    /// One line of explanation.
    pub fn help(self) -> &'static str {
        match self {
            Self::Browser => "opens your browser on this machine",
            Self::Paste => "browser elsewhere, paste the address it ends on",
            Self::Device => "sign in on your phone or another computer",
            Self::DeviceExchange => "at your identity provider, on another device",
            Self::Direct => "email, password and code, here",
            Self::ClientCredentials => "client id and secret, for automation",
            Self::Environment => "the token in IDCONSOLE_ACCESS_TOKEN",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|method| method.word() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::word).join(", ");
            format!(
                "`{}` is not a way to sign in; expected one of {known}",
                crate::identity::text::shown(word)
            )
        })
    }
}

/// Where a session is kept. Always chosen by a person, never fallen back to (standards S2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// The system's keyring.
    Keyring,
    /// A file that only this account can read (0600).
    File,
    /// Nowhere: gone with the process.
    Memory,
}

impl StoreKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Keyring, Self::File, Self::Memory];

    /// As written in `config.toml` and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }

    /// One line of explanation.
    pub fn help(self) -> &'static str {
        match self {
            Self::Keyring => "the system's keyring",
            Self::File => "a file only you can read (0600)",
            Self::Memory => "not stored, gone when the program ends",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl std::str::FromStr for StoreKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::word).join(", ");
            format!("`{}` is not a secret store; expected one of {known}", crate::identity::text::shown(word))
        })
    }
}

/// The identity provider at which a device sign-in happens before the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idp {
    /// Its issuer, exactly as its discovery document writes it.
    pub issuer: String,
    /// Client id there.
    pub client_id: String,
    /// Scopes asked for there, separated by spaces.
    #[serde(default = "idp_scope")]
    pub scope: String,
}

fn idp_scope() -> String {
    "openid profile email".to_owned()
}

/// A platform and a way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Name of the table in `config.toml`.
    #[serde(skip)]
    pub name: String,
    /// The platform.
    pub base_url: BaseUrl,
    /// How to sign in.
    pub method: Method,
    /// Where the session is kept; must be chosen.
    pub store: StoreKind,
    /// OAuth client. Without one the built-in `medplum-cli` serves browser and paste, and direct uses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Address that the direct method suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Project for the direct method; needed for project-scoped users (platform-api §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Membership wanted when several match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipId>,
    /// Scopes asked for instead of the usual ones, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Marked, and asks once more before writes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub production: bool,
    /// Starts without any write.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// PEM file with further certificate authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_ca: Option<PathBuf>,
    /// Address of the platform's web app, where records are opened; without it, it is learned where the platform
    /// sends whoever signs in by browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_app: Option<BaseUrl>,
    /// For [`Method::DeviceExchange`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<Idp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Connection {
    /// A connection with nothing but the necessary.
    pub fn new(name: impl Into<String>, base_url: BaseUrl, method: Method, store: StoreKind) -> Self {
        Self {
            name: name.into(),
            base_url,
            method,
            store,
            client_id: None,
            email: None,
            project: None,
            membership: None,
            scope: None,
            production: false,
            read_only: false,
            extra_ca: None,
            web_app: None,
            idp: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("api.clinic.example", "https://api.clinic.example/")]
    #[case(" https://API.clinic.example/sub ", "https://api.clinic.example/sub/")]
    #[case("http://localhost:8103", "http://localhost:8103/")]
    #[case("http://127.0.0.1:1/", "http://127.0.0.1:1/")]
    #[case("http://[::1]:1", "http://[::1]:1/")]
    #[case("localhost:8103", "http://localhost:8103/")]
    #[case("127.0.0.1:8103", "http://127.0.0.1:8103/")]
    #[case("localhost.evil.example", "https://localhost.evil.example/")]
    fn an_address_gets_its_scheme_and_last_slash(#[case] typed: &str, #[case] read: &str) {
        assert_eq!(BaseUrl::parse(typed).unwrap().as_str(), read);
    }

    // M3
    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(matches!(BaseUrl::parse("http://api.clinic.example"), Err(BaseUrlError::NotSecure(_))));
        assert!(matches!(BaseUrl::parse("http://localhost.evil.example"), Err(BaseUrlError::NotSecure(_))));
    }

    #[rstest]
    #[case("")]
    #[case("not a url")]
    #[case("ftp://x.example/")]
    #[case("https://")]
    fn what_is_no_address_is_refused(#[case] typed: &str) {
        assert!(matches!(BaseUrl::parse(typed), Err(BaseUrlError::NotAnAddress(_))), "{typed}");
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let wrong = BaseUrl::parse("https://me:hunter22@api.clinic.example/").unwrap_err();
        assert!(!wrong.to_string().contains("hunter22"));
    }

    #[test]
    fn every_word_reads_back() {
        for method in Method::ALL {
            assert_eq!(method.word().parse(), Ok(method));
        }
        for kind in StoreKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        assert!("brwoser".parse::<Method>().unwrap_err().contains("browser"));
    }
}
