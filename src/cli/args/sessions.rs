//! The arguments of `idconsole sessions` and `idconsole offboard`.

use clap::{Args, Subcommand};

use super::Write;
use crate::cli::complete;

/// `idconsole sessions …`.
#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// Your own sessions of the last hour; as super admin everybody's
    List {
        /// Only those of this person: email, external id, name or reference
        #[arg(add = complete::people())]
        person: Option<String>,
    },
    /// End sessions
    Revoke {
        /// Their ids, as `sessions list` shows them; `-` reads them from standard input, one a line
        #[arg(required_unless_present = "of")]
        sessions: Vec<String>,
        /// Every session of this person, or of several by naming it again; super admins, or your own
        #[arg(long, value_name = "PERSON", conflicts_with = "sessions", add = complete::people())]
        of: Vec<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}

/// `idconsole offboard`.
#[derive(Debug, Clone, Args)]
pub struct Offboard {
    /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "PERSON", add = complete::people())]
    pub people: Vec<String>,
    /// Clear the external ids too, so that somebody else can have it
    #[arg(long)]
    pub clear_external_id: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}
