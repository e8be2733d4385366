//! Identity providers, domain routes and client applications (platform-api §9.3–9.5).

use serde::{Deserialize, Serialize};

use super::client::ClientSettings;
use super::id::{ClientId, DomainRouteId, ProjectId};
use super::text::Text;
use super::user::Version;

/// How a provider's token names the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// By the email claim, against `User.email`.
    Email,
    /// By the subject, against `ProjectMembership.externalId`.
    Subject,
    /// A combination that the platform does not implement.
    Unsupported,
}

/// An external IdP as configured on a client application or a domain route. Its secret is never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Where the browser is sent.
    pub authorize_url: Text,
    /// Where the code is swapped.
    pub token_url: Text,
    /// Asked in token exchange.
    pub user_info_url: Text,
    /// Client id at the IdP.
    pub client_id: Text,
    /// Identify by `sub`.
    pub use_subject: Option<bool>,
    /// `identitySource`.
    pub identity_source: Option<Text>,
    /// `identityMappingMode`.
    pub identity_mapping_mode: Option<Text>,
    /// `client_secret_basic` or `client_secret_post`.
    pub token_auth_method: Option<Text>,
    /// Sends PKCE to the IdP.
    pub use_pkce: Option<bool>,
    /// `oidc` (absent too) or `gcip`: how token exchange asks who somebody is (platform-api §9.4).
    pub user_info_mode: Option<Text>,
    /// An API key for `gcip` is set; what it is is never read.
    pub user_info_key_set: bool,
}

/// One domain and the IdP its people go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainRoute {
    /// Its id.
    pub id: DomainRouteId,
    /// The version that was read.
    pub version: Version,
    /// Compared case-sensitively with a lower-cased domain: capitals never match.
    pub domain: Text,
    /// Without one the domain falls back to passwords.
    pub provider: Option<IdentityProvider>,
    /// Addresses that a sign-in may end on (`allowedPostLoginRedirectUrls`; platform-api §9.3, §10.2 step 11).
    pub post_login: Vec<Text>,
}

/// A route as somebody wants it, saved or not, without its secret: what is tested, previewed, planned and handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteDraft {
    /// As it would be stored.
    pub domain: Text,
    /// Its IdP.
    pub provider: IdentityProvider,
    /// What the IdP calls itself; discovery begins there. The platform does not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    /// `allowedPostLoginRedirectUrls`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_login: Vec<Text>,
}

impl DomainRoute {
    /// The saved route as a draft; `None` without an IdP.
    pub fn draft(&self) -> Option<RouteDraft> {
        Some(RouteDraft {
            domain: self.domain.clone(),
            provider: self.provider.clone()?,
            issuer: None,
            post_login: self.post_login.clone(),
        })
    }
}

/// An application that signs people in, as far as identity goes. Its secrets are never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientApplication {
    /// Its id, also the OAuth `client_id`.
    pub id: ClientId,
    /// The version that was read.
    pub version: Version,
    /// The project it belongs to (`meta.project`, sent with `X-Medplum: extended`); it bounds whom its IdP finds.
    pub project: Option<ProjectId>,
    /// Its name.
    pub name: Text,
    /// Exact redirect addresses.
    pub redirect_uris: Vec<Text>,
    /// `active`, `off` …; stops machine sign-ins only (platform-api §9.5, §17).
    pub status: Option<Text>,
    /// Sign-ins through it may do without PKCE.
    pub pkce_optional: bool,
    /// The IdP bound to it.
    pub provider: Option<IdentityProvider>,
    /// What else it is set up to do; boxed, because a client is passed around with little of it.
    #[serde(default)]
    pub settings: Box<ClientSettings>,
}
