//! The arguments of `export` and `diff`.

use std::path::PathBuf;

use clap::Args;

/// `idconsole export`.
///
/// The folder is new, empty, or holds an export of the same project, which is replaced once everything was read. It
/// holds a file for each kind of records, sorted by id, without versions and times, so that two exports can be compared
/// by any tool; manifest.json says where it comes from, when, and what could not be seen. No secret is in it, but the
/// addresses of people are: only you can read it.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// The folder to write
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Name or id of the project; your own when absent, to be given as super admin
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
}

/// `idconsole diff`.
///
/// Ends with 0 when nothing differs, 8 when something does, 9 when nothing does in what can be compared but something is
/// unknown on one side. What is unknown is never told as removed.
#[derive(Debug, Clone, Args)]
pub struct Diff {
    /// The folder of an export
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The folder of a later export of the same project
    #[arg(value_name = "AFTER", required_unless_present = "live", conflicts_with = "live")]
    pub after: Option<PathBuf>,
    /// Compare with the platform as it is now
    #[arg(long)]
    pub live: bool,
}
