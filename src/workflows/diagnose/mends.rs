//! From a fix to the plan that is shown and applied, and to the text for somebody who may.

use std::fmt::Write as _;

use super::Examined;
use crate::identity::sign_in::doctor::{ClientFact, Diagnosis, Fix, Flow, Mend, Verdict, diagnose};
use crate::identity::{Plan, Role, Seen, SignInEffect, SignInOutcome};
use crate::workflows::email_change::{self, Choices, Offer, PrepareError};
use crate::workflows::engine::Engine;
use crate::workflows::intent::{self, AccessEdit, Intent, NoPlan, Why};
use crate::workflows::refusals::Cause;

impl Mend {
    /// The intent behind it; a change of address has a workflow of its own.
    fn intent(&self) -> Option<Intent> {
        Some(match self.clone() {
            Self::Activate { membership } => Intent::Activate { members: vec![membership], active: true },
            Self::ClearConfiguration { membership } => Intent::ClearConfiguration { member: membership },
            Self::SetPolicy { membership, policy } => {
                let policy = Some(format!("{}/{}", policy.kind, policy.id).into());
                Intent::Policy { members: vec![membership], policy }
            }
            Self::DropAccess { membership, policy } => {
                let policy = format!("{}/{}", policy.kind, policy.id).into();
                Intent::Access { member: membership, edit: AccessEdit::Remove { policy } }
            }
            Self::RemoveGhost { user } => Intent::RemoveGhost { user },
            Self::RemoveShadow { membership } => Intent::Remove { member: membership },
            Self::SetEmail { .. } | Self::AddRoute { .. } => return None,
            Self::SetExternalId { membership, external_id, .. } => {
                Intent::Link { members: vec![membership], external_id: Some(external_id) }
            }
            Self::MoveExternalId { from, to, .. } => Intent::MoveExternalId { from, to },
            Self::ReleaseExternalId { membership } => {
                Intent::Link { members: vec![membership], external_id: None }
            }
            Self::MakeServerScoped { membership, .. } => {
                Intent::Rescope { member: membership, to_server: true }
            }
            Self::RenameRoute { route, domain } => Intent::RenameRoute { route, domain },
            Self::AlignRoute { route, by_subject } => {
                Intent::AlignProvider { of: route.reference(), by_subject }
            }
            Self::AlignClient { client, by_subject } => {
                Intent::AlignProvider { of: client.reference(), by_subject }
            }
        })
    }
}

/// Plans one change of a fix. The plan shows how the sign-in that was examined ends now and afterwards.
pub async fn plan(engine: &Engine, examined: &Examined, mend: &Mend) -> Result<Plan, NoPlan> {
    let mut plan = match (mend.intent(), mend) {
        (Some(intent), _) => intent::plan(engine, &intent).await?,
        (None, Mend::SetEmail { membership, email, .. }) => {
            let prepared =
                email_change::prepare(engine, membership, email.raw(), None, Choices::default()).await;
            let proposal = prepared.map_err(no_plan)?.proposal;
            let way = proposal.recommended().map(|way| &way.offer);
            match way {
                Some(Offer::Plan(plan)) => (**plan).clone(),
                Some(Offer::Text(text)) => {
                    return Err(NoPlan::because(Why::NotAllowed, "Your role may not change this address.")
                        .then(text.clone()));
                }
                Some(Offer::Not(why)) => return Err(NoPlan::because(Why::NotAllowed, why.to_string())),
                None => {
                    return Err(NoPlan::because(
                        Why::NotAllowed,
                        "No way to change this address is open to you.",
                    )
                    .then("A super admin can change it."));
                }
            }
        }
        // Which provider, and its secret, nobody has said yet.
        (None, Mend::AddRoute { domain, bare }) => {
            let command = if bare.is_some() { "edit" } else { "add" };
            return Err(NoPlan::because(
                Why::Malformed,
                format!("The route of {domain} needs an identity provider and its client secret."),
            )
            .then(format!(
                "The form on the screen and `idconsole domains {command} {domain}` ask for them."
            )));
        }
        (None, _) => return Err(NoPlan::because(Why::Nothing, "There is nothing to plan for this change.")),
    };
    let after = diagnose(&examined.attempt, &mend.on(&examined.facts));
    let way = way(examined);
    plan.sign_in.retain(|effect| effect.way != way);
    plan.sign_in
        .insert(0, SignInEffect { way, before: outcome(&examined.diagnosis), after: outcome(&after) });
    Ok(plan)
}

