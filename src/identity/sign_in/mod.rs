//! The platform's sign-in decision procedure as pure functions: facts in, steps and verdict out
//! (platform-api §10.1–10.3, §11).
//!
//! A [`World`] is what is known of accounts and memberships, a [`Way`] is one road into the platform, a
//! [`Claim`] is what the person shows there. [`decide`] walks the road as the platform does and answers three
//! valued: gets in, is refused with the platform's own text, or cannot be said and why.

mod decide;
pub mod doctor;
mod effect;
pub mod impact;
mod world;

pub use decide::{Caveat, Decision, Step, StepKind, StepState, Verdict, decide};
pub use effect::{EmailMove, effects, outcome_for};
pub use world::{Account, Claim, Gate, Place, Route, Way, World, browser_identifier, exchange_identifier};
