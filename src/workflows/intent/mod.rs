//! What an admin wants done, before it is planned.
//!
//! The console's forms and the commands both make an [`Intent`]; [`plan`] reads what it needs and turns it into the
//! [`Plan`] that is shown, or says why there is none. To add something that can be done: a variant here, its planning
//! in a file beside this one, a row in the console's action table, a command.

mod access;
pub mod account;
mod address;
mod admin;
pub mod clients;
mod each;
mod fix;
mod guard;
mod invite;
mod leaving;
mod mail;
mod membership;
mod offboard;
pub mod own_factor;
pub mod policies;
pub mod routes;
mod rows;
mod second_factor;
mod sessions;
mod sign_in;

pub use access::AccessEdit;
pub(super) use each::Said;
pub use fix::{FixOf, Whose};
pub use invite::{Invite, ProfileKind};
pub use routes::{ProviderEdit, ProviderField, SecretField};

use super::engine::Engine;
use super::refusals::lacking;
use super::remote::Trouble;
use crate::identity::capability::{self, Capability};
use crate::identity::sign_in::impact::Impact;
use crate::identity::words::capital;
use crate::identity::{
    DomainRouteId, Factor, Feature, MembershipId, Plan, ProjectId, Reference, RouteDraft, SessionId, Text,
    UserId,
};

/// Something to be done to the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Let members in, or keep them out (platform-api §9.2: `active`).
    Activate {
        /// Whose; several are rows of one plan.
        members: Vec<MembershipId>,
        /// In or out.
        active: bool,
    },
    /// Set, change or clear the external id by which a sign-in finds its user.
    Link {
        /// Whose; several can only have theirs cleared.
        members: Vec<MembershipId>,
        /// The subject at the identity provider; `None` clears it.
        external_id: Option<Text>,
    },
    /// Make a member a project admin, or no longer one, with the policy that goes with it (platform-api §6).
    Admin {
        /// Whose.
        member: MembershipId,
        /// On or off.
        admin: bool,
    },
    /// Give members another access policy, or none.
    Policy {
        /// Whose; several are rows of one plan.
        members: Vec<MembershipId>,
        /// Name, id or `AccessPolicy/…`; `None` takes it away.
        policy: Option<Text>,
    },
    /// Change the parameterised policies that a member has besides (platform-api §9.2: `access[]`).
    Access {
        /// Whose.
        member: MembershipId,
        /// How.
        edit: AccessEdit,
    },
    /// Set, change or clear the SCIM user name.
    UserName {
        /// Whose.
        member: MembershipId,
        /// `None` clears it.
        user_name: Option<Text>,
    },
    /// Remove a member for good.
    Remove {
        /// Whom.
        member: MembershipId,
    },
    /// Mail a link to set a password; for somebody who never did, that is the invitation once more (§6.1).
    MailPassword {
        /// To whom.
        member: MembershipId,
        /// It stands for an invitation.
        invitation: bool,
    },
    /// Invite somebody (platform-api §6.1).
    Invite(Box<Invite>),
    /// Take a second factor of somebody away (platform-api §5).
    ResetFactor {
        /// Whose.
        member: MembershipId,
        /// Which.
        factor: Factor,
        /// How it was checked who asks for it; kept in the journal.
        checked: Text,
        /// End every session of the user too; super admins only.
        end_sessions: bool,
    },
    /// Enrol a second factor of the signed-in person's own; the code goes beside the plan (platform-api §5).
    EnrolOwn {
        /// Which.
        factor: Factor,
    },
    /// Take a second factor of the signed-in person's own away; the code goes beside the plan (platform-api §5).
    DisableOwn {
        /// Which; all of them where none is named.
        factor: Option<Factor>,
    },
    /// Require a second factor of people, or no longer (platform-api §5: `User.mfaRequired`).
    RequireFactor {
        /// Of whom.
        members: Vec<MembershipId>,
        /// Required or not.
        required: bool,
    },
    /// Require a second factor of everybody in a project, or no longer (platform-api §5: `Project.setting`).
    RequireFactorOfProject {
        /// Which project.
        project: ProjectId,
        /// Required or not.
        required: bool,
        /// Whom it meets, in words, as far as the asker has counted.
        preview: Vec<String>,
    },
    /// End sessions (platform-api §4, §15).
    EndSessions {
        /// Which.
        sessions: Vec<SessionId>,
    },
    /// Keep a person out everywhere that this role reaches.
    Offboard {
        /// Whose.
        member: MembershipId,
        /// Clear the external id too, so that somebody else can have it.
        clear_external_id: bool,
    },
    /// Set the password of a member's user; the password itself goes beside the plan (platform-api §6).
    SetPassword {
        /// Whose.
        member: MembershipId,
    },
    /// Make a member's user server-scoped or project-scoped (platform-api §8).
    Rescope {
        /// Whose.
        member: MembershipId,
        /// Server-scoped; else of the membership's project.
        to_server: bool,
    },
    /// Take a user configuration away that is not there and stops the sign-in (platform-api §17).
    ClearConfiguration {
        /// Whose.
        member: MembershipId,
    },
    /// Delete a user without memberships that hides another one with the same address (platform-api §10.5).
    RemoveGhost {
        /// Which.
        user: UserId,
    },
    /// Move an external id from one member of a project to another.
    MoveExternalId {
        /// Who has it.
        from: MembershipId,
        /// Who should.
        to: MembershipId,
    },
    /// Set all fields of an IdP that say by what people are recognised alike (platform-api §9.4).
    AlignProvider {
        /// A client application or a domain route.
        of: Reference,
        /// By external id; else by email.
        by_subject: bool,
    },
    /// Add a domain route; the client secret goes beside the plan (platform-api §9.3, §11).
    AddRoute(Box<RouteDraft>),
    /// Change fields of the identity provider of a domain route or a client application; a new secret goes beside the
    /// plan (platform-api §9.4).
    EditProvider(Box<ProviderEdit>),
    /// Remove a domain route.
    RemoveRoute {
        /// Which.
        route: DomainRouteId,
    },
    /// Write another domain into a route, mostly the same one as the platform looks for it (platform-api §11).
    RenameRoute {
        /// Which.
        route: DomainRouteId,
        /// Lower case.
        domain: Text,
    },
    /// Take the copies of name and email that lists show anew (platform-api §8).
    RefreshDisplay {
        /// Whose.
        member: MembershipId,
    },
    /// Write the login address of a member's user in lower case, as sign-ins look for it (platform-api §10.1).
    LowerCaseEmail {
        /// Whose.
        member: MembershipId,
    },
    /// Make, change or delete a client application.
    Client(Box<clients::ClientIntent>),
    /// Mend findings of the sweep, each by the change that follows from its rule.
    Fix(Vec<FixOf>),
    /// The same for several people, each in a row of one plan; see [`Intent::each`].
    Each(Vec<Intent>),
}

