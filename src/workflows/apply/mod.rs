//! The only path to a write: journal, send, read back, compare, journal.
//!
//! For each change, in order: the record is read and its version compared with the one that was shown; `sent` goes
//! to disk; the request goes out, guarded by `If-Match` where the route knows it (`/admin`, SCIM and operations do
//! not: platform-api §1.6, §7, §8, hence the read right before); the answer goes to disk; the record is read back
//! and compared field by field, because the platform answers 200 to writes it does not do (§14.3); the result goes
//! to disk. A lost answer is settled by reading back, never by sending again (standards H2, H3).
//!
//! Steps of one job stop at the first failure; rows of a bulk go on past it ([`OnFailure`]), each with an outcome of
//! its own. Rows that have nothing to do with each other go out several at a time; those that have keep their order, and
//! one whose forerunner was not done is not tried ([`order::waits`]). The rate is the platform client's business: it
//! waits before it would be refused. Somebody may pause or stop a run between two changes ([`Control`]).

mod control;
mod outcome;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

pub use control::{Control, Wish};
pub use outcome::{Applied, AppliedStep, ApplyError, Progress, RowFailed, Rows, Stale};

use super::engine::Engine;
use super::orphans;
use super::read_back::{self, Compared, compare};
use super::refusals::{Cause, Refused, explain, lacking};
use super::remote::Trouble;
use crate::identity::{
    Change, Feature, FieldChange, Means, MemberAct, OnFailure, Plan, Reference, Secret, Text, VersionId,
    order,
};
use crate::journal::{self, EntryId, Event, Happened, Outcome, Planned, Run, Snapshot, Who};

/// Rows on their way at the same time. The rate limit is what holds a run up, not this: it hides the time that answers
/// take, and few rows are in doubt when the process dies.
const AT_ONCE: usize = 4;

/// Applies a plan that somebody has seen and said yes to. Run it to its end: when the future is dropped half way,
/// the entry counts as interrupted and [`super::settle::settle`] finds out what happened.
pub async fn apply(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    progress: impl FnMut(Progress) + Send,
) -> Result<Applied, ApplyError> {
    apply_with(engine, plan, reason, None, progress).await
}

/// The same with a secret for the change that needs one. It is handed to the request and to nothing else: neither the
/// plan nor the journal ever holds it.
pub async fn apply_with(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    secret: Option<&Secret>,
    progress: impl FnMut(Progress) + Send,
) -> Result<Applied, ApplyError> {
    apply_under(engine, plan, reason, secret, &Control::default(), progress).await
}

