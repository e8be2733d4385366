//! Arguments of the flow lab.

use clap::{Args, Subcommand};

/// `idconsole flow …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Flow {
    /// Sign in at an identity provider with a configuration, saved or not, and see what the platform would make of it
    Idp(FlowIdp),
    /// Sign in through the platform as an app does: its seven steps as they happen
    ThreeLegged(FlowThreeLegged),
    /// Swap a token of the identity provider for one of the platform; both side by side
    Exchange(FlowExchange),
    /// Sign in by a code on another device, poll by poll; at the identity provider where the platform offers none
    Device(FlowDevice),
}

/// What all of them take.
#[derive(Debug, Clone, Default, Args)]
pub struct Lab {
    /// Show every request and answer in the table too; JSON always has them
    #[arg(long)]
    pub wire: bool,
    /// Print the address and open no browser
    #[arg(long)]
    pub no_browser: bool,
    /// What is asked for on the way is read from standard input, one a line
    #[arg(long)]
    pub answers_stdin: bool,
}

/// `idconsole flow idp`.
#[derive(Debug, Clone, Args)]
pub struct FlowIdp {
    /// The saved route of this domain; super admins only
    #[arg(long, value_name = "DOMAIN", conflicts_with_all = ["client_id", "draft"])]
    pub domain: Option<String>,
    /// The identity provider of this client application
    #[arg(long, value_name = "ID", conflicts_with = "draft")]
    pub client_id: Option<String>,
    /// A route that is not saved, as JSON (`-`: standard input); its secret is asked for, or in `IDCONSOLE_IDP_SECRET`
    #[arg(long, value_name = "FILE", required_unless_present_any = ["domain", "client_id"])]
    pub draft: Option<String>,
    /// What the identity provider calls itself; found by itself where the addresses tell
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Whom its page should expect
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Answer on this machine instead of by paste; `http://127.0.0.1:9615/callback` must be registered there
    #[arg(long, conflicts_with = "device")]
    pub loopback: bool,
    /// By a code on another device
    #[arg(long)]
    pub device: bool,
    /// How it is done.
    #[command(flatten)]
    pub lab: Lab,
}

/// `idconsole flow three-legged`.
#[derive(Debug, Clone, Args)]
pub struct FlowThreeLegged {
    /// The client application; else the connection's
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The address to return to; else the client's own
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Option<String>,
    /// Who signs in, as typed on the page; without it the platform's own page asks
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The project that the page names
    #[arg(long, value_name = "ID")]
    pub project_id: Option<String>,
    /// Scopes, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Through the platform's own sign-in page
    #[arg(long)]
    pub by_page: bool,
    /// Nothing listens on this machine; paste the address on which the browser ends, or what its page says
    #[arg(long)]
    pub paste: bool,
    /// How it is done.
    #[command(flatten)]
    pub lab: Lab,
}

/// `idconsole flow exchange`.
#[derive(Debug, Clone, Args)]
pub struct FlowExchange {
    /// The client application with the identity provider on it; else the connection's
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// A file with the identity provider's access token (`-`: standard input); without it a device sign-in brings one
    #[arg(long, value_name = "FILE")]
    pub token: Option<String>,
    /// Where a device sign-in brings the token from.
    #[command(flatten)]
    pub idp: AtIdp,
    /// The membership wanted; without it the platform takes the first
    #[arg(long, value_name = "ID")]
    pub membership_id: Option<String>,
    /// Scopes, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// How it is done.
    #[command(flatten)]
    pub lab: Lab,
}

/// `idconsole flow device`.
#[derive(Debug, Clone, Args)]
pub struct FlowDevice {
    /// The client application; else the connection's
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Where, when the platform offers none.
    #[command(flatten)]
    pub idp: AtIdp,
    /// Scopes, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// How it is done.
    #[command(flatten)]
    pub lab: Lab,
}

/// A client at an identity provider; else the connection's `idp`.
#[derive(Debug, Clone, Default, Args)]
pub struct AtIdp {
    /// What the identity provider calls itself
    #[arg(long, value_name = "URL", requires = "idp_client_id")]
    pub issuer: Option<String>,
    /// The client there, which may use the device sign-in
    #[arg(long, value_name = "ID", requires = "issuer")]
    pub idp_client_id: Option<String>,
    /// Scopes asked of it
    #[arg(long, value_name = "SCOPES", default_value = "openid profile email")]
    pub idp_scope: String,
}
