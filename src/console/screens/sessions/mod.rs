//! The sessions screen: one's own, everybody's for super admins; ending one, the marked ones, all of a person.

mod draw;

use std::collections::BTreeSet;

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
use crate::console::words::count;
use crate::identity::directory::fold;
use crate::identity::{LoginSession, SessionId, Text};
use crate::workflows::intent::Intent;
use crate::workflows::sessions::Sessions as Found;

/// The sessions screen.
#[derive(Debug, Default)]
pub struct Sessions {
    found: Remote<Found>,
    /// Places in the list that match the filter.
    shown: Vec<usize>,
    table: table::State,
    selected: Option<SessionId>,
    marks: BTreeSet<SessionId>,
    filter: Input,
    filtering: bool,
    /// The filter was just opened: the next letter begins a new one.
    anew: bool,
    detail: Scroll,
}

impl Sessions {
    fn read(&mut self, ctx: &mut Ctx) {
        self.found.ask(ctx.now);
        ctx.ask(Slot::Sessions, Question::Sessions);
    }

    fn list(&self) -> &[LoginSession] {
        self.found.value().map_or(&[], |found| found.list.as_slice())
    }

    /// The selected session.
    fn current(&self) -> Option<&LoginSession> {
        self.list().get(*self.shown.get(self.table.selected())?)
    }

    /// Applies the filter and keeps the selected session selected.
    fn follow(&mut self) {
        let words: Vec<String> = self.filter.text().split_whitespace().map(fold).collect();
        let list = self.found.value().map_or(&[][..], |found| found.list.as_slice());
        let fits = |session: &LoginSession| {
            let said = fold(&said(session));
            words.iter().all(|word| said.contains(word.as_str()))
        };
        self.shown = (0..list.len()).filter(|&at| fits(&list[at])).collect();
        let place =
            self.selected.as_ref().and_then(|id| self.shown.iter().position(|&at| list[at].id == *id));
        match place {
            Some(place) if place != self.table.selected() => self.table.moved(place),
            Some(_) => {}
            None => self.table.select(self.table.selected().min(self.shown.len().saturating_sub(1))),
        }
        self.marks.retain(|id| list.iter().any(|session| session.id == *id));
    }

    fn moved(&mut self, step: impl FnOnce(&mut table::State, usize)) {
        step(&mut self.table, self.shown.len());
        self.selected = self.current().map(|session| session.id.clone());
        self.detail.restart();
    }

    fn clear(&mut self) {
        if self.filter.is_empty() {
            self.marks.clear();
        } else {
            self.filter.set("");
            self.follow();
        }
    }

    /// Every session of the selected one's user.
    fn of_same_user(&self) -> Vec<SessionId> {
        let Some(user) = self.current().and_then(|session| session.user.as_ref()) else { return Vec::new() };
        let same = |session: &&LoginSession| session.user.as_ref().is_some_and(|other| other.id == user.id);
        self.list().iter().filter(same).map(|session| session.id.clone()).collect()
    }
}

/// Straight to the plan.
fn end(sessions: Vec<SessionId>, ctx: &mut Ctx) {
    let subject = Text::from(count(sessions.len() as u64, "session", "sessions"));
    let plan = PlanDialog::wanted(Intent::EndSessions { sessions }, subject, false, ctx.now);
    ctx.open(Overlay::Plan(Box::new(plan)));
}

/// The user's address at the time of the sign-in, else their reference.
fn whose(session: &LoginSession) -> String {
    session.user.as_ref().map_or_else(
        || "nobody".to_owned(),
        |user| user.display.as_ref().map_or_else(|| user.to_string(), ToString::to_string),
    )
}

/// The client by name.
fn client(session: &LoginSession) -> String {
    session.client.as_ref().map_or_else(String::new, |client| {
        client.display.as_ref().map_or_else(|| client.to_string(), ToString::to_string)
    })
}

/// Everything that the filter looks in.
fn said(session: &LoginSession) -> String {
    format!("{} {} {}", whose(session), session.words(), client(session))
}

impl Model for Sessions {
    fn scopes(&self) -> Vec<Scope> {
        if self.filtering { vec![Scope::Typing, Scope::List] } else { vec![Scope::Sessions, Scope::List] }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if ctx.session.is_some() && self.found.loading_since().is_none() {
            self.read(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let some = self.current().is_some();
        match action {
            Action::SessionEnd | Action::SessionEndAll | Action::Mark | Action::Copy => {
                Availability::ready_if(some)
            }
            Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::First | Action::Last => {
                Availability::ready_if(!self.shown.is_empty())
            }
            Action::Filter => Availability::ready_if(!self.filtering && self.found.value().is_some()),
            Action::Reload => match self.found.loading_since() {
                Some(_) => Availability::because("the sessions are being read already"),
                None => Availability::Ready,
            },
            Action::Back => Availability::ready_if(!self.filter.is_empty() || !self.marks.is_empty()),
            Action::Done | Action::Abandon => Availability::ready_if(self.filtering),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::SessionEnd => {
                let marked: Vec<SessionId> = self.marks.iter().cloned().collect();
                let selected = self.current().map(|session| session.id.clone());
                let these = if marked.is_empty() { selected.into_iter().collect() } else { marked };
                end(these, ctx);
            }
            Action::SessionEndAll => end(self.of_same_user(), ctx),
            Action::Down => self.moved(|table, rows| table.by(1, rows)),
            Action::Up => self.moved(|table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(|table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(|table, rows| table.pages(-1, rows)),
            Action::First => self.moved(|table, _| table.select(0)),
            Action::Last => self.moved(|table, rows| table.select(rows.saturating_sub(1))),
            Action::Mark => {
                if let Some(id) = self.current().map(|session| session.id.clone()) {
                    if !self.marks.remove(&id) {
                        self.marks.insert(id);
                    }
                    self.moved(|table, rows| table.by(1, rows));
                }
            }
            Action::Copy => {
                if let Some(session) = self.current() {
                    ctx.copy("the session", session.id.reference().to_string());
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
            Action::Back => self.clear(),
            Action::Reload => self.read(ctx),
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        (action == Action::Back).then_some("clear")
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
            self.moved(|table, _| table.select(line));
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.moved(|table, all| table.wheel(rows as isize, all));
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Sessions(found) => self.found.answer(Ok(*found), ctx.now),
            Answer::Failed(failure) => self.found.answer(Err(failure), ctx.now),
            _ => return,
        }
        self.follow();
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        // A session may have been ended, here or with an offboarding. Nobody has looked yet when it is idle.
        if matches!(note, Note::Written(_)) && self.found != Remote::Idle {
            self.read(ctx);
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.found.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Danger)));
        }
        let marked = self.marks.len() as u64;
        let words = format!("{} marked", count(marked, "session", "sessions"));
        (marked > 0).then(|| Line::styled(words, view.style(Role::Accent)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.found.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
