//! Finding out what an interrupted run has done, by reading back; and what is left of it.

use std::collections::HashMap;

use thiserror::Error;

use super::bulk;
use super::engine::Engine;
use super::read_back::{Compared, compare, find_out, is_blind};
use super::remote::Trouble;
use crate::identity::{Change, Confirm, OnFailure, Plan, Reference, Settled, Text, VersionId};
use crate::journal::redact::NOT_KEPT;
use crate::journal::{self, Entry, EntryId, EntryState, Event, Filter, Happened, StepState};

/// Why an entry could not be settled.
#[derive(Debug, Error)]
pub enum SettleError {
    /// The journal.
    #[error("{0}")]
    Journal(#[from] journal::Error),
    /// It was made elsewhere.
    #[error("entry {entry} was made over the connection `{made_over}`; sign in there to read it back")]
    OtherConnection {
        /// Which entry.
        entry: EntryId,
        /// Its connection.
        made_over: String,
    },
    /// There is nothing to find out.
    #[error("entry {entry} is {}; there is nothing to settle", .state.words())]
    Settled {
        /// Which entry.
        entry: EntryId,
        /// How it stands.
        state: EntryState,
    },
    /// The record could not be read.
    #[error("the record could not be read back: {0}")]
    Unread(#[from] Trouble),
}

/// Runs of this connection that were cut off or whose last answer was lost.
pub fn unsettled(engine: &Engine) -> Result<Vec<Entry>, journal::Error> {
    let connection = Some(engine.connection.clone());
    engine.journal.list(&Filter { connection, unsettled: true, ..Filter::default() })
}

/// Reads back every step of which nothing is known, and closes the entry. Writes nothing to the platform.
pub async fn settle(engine: &Engine, id: EntryId) -> Result<Entry, SettleError> {
    let (entry, run) = engine.journal.take_up(id)?;
    if entry.planned.connection != engine.connection {
        let made_over = entry.planned.connection.clone();
        return Err(SettleError::OtherConnection { entry: id, made_over });
    }
    if !entry.state.needs_settling() {
        return Err(SettleError::Settled { entry: id, state: entry.state });
    }
    for (step, record) in entry.steps.iter().enumerate() {
        let Some(change) = entry.planned.plan.changes.get(step).filter(|_| record.state.is_open()) else {
            continue;
        };
        let (found, made) = find_out(engine, change, None).await?;
        let happened = match compare(&change.fields, &found) {
            _ if is_blind(change, &found) => match record.state {
                StepState::Answered => Happened::Told,
                _ => Happened::Unseen,
            },
            Compared::AsPlanned => Happened::Yes,
            Compared::AsBefore => Happened::No,
            Compared::Other(_) => Happened::Other,
        };
        let made = made.or_else(|| record.made.clone());
        run.write(&Event::Settled { step, happened, found: Some(found), made })?;
    }
    // Events decide how it ended, not what was seen on the way.
    let outcome = engine.journal.show(id)?.outcome();
    run.finish(outcome)?;
    Ok(engine.journal.show(id)?)
}

/// Why there is nothing to go on with.
#[derive(Debug, Error)]
pub enum NotResumed {
    /// The journal, or reading back what the run did.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// Another process is at it.
    #[error("entry {0} is still running")]
    Running(EntryId),
    /// Another run has gone on with it.
    #[error("entry {entry} was gone on with already, by entry {by}; what is left of it is left of that one")]
    Resumed {
        /// Which entry.
        entry: EntryId,
        /// By which.
        by: EntryId,
    },
    /// It was taken back, all of it or in part.
    #[error("entry {entry} was taken back, by entry {by}")]
    Undone {
        /// Which entry.
        entry: EntryId,
        /// By which.
        by: EntryId,
    },
    /// Everything is done, or what is not done cannot be gone on with.
    #[error("nothing is left of entry {0} that could be done")]
    Nothing(EntryId),
}

/// What is left of an entry, as a plan to look at and apply. A run of which it is not known how it ended is settled
/// first, by reading back.
pub async fn resume(engine: &Engine, id: EntryId) -> Result<Plan, NotResumed> {
    let mut entry = engine.journal.show(id).map_err(SettleError::from)?;
    if entry.planned.connection != engine.connection {
        let made_over = entry.planned.connection.clone();
        return Err(SettleError::OtherConnection { entry: id, made_over }.into());
    }
    if entry.state.needs_settling() {
        entry = settle(engine, id).await?;
    }
    if entry.state == EntryState::Running {
        return Err(NotResumed::Running(id));
    }
    if let Some(by) = entry.resumed_by {
        return Err(NotResumed::Resumed { entry: id, by });
    }
    if let Some(by) = entry.undone_by.or(entry.being_undone_by) {
        return Err(NotResumed::Undone { entry: id, by });
    }
    what_is_left(&entry).ok_or(NotResumed::Nothing(id))
}

/// How the warning begins that what is said was said of more rows than are left.
const SAID_OF_ALL: &str = "what is said here was said of all rows, also of those that ";

/// What is left of a run that was cut off, as a plan to look at and apply; `None` when nothing is.
///
/// Versions are kept as they were shown, except where the run itself has written the record: whatever somebody else
/// did in between is noticed when it is applied. Of many rows, the refused ones are tried again; one that somebody
/// else has changed is not.
pub fn what_is_left(entry: &Entry) -> Option<Plan> {
    if entry.state.needs_settling() || entry.state == EntryState::Running {
        return None;
    }
    // What another run has gone on with is left to that one: making or inviting once more would do it twice.
    if entry.resumed_by.is_some() || entry.undone_by.is_some() || entry.being_undone_by.is_some() {
        return None;
    }
    let mut plan = entry.planned.plan.clone();
    plan.resumes = Some(entry.id.0);
    let state = |step: usize| entry.steps.get(step).map(|record| record.state);
    let written = |step: usize| state(step).is_some_and(StepState::is_written);
    // What may have been done already is not done again unseen: a second mail, a refusal that says nothing.
    let disturbed =
        |step: usize| matches!(state(step), Some(StepState::Settled(Happened::Other | Happened::Unseen)));
    if plan.on_failure == OnFailure::Stop && (0..plan.changes.len()).any(disturbed) {
        return None;
    }
    // The last version that the run itself wrote, by record.
    let mut own: HashMap<&Reference, &VersionId> = HashMap::new();
    let mut left = Vec::new();
    for (step, change) in entry.planned.plan.changes.iter().enumerate() {
        if written(step) {
            let found = entry.steps[step].found.as_ref().and_then(|found| found.version.as_ref());
            if let Some(version) = found {
                own.insert(&change.target, version);
            }
        } else if !disturbed(step) {
            let mut change = change.clone();
            if let Some(version) = own.get(&change.target) {
                change.expected_version = Some((*version).clone());
            }
            left.push((step, change));
        }
    }
    // What the journal left out cannot be sent from it.
    left.retain(|(_, change)| !change.means.holds(NOT_KEPT) && !change.means.needs_secret());
    let (kept, left): (Vec<usize>, Vec<Change>) = left.into_iter().unzip();
    plan.batch = plan.batch.map(|batch| {
        batch.keeping(entry.id.0, &kept, written, |row| {
            match row.steps.iter().copied().find(|step| !written(*step)) {
                None => Settled::Done { entry: entry.id.0 },
                Some(step) => {
                    let found = entry.steps.get(step).map_or("", |record| record.state.words());
                    Settled::LeftOut { why: Text::from(format!("{found}; entry {} has it", entry.id)) }
                }
            }
        })
    });
    plan.changes = left;
    let some_written = (0..entry.steps.len()).any(written);
    let many = plan.on_failure == OnFailure::GoOn && plan.changes.len() > 1;
    if let Some(batch) = &plan.batch {
        plan.subject = batch.subject();
        plan.confirm = Confirm::Typed { text: Text::from(batch.at_work().to_string()) };
        plan.about = bulk::about(plan.changes.len());
        plan.undo = bulk::taken_back(&plan.changes);
        let by = if entry.planned.plan.resumes.is_some() {
            Some("the earlier entries of this run have".to_owned())
        } else {
            some_written.then(|| format!("entry {} has", entry.id))
        };
        if let Some(by) = by {
            // What was said of the run before this one is said anew.
            plan.warnings.retain(|words| !words.starts_with(SAID_OF_ALL));
            if !plan.warnings.is_empty() || !plan.also.is_empty() {
                plan.warnings.insert(0, format!("{SAID_OF_ALL}{by} done"));
            }
            plan.undo = format!("{}; what {by} done is taken back with it", plan.undo);
        }
    } else if many && matches!(plan.confirm, Confirm::Typed { .. }) {
        plan.confirm = Confirm::Typed { text: Text::from(plan.changes.len().to_string()) };
    }
    (!plan.changes.is_empty()).then_some(plan)
}
