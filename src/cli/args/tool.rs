//! The arguments of what is about this program itself, and of kept plans.

use std::path::PathBuf;

use clap::Args;

use super::Write;

/// `idconsole apply`.
#[derive(Debug, Clone, Args)]
pub struct ApplyPlan {
    /// The plan, as a command with --dry-run --format json printed it; `-` is standard input
    #[arg(value_name = "PLAN.json")]
    pub file: PathBuf,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole completions`.
#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `idconsole man`.
#[derive(Debug, Clone, Args)]
pub struct Man {
    /// Write a page for every command into this folder
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `idconsole schema`.
#[derive(Debug, Clone, Args)]
pub struct Schema {
    /// The command, like `members list`; without one, those that have a shape are listed
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}
