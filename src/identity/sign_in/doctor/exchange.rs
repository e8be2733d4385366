//! Token exchange, at both endpoints (platform-api §10.3). It looks at `useSubject` alone.

use super::attempt::{Claim, Flow};
use super::browser::{is_web, said};
use super::diagnosis::StepId;
use super::facts::{Client, ClientFact};
use super::shared::Asked;
use super::walk::{End, Go, Walk};
use crate::identity::provider::Identifier;
use crate::identity::seen::Seen;
use crate::identity::sign_in::world::{browser_identifier, exchange_identifier};

const INVALID_CLIENT: &str = "Invalid client";

pub(super) fn walk(walk: &mut Walk<'_>) -> Go<End> {
    let client = client(walk)?;
    let Some(provider) = &client.provider else {
        let detail =
            format!("the client {} has no identity provider; a domain's is never used here", client.name);
        return Err(walk.refuse(StepId::Provider, detail, INVALID_CLIENT, 400));
    };
    let project = client.project.clone();
    walk.pass(StepId::Provider, format!("the one bound to the client {}", client.name));
    if !is_web(provider.user_info_url.raw()) {
        let detail = format!("the userinfo address {} is not a web address", provider.user_info_url);
        let text = "Failed to verify code - check your identity provider configuration";
        return Err(walk.refuse(StepId::Token, detail, text, 400));
    }
    walk.pass(StepId::Token, said(walk));
    let identifier = exchange_identifier(provider);
    if browser_identifier(provider) != identifier {
        walk.notes.push(
            "this client recognises people differently in the browser: exchange looks at useSubject alone"
                .to_owned(),
        );
    }
    let by_subject = identifier == Identifier::Subject;
    let claim = if by_subject { &walk.attempt.subject } else { &walk.attempt.email };
    let (name, key) = if by_subject { ("subject", "external id") } else { ("email", "email") };
    let said = match claim {
        Claim::Text(text) if !text.is_empty() => text.clone(),
        Claim::Text(_) | Claim::Absent => {
            let detail = format!("people are recognised by {key}, and the identity provider sends no {name}");
            return Err(walk.refuse(StepId::Identity, detail, "Missing email or externalId", 400));
        }
        Claim::NotText if by_subject && project.is_none() => {
            let detail = "external ids are looked for within a project";
            return Err(walk.refuse(StepId::Project, detail, "Project ID is required for external ID", 400));
        }
        Claim::NotText if by_subject => {
            let detail = "the subject that the identity provider sends is no text";
            return Err(walk.refuse(StepId::Identity, detail, "Search filter value must be a string", 400));
        }
        Claim::NotText => {
            let detail = "the email that the identity provider sends is no text";
            return Err(walk.refuse(StepId::Identity, detail, "Internal Server Error", 500));
        }
    };
    walk.pass(StepId::Identity, format!("by {key}: {said}"));
    let user = match (&project, by_subject) {
        (Some(project), true) => {
            let named = walk.project_name(project);
            walk.pass(StepId::Project, named);
            walk.by_subject(said.raw(), project)?
        }
        (None, true) => {
            let detail = "external ids are looked for within a project, and the client has none";
            return Err(walk.refuse(StepId::Project, detail, "Project ID is required for external ID", 400));
        }
        (project, false) => {
            let named = project.as_ref().map_or_else(
                || "none: only server-scoped users are looked for".to_owned(),
                |project| walk.project_name(project),
            );
            walk.pass(StepId::Project, named);
            walk.by_email(said.raw(), project.as_ref())?
        }
    };
    let memberships = walk.memberships(user, project.as_ref())?;
    let Some(first) = memberships.first().copied() else {
        return Err(walk.lost(StepId::Membership, "which membership is taken", "none is left"));
    };
    if memberships.len() > 1 {
        walk.notes.push(format!(
            "{} memberships could be meant; an exchange takes the first, in no promised order, unless membership_id names one",
            memberships.len()
        ));
    }
    walk.through(user, first)
}

/// Whatever is wrong with the client is the same refusal here.
fn client<'a>(walk: &mut Walk<'a>) -> Go<&'a Client> {
    let Some(id) = &walk.attempt.client else {
        let text =
            if walk.attempt.flow == Flow::LegacyExchange { "Missing clientId" } else { INVALID_CLIENT };
        return Err(walk.refuse(StepId::Client, "an exchange needs a client application", text, 400));
    };
    // Built-in clients have words for ids; an exchange reads records alone (platform-api §10.3 step 2).
    if uuid::Uuid::try_parse(id.raw()).is_err()
        && matches!(walk.facts.clients.get(id.raw()), Some(Seen::Known(ClientFact::Found(_))))
    {
        let detail = "a client that is built into the platform cannot be used for an exchange";
        return Err(walk.refuse(StepId::Client, detail, INVALID_CLIENT, 400));
    }
    match walk.client(id)? {
        Asked::Found(client) => {
            walk.pass(StepId::Client, client.name.to_string());
            Ok(client)
        }
        Asked::Missing | Asked::Gone => {
            Err(walk.refuse(StepId::Client, "there is no such client application", INVALID_CLIENT, 400))
        }
    }
}
