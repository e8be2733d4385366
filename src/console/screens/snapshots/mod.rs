//! The snapshots screen: two exports, or an export and the platform as it is now, and what is different between them.

mod draw;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question, SnapshotAnswer, SnapshotQuestion};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::snapshot::{Purpose, SnapshotForm, Typed};
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Named, Rows, named};
use crate::identity::Role as Power;
use crate::identity::snapshot::{Manifest, Part};
use crate::workflows::snapshot::Reading;

use rows::Difference;

/// Its list, for who chooses columns.
pub(in crate::console) const LIST: Named = named::<rows::Difference>();

/// The snapshots screen.
#[derive(Debug, Default)]
pub struct Snapshots {
    compared: Remote<Compared>,
    rows: Rows<Difference>,
    list: List<usize>,
    reading: Option<Reading>,
    /// What is being done, or was done last.
    doing: Option<Purpose>,
    /// What was typed last, to be suggested.
    typed: Typed,
    /// What was exported last.
    written: Option<Written>,
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

/// An export that was written here.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    manifest: Manifest,
    folder: String,
}

impl Written {
    /// Where it is and what is not in it, in a phrase.
    fn words(&self) -> String {
        let titles = |parts: Vec<Part>| {
            parts.iter().map(|part| part.title().to_lowercase()).collect::<Vec<_>>().join(", ")
        };
        let (without, in_part) = self.manifest.gaps();
        let mut words = format!("exported to {}", self.folder);
        if !without.is_empty() {
            words = format!("{words}, without {}", titles(without));
        }
        if !in_part.is_empty() {
            words = format!("{words}; in part: {}", titles(in_part));
        }
        words
    }
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
        let form = SnapshotForm::new(purpose, &self.typed, is_super);
        ctx.open(Overlay::Snapshot(Box::new(form)));
    }

    /// How far reading is, in words.
    fn progress(&self) -> String {
        self.reading.map_or_else(|| "Reading".to_owned(), Reading::words)
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
            Action::Back if loading && self.reading == Some(Reading::Placing) => {
                Availability::because("the files are being put into their places, which is soon done")
            }
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
            Answer::Snapshot(SnapshotAnswer::Written { manifest, folder }) => {
                self.compared.give_up(ctx.now);
                let written = Written { manifest: *manifest, folder };
                ctx.succeeded(written.words());
                self.written = Some(written);
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
                // Another comparison is seen whole: what was filtered for was in the one before.
                self.list = List::default();
                self.list.set_filter("", &mut self.rows);
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
            let (doing, folder) = match &**question {
                SnapshotQuestion::Write { folder, project } => {
                    self.typed.project.clone_from(project);
                    (Purpose::Write, folder)
                }
                SnapshotQuestion::Compare { before, .. } => (Purpose::Compare, before),
            };
            self.doing = Some(doing);
            self.typed.folder = Some(folder.clone());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::model::tests::ctx;

    // What is being renamed cannot be called back, and "stopped" would not be true.
    #[test]
    fn an_export_is_not_stopped_while_its_files_are_put_into_their_places() {
        let (mut screen, mut ctx) = (Snapshots::default(), ctx(None));
        let question = SnapshotQuestion::Write { folder: "x".into(), project: None };
        screen.told(&Note::Snapshot(Box::new(question)), &mut ctx);
        let mut at = |reading: Reading| {
            screen.answered(Slot::Snapshot, Answer::Snapshot(SnapshotAnswer::Reading(reading)), &mut ctx);
            screen.availability(Action::Back, None)
        };
        assert_eq!(at(Reading::Part(Part::Domains)), Availability::Ready);
        assert!(matches!(at(Reading::Placing), Availability::Disabled(_)));
    }
}
