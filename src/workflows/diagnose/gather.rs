//! Reading what a diagnosis needs: as little as decides, at the same time, through every window that is open.

use std::collections::BTreeSet;

use futures::future::join_all;
use futures::join;

use crate::identity::access::AddressRule;
use crate::identity::sign_in::Route;
use crate::identity::sign_in::doctor::{
    Attempt, Client, ClientFact, Facts, Flow, Liveness, MembershipFact, Misspelt, PolicyFact, ProjectFact,
    Reach, RouteFact, Source, UserFact, Window, alternatives, key,
};
use crate::identity::{
    ClientId, Membership, MembershipId, ProjectId, Reference, Role, Seen, Text, Unseen, User, UserId,
    UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::person::why_unseen;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// People who may be meant, when nobody was named; more are not looked at.
const MOST_GUESSES: usize = 3;

/// Reads everything that one try to sign in can depend on. `meant` are those whom it should let in, when that is known.
pub async fn gather(engine: &Engine, attempt: &Attempt, meant: &[MembershipId]) -> Result<Facts, Trouble> {
    let reach = match engine.caller.role {
        Role::SuperAdmin => Reach::Everything,
        Role::ProjectAdmin => Reach::Project(engine.caller.project.clone()),
        Role::Member => Reach::Nothing,
    };
    let mut gathering = Gathering { engine, facts: Facts::new(reach) };
    gathering.all(attempt, meant).await?;
    Ok(gathering.facts)
}

/// What another try needs besides, where the same is typed and sent: its client and its route. `facts` are those of the
/// first one.
pub async fn gather_also(engine: &Engine, facts: Facts, attempt: &Attempt) -> Result<Facts, Trouble> {
    let mut gathering = Gathering { engine, facts };
    if gathering.facts.reach == Reach::Nothing {
        gathering.anonymous(attempt).await?;
        return Ok(gathering.facts);
    }
    let (client, route) = join!(gathering.client(attempt), gathering.route(attempt));
    if let Some((id, client)) = client? {
        gathering.facts.clients.insert(id, client);
    }
    if let Some((domain, route)) = route? {
        gathering.facts.routes.insert(domain, route);
    }
    Ok(gathering.facts)
}

struct Gathering<'a> {
    engine: &'a Engine,
    facts: Facts,
}

/// `None` for what is not there or not to be seen.
fn found<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

