//! What the platform's refusals mean for the write that was tried: what happened, why, what to do next.
//!
//! This is the one place where the platform's texts are matched, because it gives nothing else (platform-api §8).

mod account;
mod client;
mod invite;
mod member;
mod own_factor;

use std::fmt;

pub use self::own_factor::code_not_mailed;
use crate::identity::words::capital;
use crate::identity::{Feature, Means, MemberAct, Platform, Text};

/// The kind of a refusal, as the workflows need to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The session is over.
    SignedOut,
    /// Not allowed.
    Forbidden,
    /// Not there, or not visible.
    NotFound,
    /// The platform has no such endpoint: it is of another version.
    NoRoute,
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

impl Refused {
    /// The platform's own words, as a sentence, where what is said does not hold them already. They are what its
    /// operator and its documentation know.
    pub fn said(&self) -> Option<String> {
        let ours = matches!(self.cause, Cause::NoRoute | Cause::NoAnswer | Cause::NotSent);
        let text = self.text.to_string();
        let text = text.trim().trim_end_matches('.');
        (!ours && !text.is_empty() && !self.what.contains(text))
            .then(|| format!("The platform says: {text}."))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for more in [self.said().as_deref(), Some(self.next.as_str())].into_iter().flatten() {
            write!(f, " {more}")?;
        }
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

/// What happened, and what to do next.
type Words = (String, String);

fn say(what: impl Into<String>, next: impl Into<String>) -> Words {
    (what.into(), next.into())
}

fn words(means: &Means, cause: Cause, text: &Text, name: &Text) -> Words {
    let of_this = match means {
        Means::Invite { .. } => invite::words(cause, text),
        Means::Member { act, .. } => member::words(*act, cause, text, name),
        Means::UpdateEmail { .. } | Means::ScimEmail { .. } => account::address(means, cause, text, name),
        Means::SetPassword { super_admin, .. } => account::password(*super_admin, cause, text, name),
        Means::Rescope { .. } => account::scope(cause, text, name),
        Means::Patch { fields, .. } => member::patch(fields, cause, text, name),
        Means::Restore { .. } => member::restore(cause),
        Means::EndOwnSession => account::session(cause),
        Means::ClientSecret { act } => client::secret(*act, cause, text, name),
        Means::EnrolOwn { .. } | Means::DisableOwn { .. } if cause == Cause::Invalid => {
            Some(own_factor::words(means, text))
        }
        Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::Create { .. }
        | Means::MakeClient { .. }
        | Means::Delete
        | Means::RefreshDisplay => None,
    };
    of_this.unwrap_or_else(|| general(means, cause, text, name))
}

/// What a refusal means whatever was tried.
fn general(means: &Means, cause: Cause, text: &Text, name: &Text) -> Words {
    match cause {
        Cause::SignedOut => {
            say("Your session is over; nothing was written.", "Sign in again, then plan again.")
        }
        Cause::Forbidden => say(
            "The platform does not let you do this; nothing was written.",
            "Check with `whoami` what you are signed in as; another admin or a super admin may be needed.",
        ),
        Cause::NotFound => say(
            "The record is not there any more, or is hidden from you; nothing was written.",
            "Reload the person.",
        ),
        Cause::NoRoute => match Feature::of(means) {
            Some(feature) => lacking(&Platform::default(), feature),
            None => say(
                format!("This platform has no such endpoint ({text}); nothing was written."),
                "It is of another version; its operator can say which.",
            ),
        },
        Cause::Gone => say(
            format!("{name}'s record was deleted; nothing was written."),
            "Reload; deleted records are in the history.",
        ),
        Cause::Conflict => say(
            "Another record has what must be unique already; nothing was written.",
            "Look for the record that holds it, or choose another value.",
        ),
        Cause::Stale => say(
            format!("Somebody changed {name}'s record in the meantime; nothing was written."),
            "Look at both versions and plan again.",
        ),
        Cause::Mail => {
            say(format!("The platform could not send the mail ({text})."), "Ask the operator about mail.")
        }
        Cause::Invalid => say(
            format!("The platform refuses the request: {text}. Nothing was written."),
            "Correct what it names and plan again.",
        ),
        Cause::Limited => say(
            "The platform takes no more requests for the moment; nothing was written.",
            "Wait a minute and apply again.",
        ),
        Cause::AccountBroken => say(
            format!("Your own account is broken on the platform ({text}); nothing was written."),
            "Another admin has to repair your profile or access policy.",
        ),
        Cause::Server => say(
            format!("The platform had a fault ({text})."),
            "Read back just now, nothing had changed; look again before you repeat it.",
        ),
        Cause::NoAnswer => say(
            format!("No answer came ({text})."),
            "Read back just now, nothing had changed; look again before you repeat it.",
        ),
        Cause::NotSent => say(
            format!("The platform could not be reached ({text}); nothing was written."),
            "Check the connection and apply again.",
        ),
    }
}

/// A platform without the endpoint: of an older version. What happened, and what to do instead.
pub fn lacking(platform: &Platform, feature: Feature) -> (String, String) {
    (format!("{}; nothing was written.", capital(&platform.cannot(feature))), feature.instead().to_owned())
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
            (&reset, Cause::NotFound, "Not found", "no such member"),
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
