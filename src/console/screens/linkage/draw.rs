//! Drawing the linkage screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::Linkage;
use super::rows::{Row, What};
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::{self, Signs};
use crate::console::words::{count, number};
use crate::identity::MembershipId;
use crate::identity::directory::Severity;
use crate::identity::text::shown;

const FILTER_HINT: &str = "external id, name, email, or finding:erased -id:none …";

/// Most external ids of before that are shown.
const BEFORE: usize = 3;

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
        let panes = Panes::of(area, self.current().is_some());
        let title = Line::styled("Linkage", view.style(Role::Title));
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.rows.shown() == 0 {
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
        if !self.list.filter().is_empty() {
            let hits =
                (0..self.rows.shown()).filter_map(|line| self.rows.at(line)).filter(|row| row.is_hit());
            let hits = hits.count() as u64;
            let with = count(counts.external_id, "member with an id", "members with an id");
            let found = self.rows.shown() as u64 - hits;
            let of = count(survey.findings.len() as u64, "finding", "findings");
            return format!("{} of {with} {dot} {} of {of}", number(hits), number(found));
        }
        format!(
            "{} {dot} by external id {} {dot} by email {}",
            count(survey.findings.len() as u64, "finding", "findings"),
            number(counts.external_id),
            number(counts.email)
        )
    }

    fn cells(&self, line: usize, view: &View<'_>) -> table::Row {
        let Some(row) = self.rows.at(line) else { return table::Row::default() };
        let (finding, role) = match &row.what {
            What::Finding(finding) => (Some(sign(finding.kind.severity(), view)), Role::Text),
            What::Hit { hit, .. } if hit.exact && hit.was.is_none() => (None, Role::Ok),
            What::Hit { hit, .. } if hit.exact => (None, Role::Warn),
            What::Hit { .. } => (None, Role::Muted),
        };
        let who = row.who();
        let signs = Signs { finding, dim: !who.active, ..Signs::default() };
        let (id, id_role) = match &who.external_id {
            Some(id) => (id.to_string(), Role::Text),
            None => ("none".to_owned(), Role::Muted),
        };
        table::Row { signs, cells: Vec::with_capacity(Row::COLUMNS.len()) }
            .cell(row.words(), role)
            .cell(who.name.to_string(), Role::Text)
            .cell(id, id_role)
            .cell(who.email.to_string(), Role::Muted)
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

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match &self.survey {
            None => {}
            Some(survey) if !self.list.filter().is_empty() => {
                lines.push(Line::from(vec![
                    Span::styled("No member has the external id ", muted),
                    Span::styled(shown(self.list.filter()).into_owned(), view.style(Role::Text)),
                    Span::styled(", none comes near it, and no finding matches.", muted),
                ]));
                let members = survey.counts.members;
                let read = self.histories.count() as u64;
                let words = format!(
                    "Nor had one of the {} whose history was read; {} were not looked at.",
                    number(read),
                    number(members.saturating_sub(read))
                );
                lines.push(Line::styled(words, muted));
                let clear = "shows the findings again";
                lines.push(if self.list.is_filtering() {
                    hint(&[(Action::Abandon, clear)], view)
                } else {
                    hint(&[(Action::LinkHistories, "looks in more histories"), (Action::Back, clear)], view)
                });
            }
            Some(_) => {
                lines.push(Line::styled("Nothing is seen to be wrong with external ids.", muted));
                lines.push(hint(&[(Action::Filter, "finds whose an external id is")], view));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    /// The external ids of before.
    fn before(&self, member: &MembershipId, told: bool, fields: &mut Fields, view: &View<'_>) {
        match self.histories.of(member) {
            None => {
                fields.dim("before", "the history was not read yet");
            }
            Some([]) => {
                fields.dim("before", "no other one in the history");
            }
            Some(former) => {
                for (at, former) in former.iter().take(BEFORE).enumerate() {
                    let until = former.until.strftime("%Y-%m-%d");
                    let words = format!("{} until {until}", former.external_id);
                    fields.add(if at == 0 { "before" } else { "" }, words);
                }
                // A finding of an erased id says so already.
                if self.histories.erased(member).is_some() && !told {
                    let key = view.key(Action::LinkRestore);
                    let words = " puts it back; shows a plan first".to_owned();
                    fields.say("", vec![(key, Role::Key), (words, Role::Text)]);
                }
            }
        }
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, place: Rect, view: &View<'_>) {
        let Some(row) = self.current() else { return };
        let who = row.who();
        let title = Line::styled(who.name.to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), false, view);
        let mut fields = Fields::new();
        match &row.what {
            What::Finding(finding) => {
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
            What::Hit { hit, .. } if hit.was.is_some() => {
                let words =
                    if hit.exact { "an id of before, letter by letter" } else { "nearly an id of before" };
                fields.add("match", words);
            }
            What::Hit { hit, .. } if hit.exact => {
                fields.add("match", "letter by letter, as the platform compares");
            }
            What::Hit { .. } => {
                fields.dim("match", "only nearly: the platform does not find this member by what you typed");
            }
        }
        match &who.external_id {
            Some(id) => fields.add("external id", id.to_string()),
            None => fields.dim("external id", "none"),
        };
        self.before(&row.who().membership, row.restore().is_some(), &mut fields, view);
        fields.dim("email", if who.email.is_empty() { "none".to_owned() } else { who.email.to_string() });
        fields.dim("state", if who.active { "active" } else { "not active" });
        fields.dim("membership", who.membership.to_string());
        let lines = fields.lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }
}
