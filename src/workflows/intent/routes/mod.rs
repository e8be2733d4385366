//! Domain routes as plans: a new one, another IdP or another field of it, another domain, none any more
//! (platform-api §9.3, §9.4, §11). Clients of projects have their IdP edited here too: it is the same datatype.
//!
//! A client secret goes beside the plan. What replaced one, or removed a route, is taken back out of the platform's own
//! history ([`crate::identity::Means::Restore`]), so that no secret is ever read for it.

mod add;
mod affected;
mod domain;
mod edit;
mod remove;
mod rename;

pub(super) use add::add;
pub(super) use edit::edit;
pub(super) use remove::remove;
pub(super) use rename::rename;

use super::{NoPlan, Why};
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{DomainRoute, DomainRouteId, Plan, Reference, Role, Text, route};
use crate::workflows::engine::Engine;
use crate::workflows::impact;

/// What is to be changed of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEdit {
    /// A domain route or a client application.
    pub of: Reference,
    /// What becomes of which field; what is so already is left out of the plan.
    pub fields: Vec<ProviderField>,
    /// A secret goes beside the plan, into this field.
    pub secret: Option<SecretField>,
}

/// One field of an identity provider (platform-api §9.4), or of the route around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderField {
    /// `authorizeUrl`.
    AuthorizeUrl(Text),
    /// `tokenUrl`.
    TokenUrl(Text),
    /// `userInfoUrl`.
    UserInfoUrl(Text),
    /// `clientId`.
    ClientId(Text),
    /// `tokenAuthMethod`; `None` is the platform's default, `client_secret_basic`.
    AuthMethod(Option<Text>),
    /// `usePkce`.
    UsePkce(bool),
    /// `useSubject`, `identitySource` and `identityMappingMode` together: by external id, else by email.
    BySubject(bool),
    /// `userInfoMode`; `None` is the platform's default, `oidc`.
    UserInfoMode(Option<Text>),
    /// `allowedPostLoginRedirectUrls` of a domain route.
    PostLogin(Vec<Text>),
}

/// Where a secret of an identity provider goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretField {
    /// `clientSecret`.
    Client,
    /// `userInfoApiKey`.
    UserInfoKey,
}

impl SecretField {
    /// Its JSON pointer.
    pub(super) fn pointer(self) -> &'static str {
        match self {
            Self::Client => "/identityProvider/clientSecret",
            Self::UserInfoKey => "/identityProvider/userInfoApiKey",
        }
    }
}

/// Domain routes are the whole platform's.
fn super_admins_only(engine: &Engine) -> Result<(), NoPlan> {
    if engine.caller.role == Role::SuperAdmin {
        return Ok(());
    }
    Err(NoPlan::because(Why::NotAllowed, "Domain routes belong to the whole platform.")
        .then("A super admin can change them."))
}

/// Whom a change meets, as the doctor sees every one of them.
async fn met(engine: &Engine, change: &RouteChange, plan: &mut Plan) -> Result<(), NoPlan> {
    Ok(impact::onto_plan(engine, change, plan).await?)
}

/// The route with every other one.
async fn find(engine: &Engine, id: &DomainRouteId) -> Result<(DomainRoute, Vec<DomainRoute>), NoPlan> {
    let all = engine.remote.domain_routes().await?;
    match all.iter().find(|route| route.id == *id) {
        Some(found) => Ok((found.clone(), all)),
        None => Err(NoPlan::because(
            Why::NotFound,
            "There is no such domain route; somebody may have removed it.",
        )
        .then("Load the routes again.")),
    }
}

fn malformed(wrong: Option<String>) -> Result<(), NoPlan> {
    match wrong {
        Some(wrong) => Err(NoPlan::because(Why::Malformed, wrong)),
        None => Ok(()),
    }
}

/// The host of an authorize address, or the address where it has none.
fn host(address: &Text) -> Text {
    route::host(address).unwrap_or_else(|| address.clone())
}
