//! What can be asked on the command line. No option takes a secret: secrets come from a prompt, the
//! environment or the secret store, because other users of the machine can read arguments (standards S2).

mod access;
pub mod bulk;
mod clients;
mod demo;
pub mod doctor;
pub mod domains;
pub mod flow;
mod journal;
mod links;
mod members;
mod mfa;
mod sessions;
mod signing;
pub mod token;
mod users;

pub use access::{Access, Interaction};
pub use clients::{
    Addresses, Clients, CreateClient, OfAddresses, OfClient, Pkce, Provider, SetProvider, Status,
};
pub use demo::Demo;
pub use journal::Journal;
pub use links::Links;
pub use members::{AddAccess, Invite, Kind, ListMembers, Members, OfPolicy, SetUserName};
pub use mfa::{Mfa, SecondFactor};
pub use sessions::{Offboard, Sessions};
pub use signing::{AddConnection, Connections, Login, Method, Setup, Store};
pub use users::{Rescope, SetEmail, SetPassword, To, Users, Way};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::exit::Exit;
use super::output::Format;

/// Identity administration in the terminal for Medplum platforms.
///
/// Without a command it opens the console on the last connection, or on the sign-in screen.
#[derive(Debug, Parser)]
#[command(
    name = "idconsole",
    version,
    after_help = "idconsole demo opens the console on an embedded platform, signed in, with nothing to set up.",
    after_long_help = Exit::help(),
    disable_help_subcommand = true,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// What applies to every command.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do; the console when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Shared {
    /// The saved connection to use; else `IDCONSOLE_PROFILE`
    #[arg(long, short = 'p', global = true, visible_alias = "connection", value_name = "NAME")]
    pub profile: Option<String>,
    /// The platform's address, when no saved connection fits; else `IDCONSOLE_BASE_URL`
    #[arg(long, global = true, value_name = "URL")]
    pub base_url: Option<String>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Refuse every write
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Trust these certificate authorities as well (a PEM file)
    #[arg(long, global = true, value_name = "FILE")]
    pub extra_ca: Option<PathBuf>,
    /// The console's colours: default, dark, light, high-contrast, mono, or a file of your own
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    pub ascii: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and keep the session
    Login(Login),
    /// End the session, on the platform and here
    Logout,
    /// Who is signed in, where, how, until when, and where the session is kept
    Whoami,
    /// Saved connections: a platform and a way to sign in
    #[command(subcommand, arg_required_else_help = true)]
    Connections(Connections),
    /// Register the project's own client, so that the browser sign-in can refresh its session
    Setup(Setup),
    /// The tenant at a glance: identifiers, where credentials live, token flows, what needs attention
    Overview,
    /// Members of the project
    #[command(subcommand, arg_required_else_help = true)]
    Members(Members),
    /// The accounts that people sign in with
    #[command(subcommand, arg_required_else_help = true)]
    Users(Users),
    /// External ids: what links an identity provider's subject to a member
    #[command(subcommand, arg_required_else_help = true)]
    Links(Links),
    /// Many changes from a CSV file: check, run, export, result
    #[command(subcommand, arg_required_else_help = true)]
    Bulk(bulk::Bulk),
    /// Domain routes: which identity provider the people of a mail domain go to
    #[command(subcommand, arg_required_else_help = true)]
    Domains(domains::Domains),
    /// Second factors: who has one, who is asked for one, and resetting a lost one
    #[command(subcommand, arg_required_else_help = true)]
    Mfa(Mfa),
    /// Client applications: redirect addresses, secrets, token lifetimes, status
    #[command(subcommand, arg_required_else_help = true)]
    Clients(Clients),
    /// Sessions: who is signed in, and ending one
    #[command(subcommand, arg_required_else_help = true)]
    Sessions(Sessions),
    /// Keep people out everywhere you can: memberships, sessions, and a list of what is left
    Offboard(Offboard),
    /// What a member may do, asked of the platform on their behalf; reads only
    #[command(subcommand, arg_required_else_help = true)]
    Access(Access),
    /// Say exactly why a sign-in fails, and what would mend it; reads only
    #[command(subcommand, arg_required_else_help = true)]
    Doctor(doctor::Doctor),
    /// Tokens: what they say, whether they are valid, why they are refused, how two differ
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::Token),
    /// The flow lab: try a sign-in for real, step by step, with every request and answer; writes nothing
    #[command(subcommand, arg_required_else_help = true)]
    Flow(flow::Flow),
    /// Every change made with idconsole on this machine
    #[command(subcommand, arg_required_else_help = true)]
    Journal(Journal),
    /// The console on an embedded platform, signed in; or that platform alone
    Demo(Demo),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What every write asks for.
#[derive(Debug, Clone, Default, Args)]
pub struct Write {
    /// Show the plan and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Apply without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Why, for the journal
    #[arg(long, short = 'r', value_name = "TEXT")]
    pub reason: Option<String>,
    /// What a plan that cannot be taken back lightly wants typed, e.g. the address
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
}

/// A write about people, each a row of one plan.
#[derive(Debug, Clone, Args)]
pub struct OfPeople {
    /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "PERSON")]
    pub people: Vec<String>,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// A write about one person.
#[derive(Debug, Clone, Args)]
pub struct OfPerson {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    // S2: other users of the machine can read arguments.
    #[test]
    fn no_option_takes_a_secret() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
                let name = argument.get_id().as_str();
                // The name of a file is none, nor is an address.
                let harmless = |name: &clap::builder::Str| *name == "FILE" || *name == "URL";
                if argument.get_value_names().is_some_and(|names| names.iter().any(harmless)) {
                    continue;
                }
                for secret in ["password", "secret", "token", "code"] {
                    assert!(!name.contains(secret), "{} takes {name}", command.get_name());
                }
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Arguments::command());
    }
}
