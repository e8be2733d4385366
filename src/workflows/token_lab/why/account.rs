//! What is the matter behind a good token: its session, its membership, its account.

use super::{Case, Cause, CauseId, Sure, Why};
use crate::auth::present::Reply;
use crate::identity::access::Verdict;
use crate::identity::sign_in::Gate;
use crate::identity::words::capital;
use crate::identity::{Membership, Reference, Role, Seen, Text};
use crate::token::Kind;
use crate::token::ladder::{Holds, Rung};
use crate::workflows::diagnose;
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause as Refusal;
use crate::workflows::token_lab::verify::StepId;

const AGAIN: &str = "Sign in again for a new session.";

/// Session, membership and account, in this order.
pub(super) async fn look(case: &Case<'_>, why: &mut Why) {
    revoked(case, why);
    inactive(case, why);
    broken(case, why).await;
    if let Some(engine) = &case.lab.engine {
        if engine.caller.role != Role::SuperAdmin && case.holds(StepId::Session) == Some(Holds::Untold) {
            why.unknown.push(
                "Whether its session is alive: only super admins see other people's sessions.".to_owned(),
            );
        }
    } else {
        why.unknown
            .push("Its session and membership: nobody is signed in who could look them up.".to_owned());
    }
}

fn login(case: &Case<'_>) -> Option<Reference> {
    Reference::parse(&format!("Login/{}", case.jws.claim_text("login_id")?.raw()))
}

/// True where the token itself gives no reason to be refused.
fn good(case: &Case<'_>) -> bool {
    [Rung::Signature, Rung::Time].into_iter().all(|rung| matches!(case.rung(rung), Some(Holds::Yes)))
}

fn revoked(case: &Case<'_>, why: &mut Why) {
    let cause = |sure| Cause::new(CauseId::Revoked, sure, "Its session was ended.", AGAIN).about(login(case));
    if case.holds(StepId::Session) == Some(Holds::No) {
        why.add(cause(Sure::Certain).because(case.said(StepId::Session)));
    } else if case.holds(StepId::Introspection) == Some(Holds::No) && good(case) {
        why.add(cause(Sure::Certain).because(case.said(StepId::Introspection)).because(
            "Its signature and its time are good, so only the session is left (platform-api §3.6).",
        ));
    } else if good(case) && dead(case, why) && case.holds(StepId::Introspection) != Some(Holds::Yes) {
        why.add(
            cause(Sure::Possible).because("The platform answers 401, and the session could not be seen."),
        );
    }
}

/// The platform answers 401.
fn dead(case: &Case<'_>, why: &Why) -> bool {
    let answered = why.answered.as_ref().map(|answered| &answered.reply);
    case.me().into_iter().chain(answered).any(|reply| reply.status == 401)
}

fn inactive(case: &Case<'_>, why: &mut Why) {
    let next = "Switch the membership on again (`members activate`); the token works at once, without a new sign-in.";
    let about = case.membership().map(|membership| membership.id.reference());
    let who = case
        .membership()
        .and_then(|membership| membership.profile.display.as_ref())
        .map_or_else(|| "The member".to_owned(), ToString::to_string);
    let cause = |sure| {
        Cause::new(CauseId::MemberInactive, sure, format!("{who} is switched off."), next)
            .about(about.clone())
    };
    match case.holds(StepId::Membership) {
        Some(Holds::No) => {
            let mut cause = cause(Sure::Certain);
            if member_is_gone(case) {
                cause.said = "Its membership was deleted.".to_owned();
                cause.next = "Invite the person again, if they should be in.".to_owned();
            }
            cause = cause.because(case.said(StepId::Membership));
            why.add(if says_broken(case) { cause.because(case.said(StepId::Me)) } else { cause });
        }
        Some(Holds::Yes) => {}
        _ if dead(case, why) && good(case) && case.kind == Kind::Access => {
            if case.holds(StepId::Introspection) == Some(Holds::Yes) {
                why.add(
                    cause(Sure::Likely)
                        .because("The platform answers 401, and its introspection says that the token is active.")
                        .because("Introspection looks at signature, time and session, not at the membership (platform-api §3.6), so the membership is left."),
                );
            } else if case.holds(StepId::Introspection) != Some(Holds::No) {
                why.add(
                    cause(Sure::Possible)
                        .because("The platform answers 401, and the membership could not be seen."),
                );
            }
        }
        _ => {}
    }
}

