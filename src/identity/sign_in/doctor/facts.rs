//! What is known when a sign-in is followed, and through which window it was seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::attempt::alternatives;
use crate::identity::access::AddressRule;
use crate::identity::id::{ClientId, DomainRouteId, MembershipId, ProjectId, Reference, UserId};
use crate::identity::provider::IdentityProvider;
use crate::identity::seen::{Seen, Unseen};
use crate::identity::sign_in::world::Gate;
use crate::identity::text::Text;
use crate::identity::user::{Mfa, UserScope};

/// Through what a fact was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// The record itself.
    Record,
    /// A search that looks through a membership at a user that cannot be read itself (platform-api §1.11).
    ChainedSearch,
    /// SCIM: present address and name of a server-scoped user (platform-api §7).
    Scim,
    /// `POST /auth/method`: where an address is sent (platform-api §11).
    AuthMethod,
    /// A question asked on behalf of the member (platform-api §1.10).
    OnBehalfOf,
    /// The session of the signed-in person.
    OwnSession,
    /// Given by whoever asks.
    Given,
    /// As a change would leave it.
    Planned,
}

impl Window {
    /// In words, after "seen".
    pub fn words(self) -> &'static str {
        match self {
            Self::Record => "in the record",
            Self::ChainedSearch => "by a search through memberships",
            Self::Scim => "through SCIM",
            Self::AuthMethod => "by asking where the address is sent",
            Self::OnBehalfOf => "by asking on their behalf",
            Self::OwnSession => "in your own session",
            Self::Given => "as given",
            Self::Planned => "as planned",
        }
    }
}

/// Where a fact comes from and how fresh it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Through what.
    pub window: Window,
    /// When it was read.
    pub at: Timestamp,
}

impl Source {
    /// Read through this window at this moment.
    pub fn new(window: Window, at: Timestamp) -> Self {
        Self { window, at }
    }

    /// Made by a change that is not applied yet.
    #[must_use]
    pub fn planned(self) -> Self {
        Self { window: Window::Planned, ..self }
    }
}

/// A user, as far as a sign-in goes.
#[derive(Debug, Clone, PartialEq)]
pub struct UserFact {
    /// Its id.
    pub id: UserId,
    /// Login address, as it is stored.
    pub email: Seen<Option<Text>>,
    /// `User.project`.
    pub scope: Seen<UserScope>,
    /// Legacy `User.externalId`.
    pub legacy_external_id: Seen<Option<Text>>,
    /// Whether a password is set.
    pub password_set: Seen<bool>,
    /// Second factor.
    pub mfa: Seen<Mfa>,
    /// Deleted: memberships still point to it.
    pub gone: bool,
    /// Where this comes from.
    pub source: Source,
}

/// A membership, as far as a sign-in goes.
#[derive(Debug, Clone, PartialEq)]
pub struct MembershipFact {
    /// Its id.
    pub id: MembershipId,
    /// Whose it is.
    pub user: UserId,
    /// Where.
    pub project: ProjectId,
    /// The person's name there.
    pub name: Text,
    /// Their profile.
    pub profile: Reference,
    /// Blocks every sign-in when false.
    pub active: bool,
    /// Project admin.
    pub admin: bool,
    /// Subject at the IdP.
    pub external_id: Option<Text>,
    /// `accessPolicy`.
    pub policy: Option<Reference>,
    /// Policies of `access[]`.
    pub access: Vec<Reference>,
    /// `userConfiguration`.
    pub configuration: Seen<Option<Reference>>,
    /// Where this comes from.
    pub source: Source,
}

impl MembershipFact {
    /// The policies that count at sign-in, in order. A default that does not fit the admin flag is swapped there, not in
    /// storage.
    pub fn effective_policies(&self, project: Option<&ProjectFact>) -> Vec<Reference> {
        let is = |default: Option<&Reference>| matches!((default, &self.policy), (Some(a), Some(b)) if a.kind == b.kind && a.id == b.id);
        let swapped = project.and_then(|project| {
            let (staff, admin) = (project.default_policy("Practitioner"), project.default_policy("Admin"));
            match self.admin {
                true if is(staff) => admin.cloned(),
                false if is(admin) => staff.cloned(),
                _ => None,
            }
        });
        swapped.or_else(|| self.policy.clone()).into_iter().chain(self.access.iter().cloned()).collect()
    }
}

/// A reference as the key of what is known about it.
pub fn key(reference: &Reference) -> String {
    format!("{}/{}", reference.kind, reference.id)
}

/// Whether a record that something points to is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Liveness {
    /// It is.
    Alive,
    /// It never was, or was expunged.
    Missing,
    /// It was deleted.
    Gone,
}

/// An access policy, as far as a sign-in goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFact {
    /// Whether it is there.
    pub liveness: Liveness,
    /// Its rules, in order.
    pub ip: Vec<AddressRule>,
    /// Where this comes from.
    pub source: Source,
}

