//! What would mend a failing sign-in. Every candidate change is tried on the facts first; only what lets the right
//! person in is offered.

use std::collections::BTreeSet;

use super::attempt::{Attempt, Flow};
use super::diagnosis::{Diagnosis, Outcome};
use super::facts::{ClientFact, Facts, Liveness, MembershipFact, RouteFact, UserFact, Window, key};
use super::walk::diagnose;
use crate::identity::email::Email;
use crate::identity::id::{ClientId, DomainRouteId, MembershipId, ProjectId, Reference, UserId};
use crate::identity::provider::{Identifier, IdentityProvider};
use crate::identity::seen::Seen;
use crate::identity::text::Text;
use crate::identity::user::UserScope;

/// More candidates than this are not combined in pairs.
const MOST_PAIRED: usize = 12;

/// More fixes than this are not offered.
const MOST_OFFERED: usize = 6;

/// One change that may mend a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Let the membership in again.
    Activate {
        /// Whose.
        membership: MembershipId,
    },
    /// Take a user configuration away that is not there.
    ClearConfiguration {
        /// Whose.
        membership: MembershipId,
    },
    /// Give the membership a policy that is there.
    SetPolicy {
        /// Whose.
        membership: MembershipId,
        /// The project's default for this kind of member.
        policy: Reference,
    },
    /// Take a parameterised policy away that is not there.
    DropAccess {
        /// Whose.
        membership: MembershipId,
        /// Which.
        policy: Reference,
    },
    /// Delete a user who has no membership and hides another one with the same address.
    RemoveGhost {
        /// Which.
        user: UserId,
    },
    /// Remove a member who is not active and whose user hides another one with the same address.
    RemoveShadow {
        /// Which.
        membership: MembershipId,
    },
    /// Give the user the address that is looked for.
    SetEmail {
        /// Whose.
        membership: MembershipId,
        /// The user.
        user: UserId,
        /// Lower case.
        email: Text,
    },
    /// Give the membership the external id that the IdP sends.
    SetExternalId {
        /// Whose.
        membership: MembershipId,
        /// Letter by letter.
        external_id: Text,
        /// It had it once.
        restored: bool,
    },
    /// Move the external id to the right membership.
    MoveExternalId {
        /// Who has it.
        from: MembershipId,
        /// Who should.
        to: MembershipId,
        /// Which.
        external_id: Text,
    },
    /// Take an external id away that hides the right one.
    ReleaseExternalId {
        /// Whose.
        membership: MembershipId,
    },
    /// Make the user server-scoped, so that a sign-in without a project finds it.
    MakeServerScoped {
        /// Whose.
        membership: MembershipId,
        /// The user.
        user: UserId,
    },
    /// Add a route for a domain, or give one that has none its IdP. Which one, and its secret, have to be asked for.
    AddRoute {
        /// Lower case.
        domain: Text,
        /// A route that is there and names no IdP.
        bare: Option<DomainRouteId>,
    },
    /// Write the domain of a route as the platform looks for it.
    RenameRoute {
        /// Which.
        route: DomainRouteId,
        /// Lower case.
        domain: Text,
    },
    /// Set all mode fields of a route's IdP alike.
    AlignRoute {
        /// Which.
        route: DomainRouteId,
        /// By what people are recognised.
        by_subject: bool,
    },
    /// Set all mode fields of a client's IdP alike.
    AlignClient {
        /// Which.
        client: ClientId,
        /// By what people are recognised.
        by_subject: bool,
    },
}

