//! Reading what the sweep needs beside the members (see [`crate::identity::findings`]).

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::future::join_all;
use futures::join;
use serde_json::{Value, json};

use super::engine::Engine;
use super::person::why_unseen;
use super::refusals::Cause;
use super::remote::Trouble;
use super::{linkage, second_factor};
use crate::identity::directory::Directory;
use crate::identity::findings::{Around, Finding, KnownUser};
use crate::identity::second_factor::Whom;
use crate::identity::{ProjectId, Reference, Role, Seen, SessionId, Text, Unseen, User, UserId};

/// More users than this are not read.
const MOST_USERS: usize = 200_000;

/// More sessions than this are not read.
const MOST_SESSIONS: usize = 20_000;

/// What the sweep asks about, taken from the members first so that they need not be held while it asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Questions {
    domains: Vec<String>,
    whom: Whom,
    projects: Vec<ProjectId>,
    /// A policy and one who has it.
    policies: Vec<(Reference, crate::identity::MembershipId)>,
    /// A profile and whose it is, by kind.
    profiles: BTreeMap<String, Vec<(crate::identity::MembershipId, Reference)>>,
}

impl Questions {
    /// From every member.
    pub fn of(directory: &Directory) -> Self {
        let mut asked = Self::default();
        let mut domains: HashMap<String, u64> = HashMap::new();
        let mut projects = HashSet::new();
        let mut policies = HashSet::new();
        let members = (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?));
        for member in members {
            let email = member.email_raw();
            if let Some((_, domain)) = email.rsplit_once('@') {
                *domains.entry(domain.to_lowercase()).or_default() += 1;
            }
            asked.whom.add(&member.project(), email);
            if projects.insert(member.project()) {
                asked.projects.push(member.project());
            }
            if let Some(policy) = member.policy()
                && policies.insert((policy.kind.clone(), policy.id.clone()))
            {
                asked.policies.push((policy.clone(), member.id()));
            }
            if matches!(member.kind(), "Practitioner" | "Patient" | "RelatedPerson") {
                let of_kind = asked.profiles.entry(member.kind().to_owned()).or_default();
                of_kind.push((member.id(), member.profile()));
            }
        }
        let mut domains: Vec<(String, u64)> = domains.into_iter().collect();
        domains.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        asked.domains = domains.into_iter().map(|(domain, _)| domain).collect();
        asked
    }
}

/// A part of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Clients and domain routes.
    Providers,
    /// What decides about second factors.
    Factors,
    /// Users, those without a membership included.
    Users,
    /// Access policies.
    Policies,
    /// Profiles.
    Profiles,
    /// Settings of the projects.
    Projects,
    /// Sessions.
    Sessions,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Providers,
        Self::Factors,
        Self::Users,
        Self::Policies,
        Self::Profiles,
        Self::Projects,
        Self::Sessions,
    ];

    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Providers => "identity providers",
            Self::Factors => "factors",
            Self::Users => "users",
            Self::Policies => "policies",
            Self::Profiles => "profiles",
            Self::Projects => "projects",
            Self::Sessions => "sessions",
        }
    }
}

/// A finding for programs: as `doctor sweep` and the export of the findings write it.
pub fn finding_json(finding: &Finding) -> Value {
    json!({
        "severity": finding.rule.severity().word(),
        "rule": finding.rule.id(),
        "finding": finding.rule.words(),
        "name": finding.who.name(),
        "email": finding.who.email(),
        "evidence": finding.evidence,
        "record": finding.who.reference().to_string(),
    })
}

/// Reads it. Dropping the future stops it; nothing is written.
pub async fn around(engine: &Engine, asked: &Questions) -> Result<Around, Trouble> {
    around_telling(engine, asked, |_| {}).await
}

/// The same, telling every part once it is there.
pub async fn around_telling(
    engine: &Engine,
    asked: &Questions,
    read: impl Fn(Part),
) -> Result<Around, Trouble> {
    async fn part<T>(work: impl Future<Output = T>, part: Part, read: &impl Fn(Part)) -> T {
        let done = work.await;
        read(part);
        done
    }
    let engine = &engine.in_background();
    let (idps, factors, users, policies, profiles, google_only, sessions) = join!(
        part(linkage::idps(engine, &asked.domains), Part::Providers, &read),
        part(second_factor::rules(engine, &asked.whom.projects, &asked.whom.addresses), Part::Factors, &read),
        part(users(engine), Part::Users, &read),
        part(dead_policies(engine, &asked.policies), Part::Policies, &read),
        part(dead_profiles(engine, &asked.profiles), Part::Profiles, &read),
        part(google_only(engine, &asked.projects), Part::Projects, &read),
        part(sessions(engine), Part::Sessions, &read),
    );
    Ok(Around {
        idps: idps?,
        factors,
        users: users?,
        dead_policies: policies?,
        dead_profiles: profiles?,
        google_only: google_only?,
        sessions: sessions?,
    })
}

