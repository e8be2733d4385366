//! Effects: what an update wants from the outside, as plain data. The [`super::runtime`] carries them out.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::failure::Failure;
use super::slot::{RequestId, Slot};
use crate::identity::directory::Directory;
use crate::identity::findings::{Around, Sweep};
use crate::identity::linkage::{Histories, Idps};
use crate::identity::route_test::{Check, RouteReport};
use crate::identity::sign_in::impact::Impact;
use crate::identity::snapshot::Manifest;
use crate::identity::{
    ClientId, DomainRouteId, Email, Enrolment, FactorRules, Membership, MembershipId, OwnFactor, Plan,
    Platform, ProjectId, Reference, RouteDraft, Secret, Text, User, UserId,
};
use crate::journal::{Entry, EntryId, Snapshot, StepRecord, StepState};
use crate::workflows::PersonFacts;
use crate::workflows::access::{Access, May, Wish as AccessWish};
use crate::workflows::apply::Wish;
use crate::workflows::bulk::{Encoding, Preview};
use crate::workflows::checkup::{Asked, Choices, Mending, Told};
use crate::workflows::clients::{ClientFacts, Revealed};
use crate::workflows::domains::Domains;
use crate::workflows::email_change::EmailFacts;
use crate::workflows::flow_lab::Choices as LabChoices;
use crate::workflows::history::History;
use crate::workflows::intent::Intent;
use crate::workflows::onboard::{Act, Done, State};
use crate::workflows::overview::Posture;
use crate::workflows::route_request::{Opened, RouteRequest};
use crate::workflows::route_test::Filled;
use crate::workflows::sessions::Sessions;
use crate::workflows::sheet::Sheet;
use crate::workflows::snapshot::{Drift, Reading};
use crate::workflows::sweep::Part;

/// Something to be done outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask and answer by [`super::Msg::Answered`].
    Ask {
        /// Newest wins.
        slot: Slot,
        /// Comes back with the answer.
        id: RequestId,
        /// What.
        question: Question,
    },
    /// Stop working on the slot's question.
    Cancel {
        /// Which.
        slot: Slot,
    },
    /// Write. Runs to its end whatever happens to the console.
    Write {
        /// Who is told.
        slot: Slot,
        /// Comes back with the answers.
        id: RequestId,
        /// What.
        write: Write,
    },
    /// Hold the write of many rows that is under way, let it go on, or stop it between two rows.
    Hold(Wish),
    /// Everything about sessions and connections.
    SignIn(super::screens::sign_in::SignInEffect),
    /// Everything about runs of the flow lab.
    Lab(super::screens::flow_lab::LabEffect),
    /// Everything about tokens that are looked at.
    Token(super::screens::tokens::TokenEffect),
    /// Open in the system's browser.
    OpenBrowser {
        /// Where.
        url: String,
    },
    /// Put into the clipboard.
    Copy {
        /// What it is, to be named in the confirmation.
        what: String,
        /// The text.
        text: String,
    },
    /// Put a secret into the clipboard: somebody asked for it, and [`Effect::EmptyClipboard`] follows.
    CopySecret(Secret),
    /// Take out of the clipboard what must not stay there.
    EmptyClipboard,
    /// Remember the columns of a list in `config.toml`; `None` forgets them.
    KeepColumns {
        /// The list's name.
        list: &'static str,
        /// As [`crate::console::widgets::list::Layouts`] keeps them.
        columns: Option<Vec<String>>,
    },
    /// Draw everything again.
    Redraw,
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
}

