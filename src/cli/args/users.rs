//! The arguments of `idconsole users`.

use clap::{Args, Subcommand, ValueEnum};

use super::{OfPeople, Write};
use crate::cli::complete;

/// `idconsole users …`.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// One user: account, memberships, how they sign in, what is wrong
    Show {
        /// Email, external id, name or reference
        #[arg(add = complete::people())]
        person: String,
        /// End with code 8 when something is wrong
        #[arg(long)]
        check: bool,
    },
    /// Change the address somebody signs in with
    SetEmail(SetEmail),
    /// Mail people a link to set a password
    MailPassword(OfPeople),
    /// Set somebody's password; it is asked for, or read from standard input
    SetPassword(SetPassword),
    /// Make an account server-scoped, or project-scoped (super admins only)
    Rescope(Rescope),
}

/// `idconsole users set-email`.
#[derive(Debug, Clone, Args)]
pub struct SetEmail {
    /// Email, external id, name or reference; never guessed when several match
    #[arg(add = complete::people())]
    pub person: String,
    /// The new address
    pub new_email: String,
    /// How to change it; the recommended way when absent
    #[arg(long, value_enum)]
    pub way: Option<Way>,
    /// Also change the work email in the profile
    #[arg(long)]
    pub update_telecom: bool,
    /// Send no verification mail
    #[arg(long)]
    pub no_mail: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// The ways to change an address (platform-api §7, §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// The platform's own operation; project-scoped users, or any as super admin
    UpdateEmail,
    /// By the platform's SCIM interface: changes the sign-in in every project, sends no mail
    Scim,
    /// Invite the new address onto the same profile and deactivate the old membership
    Reinvite,
    /// Only write the text that asks a super admin to do it
    Request,
}

/// `idconsole users set-password`.
#[derive(Debug, Clone, Args)]
pub struct SetPassword {
    /// Email, external id, name or reference; never guessed when several match
    #[arg(add = complete::people())]
    pub person: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole users rescope`.
#[derive(Debug, Clone, Args)]
pub struct Rescope {
    /// Email, external id, name or reference; never guessed when several match
    #[arg(add = complete::people())]
    pub person: String,
    /// Where the account exists then
    #[arg(long, value_enum)]
    pub to: To,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// Where an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// Everywhere: one account that can be invited into several projects
    Server,
    /// In one project only
    Project,
}
