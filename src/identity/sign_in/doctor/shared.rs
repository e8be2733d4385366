//! What every flow does alike: find the client, the user, the membership, and pass its gates (platform-api §10.1).

use super::attempt::{Flow, Pkce};
use super::diagnosis::StepId;
use super::facts::{Client, ClientFact, MembershipFact, UserFact};
use super::walk::{Go, Walk};
use crate::identity::id::ProjectId;
use crate::identity::seen::Seen;
use crate::identity::text::Text;
use crate::identity::user::UserScope;

pub(super) const NOT_FOUND: &str = "User not found";
pub(super) const DEAD_POLICY: &str = "Cannot authenticate: Invalid access policy configuration. Please contact your administrator to update your project membership.";

/// Several things with nothing to choose by.
fn first_of(count: usize, what: &str) -> String {
    if count > 1 {
        format!("; the platform takes the first of {count} {what}, in no promised order")
    } else {
        String::new()
    }
}

/// The client application of the attempt: `None` when there is none or, below a super admin, when it may be there.
pub(super) enum Asked<'a> {
    /// It is this one.
    Found(&'a Client),
    /// There is none with this id.
    Missing,
    /// It was deleted.
    Gone,
}

impl<'a> Walk<'a> {
    /// Looks the client application up. Only called when the attempt names one.
    pub(super) fn client(&mut self, id: &Text) -> Go<Asked<'a>> {
        match self.facts.clients.get(id.raw()) {
            Some(Seen::Known(ClientFact::Found(client))) => {
                let project = client.project.as_ref().map_or_else(
                    || "built into the platform".to_owned(),
                    |project| self.project_name(project),
                );
                self.look(
                    format!("client {} · {project}", client.name),
                    Some(client.id.reference()),
                    Some(client.source),
                );
                if client.status.as_ref().is_some_and(|status| status.raw() != "active") {
                    self.notes.push(format!(
                        "the client {} is switched off; that stops machine sign-ins only, not people",
                        client.name
                    ));
                }
                Ok(Asked::Found(client))
            }
            Some(Seen::Known(ClientFact::Missing)) => Ok(Asked::Missing),
            Some(Seen::Known(ClientFact::Gone)) => Ok(Asked::Gone),
            Some(Seen::Unknown(why)) => {
                Err(self.lost(StepId::Client, format!("the client application {id}"), why.to_string()))
            }
            None => Err(self.lost(StepId::Client, format!("the client application {id}"), "not looked at")),
        }
    }

    /// PKCE is looked at before anybody is looked for, unless the client does without (platform-api §3.1).
    pub(super) fn pkce(&mut self, client: Option<&Client>) -> Go<()> {
        let (detail, text) = match self.attempt.pkce {
            Pkce::Proper => return Ok(()),
            Pkce::NoMethod => {
                ("a challenge comes without a method that is known", "Invalid code challenge method")
            }
            Pkce::NoChallenge => ("a method comes without a challenge", "Invalid code challenge"),
        };
        if client.is_some_and(|client| client.pkce_optional) {
            self.pass(StepId::Pkce, format!("{detail}; this client does without PKCE"));
            return Ok(());
        }
        Err(self.refuse(StepId::Pkce, detail, text, 400))
    }

    /// A project by its name where it is known.
    pub(super) fn project_name(&self, id: &ProjectId) -> String {
        match self.facts.projects.get(id) {
            Some(Seen::Known(Some(project))) => format!("project {}", project.name),
            _ => format!("{id:?}"),
        }
    }

    /// By address: in the project first, then among server-scoped users.
    pub(super) fn by_email(&mut self, email: &str, project: Option<&ProjectId>) -> Go<&'a UserFact> {
        let key = email.to_lowercase();
        if !self.facts.covers_email(&key) {
            return Err(self.lost(
                StepId::User,
                format!("who has the address {}", Text::from(email)),
                "not looked for",
            ));
        }
        if key.contains([',', '\\']) {
            self.notes.push(
                "the address has a comma or a backslash: the platform reads them as \"or\" and as an escape"
                    .to_owned(),
            );
        }
        let shown = Text::from(key.as_str());
        if let Some(project) = project {
            let scope = UserScope::Project(project.clone());
            let found: Vec<&UserFact> = self.facts.with_email(&key, &scope);
            if let Some(user) = found.first() {
                self.look_at_user(user);
                let hidden: Vec<&UserFact> = self.facts.with_email(&key, &UserScope::Server);
                for shadowed in &hidden {
                    self.look_at_user(shadowed);
                }
                let shadow = if hidden.is_empty() {
                    ""
                } else {
                    "; it hides a server-scoped user with the same address"
                };
                self.pass(
                    StepId::User,
                    format!("a project-scoped user has {shown}{shadow}{}", first_of(found.len(), "users")),
                );
                return Ok(user);
            }
            if !self.facts.sees(project) {
                let what = format!("whether a user of {} has {shown}", self.project_name(project));
                if self.fork(StepId::User, 2, what.clone(), "only a super admin sees other projects") == 1 {
                    return Err(self.lost(StepId::User, what, "only a super admin sees other projects"));
                }
            }
        }
        let found: Vec<&UserFact> = self.facts.with_email(&key, &UserScope::Server);
        if !self.facts.sees_everything() {
            let (what, why) = match found.first() {
                Some(_) => (
                    format!("whether another server-scoped user has {shown} as well"),
                    "only a super admin sees server-scoped users without a membership here",
                ),
                None => (
                    format!("whether a server-scoped user without a membership here has {shown}"),
                    "only a super admin sees such users",
                ),
            };
            if self.fork(StepId::User, 2, what.clone(), why) == 1 {
                let here = project.is_some_and(|project| self.facts.sees(project));
                if here && self.attempt.flow != Flow::Password {
                    // Whoever is not seen from here has no membership here.
                    return Err(self.refuse(
                        StepId::Membership,
                        format!("the user with {shown} has no membership here"),
                        NOT_FOUND,
                        400,
                    ));
                }
                return Err(self.lost(StepId::User, what, why));
            }
        }
        if let Some(user) = found.first() {
            for user in &found {
                self.look_at_user(user);
            }
            self.pass(
                StepId::User,
                format!("a server-scoped user has {shown}{}", first_of(found.len(), "users")),
            );
            return Ok(user);
        }
        let detail = self.why_nobody(&key, project);
        Err(self.refuse(StepId::User, detail, NOT_FOUND, 400))
    }

    /// Why an address finds nobody, from what is close to it.
    fn why_nobody(&mut self, key: &str, project: Option<&ProjectId>) -> String {
        let shown = Text::from(key);
        let facts = self.facts;
        let same = |user: &&UserFact| matches!(&user.email, Seen::Known(Some(own)) if own.raw().to_lowercase() == key);
        if let Some(user) = facts.users.iter().find(same) {
            self.look_at_user(user);
            if user.gone {
                return format!("the user with {shown} was deleted");
            }
            if matches!(&user.email, Seen::Known(Some(own)) if own.raw() != key) {
                return format!(
                    "the stored address is not in lower case; the platform looks for {shown} letter by letter"
                );
            }
            return match (&user.scope, project) {
                (Seen::Known(UserScope::Project(own)), None) => format!(
                    "the user with {shown} is project-scoped ({}), and this way names no project: only server-scoped users are looked for",
                    self.project_name(own)
                ),
                (Seen::Known(UserScope::Project(own)), Some(_)) => {
                    format!(
                        "the user with {shown} is project-scoped, in another project ({})",
                        self.project_name(own)
                    )
                }
                _ => format!("no user that can be found has {shown}"),
            };
        }
        let meant: Vec<&MembershipFact> = facts.meant.iter().filter_map(|id| facts.membership(id)).collect();
        for membership in &meant {
            if let Some(user) = facts.user(&membership.user) {
                self.look_at_user(user);
            }
        }
        match meant.first().and_then(|membership| Some((membership, facts.user(&membership.user)?))) {
            Some((membership, UserFact { email: Seen::Known(Some(own)), .. })) => {
                format!("no user has {shown}; {} has {own}", membership.name)
            }
            Some((membership, UserFact { email: Seen::Known(None), .. })) => {
                format!("no user has {shown}; {} has no address", membership.name)
            }
            _ => format!("no user has {shown}"),
        }
    }

    /// By external id, in one project. Memberships that are not active count here (platform-api §10.1).
    pub(super) fn by_subject(&mut self, subject: &str, project: &ProjectId) -> Go<&'a UserFact> {
        let shown = Text::from(subject);
        if !self.facts.covers_subject(subject) {
            return Err(self.lost(
                StepId::User,
                format!("who has the external id {shown}"),
                "not looked for",
            ));
        }
        if !self.facts.sees(project) {
            let what = format!("who has the external id {shown} in {}", self.project_name(project));
            return Err(self.lost(StepId::User, what, "only a super admin sees other projects"));
        }
        let keys = super::attempt::alternatives(subject);
        let odd = subject.contains([',', '\\']);
        if odd {
            self.notes.push(
                "the subject has a comma or a backslash: the platform reads them as \"or\" and as an escape"
                    .to_owned(),
            );
        }
        let is = |id: &Option<Text>| id.as_ref().is_some_and(|id| keys.iter().any(|key| key == id.raw()));
        let facts = self.facts;
        let mut found: Vec<&MembershipFact> =
            facts.memberships.iter().filter(|m| m.project == *project && is(&m.external_id)).collect();
        found.sort_by_key(|m| facts.linked.iter().position(|id| *id == m.id).unwrap_or(usize::MAX));
        if let Some(membership) = found.first() {
            self.look_at_membership(membership);
            let Some(user) = facts.user(&membership.user) else {
                return Err(self.lost(
                    StepId::User,
                    format!("the user of {}", membership.name),
                    "not looked for",
                ));
            };
            if user.gone {
                let detail =
                    format!("the external id belongs to {}, whose user was deleted", membership.name);
                return Err(self.refuse(StepId::User, detail, "Gone", 410));
            }
            self.look_at_user(user);
            let detail = format!(
                "{} has the external id {shown}{}",
                membership.name,
                first_of(found.len(), "memberships")
            );
            self.pass(StepId::User, detail);
            return Ok(user);
        }
        let mut legacy = Vec::new();
        for user in &facts.users {
            if user.gone || user.scope != Seen::Known(UserScope::Project(project.clone())) {
                continue;
            }
            if matches!(&user.legacy_external_id, Seen::Known(id) if is(id)) {
                legacy.push(user);
            }
        }
        if let Some(user) = legacy.first() {
            self.look_at_user(user);
            self.pass(StepId::User, format!("a user has {shown} in the old place, User.externalId"));
            return Ok(user);
        }
        let lower = subject.to_lowercase();
        let near = facts.memberships.iter().find(|m| {
            m.project == *project
                && m.external_id.as_ref().is_some_and(|id| id.raw().trim().to_lowercase() == lower.trim())
        });
        let elsewhere = facts.memberships.iter().find(|m| m.project != *project && is(&m.external_id));
        let literal =
            facts.memberships.iter().find(|m| m.external_id.as_ref().is_some_and(|id| id.raw() == subject));
        let meant = facts.meant.iter().find_map(|id| facts.membership(id));
        let detail = match (near, elsewhere, meant) {
            _ if odd && literal.is_some() => {
                format!("{shown} is stored, but a comma or a backslash in it is never matched")
            }
            (Some(near), ..) => {
                self.look_at_membership(near);
                let id = near.external_id.clone().unwrap_or_default();
                format!("nobody has {shown}; {} has {id}, which differs in case or spaces", near.name)
            }
            (None, Some(other), _) => {
                self.look_at_membership(other);
                format!(
                    "{} has {shown} in another project ({})",
                    other.name,
                    self.project_name(&other.project)
                )
            }
            (None, None, Some(meant)) => {
                self.look_at_membership(meant);
                match &meant.external_id {
                    Some(id) => format!("nobody has {shown}; {} has {id}", meant.name),
                    None => format!("nobody has {shown}; {} has no external id", meant.name),
                }
            }
            (None, None, None) => format!("nobody has the external id {shown}"),
        };
        Err(self.refuse(StepId::User, detail, NOT_FOUND, 400))
    }

    /// Active memberships of a user, in the project where one is known; refused when there is none.
    pub(super) fn memberships(
        &mut self,
        user: &'a UserFact,
        project: Option<&ProjectId>,
    ) -> Go<Vec<&'a MembershipFact>> {
        let facts = self.facts;
        let all: Vec<&MembershipFact> =
            facts.memberships_of(&user.id).filter(|m| project.is_none_or(|p| m.project == *p)).collect();
        for membership in &all {
            self.look_at_membership(membership);
        }
        let mut active: Vec<&MembershipFact> = all.iter().copied().filter(|m| m.active).collect();
        // An exchange may name the one it wants; the older endpoint cannot.
        let wanted = self.attempt.membership.as_ref().filter(|_| self.attempt.flow == Flow::Exchange);
        if let Some(wanted) = wanted {
            active.retain(|membership| membership.id == *wanted);
        }
        let complete = match project {
            Some(project) => facts.sees(project),
            None => facts.sees_everything() || self.only_here(user),
        };
        let settled = wanted.is_some() && !active.is_empty();
        if !complete && !settled {
            let what = "whether the user has memberships in other projects";
            let why = "only a super admin sees other projects";
            if self.fork(StepId::Membership, 2, what, why) == 1 {
                return Err(self.lost(StepId::Membership, what, why));
            }
        }
        let Some(first) = active.first() else {
            let detail = match (all.first(), wanted) {
                (Some(_), Some(_)) if all.iter().any(|m| m.active) => {
                    "the membership that is asked for is none of this user's active ones".to_owned()
                }
                (Some(membership), _) => format!("the membership of {} is not active", membership.name),
                (None, _) => match project {
                    Some(project) => format!("the user has no membership in {}", self.project_name(project)),
                    None => "the user has no membership anywhere".to_owned(),
                },
            };
            return Err(self.refuse(StepId::Membership, detail, NOT_FOUND, 400));
        };
        let detail = match active.len() {
            1 => first.name.to_string(),
            count => format!("{count} active memberships, the first is of {}", first.name),
        };
        self.pass(StepId::Membership, detail);
        Ok(active)
    }

    /// True for a project-scoped user of a project that is seen whole: it has memberships nowhere else.
    fn only_here(&self, user: &UserFact) -> bool {
        matches!(&user.scope, Seen::Known(UserScope::Project(own)) if self.facts.sees(own))
    }
}
