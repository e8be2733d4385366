//! Who is signed in: `/auth/me` (platform-api §4), and where an address is sent at sign-in: `/auth/method` (§3.1, §11).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::behalf::policy_in;
use super::client::Client;
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::Ask;
use super::wire::{WireName, WireReference};
use crate::identity::access::Policy;
use crate::identity::{Caller, MembershipId, OwnFlags, ProjectId, Reference, Role, SessionId, Text, UserId};

/// One of the caller's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Its Login.
    pub id: SessionId,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// `password`, `google`, `external`, `exchange` …
    pub method: Text,
    /// From where.
    pub address: Text,
    /// Browser and system as the platform understood them.
    pub browser: Text,
}

/// The caller and what `/auth/me` says beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Who.
    pub caller: Caller,
    /// Own sessions of the last hour, at most 20; absent for client applications.
    pub sessions: Option<Vec<OwnSession>>,
    /// Own second factor; absent for client applications.
    pub factor: Option<OwnFlags>,
}

/// Where an address is sent at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInRoute {
    /// To the password page.
    Password,
    /// To an IdP.
    Idp {
        /// Its authorize address.
        authorize_url: Text,
        /// Its host.
        host: Text,
    },
    /// The IdP's stored address is broken; nobody of the domain can sign in by browser.
    Broken,
}

#[derive(Deserialize)]
struct WireMe {
    user: Option<WireMeUser>,
    project: WireMeProject,
    membership: WireMeMembership,
    profile: Option<WireMeProfile>,
    security: Option<WireSecurity>,
}

#[derive(Deserialize)]
struct WireMeUser {
    id: String,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeProject {
    id: String,
    name: Option<String>,
    #[serde(default)]
    super_admin: bool,
}

#[derive(Deserialize)]
struct WireMeMembership {
    id: String,
    profile: Option<WireReference>,
    #[serde(default)]
    admin: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeProfile {
    resource_type: String,
    id: String,
    #[serde(default)]
    name: WireNames,
}

/// A person's names, or the one name of a client application.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireNames {
    One(String),
    Some(Vec<WireName>),
}

impl Default for WireNames {
    fn default() -> Self {
        Self::Some(Vec::new())
    }
}

impl WireNames {
    fn in_use(self) -> Option<Text> {
        match self {
            Self::One(name) => Some(Text::from(name)),
            Self::Some(names) => WireName::in_use(names),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSecurity {
    #[serde(default)]
    mfa_enrolled: bool,
    #[serde(default)]
    mfa_required: bool,
    #[serde(default)]
    sessions: Vec<WireSession>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSession {
    id: String,
    last_updated: Option<Timestamp>,
    auth_method: Option<String>,
    remote_address: Option<String>,
    browser: Option<String>,
    os: Option<String>,
}

impl WireSession {
    fn into_domain(self) -> OwnSession {
        let browser = [self.browser, self.os].into_iter().flatten().collect::<Vec<_>>().join(", ");
        OwnSession {
            id: SessionId::new(self.id),
            last_used: self.last_updated,
            method: Text::from(self.auth_method.unwrap_or_default()),
            address: Text::from(self.remote_address.unwrap_or_default()),
            browser: Text::from(browser),
        }
    }
}

impl WireMe {
    fn into_domain(self) -> Result<Me, Error> {
        let stored = self.membership.profile.and_then(WireReference::into_domain);
        let (profile, name) = match (stored, self.profile) {
            // The profile's own name is the present one; the reference's display is a copy (platform-api §9.2).
            (Some(stored), told) => (stored, told.and_then(|profile| profile.name.in_use())),
            (None, Some(told)) => {
                let profile =
                    Reference { kind: told.resource_type.into(), id: told.id.into(), display: None };
                (profile, told.name.in_use())
            }
            (None, None) => return Err(Error::new(Kind::Unreadable, "`/auth/me` names no profile")),
        };
        let email = self.user.as_ref().and_then(|user| user.email.as_deref()).map(Text::from);
        let name = name.or_else(|| profile.display.clone()).or_else(|| email.clone()).unwrap_or_default();
        let role = match (self.project.super_admin, self.membership.admin) {
            (true, _) => Role::SuperAdmin,
            (false, true) => Role::ProjectAdmin,
            (false, false) => Role::Member,
        };
        let caller = Caller {
            user: self.user.map(|user| UserId::new(user.id)),
            email,
            name,
            profile,
            membership: MembershipId::new(self.membership.id),
            project: ProjectId::new(self.project.id),
            project_name: Text::from(self.project.name.unwrap_or_default()),
            role,
        };
        let factor = self
            .security
            .as_ref()
            .map(|security| OwnFlags { enrolled: security.mfa_enrolled, required: security.mfa_required });
        let sessions = self
            .security
            .map(|security| security.sessions.into_iter().map(WireSession::into_domain).collect());
        Ok(Me { caller, sessions, factor })
    }
}

impl Client {
    /// Who is signed in. Roles come from here and from nowhere else.
    pub async fn me(&self) -> Result<Me, Error> {
        let answer = self.send(Ask::get(self.at(&["auth", "me"]), Cost::Plain)).await?;
        answer.read::<WireMe>()?.into_domain().map_err(|error| answer.located(error))
    }

    /// The caller's own policy, as the platform resolves it.
    pub async fn own_policy(&self) -> Result<Policy, Error> {
        policy_in(&self.send(Ask::get(self.at(&["auth", "me"]), Cost::Plain)).await?)
    }

    /// Where this address is sent at sign-in. Anonymous; counts against the limit of `/auth/*`.
    pub async fn sign_in_route(&self, email: &str) -> Result<SignInRoute, Error> {
        #[derive(Deserialize)]
        struct WireMethod {
            #[serde(rename = "authorizeUrl")]
            authorize_url: Option<String>,
        }
        let ask = Ask::post(self.at(&["auth", "method"]), json!({ "email": email }), Cost::Plain)
            .anonymous_question();
        match self.send(ask).await {
            Ok(answer) => Ok(match answer.read::<WireMethod>()?.authorize_url {
                None => SignInRoute::Password,
                Some(url) => {
                    let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(Text::from));
                    match host {
                        Some(host) => SignInRoute::Idp { authorize_url: Text::from(url), host },
                        None => SignInRoute::Broken,
                    }
                }
            }),
            // The platform has only words for it (§11).
            Err(error) if error.text.raw() == "Failed to construct URL for the domain" => {
                Ok(SignInRoute::Broken)
            }
            Err(error) => Err(error),
        }
    }
}
