//! What the platform's own words mean at each step of the browser flow (platform-api §10.2): whoever sees an error page
//! pastes what it says, and is told the cause.

use serde::{Deserialize, Serialize};

use super::steps::StepId;

/// Why the platform refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The platform's words.
    pub message: String,
    /// At which step.
    pub step: StepId,
    /// What it means.
    pub means: String,
    /// What to do.
    pub next: String,
}

/// Message, step, meaning, what to do.
type Row = (&'static str, StepId, &'static str, &'static str);

/// The longest first where one is part of another.
const KNOWN: [Row; 20] = [
    (
        "Failed to verify code",
        StepId::Swap,
        "the platform could not swap the identity provider's code",
        "Check token address, client id, secret, how the secret is sent, and PKCE; `flow idp` tries the same from here.",
    ),
    (
        "External token does not contain email address",
        StepId::Swap,
        "the ID token has no email, and people are recognised by it",
        "Have the identity provider put `email` into the ID token.",
    ),
    (
        "External token does not contain subject",
        StepId::Swap,
        "the ID token has no subject, and people are recognised by it",
        "The identity provider does not follow OpenID Connect; recognise people by email.",
    ),
    (
        "Email address does not match domain",
        StepId::Swap,
        "the ID token's address is not of the domain that was routed",
        "The person's address moved to another domain, or the route recognises people by subject, or the domain was \
         typed in capitals.",
    ),
    (
        "Unsupported identity provider configuration",
        StepId::Swap,
        "the two identity fields of the configuration do not fit together",
        "Set both to email, or both to subject.",
    ),
    (
        "Identity provider not found",
        StepId::Swap,
        "neither the client nor the domain has an identity provider",
        "Add one to the client application or to the domain route.",
    ),
    (
        "Project ID is required for external ID",
        StepId::Swap,
        "people are recognised by subject, and no project is known",
        "Put the identity provider on a client application of the project.",
    ),
    (
        "Invalid project",
        StepId::Swap,
        "the app names another project than the client's",
        "Leave the project out, or name the client's own.",
    ),
    (
        "User not found",
        StepId::Swap,
        "the platform recognises nobody by what the identity provider says",
        "The platform says this for many causes; the doctor's ladder below names which.",
    ),
    (
        "Google authentication is required",
        StepId::Swap,
        "the project lets people in through Google only",
        "Switch the project's feature off, or sign in by Google.",
    ),
    (
        "Invalid access policy",
        StepId::Swap,
        "the membership points to an access policy that is not there",
        "Give the member another access policy.",
    ),
    (
        "IP address not allowed",
        StepId::Swap,
        "the member's access policy allows other networks only",
        "Sign in from there, or change the policy's rules.",
    ),
    (
        "Invalid redirect URI",
        StepId::PlatformReturns,
        "the address to return to is not one of the client's, letter by letter",
        "Register exactly this address on the client application.",
    ),
    (
        "Client not found",
        StepId::Authorize,
        "the platform knows no client application with this id",
        "Check the client id.",
    ),
    (
        "Missing redirect URI",
        StepId::Authorize,
        "the request names no address to return to",
        "Give one that the client has registered.",
    ),
    (
        "Missing code",
        StepId::IdpReturns,
        "the identity provider returned no code",
        "It refused; its address says why.",
    ),
    (
        "Invalid state",
        StepId::IdpReturns,
        "the state that came back is not the platform's",
        "This is what the platform says to a test sign-in; in a real one the page has a fault.",
    ),
    (
        "Missing state",
        StepId::IdpReturns,
        "the identity provider dropped the state",
        "Its client is set up wrongly.",
    ),
    ("Too Many Requests", StepId::Swap, "a rate limit was hit", "Wait a minute, then try again."),
    (
        "Not found",
        StepId::Swap,
        "something that the sign-in needs is not there: the client, or the member's user configuration",
        "The doctor's ladder below names which.",
    ),
];

/// What an error page means; `None` when it says nothing that is known.
pub fn cause_of(page: &str) -> Option<Cause> {
    let (message, step, means, next) = KNOWN.iter().find(|(message, ..)| page.contains(message))?;
    Some(Cause {
        message: (*message).to_owned(),
        step: *step,
        means: (*means).to_owned(),
        next: (*next).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // platform-api §10.2
    #[rstest]
    #[case("User not found", StepId::Swap)]
    #[case(
        r#"{"resourceType":"OperationOutcome","issue":[{"details":{"text":"Invalid redirect URI"}}]}"#,
        StepId::PlatformReturns
    )]
    #[case("Failed to verify code - check your identity provider configuration", StepId::Swap)]
    #[case("Missing code", StepId::IdpReturns)]
    fn an_error_page_names_its_step(#[case] page: &str, #[case] step: StepId) {
        assert_eq!(cause_of(page).unwrap().step, step);
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(cause_of("Welcome to the clinic"), None);
        assert_eq!(cause_of(""), None);
    }
}
