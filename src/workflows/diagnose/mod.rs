//! The sign-in doctor: says exactly why a sign-in fails, by reading only (platform-api §3, §10, §11).
//!
//! [`examine`] reads what one [`Attempt`] can depend on and follows the platform's procedure over it.

mod gather;
mod mends;
mod token;

pub use gather::{gates, gather, gather_also, gather_domain};
pub use mends::{for_others, not_allowed, outcome, plan, request, way};
pub use token::IdToken;

use super::engine::Engine;
use super::remote::Trouble;
use crate::identity::MembershipId;
use crate::identity::sign_in::doctor::{Attempt, Diagnosis, Facts, Fix, diagnose, fixes};

/// One try, what is known about it, and how it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// The try.
    pub attempt: Attempt,
    /// What was read.
    pub facts: Facts,
    /// How it ends.
    pub diagnosis: Diagnosis,
    /// What would mend it, the gentlest first.
    pub fixes: Vec<Fix>,
}

impl Examined {
    /// Diagnoses what was read.
    pub fn of(attempt: Attempt, facts: Facts) -> Self {
        let diagnosis = diagnose(&attempt, &facts);
        let fixes = fixes(&attempt, &facts, &diagnosis);
        Self { attempt, facts, diagnosis, fixes }
    }
}

/// Reads and diagnoses; writes nothing. `meant` are those whom the sign-in should let in, when that is known.
pub async fn examine(engine: &Engine, attempt: Attempt, meant: &[MembershipId]) -> Result<Examined, Trouble> {
    let facts = gather(engine, &attempt, meant).await?;
    Ok(Examined::of(attempt, facts))
}
