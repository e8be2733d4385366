//! The arguments of `idconsole bulk`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Write;

/// `idconsole bulk …`.
#[derive(Debug, Subcommand)]
pub enum Bulk {
    /// What a CSV file comes to, row by row; sends nothing, and ends with code 8 when a row is unclear
    Check(Sheet),
    /// Do what a CSV file says: shown first, journaled, paced, stopped by Ctrl-C, gone on with by `journal resume`
    Run(RunSheet),
    /// Members as a CSV file that comes back in: unedited it changes nothing
    Export(ExportSheet),
    /// What became of every row of a run, out of the journal
    Result {
        /// Its number in the journal
        entry: i64,
        /// Into a new file instead, as CSV
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// The columns that a CSV file may have
    Columns,
}

impl Bulk {
    /// Needs nobody signed in.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Columns | Self::Result { .. })
    }
}

/// A file with rows.
#[derive(Debug, Clone, Args)]
pub struct Sheet {
    /// The CSV file, with a header (`bulk columns` says which); `-` reads standard input
    pub file: PathBuf,
    /// How it is written, where it is not Unicode
    #[arg(long, value_enum, default_value = "unicode")]
    pub encoding: Written,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Written {
    /// UTF-8, or UTF-16 with a byte order mark
    Unicode,
    /// Windows-1252; Latin-1 reads the same
    #[value(name = "windows-1252", alias = "latin1", alias = "latin-1")]
    Windows1252,
}

/// `idconsole bulk run`.
#[derive(Debug, Clone, Args)]
pub struct RunSheet {
    /// The file
    #[command(flatten)]
    pub sheet: Sheet,
    /// Do the others where rows are unclear
    #[arg(long)]
    pub leave_out_unclear: bool,
    /// Write one verdict a row into this new file, as CSV
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole bulk export`.
#[derive(Debug, Clone, Args)]
pub struct ExportSheet {
    /// Only members that match, as `/` in the console
    #[arg(long, short = 'f', value_name = "TEXT")]
    pub filter: Option<String>,
    /// Into a new file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}
