//! Screens: one sub-model each, all alive at once, one of them shown.

pub mod clients;
pub mod doctor;
pub mod domains;
pub mod findings;
pub mod flow_lab;
pub mod journal;
pub mod linkage;
pub mod members;
pub mod mfa;
pub mod onboarding;
pub mod overview;
pub mod person;
pub mod record;
pub mod sessions;
pub mod sign_in;
pub mod snapshots;
pub mod tokens;

use super::action::Action;
use super::model::{Ctx, Model};

/// Where one can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Choosing a connection and signing in.
    SignIn,
    /// The three decisions, what needs attention, what this role can do.
    Overview,
    /// The members of the project, and a member's record.
    Members,
    /// External ids: what is wrong with them, and whose one is.
    Linkage,
    /// Domain routes, or what can be observed of them.
    Domains,
    /// Partners that are being brought onto their own identity providers; no tab, reached from the domains.
    Onboarding,
    /// Second factors.
    Mfa,
    /// What tokens say, and why they are refused.
    Tokens,
    /// Who is signed in.
    Sessions,
    /// Client applications; no tab, reached from the others.
    Clients,
    /// Why a sign-in fails.
    Doctor,
    /// Every rule over every member; no tab, reached from the others.
    Findings,
    /// A sign-in tried step by step; no tab, reached from the others.
    FlowLab,
    /// What is different between two exports; no tab, reached from the others.
    Snapshots,
    /// Every change made with this console.
    Journal,
}

impl Place {
    /// Every place.
    pub const ALL: &[Self] = &[
        Self::SignIn,
        Self::Overview,
        Self::Members,
        Self::Linkage,
        Self::Domains,
        Self::Onboarding,
        Self::Mfa,
        Self::Tokens,
        Self::Sessions,
        Self::Clients,
        Self::Doctor,
        Self::Findings,
        Self::FlowLab,
        Self::Snapshots,
        Self::Journal,
    ];

    /// The tabs, in order.
    pub const TABS: &[Self] = &[
        Self::Overview,
        Self::Members,
        Self::Linkage,
        Self::Domains,
        Self::Mfa,
        Self::Tokens,
        Self::Sessions,
        Self::Doctor,
        Self::Journal,
    ];

    /// What goes there; its first key is the number on the tab (design.md §5).
    pub const fn action(self) -> Action {
        match self {
            Self::SignIn => Action::GoSignIn,
            Self::Overview => Action::GoOverview,
            Self::Members => Action::GoMembers,
            Self::Linkage => Action::GoLinkage,
            Self::Domains => Action::GoDomains,
            Self::Onboarding => Action::GoOnboarding,
            Self::Mfa => Action::GoMfa,
            Self::Tokens => Action::GoTokens,
            Self::Sessions => Action::GoSessions,
            Self::Clients => Action::GoClients,
            Self::Doctor => Action::GoDoctor,
            Self::Findings => Action::GoFindings,
            Self::FlowLab => Action::GoFlowLab,
            Self::Snapshots => Action::GoSnapshots,
            Self::Journal => Action::GoJournal,
        }
    }

    /// The place that an action goes to without anything more.
    pub fn reached_by(action: Action) -> Option<Self> {
        Self::TABS
            .iter()
            .chain(&[Self::Findings, Self::Clients, Self::FlowLab, Self::Snapshots, Self::Onboarding])
            .copied()
            .find(|place| place.action() == action)
    }

    /// The name on the tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::Overview => "Overview",
            Self::Members => "Members",
            Self::Linkage => "Linkage",
            Self::Domains => "Domains",
            Self::Onboarding => "Partners",
            Self::Mfa => "MFA",
            Self::Tokens => "Tokens",
            Self::Sessions => "Sessions",
            Self::Clients => "Clients",
            Self::Doctor => "Doctor",
            Self::Findings => "Findings",
            Self::FlowLab => "Flow lab",
            Self::Snapshots => "Snapshots",
            Self::Journal => "Journal",
        }
    }
}

