//! What the platform's refusals mean for the write that was tried: what happened, why, what to do next.
//!
//! This is the one place where the platform's texts are matched, because it gives nothing else (platform-api §8).

mod own_factor;

use std::fmt;

pub use self::own_factor::code_not_mailed;
use crate::identity::{Means, MemberAct, Text};

/// The kind of a refusal, as the workflows need to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The session is over.
    SignedOut,
    /// Not allowed.
    Forbidden,
    /// Not there, or not visible.
    NotFound,
    /// Deleted.
    Gone,
    /// Something unique is taken.
    Conflict,
    /// Another version than the one shown.
    Stale,
    /// The request was understood and refused.
    Invalid,
    /// The platform's mail did not go out.
    Mail,
    /// Too many requests.
    Limited,
    /// The caller's own account is broken (400 `Authentication error`).
    AccountBroken,
    /// A fault on the platform's side; the write may have happened.
    Server,
    /// No answer. The write may have happened.
    NoAnswer,
    /// Never reached the platform.
    NotSent,
}

impl Cause {
    /// True when the write may have happened although it did not look so: reading back tells.
    pub fn leaves_doubt(self) -> bool {
        matches!(self, Self::Server | Self::NoAnswer)
    }
}

/// A refused write in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The kind.
    pub cause: Cause,
    /// What happened and why.
    pub what: String,
    /// What to do next.
    pub next: String,
    /// The platform's own text.
    pub text: Text,
    /// The platform's request id.
    pub request_id: Option<Text>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.next)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Puts a refusal into words for the write that was tried. `text` is the platform's first message.
pub fn explain(means: &Means, cause: Cause, text: Text, request_id: Option<Text>, name: &Text) -> Refused {
    let mail = cause == Cause::Invalid && is_mail_failure(means, text.raw());
    let cause = if mail { Cause::Mail } else { cause };
    // A fault where all there is to do is to mail is a mail that did not go out (platform-api §14.13).
    let mails = matches!(means, Means::Member { act: MemberAct::MailPasswordReset, .. });
    let cause = if mails && cause == Cause::Server { Cause::Mail } else { cause };
    let (what, next) = words(means, cause, &text, name);
    Refused { cause, what, next, text, request_id }
}

/// `$update-email` answers 400 with the mail system's own text when the mail cannot be sent (recorded:
/// `connect ECONNREFUSED 127.0.0.1:9`), so whatever is none of its known complaints, with a mail asked for, is one.
fn is_mail_failure(means: &Means, text: &str) -> bool {
    let asked = matches!(means, Means::UpdateEmail { skip_verification: false, .. });
    let known = [
        "Expected at least 1 value",
        "Constraint user-1",
        "Cannot update profile of server-scoped User",
        "Error evaluating invariant expression",
        "Invalid",
        "Missing",
        "Test failed",
    ];
    text.contains("Could not send email") || (asked && !known.iter().any(|k| text.starts_with(k)))
}