impl Gathering<'_> {
    fn source(&self, window: Window) -> Source {
        Source::new(window, self.engine.clock.now())
    }

    fn is_super(&self) -> bool {
        self.engine.caller.role == Role::SuperAdmin
    }

    async fn all(&mut self, attempt: &Attempt, meant: &[MembershipId]) -> Result<(), Trouble> {
        if self.facts.reach == Reach::Nothing {
            return self.anonymous(attempt).await;
        }
        let engine = self.engine;
        let sought: BTreeSet<String> = attempt
            .sought_email()
            .iter()
            .flat_map(|email| alternatives(email))
            .filter(|key| !key.is_empty())
            .collect();
        let typed: Option<String> = attempt.typed.as_ref().map(|typed| typed.raw().to_lowercase());
        let emails: BTreeSet<String> = sought.iter().cloned().chain(typed.clone()).collect();
        let subjects: BTreeSet<String> = match attempt.subject.text() {
            Some(subject) => alternatives(subject.raw()).into_iter().filter(|key| !key.is_empty()).collect(),
            None => BTreeSet::new(),
        };
        let (addresses, ids): (Vec<String>, Vec<String>) =
            (emails.iter().cloned().collect(), subjects.iter().cloned().collect());
        let (client, route, users, by_email, linked, legacy) = join!(
            self.client(attempt),
            self.route(attempt),
            engine.remote.users_with_any(&addresses),
            join_all(emails.iter().map(|email| engine.remote.memberships_by_email(email))),
            engine.remote.memberships_with_any(&ids),
            join_all(subjects.iter().map(|subject| engine.remote.users_by_external_id(subject))),
        );
        let linked = linked?;
        self.facts.linked = linked.iter().map(|membership| membership.id.clone()).collect();
        if let Some((id, client)) = client? {
            self.facts.clients.insert(id, client);
        }
        if let Some((domain, route)) = route? {
            self.facts.routes.insert(domain, route);
        }
        let mut of_user: Vec<Membership> = Vec::new();
        for user in users? {
            self.add_user(&user);
        }
        for (email, memberships) in emails.iter().zip(by_email) {
            for membership in memberships? {
                let id = UserId::new(membership.user.id.clone());
                if self.facts.user(&id).is_none() {
                    // The user itself is out of sight, so it is server-scoped (platform-api §12).
                    let address = Seen::Known(Some(Text::from(email.as_str())));
                    self.add_hidden_user(&id, address, Window::ChainedSearch);
                }
                of_user.push(membership);
            }
        }
        for users in legacy {
            for user in users? {
                self.add_user(&user);
            }
        }
        self.facts.emails = emails;
        self.facts.emails.insert(String::new());
        self.facts.subjects = subjects;
        self.facts.subjects.insert(String::new());
        let mut people = self.meant(attempt, meant).await?;
        if attempt.subject.text().is_some() && linked.is_empty() {
            let like =
                attempt.subject.text().map(|subject| subject.raw().trim().to_owned()).unwrap_or_default();
            people
                .extend(found(engine.remote.memberships_like_external_id(&like).await)?.unwrap_or_default());
        }
        let guess = people.is_empty() && linked.is_empty() && of_user.is_empty();
        if let (true, Some(email)) = (guess, sought.iter().find(|email| email.contains('@'))) {
            let known = found(engine.remote.memberships_by_contact(email).await)?.unwrap_or_default();
            self.facts.meant =
                known.iter().take(MOST_GUESSES).map(|membership| membership.id.clone()).collect();
            people.extend(known);
        }
        let everybody: Vec<Membership> = people.into_iter().chain(linked).chain(of_user).collect();
        self.users_of(&everybody).await?;
        self.memberships_of_users(everybody).await?;
        if self.facts.meant.is_empty() {
            self.facts.meant = self.whom(attempt, typed.as_deref());
        }
        self.around(attempt).await?;
        self.former_ids(attempt).await
    }

    /// Below an admin nothing but what anybody may ask.
    async fn anonymous(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
        if let Some((domain, route)) = self.route(attempt).await? {
            self.facts.routes.insert(domain, route);
        }
        if let Some(id) = &attempt.client {
            let fact = hidden_client(self.engine.remote.client_exists(id.raw()).await?);
            self.facts.clients.insert(id.raw().to_owned(), fact);
        }
        Ok(())
    }

    /// The client application that is named.
    async fn client(&self, attempt: &Attempt) -> Result<Option<(String, Seen<ClientFact>)>, Trouble> {
        let Some(id) = &attempt.client else { return Ok(None) };
        let source = self.source(Window::Record);
        let id = id.raw().to_owned();
        if uuid::Uuid::try_parse(&id).is_err() {
            // Built-in ones are in the server's configuration; everything else without a proper id is nothing.
            let fact = match self.engine.remote.client_exists(&id).await? {
                Liveness::Alive => ClientFact::Found(Box::new(Client {
                    id: ClientId::new(id.clone()),
                    name: Text::from(id.as_str()),
                    project: None,
                    provider: None,
                    status: None,
                    redirect_uris: Vec::new(),
                    // As the platform's own client is (platform-api §3.2).
                    pkce_optional: true,
                    source,
                })),
                Liveness::Missing => ClientFact::Missing,
                Liveness::Gone => ClientFact::Gone,
            };
            return Ok(Some((id, Seen::Known(fact))));
        }
        let fact = match self.engine.remote.client(&ClientId::new(id.clone())).await {
            Ok(client) => Seen::Known(ClientFact::Found(Box::new(Client {
                id: client.id,
                name: client.name,
                project: client.project,
                provider: client.provider,
                status: client.status,
                redirect_uris: client.redirect_uris,
                pkce_optional: client.pkce_optional,
                source,
            }))),
            Err(trouble) if trouble.cause == Cause::Gone => Seen::Known(ClientFact::Gone),
            Err(trouble) if trouble.cause == Cause::NotFound && self.is_super() => {
                Seen::Known(ClientFact::Missing)
            }
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden) => {
                // Of another project, or of none: anybody may ask which.
                hidden_client(self.engine.remote.client_exists(&id).await?)
            }
            Err(trouble) => return Err(trouble),
        };
        Ok(Some((id, fact)))
    }

    /// Where the domain is sent.
    async fn route(&self, attempt: &Attempt) -> Result<Option<(String, Seen<RouteFact>)>, Trouble> {
        let domain = match attempt.flow {
            Flow::Browser => attempt.routed_by(),
            Flow::Google => attempt.sought_email().and_then(|email| email.split('@').nth(1).map(Text::from)),
            Flow::Exchange | Flow::LegacyExchange | Flow::Password | Flow::Bearer => None,
        };
        let Some(domain) = domain.map(|domain| domain.raw().to_lowercase()) else { return Ok(None) };
        if !self.is_super() {
            let source = self.source(Window::AuthMethod);
            let answer = self.engine.remote.route(&format!("idconsole@{domain}")).await;
            let fact = match answer {
                Seen::Known(Route::Password) => {
                    Seen::Known(RouteFact::None { misspelt: None, bare: None, source })
                }
                Seen::Known(Route::Idp { host }) => Seen::Known(RouteFact::Idp {
                    route: None,
                    provider: Seen::Unknown(Unseen::SuperAdminOnly),
                    host,
                    broken: false,
                    source,
                }),
                Seen::Known(Route::Broken) => Seen::Known(RouteFact::Idp {
                    route: None,
                    provider: Seen::Unknown(Unseen::SuperAdminOnly),
                    host: Text::default(),
                    broken: true,
                    source,
                }),
                Seen::Unknown(why) => Seen::Unknown(why),
            };
            return Ok(Some((domain, fact)));
        }
        let source = self.source(Window::Record);
        let routes = self.engine.remote.domain_routes().await?;
        let exact = routes.iter().find(|route| route.domain.raw() == domain);
        let fact = match exact.map(|route| (route, route.provider.as_ref())) {
            Some((route, Some(provider))) => {
                let url = url::Url::parse(provider.authorize_url.raw()).ok();
                RouteFact::Idp {
                    route: Some(route.id.clone()),
                    provider: Seen::Known(provider.clone()),
                    host: url.as_ref().and_then(url::Url::host_str).map_or_else(Text::default, Text::from),
                    broken: url.is_none(),
                    source,
                }
            }
            Some((route, None)) => RouteFact::None { misspelt: None, bare: Some(route.id.clone()), source },
            None => {
                let like = routes.iter().find(|route| route.domain.raw().to_lowercase() == domain);
                let misspelt = like.map(|route| {
                    Box::new(Misspelt {
                        route: route.id.clone(),
                        stored: route.domain.clone(),
                        provider: route.provider.clone(),
                    })
                });
                RouteFact::None { misspelt, bare: None, source }
            }
        };
        Ok(Some((domain, Seen::Known(fact))))
    }

    fn add_user(&mut self, user: &User) {
        if self.facts.user(&user.id).is_some() {
            return;
        }
        let password_set = match (user.password_set, self.is_super()) {
            (true, _) => Seen::Known(true),
            (false, true) => Seen::Known(false),
            (false, false) => Seen::Unknown(Unseen::SuperAdminOnly),
        };
        let source = self.source(Window::Record);
        self.facts.users.push(UserFact {
            id: user.id.clone(),
            email: Seen::Known(user.email.clone()),
            scope: Seen::Known(user.scope.clone()),
            legacy_external_id: Seen::Known(user.legacy_external_id.clone()),
            password_set,
            mfa: Seen::Known(user.mfa.clone()),
            gone: false,
            source,
        });
    }

    /// A server-scoped user that a project admin cannot read.
    fn add_hidden_user(&mut self, id: &UserId, email: Seen<Option<Text>>, window: Window) {
        let source = self.source(window);
        self.facts.users.push(UserFact {
            id: id.clone(),
            email,
            scope: Seen::Known(UserScope::Server),
            legacy_external_id: Seen::Unknown(Unseen::ServerScopedUser),
            password_set: Seen::Unknown(Unseen::ServerScopedUser),
            mfa: Seen::Unknown(Unseen::ServerScopedUser),
            gone: false,
            source,
        });
    }

    fn add_gone_user(&mut self, id: &UserId) {
        let source = self.source(Window::Record);
        self.facts.users.push(UserFact {
            id: id.clone(),
            email: Seen::Unknown(Unseen::Failed),
            scope: Seen::Unknown(Unseen::Failed),
            legacy_external_id: Seen::Known(None),
            password_set: Seen::Known(false),
            mfa: Seen::Known(crate::identity::Mfa::default()),
            gone: true,
            source,
        });
    }

    /// The memberships that were named.
    async fn meant(&mut self, attempt: &Attempt, meant: &[MembershipId]) -> Result<Vec<Membership>, Trouble> {
        self.facts.meant = meant.to_vec();
        let mut named = meant.to_vec();
        named.extend(attempt.membership.clone());
        named.dedup();
        let engine = self.engine;
        let read = named.iter().map(|id| engine.remote.membership(id));
        let mut people = Vec::new();
        for answer in join_all(read).await {
            people.extend(found(answer)?);
        }
        Ok(people)
    }

    /// Users of these memberships that are not known yet.
    async fn users_of(&mut self, memberships: &[Membership]) -> Result<(), Trouble> {
        let mut missing: Vec<(UserId, MembershipId)> = Vec::new();
        for membership in memberships.iter().filter(|membership| &*membership.user.kind == "User") {
            let id = UserId::new(membership.user.id.clone());
            let asked = missing.iter().any(|(known, _)| *known == id);
            if self.facts.user(&id).is_none() && !asked {
                missing.push((id, membership.id.clone()));
            }
        }
        let engine = self.engine;
        let is_super = self.is_super();
        let read = missing.iter().map(|(id, membership)| async move {
            match engine.remote.user(id).await {
                Err(trouble) if trouble.cause == Cause::NotFound && !is_super => {
                    (Err(trouble), Some(engine.remote.scim(membership).await))
                }
                answer => (answer, None),
            }
        });
        let answers = join_all(read).await;
        for ((id, _), answer) in missing.iter().zip(answers) {
            match answer {
                (Ok(user), _) => self.add_user(&user),
                (Err(trouble), None) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
                    self.add_gone_user(id);
                }
                (Err(_), Some(Ok(scim))) => self.add_hidden_user(id, Seen::Known(scim.email), Window::Scim),
                (Err(_), Some(Err(trouble))) if trouble.cause == Cause::Gone => self.add_gone_user(id),
                (Err(_), Some(Err(trouble))) => {
                    self.add_hidden_user(id, Seen::Unknown(why_unseen(&trouble)), Window::Scim);
                }
                (Err(trouble), None) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// Every membership of every user, in the platform's order.
    async fn memberships_of_users(&mut self, others: Vec<Membership>) -> Result<(), Trouble> {
        let engine = self.engine;
        let users: Vec<UserId> = self.facts.users.iter().map(|user| user.id.clone()).collect();
        for answer in join_all(users.iter().map(|id| engine.remote.memberships_of_user(id))).await {
            for membership in answer? {
                self.add_membership(&membership);
            }
        }
        for membership in others {
            self.add_membership(&membership);
        }
        Ok(())
    }

    fn add_membership(&mut self, membership: &Membership) {
        if self.facts.membership(&membership.id).is_some() {
            return;
        }
        let source = self.source(Window::Record);
        self.facts.memberships.push(MembershipFact {
            id: membership.id.clone(),
            user: UserId::new(membership.user.id.clone()),
            project: membership.project.clone(),
            name: membership
                .profile
                .display
                .clone()
                .or_else(|| membership.user.display.clone())
                .unwrap_or_default(),
            profile: membership.profile.clone(),
            active: membership.active,
            admin: membership.admin,
            external_id: membership.external_id.clone(),
            policy: membership.policy.clone(),
            access: membership.access.iter().map(|access| access.policy.clone()).collect(),
            configuration: Seen::Known(membership.configuration.clone()),
            source,
        });
    }

    /// Whom the sign-in is meant for, when nobody said so: who has what was typed, or what is claimed.
    fn whom(&self, attempt: &Attempt, typed: Option<&str>) -> Vec<MembershipId> {
        let has = |user: &UserFact, email: &str| matches!(&user.email, Seen::Known(Some(own)) if own.raw().to_lowercase() == email);
        let of = |email: &str| -> Vec<MembershipId> {
            let users = self.facts.users.iter().filter(|user| has(user, email));
            users.flat_map(|user| self.facts.memberships_of(&user.id)).map(|m| m.id.clone()).collect()
        };
        let by_typed = typed.map(of).unwrap_or_default();
        if !by_typed.is_empty() {
            return by_typed;
        }
        if let Some(membership) = &attempt.membership {
            return vec![membership.clone()];
        }
        let by_claim = attempt.sought_email().map(|email| of(&email)).unwrap_or_default();
        if !by_claim.is_empty() {
            return by_claim;
        }
        let linked = attempt.subject.text().map(|subject| subject.raw().trim().to_lowercase());
        let is = |m: &&MembershipFact| matches!((&linked, &m.external_id), (Some(a), Some(b)) if *a == b.raw().trim().to_lowercase());
        self.facts.memberships.iter().filter(is).map(|m| m.id.clone()).collect()
    }

    /// Projects, policies, configurations and profiles of the memberships, and the address that rules are held against.
    async fn around(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
        let projects: BTreeSet<ProjectId> = self
            .facts
            .memberships
            .iter()
            .map(|membership| membership.project.clone())
            .chain(attempt.project.clone())
            .collect();
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
        let memberships = self.facts.memberships.clone();
        if self.is_super() {
            self.policies_one_by_one(&memberships).await?;
        } else {
            self.policies_on_behalf(&memberships).await?;
        }
        self.liveness(&memberships).await?;
        self.address(attempt).await
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

    /// User configurations and profiles: whether they are there.
    async fn liveness(&mut self, memberships: &[MembershipFact]) -> Result<(), Trouble> {
        let configurations: Vec<Reference> =
            memberships.iter().filter_map(|m| m.configuration.known().cloned().flatten()).collect();
        let profiles: Vec<Reference> = memberships
            .iter()
            .map(|membership| membership.profile.clone())
            .filter(|profile| !self.facts.profiles.contains_key(&key(profile)))
            .collect();
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
        let (configurations, profiles) =
            join!(join_all(configurations.into_iter().map(ask)), join_all(profiles.into_iter().map(ask)));
        for answer in configurations {
            let (key, liveness) = answer?;
            self.facts.configurations.insert(key, liveness);
        }
        for answer in profiles {
            let (key, liveness) = answer?;
            self.facts.profiles.insert(key, liveness);
        }
        Ok(())
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
    async fn former_ids(&mut self, attempt: &Attempt) -> Result<(), Trouble> {
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

/// A client application of which no more is known than whether it is there.
fn hidden_client(liveness: Liveness) -> Seen<ClientFact> {
    match liveness {
        Liveness::Alive => Seen::Unknown(Unseen::Policy),
        Liveness::Missing => Seen::Known(ClientFact::Missing),
        Liveness::Gone => Seen::Known(ClientFact::Gone),
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
