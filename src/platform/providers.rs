//! Client applications and domain routes (platform-api §9.3, §9.5, §11). Their secrets are never read.

use super::client::Client;
use super::error::Error;
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

    /// Every domain route; super admins only, others get `Forbidden`.
    pub async fn domain_routes(&self) -> Result<Vec<DomainRoute>, Error> {
        let (records, _) =
            self.search::<WireDomainRoute>("DomainConfiguration", &[("_count", "200")], 5000).await?;
        Ok(records.into_iter().map(WireDomainRoute::into_domain).collect())
    }
}
