//! The arguments of `idconsole journal`.

use clap::Subcommand;

use super::Write;

/// `idconsole journal …`.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// The latest changes; with --profile only those of that connection
    List {
        /// At most so many
        #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Only those whose plan, person, reason or addresses hold this
        #[arg(long, short = 'f', value_name = "TEXT")]
        filter: Option<String>,
    },
    /// One entry with every step
    Show {
        /// Its number
        entry: i64,
    },
    /// Read back what became of an entry that was cut off
    Settle {
        /// Its number
        entry: i64,
    },
    /// Go on with what is left of an entry that was cut off or only partly done
    Resume {
        /// Its number
        entry: i64,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
    /// Take one entry back, or some rows of a run of many
    Undo {
        /// Its number
        entry: i64,
        /// Only these rows: lines of the CSV file, e.g. 3,7-12; without a file the numbers of its changes
        #[arg(long, value_name = "ROWS")]
        rows: Option<String>,
        /// How it is done
        #[command(flatten)]
        write: Write,
    },
}
