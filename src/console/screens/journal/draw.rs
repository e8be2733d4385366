//! Drawing the journal.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::Journal;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::detail::{moment, reference};
use crate::console::screens::members::hint;
use crate::console::theme::Role;
use crate::console::widgets::diff;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::list::{Record as _, Source as _};
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::shorten::wrap;
use crate::console::widgets::table::{Row, Signs};
use crate::console::words::{ago, number};
use crate::identity::Change;
use crate::journal::{Entry, EntryState, StepState};

const FILTER_HINT: &str = "person, address, reason, number, or state:failed -by:pat …";

impl Journal {
    pub(super) fn draw_screen(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, self.current().is_some());
        if self.open && !panes.beside {
            self.draw_entry(frame, area, true, view);
            return;
        }
        let (shown, all) = (self.entries.shown() as u64, self.entries.all().len() as u64);
        let remark = match self.read.value() {
            Some(()) if self.list.filter().is_empty() => number(all),
            Some(()) => format!("{} of {}", number(shown), number(all)),
            None => String::new(),
        };
        let title = Line::styled("Journal", view.style(Role::Title));
        let remark = Line::styled(remark, view.style(Role::Muted));
        let inner = pane(frame, panes.list, title, remark, view.focused && !self.open, view);
        let inner = self.list.draw_filter(frame, inner, FILTER_HINT, view);
        if self.entries.shown() == 0 {
            self.draw_nothing(frame, inner, view);
        } else {
            self.draw_table(frame, inner, view);
        }
        if let Some(place) = panes.detail {
            self.draw_entry(frame, place, self.open, view);
        }
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let row = |line: usize| {
            let Some(entry) = self.entries.at(line) else { return Row::default() };
            let plan = &entry.planned.plan;
            let (state, role) = state(entry, view);
            Row { signs: Signs { dim: entry.undone_by.is_some(), ..Signs::default() }, cells: Vec::new() }
                .cell(plan.title.clone(), Role::Text)
                .cell(plan.subject.to_string(), Role::Text)
                .cell(state, role)
                .cell(entry.planned.reason.to_string(), Role::Muted)
                .cell(entry.planned.who.name.to_string(), Role::Muted)
                .cell(ago(entry.at, view.now), Role::Muted)
        };
        let mut content = vec![0u16; Entry::COLUMNS.len()];
        for line in 0..self.entries.shown().min(500) {
            for (width, cell) in content.iter_mut().zip(&row(line).cells) {
                *width = (*width).max(cell.words.width().min(200) as u16);
            }
        }
        self.list.draw_rows(frame, area, &self.entries, &content, &row, view);
    }

    fn draw_nothing(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let muted = view.style(Role::Muted);
        let mut lines = vec![Line::default()];
        match (self.read.error(), self.read.value()) {
            (Some(failure), _) => {
                lines.push(Line::styled(failure.what.clone(), view.style(Role::Title)));
                lines.push(Line::styled(
                    format!("{} {}", failure.why, failure.next).trim().to_owned(),
                    view.style(Role::Text),
                ));
                lines.push(hint(&[(Action::Reload, "tries again")], view));
            }
            (None, Some(())) if self.entries.all().is_empty() => {
                lines.push(Line::styled("Nothing was changed with this console on this machine yet.", muted));
                lines.push(Line::styled(
                    "Every change you apply is written down here and can be taken back.",
                    muted,
                ));
            }
            (None, Some(())) => {
                let filter = crate::identity::text::shown(self.list.filter()).into_owned();
                lines.push(Line::styled(format!("No entry matches {filter}."), muted));
                let clear = if self.list.is_filtering() { Action::Abandon } else { Action::Back };
                lines.push(hint(&[(clear, "clears the filter")], view));
            }
            (None, None) => {}
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }

    fn draw_entry(&self, frame: &mut Frame<'_>, place: Rect, focused: bool, view: &View<'_>) {
        let Some(entry) = self.current() else { return };
        let title = Line::from(vec![
            Span::styled(entry.planned.plan.title.clone(), view.style(Role::Title)),
            Span::styled(
                format!(" {} {}", view.glyphs.dot, entry.planned.plan.subject),
                view.style(Role::Title),
            ),
        ]);
        let remark = Line::styled(format!("entry {}", entry.id), view.style(Role::Muted));
        let inner = pane(frame, place, title, remark, focused && view.focused, view);
        let lines = entry_lines(entry, usize::from(inner.width), view);
        self.list.detail.draw(frame, inner, &lines, view);
    }
}

