//! What the decision procedure is given.

use serde::{Deserialize, Serialize};

use crate::identity::id::{ClientId, MembershipId, ProjectId, UserId};
use crate::identity::provider::{Identifier, IdentityProvider};
use crate::identity::seen::Seen;
use crate::identity::text::Text;
use crate::identity::user::UserScope;

/// A user, as far as finding it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Current login address; `None` inside means it has none.
    pub email: Seen<Option<Text>>,
    /// Where it exists.
    pub scope: Seen<UserScope>,
    /// Legacy `User.externalId`.
    pub legacy_external_id: Seen<Option<Text>>,
}

/// What a membership meets after it was found (platform-api §10.2 step 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Nothing.
    Open,
    /// An access policy that is not there: refused.
    DeadPolicy,
    /// A user configuration that is not there: refused.
    DeadConfiguration,
    /// The project lets in through Google only: every other way is refused.
    GoogleOnly,
}

/// A membership, as far as finding it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: MembershipId,
    /// Whose it is.
    pub user: UserId,
    /// Where.
    pub project: ProjectId,
    /// The person's name there.
    pub name: Text,
    /// Blocks every sign-in when false.
    pub active: bool,
    /// Subject at the IdP.
    pub external_id: Option<Text>,
    /// What stands between it and the sign-in.
    pub gate: Seen<Gate>,
}

/// What is known of who can be found. Whatever is not covered is unknown, not absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// Every account that carries one of the addresses in question, and the person's own.
    pub accounts: Vec<Account>,
    /// Their memberships, as far as seen.
    pub places: Vec<Place>,
    /// `Known` when no other server-scoped account with the addresses in question can exist unseen.
    pub server_accounts: Seen<()>,
    /// Projects whose project-scoped accounts and memberships are all visible; `None` for all of them.
    pub visible_projects: Option<Vec<ProjectId>>,
}

impl World {
    /// The account of this id.
    pub fn account(&self, id: &UserId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// The same world after the address of one account has changed.
    #[must_use]
    pub fn with_email(mut self, user: &UserId, email: &Text) -> Self {
        for account in &mut self.accounts {
            if account.id == *user {
                account.email = Seen::Known(Some(email.clone()));
            }
        }
        self
    }

    /// The same world after one membership was switched on or off.
    #[must_use]
    pub fn with_active(mut self, membership: &MembershipId, active: bool) -> Self {
        for place in &mut self.places {
            if place.id == *membership {
                place.active = active;
            }
        }
        self
    }
}

/// What the person shows at the door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// The address typed, or the IdP's email claim.
    pub email: Option<Text>,
    /// The IdP's subject.
    pub subject: Option<Text>,
}

impl Claim {
    /// An address and nothing else.
    pub fn email(email: &str) -> Self {
        Self { email: Some(email.into()), subject: None }
    }
}

/// One road into the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Email and password on the platform's own page; the project when the app names one.
    Password {
        /// Named by the app through `projectId` or `clientId`.
        project: Option<ProjectId>,
    },
    /// The browser, sent to the IdP of the address's domain; the state names no project.
    DomainRoute {
        /// After the `@`.
        domain: Text,
        /// Host of the IdP.
        idp: Text,
        /// By what; unknown below super admin.
        identifier: Seen<Identifier>,
    },
    /// The browser, sent to the IdP bound to a client application.
    Client {
        /// The client.
        client: ClientId,
        /// Its name.
        name: Text,
        /// Its project.
        project: ProjectId,
        /// By what.
        identifier: Identifier,
    },
    /// An IdP token swapped for a platform token (RFC 8693).
    Exchange {
        /// The client.
        client: ClientId,
        /// Its name.
        name: Text,
        /// Its project.
        project: ProjectId,
        /// By what.
        identifier: Identifier,
    },
}

impl Way {
    /// The words used on screens.
    pub fn label(&self) -> String {
        match self {
            Self::Password { .. } => "password".to_owned(),
            Self::DomainRoute { idp, domain, .. } => format!("browser, {idp} for {domain}"),
            Self::Client { name, .. } => format!("browser, {name}"),
            Self::Exchange { name, .. } => format!("exchange, {name}"),
        }
    }

    /// The project that the platform knows when it looks for the user.
    pub fn project(&self) -> Option<&ProjectId> {
        match self {
            Self::Password { project } => project.as_ref(),
            Self::DomainRoute { .. } => None,
            Self::Client { project, .. } | Self::Exchange { project, .. } => Some(project),
        }
    }
}

/// The answer of `/auth/method` for an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum Route {
    /// No IdP: the password page.
    Password,
    /// To an IdP.
    Idp {
        /// Host of the authorize address.
        host: Text,
    },
    /// The stored address of the IdP is broken: everybody of the domain gets an error (platform-api §11).
    Broken,
}

/// By what the browser flow finds the user (platform-api §9.4, §10.2 step 5).
pub fn browser_identifier(provider: &IdentityProvider) -> Identifier {
    let subject = provider.use_subject == Some(true);
    let or = |set: &Option<Text>, by_subject: &'static str, by_email: &'static str| {
        set.as_ref().map_or(if subject { by_subject } else { by_email }, Text::raw).to_owned()
    };
    // Whatever is not set follows `useSubject`, each field for itself: a half-set pair is mostly one that is unknown.
    let source = or(&provider.identity_source, "subject", "email");
    let mapping = or(&provider.identity_mapping_mode, "project-membership-external-id", "user-email");
    match (&*source, &*mapping) {
        ("email", "user-email") => Identifier::Email,
        ("subject", "project-membership-external-id") => Identifier::Subject,
        _ => Identifier::Unsupported,
    }
}

/// By what token exchange finds the user: it looks at `useSubject` alone (platform-api §17).
pub fn exchange_identifier(provider: &IdentityProvider) -> Identifier {
    if provider.use_subject == Some(true) { Identifier::Subject } else { Identifier::Email }
}
