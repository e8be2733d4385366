//! Drawing the sessions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::{Sessions, client, whose};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::detail::{moment, reference};
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::{Column, Row, Signs, Table};
use crate::console::words::{ago, number};
use crate::identity::{LoginSession, Seen};

const COLUMNS: &[Column] = &[
    Column { title: "user", priority: 0, min: 22, max: 34, right: false, cut: Cut::Email },
    Column { title: "method", priority: 1, min: 8, max: 14, right: false, cut: Cut::End },
    Column { title: "browser", priority: 3, min: 10, max: 22, right: false, cut: Cut::End },
    Column { title: "address", priority: 4, min: 9, max: 20, right: false, cut: Cut::Middle },
    Column { title: "client", priority: 5, min: 10, max: 20, right: false, cut: Cut::End },
    Column { title: "used", priority: 2, min: 10, max: 12, right: true, cut: Cut::End },
];

/// At most so many rows are measured.
const MEASURED: usize = 500;

impl Sessions {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area);
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let title = Line::styled("Sessions", view.style(Role::Title));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.draw_filter(frame, inner, view);
        if self.shown.is_empty() {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        let Some(place) = panes.detail else { return };
        let Some(session) = self.current() else {
            pane(frame, place, Line::default(), Line::default(), false, view);
            return;
        };
        let title = Line::styled(whose(session), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), false, view);
        let lines = self.facts(session, view).lines(usize::from(inner.width), view);
        self.detail.draw(frame, inner, &lines, view);
    }

    fn remark(&self, view: &View<'_>) -> String {
        let Some(found) = self.found.value() else { return String::new() };
        let all = number(found.list.len() as u64);
        let of = if self.filter.is_empty() {
            all
        } else {
            format!("{} of {all}", number(self.shown.len() as u64))
        };
        match (&found.others, found.cut) {
            (Seen::Unknown(_), _) => view.parts(&format!("{of} of your own · other people's unknown")),
            (Seen::Known(()), true) => view.parts(&format!("the newest {of}")),
            (Seen::Known(()), false) => of,
        }
    }

    fn draw_filter(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
        if !self.filtering && self.filter.is_empty() || area.height < 3 {
            return area;
        }
        let label = "filter  ";
        let role = if self.filtering { Role::Accent } else { Role::Muted };
        let place = Rect { height: 1, ..area };
        frame.render_widget(Line::styled(label, view.style(role)), place);
        let shift = (label.len() as u16).min(area.width);
        let input = Rect { x: place.x + shift, width: place.width - shift, ..place };
        self.filter.draw(frame, input, view, self.filtering, "user, method, browser, address, client");
        Rect { y: area.y + 1, height: area.height - 1, ..area }
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |at: usize| {
            let session = &self.list()[self.shown[at]];
            let signs = Signs { marked: self.marks.contains(&session.id), ..Signs::default() };
            Row { signs, cells: Vec::with_capacity(COLUMNS.len()) }
                .cell(whose(session), Role::Text)
                .cell(session.method.to_string(), Role::Text)
                .cell(session.browser.to_string(), Role::Muted)
                .cell(session.address.to_string(), Role::Muted)
                .cell(client(session), Role::Muted)
                .cell(session.last_used.map_or_else(String::new, |at| ago(at, view.now)), Role::Muted)
        };
        let mut content = vec![0u16; COLUMNS.len()];
        for at in 0..self.shown.len().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(at).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        let table =
            Table { columns: COLUMNS, content: &content, sorted: None, rows: self.shown.len(), row: &row };
        table.draw(frame, area, &self.table, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match (self.found.error(), self.found.value()) {
            (Some(failure), _) => {
                lines.push(Line::styled(failure.what.clone(), view.style(Role::Title)));
                lines.push(hint(&[(Action::Reload, "tries again")], view));
            }
            (None, Some(_)) if self.filter.is_empty() => {
                lines.push(Line::styled("No session can still be used.", muted));
            }
            (None, Some(_)) => {
                let filter = crate::identity::text::shown(self.filter.text()).into_owned();
                lines.push(Line::styled(format!("No session matches {filter}."), muted));
                let clear = if self.filtering { Action::Abandon } else { Action::Back };
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