/// What can be asked. One variant per kind; its answering stands in `runtime/answers.rs`.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Every member that is a person, page by page ([`Answer::Members`]), then [`Answer::MembersEnd`].
    Members,
    /// Present login addresses by SCIM ([`Answer::Emails`], in portions).
    Emails(Vec<MembershipId>),
    /// One member as it stands now ([`Answer::Member`] or [`Answer::MemberGone`]).
    Member(MembershipId),
    /// Members as they stand now ([`Answer::Member`] for each, then [`Answer::MembersEnd`]).
    Rows(Vec<MembershipId>),
    /// Everything that can be seen of a person ([`Answer::Person`]).
    Person(MembershipId),
    /// The versions of membership and user ([`Answer::History`]).
    History {
        /// The membership.
        membership: MembershipId,
        /// The user, when it is a person's.
        user: Option<UserId>,
    },
    /// The identity providers, as far as they are seen ([`Answer::Idps`]); the domains are worth asking about.
    Idps(Vec<String>),
    /// The three decisions, as far as they are seen ([`Answer::Posture`]); the domains are worth asking about.
    Posture(Vec<String>),
    /// Domain routes, or what can be observed of them ([`Answer::Domains`]); the domains are those in use.
    Domains(Vec<String>),
    /// The external ids of before of these members ([`Answer::Histories`], in portions).
    Histories(Vec<MembershipId>),
    /// What a member may do ([`Answer::Access`]).
    Access(MembershipId),
    /// Whether they may do this ([`Answer::May`]).
    May {
        /// What is known of them.
        access: Box<Access>,
        /// What.
        wish: AccessWish,
    },
    /// What has to be known about a new address ([`Answer::EmailFacts`]).
    EmailFacts {
        /// Whose.
        person: Box<PersonFacts>,
        /// The new address.
        email: Email,
        /// The project's addresses, when all of them are in memory; else some are read.
        known: Option<Addresses>,
    },
    /// What is wanted, as a plan ([`Answer::Plan`] or [`Answer::NoPlan`]).
    Plan(Box<Intent>),
    /// The access policies that this member can be given ([`Answer::Policies`]).
    Policies(MembershipId),
    /// The names of these projects ([`Answer::Projects`]).
    Projects(Vec<ProjectId>),
    /// How a journal entry is taken back ([`Answer::Plan`] or [`Answer::NoPlan`]).
    UndoPlan(EntryId),
    /// What decides about second factors ([`Answer::FactorRules`]).
    FactorRules {
        /// In these projects.
        projects: Vec<ProjectId>,
        /// For people with addresses like these: one for each domain.
        addresses: Vec<Text>,
    },
    /// About the caller's own second factor ([`Answer::Own`]).
    Own(OwnQuestion),
    /// About somebody's sign-ins ([`Answer::Doctor`], [`Answer::Plan`] …).
    Doctor(DoctorQuestion),
    /// What the flow lab can try ([`Answer::LabChoices`]).
    LabChoices,
    /// Every rule over every member ([`Answer::SweepRead`] for each part that is read, then [`Answer::Swept`]).
    Sweep {
        /// The members, shared with the screen that holds them.
        everybody: Everybody,
        /// What the members do not tell, where it is known already; else it is read, with the present addresses that
        /// only SCIM tells ([`Answer::Emails`]).
        around: Option<Arc<Around>>,
    },
    /// What an issuer says of itself ([`Answer::Described`]).
    Describe(String),
    /// Every check of a domain route at its live provider ([`Answer::RouteChecked`] for each, then
    /// [`Answer::RouteTested`]).
    RouteTest(Box<RouteQuestion>),
    /// Whom a change of a route meets ([`Answer::Impact`], or [`Answer::NoPlan`] where there is no such change).
    Impact(Box<super::overlays::impact::About>),
    /// About a partner that is brought on ([`Answer::Onboard`]).
    Onboard(OnboardQuestion),
    /// Somebody's request for a route, tested again ([`Answer::Opened`]).
    OpenRequest {
        /// The file.
        path: PathBuf,
        /// The client's secret at the provider.
        secret: Secret,
    },
    /// What the rows of a CSV file come to ([`Answer::Looking`] on the way, then [`Answer::Looked`], or
    /// [`Answer::NoPlan`] where it is no such file).
    Sheet {
        /// The file.
        path: PathBuf,
        /// How it is written, where it does not say so itself.
        encoding: Encoding,
    },
    /// The plan of what the rows of a file come to ([`Answer::Plan`]): of many it takes a moment to make.
    SheetPlan {
        /// What they come to.
        preview: Arc<Preview>,
        /// Without those that are unclear.
        leave_out_unclear: bool,
    },
    /// Writing what became of every row of a run into a new file ([`Answer::Saved`] or [`Answer::FileExists`]).
    Verdicts {
        /// The run.
        entry: EntryId,
        /// Where.
        path: PathBuf,
    },
    /// About exports ([`Answer::Snapshot`]).
    Snapshot(SnapshotQuestion),
    /// About client applications ([`Answer::Clients`]).
    Clients(ClientQuestion),
    /// Every session that this role sees ([`Answer::Sessions`]).
    Sessions,
    /// What is left of a journal entry; it is settled first where that is not known ([`Answer::Plan`] or
    /// [`Answer::NoPlan`]).
    ResumePlan(EntryId),
    /// Every journal entry, newest first ([`Answer::Journal`]).
    Journal,
    /// Writing rows to a file ([`Answer::Saved`] or [`Answer::FileExists`]).
    Save {
        /// Where.
        path: PathBuf,
        /// The rows.
        sheet: Box<Sheet>,
        /// Also when there is a file of that name.
        replace: bool,
    },
    /// How an entry ended of which that is not known, by reading back ([`Answer::Settled`]).
    Settle(EntryId),
    /// What is to be known of the platform itself ([`Answer::Platform`]).
    Platform {
        /// Also where its web app is.
        web_app: bool,
    },
}

