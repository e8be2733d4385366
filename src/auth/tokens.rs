//! Tokens and the result of signing in. `Debug` never shows a secret.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::Method;

/// What a token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The bearer.
    pub access: SecretString,
    /// For renewal; rotates with each use (platform-api §3.3).
    pub refresh: Option<SecretString>,
    /// Who signed in.
    pub id: Option<SecretString>,
    /// End of the access token, when the server told.
    pub expires_at: Option<Timestamp>,
    /// Granted scopes, separated by spaces.
    pub scope: Option<String>,
}

/// A finished sign-in: all that a [`super::Session`] needs. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Name of the connection.
    pub connection: String,
    /// How it was done.
    pub method: Method,
    /// Who issued the tokens, as its metadata writes it.
    pub issuer: String,
    /// The OAuth client, if any.
    pub client_id: Option<String>,
    /// Secret of a confidential client, kept for renewing client credentials.
    pub client_secret: Option<SecretString>,
    /// Where tokens come from.
    pub token_endpoint: Option<Url>,
    /// Where the session is ended at the server.
    pub logout_endpoint: Option<Url>,
    /// RFC 7009 endpoint, where there is one.
    pub revocation_endpoint: Option<Url>,
    /// Scopes that were asked for.
    pub asked_scope: String,
    /// The platform's tokens.
    pub tokens: Tokens,
    /// The IdP's tokens of a device sign-in with exchange (the guide's multi-service case).
    pub idp_tokens: Option<Tokens>,
}

/// The form in which a sign-in is put into the secret store, and only there.
#[derive(Serialize, Deserialize)]
struct Kept {
    form: u8,
    connection: String,
    method: Method,
    issuer: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    token_endpoint: Option<Url>,
    logout_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    asked_scope: String,
    tokens: KeptTokens,
    idp_tokens: Option<KeptTokens>,
}

#[derive(Serialize, Deserialize)]
struct KeptTokens {
    access: String,
    refresh: Option<String>,
    id: Option<String>,
    expires_at: Option<Timestamp>,
    scope: Option<String>,
}

fn bare(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

impl From<&Tokens> for KeptTokens {
    fn from(tokens: &Tokens) -> Self {
        Self {
            access: bare(&tokens.access),
            refresh: tokens.refresh.as_ref().map(bare),
            id: tokens.id.as_ref().map(bare),
            expires_at: tokens.expires_at,
            scope: tokens.scope.clone(),
        }
    }
}

impl From<KeptTokens> for Tokens {
    fn from(kept: KeptTokens) -> Self {
        Self {
            access: kept.access.into(),
            refresh: kept.refresh.map(SecretString::from),
            id: kept.id.map(SecretString::from),
            expires_at: kept.expires_at,
            scope: kept.scope,
        }
    }
}

impl SignedIn {
    /// The text that goes into the secret store.
    pub(crate) fn to_secret(&self) -> SecretString {
        let kept = Kept {
            form: 1,
            connection: self.connection.clone(),
            method: self.method,
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.as_ref().map(bare),
            token_endpoint: self.token_endpoint.clone(),
            logout_endpoint: self.logout_endpoint.clone(),
            revocation_endpoint: self.revocation_endpoint.clone(),
            asked_scope: self.asked_scope.clone(),
            tokens: (&self.tokens).into(),
            idp_tokens: self.idp_tokens.as_ref().map(Into::into),
        };
        // Strings, times and addresses always have a JSON form.
        serde_json::to_string(&kept).unwrap_or_default().into()
    }

    /// Reads what [`SignedIn::to_secret`] wrote; `None` for anything else.
    pub(crate) fn from_secret(secret: &SecretString) -> Option<Self> {
        let kept: Kept = serde_json::from_str(secret.expose_secret()).ok()?;
        (kept.form == 1).then(|| Self {
            connection: kept.connection,
            method: kept.method,
            issuer: kept.issuer,
            client_id: kept.client_id,
            client_secret: kept.client_secret.map(SecretString::from),
            token_endpoint: kept.token_endpoint,
            logout_endpoint: kept.logout_endpoint,
            revocation_endpoint: kept.revocation_endpoint,
            asked_scope: kept.asked_scope,
            tokens: kept.tokens.into(),
            idp_tokens: kept.idp_tokens.map(Into::into),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn signed_in() -> SignedIn {
        SignedIn {
            connection: "clinic".into(),
            method: Method::Browser,
            issuer: "https://api.clinic.example/".into(),
            client_id: Some("8a1f".into()),
            client_secret: Some("hush-secret".into()),
            token_endpoint: Url::parse("https://api.clinic.example/oauth2/token").ok(),
            logout_endpoint: None,
            revocation_endpoint: None,
            asked_scope: "openid".into(),
            tokens: Tokens {
                access: "hush-access".into(),
                refresh: Some("hush-refresh".into()),
                id: Some("hush-id".into()),
                expires_at: Some("2026-01-05T10:00:00Z".parse().unwrap()),
                scope: Some("openid".into()),
            },
            idp_tokens: None,
        }
    }

    // S2
    #[test]
    fn no_secret_is_in_the_debug_form() {
        let shown = format!("{:?}", signed_in());
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn what_was_kept_reads_back() {
        let kept = signed_in().to_secret();
        let read = SignedIn::from_secret(&kept).unwrap();
        assert_eq!(read.to_secret().expose_secret(), kept.expose_secret());
        assert_eq!(read.tokens.access.expose_secret(), "hush-access");
        assert!(SignedIn::from_secret(&"{}".into()).is_none());
    }
}
