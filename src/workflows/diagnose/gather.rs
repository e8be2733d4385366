//! Reading what a diagnosis needs: as little as decides, at the same time, through every window that is open.

mod around;
mod domain;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::join;

use crate::identity::sign_in::doctor::{
    Attempt, Client, ClientFact, Facts, Flow, Liveness, MembershipFact, Misspelt, Reach, RouteFact, Source,
    UserFact, Window, alternatives,
};
use crate::identity::sign_in::{Gate, Route};
use crate::identity::{
    ClientId, Membership, MembershipId, Role, Seen, Text, Unseen, User, UserId, UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::person::why_unseen;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

pub use domain::gather_domain;

/// People who may be meant, when nobody was named; more are not looked at.
const MOST_GUESSES: usize = 3;

/// Reads everything that one try to sign in can depend on. `meant` are those whom it should let in, when that is known.
pub async fn gather(engine: &Engine, attempt: &Attempt, meant: &[MembershipId]) -> Result<Facts, Trouble> {
    let mut gathering = Gathering { engine, facts: Facts::new(reach(engine)) };
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

fn reach(engine: &Engine) -> Reach {
    match engine.caller.role {
        Role::SuperAdmin => Reach::Everything,
        Role::ProjectAdmin => Reach::Project(engine.caller.project.clone()),
        Role::Member => Reach::Nothing,
    }
}

/// What stands between memberships and a sign-in, and nothing else of them.
pub async fn gates(
    engine: &Engine,
    memberships: &[Membership],
) -> Result<BTreeMap<MembershipId, Seen<Gate>>, Trouble> {
    let mut gathering = Gathering { engine, facts: Facts::new(reach(engine)) };
    for membership in memberships {
        gathering.add_membership(membership);
    }
    gathering.gates(None).await?;
    let facts = gathering.facts;
    Ok(facts.memberships.iter().map(|membership| (membership.id.clone(), facts.gate(membership))).collect())
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
                RouteFact::to_idp(Some(route.id.clone()), provider.clone(), source)
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
        let fact = self.user_fact(user, self.source(Window::Record));
        self.facts.users.push(fact);
    }

    fn user_fact(&self, user: &User, source: Source) -> UserFact {
        let password_set = match (user.password_set, self.is_super()) {
            (true, _) => Seen::Known(true),
            (false, true) => Seen::Known(false),
            (false, false) => Seen::Unknown(Unseen::SuperAdminOnly),
        };
        UserFact {
            id: user.id.clone(),
            email: Seen::Known(user.email.clone()),
            scope: Seen::Known(user.scope.clone()),
            legacy_external_id: Seen::Known(user.legacy_external_id.clone()),
            password_set,
            mfa: Seen::Known(user.mfa.clone()),
            gone: false,
            source,
        }
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
        if self.facts.membership(&membership.id).is_none() {
            let source = self.source(Window::Record);
            self.facts.memberships.push(membership_fact(membership, source));
        }
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
}

fn membership_fact(membership: &Membership, source: Source) -> MembershipFact {
    MembershipFact {
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
