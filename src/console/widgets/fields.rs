//! Facts under each other: a dim label, then its value. The content of every detail pane.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::shorten::wrap;
use crate::console::model::View;
use crate::console::theme::Role;

/// Labels take at least so many columns, so that short sections line up with each other.
const LABEL: usize = 11;

/// Columns of a point's sign.
const POINT: usize = 2;

/// One piece of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it says; safe to show.
    pub words: String,
    /// In which role.
    pub role: Role,
}

/// A list of facts being put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    Heading(String),
    Field { label: String, value: Vec<Piece> },
    Words { words: String, role: Role },
    Point { glyph: &'static str, role: Role, words: String },
    Under { words: String },
    Gap,
}

impl Fields {
    /// No facts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A heading over the facts that follow.
    pub fn heading(&mut self, words: impl Into<String>) -> &mut Self {
        if !self.rows.is_empty() {
            self.gap();
        }
        self.rows.push(Row::Heading(words.into()));
        self
    }

    /// A blank line.
    pub fn gap(&mut self) -> &mut Self {
        self.rows.push(Row::Gap);
        self
    }

    /// A fact.
    pub fn add(&mut self, label: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.say(label, vec![(value.into(), Role::Text)])
    }

    /// A fact that only supports, or that is not known.
    pub fn dim(&mut self, label: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.say(label, vec![(value.into(), Role::Muted)])
    }

    /// A fact in pieces.
    pub fn say(&mut self, label: impl Into<String>, value: Vec<(String, Role)>) -> &mut Self {
        let value = value.into_iter().map(|(words, role)| Piece { words, role }).collect();
        self.rows.push(Row::Field { label: label.into(), value });
        self
    }

    /// A sentence over the whole width.
    pub fn words(&mut self, words: impl Into<String>, role: Role) -> &mut Self {
        self.rows.push(Row::Words { words: words.into(), role });
        self
    }

    /// A sign and what it stands for.
    pub fn point(&mut self, glyph: &'static str, role: Role, words: impl Into<String>) -> &mut Self {
        self.rows.push(Row::Point { glyph, role, words: words.into() });
        self
    }

    /// What supports the point above.
    pub fn under(&mut self, words: impl Into<String>) -> &mut Self {
        self.rows.push(Row::Under { words: words.into() });
        self
    }

    /// Lines of at most `width` columns; values that do not fit go on below themselves.
    pub fn lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut label_width = self.label_width(0, width);
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            match row {
                Row::Gap => lines.push(Line::default()),
                Row::Heading(words) => {
                    lines.push(Line::styled(words.clone(), view.style(Role::Title)));
                    label_width = self.label_width(at + 1, width);
                }
                Row::Words { words, role } => {
                    lines.extend(
                        wrap(words, width).into_iter().map(|line| Line::styled(line, view.style(*role))),
                    );
                }
                Row::Point { glyph, role, words } => {
                    let mut front = Span::styled(pad(glyph, POINT), view.style(*role));
                    for part in wrap(words, width.saturating_sub(POINT)) {
                        lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Text))]));
                        front = Span::raw(" ".repeat(POINT));
                    }
                }
                Row::Under { words } => {
                    for part in wrap(words, width.saturating_sub(POINT * 2)) {
                        let part = format!("{}{part}", " ".repeat(POINT * 2));
                        lines.push(Line::styled(part, view.style(Role::Muted)));
                    }
                }
                Row::Field { label, value } => {
                    let label = super::shorten::shorten(
                        label,
                        label_width - 1,
                        super::shorten::Cut::End,
                        view.glyphs.ellipsis,
                    );
                    let mut start = vec![Span::styled(pad(&label, label_width), view.style(Role::Muted))];
                    let room = width.saturating_sub(label_width).max(1);
                    for line in flow(value, room, |role| view.style(role)) {
                        let mut spans = std::mem::take(&mut start);
                        spans.extend(line);
                        lines.push(Line::from(spans));
                        start.push(Span::raw(" ".repeat(label_width)));
                    }
                }
            }
        }
        lines
    }
}

impl Fields {
    /// The values under one heading stand in one column.
    fn label_width(&self, from: usize, width: usize) -> usize {
        let section = self.rows[from..].iter().take_while(|row| !matches!(row, Row::Heading(_)));
        let widest = section.map(|row| match row {
            Row::Field { label, .. } => label.width(),
            Row::Heading(_) | Row::Words { .. } | Row::Point { .. } | Row::Under { .. } | Row::Gap => 0,
        });
        (widest.max().unwrap_or(0).max(LABEL) + 2).min(width / 2).max(1)
    }
}

/// `text` with blanks up to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Breaks pieces into lines of at most `room` columns, each word keeping its style.
fn flow(pieces: &[Piece], room: usize, style: impl Fn(Role) -> Style) -> Vec<Vec<Span<'static>>> {
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for piece in pieces {
        for (i, word) in piece.words.split(' ').enumerate() {
            let mut word = word.to_owned();
            if i > 0 {
                word.insert(0, ' ');
            }
            if used > 0 && used + word.width() > room {
                lines.push(Vec::new());
                used = 0;
                word = word.trim_start().to_owned();
            }
            for (n, part) in wrap(&word, room).into_iter().enumerate() {
                // `wrap` drops the leading blank of a word that stands alone; it is only needed within a line.
                let part = if n == 0 && word.starts_with(' ') && !part.starts_with(' ') {
                    format!(" {part}")
                } else {
                    part
                };
                if n > 0 {
                    lines.push(Vec::new());
                    used = 0;
                }
                used += part.width();
                if let (Some(line), false) = (lines.last_mut(), part.is_empty()) {
                    line.push(Span::styled(part, style(piece.role)));
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flowed(pieces: &[(&str, Role)], room: usize) -> Vec<String> {
        let pieces: Vec<Piece> =
            pieces.iter().map(|(words, role)| Piece { words: (*words).to_owned(), role: *role }).collect();
        flow(&pieces, room, |_| Style::new())
            .into_iter()
            .map(|line| line.iter().map(|span| span.content.as_ref()).collect())
            .collect()
    }

    #[test]
    fn a_long_value_goes_on_below_itself() {
        assert_eq!(
            flowed(&[("jane@clinic.example", Role::Text), (" read by SCIM", Role::Muted)], 24),
            ["jane@clinic.example read", "by SCIM"]
        );
        assert_eq!(flowed(&[("abcdefghij", Role::Text)], 4), ["abcd", "efgh", "ij"]);
        assert_eq!(flowed(&[], 4), [""]);
    }
}
