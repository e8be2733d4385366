//! The only path to a write: journal, send, read back, compare, journal.
//!
//! For each change, in order: the record is read and its version compared with the one that was shown; `sent` goes
//! to disk; the request goes out, guarded by `If-Match` where the route knows it (`/admin`, SCIM and operations do
//! not: platform-api §1.6, §7, §8, hence the read right before); the answer goes to disk; the record is read back
//! and compared field by field, because the platform answers 200 to writes it does not do (§14.3); the result goes
//! to disk. A lost answer is settled by reading back, never by sending again (standards H2, H3).
//!
//! Steps of one job stop at the first failure; rows of a bulk go on past it ([`OnFailure`]), each with an outcome of
//! its own. The rate is the platform client's business: it waits before it would be refused.

mod outcome;

use std::collections::HashMap;

pub use outcome::{Applied, AppliedStep, ApplyError, Progress, RowFailed, Rows, Stale};

use super::engine::Engine;
use super::orphans;
use super::read_back::{self, Compared, compare};
use super::refusals::{Cause, Refused, explain, lacking};
use super::remote::Trouble;
use crate::identity::{
    Change, Feature, FieldChange, Means, MemberAct, OnFailure, Plan, Reference, Secret, Text, VersionId,
};
use crate::journal::{self, EntryId, Event, Happened, Outcome, Planned, Run, Snapshot, Who};

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
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Applied, ApplyError> {
    if engine.read_only {
        return Err(ApplyError::ReadOnly);
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
    let paced =
        (plan.on_failure == OnFailure::GoOn && plan.changes.len() > 1).then(|| engine.in_background());
    let engine = paced.as_ref().unwrap_or(engine);
    let mut running =
        Running { engine, plan: &plan, run: &run, secret, own: HashMap::new(), steps: Vec::new() };
    let mut failed: Vec<RowFailed> = Vec::new();
    let mut outcome = Outcome::Done;
    let mut stopped = false;
    for (step, change) in plan.changes.iter().enumerate() {
        match running.step(step, &mut progress).await {
            Ok(applied) => running.steps.push(applied),
            Err(Failure::Journal(error)) => return Err(error.into()),
            Err(Failure::Step(error, how)) => {
                progress(Progress::Failed { step });
                stopped = plan.on_failure == OnFailure::Stop || error.stops_every_row();
                outcome = worse(outcome, how);
                let who = change.who.clone().unwrap_or_else(|| plan.subject.clone());
                failed.push(RowFailed { step, who, error: *error });
                if stopped {
                    break;
                }
            }
        }
    }
    let steps = running.steps;
    let entry = run.id();
    if outcome == Outcome::Failed && !steps.is_empty() {
        outcome = Outcome::Partly;
    }
    run.finish(outcome)?;
    progress(Progress::Finished(outcome));
    match (plan.on_failure, failed.pop()) {
        (_, None) => Ok(Applied { entry, steps }),
        (OnFailure::Stop, Some(row)) => Err(row.error),
        (OnFailure::GoOn, Some(row)) => {
            failed.push(row);
            let planned = plan.changes.len();
            Err(ApplyError::Rows(Box::new(Rows { entry, planned, done: steps, failed, stopped })))
        }
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
    Journal(journal::Error),
    Step(Box<ApplyError>, Outcome),
}

impl From<journal::Error> for Failure {
    fn from(error: journal::Error) -> Self {
        Self::Journal(error)
    }
}

struct Running<'a> {
    engine: &'a Engine,
    plan: &'a Plan,
    run: &'a Run,
    secret: Option<&'a Secret>,
    /// Versions that this very run has written: they replace the ones that were shown.
    own: HashMap<Reference, VersionId>,
    steps: Vec<AppliedStep>,
}

impl Running<'_> {
    async fn step(
        &mut self,
        step: usize,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<AppliedStep, Failure> {
        let change = &self.plan.changes[step];
        progress(Progress::Checking { step });
        let expected = self.own.get(&change.target).or(change.expected_version.as_ref()).cloned();
        self.still_as_shown(step, change, expected.as_ref()).await?;

        self.run.write(&Event::Sent { step })?;
        progress(Progress::Sending { step });
        let (made, remark) =
            match self.engine.remote.send(change, expected.as_ref(), self.secret_of(change)).await {
                Ok(sent) => {
                    let event =
                        Event::Answered { step, made: sent.made.clone(), remark: sent.remark.clone() };
                    self.run.write(&event)?;
                    progress(Progress::Answered { step });
                    (sent.made, sent.remark)
                }
                Err(trouble) => return self.troubled(step, change, trouble).await,
            };
        match read_back::read_back(self.engine, change, made.as_ref(), self.secret_of(change)).await {
            Ok(found) => {
                let applied = self.judge(step, change, found, made, remark)?;
                progress(Progress::Verified { step });
                Ok(applied)
            }
            Err(trouble) => {
                let mut refused = self.explained(change, &trouble);
                refused.what =
                    format!("The platform took the change, but it could not be read back ({trouble}).");
                Err(self.unsure(step, refused)?)
            }
        }
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
                return Err(self.refused(step, change, &trouble)?);
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
        if same_version { Ok(()) } else { Err(self.stale(step, change, current).await?) }
    }

    async fn stale(&self, step: usize, change: &Change, current: Snapshot) -> Result<Failure, Failure> {
        let shown = read_back::as_shown(self.engine, change).await;
        let why = Text::from("somebody changed the record since it was shown; nothing was sent");
        self.run.write(&Event::Failed { step, why, request_id: None, found: Some(current.clone()) })?;
        let stale = Stale {
            entry: self.run.id(),
            step,
            name: self.name(change),
            shown,
            current,
            wanted: change.fields.clone(),
            written: self.written(),
        };
        Ok(self.stop(ApplyError::Stale(Box::new(stale))))
    }

    /// The answer was no, or none came.
    async fn troubled(
        &mut self,
        step: usize,
        change: &Change,
        trouble: Trouble,
    ) -> Result<AppliedStep, Failure> {
        if let Some(feature) = self.lacking(change, &trouble).await {
            let mut refused = self.explained(change, &trouble);
            self.engine.remote.found_lacking(feature);
            let platform = self.engine.remote.about_with_version().await;
            refused.cause = Cause::NoRoute;
            (refused.what, refused.next) = lacking(&platform, feature);
            return Err(self.refused_with(step, refused)?);
        }
        let refused = self.explained(change, &trouble);
        if refused.cause == Cause::Stale
            && let Ok(current) = read_back::read_back(self.engine, change, None, self.secret_of(change)).await
        {
            return Err(self.stale(step, change, current).await?);
        }
        let only_mails = matches!(change.means, Means::Member { act: MemberAct::MailPasswordReset, .. });
        let mail = refused.cause == Cause::Mail && !only_mails;
        if !refused.cause.leaves_doubt() && !mail {
            let mut refused = refused;
            if let Some(left) = orphans::left_behind(self.engine, change, refused.cause).await {
                refused.next = format!("{} {left}", refused.next);
            }
            return Err(self.refused_with(step, refused)?);
        }
        let Ok((found, made)) = read_back::find_out(self.engine, change, self.secret_of(change)).await else {
            let mut refused = refused;
            refused.what = format!("{} Reading back failed too.", refused.what);
            return Err(self.unsure(step, refused)?);
        };
        if read_back::is_blind(change, &found) {
            return Err(self.unsure(step, refused)?);
        }
        match compare(&change.fields, &found) {
            Compared::AsPlanned => {
                let happened = Happened::Yes;
                let event = Event::Settled { step, happened, found: Some(found.clone()), made: made.clone() };
                self.run.write(&event)?;
                if let Some(version) = &found.version {
                    self.own.insert(change.target.clone(), version.clone());
                }
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
                self.run.write(&Event::Failed { step, why, request_id, found: Some(found) })?;
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
        &mut self,
        step: usize,
        change: &Change,
        found: Snapshot,
        made: Option<Reference>,
        remark: Option<Text>,
    ) -> Result<AppliedStep, Failure> {
        if read_back::is_blind(change, &found) {
            let happened = Happened::Told;
            self.run.write(&Event::Settled { step, happened, found: Some(found.clone()), made: None })?;
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
                self.run.write(&Event::Verified { step, found: found.clone() })?;
                if let Some(version) = &found.version {
                    self.own.insert(change.target.clone(), version.clone());
                }
                Ok(AppliedStep { step, label: change.label.clone(), found, read_back: true, made, remark })
            }
            Compared::AsBefore => {
                let why = Text::from("the platform answered yes but left everything as it was");
                let event = Event::Failed { step, why, request_id: None, found: Some(found.clone()) };
                self.run.write(&event)?;
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
        self.run.write(&Event::Settled { step, happened, found: Some(found.clone()), made: None })?;
        let error = ApplyError::Different { entry: self.run.id(), step, wanted, found: Box::new(found) };
        Err(Failure::Step(Box::new(error), Outcome::Partly))
    }

    fn refused(&self, step: usize, change: &Change, trouble: &Trouble) -> Result<Failure, Failure> {
        self.refused_with(step, self.explained(change, trouble))
    }

    fn refused_with(&self, step: usize, refused: Refused) -> Result<Failure, Failure> {
        let why = Text::from(format!("{} {}", refused.what, refused.next).trim_end());
        let request_id = refused.request_id.clone();
        self.run.write(&Event::Failed { step, why, request_id, found: None })?;
        Ok(self.stop_refused(step, refused))
    }

    fn unsure(&self, step: usize, refused: Refused) -> Result<Failure, Failure> {
        self.run.write(&Event::Unsure { step, why: Text::from(refused.what.as_str()) })?;
        let error = ApplyError::Unsure { entry: self.run.id(), step, refused: Box::new(refused) };
        Ok(Failure::Step(Box::new(error), Outcome::Unsure))
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
        let outcome = if self.steps.is_empty() { Outcome::Failed } else { Outcome::Partly };
        Failure::Step(Box::new(error), outcome)
    }

    fn name(&self, change: &Change) -> Text {
        change.who.clone().unwrap_or_else(|| self.plan.subject.clone())
    }

    /// Steps of the same job that stand already; other rows have nothing to do with it.
    fn written(&self) -> usize {
        match self.plan.on_failure {
            OnFailure::Stop => self.steps.len(),
            OnFailure::GoOn => 0,
        }
    }

    fn explained(&self, change: &Change, trouble: &Trouble) -> Refused {
        let Trouble { cause, text, request_id, said: _ } = trouble.clone();
        explain(&change.means, cause, text, request_id, &self.name(change))
    }
}
