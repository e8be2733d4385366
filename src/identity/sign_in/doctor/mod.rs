//! The doctor's rules: one try to sign in, followed step by step as the platform follows it (platform-api §3.1, §10, §11).
//!
//! [`diagnose`] takes an [`Attempt`] and the [`Facts`] and gives a [`Diagnosis`]. What cannot be seen is a fork that is
//! followed both ways (`walk.rs`), so an answer is unknown only where the unseen can change it. One file per flow;
//! `shared` has what they do alike.

mod advice;
mod attempt;
mod bearer;
mod browser;
mod diagnosis;
mod exchange;
mod facts;
mod gates;
mod google;
mod mend;
mod password;
mod shared;
#[cfg(test)]
mod tests;
mod walk;

pub use attempt::{Attempt, Claim, Flow, Pkce, alternatives};
pub use diagnosis::{Diagnosis, Doubt, Evidence, Next, Outcome, Status, Step, StepId, Verdict};
pub use facts::{
    Client, ClientFact, Facts, Liveness, MembershipFact, Misspelt, PolicyFact, ProjectFact, Reach, RouteFact,
    Source, UserFact, Window, key,
};
pub use mend::{Fix, Mend, align, fixes};
pub use walk::diagnose;
