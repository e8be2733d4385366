//! The route tester: every check as a line with its verdict, and beside it what was found, what to do, and what went over
//! the wire. It opens with a route, saved or not, and writes nothing.

mod draw;
mod lines;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question, RouteQuestion};
use crate::console::failure::Failure;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::widgets::scroll::Scroll;
use crate::identity::route_test::{Check, CheckId, Outcome, RouteReport};
use crate::identity::{DomainRouteId, RouteDraft, Secret};

/// The overlay.
#[derive(Debug)]
pub struct RouteTest {
    question: RouteQuestion,
    /// What is known so far, in the order of the table.
    checks: Vec<Check>,
    report: Option<Box<RouteReport>>,
    running: Option<Timestamp>,
    failure: Option<Failure>,
    /// Position in [`CheckId::ALL`].
    at: usize,
    /// Somebody has chosen a line: it is not chosen for them any more.
    chosen: bool,
    ladder: Scroll,
    detail: Scroll,
}

impl RouteTest {
    /// With this route; `own` when it is a saved one. Nothing is asked before it is shown.
    pub fn new(draft: RouteDraft, secret: Option<Secret>, own: Option<DomainRouteId>) -> Self {
        Self {
            question: RouteQuestion { draft, secret, own },
            checks: Vec::new(),
            report: None,
            running: None,
            failure: None,
            at: 0,
            chosen: false,
            ladder: Scroll::default(),
            detail: Scroll::default(),
        }
    }

    fn begin(&mut self, ctx: &mut Ctx) {
        self.checks.clear();
        self.report = None;
        self.failure = None;
        self.running = Some(ctx.now);
        ctx.ask(Slot::RouteTest, Question::RouteTest(Box::new(self.question.clone())));
    }

    fn selected(&self) -> CheckId {
        CheckId::ALL.get(self.at).copied().unwrap_or(CheckId::DomainForm)
    }

    fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    fn took(&mut self, check: Check) {
        let at = self.checks.partition_point(|one| one.id < check.id);
        match self.checks.get_mut(at).filter(|one| one.id == check.id) {
            Some(old) => *old = check,
            None => self.checks.insert(at, check),
        }
    }

    fn go(&mut self, to: usize) {
        self.chosen = true;
        let to = to.min(CheckId::ALL.len() - 1);
        if to != self.at {
            self.at = to;
            self.detail.restart();
        }
    }

    /// What deserves to be looked at first.
    fn choose(&mut self) {
        if self.chosen {
            return;
        }
        let worst = [Outcome::Failed, Outcome::Warning]
            .into_iter()
            .find_map(|outcome| self.checks.iter().find(|check| check.outcome == outcome));
        let id = worst.map_or(CheckId::DomainForm, |check| check.id);
        self.at = CheckId::ALL.iter().position(|one| *one == id).unwrap_or_default();
        self.detail.restart();
    }
}

impl Model for RouteTest {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::RouteTest, Scope::Dialog]
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.checks.is_empty() && self.running.is_none() && self.failure.is_none() {
            self.begin(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        match action {
            Action::TestAgain if self.running.is_some() => Availability::because("the test is still running"),
            Action::DialogCopy if self.report.is_none() => {
                Availability::because("the report is copied when the test has ended")
            }
            Action::TestAgain
            | Action::DialogCopy
            | Action::CheckDown
            | Action::CheckUp
            | Action::CheckPageDown
            | Action::CheckPageUp
            | Action::CheckFailed
            | Action::Close => Availability::Ready,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::TestAgain => self.begin(ctx),
            Action::DialogCopy => {
                if let Some(report) = &self.report {
                    ctx.copy("the report", report.text());
                }
            }
            Action::CheckDown => self.go(self.at + 1),
            Action::CheckUp => self.go(self.at.saturating_sub(1)),
            Action::CheckPageDown => self.detail.pages(1),
            Action::CheckPageUp => self.detail.pages(-1),
            Action::CheckFailed => {
                let after = |at: &usize| (at + CheckId::ALL.len() - self.at - 1) % CheckId::ALL.len();
                let wrong = (0..CheckId::ALL.len()).filter(|at| {
                    let outcome = self.check(CheckId::ALL[*at]).map(|check| check.outcome);
                    outcome.is_some_and(|outcome| outcome != Outcome::Passed)
                });
                if let Some(to) = wrong.min_by_key(after) {
                    self.go(to);
                }
            }
            _ if self.running.is_some() => {
                ctx.cancel(Slot::RouteTest);
                self.running = None;
                self.failure = Some(
                    Failure::new("The test was stopped.")
                        .because("What was found until then stays.".to_owned()),
                );
            }
            _ => ctx.close(),
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        (action == Action::Close && self.running.is_some()).then_some("stop")
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if let Hit::Part(at) = hit {
            self.go(at);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.detail.by(rows as isize);
    }

    fn waits_for(&self, slot: Slot) -> bool {
        slot == Slot::RouteTest
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, _ctx: &mut Ctx) {
        match answer {
            Answer::RouteChecked(check) => self.took(*check),
            Answer::RouteTested(report) => {
                self.checks.clone_from(&report.checks);
                self.report = Some(report);
                self.running = None;
                self.choose();
            }
            Answer::Failed(failure) => {
                self.running = None;
                self.failure = Some(failure);
            }
            _ => {}
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.running
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_dialog(frame, area, view);
    }
}
