//! Arguments about domain routes.

mod impact;
mod onboard;
mod test;

use clap::Subcommand;

pub use impact::{EffectName, Impact};
pub use onboard::{Onboard, Run};
pub use test::{AuthMethod, Provider, RouteSecret, TestRoute};

/// `idconsole domains …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Domains {
    /// What a route does to the people of its domain, before it is added, changed or removed; reads only. Ends with
    /// code 8 when somebody would not get in any more, with 9 when that cannot be told
    Impact(Impact),
    /// Bring a partner's domain onto its own identity provider, step by step: how far it is, and what comes next. What is
    /// answered is kept in the data directory; secrets never are
    Onboard(Onboard),
    /// Test a route at its live identity provider, saved or not: exit 0 it works, 8 a check failed, 9 it cannot be told
    Test(Box<TestRoute>),
}