/// The same in somebody's hand, who can pause and stop it between two changes.
pub async fn apply_under(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    secret: Option<&Secret>,
    control: &Control,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Applied, ApplyError> {
    if let Some(why) = engine.read_only {
        return Err(ApplyError::ReadOnly(why));
    }
    if plan.changes.is_empty() {
        return Err(ApplyError::Nothing);
    }
    if let Some(id) = plan.resumes
        && let Some(by) = engine.journal.show(EntryId(id))?.resumed_by
    {
        return Err(ApplyError::Resumed { by });
    }
    let planned = Planned {
        plan: plan.clone(),
        reason: Text::from(reason.trim()),
        who: Who::from(&engine.caller),
        connection: engine.connection.clone(),
    };
    let run = engine.journal.begin(planned)?;
    progress(Progress::Journaled(run.id()));
    // Rows are many: they leave room for whoever looks something up meanwhile, and are never refused for being too
    // fast.
    let many = plan.on_failure == OnFailure::GoOn && plan.changes.len() > 1;
    let paced = many.then(|| engine.in_background());
    let prompt = engine;
    let engine = paced.as_ref().unwrap_or(engine);
    let entry = run.id();
    let running = Running {
        engine,
        prompt,
        plan: &plan,
        run: &run,
        secret,
        own: Mutex::default(),
        steps: Mutex::default(),
        progress: Mutex::new(&mut progress),
        ends: AtomicBool::new(false),
        broken: Mutex::default(),
    };
    let Ended { mut failed, mut outcome, stopped, asked } =
        running.all(control, if many { AT_ONCE } else { 1 }).await;
    // They came to their end in another order than they stand in.
    let mut steps = std::mem::take(&mut *lock(&running.steps));
    steps.sort_by_key(|step| step.step);
    let broken = lock(&running.broken).take();
    drop(running);
    let planned = plan.changes.len();
    let several = plan.batch.as_ref().is_some_and(|batch| batch.at_work() != planned);
    let untried = planned - steps.len() - failed.len();
    let (stopped, asked) = (stopped && untried > 0, asked && untried > 0);
    // Not finished in the journal, so reading back settles what is not written down.
    let unwritten = |source, done, failed| {
        let rows = Rows { entry, planned, several, done, failed, stopped, asked };
        Err(ApplyError::Unwritten { source, rows: Box::new(rows) })
    };
    if let Some(source) = broken {
        return unwritten(source, steps, failed);
    }
    if (outcome == Outcome::Failed && !steps.is_empty()) || (outcome == Outcome::Done && untried > 0) {
        outcome = if steps.is_empty() { Outcome::Failed } else { Outcome::Partly };
    }
    if let Err(source) = run.finish(outcome) {
        return unwritten(source, steps, failed);
    }
    progress(Progress::Finished(outcome));
    match (plan.on_failure, failed.pop()) {
        (_, None) if !asked => Ok(Applied { entry, steps }),
        (OnFailure::Stop, Some(row)) => Err(row.error),
        (_, row) => {
            failed.extend(row);
            let rows = Rows { entry, planned, several, done: steps, failed, stopped, asked };
            Err(ApplyError::Rows(Box::new(rows)))
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of these.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a run went.
struct Ended {
    /// In the order they failed, the one that ended the run last.
    failed: Vec<RowFailed>,
    outcome: Outcome,
    /// Before everything was tried.
    stopped: bool,
    /// Because somebody wanted it.
    asked: bool,
}

/// How far the changes have come.
struct Line {
    waits: Vec<Vec<usize>>,
    /// Not begun yet.
    waiting: BTreeSet<usize>,
    done: BTreeSet<usize>,
    failed: BTreeSet<usize>,
}

/// What can be begun next.
enum Next {
    Begin(usize),
    /// What it builds on is not there.
    Without {
        step: usize,
        on: usize,
    },
}

impl Line {
    fn next(&self) -> Option<Next> {
        for step in self.waiting.iter().copied() {
            if let Some(on) = self.waits[step].iter().find(|on| self.failed.contains(on)) {
                return Some(Next::Without { step, on: *on });
            }
            if self.waits[step].iter().all(|on| self.done.contains(on)) {
                return Some(Next::Begin(step));
            }
        }
        None
    }
}

/// The outcome that says more: doubt before half, half before nothing.
fn worse(one: Outcome, other: Outcome) -> Outcome {
    let rank = |outcome| match outcome {
        Outcome::Done => 0,
        Outcome::Failed => 1,
        Outcome::Partly => 2,
        Outcome::Unsure => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

enum Failure {
    /// The journal could not be written before the request went out, so it did not.
    NotBegun,
    Step(Box<ApplyError>, Outcome),
}

struct Running<'a> {
    engine: &'a Engine,
    /// For looking at what was just written: that does not wait behind rows to come, or none would know how it ended.
    prompt: &'a Engine,
    plan: &'a Plan,
    run: &'a Run,
    secret: Option<&'a Secret>,
    /// Versions that this very run has written: they replace the ones that were shown.
    own: Mutex<HashMap<Reference, VersionId>>,
    steps: Mutex<Vec<AppliedStep>>,
    progress: Mutex<&'a mut (dyn FnMut(Progress) + Send)>,
    /// Nothing more is begun.
    ends: AtomicBool,
    /// Why the journal could not be written.
    broken: Mutex<Option<journal::Error>>,
}

impl Running<'_> {
    fn tell(&self, progress: Progress) {
        (lock(&self.progress))(progress);
    }

    /// Writes an event down. When that fails nothing more is begun; what is on its way is done to its end and told.
    fn note(&self, event: &Event) {
        if let Err(error) = self.run.write(event) {
            self.ends.store(true, Ordering::Relaxed);
            lock(&self.broken).get_or_insert(error);
        }
    }

    fn is_broken(&self) -> bool {
        lock(&self.broken).is_some()
    }

    /// All changes, those that have nothing to do with each other up to `at_once` at a time.
    async fn all(&self, control: &Control, at_once: usize) -> Ended {
        let mut wish = control.listen();
        // Steps of one job go one after the other, whatever they touch.
        let mut line = Line {
            waits: match self.plan.on_failure {
                OnFailure::GoOn => order::waits(self.plan),
                OnFailure::Stop => (0..self.plan.changes.len())
                    .map(|step| step.checked_sub(1).into_iter().collect())
                    .collect(),
            },
            waiting: (0..self.plan.changes.len()).collect(),
            done: BTreeSet::new(),
            failed: BTreeSet::new(),
        };
        let mut ended = Ended { failed: Vec::new(), outcome: Outcome::Done, stopped: false, asked: false };
        let mut last: Option<RowFailed> = None;
        let mut flight = FuturesUnordered::new();
        loop {
            let wanted = *wish.borrow_and_update();
            if wanted == Wish::Stop && !self.ends.swap(true, Ordering::Relaxed) {
                (ended.stopped, ended.asked) = (true, true);
            }
            while wanted == Wish::Run && !self.ends.load(Ordering::Relaxed) && flight.len() < at_once {
                match line.next() {
                    None => break,
                    Some(Next::Begin(step)) => {
                        line.waiting.remove(&step);
                        flight.push(async move { (step, self.begin(step).await) });
                    }
                    Some(Next::Without { step, on }) => {
                        line.waiting.remove(&step);
                        line.failed.insert(step);
                        ended.failed.push(self.without(step, on));
                        ended.outcome = worse(ended.outcome, Outcome::Failed);
                    }
                }
            }
            if flight.is_empty() {
                if self.ends.load(Ordering::Relaxed) || line.next().is_none() {
                    break;
                }
                // Paused. The control lives as long as we are asked to run, so this ends only by a wish.
                let _ = wish.changed().await;
                continue;
            }
            let (step, result) = tokio::select! {
                Some(over) = flight.next() => over,
                Ok(()) = wish.changed() => continue,
            };
            match result {
                None | Some(Err(Failure::NotBegun)) => {}
                Some(Ok(applied)) => {
                    line.done.insert(step);
                    lock(&self.steps).push(applied);
                }
                Some(Err(Failure::Step(error, how))) => {
                    self.tell(Progress::Failed { step });
                    line.failed.insert(step);
                    let ends = self.plan.on_failure == OnFailure::Stop || error.stops_every_row();
                    ended.outcome = worse(ended.outcome, how);
                    let row = RowFailed { step, who: self.name(&self.plan.changes[step]), error: *error };
                    if ends && last.is_none() {
                        self.ends.store(true, Ordering::Relaxed);
                        ended.stopped = true;
                        last = Some(row);
                    } else {
                        ended.failed.push(row);
                    }
                }
            }
        }
        ended.failed.extend(last);
        ended
    }

    /// `None`: the run has ended before it was begun.
    async fn begin(&self, step: usize) -> Option<Result<AppliedStep, Failure>> {
        if self.ends.load(Ordering::Relaxed) {
            return None;
        }
        Some(self.step(step).await)
    }

    /// A change whose forerunner is not there is not tried.
    fn without(&self, step: usize, on: usize) -> RowFailed {
        let who = self.name(&self.plan.changes[step]);
        let error = ApplyError::Waits { entry: self.run.id(), step, on };
        let why = Text::from(error.to_string());
        self.note(&Event::Failed { step, why, request_id: None, found: None });
        self.tell(Progress::Failed { step });
        RowFailed { step, who, error }
    }

    async fn step(&self, step: usize) -> Result<AppliedStep, Failure> {
        let change = &self.plan.changes[step];
        self.tell(Progress::Checking { step });
        let expected = lock(&self.own).get(&change.target).or(change.expected_version.as_ref()).cloned();
        self.still_as_shown(step, change, expected.as_ref()).await?;
        if let Some(there) = self.is_there_already(step, change).await? {
            self.tell(Progress::Verified { step });
            return Ok(there);
        }

        // Where the journal has failed since for another row, this one is not said to be sent either.
        if !self.is_broken() {
            self.note(&Event::Sent { step });
        }
        if self.is_broken() {
            return Err(Failure::NotBegun);
        }
        self.tell(Progress::Sending { step });
        let (made, remark) =
            match self.engine.remote.send(change, expected.as_ref(), self.secret_of(change)).await {
                Ok(sent) => {
                    let event =
                        Event::Answered { step, made: sent.made.clone(), remark: sent.remark.clone() };
                    self.note(&event);
                    self.tell(Progress::Answered { step });
                    (sent.made, sent.remark)
                }
                Err(trouble) => return self.troubled(step, change, trouble).await,
            };
        match read_back::read_back(self.prompt, change, made.as_ref(), self.secret_of(change)).await {
            Ok(found) => {
                let applied = self.judge(step, change, found, made, remark)?;
                self.tell(Progress::Verified { step });
                Ok(applied)
            }
            Err(trouble) => {
                let mut refused = self.explained(change, &trouble);
                refused.what =
                    format!("The platform took the change, but it could not be read back ({trouble}).");
                Err(self.unsure(step, refused))
            }
        }
    }

    /// An invitation that a run before this one has tried is looked for before it goes out once more.
    async fn is_there_already(&self, step: usize, change: &Change) -> Result<Option<AppliedStep>, Failure> {
        if self.plan.resumes.is_none() || !matches!(change.means, Means::Invite { .. }) {
            return Ok(None);
        }
        let (found, made) = match read_back::find_out(self.engine, change, None).await {
            Ok((found, Some(made))) => (found, made),
            Ok((_, None)) => return Ok(None),
            // Whether somebody was invited is not known, so nobody is invited once more.
            Err(trouble) => {
                let mut refused = self.explained(change, &trouble);
                refused.what = format!(
                    "Whether an earlier run has invited {} could not be read ({trouble}), so the invitation was not sent once more.",
                    self.name(change)
                );
                return Err(self.unsure(step, refused));
            }
        };
        if compare(&change.fields, &found) != Compared::AsPlanned {
            return Ok(None);
        }
        let happened = Happened::Yes;
        let event = Event::Settled { step, happened, found: Some(found.clone()), made: Some(made.clone()) };
        self.note(&event);
        let remark = Some(Text::from("It was there already; nobody was invited twice."));
        let label = change.label.clone();
        Ok(Some(AppliedStep { step, label, found, read_back: true, made: Some(made), remark }))
    }

    fn secret_of(&self, change: &Change) -> Option<&Secret> {
        self.secret.filter(|_| change.means.needs_secret())
    }

    /// The record is still the one that was shown.
    async fn still_as_shown(
        &self,
        step: usize,
        change: &Change,
        expected: Option<&VersionId>,
    ) -> Result<(), Failure> {
        if matches!(change.means, Means::Invite { .. } | Means::Create { .. } | Means::MakeClient { .. }) {
            return Ok(());
        }
        let current = match read_back::read_back(self.engine, change, None, self.secret_of(change)).await {
            Ok(current) => current,
            Err(mut trouble) => {
                if trouble.cause.leaves_doubt() {
                    // Only a question was lost.
                    trouble.cause = Cause::NotSent;
                }
                return Err(self.refused(step, change, &trouble));
            }
        };
        let same_version = match (expected, &current.version) {
            (Some(expected), Some(current)) => expected == current,
            // Without a version the fields themselves have to do.
            (None, _) | (_, None) => {
                read_back::is_blind(change, &current)
                    || compare(&change.fields, &current) == Compared::AsBefore
            }
        };
        if same_version { Ok(()) } else { Err(self.stale(step, change, current).await) }
    }

    async fn stale(&self, step: usize, change: &Change, current: Snapshot) -> Failure {
        let shown = read_back::as_shown(self.engine, change).await;
        let why = Text::from("somebody changed the record since it was shown; nothing was sent");
        self.note(&Event::Failed { step, why, request_id: None, found: Some(current.clone()) });
        let stale = Stale {
            entry: self.run.id(),
            step,
            name: self.name(change),
            shown,
            current,
            wanted: change.fields.clone(),
            written: self.written(),
        };
        self.stop(ApplyError::Stale(Box::new(stale)))
    }

    /// The answer was no, or none came.
    async fn troubled(&self, step: usize, change: &Change, trouble: Trouble) -> Result<AppliedStep, Failure> {
        if let Some(feature) = self.lacking(change, &trouble).await {
            let mut refused = self.explained(change, &trouble);
            self.engine.remote.found_lacking(feature);
            let platform = self.engine.remote.about_with_version().await;
            refused.cause = Cause::NoRoute;
            (refused.what, refused.next) = lacking(&platform, feature);
            return Err(self.refused_with(step, refused));
        }
        let refused = self.explained(change, &trouble);
        if refused.cause == Cause::Stale
            && let Ok(current) = read_back::read_back(self.prompt, change, None, self.secret_of(change)).await
        {
            return Err(self.stale(step, change, current).await);
        }
        let only_mails = matches!(change.means, Means::Member { act: MemberAct::MailPasswordReset, .. });
        let mail = refused.cause == Cause::Mail && !only_mails;
        if !refused.cause.leaves_doubt() && !mail {
            let mut refused = refused;
            if let Some(left) = orphans::left_behind(self.engine, change, refused.cause).await {
                refused.next = format!("{} {left}", refused.next);
            }
            return Err(self.refused_with(step, refused));
        }
        let Ok((found, made)) = read_back::find_out(self.prompt, change, self.secret_of(change)).await else {
            let mut refused = refused;
            refused.what = format!("{} Reading back failed too.", refused.what);
            return Err(self.unsure(step, refused));
        };
        if read_back::is_blind(change, &found) {
            return Err(self.unsure(step, refused));
        }
        match compare(&change.fields, &found) {
            Compared::AsPlanned => {
                let happened = Happened::Yes;
                let event = Event::Settled { step, happened, found: Some(found.clone()), made: made.clone() };
                self.note(&event);
                if let Some(version) = &found.version {
                    lock(&self.own).insert(change.target.clone(), version.clone());
                }
                self.tell(Progress::Verified { step });
                let remark = Text::from(format!("{} It was read back: the change is there.", refused.what));
                Ok(AppliedStep {
                    step,
                    label: change.label.clone(),
                    found,
                    read_back: true,
                    made,
                    remark: Some(remark),
                })
            }
            Compared::AsBefore => {
                let why = Text::from(format!("{} Read back: nothing has changed.", refused.what));
                let request_id = refused.request_id.clone();
                self.note(&Event::Failed { step, why, request_id, found: Some(found) });
                Err(self.stop_refused(step, refused))
            }
            Compared::Other(wanted) => self.different(step, wanted, found),
        }
    }

    /// What the platform lacks, when that is why it said no. An unknown operation on a record is answered like an
    /// unknown record (platform-api §1.4), so one that knows no record which can be read right then is not there.
    async fn lacking(&self, change: &Change, trouble: &Trouble) -> Option<Feature> {
        let feature = Feature::of(&change.means)?;
        let is_operation = matches!(
            feature,
            Feature::UpdateEmail | Feature::Rescope | Feature::RefreshDisplay | Feature::RotateSecret
        );
        let lacks = match trouble.cause {
            Cause::NoRoute => true,
            Cause::NotFound if is_operation => self.engine.remote.record(&change.target, &[]).await.is_ok(),
            _ => false,
        };
        lacks.then_some(feature)
    }

    /// Compares what was read back with what was planned.
    fn judge(
        &self,
        step: usize,
        change: &Change,
        found: Snapshot,
        made: Option<Reference>,
        remark: Option<Text>,
    ) -> Result<AppliedStep, Failure> {
        if read_back::is_blind(change, &found) {
            let happened = Happened::Told;
            self.note(&Event::Settled { step, happened, found: Some(found.clone()), made: None });
            let told = if matches!(change.means, Means::ClientSecret { .. }) {
                "The platform answered yes; your role may not read the history that would show it."
            } else if matches!(change.means, Means::SetPassword { .. }) {
                "The platform answered yes; a password is never shown, so it cannot be read back."
            } else if change.means.needs_secret() {
                "The platform answered yes; it tells only whether any factor of yours is left, not which."
            } else {
                "The platform answered yes; this cannot be read back by your role."
            };
            let told = Text::from(told);
            let label = change.label.clone();
            return Ok(AppliedStep {
                step,
                label,
                found,
                read_back: false,
                made,
                remark: remark.or(Some(told)),
            });
        }
        match compare(&change.fields, &found) {
            Compared::AsPlanned => {
                self.note(&Event::Verified { step, found: found.clone() });
                if let Some(version) = &found.version {
                    lock(&self.own).insert(change.target.clone(), version.clone());
                }
                Ok(AppliedStep { step, label: change.label.clone(), found, read_back: true, made, remark })
            }
            Compared::AsBefore => {
                let why = Text::from("the platform answered yes but left everything as it was");
                let event = Event::Failed { step, why, request_id: None, found: Some(found.clone()) };
                self.note(&event);
                Err(self.stop(ApplyError::Ignored {
                    entry: self.run.id(),
                    step,
                    wanted: change.fields.clone(),
                    found: Box::new(found),
                    written: self.written(),
                }))
            }
            Compared::Other(wanted) => self.different(step, wanted, found),
        }
    }

    fn different<T>(&self, step: usize, wanted: Vec<FieldChange>, found: Snapshot) -> Result<T, Failure> {
        let happened = Happened::Other;
        self.note(&Event::Settled { step, happened, found: Some(found.clone()), made: None });
        let error = ApplyError::Different { entry: self.run.id(), step, wanted, found: Box::new(found) };
        Err(Failure::Step(Box::new(error), Outcome::Partly))
    }

    fn refused(&self, step: usize, change: &Change, trouble: &Trouble) -> Failure {
        self.refused_with(step, self.explained(change, trouble))
    }

    fn refused_with(&self, step: usize, refused: Refused) -> Failure {
        let why = Text::from(format!("{} {}", refused.what, refused.next).trim_end());
        let request_id = refused.request_id.clone();
        self.note(&Event::Failed { step, why, request_id, found: None });
        self.stop_refused(step, refused)
    }

    fn unsure(&self, step: usize, refused: Refused) -> Failure {
        self.note(&Event::Unsure { step, why: Text::from(refused.what.as_str()) });
        let error = ApplyError::Unsure { entry: self.run.id(), step, refused: Box::new(refused) };
        Failure::Step(Box::new(error), Outcome::Unsure)
    }

    fn stop_refused(&self, step: usize, refused: Refused) -> Failure {
        self.stop(ApplyError::Refused {
            entry: self.run.id(),
            step,
            refused: Box::new(refused),
            written: self.written(),
        })
    }

    fn stop(&self, error: ApplyError) -> Failure {
        let outcome = if lock(&self.steps).is_empty() { Outcome::Failed } else { Outcome::Partly };
        Failure::Step(Box::new(error), outcome)
    }

    fn name(&self, change: &Change) -> Text {
        change.who.clone().unwrap_or_else(|| self.plan.subject.clone())
    }

    /// Steps of the same job that stand already; other rows have nothing to do with it.
    fn written(&self) -> usize {
        match self.plan.on_failure {
            OnFailure::Stop => lock(&self.steps).len(),
            OnFailure::GoOn => 0,
        }
    }

    fn explained(&self, change: &Change, trouble: &Trouble) -> Refused {
        let Trouble { cause, text, request_id, said: _ } = trouble.clone();
        explain(&change.means, cause, text, request_id, &self.name(change))
    }
}
