//! Lines being put together, some of which can be selected.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::veil::Veil;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::wrap;

/// Columns of the bar before a line that can be selected.
pub(super) const BAR: usize = 2;

/// Lines, and where each selectable one begins and ends.
pub(super) struct Listing<'a, 'b> {
    pub lines: Vec<Line<'static>>,
    pub spots: Vec<(usize, usize)>,
    pub width: usize,
    pub view: &'a View<'b>,
    pub veil: &'a Veil<'a>,
    /// The selected one, and whether it has the keys.
    pub at: usize,
    pub keys: bool,
}

impl<'a, 'b> Listing<'a, 'b> {
    pub fn new(width: usize, view: &'a View<'b>, veil: &'a Veil<'a>) -> Self {
        Self { lines: Vec::new(), spots: Vec::new(), width, view, veil, at: 0, keys: false }
    }

    #[must_use]
    pub fn selecting(self, at: usize, keys: bool) -> Self {
        Self { at, keys, ..self }
    }

    /// The next one that is added is the selected one.
    pub fn is_next(&self) -> bool {
        self.spots.len() == self.at
    }

    pub fn say(&mut self, words: &str, role: Role) {
        self.indented(words, 0, role);
    }

    pub fn indented(&mut self, words: &str, indent: usize, role: Role) {
        for part in wrap(words, self.width.saturating_sub(indent)) {
            let part = format!("{}{part}", " ".repeat(indent));
            self.lines.push(Line::styled(part, self.view.style(role)));
        }
    }

    /// A sign, then words that wrap beside it.
    pub fn point(&mut self, sign: &str, role: Role, words: &str, said: Role) {
        self.lines.extend(point(sign, role, words, said, self.width, self.view));
    }

    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    pub fn heading(&mut self, words: &str) {
        self.gap();
        self.say(words, Role::Title);
    }

    /// Something that can be selected: its lines get the bar, and the selection's background over the whole width.
    pub fn item(&mut self, made: Vec<Vec<Span<'static>>>) {
        let (first, chosen) = (self.lines.len(), self.is_next());
        for spans in made {
            let bar = if chosen { pad(self.view.glyphs.bar, BAR) } else { " ".repeat(BAR) };
            let role = if self.keys { Role::Accent } else { Role::Muted };
            let mut line = Line::from(Span::styled(bar, self.view.style(role)));
            line.spans.extend(spans);
            if chosen && self.keys {
                let rest = self.width.saturating_sub(line.width());
                line.push_span(Span::raw(" ".repeat(rest)));
                let selection = self.view.style(Role::Selection);
                for span in &mut line.spans {
                    span.style = over(span.style, selection);
                }
            }
            self.lines.push(line);
        }
        self.spots.push((first, self.lines.len().saturating_sub(1)));
    }

    pub fn words(&self, words: impl Into<String>, role: Role) -> Span<'static> {
        Span::styled(words.into(), self.view.style(role))
    }

    /// Cells beside each other, each going on below itself.
    pub fn row(&mut self, cells: &[(String, Role)], widths: &[usize]) {
        let parts: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|((words, _), width)| wrap(words, (*width).max(1))).collect();
        for at in 0..parts.iter().map(Vec::len).max().unwrap_or(0) {
            let spans = cells.iter().zip(widths).zip(&parts).map(|(((_, role), width), lines)| {
                let part = lines.get(at).map_or("", String::as_str);
                Span::styled(pad(part, width + 2), self.view.style(*role))
            });
            self.lines.push(Line::from(spans.collect::<Vec<_>>()));
        }
    }
}

/// A sign, then words that wrap beside it.
pub(super) fn point(
    sign: &str,
    role: Role,
    words: &str,
    said: Role,
    width: usize,
    view: &View<'_>,
) -> Vec<Line<'static>> {
    let indent = sign.width() + 1;
    let mut front = Span::styled(format!("{sign} "), view.style(role));
    let mut lines = Vec::new();
    for part in wrap(words, width.saturating_sub(indent)) {
        lines.push(Line::from(vec![front, Span::styled(part, view.style(said))]));
        front = Span::raw(" ".repeat(indent));
    }
    lines
}

/// The words keep their colour, the background is the selection's.
fn over(style: Style, selection: Style) -> Style {
    Style {
        fg: style.fg.or(selection.fg),
        add_modifier: style.add_modifier | selection.add_modifier,
        ..selection
    }
}
