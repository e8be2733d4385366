//! What a sign-in call brings: its fields, and who knocks.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::super::caller::Caller;
use super::super::request::Request;
use super::refusal::Refusal;

/// The fields of a JSON or form body. An absent or foreign body is empty.
#[derive(Debug, Default)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    /// A field's text; empty when it is absent or no text.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field's text when it is there and not empty.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|t| !t.is_empty())
    }

    /// Is the field `true`?
    pub fn is_true(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|v| *v == true || *v == "true")
    }
}

fn asked(parts: &Parts) -> Result<&Arc<Request>, Refusal> {
    // The pipeline puts it there for every route.
    parts.extensions.get::<Arc<Request>>().ok_or(Refusal::Broken)
}

impl<S: Send + Sync> FromRequestParts<S> for Fields {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(asked(parts)?.fields()))
    }
}

/// The caller of a route that needs one; anonymous calls are refused with 401.
#[derive(Debug, Clone)]
pub struct Signed(pub Arc<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(Arc::clone(asked(parts)?.caller()?)))
    }
}

/// Address and browser of the caller, as a Login keeps them.
#[derive(Debug, Clone)]
pub struct Visit {
    /// IPv4 addresses in their mapped form (`::ffff:127.0.0.1`), as the platform sees them.
    pub address: String,
    /// The `User-Agent` header, when there is one.
    pub user_agent: Option<String>,
    /// The `Origin` header, when there is one.
    pub origin: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let request = asked(parts)?;
        let user_agent = request.header("user-agent").map(ToOwned::to_owned);
        let origin = request.header("origin").map(ToOwned::to_owned);
        Ok(Self { address: request.address.clone(), user_agent, origin })
    }
}

/// Is this an address as the platform's validator sees it?
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && local.len() <= 64
        && !local.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>[]:;,\\\"@".contains(c))
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && !top.chars().all(|c| c.is_ascii_digit()))
}

/// What is wrong with a new password, if anything.
pub fn password_problem(password: &str) -> Option<&'static str> {
    if password.chars().count() < 8 {
        Some("Password must be at least 8 characters")
    } else if password.len() > 72 {
        Some("Password must be no more than 72 characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a@clinic.example", true)]
    #[case("A.B+c@sub.Clinic.Example", true)]
    #[case("not-an-address", false)]
    #[case("not an address", false)]
    #[case("a@b", false)]
    #[case("@clinic.example", false)]
    fn an_address_has_a_local_part_and_a_domain(#[case] text: &str, #[case] good: bool) {
        assert_eq!(is_email(text), good);
    }

    #[test]
    fn a_password_has_8_characters_and_at_most_72_bytes() {
        assert!(password_problem("1234567").is_some());
        assert!(password_problem("12345678").is_none());
        assert!(password_problem(&"x".repeat(73)).is_some());
    }
}
