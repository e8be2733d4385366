//! Refusals about accounts: address, password and scope of somebody's (platform-api §6, §6.2, §7, §8), and one's own
//! sessions (§4).

use super::{Cause, Words, say};
use crate::identity::{Means, Text};

/// `$update-email`, and the address by SCIM.
pub(super) fn address(means: &Means, cause: Cause, text: &Text, name: &Text) -> Option<Words> {
    let raw = text.raw();
    let by_scim = matches!(means, Means::ScimEmail { .. });
    Some(match cause {
        Cause::Forbidden if by_scim => say(
            format!(
                "The platform does not let you use SCIM for {name}: the membership is of another project, or you are no longer an admin. Nothing was written."
            ),
            "Check with `whoami` what you are signed in as.",
        ),
        Cause::Forbidden => say(
            format!(
                "The platform does not let you change {name}'s address: the user is server-scoped or of another project, or you are no longer an admin."
            ),
            "A super admin can; the plan's other ways say what you can do.",
        ),
        Cause::NotFound if !by_scim => say(
            format!("The platform knows no such user for {name}, or hides it from you."),
            "Reload the person; the user may have been removed or moved to another scope.",
        ),
        Cause::Conflict => say(
            "Another user of this project has the new address already; nothing was written.",
            "Look the address up among the members; remove or rename that user first.",
        ),
        Cause::Mail => say(
            format!("The platform could not send the verification mail ({text}) and took the change back."),
            "Ask the operator about mail, or change the address without a verification mail.",
        ),
        Cause::Invalid if raw.starts_with("Expected at least 1 value") => {
            say("The platform got no address; nothing was written.", "Type the new address and plan again.")
        }
        Cause::Invalid if raw.starts_with("Constraint user-1") => say(
            "The platform wants addresses all in lower case; nothing was written.",
            "Type the address in lower case.",
        ),
        Cause::Invalid if raw.starts_with("Cannot update profile of server-scoped User") => say(
            "The platform does not change the profile of a server-scoped user along with the address; nothing was written.",
            "Plan again and leave the profile as it is.",
        ),
        _ => return None,
    })
}

/// Setting a password, by the project's route or the super admin's.
pub(super) fn password(super_admin: bool, cause: Cause, text: &Text, name: &Text) -> Option<Words> {
    if cause != Cause::Invalid {
        return None;
    }
    let raw = text.raw();
    Some(match raw {
        _ if raw.starts_with("User not found") && super_admin => say(
            format!("The platform finds no user with {name}'s email in that scope; nothing was written."),
            "Reload the person; the user may have been removed or moved to another scope.",
        ),
        _ if raw.starts_with("User not found") => say(
            format!("The platform finds no user of this project with {name}'s email; nothing was written."),
            "A server-scoped user's password can be set by a super admin; you can mail a link to set one.",
        ),
        "Password found in breach database" => say(
            "The platform does not take the password: it is in a list of leaked ones. Nothing was written.",
            "Choose another one that is used nowhere else.",
        ),
        _ => say(
            format!("The platform does not take the password: {text}. Nothing was written."),
            "Choose another one: 8 characters or more, 72 bytes at most, and none that was in a breach.",
        ),
    })
}

/// `$rescope`.
pub(super) fn scope(cause: Cause, text: &Text, name: &Text) -> Option<Words> {
    let raw = text.raw();
    Some(match cause {
        Cause::Forbidden => say(
            format!("The platform does not let you move {name}'s user; nothing was written."),
            "A super admin can.",
        ),
        Cause::Conflict => say(
            "The project has a user with this email already; nothing was written.",
            "Look the email up among the users; remove or rename that user first.",
        ),
        Cause::Invalid if raw.contains("ProjectMembership in another project") => say(
            format!("{name} is a member of another project, so the user cannot belong to one alone."),
            "Remove those memberships first.",
        ),
        Cause::Invalid if raw.contains("already") => {
            say(format!("{name}'s user is there already; nothing was written."), "Reload the person.")
        }
        Cause::Invalid => say(
            format!("The platform does not know where to move {name}'s user: {text}. Nothing was written."),
            "Reload the person and plan again; the project may have been removed.",
        ),
        _ => return None,
    })
}

/// Ending one of the caller's own sessions. Sessions of others are not found.
pub(super) fn session(cause: Cause) -> Option<Words> {
    Some(match cause {
        Cause::NotFound | Cause::Gone => say(
            "There is no such session of yours any more; nothing was written.",
            "Reload the sessions; only a super admin ends other people's.",
        ),
        Cause::Invalid => say(
            "The platform could not tell which session is meant; nothing was written.",
            "Reload the sessions and choose again.",
        ),
        _ => return None,
    })
}
