//! The findings: every rule over every member, grouped, filtered, mended.
//!
//! The members come from the members screen, in a copy that shares its rows, and are swept in a thread of their own.
//! What they do not tell is read once and kept: after a write only the sweep is done again.

mod draw;
mod rows;
mod work;

use std::collections::HashSet;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::rows::{Key, Row};
use self::work::Work;
use super::person::{Person, many};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Answer;
use crate::console::key::Key as Pressed;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Named, Record, Rows, Source as _, named};
use crate::console::words::{count, number};
use crate::identity::findings::{Finding, Fix, Who};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::{FixOf, Intent};
use crate::workflows::sweep::Part;

/// Its list, for who chooses columns.
pub(in crate::console) const LIST: Named = named::<rows::Row>();

/// The findings screen.
#[derive(Debug, Default)]
pub struct Findings {
    rows: Rows<Row>,
    list: List<Key>,
    work: Work,
}

impl Findings {
    fn current(&self) -> Option<&Finding> {
        self.rows.at(self.list.line()).map(Row::finding)
    }

    /// The member that the selected finding is about; a user without a membership is none.
    fn person(&self) -> Option<Person> {
        match &self.current()?.who {
            Who::Member(subject) => Some(Person::from(&**subject)),
            Who::User(_) => None,
        }
    }

    /// The findings that are meant: the marked ones in the order of the sweep, else the selected one.
    fn meant(&self) -> Vec<&Finding> {
        if self.list.marks().is_empty() {
            return self.current().into_iter().collect();
        }
        self.list.marks().iter().filter_map(|key| self.rows.get(key)).map(Row::finding).collect()
    }

    /// Every finding that the filter shows.
    fn shown(&self) -> Vec<&Finding> {
        (0..self.rows.shown()).filter_map(|line| self.rows.at(line)).map(Row::finding).collect()
    }

    /// The members of the marked findings, each once.
    fn marked(&self) -> Vec<Person> {
        let mut seen = HashSet::new();
        let marked = self.list.marks().iter().filter_map(|key| self.rows.get(key));
        let members = marked.filter_map(|row| match &row.finding().who {
            Who::Member(subject) => Some(&**subject),
            Who::User(_) => None,
        });
        members.filter(|who| seen.insert(who.membership.clone())).map(Person::from).collect()
    }

    /// Whether anything of it can be mended without a decision.
    fn fixable(findings: &[&Finding]) -> Availability {
        let mut decide = None;
        for finding in findings {
            match finding.rule.fix() {
                Fix::By(_) => return Availability::Ready,
                Fix::Decide(what) => decide = Some(what),
            }
        }
        match (decide, findings.len()) {
            (None, _) => Availability::Hidden,
            (Some(what), 1) => Availability::because(format!("needs a decision: {what}")),
            (Some(_), _) => Availability::because("all of these need a decision; select one to see which"),
        }
    }

    /// What can be mended, as one plan; a single finding has its own.
    fn fix(&mut self, all: Vec<FixOf>, ctx: &mut Ctx) {
        self.work.fixes(&all);
        let name = match &all[..] {
            [one] => one.name.clone(),
            all => Text::from(count(all.len() as u64, "finding", "findings")),
        };
        let plan = PlanDialog::wanted(Intent::Fix(all), name, false, ctx.now);
        ctx.open(Overlay::Plan(Box::new(plan)));
    }

    /// Those that a change follows from.
    fn with_fix(findings: &[&Finding]) -> Vec<FixOf> {
        let by = |finding: &&&Finding| matches!(finding.rule.fix(), Fix::By(_));
        findings.iter().filter(by).map(|finding| FixOf::from(*finding)).collect()
    }

    fn written(&mut self, of: Option<&MembershipId>, ctx: &mut Ctx) {
        let members = self.work.written(of);
        if !members.is_empty() {
            ctx.tell(Note::Rows(members));
        }
    }
}

