//! The only path to a write: journal, send, read back, compare, journal.
//!
//! For each change, in order: the record is read and its version compared with the one that was shown; `sent` goes
//! to disk; the request goes out, guarded by `If-Match` where the route knows it (`/admin`, SCIM and operations do
//! not: platform-api §1.6, §7, §8, hence the read right before); the answer goes to disk; the record is read back
//! and compared field by field, because the platform answers 200 to writes it does not do (§14.3); the result goes
//! to disk. A lost answer is settled by reading back, never by sending again (standards H2, H3).

use std::collections::HashMap;

use thiserror::Error;

use super::engine::Engine;
use super::read_back::{self, Compared, compare};
use super::refusals::{Cause, Refused, explain};
use super::remote::Trouble;
use crate::identity::{Change, FieldChange, Means, Plan, Reference, Text, VersionId};
use crate::journal::{self, EntryId, Event, Happened, Outcome, Planned, Run, Snapshot, Who};

/// What is being done right now. Between any two of these the process may die and nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The plan is on disk.
    Journaled(EntryId),
    /// The record is read to see that it is still as shown.
    Checking {
        /// Which change, from 0.
        step: usize,
    },
    /// `sent` is on disk, the request goes out next.
    Sending {
        /// Which change, from 0.
        step: usize,
    },
    /// The platform took it, which is on disk.
    Answered {
        /// Which change, from 0.
        step: usize,
    },
    /// Read back as planned, which is on disk.
    Verified {
        /// Which change, from 0.
        step: usize,
    },
    /// The run is over, which is on disk.
    Finished(Outcome),
}

/// One change that stands on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedStep {
    /// What it did.
    pub label: String,
    /// As read back.
    pub found: Snapshot,
    /// The record that came to be.
    pub made: Option<Reference>,
    /// What the platform complained about although it did it, or how a lost answer was settled.
    pub remark: Option<Text>,
}

/// A plan that was applied and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Where it stands in the journal.
    pub entry: EntryId,
    /// One for each change.
    pub steps: Vec<AppliedStep>,
}

/// A record that is not as it was shown: both versions and what was wanted, for a view of all three (H3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Where it stands in the journal.
    pub entry: EntryId,
    /// Which change, from 0.
    pub step: usize,
    /// Whom it is about.
    pub name: Text,
    /// As it was shown.
    pub shown: Snapshot,
    /// As it is now.
    pub current: Snapshot,
    /// What was to be written.
    pub wanted: Vec<FieldChange>,
    /// How many changes of the plan were written before.
    pub written: usize,
}

/// Why a plan was not applied as a whole.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Read-only mode.
    #[error("This connection is read-only here; nothing was written. Turn read-only off to apply plans.")]
    ReadOnly,
    /// A plan without changes.
    #[error("There is nothing to apply.")]
    Nothing,
    /// The journal cannot be written, so nothing (more) is sent.
    #[error("{0}; nothing more was sent.")]
    Journal(#[from] journal::Error),
    /// Somebody changed the record since it was shown.
    #[error("Somebody changed {}'s record since it was shown; nothing was written. Look at both versions and plan again.", .0.name)]
    Stale(Box<Stale>),
    /// The platform refused.
    #[error("{refused}{}", after(*.written))]
    Refused {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// In words.
        refused: Box<Refused>,
        /// How many changes of the plan were written before.
        written: usize,
    },
    /// Answered with 200 and not done.
    #[error("The platform answered yes but left everything as it was: {} may not be changed this way by your role.{}", fields(.wanted), after(*.written))]
    Ignored {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// What was to be written.
        wanted: Vec<FieldChange>,
        /// As read back.
        found: Box<Snapshot>,
        /// How many changes of the plan were written before.
        written: usize,
    },
    /// Done otherwise than planned, or somebody else wrote at the same moment.
    #[error("What was read back is neither the old nor the new state: {} differ. The journal has both; look at the record.", fields(.wanted))]
    Different {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// The fields that are not as planned.
        wanted: Vec<FieldChange>,
        /// As read back.
        found: Box<Snapshot>,
    },
    /// Nobody knows yet.
    #[error(
        "{} It is not known for sure what stands there now; entry {entry} of the journal waits to be settled.",
        .refused.what
    )]
    Unsure {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// In words.
        refused: Box<Refused>,
    },
}

fn after(written: usize) -> String {
    match written {
        0 => String::new(),
        1 => " The step before it was written and stands in the journal.".to_owned(),
        n => format!(" The {n} steps before it were written and stand in the journal."),
    }
}

fn fields(changes: &[FieldChange]) -> String {
    changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>().join(", ")
}

impl ApplyError {
    /// The journal entry, once there is one.
    pub fn entry(&self) -> Option<EntryId> {
        match self {
            Self::ReadOnly | Self::Nothing | Self::Journal(_) => None,
            Self::Stale(stale) => Some(stale.entry),
            Self::Refused { entry, .. }
            | Self::Ignored { entry, .. }
            | Self::Different { entry, .. }
            | Self::Unsure { entry, .. } => Some(*entry),
        }
    }
}