impl Mend {
    /// The word used in JSON.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Activate { .. } => "activate",
            Self::ClearConfiguration { .. } => "clear-configuration",
            Self::SetPolicy { .. } => "set-policy",
            Self::DropAccess { .. } => "drop-access",
            Self::RemoveGhost { .. } => "remove-ghost",
            Self::RemoveShadow { .. } => "remove-shadow",
            Self::SetEmail { .. } => "set-email",
            Self::SetExternalId { restored: false, .. } => "set-external-id",
            Self::SetExternalId { restored: true, .. } => "restore-external-id",
            Self::MoveExternalId { .. } => "move-external-id",
            Self::ReleaseExternalId { .. } => "release-external-id",
            Self::MakeServerScoped { .. } => "make-server-scoped",
            Self::AddRoute { .. } => "add-route",
            Self::RenameRoute { .. } => "correct-route",
            Self::AlignRoute { .. } => "align-route",
            Self::AlignClient { .. } => "align-client",
        }
    }

    /// The less others feel of it, the smaller.
    fn rank(&self) -> u8 {
        match self {
            Self::SetExternalId { restored: true, .. } => 0,
            Self::SetEmail { .. } | Self::Activate { .. } | Self::ClearConfiguration { .. } => 1,
            Self::SetExternalId { .. } | Self::SetPolicy { .. } | Self::DropAccess { .. } => 2,
            Self::RemoveGhost { .. } => 3,
            Self::MoveExternalId { .. } | Self::ReleaseExternalId { .. } => 4,
            Self::RemoveShadow { .. } => 5,
            Self::MakeServerScoped { .. } => 6,
            Self::RenameRoute { .. } => 7,
            Self::AlignRoute { .. } => 8,
            Self::AlignClient { .. } => 9,
            Self::AddRoute { .. } => 10,
        }
    }

    /// What is done, in words.
    pub fn title(&self, facts: &Facts) -> String {
        let name = |id: &MembershipId| {
            facts.membership(id).map_or_else(|| format!("{id:?}"), |membership| membership.name.to_string())
        };
        let mode = |by_subject: bool| if by_subject { "external id" } else { "email" };
        match self {
            Self::Activate { membership } => format!("activate the membership of {}", name(membership)),
            Self::ClearConfiguration { membership } => {
                format!("take the dead user configuration of {} away", name(membership))
            }
            Self::SetPolicy { membership, policy } => {
                let policy = policy.display.as_ref().map_or_else(|| policy.to_string(), ToString::to_string);
                format!("give {} the access policy {policy}", name(membership))
            }
            Self::DropAccess { membership, policy } => {
                format!("take the dead policy {policy} of {} away", name(membership))
            }
            Self::RemoveGhost { user } => match facts.user(user).map(|user| &user.email) {
                Some(Seen::Known(Some(email))) => {
                    format!("delete the user {email} that has no membership and hides another one")
                }
                _ => "delete the user that has no membership and hides another one".to_owned(),
            },
            Self::RemoveShadow { membership } => {
                format!("remove the inactive member {} whose user hides another one", name(membership))
            }
            Self::SetEmail { membership, email, .. } => {
                format!("set the login email of {} to {email}", name(membership))
            }
            Self::SetExternalId { membership, external_id, restored } => {
                let verb = if *restored { "restore" } else { "set" };
                format!("{verb} the external id of {}: {external_id}", name(membership))
            }
            Self::MoveExternalId { from, to, external_id } => {
                format!("move the external id {external_id} from {} to {}", name(from), name(to))
            }
            Self::ReleaseExternalId { membership } => {
                format!("clear the external id of {}, which hides the right one", name(membership))
            }
            Self::MakeServerScoped { membership, .. } => format!("make {} server-scoped", name(membership)),
            Self::AddRoute { domain, bare: None } => {
                format!("add a route for {domain} to its identity provider")
            }
            Self::AddRoute { domain, bare: Some(_) } => {
                format!("give the route of {domain} its identity provider")
            }
            Self::RenameRoute { domain, .. } => format!("write the domain of the route as {domain}"),
            Self::AlignRoute { by_subject, .. } => {
                format!("let the domain's route recognise people by {}", mode(*by_subject))
            }
            Self::AlignClient { client, by_subject } => {
                let client = match facts.clients.get(client.as_str()) {
                    Some(Seen::Known(ClientFact::Found(client))) => client.name.to_string(),
                    _ => client.to_string(),
                };
                format!("let the client {client} recognise people by {} in every flow", mode(*by_subject))
            }
        }
    }

    /// True where only a super admin may do it.
    pub fn needs_super_admin(&self) -> bool {
        matches!(self, Self::AddRoute { .. } | Self::RenameRoute { .. } | Self::AlignRoute { .. })
    }

    /// The facts as this change would leave them.
    #[must_use]
    pub fn on(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        let membership = |facts: &mut Facts, id: &MembershipId, change: &dyn Fn(&mut MembershipFact)| {
            if let Some(membership) = facts.membership_mut(id) {
                membership.source = membership.source.planned();
                change(membership);
            }
        };
        match self {
            Self::Activate { membership: id } => membership(&mut facts, id, &|m| m.active = true),
            Self::ClearConfiguration { membership: id } => {
                membership(&mut facts, id, &|m| m.configuration = Seen::Known(None));
            }
            Self::SetPolicy { membership: id, policy } => {
                membership(&mut facts, id, &|m| m.policy = Some(policy.clone()));
            }
            Self::DropAccess { membership: id, policy } => {
                membership(&mut facts, id, &|m| m.access.retain(|other| key(other) != key(policy)));
            }
            Self::RemoveGhost { user } => facts.users.retain(|known| known.id != *user),
            Self::RemoveShadow { membership: id } => {
                let user = facts.membership(id).map(|m| m.user.clone());
                facts.memberships.retain(|m| m.id != *id);
                facts.users.retain(|known| Some(&known.id) != user.as_ref());
            }
            Self::SetEmail { user, email, .. } => {
                if let Some(user) = facts.user_mut(user) {
                    user.email = Seen::Known(Some(email.clone()));
                    user.source = user.source.planned();
                }
            }
            Self::SetExternalId { membership: id, external_id, .. } => {
                membership(&mut facts, id, &|m| m.external_id = Some(external_id.clone()));
            }
            Self::MoveExternalId { from, to, external_id } => {
                membership(&mut facts, from, &|m| m.external_id = None);
                membership(&mut facts, to, &|m| m.external_id = Some(external_id.clone()));
            }
            Self::ReleaseExternalId { membership: id } => {
                membership(&mut facts, id, &|m| m.external_id = None);
            }
            Self::MakeServerScoped { user, .. } => {
                if let Some(user) = facts.user_mut(user) {
                    user.scope = Seen::Known(UserScope::Server);
                    user.source = user.source.planned();
                }
            }
            Self::AddRoute { domain, bare } => {
                let source = match facts.routes.get(domain.raw()) {
                    Some(Seen::Known(RouteFact::None { source, .. })) => *source,
                    _ => return facts,
                };
                let fact = RouteFact::Idp {
                    route: bare.clone(),
                    provider: Seen::Known(any_provider()),
                    host: Text::from("its identity provider"),
                    broken: false,
                    source: source.planned(),
                };
                facts.routes.insert(domain.raw().to_owned(), Seen::Known(fact));
            }
            Self::RenameRoute { domain, .. } => {
                let fact = facts.routes.get_mut(domain.raw());
                if let Some(Seen::Known(fact)) = fact
                    && let RouteFact::None { misspelt: Some(misspelt), source, .. } = fact
                    && let Some(provider) = &misspelt.provider
                {
                    let url = url::Url::parse(provider.authorize_url.raw()).ok();
                    *fact = RouteFact::Idp {
                        route: Some(misspelt.route.clone()),
                        provider: Seen::Known(provider.clone()),
                        host: url
                            .as_ref()
                            .and_then(url::Url::host_str)
                            .map_or_else(Text::default, Text::from),
                        broken: url.is_none(),
                        source: source.planned(),
                    };
                }
            }
            Self::AlignRoute { route, by_subject } => {
                for fact in facts.routes.values_mut() {
                    if let Seen::Known(RouteFact::Idp {
                        route: Some(id),
                        provider: Seen::Known(provider),
                        source,
                        ..
                    }) = fact
                        && id == route
                    {
                        align(provider, *by_subject);
                        source.window = Window::Planned;
                    }
                }
            }
            Self::AlignClient { client, by_subject } => {
                if let Some(Seen::Known(ClientFact::Found(found))) = facts.clients.get_mut(client.as_str())
                    && let Some(provider) = &mut found.provider
                {
                    align(provider, *by_subject);
                    found.source = found.source.planned();
                }
            }
        }
        facts
    }
}

