//! What the signed-in person can see of a token's session and membership (platform-api §3.4, §9.6, §12).

use super::platform::step;
use super::verify::{Step, StepId};
use crate::identity::{Membership, MembershipId, Reference, Role};
use crate::token::Jws;
use crate::token::ladder::Holds;
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;

const OWN_HOUR: &str = "Only your own sessions of the last hour can be seen.";
const LOGINS: &str = "Sessions of client applications are kept where nobody can look (platform-api §9.6).";

/// The session, and the membership that it belongs to where that can be seen.
pub(super) async fn of(engine: &Engine, jws: &Jws) -> (Step, Option<MembershipId>) {
    let id = StepId::Session;
    let Some(login) =
        jws.claim_text("login_id").and_then(|login| Reference::parse(&format!("Login/{}", login.raw())))
    else {
        return (step(id, Holds::Untold, "It names no session.", None), None);
    };
    if engine.caller.role != Role::SuperAdmin {
        return (own_session(engine, &login).await, None);
    }
    let pointers = ["/revoked", "/granted", "/membership/reference"];
    match engine.remote.record(&login, &pointers).await {
        Ok(record) => {
            let value = |at: usize| record.values.get(at).cloned().flatten();
            let is = |at: usize| value(at) == Some(serde_json::Value::Bool(true));
            let membership = value(2)
                .and_then(|reference| Reference::parse(reference.as_str()?))
                .map(|reference| MembershipId::new(reference.id));
            let found = if is(0) {
                step(id, Holds::No, "Its session was ended.", None)
            } else if is(1) {
                step(id, Holds::Yes, "Its session is alive.", None)
            } else {
                step(id, Holds::Warning, "Its session was never given a token, as its record has it.", None)
            };
            (found, membership)
        }
        Err(trouble) if trouble.cause == Cause::Gone => {
            (step(id, Holds::No, "Its session was deleted.", None), None)
        }
        Err(trouble) if trouble.cause == Cause::NotFound => {
            (step(id, Holds::Untold, "Its session cannot be found.", Some(LOGINS)), None)
        }
        Err(trouble) => {
            (step(id, Holds::Untold, format!("Its session could not be read: {trouble}"), None), None)
        }
    }
}

async fn own_session(engine: &Engine, login: &Reference) -> Step {
    let id = StepId::Session;
    match engine.remote.own_sessions().await {
        Ok(own) if own.iter().any(|session| *session.id.as_str() == *login.id) => {
            step(id, Holds::Yes, "It is one of your own sessions, and alive.", None)
        }
        Ok(_) => {
            let said = "Its session is not among your own of the last hour; only super admins see others.";
            step(id, Holds::Untold, said, Some(OWN_HOUR))
        }
        Err(trouble) => step(id, Holds::Untold, format!("Your sessions could not be read: {trouble}"), None),
    }
}

/// The membership of the session. A no without a membership means that it was deleted.
pub(super) async fn by_id(engine: &Engine, id: &MembershipId) -> (Step, Option<Membership>) {
    let alone = |holds, said: String| (step(StepId::Membership, holds, said, None), None);
    match engine.remote.membership(id).await {
        Ok(membership) => (of_membership(&membership), Some(membership)),
        Err(trouble) if trouble.cause == Cause::Gone => {
            alone(Holds::No, "The membership of its session was deleted.".to_owned())
        }
        Err(trouble) => alone(Holds::Untold, format!("The membership could not be read: {trouble}")),
    }
}

fn of_membership(membership: &Membership) -> Step {
    let name = membership.profile.display.as_ref();
    let who = name.map_or_else(|| "The member".to_owned(), |name| format!("{name}'s membership"));
    if membership.active {
        step(StepId::Membership, Holds::Yes, format!("{who} is active."), None)
    } else {
        let said = format!("{who} is switched off, so every request with the token is answered 401.");
        step(StepId::Membership, Holds::No, said, None)
    }
}

/// Without the session the membership is that of the profile and the user that the token names.
pub(super) async fn by_profile(engine: &Engine, jws: &Jws) -> (Step, Option<Membership>) {
    let untold = |said: &str| (step(StepId::Membership, Holds::Untold, said, None), None);
    match membership_of(engine, jws).await {
        Ok(Some(membership)) => (of_membership(&membership), Some(membership)),
        Ok(None) => untold("No membership that you can see fits the token's profile and subject."),
        Err(why) => untold(&why),
    }
}

/// The one membership that fits the profile and the subject of a token of the platform.
async fn membership_of(engine: &Engine, jws: &Jws) -> Result<Option<Membership>, String> {
    let profile = jws.claim_text("profile").or(jws.claim_text("fhirUser"));
    let Some(profile) = profile.and_then(|profile| Reference::parse(profile.raw())) else {
        return Err("It names no profile, so its membership cannot be looked up.".to_owned());
    };
    if engine.caller.role == Role::Member {
        return Err("Only admins see memberships.".to_owned());
    }
    let found = engine
        .remote
        .memberships_of_profile(&profile)
        .await
        .map_err(|trouble| format!("The memberships of its profile could not be read: {trouble}"))?;
    let user = jws.claim_text("sub");
    let mut fitting =
        found.into_iter().filter(|membership| user.is_none_or(|user| *membership.user.id == *user.raw()));
    match (fitting.next(), fitting.next()) {
        (Some(_), Some(_)) => Err("Several memberships fit the token's profile and subject.".to_owned()),
        (one, _) => Ok(one),
    }
}
