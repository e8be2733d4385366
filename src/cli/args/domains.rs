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
pub use route::{AddRoute, By, EditRoute, ProviderFields, UserInfoMode, yes_no};
pub use test::{AuthMethod, Provider, RouteSecret, TestRoute};

use super::Write;

/// `idconsole domains …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Domains {
    /// Every domain route with its provider, state and members; for project admins what can be observed
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
    /// Add a domain route; its secret is asked for, or read from a file or the environment
    ///
    /// The variable is `IDCONSOLE_IDP_SECRET`.
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
    /// Mend what is wrong with a route, where no decision is needed
    ///
    /// Its domain is written as sign-ins look for it, a second route of one domain is removed, or people are recognised by
    /// email in every flow.
    Fix {
        /// The domain, the name of a client application, or a reference
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
    /// Whom a route meets, before it is added, changed or removed; reads only
    ///
    /// Ends with code 8 when somebody would not get in any more, with 9 when that cannot be told.
    Impact(Impact),
    /// Test a route at its live identity provider, saved or not; reads only
    ///
    /// Ends with code 0 when it works, 8 when a check failed, 9 when it cannot be told.
    Test(Box<TestRoute>),
    /// Bring a partner's domain onto its own identity provider, step by step
    ///
    /// Tells how far it is, and what comes next. What is answered is kept in the data directory; secrets never are.
    Onboard(Box<Onboard>),
    /// A route that a project admin asks a super admin for, as a file
    #[command(subcommand, arg_required_else_help = true)]
    Request(Request),
}
