//! One line of text being typed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_textarea::{CursorMove, TextArea};
use unicode_width::UnicodeWidthStr as _;

use crate::console::key::Key;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::identity::text::shown;

/// A line that can be edited with the usual keys. What is hidden in it (bidi marks, zero-width characters, pasted
/// control characters) is shown in visible form.
#[derive(Clone)]
pub struct Input {
    area: TextArea<'static>,
    secret: bool,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.secret { f.write_str("Input(secret)") } else { write!(f, "Input({:?})", self.text()) }
    }
}

impl PartialEq for Input {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret && self.text() == other.text() && self.cursor() == other.cursor()
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::new("")
    }
}

impl Input {
    /// A line with a text in it, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self { area, secret: false }
    }

    /// A line that shows dots and never appears in debug output.
    pub fn secret() -> Self {
        let mut input = Self { secret: true, ..Self::default() };
        // No copies of a password in an undo history.
        input.area.set_max_histories(0);
        input
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Replaces everything.
    pub fn set(&mut self, text: &str) {
        let secret = self.secret;
        *self = if secret { Self::secret() } else { Self::default() };
        self.area.insert_str(one_line(text));
    }

    /// Shows dots from now on, or no longer.
    pub fn veil(&mut self, secret: bool) {
        self.secret = secret;
    }

    /// Edits; true when the text changed.
    pub fn typed(&mut self, key: Key) -> bool {
        use crossterm::event::{KeyCode, KeyModifiers};
        // The library's Ctrl-u is undo; in a line it empties what stands before the cursor, as in shells.
        match (key.code, key.modifiers) {
            (KeyCode::Char('u'), KeyModifiers::CONTROL) => self.area.delete_line_by_head(),
            (KeyCode::Enter | KeyCode::Tab, _) | (KeyCode::Char('m' | 'j'), KeyModifiers::CONTROL) => false,
            _ => self.area.input(key.event()),
        }
    }

    /// Inserts pasted text; line breaks become blanks, blanks around it go.
    pub fn pasted(&mut self, text: &str) -> bool {
        self.area.insert_str(one_line(text.trim()))
    }

    fn cursor(&self) -> usize {
        self.area.cursor().1
    }

    /// Draws the line; the cursor is placed when `focused`. An empty line shows `hint`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>, focused: bool, hint: &str) {
        if area.is_empty() {
            return;
        }
        let style = view.style(Role::Text);
        let (before, after) = self.shown_parts(view.glyphs.masked);
        let width = usize::from(area.width);
        // Scrolled just so far that the cursor, which stands behind `before`, is within.
        let skip = (before.width() + 1).saturating_sub(width);
        let visible: String = skip_width(&format!("{before}{after}"), skip);
        let line = if before.is_empty() && after.is_empty() {
            Line::from(Span::styled(hint.to_owned(), view.style(Role::Muted)))
        } else {
            Line::from(Span::styled(visible, style))
        };
        frame.buffer_mut().set_style(area, if focused { Style::new() } else { style });
        frame.render_widget(line, area);
        if focused {
            let column = u16::try_from(before.width() - skip.min(before.width())).unwrap_or(area.width);
            view.cursor(frame, Position::new(area.x + column.min(area.width - 1), area.y));
        }
    }

    fn shown_parts(&self, masked: &str) -> (String, String) {
        let text = self.text();
        let at = text.char_indices().nth(self.cursor()).map_or(text.len(), |(i, _)| i);
        let (before, after) = text.split_at(at);
        if self.secret {
            (masked.repeat(before.chars().count()), masked.repeat(after.chars().count()))
        } else {
            (shown(before).into_owned(), shown(after).into_owned())
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect()
}

fn skip_width(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let mut skipped = 0;
    text.chars()
        .skip_while(|c| {
            let skip = skipped < width;
            if skip {
                skipped += c.width().unwrap_or(0);
            }
            skip
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::key::parse_typed;

    fn after(start: &str, keys: &str) -> Input {
        let mut input = Input::new(start);
        for key in parse_typed(keys).unwrap() {
            input.typed(key);
        }
        input
    }

    #[test]
    fn a_line_is_edited_with_the_usual_keys() {
        assert_eq!(after("jsmith", "<Home>x<End>y<Backspace>z").text(), "xjsmithz");
        assert_eq!(after("one two", "<Ctrl-w>three").text(), "one three");
        assert_eq!(after("one two", "<Ctrl-u>new").text(), "new");
        assert_eq!(after("one", "<Enter><Tab><Ctrl-m>").text(), "one");
    }

    #[test]
    fn a_paste_stays_one_line() {
        let mut input = Input::new("");
        input.pasted("  a@b.example\nc\n");
        assert_eq!(input.text(), "a@b.example c");
    }

    // S1
    #[test]
    fn what_is_hidden_in_typed_text_is_shown() {
        let mut input = Input::new("");
        input.pasted("a\u{202e}b");
        assert_eq!(input.shown_parts("•").0, "a<U+202E>b");
    }

    // S2
    #[test]
    fn a_secret_is_neither_drawn_nor_debugged() {
        let mut input = Input::secret();
        input.pasted("hunter2hunter2");
        assert_eq!(input.shown_parts("•").0, "•".repeat(14));
        assert!(!format!("{input:?}").contains("hunter"));
    }
}