impl From<clients::ClientIntent> for Intent {
    fn from(intent: clients::ClientIntent) -> Self {
        Self::Client(Box::new(intent))
    }
}

impl Intent {
    /// What `make` makes of each member; of one alone, just that.
    pub fn each(members: Vec<MembershipId>, make: impl Fn(MembershipId) -> Self) -> Self {
        let mut all: Vec<Self> = members.into_iter().map(make).collect();
        match all.pop() {
            Some(one) if all.is_empty() => one,
            last => {
                all.extend(last);
                Self::Each(all)
            }
        }
    }

    /// The one member that it is about, where it can be a row among others. What cannot be taken back for good and
    /// what needs a secret is done for one person at a time.
    fn member(&self) -> Option<&MembershipId> {
        match self {
            Self::Activate { members, .. }
            | Self::Link { members, .. }
            | Self::Policy { members, .. }
            | Self::RequireFactor { members, .. } => match &members[..] {
                [one] => Some(one),
                _ => None,
            },
            Self::Admin { member, .. }
            | Self::Access { member, .. }
            | Self::MailPassword { member, .. }
            | Self::ResetFactor { member, .. }
            | Self::Offboard { member, .. }
            | Self::LowerCaseEmail { member }
            | Self::RefreshDisplay { member } => Some(member),
            Self::UserName { .. }
            | Self::Remove { .. }
            | Self::Invite(_)
            | Self::EnrolOwn { .. }
            | Self::DisableOwn { .. }
            | Self::RequireFactorOfProject { .. }
            | Self::EndSessions { .. }
            | Self::SetPassword { .. }
            | Self::Rescope { .. }
            | Self::ClearConfiguration { .. }
            | Self::RemoveGhost { .. }
            | Self::MoveExternalId { .. }
            | Self::AlignProvider { .. }
            | Self::AddRoute(_)
            | Self::EditProvider(_)
            | Self::RemoveRoute { .. }
            | Self::RenameRoute { .. }
            | Self::Client(_)
            | Self::Fix(_)
            | Self::Each(_) => None,
        }
    }

    /// It decides where the people of a domain are sent.
    pub fn is_of_route(&self) -> bool {
        match self {
            Self::AddRoute(_) | Self::RemoveRoute { .. } | Self::RenameRoute { .. } => true,
            Self::EditProvider(edit) => &*edit.of.kind == DomainRouteId::KIND,
            _ => false,
        }
    }

