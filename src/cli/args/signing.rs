//! The arguments of signing in: `login`, `connections`, `setup`.

use clap::{Args, Subcommand, ValueEnum};

use super::Write;

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
    /// Mark a connection as production or read-only, or take a mark away
    Mark {
        /// Its name
        name: String,
        /// What it is from now on
        #[arg(required = true, value_enum, value_name = "MARK")]
        marks: Vec<Mark>,
    },
    /// Forget a connection and its session on this machine
    Remove {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// A mark of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mark {
    /// Named on every screen, and asks once more before a write
    Production,
    /// No longer production
    NotProduction,
    /// Refuses every write
    ReadOnly,
    /// Takes writes
    Writable,
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
