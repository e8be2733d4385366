//! Whether a token is true and counts: the ladder of [`crate::token::ladder`], with keys over HTTP or from a file, and
//! above it what the platform itself says, each answer with what it cannot tell.

use jiff::Timestamp;
use url::Url;

use super::{Lab, platform};
use crate::auth::keys::{Hosts, NoKeys};
use crate::auth::present::Reply;
use crate::identity::trace::Exchange;
use crate::identity::words::capital;
use crate::identity::{Membership, Secret, Text};
use crate::token::extract::Extracted;
use crate::token::ladder::{self, Expected, Holds, Judged, Rung, judge};
use crate::token::time::{Standing, standing};
use crate::token::verify::checkable;
use crate::token::{Jws, KeySet, Kind, Token};

/// Where keys come from.
#[derive(Debug, Clone, Default)]
pub enum KeySource {
    /// The issuer's discovery: of the one that is expected, else of the one that the token names.
    #[default]
    Issuer,
    /// Given: a JWKS or PEM file. Nobody is asked.
    Given {
        /// The keys.
        keys: KeySet,
        /// Where they stood, in words.
        from: String,
    },
}

/// What is wanted of a token.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Keys.
    pub keys: KeySource,
    /// By this issuer, exactly.
    pub issuer: Option<String>,
    /// For this audience, among others.
    pub audience: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// The access token that came with it, against which an ID token is held (J13).
    pub access: Option<Secret>,
    /// The servers whose token it is may be asked about it, and shown it.
    pub ask: bool,
    /// The signature alone, whatever it signs (RFC 7515 §5.2): no claims are looked at, and nobody is asked about them.
    pub signature_only: bool,
}

/// What is looked at, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepId {
    /// What can be told from the token and keys.
    Rung(Rung),
    /// What introspection says (RFC 7662).
    Introspection,
    /// Whom userinfo names (J14).
    UserInfo,
    /// Whether the platform takes it as a bearer, at `/auth/me`.
    Me,
    /// Whether its session is alive.
    Session,
    /// Whether the membership is active.
    Membership,
}

impl StepId {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rung(rung) => rung.word(),
            Self::Introspection => "introspection",
            Self::UserInfo => "userinfo",
            Self::Me => "platform",
            Self::Session => "session",
            Self::Membership => "membership",
        }
    }
}

/// One step of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// How it holds.
    pub holds: Holds,
    /// What was found, as a sentence.
    pub said: String,
    /// What this answer cannot tell, as a sentence.
    pub limit: Option<&'static str>,
}

impl From<Judged> for Step {
    fn from(judged: Judged) -> Self {
        Self { id: StepId::Rung(judged.rung), holds: judged.holds, said: judged.said, limit: None }
    }
}

/// A host that has to be agreed to before more can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The host; see [`Lab::agreeing`].
    pub host: String,
    /// The issuer whose keys would be fetched there.
    pub issuer: Text,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Step by step.
    pub steps: Vec<Step>,
    /// What it comes to: [`Holds::Yes`] or [`Holds::Warning`] valid, [`Holds::No`] not, [`Holds::Untold`] cannot be told.
    pub verdict: Holds,
    /// The step that it comes from.
    pub decided: Option<StepId>,
    /// Where the keys came from, in words.
    pub keys: Option<String>,
    /// Worth knowing about the keys.
    pub notes: Vec<String>,
    /// Who must be asked first, when nobody has agreed to that.
    pub needs: Option<Needs>,
    /// What went over the wire about this token.
    pub asked: Vec<Exchange>,
    /// When.
    pub at: Timestamp,
    /// Its signature alone was looked at.
    pub signature_only: bool,
    /// What the platform said to it at `/auth/me`, where it was asked.
    pub me: Option<Reply>,
    /// Its membership, where somebody is signed in who sees it.
    pub member: Option<Membership>,
}