/// Every screen.
#[derive(Debug, Default)]
pub struct Screens {
    /// Sign in.
    pub sign_in: sign_in::SignIn,
    /// Overview.
    pub overview: overview::Overview,
    /// Members.
    pub members: members::Members,
    /// Linkage.
    pub linkage: linkage::Linkage,
    /// Domains.
    pub domains: domains::DomainsScreen,
    /// Partners being brought on.
    pub onboarding: onboarding::Onboarding,
    /// MFA.
    pub mfa: mfa::Mfa,
    /// Tokens.
    pub tokens: tokens::Tokens,
    /// Sessions.
    pub sessions: sessions::Sessions,
    /// Client applications.
    pub clients: clients::Clients,
    /// Doctor.
    pub doctor: doctor::Doctor,
    /// Findings.
    pub findings: findings::Findings,
    /// Flow lab.
    pub flow_lab: flow_lab::FlowLab,
    /// Snapshots.
    pub snapshots: snapshots::Snapshots,
    /// Journal.
    pub journal: journal::Journal,
}

impl Screens {
    /// The one place where a screen is routed to.
    pub fn get(&self, place: Place) -> &dyn Model {
        match place {
            Place::SignIn => &self.sign_in,
            Place::Overview => &self.overview,
            Place::Members => &self.members,
            Place::Linkage => &self.linkage,
            Place::Domains => &self.domains,
            Place::Onboarding => &self.onboarding,
            Place::Mfa => &self.mfa,
            Place::Tokens => &self.tokens,
            Place::Sessions => &self.sessions,
            Place::Clients => &self.clients,
            Place::Doctor => &self.doctor,
            Place::Findings => &self.findings,
            Place::FlowLab => &self.flow_lab,
            Place::Snapshots => &self.snapshots,
            Place::Journal => &self.journal,
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, place: Place) -> &mut dyn Model {
        match place {
            Place::SignIn => &mut self.sign_in,
            Place::Overview => &mut self.overview,
            Place::Members => &mut self.members,
            Place::Linkage => &mut self.linkage,
            Place::Domains => &mut self.domains,
            Place::Onboarding => &mut self.onboarding,
            Place::Mfa => &mut self.mfa,
            Place::Tokens => &mut self.tokens,
            Place::Sessions => &mut self.sessions,
            Place::Clients => &mut self.clients,
            Place::Doctor => &mut self.doctor,
            Place::Findings => &mut self.findings,
            Place::FlowLab => &mut self.flow_lab,
            Place::Snapshots => &mut self.snapshots,
            Place::Journal => &mut self.journal,
        }
    }

    /// Hands on what the members screen knows to a screen that shows the same people in another light; members are
    /// loaded once, for all of them.
    pub fn share_people(&mut self, place: Place, ctx: &mut Ctx) {
        if place == Place::Mfa {
            self.members.entered(ctx);
            self.mfa.look(&mut self.members, ctx);
        }
        if place == Place::Domains {
            self.members.entered(ctx);
            self.domains.look(&self.members, ctx);
        }
        if place == Place::Findings {
            self.members.entered(ctx);
            self.findings.look(&mut self.members, ctx);
        }
    }

    /// Forgets what the platform told: another person or project signs in.
    pub fn forget(&mut self) {
        self.overview = overview::Overview::default();
        self.members = members::Members::default();
        self.linkage = linkage::Linkage::default();
        self.domains = domains::DomainsScreen::default();
        self.onboarding = onboarding::Onboarding::default();
        self.mfa = mfa::Mfa::default();
        self.tokens.forget_all();
        self.sessions = sessions::Sessions::default();
        self.clients = clients::Clients::default();
        self.doctor = doctor::Doctor::default();
        self.findings = findings::Findings::default();
        self.flow_lab = flow_lab::FlowLab::default();
        self.snapshots = snapshots::Snapshots::default();
        self.journal = journal::Journal::default();
    }
}
