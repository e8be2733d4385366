//! Drawing whom a route meets.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line as TextLine, Span};
use unicode_width::UnicodeWidthStr as _;

use super::ImpactView;
use super::rows::Row;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::table::{self, Signs};
use crate::console::words::{number, shorten_end, wrap};
use crate::identity::sign_in::impact::{Effect, Line, Tri, Turn, Weight};
use crate::identity::text::shown;

const FILTER_HINT: &str = "name, email, or effect:breaks bypass:yes factor:loses …";

/// Rows measured for the widths.
const MEASURED: usize = 500;

/// Lines that the list keeps whatever the summary says.
const LIST: u16 = 6;

fn sign(weight: Weight, view: &View<'_>) -> (&'static str, Role) {
    match weight {
        Weight::Bad => (view.glyphs.error, Role::Danger),
        Weight::Think => (view.glyphs.warning, Role::Warn),
        Weight::Plain => (" ", Role::Text),
    }
}

fn role(effect: Effect) -> Role {
    match effect {
        Effect::Breaks => Role::Danger,
        Effect::Unknown => Role::Warn,
        Effect::StaysOut | Effect::Unchanged => Role::Muted,
        Effect::OtherIdp | Effect::ToIdp | Effect::ToPassword | Effect::Gains => Role::Text,
    }
}

impl ImpactView {
    pub(super) fn draw_view(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let place = dialog::centred(area, area.width.saturating_sub(2), area.height);
        dialog::margin(frame, place, view);
        let which = self.about.get(self.at).map_or("", |(words, _)| words);
        let mut title = format!("Whom it meets {} {}", view.glyphs.dot, self.name);
        if self.about.len() > 1 {
            title = format!("{title} {} {which}", view.glyphs.dot);
        }
        let title = TextLine::styled(title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let keys = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, keys, &self.keys(view, usize::from(keys.width)), view);
        let body = Rect { height: inner.height.saturating_sub(2), ..inner };
        if self.found.value().is_none() {
            self.draw_nothing(frame, body, view);
            return;
        }
        let (summary, left) = self.summary(body, view);
        let height = summary.len() as u16;
        for (line, y) in summary.into_iter().zip(body.y..body.bottom()) {
            frame.render_widget(line, Rect { y, height: 1, ..body });
        }
        if left > 0 && height > 0 {
            let words = format!("+ {left} more");
            let width = words.width() as u16;
            let at = Rect { x: body.right().saturating_sub(width), y: body.y + height - 1, width, height: 1 };
            frame.render_widget(TextLine::styled(words, view.style(Role::Muted)), at);
        }
        let rest = Rect { y: body.y + height, height: body.height - height, ..body };
        let detail = self.detail(usize::from(rest.width), view);
        let below = (detail.len() as u16).min(rest.height.saturating_sub(LIST));
        let list = Rect { y: rest.y + 1, height: rest.height.saturating_sub(below + 1), ..rest };
        let list = self.list.draw_filter(frame, list, FILTER_HINT, view);
        if self.rows.shown() == 0 {
            let words = if self.list.filter().is_empty() { "Nobody." } else { "Nobody matches." };
            frame.render_widget(TextLine::styled(words, view.style(Role::Muted)), Rect { height: 1, ..list });
        } else {
            self.draw_table(frame, list, view);
        }
        for (line, y) in detail.into_iter().zip(rest.bottom().saturating_sub(below)..rest.bottom()) {
            frame.render_widget(line, Rect { y, height: 1, ..rest });
        }
    }

    fn keys(&self, view: &View<'_>, width: usize) -> Vec<(Action, &'static str)> {
        let mut keys = Vec::new();
        if self.acts {
            keys.push((Action::MetOpen, "open"));
        }
        keys.push((Action::MetNext, "next of them"));
        if self.about.len() > 1 {
            keys.push((
                Action::MetOther,
                self.about.get((self.at + 1) % self.about.len()).map_or("other", |(words, _)| words),
            ));
        }
        keys.extend([(Action::Filter, "filter"), (Action::Export, "export"), (Action::Close, "close")]);
        while keys.len() > 2 && dialog::keys_width(&keys, view) > width {
            keys.remove(keys.len() - 2);
        }
        keys
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let (words, role) = match self.found.error() {
            Some(failure) => (
                format!("{} {} {}", view.glyphs.failed, failure.what, failure.why).trim_end().to_owned(),
                Role::Danger,
            ),
            None => ("Reading the people of the domain and following their sign-ins".to_owned(), Role::Muted),
        };
        for (part, y) in wrap(&words, usize::from(area.width)).into_iter().zip(area.y..area.bottom()) {
            frame.render_widget(TextLine::styled(part, view.style(role)), Rect { y, height: 1, ..area });
        }
    }