impl Verified {
    /// Nothing looked at yet.
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            steps: Vec::new(),
            verdict: Holds::Untold,
            decided: None,
            keys: None,
            notes: Vec::new(),
            needs: None,
            asked: Vec::new(),
            at,
            signature_only: false,
            me: None,
            member: None,
        }
    }

    /// One step.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The verdict as a sentence.
    pub fn sentence(&self) -> String {
        let decided = self.decided.and_then(|id| self.step(id));
        match self.verdict {
            Holds::Yes | Holds::Warning if self.signature_only => {
                "The signature is good; what it signs was not looked at.".to_owned()
            }
            Holds::Yes => "The token is valid.".to_owned(),
            Holds::Warning => "The token is valid, with something to think about.".to_owned(),
            Holds::No => decided.map_or_else(
                || "The token is not valid.".to_owned(),
                |step| format!("The token is not valid ({}): {}", step.id.word(), step.said),
            ),
            Holds::Untold => decided.map_or_else(
                || "It cannot be told whether the token is valid.".to_owned(),
                |step| {
                    format!(
                        "It cannot be told whether the token is valid ({}): {}",
                        step.id.word(),
                        step.said
                    )
                },
            ),
        }
    }
}

/// Whose token it is, as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// It names the platform's issuer exactly.
    Platform,
    /// Somebody else's, or nobody's.
    Foreign,
}

pub(super) fn whose(lab: &Lab, jws: &Jws) -> Whose {
    match (jws.claim_text("iss"), lab.issuer()) {
        (Some(iss), Some(platform)) if iss.raw() == platform => Whose::Platform,
        _ => Whose::Foreign,
    }
}

/// Judges a token.
pub async fn verify(lab: &Lab, given: &Extracted, wanted: &Wanted) -> Verified {
    let now = lab.clock.now();
    let mut verified = Verified::new(now);
    verified.signature_only = wanted.signature_only;
    let token = match Token::parse(given.token.expose()) {
        Ok(token) => token,
        Err(why) => {
            let said = format!("It cannot be read: {why}.");
            verified.steps.push(Step {
                id: StepId::Rung(Rung::Structure),
                holds: Holds::No,
                said,
                limit: None,
            });
            (verified.verdict, verified.decided) = (Holds::No, Some(StepId::Rung(Rung::Structure)));
            return verified;
        }
    };
    let keys = keys(lab, &token, wanted, &mut verified).await;
    let expected = Expected {
        issuer: wanted.issuer.as_deref(),
        audience: wanted.audience.as_deref(),
        kind: wanted.kind,
        platform: lab.issuer(),
        access: wanted.access.as_ref().map(Secret::expose),
    };
    let mut ladder = judge(&token, keys.as_ref().ok(), &expected, now);
    if let Err(Some(why)) = &keys {
        for rung in
            ladder.iter_mut().filter(|judged| judged.rung == Rung::Key && judged.holds == Holds::Untold)
        {
            rung.said.clone_from(why);
        }
    }
    if wanted.signature_only && token.signed().is_some() {
        ladder.retain(|judged| matches!(judged.rung, Rung::Algorithm | Rung::Key | Rung::Signature));
    }
    verified.steps = ladder.into_iter().map(Step::from).collect();
    (verified.verdict, verified.decided) = verdict(&verified.steps, &expected);
    let travels = token.signed().is_none_or(|jws| jws.compact);
    if wanted.ask && travels && !wanted.signature_only && matches!(wanted.keys, KeySource::Issuer) {
        let before = verified.steps.len();
        let silent = match (&keys, token.signed().and_then(|jws| jws.claim_text("iss"))) {
            (Err(Some(_)), Some(issuer)) if !lab.keyring.answered(issuer.raw()).await => Some(issuer.raw()),
            _ => None,
        };
        platform::ask(lab, given, &token, wanted, silent, &mut verified).await;
        if let Some(jws) = token.signed().filter(|jws| whose(lab, jws) == Whose::Platform) {
            doubt_the_clock(jws, &mut verified);
        }
        let ladder = verdict(&verified.steps[..before], &expected);
        (verified.verdict, verified.decided) = with_platform(&token, ladder, &verified.steps[before..]);
    }
    verified
}

/// What it comes to, and the step that says so.
type Verdict = (Holds, Option<StepId>);

