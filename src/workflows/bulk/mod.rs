//! Many changes from a sheet: read, find everybody, plan, show, run, say what became of every row.
//!
//! ```text
//! bytes → decode → read → rows ─→ preview (find, plan, diagnose) ─→ Preview::plan ─→ apply, as any other plan
//!                                                                                    │
//!                     result, one verdict a row ←─ journal ←─────────────────────────┘
//! ```
//!
//! The plan is one of many rows like that of marked members; beside it stand the rows of the sheet
//! ([`crate::identity::Batch`]), so that every row has a verdict however the run ends. Nothing here writes.

pub mod columns;
pub mod decode;
pub mod export;
mod invite;
mod locate;
mod merge;
mod plan;
mod preview;
mod read;
pub mod result;
mod row;
pub mod tally;
#[cfg(test)]
mod tests;

pub use columns::Column;
pub use decode::Encoding;
pub(super) use plan::{about, capped, taken_back};
pub use preview::{ComesTo, Counts, Preview, Previewed, Work, preview};
pub use read::{MOST_ROWS, NotRead, Rows, read, read_from};
pub use result::{Verdict, verdicts};
pub use row::{Act, Problem, Row, Wants, Who, Wish};
pub use tally::Tally;
