//! The platform as the workflows need it: a few questions and one way to write.
//!
//! [`crate::platform::Client`] is the real one; tests of races and faults that cannot be arranged over HTTP bring
//! their own.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use thiserror::Error;

use super::refusals::Cause;
use crate::identity::access::Policy;
use crate::identity::sign_in::Route;
use crate::identity::sign_in::doctor::Liveness;
use crate::identity::{
    Change, ClientApplication, ClientId, DomainRoute, Enrolment, Feature, LoginSession, Membership,
    MembershipId, OwnFlags, Platform, ProjectId, Record, Reference, Secret, SecretHistory, SecretLike, Seen,
    Text, User, UserId, VersionId,
};

/// A question that was not answered or a write that was not done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Trouble {
    /// The kind.
    pub cause: Cause,
    /// The platform's text, or what went wrong on the way.
    pub text: Text,
    /// The platform's request id.
    pub request_id: Option<Text>,
    /// All of it in words: what happened, why, what to do. Empty when there is no more than the text.
    pub said: String,
}

impl Trouble {
    /// A trouble of our own making.
    pub fn new(cause: Cause, text: impl Into<String>) -> Self {
        Self { cause, text: Text::from(text.into()), request_id: None, said: String::new() }
    }
}

impl Trouble {
    /// The platform refused because an access policy of the member in question is not there. It says so where somebody
    /// acts on their behalf: "Authentication error", with the real cause beside it (platform-api §1.3).
    pub fn is_dead_policy(&self) -> bool {
        const WORDS: &str = "Invalid access policy";
        self.text.raw().contains(WORDS) || self.said.contains(WORDS)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said.is_empty() { self.text.fmt(f) } else { f.write_str(&self.said) }
    }
}

/// What SCIM tells of a person (platform-api §7): the only view a project admin has of a server-scoped user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimPerson {
    /// Present login address.
    pub email: Option<Text>,
    /// Given and family name.
    pub names: Option<(Text, Text)>,
}

/// Everybody of a domain, as far as the role sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainPeople {
    /// Users with an address of the domain or of one below it, those without a membership too.
    pub users: Vec<User>,
    /// Memberships of such users, of those too that cannot be read themselves.
    pub memberships: Vec<Membership>,
    /// Present addresses by membership, where another window than the user tells them (platform-api §7).
    pub addresses: Vec<(MembershipId, Text)>,
    /// Nobody was left out.
    pub complete: bool,
}

/// A write that the platform took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// The record that came to be, for an invite or a create.
    pub made: Option<Reference>,
    /// What the platform complained about although it did it (an error inside a 200, platform-api §1.4).
    pub remark: Option<Text>,
}

/// An answer on its way.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Trouble>>;

