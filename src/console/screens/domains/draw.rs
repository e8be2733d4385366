//! Drawing the domains.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::DomainsScreen;
use super::facts::facts;
use super::rows::UNKNOWN;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::{Row, Signs};
use crate::console::words::{count, number};
use crate::identity::route::RouteState;
use crate::identity::text::shown;
use crate::workflows::domains::{Line, State};

const FILTER_HINT: &str = "domain, provider, or state:broken mode:email …";

/// At most so many rows are measured.
const MEASURED: usize = 500;

/// How a state looks in the list.
pub(super) fn role(state: State) -> Role {
    match state {
        State::Stored(RouteState::Works) | State::Routed => Role::Text,
        State::Stored(RouteState::Broken | RouteState::Unreachable) => Role::Danger,
        State::Stored(RouteState::NeverMatches) => Role::Warn,
        State::Password | State::Unknown(_) => Role::Muted,
    }
}

/// Its sign, where somebody should look.
pub(super) fn sign(state: State, view: &View<'_>) -> Option<(&'static str, Role)> {
    match role(state) {
        Role::Danger => Some((view.glyphs.error, Role::Danger)),
        Role::Warn => Some((view.glyphs.warning, Role::Warn)),
        _ => None,
    }
}

impl DomainsScreen {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        let remark = TextLine::styled(self.remark(view), view.style(Role::Muted));
        let title = TextLine::styled("Domains", view.style(Role::Title));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.draw_sight(frame, inner, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.rows.shown() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        let Some(place) = panes.detail else { return };
        let Some(line) = self.current() else { return };
        let title = TextLine::styled(line.name.to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, TextLine::default(), false, view);
        let lines = facts(line, view).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }

    /// What this role sees, where that is not everything.
    fn draw_sight(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
        if self.found.value().is_none() || self.sees_routes() || area.height < 5 {
            return area;
        }
        let words = "As the sign-in page sends people; stored routes are seen by super admins only.";
        let words =
            Paragraph::new(TextLine::styled(words, view.style(Role::Muted))).wrap(Wrap { trim: true });
        let height = u16::try_from(words.line_count(area.width)).unwrap_or(1).min(2);
        frame.render_widget(words, Rect { height, ..area });
        Rect { y: area.y + height, height: area.height - height, ..area }
    }

    fn remark(&self, view: &View<'_>) -> String {
        if self.found.value().is_none() {
            return String::new();
        }
        let all = self.rows.all();
        let wrong = all.iter().filter(|line| line.state.is_wrong()).count() as u64;
        let lines = if self.sees_routes() {
            count(all.len() as u64, "route", "routes")
        } else {
            count(all.len() as u64, "line", "lines")
        };
        let of = if self.list.filter().is_empty() {
            lines
        } else {
            format!("{} of {lines}", number(self.rows.shown() as u64))
        };
        match wrong {
            0 => of,
            1 => view.parts(&format!("{of} · 1 needs a look")),
            n => view.parts(&format!("{of} · {} need a look", number(n))),
        }
    }

    fn cells(&self, at: usize, view: &View<'_>) -> Row {
        let Some(line) = self.rows.at(at) else { return Row::default() };
        let signs = Signs { finding: sign(line.state, view), ..Signs::default() };
        let text = |column: usize| shown(&line.cell(column)).into_owned();
        let dim = |words: &str| if words == UNKNOWN { Role::Muted } else { Role::Text };
        let members = line.people.as_ref().map_or_else(String::new, |people| number(people.members));
        let (id, mode) = (text(4), text(5));
        let (id_role, mode_role) = (dim(&id), dim(&mode));
        Row { signs, cells: Vec::with_capacity(Line::COLUMNS.len()) }
            .cell(text(0), Role::Text)
            .cell(line.state.words(), role(line.state))
            .cell(members, Role::Muted)
            .cell(text(3), Role::Text)
            .cell(id, id_role)
            .cell(mode, mode_role)
            .cell(text(6), Role::Muted)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| self.cells(line, view);
        let mut content = vec![0u16; Line::COLUMNS.len()];
        for line in 0..self.rows.shown().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.rows, &content, &row, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![TextLine::default()];
        match (self.found.value(), self.found.error()) {
            (None, Some(failure)) => {
                lines.push(TextLine::styled(failure.what.clone(), view.style(Role::Text)));
                if !failure.why.is_empty() {
                    lines.push(TextLine::styled(failure.why.clone(), muted));
                }
                lines.push(hint(&[(Action::Reload, "tries again")], view));
            }
            (None, None) => {}
            (Some(_), _) if !self.list.filter().is_empty() => {
                let filter = shown(self.list.filter()).into_owned();
                lines.push(TextLine::styled(format!("Nothing matches {filter}."), muted));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
            (Some(_), _) if self.sees_routes() => {
                let words = "No domain has a route: the sign-in page asks everybody for a password.";
                lines.push(TextLine::styled(words, muted));
                lines.push(hint(&[(Action::RouteAdd, "adds one")], view));
            }
            (Some(_), _) => {
                lines.push(TextLine::styled("No member has an address, so no domain is in use.", muted));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }
}