/// The IdP of a route that is still to be chosen: one that works and goes by email, as routes have to.
fn any_provider() -> IdentityProvider {
    let address = || Text::from("https://idp.invalid/");
    IdentityProvider {
        authorize_url: address(),
        token_url: address(),
        user_info_url: address(),
        client_id: Text::default(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

/// All three fields that say by what people are recognised, alike (platform-api §9.4, §10.5).
pub fn align(provider: &mut IdentityProvider, by_subject: bool) {
    provider.use_subject = Some(by_subject);
    let (source, mapping) =
        if by_subject { ("subject", "project-membership-external-id") } else { ("email", "user-email") };
    provider.identity_source = Some(source.into());
    provider.identity_mapping_mode = Some(mapping.into());
}

/// A change, or two, after which the sign-in works.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// In order.
    pub mends: Vec<Mend>,
    /// How the sign-in ends afterwards.
    pub after: Diagnosis,
}

impl Fix {
    /// The words used in JSON, joined.
    pub fn id(&self) -> String {
        self.mends.iter().map(Mend::id).collect::<Vec<_>>().join("+")
    }

    /// What is done, in words.
    pub fn title(&self, facts: &Facts) -> String {
        self.mends.iter().map(|mend| mend.title(facts)).collect::<Vec<_>>().join(", then ")
    }

    /// True where only a super admin may do it.
    pub fn needs_super_admin(&self) -> bool {
        self.mends.iter().any(Mend::needs_super_admin)
    }

    /// The facts after it.
    pub fn on(&self, facts: &Facts) -> Facts {
        self.mends.iter().fold(facts.clone(), |facts, mend| mend.on(&facts))
    }
}

/// What would mend it, the gentlest first. Only changes after which the right person gets in, as far as can be seen.
pub fn fixes(attempt: &Attempt, facts: &Facts, diagnosis: &Diagnosis) -> Vec<Fix> {
    if diagnosis.expected().is_success() && right(diagnosis.expected(), facts) {
        return Vec::new();
    }
    let mut candidates = candidates(attempt, facts);
    candidates.sort_by_key(Mend::rank);
    let tried = |mends: &[&Mend]| -> Option<Fix> {
        let changed = mends.iter().fold(facts.clone(), |facts, mend| mend.on(&facts));
        let after = diagnose(attempt, &changed);
        (after.expected().is_success() && right(after.expected(), &changed))
            .then(|| Fix { mends: mends.iter().map(|&mend| mend.clone()).collect(), after })
    };
    let mut found: Vec<Fix> = candidates.iter().filter_map(|mend| tried(&[mend])).collect();
    if found.is_empty() {
        let few = &candidates[..candidates.len().min(MOST_PAIRED)];
        for (at, first) in few.iter().enumerate() {
            found.extend(few[at + 1..].iter().filter_map(|second| tried(&[first, second])));
        }
        found.sort_by_key(|fix| fix.mends.iter().map(Mend::rank).sum::<u8>());
    }
    found.truncate(MOST_OFFERED);
    found
}

/// True when it is one of those who are meant who signs in.
fn right(outcome: &Outcome, facts: &Facts) -> bool {
    let Some(user) = &outcome.user else { return false };
    facts.meant.is_empty()
        || facts.meant.iter().filter_map(|id| facts.membership(id)).any(|meant| meant.user == *user)
}

/// Every change that may have to do with it.
fn candidates(attempt: &Attempt, facts: &Facts) -> Vec<Mend> {
    let mut found = Vec::new();
    let project = project(attempt, facts);
    for meant in facts.meant.iter().filter_map(|id| facts.membership(id)) {
        if project.as_ref().is_some_and(|project| *project != meant.project) {
            continue;
        }
        of_membership(attempt, facts, meant, &mut found);
        if let Some(user) = facts.user(&meant.user) {
            of_user(attempt, facts, meant, user, &mut found);
        }
    }
    hidden(attempt, facts, &mut found);
    of_providers(attempt, facts, &mut found);
    let mut seen = BTreeSet::new();
    found.retain(|mend| seen.insert(format!("{mend:?}")));
    found
}

/// The project that the platform knows in this attempt.
fn project(attempt: &Attempt, facts: &Facts) -> Option<ProjectId> {
    let of_client = attempt.client.as_ref().and_then(|id| match facts.clients.get(id.raw()) {
        Some(Seen::Known(ClientFact::Found(client))) => client.project.clone(),
        _ => None,
    });
    of_client.or_else(|| attempt.project.clone())
}

fn of_membership(attempt: &Attempt, facts: &Facts, meant: &MembershipFact, found: &mut Vec<Mend>) {
    let membership = meant.id.clone();
    if !meant.active {
        found.push(Mend::Activate { membership: membership.clone() });
    }
    let dead = |reference: &Reference| {
        matches!(
            facts.configurations.get(&key(reference)),
            Some(Seen::Known(Liveness::Missing | Liveness::Gone))
        )
    };
    if meant.configuration.known().is_some_and(|set| set.as_ref().is_some_and(dead)) {
        found.push(Mend::ClearConfiguration { membership: membership.clone() });
    }
    let known = facts.projects.get(&meant.project).and_then(Seen::known).and_then(Option::as_ref);
    let liveness = |policy: &Reference| match facts.policies.get(&key(policy)) {
        Some(Seen::Known(fact)) => Some(fact.liveness),
        Some(Seen::Unknown(_)) | None => None,
    };
    let dead = |policy: &Reference| matches!(liveness(policy), Some(Liveness::Missing | Liveness::Gone));
    let effective = meant.effective_policies(known);
    let own = effective.first().filter(|_| meant.policy.is_some());
    if own.is_some_and(dead) {
        let kind = if meant.admin { "Admin" } else { &*meant.profile.kind };
        let default = known.and_then(|project| project.default_policy(kind));
        if let Some(policy) = default.filter(|policy| liveness(policy) == Some(Liveness::Alive)) {
            found.push(Mend::SetPolicy { membership: membership.clone(), policy: policy.clone() });
        }
    }
    for policy in meant.access.iter().filter(|policy| dead(policy)) {
        found.push(Mend::DropAccess { membership: membership.clone(), policy: policy.clone() });
    }
    let Some(subject) = attempt.subject.text() else { return };
    // An id with a comma or a backslash is never found (platform-api §17).
    if attempt.flow == Flow::Password || subject.raw().contains([',', '\\']) {
        return;
    }
    let holder = facts.memberships.iter().find(|other| {
        other.id != meant.id && other.project == meant.project && other.external_id.as_ref() == Some(subject)
    });
    match holder {
        Some(holder) => found.push(Mend::MoveExternalId {
            from: holder.id.clone(),
            to: membership,
            external_id: subject.clone(),
        }),
        None if meant.external_id.as_ref() != Some(subject) => {
            let restored = facts.former_ids.get(&meant.id).is_some_and(|ids| ids.contains(subject));
            found.push(Mend::SetExternalId { membership, external_id: subject.clone(), restored });
        }
        None => {}
    }
}

fn of_user(attempt: &Attempt, facts: &Facts, meant: &MembershipFact, user: &UserFact, found: &mut Vec<Mend>) {
    if let Some(email) = attempt.sought_email().filter(|email| is_address(email)) {
        let email = Text::from(email);
        if user.email != Seen::Known(Some(email.clone())) {
            // Nobody else may have it: of two, the platform takes any.
            let free = !facts.users.iter().any(|other| {
                other.id != user.id && !other.gone && other.email == Seen::Known(Some(email.clone()))
            });
            if free {
                found.push(Mend::SetEmail { membership: meant.id.clone(), user: user.id.clone(), email });
            }
        }
    }
    if matches!(&user.scope, Seen::Known(UserScope::Project(_))) {
        found.push(Mend::MakeServerScoped { membership: meant.id.clone(), user: user.id.clone() });
    }
}

/// An address that the platform stores as it is: nothing around it, lower case.
fn is_address(email: &str) -> bool {
    email.trim() == email && Email::parse(email).is_ok()
}

/// Users and ids that hide the right ones.
fn hidden(attempt: &Attempt, facts: &Facts, found: &mut Vec<Mend>) {
    let meant: Vec<&MembershipFact> = facts.meant.iter().filter_map(|id| facts.membership(id)).collect();
    let is_meant = |user: &UserFact| meant.iter().any(|membership| membership.user == user.id);
    if let Some(email) = attempt.sought_email() {
        let same = |user: &&UserFact| matches!(&user.email, Seen::Known(Some(own)) if own.raw() == email);
        for user in facts.users.iter().filter(same).filter(|user| !user.gone && !is_meant(user)) {
            let all_seen = facts.sees_everything()
                || matches!(&user.scope, Seen::Known(UserScope::Project(own)) if facts.sees(own));
            let memberships: Vec<&MembershipFact> = facts.memberships_of(&user.id).collect();
            match &*memberships {
                [] if all_seen => found.push(Mend::RemoveGhost { user: user.id.clone() }),
                [only]
                    if all_seen
                        && !only.active
                        && matches!(user.scope, Seen::Known(UserScope::Project(_))) =>
                {
                    found.push(Mend::RemoveShadow { membership: only.id.clone() });
                }
                _ => {}
            }
        }
    }
    if let Some(subject) = attempt.subject.text() {
        for holder in
            facts.memberships.iter().filter(|m| m.external_id.as_ref() == Some(subject) && !m.active)
        {
            if !facts.meant.contains(&holder.id) {
                found.push(Mend::ReleaseExternalId { membership: holder.id.clone() });
            }
        }
    }
}

fn of_providers(attempt: &Attempt, facts: &Facts, found: &mut Vec<Mend>) {
    let client = attempt.client.as_ref().and_then(|id| match facts.clients.get(id.raw()) {
        Some(Seen::Known(ClientFact::Found(client))) => client.provider.as_ref().map(|_| client),
        _ => None,
    });
    if let Some(client) = client {
        // Whoever writes a client of no project gives it their own.
        for by_subject in [false, true].into_iter().filter(|_| client.project.is_some()) {
            found.push(Mend::AlignClient { client: client.id.clone(), by_subject });
        }
        return;
    }
    if attempt.flow != Flow::Browser {
        return;
    }
    for (domain, fact) in &facts.routes {
        match fact {
            Seen::Known(RouteFact::Idp { route: Some(route), provider: Seen::Known(provider), .. })
                if super::super::world::browser_identifier(provider) != Identifier::Email =>
            {
                found.push(Mend::AlignRoute { route: route.clone(), by_subject: false });
            }
            Seen::Known(RouteFact::None { misspelt: Some(misspelt), .. }) => {
                let domain = Text::from(domain.as_str());
                found.push(Mend::RenameRoute { route: misspelt.route.clone(), domain });
            }
            Seen::Known(RouteFact::None { misspelt: None, bare, .. }) if is_routable(attempt, domain) => {
                found.push(Mend::AddRoute { domain: Text::from(domain.as_str()), bare: bare.clone() });
            }
            _ => {}
        }
    }
}

/// The domain by which the attempt is routed, where a route could be its own.
fn is_routable(attempt: &Attempt, domain: &str) -> bool {
    attempt.routed_by().is_some_and(|by| by.raw().to_lowercase() == domain)
        && crate::identity::route::typed::domain(domain).is_none()
}
