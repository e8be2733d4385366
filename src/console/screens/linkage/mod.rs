//! The linkage screen: what is wrong with external ids and the fix for it, and whose an external id is.

mod draw;
mod rows;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::rows::{Row, rows};
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
use crate::console::widgets::list::{List, Record, Rows, Source as _};
use crate::console::words::count;
use crate::identity::linkage::{Hit, Idps, Subject, Survey};
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
    rows: Rows<Row>,
    list: List<<Row as Record>::Key>,
    /// The members whose external id is what was typed into the filter.
    hits: Vec<Hit>,
    wanted: String,
}

impl Linkage {
    fn current(&self) -> Option<&Row> {
        self.rows.at(self.list.line())
    }

    fn person(&self) -> Option<Person> {
        self.current().map(|row| Person::from(row.who()))
    }

    /// The id that can be put back.
    fn restorable(&self) -> Option<(MembershipId, Text)> {
        let row = self.current()?;
        Some((row.who().membership.clone(), row.restore()?.clone()))
    }

    fn want(&self, ctx: &mut Ctx) {
        ctx.tell(Note::SurveyWanted(self.idps.value().cloned()));
    }

    /// Finds out whose external id is typed, if it is another one than before; the members know.
    fn look_up(&mut self, ctx: &mut Ctx) {
        if self.list.filter() == self.wanted {
            return;
        }
        self.list.filter().clone_into(&mut self.wanted);
        if self.wanted.is_empty() {
            self.hits.clear();
            self.arrange();
        } else {
            ctx.tell(Note::LookUp(self.wanted.clone()));
        }
    }

    /// Lists what is known now; the selected row stays selected.
    fn arrange(&mut self) {
        let findings = self.survey.as_ref().map_or(&[][..], |survey| survey.findings.as_slice());
        self.rows.set(rows(&self.hits, &self.wanted, findings));
        if !self.partial {
            self.list.forget_gone(&self.rows);
        }
        self.list.follow(&self.rows);
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
        self.arrange();
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
}

impl Model for Linkage {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
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
            _ => self.list.availability(action, Some(&self.rows)).unwrap_or(Availability::Hidden),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
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
            _ => {
                self.list.act(action, &mut self.rows, ctx);
                self.look_up(ctx);
            }
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Filter => Some("find"),
            Action::Back => Some("clear"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Key, ctx: &mut Ctx) {
        self.list.typed(key, &mut self.rows);
        self.look_up(ctx);
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.rows);
        self.look_up(ctx);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Click, ctx: &mut Ctx) {
        self.list.clicked(hit, &mut self.rows, ctx);
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.list.scrolled(rows, &self.rows);
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
            Note::LookedUp { wanted, hits } if *wanted == self.wanted => {
                self.hits.clone_from(hits);
                self.arrange();
                // Somebody was asked for: they are what is wanted, not the finding that was looked at before.
                let hit = (0..self.rows.shown()).find(|line| self.rows.at(*line).is_some_and(Row::is_hit));
                if let Some(line) = hit {
                    self.list.moved(&self.rows, |table, _| table.select(line));
                }
            }
            // What stands there now decides, not what a history told before.
            Note::Written(Some(id)) => self.erased.retain(|erased| erased.member != *id),
            _ => self.list.told(note, &mut self.rows, ctx),
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.idps.error() {
            let words = format!("{} identity providers: {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Warn)));
        }
        let marked = self.list.marks().len() as u64;
        let words = match (self.reading, self.partial) {
            (Some(_), _) => "reading histories for erased ids".to_owned(),
            (None, true) => "members are still being loaded".to_owned(),
            (None, false) if marked > 0 => {
                let words = format!("{} marked", count(marked, "row", "rows"));
                return Some(Line::styled(words, view.style(Role::Accent)));
            }
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
