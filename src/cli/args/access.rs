//! The arguments of `idconsole access`.

use clap::{Subcommand, ValueEnum};

use crate::cli::complete;

/// `idconsole access …`.
#[derive(Debug, Subcommand)]
pub enum Access {
    /// The effective policy of a member, as a table
    Show {
        /// Email, external id, name or reference; never guessed when several match
        #[arg(add = complete::people())]
        person: String,
    },
    /// May they do this? Ends with code 8 when not
    May {
        /// Email, external id, name or reference; never guessed when several match
        #[arg(add = complete::people())]
        person: String,
        /// What
        #[arg(value_enum)]
        action: Interaction,
        /// The type, e.g. Patient, or the record, e.g. Patient/123
        #[arg(value_name = "TYPE[/ID]")]
        target: String,
    },
}

/// What can be done to records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Interaction {
    /// One record
    Read,
    /// Many
    Search,
    /// A new one
    Create,
    /// Another version
    Update,
    /// Gone
    Delete,
}

impl From<Interaction> for crate::identity::access::Interaction {
    fn from(one: Interaction) -> Self {
        match one {
            Interaction::Read => Self::Read,
            Interaction::Search => Self::Search,
            Interaction::Create => Self::Create,
            Interaction::Update => Self::Update,
            Interaction::Delete => Self::Delete,
        }
    }
}
