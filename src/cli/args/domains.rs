//! Arguments about domain routes.

mod route;

use clap::Subcommand;

pub use route::{AddRoute, By, EditRoute, Provider, SecretBy, UserInfoMode};

use super::Write;

/// `idconsole domains …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Domains {
    /// Every domain route with its identity provider, state and members; what can be observed, for project admins
    List {
        /// End with code 8 when something is wrong with one
        #[arg(long)]
        check: bool,
    },
    /// One domain: where it goes, how it stands, what mends it, who is of it
    Show {
        /// The domain, the name of a client application, or a reference
        domain: String,
        /// End with code 8 when something is wrong with it
        #[arg(long)]
        check: bool,
    },
    /// Add a domain route; the client secret is asked for, or read from `IDCONSOLE_IDP_SECRET` or a file
    Add(Box<AddRoute>),
    /// Change the identity provider of a domain route or a client application
    Edit(Box<EditRoute>),
    /// Remove a domain route; `journal undo` brings it back, its client secret too
    Remove {
        /// The domain, or a reference
        domain: String,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Write another domain into a route
    Rename {
        /// The domain, or a reference
        domain: String,
        /// The new one; by default the one that is meant, as the platform looks for it
        new_domain: Option<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}
