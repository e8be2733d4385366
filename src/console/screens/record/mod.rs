//! A member's record: membership, user, profile, how the person signs in, and what became of it over time.

mod facts;
mod history;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::remote::Remote;
use crate::console::screens::members::{in_web_app, open_in_web_app};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::pane::{Panes, pane};
use crate::console::widgets::scroll::Scroll;
use crate::identity::{MembershipId, Text, UserId};
use crate::workflows::PersonFacts;
use crate::workflows::history::History;

/// A member's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    id: MembershipId,
    name: Text,
    user: Option<UserId>,
    person: Remote<Box<PersonFacts>>,
    history: Remote<Box<History>>,
    facts: Scroll,
    past: Scroll,
    /// The history has the keys rather than the facts.
    in_past: bool,
}

impl Record {
    /// A record of which nothing is read yet.
    pub fn new(id: MembershipId, name: Text, user: Option<UserId>) -> Self {
        Self {
            id,
            name,
            user,
            person: Remote::Idle,
            history: Remote::Idle,
            facts: Scroll::default(),
            past: Scroll::default(),
            in_past: false,
        }
    }

    fn read(&mut self, ctx: &mut Ctx) {
        self.person.ask(ctx.now);
        self.history.ask(ctx.now);
        ctx.ask(Slot::Person, Question::Person(self.id.clone()));
        ctx.ask(Slot::History, Question::History { membership: self.id.clone(), user: self.user.clone() });
    }

    fn scroll(&mut self) -> &mut Scroll {
        if self.in_past { &mut self.past } else { &mut self.facts }
    }

    /// The membership.
    pub(super) fn id(&self) -> &MembershipId {
        &self.id
    }

    /// The present address, once it is known.
    pub(super) fn email(&self) -> Option<Text> {
        self.person.value().and_then(|person| person.email.known().cloned().flatten())
    }
}

impl Model for Record {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Record, Scope::Person, Scope::List]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.person == Remote::Idle {
            self.read(ctx);
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        match action {
            Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::Copy => Availability::Ready,
            Action::RecordLeft => Availability::ready_if(self.in_past),
            Action::RecordRight => Availability::ready_if(!self.in_past),
            Action::Reload => match self.person.loading_since() {
                Some(_) => Availability::because("the record is being read already"),
                None => Availability::Ready,
            },
            Action::OpenInBrowser => in_web_app(session),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down => self.scroll().by(1),
            Action::Up => self.scroll().by(-1),
            Action::PageDown => self.scroll().pages(1),
            Action::PageUp => self.scroll().pages(-1),
            Action::First => self.scroll().to_start(),
            Action::Last => self.scroll().to_end(),
            Action::RecordLeft => self.in_past = false,
            Action::RecordRight => self.in_past = true,
            Action::Reload => self.read(ctx),
            Action::OpenInBrowser => open_in_web_app(&self.id, ctx),
            Action::Copy => match self.email() {
                Some(email) => ctx.copy("the email", email.raw()),
                None => ctx.copy("the membership", format!("ProjectMembership/{}", self.id.as_str())),
            },
            _ => {}
        }
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if let Hit::Part(part) = hit {
            self.in_past = part == 1;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll().by(rows as isize);
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Person, Answer::Person(person)) => {
                self.name = person.name.clone();
                self.person.answer(Ok(person), ctx.now);
            }
            (Slot::Person, Answer::Failed(failure)) => self.person.answer(Err(failure), ctx.now),
            (Slot::History, Answer::History(history)) => self.history.answer(Ok(history), ctx.now),
            (Slot::History, Answer::Failed(failure)) => self.history.answer(Err(failure), ctx.now),
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if matches!(note, Note::Written(Some(id)) if *id == self.id) {
            self.read(ctx);
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        self.person.loading_since()?;
        Some(Line::styled(format!("reading {}", self.name), view.style(Role::Muted)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.person.loading_since(), self.history.loading_since()].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let panes = Panes::of(area, true);
        let name = match &*self.name.shown() {
            "" => Line::styled("no name", view.style(Role::Muted)),
            name => Line::styled(name.to_owned(), view.style(Role::Title)),
        };
        let past = Line::styled("History", view.style(Role::Title));
        let (facts, history) = match (panes.beside, panes.detail) {
            (true, Some(detail)) => (Some(panes.list), Some(detail)),
            // One at a time where they would not fit beside each other; both names stand in the frame.
            _ if self.in_past => (None, Some(area)),
            _ => (Some(area), None),
        };
        if let Some(place) = facts {
            let focused = view.focused && !self.in_past;
            let remark =
                if history.is_some() { Line::default() } else { other(Action::RecordRight, "history", view) };
            let inner = pane(frame, place, name.clone(), remark, focused, view);
            view.hit(place, Hit::Part(0));
            let lines = self.fact_lines(usize::from(inner.width), view);
            self.facts.draw(frame, inner, &lines, view);
        }
        if let Some(place) = history {
            let focused = view.focused && self.in_past;
            let (title, remark) = if facts.is_some() {
                (past, Line::default())
            } else {
                let mut title = name;
                title.push_span(Span::styled(
                    format!(" {} history", view.glyphs.dot),
                    view.style(Role::Muted),
                ));
                (title, other(Action::RecordLeft, "facts", view))
            };
            let inner = pane(frame, place, title, remark, focused, view);
            view.hit(place, Hit::Part(1));
            let lines = self.past_lines(usize::from(inner.width), view);
            self.past.draw(frame, inner, &lines, view);
        }
    }
}

/// The key to what is not shown now.
fn other(action: Action, words: &str, view: &View<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(view.key(action), view.style(Role::Key)),
        Span::styled(format!(" {words}"), view.style(Role::Muted)),
    ])
}