/// Unknown where the role may not; a failure of the platform is a failure.
fn seen<T>(answer: Result<T, Trouble>) -> Result<Seen<T>, Trouble> {
    match answer {
        Ok(value) => Ok(Seen::Known(value)),
        Err(trouble) if matches!(trouble.cause, Cause::Forbidden | Cause::NotFound | Cause::Invalid) => {
            Ok(Seen::Unknown(why_unseen(&trouble)))
        }
        Err(trouble) => Err(trouble),
    }
}

async fn users(engine: &Engine) -> Result<Seen<Vec<KnownUser>>, Trouble> {
    let known = |user: User| KnownUser {
        name: Text::from(format!("{} {}", user.first_name.raw(), user.last_name.raw())),
        id: user.id,
        email: user.email,
        scope: user.scope,
    };
    let found = seen(engine.remote.users(MOST_USERS).await)?;
    Ok(found.map(|(users, _)| users.into_iter().map(known).collect()))
}

async fn dead_policies(
    engine: &Engine,
    policies: &[(Reference, crate::identity::MembershipId)],
) -> Result<Seen<HashSet<String>>, Trouble> {
    let is_super = engine.caller.role == Role::SuperAdmin;
    let answers = join_all(policies.iter().map(|(policy, _)| engine.remote.record(policy, &[]))).await;
    let mut dead = HashSet::new();
    for ((policy, member), answer) in policies.iter().zip(answers) {
        let gone = match answer {
            Ok(_) => false,
            Err(trouble) if trouble.cause == Cause::Gone => true,
            Err(trouble) if trouble.cause == Cause::NotFound && is_super => true,
            // Out of sight is not gone: the platform says which when it is asked on behalf of a member
            // (platform-api §1.10).
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden) => {
                match engine.remote.policy_of(member).await {
                    Ok(_) => false,
                    Err(trouble) => trouble.is_dead_policy(),
                }
            }
            Err(trouble) => return Err(trouble),
        };
        if gone {
            dead.insert(format!("{}/{}", policy.kind, policy.id));
        }
    }
    Ok(Seen::Known(dead))
}

/// Two counts for each kind tell whether any is missing at all; only then it is looked which.
async fn dead_profiles(
    engine: &Engine,
    profiles: &BTreeMap<String, Vec<(crate::identity::MembershipId, Reference)>>,
) -> Result<Seen<HashSet<String>>, Trouble> {
    let mut dead = HashSet::new();
    for (kind, members) in profiles {
        let (all, alive) =
            join!(engine.remote.count_members(kind, false), engine.remote.count_members(kind, true));
        let (all, alive) = match (seen(all)?, seen(alive)?) {
            (Seen::Known(all), Seen::Known(alive)) => (all, alive),
            (Seen::Unknown(why), _) | (_, Seen::Unknown(why)) => return Ok(Seen::Unknown(why)),
        };
        if alive >= all {
            continue;
        }
        let (with, complete) = engine.remote.members_with_profile(kind, MOST_USERS).await?;
        if !complete {
            return Ok(Seen::Unknown(Unseen::NotLoaded));
        }
        let with: HashSet<_> = with.into_iter().collect();
        let without = members.iter().filter(|(member, _)| !with.contains(member));
        dead.extend(without.map(|(_, profile)| profile.to_string()));
    }
    Ok(Seen::Known(dead))
}

async fn google_only(engine: &Engine, projects: &[ProjectId]) -> Result<HashSet<ProjectId>, Trouble> {
    let answers = join_all(projects.iter().map(|id| super::project::read(engine, id))).await;
    let mut found = HashSet::new();
    for (id, answer) in projects.iter().zip(answers) {
        if let Seen::Known(project) = seen(answer)?
            && project.features.iter().any(|feature| feature.raw() == "google-auth-required")
        {
            found.insert(id.clone());
        }
    }
    Ok(found)
}

async fn sessions(engine: &Engine) -> Result<Seen<HashMap<UserId, Vec<SessionId>>>, Trouble> {
    if engine.caller.role != Role::SuperAdmin {
        return Ok(Seen::Unknown(Unseen::SuperAdminOnly));
    }
    let found = seen(engine.remote.sessions(None, MOST_SESSIONS).await)?;
    Ok(found.map(|(sessions, _)| {
        let mut by_user: HashMap<UserId, Vec<SessionId>> = HashMap::new();
        for session in sessions.into_iter().filter(crate::identity::LoginSession::is_alive) {
            if let Some(user) = session.user.as_ref().filter(|user| &*user.kind == UserId::KIND) {
                by_user.entry(UserId::new(user.id.clone())).or_default().push(session.id);
            }
        }
        by_user
    }))
}
