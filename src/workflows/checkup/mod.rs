//! A check-up: whoever is typed is found, and every likely way in of theirs is examined at once.
//!
//! The doctor follows one way ([`super::diagnose`]); people ask why somebody cannot sign in. What lies between is
//! here: who is meant, by which ways they would come, and what their identity provider sends.

mod plan;
pub mod report;
mod roads;
mod whom;

use futures::future::try_join_all;
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::diagnose::{self, Examined, IdToken};
use super::engine::Engine;
use super::remote::Trouble;
use crate::auth::http::Http;
use crate::auth::signature::Checked;
use crate::identity::sign_in::doctor::{
    Attempt, Claim, Facts, Flow, Mend, Verdict, diagnose as diagnose_attempt, fixes,
};
use crate::identity::{ClientId, MembershipId, ProjectId, Text};

pub use plan::{Mending, plan};
pub use roads::{Choices, ClientChoice, UNKNOWN_SUBJECT, choices};
pub use whom::{Patient, domain_of};

/// Ways that are examined at the same time.
const AT_ONCE: usize = 4;
/// More ways than this are not examined; the likely ones come first.
const MOST: usize = 12;

/// What the identity provider sends under a claim name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Said {
    /// What is to be expected: the typed address, the stored external id.
    #[default]
    Likely,
    /// Nothing.
    Nothing,
    /// This.
    Text(Text),
}

/// Through what somebody comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Through {
    /// Whatever is likely.
    #[default]
    Likely,
    /// Without a client application: routed by the domain, or the platform's own page.
    Nothing,
    /// This client application.
    Client(ClientId),
}

/// What somebody wants to be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// As typed: an address, an external id, a name, a reference or an id. May be empty where somebody is meant.
    pub typed: Text,
    /// The one who should get in, when that is settled.
    pub meant: Option<MembershipId>,
    /// The IdP's `email`.
    pub email: Said,
    /// The IdP's `sub`.
    pub subject: Said,
    /// The IdP's `fhirUser`.
    pub fhir_user: Option<Text>,
    /// Only this flow.
    pub flow: Option<Flow>,
    /// Only through this.
    pub client: Through,
    /// The project that the page names.
    pub project: Option<ProjectId>,
    /// The token that the claims come from, while its signature has not been looked at.
    pub token: Option<IdToken>,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Several people could be meant; one has to be chosen.
    Several(Vec<Patient>),
    /// The ways.
    Ways(Box<Checkup>),
}

/// Every likely way of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkup {
    /// Who is meant, when that is known.
    pub patient: Option<Patient>,
    /// How it was found out who is meant, where that is a guess.
    pub guessed: Option<String>,
    /// The likely ones first.
    pub ways: Vec<Way>,
    /// Whether the token that was asked about is signed by its issuer.
    pub token: Option<Checked>,
}

impl Checkup {
    /// Looks at the signature of a token, if its issuer is an identity provider of one of the ways.
    pub async fn verify(&mut self, token: &IdToken, http: &Http, now: Timestamp) {
        let facts: Vec<&Facts> = self.ways.iter().map(|way| &way.examined.facts).collect();
        self.token = Some(token.verify(http, &facts, now).await);
    }
}

/// One way, examined.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// `browser, Clinic Portal`
    pub label: String,
    /// What was found.
    pub examined: Examined,
    /// It hangs on a subject that is not known: whoever has no external id does not come this way.
    pub assumed: bool,
    /// Whom it should let in, as it was asked.
    pub meant: Vec<MembershipId>,
    /// What would mend it, the gentlest first.
    pub remedies: Vec<Remedy>,
}

/// A fix in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// What is done.
    pub title: String,
    /// The changes, in order, each with its words.
    pub mends: Vec<(Mend, String)>,
    /// How the sign-in ends afterwards, in words.
    pub after: String,
    /// Whether it is certain to work.
    pub certain: bool,
    /// Why this role may not do it, and who may.
    pub others: Option<&'static str>,
    /// The text that asks them; holds no secret.
    pub request: String,
}

impl Way {
    /// In, out, or not to be told; what is probable counts.
    pub fn verdict(&self) -> Verdict {
        self.examined.diagnosis.expected().verdict
    }
}

impl Checkup {
    /// The way to look at first: of those that fail the one with the smallest fix, else one that cannot be told, else
    /// the first.
    pub fn worst(&self) -> usize {
        let changes =
            |way: &Way| (way.assumed, way.remedies.first().map_or(usize::MAX, |remedy| remedy.mends.len()));
        let failing = self.ways.iter().enumerate().filter(|(_, way)| way.verdict() == Verdict::Failure);
        let smallest = failing.min_by_key(|(_, way)| changes(way)).map(|(at, _)| at);
        let untold = || self.ways.iter().position(|way| way.verdict() == Verdict::Unknown);
        smallest.or_else(untold).unwrap_or(0)
    }
}

