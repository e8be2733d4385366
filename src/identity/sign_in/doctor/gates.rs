//! What stands between a membership and the sign-in (platform-api §10.2 step 10): the project's demands, the user
//! configuration, access policies and their rules about internet addresses.

use super::attempt::Flow;
use super::diagnosis::StepId;
use super::facts::{Liveness, MembershipFact, UserFact, key};
use super::shared::DEAD_POLICY;
use super::walk::{End, Go, Walk};
use crate::identity::seen::Seen;

impl<'a> Walk<'a> {
    /// What stands between a membership and the sign-in (platform-api §10.2 step 10).
    pub(super) fn gates(&mut self, membership: &'a MembershipFact) -> Go<()> {
        self.google(membership)?;
        self.configuration(membership)?;
        self.policies(membership)?;
        self.profile(membership);
        Ok(())
    }

    fn google(&mut self, membership: &'a MembershipFact) -> Go<()> {
        let project = match self.facts.projects.get(&membership.project) {
            Some(Seen::Known(Some(project))) => project,
            Some(Seen::Known(None)) => {
                return Err(self.refuse(StepId::Google, "the project was deleted", "Gone", 410));
            }
            Some(Seen::Unknown(why)) => {
                let (what, why) = ("whether the project lets in through Google only", why.to_string());
                if self.attempt.flow != Flow::Google && self.fork(StepId::Google, 2, what, why) == 1 {
                    return Err(self.refuse(
                        StepId::Google,
                        "the project lets in through Google only",
                        "Google authentication is required",
                        400,
                    ));
                }
                self.pass(StepId::Google, "");
                return Ok(());
            }
            None => return Err(self.lost(StepId::Google, "the project of the membership", "not looked at")),
        };
        self.look(
            format!("project {}", project.name),
            Some(membership.project.reference()),
            Some(project.source),
        );
        if project.google_required && self.attempt.flow != Flow::Google {
            return Err(self.refuse(
                StepId::Google,
                format!("{} lets in through Google only (feature google-auth-required)", project.name),
                "Google authentication is required",
                400,
            ));
        }
        if self.attempt.flow != Flow::Google {
            self.pass(StepId::Google, format!("{} asks for no particular way", project.name));
        }
        Ok(())
    }

    fn configuration(&mut self, membership: &'a MembershipFact) -> Go<()> {
        let id = StepId::Configuration;
        let dead = "the user configuration that the membership points to is not there";
        let reference = match &membership.configuration {
            Seen::Known(None) => {
                self.pass(id, "none is set");
                return Ok(());
            }
            Seen::Known(Some(reference)) => reference,
            Seen::Unknown(why) => {
                if self.fork(id, 2, "whether the user configuration is there", why.to_string()) == 1 {
                    return Err(self.refuse(id, dead, "Not found", 404));
                }
                self.pass(id, "");
                return Ok(());
            }
        };
        let liveness = match self.facts.configurations.get(&key(reference)) {
            Some(Seen::Known(liveness)) => *liveness,
            Some(Seen::Unknown(why)) => {
                match self.fork(id, 2, format!("whether {reference} is there"), why.to_string()) {
                    0 => Liveness::Alive,
                    _ => Liveness::Missing,
                }
            }
            None => return Err(self.lost(id, format!("{reference}"), "not looked at")),
        };
        match liveness {
            Liveness::Alive => {
                self.pass(id, format!("{reference} is there"));
                Ok(())
            }
            Liveness::Missing => Err(self.refuse(id, format!("{dead}: {reference}"), "Not found", 404)),
            Liveness::Gone => Err(self.refuse(id, format!("{dead}: {reference}"), "Gone", 410)),
        }
    }

    fn policies(&mut self, membership: &'a MembershipFact) -> Go<()> {
        let id = StepId::Policy;
        let mut rules = Vec::new();
        let project = match self.facts.projects.get(&membership.project) {
            Some(Seen::Known(project)) => project.as_ref(),
            Some(Seen::Unknown(_)) | None => None,
        };
        let policies = membership.effective_policies(project);
        for reference in &policies {
            let name = reference
                .display
                .as_ref()
                .map_or_else(|| reference.to_string(), |name| format!("{name} ({reference})"));
            match self.facts.policies.get(&key(reference)) {
                Some(Seen::Known(policy)) => {
                    self.look(format!("access policy {name}"), Some(reference.clone()), Some(policy.source));
                    if policy.liveness != Liveness::Alive {
                        let detail = format!("the access policy {name} is not there any more");
                        return Err(self.refuse(id, detail, DEAD_POLICY, 400));
                    }
                    rules.extend(policy.ip.iter());
                }
                Some(Seen::Unknown(why)) => {
                    if self.fork(id, 2, format!("whether the access policy {name} is there"), why.to_string())
                        == 1
                    {
                        return Err(self.refuse(
                            id,
                            format!("the access policy {name} is not there"),
                            DEAD_POLICY,
                            400,
                        ));
                    }
                    if self.fork(StepId::Ip, 2, format!("the address rules of {name}"), why.to_string()) == 1
                    {
                        return Err(self.refuse(
                            StepId::Ip,
                            "a rule blocks the address",
                            "IP address not allowed",
                            400,
                        ));
                    }
                }
                None => return Err(self.lost(id, format!("the access policy {name}"), "not looked at")),
            }
        }
        match policies.len() {
            0 => self.pass(id, "none is set: full access to ordinary records"),
            1 => self.pass(id, "it is there"),
            count => self.pass(id, format!("all {count} are there")),
        }
        let address = match (&self.attempt.address, &self.facts.address) {
            (Some(given), _) => Some((given.clone(), "as given")),
            (None, found) => found.clone(),
        };
        for rule in rules {
            let hit = match &address {
                _ if rule.value.raw() == "*" => true,
                Some((address, _)) => rule.matches(address.raw()),
                None => {
                    let what = format!("whether the person's internet address begins with {}", rule.value);
                    self.fork(StepId::Ip, 2, what, "the platform alone sees it") == 1
                }
            };
            let seen =
                self.attempt.address.as_ref().map_or_else(String::new, |address| format!(" ({address})"));
            match (hit, rule.allow) {
                (true, true) => {
                    self.pass(StepId::Ip, format!("a rule allows {}{seen}", rule.value));
                    return Ok(());
                }
                (true, false) => {
                    let detail = format!("a rule of the access policy blocks {}{seen}", rule.value);
                    return Err(self.refuse(StepId::Ip, detail, "IP address not allowed", 400));
                }
                (false, _) => {}
            }
        }
        self.pass(StepId::Ip, "no rule stands against it");
        Ok(())
    }

    /// A dead profile lets the sign-in through and stops everything after it (platform-api §17).
    fn profile(&mut self, membership: &'a MembershipFact) {
        let key = key(&membership.profile);
        if let Some(Seen::Known(Liveness::Missing | Liveness::Gone)) = self.facts.profiles.get(&key) {
            self.notes.push(format!(
                "{key}, the profile of {}, is not there: the sign-in works, and every request after it is refused with \"Authentication error\"",
                membership.name
            ));
        }
    }

    /// Gates, and the end with one membership.
    pub(super) fn through(&mut self, user: &'a UserFact, membership: &'a MembershipFact) -> Go<End> {
        use super::diagnosis::Next;
        self.gates(membership)?;
        Ok(self.enter(user, Some(membership), Next::None))
    }
}
