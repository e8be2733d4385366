//! The arguments of `idconsole mfa`.

use clap::{Subcommand, ValueEnum};

use super::Write;
use crate::cli::complete;

/// `idconsole mfa …`.
#[derive(Debug, Subcommand)]
pub enum Mfa {
    /// Every member: enrolled, required by whom, and what their next sign-in asks for
    Report {
        /// Only members who match, as `/` in the console, e.g. mfa:none
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Take a lost factor of people away, so that they can enrol again
    Reset {
        /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
        #[arg(required = true, value_name = "PERSON", add = complete::people())]
        people: Vec<String>,
        /// Which factor
        #[arg(long, value_enum, default_value = "totp")]
        factor: SecondFactor,
        /// How the identity of each person was checked, for the journal
        #[arg(long, value_name = "TEXT")]
        checked: String,
        /// End their sessions too; super admins only
        #[arg(long)]
        end_sessions: bool,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Require a second factor of people or of the whole project
    Require {
        /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
        #[arg(value_name = "PERSON", required_unless_present = "project", conflicts_with = "project", add = complete::people())]
        people: Vec<String>,
        /// Of everybody in the project you are signed in to
        #[arg(long)]
        project: bool,
        /// Require it no longer
        #[arg(long)]
        off: bool,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Your own second factor: what you have, what is allowed, whether one is required of you and why
    #[command(name = "show-own", alias = "own")]
    Own,
    /// Have a code mailed to yourself, to enrol codes by mail or to disable a factor with
    MailCode,
    /// Enrol a second factor of your own: scan the QR code or have a code mailed, type the code
    Enrol {
        /// Which factor
        #[arg(long, value_enum, default_value = "totp")]
        method: SecondFactor,
        /// Show the key as text too, for an app that cannot scan
        #[arg(long)]
        show_key: bool,
        /// Read the code from standard input: the key is in the app already, or `mfa mail-code` has mailed it
        #[arg(long, conflicts_with = "show_key")]
        code_stdin: bool,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Disable a second factor of your own, with a code
    Disable {
        /// Which factor; all of them where none is named
        #[arg(long, value_enum)]
        factor: Option<SecondFactor>,
        /// Read the code from standard input
        #[arg(long)]
        code_stdin: bool,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}

impl From<SecondFactor> for crate::identity::Factor {
    fn from(factor: SecondFactor) -> Self {
        match factor {
            SecondFactor::Totp => Self::Totp,
            SecondFactor::Email => Self::Email,
        }
    }
}

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SecondFactor {
    /// Authenticator app
    Totp,
    /// Code by mail
    Email,
}
