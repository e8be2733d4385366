//! Drawing the sessions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::Sessions;
use super::rows::{client, whose};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::detail::{moment, reference};
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::Row;
use crate::console::words::{ago, number};
use crate::identity::{LoginSession, Seen};

const FILTER_HINT: &str = "user, browser, address, client, or method:password -user:pat …";

/// At most so many rows are measured.
const MEASURED: usize = 500;

impl Sessions {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let title = Line::styled("Sessions", view.style(Role::Title));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.rows.shown() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        let Some(place) = panes.detail else { return };
        let Some(session) = self.current() else { return };
        let title = Line::styled(whose(session), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), false, view);
        let lines = self.facts(session, view).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }

    fn remark(&self, view: &View<'_>) -> String {
        let Some(found) = self.found.value() else { return String::new() };
        let all = number(self.rows.all().len() as u64);
        let of = if self.list.filter().is_empty() {
            all
        } else {
            format!("{} of {all}", number(self.rows.shown() as u64))
        };
        match (&found.others, found.cut) {
            (Seen::Unknown(_), _) => view.parts(&format!("{of} of your own · other people's unknown")),
            (Seen::Known(()), true) => view.parts(&format!("the newest {of}")),
            (Seen::Known(()), false) => of,
        }
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| {
            let Some(session) = self.rows.at(line) else { return Row::default() };
            Row::default()
                .cell(whose(session), Role::Text)
                .cell(session.method.to_string(), Role::Text)
                .cell(session.browser.to_string(), Role::Muted)
                .cell(session.address.to_string(), Role::Muted)
                .cell(client(session), Role::Muted)
                .cell(session.last_used.map_or_else(String::new, |at| ago(at, view.now)), Role::Muted)
        };
        let mut content = vec![0u16; LoginSession::COLUMNS.len()];
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
            (None, Some(_)) if self.list.filter().is_empty() => {
                lines.push(Line::styled("No session can still be used.", muted));
            }
            (None, Some(_)) => {
                let filter = crate::identity::text::shown(self.list.filter()).into_owned();
                lines.push(Line::styled(format!("No session matches {filter}."), muted));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
            (None, None) => {}
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn facts(&self, session: &LoginSession, view: &View<'_>) -> Fields {
        let mut fields = Fields::new();
        fields.add("method", session.method.to_string());
        match client(session) {
            none if none.is_empty() => fields.dim("client", "not told"),
            client => fields.add("client", client),
        };
        for (label, value) in [("browser", &session.browser), ("address", &session.address)] {
            if value.is_empty() {
                fields.dim(label, "not told");
            } else {
                fields.add(label, value.to_string());
            }
        }
        if let Some(at) = session.began {
            fields.add("began", moment(at, view));
        }
        if let Some(at) = session.last_used {
            fields.add("last used", moment(at, view));
        }
        if let Some(user) = &session.user {
            fields.dim("user", reference(user, view));
        }
        if let Some(project) = &session.project {
            fields.dim("project", reference(&project.reference(), view));
        }
        fields.dim("session", session.id.to_string());
        if let Some(Seen::Unknown(why)) = self.found.value().map(|found| &found.others) {
            fields.gap();
            fields.words(
                format!("These are your own of the last hour. Other people's are unknown: {why}."),
                Role::Muted,
            );
        }
        fields
    }
}