/// The membership of its session was looked for and is gone: one that is there comes with the answer.
fn member_is_gone(case: &Case<'_>) -> bool {
    case.holds(StepId::Membership) == Some(Holds::No) && case.membership().is_none()
}

/// The platform says that the session cannot be set up.
fn says_broken(case: &Case<'_>) -> bool {
    case.me().is_some_and(Reply::is_authentication_error)
}

/// "Authentication error" and its real cause (platform-api §1.3), and a user that is gone.
async fn broken(case: &Case<'_>, why: &mut Why) {
    let says = says_broken(case);
    let mut facts = Vec::new();
    if let (Some(engine), Some(membership)) = (&case.lab.engine, case.membership()) {
        facts = behind(engine, membership, why).await;
    }
    if says && facts.is_empty() && !member_is_gone(case) {
        let mut cause = Cause::new(
            CauseId::AccountBroken,
            Sure::Certain,
            "The token is good, and the account behind it is broken: its membership, its profile or an access policy was deleted.",
            "An admin of the project looks for the membership: invite the person again where there is none, else restore the profile or set another access policy.",
        )
        .because(case.said(StepId::Me))
        .about(case.membership().map(|membership| membership.id.reference()));
        if case.membership().is_none() && case.lab.engine.is_some() {
            cause = cause.because(case.said(StepId::Membership));
        }
        why.add(cause);
        return;
    }
    for fact in facts {
        why.add(if says { fact.because(case.said(StepId::Me)) } else { fact });
    }
    if case.me().is_some_and(|reply| reply.status == 410) {
        why.add(
            Cause::new(
                CauseId::UserDeleted,
                Sure::Certain,
                "The user was deleted, and the membership was not.",
                "Other requests work until the token ends; invite the person again, or remove the membership.",
            )
            .because(case.said(StepId::Me))
            .about(case.membership().map(|membership| membership.id.reference())),
        );
    }
}

/// What the records say: policies, user configuration, profile.
async fn behind(engine: &Engine, membership: &Membership, why: &mut Why) -> Vec<Cause> {
    let about = Some(membership.id.reference());
    let name = membership.profile.display.clone().unwrap_or_else(|| Text::from("the member"));
    let mut found = Vec::new();
    match diagnose::gates(engine, std::slice::from_ref(membership)).await {
        Ok(gates) => match gates.get(&membership.id) {
            Some(Seen::Known(Gate::DeadPolicy)) => found.push(
                Cause::new(
                    CauseId::AccountBroken,
                    Sure::Certain,
                    format!("An access policy of {name} was deleted."),
                    "Set another access policy on the membership (`members set-policy`).",
                )
                .about(about.clone()),
            ),
            Some(Seen::Known(Gate::DeadConfiguration)) => found.push(
                Cause::new(
                    CauseId::AccountBroken,
                    Sure::Certain,
                    format!("The user configuration that {name}'s membership points to is not there."),
                    "Take `userConfiguration` out of the membership.",
                )
                .about(about.clone()),
            ),
            // It stops sign-ins, not tokens (platform-api §17).
            Some(Seen::Known(Gate::Open | Gate::GoogleOnly)) | None => {}
            Some(Seen::Unknown(reason)) => {
                why.unknown.push(format!("Whether the access policies of {name} are there: {reason}."));
            }
        },
        Err(trouble) => {
            why.unknown.push(format!("Whether the access policies of {name} are there: {trouble}"));
        }
    }
    match engine.remote.record(&membership.profile, &["/id"]).await {
        Ok(_) => {}
        Err(trouble) if trouble.cause == Refusal::Gone => found.push(
            Cause::new(
                CauseId::AccountBroken,
                Sure::Certain,
                format!("The profile of {name}, {}, was deleted.", membership.profile),
                "Restore the profile, or remove the membership and invite the person again.",
            )
            .about(about),
        ),
        Err(trouble) if trouble.cause == Refusal::NotFound => why.unknown.push(format!(
            "Whether the profile {} is there: the platform does not show it to you.",
            membership.profile
        )),
        Err(trouble) => why.unknown.push(format!("Whether the profile of {name} is there: {trouble}")),
    }
    found
}

/// A verdict's own words, for evidence.
pub(super) fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refuses(why) | Verdict::Unknown(why) => format!("{}.", capital(why)),
        Verdict::Allows { only } if only.is_empty() => "The policy allows it.".to_owned(),
        Verdict::Allows { only } => {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            format!("The policy allows only what matches {}.", only.join(" or "))
        }
    }
}
