//! What can be asked on the command line. No option takes a secret: secrets come from a prompt, the
//! environment or the secret store, because other users of the machine can read arguments (standards S2).

pub mod doctor;
mod people;

pub use people::{AddAccess, Invite, Kind, OfPolicy, Rescope, SetPassword, SetUserName, To};

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Second factors: who has one, who is asked for one, and resetting a lost one
    #[command(subcommand, arg_required_else_help = true)]
    Mfa(Mfa),
    /// Sessions: who is signed in, and ending one
    #[command(subcommand, arg_required_else_help = true)]
    Sessions(Sessions),
    /// Keep a person out everywhere you can: memberships, sessions, and a list of what is left
    Offboard(Offboard),
    /// What a member may do, asked of the platform on their behalf; reads only
    #[command(subcommand, arg_required_else_help = true)]
    Access(Access),
    /// Say exactly why a sign-in fails, and what would mend it; reads only
    #[command(subcommand, arg_required_else_help = true)]
    Doctor(doctor::Doctor),
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

/// How to sign in (design.md §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Opens your browser on this machine
    Browser,
    /// Sign in on your phone or another computer
    Device,
    /// Browser elsewhere, paste the address it ends on
    Paste,
    /// Email, password and code, here
    Direct,
    /// Client id and secret, for automation; the secret is asked for or read from `IDCONSOLE_CLIENT_SECRET`
    Client,
}

/// Where a session is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// The system's keyring
    Keyring,
    /// A file that only you can read
    File,
    /// Nowhere: forgotten when the program ends
    Memory,
}

/// `idconsole login`.
#[derive(Debug, Clone, Default, Args)]
pub struct Login {
    /// How to sign in; the connection's way when absent, else the browser
    #[arg(long, short = 'm', value_enum)]
    pub method: Option<Method>,
    /// Where the session is kept; the connection's choice when absent, else asked
    #[arg(long, short = 's', value_enum)]
    pub store: Option<Store>,
    /// The client application to sign in with
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Your email, for the direct way
    #[arg(long)]
    pub email: Option<String>,
    /// The project to sign in to, by name or id, where you have several
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Read the password from the first line of standard input, for the direct way
    #[arg(long)]
    pub password_stdin: bool,
    /// Only print the address; do not open a browser
    #[arg(long)]
    pub no_browser: bool,
}

