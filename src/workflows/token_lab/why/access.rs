//! What a good token of a good account may not do: acting for somebody, admins only, its scope, the policy.

use super::account::words;
use super::tried::Area;
use super::{Case, Cause, CauseId, Sure, Why};
use crate::identity::access::{Interaction, Verdict, is_admin_type, is_protected};
use crate::identity::{Membership, MembershipId, Reference, Role, Text};
use crate::token::ladder::Holds;
use crate::token::{Kind, scope};
use crate::workflows::access::{self, Wish};
use crate::workflows::engine::Engine;
use crate::workflows::remote::Trouble;
use crate::workflows::token_lab::verify::StepId;

/// Looks at what was tried. Without an answer of the platform, what policy and scope say stands for it.
pub(super) async fn look(case: &Case<'_>, why: &mut Why) {
    if case.kind != Kind::Access {
        return;
    }
    let status = why.answered.as_ref().map(|answered| answered.reply.status);
    behalf(case, why).await;
    limits(status, why);
    let Some(target) = &case.target else { return };
    if !target.here || status.is_some_and(|status| (200..300).contains(&status)) {
        return;
    }
    // A token that is dead or an account that is broken is refused before anybody looks at what it may do.
    if why.causes.iter().any(|cause| cause.sure == Sure::Certain && cause.id < CauseId::Client) {
        return;
    }
    match &target.area {
        Area::Admin => admins(case, &judged(case).await, status, why),
        Area::Fhir(wish) => record(case, wish, &judged(case).await, status, why).await,
        Area::Me | Area::Tokens | Area::Other => {}
    }
}

/// By whose policy the request is judged: the member's for whom it acts, else the token's own (platform-api §1.10).
struct Judged {
    /// None where it cannot be seen, or is not the only one.
    membership: Option<Membership>,
    /// Who that is, where the membership cannot be seen.
    who: String,
    /// It may do everything; none where that cannot be told. What becomes of that right where an operator acts for
    /// somebody, platform-api §1.10 does not say: it tells of project admins only.
    operator: Option<bool>,
}

async fn judged(case: &Case<'_>) -> Judged {
    let Some(wanted) = &case.tried.acting_for else {
        let membership = case.membership().cloned();
        let operator = membership.as_ref().map(|membership| is_operator(case, membership));
        return Judged { membership, who: "its membership".to_owned(), operator };
    };
    let found = match (&case.lab.engine, Reference::parse(wanted.raw())) {
        (Some(engine), Some(reference)) => members(engine, &reference).await.unwrap_or_default(),
        _ => Vec::new(),
    };
    // A profile may have memberships in several projects; the caller's own is meant.
    let own = case.membership().map(|own| &own.project);
    let is_own = |member: &&Membership| own.is_none_or(|own| *own == member.project);
    let membership = match &found[..] {
        [one] => Some(one.clone()),
        several => {
            let mut here = several.iter().filter(is_own);
            here.next().filter(|_| here.next().is_none()).cloned()
        }
    };
    let operator = case.membership().filter(|caller| !is_operator(case, caller)).map(|_| false);
    Judged { membership, who: wanted.to_string(), operator }
}

/// The memberships that a reference to a member means.
async fn members(engine: &Engine, reference: &Reference) -> Result<Vec<Membership>, Trouble> {
    if &*reference.kind == MembershipId::KIND {
        let id = MembershipId::new(reference.id.clone());
        engine.remote.membership(&id).await.map(|one| vec![one])
    } else {
        engine.remote.memberships_of_profile(reference).await
    }
}

fn limits(status: Option<u16>, why: &mut Why) {
    let (said, next) = match status {
        Some(429) => (
            "The platform is limiting requests.",
            "Wait until the limit resets, then try again (platform-api §1.9).",
        ),
        Some(500..) => ("The platform failed.", "Try again later, or tell its operator the request id."),
        _ => return,
    };
    let id = why.answered.as_ref().and_then(|answered| answered.reply.request_id.clone());
    let cause = Cause::new(CauseId::Platform, Sure::Certain, said, next);
    why.add(match id {
        Some(id) => cause.because(format!("Request {id}.")),
        None => cause,
    });
}

