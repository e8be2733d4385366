//! A mistake in a file that a person wrote: file, line, what was found and what was expected.

use crate::identity::text::shown;

/// `themes/mine.toml:3: …`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct Mistake {
    /// The file, as the person knows it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and what was expected.
    pub what: String,
}

impl Mistake {
    /// At a byte of the content.
    pub fn at(file: &str, content: &str, byte: usize, what: impl Into<String>) -> Self {
        let before = content.get(..byte).unwrap_or(content);
        Self { file: file.to_owned(), line: before.matches('\n').count() + 1, what: what.into() }
    }

    /// What the TOML reader says, with its line.
    pub fn of_toml(file: &str, content: &str, error: &toml::de::Error) -> Self {
        Self::at(
            file,
            content,
            error.span().map_or(0, |span| span.start),
            shown(&error.message().trim().replace('\n', "; ")),
        )
    }
}
