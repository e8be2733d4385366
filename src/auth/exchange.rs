//! Token exchange (RFC 8693): an IdP's token for the platform's (platform-api §10.3).

use oauth2::CsrfToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::acting::Acting;
use super::code::{finish, tell_notes};
use super::discovery::{self, Metadata, discover};
use super::error::AuthError;
use super::flow::Stage;
use super::http::{Http, host_of};
use super::note::Note;
use super::tokens::{SignedIn, Tokens};
use super::{device, grants};
use crate::identity::MembershipId;
use crate::ports::Clock;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Device flow at the IdP of the connection, then exchange at the platform. Both tokens stay available.
pub(crate) async fn device_then_exchange(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let incomplete = |what, remedy| AuthError::Incomplete {
        connection: stage.request.connection.name.clone(),
        what,
        remedy,
    };
    let idp = stage.request.connection.idp.clone().ok_or_else(|| {
        incomplete("identity provider", "Add an [connections.….idp] table with `issuer` and `client_id`.")
    })?;
    let client_id = stage.request.connection.client_id.clone().ok_or_else(|| {
        incomplete("client", "Set `client_id` to the client application that has this identity provider.")
    })?;
    // The platform is asked first, so that nobody signs in at the IdP for nothing.
    let platform = discovery::platform(&stage.http, &stage.request.connection.base_url).await?;
    tell_notes(stage, &platform);
    let at_idp = discover(&stage.http, &idp.issuer).await.map_err(|error| match error {
        AuthError::NotAPlatform { url, what } => AuthError::Metadata { issuer: url, what },
        other => other,
    })?;
    tell_notes(stage, &at_idp);
    let idp_tokens = device::grant(stage, &at_idp, &idp.client_id, None, &idp.scope).await?;
    let nonce = SecretString::from(CsrfToken::new_random_len(32).into_secret());
    let exchange = Exchange {
        client_id: &client_id,
        subject_token: &idp_tokens.access,
        membership: stage.request.connection.membership.as_ref(),
        scope: stage.request.scope(),
        nonce: &nonce,
    };
    let tokens = exchange.send(&stage.http, stage.deps.clock.as_ref(), &platform).await?;
    let mut signed_in = finish(stage, &platform, Some(&client_id), Some(&nonce), tokens)?;
    let issued = &signed_in.tokens;
    stage.note(Note::Acting(Acting::of(&issued.access, issued.id.as_ref(), &idp_tokens.access)));
    signed_in.idp_tokens = Some(idp_tokens);
    Ok(signed_in)
}

/// One exchange of an IdP's access token.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Client application with the identity provider on it.
    pub client_id: &'a str,
    /// The IdP's access token.
    pub subject_token: &'a SecretString,
    /// Membership wanted; without it the platform takes the first, in no order.
    pub membership: Option<&'a MembershipId>,
    /// Scopes asked for.
    pub scope: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a SecretString,
}

impl Exchange<'_> {
    /// Asks the platform's token endpoint. What is issued must be a bearer access token (X1).
    pub async fn send(
        &self,
        http: &Http,
        clock: &dyn Clock,
        platform: &Metadata,
    ) -> Result<Tokens, AuthError> {
        self.ask(http, clock, platform).await.map(|(tokens, _)| tokens)
    }

    /// The same, with `issued_token_type` where the platform says it (RFC 8693 §2.2.1).
    pub(crate) async fn ask(
        &self,
        http: &Http,
        clock: &dyn Clock,
        platform: &Metadata,
    ) -> Result<(Tokens, Option<String>), AuthError> {
        let endpoint = platform.token()?;
        let host = host_of(endpoint);
        let mut form = vec![
            ("grant_type", GRANT),
            ("client_id", self.client_id),
            ("subject_token", self.subject_token.expose_secret()),
            ("subject_token_type", ACCESS_TOKEN),
            ("scope", self.scope),
            ("nonce", self.nonce.expose_secret()),
        ];
        if let Some(membership) = self.membership {
            form.push(("membership_id", membership.as_str()));
        }
        let value = http.post_form(endpoint, &form).await?.json(&host)?;
        // The platform leaves this member out; where it is there, it must be right.
        let issued = value.get("issued_token_type").and_then(Value::as_str).map(str::to_owned);
        if issued.as_deref().is_some_and(|kind| kind != ACCESS_TOKEN) {
            return Err(AuthError::Unreadable {
                host,
                what: "expected an access token to be issued".to_owned(),
            });
        }
        let answer: grants::TokenAnswer =
            serde_json::from_value(value).map_err(|_| AuthError::Unreadable {
                host: host.clone(),
                what: "expected `access_token` and `token_type` in JSON".to_owned(),
            })?;
        Ok((grants::tokens(&answer, &host, clock)?, issued))
    }
}