/// Applies a plan that somebody has seen and said yes to. Run it to its end: when the future is dropped half way,
/// the entry counts as interrupted and [`super::settle::settle`] finds out what happened.
pub async fn apply(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Applied, ApplyError> {
    if engine.read_only {
        return Err(ApplyError::ReadOnly);
    }
    if plan.changes.is_empty() {
        return Err(ApplyError::Nothing);
    }
    let planned = Planned {
        plan: plan.clone(),
        reason: Text::from(reason.trim()),
        who: Who::from(&engine.caller),
        connection: engine.connection.clone(),
    };
    let run = engine.journal.begin(planned)?;
    progress(Progress::Journaled(run.id()));
    let mut running = Running { engine, plan: &plan, run: &run, own: HashMap::new(), steps: Vec::new() };
    let mut failure = None;
    for step in 0..plan.changes.len() {
        match running.step(step, &mut progress).await {
            Ok(applied) => running.steps.push(applied),
            Err(Failure::Journal(error)) => return Err(error.into()),
            Err(Failure::Step(error, outcome)) => {
                failure = Some((error, outcome));
                break;
            }
        }
    }
    let steps = running.steps;
    let entry = run.id();
    let outcome = failure.as_ref().map_or(Outcome::Done, |(_, outcome)| *outcome);
    run.finish(outcome)?;
    progress(Progress::Finished(outcome));
    match failure {
        None => Ok(Applied { entry, steps }),
        Some((error, _)) => Err(*error),
    }
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
        let (made, remark) = match self.engine.remote.send(change, expected.as_ref()).await {
            Ok(sent) => {
                let event = Event::Answered { step, made: sent.made.clone(), remark: sent.remark.clone() };
                self.run.write(&event)?;
                progress(Progress::Answered { step });
                (sent.made, sent.remark)
            }
            Err(trouble) => return self.troubled(step, change, trouble).await,
        };
        match read_back::read_back(self.engine, change, made.as_ref()).await {
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

    /// The record is still the one that was shown.
    async fn still_as_shown(
        &self,
        step: usize,
        change: &Change,
        expected: Option<&VersionId>,
    ) -> Result<(), Failure> {
        if matches!(change.means, Means::Invite { .. } | Means::Create { .. }) {
            return Ok(());
        }
        let current = match read_back::read_back(self.engine, change, None).await {
            Ok(current) => current,
            Err(mut trouble) => {
                if trouble.cause.leaves_doubt() {
                    // Only a question was lost.
                    trouble.cause = Cause::NotSent;
                }
                return Err(self.refused(step, change, trouble)?);
            }
        };
        let same_version = match (expected, &current.version) {
            (Some(expected), Some(current)) => expected == current,
            // Without a version the fields themselves have to do.
            (None, _) | (_, None) => compare(&change.fields, &current) == Compared::AsBefore,
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
            name: self.plan.subject.clone(),
            shown,
            current,
            wanted: change.fields.clone(),
            written: self.steps.len(),
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
        let refused = self.explained(change, &trouble);
        if refused.cause == Cause::Stale
            && let Ok(current) = read_back::read_back(self.engine, change, None).await
        {
            return Err(self.stale(step, change, current).await?);
        }
        if !refused.cause.leaves_doubt() && refused.cause != Cause::Mail {
            return Err(self.refused(step, change, trouble)?);
        }
        let Ok((found, made)) = read_back::find_out(self.engine, change).await else {
            let mut refused = refused;
            refused.what = format!("{} Reading back failed too.", refused.what);
            return Err(self.unsure(step, refused)?);
        };
        match compare(&change.fields, &found) {
            Compared::AsPlanned => {
                let happened = Happened::Yes;
                let event = Event::Settled { step, happened, found: Some(found.clone()), made: made.clone() };
                self.run.write(&event)?;
                if let Some(version) = &found.version {
                    self.own.insert(change.target.clone(), version.clone());
                }
                let remark = Text::from(format!("{} It was read back: the change is there.", refused.what));
                Ok(AppliedStep { label: change.label.clone(), found, made, remark: Some(remark) })
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

    /// Compares what was read back with what was planned.
    fn judge(
        &mut self,
        step: usize,
        change: &Change,
        found: Snapshot,
        made: Option<Reference>,
        remark: Option<Text>,
    ) -> Result<AppliedStep, Failure> {
        match compare(&change.fields, &found) {
            Compared::AsPlanned => {
                self.run.write(&Event::Verified { step, found: found.clone() })?;
                if let Some(version) = &found.version {
                    self.own.insert(change.target.clone(), version.clone());
                }
                Ok(AppliedStep { label: change.label.clone(), found, made, remark })
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
                    written: self.steps.len(),
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

    fn refused(&self, step: usize, change: &Change, trouble: Trouble) -> Result<Failure, Failure> {
        let refused = self.explained(change, &trouble);
        let why = Text::from(refused.what.as_str());
        self.run.write(&Event::Failed { step, why, request_id: trouble.request_id, found: None })?;
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
            written: self.steps.len(),
        })
    }

    fn stop(&self, error: ApplyError) -> Failure {
        let outcome = if self.steps.is_empty() { Outcome::Failed } else { Outcome::Partly };
        Failure::Step(Box::new(error), outcome)
    }

    fn explained(&self, change: &Change, trouble: &Trouble) -> Refused {
        let Trouble { cause, text, request_id, said: _ } = trouble.clone();
        explain(&change.means, cause, text, request_id, &self.plan.subject)
    }
}
