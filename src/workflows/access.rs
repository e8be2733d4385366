//! What a member may do: their policy as the platform resolves it, and questions put to the platform on their behalf.
//!
//! Reads only. Creating, updating and deleting are answered from the policy, because asking would write.

use super::engine::Engine;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::access::{Interaction, Policy, Verdict};
use crate::identity::capability::{self, Capability};
use crate::identity::{Membership, MembershipId, Text};

/// A question: may they do this to a type, or to one record of it?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What.
    pub interaction: Interaction,
    /// The type.
    pub kind: String,
    /// One record.
    pub id: Option<String>,
}

impl Wish {
    /// `Patient` or `Patient/123`; what is wrong with it otherwise.
    pub fn parse(interaction: Interaction, target: &str) -> Result<Self, String> {
        let target = target.trim();
        let (kind, id) = target.split_once('/').map_or((target, None), |(kind, id)| (kind, Some(id)));
        let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.chars().all(|c| c.is_ascii_alphanumeric());
        let is_id = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_kind || !id.is_none_or(is_id) {
            return Err(format!(
                "`{}` is no type and no record; expected `Patient` or `Patient/<id>`.",
                crate::identity::text::shown(target)
            ));
        }
        Ok(Self { interaction, kind: kind.to_owned(), id: id.map(str::to_owned) })
    }

    /// `update Patient/123`
    pub fn words(&self) -> String {
        let id = self.id.as_ref().map(|id| format!("/{id}")).unwrap_or_default();
        format!("{} {}{id}", self.interaction.word(), self.kind)
    }
}

/// How the answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The platform was asked on their behalf.
    Platform,
    /// Read off the resolved policy: asking would write.
    Policy,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct May {
    /// Yes or no; `None` when it depends on the record.
    pub allowed: Option<bool>,
    /// Why, in a sentence.
    pub why: String,
    /// How it was found.
    pub source: Source,
}

/// A member with what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Whose.
    pub membership: Membership,
    /// Their name.
    pub name: Text,
    /// What they may do.
    pub policy: Policy,
}

/// Only admins may ask on somebody's behalf (platform-api §1.10).
fn check(engine: &Engine) -> Result<(), Trouble> {
    capability::check(&engine.caller, Capability::ActAs).map_err(|why| Trouble {
        said: format!("Not asked: {why}."),
        ..Trouble::new(Cause::Forbidden, "on behalf of")
    })
}

/// The effective policy of a member.
pub async fn of(engine: &Engine, member: &MembershipId) -> Result<Access, Trouble> {
    check(engine)?;
    let membership = engine.remote.membership(member).await?;
    let policy = engine.remote.policy_of(member).await.map_err(explained)?;
    let policy = if membership.project == engine.caller.project {
        policy
    } else {
        policy.of_another_project(membership.admin)
    };
    let name = membership.profile.display.clone().unwrap_or_default();
    Ok(Access { membership, name, policy })
}

/// The platform says only `Authentication error` where acting for a member fails (platform-api §1.10).
fn explained(trouble: Trouble) -> Trouble {
    if trouble.cause != Cause::AccountBroken {
        return trouble;
    }
    let said =
        "The platform refuses to act for this member: the profile or a policy of the membership is gone, or \
                the membership is of another project. Whoever signs in with it is refused too."
            .to_owned();
    Trouble { said, ..trouble }
}

/// Whether they may. Reading and searching are tried on their behalf; the rest is read off the policy.
pub async fn may(engine: &Engine, access: &Access, wish: &Wish) -> Result<May, Trouble> {
    check(engine)?;
    let verdict = access.policy.verdict(&wish.kind, wish.interaction);
    if !access.membership.active {
        let why = "the membership is not active, so they cannot sign in at all".to_owned();
        return Ok(May { allowed: Some(false), why, source: Source::Policy });
    }
    let asked = match (wish.interaction, &wish.id) {
        (Interaction::Search, None) => {
            engine.remote.search_on_behalf(&access.membership.id, &wish.kind).await
        }
        (Interaction::Read, Some(id)) => {
            engine.remote.read_on_behalf(&access.membership.id, &wish.kind, id).await
        }
        _ => return Ok(by_policy(verdict, wish)),
    };
    let (allowed, why) = match asked {
        Ok(()) => (true, "the platform answers them".to_owned()),
        Err(trouble) => match trouble.cause {
            Cause::Forbidden => {
                let why = match verdict {
                    Verdict::Refuses(why) => why,
                    Verdict::Allows { .. } | Verdict::Unknown(_) => trouble.text.to_string(),
                };
                (false, format!("403: {why}"))
            }
            Cause::NotFound => (
                false,
                "404: there is no such record, or none of the policy's criteria lets them see it".to_owned(),
            ),
            Cause::Gone => (false, "410: the record was deleted".to_owned()),
            Cause::Invalid => (false, format!("the platform refuses: {}", trouble.text)),
            _ => return Err(explained(trouble)),
        },
    };
    Ok(May { allowed: Some(allowed), why, source: Source::Platform })
}

fn by_policy(verdict: Verdict, wish: &Wish) -> May {
    let (allowed, why) = match verdict {
        Verdict::Refuses(why) => (Some(false), format!("403: {why}")),
        Verdict::Unknown(why) => (None, why),
        Verdict::Allows { only } if only.is_empty() => {
            (Some(true), format!("the policy lets them {} every {}", wish.interaction.word(), wish.kind))
        }
        Verdict::Allows { only } => {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            (wish.id.is_none().then_some(true), format!("only what matches {}", only.join(" or ")))
        }
    };
    May { allowed, why, source: Source::Policy }
}
