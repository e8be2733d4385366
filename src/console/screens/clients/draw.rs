//! Drawing the client applications.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::{Clients, facts, rows};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::{Row, Signs};
use crate::console::words::number;
use crate::identity::directory::Severity;
use crate::workflows::clients::{ClientFacts, is_active, kind, status, wrong};

const FILTER_HINT: &str = "name, address, IdP, or kind:public status:off finding:membership …";

/// At most so many rows are measured.
const MEASURED: usize = 500;

impl Clients {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        if self.open {
            self.draw_detail(frame, area, view.focused, view);
            return;
        }
        let panes = Panes::of(area, self.current().is_some());
        let remark = Line::styled(self.remark(), view.style(Role::Muted));
        let title = Line::styled("Client applications", view.style(Role::Title));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.rows.shown() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        if let Some(place) = panes.detail {
            self.draw_detail(frame, place, false, view);
        }
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, place: Rect, focused: bool, view: &View<'_>) {
        let Some(current) = self.current() else { return };
        let title = Line::styled(current.client.name.to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), focused, view);
        let lines = facts::of(current, view).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }

    fn remark(&self) -> String {
        if self.found.value().is_none() {
            return String::new();
        }
        let all = number(self.rows.all().len() as u64);
        if self.list.filter().is_empty() {
            all
        } else {
            format!("{} of {all}", number(self.rows.shown() as u64))
        }
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| self.rows.at(line).map_or_else(Row::default, |facts| of(facts, view));
        let mut content = vec![0u16; ClientFacts::COLUMNS.len()];
        for line in 0..self.rows.shown().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.rows, &content, &row, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match (self.found.error(), self.found.value()) {
            (Some(failure), _) => {
                lines.push(Line::styled(failure.what.clone(), view.style(Role::Title)));
                lines.push(hint(&[(Action::Reload, "tries again")], view));
            }
            (None, Some(())) if self.list.filter().is_empty() => {
                lines.push(Line::styled("There is no client application that you see.", muted));
                lines.push(hint(&[(Action::ClientCreate, "makes one")], view));
            }
            (None, Some(())) => {
                let filter = crate::identity::text::shown(self.list.filter()).into_owned();
                lines.push(Line::styled(format!("No client application matches {filter}."), muted));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
            (None, None) => {}
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }
}

fn of(facts: &ClientFacts, view: &View<'_>) -> Row {
    let client = &facts.client;
    let worst = wrong(facts, view.now).first().map(|wrong| match wrong.severity {
        Severity::Error => (view.glyphs.error, Role::Danger),
        Severity::Warning => (view.glyphs.warning, Role::Warn),
    });
    let signs = Signs { finding: worst, dim: !is_active(client), ..Signs::default() };
    let (own, role) = if facts.own { (" (yours)", Role::Accent) } else { ("", Role::Text) };
    Row { signs, cells: Vec::with_capacity(ClientFacts::COLUMNS.len()) }
        .cell(format!("{}{own}", client.name), role)
        .cell(facts.project.as_ref().map_or_else(String::new, ToString::to_string), Role::Muted)
        .cell(kind(client).word(), Role::Text)
        .cell(status(client), if is_active(client) { Role::Muted } else { Role::Warn })
        .cell(crate::identity::text::shown(&rows::idp(facts)), Role::Text)
        .cell(rows::membership(&facts.memberships), Role::Muted)
        .cell(client.redirect_uris.len().to_string(), Role::Muted)
}
