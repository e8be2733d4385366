//! The flow lab's model: a sign-in as a ladder of named steps, each with what was sent and received, and at the end
//! the tokens side by side. No secret can be in it: exchanges are redacted by their type ([`super::trace`]), tokens are
//! kept as their claims ([`claims`]).

pub mod claims;
pub mod errors;
pub mod run;
pub mod steps;

pub use claims::{Claims, Difference, Side, Sort, differences, readable, side_by_side};
pub use errors::{Cause, cause_of};
pub use run::{Ending, Run, Step};
pub use steps::{Kind, Status, StepId};
