//! What servers say about a token: introspection, userinfo, `/auth/me`, and what the signed-in person can see of its
//! session and membership. Every answer comes with what it cannot tell.

use url::Url;

use super::verify::{Needs, Step, StepId, Verified, Wanted, Whose, whose};
use super::{Lab, session};
use crate::auth::keys::{self, Hosts};
use crate::auth::{Metadata, present};
use crate::identity::trace::Exchange;
use crate::identity::{Role, Secret, Text};
use crate::token::brief::brief;
use crate::token::extract::Extracted;
use crate::token::json::{Node, Object};
use crate::token::kind::{Kind, tell};
use crate::token::ladder::{Holds, Rung};
use crate::token::{Jws, Token};

/// What introspection at the platform does not look at (platform-api §3.6, §17).
const PLATFORM_SAYS_ACTIVE: &str = "The platform says active for tokens of members who are switched off too, and for ID and refresh tokens: it looks at the signature, the end and the session, not at the membership.";
const INACTIVE_MEANS: &str =
    "It means unknown, expired, revoked or not for whoever asks (RFC 7662 §2.2), and says no more than that.";
const ONLY_ACCESS: &str =
    "It tells for the token as a bearer; ID and refresh tokens are never taken so (platform-api §1.3).";

/// Hosts of the identity providers that the platform is set up with, as far as the signed-in person can see them.
pub(super) async fn provider_hosts(lab: &Lab) -> Hosts {
    let Some(engine) = &lab.engine else { return Hosts::none() };
    let clients = engine.remote.clients().await.unwrap_or_default();
    let routes = if engine.caller.role == Role::SuperAdmin {
        engine.remote.domain_routes().await.unwrap_or_default()
    } else {
        Vec::new()
    };
    let of_clients = clients.iter().filter_map(|client| client.provider.as_ref());
    let of_routes = routes.iter().filter_map(|route| route.provider.as_ref());
    of_clients
        .chain(of_routes)
        .flat_map(|provider| [&provider.authorize_url, &provider.token_url, &provider.user_info_url])
        // A text that is no address is no host either.
        .filter(|address| Url::parse(address.raw()).is_ok_and(|url| url.has_host()))
        .fold(Hosts::none(), |hosts, address| hosts.and(address.raw()))
}

/// Asks whoever may be shown the token, and adds what they say. `silent` is an issuer that did not answer just now.
pub(super) async fn ask(
    lab: &Lab,
    given: &Extracted,
    token: &Token,
    wanted: &Wanted,
    silent: Option<&str>,
    verified: &mut Verified,
) {
    let forged = verified.steps.iter().any(|step| {
        matches!(step.id, StepId::Rung(Rung::Structure | Rung::Algorithm | Rung::Key | Rung::Signature))
            && step.holds == Holds::No
    });
    // What the issuer did not make is nothing that the issuer could tell about.
    if forged {
        return;
    }
    match token.signed() {
        Some(jws) if whose(lab, jws) == Whose::Platform => {
            of_platform(lab, &given.token, jws, silent.is_some(), verified).await;
        }
        // Its keys could not be had because it does not answer at all.
        Some(jws) if silent.is_some() && silent == jws.claim_text("iss").map(Text::raw) => {}
        Some(jws) => of_other(lab, &given.token, Some(jws), wanted, verified).await,
        None => of_other(lab, &given.token, None, wanted, verified).await,
    }
}

async fn of_platform(lab: &Lab, token: &Secret, jws: &Jws, silent: bool, verified: &mut Verified) {
    let Some(base) = lab.issuer() else { return };
    let kind = tell(jws, lab.issuer()).kind;
    let about = if silent { None } else { Some(lab.keyring.about(base, &lab.hosts()).await) };
    match about {
        None => {
            let said = "The platform does not answer, so it was not asked.";
            verified.steps.push(step(StepId::Introspection, Holds::Untold, said, None));
        }
        Some(Ok(metadata)) => {
            introspection(lab, token, &metadata, true, verified).await;
            if kind == Kind::Access {
                userinfo(lab, token, jws, &metadata, verified).await;
            }
        }
        Some(Err(why)) => {
            let said = format!("The platform could not be asked: {why}.");
            verified.steps.push(step(StepId::Introspection, Holds::Untold, said, None));
        }
    }
    if kind == Kind::Access && !silent {
        let step = me(lab, token, verified).await;
        verified.steps.push(Step { limit: Some(ONLY_ACCESS), ..step });
    }
    if let Some(engine) = &lab.engine {
        let (session, of_session) = session::of(engine, jws).await;
        let (membership, member) = match of_session {
            Some(id) => session::by_id(engine, &id).await,
            None => session::by_profile(engine, jws).await,
        };
        verified.steps.extend([session, membership]);
        verified.member = member;
    }
}

