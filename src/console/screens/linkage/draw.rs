//! Drawing the linkage screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::{Linkage, Row};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::{self, Column, Signs, Table};
use crate::console::words::{count, number};
use crate::identity::directory::Severity;
use crate::identity::text::shown;

const COLUMNS: &[Column] = &[
    Column { title: "finding", priority: 1, min: 16, max: 19, right: false, cut: Cut::End },
    Column { title: "name", priority: 0, min: 12, max: 26, right: false, cut: Cut::End },
    Column { title: "external id", priority: 2, min: 14, max: 30, right: false, cut: Cut::Middle },
    Column { title: "email", priority: 3, min: 20, max: 36, right: false, cut: Cut::Email },
];

/// Rows measured for the widths.
const MEASURED: usize = 500;

fn sign(severity: Severity, view: &View<'_>) -> (&'static str, Role) {
    match severity {
        Severity::Error => (view.glyphs.error, Role::Danger),
        Severity::Warning => (view.glyphs.warning, Role::Warn),
    }
}

impl Linkage {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area);
        let title = Line::styled("Linkage", view.style(Role::Title));
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.draw_wanted(frame, inner, view);
        if self.rows() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        if let Some(place) = panes.detail {
            self.draw_detail(frame, place, view);
        }
    }

    fn remark(&self, view: &View<'_>) -> String {
        let Some(survey) = &self.survey else { return String::new() };
        let counts = &survey.counts;
        let dot = view.glyphs.dot;
        if !self.wanted.is_empty() {
            let with = count(counts.external_id, "member with an id", "members with an id");
            return format!("{} of {with}", number(self.hits.len() as u64));
        }
        format!(
            "{} {dot} by external id {} {dot} by email {}",
            count(survey.findings.len() as u64, "finding", "findings"),
            number(counts.external_id),
            number(counts.email)
        )
    }

    fn draw_wanted(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
        if !self.typing && self.wanted.is_empty() || area.height < 3 {
            return area;
        }
        let label = "external id  ";
        let role = if self.typing { Role::Accent } else { Role::Muted };
        let place = Rect { height: 1, ..area };
        frame.render_widget(Line::styled(label, view.style(role)), place);
        let shift = (label.len() as u16).min(area.width);
        let input = Rect { x: place.x + shift, width: place.width - shift, ..place };
        self.wanted.draw(frame, input, view, self.typing, "the subject at the identity provider");
        Rect { y: area.y + 1, height: area.height - 1, ..area }
    }

    fn cells(&self, line: usize, view: &View<'_>) -> table::Row {
        let Some(row) = self.row(line) else { return table::Row::default() };
        let (finding, words, role) = match &row {
            Row::Finding(finding) => {
                (Some(sign(finding.kind.severity(), view)), finding.kind.words(), Role::Text)
            }
            Row::Hit(hit) if hit.exact => (None, "exactly", Role::Ok),
            Row::Hit(_) => (None, "nearly", Role::Muted),
        };
        let who = row.who();
        let signs = Signs { finding, dim: !who.active, ..Signs::default() };
        let (id, id_role) = match &who.external_id {
            Some(id) => (id.to_string(), Role::Text),
            None => ("none".to_owned(), Role::Muted),
        };
        table::Row { signs, cells: Vec::with_capacity(COLUMNS.len()) }
            .cell(words, role)
            .cell(who.name.to_string(), Role::Text)
            .cell(id, id_role)
            .cell(who.email.to_string(), Role::Muted)
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| self.cells(line, view);
        let mut content = vec![0u16; COLUMNS.len()];
        for line in 0..self.rows().min(MEASURED) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        let table = Table { columns: COLUMNS, content: &content, sorted: None, rows: self.rows(), row: &row };
        table.draw(frame, area, &self.table, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match &self.survey {
            None => {}
            Some(_) if !self.wanted.is_empty() => {
                lines.push(Line::from(vec![
                    Span::styled("No member has the external id ", muted),
                    Span::styled(shown(self.wanted.text()).into_owned(), view.style(Role::Text)),
                    Span::styled(", and none comes near it.", muted),
                ]));
                let clear = if self.typing { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "shows the findings again")], view));
            }
            Some(_) => {
                lines.push(Line::styled("Nothing is seen to be wrong with external ids.", muted));
                lines.push(hint(&[(Action::Filter, "finds whose an external id is")], view));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, place: Rect, view: &View<'_>) {
        let Some(row) = self.current() else {
            pane(frame, place, Line::default(), Line::default(), false, view);
            return;
        };
        let who = row.who();
        let title = Line::styled(who.name.to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), false, view);
        let mut fields = Fields::new();
        match &row {
            Row::Finding(finding) => {
                let (glyph, role) = sign(finding.kind.severity(), view);
                fields.say(
                    "finding",
                    vec![(format!("{glyph} "), role), (finding.kind.words().to_owned(), Role::Text)],
                );
                fields.dim("", finding.evidence.clone());
                if finding.restore.is_some() {
                    let key = view.key(Action::LinkRestore);
                    fields.say(
                        "fix",
                        vec![(key, Role::Key), (" puts it back; shows a plan first".to_owned(), Role::Text)],
                    );
                } else {
                    let key = view.key(Action::Link);
                    fields.say(
                        "fix",
                        vec![(key, Role::Key), (" sets, changes or clears the id".to_owned(), Role::Text)],
                    );
                }
            }
            Row::Hit(hit) if hit.exact => {
                fields.add("match", "letter by letter, as the platform compares");
            }
            Row::Hit(_) => {
                fields.dim("match", "only nearly: the platform does not find this member by what you typed");
            }
        }
        match &who.external_id {
            Some(id) => fields.add("external id", id.to_string()),
            None => fields.dim("external id", "none"),
        };
        fields.dim("email", if who.email.is_empty() { "none".to_owned() } else { who.email.to_string() });
        fields.dim("state", if who.active { "active" } else { "not active" });
        fields.dim("membership", who.membership.to_string());
        let lines = fields.lines(usize::from(inner.width), view);
        self.detail.draw(frame, inner, &lines, view);
    }
}
