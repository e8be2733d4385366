//! Tokens of a run, in memory until the lab is left: for the token lab, for an exchange, and to be signed out.

use crate::auth::error::AuthError;
use crate::auth::http::Http;
use crate::auth::sign_out::end_at_server;
use crate::auth::tokens::{SignedIn, Tokens};
use crate::config::Connection;

/// What a run left behind. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Of the identity provider.
    pub idp: Option<Tokens>,
    /// Of the platform.
    pub platform: Option<Box<SignedIn>>,
}

impl Held {
    /// Nothing is held.
    pub fn is_empty(&self) -> bool {
        self.idp.is_none() && self.platform.is_none()
    }

    /// Ends the test session at the platform (R1). The session of whoever uses the lab is another one. A session at the
    /// identity provider is the browser's, and only the person ends that.
    pub async fn sign_out(self, connection: &Connection) -> Result<(), AuthError> {
        let Some(signed_in) = self.platform else { return Ok(()) };
        let http = Http::for_connection(connection)?;
        let bearer = signed_in.tokens.access.clone();
        end_at_server(&http, &signed_in, Ok(bearer)).await
    }
}
