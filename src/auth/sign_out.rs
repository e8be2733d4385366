//! Ending a session at the server and here; either part can fail without the other (R1, R2).

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::error::AuthError;
use super::http::Http;
use super::session::Session;
use super::store::StoreError;
use super::tokens::SignedIn;

/// Longest wait that a server may ask for before the one retry.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What came of signing out, part by part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// The session at the server has ended.
    pub server: Result<(), AuthError>,
    /// What was kept here is removed.
    pub local: Result<(), StoreError>,
}

impl SignedOut {
    /// True when both parts are done.
    pub fn complete(&self) -> bool {
        self.server.is_ok() && self.local.is_ok()
    }
}

impl fmt::Display for SignedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.server, &self.local) {
            (Ok(()), Ok(())) => {
                f.write_str("Signed out: the session has ended at the platform and is removed here.")
            }
            (Err(server), Ok(())) => write!(
                f,
                "Signed out here only; at the platform the session lives until its tokens end. {server}"
            ),
            (Ok(()), Err(local)) => write!(
                f,
                "The session has ended at the platform, but what is kept here could not be removed. {local}"
            ),
            (Err(server), Err(local)) => {
                write!(f, "Not signed out, neither at the platform nor here. {server} {local}")
            }
        }
    }
}

impl Session {
    /// Ends the session at the server, then forgets it here whatever the server said (R2).
    pub async fn sign_out(&self) -> SignedOut {
        let server = self.end_at_server().await;
        let inner = self.inner();
        inner.end("it was signed out".to_owned());
        let local = inner.store.delete(&inner.entry).await;
        SignedOut { server, local }
    }

    async fn end_at_server(&self) -> Result<(), AuthError> {
        // The platform ends a session only for a live bearer, so one that has run out is renewed first.
        let bearer = self.bearer().await;
        let inner = self.inner();
        end_at_server(&inner.http, &inner.signed_in(), bearer).await
    }
}

/// Ends a sign-in at the server: its tokens revoked where that can be asked for, the refresh token first (R1), and the
/// session signed out.
pub(crate) async fn end_at_server(
    http: &Http,
    signed_in: &SignedIn,
    bearer: Result<SecretString, AuthError>,
) -> Result<(), AuthError> {
    let revoked = match &signed_in.revocation_endpoint {
        Some(_) => Some(revoke_all(http, signed_in).await),
        None => None,
    };
    let logged_out = match (&signed_in.logout_endpoint, bearer) {
        (Some(endpoint), Ok(bearer)) => {
            let host = super::http::host_of(endpoint);
            match http.post_as(endpoint, &bearer).await {
                // 401: it had ended already.
                Ok(answer) if answer.is_success() || answer.status == 401 => Ok(()),
                // No such endpoint; revocation, where there is one, has done the work.
                Ok(answer) if answer.status == 404 && matches!(revoked, Some(Ok(()))) => Ok(()),
                Ok(answer) => Err(answer.refused(host)),
                Err(error) => Err(error),
            }
        }
        // Nothing is left to end it with.
        (_, Err(error)) => revoked.clone().unwrap_or(Err(error)),
        (None, Ok(_)) => Ok(()),
    };
    revoked.unwrap_or(Ok(())).and(logged_out)
}

/// The refresh token first: with it gone, no new access token can come (R1).
async fn revoke_all(http: &Http, signed_in: &SignedIn) -> Result<(), AuthError> {
    if let Some(refresh) = &signed_in.tokens.refresh {
        match revoke(http, signed_in, refresh, "refresh_token").await {
            Err(AuthError::Refused { refusal, .. }) if refusal.code.raw() == "unsupported_token_type" => {}
            done => return done,
        }
    }
    revoke(http, signed_in, &signed_in.tokens.access, "access_token").await
}

async fn revoke(
    http: &Http,
    signed_in: &SignedIn,
    token: &SecretString,
    hint: &str,
) -> Result<(), AuthError> {
    let Some(endpoint) = &signed_in.revocation_endpoint else { return Ok(()) };
    let mut form = vec![("token", token.expose_secret()), ("token_type_hint", hint)];
    if let Some(client) = &signed_in.client_id {
        form.push(("client_id", client));
    }
    if let Some(secret) = &signed_in.client_secret {
        form.push(("client_secret", secret.expose_secret()));
    }
    let host = super::http::host_of(endpoint);
    let answer = http.post_form(endpoint, &form).await?;
    if answer.is_success() {
        return Ok(());
    }
    let error = answer.refused(host.clone());
    match error.retry_after() {
        Some(wait) if answer.status == 503 => {
            tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
            let answer = http.post_form(endpoint, &form).await?;
            if answer.is_success() { Ok(()) } else { Err(answer.refused(host)) }
        }
        _ => Err(error),
    }
}
