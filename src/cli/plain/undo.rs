//! Taking back a change that stands in the journal of this machine.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Signed;
use crate::journal::{Entry, EntryState, Filter};
use crate::workflows::undo::plan_undo;

use super::change::change;
use super::talk::{Said, Talk};
use super::words;

/// So many of the latest are offered.
const LATEST: usize = 9;

/// Offers the latest changes over this connection and plans to take the chosen one back.
pub(super) async fn undo(talk: &mut Talk<'_>, signed: &Signed) -> Said<()> {
    let engine = &signed.engine;
    let filter =
        Filter { connection: Some(engine.connection.clone()), limit: Some(LATEST), ..Filter::default() };
    let entries = engine.journal.list(&filter).map_err(Failure::from)?;
    if entries.is_empty() {
        talk.say("Nothing was changed over this connection on this machine yet.")?;
        return Ok(());
    }
    for entry in &entries {
        talk.keep(words::of_others(&entry.planned.plan));
        talk.keep([&entry.planned.reason]);
    }
    let words: Vec<String> = entries.iter().map(told).collect();
    let help = "The latest changes made with idconsole on this machine, the newest first. idconsole journal list shows \
                all of them. Taking one back is a plan like any other: you hear it first.";
    let at = talk.choose("Which one", &words, None, help).await?;
    let entry = &entries[at];
    if matches!(entry.state, EntryState::Interrupted | EntryState::Unsure) {
        return Err(Failure::new(Exit::Conflict, "What it has done is not known yet.")
            .next(format!("`idconsole journal settle {}` reads it back.", entry.id))
            .into());
    }
    let planning = format!("Looking at what stands there now, after entry {}.", entry.id);
    let plan = talk.wait(&planning, plan_undo(engine, entry.id)).await?.map_err(|why| {
        Failure::new(Exit::Conflict, format!("Entry {} cannot be taken back: {why}.", entry.id))
    })?;
    change(talk, signed, plan).await.map(|_| ())
}

fn told(entry: &Entry) -> String {
    let plan = &entry.planned.plan;
    let undone = entry.undone_by.map(|by| format!(", taken back by entry {by}")).unwrap_or_default();
    format!(
        "Entry {}, {:.0}: {}, {}, {}{undone}. Reason: {}.",
        entry.id,
        entry.at,
        plan.title,
        plan.subject,
        entry.state.words(),
        entry.planned.reason
    )
}
