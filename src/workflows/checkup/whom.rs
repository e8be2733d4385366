//! Who is meant by what was typed.

use super::{Asked, Said};
use crate::identity::{Membership, MembershipId, ProjectId, Seen, Text, Unseen};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::person::{self, Candidate, Found};
use crate::workflows::remote::Trouble;

/// Somebody whose sign-in is looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// The membership that the sign-in should end in.
    pub membership: MembershipId,
    /// The name.
    pub name: Text,
    /// Present login address; unknown while several people are told apart.
    pub email: Seen<Option<Text>>,
    /// The subject at the identity provider.
    pub external_id: Option<Text>,
    /// Where.
    pub project: ProjectId,
}

impl Patient {
    fn of(membership: &Membership) -> Self {
        let name = membership.profile.display.clone().or_else(|| membership.user.display.clone());
        Self {
            membership: membership.id.clone(),
            name: name.unwrap_or_default(),
            // The copy in the membership is what tells people of one name apart (platform-api §1.11).
            email: membership
                .user
                .display
                .clone()
                .map_or(Seen::Unknown(Unseen::NotLoaded), |copy| Seen::Known(Some(copy))),
            external_id: membership.external_id.clone(),
            project: membership.project.clone(),
        }
    }
}

/// Who it is and what is known of them.
pub(super) struct Settled {
    pub patient: Option<Patient>,
    pub facts: Option<PersonFacts>,
    pub guessed: Option<String>,
    /// What is typed on the sign-in page.
    pub address: Option<Text>,
    /// What was typed is no address and nobody's: it is taken for a subject.
    pub subject: Option<Text>,
}

pub(super) enum Whom {
    Several(Vec<Patient>),
    Settled(Box<Settled>),
}

/// The domain behind the first `@`, in lower case.
pub fn domain_of(address: &str) -> Option<String> {
    address.split('@').nth(1).filter(|domain| !domain.is_empty()).map(str::to_lowercase)
}

pub(super) async fn whom(engine: &Engine, asked: &Asked) -> Result<Whom, Trouble> {
    let typed = asked.typed.raw().trim();
    let is_address = typed.contains('@');
    if let Some(meant) = &asked.meant {
        return settled(engine, meant, None, is_address.then(|| Text::from(typed))).await;
    }
    match person::find(engine, typed).await? {
        Found::One(one) => {
            // Whatever led to them, only an address is typed on a sign-in page.
            let address = (is_address && one.by != "external id").then(|| Text::from(typed));
            settled(engine, &one.membership.id, None, address).await
        }
        // Two users with one address are two users in one sign-in: that is for the doctor to say, not to be chosen.
        Found::Several(_) if is_address => Ok(nobody(typed, true)),
        Found::Several(people) => {
            let patient = |one: &Candidate| Patient::of(&one.membership);
            Ok(Whom::Several(people.iter().map(patient).collect()))
        }
        Found::None if is_address => by_name_in_address(engine, typed).await,
        Found::None => Ok(nobody(typed, false)),
    }
}

fn nobody(typed: &str, is_address: bool) -> Whom {
    let typed = (!typed.is_empty()).then(|| Text::from(typed));
    let (address, subject) = if is_address { (typed, None) } else { (None, typed) };
    Whom::Settled(Box::new(Settled { patient: None, facts: None, guessed: None, address, subject }))
}

/// Nobody has the address. Often it is somebody's new one, and their name stands in it.
async fn by_name_in_address(engine: &Engine, typed: &str) -> Result<Whom, Trouble> {
    let local = typed.split('@').next().unwrap_or_default();
    let words: Vec<&str> = local.split(['.', '_', '-']).filter(|word| word.len() > 1).collect();
    if words.len() < 2 || words.iter().any(|word| !word.chars().all(char::is_alphabetic)) {
        return Ok(nobody(typed, true));
    }
    match person::find(engine, &words.join(" ")).await? {
        Found::One(one) => {
            let patient = Patient::of(&one.membership);
            let guessed =
                format!("Nobody has this address. By the name in it, {} is taken to be meant.", patient.name);
            settled(engine, &patient.membership, Some(guessed), Some(Text::from(typed))).await
        }
        Found::Several(_) | Found::None => Ok(nobody(typed, true)),
    }
}

async fn settled(
    engine: &Engine,
    id: &MembershipId,
    guessed: Option<String>,
    typed: Option<Text>,
) -> Result<Whom, Trouble> {
    let facts = person::gather(engine, id).await?;
    let patient = Patient {
        membership: id.clone(),
        name: facts.name.clone(),
        email: facts.email.clone(),
        external_id: facts.membership.external_id.clone(),
        project: facts.membership.project.clone(),
    };
    let address = typed.or_else(|| facts.email.known().cloned().flatten());
    Ok(Whom::Settled(Box::new(Settled {
        patient: Some(patient),
        facts: Some(facts),
        guessed,
        address,
        subject: None,
    })))
}

impl Settled {
    /// What the IdP sends as address: what was said, else what is typed.
    pub fn email(&self, asked: &Asked) -> Option<Text> {
        match &asked.email {
            Said::Likely => self.address.clone(),
            Said::Nothing => None,
            Said::Text(text) => Some(text.clone()),
        }
    }

    /// What it sends as subject: what was said, else what the platform has stored, or had once.
    pub async fn subject(&self, engine: &Engine, asked: &Asked) -> Option<Text> {
        match &asked.subject {
            Said::Nothing => return None,
            Said::Text(text) => return Some(text.clone()),
            Said::Likely => {}
        }
        if self.subject.is_some() {
            return self.subject.clone();
        }
        let facts = self.facts.as_ref()?;
        let legacy = || facts.user.known().and_then(|user| user.legacy_external_id.clone());
        if let Some(stored) = facts.membership.external_id.clone().or_else(legacy) {
            return Some(stored);
        }
        // A full replace may have erased it (platform-api §10.5). Where the history cannot be read, nothing is sent.
        let versions = engine.remote.membership_history(&facts.membership.id).await.unwrap_or_default();
        versions.into_iter().find_map(|version| version.external_id)
    }
}