fn no_plan(error: PrepareError) -> NoPlan {
    match error {
        PrepareError::Platform(trouble) => NoPlan::Platform(trouble),
        PrepareError::Refused(refusal) => NoPlan::because(Why::Conflict, format!("{refusal}.")),
    }
}

/// The sign-in that was examined, in the words of plans: "browser, Clinic Portal".
pub fn way(examined: &Examined) -> String {
    let attempt = &examined.attempt;
    let client = attempt.client.as_ref().and_then(|id| match examined.facts.clients.get(id.raw()) {
        Some(Seen::Known(ClientFact::Found(client))) => Some(client.name.to_string()),
        _ => None,
    });
    let flow = match attempt.flow {
        Flow::LegacyExchange => "exchange (older)",
        flow => flow.id(),
    };
    match (client, attempt.routed_by()) {
        (Some(client), _) => format!("{flow}, {client}"),
        (None, Some(domain)) if attempt.flow == Flow::Browser => format!("{flow}, {domain}"),
        (None, _) => flow.to_owned(),
    }
}

/// A diagnosis in the form that plans hold; what is probable is told as that.
pub fn outcome(diagnosis: &Diagnosis) -> SignInOutcome {
    let sure = diagnosis.expected();
    match (sure.verdict, sure.message) {
        (Verdict::Success, _) => SignInOutcome::SignsIn { name: diagnosis.name.clone().unwrap_or_default() },
        (Verdict::Failure, Some(message)) => SignInOutcome::Refused {
            text: message.to_owned(),
            why: diagnosis
                .steps
                .iter()
                .rfind(|step| step.status != crate::identity::sign_in::doctor::Status::Skipped)
                .map_or_else(String::new, |step| step.detail.clone()),
        },
        (Verdict::Failure | Verdict::Unknown, _) => SignInOutcome::Unknown {
            why: diagnosis.doubts.iter().map(|doubt| doubt.what.clone()).collect::<Vec<_>>().join("; "),
        },
    }
}

/// Why this role may not apply a fix, and who may; `None` when it may, as far as can be told before it is planned.
pub fn not_allowed(engine: &Engine, fix: &Fix) -> Option<&'static str> {
    match engine.caller.role {
        Role::ProjectAdmin if fix.needs_super_admin() => {
            Some("domain routes belong to the whole platform; a super admin can change them")
        }
        Role::SuperAdmin | Role::ProjectAdmin => None,
        Role::Member => Some("an admin of the project or a super admin can do it"),
    }
}

/// A text for whoever may: what happens, why, what to change. It holds no secret.
pub fn request(examined: &Examined, fix: &Fix) -> String {
    let mut text = String::from("Please mend a sign-in.\n\n");
    let attempt = &examined.attempt;
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("sign-in", &way(examined));
    if let Some(typed) = &attempt.typed {
        line("typed", &typed.to_string());
    }
    if let Some(email) = attempt.email.text() {
        line("email", &email.to_string());
    }
    if let Some(subject) = attempt.subject.text() {
        line("subject", &subject.to_string());
    }
    line("happens", &examined.diagnosis.sentence());
    if let Some(failed) = examined.diagnosis.failed() {
        line("because", &failed.detail);
    }
    line("change", &fix.title(&examined.facts));
    line("after it", &fix.after.sentence());
    for mend in &fix.mends {
        line("record", &record(mend));
    }
    text
}

fn record(mend: &Mend) -> String {
    match mend {
        Mend::Activate { membership }
        | Mend::ClearConfiguration { membership }
        | Mend::SetPolicy { membership, .. }
        | Mend::DropAccess { membership, .. }
        | Mend::RemoveShadow { membership }
        | Mend::SetExternalId { membership, .. }
        | Mend::ReleaseExternalId { membership } => membership.reference().to_string(),
        Mend::MoveExternalId { from, to, .. } => format!("{} → {}", from.reference(), to.reference()),
        Mend::SetEmail { user, .. } | Mend::MakeServerScoped { user, .. } | Mend::RemoveGhost { user } => {
            user.reference().to_string()
        }
        Mend::AddRoute { domain, bare: None } => format!("DomainConfiguration of {domain}, to be made"),
        Mend::AddRoute { bare: Some(route), .. }
        | Mend::RenameRoute { route, .. }
        | Mend::AlignRoute { route, .. } => route.reference().to_string(),
        Mend::AlignClient { client, .. } => client.reference().to_string(),
    }
}

/// True for a refusal that another role would not meet.
pub fn for_others(error: &NoPlan) -> bool {
    match error {
        NoPlan::Refused { why, .. } => *why == Why::NotAllowed,
        NoPlan::Platform(trouble) => trouble.cause == Cause::Forbidden,
    }
}
