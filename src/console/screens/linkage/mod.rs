//! The linkage screen: what is wrong with external ids and the fix for it, and whose an external id is.

mod draw;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::person::Person;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit as Click, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::console::widgets::table;
use crate::identity::linkage::{Finding, Hit, Idps, Subject, Survey};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::Intent;
use crate::workflows::linkage::Erased;

/// Histories read without being asked for, when the screen is first seen.
const READ_AT_FIRST: usize = 24;
/// Histories read at once when somebody asks.
const READ_AT_ONCE: usize = 200;

/// The linkage screen.
#[derive(Debug, Default)]
pub struct Linkage {
    /// What the members come to, with what histories told.
    survey: Option<Survey>,
    /// Members are still on their way.
    partial: bool,
    idps: Remote<Arc<Idps>>,
    erased: Vec<Erased>,
    /// Members whose history was read.
    read: HashSet<MembershipId>,
    reading: Option<Timestamp>,
    table: table::State,
    selected: Option<MembershipId>,
    wanted: Input,
    typing: bool,
    hits: Vec<Hit>,
    detail: Scroll,
}

/// A line of the list.
enum Row<'a> {
    Finding(&'a Finding),
    Hit(&'a Hit),
}

impl Row<'_> {
    fn who(&self) -> &Subject {
        match self {
            Self::Finding(finding) => &finding.who,
            Self::Hit(hit) => &hit.who,
        }
    }
}

impl Linkage {
    fn rows(&self) -> usize {
        match &self.survey {
            _ if !self.wanted.is_empty() => self.hits.len(),
            Some(survey) => survey.findings.len(),
            None => 0,
        }
    }

    fn row(&self, line: usize) -> Option<Row<'_>> {
        if !self.wanted.is_empty() {
            return self.hits.get(line).map(Row::Hit);
        }
        self.survey.as_ref()?.findings.get(line).map(Row::Finding)
    }

    fn current(&self) -> Option<Row<'_>> {
        self.row(self.table.selected())
    }

    fn person(&self) -> Option<Person> {
        self.current().map(|row| Person::from(row.who()))
    }

    /// The id that can be put back.
    fn restorable(&self) -> Option<(MembershipId, Text)> {
        match self.current()? {
            Row::Finding(finding) => Some((finding.who.membership.clone(), finding.restore.clone()?)),
            Row::Hit(_) => None,
        }
    }

    fn want(&self, ctx: &mut Ctx) {
        ctx.tell(Note::SurveyWanted(self.idps.value().cloned()));
    }

    /// Finds out whose external id is typed; the members know.
    fn look_up(&mut self, ctx: &mut Ctx) {
        self.table.select(0);
        self.detail.restart();
        if self.wanted.is_empty() {
            self.hits.clear();
        } else {
            ctx.tell(Note::LookUp(self.wanted.text().to_owned()));
        }
    }

    fn moved(&mut self, step: impl FnOnce(&mut table::State, usize)) {
        let rows = self.rows();
        step(&mut self.table, rows);
        self.selected = self.current().map(|row| row.who().membership.clone());
        self.detail.restart();
    }

    /// The rows have changed; the selected member stays selected.
    fn follow(&mut self) {
        let line = self.selected.as_ref().and_then(|id| {
            (0..self.rows()).find(|line| self.row(*line).is_some_and(|row| row.who().membership == *id))
        });
        match line {
            // One member can have several findings.
            Some(_)
                if self
                    .current()
                    .is_some_and(|row| Some(&row.who().membership) == self.selected.as_ref()) => {}
            Some(line) => self.table.moved(line),
            None => self.table.select(self.table.selected().min(self.rows().saturating_sub(1))),
        }
    }

    fn surveyed(&mut self, survey: &Survey, partial: bool, ctx: &mut Ctx) {
        let mut survey = survey.clone();
        // The directory knows nothing of histories.
        let told = self.erased.iter().map(|erased| (&erased.member, &erased.external_id, erased.gone.at));
        survey.add_erased(told);
        self.partial = partial;
        if !partial && self.idps == Remote::Idle {
            let domains = survey.domains.iter().map(|(domain, _)| domain.clone()).collect();
            self.idps.ask(ctx.now);
            ctx.ask(Slot::Idps, Question::Idps(domains));
        }
        self.survey = Some(survey);
        if !partial && self.read.is_empty() {
            self.read_histories(READ_AT_FIRST, ctx);
        }
        self.follow();
    }

    fn unread(&self) -> Vec<MembershipId> {
        let all = self.survey.as_ref().map(Survey::suspicious).unwrap_or_default();
        all.into_iter().filter(|id| !self.read.contains(id)).collect()
    }

    fn read_histories(&mut self, most: usize, ctx: &mut Ctx) {
        let mut members = self.unread();
        members.truncate(most);
        if members.is_empty() || self.reading.is_some() {
            return;
        }
        self.reading = Some(ctx.now);
        self.read.extend(members.iter().cloned());
        ctx.ask(Slot::Erased, Question::Erased(members));
    }

    fn stop_looking(&mut self, ctx: &mut Ctx) {
        self.typing = false;
        self.wanted.set("");
        self.look_up(ctx);
        self.follow();
    }
}