fn state(entry: &Entry, view: &View<'_>) -> (String, Role) {
    if let Some(by) = entry.undone_by {
        return (format!("undone by {by}"), Role::Muted);
    }
    let (glyph, role) = match entry.state {
        EntryState::Done => (view.glyphs.ok, Role::Text),
        EntryState::Failed => (view.glyphs.failed, Role::Muted),
        EntryState::Running => (view.glyphs.dot, Role::Pending),
        EntryState::Partly | EntryState::Interrupted | EntryState::Unsure => {
            (view.glyphs.warning, Role::Warn)
        }
    };
    (format!("{glyph} {}", entry.state.words()), role)
}

fn entry_lines(entry: &Entry, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let planned = &entry.planned;
    let mut lines = Vec::new();
    for (n, (change, step)) in planned.plan.changes.iter().zip(&entry.steps).enumerate() {
        if n > 0 {
            lines.push(Line::default());
        }
        let (glyph, role) = match step.state {
            StepState::Verified => (view.glyphs.ok, Role::Ok),
            StepState::Failed => (view.glyphs.failed, Role::Danger),
            StepState::Planned => (view.glyphs.dot, Role::Muted),
            StepState::Sent | StepState::Answered | StepState::Unsure | StepState::Settled(_) => {
                (view.glyphs.warning, Role::Warn)
            }
        };
        let mut front = Span::styled(format!("{glyph} "), view.style(role));
        let words = format!("{}{}: {}", whose(change), change.label, step.state.words());
        for part in wrap(&words, width.saturating_sub(2)) {
            lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Text))]));
            front = Span::raw("  ");
        }
        lines.extend(diff::lines(&change.fields, width, view));
        if let Some(why) = &step.why {
            for part in wrap(&why.to_string(), width.saturating_sub(2)) {
                lines.push(Line::styled(format!("  {part}"), view.style(Role::Warn)));
            }
        }
    }
    lines.push(Line::default());
    let mut fields = Fields::new();
    if planned.reason.is_empty() {
        fields.dim("reason", "none given");
    } else {
        fields.add("reason", planned.reason.to_string());
    }
    let who = &planned.who;
    let dot = view.glyphs.dot;
    fields.say(
        "by",
        vec![
            (who.name.to_string(), Role::Text),
            (
                format!(" {dot} {} of {} {dot} {}", who.role.words(), who.project, planned.connection),
                Role::Muted,
            ),
        ],
    );
    fields.add("when", moment(entry.at, view));
    let (words, role) = state(entry, view);
    fields.say("state", vec![(words, role)]);
    if let Some(undoes) = planned.plan.undoes {
        let all = std::iter::once(&undoes).chain(&planned.plan.undoes_also);
        let all: Vec<String> = all.map(|undoes| format!("entry {undoes}")).collect();
        fields.add("undoes", all.join(", "));
    }
    if let Some(resumes) = planned.plan.resumes {
        fields.add("goes on with", format!("entry {resumes}"));
    }
    if let Some(by) = entry.resumed_by {
        fields.add("gone on", format!("with by entry {by}"));
    }
    if !planned.plan.undo.is_empty() && entry.undone_by.is_none() {
        fields.dim("undo", planned.plan.undo.clone());
    }
    if let Some(user) = &planned.plan.user {
        fields.dim("user", reference(&user.reference(), view));
    }
    for step in &entry.steps {
        if let Some(made) = &step.made {
            fields.add("made", made.to_string());
        }
        if let Some(id) = &step.request_id {
            fields.dim("request", id.to_string());
        }
    }
    lines.extend(fields.lines(width, view));
    lines
}

/// "Kim Park: ", where a change of many says whom it is about.
fn whose(change: &Change) -> String {
    change.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default()
}

/// The entry as plain text, to be pasted into a ticket.
pub(super) fn report(entry: &Entry) -> String {
    let planned = &entry.planned;
    let mut out =
        vec![format!("{} · {} (journal entry {})", planned.plan.title, planned.plan.subject, entry.id)];
    for (change, step) in planned.plan.changes.iter().zip(&entry.steps) {
        out.push(format!("{}{}: {}", whose(change), change.label, step.state.words()));
        for field in &change.fields {
            out.push(format!("  {}: {} -> {}", field.field, diff::before(field), diff::after(field)));
        }
    }
    out.push(format!("reason: {}", planned.reason));
    out.push(format!("by {} over {} at {}", planned.who.name, planned.connection, entry.at));
    out.join("\n")
}
