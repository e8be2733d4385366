//! What the platform does not protect, the console does: the own account, the last admin, the project's owner
//! (platform-api §12: nothing keeps an admin from locking everybody out).

use super::{NoPlan, Why};
use crate::identity::Caller;
use crate::workflows::facts::PersonFacts;

/// Refuses to keep the signed-in person themselves out.
pub(super) fn not_oneself(caller: &Caller, person: &PersonFacts, what: &str) -> Result<(), NoPlan> {
    if !person.is_own(caller) {
        return Ok(());
    }
    Err(NoPlan::because(Why::NotAllowed, format!("This is your own account; {what}."))
        .then("Another admin can do it."))
}
