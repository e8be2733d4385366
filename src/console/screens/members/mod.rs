//! The members screen: the list, its detail, and a member's record.

mod again;
pub mod columns;
pub mod detail;
mod draw;
mod source;
#[cfg(test)]
mod tests;
mod told;

use std::collections::HashSet;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::person::{Person, many};
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
use crate::console::widgets::list::List;
use crate::console::widgets::progress;
use crate::console::words::count;
use crate::identity::directory::{Directory, FIELDS, Member, Page, RowId};
use crate::identity::{MembershipId, Role as Power, Seen, Text};
use crate::workflows::history::History;

pub(in crate::console) use draw::hint;

/// Most addresses asked of SCIM at once; what is asked for is what can be seen.
const SCIM_AT_ONCE: usize = 24;

/// From so many rows on, everybody is read again instead of each one.
const MANY: usize = 1000;

/// The members screen.
#[derive(Debug, Default)]
pub struct Members {
    directory: Option<Directory>,
    /// Goes up with everything that is told of the members.
    seen: u64,
    load: Load,
    list: List<RowId>,
    /// Members that are being written, since when.
    pending: Vec<(MembershipId, Timestamp)>,
    /// Members that are read again and have not come yet.
    reading: Vec<MembershipId>,
    widths: Vec<u16>,
    scim: Scim,
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
        self.forget_histories(None);
        ctx.cancel(Slot::Emails);
        self.load = Load::Under { since: ctx.now, done: 0, total: None, again };
        ctx.ask(Slot::Members, Question::Members);
    }

    /// The selected member.
    pub fn current(&self) -> Option<Member<'_>> {
        let directory = self.directory.as_ref()?;
        directory.member(directory.at(self.list.line())?)
    }

    /// The members, a number that is another one when they were told of anew, and whether that is all of them.
    pub(super) fn people(&self) -> (Option<&Directory>, u64, bool) {
        (self.directory.as_ref(), self.seen, self.load == Load::Ready)
    }

    /// How far the loading is while it is under way.
    pub(super) fn progress(&self) -> Option<(u64, Option<u64>)> {
        match &self.load {
            Load::Under { done, total, .. } => Some((*done, *total)),
            Load::Idle | Load::Ready | Load::Failed(_) => None,
        }
    }

    /// Why they could not be loaded.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.load {
            Load::Failed(failure) => Some(failure),
            Load::Idle | Load::Under { .. } | Load::Ready => None,
        }
    }

    /// The present addresses of members, as somebody else was told them.
    pub(super) fn told_emails(&mut self, told: &[(MembershipId, Text)]) {
        if let Some(directory) = &mut self.directory {
            directory.tell_emails(told.iter().map(|(id, email)| (id, email)));
        }
        self.seen += 1;
        self.changed();
        self.follow();
    }

    /// Loads everybody once more, unless that is going on already.
    pub(super) fn read_again(&mut self, ctx: &mut Ctx) {
        if !matches!(self.load, Load::Under { .. }) {
            self.begin(ctx);
        }
    }

    fn shown(&self) -> usize {
        self.directory.as_ref().map_or(0, Directory::shown)
    }

    fn follow(&mut self) {
        if let Some(directory) = &self.directory {
            self.list.follow(directory);
        }
    }

    /// Asks SCIM for the present addresses of the members on the screen that this role cannot read itself
    /// (platform-api §7). One batch at a time; scrolling on changes what the next one asks for.
    fn look_up_addresses(&mut self, ctx: &mut Ctx) {
        if self.scim.refused || self.load != Load::Ready || ctx.slots.is_open(Slot::Emails) {
            return;
        }
        let Some(directory) = &self.directory else { return };
        let shown = self.list.on_screen(directory);
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
            self.list.forget_gone(directory);
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

    /// Versions name their authors by profile alone; whoever is a member has a name.
    fn name_authors(&self, history: &mut History) {
        let Some(directory) = &self.directory else { return };
        let users = match &mut history.users {
            Seen::Known(users) => users.iter_mut().map(|user| &mut user.version).collect(),
            Seen::Unknown(_) => Vec::new(),
        };
        let versions = history.memberships.iter_mut().map(|membership| &mut membership.version).chain(users);
        for author in versions.filter_map(|version| version.author.as_mut()) {
            if author.display.is_none() {
                author.display = directory.name_of_profile(author);
            }
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
        let row = member.row();
        self.list.settle_on(row);
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

    /// The marked members, unless a record is open.
    fn marked(&self) -> Vec<Person> {
        let Some(directory) = self.directory.as_ref().filter(|_| self.record.is_none()) else {
            return Vec::new();
        };
        let marks = self.list.marks().iter();
        marks.filter_map(|row| directory.member(*row)).map(|member| Person::from(&member)).collect()
    }

    /// How many are marked, unless a record is open.
    fn how_many(&self) -> usize {
        if self.record.is_some() { 0 } else { self.list.marks().len() }
    }

    /// The member whose record is open, else the selected one.
    fn chosen(&self) -> Option<Member<'_>> {
        let directory = self.directory.as_ref()?;
        match &self.record {
            Some(record) => directory.member(directory.find(record.id())?),
            None => self.current(),
        }
    }

    fn list_availability(&self, action: Action, session: Option<&Session>) -> Availability {
        if let Some(of_list) = self.list.availability(action, self.directory.as_ref()) {
            return of_list;
        }
        let some = self.current().is_some();
        match action {
            Action::Invite | Action::ImportMembers => Availability::ready_if(session.is_some()),
            Action::MemberOpen | Action::Copy => Availability::ready_if(some),
            Action::OpenInBrowser if some => in_web_app(session),
            Action::Reload => match self.load {
                Load::Under { .. } => Availability::because("the members are being loaded already"),
                Load::Idle | Load::Ready | Load::Failed(_) => Availability::Ready,
            },
            _ => Availability::Hidden,
        }
    }

    fn list_act(&mut self, action: Action, ctx: &mut Ctx) {
        if let Some(directory) = &mut self.directory
            && self.list.act(action, directory, ctx)
        {
            return;
        }
        match action {
            Action::Reload => self.begin(ctx),
            Action::Invite => {
                if let Some(caller) = ctx.session.as_ref().map(|session| &session.caller) {
                    let projects =
                        if caller.role == Power::SuperAdmin { self.projects() } else { Vec::new() };
                    let form = super::person::forms::invite(caller.membership.clone(), projects);
                    ctx.open(Overlay::Ask(Box::new(form)));
                }
            }
            Action::ImportMembers => ctx.open(Overlay::Import(Box::default())),
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

/// Whether a record can be opened in the platform's web app.
pub(super) fn in_web_app(session: Option<&Session>) -> Availability {
    match session {
        Some(session) if session.web_app.is_some() => Availability::Ready,
        Some(session) => Availability::because(format!(
            "its web app is not known; set `web_app` of the connection {}",
            session.connection
        )),
        None => Availability::Hidden,
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
            None if self.list.is_filtering() => vec![Scope::Typing, Scope::List],
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
            if self.how_many() > 0 {
                return many::availability(action, self.how_many());
            }
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
            None if action.row().scope == Scope::Person && !self.list.marks().is_empty() => {
                many::act(action, &self.marked(), ctx);
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

    fn wanted(&self) -> Option<Action> {
        Some(Action::Diagnose)
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match (action, &self.record) {
            // The filter, then the marks.
            (Action::Back, None) => Some("clear"),
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering() && self.record.is_none()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if let Some(directory) = &mut self.directory {
            self.list.typed(key, directory);
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if let Some(directory) = &mut self.directory {
            self.list.pasted(text, directory);
        }
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        if self.record.is_some() { &[] } else { &FIELDS }
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if let Some(record) = &mut self.record {
            record.clicked(hit, ctx);
            return;
        }
        let Some(directory) = &mut self.directory else { return };
        if self.list.clicked(hit, directory, ctx) {
            self.open_record(ctx);
        }
    }

    fn scrolled(&mut self, rows: i32, ctx: &mut Ctx) {
        if let Some(record) = &mut self.record {
            record.scrolled(rows, ctx);
            return;
        }
        if let Some(directory) = &self.directory {
            self.list.scrolled(rows, directory);
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        self.seen += 1;
        match (slot, answer) {
            (Slot::Members, Answer::Members(page)) => self.took_page(&page),
            (Slot::Members, Answer::MembersEnd) => self.loaded(ctx),
            (Slot::Members, Answer::Failed(failure)) => self.load_failed(failure, ctx),
            (Slot::Emails, Answer::Emails(told)) => {
                if let Some(directory) = &mut self.directory {
                    directory.tell_emails(told.iter().map(|(id, email)| (id, email)));
                }
                self.changed();
                self.follow();
            }
            (Slot::Emails, Answer::Failed(_)) => self.scim.refused = true,
            (Slot::Member, Answer::Member(read)) => {
                self.came(&read.membership.id);
                self.forget_histories(Some(&read.membership.id));
                if let Some(directory) = &mut self.directory {
                    directory.upsert(&read.membership, read.user.as_ref(), read.name.as_ref());
                    if let Some(email) = &read.email {
                        directory.tell_email(&read.membership.id, email);
                    }
                }
                self.follow();
                self.survey_again(ctx);
            }
            (Slot::Member, Answer::MemberGone(id)) => {
                self.came(&id);
                if self.record.as_ref().is_some_and(|record| *record.id() == id) {
                    self.record = None;
                    ctx.cancel(Slot::Person);
                    ctx.cancel(Slot::History);
                }
                if let Some(directory) = &mut self.directory {
                    directory.remove(&id);
                    self.list.forget_gone(directory);
                }
                self.follow();
            }
            (Slot::Member, Answer::MembersEnd) => {
                for id in std::mem::take(&mut self.reading) {
                    self.came(&id);
                }
            }
            (Slot::Member, Answer::Failed(_)) => {
                self.pending.clear();
                self.reading.clear();
            }
            (_, mut answer) => {
                if let Answer::History(history) = &mut answer {
                    self.name_authors(history);
                }
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
                self.read_back(std::slice::from_ref(id), ctx);
                if let Some(record) = &mut self.record {
                    record.told(note, ctx);
                }
            }
            Note::NotWritten(Some(id)) => self.pending.retain(|(pending, _)| pending != id),
            Note::Rows(ids) => self.rows_written(ids, ctx),
            Note::Sort { .. } | Note::Export { .. } => {
                if let Some(directory) = &mut self.directory {
                    self.list.told(note, directory, ctx);
                }
            }
            Note::SurveyWanted(idps) => self.survey_wanted(idps.as_ref(), ctx),
            Note::LookUp(wanted) => self.look_up(wanted, ctx),
            Note::HistoriesRead(read) => self.histories_read(read.clone(), ctx),
            Note::HistoriesWanted(most) => self.histories_wanted(*most, ctx),
            Note::Show(id) => self.show(id, ctx),
            Note::ShowMatching(filter) => self.show_matching(filter, ctx),
            Note::ReloadMembers if !matches!(self.load, Load::Under { .. }) => self.begin(ctx),
            Note::ReloadMembers
            | Note::Diagnose(_)
            | Note::ShowSession(_)
            | Note::ShowTokens
            | Note::ShowDomain(_)
            | Note::AddRoute(_)
            | Note::OnboardDomain(_)
            | Note::Onboard(_)
            | Note::SignInTried { .. }
            | Note::TestSignIn { .. }
            | Note::RouteTested(..)
            | Note::Surveyed { .. }
            | Note::LookedUp { .. }
            | Note::WorthReading(_)
            | Note::Writing(None)
            | Note::Written(None)
            | Note::NotWritten(None)
            | Note::Snapshot(_)
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
                if let Some(reading) = self.reading_again(view.now) {
                    return Some(Line::styled(reading, view.style(Role::Muted)));
                }
                let marked = self.list.marks().len() as u64;
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
