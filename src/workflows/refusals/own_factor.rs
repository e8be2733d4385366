//! Refusals about the caller's own second factor (platform-api §5).

use super::{Cause, Refused};
use crate::identity::{Factor, Means, Text};
use crate::workflows::remote::Trouble;

/// A code that was not mailed to the caller (platform-api §5: `send-email-challenge`).
pub fn code_not_mailed(trouble: &Trouble) -> Refused {
    let text = &trouble.text;
    let (what, next) = match trouble.cause {
        Cause::Invalid if text.raw() == "Email MFA not available" => (
            "The project does not allow codes by mail, and you have not enrolled them.".to_owned(),
            "A project admin decides which factors are allowed (`allowedMfaMethods`).",
        ),
        Cause::Server | Cause::Mail => (
            format!("The platform could not mail you a code ({text})."),
            "Ask the operator about mail, then have one mailed again.",
        ),
        Cause::Limited => {
            ("The platform mails no more codes for the moment.".to_owned(), "Wait a minute, then ask again.")
        }
        _ => (format!("No code was mailed: {trouble}"), "Nothing else changed; try again."),
    };
    let request_id = trouble.request_id.clone();
    Refused { cause: trouble.cause, what, next: next.to_owned(), text: text.clone(), request_id }
}

/// Refusals about the caller's own factor (platform-api §5).
pub(super) fn words(means: &Means, text: &Text) -> (String, String) {
    let raw = text.raw();
    let mailed = matches!(
        means,
        Means::EnrolOwn { factor: Factor::Email } | Means::DisableOwn { factor: Some(Factor::Email) }
    );
    let (what, next) = match raw {
        "Already enrolled" if mailed => {
            ("You have codes by mail already.", "Disable them first to enrol them anew.")
        }
        "Already enrolled" => {
            ("You have an authenticator app already.", "Disable it first to enrol another one.")
        }
        "MFA method not allowed" if mailed => (
            "The project does not allow codes by mail.",
            "A project admin decides which factors are allowed.",
        ),
        "MFA method not allowed" => (
            "The project does not allow authenticator apps.",
            "A project admin decides which factors are allowed.",
        ),
        "Secret not found" => {
            ("The platform holds no key for you yet.", "Ask for the QR code once more and scan it.")
        }
        "Missing token" if mailed => ("The platform got no code.", "Type the one that was mailed to you."),
        "Missing token" => ("The platform got no code.", "Type the code that your app shows."),
        "Invalid token" if mailed => (
            "The platform does not take the code.",
            "Type the newest one that was mailed to you, or have another one mailed.",
        ),
        "Invalid token" => (
            "The platform does not take the code.",
            "Type the one that your app shows now; when none is taken, the clock of the phone may be off.",
        ),
        "MFA code expired" => ("The mailed code came too late.", "Have another one mailed and use that."),
        // A wrong code of somebody with mailed codes alone is told like this too (§5).
        "User not enrolled in MFA" => (
            "You have no second factor, or have mailed codes alone and this was none.",
            "Have a code mailed and use that one.",
        ),
        "User not enrolled in MFA method" => {
            ("You have not enrolled this factor.", "Choose the one you have.")
        }
        "Invalid method" => {
            ("The platform knows the factors `totp` and `email` only.", "Choose one of the two.")
        }
        "Cannot remove the last MFA factor because MFA is required" => (
            "A second factor is required of you, and this is your last one.",
            "Enrol another one first; when yours is lost, an admin can reset it.",
        ),
        _ => {
            let verb = if matches!(means, Means::EnrolOwn { .. }) { "enrol" } else { "disable" };
            return (
                format!("The platform does not {verb} your factor: {text}. Nothing was written."),
                "Look how your factors stand, then try again.".into(),
            );
        }
    };
    (format!("{what} Nothing was written."), next.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::explain;
    use super::*;

    const ENROL: [&str; 5] =
        ["Already enrolled", "MFA method not allowed", "Secret not found", "Missing token", "Invalid token"];
    const DISABLE: [&str; 5] = [
        "User not enrolled in MFA",
        "Invalid method",
        "User not enrolled in MFA method",
        "Cannot remove the last MFA factor because MFA is required",
        "MFA code expired",
    ];

    fn told(means: &Means, text: &str) -> String {
        let refused = explain(means, Cause::Invalid, text.into(), None, &"Pat Quinn".into());
        assert!(refused.what.ends_with("Nothing was written."), "{refused}");
        assert!(!refused.next.is_empty(), "{refused}");
        assert!(!refused.what.contains(text), "{text} is told in plain words: {refused}");
        assert!(refused.to_string().contains(text), "and kept: {refused}");
        format!("{} {}", refused.what, refused.next)
    }

    fn enrol(factor: Factor, text: &str) -> String {
        told(&Means::EnrolOwn { factor }, text)
    }

    fn disable(text: &str) -> String {
        told(&Means::DisableOwn { factor: None }, text)
    }

    // platform-api §5
    #[test]
    fn each_refusal_about_the_own_factor_says_something_else() {
        let enrolling = ENROL.iter().map(|text| enrol(Factor::Totp, text));
        let said: BTreeSet<String> = enrolling.chain(DISABLE.iter().map(|text| disable(text))).collect();
        assert_eq!(said.len(), ENROL.len() + DISABLE.len(), "{said:?}");
        // Both endpoints have these two.
        for text in ["Missing token", "Invalid token"] {
            assert!(said.contains(&disable(text)));
        }
    }

    // platform-api §5: the platform's words are the same for both factors, what to do is not.
    #[test]
    fn a_refusal_about_mailed_codes_does_not_speak_of_an_app() {
        for text in ["Already enrolled", "MFA method not allowed", "Missing token", "Invalid token"] {
            let mailed = enrol(Factor::Email, text);
            assert!(mailed.contains("mail") && !mailed.contains("app"), "{mailed}");
        }
    }

    // platform-api §5: `send-email-challenge`
    #[test]
    fn each_way_not_to_mail_a_code_says_something_else() {
        let why = [
            (Cause::Invalid, "Email MFA not available"),
            (Cause::Invalid, "Something new"),
            (Cause::Server, "Internal server error"),
            (Cause::Limited, "Too Many Requests"),
        ];
        let said: BTreeSet<String> = why
            .iter()
            .map(|(cause, text)| {
                let refused = code_not_mailed(&Trouble::new(*cause, *text));
                assert!(!refused.next.is_empty(), "{refused}");
                format!("{} {}", refused.what, refused.next)
            })
            .collect();
        assert_eq!(said.len(), why.len(), "{said:?}");
        assert!(!said.iter().any(|words| words.contains("Email MFA not available")), "{said:?}");
    }
}
