//! A plan of many rows in the dialog: a summary before the rows, progress instead of steps, and afterwards first
//! what was not done.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::PlanDialog;
use super::content::{LABEL, hang};
use crate::console::effect::{Applied, NotApplied};
use crate::console::model::{Ctx, Note, View};
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::widgets::lines::Lines;
use crate::console::widgets::shorten::{Cut, shorten};
use crate::console::widgets::{diff, progress};
use crate::console::words::{count, number};
use crate::identity::{Change, MembershipId, OnFailure};
use crate::journal::{StepRecord, StepState};
use crate::workflows::apply::Wish;

/// Failures named while it runs; all of them are told at the end.
const NAMED: usize = 8;
/// Widest name in front of a row.
const NAME: usize = 28;
/// So many rows are told in full.
const IN_FULL: usize = 300;

impl PlanDialog {
    /// Its changes are rows, each for itself.
    pub(super) fn has_rows(&self) -> bool {
        self.plan.on_failure == OnFailure::GoOn && self.plan.changes.len() > 1
    }

    /// What is to be decided: everything that is not a row comes first, so that it has been seen before the first
    /// row is. The rows may be too many to be read; their number has to be typed instead.
    pub(super) fn plan_rows<'a>(&'a self, width: usize, view: &'a View<'_>) -> Lines<'a> {
        let plan = &self.plan;
        let mut lines = Vec::new();
        hang(&mut lines, ("", Role::Muted), 0, &view.parts(&plan.about), Role::Muted, width, view);
        lines.push(Line::default());
        for (words, n) in self.summary.get_or_init(|| summary(&plan.changes)) {
            let front = format!("{} ", number(*n));
            hang(&mut lines, (&front, Role::Title), front.width(), words, Role::Text, width, view);
        }
        if !plan.warnings.is_empty() {
            lines.push(Line::default());
            let glyph = format!("{} ", view.glyphs.warning);
            for warning in &plan.warnings {
                hang(&mut lines, (&glyph, Role::Warn), 2, warning, Role::Text, width, view);
            }
        }
        lines.push(Line::default());
        for (i, also) in plan.also.iter().enumerate() {
            let label = if i == 0 { "Also" } else { "" };
            hang(&mut lines, (label, Role::Muted), LABEL, also, Role::Text, width, view);
        }
        if !plan.undo.is_empty() {
            hang(&mut lines, ("Undo", Role::Muted), LABEL, &plan.undo, Role::Text, width, view);
        }
        lines.push(Line::default());
        self.head.set(lines.len() + 1);
        let mut lines = Lines::from(lines);
        self.add_rows(&mut lines, plan.changes.iter().collect(), width, view);
        lines
    }

    /// A line for each.
    fn add_rows<'a>(
        &self,
        lines: &mut Lines<'a>,
        changes: Vec<&'a Change>,
        width: usize,
        view: &'a View<'_>,
    ) {
        let room = *self.name_width.get_or_init(|| name_width(&self.plan.changes));
        lines.add_rows(changes.len(), move |at| row(changes[at], room, width, view));
    }

    /// How far it is.
    pub(super) fn progress_rows(
        &self,
        steps: &[StepState],
        since: jiff::Timestamp,
        view: &View<'_>,
    ) -> Vec<Line<'static>> {
        let muted = view.style(Role::Muted);
        let failed: Vec<&Change> = self.in_state(steps, |state| state == StepState::Failed).collect();
        let (rows, left) = (self.tally.total() as u64, self.tally.left() as u64);
        let mut lines = vec![
            Line::styled("Applying; a write is finished whatever happens to this screen.", muted),
            Line::default(),
            progress::line("row", rows - left, Some(rows), view),
        ];
        let words = self.tally.words(self.at_work(since, view.now));
        lines.push(Line::styled(view.parts(&words), muted));
        match self.hold {
            Wish::Run => {
                if let Some(change) = self.tally.next().and_then(|step| self.plan.changes.get(step)) {
                    lines.push(Line::styled(who(change, self), muted));
                }
            }
            Wish::Pause => lines.push(Line::styled("Paused. Nothing more goes out.", view.style(Role::Warn))),
            Wish::Stop => {
                let words = "Stopping after the rows on their way.";
                lines.push(Line::styled(words, view.style(Role::Warn)));
            }
        }
        if !failed.is_empty() {
            lines.push(Line::default());
            let words = format!("{} not done", number(failed.len() as u64));
            lines.push(Line::styled(words, view.style(Role::Warn)));
            for change in failed.iter().rev().take(NAMED) {
                lines.push(Line::from(vec![
                    Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
                    Span::styled(who(change, self), view.style(Role::Text)),
                ]));
            }
        }
        lines
    }

    /// All of it stands on the platform.
    pub(super) fn done_rows<'a>(
        &'a self,
        applied: &'a Applied,
        width: usize,
        view: &'a View<'_>,
    ) -> Lines<'a> {
        let mut lines = Vec::new();
        let rows = count(self.tally.total() as u64, "row", "rows");
        let glyph = format!("{} ", view.glyphs.ok);
        hang(
            &mut lines,
            (&glyph, Role::Ok),
            2,
            &format!("{rows} done and read back"),
            Role::Title,
            width,
            view,
        );
        let words = format!("Written down in the journal as entry {}.", applied.entry);
        hang(&mut lines, ("", Role::Muted), 2, &words, Role::Muted, width, view);
        if !self.plan.undo.is_empty() {
            hang(&mut lines, ("Undo", Role::Muted), LABEL, &self.plan.undo, Role::Muted, width, view);
        }
        lines.push(Line::default());
        // A mail that did not go out, an answer that was lost: done, and worth a line.
        let (told, rest): (Vec<_>, Vec<_>) =
            self.plan.changes.iter().zip(&applied.steps).partition(|(_, step)| step.why.is_some());
        let sign = (view.glyphs.warning, Role::Warn);
        let mut lines = Lines::from(lines);
        self.add_told(&mut lines, told, sign, width, view);
        self.add_rows(&mut lines, rest.into_iter().map(|(change, _)| change).collect(), width, view);
        lines
    }

    /// Some rows are not done: those first, each with its reason.
    pub(super) fn stopped_rows<'a>(
        &'a self,
        outcome: &'a NotApplied,
        width: usize,
        view: &'a View<'_>,
    ) -> Lines<'a> {
        let mut lines = Vec::new();
        let glyph = format!("{} ", view.glyphs.warning);
        hang(&mut lines, (&glyph, Role::Warn), 2, &outcome.failure.what, Role::Title, width, view);
        hang(&mut lines, ("", Role::Text), 2, &outcome.failure.next, Role::Text, width, view);
        let with = |wanted: fn(&StepRecord) -> bool| {
            self.plan.changes.iter().zip(&outcome.steps).filter(move |(_, step)| wanted(step))
        };
        let head = |words: &str, n: usize| {
            let words = format!("{words}: {}", number(n as u64));
            vec![Line::default(), Line::styled(words, view.style(Role::Title))]
        };
        let bad: fn(&StepRecord) -> bool =
            |step| !step.state.is_written() && step.state != StepState::Planned;
        let mut lines = Lines::from(lines);
        let (doubted, failed): (Vec<_>, Vec<_>) = with(bad).partition(|(_, step)| step.state.is_open());
        if !(failed.is_empty() && doubted.is_empty()) {
            lines.add(head("Not done", failed.len() + doubted.len()));
        }
        self.add_told(&mut lines, failed, (view.glyphs.failed, Role::Danger), width, view);
        self.add_told(&mut lines, doubted, (view.glyphs.warning, Role::Warn), width, view);
        let untried: fn(&StepRecord) -> bool = |step| step.state == StepState::Planned;
        let done: fn(&StepRecord) -> bool = |step| step.state.is_written();
        for (words, wanted) in [("Not tried", untried), ("Done", done)] {
            let rows: Vec<&Change> = with(wanted).map(|(change, _)| change).collect();
            if !rows.is_empty() {
                lines.add(head(words, rows.len()));
                self.add_rows(&mut lines, rows, width, view);
            }
        }
        lines
    }

    /// Each with what is to be said of it: the first in full, of very many the others in one line.
    fn add_told<'a>(
        &'a self,
        lines: &mut Lines<'a>,
        rows: Vec<(&'a Change, &'a StepRecord)>,
        (glyph, role): (&'a str, Role),
        width: usize,
        view: &'a View<'_>,
    ) {
        let words = move |change: &Change, step: &StepRecord| {
            let why = step.why.as_ref().map_or_else(|| step.state.words().to_owned(), ToString::to_string);
            format!("{}: {why}", who(change, self))
        };
        let front = format!("{glyph} ");
        let mut full = Vec::new();
        for (change, step) in rows.iter().take(IN_FULL) {
            hang(&mut full, (&front, role), 2, &words(change, step), Role::Text, width, view);
        }
        lines.add(full);
        let rest = rows.len().saturating_sub(IN_FULL);
        lines.add_rows(rest, move |at| {
            let (change, step) = rows[IN_FULL + at];
            let room = width.saturating_sub(front.width());
            let words = shorten(&words(change, step), room, Cut::End, view.glyphs.ellipsis);
            Line::from(vec![
                Span::styled(front.clone(), view.style(role)),
                Span::styled(words, view.style(Role::Text)),
            ])
        });
    }

    /// Tells the screens which members stand otherwise now, so that they read them again.
    pub(super) fn tell_rows(&self, steps: &[StepRecord], ctx: &mut Ctx) {
        if !self.has_rows() {
            return;
        }
        let written = self.plan.changes.iter().zip(steps).filter(|(_, step)| step.state.is_written());
        // Somebody new comes into the list.
        let whom = written.flat_map(|(change, step)| [Some(&change.target), step.made.as_ref()]).flatten();
        let members = whom.filter(|reference| &*reference.kind == MembershipId::KIND);
        let ids: Vec<MembershipId> =
            members.map(|reference| MembershipId::new(reference.id.clone())).collect();
        if !ids.is_empty() {
            ctx.tell(Note::Rows(ids));
        }
    }

    fn in_state<'a>(
        &'a self,
        steps: &'a [StepState],
        wanted: impl Fn(StepState) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Change> {
        self.plan.changes.iter().zip(steps).filter(move |(_, step)| wanted(**step)).map(|(change, _)| change)
    }
}

