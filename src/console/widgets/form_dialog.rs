//! A dialog that is a form: some words, its fields, and the keys on the last line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::dialog;
use super::form::Form;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;

/// What it shows.
#[derive(Debug)]
pub struct FormDialog<'a> {
    /// Over it.
    pub title: String,
    /// Columns, where there is room for them.
    pub width: u16,
    /// Above the fields.
    pub words: Option<Paragraph<'static>>,
    /// The fields.
    pub form: &'a Form,
    /// What can be pressed.
    pub keys: Vec<(Action, &'static str)>,
}

impl FormDialog<'_> {
    /// Draws it in the middle.
    pub fn draw(self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = self.width.min(area.width.saturating_sub(2));
        let room = width.saturating_sub(4);
        let lines = |words: &Paragraph<'_>| u16::try_from(words.line_count(room)).unwrap_or(0);
        let above = self.words.as_ref().map_or(0, |words| lines(words) + 1);
        let height = above + self.form.height(room, view) + 4;
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let title = Line::styled(self.title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let shift = above.min(inner.height);
        if let Some(words) = self.words {
            frame.render_widget(words, Rect { height: shift, ..inner });
        }
        // The last line is that of the keys.
        let height = (inner.height - shift).saturating_sub(1);
        self.form.draw(frame, Rect { y: inner.y + shift, height, ..inner }, view);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &self.keys, view);
    }
}
