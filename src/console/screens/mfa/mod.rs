//! The MFA screen: who has a second factor, who is asked for one, and who comes by an identity provider instead.

mod draw;
mod line;

use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;

use self::line::Line;
use super::members::Members;
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
use crate::identity::second_factor::Tally;
use crate::identity::{FactorRules, MembershipId, ProjectId, Seen, Text};
use crate::workflows::intent::Intent;

/// The MFA screen.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent states of one screen")]
pub struct Mfa {
    /// Everybody, as the members screen has them, in its order.
    lines: Vec<Line>,
    /// Which state of the members that is.
    seen: u64,
    loading: bool,
    /// Several people or a whole project were written: they have to be read again.
    outdated: bool,
    rules: Remote<FactorRules>,
    /// Places in `lines` that match the filter.
    shown: Vec<usize>,
    tally: Tally,
    table: table::State,
    selected: Option<MembershipId>,
    marks: BTreeSet<MembershipId>,
    filter: Input,
    filtering: bool,
    /// The filter was just opened: the next letter begins a new one.
    anew: bool,
    detail: Scroll,
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
        self.lines = (0..directory.len())
            .filter_map(|n| directory.member(directory.nth(n)?))
            .map(|m| Line::of(&m))
            .collect();
        self.marks.retain(|id| self.lines.iter().any(|line| line.person.membership == *id));
        if self.rules == Remote::Idle {
            self.ask_rules(ctx);
        }
        self.count();
        self.follow();
    }

    fn ask_rules(&mut self, ctx: &mut Ctx) {
        let mut projects: Vec<ProjectId> = Vec::new();
        let mut addresses: Vec<Text> = Vec::new();
        let mut domains = BTreeSet::new();
        for line in &self.lines {
            if !projects.contains(&line.project) {
                projects.push(line.project.clone());
            }
            if line.domain().is_some_and(|domain| domains.insert(domain)) {
                addresses.push(line.email.clone());
            }
        }
        self.rules.ask(ctx.now);
        ctx.ask(Slot::FactorRules, Question::FactorRules { projects, addresses });
    }

    fn rules(&self) -> FactorRules {
        self.rules.value().cloned().unwrap_or_default()
    }

    fn count(&mut self) {
        let rules = self.rules();
        for line in &mut self.lines {
            line.stand(&rules);
        }
        let mut tally = Tally::default();
        for line in self.lines.iter().filter(|line| line.person.active) {
            tally.add(&line.standing);
        }
        self.tally = tally;
    }

    /// The selected member.
    fn current(&self) -> Option<&Line> {
        self.lines.get(*self.shown.get(self.table.selected())?)
    }

    /// Applies the filter and keeps the selected member selected.
    fn follow(&mut self) {
        let words: Vec<String> = self.filter.text().split_whitespace().map(fold).collect();
        let fits = |line: &Line| words.iter().all(|word| line.said.contains(word.as_str()));
        self.shown = (0..self.lines.len()).filter(|&at| fits(&self.lines[at])).collect();
        let place = self
            .selected
            .as_ref()
            .and_then(|id| self.shown.iter().position(|&at| self.lines[at].person.membership == *id));
        match place {
            Some(place) if place != self.table.selected() => self.table.moved(place),
            Some(_) => {}
            None => self.table.select(self.table.selected().min(self.shown.len().saturating_sub(1))),
        }
    }

    fn moved(&mut self, step: impl FnOnce(&mut table::State, usize)) {
        step(&mut self.table, self.shown.len());
        self.selected = self.current().map(|line| line.person.membership.clone());
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

    /// Requires a factor of the marked members, else of the selected one, or no longer.
    fn require(&self, ctx: &mut Ctx) {
        let Some(line) = self.current() else { return };
        let (intent, subject) = if self.marks.is_empty() {
            let required = !line.mfa.known().is_some_and(|mfa| mfa.required);
            let members = vec![line.person.membership.clone()];
            (Intent::RequireFactor { members, required }, line.person.name.clone())
        } else {
            let marked = self.marks.len();
            let subject = Text::from(count(marked as u64, "member", "members"));
            (Intent::RequireFactor { members: self.marks.iter().cloned().collect(), required: true }, subject)
        };
        ctx.open(Overlay::Plan(Box::new(PlanDialog::wanted(intent, subject, false, ctx.now))));
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
            for line in self.lines.iter().filter(|line| line.person.active && line.project == project) {
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
        if self.filtering {
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
            _ if action.row().scope == Scope::Person => {
                some.map_or(Availability::Hidden, |line| line.person.availability(action, session))
            }
            Action::RequireFactor => match some {
                None => Availability::Hidden,
                Some(line) if self.marks.is_empty() && matches!(line.mfa, Seen::Unknown(_)) => {
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
            Action::Mark | Action::Copy => Availability::ready_if(some.is_some()),
            Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::First | Action::Last => {
                Availability::ready_if(!self.shown.is_empty())
            }
            Action::Filter => Availability::ready_if(!self.filtering && !self.lines.is_empty()),
            Action::Reload => Availability::ready_if(!self.lines.is_empty()),
            Action::Back => Availability::ready_if(!self.filter.is_empty() || !self.marks.is_empty()),
            Action::Done | Action::Abandon => Availability::ready_if(self.filtering),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::RequireFactor => self.require(ctx),
            Action::RequireFactorOfProject => self.require_of_project(ctx),
            _ if action.row().scope == Scope::Person => {
                if let Some(line) = self.current() {
                    line.person.act(action, ctx);
                }
            }
            Action::Down => self.moved(|table, rows| table.by(1, rows)),
            Action::Up => self.moved(|table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(|table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(|table, rows| table.pages(-1, rows)),
            Action::First => self.moved(|table, _| table.select(0)),
            Action::Last => self.moved(|table, rows| table.select(rows.saturating_sub(1))),
            Action::Mark => {
                if let Some(id) = self.current().map(|line| line.person.membership.clone()) {
                    if !self.marks.remove(&id) {
                        self.marks.insert(id);
                    }
                    self.moved(|table, rows| table.by(1, rows));
                }
            }
            Action::Copy => {
                if let Some(line) = self.current() {
                    ctx.copy("the email", line.email.raw());
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
            Action::Reload => self.ask_rules(ctx),
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
            Answer::FactorRules(rules) => self.rules.answer(Ok(*rules), ctx.now),
            Answer::Failed(failure) => self.rules.answer(Err(failure), ctx.now),
            _ => return,
        }
        self.count();
        self.follow();
    }

    fn told(&mut self, note: &Note, _ctx: &mut Ctx) {
        // Marked members and the project's settings may look different now.
        if matches!(note, Note::Written(None)) && self.rules != Remote::Idle {
            self.marks.clear();
            self.outdated = true;
        }
    }

    fn status(&self, view: &View<'_>) -> Option<TextLine<'static>> {
        if let Some(failure) = self.rules.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(TextLine::styled(words, view.style(Role::Danger)));
        }
        let marked = self.marks.len() as u64;
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
