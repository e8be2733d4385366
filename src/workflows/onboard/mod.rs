//! Bringing a partner onto its own identity provider, step by step, over days and by several people.
//!
//! A [`State`] is what was answered and done so far for one domain; [`steps`] says of every step whether it is done, what
//! is missing and why. Nothing is remembered about a step but what it found and on which answers it rested: when an
//! earlier answer changes, the later steps are stale by themselves. The [`Store`] keeps a state in the data directory,
//! without any secret: a client secret is asked for when a step needs it, and kept in memory only.
//!
//! Console and command share all of it: a step is the same step on both.

pub mod acts;
mod answers;
pub mod desk;
mod hand_over;
mod kinds;
mod state;
mod step;
mod store;
#[cfg(test)]
mod tests;

pub use acts::{FirstSignIns, NotDone};
pub use answers::{Field, NotSet};
pub use desk::{Act, Desk, Done, Stopped, Told};
pub use hand_over::hand_over;
pub use kinds::{Hint, Idp};
pub use state::{Answers, Discovered, HandedOver, Mark, PeopleLeft, Saved, SignedIn, State, Tested, Watched};
pub use step::{Step, StepId, StepState, next, steps};
pub use store::{Broken, Entry, NotKept, Store};
