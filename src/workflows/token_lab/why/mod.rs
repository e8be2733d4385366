//! Why a token is refused, or what was tried with it: every cause with its evidence and the next step, the likeliest
//! first.
//!
//! What can be read off the token comes before what can be asked. The platform is asked with the token itself only where
//! the token names it as its issuer, only with GET, and only where a GET does nothing ([`Tried`]).

mod access;
mod account;
mod basic;
mod token;
mod tried;

use std::collections::BTreeSet;

pub use tried::Tried;

use self::tried::{Area, Target};
use super::Lab;
use super::inspect::{Inspection, inspect};
use super::verify::{StepId, Verified, Wanted, Whose, verify, whose};
use crate::auth::present::{self, Reply};
use crate::identity::trace::Exchange;
use crate::identity::{Membership, Reference, Text};
use crate::token::extract::Extracted;
use crate::token::ladder::{Holds, Rung};
use crate::token::{Jws, Kind};

/// What can be the matter, in the order in which it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseId {
    /// It is no token, or a spoiled one.
    Malformed,
    /// An ID token, a refresh token or another kind, used as a bearer (platform-api §1.3).
    WrongKind,
    /// Of another issuer than the platform (platform-api §10.4).
    Foreign,
    /// The platform's, and not of exactly this issuer (platform-api §1.1).
    WrongIssuer,
    /// Not signed by a key of the platform.
    Forged,
    /// Its time is over, or has not begun.
    Expired,
    /// The platform takes it, and this machine's clock says that it should not.
    Clock,
    /// Its session was ended.
    Revoked,
    /// Its membership is switched off or deleted.
    MemberInactive,
    /// The token is good, and what stands behind it is broken: "Authentication error" (platform-api §1.3).
    AccountBroken,
    /// The user was deleted, the membership was not (platform-api §1.3).
    UserDeleted,
    /// The client application that signs in by `Basic` (platform-api §9.5, §17).
    Client,
    /// Acting for somebody does not work (platform-api §1.10).
    OnBehalfOf,
    /// Only admins may (platform-api §12).
    AdminsOnly,
    /// The token's scope takes it away (platform-api §12).
    Scope,
    /// The access policy does not give it (platform-api §9.9).
    Policy,
    /// The record is not there, or not to be seen.
    NotThere,
    /// The platform is limiting or failing.
    Platform,
}

impl CauseId {
    /// Its word, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongKind => "wrong-kind",
            Self::Foreign => "foreign-issuer",
            Self::WrongIssuer => "wrong-issuer",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Clock => "clock",
            Self::Revoked => "revoked",
            Self::MemberInactive => "member-inactive",
            Self::AccountBroken => "account-broken",
            Self::UserDeleted => "user-deleted",
            Self::Client => "client",
            Self::OnBehalfOf => "on-behalf-of",
            Self::AdminsOnly => "admins-only",
            Self::Scope => "scope",
            Self::Policy => "policy",
            Self::NotThere => "not-there",
            Self::Platform => "platform",
        }
    }
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sure {
    /// It is so.
    Certain,
    /// Everything that could be seen says so.
    Likely,
    /// It may be.
    Possible,
}

impl Sure {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Which.
    pub id: CauseId,
    /// How sure it is.
    pub sure: Sure,
    /// What is the matter, as a sentence.
    pub said: String,
    /// What says so, each as a sentence.
    pub evidence: Vec<String>,
    /// What to do, as a sentence.
    pub next: String,
    /// The record that it is about, to be opened.
    pub opens: Option<Reference>,
}

impl Cause {
    fn new(id: CauseId, sure: Sure, said: impl Into<String>, next: impl Into<String>) -> Self {
        Self { id, sure, said: said.into(), evidence: Vec::new(), next: next.into(), opens: None }
    }

    fn because(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    fn about(mut self, reference: Option<Reference>) -> Self {
        self.opens = reference;
        self
    }
}

/// What the platform said to the very request, or to a read in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// `GET https://…`
    pub request: Text,
    /// What it said.
    pub reply: Reply,
    /// What the status means, as a sentence (platform-api §14.8).
    pub means: String,
}

/// Why it is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// What the token says; none where there is none.
    pub inspection: Option<Inspection>,
    /// The ladder.
    pub verified: Option<Verified>,
    /// What is the matter, the likeliest first.
    pub causes: Vec<Cause>,
    /// What the platform says now.
    pub answered: Option<Answered>,
    /// What could not be looked at, each as a sentence. Unknown is not no.
    pub unknown: Vec<String>,
    /// What went over the wire.
    pub asked: Vec<Exchange>,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is refused, and the first cause says why.
    Refused,
    /// Nothing is the matter now.
    Accepted,
    /// It cannot be told.
    Untold,
}

impl Why {
    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        let sure = self.causes.first().map(|cause| cause.sure);
        let taken = self.answered.as_ref().map(|answered| answered.reply.is_success());
        match (sure, taken) {
            // Whatever looks odd from here: the platform decides.
            (_, Some(true)) => Outcome::Accepted,
            (Some(Sure::Certain | Sure::Likely), _) | (Some(Sure::Possible), Some(false)) => Outcome::Refused,
            _ => Outcome::Untold,
        }
    }

    /// The answer as a sentence.
    pub fn sentence(&self) -> String {
        match (self.outcome(), self.causes.first()) {
            (Outcome::Refused, Some(cause)) => cause.said.clone(),
            (Outcome::Accepted, _) => "Nothing is the matter: the platform takes it now.".to_owned(),
            (_, Some(cause)) => format!("It cannot be told for sure. It may be this: {}", cause.said),
            (_, None) => {
                "It cannot be told why it is refused; nothing is wrong with what could be looked at."
                    .to_owned()
            }
        }
    }

    fn add(&mut self, cause: Cause) {
        if !self.causes.iter().any(|known| known.id == cause.id && known.said == cause.said) {
            self.causes.push(cause);
        }
    }
}

