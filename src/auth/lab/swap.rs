//! Token exchange (RFC 8693; platform-api §10.3): a token of the identity provider for one of the platform.

use oauth2::CsrfToken;
use secrecy::{ExposeSecret as _, SecretString};

use super::bench::{Bench, Over};
use super::told::{Brought, of_platform, shown, userinfo, who};
use crate::auth::code::finish;
use crate::auth::device;
use crate::auth::discovery::{self, discover};
use crate::auth::exchange::Exchange;
use crate::auth::tokens::{SignedIn, Tokens};
use crate::identity::flow_lab::{Sort, StepId};
use crate::identity::provider::IdentityProvider;
use crate::identity::{MembershipId, Secret, Text};

/// Where the identity provider's token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// It is at hand.
    Given(Secret),
    /// A device sign-in brings it.
    Device {
        /// The identity provider.
        issuer: String,
        /// The client there.
        client_id: String,
        /// What is asked for.
        scope: String,
    },
}

/// The token, whose it is by userinfo as the platform would ask. `provider` is the one of the client application, where
/// it is known.
pub async fn subject(
    bench: &mut Bench,
    subject: &Subject,
    provider: Option<&IdentityProvider>,
) -> Result<Brought, Over> {
    let tokens = match subject {
        Subject::Given(token) => {
            bench.begin(StepId::Subject, "Reading it.");
            let bare = token.expose().trim();
            Tokens {
                access: bare.strip_prefix("Bearer ").unwrap_or(bare).trim().into(),
                refresh: None,
                id: None,
                expires_at: None,
                scope: None,
            }
        }
        Subject::Device { issuer, client_id, scope } => {
            bench.begin(StepId::Discovery, "Asking the identity provider for its metadata.");
            let metadata = discover(&bench.stage.http, issuer).await.map_err(|error| bench.broke(&error))?;
            bench.done(
                StepId::Discovery,
                format!("It calls itself {}.", Text::from(metadata.issuer.as_str())),
            );
            bench.begin(StepId::DeviceCode, "Asking for a code.");
            let tokens = device::grant(&bench.stage, &metadata, client_id, None, scope)
                .await
                .map_err(|error| bench.broke(&error))?;
            bench.done(StepId::Poll, "The person agreed, and the tokens came.");
            bench.begin(StepId::Subject, "Reading it.");
            tokens
        }
    };
    if tokens.access.expose_secret().is_empty() {
        return Err(bench.fail(
            StepId::Subject,
            "There is no token.",
            "Give the access token of the identity provider.",
        ));
    }
    let view = shown(Sort::IdpAccess, &tokens.access);
    let said = if view.opaque {
        "It is opaque: no JWT, so only userinfo tells whose it is."
    } else {
        "It is a JWT; the platform does not read it, it asks userinfo with it."
    };
    bench.brought(view);
    let mut id = None;
    if let Some(token) = &tokens.id {
        bench.brought(shown(Sort::IdpId, token));
        id = crate::auth::id_token::claims(token);
    }
    bench.done(StepId::Subject, said);
    let mut info = None;
    if let Some(provider) = provider {
        info = userinfo(bench, &tokens.access, provider, id.as_ref()).await?;
    } else {
        let why =
            "The client's identity provider cannot be seen with this role, so its userinfo is not known.";
        bench.skip(StepId::Userinfo, why);
    }
    Ok(Brought { tokens, id, userinfo: info })
}

/// The exchange itself and who comes out of it. The client is the bench's.
pub async fn exchange(
    bench: &mut Bench,
    subject: &Tokens,
    membership: Option<&MembershipId>,
) -> Result<SignedIn, Over> {
    let step = StepId::Exchange;
    bench.begin(step, "Asking the platform to swap it.");
    let base = bench.stage.request.connection.base_url.clone();
    let platform =
        discovery::platform(&bench.stage.http, &base).await.map_err(|error| bench.broke(&error))?;
    let client_id = bench.stage.request.client_id().to_owned();
    let scope = bench.stage.request.scope().to_owned();
    let nonce = SecretString::from(CsrfToken::new_random_len(32).into_secret());
    let asked = Exchange {
        client_id: &client_id,
        subject_token: &subject.access,
        membership,
        scope: &scope,
        nonce: &nonce,
    };
    let (tokens, issued) = asked
        .ask(&bench.stage.http, bench.stage.deps.clock.as_ref(), &platform)
        .await
        .map_err(|error| bench.broke(&error))?;
    of_platform(bench, &tokens, Some(&subject.access));
    let signed_in = finish(&bench.stage, &platform, Some(&client_id), Some(&nonce), tokens)
        .map_err(|error| bench.broke(&error))?;
    // X1
    let issued = issued.map_or_else(
        || "it does not say of which type, which RFC 8693 §2.2.1 wants".to_owned(),
        |kind| format!("issued as {}", Text::from(kind)),
    );
    bench.done(step, format!("The platform gave a bearer token; {issued}."));
    bench.begin(StepId::Who, "Asking the platform who it is.");
    let name = who(bench, &signed_in.tokens.access).await?;
    bench.done(StepId::Who, format!("{name}."));
    Ok(signed_in)
}
