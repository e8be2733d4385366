//! Client applications and domain routes (platform-api §9.3, §9.5, §11). Their secrets are never read.

use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use super::wire::{WireClient, WireDomainRoute};
use crate::identity::{ClientApplication, ClientId, DomainRoute};

impl Client {
    /// The client applications that can be seen.
    pub async fn client_applications(&self) -> Result<Vec<ClientApplication>, Error> {
        let (records, _) = self.search::<WireClient>("ClientApplication", &[("_count", "200")], 2000).await?;
        Ok(records.into_iter().map(WireClient::into_domain).collect())
    }

    /// One client application.
    pub async fn client_application(&self, id: &ClientId) -> Result<ClientApplication, Error> {
        Ok(self.read::<WireClient>("ClientApplication", id.as_str()).await?.into_domain())
    }

    /// Whether there is a client application of this id in any project: an anonymous question (§3.1).
    pub async fn knows_client(&self, id: &str) -> Result<bool, Error> {
        let ask = Ask::get(self.at(&["auth", "clientinfo", id]), Cost::Plain);
        match self.send(ask).await.and_then(|answer| answer.done()) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Gone) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every domain route; super admins only, others get `Forbidden`.
    pub async fn domain_routes(&self) -> Result<Vec<DomainRoute>, Error> {
        let (records, _) =
            self.search::<WireDomainRoute>("DomainConfiguration", &[("_count", "200")], 5000).await?;
        Ok(records.into_iter().map(WireDomainRoute::into_domain).collect())
    }
}