/// A route to be tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteQuestion {
    /// As it is wanted, saved or not.
    pub draft: RouteDraft,
    /// Its secret, where it is known.
    pub secret: Option<Secret>,
    /// The saved route that it is.
    pub own: Option<DomainRouteId>,
}

/// What is asked about exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotQuestion {
    /// To write one ([`SnapshotAnswer::Written`]).
    Write {
        /// Where.
        folder: PathBuf,
        /// Of which project, by name or id; one's own where absent.
        project: Option<String>,
    },
    /// To compare ([`SnapshotAnswer::Compared`]).
    Compare {
        /// The folder of an export.
        before: PathBuf,
        /// That of a later one; the platform as it is now where absent.
        after: Option<PathBuf>,
    },
}

/// What comes back of it.
#[derive(Debug, Clone, PartialEq)]
pub enum SnapshotAnswer {
    /// How far reading is.
    Reading(Reading),
    /// It is written.
    Written {
        /// What.
        manifest: Box<Manifest>,
        /// Where, safe to show.
        folder: String,
    },
    /// What is different.
    Compared(Box<Drift>),
}

/// What is asked about client applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientQuestion {
    /// Every one that this role sees ([`ClientAnswer::List`]).
    List,
    /// One, with the ages of its secrets ([`ClientAnswer::One`]).
    One(ClientId),
    /// Its present secret, to be shown once ([`ClientAnswer::Revealed`]).
    Reveal(ClientId),
}

/// What comes back of it.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientAnswer {
    /// Them.
    List(Vec<ClientFacts>),
    /// It.
    One(Box<ClientFacts>),
    /// The secret, which does not show itself.
    Revealed(Revealed),
}

/// What is asked about the caller's own second factor (platform-api §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnQuestion {
    /// How they stand ([`OwnAnswer::Standing`]).
    Standing,
    /// The key to enrol an app with ([`OwnAnswer::Enrolment`]).
    Enrolment,
    /// To have a code mailed ([`OwnAnswer::CodeMailed`]); no record changes by it.
    MailCode,
}

/// What comes back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAnswer {
    /// How they stand.
    Standing(Box<OwnFactor>),
    /// The key, which does not show itself.
    Enrolment(Box<Enrolment>),
    /// A code is on its way.
    CodeMailed,
}

/// What is asked about partners that are brought on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnboardQuestion {
    /// All that were begun ([`OnboardAnswer::Listed`]).
    List,
    /// To go on with a domain, or to begin with it ([`OnboardAnswer::Done`]).
    Open(String),
    /// To set aside what is kept and to begin anew ([`OnboardAnswer::Done`]).
    StartOver(String),
    /// To do something and keep what came of it ([`OnboardAnswer::Done`]).
    Act {
        /// Whose.
        domain: String,
        /// What.
        act: Box<Act>,
    },
    /// What writes the route ([`OnboardAnswer::Intent`]).
    Save(String),
}

