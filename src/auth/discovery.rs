//! What a server says about itself (RFC 8414, OpenID Connect Discovery), and whether it can be trusted.

use serde::Deserialize;
use url::Url;

use super::error::AuthError;
use super::http::{Http, host_of};
use crate::config::BaseUrl;
use crate::identity::Text;

/// A server's metadata, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Identical to the configured issuer (M1).
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Option<Url>,
    /// Where tokens come from.
    pub token_endpoint: Option<Url>,
    /// Signing keys.
    pub jwks_uri: Option<Url>,
    /// Claims of a token's owner.
    pub userinfo_endpoint: Option<Url>,
    /// RFC 7662.
    pub introspection_endpoint: Option<Url>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Url>,
    /// RFC 8628; absent where the device flow does not exist (D1).
    pub device_authorization_endpoint: Option<Url>,
    /// PKCE methods; `None` when not told.
    pub pkce_methods: Option<Vec<String>>,
    /// Answers carry `iss` (RFC 9207; L5).
    pub sends_iss: bool,
    /// Unusual, not refused (M6, L3).
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// The endpoint for codes, or why there is none.
    pub(crate) fn authorize(&self) -> Result<&Url, AuthError> {
        self.authorization_endpoint.as_ref().ok_or_else(|| self.without("browser sign-in"))
    }

    /// The endpoint for tokens, or why there is none.
    pub(crate) fn token(&self) -> Result<&Url, AuthError> {
        self.token_endpoint.as_ref().ok_or_else(|| self.without("token endpoint"))
    }

    /// The endpoint for device codes, or why there is none (D1).
    pub(crate) fn device(&self) -> Result<&Url, AuthError> {
        self.device_authorization_endpoint.as_ref().ok_or_else(|| self.without("device sign-in"))
    }

    /// Stops where S256 is known to be missing; PKCE is never weakened (L3).
    pub(crate) fn require_s256(&self) -> Result<(), AuthError> {
        match &self.pkce_methods {
            Some(methods) if !methods.iter().any(|method| method == "S256") => Err(AuthError::Metadata {
                issuer: self.issuer.clone(),
                what: "it does not support PKCE with S256".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn without(&self, what: &'static str) -> AuthError {
        AuthError::NotOffered { issuer: self.issuer.clone(), what }
    }
}

/// The platform's metadata.
pub async fn platform(http: &Http, base: &BaseUrl) -> Result<Metadata, AuthError> {
    discover(http, base.as_str()).await
}

/// Reads the metadata of `issuer`, which must be exactly what the document calls itself (M1).
pub async fn discover(http: &Http, issuer: &str) -> Result<Metadata, AuthError> {
    let places = places(issuer).ok_or_else(|| AuthError::Metadata {
        issuer: crate::identity::text::shown(issuer).into_owned(),
        what: "its issuer is not an https address without query and fragment".to_owned(),
    })?;
    let mut strange = std::borrow::Cow::Borrowed("it gave no metadata");
    for place in &places {
        let answer = http.get(place).await?;
        match answer.status {
            200 => {}
            404 | 405 | 410 => {
                strange = format!("status {} for its metadata", answer.status).into();
                continue;
            }
            300..400 => {
                strange = "it redirects elsewhere".into();
                continue;
            }
            _ => return Err(answer.refused(host_of(place))),
        }
        // M5
        if !answer.is_json() {
            strange = "its metadata is not JSON".into();
            continue;
        }
        let Ok(document) = serde_json::from_slice::<Document>(&answer.body) else {
            strange = "its metadata names no issuer".into();
            continue;
        };
        return checked(http, issuer, document);
    }
    Err(AuthError::NotAPlatform {
        url: crate::identity::text::shown(issuer).into_owned(),
        what: strange.into_owned(),
    })
}

/// Both path forms (M2): the suffix of OpenID Connect, and the inserted path of RFC 8414 §3.1 and §5.
pub fn places(issuer: &str) -> Option<Vec<Url>> {
    let url = Url::parse(issuer).ok()?;
    if url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let mut places = Vec::with_capacity(3);
    for form in [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ] {
        let mut place = url.clone();
        place.set_path(&form);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Some(places)
}

fn checked(http: &Http, issuer: &str, document: Document) -> Result<Metadata, AuthError> {
    // M1: code point by code point, no normal form.
    if document.issuer != issuer {
        return Err(AuthError::OtherIssuer { asked: issuer.to_owned(), said: Text::from(document.issuer) });
    }
    let home = Url::parse(issuer).map(|url| host_of(&url)).unwrap_or_default();
    let mut notes = Vec::new();
    let mut endpoint = |name: &str, address: Option<String>| -> Result<Option<Url>, AuthError> {
        let Some(address) = address else { return Ok(None) };
        let wrong = |what: &str| AuthError::Metadata {
            issuer: issuer.to_owned(),
            what: format!("its {name} {what}"),
        };
        let url = Url::parse(&address).map_err(|_| wrong("is not an address"))?;
        // M3
        if !http.trusts(&url) {
            return Err(wrong("is not https"));
        }
        // M6
        if host_of(&url) != home {
            notes.push(format!("The {name} of {home} is on another host, {}.", host_of(&url)));
        }
        Ok(Some(url))
    };
    let mut metadata = Metadata {
        authorization_endpoint: endpoint("authorization endpoint", document.authorization_endpoint)?,
        token_endpoint: endpoint("token endpoint", document.token_endpoint)?,
        jwks_uri: endpoint("key set", document.jwks_uri)?,
        userinfo_endpoint: endpoint("userinfo endpoint", document.userinfo_endpoint)?,
        introspection_endpoint: endpoint("introspection endpoint", document.introspection_endpoint)?,
        revocation_endpoint: endpoint("revocation endpoint", document.revocation_endpoint)?,
        device_authorization_endpoint: endpoint(
            "device authorization endpoint",
            document.device_authorization_endpoint,
        )?,
        issuer: document.issuer,
        pkce_methods: document.code_challenge_methods_supported,
        sends_iss: document.authorization_response_iss_parameter_supported,
        notes: Vec::new(),
    };
    if metadata.pkce_methods.is_none() && metadata.authorization_endpoint.is_some() {
        notes.push(format!("{home} does not tell whether it supports PKCE; S256 is used all the same."));
    }
    metadata.notes = notes;
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    // M2
    #[test]
    fn both_path_forms_are_asked_for() {
        let shown = |issuer: &str| -> Vec<String> {
            places(issuer).unwrap().into_iter().map(|url| url.path().to_owned()).collect()
        };
        assert_eq!(
            shown("https://idp.example/tenant/a"),
            [
                "/tenant/a/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server/tenant/a",
                "/.well-known/openid-configuration/tenant/a",
            ]
        );
        assert_eq!(
            shown("https://idp.example/"),
            ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
        );
        assert!(places("https://idp.example/?x").is_none());
    }
}
