//! The identity providers of a tenant, as far as this role sees them.

use std::collections::BTreeMap;

use crate::identity::provider::Identifier;
use crate::identity::sign_in::{browser_identifier, exchange_identifier};
use crate::identity::{ClientApplication, DomainRoute, IdentityProvider, ProjectId, Seen, Text, Unseen};

/// An IdP that is bound to a client application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdp {
    /// The client's name.
    pub name: Text,
    /// Its project; it bounds whom the IdP finds.
    pub project: Option<ProjectId>,
    /// Host of the IdP.
    pub host: Text,
    /// By what the browser flow finds the user.
    pub browser: Identifier,
    /// By what token exchange finds the user.
    pub exchange: Identifier,
}

/// Where the people of a domain are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainIdp {
    /// To an IdP.
    Idp {
        /// Its host.
        host: Text,
        /// By what it finds the user; its settings are visible to super admins only.
        identifier: Seen<Identifier>,
    },
    /// To the password page.
    Password,
    /// To an address that cannot be used (platform-api §11).
    Broken,
}

/// What is seen of the identity providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idps {
    /// Bound to client applications.
    pub clients: Seen<Vec<ClientIdp>>,
    /// By domain, lower case: stored routes, or what the platform said when it was asked where an address goes.
    pub domains: BTreeMap<String, DomainIdp>,
    /// Every route is in `domains`: a domain that is not has none.
    pub complete: bool,
}

impl Default for Idps {
    fn default() -> Self {
        Self { clients: Seen::Unknown(Unseen::NotLoaded), domains: BTreeMap::new(), complete: false }
    }
}

/// The host of an address, for people.
fn host(address: &Text) -> Text {
    let rest = address.raw().split_once("://").map_or(address.raw(), |(_, rest)| rest);
    Text::from(rest.split(['/', '?', '#']).next().unwrap_or_default())
}

impl ClientIdp {
    /// Of a client application; `None` when no IdP is bound to it.
    pub fn of(client: &ClientApplication) -> Option<Self> {
        let provider = client.provider.as_ref()?;
        Some(Self {
            name: client.name.clone(),
            project: client.project.clone(),
            host: host(&provider.authorize_url),
            browser: browser_identifier(provider),
            exchange: exchange_identifier(provider),
        })
    }

    /// Finds members by external id, in one flow at least.
    pub fn by_subject(&self) -> bool {
        self.browser == Identifier::Subject || self.exchange == Identifier::Subject
    }

    /// Finds members by email, in one flow at least.
    pub fn by_email(&self) -> bool {
        self.browser == Identifier::Email || self.exchange == Identifier::Email
    }

    pub(super) fn serves(&self, project: &ProjectId) -> bool {
        self.project.as_ref().is_none_or(|own| own == project)
    }
}

impl DomainIdp {
    /// Of a stored route.
    pub fn of(route: &DomainRoute) -> Self {
        match &route.provider {
            None => Self::Password,
            Some(provider) => Self::of_provider(provider),
        }
    }

    fn of_provider(provider: &IdentityProvider) -> Self {
        if provider.authorize_url.raw().contains("://") {
            let identifier = Seen::Known(browser_identifier(provider));
            Self::Idp { host: host(&provider.authorize_url), identifier }
        } else {
            Self::Broken
        }
    }
}

impl Idps {
    /// Where an address of this domain goes; `None` when that is not known.
    pub fn domain(&self, domain: &str) -> Option<&DomainIdp> {
        const NONE: &DomainIdp = &DomainIdp::Password;
        let found = self.domains.get(&domain.to_lowercase());
        found.or_else(|| self.complete.then_some(NONE))
    }
}
