//! The MFA screen: who has a second factor, who is asked for one, and who comes by an identity provider instead.

mod draw;
mod line;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;

use self::line::Line;
use super::members::Members;
use super::person::{Person, many};
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
use crate::console::widgets::list::{List, Named, Rows, named};
use crate::console::words::count;
use crate::identity::directory::RowId;
use crate::identity::second_factor::{Tally, Whom};
use crate::identity::{FactorRules, MembershipId, ProjectId, Seen, Text};
use crate::workflows::intent::Intent;

/// Its list, for who chooses columns.
pub(in crate::console) const LIST: Named = named::<line::Line>();

/// The MFA screen.
#[derive(Debug, Default)]
pub struct Mfa {
    /// Everybody, as the members screen has them.
    rows: Rows<Line>,
    list: List<RowId>,
    /// Which state of the members that is.
    seen: u64,
    loading: bool,
    /// Several people or a whole project were written: they have to be read again.
    outdated: bool,
    rules: Remote<FactorRules>,
    tally: Tally,
}

impl Mfa {
    /// Takes over what the members screen knows now.
    pub(super) fn look(&mut self, members: &mut Members, ctx: &mut Ctx) {
        if std::mem::take(&mut self.outdated) {
            members.read_again(ctx);
            self.ask_rules(ctx);
        }
        let (directory, seen, complete) = members.people();
        self.loading = !complete;
        let Some(directory) = directory.filter(|_| complete && seen != self.seen) else { return };
        self.seen = seen;
        let lines: Vec<Line> = (0..directory.len())
            .filter_map(|n| directory.member(directory.nth(n)?))
            .map(|m| Line::of(&m))
            .collect();
        self.stand(lines);
        self.list.forget_gone(&self.rows);
        if self.rules == Remote::Idle {
            self.ask_rules(ctx);
        }
    }

    fn ask_rules(&mut self, ctx: &mut Ctx) {
        let mut whom = Whom::default();
        for line in self.rows.all() {
            whom.add(&line.project, line.email.raw());
        }
        let Whom { projects, addresses, .. } = whom;
        self.rules.ask(ctx.now);
        ctx.ask(Slot::FactorRules, Question::FactorRules { projects, addresses });
    }

    fn rules(&self) -> FactorRules {
        self.rules.value().cloned().unwrap_or_default()
    }

    /// Shows the members as they stand under the rules; the selected one stays selected.
    fn stand(&mut self, mut lines: Vec<Line>) {
        let rules = self.rules();
        for line in &mut lines {
            line.stand(&rules);
        }
        let mut tally = Tally::default();
        for line in lines.iter().filter(|line| line.person.active) {
            tally.add(&line.standing);
        }
        self.tally = tally;
        self.rows.set(lines);
        self.list.follow(&self.rows);
    }

    /// The selected member.
    fn current(&self) -> Option<&Line> {
        self.rows.at(self.list.line())
    }

    /// The marked members.
    fn marked(&self) -> Vec<Person> {
        let marked = self.list.marks().iter().filter_map(|row| self.rows.get(row));
        marked.map(|line| line.person.clone()).collect()
    }

    /// Requires a factor of the marked members, else of the selected one, or no longer.
    fn require(&self, ctx: &mut Ctx) {
        let Some(line) = self.current() else { return };
        let marked = self.marked();
        if marked.is_empty() {
            let required = !line.mfa.known().is_some_and(|mfa| mfa.required);
            let members = vec![line.person.membership.clone()];
            let intent = Intent::RequireFactor { members, required };
            let plan = PlanDialog::wanted(intent, line.person.name.clone(), false, ctx.now);
            ctx.open(Overlay::Plan(Box::new(plan)));
            return;
        }
        // As with all that is turned on and off for several: on, unless it is on for everybody already.
        let is_required = |person: &Person| {
            let line = self.rows.all().iter().find(|line| line.person.membership == person.membership);
            line.and_then(|line| line.mfa.known()).is_some_and(|mfa| mfa.required)
        };
        let required = !marked.iter().all(is_required);
        let members: Vec<MembershipId> = marked.into_iter().map(|person| person.membership).collect();
        let rows = members.len();
        many::plan(Intent::RequireFactor { members, required }, rows, ctx);
    }

