//! Arguments of the sign-in doctor.

use clap::{Args, Subcommand, ValueEnum};

use super::Write;
use crate::cli::complete;

/// `idconsole doctor …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Doctor {
    /// Follow one sign-in step by step
    ///
    /// Ends with code 0 when it works, 8 when it fails, 9 when it cannot be told. Reads only.
    Login(Box<DoctorLogin>),
    /// Examine every way by which somebody would come, and what would mend those that fail
    ///
    /// Ends with code 0 when all of them work, 8 when one fails, 9 when it cannot be told. Reads only.
    Examine(Box<Examine>),
    /// Mend a sign-in by one of the fixes that `doctor examine` numbers
    Mend(Box<MendSignIn>),
    /// Hold every rule against every member; ends with code 8 when something is wrong
    Sweep {
        /// Only this rule, e.g. cannot-sign-in; several times for several
        #[arg(long = "rule", value_name = "RULE")]
        rules: Vec<String>,
        /// Only how many there are of each
        #[arg(long)]
        count: bool,
    },
    /// Mend what the sweep finds by one rule; shows a plan first
    Fix(DoctorFix),
}

/// Whose sign-in is examined, and what is known of it.
#[derive(Debug, Clone, Default, Args)]
pub struct Examine {
    /// Email, external id, name or reference; an address that nobody has is looked into as well
    #[arg(add = complete::people())]
    pub person: String,
    /// Only this flow
    #[arg(long, value_enum)]
    pub flow: Option<FlowName>,
    /// Only through this client application
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The identity provider's `email`, where it is another than what is typed
    #[arg(long, value_name = "ADDRESS")]
    pub claim_email: Option<String>,
    /// The identity provider's `sub`, where it is another than the stored external id
    #[arg(long, value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// Show the steps of every way, not only of those that fail
    #[arg(long)]
    pub steps: bool,
}

/// `idconsole doctor mend`.
#[derive(Debug, Clone, Args)]
pub struct MendSignIn {
    /// Whose sign-in
    #[command(flatten)]
    pub examine: Examine,
    /// Which fix, by the number that `doctor examine` gives it
    #[arg(long, value_name = "NUMBER")]
    pub fix: usize,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole doctor fix`.
#[derive(Debug, Clone, Args)]
pub struct DoctorFix {
    /// The rule, e.g. mixed-case-address
    #[arg(long, value_name = "RULE")]
    pub rule: String,
    /// Whose: email, external id, name or reference, User/… for an account without a membership; `-` reads them
    /// from standard input, one a line
    #[arg(value_name = "PERSON", required_unless_present = "all", conflicts_with = "all", add = complete::people())]
    pub people: Vec<String>,
    /// Everybody of whom it is found
    #[arg(long)]
    pub all: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// Which of the platform's procedures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlowName {
    /// The browser, at an external identity provider
    Browser,
    /// An identity provider's token swapped for the platform's
    Exchange,
    /// The same at the older endpoint, /auth/exchange
    LegacyExchange,
    /// Email and password
    Password,
    /// Google's own button
    Google,
    /// An identity provider's token used as it is
    Bearer,
}

/// What the app sends for PKCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PkceName {
    /// A challenge and its method, or neither
    Proper,
    /// A challenge without a method, or with one that the platform does not know
    NoMethod,
    /// A method without a challenge
    NoChallenge,
}

/// `idconsole doctor login`.
#[derive(Debug, Clone, Args)]
pub struct DoctorLogin {
    /// Which way is signed in
    #[arg(long, value_enum)]
    pub flow: FlowName,
    /// What the person types; unless --claim-email says otherwise, the identity provider says the same
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The domain as it was typed, when it is not the one of the address
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The identity provider's `email`
    #[arg(long, value_name = "ADDRESS")]
    pub claim_email: Option<String>,
    /// The identity provider's `sub`
    #[arg(long, value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// A file with an ID token (`-`: standard input): its claims count instead of --claim-email and --subject
    #[arg(long, value_name = "FILE", conflicts_with_all = ["claim_email", "subject"])]
    pub id_token: Option<String>,
    /// The client application that is signed in to; without it a browser sign-in is routed by the address
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The project that the page names
    #[arg(long, value_name = "ID")]
    pub project_id: Option<String>,
    /// The membership that an exchange asks for, or that is chosen when the page asks
    #[arg(long, value_name = "ID")]
    pub membership_id: Option<String>,
    /// Where the app wants the browser sent back to, compared with the client's addresses
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Option<String>,
    /// What the app sends for PKCE
    #[arg(long, value_enum, default_value = "proper")]
    pub pkce: PkceName,
    /// The internet address that the platform sees, for rules about addresses
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Whom it should let in: email, external id, name or reference
    #[arg(long, value_name = "PERSON", add = complete::people())]
    pub person: Option<String>,
}