/// What the rows have in common and how many share it, in the order of their first row.
fn summary(changes: &[Change]) -> Vec<(String, u64)> {
    let mut kinds: Vec<(String, u64)> = Vec::new();
    for change in changes {
        // What the label says already is not said twice.
        let fields = change.fields.iter().map(|field| field.field.as_str());
        let fields: Vec<&str> = fields.filter(|field| !change.label.contains(field)).collect();
        let words = if fields.is_empty() {
            change.label.clone()
        } else {
            format!("{}: {}", change.label, fields.join(", "))
        };
        match kinds.iter_mut().find(|(known, _)| *known == words) {
            Some((_, n)) => *n += 1,
            None => kinds.push((words, 1)),
        }
    }
    kinds
}

fn who(change: &Change, dialog: &PlanDialog) -> String {
    change.who.as_ref().unwrap_or(&dialog.plan.subject).to_string()
}

fn name_width(changes: &[Change]) -> usize {
    let widths = changes.iter().filter_map(|change| change.who.as_ref()).map(|who| who.to_string().width());
    widths.max().unwrap_or(0).min(NAME)
}

/// `Jane Smith   yes → no`
fn row(change: &Change, room: usize, width: usize, view: &View<'_>) -> Line<'static> {
    let name = change.who.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = shorten(&name, room, Cut::End, view.glyphs.ellipsis);
    let arrow = view.glyphs.arrow;
    let of = |field: &crate::identity::FieldChange| {
        let name = if change.fields.len() > 1 { format!("{} ", field.field) } else { String::new() };
        format!("{name}{} {arrow} {}", diff::before(field), diff::after(field))
    };
    let joint = format!(" {} ", view.glyphs.dot);
    let values = change.fields.iter().map(of).collect::<Vec<_>>().join(&joint);
    let values = shorten(&values, width.saturating_sub(room + 3), Cut::End, view.glyphs.ellipsis);
    Line::from(vec![
        Span::styled(format!("{}   ", pad(&name, room)), view.style(Role::Text)),
        Span::styled(values, view.style(Role::Muted)),
    ])
}