    /// Headline and sentences, as many as fit beside the list; and how many do not.
    fn summary(&self, area: Rect, view: &View<'_>) -> (Vec<TextLine<'static>>, usize) {
        let Some(found) = self.found.value() else { return (Vec::new(), 0) };
        let width = usize::from(area.width);
        let most = usize::from(area.height.saturating_sub(LIST + 4).max(2));
        let mut lines: Vec<TextLine<'static>> = wrap(&found.headline(), width)
            .into_iter()
            .map(|part| TextLine::styled(part, view.style(Role::Text)))
            .collect();
        let said = found.lines();
        let mut left = 0;
        let notes: Vec<String> = found.notes();
        for (at, line) in said.iter().enumerate() {
            if lines.len() < most || self.only == Some(at) {
                lines.push(self.sentence(at, line, width, view));
            } else {
                left += 1;
            }
        }
        for note in notes {
            let parts = wrap(&note, width.saturating_sub(4));
            if lines.len() + parts.len() > most {
                left += 1;
                continue;
            }
            for part in parts {
                lines.push(TextLine::styled(format!("    {part}"), view.style(Role::Muted)));
            }
        }
        (lines, left)
    }

    fn sentence(&self, at: usize, line: &Line, width: usize, view: &View<'_>) -> TextLine<'static> {
        let (glyph, role) = sign(line.weight, view);
        let chosen = self.only == Some(at);
        let bar = if chosen { view.glyphs.bar } else { " " };
        let count = line.count.map_or_else(String::new, |count| format!("{} ", number(count as u64)));
        let words = shorten_end(&line.words, width.saturating_sub(4 + count.width()), view.glyphs.ellipsis);
        let style = view.style(if chosen { Role::Accent } else { Role::Text });
        TextLine::from(vec![
            Span::styled(bar, view.style(Role::Accent)),
            Span::styled(format!("{glyph} "), view.style(role)),
            Span::styled(count, view.style(if line.weight == Weight::Plain { Role::Text } else { role })),
            Span::styled(words, style),
        ])
    }

    fn cells(&self, at: usize, view: &View<'_>) -> table::Row {
        let Some(row) = self.rows.at(at) else { return table::Row::default() };
        let person = row.person();
        let finding = match person.effect {
            Effect::Breaks => Some((view.glyphs.error, Role::Danger)),
            Effect::Unknown => Some((view.glyphs.warning, Role::Warn)),
            _ => None,
        };
        let signs = Signs { finding, dim: !person.active, ..Signs::default() };
        let text = |column: usize| shown(&row.cell(column)).into_owned();
        table::Row { signs, cells: Vec::with_capacity(Row::COLUMNS.len()) }
            .cell(text(0), role(person.effect))
            .cell(text(1), Role::Text)
            .cell(text(2), Role::Muted)
            .cell(text(3), Role::Muted)
            .cell(text(4), Role::Text)
            .cell(text(5), if person.bypass == Tri::Yes { Role::Warn } else { Role::Muted })
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| self.cells(line, view);
        let mut content = vec![0u16; Row::COLUMNS.len()];
        for line in 0..self.rows.shown().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.rows, &content, &row, view);
    }

    /// What more there is about the selected one.
    fn detail(&self, width: usize, view: &View<'_>) -> Vec<TextLine<'static>> {
        let Some(person) = self.current().map(Row::person) else { return Vec::new() };
        let mut said = Vec::new();
        if !person.why.is_empty() {
            said.push((format!("why  {}", shown(&person.why)), role(person.effect)));
        }
        let mut also = vec![format!("{} {} {}", person.address(), view.glyphs.dot, person.project_name)];
        match person.reset {
            Turn::Loses => also.push("can no longer set a new password alone".to_owned()),
            Turn::Gets => also.push("can set a new password alone again".to_owned()),
            Turn::Unknown | Turn::Same => {}
        }
        match person.factor {
            Turn::Loses => also.push("no longer asked for a second factor".to_owned()),
            Turn::Gets => also.push("asked for a second factor".to_owned()),
            Turn::Unknown => also.push("second factor not seen".to_owned()),
            Turn::Same => {}
        }
        said.push((also.join(&format!(" {} ", view.glyphs.dot)), Role::Muted));
        let mut lines = vec![TextLine::default()];
        for (words, role) in said {
            for part in wrap(&words, width) {
                lines.push(TextLine::styled(part, view.style(role)));
            }
        }
        lines
    }
}
