//! The journal screen: every change made with this console on this machine, and taking one back.

mod draw;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Rows};
use crate::journal::{Entry, EntryId, EntryState};

/// The journal screen.
#[derive(Debug, Default)]
pub struct Journal {
    read: Remote<()>,
    entries: Rows<Entry>,
    list: List<EntryId>,
    /// An entry is being read back, since when.
    settling: Option<Timestamp>,
    /// The entry fills the screen.
    open: bool,
}

impl Journal {
    fn read_anew(&mut self, ctx: &mut Ctx) {
        self.read.ask(ctx.now);
        ctx.ask(Slot::Journal, Question::Journal);
    }

    /// The selected entry.
    pub fn current(&self) -> Option<&Entry> {
        self.entries.at(self.list.line())
    }

    fn settle_on(&mut self) {
        if let Some(id) = self.current().map(|entry| entry.id) {
            self.list.settle_on(id);
        }
    }

    fn undo(&self, ctx: &mut Ctx) {
        if let Some(entry) = self.current() {
            let dialog = PlanDialog::undo(entry.id, &entry.planned.plan, ctx.now);
            ctx.open(Overlay::Plan(Box::new(dialog)));
        }
    }
}

/// Whether something of it may be left to be done.
fn resumable(entry: &Entry) -> Availability {
    if let Some(by) = entry.resumed_by {
        return Availability::because(format!("it was gone on with already, by entry {by}"));
    }
    if entry.undone_by.is_some() || entry.being_undone_by.is_some() {
        return Availability::Hidden;
    }
    match entry.state {
        EntryState::Running => Availability::because("it is still running"),
        EntryState::Done => Availability::Hidden,
        EntryState::Interrupted | EntryState::Unsure | EntryState::Partly | EntryState::Failed => {
            Availability::Ready
        }
    }
}

impl Model for Journal {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Journal, Scope::List]
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        // It is a file on this machine: reading it again costs nothing, and what was just done stands in it.
        self.read_anew(ctx);
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let entry = self.current();
        match action {
            Action::Filter if self.open => Availability::Hidden,
            Action::Back if self.open => Availability::Ready,
            Action::EntryOpen => Availability::ready_if(entry.is_some() && !self.open),
            Action::EntryUndo => match entry {
                None => Availability::Hidden,
                Some(entry) => match entry.undone_by {
                    Some(by) => Availability::because(format!("it was taken back already, by entry {by}")),
                    None if entry.state.needs_settling() => {
                        Availability::because("it is not known how it ended; settle it first")
                    }
                    None if !entry.can_be_undone() => {
                        Availability::because("nothing of it stands on the platform")
                    }
                    None => Availability::Ready,
                },
            },
            Action::EntryResume => entry.map_or(Availability::Hidden, resumable),
            Action::EntrySettle => {
                Availability::ready_if(entry.is_some_and(|entry| entry.state.needs_settling()))
            }
            Action::Copy => Availability::ready_if(entry.is_some()),
            Action::Reload => Availability::Ready,
            _ => self.list.availability(action, Some(&self.entries)).unwrap_or(Availability::Hidden),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down if self.open => self.list.detail.by(1),
            Action::Up if self.open => self.list.detail.by(-1),
            Action::PageDown if self.open => self.list.detail.pages(1),
            Action::PageUp if self.open => self.list.detail.pages(-1),
            Action::First if self.open => self.list.detail.to_start(),
            Action::Last if self.open => self.list.detail.to_end(),
            Action::EntryOpen => {
                self.settle_on();
                self.open = true;
                self.list.detail.restart();
            }
            Action::EntryUndo => {
                self.settle_on();
                self.undo(ctx);
            }
            Action::EntryResume => {
                self.settle_on();
                if let Some(entry) = self.current() {
                    let dialog = PlanDialog::resume(entry.id, &entry.planned.plan, ctx.now);
                    ctx.open(Overlay::Plan(Box::new(dialog)));
                }
            }
            Action::EntrySettle => {
                if let Some(entry) = self.current() {
                    let id = entry.id;
                    self.settling = Some(ctx.now);
                    ctx.ask(Slot::Entry, Question::Settle(id));
                }
            }
            Action::Back if self.open => {
                self.open = false;
                self.list.detail.restart();
            }
            Action::Reload => self.read_anew(ctx),
            Action::Copy => {
                if let Some(entry) = self.current() {
                    ctx.copy("the entry", draw::report(entry));
                }
            }
            _ => {
                self.list.act(action, &mut self.entries, ctx);
            }
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.list.typed(key, &mut self.entries);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.entries);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        let again = self.list.clicked(hit, &mut self.entries, ctx);
        if matches!(hit, Hit::Row(_)) {
            self.open = again;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        if self.open {
            self.list.detail.by(rows as isize);
        } else {
            self.list.scrolled(rows, &self.entries);
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Journal, Answer::Journal(entries)) => {
                self.read.answer(Ok(()), ctx.now);
                self.entries.set(entries);
                self.list.forget_gone(&self.entries);
            }
            (Slot::Journal, Answer::Failed(failure)) => self.read.answer(Err(failure), ctx.now),
            (Slot::Entry, Answer::Settled(entry)) => {
                self.settling = None;
                ctx.say(format!("entry {}: {}", entry.id, entry.state.words()));
                self.read_anew(ctx);
            }
            (Slot::Entry, Answer::Failed(failure)) => {
                self.settling = None;
                ctx.fail(failure);
            }
            _ => return,
        }
        self.list.follow(&self.entries);
        // The filter may not show it any more.
        self.open &= self.current().is_some();
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        // What was just written stands in the journal. Nobody has looked at it yet when it is idle.
        if matches!(note, Note::Written(_) | Note::NotWritten(_)) && self.read != Remote::Idle {
            self.read_anew(ctx);
        }
        self.list.told(note, &mut self.entries, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let failure = self.read.error()?;
        Some(Line::styled(format!("{} {}", view.glyphs.failed, failure.what), view.style(Role::Danger)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.read.loading_since(), self.settling].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
