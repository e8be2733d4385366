//! Choosing the columns of a list: shown or hidden, in which order, sorted by which. What is chosen is seen below at
//! once, and kept in `config.toml`.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Availability, Scope};
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::list::Layout;
use crate::console::widgets::table::Column;

const WIDTH: u16 = 54;

/// The dialog.
#[derive(Debug)]
pub struct ColumnsDialog {
    list: &'static str,
    columns: &'static [Column],
    layout: Layout,
    sorted: Option<(usize, bool)>,
    at: usize,
}

impl ColumnsDialog {
    /// The columns of a list as they are now.
    pub fn new(
        list: &'static str,
        columns: &'static [Column],
        layout: Layout,
        sorted: Option<(usize, bool)>,
    ) -> Self {
        Self { list, columns, layout, sorted, at: 0 }
    }

    fn keep(&self, ctx: &mut Ctx) {
        ctx.keep_columns(self.list, Some(self.layout.written(self.columns)));
    }

    fn shift(&mut self, later: bool, ctx: &mut Ctx) {
        self.at = self.layout.shift(self.at, later);
        self.keep(ctx);
    }

    fn sort(&mut self, ctx: &mut Ctx) {
        let Some(&(column, _)) = self.layout.all().get(self.at) else { return };
        let ascending = match self.sorted {
            Some((by, ascending)) if by == column => !ascending,
            // Numbers and times begin with the largest, the newest.
            _ => self.columns.get(column).is_none_or(|column| !column.right),
        };
        self.sorted = Some((column, ascending));
        ctx.tell(Note::Sort { list: self.list, column, ascending });
    }

    fn toggle(&mut self, ctx: &mut Ctx) {
        if self.layout.toggle(self.at, self.columns) {
            self.keep(ctx);
        } else {
            ctx.say("this column tells the rows apart and always stays");
        }
    }
}

impl Model for ColumnsDialog {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Columns, Scope::List, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(matches!(
            action,
            Action::ColumnShow
                | Action::ColumnEarlier
                | Action::ColumnLater
                | Action::ColumnSort
                | Action::ColumnsReset
                | Action::Up
                | Action::Down
                | Action::First
                | Action::Last
                | Action::Close
        ))
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        let last = self.columns.len().saturating_sub(1);
        match action {
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Down => self.at = (self.at + 1).min(last),
            Action::First => self.at = 0,
            Action::Last => self.at = last,
            Action::ColumnShow => self.toggle(ctx),
            Action::ColumnEarlier => self.shift(false, ctx),
            Action::ColumnLater => self.shift(true, ctx),
            Action::ColumnSort => self.sort(ctx),
            Action::ColumnsReset => {
                self.layout = Layout::of(self.columns, None);
                ctx.keep_columns(self.list, None);
            }
            _ => ctx.close(),
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if let Hit::Row(line) = hit {
            if line == self.at {
                self.toggle(ctx);
            }
            self.at = line.min(self.columns.len().saturating_sub(1));
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let rows = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let height = rows.saturating_add(5).min(area.height.saturating_sub(2));
        let place = dialog::centred(area, width, height);
        dialog::margin(frame, place, view);
        let title =
            Line::styled(format!("Columns {} {}", view.glyphs.dot, self.list), view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        let room = usize::from(inner.height.saturating_sub(3));
        let first = (self.at + 1).saturating_sub(room);
        let lines = self.layout.all().iter().enumerate().skip(first).take(room);
        for ((line, (at, shown)), y) in lines.zip(0u16..) {
            let Some(column) = self.columns.get(*at) else { continue };
            let selected = line == self.at;
            let bar = if selected { view.glyphs.bar } else { " " };
            let sign = if *shown { view.glyphs.ok } else { " " };
            let role = if *shown { Role::Text } else { Role::Muted };
            let arrow = match self.sorted {
                Some((by, true)) if by == *at => view.glyphs.ascending,
                Some((by, false)) if by == *at => view.glyphs.descending,
                _ => "",
            };
            let mut words = String::from(column.title);
            if !*shown {
                words.push_str("   hidden");
            }
            let spans = vec![
                Span::styled(format!("{bar} "), view.style(Role::Accent)),
                Span::styled(format!("{sign} "), view.style(Role::Accent)),
                Span::styled(words, view.style(if selected { Role::Title } else { role })),
                Span::styled(arrow, view.style(Role::Accent)),
            ];
            let at = Rect { y: inner.y + y, height: 1, ..inner };
            frame.render_widget(Line::from(spans), at);
            view.hit(at, Hit::Row(line));
        }
        let keys = [
            (Action::ColumnShow, "show/hide"),
            (Action::ColumnSort, "sort"),
            (Action::ColumnsReset, "reset"),
        ];
        let bottom = |n| Rect { y: inner.bottom().saturating_sub(n), height: 1, ..inner };
        dialog::keys(frame, bottom(2), &keys, view);
        let keys =
            [(Action::ColumnEarlier, "earlier"), (Action::ColumnLater, "later"), (Action::Close, "close")];
        dialog::keys(frame, bottom(1), &keys, view);
    }
}