/// Whether a token works, in as few questions as will do. Whoever calls it has decided that its issuer may see it.
pub(super) async fn alive(lab: &Lab, given: &Extracted, jws: &Jws, bearer: bool) -> Vec<Step> {
    let mut verified = Verified::new(lab.clock.now());
    let Some(issuer) = jws.claim_text("iss").map(Text::raw) else { return Vec::new() };
    match lab.keyring.about(issuer, &lab.hosts()).await {
        Ok(metadata) if metadata.introspection_endpoint.is_some() => {
            let platform = whose(lab, jws) == Whose::Platform;
            introspection(lab, &given.token, &metadata, platform, &mut verified).await;
        }
        Ok(_) => {}
        Err(why) => {
            verified.steps.push(step(StepId::Introspection, Holds::Untold, format!("{why}."), None));
        }
    }
    let over = verified.steps.iter().any(|step| step.holds == Holds::No);
    if bearer && !over && whose(lab, jws) == Whose::Platform {
        let me = me(lab, &given.token, &mut verified).await;
        verified.steps.push(me);
    }
    verified.steps
}

/// What an issuer says about a token that it was asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Its answer as a step, with what it cannot tell.
    pub step: Step,
    /// Its members; secrets among them are never shown.
    pub members: Option<Object>,
    /// Worth knowing.
    pub notes: Vec<String>,
    /// Who must be agreed to first.
    pub needs: Option<Needs>,
    /// What went over the wire.
    pub exchange: Option<Exchange>,
}

/// Asks the issuer of a token about it (RFC 7662): the one that it names, or else `issuer`.
pub async fn introspect(lab: &Lab, given: &Extracted, issuer: Option<&str>) -> Asked {
    let token = Token::parse(given.token.expose());
    let named =
        token.as_ref().ok().and_then(Token::signed).and_then(|jws| jws.claim_text("iss")).map(Text::raw);
    let untold = |said: String| Asked {
        step: step(StepId::Introspection, Holds::Untold, said, None),
        members: None,
        notes: Vec::new(),
        needs: None,
        exchange: None,
    };
    let issuer = match (issuer, named) {
        // A token is not shown to somebody whose it is not, even when they are named by mistake.
        (Some(wanted), Some(named)) if wanted != named => {
            let (wanted, named) = (Text::from(wanted), Text::from(named));
            return untold(format!("It names {named} as its issuer, so {wanted} is not shown it."));
        }
        (Some(issuer), _) | (None, Some(issuer)) => issuer,
        (None, None) => {
            return untold("It names no issuer, so there is nobody who could be asked about it.".to_owned());
        }
    };
    let needs = |host: String| {
        let said = format!("{host} is not the platform, and was not asked.");
        Asked { needs: Some(Needs { host, issuer: Text::from(issuer) }), ..untold(said) }
    };
    let metadata = match lab.keyring.about(issuer, &lab.hosts()).await {
        Ok(metadata) => metadata,
        Err(keys::NoKeys::NotAgreed(host)) => return needs(host),
        Err(why) => return untold(format!("The issuer could not be asked: {why}.")),
    };
    let Some(endpoint) = &metadata.introspection_endpoint else {
        return untold("Its issuer offers no introspection.".to_owned());
    };
    if !may_see(lab, &metadata, endpoint) {
        return needs(keys::host(endpoint));
    }
    let told = present::introspect(lab.keyring.http(), endpoint, &given.token).await;
    let platform = lab.issuer() == Some(issuer);
    let (step, notes) = judged(&told.answer, platform);
    Asked {
        step,
        members: told.answer.ok().map(|answer| answer.members),
        notes,
        needs: None,
        exchange: Some(told.exchange),
    }
}

/// A token of somebody else is shown to nobody but a host that was agreed to.
async fn of_other(lab: &Lab, token: &Secret, jws: Option<&Jws>, wanted: &Wanted, verified: &mut Verified) {
    let named = jws.and_then(|jws| jws.claim_text("iss")).map(Text::raw);
    let Some(issuer) = named.or(wanted.issuer.as_deref()) else {
        if jws.is_none() {
            let said = "It names no issuer, so there is nobody who could be asked about it.".to_owned();
            verified.steps.push(step(StepId::Introspection, Holds::Untold, said, None));
        }
        return;
    };
    let platform = jws.is_none() && lab.issuer() == Some(issuer);
    let agreed = if platform { lab.hosts() } else { lab.agreed.clone() };
    // An issuer that nobody agreed to, or that cannot be reached, is simply not asked here: its keys say so already.
    let Ok(metadata) = lab.keyring.about(issuer, &agreed).await else { return };
    if metadata.introspection_endpoint.is_some() {
        introspection(lab, token, &metadata, platform, verified).await;
    }
    if let Some(jws) = jws
        && (jws.claim("scope").is_some() || jws.claim("scp").is_some())
    {
        userinfo(lab, token, jws, &metadata, verified).await;
    }
}

/// Whether an endpoint may be shown a token: it is on its issuer's own host, or on one that was agreed to (M6).
fn may_see(lab: &Lab, metadata: &Metadata, endpoint: &Url) -> bool {
    let home = Url::parse(&metadata.issuer).is_ok_and(|issuer| issuer.origin() == endpoint.origin());
    home || lab.hosts().has(endpoint)
}

const ELSEWHERE: &str =
    "It is on another host than the issuer, which nobody agreed to, and was not shown the token.";

