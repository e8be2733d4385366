//! The members screen: the list, its detail, and a member's record.

pub mod columns;
pub mod detail;
mod draw;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::person::Person;
use super::record::Record;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Addresses, Answer, Question};
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::email_form::{EmailForm, Subject};
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::console::widgets::{progress, table};
use crate::console::words::count;
use crate::identity::directory::{Direction, Directory, Member, Page, RowId};
use crate::identity::{MembershipId, Role as Power, Text};

pub(in crate::console) use draw::hint;

/// Most addresses asked of SCIM at once; what is asked for is what can be seen.
const SCIM_AT_ONCE: usize = 24;

/// The members screen.
#[derive(Debug, Default)]
pub struct Members {
    directory: Option<Directory>,
    load: Load,
    table: table::State,
    /// The selected member once somebody has moved; before that, whoever is first.
    selected: Option<RowId>,
    marks: BTreeSet<RowId>,
    /// Members that are being written, since when.
    pending: Vec<(MembershipId, Timestamp)>,
    filter: Input,
    filtering: bool,
    /// The filter was just opened: the next letter begins a new one.
    anew: bool,
    widths: Vec<u16>,
    scim: Scim,
    detail: Scroll,
    record: Option<Record>,
    surveys: told::Surveys,
}

/// How far the loading is.
#[derive(Debug, Default, Clone, PartialEq)]
enum Load {
    #[default]
    Idle,
    Under {
        since: Timestamp,
        done: u64,
        total: Option<u64>,
        again: bool,
    },
    Ready,
    Failed(Failure),
}

/// What is asked of SCIM.
#[derive(Debug, Default, Clone, PartialEq)]
struct Scim {
    asked: HashSet<RowId>,
    /// It refused or could not be reached: not asked again until the next reload.
    refused: bool,
}

impl Members {
    fn begin(&mut self, ctx: &mut Ctx) {
        let viewer = ctx.session.as_ref().map_or(Power::Member, |session| session.caller.role);
        let again = self.directory.as_ref().is_some_and(|directory| !directory.is_empty());
        match &mut self.directory {
            Some(directory) => directory.begin_reload(),
            None => self.directory = Some(Directory::new(viewer)),
        }
        self.scim = Scim::default();
        ctx.cancel(Slot::Emails);
        self.load = Load::Under { since: ctx.now, done: 0, total: None, again };
        ctx.ask(Slot::Members, Question::Members);
    }

