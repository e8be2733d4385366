//! Arguments about domain routes.

mod impact;
mod onboard;
mod request;
mod route;
mod test;

use clap::Subcommand;

pub use impact::{EffectName, Impact};
pub use onboard::{Onboard, Run};
pub use request::{ApplyRequest, ExportRequest, Request};
pub use route::{AddRoute, By, EditRoute, ProviderFields, UserInfoMode};
pub use test::{AuthMethod, Provider, RouteSecret, TestRoute};

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
    /// What a route does to the people of its domain, before it is added, changed or removed; reads only. Ends with
    /// code 8 when somebody would not get in any more, with 9 when that cannot be told
    Impact(Impact),
    /// Test a route at its live identity provider, saved or not: exit 0 it works, 8 a check failed, 9 it cannot be told
    Test(Box<TestRoute>),
    /// Bring a partner's domain onto its own identity provider, step by step: how far it is, and what comes next. What is
    /// answered is kept in the data directory; secrets never are
    Onboard(Box<Onboard>),
    /// A route that a project admin asks a super admin for, as a file
    #[command(subcommand, arg_required_else_help = true)]
    Request(Request),
}
