//! What can be asked on the command line. No option takes a secret: secrets come from a prompt, the
//! environment or the secret store, because other users of the machine can read arguments (standards S2).

mod access;
pub mod bulk;
mod clients;
mod config;
mod demo;
pub mod doctor;
pub mod domains;
pub mod flow;
mod journal;
mod links;
mod members;
mod mfa;
mod policies;
mod sessions;
mod signing;
mod snapshot;
pub mod token;
mod tool;
mod users;

pub use access::{Access, Interaction};
pub use clients::{
    Addresses, Clients, CreateClient, OfAddresses, OfClient, Pkce, Provider, SetProvider, Status,
};
pub use config::{Config, Sample};
pub use demo::Demo;
pub use journal::Journal;
pub use links::Links;
pub use members::{AddAccess, Invite, Kind, ListMembers, Members, OfPolicy, SetUserName};
pub use mfa::{Mfa, SecondFactor};
pub use policies::Policies;
pub use sessions::{Offboard, Sessions};
pub use signing::{AddConnection, Connections, EditConnection, Login, Method, Setup, Store};
pub use snapshot::{Diff, Export};
pub use tool::{ApplyPlan, Completions, Man, Schema};
pub use users::{Rescope, SetEmail, SetPassword, To, Users, Way};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::complete;
use super::exit::Exit;
use super::fields::Chosen;
use super::output::Format;

/// Identity administration in the terminal for Medplum platforms.
///
/// Without a command it opens the console on the connection that is meant, or on the sign-in screen.
#[derive(Debug, Parser)]
#[command(
    name = "idconsole",
    version,
    after_long_help = Exit::help(),
    disable_help_subcommand = true,
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

/// The heading over [`Shared`].
const EVERYWHERE: &str = "Everywhere";

