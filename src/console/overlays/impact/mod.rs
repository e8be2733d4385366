//! Whom a route meets: the summary at the top, the people below with today and afterwards, to be filtered and taken
//! along. It only reads; what can be done about somebody is done from here by the person's own keys.

mod draw;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use self::rows::Row;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::remote::Remote;
use crate::console::screens::person::Person;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::widgets::list::{List, Named, Rows, named};
use crate::identity::sign_in::impact::{Impact, Line, RouteChange};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::Intent;

/// Its list, for who chooses columns.
pub(in crate::console) const LIST: Named = named::<rows::Row>();

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A change of a route.
    Change(Box<RouteChange>),
    /// What a plan does.
    Intent(Box<Intent>),
}

/// The overlay.
#[derive(Debug)]
pub struct ImpactView {
    name: Text,
    /// What can be looked at, with what it is called; one at a time.
    about: Vec<(&'static str, About)>,
    at: usize,
    found: Remote<Box<Impact>>,
    rows: Rows<Row>,
    list: List<MembershipId>,
    /// The sentence whose people are shown; all of them while there is none.
    only: Option<usize>,
    /// People can be opened and mended from here: there is no plan below that would be left.
    acts: bool,
}

impl ImpactView {
    /// About a domain; nothing is read yet.
    pub fn new(name: Text, about: Vec<(&'static str, About)>, acts: bool) -> Self {
        Self {
            name,
            about,
            at: 0,
            found: Remote::Idle,
            rows: Rows::default(),
            list: List::default(),
            only: None,
            acts,
        }
    }

    /// With what was found already.
    #[must_use]
    pub fn found(mut self, impact: Impact, now: Timestamp) -> Self {
        self.found.answer(Ok(Box::new(impact)), now);
        self.arrange();
        self
    }

    fn ask(&mut self, ctx: &mut Ctx) {
        let Some((_, about)) = self.about.get(self.at) else { return };
        self.found.ask(ctx.now);
        ctx.ask(Slot::Impact, Question::Impact(Box::new(about.clone())));
    }

    /// The sentences of the summary.
    fn lines(&self) -> Vec<Line> {
        self.found.value().map(|found| found.lines()).unwrap_or_default()
    }

    /// Those whom the selected sentence is about, or all.
    fn arrange(&mut self) {
        let Some(found) = self.found.value() else { return };
        let about = self.only.and_then(|at| found.lines().get(at).and_then(|line| line.about));
        let meant = found.people.iter().filter(|person| about.is_none_or(|about| about.is(person)));
        self.rows.set(meant.cloned().map(Row::from).collect());
        self.list.follow(&self.rows);
    }

    /// On to the next sentence that is about somebody, and past the last one to everybody.
    fn turn(&mut self, by: isize) {
        let lines = self.lines();
        let stops: Vec<Option<usize>> = std::iter::once(None)
            .chain((0..lines.len()).filter(|at| lines[*at].about.is_some()).map(Some))
            .collect();
        let at = stops.iter().position(|stop| *stop == self.only).unwrap_or(0);
        self.only = stops[(at + stops.len()).saturating_add_signed(by) % stops.len()];
        self.arrange();
    }

    fn current(&self) -> Option<&Row> {
        self.rows.at(self.list.line())
    }

    fn person(&self) -> Option<Person> {
        self.current().map(|row| Person::from(row.person()))
    }
}

impl Model for ImpactView {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            return vec![Scope::Typing, Scope::List];
        }
        let mut scopes = vec![Scope::Impact, Scope::List, Scope::Dialog];
        if self.acts {
            scopes.insert(1, Scope::Person);
        }
        scopes
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.found == Remote::Idle {
            self.ask(ctx);
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        if action.row().scope == Scope::Person {
            return match (action, self.person()) {
                // A new address is typed on the members screen, where its form lies.
                (Action::EmailChange, _) | (_, None) => Availability::Hidden,
                (_, Some(person)) => person.availability(action, session),
            };
        }
        match action {
            Action::MetOpen => Availability::ready_if(self.acts && self.current().is_some()),
            Action::MetNext | Action::MetPrevious => {
                Availability::ready_if(self.lines().iter().any(|line| line.about.is_some()))
            }
            Action::MetOther => Availability::ready_if(self.about.len() > 1),
            Action::Close => Availability::Ready,
            Action::DialogCopy => Availability::ready_if(self.found.value().is_some()),
            Action::Confirm | Action::Details => Availability::Hidden,
            _ => {
                let rows = self.found.value().map(|_| &self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::MetOpen => {
                if let Some(person) = self.person() {
                    ctx.cancel(Slot::Impact);
                    ctx.close();
                    ctx.tell(Note::Show(person.membership));
                }
            }
            Action::MetNext => self.turn(1),
            Action::MetPrevious => self.turn(-1),
            Action::MetOther => {
                self.at = (self.at + 1) % self.about.len().max(1);
                self.only = None;
                self.ask(ctx);
            }
            Action::DialogCopy => {
                if let Some(found) = self.found.value() {
                    let lines = found.lines().into_iter().map(|line| line.text().clone());
                    let all: Vec<String> = std::iter::once(found.headline().clone()).chain(lines).collect();
                    ctx.copy("the summary", all.join("\n") + "\n");
                }
            }
            Action::Close => {
                ctx.cancel(Slot::Impact);
                ctx.close();
            }
            _ if action.row().scope == Scope::Person => {
                if let Some(person) = self.person() {
                    person.act(action, ctx);
                }
            }
            _ => {
                self.list.act(action, &mut self.rows, ctx);
            }
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::Impact && self.found.loading_since().is_some()
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Impact(impact) => self.found.answer(Ok(impact), ctx.now),
            Answer::Failed(failure) => self.found.answer(Err(failure), ctx.now),
            Answer::NoPlan(why) => {
                self.found.answer(Err(crate::console::failure::Failure::new(why)), ctx.now);
            }
            _ => return,
        }
        self.arrange();
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            // Somebody was mended from here.
            Note::Written(Some(_)) if self.acts && self.found != Remote::Idle => self.ask(ctx),
            _ => self.list.told(note, &mut self.rows, ctx),
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
        self.list.clicked(hit, &mut self.rows, ctx);
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.list.scrolled(rows, &self.rows);
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.found.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_view(frame, area, view);
    }
}
