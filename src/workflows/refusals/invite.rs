//! Refusals of an invitation (platform-api §6.1). Its steps are not one transaction: what a refusal after the first
//! ones leaves behind is looked for by [`crate::workflows::orphans`] and told besides.

use super::{Cause, Words, say};
use crate::identity::Text;

pub(super) fn words(cause: Cause, text: &Text) -> Option<Words> {
    let raw = text.raw();
    Some(match cause {
        Cause::Forbidden => say(
            "The platform does not let you invite: you are no longer an admin, or the project is not yours. \
             Nothing was written.",
            "Check with `whoami` what you are signed in as; an admin of the project can invite.",
        ),
        Cause::NotFound => say(
            "The project, the profile or the patient is not there any more, or is hidden from you.",
            "Look it up and plan again.",
        ),
        Cause::Conflict if raw.contains("different profile") => say(
            "The address is a member of this project already, with another profile.",
            "Look the address up among the members.",
        ),
        Cause::Conflict if raw.contains("externalId") => say(
            "Another member of this project has the external id already.",
            "Look the external id up among the members.",
        ),
        Cause::Conflict if raw.contains("userName") => say(
            "Another member of this project has the user name already.",
            "Look the user name up among the members.",
        ),
        Cause::Conflict => {
            say("The address is a member of this project already.", "Look the address up among the members.")
        }
        Cause::Invalid => invalid(raw, text),
        _ => return None,
    })
}

fn invalid(raw: &str, text: &Text) -> Words {
    let nothing = |what: &str, next: &str| say(format!("{what} Nothing was written."), next);
    match raw {
        "Resource type is required" => {
            nothing("The platform got no kind of profile.", "Choose one and plan again.")
        }
        "First name is required" => nothing("The platform got no first name.", "Type it and plan again."),
        "Last name is required" => nothing("The platform got no last name.", "Type it and plan again."),
        "Either email or externalId is required" => nothing(
            "The platform got no email that it can read, and no external id.",
            "Type one of them and plan again.",
        ),
        "Patient is required to create a RelatedPerson" => say(
            "A relative is invited for a patient, and the platform got none.",
            "Name the patient and plan again.",
        ),
        "Profile does not belong to project" => {
            say("The profile is of another project.", "Name one of this project, or none.")
        }
        "Profile resourceType does not match request" => say(
            "The profile is of another kind than the invitation.",
            "Choose the kind that the profile has and plan again.",
        ),
        _ if raw.contains("Multiple resources") => say(
            "Several users have the address, so the platform does not know whom to invite.",
            "A super admin has to tell them apart first.",
        ),
        _ if raw.contains("ccess policy") && raw.contains("does not belong") => say(
            "The access policy is of another project.",
            "Give the member a policy of this project, then plan again.",
        ),
        _ if raw.contains("ccess policy") => say(
            format!("The platform refuses the access policy: {text}."),
            "Give the member a policy that exists, then plan again.",
        ),
        _ => say(
            format!("The platform refuses the invitation: {text}."),
            "What it made before it refused may be left; no membership was.",
        ),
    }
}
