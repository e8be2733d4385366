//! One try to sign in: which way, and what the person and the identity provider say.

use serde::{Deserialize, Serialize};

use crate::identity::email::Email;
use crate::identity::id::{MembershipId, ProjectId};
use crate::identity::text::Text;

/// Which of the platform's procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// The browser at an external IdP: `GET /auth/external` (platform-api §10.2).
    Browser,
    /// Token exchange at `/oauth2/token` (platform-api §10.3).
    Exchange,
    /// The same at the older `/auth/exchange`, which knows no `membership_id`.
    LegacyExchange,
    /// Email and password: `POST /auth/login` (platform-api §3.1).
    Password,
    /// Google's own button: `POST /auth/google` (platform-api §3.1).
    Google,
    /// An IdP's token as bearer, with a provider in the server's configuration (platform-api §10.4).
    Bearer,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Browser, Self::Exchange, Self::LegacyExchange, Self::Password, Self::Google, Self::Bearer];

    /// The word of `--flow`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Exchange => "exchange",
            Self::LegacyExchange => "legacy-exchange",
            Self::Password => "password",
            Self::Google => "google",
            Self::Bearer => "bearer",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Browser => "browser at the identity provider",
            Self::Exchange => "token exchange",
            Self::LegacyExchange => "token exchange, older endpoint",
            Self::Password => "email and password",
            Self::Google => "Google button",
            Self::Bearer => "identity provider's token as bearer",
        }
    }

    /// True for both endpoints of token exchange.
    pub fn is_exchange(self) -> bool {
        matches!(self, Self::Exchange | Self::LegacyExchange)
    }
}

/// What an IdP says under one claim name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Claim {
    /// Nothing, or what JavaScript takes for nothing: `null`, `false`, `0`.
    #[default]
    Absent,
    /// Text; may be empty.
    Text(Text),
    /// A number, a list, an object, `true`.
    NotText,
}

impl Claim {
    /// Text that says something.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            Self::Text(_) | Self::Absent | Self::NotText => None,
        }
    }

    /// As it stands in a decoded token.
    pub fn from_json(value: Option<&serde_json::Value>) -> Self {
        use serde_json::Value;
        match value {
            None | Some(Value::Null | Value::Bool(false)) => Self::Absent,
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Self::Absent,
            Some(Value::String(text)) => Self::Text(Text::from(text.as_str())),
            Some(_) => Self::NotText,
        }
    }
}

impl From<&str> for Claim {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// What the app sends for PKCE (platform-api §3.1, RFC 7636). A proper pair, and none at all, start a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pkce {
    /// A challenge and a method that the platform knows, or neither.
    #[default]
    Proper,
    /// A challenge without a method, or with one that the platform does not know.
    NoMethod,
    /// A method without a challenge.
    NoChallenge,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which way.
    pub flow: Flow,
    /// What the person types into the sign-in page.
    pub typed: Option<Text>,
    /// The domain as the page knows it, where it is not the one of [`Attempt::typed`].
    pub domain: Option<Text>,
    /// The IdP's `email`.
    pub email: Claim,
    /// The IdP's `sub`.
    pub subject: Claim,
    /// The IdP's `fhirUser`; only [`Flow::Bearer`] looks at it.
    pub fhir_user: Option<Text>,
    /// Client application that is signed in to, by id.
    pub client: Option<Text>,
    /// Project that the page names.
    pub project: Option<ProjectId>,
    /// `membership_id` of a token exchange; elsewhere what is chosen when the page asks.
    pub membership: Option<MembershipId>,
    /// Where the app wants the browser sent back to; compared only where it is given (platform-api §10.2 step 11).
    pub redirect: Option<Text>,
    /// What the app sends for PKCE.
    pub pkce: Pkce,
    /// Internet address that the platform sees, where it is known; IP rules look at it.
    pub address: Option<Text>,
}

impl Attempt {
    /// Nothing but the way.
    pub fn new(flow: Flow) -> Self {
        Self {
            flow,
            typed: None,
            domain: None,
            email: Claim::Absent,
            subject: Claim::Absent,
            fhir_user: None,
            client: None,
            project: None,
            membership: None,
            redirect: None,
            pkce: Pkce::Proper,
            address: None,
        }
    }

    /// The domain that routes a browser sign-in, as it was typed. With a client application nothing is routed by the
    /// address; only a domain that is given counts then.
    pub fn routed_by(&self) -> Option<Text> {
        if let Some(domain) = &self.domain {
            return Some(domain.clone());
        }
        if self.client.is_some() {
            return None;
        }
        // The page takes what stands after the first `@` (platform-api §11).
        self.typed.as_ref().and_then(|typed| typed.raw().split('@').nth(1)).map(Text::from)
    }

    /// The address that users are looked for by, when it is an address: lower case.
    pub fn sought_email(&self) -> Option<String> {
        let said = match self.flow {
            Flow::Password => self.typed.as_ref(),
            Flow::Browser | Flow::Exchange | Flow::LegacyExchange | Flow::Google => self.email.text(),
            Flow::Bearer => None,
        };
        said.map(|email| email.raw().to_lowercase())
    }

    /// True when the page takes [`Attempt::typed`] for an address.
    pub fn typed_is_address(&self) -> bool {
        // The platform takes no white space away.
        let typed = self.typed.as_ref().map(Text::raw);
        typed.is_some_and(|typed| typed.trim() == typed && Email::parse(typed).is_ok())
    }
}

/// What a value means when it goes into a search as it is: a comma is an "or", a backslash takes the next character
/// literally (platform-api §17).
pub fn alternatives(value: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            ',' if !escaped => found.push(String::new()),
            c => {
                if let Some(last) = found.last_mut() {
                    last.push(c);
                }
            }
        }
        escaped = false;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // platform-api §17
    #[rstest]
    #[case("zzz,REAL", &["zzz", "REAL"])]
    #[case(r"a\,b", &["a,b"])]
    #[case(r"a\\b", &[r"a\b"])]
    #[case("plain", &["plain"])]
    #[case("", &[""])]
    fn a_comma_is_an_or_and_a_backslash_escapes(#[case] value: &str, #[case] meant: &[&str]) {
        assert_eq!(alternatives(value), meant);
    }

    #[test]
    fn the_page_keeps_the_domain_as_it_was_typed_and_a_client_is_not_routed() {
        let mut attempt = Attempt::new(Flow::Browser);
        attempt.typed = Some("Jane@Clinic.Example".into());
        assert_eq!(attempt.routed_by().unwrap().raw(), "Clinic.Example");
        attempt.client = Some("c".into());
        assert_eq!(attempt.routed_by(), None);
        attempt.domain = Some("clinic.example".into());
        assert_eq!(attempt.routed_by().unwrap().raw(), "clinic.example");
    }

    #[test]
    fn what_javascript_takes_for_nothing_is_absent() {
        let read = |json: serde_json::Value| Claim::from_json(Some(&json));
        assert_eq!(read(serde_json::json!(0)), Claim::Absent);
        assert_eq!(read(serde_json::json!(null)), Claim::Absent);
        assert_eq!(read(serde_json::json!(7)), Claim::NotText);
        assert_eq!(read(serde_json::json!("")), Claim::Text("".into()));
        assert_eq!(Claim::from_json(None), Claim::Absent);
    }
}
