//! The plan dialog: what will be written, what follows, why; then how it went.
//!
//! `Enter` applies only when the plan has been read to its end and a reason is given; before that it reads on. A
//! plan may ask for its address to be typed, and a production connection asks once more. Nothing that was typed is
//! lost: putting the plan aside tells the reason to whoever opened it.

mod content;
mod draw;
mod rows;
#[cfg(test)]
mod tests;

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Overlay;
use super::impact::{About, ImpactView};
use super::reveal::Reveal;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Applied, DoctorQuestion, Effect, NotApplied, Question, Write};
use crate::console::failure::Failure;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::screens::Place;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::widgets::input::Input;
use crate::console::widgets::scroll::Scroll;
use crate::console::words::count;
use crate::identity::{ClientId, Confirm, Means, MembershipId, Plan, Secret, SecretAct, Text};
use crate::journal::{EntryId, Happened, StepRecord, StepState};
use crate::workflows::Progress;
use crate::workflows::apply::Wish;
use crate::workflows::bulk::Tally;
use crate::workflows::checkup::Mending;
use crate::workflows::intent::Intent;

/// Where the plan came from, to make it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A form that lies below; it makes the plan anew.
    Form,
    /// This is wanted; asked for from a screen, or from a form that lies below.
    Intent {
        /// What is wanted.
        intent: Box<Intent>,
        /// A form lies below, with what was typed.
        form: bool,
    },
    /// A change that mends a sign-in.
    Mending(Box<Mending>),
    /// Taking this entry back.
    Undo(EntryId),
    /// Going on with this entry.
    Resume(EntryId),
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    /// The plan's text.
    Text,
    /// Why.
    Reason,
    /// What has to be typed to say yes.
    Typed,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// To be read and decided.
    Reading,
    /// Decided; production asks once more.
    Production,
    /// Under way.
    Applying { since: Timestamp, steps: Vec<StepState> },
    /// Stands on the platform, read back.
    Done(Box<Applied>),
    /// Not written, or not all of it.
    Stopped { outcome: Box<NotApplied>, both: bool },
    /// Being made anew, for the same reason.
    Again { since: Timestamp },
    /// There is no plan.
    NoPlan(String),
    /// There is none for this role; the text asks somebody who may.
    ForOthers { why: String, request: String },
}

/// The dialog.
#[derive(Debug)]
pub struct PlanDialog {
    plan: Arc<Plan>,
    origin: Origin,
    stage: Stage,
    focus: Focus,
    reason: Input,
    /// What the plan needs and does not hold.
    secret: Option<Secret>,
    typed: Input,
    wrong: Option<String>,
    details: bool,
    scroll: Scroll,
    /// What is wanted of the run that is under way.
    hold: Wish,
    /// How long it was paused, and since when it is.
    paused: (SignedDuration, Option<Timestamp>),
    /// How far its rows are.
    tally: Tally,
    /// The file that it was made from; verdicts go beside it.
    sheet: Option<PathBuf>,
    /// What became of every row is being written into a file.
    saving: bool,
    /// Lines before the first row of many, and that one; known once it was drawn.
    head: Cell<usize>,
    /// What many rows have in common, and the room that their names take; counted once.
    summary: OnceCell<Vec<(String, u64)>>,
    name_width: OnceCell<usize>,
}

impl PlanDialog {
    /// Shows a plan; `reason` is what was typed for it before, if anything.
    pub fn new(plan: Plan, origin: Origin, reason: &str) -> Self {
        Self {
            plan: Arc::new(plan),
            origin,
            stage: Stage::Reading,
            focus: Focus::Reason,
            reason: Input::new(reason),
            secret: None,
            typed: Input::default(),
            wrong: None,
            details: false,
            scroll: Scroll::default(),
            hold: Wish::Run,
            paused: (SignedDuration::ZERO, None),
            tally: Tally::default(),
            sheet: None,
            saving: false,
            head: Cell::default(),
            summary: OnceCell::new(),
            name_width: OnceCell::new(),
        }
    }

    /// Everything that has to be read has been on the screen.
    fn is_read(&self) -> bool {
        self.scroll.read_to_end() || self.has_rows() && self.scroll.has_shown(self.head.get())
    }

    /// The entry of which something stands and can be taken back from here.
    fn undoable(&self) -> Option<EntryId> {
        match &self.stage {
            Stage::Done(applied) => Some(applied.entry),
            Stage::Stopped { outcome, .. }
                if self.has_rows() && outcome.steps.iter().any(|step| step.state.is_written()) =>
            {
                outcome.entry
            }
            _ => None,
        }
    }

