//! The trouble of one row is that row's problem; what would befall every row ends the preview.

use crate::workflows::intent::NoPlan;
use crate::workflows::refusals::Cause;

/// Rows one after the other that get no answer, until that is the platform's trouble and not theirs.
const LOST: usize = 5;

/// Tells the trouble of one row from one that would befall all of them.
#[derive(Default)]
pub(super) struct Troubles {
    /// Rows in a row that got no answer.
    lost: usize,
}

impl Troubles {
    /// A trouble of one row is told with it, and the others go on; what would befall all of them ends the preview.
    pub fn alone<T>(&mut self, planned: Result<T, NoPlan>) -> Result<Result<T, String>, NoPlan> {
        match planned {
            Err(NoPlan::Platform(trouble)) if self.is_alone(trouble.cause) => {
                Ok(Err(format!("The platform says: {}.", trouble.to_string().trim_end_matches('.'))))
            }
            Ok(planned) => {
                self.lost = 0;
                Ok(Ok(planned))
            }
            Err(all) => Err(all),
        }
    }

    fn is_alone(&mut self, cause: Cause) -> bool {
        match cause {
            Cause::NotFound
            | Cause::Gone
            | Cause::Forbidden
            | Cause::Invalid
            | Cause::Conflict
            | Cause::Stale
            | Cause::Mail => true,
            Cause::Server | Cause::NoAnswer => {
                self.lost += 1;
                self.lost < LOST
            }
            Cause::SignedOut | Cause::AccountBroken | Cause::Limited | Cause::NoRoute | Cause::NotSent => {
                false
            }
        }
    }
}