    /// The project that a requirement is about: the own one, or for a super admin that of the selected member.
    fn project(&self, session: Option<&Session>) -> Option<ProjectId> {
        let caller = &session?.caller;
        match caller.listed_project() {
            Some(own) => Some(own.clone()),
            None => self.current().map(|line| line.project.clone()),
        }
    }

    fn require_of_project(&self, ctx: &mut Ctx) {
        let Some(project) = self.project(ctx.session.as_deref()) else { return };
        let rules = self.rules();
        let now = rules.of(&project).and_then(|rules| rules.required.known().copied()).unwrap_or(false);
        let mut preview = Vec::new();
        if !now {
            let then = rules.with_required(&project, true);
            let mut tally = Tally::default();
            for line in self.rows.all().iter().filter(|line| line.person.active && line.project == project) {
                tally.add(&line.under(&then));
            }
            preview = tally.words();
        }
        let intent = Intent::RequireFactorOfProject { project, required: !now, preview };
        ctx.open(Overlay::Plan(Box::new(PlanDialog::wanted(
            intent,
            Text::from("the project"),
            false,
            ctx.now,
        ))));
    }
}

impl Model for Mfa {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Mfa, Scope::Person, Scope::List]
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let some = self.current();
        match action {
            // It needs more than a person and stays with the members screen.
            Action::EmailChange => Availability::Hidden,
            _ if action.row().scope == Scope::Person && !self.list.marks().is_empty() => {
                many::availability(action, self.list.marks().len())
            }
            _ if action.row().scope == Scope::Person => {
                some.map_or(Availability::Hidden, |line| line.person.availability(action, session))
            }
            Action::RequireFactor => match some {
                None => Availability::Hidden,
                Some(line) if self.list.marks().is_empty() && matches!(line.mfa, Seen::Unknown(_)) => {
                    Availability::because(format!(
                        "{} is server-scoped; a super admin can require it, or you of the whole project",
                        line.person.name
                    ))
                }
                Some(_) => Availability::Ready,
            },
            Action::RequireFactorOfProject => match self.project(session) {
                None => Availability::Hidden,
                Some(_) if self.rules.value().is_none() => {
                    Availability::because("the settings of the project are not read yet")
                }
                Some(_) => Availability::Ready,
            },
            Action::Copy => Availability::ready_if(some.is_some()),
            Action::Reload => Availability::ready_if(!self.rows.all().is_empty()),
            _ => {
                let rows = (!self.rows.all().is_empty()).then_some(&self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::RequireFactor => self.require(ctx),
            Action::RequireFactorOfProject => self.require_of_project(ctx),
            _ if action.row().scope == Scope::Person && !self.list.marks().is_empty() => {
                many::act(action, &self.marked(), ctx);
            }
            _ if action.row().scope == Scope::Person => {
                if let Some(line) = self.current() {
                    line.person.act(action, ctx);
                }
            }
            Action::Copy => {
                if let Some(line) = self.current() {
                    ctx.copy("the email", line.email.raw());
                }
            }
            Action::Reload => self.ask_rules(ctx),
            _ => {
                self.list.act(action, &mut self.rows, ctx);
            }
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Back => Some("clear"),
            Action::OwnFactor => Some("own factor"),
            _ => None,
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

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::FactorRules(rules) => self.rules.answer(Ok(*rules), ctx.now),
            Answer::Failed(failure) => self.rules.answer(Err(failure), ctx.now),
            _ => return,
        }
        let lines = self.rows.take();
        self.stand(lines);
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        // Marked members and the project's settings may look different now.
        if matches!(note, Note::Written(None)) && self.rules != Remote::Idle {
            self.list.unmark_all();
            self.outdated = true;
        }
        self.list.told(note, &mut self.rows, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<TextLine<'static>> {
        if let Some(failure) = self.rules.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(TextLine::styled(words, view.style(Role::Danger)));
        }
        let marked = self.list.marks().len() as u64;
        let words = format!("{} marked", count(marked, "member", "members"));
        (marked > 0).then(|| TextLine::styled(words, view.style(Role::Accent)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.rules.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