impl Model for Findings {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Findings, Scope::Person, Scope::List]
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let marked = !self.list.marks().is_empty();
        if action.row().scope == Scope::Person {
            if marked {
                return match self.marked().len() {
                    0 => Availability::because("the marked findings are about users without a membership"),
                    people => many::availability(action, people),
                };
            }
            return self.person().map_or(Availability::Hidden, |person| person.availability(action, session));
        }
        match action {
            Action::FindingOpen => match self.current().map(|finding| &finding.who) {
                None => Availability::Hidden,
                Some(Who::Member(_)) => Availability::Ready,
                Some(Who::User(user)) => {
                    Availability::because(format!("{} has no membership, and so no record here", user.name))
                }
            },
            Action::FindingFix => Self::fixable(&self.meant()),
            Action::FindingFixAll => Self::fixable(&self.shown()),
            Action::Copy => Availability::ready_if(self.current().is_some()),
            Action::Reload => Availability::Ready,
            Action::Back if self.work.since.is_some() => Availability::Ready,
            Action::Back if !marked && self.list.filter().is_empty() => Availability::Ready,
            _ => self.list.availability(action, Some(&self.rows)).unwrap_or(Availability::Hidden),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            _ if action.row().scope == Scope::Person && !self.list.marks().is_empty() => {
                many::act(action, &self.marked(), ctx);
            }
            Action::FindingOpen | Action::EmailChange => {
                if let Some(person) = self.person() {
                    ctx.tell(Note::Show(person.membership));
                    if action == Action::EmailChange {
                        ctx.act(action);
                    }
                }
            }
            Action::FindingFix => self.fix(Self::with_fix(&self.meant()), ctx),
            Action::FindingFixAll => self.fix(Self::with_fix(&self.shown()), ctx),
            Action::Copy => {
                if let Some(finding) = self.current() {
                    ctx.copy("the record", finding.who.reference().to_string());
                }
            }
            Action::Reload => self.again(ctx),
            Action::Back if self.work.since.is_some() => self.stop(ctx),
            Action::Back if self.list.marks().is_empty() && self.list.filter().is_empty() => {
                ctx.go_up();
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

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Back if self.work.since.is_some() => Some("stop"),
            Action::Back if self.list.marks().is_empty() && self.list.filter().is_empty() => Some("back"),
            Action::Back => Some("clear"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Pressed, _ctx: &mut Ctx) {
        self.list.typed(key, &mut self.rows);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.rows);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if self.list.clicked(hit, &mut self.rows, ctx) {
            ctx.act(Action::FindingOpen);
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.list.scrolled(rows, &self.rows);
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        if slot == Slot::Sweep {
            self.sweep_answered(answer, ctx);
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            Note::Written(of) => self.written(of.as_ref(), ctx),
            Note::Rows(ids) => {
                let rows = self.rows.all().iter().filter(|row| match &row.finding().who {
                    Who::Member(subject) => ids.contains(&subject.membership),
                    Who::User(_) => false,
                });
                for key in rows.map(Record::key).collect::<Vec<_>>() {
                    self.list.unmark(&key);
                }
            }
            _ => self.list.told(note, &mut self.rows, ctx),
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let work = &self.work;
        let muted = |words: String| Some(Line::styled(words, view.style(Role::Muted)));
        if let Some((done, total)) = work.loading {
            let of = total.map_or_else(String::new, |total| format!(" of {}", number(total)));
            return muted(format!("members {}{of}", number(done)));
        }
        if work.since.is_some() {
            let Some(read) = &work.read else { return muted("looking through the members".to_owned()) };
            let left: Vec<&str> =
                Part::ALL.iter().filter(|part| !read.contains(part)).map(|part| part.words()).collect();
            return muted(match &left[..] {
                [] => "looking through the members".to_owned(),
                left => view.parts(&format!("reading {}", left.join(" · "))),
            });
        }
        if let Some(failure) = &work.failure {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(Line::styled(words, view.style(Role::Danger)));
        }
        if work.stopped {
            return muted(format!("stopped; {} sweeps again", view.key(Action::Reload)));
        }
        let marked = self.list.marks().len() as u64;
        let words = format!("{} marked", count(marked, "finding", "findings"));
        (marked > 0).then(|| Line::styled(words, view.style(Role::Accent)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.work.since
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