pub(super) fn step(id: StepId, holds: Holds, said: impl Into<String>, limit: Option<&'static str>) -> Step {
    Step { id, holds, said: said.into(), limit }
}

async fn introspection(
    lab: &Lab,
    token: &Secret,
    metadata: &Metadata,
    platform: bool,
    verified: &mut Verified,
) {
    let id = StepId::Introspection;
    let Some(endpoint) = &metadata.introspection_endpoint else {
        verified.steps.push(step(id, Holds::Untold, "Its issuer offers no introspection.", None));
        return;
    };
    if !may_see(lab, metadata, endpoint) {
        verified.steps.push(step(id, Holds::Untold, ELSEWHERE, None));
        return;
    }
    let asked = present::introspect(lab.keyring.http(), endpoint, token).await;
    verified.asked.push(asked.exchange);
    let (step, notes) = judged(&asked.answer, platform);
    verified.notes.extend(notes);
    verified.steps.push(step);
}

fn judged(
    answer: &Result<present::Introspected, crate::auth::AuthError>,
    platform: bool,
) -> (Step, Vec<String>) {
    let id = StepId::Introspection;
    match answer {
        Ok(answer) => {
            // I3
            let notes = vec![
                "The introspection endpoint answers anybody, without a client of theirs: whoever finds tokens can try them there (RFC 7662 §2.1)."
                    .to_owned(),
            ];
            let step = if answer.active {
                step(
                    id,
                    Holds::Yes,
                    "The issuer says that it is active.",
                    platform.then_some(PLATFORM_SAYS_ACTIVE),
                )
            } else {
                step(id, Holds::No, "The issuer says that it is not active.", Some(INACTIVE_MEANS))
            };
            (step, notes)
        }
        Err(error) => {
            let said = format!("The issuer does not say whether it is active: {}.", present::told(error));
            (step(id, Holds::Untold, said, None), Vec::new())
        }
    }
}

/// J14
async fn userinfo(lab: &Lab, token: &Secret, jws: &Jws, metadata: &Metadata, verified: &mut Verified) {
    let id = StepId::UserInfo;
    let Some(endpoint) = &metadata.userinfo_endpoint else { return };
    if !may_see(lab, metadata, endpoint) {
        verified.steps.push(step(id, Holds::Untold, ELSEWHERE, None));
        return;
    }
    let asked = present::userinfo(lab.keyring.http(), endpoint, token).await;
    verified.asked.push(asked.exchange);
    let own = jws.claim_text("sub");
    verified.steps.push(match asked.answer.as_ref().map(|claims: &Object| claims.get("sub")) {
        Ok(Some(Node::Text(sub))) if Some(sub) == own => {
            step(id, Holds::Yes, format!("It names the same subject, {}.", brief(sub)), None)
        }
        Ok(Some(Node::Text(sub))) => {
            let own = own.map_or_else(|| "none".to_owned(), brief);
            step(
                id,
                Holds::No,
                format!("It names another subject: {}, and the token {own}.", brief(sub)),
                None,
            )
        }
        Ok(_) => {
            step(id, Holds::Warning, "It names no subject, which it must (OpenID Connect Core §5.3.2).", None)
        }
        Err(error) => {
            step(id, Holds::Untold, format!("It does not say who it is: {}.", present::told(error)), None)
        }
    });
}

/// Whether the platform takes it as a bearer.
async fn me(lab: &Lab, token: &Secret, verified: &mut Verified) -> Step {
    let id = StepId::Me;
    let Some(place) = lab.platform.as_ref().and_then(|base| base.url().join("auth/me").ok()) else {
        return step(id, Holds::Untold, "No platform is chosen.", None);
    };
    let told = present::read(lab.keyring.http(), &place, token, None).await;
    verified.asked.push(told.exchange);
    match told.answer {
        Ok(reply) => {
            verified.me = Some(reply.clone());
            let cause = reply.diagnostics.as_ref().map_or_else(String::new, |cause| format!(" ({cause})"));
            match reply.status {
                200..300 => step(id, Holds::Yes, "It takes the token at `/auth/me`.", None),
                401 => step(
                    id,
                    Holds::No,
                    "It answers 401 at `/auth/me`: the session is over, or the membership is switched off.",
                    None,
                ),
                _ if reply.is_authentication_error() => {
                    let said = format!(
                        "It answers “Authentication error”{cause} at `/auth/me`: the token is good, the account behind it is broken."
                    );
                    step(id, Holds::No, said, None)
                }
                404 => step(
                    id,
                    Holds::Warning,
                    "It answers 404 at `/auth/me`: the token is good, and the profile behind it does not exist (platform-api §17).",
                    None,
                ),
                410 => step(
                    id,
                    Holds::Warning,
                    "It answers 410 at `/auth/me`: the user was deleted, and other requests work until the token ends (platform-api §1.3).",
                    None,
                ),
                status => step(
                    id,
                    Holds::Untold,
                    format!("It answers {status}, “{}”, at `/auth/me`.", reply.text),
                    None,
                ),
            }
        }
        Err(error) => {
            step(id, Holds::Untold, format!("It could not be asked: {}.", present::told(&error)), None)
        }
    }
}
