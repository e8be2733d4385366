//! The linkage screen: what is wrong with external ids and the fix for it, and whose an external id is.

mod draw;
mod histories;
mod rows;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::histories::Histories;
use self::rows::{Row, rows};
use super::person::{Person, many};
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
use crate::console::widgets::list::{List, Named, Record, Rows, Source as _, named};
use crate::console::words::{count, number};
use crate::identity::linkage::{Hit, Idps, Subject, Survey};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::Intent;

/// Its list, for who chooses columns.
pub(in crate::console) const LIST: Named = named::<rows::Row>();

/// The linkage screen.
#[derive(Debug, Default)]
pub struct Linkage {
    /// What the members come to, with what histories told.
    survey: Option<Survey>,
    /// Members are still on their way.
    partial: bool,
    idps: Remote<Arc<Idps>>,
    histories: Histories,
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

    /// The rows that are meant: the marked ones, else the selected one.
    fn meant(&self) -> Vec<&Row> {
        if self.list.marks().is_empty() {
            return self.current().into_iter().collect();
        }
        self.list.marks().iter().filter_map(|key| self.rows.get(key)).collect()
    }

    /// The people of the marked rows, each once.
    fn marked(&self) -> Vec<Person> {
        let mut seen = HashSet::new();
        let marked = self.list.marks().iter().filter_map(|key| self.rows.get(key));
        let once = marked.filter(|row| seen.insert(row.who().membership.clone()));
        once.map(|row| Person::from(row.who())).collect()
    }

    /// The ids that can be put back.
    fn restorable(&self) -> Vec<(MembershipId, Text)> {
        let mut found: Vec<(MembershipId, Text)> = Vec::new();
        for row in self.meant() {
            let member = &row.who().membership;
            let told = self.histories.erased(member).map(|former| &former.external_id);
            if let Some(id) = row.restore().or(told).filter(|_| row.who().external_id.is_none())
                && !found.iter().any(|(known, _)| known == member)
            {
                found.push((member.clone(), id.clone()));
            }
        }
        found
    }

    fn restore(&self, ctx: &mut Ctx) {
        let found = self.restorable();
        let rows = found.len();
        let set = |(member, id)| Intent::Link { members: vec![member], external_id: Some(id) };
        let mut intents: Vec<Intent> = found.into_iter().map(set).collect();
        match (self.current(), &mut intents[..]) {
            (Some(row), [_]) if self.list.marks().is_empty() => {
                let Some(intent) = intents.pop() else { return };
                let plan = PlanDialog::wanted(intent, row.who().name.clone(), false, ctx.now);
                ctx.open(Overlay::Plan(Box::new(plan)));
            }
            _ => many::plan(Intent::Each(intents), rows, ctx),
        }
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
        self.partial = partial;
        if !partial && self.idps == Remote::Idle {
            let domains = survey.domains.iter().map(|(domain, _)| domain.clone()).collect();
            self.idps.ask(ctx.now);
            ctx.ask(Slot::Idps, Question::Idps(domains));
        }
        self.survey = Some(survey.clone());
        if !partial {
            self.read_first_histories(ctx);
        }
        self.arrange();
        // Whoever was looked up may have another id now.
        if !self.wanted.is_empty() {
            ctx.tell(Note::LookUp(self.wanted.clone()));
        }
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

    fn drawn(&mut self, ctx: &mut Ctx) {
        if !self.partial {
            self.read_selected_history(ctx);
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let marked = self.list.marks().len();
        if action.row().scope == Scope::Person {
            if marked > 0 {
                return many::availability(action, self.marked().len());
            }
            return self.person().map_or(Availability::Hidden, |person| person.availability(action, session));
        }
        match action {
            Action::LinkageOpen | Action::Copy => Availability::ready_if(self.current().is_some()),
            Action::LinkRestore => match (self.current(), self.restorable().len()) {
                (None, _) => Availability::Hidden,
                (Some(_), 0) if marked > 0 => {
                    Availability::because("no erased id of a marked member is known")
                }
                (Some(_), 0) => Availability::because("no erased id of this member is known"),
                (Some(_), _) => Availability::Ready,
            },
            Action::LinkHistories if self.histories.reading.is_some() => {
                Availability::because("histories are being read already")
            }
            Action::Back if self.histories.reading.is_some() => Availability::Ready,
            Action::LinkHistories | Action::ImportLinks | Action::Reload => Availability::Ready,
            _ => self.list.availability(action, Some(&self.rows)).unwrap_or(Availability::Hidden),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            _ if action.row().scope == Scope::Person && !self.list.marks().is_empty() => {
                many::act(action, &self.marked(), ctx);
            }
            Action::LinkageOpen | Action::EmailChange => {
                if let Some(row) = self.current() {
                    ctx.tell(Note::Show(row.who().membership.clone()));
                    if action == Action::EmailChange {
                        ctx.act(action);
                    }
                }
            }
            Action::LinkRestore => self.restore(ctx),
            Action::ImportLinks => ctx.open(Overlay::Import(Box::default())),
            Action::LinkHistories => Self::want_histories(ctx),
            Action::Back if self.histories.reading.is_some() => self.stop_reading(ctx),
            Action::Reload => {
                self.idps = Remote::Idle;
                self.stop_reading(ctx);
                ctx.cancel(Slot::OneHistory);
                self.histories = Histories::default();
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
            Action::Back if self.histories.reading.is_some() => Some("stop reading"),
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
            (Slot::Histories | Slot::OneHistory, answer) => self.history_answered(slot, answer, ctx),
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
            Note::WorthReading(members) if members.is_empty() => {
                ctx.warn("histories: that of every member was read");
            }
            Note::WorthReading(members) => self.read_histories(members.clone(), ctx),
            Note::Written(Some(id)) => self.histories.forget(std::slice::from_ref(id)),
            Note::Rows(ids) => {
                self.histories.forget(ids);
                let rows = self.rows.all().iter().filter(|row| ids.contains(&row.who().membership));
                for key in rows.map(Record::key).collect::<Vec<_>>() {
                    self.list.unmark(&key);
                }
            }
            _ => self.list.told(note, &mut self.rows, ctx),
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(failure) = self.idps.error() {
            let words = format!("{} identity providers: {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Warn)));
        }
        let marked = self.list.marks().len() as u64;
        let words = match (&self.histories.reading, self.partial) {
            (Some(reading), _) => {
                let (done, all) = (number(reading.done as u64), number(reading.all as u64));
                format!("reading histories for ids of before: {done} of {all}")
            }
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
        [self.idps.loading_since(), self.histories.reading.as_ref().map(|reading| reading.since)]
            .into_iter()
            .flatten()
            .min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
