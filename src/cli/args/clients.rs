//! The arguments of `idconsole clients`.

use clap::{Args, Subcommand, ValueEnum};

use super::{Write, domains};

/// `idconsole clients …`.
#[derive(Debug, Subcommand)]
pub enum Clients {
    /// Every client application that you see: kind, status, identity provider, token lifetimes, membership
    List {
        /// Only those with this text in name, id, project, redirect address or identity provider
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Everything about one client: addresses, identity provider, ages of its secrets, what is wrong
    Show {
        /// Name or id; never guessed when several match
        client: String,
        /// End with code 8 when something is wrong
        #[arg(long)]
        check: bool,
    },
    /// Make a client: public with PKCE, or confidential with a secret and a membership
    Create(CreateClient),
    /// Give a client another name
    Rename {
        /// Name or id
        client: String,
        /// The new name
        name: String,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Say what a client is for; without a text nothing is said any more
    Describe {
        /// Name or id
        client: String,
        /// For administrators
        text: Option<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Addresses that sign-ins may end on, compared letter by letter
    #[command(subcommand, arg_required_else_help = true)]
    Redirects(Addresses),
    /// Origins of web pages that may call the platform from a browser
    #[command(subcommand, arg_required_else_help = true)]
    Origins(Addresses),
    /// The identity provider bound to a client
    #[command(subcommand, arg_required_else_help = true)]
    Provider(Provider),
    /// Whether sign-ins may do without PKCE
    #[command(name = "set-pkce", alias = "pkce")]
    Pkce {
        /// Name or id
        client: String,
        /// Required is the safe one
        #[arg(value_enum)]
        value: Pkce,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Let a client sign in by itself, or not; browser sign-ins through it go on either way
    #[command(name = "set-status", alias = "status")]
    Status {
        /// Name or id
        client: String,
        /// What it becomes
        #[arg(value_enum)]
        value: Status,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// How long tokens live that are given out from now on, like 15m or 2w
    #[command(name = "set-lifetimes", alias = "lifetimes")]
    Lifetimes {
        /// Name or id
        client: String,
        /// Of access tokens; `default` is an hour
        #[arg(long, value_name = "TIME", required_unless_present = "refresh")]
        access: Option<String>,
        /// Of refresh tokens; `default` is two weeks
        #[arg(long, value_name = "TIME")]
        refresh: Option<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Make a new secret; the present one retires and still works at the token endpoint
    Rotate(OfClient),
    /// End the retiring secret
    Retire(OfClient),
    /// Show the present secret once; it is kept nowhere
    #[command(name = "show-secret", alias = "secret")]
    Secret {
        /// Name or id
        client: String,
        /// Yes, on this terminal or into this pipe
        #[arg(long)]
        show: bool,
    },
    /// Delete a client with its membership
    Delete(OfClient),
}

/// What becomes of a client's identity provider.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Bind one, or change the one that is bound; what is not named stays as it is
    Set(Box<SetProvider>),
    /// Set everything that says by what people are recognised, so that browser and exchange agree
    Align {
        /// Name or id
        client: String,
        /// By what people are recognised
        #[arg(long, value_enum)]
        by: domains::By,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Take it away; it is put back with its secret by `journal undo`
    Remove(OfClient),
}

/// `clients provider set`
#[derive(Debug, Clone, Args)]
pub struct SetProvider {
    /// Name or id
    pub client: String,
    /// The identity provider
    #[command(flatten)]
    pub provider: domains::ProviderFields,
    /// By what people are recognised
    #[arg(long, value_enum)]
    pub by: Option<domains::By>,
    /// Replace the client secret: it is asked for, or read from `IDCONSOLE_IDP_SECRET`
    #[arg(long)]
    pub new_secret: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// A write about one client.
#[derive(Debug, Clone, Args)]
pub struct OfClient {
    /// Name or id; never guessed when several match
    pub client: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// What becomes of a list of addresses.
#[derive(Debug, Subcommand)]
pub enum Addresses {
    /// Add addresses
    Add(OfAddresses),
    /// Remove addresses, and say which sign-ins break
    Remove(OfAddresses),
    /// Have exactly these addresses; none given takes all away
    Set {
        /// Name or id
        client: String,
        /// Each letter counts
        #[arg(value_name = "URI")]
        addresses: Vec<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}

/// A client and addresses.
#[derive(Debug, Clone, Args)]
pub struct OfAddresses {
    /// Name or id
    pub client: String,
    /// Each letter counts
    #[arg(required = true, value_name = "URI")]
    pub addresses: Vec<String>,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `clients create`
#[derive(Debug, Clone, Args)]
pub struct CreateClient {
    /// What people see on the sign-in page
    pub name: String,
    /// With a secret, which the platform makes up, and a membership: it can sign in by itself
    #[arg(long)]
    pub confidential: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// An address that sign-ins may end on; may be given several times
    #[arg(long = "redirect", value_name = "URI")]
    pub redirects: Vec<String>,
    /// What it may do by itself: an access policy by name or id
    #[arg(long, value_name = "POLICY", requires = "confidential")]
    pub policy: Option<String>,
    /// The project's id; super admins only
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// Whether PKCE is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pkce {
    /// Every sign-in needs it
    Required,
    /// A sign-in may do without
    Optional,
}

/// The two states that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// It may sign in by itself
    Active,
    /// It may not
    Off,
}
