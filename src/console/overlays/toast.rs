//! Toasts: a sentence on the status line, in passing.

use jiff::{SignedDuration, Timestamp};
use ratatui::text::{Line, Span};

use crate::console::model::View;
use crate::console::theme::Role;

/// How long a toast stays.
pub const STAYS: SignedDuration = SignedDuration::from_secs(4);

/// How it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something succeeded.
    Ok,
    /// News.
    Info,
    /// Something could not be done.
    Warn,
    /// Something failed; stays until it is dismissed.
    Error,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub tone: Tone,
    /// Safe to show.
    pub words: String,
    /// When it came.
    pub at: Timestamp,
    /// Stays until it is dismissed.
    pub stays: bool,
}

impl Toast {
    /// Something succeeded.
    pub fn ok(words: impl Into<String>, at: Timestamp) -> Self {
        Self { tone: Tone::Ok, words: words.into(), at, stays: false }
    }

    /// News.
    pub fn info(words: impl Into<String>, at: Timestamp) -> Self {
        Self { tone: Tone::Info, words: words.into(), at, stays: false }
    }

    /// Something could not be done.
    pub fn warn(words: impl Into<String>, at: Timestamp) -> Self {
        Self { tone: Tone::Warn, words: words.into(), at, stays: false }
    }

    /// Something failed.
    pub fn error(words: impl Into<String>, at: Timestamp) -> Self {
        Self { tone: Tone::Error, words: words.into(), at, stays: true }
    }

    /// The same, staying until it is dismissed.
    #[must_use]
    pub fn that_stays(self) -> Self {
        Self { stays: true, ..self }
    }

    /// When it leaves by itself.
    pub fn leaves_at(&self) -> Option<Timestamp> {
        (!self.stays).then(|| self.at.checked_add(STAYS).ok()).flatten()
    }

    /// Glyph and words.
    pub fn line(&self, view: &View<'_>) -> Line<'static> {
        let (glyph, role) = match self.tone {
            Tone::Ok => (view.glyphs.ok, Role::Ok),
            Tone::Info => (view.glyphs.dot, Role::Info),
            Tone::Warn => (view.glyphs.warning, Role::Warn),
            Tone::Error => (view.glyphs.failed, Role::Danger),
        };
        Line::from(vec![
            Span::styled(format!("{glyph} "), view.style(role)),
            Span::styled(self.words.clone(), view.style(Role::Text)),
        ])
    }
}