/// What comes back of it.
#[derive(Debug, Clone, PartialEq)]
pub enum OnboardAnswer {
    /// All of them, by domain.
    Listed(Vec<Listed>),
    /// Done and kept.
    Done(Box<Done>),
    /// What writes the route.
    Intent(Box<Intent>),
}

/// A partner that was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Whose.
    pub domain: String,
    /// How it stands, or why that cannot be read; safe to show.
    pub state: Result<State, String>,
}

/// What is asked of the doctor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoctorQuestion {
    /// Every likely way of somebody ([`DoctorAnswer::Told`]).
    Check(Box<Asked>),
    /// What can be chosen from ([`DoctorAnswer::Choices`]).
    Choices,
    /// The plan of a change that mends a sign-in ([`Answer::Plan`], [`Answer::NoPlan`] or [`Answer::ForOthers`]).
    Plan(Box<Mending>),
}

/// What comes back of it.
#[derive(Debug, Clone, PartialEq)]
pub enum DoctorAnswer {
    /// What it came to.
    Told(Box<Told>),
    /// What can be chosen from.
    Choices(Choices),
}

/// What can be written. Plans only.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Applies a plan: [`Answer::Step`]s, then [`Answer::Applied`] or [`Answer::NotApplied`].
    Apply {
        /// The plan, as it was shown.
        plan: Arc<Plan>,
        /// Why, in the person's words.
        reason: String,
        /// What the plan needs and does not hold, e.g. a password.
        secret: Option<Secret>,
    },
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It could not be had.
    Failed(Failure),
    /// Some members.
    Members(Box<MembersPage>),
    /// That was the last page.
    MembersEnd,
    /// Present login addresses.
    Emails(Vec<(MembershipId, Text)>),
    /// One member.
    Member(Box<MemberRead>),
    /// This member is no more.
    MemberGone(MembershipId),
    /// A person.
    Person(Box<PersonFacts>),
    /// Versions.
    History(Box<History>),
    /// Identity providers.
    Idps(Box<Idps>),
    /// The three decisions.
    Posture(Box<Posture>),
    /// Domain routes, or what can be observed of them.
    Domains(Box<Domains>),
    /// External ids of before.
    Histories(Histories),
    /// What a member may do.
    Access(Box<Access>),
    /// Whether they may.
    May(May),
    /// About a new address.
    EmailFacts(Box<EmailFacts>),
    /// A plan.
    Plan(Box<Plan>),
    /// Access policies, by name.
    Policies(Vec<Reference>),
    /// Projects with their names.
    Projects(Vec<(ProjectId, Text)>),
    /// There is no plan; why, in words.
    NoPlan(String),
    /// What decides about second factors.
    FactorRules(Box<FactorRules>),
    /// About the own second factor.
    Own(OwnAnswer),
    /// About somebody's sign-ins.
    Doctor(DoctorAnswer),
    /// What the flow lab can try.
    LabChoices(Box<LabChoices>),
    /// There is no plan for this role; why, in words, and the text that asks somebody who may.
    ForOthers {
        /// Why.
        why: String,
        /// The text; holds no secret.
        request: String,
    },
    /// A part of what the sweep needs was read.
    SweepRead(Part),
    /// What every rule over every member came to.
    Swept(Box<Swept>),
    /// One check of a route under test.
    RouteChecked(Box<Check>),
    /// All of them.
    RouteTested(Box<RouteReport>),
    /// Whom a change meets.
    Impact(Box<Impact>),
    /// About partners that are brought on.
    Onboard(OnboardAnswer),
    /// So many rows of a file have been looked at.
    Looking {
        /// How many.
        seen: usize,
        /// Of how many.
        of: usize,
    },
    /// What the rows of a file come to.
    Looked(Arc<Preview>),
    /// A request that was tested again.
    Opened(Box<(RouteRequest, Opened)>),
    /// A route as its provider describes it.
    Described(Box<Filled>),
    /// About exports.
    Snapshot(SnapshotAnswer),
    /// About client applications.
    Clients(ClientAnswer),
    /// Sessions.
    Sessions(Box<Sessions>),
    /// Journal entries, newest first.
    Journal(Vec<Entry>),
    /// An entry whose end is known now.
    Settled(Box<Entry>),
    /// What is known of the platform itself.
    Platform {
        /// Its version, and what it was found to lack.
        platform: Platform,
        /// Address of its web app, where it was learned.
        web_app: Option<String>,
    },
    /// The rows are in the file.
    Saved {
        /// Where, safe to show.
        path: String,
        /// How many.
        rows: usize,
    },
    /// There is a file of that name, safe to show; nothing was written.
    FileExists(String),
    /// How far a step of the plan is.
    Step {
        /// Counted from 0.
        step: usize,
        /// How far.
        state: StepState,
    },
    /// Applied and read back.
    Applied(Box<Applied>),
    /// Not applied, or not all of it.
    NotApplied(Box<NotApplied>),
}