/// Finds out who is meant and examines their ways. Reads only.
pub async fn check(engine: &Engine, asked: &Asked) -> Result<Told, Trouble> {
    let whom = match whom::whom(engine, asked).await? {
        whom::Whom::Several(people) => return Ok(Told::Several(people)),
        whom::Whom::Settled(whom) => *whom,
    };
    let meant: Vec<MembershipId> = whom.patient.iter().map(|patient| patient.membership.clone()).collect();
    let mut attempts = roads::attempts(engine, asked, &whom).await?;
    attempts.truncate(MOST);
    let examined = examine(engine, attempts, &meant).await?;
    let mut ways: Vec<Way> = examined.into_iter().map(|examined| way(engine, examined, &meant)).collect();
    ways.sort_by_key(|way| way.assumed);
    Ok(Told::Ways(Box::new(Checkup { patient: whom.patient, guessed: whom.guessed, ways, token: None })))
}

/// What the facts of a try depend on besides its client and its route.
fn basis(attempt: &Attempt) -> impl PartialEq + use<> {
    let Attempt { typed, subject, fhir_user, project, membership, address, .. } = attempt.clone();
    (attempt.sought_email(), typed, subject, fhir_user, project, membership, address)
}

/// Examines all of them. What is typed and sent is alike in most, so people are read once for those.
async fn examine(
    engine: &Engine,
    attempts: Vec<Attempt>,
    meant: &[MembershipId],
) -> Result<Vec<Examined>, Trouble> {
    let mut groups: Vec<Vec<(usize, Attempt)>> = Vec::new();
    for (at, attempt) in attempts.into_iter().enumerate() {
        match groups.iter_mut().find(|group| basis(&group[0].1) == basis(&attempt)) {
            Some(group) => group.push((at, attempt)),
            None => groups.push(vec![(at, attempt)]),
        }
    }
    let of_group = |group: Vec<(usize, Attempt)>| async move {
        let mut examined: Vec<(usize, Examined)> = Vec::new();
        let mut rest = group.into_iter();
        let Some((at, first)) = rest.next() else { return Ok(examined) };
        let facts = diagnose::gather(engine, &first, meant).await?;
        examined.push((at, Examined::of(first, facts.clone())));
        let more = futures::stream::iter(rest).map(|(at, attempt)| {
            let facts = facts.clone();
            async move {
                let facts = diagnose::gather_also(engine, facts, &attempt).await?;
                Ok::<_, Trouble>((at, Examined::of(attempt, facts)))
            }
        });
        examined.extend(more.buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
        Ok::<_, Trouble>(examined)
    };
    let mut all: Vec<(usize, Examined)> =
        try_join_all(groups.into_iter().map(of_group)).await?.into_iter().flatten().collect();
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, examined)| examined).collect())
}

fn way(engine: &Engine, mut examined: Examined, meant: &[MembershipId]) -> Way {
    let assumed = own_up_to_unknown_subject(&mut examined);
    let mut said = examined.clone();
    if knows_no_subject(&said.attempt) {
        said.attempt.subject = Claim::Absent;
    }
    let remedies = examined.fixes.iter().map(|fix| Remedy {
        title: fix.title(&examined.facts),
        mends: fix.mends.iter().map(|mend| (mend.clone(), mend.title(&examined.facts))).collect(),
        after: fix.after.gist(),
        certain: fix.after.outcome.is_success(),
        others: diagnose::not_allowed(engine, fix),
        request: diagnose::request(&said, fix),
    });
    Way {
        label: diagnose::way(&examined),
        remedies: remedies.collect(),
        assumed,
        meant: meant.to_vec(),
        examined,
    }
}

fn knows_no_subject(attempt: &Attempt) -> bool {
    attempt.subject.text().is_some_and(|subject| subject.raw() == UNKNOWN_SUBJECT)
}

/// Where the subject decides and is not known, that is said, and nothing is offered that would store it. True when it
/// decides.
fn own_up_to_unknown_subject(examined: &mut Examined) -> bool {
    if !knows_no_subject(&examined.attempt) {
        return false;
    }
    let without = Attempt { subject: Claim::Absent, ..examined.attempt.clone() };
    let diagnosis = diagnose_attempt(&without, &examined.facts);
    examined.fixes = fixes(&without, &examined.facts, &diagnosis);
    let decides = diagnosis.outcome != examined.diagnosis.outcome;
    if decides {
        examined.diagnosis.notes.push(
            "Which subject the identity provider sends is not known; no external id is stored that it could match. \
             Say which one it is, and the fix that stores it is offered."
                .to_owned(),
        );
    }
    decides
}