    /// Rows are on their way.
    fn runs(&self) -> bool {
        self.has_rows() && matches!(self.stage, Stage::Applying { .. })
    }

    /// The entry of a run of which every row can be told.
    fn told_entry(&self) -> Option<EntryId> {
        match &self.stage {
            Stage::Done(applied) if self.has_rows() => Some(applied.entry),
            Stage::Stopped { outcome, .. } if self.has_rows() => outcome.entry,
            _ => None,
        }
    }

    /// The client application whose secret has just come to be.
    fn revealable(&self) -> Option<ClientId> {
        let Stage::Done(applied) = &self.stage else { return None };
        self.plan.changes.iter().zip(&applied.steps).find_map(|(change, step)| match &change.means {
            Means::ClientSecret { act: SecretAct::Rotate } => Some(ClientId::new(change.target.id.clone())),
            Means::MakeClient { .. } => step.made.as_ref().map(|made| ClientId::new(made.id.clone())),
            _ => None,
        })
    }

    /// With what goes to the platform beside the plan.
    #[must_use]
    pub fn with_secret(self, secret: Option<Secret>) -> Self {
        Self { secret, ..self }
    }

    /// Made from a file.
    #[must_use]
    pub fn of_sheet(self, path: PathBuf) -> Self {
        Self { sheet: Some(path), ..self }
    }

    /// Where the verdicts of a run go: beside its file, else into the folder where the console was started.
    fn verdicts_path(&self, entry: EntryId) -> PathBuf {
        match &self.sheet {
            Some(sheet) => {
                let stem = sheet.file_stem().unwrap_or_default().to_string_lossy();
                sheet.with_file_name(format!("{stem}-verdicts-{entry}.csv"))
            }
            None => PathBuf::from(format!("verdicts-{entry}.csv")),
        }
    }

    /// With a reason that was given before there was a plan.
    #[must_use]
    pub fn with_reason(self, reason: &str) -> Self {
        Self { reason: Input::new(reason), ..self }
    }

    fn asks_to_type(&self) -> Option<&str> {
        match &self.plan.confirm {
            Confirm::Enter => None,
            Confirm::Typed { text } => Some(text.raw()),
        }
    }