    /// The selected member.
    pub fn current(&self) -> Option<Member<'_>> {
        let directory = self.directory.as_ref()?;
        directory.member(directory.at(self.table.selected())?)
    }

    fn shown(&self) -> usize {
        self.directory.as_ref().map_or(0, Directory::shown)
    }

    /// The rows have changed: the selected member stays selected, at the same height on the screen.
    fn follow(&mut self) {
        let Some(directory) = &self.directory else { return };
        let line = self.selected.and_then(|row| directory.line_of(row));
        match line {
            Some(line) if line != self.table.selected() => self.table.moved(line),
            Some(_) => {}
            None => {
                let last = directory.shown().saturating_sub(1);
                self.table.select(if self.selected.is_none() { 0 } else { self.table.selected().min(last) });
            }
        }
    }

    fn moved(&mut self, step: impl FnOnce(&mut table::State, usize)) {
        let rows = self.shown();
        step(&mut self.table, rows);
        let line = self.table.selected();
        self.selected = self.directory.as_ref().and_then(|directory| directory.at(line));
        self.detail.restart();
    }

    fn set_filter(&mut self) {
        if let Some(directory) = &mut self.directory {
            directory.set_filter(self.filter.text());
        }
        self.follow();
        self.detail.restart();
    }

    fn sort(&mut self, column: usize, turn: bool) {
        let Some(directory) = &mut self.directory else { return };
        let (now, direction) = directory.sorted_by();
        let wanted = columns::COLUMNS[column].1;
        let turned = match direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        let direction = if turn && wanted == now {
            turned
        } else if wanted == crate::identity::directory::Column::Changed {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        if self.selected.is_none() {
            self.selected = directory.at(self.table.selected());
        }
        directory.sort_by(wanted, direction);
        self.follow();
    }

    fn sorted_column(&self) -> Option<(usize, bool)> {
        let (column, direction) = self.directory.as_ref()?.sorted_by();
        let at = columns::COLUMNS.iter().position(|(_, by)| *by == column)?;
        Some((at, direction == Direction::Ascending))
    }

    /// Asks SCIM for the present addresses of the members on the screen that this role cannot read itself
    /// (platform-api §7). One batch at a time; scrolling on changes what the next one asks for.
    fn look_up_addresses(&mut self, ctx: &mut Ctx) {
        if self.scim.refused || self.load != Load::Ready || ctx.slots.is_open(Slot::Emails) {
            return;
        }
        let Some(directory) = &self.directory else { return };
        let shown = self.table.shown(directory.shown());
        let ids: Vec<(RowId, MembershipId)> = shown
            .filter_map(|line| directory.member(directory.at(line)?))
            .filter(|member| member.wants_scim() && !self.scim.asked.contains(&member.row()))
            .take(SCIM_AT_ONCE)
            .map(|member| (member.row(), member.id()))
            .collect();
        if ids.is_empty() {
            return;
        }
        self.scim.asked.extend(ids.iter().map(|(row, _)| *row));
        ctx.ask(Slot::Emails, Question::Emails(ids.into_iter().map(|(_, id)| id).collect()));
    }

    fn took_page(&mut self, page: &crate::console::effect::MembersPage) {
        self.changed();
        let Some(directory) = &mut self.directory else { return };
        let first = directory.is_empty();
        directory.absorb(Page { memberships: &page.memberships, users: &page.users, names: &page.names });
        if let Load::Under { done, total, .. } = &mut self.load {
            *done += page.memberships.len() as u64;
            *total = page.total.or(*total);
        }
        if first {
            self.widths = columns::measure(directory);
        }
        self.follow();
    }

    fn loaded(&mut self, ctx: &mut Ctx) {
        if let Some(directory) = &mut self.directory {
            directory.finish_reload();
            self.marks.retain(|row| directory.member(*row).is_some());
            self.widths = columns::measure(directory);
        }
        let again = matches!(self.load, Load::Under { again: true, .. });
        self.load = Load::Ready;
        self.follow();
        self.survey_again(ctx);
        if again {
            ctx.succeeded("reloaded");
        }
    }

    fn load_failed(&mut self, failure: Failure, ctx: &mut Ctx) {
        // What was there stays; only an empty list tells the failure in its place.
        if self.directory.as_ref().is_some_and(|directory| !directory.is_empty()) {
            ctx.fail(failure.clone());
        }
        self.load = Load::Failed(failure);
    }

    fn open_record(&mut self, ctx: &mut Ctx) {
        let Some(member) = self.current() else { return };
        let record = Record::new(member.id(), member.name_text(), member.user_id());
        self.selected = Some(member.row());
        self.record = Some(record);
        if let Some(record) = &mut self.record {
            record.entered(ctx);
        }
    }

    fn change_email(&self, ctx: &mut Ctx) {
        let (Some(directory), Some(member)) = (&self.directory, self.chosen()) else { return };
        let told = self.record.as_ref().and_then(Record::email);
        let raw = member.email_raw();
        let subject = Subject {
            membership: member.id(),
            name: member.name_text(),
            email: told.or_else(|| (!raw.is_empty()).then(|| Text::from(raw))),
            // With only a part of the members in memory, the comparison would claim more than it knows.
            known: (self.load == Load::Ready).then(|| Addresses(directory.addresses().into())),
        };
        ctx.open(Overlay::EmailForm(Box::new(EmailForm::new(subject))));
    }

    /// The member whose record is open, else the selected one.
    fn chosen(&self) -> Option<Member<'_>> {
        let directory = self.directory.as_ref()?;
        match &self.record {
            Some(record) => directory.member(directory.find(record.id())?),
            None => self.current(),
        }
    }

    fn clear(&mut self) {
        if self.filter.is_empty() {
            self.marks.clear();
        } else {
            // Whoever is selected stays so in the full list.
            self.selected = self.current().map(|member| member.row()).or(self.selected);
            self.filter.set("");
            self.set_filter();
        }
    }

    fn list_availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let some = self.current().is_some();
        match action {
            Action::MemberOpen | Action::Copy | Action::Mark => Availability::ready_if(some),
            Action::OpenInBrowser => {
                Availability::ready_if(some && session.is_some_and(|session| session.web_app.is_some()))
            }
            Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::Sort
            | Action::SortReverse => Availability::ready_if(self.shown() > 0),
            Action::Filter => Availability::ready_if(!self.filtering && self.directory.is_some()),
            Action::Reload => match self.load {
                Load::Under { .. } => Availability::because("the members are being loaded already"),
                Load::Idle | Load::Ready | Load::Failed(_) => Availability::Ready,
            },
            Action::Back => Availability::ready_if(!self.filter.is_empty() || !self.marks.is_empty()),
            Action::Done | Action::Abandon => Availability::ready_if(self.filtering),
            _ => Availability::Hidden,
        }
    }

    fn list_act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Down => self.moved(|table, rows| table.by(1, rows)),
            Action::Up => self.moved(|table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(|table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(|table, rows| table.pages(-1, rows)),
            Action::First => self.moved(|table, _| table.select(0)),
            Action::Last => self.moved(|table, rows| table.select(rows.saturating_sub(1))),
            Action::Mark => {
                if let Some(row) = self.current().map(|member| member.row()) {
                    if !self.marks.remove(&row) {
                        self.marks.insert(row);
                    }
                    self.moved(|table, rows| table.by(1, rows));
                }
            }
            Action::Sort | Action::SortReverse => {
                if let Some((at, _)) = self.sorted_column() {
                    let turn = action == Action::SortReverse;
                    self.sort(if turn { at } else { (at + 1) % columns::COLUMNS.len() }, turn);
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
            Action::Reload => self.begin(ctx),
            Action::MemberOpen => self.open_record(ctx),
            Action::Copy => {
                if let Some(member) = self.current() {
                    let email = member.email_raw();
                    if email.is_empty() {
                        ctx.copy("the membership", format!("ProjectMembership/{}", member.id().as_str()));
                    } else {
                        ctx.copy("the email", email);
                    }
                }
            }
            Action::OpenInBrowser => {
                if let Some(member) = self.current() {
                    open_in_web_app(&member.id(), ctx);
                }
            }
            _ => {}
        }
    }
}

/// The member's page in the platform's web app.
pub(super) fn open_in_web_app(id: &MembershipId, ctx: &mut Ctx) {
    let app = ctx.session.as_ref().and_then(|session| session.web_app.clone());
    if let Some(app) = app {
        let url = format!("{}/admin/members/{}", app.trim_end_matches('/'), id.as_str());
        ctx.effect(crate::console::effect::Effect::OpenBrowser { url });
    }
}

impl Model for Members {
    fn scopes(&self) -> Vec<Scope> {
        match &self.record {
            Some(record) => record.scopes(),
            None if self.filtering => vec![Scope::Typing, Scope::List],
            None => vec![Scope::Members, Scope::Person, Scope::List],
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if self.load == Load::Idle && ctx.session.is_some() {
            self.begin(ctx);
        }
        if let Some(record) = &mut self.record {
            record.entered(ctx);
        }
    }

    fn drawn(&mut self, ctx: &mut Ctx) {
        if self.record.is_none() {
            self.look_up_addresses(ctx);
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        if action.row().scope == Scope::Person {
            let person = self.chosen().map(|member| Person::from(&member));
            return person.map_or(Availability::Hidden, |person| person.availability(action, session));
        }
        match &self.record {
            Some(_) if action == Action::Back => Availability::Ready,
            Some(record) => record.availability(action, session),
            None => self.list_availability(action, session),
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match &mut self.record {
            Some(_) if action == Action::Back => {
                self.record = None;
                ctx.cancel(Slot::Person);
                ctx.cancel(Slot::History);
            }
            _ if action == Action::EmailChange => self.change_email(ctx),
            _ if action.row().scope == Scope::Person => {
                if let Some(person) = self.chosen().map(|member| Person::from(&member)) {
                    person.act(action, ctx);
                }
            }
            Some(record) => record.act(action, ctx),
            None => self.list_act(action, ctx),
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match (action, &self.record) {
            // The filter, then the marks.
            (Action::Back, None) => Some("clear"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.filtering && self.record.is_none()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if std::mem::take(&mut self.anew) && key.typed().is_some() {
            self.filter.set("");
        }
        if self.filter.typed(key) {
            self.set_filter();
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if std::mem::take(&mut self.anew) {
            self.filter.set("");
        }
        if self.filter.pasted(text) {
            self.set_filter();
        }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if let Some(record) = &mut self.record {
            record.clicked(hit, ctx);
            return;
        }
        match hit {
            Hit::Row(line) if line == self.table.selected() && self.selected.is_some() => {
                self.open_record(ctx);
            }
            Hit::Row(line) => self.moved(|table, _| table.select(line)),
            Hit::Part(column) if column < columns::COLUMNS.len() => self.sort(column, true),
            Hit::Part(_) | Hit::Action(_) | Hit::Tab(_) | Hit::Nothing => {}
        }
    }

    fn scrolled(&mut self, rows: i32, ctx: &mut Ctx) {
        if let Some(record) = &mut self.record {
            record.scrolled(rows, ctx);
            return;
        }
        self.moved(|table, all| table.wheel(rows as isize, all));
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Members, Answer::Members(page)) => self.took_page(&page),
            (Slot::Members, Answer::MembersEnd) => self.loaded(ctx),
            (Slot::Members, Answer::Failed(failure)) => self.load_failed(failure, ctx),
            (Slot::Emails, Answer::Emails(told)) => {
                if let Some(directory) = &mut self.directory {
                    for (id, email) in &told {
                        directory.tell_email(id, email);
                    }
                }
                self.changed();
                self.follow();
            }
            (Slot::Emails, Answer::Failed(_)) => self.scim.refused = true,
            (Slot::Member, Answer::Member(read)) => {
                self.pending.retain(|(id, _)| *id != read.membership.id);
                if let Some(directory) = &mut self.directory {
                    directory.upsert(&read.membership, read.user.as_ref(), read.name.as_ref());
                    if let Some(email) = &read.email {
                        directory.tell_email(&read.membership.id, email);
                    }
                }
                self.follow();
                self.survey_again(ctx);
            }
            (Slot::Member, Answer::Failed(_)) => self.pending.clear(),
            (_, answer) => {
                if let Some(record) = &mut self.record {
                    record.answered(slot, answer, ctx);
                }
            }
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            Note::Writing(Some(id)) => self.pending.push((id.clone(), ctx.now)),
            Note::Written(Some(id)) => {
                // Shown only after it has been read back; the row keeps its pending mark until then.
                ctx.ask(Slot::Member, Question::Member(id.clone()));
                if let Some(record) = &mut self.record {
                    record.told(note, ctx);
                }
            }
            Note::NotWritten(Some(id)) => self.pending.retain(|(pending, _)| pending != id),
            Note::SurveyWanted(idps) => self.survey_wanted(idps.as_ref(), ctx),
            Note::LookUp(wanted) => self.look_up(wanted, ctx),
            Note::Show(id) => self.show(id, ctx),
            Note::ShowMatching(filter) => self.show_matching(filter, ctx),
            Note::ReloadMembers if !matches!(self.load, Load::Under { .. }) => self.begin(ctx),
            Note::ReloadMembers
            | Note::Surveyed { .. }
            | Note::LookedUp { .. }
            | Note::Writing(None)
            | Note::Written(None)
            | Note::NotWritten(None)
            | Note::PutAside { .. } => {}
        }
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        if let Some(record) = &self.record {
            return record.status(view);
        }
        match &self.load {
            Load::Under { done, total, again, .. } => {
                let verb = if *again { "reloading" } else { "loading" };
                Some(progress::line(verb, *done, *total, view))
            }
            Load::Failed(failure) if self.shown() > 0 => Some(Line::from(vec![
                Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
                Span::styled(format!("not reloaded: {}", failure.what), view.style(Role::Muted)),
            ])),
            Load::Idle | Load::Ready | Load::Failed(_) => {
                let marked = self.marks.len() as u64;
                (marked > 0).then(|| {
                    Line::styled(
                        format!("{} marked", count(marked, "member", "members")),
                        view.style(Role::Accent),
                    )
                })
            }
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        let load = match &self.load {
            Load::Under { since, .. } => Some(*since),
            Load::Idle | Load::Ready | Load::Failed(_) => None,
        };
        let pending = self.pending.iter().map(|(_, since)| *since).min();
        let record = self.record.as_ref().and_then(Record::waiting_since);
        [load, pending, record].into_iter().flatten().min()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        match &self.record {
            Some(record) => record.draw(frame, area, view),
            None => self.draw_list(frame, area, view),
        }
    }
}
