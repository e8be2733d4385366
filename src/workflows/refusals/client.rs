//! Refusals of `$rotate-secret` (platform-api §8).

use super::{Cause, Words, say};
use crate::identity::{SecretAct, Text};

pub(super) fn secret(act: SecretAct, cause: Cause, text: &Text, name: &Text) -> Option<Words> {
    match cause {
        Cause::Forbidden => Some(say(
            format!(
                "The platform lets project admins and super admins rotate secrets; {name}'s stay as they are."
            ),
            "An admin of the project or a super admin can do it.",
        )),
        // Between reading the secret and sending it back somebody else rotated it.
        Cause::Invalid if text.raw().contains("does not match") => Some(say(
            format!("Somebody rotated {name}'s secret at the same moment; nothing was changed by you."),
            "Look at the ages of its secrets, then decide again.",
        )),
        Cause::Invalid if text.raw().starts_with("the client has no") => Some(match act {
            SecretAct::Rotate => say(
                format!("{name} has no secret to rotate; nothing was written."),
                "A public client works with PKCE alone.",
            ),
            SecretAct::Retire => say(
                format!("{name} has no retiring secret; nothing was written."),
                "There is nothing left to do.",
            ),
        }),
        _ => None,
    }
}