    fn fields(&self) -> &'static [Focus] {
        if self.asks_to_type().is_some() {
            &[Focus::Reason, Focus::Typed, Focus::Text]
        } else {
            &[Focus::Reason, Focus::Text]
        }
    }

    fn next_field(&mut self, by: usize) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        self.focus = fields[(at + by) % fields.len()];
    }

    /// Enter: read on, ask for what is missing, ask once more, apply.
    fn enter(&mut self, ctx: &mut Ctx) {
        self.wrong = None;
        match &self.stage {
            Stage::Reading => {
                if !self.is_read() {
                    self.scroll.pages(1);
                    return;
                }
                if self.reason.text().trim().is_empty() {
                    self.wrong = Some("Say why; it is kept in the journal.".to_owned());
                    self.focus = Focus::Reason;
                    return;
                }
                if let Some(wanted) = self.asks_to_type()
                    && self.typed.text().trim() != wanted
                {
                    if !self.typed.is_empty() {
                        self.wrong =
                            Some("This is not what stands above; compare letter by letter.".to_owned());
                    }
                    self.focus = Focus::Typed;
                    return;
                }
                if ctx.session.as_ref().is_some_and(|session| session.production) {
                    self.stage = Stage::Production;
                } else {
                    self.apply(ctx);
                }
            }
            Stage::Production => self.apply(ctx),
            Stage::Done(_) => self.close_all(ctx),
            Stage::Stopped { outcome, .. } if outcome.stale.is_some() => {
                if let Stage::Stopped { both, .. } = &mut self.stage {
                    *both = !*both;
                    self.scroll.restart();
                }
            }
            Stage::Stopped { .. } | Stage::NoPlan(_) | Stage::ForOthers { .. } => self.put_aside(ctx),
            Stage::Applying { .. } | Stage::Again { .. } => {}
        }
    }

    fn apply(&mut self, ctx: &mut Ctx) {
        self.hold = Wish::Run;
        self.paused = (SignedDuration::ZERO, None);
        self.tally = if self.has_rows() { Tally::of(&self.plan) } else { Tally::default() };
        self.stage =
            Stage::Applying { since: ctx.now, steps: vec![StepState::Planned; self.plan.changes.len()] };
        self.scroll.restart();
        ctx.tell(Note::Writing(self.plan.membership.clone()));
        ctx.write(
            Slot::Apply,
            Write::Apply {
                plan: Arc::clone(&self.plan),
                reason: self.reason.text().trim().to_owned(),
                secret: self.secret.clone(),
            },
        );
    }

    fn hold(&mut self, wish: Wish, ctx: &mut Ctx) {
        self.hold = wish;
        self.paused = match (wish, self.paused) {
            (Wish::Pause, (before, None)) => (before, Some(ctx.now)),
            (Wish::Run | Wish::Stop, (before, Some(since))) => (before + ctx.now.duration_since(since), None),
            (_, as_it_is) => as_it_is,
        };
        ctx.effect(Effect::Hold(wish));
    }

    /// How long the run has been at it: what it was paused for is no time of its own.
    fn at_work(&self, since: Timestamp, now: Timestamp) -> Duration {
        let (before, paused) = self.paused;
        let until = paused.unwrap_or(now);
        Duration::try_from(until.duration_since(since) - before).unwrap_or_default()
    }

    fn plan_again(&mut self, ctx: &mut Ctx) {
        // The next answer is the plan's.
        self.saving = false;
        if self.origin == Origin::Form {
            ctx.close();
            ctx.tell(Note::PutAside { reason: self.reason.text().to_owned(), again: true });
        } else {
            self.stage = Stage::Again { since: ctx.now };
            self.ask(ctx);
        }
    }

    /// Asks for the plan; a form makes its own.
    fn ask(&self, ctx: &mut Ctx) {
        let question = match &self.origin {
            Origin::Form => return,
            Origin::Intent { intent, .. } => Question::Plan(intent.clone()),
            Origin::Mending(mending) => Question::Doctor(DoctorQuestion::Plan(mending.clone())),
            Origin::Undo(entry) => Question::UndoPlan(*entry),
            Origin::Resume(entry) => Question::ResumePlan(*entry),
        };
        ctx.ask(Slot::Proposal, question);
    }

    fn put_aside(&mut self, ctx: &mut Ctx) {
        ctx.cancel(Slot::Proposal);
        ctx.close();
        ctx.tell(Note::PutAside { reason: self.reason.text().to_owned(), again: false });
    }

    /// It is done: the form below has served as well.
    fn close_all(&self, ctx: &mut Ctx) {
        ctx.close();
        if matches!(self.origin, Origin::Form | Origin::Intent { form: true, .. }) {
            ctx.close();
        }
    }

    fn applied(&mut self, applied: Applied, ctx: &mut Ctx) {
        self.tell_rows(&applied.steps, ctx);
        ctx.tell(Note::Written(self.plan.membership.clone()));
        // Somebody new comes into the list; among rows they have been told.
        let alone = applied.steps.iter().filter(|_| !self.has_rows());
        let made = alone.filter_map(|step| step.made.as_ref());
        for made in made.filter(|made| &*made.kind == MembershipId::KIND) {
            ctx.tell(Note::Written(Some(MembershipId::new(made.id.clone()))));
        }
        let told = |step: &StepRecord| step.state == StepState::Settled(Happened::Told);
        let how = if applied.steps.iter().any(told) { "applied" } else { "applied and read back" };
        ctx.succeeded(format!("{}: {how}", self.plan.subject));
        self.stage = Stage::Done(Box::new(applied));
        self.scroll.restart();
    }

    fn stopped(&mut self, outcome: NotApplied, ctx: &mut Ctx) {
        let written = outcome.steps.iter().any(|step| step.state != StepState::Planned);
        let membership = self.plan.membership.clone();
        ctx.tell(if written { Note::Written(membership) } else { Note::NotWritten(membership) });
        self.tell_rows(&outcome.steps, ctx);
        self.stage = Stage::Stopped { outcome: Box::new(outcome), both: false };
        self.scroll.restart();
    }

    /// What it is about, where that is a route: whom it meets can be looked at one by one.
    fn of_route(&self) -> Option<&Intent> {
        match &self.origin {
            Origin::Intent { intent, .. } if intent.is_of_route() => Some(intent),
            _ => None,
        }
    }

    fn is_typing(&self) -> bool {
        self.stage == Stage::Reading && self.focus != Focus::Text
    }
}

