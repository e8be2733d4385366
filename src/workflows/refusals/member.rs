//! Refusals of what is done to a member: by the admin API (platform-api §5, §6) and by single fields (§1.8, §9.2).

use serde_json::Value;

use super::{Cause, Words, say};
use crate::identity::{MemberAct, Text};

pub(super) fn words(act: MemberAct, cause: Cause, text: &Text, name: &Text) -> Option<Words> {
    let raw = text.raw();
    Some(match (cause, act) {
        (Cause::Forbidden, _) => say(
            format!(
                "The platform does not let you do this to {name}: a member of another project, or you are no longer an admin. Nothing was written."
            ),
            "An admin of that project can; check with `whoami` what you are signed in as.",
        ),
        (Cause::NotFound, MemberAct::ResetMfa { .. }) => say(
            format!(
                "The platform knows no such member as {name}, or hides them from you; nothing was written."
            ),
            "Reload the person; they may have been removed.",
        ),
        (Cause::Gone, MemberAct::Remove) => say(
            format!("{name}'s membership or the user behind it was deleted already."),
            "Reload; a membership that is left without its user can be deactivated.",
        ),
        (Cause::Mail, MemberAct::MailPasswordReset) => say(
            format!(
                "The platform could not send {name} the mail ({text}). A link was made and reached nobody; nothing else changed."
            ),
            "Ask the operator about mail, then send it again.",
        ),
        (Cause::Invalid, _) if raw.starts_with("User is not enrolled in MFA method") => say(
            format!("{name} has no such factor, or somebody has reset it already; nothing was written."),
            "Reload the person; the other factor may be the one that is meant.",
        ),
        (Cause::Invalid, _) if raw.starts_with("Method must be") => {
            say("The platform resets the factors `totp` and `email` only.", "Choose one of the two.")
        }
        (Cause::Invalid, _) if raw.starts_with("User does not have an email") => say(
            format!("{name}'s user has no email, so no mail can be sent."),
            "Set an email first, or a password where the user exists for this project only.",
        ),
        (Cause::Invalid, _) if raw.starts_with("Cannot delete the owner") => say(
            format!("{name} owns the project; the platform removes no owner."),
            "A super admin can give the project another owner first.",
        ),
        (Cause::Server, MemberAct::ResetMfa { .. }) => say(
            format!(
                "The platform had a fault ({text}), which is also its answer when the factor is reset and only the notice could not be mailed."
            ),
            "Look at the person again, then tell them yourself.",
        ),
        _ => return None,
    })
}

/// Refusals of a PATCH of a membership, a user, a session or a project.
pub(super) fn patch(
    fields: &[(String, Option<Value>)],
    cause: Cause,
    text: &Text,
    name: &Text,
) -> Option<Words> {
    let raw = text.raw();
    let sends = |pointer: &str| fields.iter().any(|(sent, _)| sent == pointer);
    Some(match cause {
        Cause::Forbidden => say(
            format!(
                "The platform does not let you change {name}'s record: of another project, or you are no longer an admin. Nothing was written."
            ),
            "Check with `whoami` what you are signed in as; another admin or a super admin may be needed.",
        ),
        Cause::Conflict if raw.contains("externalId") || sends("/externalId") => say(
            "Another member of this project has the external id already; nothing was written.",
            "Look the external id up among the members, or choose another one.",
        ),
        Cause::Conflict if raw.contains("userName") || sends("/userName") => say(
            "Another member of this project has the user name already; nothing was written.",
            "Look the user name up among the members, or choose another one.",
        ),
        Cause::Conflict if raw.contains("(domain)") || sends("/domain") => say(
            "Another domain route has the domain already; nothing was written.",
            "Look at that one; two routes of one domain cannot be told apart.",
        ),
        Cause::Conflict if raw.contains("email") => say(
            "Another user of this project has the new address already; nothing was written.",
            "Look the address up among the members; remove or rename that user first.",
        ),
        Cause::Invalid if raw.starts_with("Constraint user-1") => say(
            "The platform wants addresses all in lower case; nothing was written.",
            "Type the address in lower case.",
        ),
        Cause::Invalid if raw.starts_with("Value required at path") || raw.starts_with("Test failed") => say(
            format!("{name}'s record is not as it was shown; nothing was written."),
            "Reload and plan again.",
        ),
        _ => return None,
    })
}

/// Refusals of putting a record back out of its history.
pub(super) fn restore(cause: Cause) -> Option<Words> {
    Some(match cause {
        Cause::NotFound => say(
            "The old version is not in the platform's history any more, or is hidden from you; nothing was written.",
            "Enter what it held anew.",
        ),
        Cause::Conflict => say(
            "What was unique to it belongs to another record by now; nothing was written.",
            "Look for the record that holds it.",
        ),
        _ => return None,
    })
}
