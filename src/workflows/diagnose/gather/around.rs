//! What the memberships point to: projects, policies, user configurations, profiles; and the address that rules are held
//! against.

use std::collections::BTreeSet;

use futures::future::{join_all, try_join_all};

use super::{Gathering, found};
use crate::identity::access::AddressRule;
use crate::identity::sign_in::doctor::{
    Attempt, Liveness, MembershipFact, PolicyFact, ProjectFact, Reach, Window, key,
};
use crate::identity::{MembershipId, ProjectId, Reference, Seen, Text, Unseen, UserId};
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

impl Gathering<'_> {
    /// Projects, policies, configurations and profiles of the memberships, and the address that rules are held against.
    pub(super) async fn around(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
        self.gates(attempt.project.clone()).await?;
        self.address(attempt).await
    }

    /// All but the address; one more project may be named.
    pub(super) async fn gates(&mut self, named: Option<ProjectId>) -> Result<(), Trouble> {
        if self.facts.reach == Reach::Nothing {
            return Ok(());
        }
        self.projects(named).await?;
        let memberships = self.facts.memberships.clone();
        if self.is_super() {
            self.policies_one_by_one(&memberships).await?;
        } else {
            self.policies_on_behalf(&memberships).await?;
        }
        self.profiles(&memberships).await?;
        self.configurations(&memberships).await
    }

    /// The same for a crowd: what many have in common is asked for once, and profiles, which stop nobody, not at all.
    pub(super) async fn gates_of_many(&mut self) -> Result<(), Trouble> {
        self.projects(None).await?;
        let memberships = self.facts.memberships.clone();
        if self.is_super() {
            self.policies_one_by_one(&memberships).await?;
        } else {
            let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
            let one_each = memberships.iter().filter(|membership| {
                // Who is not active cannot be acted for.
                membership.active
                    && seen.insert(self.effective(membership).iter().map(key).collect::<Vec<String>>())
            });
            let one_each: Vec<MembershipFact> = one_each.cloned().collect();
            self.policies_on_behalf(&one_each).await?;
            let unread: Vec<MembershipFact> = memberships
                .iter()
                .filter(|m| self.effective(m).iter().any(|p| !self.facts.policies.contains_key(&key(p))))
                .cloned()
                .collect();
            self.policies_one_by_one(&unread).await?;
        }
        self.configurations(&memberships).await
    }

    /// The projects of the memberships; one more may be named.
    async fn projects(&mut self, named: Option<ProjectId>) -> Result<(), Trouble> {
        let projects: BTreeSet<ProjectId> =
            self.facts.memberships.iter().map(|membership| membership.project.clone()).chain(named).collect();
        let engine = self.engine;
        let source = self.source(Window::Record);
        let read = projects.iter().map(|id| crate::workflows::project::read(engine, id));
        for (id, answer) in projects.iter().zip(join_all(read).await) {
            let fact = match answer {
                Ok(project) => Seen::Known(Some(ProjectFact {
                    name: project.name.clone(),
                    google_required: project.features.iter().any(|f| f.raw() == "google-auth-required"),
                    redirect_below: project.setting("allow-dangerous-redirect")
                        == Some(&serde_json::Value::Bool(true)),
                    mfa_required: project.setting("mfaRequired") == Some(&serde_json::Value::Bool(true)),
                    defaults: project.defaults.clone(),
                    source,
                })),
                Err(trouble) if self.is_super() && matches!(trouble.cause, Cause::Gone | Cause::NotFound) => {
                    Seen::Known(None)
                }
                Err(trouble) if matches!(trouble.cause, Cause::Gone | Cause::NotFound | Cause::Forbidden) => {
                    Seen::Unknown(Unseen::SuperAdminOnly)
                }
                Err(trouble) => return Err(trouble),
            };
            self.facts.projects.insert(id.clone(), fact);
        }
        Ok(())
    }

    fn effective(&self, membership: &MembershipFact) -> Vec<Reference> {
        let project =
            self.facts.projects.get(&membership.project).and_then(Seen::known).and_then(Option::as_ref);
        membership.effective_policies(project)
    }

    async fn policies_one_by_one(&mut self, memberships: &[MembershipFact]) -> Result<(), Trouble> {
        let mut policies: Vec<Reference> = Vec::new();
        for reference in memberships.iter().flat_map(|membership| self.effective(membership)) {
            let known = self.facts.policies.contains_key(&key(&reference));
            if !known && !policies.iter().any(|other| key(other) == key(&reference)) {
                policies.push(reference);
            }
        }
        self.read_policies(&policies).await?;
        // What could stand in for a dead one.
        let dead = |reference: &Reference| {
            let known = self.facts.policies.get(&key(reference)).and_then(Seen::known);
            known.is_none_or(|fact| fact.liveness != Liveness::Alive)
        };
        let mut instead: Vec<Reference> = Vec::new();
        for membership in memberships.iter().filter(|membership| self.effective(membership).iter().any(dead))
        {
            let project =
                self.facts.projects.get(&membership.project).and_then(Seen::known).and_then(Option::as_ref);
            let kind = if membership.admin { "Admin" } else { &*membership.profile.kind };
            instead.extend(project.and_then(|project| project.default_policy(kind)).cloned());
        }
        instead.retain(|policy| !self.facts.policies.contains_key(&key(policy)));
        self.read_policies(&instead).await
    }

    async fn read_policies(&mut self, policies: &[Reference]) -> Result<(), Trouble> {
        let (engine, is_super, source) = (self.engine, self.is_super(), self.source(Window::Record));
        let read = policies.iter().map(|reference| engine.remote.record(reference, &["/ipAccessRule"]));
        for (reference, answer) in policies.iter().zip(join_all(read).await) {
            let dead = |liveness| Seen::Known(PolicyFact { liveness, ip: Vec::new(), source });
            let fact = match answer {
                Ok(record) => Seen::Known(PolicyFact {
                    liveness: Liveness::Alive,
                    ip: rules(record.values.first().and_then(Option::as_ref)),
                    source,
                }),
                Err(trouble) if trouble.cause == Cause::Gone => dead(Liveness::Gone),
                Err(trouble) if trouble.cause == Cause::NotFound && is_super => dead(Liveness::Missing),
                Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden) => {
                    Seen::Unknown(Unseen::Policy)
                }
                Err(trouble) => return Err(trouble),
            };
            self.facts.policies.insert(key(reference), fact);
        }
        Ok(())
    }

    /// A project admin asks the platform to resolve the policies on behalf of the member: it refuses where one is dead,
    /// whatever the own policy lets the admin read (platform-api §1.10).
    async fn policies_on_behalf(&mut self, memberships: &[MembershipFact]) -> Result<(), Trouble> {
        let own = self.engine.caller.project.clone();
        let here: Vec<&MembershipFact> = memberships
            .iter()
            .filter(|membership| membership.project == own && !self.effective(membership).is_empty())
            .collect();
        let (engine, source) = (self.engine, self.source(Window::OnBehalfOf));
        let answers = join_all(here.iter().map(|membership| engine.remote.policy_of(&membership.id))).await;
        let mut unsettled: Vec<MembershipFact> = Vec::new();
        for (membership, answer) in here.iter().zip(answers) {
            match answer {
                Ok(policy) => {
                    // The rules come as one list in order; they are kept with the first policy.
                    let mut rules = policy.address_rules;
                    for reference in self.effective(membership) {
                        let ip = std::mem::take(&mut rules);
                        let fact = PolicyFact { liveness: Liveness::Alive, ip, source };
                        self.facts.policies.entry(key(&reference)).or_insert(Seen::Known(fact));
                    }
                    self.facts.profiles.insert(key(&membership.profile), Seen::Known(Liveness::Alive));
                }
                Err(trouble)
                    if matches!(trouble.cause, Cause::SignedOut | Cause::NoAnswer | Cause::NotSent) =>
                {
                    return Err(trouble);
                }
                Err(trouble) => {
                    let broken = trouble.is_dead_policy();
                    if let (true, [only]) = (broken, &*self.effective(membership)) {
                        let fact = PolicyFact { liveness: Liveness::Missing, ip: Vec::new(), source };
                        self.facts.policies.insert(key(only), Seen::Known(fact));
                    } else {
                        unsettled.push((*membership).clone());
                    }
                }
            }
        }
        self.policies_one_by_one(&unsettled).await
    }

    /// User configurations: whether they are there.
    async fn configurations(&mut self, memberships: &[MembershipFact]) -> Result<(), Trouble> {
        let mut asked: Vec<Reference> = Vec::new();
        for reference in memberships.iter().filter_map(|m| m.configuration.known().cloned().flatten()) {
            if !asked.iter().any(|other| key(other) == key(&reference)) {
                asked.push(reference);
            }
        }
        let answers = self.liveness(asked).await?;
        self.facts.configurations.extend(answers);
        Ok(())
    }

    /// Profiles: whether they are there.
    async fn profiles(&mut self, memberships: &[MembershipFact]) -> Result<(), Trouble> {
        let asked = memberships
            .iter()
            .map(|membership| membership.profile.clone())
            .filter(|profile| !self.facts.profiles.contains_key(&key(profile)))
            .collect();
        let answers = self.liveness(asked).await?;
        self.facts.profiles.extend(answers);
        Ok(())
    }

    async fn liveness(&self, asked: Vec<Reference>) -> Result<Vec<(String, Seen<Liveness>)>, Trouble> {
        let (engine, is_super) = (self.engine, self.is_super());
        let ask = |reference: Reference| async move {
            let answer = engine.remote.record(&reference, &[]).await;
            let liveness = match answer {
                Ok(_) => Seen::Known(Liveness::Alive),
                Err(trouble) if trouble.cause == Cause::Gone => Seen::Known(Liveness::Gone),
                Err(trouble) if trouble.cause == Cause::NotFound && is_super => {
                    Seen::Known(Liveness::Missing)
                }
                Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden) => {
                    Seen::Unknown(Unseen::Policy)
                }
                Err(trouble) => return Err(trouble),
            };
            Ok((key(&reference), liveness))
        };
        try_join_all(asked.into_iter().map(ask)).await
    }

    /// Only where some rule looks at it: the address of the last sign-in, else the own one.
    async fn address(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
        let looks = self.facts.policies.values().filter_map(Seen::known).any(|policy| !policy.ip.is_empty());
        if attempt.address.is_some() || !looks || !self.is_super() {
            return Ok(());
        }
        let users: Vec<UserId> = self
            .facts
            .meant
            .iter()
            .filter_map(|id| self.facts.membership(id))
            .map(|m| m.user.clone())
            .collect();
        if let Some(user) = users.first() {
            let last = found(self.engine.remote.sessions(Some(user), 1).await)?;
            let address =
                last.and_then(|(sessions, _)| sessions.into_iter().next()).map(|session| session.address);
            if let Some(address) = address.filter(|address| !address.is_empty()) {
                self.facts.address = Some((address, "of the last sign-in"));
                return Ok(());
            }
        }
        let own = found(self.engine.remote.own_sessions().await)?.unwrap_or_default();
        let address = own.into_iter().map(|session| session.address).find(|address| !address.is_empty());
        self.facts.address = address.map(|address| (address, "your own; another place may have another"));
        Ok(())
    }

    /// External ids that those who are meant had once: a full replace may have erased them (platform-api §10.5).
    pub(super) async fn former_ids(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
        if attempt.subject.text().is_none() {
            return Ok(());
        }
        let without: Vec<MembershipId> = self
            .facts
            .meant
            .iter()
            .filter(|id| self.facts.membership(id).is_some_and(|m| m.external_id.is_none()))
            .cloned()
            .collect();
        let engine = self.engine;
        let read = without.iter().map(|id| engine.remote.membership_history(id));
        for (id, history) in without.iter().zip(join_all(read).await) {
            let mut ids: Vec<Text> = Vec::new();
            for version in found(history)?.unwrap_or_default() {
                ids.extend(version.external_id.filter(|id| !ids.contains(id)));
            }
            if !ids.is_empty() {
                self.facts.former_ids.insert(id.clone(), ids);
            }
        }
        Ok(())
    }
}

fn rules(value: Option<&serde_json::Value>) -> Vec<AddressRule> {
    let list = value.and_then(serde_json::Value::as_array).into_iter().flatten();
    list.filter_map(|rule| {
        let allow = match rule["action"].as_str()? {
            "allow" => true,
            "block" => false,
            _ => return None,
        };
        Some(AddressRule { value: Text::from(rule["value"].as_str()?), allow })
    })
    .collect()
}