impl Model for PlanDialog {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Plan, Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let reading = self.stage == Stage::Reading;
        match action {
            Action::Apply => match self.stage {
                Stage::Reading
                | Stage::Production
                | Stage::Done(_)
                | Stage::Stopped { .. }
                | Stage::NoPlan(_)
                | Stage::ForOthers { .. } => Availability::Ready,
                Stage::Applying { .. } => Availability::because("it is being applied"),
                Stage::Again { .. } => Availability::because("the plan is being made anew"),
            },
            Action::ScrollDown | Action::ScrollUp => Availability::Ready,
            Action::NextField | Action::PreviousField => Availability::ready_if(reading),
            Action::Details => Availability::ready_if(
                matches!(self.stage, Stage::Reading | Stage::Production) && !self.is_typing(),
            ),
            Action::DialogCopy => Availability::ready_if(matches!(self.stage, Stage::ForOthers { .. })),
            Action::RunPause | Action::RunStop => match (self.runs(), self.hold) {
                (true, Wish::Stop) => Availability::because("it ends after the rows on their way"),
                (running, _) => Availability::ready_if(running),
            },
            Action::PlanVerdicts => Availability::ready_if(self.told_entry().is_some() && !self.saving),
            Action::PlanAgain => Availability::ready_if(matches!(self.stage, Stage::Stopped { .. })),
            Action::PlanUndo => Availability::ready_if(self.undoable().is_some()),
            Action::PlanImpact => Availability::ready_if(
                matches!(self.stage, Stage::Reading | Stage::Production) && self.of_route().is_some(),
            ),
            Action::PlanReveal => Availability::ready_if(self.revealable().is_some()),
            Action::Close => match self.stage {
                Stage::Applying { .. } => {
                    Availability::because("a write under way is never cut off; it ends by itself")
                }
                _ => Availability::Ready,
            },
            Action::GoSignIn => Availability::ready_if(
                matches!(&self.stage, Stage::Stopped { outcome, .. } if outcome.failure.signed_out),
            ),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Apply => self.enter(ctx),
            Action::ScrollDown => self.scroll.pages(1),
            Action::ScrollUp => self.scroll.pages(-1),
            Action::NextField => self.next_field(1),
            Action::PreviousField => self.next_field(self.fields().len() - 1),
            Action::Details => self.details = !self.details,
            Action::DialogCopy => {
                if let Stage::ForOthers { request, .. } = &self.stage {
                    ctx.copy("the request", request.clone());
                }
            }
            Action::RunPause => {
                self.hold(if self.hold == Wish::Pause { Wish::Run } else { Wish::Pause }, ctx);
            }
            Action::RunStop => self.hold(Wish::Stop, ctx),
            Action::PlanVerdicts => {
                if let Some(entry) = self.told_entry() {
                    self.saving = true;
                    let path = self.verdicts_path(entry);
                    ctx.ask(Slot::Proposal, Question::Verdicts { entry, path });
                }
            }
            Action::PlanAgain => self.plan_again(ctx),
            Action::PlanImpact => {
                if let Some(intent) = self.of_route() {
                    let about = About::Intent(Box::new(intent.clone()));
                    let view = ImpactView::new(self.plan.subject.clone(), vec![("as planned", about)], false);
                    ctx.open(Overlay::Impact(Box::new(view)));
                }
            }
            Action::PlanUndo => {
                if let Some(entry) = self.undoable() {
                    self.close_all(ctx);
                    ctx.go(Place::Journal);
                    ctx.open(Overlay::Plan(Box::new(Self::undo(entry, &self.plan, ctx.now))));
                }
            }
            Action::PlanReveal => {
                if let Some(client) = self.revealable() {
                    let reveal = Reveal::new(client, self.plan.subject.clone());
                    ctx.open(Overlay::Reveal(Box::new(reveal)));
                }
            }
            Action::Close => match self.stage {
                Stage::Done(_) => self.close_all(ctx),
                Stage::Production => self.stage = Stage::Reading,
                _ => self.put_aside(ctx),
            },
            _ => {}
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if let Stage::Again { .. } = &self.stage {
            self.ask(ctx);
        }
    }

