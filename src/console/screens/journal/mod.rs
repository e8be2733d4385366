//! The journal screen: every change made with this console on this machine, and taking one back.

mod draw;

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
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::console::widgets::table;
use crate::identity::directory::fold;
use crate::journal::{Entry, EntryId};

/// The journal screen.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Remote<Vec<Entry>>,
    /// Places in `entries` that match the filter, newest first.
    shown: Vec<usize>,
    table: table::State,
    selected: Option<EntryId>,
    filter: Input,
    filtering: bool,
    /// The filter was just opened: the next letter begins a new one.
    anew: bool,
    /// An entry is being read back, since when.
    settling: Option<Timestamp>,
    /// The entry fills the screen.
    open: bool,
    detail: Scroll,
}

impl Journal {
    fn read(&mut self, ctx: &mut Ctx) {
        self.entries.ask(ctx.now);
        ctx.ask(Slot::Journal, Question::Journal);
    }

    /// The selected entry.
    pub fn current(&self) -> Option<&Entry> {
        let at = *self.shown.get(self.table.selected())?;
        self.entries.value()?.get(at)
    }

    /// Applies the filter and keeps the selected entry selected.
    fn follow(&mut self) {
        let words: Vec<String> = self.filter.text().split_whitespace().map(fold).collect();
        let entries = self.entries.value().map_or(&[][..], Vec::as_slice);
        self.shown = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| {
                let text = fold(&said(entry));
                words.iter().all(|word| text.contains(word.as_str()))
            })
            .map(|(at, _)| at)
            .collect();
        let line = self.selected.and_then(|id| self.shown.iter().position(|&at| entries[at].id == id));
        match line {
            Some(line) if line != self.table.selected() => self.table.moved(line),
            Some(_) => {}
            None => self.table.select(self.table.selected().min(self.shown.len().saturating_sub(1))),
        }
    }

    fn moved(&mut self, step: impl FnOnce(&mut table::State, usize)) {
        step(&mut self.table, self.shown.len());
        self.selected = self.current().map(|entry| entry.id);
        self.detail.restart();
    }

    fn undo(&self, ctx: &mut Ctx) {
        if let Some(entry) = self.current() {
            let dialog = PlanDialog::undo(entry.id, &entry.planned.plan, ctx.now);
            ctx.open(Overlay::Plan(Box::new(dialog)));
        }
    }

    fn clear(&mut self) {
        self.filter.set("");
        self.follow();
    }
}

/// Everything an entry says, to be searched.
fn said(entry: &Entry) -> String {
    let plan = &entry.planned.plan;
    let mut words = vec![
        entry.id.to_string(),
        plan.title.clone(),
        plan.subject.to_string(),
        entry.planned.reason.to_string(),
        entry.planned.who.name.to_string(),
        entry.planned.connection.clone(),
        entry.state.words().to_owned(),
    ];
    for field in plan.changes.iter().flat_map(|change| &change.fields) {
        words.extend(field.before.known().cloned().flatten().map(|text| text.to_string()));
        words.extend(field.after.as_ref().map(ToString::to_string));
    }
    words.join(" ")
}

impl Model for Journal {
    fn scopes(&self) -> Vec<Scope> {
        if self.filtering { vec![Scope::Typing, Scope::List] } else { vec![Scope::Journal, Scope::List] }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        // It is a file on this machine: reading it again costs nothing, and what was just done stands in it.
        self.read(ctx);
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let entry = self.current();
        match action {
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
            Action::EntrySettle => {
                Availability::ready_if(entry.is_some_and(|entry| entry.state.needs_settling()))
            }
            Action::Copy => Availability::ready_if(entry.is_some()),
            Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::First | Action::Last => {
                Availability::ready_if(!self.shown.is_empty())
            }
            Action::Filter => Availability::ready_if(!self.filtering && !self.open),
            Action::Reload => Availability::Ready,
            Action::Back => Availability::ready_if(self.open || !self.filter.is_empty()),
            Action::Done | Action::Abandon => Availability::ready_if(self.filtering),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down if self.open => self.detail.by(1),
            Action::Up if self.open => self.detail.by(-1),
            Action::PageDown if self.open => self.detail.pages(1),
            Action::PageUp if self.open => self.detail.pages(-1),
            Action::First if self.open => self.detail.to_start(),
            Action::Last if self.open => self.detail.to_end(),
            Action::Down => self.moved(|table, rows| table.by(1, rows)),
            Action::Up => self.moved(|table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(|table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(|table, rows| table.pages(-1, rows)),
            Action::First => self.moved(|table, _| table.select(0)),
            Action::Last => self.moved(|table, rows| table.select(rows.saturating_sub(1))),
            Action::EntryOpen => {
                self.selected = self.current().map(|entry| entry.id);
                self.open = true;
                self.detail.restart();
            }
            Action::EntryUndo => {
                self.selected = self.current().map(|entry| entry.id);
                self.undo(ctx);
            }
            Action::EntrySettle => {
                if let Some(entry) = self.current() {
                    let id = entry.id;
                    self.settling = Some(ctx.now);
                    ctx.ask(Slot::Entry, Question::Settle(id));
                }
            }
            Action::Filter => {
                self.filtering = true;
                self.anew = true;
            }
            Action::Done => self.filtering = false,
            Action::Abandon => {
                self.filtering = false;
                self.clear();
            }
            Action::Back if self.open => {
                self.open = false;
                self.detail.restart();
            }
            Action::Back => self.clear(),
            Action::Reload => self.read(ctx),
            Action::Copy => {
                if let Some(entry) = self.current() {
                    ctx.copy("the entry", draw::report(entry));
                }
            }
            _ => {}
        }
    }

    fn takes_text(&self) -> bool {
        self.filtering
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if std::mem::take(&mut self.anew) && key.typed().is_some() {
            self.filter.set("");
        }
        if self.filter.typed(key) {
            self.follow();
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if std::mem::take(&mut self.anew) {
            self.filter.set("");
        }
        if self.filter.pasted(text) {
            self.follow();
        }
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if let Hit::Row(line) = hit {
            let again = self.selected.is_some() && line == self.table.selected();
            self.moved(|table, _| table.select(line));
            self.open = again;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        if self.open {
            self.detail.by(rows as isize);
        } else {
            self.moved(|table, all| table.wheel(rows as isize, all));
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Journal, Answer::Journal(entries)) => self.entries.answer(Ok(entries), ctx.now),
            (Slot::Journal, Answer::Failed(failure)) => self.entries.answer(Err(failure), ctx.now),
            (Slot::Entry, Answer::Settled(entry)) => {
                self.settling = None;
                ctx.say(format!("entry {}: {}", entry.id, entry.state.words()));
                self.read(ctx);
            }
            (Slot::Entry, Answer::Failed(failure)) => {
                self.settling = None;
                ctx.fail(failure);
            }
            _ => return,
        }
        self.follow();
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        // What was just written stands in the journal. Nobody has looked at it yet when it is idle.
        if matches!(note, Note::Written(_) | Note::NotWritten(_)) && self.entries != Remote::Idle {
            self.read(ctx);
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let failure = self.entries.error()?;
        Some(Line::styled(format!("{} {}", view.glyphs.failed, failure.what), view.style(Role::Danger)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.entries.loading_since(), self.settling].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
