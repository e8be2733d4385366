//! The arguments of `idconsole links`.

use clap::Subcommand;

use super::{OfPeople, Write};
use crate::cli::complete;

/// `idconsole links …`.
#[derive(Debug, Subcommand)]
pub enum Links {
    /// Every member: signs in by what, at which identity provider, and whether that can work
    List {
        /// Only members that match, as `/` in the console, e.g. link:external
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Whose external id is this? Exactly, then nearly; else who had it once
    Find {
        /// The subject at the identity provider
        external_id: String,
        /// At most so many histories are read to find who had it once, members without an id first
        #[arg(long, value_name = "N", default_value_t = 200)]
        histories: usize,
    },
    /// What is wrong with external ids; ends with code 8 when something is
    #[command(name = "check", alias = "findings")]
    Findings {
        /// Also read the history of members who should have an id: was it erased?
        #[arg(long)]
        erased: bool,
    },
    /// Set or change the external id of a member
    Set {
        /// Email, external id, name or reference; never guessed when several match
        #[arg(add = complete::people())]
        person: String,
        /// The subject at the identity provider, letter by letter
        external_id: String,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Take the external ids of members away
    Clear(OfPeople),
    /// Put external ids back that were erased, as the history of each member tells
    Restore(OfPeople),
}
