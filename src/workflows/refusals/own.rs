//! Refusals about what is one's own: the second factor (platform-api §5) and sessions (§4).

use super::{Cause, Words, say};
use crate::identity::{Means, Text};

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

/// Enrolling and disabling the caller's own factor.
pub(super) fn factor(means: &Means, cause: Cause, text: &Text) -> Option<Words> {
    if cause != Cause::Invalid {
        return None;
    }
    let raw = text.raw();
    let (what, next) = match raw {
        "Already enrolled" => {
            ("You have an authenticator app already.", "Disable it first to enrol another one.")
        }
        "MFA method not allowed" => (
            "The project does not allow authenticator apps.",
            "A project admin decides which factors are allowed.",
        ),
        "Secret not found" => {
            ("The platform holds no key for you yet.", "Ask for the QR code once more and scan it.")
        }
        "Missing token" => ("The platform got no code.", "Type the code that your app shows."),
        "Invalid token" => (
            "The platform does not take the code.",
            "Type the one that your app shows now; when none is taken, the clock of the phone may be off.",
        ),
        "MFA code expired" => ("The mailed code came too late.", "Use a fresh code."),
        // A wrong code of somebody with mailed codes alone is told like this too (§5).
        "User not enrolled in MFA" => (
            "You have no second factor, or have mailed codes alone and this was none.",
            "Look with `mfa own`; a code by mail is disabled in the platform's web app.",
        ),
        "User not enrolled in MFA method" => {
            ("You have not enrolled this factor.", "Choose the one you have.")
        }
        "Invalid method" => {
            ("The platform knows the factors `totp` and `email` only.", "Choose one of the two.")
        }
        "Cannot remove the last MFA factor because MFA is required" => (
            "A second factor is required of you, and this is your last one.",
            "An admin can reset it when you have lost it, so that you enrol another at the next sign-in.",
        ),
        _ => {
            let verb = if *means == Means::EnrolOwn { "enrol" } else { "disable" };
            return Some(say(
                format!("The platform does not {verb} your factor: {text}. Nothing was written."),
                "Look with `mfa own` how it stands, then try again.",
            ));
        }
    };
    Some(say(format!("{what} Nothing was written."), next))
}
