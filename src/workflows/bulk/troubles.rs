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
            Ok(planned) => Ok(Ok(planned)),
            Err(all) => Err(all),
        }
    }

    /// A row has asked and was answered.
    pub fn answered(&mut self) {
        self.lost = 0;
    }

    fn is_alone(&mut self, cause: Cause) -> bool {
        match cause {
            Cause::NotFound
            | Cause::Gone
            | Cause::Forbidden
            | Cause::Invalid
            | Cause::Conflict
            | Cause::Stale
            | Cause::Mail => {
                // A no is an answer.
                self.answered();
                true
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::remote::Trouble;

    fn told(troubles: &mut Troubles, cause: Cause) -> bool {
        troubles.alone::<()>(Err(NoPlan::Platform(Trouble::new(cause, "no")))).is_ok()
    }

    #[test]
    fn rows_in_a_row_without_an_answer_end_it_and_a_no_is_an_answer() {
        let mut troubles = Troubles::default();
        for cause in [Cause::NotFound, Cause::Forbidden, Cause::Invalid] {
            assert!((1..LOST).all(|_| told(&mut troubles, Cause::NoAnswer)));
            assert!(told(&mut troubles, cause));
        }
        assert!((1..LOST).all(|_| told(&mut troubles, Cause::Server)));
        // Rows that ask nothing say nothing about the platform.
        assert!(troubles.alone(Ok(())).is_ok());
        assert!(!told(&mut troubles, Cause::Server));
    }
}
