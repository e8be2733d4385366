//! The arguments of `config`.

use clap::{Subcommand, ValueEnum};

/// `idconsole config …`.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Where everything is kept, and whether it is there
    Path,
    /// Every setting, what holds, and what made it so
    Show,
    /// Every mistake in config.toml, keys.toml and themes/, with its line and what was expected; exit 2 when there is one
    Check,
    /// The JSON schema of config.toml, for editors
    Schema,
    /// A file with everything that may be said in it, commented out; to be copied and changed
    Example {
        /// Of what
        #[arg(value_enum, default_value_t = Sample::Config)]
        of: Sample,
    },
}

/// A file that has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// `config.toml`
    Config,
    /// `keys.toml`
    Keys,
    /// A file in `themes/`
    Theme,
}
