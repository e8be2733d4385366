//! An IdP's token as bearer, where the server's own configuration names the provider (platform-api §10.4). Any failure
//! is a plain 401.

use super::diagnosis::{Next, StepId};
use super::facts::MembershipFact;
use super::walk::{End, Go, Walk};
use crate::identity::text::Text;

const UNAUTHORIZED: &str = "Unauthorized";

pub(super) fn walk<'a>(walk: &mut Walk<'a>) -> Go<End> {
    let what = "whether the server is set up for this provider, and whether it accepts the token";
    let why = "the server's own configuration is visible to its operator only";
    if walk.fork(StepId::Provider, 2, what, why) == 1 {
        return Err(walk.refuse(StepId::Provider, "the server does not take the token", UNAUTHORIZED, 401));
    }
    walk.pass(StepId::Provider, "");
    let facts = walk.facts;
    let (detail, found): (String, Vec<&'a MembershipFact>) =
        match (&walk.attempt.fhir_user, walk.attempt.subject.text()) {
            (Some(profile), _) => {
                let found =
                    facts.memberships.iter().filter(|m| m.profile.to_string() == profile.raw()).collect();
                (format!("by fhirUser: {profile}"), found)
            }
            (None, Some(subject)) => {
                if !facts.covers_subject(subject.raw()) {
                    return Err(walk.lost(
                        StepId::Identity,
                        format!("who has the external id {subject}"),
                        "not looked for",
                    ));
                }
                let keys = super::attempt::alternatives(subject.raw());
                let is = |id: &Text| keys.iter().any(|key| key == id.raw());
                let found =
                    facts.memberships.iter().filter(|m| m.external_id.as_ref().is_some_and(is)).collect();
                (format!("by external id in every project: {subject}"), found)
            }
            (None, None) => {
                let detail = "the token has neither fhirUser nor a subject";
                return Err(walk.refuse(StepId::Identity, detail, UNAUTHORIZED, 401));
            }
        };
    walk.pass(StepId::Identity, detail);
    if !facts.sees_everything() {
        let (what, why) =
            ("whether members of other projects carry it too", "only a super admin sees other projects");
        if walk.fork(StepId::Membership, 2, what, why) == 1 {
            return Err(walk.lost(StepId::Membership, what, why));
        }
    }
    for membership in &found {
        walk.look_at_membership(membership);
    }
    let one = match &*found {
        [] => return Err(walk.refuse(StepId::Membership, "nobody is found", UNAUTHORIZED, 401)),
        [one] => *one,
        [first, ..] if walk.attempt.fhir_user.is_some() => *first,
        several => {
            let detail = format!("{} memberships carry it, which the platform refuses", several.len());
            return Err(walk.refuse(StepId::Membership, detail, UNAUTHORIZED, 401));
        }
    };
    if !one.active {
        let detail = format!("the membership of {} is not active", one.name);
        return Err(walk.refuse(StepId::Membership, detail, UNAUTHORIZED, 401));
    }
    walk.notes.push(
        "a token that was accepted goes on working for up to an hour, even if the membership is switched off"
            .to_owned(),
    );
    walk.pass(StepId::Membership, one.name.to_string());
    let Some(user) = facts.user(&one.user) else {
        return Err(walk.lost(StepId::Membership, format!("the user of {}", one.name), "not looked for"));
    };
    Ok(walk.enter(user, Some(one), Next::None))
}