impl Answer {
    /// The platform no longer takes the session.
    pub fn ends_session(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.ended,
            Self::NotApplied(outcome) => outcome.failure.ended,
            Self::Members(_)
            | Self::MembersEnd
            | Self::Emails(_)
            | Self::Member(_)
            | Self::MemberGone(_)
            | Self::Person(_)
            | Self::History(_)
            | Self::Idps(_)
            | Self::Posture(_)
            | Self::Domains(_)
            | Self::Histories(_)
            | Self::Access(_)
            | Self::May(_)
            | Self::EmailFacts(_)
            | Self::Plan(_)
            | Self::NoPlan(_)
            | Self::FactorRules(_)
            | Self::Looking { .. }
            | Self::Looked(_)
            | Self::Own(_)
            | Self::Doctor(_)
            | Self::LabChoices(_)
            | Self::ForOthers { .. }
            | Self::SweepRead(_)
            | Self::Swept(_)
            | Self::RouteChecked(_)
            | Self::RouteTested(_)
            | Self::Impact(_)
            | Self::Onboard(_)
            | Self::Opened(_)
            | Self::Described(_)
            | Self::Snapshot(_)
            | Self::Clients(_)
            | Self::Sessions(_)
            | Self::Policies(_)
            | Self::Projects(_)
            | Self::Journal(_)
            | Self::Settled(_)
            | Self::Platform { .. }
            | Self::Saved { .. }
            | Self::FileExists(_)
            | Self::Step { .. }
            | Self::Applied(_) => false,
        }
    }
}

/// Addresses of a project, one a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Addresses(pub Arc<str>);

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addresses({} bytes)", self.0.len())
    }
}

/// All members as they stood when somebody asked.
#[derive(Debug, Clone)]
pub struct Everybody(pub Arc<Directory>);

impl PartialEq for Everybody {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A sweep and what it was held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// What was found.
    pub sweep: Arc<Sweep>,
    /// What the members did not tell.
    pub around: Arc<Around>,
}

/// Some members with the users and names that came along.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MembersPage {
    /// The memberships.
    pub memberships: Vec<Membership>,
    /// The users that the caller may read.
    pub users: Vec<User>,
    /// Present names of profiles.
    pub names: Vec<(Reference, Text)>,
    /// How many members there are, when known.
    pub total: Option<u64>,
}

/// One member as read.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRead {
    /// The membership.
    pub membership: Membership,
    /// The user, when this role may read it.
    pub user: Option<User>,
    /// Present name of the profile.
    pub name: Option<Text>,
    /// Present login address as SCIM told it.
    pub email: Option<Text>,
}

/// A plan that stands on the platform now.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The journal entry.
    pub entry: EntryId,
    /// What was read back, per change.
    pub steps: Vec<StepRecord>,
}

/// A plan that was not applied, or not all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NotApplied {
    /// The journal entry, when it came that far.
    pub entry: Option<EntryId>,
    /// What happened, why, what to do next.
    pub failure: Failure,
    /// How far each change came.
    pub steps: Vec<StepRecord>,
    /// Somebody else changed the record in the meantime: as it stands now.
    pub stale: Option<Snapshot>,
}
