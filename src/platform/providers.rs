//! Client applications and domain routes (platform-api §9.3, §9.5, §11). Of their secrets one leaves here, by
//! [`Client::idp_secret`] alone: a test sign-in redeems a code with it.

use serde_json::Value;

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use super::wire::{WireClient, WireDomainRoute};
use crate::identity::sign_in::doctor::Liveness;
use crate::identity::{ClientApplication, ClientId, DomainRoute, Reference, Secret};

/// Most client applications that [`Client::client_applications`] gives.
pub const MOST_CLIENTS: usize = 2000;
/// Most domain routes that [`Client::domain_routes`] gives.
pub const MOST_ROUTES: usize = 5000;

impl Client {
    /// The client applications that can be seen, at most [`MOST_CLIENTS`].
    pub async fn client_applications(&self) -> Result<Vec<ClientApplication>, Error> {
        let query = [("_count", "200")];
        let (records, _) = self.search::<WireClient>("ClientApplication", &query, MOST_CLIENTS).await?;
        Ok(records.into_iter().map(WireClient::into_domain).collect())
    }

    /// One client application.
    pub async fn client_application(&self, id: &ClientId) -> Result<ClientApplication, Error> {
        Ok(self.read::<WireClient>("ClientApplication", id.as_str()).await?.into_domain())
    }

    /// Whether there is a client application of this id in any project: an anonymous question (§3.1). A deleted one is
    /// told apart.
    pub async fn knows_client(&self, id: &str) -> Result<Liveness, Error> {
        let ask = Ask::get(self.at(&["auth", "clientinfo", id]), Cost::Plain);
        match self.send(ask).await.and_then(|answer| answer.done()) {
            Ok(()) => Ok(Liveness::Alive),
            Err(error) if error.kind == Kind::NotFound => Ok(Liveness::Missing),
            Err(error) if error.kind == Kind::Gone => Ok(Liveness::Gone),
            Err(error) => Err(error),
        }
    }

    /// The secret of the identity provider on this record; `None` where there is none.
    pub async fn idp_secret(&self, of: &Reference) -> Result<Option<Secret>, Error> {
        let record = self.read::<Value>(&of.kind, &of.id).await?;
        Ok(record.pointer("/identityProvider/clientSecret").and_then(Value::as_str).map(Secret::from))
    }

    /// The domain routes, at most [`MOST_ROUTES`]; super admins only, others get `Forbidden`.
    pub async fn domain_routes(&self) -> Result<Vec<DomainRoute>, Error> {
        let query = [("_count", "200")];
        let (records, _) = self.search::<WireDomainRoute>("DomainConfiguration", &query, MOST_ROUTES).await?;
        Ok(records.into_iter().map(WireDomainRoute::into_domain).collect())
    }
}