impl Model for Linkage {
    fn scopes(&self) -> Vec<Scope> {
        if self.typing {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Linkage, Scope::Person, Scope::List]
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        self.want(ctx);
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        if action.row().scope == Scope::Person {
            return self.person().map_or(Availability::Hidden, |person| person.availability(action, session));
        }
        match action {
            Action::LinkageOpen | Action::Copy => Availability::ready_if(self.current().is_some()),
            Action::LinkRestore => match (self.current(), self.restorable()) {
                (None, _) => Availability::Hidden,
                (Some(_), Some(_)) => Availability::Ready,
                (Some(_), None) => Availability::because("no erased id of this member is known"),
            },
            Action::LinkHistories if self.reading.is_some() => {
                Availability::because("histories are being read already")
            }
            Action::LinkHistories if self.unread().is_empty() => {
                Availability::because("every history that could tell of an erased id was read")
            }
            Action::LinkHistories | Action::Reload => Availability::Ready,
            Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::First | Action::Last => {
                Availability::ready_if(self.rows() > 0)
            }
            Action::Filter => Availability::ready_if(!self.typing),
            Action::Back => Availability::ready_if(!self.wanted.is_empty()),
            Action::Done | Action::Abandon => Availability::ready_if(self.typing),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down => self.moved(|table, rows| table.by(1, rows)),
            Action::Up => self.moved(|table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(|table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(|table, rows| table.pages(-1, rows)),
            Action::First => self.moved(|table, _| table.select(0)),
            Action::Last => self.moved(|table, rows| table.select(rows.saturating_sub(1))),
            Action::LinkageOpen | Action::EmailChange => {
                if let Some(row) = self.current() {
                    ctx.tell(Note::Show(row.who().membership.clone()));
                    if action == Action::EmailChange {
                        ctx.act(action);
                    }
                }
            }
            Action::LinkRestore => {
                if let (Some((member, id)), Some(row)) = (self.restorable(), self.current()) {
                    let name = row.who().name.clone();
                    let intent = Intent::Link { members: vec![member], external_id: Some(id) };
                    let plan = PlanDialog::wanted(intent, name, false, ctx.now);
                    ctx.open(Overlay::Plan(Box::new(plan)));
                }
            }
            Action::LinkHistories => self.read_histories(READ_AT_ONCE, ctx),
            Action::Reload => {
                self.idps = Remote::Idle;
                self.erased.clear();
                self.read.clear();
                ctx.tell(Note::ReloadMembers);
            }
            Action::Filter => self.typing = true,
            Action::Done => self.typing = false,
            Action::Abandon | Action::Back => self.stop_looking(ctx),
            Action::Copy => match self.current().map(|row| row.who().clone()) {
                Some(Subject { external_id: Some(id), .. }) => ctx.copy("the external id", id.raw()),
                Some(who) => ctx.copy("the membership", who.membership.reference().to_string()),
                None => {}
            },
            _ if action.row().scope == Scope::Person => {
                if let Some(person) = self.person() {
                    person.act(action, ctx);
                }
            }
            _ => {}
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Filter => Some("whose id"),
            Action::Back => Some("clear"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.typing
    }

    fn typed(&mut self, key: Key, ctx: &mut Ctx) {
        if self.wanted.typed(key) {
            self.look_up(ctx);
        }
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx) {
        if self.wanted.pasted(text) {
            self.look_up(ctx);
        }
    }

    fn clicked(&mut self, hit: Click, _ctx: &mut Ctx) {
        if let Click::Row(line) = hit {
            self.moved(|table, _| table.select(line));
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.moved(|table, all| table.wheel(rows as isize, all));
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Idps, Answer::Idps(idps)) => {
                self.idps.answer(Ok(Arc::new(*idps)), ctx.now);
                self.want(ctx);
            }
            (Slot::Idps, Answer::Failed(failure)) => self.idps.answer(Err(failure), ctx.now),
            (Slot::Erased, Answer::Erased(found)) => {
                self.reading = None;
                self.erased.extend(found);
                self.want(ctx);
            }
            (Slot::Erased, Answer::Failed(failure)) => {
                self.reading = None;
                ctx.fail(failure);
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            Note::Surveyed { survey, partial } => self.surveyed(survey, *partial, ctx),
            Note::LookedUp { wanted, hits } if *wanted == self.wanted.text() => {
                self.hits.clone_from(hits);
                self.follow();
            }
            // What stands there now decides, not what a history told before.
            Note::Written(Some(id)) => self.erased.retain(|erased| erased.member != *id),
            _ => {}
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.idps.error() {
            let words = format!("{} identity providers: {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Warn)));
        }
        let words = match (self.reading, self.partial) {
            (Some(_), _) => "reading histories for erased ids",
            (None, true) => "members are still being loaded",
            (None, false) => return None,
        };
        Some(Line::styled(words, view.style(Role::Muted)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        [self.idps.loading_since(), self.reading].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
