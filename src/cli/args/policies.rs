//! The arguments of `idconsole policies`.

use clap::Subcommand;

/// `idconsole policies …`.
#[derive(Debug, Subcommand)]
pub enum Policies {
    /// Every access policy of the project, by the names that `members set-policy` takes
    List,
}
