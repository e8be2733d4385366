//! From a remedy to the plan that is shown.

use crate::identity::sign_in::doctor::{Attempt, Mend};
use crate::identity::{MembershipId, Plan};
use crate::workflows::diagnose;
use crate::workflows::engine::Engine;
use crate::workflows::intent::NoPlan;

/// A change that mends a sign-in, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mending {
    /// The sign-in that it mends.
    pub attempt: Attempt,
    /// Whom that should let in.
    pub meant: Vec<MembershipId>,
    /// The change.
    pub mend: Mend,
    /// Where the change alone does not do: what is done after it, in words.
    pub then: Option<String>,
    /// The text that asks somebody who may, in case this role may not.
    pub request: String,
}

/// Examines the sign-in once more and plans the change on what stands now.
pub async fn plan(engine: &Engine, mending: &Mending) -> Result<Plan, NoPlan> {
    let examined =
        diagnose::examine(engine, mending.attempt.clone(), &mending.meant).await.map_err(NoPlan::Platform)?;
    let mut plan = diagnose::plan(engine, &examined, &mending.mend).await?;
    if let Some(then) = &mending.then {
        plan.also.insert(0, format!("this is 1 of 2 changes; then: {then}"));
    }
    Ok(plan)
}