/// platform-api §1.10
async fn behalf(case: &Case<'_>, why: &mut Why) {
    let Some(wanted) = &case.tried.acting_for else { return };
    let me = case.holds(StepId::Me);
    let alive = me == Some(Holds::Yes);
    if why.answered.as_ref().is_some_and(|answered| answered.reply.is_success()) {
        return;
    }
    let refused = why.answered.as_ref().is_some_and(|answered| answered.reply.is_authentication_error());
    let diagnostics = why
        .answered
        .as_ref()
        .and_then(|answered| answered.reply.diagnostics.as_ref())
        .map_or_else(String::new, |cause| format!(" ({cause})"));
    let caller = case.membership();
    if let Some(caller) = caller.filter(|caller| !caller.admin && !is_operator(case, caller)) {
        let name = caller.profile.display.clone().unwrap_or_default();
        why.add(
            Cause::new(
                CauseId::OnBehalfOf,
                Sure::Certain,
                format!("{name} is no admin, and only admins may act for somebody."),
                "Leave out `X-Medplum-On-Behalf-Of`, or use an admin's token.",
            )
            .because(format!("The request wants to act for {wanted}; the platform answers 400 to that{diagnostics} (platform-api §1.10)."))
            .about(Some(caller.id.reference())),
        );
        return;
    }
    let reference = Reference::parse(wanted.raw());
    let Some(reference) = reference else {
        why.add(
            Cause::new(
                CauseId::OnBehalfOf,
                Sure::Certain,
                format!("`X-Medplum-On-Behalf-Of` holds `{wanted}`, which is no reference."),
                "Name a profile (`Practitioner/…`) or a `ProjectMembership/…` of the caller's project.",
            )
            .because("An unreadable value is answered 400, “Authentication error” (platform-api §1.10)."),
        );
        return;
    };
    if !(refused && alive) {
        return;
    }
    let mut cause = Cause::new(
        CauseId::OnBehalfOf,
        Sure::Certain,
        format!("Acting for {reference} does not work; without that the token is taken."),
        "Check that it is a member of the caller's own project whose profile and policies are there.",
    )
    .because(format!(
        "The platform answers “Authentication error”{diagnostics}, and without the header it takes the token."
    ));
    if let Some(engine) = &case.lab.engine {
        for said in member_behind(engine, &reference).await {
            cause = cause.because(said);
        }
    }
    why.add(cause.about(Some(reference)));
}

/// What can be seen of the member that somebody wants to act for.
async fn member_behind(engine: &Engine, reference: &Reference) -> Vec<String> {
    match members(engine, reference).await {
        Ok(found) if found.is_empty() => vec![format!("No membership of {reference} can be seen.")],
        Ok(found) => {
            let mut said = Vec::new();
            for membership in &found {
                if membership.project != engine.caller.project && engine.caller.role != Role::SuperAdmin {
                    said.push(format!("{} is of another project.", membership.id.reference()));
                }
                if let Err(trouble) = engine.remote.policy_of(&membership.id).await
                    && trouble.is_dead_policy()
                {
                    said.push(format!("An access policy of {} was deleted.", membership.id.reference()));
                }
            }
            said
        }
        Err(trouble) => vec![format!("{reference} could not be read: {trouble}")],
    }
}

/// A member of a super admin project may do everything; which one that is tells only the caller's own session.
fn is_operator(case: &Case<'_>, membership: &Membership) -> bool {
    case.lab.engine.as_ref().is_some_and(|engine| {
        engine.caller.role == Role::SuperAdmin && engine.caller.project == membership.project
    })
}

fn admins(case: &Case<'_>, judged: &Judged, status: Option<u16>, why: &mut Why) {
    if status.is_some_and(|status| status != 403) {
        return;
    }
    let behalf = case.tried.acting_for.is_some();
    let member = judged.membership.as_ref();
    // Acting for somebody, it is that member's flag that counts (platform-api §1.10).
    let admin = member.and_then(|member| if member.admin { Some(true) } else { judged.operator });
    let (said, not_one) = if behalf {
        (
            "Only admins may use this address, and it is the member acted for who must be one.",
            "The member acted for is no admin.",
        )
    } else {
        ("Only admins may use this address.", "The token's membership is no admin.")
    };
    let cause = |sure| {
        Cause::new(
            CauseId::AdminsOnly,
            sure,
            said,
            "Use an admin's token, or make the member an admin (`members promote`).",
        )
        .because("`/admin/*` and `/scim/*` are for admins (platform-api §6, §7).")
        .about(member.map(|membership| membership.id.reference()))
    };
    match (admin, status) {
        (Some(false), _) => why.add(cause(Sure::Certain).because(not_one)),
        (_, Some(403)) if behalf => why.add(cause(Sure::Likely).because("The platform answers 403.")),
        (Some(true), Some(403)) => why.add(
            cause(Sure::Likely)
                .because("The platform answers 403, although the token's membership is an admin: the address may belong to another project."),
        ),
        (None, Some(403)) => why.add(cause(Sure::Likely).because("The platform answers 403.")),
        _ => {}
    }
}

