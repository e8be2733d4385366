//! Lines of the table in the making.

use super::super::text::shown;
use super::super::trace::Exchange;
use super::{Check, CheckId, Outcome};

/// Longest piece of a stranger's text in a sentence, in characters.
const LONGEST: usize = 160;

fn made(id: CheckId, outcome: Outcome, said: String, next: &str) -> Check {
    Check { id, outcome, said, next: next.to_owned(), exchanges: Vec::new() }
}

pub(super) fn passed(id: CheckId, said: impl Into<String>) -> Check {
    made(id, Outcome::Passed, said.into(), "")
}

pub(super) fn warned(id: CheckId, said: impl Into<String>, next: &str) -> Check {
    made(id, Outcome::Warning, said.into(), next)
}

pub(super) fn failed(id: CheckId, said: impl Into<String>, next: &str) -> Check {
    made(id, Outcome::Failed, said.into(), next)
}

pub(super) fn unknown(id: CheckId, said: impl Into<String>) -> Check {
    made(id, Outcome::Unknown, said.into(), "")
}

impl Check {
    /// With what was sent and received for it.
    #[must_use]
    pub(super) fn with<'a>(mut self, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Self {
        self.exchanges = exchanges.into_iter().cloned().collect();
        self
    }

    /// With what to do about it.
    #[must_use]
    pub(super) fn then(mut self, next: &str) -> Self {
        next.clone_into(&mut self.next);
        self
    }
}

/// A stranger's text in a sentence: visible, and not too long.
pub(super) fn quoted(raw: &str) -> String {
    let raw = raw.trim();
    let mut kept: String = raw.chars().take(LONGEST).collect();
    if raw.chars().nth(LONGEST).is_some() {
        kept.push('…');
    }
    shown(&kept).into_owned()
}

/// Some of their names in a sentence: `a, b and 3 more`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let first: Vec<String> = names.iter().take(6).map(|name| quoted(name.as_ref())).collect();
    match names.len() - first.len() {
        0 if first.is_empty() => "nothing".to_owned(),
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