    fn takes_text(&self) -> bool {
        self.is_typing()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.wrong = None;
        match self.focus {
            Focus::Reason => self.reason.typed(key),
            Focus::Typed => self.typed.typed(key),
            Focus::Text => false,
        };
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        match self.focus {
            Focus::Reason => {
                self.reason.pasted(text);
            }
            // What has to be typed is to be read letter by letter, not carried over.
            Focus::Typed => self.wrong = Some("Type it by hand: that is what it is for.".to_owned()),
            Focus::Text => {}
        }
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if let (Stage::Reading, Hit::Part(part)) = (&self.stage, hit) {
            self.focus = match part {
                0 => Focus::Reason,
                1 => Focus::Typed,
                _ => Focus::Text,
            };
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.scroll.by(rows as isize);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Step { step, state } => {
                if let Stage::Applying { steps, .. } = &mut self.stage
                    && let Some(known) = steps.get_mut(step)
                {
                    *known = state;
                    match state {
                        StepState::Verified => self.tally.take(Progress::Verified { step }),
                        StepState::Failed => self.tally.take(Progress::Failed { step }),
                        _ => false,
                    };
                }
            }
            Answer::Applied(applied) => self.applied(*applied, ctx),
            Answer::NotApplied(outcome) => self.stopped(*outcome, ctx),
            Answer::Plan(plan) => {
                let again = Self::new(*plan, self.origin.clone(), self.reason.text());
                *self = Self { details: self.details, secret: self.secret.take(), ..again };
            }
            Answer::NoPlan(why) => self.stage = Stage::NoPlan(why),
            Answer::ForOthers { why, request } => self.stage = Stage::ForOthers { why, request },
            Answer::Saved { path, rows } => {
                self.saving = false;
                ctx.succeeded(format!("{} written to {path}", count(rows as u64, "row", "rows")));
            }
            Answer::FileExists(path) => {
                self.saving = false;
                ctx.warn(format!("{path} is there already and was left as it is"));
            }
            Answer::Failed(failure) if self.saving => {
                self.saving = false;
                ctx.warn_for_long(format!("{} {}", failure.what, failure.why).trim_end());
            }
            Answer::Failed(failure) => self.failed(failure, ctx),
            _ => {}
        }
    }

    fn waits_for(&self, slot: Slot) -> bool {
        match slot {
            Slot::Apply => matches!(self.stage, Stage::Applying { .. }),
            Slot::Proposal => self.saving || matches!(self.stage, Stage::Again { .. }),
            _ => false,
        }
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Applying { since, .. } | Stage::Again { since } => Some(*since),
            _ => None,
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_dialog(frame, area, view);
    }
}

impl PlanDialog {
    /// The plan that takes an entry back, still to be made. `known` gives title and subject meanwhile.
    pub fn undo(entry: EntryId, known: &Plan, now: Timestamp) -> Self {
        let blank = Plan {
            membership: known.membership.clone(),
            user: known.user.clone(),
            about: known.about.clone(),
            ..Plan::new(format!("Undo: {}", known.title.to_lowercase()), known.subject.clone())
        };
        Self { stage: Stage::Again { since: now }, ..Self::new(blank, Origin::Undo(entry), "") }
    }

    /// The plan of what is left of an entry, still to be made.
    pub fn resume(entry: EntryId, known: &Plan, now: Timestamp) -> Self {
        let blank = Plan {
            membership: known.membership.clone(),
            user: known.user.clone(),
            ..Plan::new(known.title.clone(), known.subject.clone())
        };
        Self { stage: Stage::Again { since: now }, ..Self::new(blank, Origin::Resume(entry), "") }
    }

    /// The plan of something that is wanted, still to be made. `form`: a form lies below and keeps what was typed.
    pub fn wanted(intent: Intent, subject: Text, form: bool, now: Timestamp) -> Self {
        let blank = Plan::new(intent.title(), subject);
        let origin = Origin::Intent { intent: Box::new(intent), form };
        Self { stage: Stage::Again { since: now }, ..Self::new(blank, origin, "") }
    }

    /// The plan of a change that mends a sign-in, still to be made.
    pub fn mending(mending: Mending, title: &str, subject: Text, now: Timestamp) -> Self {
        let origin = Origin::Mending(Box::new(mending));
        let blank = Plan::new(title, subject);
        Self { stage: Stage::Again { since: now }, ..Self::new(blank, origin, "") }
    }

    fn failed(&mut self, failure: Failure, ctx: &mut Ctx) {
        if matches!(self.stage, Stage::Applying { .. }) {
            // The write ended without telling how: only reading back says what stands there.
            ctx.tell(Note::Written(self.plan.membership.clone()));
        }
        let outcome = NotApplied { entry: None, failure, steps: Vec::new(), stale: None };
        self.stage = Stage::Stopped { outcome: Box::new(outcome), both: false };
        self.scroll.restart();
    }
}