async fn record(case: &Case<'_>, wish: &Wish, judged: &Judged, status: Option<u16>, why: &mut Why) {
    let kind = wish.kind.as_str();
    match status {
        None | Some(403 | 404) => {}
        Some(410) => {
            why.add(Cause::new(
                CauseId::NotThere,
                Sure::Certain,
                format!("{} was deleted.", target(wish)),
                "Look for another record; its history still tells what it was.",
            ));
            return;
        }
        Some(_) => return,
    }
    if is_protected(kind) && judged.operator != Some(true) {
        let sure =
            if status == Some(403) || judged.operator == Some(false) { Sure::Certain } else { Sure::Likely };
        why.add(
            Cause::new(
                CauseId::AdminsOnly,
                sure,
                format!("{kind} is for super admins only, whatever a policy says."),
                "A super admin has to do it.",
            )
            .because("platform-api §12: everybody else is answered 403."),
        );
        return;
    }
    let scope = case.jws.claim_text("scope").map(Text::raw).unwrap_or_default();
    if !is_admin_type(kind) && scope::narrows(scope, kind, wish.interaction) {
        let words: Vec<String> =
            scope::smart(scope).into_iter().map(|word| Text::from(word.word).to_string()).collect();
        why.add(
            Cause::new(
                CauseId::Scope,
                Sure::Certain,
                format!("The token's scope does not let it {}.", wish.words()),
                format!("Ask for a scope that covers it when signing in, for example `user/{kind}.{}`.", letter(wish.interaction)),
            )
            .because(format!("Of records the scope names only {}.", words.join(", ")))
            .because("Words about records narrow whatever the policy gives, but for types that only admins see (platform-api §12)."),
        );
        return;
    }
    by_policy(case, wish, judged, status, why).await;
}

async fn by_policy(case: &Case<'_>, wish: &Wish, judged: &Judged, status: Option<u16>, why: &mut Why) {
    let Some(membership) = &judged.membership else {
        if status.is_some() {
            refused_unseen(wish, status, why);
        }
        why.unknown.push(format!("What {} may do: the membership cannot be seen.", judged.who));
        return;
    };
    let Some(engine) = &case.lab.engine else { return };
    let name = membership.profile.display.clone().unwrap_or_default();
    let access = match access::of(engine, &membership.id).await {
        Ok(access) => access,
        Err(trouble) => {
            if status.is_some() {
                refused_unseen(wish, status, why);
            }
            why.unknown.push(format!("What {name} may do: {trouble}"));
            return;
        }
    };
    let verdict = access.policy.verdict(&wish.kind, wish.interaction);
    let about = Some(membership.policy.clone().unwrap_or_else(|| membership.id.reference()));
    match &verdict {
        Verdict::Refuses(_) if is_admin_type(&wish.kind) => why.add(
            Cause::new(
                CauseId::AdminsOnly,
                Sure::Certain,
                format!("{name} is no admin, and {} is for admins.", wish.kind),
                if case.tried.acting_for.is_some() {
                    "Act for an admin, or leave out `X-Medplum-On-Behalf-Of`."
                } else {
                    "Use an admin's token."
                },
            )
            .because(words(&verdict))
            .about(Some(membership.id.reference())),
        ),
        Verdict::Refuses(_) => why.add(
            Cause::new(
                CauseId::Policy,
                Sure::Certain,
                format!("The access policy of {name} does not let them {}.", wish.words()),
                "Add the type to the policy, or set another one on the membership (`members set-policy`).",
            )
            .because(words(&verdict))
            .about(about),
        ),
        Verdict::Allows { only } if !only.is_empty() && status.is_some() => why.add(
            Cause::new(
                CauseId::Policy,
                Sure::Likely,
                format!(
                    "The access policy of {name} lets them see only some records, and this is none of them."
                ),
                "Compare the record with the policy's criteria.",
            )
            .because(words(&verdict))
            .about(about),
        ),
        Verdict::Allows { .. } | Verdict::Unknown(_) if status.is_some() => refused_unseen(wish, status, why),
        Verdict::Allows { .. } => {}
        Verdict::Unknown(reason) => {
            why.unknown.push(format!("Whether {name} may {}: {reason}.", wish.words()));
        }
    }
}

/// The platform refuses, and why cannot be seen from here.
fn refused_unseen(wish: &Wish, status: Option<u16>, why: &mut Why) {
    let hint = if wish.kind == "User" {
        "A server-scoped user is answered 404 to everybody but super admins (platform-api §12)."
    } else {
        "The platform answers the same for what is not there and for what no line of the policy lets see."
    };
    why.add(match status {
        Some(404) => Cause::new(
            CauseId::NotThere,
            Sure::Likely,
            format!("{} is not there, or not visible to the token.", target(wish)),
            "Check the id, and whether the record belongs to the token's project.",
        )
        .because(hint),
        _ => Cause::new(
            CauseId::Policy,
            Sure::Likely,
            format!("The token may not {}.", wish.words()),
            "An admin of the project looks at the member's access policy (`access may`).",
        )
        .because("The platform answers 403: the token is good, and the policy does not allow it (platform-api §14.8)."),
    });
}

fn target(wish: &Wish) -> String {
    match &wish.id {
        Some(id) => format!("{}/{id}", wish.kind),
        None => wish.kind.clone(),
    }
}

fn letter(interaction: Interaction) -> char {
    match interaction {
        Interaction::Read => 'r',
        Interaction::Search => 's',
        Interaction::Create => 'c',
        Interaction::Update => 'u',
        Interaction::Delete => 'd',
    }
}