/// The platform.
pub trait Remote: Send + Sync + fmt::Debug {
    /// The same at the pace of work that nobody waits for; `None` where there is no pace.
    fn in_background(&self) -> Option<Arc<dyn Remote>> {
        None
    }
    /// What is known of the platform itself: its version once it was asked for, what it was found to lack.
    fn about(&self) -> Platform {
        Platform::default()
    }
    /// The same, asking for the version first.
    fn about_with_version(&self) -> BoxFuture<'_, Platform> {
        Box::pin(std::future::ready(self.about()))
    }
    /// Remembers that the platform has no such endpoint. Called by [`super::apply::apply`] alone.
    fn found_lacking(&self, _feature: Feature) {}
    /// One membership.
    fn membership<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Membership>;
    /// One user; [`Cause::NotFound`] for a server-scoped user and a project admin.
    fn user<'a>(&'a self, id: &'a UserId) -> Answer<'a, User>;
    /// The SCIM view of a membership's user.
    fn scim<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, ScimPerson>;
    /// Every visible membership of a user.
    fn memberships_of_user<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<Membership>>;
    /// Every visible membership of a profile.
    fn memberships_of_profile<'a>(&'a self, profile: &'a Reference) -> Answer<'a, Vec<Membership>>;
    /// Memberships whose user has exactly this (lower-case) address, in both scopes.
    fn memberships_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>>;
    /// Memberships with exactly this external id.
    fn memberships_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>>;
    /// Memberships whose external id begins like this, in any case; a few of them.
    fn memberships_like_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>>;
    /// Memberships whose profile names this address among its contacts. Sign-ins never look there.
    fn memberships_by_contact<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>>;
    /// Memberships whose profile has a name beginning like this.
    fn memberships_by_name<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Membership>>;
    /// Memberships of a project that are admin, active or not, people and clients.
    fn admins<'a>(&'a self, project: &'a ProjectId) -> Answer<'a, Vec<Membership>>;
    /// Visible users with exactly this (lower-case) address.
    fn users_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<User>>;
    /// Visible users with one of these (lower-case) addresses, in the order of one search for all of them.
    fn users_with_any<'a>(&'a self, emails: &'a [String]) -> Answer<'a, Vec<User>>;
    /// Memberships with one of these external ids, in the order of one search for all of them.
    fn memberships_with_any<'a>(&'a self, external_ids: &'a [String]) -> Answer<'a, Vec<Membership>>;
    /// Every visible user, at most so many; true when those were all.
    fn users(&self, at_most: usize) -> Answer<'_, (Vec<User>, bool)>;
    /// Everybody whose login address is of this (lower-case) domain or of one below it, at most so many of each.
    fn people_of_domain<'a>(&'a self, domain: &'a str, at_most: usize) -> Answer<'a, DomainPeople> {
        Box::pin(async move {
            let (users, complete) = self.users(at_most).await?;
            let of = |user: &User| {
                let address = user.email.as_ref().map(|email| email.raw().to_lowercase());
                address.is_some_and(|address| {
                    address.ends_with(&format!("@{domain}")) || address.ends_with(&format!(".{domain}"))
                })
            };
            let users: Vec<User> = users.into_iter().filter(of).collect();
            let mut memberships = Vec::new();
            for user in &users {
                memberships.extend(self.memberships_of_user(&user.id).await?);
            }
            Ok(DomainPeople { users, memberships, addresses: Vec::new(), complete })
        })
    }
    /// How many memberships of a kind of profile there are, all of them, or only those whose profile is there.
    fn count_members<'a>(&'a self, profile: &'a str, with_profile: bool) -> Answer<'a, u64>;
    /// Memberships of a kind of profile whose profile is there, at most so many; true when those were all.
    fn members_with_profile<'a>(
        &'a self,
        profile: &'a str,
        at_most: usize,
    ) -> Answer<'a, (Vec<MembershipId>, bool)>;
    /// Visible users with exactly this external id in the old place.
    fn users_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<User>>;
    /// Addresses of a project's people, of at most so many members; true when those were all. Where a present address
    /// cannot be read, the copy in the membership stands for it.
    fn addresses<'a>(&'a self, project: &'a ProjectId, at_most: usize) -> Answer<'a, (Vec<Text>, bool)>;
    /// Versions of a user, the newest first.
    fn user_history<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<User>>;
    /// Versions of a membership, the newest first.
    fn membership_history<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Vec<Membership>>;
    /// Client applications that can be seen.
    fn clients(&self) -> Answer<'_, Vec<ClientApplication>>;
    /// One client application; [`Cause::NotFound`] where it is of another project too.
    fn client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, ClientApplication>;
    /// Memberships of client applications, at most some thousands; true when those were all.
    fn client_memberships(&self) -> Answer<'_, (Vec<Membership>, bool)>;
    /// The client application that the caller signed in through; `None` without one, and where it is not known.
    fn own_client(&self) -> Answer<'_, Option<ClientId>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    /// A client's secrets through its versions, as numbers.
    fn secret_history<'a>(&'a self, id: &'a ClientId) -> Answer<'a, SecretHistory>;
    /// A client's present secret, to be shown once, on demand; `None` without one.
    fn client_secret<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<Secret>>;
    /// Whether there is such a client application anywhere, which anybody may ask (platform-api §3.1).
    fn client_exists<'a>(&'a self, id: &'a str) -> Answer<'a, Liveness>;
    /// Domain routes; super admins only.
    fn domain_routes(&self) -> Answer<'_, Vec<DomainRoute>>;
    /// Where an address is sent at sign-in.
    fn route<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Seen<Route>>;
    /// The caller's own resolved policy.
    fn own_policy(&self) -> Answer<'_, Policy>;
    /// The resolved policy of a member, read on their behalf.
    fn policy_of<'a>(&'a self, member: &'a MembershipId) -> Answer<'a, Policy>;
    /// Whether a member may search a type: a search on their behalf that returns nothing.
    fn search_on_behalf<'a>(&'a self, member: &'a MembershipId, kind: &'a str) -> Answer<'a, ()>;
    /// Whether a member may read a record; what it holds is not looked at.
    fn read_on_behalf<'a>(&'a self, member: &'a MembershipId, kind: &'a str, id: &'a str) -> Answer<'a, ()>;
    /// Rate limits as last heard: which, points left, most ever left; empty while none was told.
    fn limits(&self) -> Vec<(String, u64, u64)> {
        Vec::new()
    }
    /// The fields of any record that stand at these JSON pointers.
    fn record<'a>(&'a self, reference: &'a Reference, pointers: &'a [&'a str]) -> Answer<'a, Record>;
    /// Records with exactly this value of a search parameter.
    fn records_where<'a>(
        &'a self,
        kind: &'a str,
        parameter: &'a str,
        value: &'a str,
        pointers: &'a [&'a str],
    ) -> Answer<'a, Vec<Record>>;
    /// The secret of the identity provider on a client application or a domain route, for a test sign-in: it goes into
    /// that provider's token request and nowhere else. `None` where there is none.
    fn idp_secret<'a>(&'a self, _of: &'a Reference) -> Answer<'a, Option<Secret>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    /// Whether the secret that a record holds at this JSON pointer is that one. No secret comes out.
    fn secret_is<'a>(&'a self, of: &'a Reference, pointer: &'a str, like: SecretLike<'a>)
    -> Answer<'a, bool>;
    /// Logins, the newest first, of one user or of everybody, at most so many; true when those were all. Super admins
    /// only.
    fn sessions<'a>(
        &'a self,
        user: Option<&'a UserId>,
        at_most: usize,
    ) -> Answer<'a, (Vec<LoginSession>, bool)>;
    /// The caller's own sessions of the last hour (platform-api §4).
    fn own_sessions(&self) -> Answer<'_, Vec<LoginSession>>;
    /// The caller's own second factor; `None` for client applications, which have none (platform-api §4).
    fn own_factor(&self) -> Answer<'_, Option<OwnFlags>>;
    /// The key to enrol an authenticator app with. The platform may keep a new one on the caller's user for it
    /// (platform-api §14.18), so it is asked for somebody who wants to enrol, or has a factor, and for nobody else.
    fn own_enrolment(&self) -> Answer<'_, Enrolment>;
    /// Mails the caller a code (platform-api §5: `send-email-challenge`). No record changes by it.
    fn mail_own_code(&self) -> Answer<'_, ()>;
    /// Sends one change, with the secret that it needs and does not hold. Called by [`super::apply::apply`] alone.
    fn send<'a>(
        &'a self,
        change: &'a Change,
        expected: Option<&'a VersionId>,
        secret: Option<&'a Secret>,
    ) -> Answer<'a, Sent>;
}