/// A project, as far as a sign-in goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectFact {
    /// Its name.
    pub name: Text,
    /// Feature `google-auth-required`.
    pub google_required: bool,
    /// Setting `mfaRequired`.
    pub mfa_required: bool,
    /// Setting `allow-dangerous-redirect`: an address below a registered one will do (platform-api §9.7).
    pub redirect_below: bool,
    /// Default policies by `Practitioner`, `Patient`, `RelatedPerson`, `Admin`.
    pub defaults: Vec<(String, Reference)>,
    /// Where this comes from.
    pub source: Source,
}

impl ProjectFact {
    /// The default policy of this kind of member.
    pub fn default_policy(&self, kind: &str) -> Option<&Reference> {
        self.defaults.iter().find(|(of, _)| of == kind).map(|(_, policy)| policy)
    }
}

/// A client application that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientFact {
    /// It is there.
    Found(Box<Client>),
    /// There is none with this id.
    Missing,
    /// It was deleted.
    Gone,
}

/// A client application, as far as a sign-in goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Its id; `medplum-cli` and the like are built in.
    pub id: ClientId,
    /// Its name.
    pub name: Text,
    /// Its project; built-in ones have none.
    pub project: Option<ProjectId>,
    /// The IdP bound to it.
    pub provider: Option<IdentityProvider>,
    /// `status`; looked at by machine sign-ins alone.
    pub status: Option<Text>,
    /// Exact addresses to send the browser back to.
    pub redirect_uris: Vec<Text>,
    /// PKCE is not looked at.
    pub pkce_optional: bool,
    /// Where this comes from.
    pub source: Source,
}

/// A route whose stored domain has capitals, so that it is never found (platform-api §11).
#[derive(Debug, Clone, PartialEq)]
pub struct Misspelt {
    /// Which.
    pub route: DomainRouteId,
    /// As it is stored.
    pub stored: Text,
    /// Its IdP.
    pub provider: Option<IdentityProvider>,
}

/// Where a domain is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum RouteFact {
    /// No configuration of exactly this lower-case domain, or one without an IdP.
    None {
        /// One that would be found if it were written in lower case.
        misspelt: Option<Box<Misspelt>>,
        /// There is one, and it names no IdP.
        bare: Option<DomainRouteId>,
        /// Where this comes from.
        source: Source,
    },
    /// To an IdP.
    Idp {
        /// The configuration; super admins only.
        route: Option<DomainRouteId>,
        /// Its IdP; super admins only.
        provider: Seen<IdentityProvider>,
        /// Host of the IdP.
        host: Text,
        /// The address of the IdP is not one: the page gets an error (platform-api §11).
        broken: bool,
        /// Where this comes from.
        source: Source,
    },
}

impl RouteFact {
    /// To this provider.
    pub fn to_idp(route: Option<DomainRouteId>, provider: IdentityProvider, source: Source) -> Self {
        let url = url::Url::parse(provider.authorize_url.raw()).ok();
        let host = url.as_ref().and_then(url::Url::host_str).map_or_else(Text::default, Text::from);
        Self::Idp { route, host, broken: url.is_none(), provider: Seen::Known(provider), source }
    }
}

/// How far the asker sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everything: a super admin.
    Everything,
    /// Everything of one project, and of server-scoped users those with a membership in it.
    Project(ProjectId),
    /// Nothing for certain.
    Nothing,
}

/// All that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Lower-case addresses that users were looked for by; others are not known to be absent.
    pub emails: BTreeSet<String>,
    /// External ids that memberships and users were looked for by.
    pub subjects: BTreeSet<String>,
    /// Users, in the platform's order.
    pub users: Vec<UserFact>,
    /// Memberships, in the platform's order.
    pub memberships: Vec<MembershipFact>,
    /// Memberships with one of [`Facts::subjects`], in the platform's order of that search.
    pub linked: Vec<MembershipId>,
    /// By lower-case domain.
    pub routes: BTreeMap<String, Seen<RouteFact>>,
    /// By id.
    pub clients: BTreeMap<String, Seen<ClientFact>>,
    /// By id; `None` inside when deleted.
    pub projects: BTreeMap<ProjectId, Seen<Option<ProjectFact>>>,
    /// By reference.
    pub policies: BTreeMap<String, Seen<PolicyFact>>,
    /// User configurations by reference.
    pub configurations: BTreeMap<String, Seen<Liveness>>,
    /// Profiles by reference; they do not stop a sign-in, but what comes after it.
    pub profiles: BTreeMap<String, Seen<Liveness>>,
    /// Whom the sign-in is meant to let in, as far as that was told or guessed.
    pub meant: Vec<MembershipId>,
    /// External ids that members had once, by their history.
    pub former_ids: BTreeMap<MembershipId, Vec<Text>>,
    /// The internet address that rules are held against, and whose it is, in words.
    pub address: Option<(Text, &'static str)>,
    /// How far the asker sees.
    pub reach: Reach,
}

