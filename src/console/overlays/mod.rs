//! Overlays: dialogs and lists that lie above a screen. The topmost one gets the input.

pub mod access;
pub mod ask;
pub mod columns;
pub mod confirm;
pub mod connection_form;
pub mod email_form;
pub mod error;
pub mod export;
pub mod help;
pub mod impact;
pub mod import;
pub mod leaving;
pub mod onboard;
pub mod opened;
pub mod own_factor;
pub mod palette;
pub mod plan;
pub mod reveal;
pub mod route_test;
pub mod snapshot;
pub mod toast;

use super::model::Model;

/// Everything that can lie above a screen.
#[derive(Debug)]
pub enum Overlay {
    /// The keys of this screen.
    Help(help::Help),
    /// Any action by name.
    Palette(Box<palette::Palette>),
    /// A failure with its reason and next step.
    Error(error::ErrorDialog),
    /// Typing a new address and choosing a way.
    EmailForm(Box<email_form::EmailForm>),
    /// What is needed to do something.
    Ask(Box<ask::Ask>),
    /// The columns of a list.
    Columns(Box<columns::ColumnsDialog>),
    /// Where to write the rows of a list.
    Export(Box<export::ExportDialog>),
    /// What a member may do.
    Access(Box<access::AccessView>),
    /// The signed-in person's own second factor.
    OwnFactor(Box<own_factor::OwnFactorView>),
    /// A code to enrol or disable it.
    OwnCode(Box<own_factor::code::CodeForm>),
    /// The test of a domain route.
    RouteTest(Box<route_test::RouteTest>),
    /// Whom a route meets.
    Impact(Box<impact::ImpactView>),
    /// What a step of the onboarding assistant asks for.
    Onboard(Box<onboard::OnboardForm>),
    /// Somebody's request for a route, beside what was found now.
    Opened(Box<opened::OpenedRequest>),
    /// Many changes from a CSV file.
    Import(Box<import::ImportView>),
    /// Which folder an export goes to, or which are compared.
    Snapshot(Box<snapshot::SnapshotForm>),
    /// A plan before, while and after it is applied.
    Plan(Box<plan::PlanDialog>),
    /// A client's secret, shown once.
    Reveal(Box<reveal::Reveal>),
    /// A question with one yes.
    Confirm(confirm::ConfirmDialog),
    /// Adding or editing a connection.
    ConnectionForm(Box<connection_form::ConnectionForm>),
    /// Leaving while a write is under way.
    Leaving(leaving::Leaving),
}

impl Overlay {
    /// The one place where an overlay is routed to.
    pub fn model(&self) -> &dyn Model {
        match self {
            Self::Help(model) => model,
            Self::Palette(model) => model.as_ref(),
            Self::Error(model) => model,
            Self::EmailForm(model) => &**model,
            Self::Ask(model) => &**model,
            Self::Columns(model) => &**model,
            Self::Export(model) => &**model,
            Self::Access(model) => &**model,
            Self::OwnFactor(model) => &**model,
            Self::OwnCode(model) => &**model,
            Self::RouteTest(model) => &**model,
            Self::Impact(model) => &**model,
            Self::Onboard(model) => &**model,
            Self::Opened(model) => &**model,
            Self::Import(model) => &**model,
            Self::Snapshot(model) => &**model,
            Self::Plan(model) => &**model,
            Self::Reveal(model) => &**model,
            Self::Confirm(model) => model,
            Self::ConnectionForm(model) => model.as_ref(),
            Self::Leaving(model) => model,
        }
    }

    /// The same, to be changed.
    pub fn model_mut(&mut self) -> &mut dyn Model {
        match self {
            Self::Help(model) => model,
            Self::Palette(model) => model.as_mut(),
            Self::Error(model) => model,
            Self::EmailForm(model) => &mut **model,
            Self::Ask(model) => &mut **model,
            Self::Columns(model) => &mut **model,
            Self::Export(model) => &mut **model,
            Self::Access(model) => &mut **model,
            Self::OwnFactor(model) => &mut **model,
            Self::OwnCode(model) => &mut **model,
            Self::RouteTest(model) => &mut **model,
            Self::Impact(model) => &mut **model,
            Self::Onboard(model) => &mut **model,
            Self::Opened(model) => &mut **model,
            Self::Import(model) => &mut **model,
            Self::Snapshot(model) => &mut **model,
            Self::Plan(model) => &mut **model,
            Self::Reveal(model) => &mut **model,
            Self::Confirm(model) => model,
            Self::ConnectionForm(model) => model.as_mut(),
            Self::Leaving(model) => model,
        }
    }
}