fn verdict(steps: &[Step], expected: &Expected<'_>) -> Verdict {
    let rungs = steps.iter().filter_map(|step| match step.id {
        StepId::Rung(rung) => Some((rung, step.holds)),
        _ => None,
    });
    let (holds, rung) = ladder::verdict(rungs, expected);
    (holds, rung.map(StepId::Rung))
}

/// What the platform takes counts by the platform's clock, which is the one that decides: then this machine's is off (J7).
fn doubt_the_clock(jws: &Jws, verified: &mut Verified) {
    let yes = |id| verified.step(id).is_some_and(|step| step.holds == Holds::Yes);
    let taken = yes(StepId::Me) || yes(StepId::Introspection);
    let by_ours = matches!(standing(jws, verified.at), Standing::Ended(_) | Standing::NotYet(_));
    let time = verified.steps.iter_mut().find(|step| step.id == StepId::Rung(Rung::Time));
    if let Some(step) = time.filter(|step| taken && by_ours && step.holds == Holds::No) {
        step.holds = Holds::Warning;
        step.said = format!("{} But the platform takes it: this machine's clock is off.", step.said);
    }
}

/// What the servers say decides beside the ladder: a no is a no; of a token that says nothing itself, only they can say
/// yes. What they do not tell takes nothing back.
fn with_platform(token: &Token, ladder: Verdict, told: &[Step]) -> Verdict {
    let told = told.iter().filter(|step| step.holds != Holds::Untold);
    let worst = told.reduce(|worst, step| if step.holds > worst.holds { step } else { worst });
    let worst = worst.map(|step| (step.holds, Some(step.id)));
    match (token, worst) {
        (_, Some(no @ (Holds::No, _))) if ladder.0 != Holds::No => no,
        (Token::Signed(_), Some(warning @ (Holds::Warning, _))) if ladder.0 == Holds::Yes => warning,
        (Token::Encrypted(_) | Token::Opaque { .. }, Some(told)) if ladder.0 != Holds::No => told,
        _ => ladder,
    }
}

/// The keys; otherwise why there are none, where that is more than that nobody needs any.
async fn keys(
    lab: &Lab,
    token: &Token,
    wanted: &Wanted,
    verified: &mut Verified,
) -> Result<KeySet, Option<String>> {
    let Some(jws) = token.signed() else { return Err(None) };
    if let KeySource::Given { keys, from } = &wanted.keys {
        verified.keys = Some(from.clone());
        verified.notes.extend(keys.bad.iter().map(|bad| {
            let name = bad
                .id
                .as_ref()
                .map_or_else(|| "A key without a name".to_owned(), |id| format!("The key {id}"));
            format!("{name} is not used: it {}.", bad.why)
        }));
        return Ok(keys.clone());
    }
    // Nobody is asked about what no key can decide.
    if checkable(jws).is_err() {
        return Err(None);
    }
    let named = jws.claim_text("iss").map(Text::raw);
    let Some(issuer) = wanted.issuer.as_deref().or(named) else {
        return Err(Some(
            "It names no issuer, so it is not known whose key it should be signed with.".to_owned(),
        ));
    };
    let mut may = lab.hosts();
    let known = |may: &Hosts| Url::parse(issuer).is_ok_and(|url| may.has(&url));
    if !known(&may) {
        may = may.with(&platform::provider_hosts(lab).await);
    }
    match lab.keyring.of(issuer, jws.kid(), &may).await {
        Ok(found) => {
            verified.keys = Some(format!("the keys that {} publishes", found.host));
            verified.notes.extend(found.notes.iter().cloned());
            Ok(KeySet::clone(&found.set))
        }
        Err(NoKeys::NotAgreed(host)) => {
            verified.needs = Some(Needs { host: host.clone(), issuer: Text::from(issuer) });
            Err(Some(format!(
                "Its keys are at {host}, which is neither the platform nor a known identity provider; it was not asked."
            )))
        }
        Err(why) => Err(Some(format!("{}.", capital(&why.to_string())))),
    }
}
