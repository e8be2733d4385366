//! Drawing the findings: how many by rule, the rows, the selected one.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::Findings;
use super::rows::Row;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::table::{self, Signs};
use crate::console::words::{ago, count, number, shorten_end};
use crate::identity::directory::Severity;
use crate::identity::findings::{Finding, Fix, Rule, Who};

const FILTER_HINT: &str = "name, email, or rule:shadow severity:error -finding:factor …";

/// Rows measured for the widths.
const MEASURED: usize = 500;

/// Lines of counts for each line of the list.
const COUNTS: u16 = 6;

fn sign(severity: Severity, view: &View<'_>) -> (&'static str, Role) {
    match severity {
        Severity::Error => (view.glyphs.error, Role::Danger),
        Severity::Warning => (view.glyphs.warning, Role::Warn),
    }
}

impl Findings {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        let title = Line::styled("Findings", view.style(Role::Title));
        let remark = Line::styled(self.remark(view), view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused, view);
        let inner = self.draw_counts(frame, inner, view);
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
        let Some(sweep) = &self.work.sweep else { return String::new() };
        let all = number(sweep.findings.len() as u64);
        let of = if self.list.filter().is_empty() {
            all
        } else {
            format!("{} of {all}", number(self.rows.shown() as u64))
        };
        let members = count(sweep.members as u64, "member", "members");
        format!("{of} {} {members} looked at", view.glyphs.dot)
    }

    /// `3 ✗ cannot sign in  12 ▲ staff without an external id  …`, as many lines as the list can spare; what does not
    /// fit is counted.
    fn draw_counts(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) -> Rect {
        let Some(sweep) = &self.work.sweep else { return area };
        let most = usize::from((area.height / COUNTS).max(1));
        let width = usize::from(area.width);
        let parts: Vec<(Rule, String)> = sweep
            .counts()
            .into_iter()
            .map(|(rule, n)| {
                (rule, format!("{} {} {}", number(n as u64), sign(rule.severity(), view).0, rule.words()))
            })
            .collect();
        let mut lines: Vec<Line<'static>> = Vec::new();
        let (mut line, mut used, mut left) = (Line::default(), 0, parts.len());
        for (rule, words) in &parts {
            let last = lines.len() + 1 == most;
            let room = if last { width.saturating_sub(9) } else { width };
            if used > 0 && used + 2 + words.width() > room {
                if last {
                    break;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            let gap = if used > 0 { "  " } else { "" };
            used += gap.len() + words.width();
            let (glyph, role) = sign(rule.severity(), view);
            let (n, rest) = words.split_once(glyph).unwrap_or((words, ""));
            line.push_span(Span::styled(format!("{gap}{n}"), view.style(Role::Text)));
            line.push_span(Span::styled(glyph, view.style(role)));
            line.push_span(Span::styled(rest.to_owned(), view.style(Role::Muted)));
            left -= 1;
        }
        if left > 0 {
            line.push_span(Span::styled(format!("  + {left} more"), view.style(Role::Muted)));
        }
        if !line.spans.is_empty() {
            lines.push(line);
        }
        if !sweep.not_looked_at.is_empty() && area.height >= 2 * COUNTS {
            let rules: Vec<&str> = sweep.not_looked_at.iter().map(|(rule, _)| rule.words()).collect();
            let why = &sweep.not_looked_at[0].1;
            let words = format!("not looked at: {} ({why})", rules.join(", "));
            let words = shorten_end(&words, width, view.glyphs.ellipsis);
            lines.push(Line::styled(words, view.style(Role::Muted)));
        }
        let height = (lines.len() as u16).min(area.height);
        frame.render_widget(Paragraph::new(lines), Rect { height, ..area });
        Rect { y: area.y + height, height: area.height - height, ..area }
    }

    fn cells(&self, line: usize, view: &View<'_>) -> table::Row {
        let Some(finding) = self.rows.at(line).map(Row::finding) else { return table::Row::default() };
        let active = match &finding.who {
            Who::Member(subject) => subject.active,
            Who::User(_) => true,
        };
        let (_, role) = sign(finding.rule.severity(), view);
        let signs =
            Signs { finding: Some(sign(finding.rule.severity(), view)), dim: !active, ..Signs::default() };
        table::Row { signs, cells: Vec::with_capacity(Row::COLUMNS.len()) }
            .cell(finding.rule.severity().word(), role)
            .cell(finding.rule.words(), Role::Text)
            .cell(finding.who.name().to_string(), Role::Text)
            .cell(finding.who.email().to_string(), Role::Muted)
            .cell(crate::identity::text::shown(&finding.evidence), Role::Muted)
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
        match &self.work.sweep {
            None => {
                if let Some(failure) = self.work.failure.as_ref().filter(|_| self.work.since.is_none()) {
                    lines.push(Line::styled(failure.what.clone(), view.style(Role::Text)));
                    if !failure.why.is_empty() {
                        lines.push(Line::styled(failure.why.clone(), muted));
                    }
                    lines.push(hint(&[(Action::Reload, "tries again")], view));
                } else if self.work.stopped {
                    lines.push(hint(&[(Action::Reload, "looks through the members")], view));
                }
            }
            Some(_) if !self.list.filter().is_empty() => {
                lines.push(Line::styled("No finding matches.", muted));
                lines.push(hint(&[(Action::Back, "shows all of them again")], view));
            }
            Some(sweep) => {
                let members = count(sweep.members as u64, "member", "members");
                lines.push(Line::styled(format!("Nothing is seen to be wrong with {members}."), muted));
            }
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn facts(&self, finding: &Finding, view: &View<'_>) -> Fields {
        let mut fields = Fields::new();
        let (glyph, role) = sign(finding.rule.severity(), view);
        fields
            .say("finding", vec![(format!("{glyph} "), role), (finding.rule.words().to_owned(), Role::Text)]);
        fields.dim("", crate::identity::text::shown(&finding.evidence));
        match finding.rule.fix() {
            Fix::By(what) => {
                let key = view.key(Action::FindingFix);
                let words = format!(" {what}; shows a plan first");
                fields.say("fix", vec![(key, Role::Key), (words, Role::Text)]);
            }
            Fix::Decide(what) => {
                fields.add("decide", what);
            }
        }
        match &finding.who {
            Who::Member(subject) => {
                let email = &subject.email;
                fields.dim("email", if email.is_empty() { "none".to_owned() } else { email.to_string() });
                if let Some(id) = &subject.external_id {
                    fields.dim("external id", id.to_string());
                }
                fields.dim("state", if subject.active { "active" } else { "not active" });
            }
            Who::User(user) => {
                if let Some(email) = &user.email {
                    fields.dim("email", email.to_string());
                }
                fields.dim("scope", crate::workflows::fields::scope(&user.scope).to_string());
            }
        }
        fields.dim("rule", finding.rule.id());
        fields.dim("record", finding.who.reference().to_string());
        if let Some(at) = self.work.read_at() {
            let words = format!("users, policies and sessions {}", ago(at, view.now));
            fields.dim("read", words);
        }
        fields
    }

    fn draw_detail(&self, frame: &mut Frame<'_>, place: Rect, view: &View<'_>) {
        let Some(finding) = self.current() else { return };
        let title = Line::styled(finding.who.name().to_string(), view.style(Role::Title));
        let inner = pane(frame, place, title, Line::default(), false, view);
        let lines = self.facts(finding, view).lines(usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }
}
