//! The journal: every plan, step and outcome, in SQLite, before and after it happens.
//!
//! It is a list of events, only ever appended to (triggers refuse anything else) and hash-chained, each event on
//! disk before the next thing is done (`synchronous=FULL`). What an entry looks like now is read out of its events,
//! so a process that is killed between any two steps leaves exactly the truth behind: what was about to be sent,
//! what was answered, what was read back. It never holds secrets (see [`redact`]).

pub mod entry;
pub mod event;
pub mod redact;
mod store;

pub use entry::{Entry, EntryState, Filter, StepRecord, StepState};
pub use event::{Event, Happened, Outcome, Planned, Snapshot, Who};
pub use store::{EntryId, Error, Journal, Run};
