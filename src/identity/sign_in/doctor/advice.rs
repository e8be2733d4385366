//! What to do about a sign-in that fails, in words: for whatever no single change on the platform mends, and beside what
//! does.

use super::attempt::{Attempt, Flow};
use super::diagnosis::{Status, Step, StepId};
use super::facts::{ClientFact, Facts, MembershipFact};
use crate::identity::seen::Seen;
use crate::identity::text::Text;

/// The next step for whoever looks at the failing one; nothing where none fails.
pub(super) fn advice(attempt: &Attempt, facts: &Facts, steps: &[Step]) -> Vec<String> {
    let Some(failed) = steps.iter().find(|step| step.status == Status::Failed) else { return Vec::new() };
    let client = || match attempt.client.as_ref().map(|id| (id, facts.clients.get(id.raw()))) {
        Some((_, Some(Seen::Known(ClientFact::Found(client))))) => client.name.to_string(),
        Some((id, _)) => id.to_string(),
        None => "the app".to_owned(),
    };
    let domain = || attempt.routed_by().unwrap_or_default();
    let meant: Option<&MembershipFact> = facts.meant.iter().find_map(|id| facts.membership(id));
    let who = || meant.map_or_else(|| "the person".to_owned(), |membership| membership.name.to_string());
    let one = |words: String| vec![words];
    match failed.id {
        StepId::Address | StepId::Route if attempt.client.is_none() && !attempt.typed_is_address() => {
            one("type the whole address, without spaces around it".to_owned())
        }
        StepId::Route => {
            one(format!("a super admin can correct the authorize address of the route of {}", domain()))
        }
        StepId::Client => one(format!(
            "compare the client id in the app's own settings with the client applications of the project; {} is not one",
            attempt.client.clone().unwrap_or_default()
        )),
        StepId::Provider if attempt.flow == Flow::Bearer => {
            one("the server's operator can name the provider in the server's configuration".to_owned())
        }
        StepId::Provider => match &attempt.client {
            Some(_) => one(format!("bind the identity provider to the client {}", client())),
            None => one(format!(
                "a super admin can add a route for {} with its identity provider; until then the page asks for a password",
                domain()
            )),
        },
        StepId::Token => one(format!("correct the provider's settings at {}", client())),
        StepId::Identity => identity(attempt, failed),
        StepId::Domain => belongs(attempt),
        StepId::Project => match attempt.flow {
            Flow::Browser | Flow::Exchange | Flow::LegacyExchange
                if failed.detail.contains("external id") =>
            {
                one("bind the identity provider to a client application of the project".to_owned())
            }
            _ => one(format!("let the app name the project of {} or none", client())),
        },
        StepId::User => match (meant, attempt.flow) {
            (None, _) => vec![
                "say who is meant, so that the right account can be looked at".to_owned(),
                "invite the person, if there is no account yet".to_owned(),
            ],
            (Some(_), Flow::Password) => {
                one(format!("let {} type the address that is stored, or change the stored one", who()))
            }
            (Some(_), _) => one(format!(
                "bring what the identity provider sends and what is stored for {} together",
                who()
            )),
        },
        StepId::Pkce => {
            one("let the app send code_challenge and code_challenge_method=S256 together".to_owned())
        }
        StepId::Redirect => one(format!("register the address at the client {}, letter by letter", client())),
        StepId::Password => one(format!("send {} a link to set a password", who())),
        StepId::Membership => one(match meant {
            Some(_) => {
                format!("activate the membership of {}, or invite the person into this project", who())
            }
            None => "invite the person into this project".to_owned(),
        }),
        StepId::Google if failed.detail.contains("deleted") => {
            one("a super admin can restore the project, or the membership in it can go".to_owned())
        }
        StepId::Google => vec![
            "sign in with the Google button".to_owned(),
            "a super admin can take the feature google-auth-required off the project".to_owned(),
        ],
        StepId::Configuration => one(format!("take the user configuration of {} away", who())),
        StepId::Policy => one(format!("give {} an access policy that is there", who())),
        StepId::Ip => {
            one("sign in from an address that the rules allow, or change the rules of the access policy"
                .to_owned())
        }
        StepId::Address | StepId::Factor => Vec::new(),
    }
}

fn identity(attempt: &Attempt, failed: &Step) -> Vec<String> {
    let mut found = Vec::new();
    if failed.detail.contains("no subject") || failed.detail.contains("no text") {
        found.push("look at the subject that the identity provider sends".to_owned());
    }
    if failed.detail.contains("sends none") || failed.detail.contains("sends no email") {
        found.push(
            "let the identity provider send the email claim: the scope \"email\" asks for it".to_owned(),
        );
    }
    if attempt.flow.is_exchange() && found.is_empty() {
        found.push("look at what the userinfo endpoint answers for this token".to_owned());
    }
    if found.is_empty() {
        found.push(
            "set identity source and mapping mode to a pair that the platform knows: email with user-email, or subject with project-membership-external-id"
                .to_owned(),
        );
    }
    found
}

fn belongs(attempt: &Attempt) -> Vec<String> {
    let typed = attempt.routed_by().unwrap_or_default();
    let lower = Text::from(typed.raw().to_lowercase());
    if typed != lower {
        return vec![format!("type the domain in lower case: {lower}")];
    }
    let asserted = attempt
        .email
        .text()
        .and_then(|email| email.raw().rsplit_once('@').map(|(_, domain)| domain.to_lowercase()));
    match asserted {
        Some(domain) => vec![format!(
            "type an address of {}, which the identity provider asserts, if that domain goes to the same provider; or let the provider assert one of {typed}",
            Text::from(domain)
        )],
        None => vec!["a domain route recognises people by email only; bind the provider to a client application to go by external id".to_owned()],
    }
}
