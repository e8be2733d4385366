//! From findings of the sweep to the changes that mend them, where one follows from the rule
//! ([`crate::identity::findings::Fix`]).

use futures::future::join_all;

use super::each::{self, Wanted};
use super::{Intent, NoPlan, Why};
use crate::identity::findings::{Finding, Fix, Rule, Who};
use crate::identity::linkage::{erased, former};
use crate::identity::{Membership, MembershipId, Plan, Text, UserId};
use crate::workflows::engine::Engine;
use crate::workflows::{project, sessions};

/// Findings looked at at the same time.
const AT_ONCE: usize = 4;

/// Whom a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A member.
    Member(MembershipId),
    /// A user without a membership.
    User(UserId),
}

/// One finding to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixOf {
    /// By which rule it was found.
    pub rule: Rule,
    /// Whose.
    pub whose: Whose,
    /// Their name.
    pub name: Text,
}

impl From<&Finding> for FixOf {
    fn from(finding: &Finding) -> Self {
        let whose = match &finding.who {
            Who::Member(subject) => Whose::Member(subject.membership.clone()),
            Who::User(user) => Whose::User(user.id.clone()),
        };
        Self { rule: finding.rule, whose, name: finding.who.name().clone() }
    }
}

/// What the plan is called.
pub(super) fn title(all: &[FixOf]) -> &'static str {
    match all {
        [first, rest @ ..] if rest.iter().all(|one| one.rule == first.rule) => first.rule.fix_title(),
        _ => "Fix findings",
    }
}

/// One plan: of a single finding its own, of several a row for each; what needs a decision is left out and named.
pub(super) async fn plan(engine: &Engine, all: &[FixOf]) -> Result<Plan, NoPlan> {
    if let [one] = all {
        let intent = intent(engine, one).await?;
        return each::alone(engine, &intent).await;
    }
    let engine = &engine.in_background();
    let (mut wanted, mut left_out): (Vec<Wanted>, Vec<String>) = (Vec::new(), Vec::new());
    for some in all.chunks(AT_ONCE) {
        let answers = join_all(some.iter().map(|one| intent(engine, one))).await;
        for (one, answer) in some.iter().zip(answers) {
            let name = one.name.to_string();
            let member = match &one.whose {
                Whose::Member(id) => Some(id.clone()),
                Whose::User(_) => None,
            };
            match answer {
                // Two changes of one record in one plan would trip over each other's version.
                Ok(_) if member.is_some() && wanted.iter().any(|known| known.member == member) => {
                    left_out.push(format!("{name}: another finding of theirs comes first"));
                }
                Ok(intent) => wanted.push(Wanted { member, name: one.name.clone(), intent }),
                Err(refused) => left_out.push(each::why(&name, refused)?),
            }
        }
    }
    each::rows(engine, title(all), wanted, left_out).await
}

fn decide(why: Why, what: impl Into<String>, next: &str) -> NoPlan {
    NoPlan::because(why, what).then(next)
}

/// The change that follows from one finding.
async fn intent(engine: &Engine, one: &FixOf) -> Result<Intent, NoPlan> {
    if let Fix::Decide(what) = one.rule.fix() {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{}, {}: needs a decision: {what}.", one.name, one.rule.words()),
        ));
    }
    let member = match &one.whose {
        Whose::User(user) => return Ok(Intent::RemoveGhost { user: user.clone() }),
        Whose::Member(id) => id.clone(),
    };
    match one.rule {
        Rule::Shadow => Ok(Intent::Remove { member }),
        Rule::MixedCase => Ok(Intent::LowerCaseEmail { member }),
        Rule::NoUser => Ok(Intent::Activate { members: vec![member], active: false }),
        Rule::StaleName => Ok(Intent::RefreshDisplay { member }),
        Rule::PaddedExternalId => {
            let membership = engine.remote.membership(&member).await?;
            let id = membership.external_id.as_ref().map(|id| id.raw().trim()).unwrap_or_default();
            if id.is_empty() {
                let what = format!("{} has no external id that could be trimmed.", one.name);
                return Err(decide(Why::Nothing, what, "Clear it, or set another one."));
            }
            Ok(link(member, id))
        }
        Rule::NoPolicy => default_policy(engine, engine.remote.membership(&member).await?, &one.name).await,
        Rule::StaffByEmail => {
            let versions = engine.remote.membership_history(&member).await?;
            match erased(&former(&versions)) {
                Some(lost) => Ok(link(member, lost.external_id.raw())),
                None => Err(decide(
                    Why::Nothing,
                    format!("{} never had an external id, as the history tells.", one.name),
                    "Set the one that the identity provider sends.",
                )),
            }
        }
        Rule::LegacyExternalId => legacy(engine, engine.remote.membership(&member).await?, &one.name).await,
        Rule::InactiveSessions => {
            let user = user_of(&engine.remote.membership(&member).await?);
            let alive = match &user {
                Some(user) => sessions::list(engine, Some(user)).await?.list,
                None => Vec::new(),
            };
            if alive.is_empty() {
                let what = format!("{} has no session that can still be used.", one.name);
                return Err(NoPlan::because(Why::Nothing, what));
            }
            Ok(Intent::EndSessions { sessions: alive.into_iter().map(|session| session.id).collect() })
        }
        _ => Err(NoPlan::because(Why::Nothing, format!("{}: there is nothing to do.", one.name))),
    }
}

fn link(member: MembershipId, id: &str) -> Intent {
    Intent::Link { members: vec![member], external_id: Some(Text::from(id)) }
}

fn user_of(membership: &Membership) -> Option<UserId> {
    (&*membership.user.kind == UserId::KIND).then(|| UserId::new(membership.user.id.clone()))
}

/// What an invitation would give to this kind of member (platform-api §9.7).
async fn default_policy(engine: &Engine, membership: Membership, name: &Text) -> Result<Intent, NoPlan> {
    let project = project::read(engine, &membership.project).await?;
    let own = membership.admin.then(|| project.default_policy("Admin")).flatten();
    match own.or_else(|| project.default_policy(&membership.profile.kind)) {
        Some(policy) => {
            let policy = Some(Text::from(format!("{}/{}", policy.kind, policy.id)));
            Ok(Intent::Policy { members: vec![membership.id], policy })
        }
        None => Err(decide(
            Why::Conflict,
            format!("{name}: {} has no default policy for a {}.", project.name, membership.profile.kind),
            "Choose a policy for them.",
        )),
    }
}

/// The id in the old place, where the membership has none of its own (platform-api §10.1).
async fn legacy(engine: &Engine, membership: Membership, name: &Text) -> Result<Intent, NoPlan> {
    if let Some(id) = &membership.external_id {
        return Err(decide(
            Why::Conflict,
            format!("{name}'s membership has {id}, which comes first."),
            "The one in the old place does no harm.",
        ));
    }
    let user = match user_of(&membership) {
        Some(user) => engine.remote.user(&user).await?,
        None => return Err(NoPlan::because(Why::Nothing, format!("{name} is not a person."))),
    };
    match &user.legacy_external_id {
        Some(id) => Ok(link(membership.id, id.raw())),
        None => {
            Err(NoPlan::because(Why::Nothing, format!("{name}'s user has no external id in the old place.")))
        }
    }
}