fn words(means: &Means, cause: Cause, text: &Text, name: &Text) -> (String, String) {
    let raw = text.raw();
    let (what, next): (String, &str) = match (cause, means) {
        (Cause::SignedOut, _) => {
            ("Your session is over; nothing was written.".into(), "Sign in again, then plan again.")
        }
        (Cause::Forbidden, Means::UpdateEmail { .. }) => (
            format!(
                "The platform does not let you change {name}'s address: the user is server-scoped or of another project, or you are no longer an admin."
            ),
            "A super admin can; the plan's other ways say what you can do.",
        ),
        (Cause::Forbidden, Means::ScimEmail { .. }) => (
            format!(
                "The platform does not let you use SCIM for {name}: the membership is of another project, or you are no longer an admin."
            ),
            "Check with `whoami` what you are signed in as.",
        ),
        (Cause::Forbidden, Means::Member { .. }) => (
            format!(
                "The platform does not let you do this to {name}: a member of another project, or you are no longer an admin."
            ),
            "An admin of that project can; check with `whoami` what you are signed in as.",
        ),
        (Cause::Forbidden, Means::Rescope { .. }) => (
            format!("The platform does not let you move {name}'s user; nothing was written."),
            "A super admin can.",
        ),
        (Cause::Forbidden, _) => (
            "The platform does not let you do this.".into(),
            "Check with `whoami` what you are signed in as.",
        ),
        (Cause::NotFound, Means::UpdateEmail { .. }) => (
            format!("The platform knows no such user for {name}, or hides it from you."),
            "Reload the person; the user may have been removed or moved to another scope.",
        ),
        (Cause::NotFound, Means::Member { act: MemberAct::ResetMfa { .. }, .. }) => (
            format!("The platform knows no such member as {name}, or is too old to reset factors."),
            "Reload the person; the platform's version stands under `whoami`.",
        ),
        (Cause::NotFound, _) => {
            ("The record is not there any more, or is hidden from you.".into(), "Reload the person.")
        }
        (Cause::Gone, Means::Member { act: MemberAct::Remove, .. }) => (
            format!("{name}'s membership or the user behind it was deleted already."),
            "Reload; a membership that is left without its user can be deactivated.",
        ),
        (Cause::Gone, _) => {
            (format!("{name}'s record was deleted."), "Reload; deleted records are in the history.")
        }
        (Cause::Conflict, Means::Invite { .. }) if raw.contains("different profile") => (
            "The new address is a member of this project already, with another profile.".into(),
            "Look the address up among the members.",
        ),
        (Cause::Conflict, Means::Invite { .. }) if raw.contains("externalId") => (
            "Another member of this project has the external id already.".into(),
            "Look the external id up among the members.",
        ),
        (Cause::Conflict, Means::Invite { .. }) => (
            "The new address is a member of this project already.".into(),
            "Look the address up among the members.",
        ),
        (Cause::Conflict, Means::Rescope { .. }) => (
            "The project has a user with this email already.".into(),
            "Look the email up among the users; remove or rename that user first.",
        ),
        (Cause::Conflict, _) => (
            "Another user of this project has the new address already.".into(),
            "Look the address up among the members; remove or rename that user first.",
        ),
        (Cause::Stale, _) => (
            format!("Somebody changed {name}'s record in the meantime; nothing was written."),
            "Look at both versions and plan again.",
        ),
        (Cause::Mail, Means::UpdateEmail { .. }) => (
            format!("The platform could not send the verification mail ({text}) and took the change back."),
            "Ask the operator about mail, or change the address without a verification mail.",
        ),
        (Cause::Mail, Means::Member { act: MemberAct::MailPasswordReset, .. }) => (
            format!(
                "The platform could not send {name} the mail ({text}). A link was made and reached nobody; nothing else changed."
            ),
            "Ask the operator about mail, then send it again.",
        ),
        (Cause::Mail, _) => {
            (format!("The platform could not send the mail ({text})."), "Ask the operator about mail.")
        }
        (Cause::Invalid, Means::UpdateEmail { .. }) if raw.starts_with("Expected at least 1 value") => {
            ("The platform got no address.".into(), "Type the new address and plan again.")
        }
        (Cause::Invalid, _) if raw.starts_with("Constraint user-1") => {
            ("The platform wants addresses all in lower case.".into(), "Type the address in lower case.")
        }
        (Cause::Invalid, Means::UpdateEmail { .. })
            if raw.starts_with("Cannot update profile of server-scoped User") =>
        {
            (
                "The platform does not change the profile of a server-scoped user along with the address."
                    .into(),
                "Plan again and leave the profile as it is.",
            )
        }
        (Cause::Invalid, Means::Invite { .. }) if raw.contains("Multiple resources") => (
            "Several users have the new address, so the platform does not know whom to invite.".into(),
            "A super admin has to tell them apart first.",
        ),
        (Cause::Invalid, Means::Invite { .. }) if raw.contains("Access policy") => (
            format!("The platform refuses the access policy: {text}."),
            "Give the member a policy that exists, then plan again.",
        ),
        (Cause::Invalid, Means::Invite { .. }) => (
            format!("The platform refuses the invitation: {text}."),
            "What it made before it refused may be left; no membership was.",
        ),
        (Cause::Invalid, Means::SetPassword { .. }) if raw.starts_with("User not found") => (
            format!("The platform finds no user of this project with {name}'s email; nothing was written."),
            "A server-scoped user's password can be set by a super admin; you can mail a link to set one.",
        ),
        (Cause::Invalid, Means::SetPassword { .. }) => (
            format!("The platform does not take the password: {text}. Nothing was written."),
            "Choose another one: 8 characters or more, 72 bytes at most, and none that was in a breach.",
        ),
        (Cause::Invalid, Means::Rescope { .. }) if raw.contains("ProjectMembership in another project") => (
            format!("{name} is a member of another project, so the user cannot belong to one alone."),
            "Remove those memberships first.",
        ),
        (Cause::Invalid, Means::Rescope { .. }) if raw.contains("already") => {
            (format!("{name}'s user is there already; nothing was written."), "Reload the person.")
        }
        (Cause::Invalid, Means::Member { .. }) if raw.starts_with("User is not enrolled in MFA method") => (
            format!("{name} has no such factor, or somebody has reset it already; nothing was written."),
            "Reload the person; the other factor may be the one that is meant.",
        ),
        (Cause::Invalid, Means::Member { .. }) if raw.starts_with("Method must be") => {
            ("The platform resets the factors `totp` and `email` only.".into(), "Choose one of the two.")
        }
        (Cause::Invalid, Means::Member { .. }) if raw.starts_with("User does not have an email") => (
            format!("{name}'s user has no email, so no mail can be sent."),
            "Set an email first, or a password where the user exists for this project only.",
        ),
        (Cause::Invalid, Means::Member { .. }) if raw.starts_with("Cannot delete the owner") => (
            format!("{name} owns the project; the platform removes no owner."),
            "A super admin can give the project another owner first.",
        ),
        (Cause::Invalid, Means::EnrolOwn { .. } | Means::DisableOwn { .. }) => {
            return own_factor::words(means, text);
        }
        (Cause::Invalid, _) => (format!("The platform refuses the request: {text}."), "Nothing was written."),
        (Cause::Limited, _) => (
            "The platform takes no more requests for the moment; nothing was written.".into(),
            "Wait a minute and apply again.",
        ),
        (Cause::AccountBroken, _) => (
            format!("Your own account is broken on the platform ({text}); nothing was written."),
            "Another admin has to repair your profile or access policy.",
        ),
        (Cause::Server, Means::Member { act: MemberAct::ResetMfa { .. }, .. }) => (
            format!(
                "The platform had a fault ({text}), which is also its answer when the factor is reset and only the notice could not be mailed."
            ),
            "Look at the person again, then tell them yourself.",
        ),
        (Cause::Server, _) => (
            format!("The platform had a fault ({text})."),
            "Read back just now, nothing had changed; look again before you repeat it.",
        ),
        (Cause::NoAnswer, _) => (
            format!("No answer came ({text})."),
            "Read back just now, nothing had changed; look again before you repeat it.",
        ),
        (Cause::NotSent, _) => (
            format!("The platform could not be reached ({text}); nothing was written."),
            "Check the connection and apply again.",
        ),
    };
    (what, next.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn update(skip_verification: bool) -> Means {
        Means::UpdateEmail {
            email: "new@clinic.example".into(),
            update_profile_telecom: false,
            skip_verification,
        }
    }

    // platform-api §8: every failure of $update-email has a message of its own
    #[test]
    fn each_failure_of_update_email_says_something_else() {
        let failures = [
            (Cause::SignedOut, "Unauthorized"),
            (Cause::Forbidden, "Forbidden"),
            (Cause::NotFound, "Not found"),
            (Cause::Gone, "Gone"),
            (Cause::Invalid, "Expected at least 1 value(s) for required input parameter 'email'"),
            (Cause::Invalid, "Constraint user-1 not met: Email must be all lowercase"),
            (Cause::Invalid, "Cannot update profile of server-scoped User"),
            (Cause::Conflict, "Key (project, email)=(Project/x, a@b.example) already exists."),
            (Cause::Invalid, "connect ECONNREFUSED 127.0.0.1:9"),
            (Cause::Stale, "Precondition Failed"),
            (Cause::Limited, "Too Many Requests"),
            (Cause::AccountBroken, "OperationOutcomeError: Gone"),
            (Cause::Server, "Internal Server Error"),
            (Cause::NoAnswer, "the connection was reset"),
            (Cause::NotSent, "connection refused"),
        ];
        let said: BTreeSet<String> = failures
            .iter()
            .map(|(cause, text)| {
                explain(&update(false), *cause, (*text).into(), None, &"Jane".into()).to_string()
            })
            .collect();
        assert_eq!(said.len(), failures.len());
    }

    // platform-api §5, §6: every refusal of what the admin API does to a member
    #[test]
    fn each_refusal_about_a_member_says_something_else() {
        use crate::identity::Factor;
        let about = |act| Means::Member { project: "p".into(), membership: "m".into(), act };
        let reset = about(MemberAct::ResetMfa { factor: Factor::Totp });
        let mail = about(MemberAct::MailPasswordReset);
        let remove = about(MemberAct::Remove);
        let failures = [
            (&reset, Cause::Forbidden, "Forbidden", "another project"),
            (&reset, Cause::NotFound, "Not found", "too old"),
            (&reset, Cause::Invalid, "Method must be \"totp\" or \"email\"", "`totp` and `email`"),
            (&reset, Cause::Invalid, "User is not enrolled in MFA method: totp", "no such factor"),
            (&reset, Cause::Server, "Internal Server Error", "could not be mailed"),
            (&mail, Cause::Invalid, "User does not have an email address", "has no email"),
            (&mail, Cause::Server, "Internal Server Error", "could not send Jane the mail"),
            (&remove, Cause::Invalid, "Cannot delete the owner of the project", "owns the project"),
            (&remove, Cause::Gone, "Gone", "deleted already"),
            (&remove, Cause::NotFound, "Not found", "not there any more"),
        ];
        for (means, cause, text, said) in failures {
            let refused = explain(means, cause, text.into(), None, &"Jane".into());
            assert!(refused.what.contains(said), "{text}: {refused}");
            assert!(!refused.next.is_empty());
        }
    }

    #[test]
    fn a_mail_failure_is_told_from_a_refusal() {
        let cause =
            |skip, text: &str| explain(&update(skip), Cause::Invalid, text.into(), None, &"J".into()).cause;
        assert_eq!(cause(false, "connect ECONNREFUSED 127.0.0.1:9"), Cause::Mail);
        assert_eq!(cause(true, "connect ECONNREFUSED 127.0.0.1:9"), Cause::Invalid, "no mail was asked for");
        assert_eq!(cause(false, "Constraint user-1 not met: Email must be all lowercase"), Cause::Invalid);
    }

    #[test]
    fn the_request_id_goes_along() {
        let refused =
            explain(&update(true), Cause::Forbidden, "Forbidden".into(), Some("6f0c".into()), &"Jane".into());
        assert!(refused.to_string().ends_with("(request 6f0c)"));
        assert!(refused.to_string().contains("Jane"));
    }
}