/// What is known so far, for whoever looks for causes.
struct Case<'a> {
    lab: &'a Lab,
    jws: &'a Jws,
    kind: Kind,
    /// Where it stood in what was given.
    from: &'a str,
    tried: &'a Tried,
    target: Option<Target>,
    verified: &'a Verified,
}

impl Case<'_> {
    fn holds(&self, id: StepId) -> Option<Holds> {
        self.verified.step(id).map(|step| step.holds)
    }

    fn rung(&self, rung: Rung) -> Option<Holds> {
        self.holds(StepId::Rung(rung))
    }

    /// What a step says.
    fn said(&self, id: StepId) -> String {
        self.verified.step(id).map(|step| step.said.clone()).unwrap_or_default()
    }

    /// Whose token it is, where that can be seen.
    fn membership(&self) -> Option<&Membership> {
        self.verified.member.as_ref()
    }

    /// What the platform says to the token at `/auth/me`.
    fn me(&self) -> Option<&Reply> {
        self.verified.me.as_ref()
    }
}

/// Looks for what is the matter. `ask`: the platform may be asked, with the token where it is the platform's own.
pub async fn why(lab: &Lab, given: Option<&Extracted>, tried: &Tried, ask: bool) -> Why {
    let mut why = Why {
        inspection: None,
        verified: None,
        causes: Vec::new(),
        answered: None,
        unknown: Vec::new(),
        asked: Vec::new(),
    };
    let Some(given) = given else {
        basic::look(lab, tried, &mut why).await;
        order(&mut why);
        return why;
    };
    let inspection = inspect(given, lab.issuer());
    let verified = verify(lab, given, &Wanted { ask, ..Wanted::default() }).await;
    why.asked.extend(verified.asked.iter().cloned());
    match (inspection.jws(), inspection.kind()) {
        (Some(jws), Some(kind)) if jws.compact => {
            let target = tried.target(lab.platform.as_ref());
            let case = Case { lab, jws, kind, from: &given.from, tried, target, verified: &verified };
            token::look(&case, &mut why);
            if whose(lab, jws) == Whose::Platform {
                of_platform(&case, given, ask, &mut why).await;
            }
        }
        _ => token::unreadable(&inspection, lab, &mut why),
    }
    if why.causes.is_empty() && why.answered.is_none() && !ask {
        why.unknown.push(
            "The platform was not asked, so nothing is known of the session and the account.".to_owned(),
        );
    }
    order(&mut why);
    why.inspection = Some(inspection);
    why.verified = Some(verified);
    why
}

/// What only the platform knows.
async fn of_platform(case: &Case<'_>, given: &Extracted, ask: bool, why: &mut Why) {
    if ask && case.kind == Kind::Access && !why.causes.iter().any(|cause| cause.sure == Sure::Certain) {
        try_again(case, given, why).await;
    }
    account::look(case, why).await;
    access::look(case, why).await;
}

/// The very request once more, where it is a read that does nothing.
async fn try_again(case: &Case<'_>, given: &Extracted, why: &mut Why) {
    let Some(target) = &case.target else { return };
    if !target.here {
        return;
    }
    if !target.safe {
        let because = if target.cut {
            "parts of its address were taken out as secrets"
        } else {
            "it could do something"
        };
        why.unknown.push(format!("The request itself was not sent again, because {because}."));
        return;
    }
    let means = |reply: &Reply, behalf| meaning(reply, behalf, &target.area).to_owned();
    // It was asked that already.
    if let (Area::Me, None, Some(reply)) = (&target.area, &case.tried.acting_for, case.me()) {
        let request = Text::from(format!("GET {}", target.url));
        why.answered = Some(Answered { request, reply: reply.clone(), means: means(reply, false) });
        return;
    }
    let behalf = case.tried.acting_for.as_ref();
    let told = present::read(case.lab.keyring.http(), &target.url, &given.token, behalf).await;
    let request = Text::from(format!("GET {}", told.exchange.sent.url.raw()));
    why.asked.push(told.exchange);
    match told.answer {
        Ok(reply) => {
            let means = means(&reply, behalf.is_some());
            why.answered = Some(Answered { request, reply, means });
        }
        Err(error) => {
            why.unknown.push(format!("The platform could not be asked: {}.", present::told(&error)));
        }
    }
}

/// What a status means (platform-api §1.3, §14.8).
fn meaning(reply: &Reply, behalf: bool, area: &Area) -> &'static str {
    match reply.status {
        200..300 => "The platform takes the token and does what is asked.",
        401 => "The token is dead, or the membership behind it is switched off.",
        _ if reply.is_authentication_error() && behalf => {
            "The token is good; acting for that member does not work, or the account is broken."
        }
        _ if reply.is_authentication_error() => "The token is good; the account behind it is broken.",
        400 => "The token is good; the request itself is not.",
        403 => "The token is good; it may not do this.",
        404 if matches!(area, Area::Me) => "The token is good; the profile behind it does not exist.",
        404 => "The token is good; the record is not there, or not visible to it.",
        410 if matches!(area, Area::Me) => "The token is good; the user behind it was deleted.",
        410 => "The token is good; the record was deleted.",
        429 => "The platform is limiting; nothing is said about the token.",
        500.. => "The platform failed; nothing is said about the token.",
        _ => "The platform refuses in a way that says nothing about the token.",
    }
}

/// The surest first; of equally sure ones the one that decides earlier.
fn order(why: &mut Why) {
    why.causes.sort_by_key(|cause| (cause.sure, cause.id));
    let mut seen = BTreeSet::new();
    why.unknown.retain(|said| seen.insert(said.clone()));
}