impl Facts {
    /// Nothing known yet.
    pub fn new(reach: Reach) -> Self {
        Self {
            emails: BTreeSet::new(),
            subjects: BTreeSet::new(),
            users: Vec::new(),
            memberships: Vec::new(),
            linked: Vec::new(),
            routes: BTreeMap::new(),
            clients: BTreeMap::new(),
            projects: BTreeMap::new(),
            policies: BTreeMap::new(),
            configurations: BTreeMap::new(),
            profiles: BTreeMap::new(),
            meant: Vec::new(),
            former_ids: BTreeMap::new(),
            address: None,
            reach,
        }
    }

    /// True when nothing of this project is hidden.
    pub fn sees(&self, project: &ProjectId) -> bool {
        match &self.reach {
            Reach::Everything => true,
            Reach::Project(own) => own == project,
            Reach::Nothing => false,
        }
    }

    /// True when nothing at all is hidden.
    pub fn sees_everything(&self) -> bool {
        self.reach == Reach::Everything
    }

    /// The user of this id.
    pub fn user(&self, id: &UserId) -> Option<&UserFact> {
        self.users.iter().find(|user| user.id == *id)
    }

    /// The same, to be changed.
    pub fn user_mut(&mut self, id: &UserId) -> Option<&mut UserFact> {
        self.users.iter_mut().find(|user| user.id == *id)
    }

    /// The membership of this id.
    pub fn membership(&self, id: &MembershipId) -> Option<&MembershipFact> {
        self.memberships.iter().find(|membership| membership.id == *id)
    }

    /// The same, to be changed.
    pub fn membership_mut(&mut self, id: &MembershipId) -> Option<&mut MembershipFact> {
        self.memberships.iter_mut().find(|membership| membership.id == *id)
    }

    /// What a membership meets after it was found, in the platform's order; rules about addresses aside.
    pub fn gate(&self, membership: &MembershipFact) -> Seen<Gate> {
        let project = match self.projects.get(&membership.project) {
            Some(Seen::Known(project)) => project.as_ref(),
            Some(Seen::Unknown(why)) => return Seen::Unknown(*why),
            None => return Seen::Unknown(Unseen::NotLoaded),
        };
        if project.is_some_and(|project| project.google_required) {
            return Seen::Known(Gate::GoogleOnly);
        }
        let configuration = match &membership.configuration {
            Seen::Known(reference) => {
                reference.as_ref().map(|reference| self.configurations.get(&key(reference)))
            }
            Seen::Unknown(why) => return Seen::Unknown(*why),
        };
        match configuration {
            None | Some(Some(Seen::Known(Liveness::Alive))) => {}
            Some(Some(Seen::Known(Liveness::Missing | Liveness::Gone))) => {
                return Seen::Known(Gate::DeadConfiguration);
            }
            Some(Some(Seen::Unknown(why))) => return Seen::Unknown(*why),
            Some(None) => return Seen::Unknown(Unseen::NotLoaded),
        }
        let mut open = Seen::Known(Gate::Open);
        for policy in membership.effective_policies(project) {
            match self.policies.get(&key(&policy)) {
                Some(Seen::Known(fact)) if fact.liveness != Liveness::Alive => {
                    return Seen::Known(Gate::DeadPolicy);
                }
                Some(Seen::Known(_)) => {}
                Some(Seen::Unknown(why)) => open = Seen::Unknown(*why),
                None => open = Seen::Unknown(Unseen::NotLoaded),
            }
        }
        open
    }

    /// Memberships of one user, in the platform's order.
    pub fn memberships_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a MembershipFact> + 'a {
        self.memberships.iter().filter(move |membership| membership.user == *user)
    }

    /// Users that carry one of these addresses in this scope, in the platform's order.
    pub fn with_email(&self, email: &str, scope: &UserScope) -> Vec<&UserFact> {
        let keys = alternatives(email);
        let carries = |user: &&UserFact| {
            !user.gone
                && matches!(&user.scope, Seen::Known(own) if own == scope)
                && matches!(&user.email, Seen::Known(Some(own)) if keys.iter().any(|key| key == own.raw()))
        };
        self.users.iter().filter(carries).collect()
    }

    /// True when users with this address were looked for.
    pub fn covers_email(&self, email: &str) -> bool {
        alternatives(email).iter().all(|key| self.emails.contains(key))
    }

    /// True when this external id was looked for.
    pub fn covers_subject(&self, subject: &str) -> bool {
        alternatives(subject).iter().all(|key| self.subjects.contains(key))
    }
}
