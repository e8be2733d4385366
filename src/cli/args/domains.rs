//! Arguments about domain routes.

mod impact;

use clap::Subcommand;

pub use impact::{EffectName, Impact};

/// `idconsole domains …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Domains {
    /// What a route does to the people of its domain, before it is added, changed or removed; reads only. Ends with
    /// code 8 when somebody would not get in any more, with 9 when that cannot be told
    Impact(Impact),
}