    /// What it is called, as the title of its plan.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Activate { active: true, .. } => "Activate",
            Self::Activate { active: false, .. } => "Deactivate",
            Self::Link { external_id: Some(_), .. } => "Set external id",
            Self::Link { external_id: None, .. } => "Clear external id",
            Self::Admin { admin: true, .. } => "Make project admin",
            Self::Admin { admin: false, .. } => "No longer project admin",
            Self::Policy { policy: Some(_), .. } => "Set access policy",
            Self::Policy { policy: None, .. } => "Take access policy away",
            Self::Access { .. } => "Change parameterised access",
            Self::UserName { user_name: Some(_), .. } => "Set user name",
            Self::UserName { user_name: None, .. } => "Clear user name",
            Self::Remove { .. } => "Remove member",
            Self::MailPassword { invitation: false, .. } => "Send password reset",
            Self::MailPassword { invitation: true, .. } => "Resend invitation",
            Self::Invite(_) => "Invite",
            Self::ResetFactor { .. } => "Reset a second factor",
            Self::EnrolOwn { factor: Factor::Totp } => "Enrol your authenticator app",
            Self::EnrolOwn { factor: Factor::Email } => "Enrol codes by mail",
            Self::DisableOwn { .. } => "Disable your second factor",
            Self::RequireFactor { required: true, .. }
            | Self::RequireFactorOfProject { required: true, .. } => "Require a second factor",
            Self::RequireFactor { required: false, .. }
            | Self::RequireFactorOfProject { required: false, .. } => "No longer require a second factor",
            Self::EndSessions { sessions } if sessions.len() == 1 => "End a session",
            Self::EndSessions { .. } => "End sessions",
            Self::Offboard { .. } => "Offboard",
            Self::SetPassword { .. } => "Set password",
            Self::Rescope { to_server: true, .. } => "Make server-scoped",
            Self::Rescope { to_server: false, .. } => "Make project-scoped",
            Self::RefreshDisplay { .. } => "Refresh names in lists",
            Self::ClearConfiguration { .. } => "Take the user configuration away",
            Self::RemoveGhost { .. } => "Delete a user without memberships",
            Self::MoveExternalId { .. } => "Move external id",
            Self::AlignProvider { .. } => "Align the identity provider",
            Self::AddRoute(_) => "Add a domain route",
            Self::EditProvider(_) => "Change an identity provider",
            Self::RemoveRoute { .. } => "Remove a domain route",
            Self::RenameRoute { .. } => "Correct the domain of a route",
            Self::LowerCaseEmail { .. } => "Lower-case the address",
            Self::Client(intent) => intent.title(),
            Self::Fix(all) => fix::title(all),
            Self::Each(all) => all.first().map_or("Nothing", Self::title),
        }
    }

    /// What the role must be able to do at all; what else is needed, planning finds out.
    pub fn needs(&self) -> Capability {
        match self {
            Self::Activate { .. }
            | Self::Link { .. }
            | Self::Admin { .. }
            | Self::Policy { .. }
            | Self::Access { .. }
            | Self::UserName { .. }
            | Self::Remove { .. }
            | Self::Invite(_)
            | Self::Offboard { .. }
            | Self::Rescope { .. }
            | Self::ClearConfiguration { .. }
            | Self::RemoveGhost { .. }
            | Self::MoveExternalId { .. }
            | Self::LowerCaseEmail { .. }
            | Self::Fix(_)
            | Self::RefreshDisplay { .. } => Capability::ChangeMembers,
            Self::AlignProvider { of, .. } if &*of.kind != DomainRouteId::KIND => Capability::ChangeMembers,
            Self::EditProvider(edit) if &*edit.of.kind != DomainRouteId::KIND => Capability::ChangeMembers,
            Self::AlignProvider { .. }
            | Self::AddRoute(_)
            | Self::EditProvider(_)
            | Self::RemoveRoute { .. }
            | Self::RenameRoute { .. } => Capability::DomainRoutes,
            Self::Client(_) => Capability::Clients,
            Self::MailPassword { .. } | Self::SetPassword { .. } => Capability::Passwords,
            Self::ResetFactor { .. } | Self::RequireFactor { .. } | Self::RequireFactorOfProject { .. } => {
                Capability::Factors
            }
            Self::EnrolOwn { .. } | Self::DisableOwn { .. } => Capability::OwnFactor,
            Self::EndSessions { .. } => Capability::OwnSessions,
            // All of one kind; nothing to do needs nothing more than everybody has.
            Self::Each(all) => all.first().map_or(Capability::OwnSessions, Self::needs),
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// What was asked for cannot be read or makes no sense.
    Malformed,
    /// This role may not, or the console does not let anybody: own account, last admin, project owner.
    NotAllowed,
    /// There is no such member, policy, client …
    NotFound,
    /// Something unique is taken, or two things do not go together.
    Conflict,
    /// It is so already.
    Nothing,
}

/// There is no plan: nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// The platform could not be asked.
    #[error("{0}")]
    Platform(Trouble),
    /// It is not to be done.
    #[error("{}", [what.as_str(), next.as_str()].join(" ").trim_end())]
    Refused {
        /// The kind.
        why: Why,
        /// What and why, as a sentence.
        what: String,
        /// What to do instead; may be empty.
        next: String,
    },
}

