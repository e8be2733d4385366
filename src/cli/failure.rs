//! What a command says when it cannot do what was asked: what happened, why, what to do next.

use std::fmt;
use std::io::{self, Write};

use crate::identity::Text;
use crate::journal::EntryId;

use super::exit::Exit;

/// An error as a person reads it, with the code a script reads.
///
/// The parts are safe for a terminal: platform text enters as [`Text`] and is formatted by its `Display`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, and why; one or more sentences.
    pub what: String,
    /// What to do next; empty when there is nothing.
    pub next: String,
    /// The platform's id of the request, for its operators.
    pub request_id: Option<Text>,
    /// The journal entry of a run that had begun.
    pub entry: Option<EntryId>,
}

impl Failure {
    /// A failure with no advice and no request.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), next: String::new(), request_id: None, entry: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// Malformed input.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Writes it to standard error: one paragraph, then the request id on a line of its own.
    pub fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        if self.what.is_empty() { Ok(()) } else { writeln!(err, "{self}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what.trim_end())?;
        if !self.next.is_empty() {
            let same_line = !self.what.contains('\n') && self.what.len() + self.next.len() < 100;
            f.write_str(if same_line { " " } else { "\n" })?;
            f.write_str(&self.next)?;
        }
        if let Some(id) = self.request_id.as_ref().filter(|id| !self.what.contains(id.raw())) {
            write!(f, "\nRequest {id}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // A reader that has had enough (`| head`) is no error.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "");
        }
        Self::new(Exit::Local, format!("Could not read or write: {error}."))
    }
}
