//! The sessions screen: one's own, everybody's for super admins; ending one, the marked ones, all of a person.

mod draw;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View, Whom};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::screens::Place;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Rows};
use crate::console::words::count;
use crate::identity::{LoginSession, Seen, SessionId, Text};
use crate::workflows::intent::Intent;

/// The sessions screen.
#[derive(Debug, Default)]
pub struct Sessions {
    found: Remote<Told>,
    rows: Rows<LoginSession>,
    list: List<SessionId>,
    /// One that somebody wants to see, until they are read.
    wanted: Option<SessionId>,
}

/// What is known of them beside the sessions themselves.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    /// Known when everybody's were asked for; else only the caller's own are there.
    others: Seen<()>,
    /// Older ones were left out.
    cut: bool,
}

impl Sessions {
    fn read(&mut self, ctx: &mut Ctx) {
        self.found.ask(ctx.now);
        ctx.ask(Slot::Sessions, Question::Sessions);
    }

    /// The selected session.
    fn current(&self) -> Option<&LoginSession> {
        self.rows.at(self.list.line())
    }

    /// The marked sessions, else the selected one.
    fn meant(&self) -> Vec<&LoginSession> {
        if self.list.marks().is_empty() {
            return self.current().into_iter().collect();
        }
        self.list.marks().iter().filter_map(|id| self.rows.get(id)).collect()
    }

    /// Every session of the users of those.
    fn of_same_users(&self) -> Vec<SessionId> {
        let user = |session: &LoginSession| session.user.as_ref().map(|user| user.id.clone());
        let users: Vec<_> = self.meant().into_iter().filter_map(user).collect();
        let same = |session: &&LoginSession| user(session).is_some_and(|user| users.contains(&user));
        self.rows.all().iter().filter(same).map(|session| session.id.clone()).collect()
    }
}

impl Sessions {
    /// Selects the session that was asked for; says so where it cannot be seen.
    fn find_wanted(&mut self, ctx: &mut Ctx) {
        let Some(id) = self.wanted.take() else { return };
        if self.rows.get(&id).is_some() {
            self.list.settle_on(id);
            return;
        }
        let why = match self.found.value().map(|found| &found.others) {
            Some(Seen::Unknown(why)) => format!("it is not among your own of the last hour; others: {why}"),
            _ => "it can no longer be used, or is older than what is listed".to_owned(),
        };
        ctx.warn(format!("that session is not here: {why}"));
    }
}

/// Straight to the plan.
fn end(sessions: Vec<SessionId>, ctx: &mut Ctx) {
    let subject = Text::from(count(sessions.len() as u64, "session", "sessions"));
    let plan = PlanDialog::wanted(Intent::EndSessions { sessions }, subject, false, ctx.now);
    ctx.open(Overlay::Plan(Box::new(plan)));
}

impl Model for Sessions {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Sessions, Scope::Person, Scope::List]
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if ctx.session.is_some() && self.found.loading_since().is_none() {
            self.read(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let some = self.current().is_some();
        match action {
            Action::Diagnose => {
                Availability::ready_if(self.current().is_some_and(|session| session.user.is_some()))
            }
            _ if action.row().scope == Scope::Person => Availability::Hidden,
            Action::SessionEnd | Action::SessionEndAll | Action::Copy => Availability::ready_if(some),
            Action::Reload => match self.found.loading_since() {
                Some(_) => Availability::because("the sessions are being read already"),
                None => Availability::Ready,
            },
            _ => {
                let rows = self.found.value().map(|_| &self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::SessionEnd => {
                end(self.meant().into_iter().map(|session| session.id.clone()).collect(), ctx);
            }
            Action::Diagnose => {
                if let Some(user) = self.current().and_then(|session| session.user.clone()) {
                    ctx.tell(Note::Diagnose(Whom::Reference(user)));
                }
            }
            Action::SessionEndAll => end(self.of_same_users(), ctx),
            Action::Copy => {
                if let Some(session) = self.current() {
                    ctx.copy("the session", session.id.reference().to_string());
                }
            }
            Action::Reload => self.read(ctx),
            _ => {
                self.list.act(action, &mut self.rows, ctx);
            }
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        (action == Action::Back).then_some("clear")
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
        self.list.clicked(hit, &mut self.rows, ctx);
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.list.scrolled(rows, &self.rows);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Sessions(found) => {
                self.found.answer(Ok(Told { others: found.others, cut: found.cut }), ctx.now);
                self.rows.set(found.list);
                self.list.forget_gone(&self.rows);
                self.find_wanted(ctx);
            }
            Answer::Failed(failure) => self.found.answer(Err(failure), ctx.now),
            _ => return,
        }
        self.list.follow(&self.rows);
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        if let Note::ShowSession(id) = note {
            self.wanted = Some(id.clone());
            self.list.set_filter("", &mut self.rows);
            ctx.go(Place::Sessions);
        }
        // A session may have been ended, here or with an offboarding. Nobody has looked yet when it is idle.
        if matches!(note, Note::Written(_)) && self.found != Remote::Idle {
            self.read(ctx);
        }
        self.list.told(note, &mut self.rows, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.found.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Danger)));
        }
        let marked = self.list.marks().len() as u64;
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