impl NoPlan {
    /// Refuses.
    pub fn because(why: Why, what: impl Into<String>) -> Self {
        Self::Refused { why, what: what.into(), next: String::new() }
    }

    /// The same with what to do instead.
    #[must_use]
    pub fn then(self, words: impl Into<String>) -> Self {
        match self {
            Self::Refused { why, what, .. } => Self::Refused { why, what, next: words.into() },
            other @ Self::Platform(_) => other,
        }
    }
}

impl From<Trouble> for NoPlan {
    fn from(trouble: Trouble) -> Self {
        Self::Platform(trouble)
    }
}

/// Plans an intent: reads, checks, and writes nothing.
pub async fn plan(engine: &Engine, intent: &Intent) -> Result<Plan, NoPlan> {
    if let Err(why) = capability::check(&engine.caller, intent.needs()) {
        return Err(NoPlan::because(Why::NotAllowed, format!("{}.", capital(&why))));
    }
    let plan = planned(engine, intent).await?;
    // What this platform was found to lack is not tried again.
    let about = engine.remote.about();
    match plan
        .changes
        .iter()
        .filter_map(|change| Feature::of(&change.means))
        .find(|f| about.lacks.contains(f))
    {
        Some(feature) => {
            let (what, next) = lacking(&about, feature);
            Err(NoPlan::because(Why::NotAllowed, what).then(next))
        }
        None => Ok(plan),
    }
}

/// Whom an intent about a route meets, one by one; its plan tells it in numbers.
pub async fn impact(engine: &Engine, intent: &Intent) -> Result<Impact, NoPlan> {
    let change = routes::change(engine, intent).await?;
    Ok(super::impact::preview(engine, &change).await?)
}

async fn planned(engine: &Engine, intent: &Intent) -> Result<Plan, NoPlan> {
    match intent {
        Intent::Activate { members, active } => membership::activate(engine, members, *active).await,
        Intent::Link { members, external_id } => {
            membership::link(engine, members, external_id.as_ref()).await
        }
        Intent::Admin { member, admin } => admin::switch(engine, member, *admin).await,
        Intent::Policy { members, policy } => policies::assign(engine, members, policy.as_ref()).await,
        Intent::Access { member, edit } => access::change(engine, member, edit).await,
        Intent::UserName { member, user_name } => {
            membership::user_name(engine, member, user_name.as_ref()).await
        }
        Intent::Remove { member } => leaving::remove(engine, member).await,
        Intent::Invite(invite) => invite::plan(engine, invite).await,
        Intent::SetPassword { member } => account::set_password(engine, member).await,
        Intent::Rescope { member, to_server } => account::rescope(engine, member, *to_server).await,
        Intent::RefreshDisplay { member } => account::refresh_display(engine, member).await,
        Intent::ClearConfiguration { member } => sign_in::clear_configuration(engine, member).await,
        Intent::RemoveGhost { user } => sign_in::remove_ghost(engine, user).await,
        Intent::MoveExternalId { from, to } => sign_in::move_external_id(engine, from, to).await,
        Intent::AlignProvider { of, by_subject } => sign_in::align(engine, of, *by_subject).await,
        Intent::AddRoute(draft) => routes::add(engine, draft).await,
        Intent::EditProvider(edit) => routes::edit(engine, edit).await,
        Intent::RemoveRoute { route } => routes::remove(engine, route).await,
        Intent::RenameRoute { route, domain } => routes::rename(engine, route, domain).await,
        Intent::Client(intent) => clients::plan(engine, intent).await,
        Intent::MailPassword { member, invitation } => mail::password_link(engine, member, *invitation).await,
        Intent::ResetFactor { member, factor, checked, end_sessions } => {
            second_factor::reset(engine, member, *factor, checked, *end_sessions).await
        }
        Intent::EnrolOwn { factor } => own_factor::enrol(engine, *factor).await,
        Intent::DisableOwn { factor } => own_factor::disable(engine, *factor).await,
        Intent::RequireFactor { members, required } => {
            second_factor::require(engine, members, *required).await
        }
        Intent::RequireFactorOfProject { project, required, preview } => {
            second_factor::require_of_project(engine, project, *required, preview).await
        }
        Intent::LowerCaseEmail { member } => address::lower_case(engine, member).await,
        Intent::Fix(all) => fix::plan(engine, all).await,
        Intent::Each(intents) => each::plan(engine, intents).await,
        Intent::EndSessions { sessions: ids } => sessions::end_these(engine, ids).await,
        Intent::Offboard { member, clear_external_id } => {
            offboard::plan(engine, member, *clear_external_id).await
        }
    }
}
