//! What can be wrong with the folders and the file of settings.

use std::path::PathBuf;

/// A file that cannot be used. Names the file, the line and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A mistake in the text.
    #[error(
        "{}: line {line}: {wrong}{} Nothing was changed; correct the line and start again.",
        file.display(),
        if wrong.ends_with('?') { "" } else { "." }
    )]
    Mistake {
        /// The file with the mistake.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what was expected, in one phrase.
        wrong: String,
    },
    /// A variable of the environment holds what cannot be used.
    #[error("{name} cannot be used: {wrong}{}", if wrong.ends_with('?') { "" } else { "." })]
    BadVariable {
        /// The variable.
        name: &'static str,
        /// What is wrong and what was expected, in one phrase.
        wrong: String,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {why}. Check the file's owner and mode.", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {why}. The old content is still there.", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The system names no home.
    #[error(
        "No home directory is known for this account, so there is no place for settings. \
         Set IDCONSOLE_CONFIG_DIR and IDCONSOLE_DATA_DIR."
    )]
    NoHome,
    /// A name that cannot be a connection's.
    #[error("`{0}` cannot be a connection's name: use 1 to 64 letters, digits, `-`, `_` or `.`.")]
    BadName(String),
    /// The name is taken.
    #[error("There is already a connection `{0}`. Choose another name or remove the old one first.")]
    NameTaken(String),
    /// Nothing has that name.
    #[error("There is no connection `{name}`. {known}")]
    NoSuchConnection {
        /// The name asked for.
        name: String,
        /// The names that exist, as a sentence.
        known: String,
    },
}
