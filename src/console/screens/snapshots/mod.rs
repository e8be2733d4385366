//! The snapshots screen: two exports, or an export and the platform as it is now, and what is different between them.

mod draw;
mod rows;

use std::path::PathBuf;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question, SnapshotAnswer, SnapshotQuestion};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::snapshot::{Purpose, SnapshotForm};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Rows};
use crate::console::words::number;
use crate::identity::Role as Power;
use crate::identity::snapshot::Manifest;
use crate::workflows::snapshot::Reading;

use rows::Difference;

/// The snapshots screen.
#[derive(Debug, Default)]
pub struct Snapshots {
    compared: Remote<Compared>,
    rows: Rows<Difference>,
    list: List<usize>,
    reading: Option<Reading>,
    /// The folder that was written or compared last, to be suggested.
    last: Option<PathBuf>,
    /// A difference fills the screen.
    open: bool,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq)]
struct Compared {
    before: Manifest,
    after: Manifest,
    differences: usize,
    hidden: usize,
    summary: String,
}

impl Snapshots {
    /// The selected difference.
    fn current(&self) -> Option<&Difference> {
        self.rows.at(self.list.line())
    }

    fn ask(&mut self, question: SnapshotQuestion, ctx: &mut Ctx) {
        self.reading = None;
        self.open = false;
        self.compared.ask(ctx.now);
        ctx.ask(Slot::Snapshot, Question::Snapshot(question));
    }

    fn form(&self, purpose: Purpose, ctx: &mut Ctx) {
        let session = ctx.session.clone();
        let is_super = session.as_ref().is_some_and(|session| session.caller.role == Power::SuperAdmin);
        let last = self.last.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let form = SnapshotForm::new(purpose, &last, is_super);
        ctx.open(Overlay::Snapshot(Box::new(form)));
    }

    /// How far reading is, in words.
    fn progress(&self) -> String {
        match self.reading {
            None => "Reading".to_owned(),
            Some(Reading::Members(0, _)) => "Reading members".to_owned(),
            Some(Reading::Members(read, None)) => format!("Reading members, {}", number(read)),
            Some(Reading::Members(read, Some(all))) => {
                format!("Reading members, {} of {}", number(read), number(all))
            }
            Some(Reading::Part(part)) => format!("Reading {}", part.title().to_lowercase()),
        }
    }
}

impl Model for Snapshots {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Snapshots, Scope::List]
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let loading = self.compared.loading_since().is_some();
        match action {
            Action::SnapshotCompare | Action::SnapshotWrite if loading => {
                Availability::because("something is being read already; Esc stops it")
            }
            Action::SnapshotCompare | Action::SnapshotWrite => Availability::Ready,
            Action::SnapshotOpen => Availability::ready_if(self.current().is_some() && !self.open),
            Action::Filter if self.open => Availability::Hidden,
            Action::Back if self.open || loading => Availability::Ready,
            Action::Copy => Availability::ready_if(self.current().is_some()),
            _ => {
                let rows = self.compared.value().map(|_| &self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::SnapshotCompare => self.form(Purpose::Compare, ctx),
            Action::SnapshotWrite => self.form(Purpose::Write, ctx),
            Action::Back if self.compared.loading_since().is_some() => {
                ctx.cancel(Slot::Snapshot);
                self.compared.give_up(ctx.now);
            }
            Action::Down if self.open => self.list.detail.by(1),
            Action::Up if self.open => self.list.detail.by(-1),
            Action::PageDown if self.open => self.list.detail.pages(1),
            Action::PageUp if self.open => self.list.detail.pages(-1),
            Action::First if self.open => self.list.detail.to_start(),
            Action::Last if self.open => self.list.detail.to_end(),
            Action::SnapshotOpen => {
                if let Some(key) = self.current().map(|one| one.n) {
                    self.list.settle_on(key);
                    self.open = true;
                    self.list.detail.restart();
                }
            }
            Action::Back if self.open => {
                self.open = false;
                self.list.detail.restart();
            }
            Action::Copy => {
                if let Some(one) = self.current() {
                    ctx.copy("the difference", one.said().to_owned());
                }
            }
            _ => {
                self.list.act(action, &mut self.rows, ctx);
            }
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.list.typed(key, &mut self.rows);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.rows);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let again = self.list.clicked(hit, &mut self.rows, ctx);
        if matches!(hit, Hit::Row(_)) {
            self.open = again;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        if self.open {
            self.list.detail.by(rows as isize);
        } else {
            self.list.scrolled(rows, &self.rows);
        }
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Snapshot(SnapshotAnswer::Reading(reading)) => self.reading = Some(reading),
            Answer::Snapshot(SnapshotAnswer::Written { folder, .. }) => {
                self.compared.give_up(ctx.now);
                ctx.succeeded(format!("exported to {folder}"));
            }
            Answer::Snapshot(SnapshotAnswer::Compared(drift)) => {
                let summary = drift.summary();
                let told = Compared {
                    before: drift.before.clone(),
                    after: drift.after.clone(),
                    differences: drift.changes.len(),
                    hidden: drift.not_compared.len(),
                    summary,
                };
                self.compared.answer(Ok(told), ctx.now);
                self.rows.set(rows::of(*drift));
                self.list = List::default();
                self.list.follow(&self.rows);
            }
            Answer::Failed(failure) => {
                // What was compared before stays; a new failure is told above it.
                self.compared.answer(Err(failure.clone()), ctx.now);
                if self.compared.value().is_some() {
                    ctx.fail(failure);
                }
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if let Note::Snapshot(question) = note {
            self.last = Some(match &**question {
                SnapshotQuestion::Write { folder, .. } => folder.clone(),
                SnapshotQuestion::Compare { before, .. } => before.clone(),
            });
            self.ask((**question).clone(), ctx);
        }
        self.list.told(note, &mut self.rows, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if self.compared.loading_since().is_some() {
            let words = format!("{}{}", self.progress(), view.glyphs.ellipsis);
            return Some(Line::styled(words, view.style(Role::Muted)));
        }
        let failure = self.compared.error()?;
        Some(Line::styled(format!("{} {}", view.glyphs.failed, failure.what), view.style(Role::Danger)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.compared.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
