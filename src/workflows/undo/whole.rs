//! A run that was interrupted and gone on with is several entries of the journal and one run. It is taken back as one.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::identity::BatchRow;
use crate::journal::{Entry, EntryId, EntryState};
use crate::workflows::email_change::WhyNot;
use crate::workflows::engine::Engine;

/// A run with all of its parts, as if it had never been interrupted.
pub(super) struct Whole {
    pub entry: Entry,
    /// The changes of the entry that was named.
    pub own: Range<usize>,
    /// The other entries that it is made of.
    pub also: Vec<EntryId>,
}

pub(super) fn whole(engine: &Engine, id: EntryId) -> Result<Whole, WhyNot> {
    let show = |id| engine.journal.show(id).map_err(|error| WhyNot(error.to_string()));
    let mut parts = VecDeque::from([show(id)?]);
    while let Some(before) = parts[0].planned.plan.resumes.map(EntryId).filter(|before| *before < parts[0].id)
    {
        let before = show(before)?;
        let is_one_run = match before.resumed_by {
            Some(by) => by == parts[0].id,
            // Nothing was sent by this part. It counts where another has gone on with it in turn.
            None => parts[0].resumed_by.is_some(),
        };
        if !is_one_run {
            break;
        }
        parts.push_front(before);
    }
    while let Some(after) = parts.back().and_then(|part| part.resumed_by.filter(|after| *after > part.id)) {
        parts.push_back(show(after)?);
    }
    // What was taken back by itself is left as it is.
    parts.retain(|part| part.id == id || part.undone_by.is_none());
    let nothing = parts.iter().all(|part| part.state == EntryState::Failed);
    for part in parts.iter().filter(|part| nothing || part.state != EntryState::Failed) {
        allowed(engine, part).map_err(|why| {
            if part.id == id { why } else { WhyNot(format!("it is one run with entry {}: {why}", part.id)) }
        })?;
    }
    let also = parts.iter().map(|part| part.id).filter(|part| *part != id).collect();
    let mut own = 0..0;
    let mut all: Option<Entry> = None;
    for part in parts {
        let from = all.as_ref().map_or(0, |all| all.steps.len());
        if part.id == id {
            own = from..from + part.steps.len();
        }
        match &mut all {
            None => all = Some(part),
            Some(all) => append(all, part),
        }
    }
    let entry = all.ok_or_else(|| WhyNot("there is no such entry".to_owned()))?;
    Ok(Whole { entry, own, also })
}

/// Puts what went on with a run behind it.
fn append(all: &mut Entry, part: Entry) {
    let from = all.steps.len();
    all.steps.extend(part.steps);
    all.planned.plan.changes.extend(part.planned.plan.changes);
    let (Some(batch), Some(later)) = (&mut all.planned.plan.batch, part.planned.plan.batch) else { return };
    let mut later: BTreeMap<u64, BatchRow> = later.rows.into_iter().map(|row| (row.line, row)).collect();
    for row in &mut batch.rows {
        let Some(went_on) = later.remove(&row.line) else { continue };
        row.steps.extend(went_on.steps.iter().map(|step| from + step));
        if row.steps.is_empty() {
            row.settled = went_on.settled;
        }
    }
}

fn allowed(engine: &Engine, entry: &Entry) -> Result<(), WhyNot> {
    if let Some(by) = entry.undone_by {
        return Err(WhyNot(format!("entry {} was taken back already, by entry {by}", entry.id)));
    }
    if entry.planned.connection != engine.connection {
        let over = &entry.planned.connection;
        return Err(WhyNot(format!(
            "entry {} was made over the connection `{over}`; sign in there",
            entry.id
        )));
    }
    if let Some(by) = entry.being_undone_by {
        return Err(WhyNot(format!(
            "entry {by} takes it back and is not known to have ended; settle that first"
        )));
    }
    match entry.state {
        EntryState::Running => Err(WhyNot("it is still running".to_owned())),
        EntryState::Interrupted | EntryState::Unsure => {
            Err(WhyNot("what it has done is not known yet; settle it first".to_owned()))
        }
        EntryState::Failed => Err(WhyNot("nothing of it was written".to_owned())),
        EntryState::Done | EntryState::Partly => Ok(()),
    }
}
