//! Changing a person's login address: every way there is, compared, and one recommended.
//!
//! | Way | For | What it does |
//! |---|---|---|
//! | `$update-email` | project-scoped users (project admin), all users (super admin) | changes the address, unverifies it, mails the new one (platform-api §8) |
//! | SCIM | server-scoped users, by a project admin | changes the address in every project; no mail, nothing verified (§7) |
//! | re-invite | server-scoped users, by a project admin | a new user onto the same profile, the old membership off (§6.1) |
//! | hand over | whoever may not | a text for a super admin |

mod facts;
mod gather;
mod meet;
mod plans;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::identity::{Caller, Email, EmailError, Feature, Plan, Platform};
use crate::workflows::facts::PersonFacts;

pub use facts::{EmailFacts, Holder};
pub(super) use gather::holders;
pub use gather::{GatherError, PrepareError, Prepared, gather_for, prepare};
pub(super) use meet::{Account, why_not_both};

/// What can be chosen with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choices {
    /// Change the work email of the profile too; project-scoped users only (platform-api §8).
    pub update_profile_telecom: bool,
    /// Send no mail to the new address.
    pub skip_verification: bool,
}

impl Default for Choices {
    /// Profile as it is, verification mail sent: what the platform itself does when nothing is said.
    fn default() -> Self {
        Self { update_profile_telecom: false, skip_verification: false }
    }
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayKind {
    /// `$update-email`.
    UpdateEmail,
    /// The platform's SCIM user.
    Scim,
    /// Invite the new address onto the same profile, switch the old membership off.
    Reinvite,
    /// A text for a super admin.
    HandOver,
}

impl WayKind {
    /// The words used on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::UpdateEmail => "change the address",
            Self::Scim => "change the address through SCIM",
            Self::Reinvite => "invite the new address onto the same profile",
            Self::HandOver => "hand over to a super admin",
        }
    }
}

/// Why a way is closed, in words.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error("{0}")]
pub struct WhyNot(pub String);

/// What a way comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// Ready to be shown and applied.
    Plan(Box<Plan>),
    /// A text to copy.
    Text(String),
    /// Closed.
    Not(WhyNot),
}

/// One way with what speaks for and against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Which.
    pub kind: WayKind,
    /// What it means, one sentence each; the first is the most important.
    pub points: Vec<String>,
    /// What it comes to.
    pub offer: Offer,
    /// The one to take unless there is a reason not to. At most one.
    pub recommended: bool,
}

impl Way {
    /// The plan, when this way is open.
    pub fn plan(&self) -> Result<&Plan, WhyNot> {
        match &self.offer {
            Offer::Plan(plan) => Ok(plan),
            Offer::Text(_) => Err(WhyNot("this way is a text for somebody else".to_owned())),
            Offer::Not(why) => Err(why.clone()),
        }
    }
}

/// Every way, compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The new address in normal form.
    pub email: Email,
    /// What the normal form changed or deserves a look.
    pub notices: Vec<String>,
    /// In the order of [`WayKind`]; closed ones too, with the reason.
    pub ways: Vec<Way>,
}

impl Proposal {
    /// The way to take.
    pub fn recommended(&self) -> Option<&Way> {
        self.ways.iter().find(|way| way.recommended)
    }

    /// The way of this kind.
    pub fn way(&self, kind: WayKind) -> Option<&Way> {
        self.ways.iter().find(|way| way.kind == kind)
    }
}

/// Why no way leads to this address. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Not an address.
    #[error("{0}")]
    Malformed(#[from] EmailError),
    /// Nothing to do.
    #[error("{name} has this login address already")]
    Same {
        /// The person.
        name: String,
    },
    /// A client application or a bot.
    #[error("{name} is not a person: {kind}s have no login address")]
    NotAPerson {
        /// The name.
        name: String,
        /// What it is.
        kind: String,
    },
    /// Somebody else has it.
    #[error("{email} is in use by {holder}: {why}")]
    InUse {
        /// The address.
        email: Email,
        /// Who has it.
        holder: String,
        /// What would go wrong.
        why: String,
    },
}

/// Compares every way to bring a person to a new address. Pure: reads nothing, writes nothing.
pub fn propose(
    caller: &Caller,
    person: &PersonFacts,
    new: &EmailFacts,
    choices: Choices,
) -> Result<Proposal, Refusal> {
    if person.user_id.is_none() {
        return Err(Refusal::NotAPerson {
            name: person.name.to_string(),
            kind: person.membership.profile.kind.to_string(),
        });
    }
    if person.email.known().is_some_and(|old| old.as_ref().is_some_and(|old| old.raw() == new.email.as_str()))
    {
        return Err(Refusal::Same { name: person.name.to_string() });
    }
    words::refuse_if_in_use(person, new)?;
    let mut ways = vec![
        plans::update_email(caller, person, new, choices),
        plans::scim(caller, person, new),
        plans::reinvite(caller, person, new, choices),
        words::hand_over(caller, person, new),
    ];
    for way in &mut ways {
        close_what_is_lacking(way, &new.platform);
    }
    let mut proposal = Proposal {
        email: new.email.clone(),
        notices: new.notices.iter().map(ToString::to_string).collect(),
        ways,
    };
    recommend(&mut proposal.ways);
    Ok(proposal)
}

/// A way that needs what this platform was found to lack leads nowhere.
fn close_what_is_lacking(way: &mut Way, platform: &Platform) {
    let Offer::Plan(plan) = &way.offer else { return };
    let needed = plan.changes.iter().filter_map(|change| Feature::of(&change.means));
    if let Some(lacking) = needed.into_iter().find(|feature| platform.lacks.contains(feature)) {
        way.offer = Offer::Not(WhyNot(platform.cannot(lacking)));
    }
}

/// Changing the address keeps the user with its password, factor and history, so it comes before a second user;
/// a text is what remains when nothing else is open.
fn recommend(ways: &mut [Way]) {
    let open = |way: &Way| matches!(way.offer, Offer::Plan(_));
    let order = [WayKind::UpdateEmail, WayKind::Scim, WayKind::Reinvite];
    let best = order.into_iter().find(|kind| ways.iter().any(|way| way.kind == *kind && open(way)));
    let best = best.unwrap_or(WayKind::HandOver);
    for way in ways.iter_mut() {
        way.recommended = way.kind == best && !matches!(way.offer, Offer::Not(_));
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.title())
    }
}