/// Options of every command.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Default, Args)]
pub struct Shared {
    /// The saved connection to use
    ///
    /// Else `IDCONSOLE_PROFILE`, else the default of the settings, else the only one.
    #[arg(
        long,
        short = 'p',
        global = true,
        visible_alias = "connection",
        value_name = "NAME",
        help_heading = EVERYWHERE,
        add = complete::connections()
    )]
    pub profile: Option<String>,
    /// The platform's address, when no saved connection fits; else `IDCONSOLE_BASE_URL`
    #[arg(long, global = true, value_name = "URL", help_heading = EVERYWHERE, hide_short_help = true)]
    pub base_url: Option<String>,
    /// How results are written
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Format::Table,
        value_name = "table|json|csv",
        hide_possible_values = true,
        help_heading = EVERYWHERE
    )]
    pub format: Format,
    /// Which columns or JSON fields, in this order, like name,email
    #[arg(long, global = true, value_name = "NAMES", help_heading = EVERYWHERE)]
    pub fields: Option<Chosen>,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub no_input: bool,
    /// Refuse every write: what is planned is shown, then refused
    #[arg(long, global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub read_only: bool,
    /// Results, questions and errors only, no remarks
    #[arg(long, short = 'q', global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub quiet: bool,
    /// Tell on standard error what is asked of the platform; no token, no body and no searched value is in it
    #[arg(long, short = 'v', global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub verbose: bool,
    /// Trust these certificate authorities as well (a PEM file)
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE, hide_short_help = true)]
    pub extra_ca: Option<PathBuf>,
    /// The console's colours: terminal, dark, light, high-contrast, mono, or a file of your own
    #[arg(long, global = true, value_name = "NAME", help_heading = EVERYWHERE, hide_short_help = true)]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub ascii: bool,
    /// Instead of the console, questions and answers line by line, for screen readers; else `IDCONSOLE_PLAIN`
    #[arg(long, global = true, help_heading = EVERYWHERE, hide_short_help = true)]
    pub plain: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and keep the session
    Login(Login),
    /// End the session, on the platform and here
    Logout,
    /// Who is signed in, where, until when, and where that is kept
    Whoami,
    /// Saved connections: a platform and a way to sign in
    #[command(subcommand, arg_required_else_help = true)]
    Connections(Connections),
    /// Register the project's own client, so that sessions renew
    Setup(Setup),
    /// The tenant at a glance, and what needs attention
    Overview,
    /// Members of the project
    #[command(subcommand, arg_required_else_help = true)]
    Members(Members),
    /// Access policies of the project
    #[command(subcommand, arg_required_else_help = true)]
    Policies(Policies),
    /// The accounts that people sign in with
    #[command(subcommand, arg_required_else_help = true)]
    Users(Users),
    /// External ids, by which a sign-in finds its member
    #[command(subcommand, arg_required_else_help = true)]
    Links(Links),
    /// Many changes from a CSV file: check, run, export, result
    #[command(subcommand, arg_required_else_help = true)]
    Bulk(bulk::Bulk),
    /// Domain routes: which identity provider a mail domain goes to
    #[command(subcommand, arg_required_else_help = true)]
    Domains(domains::Domains),
    /// Second factors: who has one, who needs one, resetting a lost one
    #[command(subcommand, arg_required_else_help = true)]
    Mfa(Mfa),
    /// Client applications: addresses, secrets, lifetimes, status
    #[command(subcommand, arg_required_else_help = true)]
    Clients(Clients),
    /// Sessions: who is signed in, and ending one
    #[command(subcommand, arg_required_else_help = true)]
    Sessions(Sessions),
    /// Keep people out everywhere you can, and say what is left
    Offboard(Offboard),
    /// What a member may do, asked on their behalf; reads only
    #[command(subcommand, arg_required_else_help = true)]
    Access(Access),
    /// Say exactly why a sign-in fails, and mend it
    #[command(subcommand, arg_required_else_help = true)]
    Doctor(doctor::Doctor),
    /// What tokens say, whether they are valid, why they are refused
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::Token),
    /// The flow lab: try a sign-in for real; writes nothing
    #[command(subcommand, arg_required_else_help = true)]
    Flow(flow::Flow),
    /// Write a project's identity configuration to files
    Export(Export),
    /// What is different between two exports, or to the platform now
    Diff(Diff),
    /// Every change made with idconsole on this machine
    #[command(subcommand, arg_required_else_help = true)]
    Journal(Journal),
    /// Run a plan that --dry-run has kept, if all is still as it was
    ///
    /// The plan is made anew by the command that stands in the file, and compared: what is not the same to the letter is
    /// refused, and so is a file that was changed or that is for another platform or project. It asks as the command does,
    /// also for a secret, which no file holds.
    Apply(ApplyPlan),
    /// The console on an embedded platform, or that platform alone
    Demo(Demo),
    /// Settings, keys and themes: what holds, and what is wrong
    #[command(subcommand, arg_required_else_help = true)]
    Config(Config),
    /// Guides, task by task: what to do, and what to know before
    Guide {
        /// Which; all are listed without one
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Print completions for a shell
    ///
    /// Commands, options and their values are completed, names of connections, and addresses of members. These come from a
    /// file that only you can read, which the last reading of all members (`members list`) leaves behind; it is gone after
    /// `logout`. Nobody is asked while you type.
    Completions(Completions),
    /// Print a manual page, or write all of them into a folder
    Man(Man),
    /// Print the shape of a command's JSON, as a JSON schema
    ///
    /// What it says is a promise: no field of it goes away or becomes of another type.
    Schema(Schema),
}

/// The heading over [`Write`].
const WRITING: &str = "How it is done";

/// What every write asks for.
#[derive(Debug, Clone, Default, Args)]
pub struct Write {
    /// Show the plan and stop; as JSON it can be kept, and run by `idconsole apply`
    #[arg(long, help_heading = WRITING)]
    pub dry_run: bool,
    /// Apply without asking
    #[arg(long, short = 'y', help_heading = WRITING)]
    pub yes: bool,
    /// Why, for the journal
    #[arg(long, short = 'r', value_name = "TEXT", help_heading = WRITING)]
    pub reason: Option<String>,
    /// What a plan that cannot be taken back lightly wants typed, e.g. the address
    #[arg(long, value_name = "TEXT", help_heading = WRITING)]
    pub confirm: Option<String>,
}

impl Write {
    /// As it is typed.
    pub fn words(&self) -> Vec<String> {
        let Self { dry_run, yes, reason, confirm } = self;
        let flags = [(*dry_run, "--dry-run"), (*yes, "--yes")];
        let flags = flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned());
        let texts = [("reason", reason), ("confirm", confirm)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some(format!("--{name}={}", text.as_ref()?)));
        flags.chain(texts).collect()
    }
}

/// A write about people, each a row of one plan.
#[derive(Debug, Clone, Args)]
pub struct OfPeople {
    /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "PERSON", add = complete::people())]
    pub people: Vec<String>,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// A write about one person.
#[derive(Debug, Clone, Args)]
pub struct OfPerson {
    /// Email, external id, name or reference; never guessed when several match
    #[arg(add = complete::people())]
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