/// `idconsole connections …`.
#[derive(Debug, Subcommand)]
pub enum Connections {
    /// Every saved connection
    List,
    /// Save a connection
    Add(AddConnection),
    /// Forget a connection and its session on this machine
    Remove {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `idconsole connections add`.
#[derive(Debug, Clone, Args)]
pub struct AddConnection {
    /// A name of your choice
    pub name: String,
    /// The client application to sign in with; the platform's command-line client when absent
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// How to sign in
    #[arg(long, short = 'm', value_enum, default_value = "browser")]
    pub method: Method,
    /// Where sessions are kept
    #[arg(long, short = 's', value_enum)]
    pub store: Option<Store>,
    /// Mark it as production: it is named on every screen and asks once more before a write
    #[arg(long)]
    pub production: bool,
    /// The platform's web app, where the console opens records, e.g. <https://app.clinic.example/>
    #[arg(long, value_name = "URL")]
    pub web_app: Option<String>,
    /// The identity provider to sign in at, its token then exchanged at the platform
    #[arg(long, value_name = "URL", requires = "idp_client_id")]
    pub idp_issuer: Option<String>,
    /// The client id at that identity provider
    #[arg(long, value_name = "ID", requires = "idp_issuer")]
    pub idp_client_id: Option<String>,
    /// Replace a connection that has this name
    #[arg(long)]
    pub replace: bool,
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

/// `idconsole setup`.
#[derive(Debug, Clone, Args)]
pub struct Setup {
    /// The client application's name
    #[arg(long, default_value = "idconsole")]
    pub name: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole members …`.
#[derive(Debug, Subcommand)]
pub enum Members {
    /// Every member of the project
    List(ListMembers),
    /// One member in full
    Show {
        /// Email, external id, name or reference
        person: String,
    },
    /// Let a member in again
    Activate(OfPerson),
    /// Keep a member out: sessions stop at once
    Deactivate(OfPerson),
    /// Make a member a project admin, with the policy that goes with it
    Promote(OfPerson),
    /// Take a member's admin rights away, with the policy that goes with them
    Demote(OfPerson),
    /// Every access policy of the project
    Policies,
    /// Give a member another access policy
    SetPolicy(OfPolicy),
    /// Take a member's access policy away
    ClearPolicy(OfPerson),
    /// Give a member a parameterised policy besides
    AddAccess(AddAccess),
    /// Take a parameterised policy away from a member
    RemoveAccess(OfPolicy),
    /// Set or change the SCIM user name of a member
    SetUserName(SetUserName),
    /// Take the SCIM user name of a member away
    ClearUserName(OfPerson),
    /// Take name and email in lists anew from the records that they are copies of
    RefreshNames(OfPerson),
    /// Invite somebody
    Invite(Invite),
    /// Mail the invitation once more, as a link to set a password
    ResendInvite(OfPerson),
    /// Remove a member for good
    Remove(OfPerson),
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

/// `idconsole links …`.
#[derive(Debug, Subcommand)]
pub enum Links {
    /// Every member: signs in by what, at which identity provider, and whether that can work
    List {
        /// Only members that match, as `/` in the console, e.g. link:external
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Whose external id is this? Exactly, then nearly
    Find {
        /// The subject at the identity provider
        external_id: String,
    },
    /// What is wrong with external ids; ends with code 8 when something is
    Findings {
        /// Also read the history of members who should have an id: was it erased?
        #[arg(long)]
        erased: bool,
    },
    /// Set or change the external id of a member
    Set {
        /// Email, external id, name or reference; never guessed when several match
        person: String,
        /// The subject at the identity provider, letter by letter
        external_id: String,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Take the external id of a member away
    Clear(OfPerson),
}

/// `idconsole mfa …`.
#[derive(Debug, Subcommand)]
pub enum Mfa {
    /// Every member: enrolled, required by whom, and what their next sign-in asks for
    Report {
        /// Only members who match, as `/` in the console, e.g. mfa:none
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Take a lost factor of somebody away, so that they can enrol again
    Reset {
        /// Email, external id, name or reference; never guessed when several match
        person: String,
        /// Which factor
        #[arg(long, value_enum, default_value = "totp")]
        factor: SecondFactor,
        /// How the identity of the person was checked, for the journal
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
        /// Email, external id, name or reference of each person
        #[arg(required_unless_present = "project", conflicts_with = "project")]
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

/// `idconsole sessions …`.
#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// Your own sessions of the last hour; as super admin everybody's
    List {
        /// Only those of this person: email, external id, name or reference
        person: Option<String>,
    },
    /// End sessions
    Revoke {
        /// Their ids, as `sessions list` shows them
        #[arg(required_unless_present = "of")]
        sessions: Vec<String>,
        /// Every session of this person; super admins, or your own
        #[arg(long, value_name = "PERSON", conflicts_with = "sessions")]
        of: Option<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}

/// `idconsole offboard`.
#[derive(Debug, Clone, Args)]
pub struct Offboard {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// Clear the external id too, so that somebody else can have it
    #[arg(long)]
    pub clear_external_id: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole access …`.
#[derive(Debug, Subcommand)]
pub enum Access {
    /// The effective policy of a member, as a table
    Show {
        /// Email, external id, name or reference; never guessed when several match
        person: String,
    },
    /// May they do this? Ends with code 8 when not
    May {
        /// Email, external id, name or reference; never guessed when several match
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

/// `idconsole members list`.
#[derive(Debug, Clone, Default, Args)]
pub struct ListMembers {
    /// Only members whose name, email or external id matches, as `/` in the console
    #[arg(long, short = 'f', value_name = "TEXT")]
    pub filter: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// `idconsole users …`.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// One user: account, memberships, how they sign in, what is wrong
    Show {
        /// Email, external id, name or reference
        person: String,
        /// End with code 8 when something is wrong
        #[arg(long)]
        check: bool,
    },
    /// Change the address somebody signs in with
    SetEmail(SetEmail),
    /// Mail somebody a link to set a password
    MailPassword(OfPerson),
    /// Set somebody's password; it is asked for, or read from standard input
    SetPassword(SetPassword),
    /// Make an account server-scoped, or project-scoped (super admins only)
    Rescope(Rescope),
}

/// `idconsole users set-email`.
#[derive(Debug, Clone, Args)]
pub struct SetEmail {
    /// Email, external id, name or reference; never guessed when several match
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

/// `idconsole journal …`.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// The latest changes; with --profile only those of that connection
    List {
        /// At most so many
        #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Only those whose plan, person, reason or addresses hold this
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// One entry with every step
    Show {
        /// Its number
        entry: i64,
    },
    /// Read back what became of an entry that was cut off
    Settle {
        /// Its number
        entry: i64,
    },
    /// Go on with what is left of an entry that was cut off or only partly done
    Resume {
        /// Its number
        entry: i64,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Take one entry back
    Undo {
        /// Its number
        entry: i64,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}

/// `idconsole demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct Demo {
    /// Only serve the embedded platform at this address, e.g. 127.0.0.1:8103, until it is ended
    #[arg(long, value_name = "ADDR")]
    pub serve: Option<SocketAddr>,
    /// How many members the clinic has
    #[arg(long, value_name = "N")]
    pub members: Option<usize>,
    /// Another clinic for another number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A platform setting, e.g. rateLimitsEnabled=true or mail=fail; deviceFlow=true adds the device sign-in (RFC 8628)
    /// that the real platform does not have, older=true takes away what came with later versions
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
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
                // The name of a file that holds one is none.
                if argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "FILE")) {
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
