//! Finding a person and reading what is needed to plan anything about them.

use std::collections::BTreeMap;

use futures::join;

use super::diagnose;
use super::engine::Engine;
use super::facts::PersonFacts;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::{Membership, MembershipId, Reference, Role, Seen, Text, Unseen, UserId, UserScope};

/// Somebody who may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The membership to go on with; the active one when there are several.
    pub membership: Membership,
    /// Every membership of the same user that was found.
    pub memberships: Vec<MembershipId>,
    /// By what it was found: `email`, `external id`, `name`, `reference`.
    pub by: &'static str,
}

/// What a search came to. Never a guess: two people are two people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Exactly one person.
    One(Box<Candidate>),
    /// Several, in the platform's order.
    Several(Vec<Candidate>),
    /// Nobody that this role can see.
    None,
}

/// Finds a person by reference (`ProjectMembership/…`, `User/…`, a profile, or an id alone), email, external id or
/// name. Emails and external ids match whole, names by their beginnings (platform-api §1.11).
pub async fn find(engine: &Engine, query: &str) -> Result<Found, Trouble> {
    let query = query.trim();
    if query.is_empty() {
        return Ok(Found::None);
    }
    if let Some(reference) = Reference::parse(query) {
        return Ok(sort_out(by_reference(engine, &reference).await?, "reference"));
    }
    if uuid::Uuid::try_parse(query).is_ok() {
        let mut found = by_reference(engine, &MembershipId::from(query).reference()).await?;
        if found.is_empty() {
            found = by_reference(engine, &UserId::from(query).reference()).await?;
        }
        return Ok(sort_out(found, "reference"));
    }
    let lower = query.to_lowercase();
    let (by_id, by_email) = join!(engine.remote.memberships_by_external_id(query), async {
        if query.contains('@') { engine.remote.memberships_by_email(&lower).await } else { Ok(Vec::new()) }
    });
    let (by_id, by_email) = (by_id?, by_email?);
    match (by_id.is_empty(), by_email.is_empty()) {
        (true, false) => Ok(sort_out(by_email, "email")),
        (false, true) => Ok(sort_out(by_id, "external id")),
        // One person's external id can be another's address.
        (false, false) => Ok(sort_out(by_email.into_iter().chain(by_id).collect(), "email or external id")),
        (true, true) if query.contains('@') => Ok(Found::None),
        (true, true) => Ok(sort_out(engine.remote.memberships_by_name(query).await?, "name")),
    }
}

async fn by_reference(engine: &Engine, reference: &Reference) -> Result<Vec<Membership>, Trouble> {
    let found = match &*reference.kind {
        "ProjectMembership" => {
            engine.remote.membership(&MembershipId::new(reference.id.clone())).await.map(|found| vec![found])
        }
        "User" => engine.remote.memberships_of_user(&UserId::new(reference.id.clone())).await,
        _ => engine.remote.memberships_of_profile(reference).await,
    };
    match found {
        Err(Trouble { cause: Cause::NotFound | Cause::Gone, .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// One candidate for each user; several memberships of one user are one person.
fn sort_out(memberships: Vec<Membership>, by: &'static str) -> Found {
    let mut order: Vec<Reference> = Vec::new();
    let mut users: BTreeMap<String, Vec<Membership>> = BTreeMap::new();
    for membership in memberships {
        let user = Reference { display: None, ..membership.user.clone() };
        let of_user = users.entry(user.to_string()).or_default();
        if of_user.is_empty() {
            order.push(user);
        }
        if !of_user.iter().any(|known| known.id == membership.id) {
            of_user.push(membership);
        }
    }
    let mut candidates: Vec<Candidate> = order
        .iter()
        .filter_map(|user| {
            let memberships = users.remove(&user.to_string())?;
            let ids = memberships.iter().map(|m| m.id.clone()).collect();
            let best = memberships.iter().position(|m| m.active).unwrap_or(0);
            let membership = memberships.into_iter().nth(best)?;
            Some(Candidate { membership, memberships: ids, by })
        })
        .collect();
    match candidates.len() {
        0 => Found::None,
        1 => candidates.pop().map_or(Found::None, |one| Found::One(Box::new(one))),
        _ => Found::Several(candidates),
    }
}

/// Reads everything about a person that plans need. What cannot be seen is unknown with its reason.
pub async fn gather(engine: &Engine, id: &MembershipId) -> Result<PersonFacts, Trouble> {
    let membership = engine.remote.membership(id).await?;
    let super_admin = engine.caller.role == Role::SuperAdmin;
    let user_id = (&*membership.user.kind == "User").then(|| UserId::new(membership.user.id.clone()));
    let name =
        membership.profile.display.clone().or_else(|| membership.user.display.clone()).unwrap_or_default();

    let person = async {
        let Some(user_id) = &user_id else { return Person::nobody() };
        match engine.remote.user(user_id).await {
            Ok(user) => Person {
                email: Seen::Known(user.email.clone()),
                names: Seen::Known((user.first_name.clone(), user.last_name.clone())),
                scope: Seen::Known(user.scope.clone()),
                user: Seen::Known(user),
            },
            Err(trouble) => Person::by_scim(engine, id, &trouble, super_admin).await,
        }
    };
    let others = async {
        match &user_id {
            Some(user_id) => engine.remote.memberships_of_user(user_id).await,
            None => Ok(Vec::new()),
        }
    };
    let routes = async {
        if super_admin {
            seen(engine.remote.domain_routes().await)
        } else {
            Seen::Unknown(Unseen::SuperAdminOnly)
        }
    };
    let (person, others, clients, routes) = join!(person, others, engine.remote.clients(), routes);

    let route = match &person.email {
        Seen::Known(Some(email)) => engine.remote.route(email.raw()).await,
        Seen::Known(None) => Seen::Unknown(Unseen::NotLoaded),
        Seen::Unknown(why) => Seen::Unknown(*why),
    };
    let mut memberships = others.unwrap_or_default();
    if !memberships.iter().any(|known| known.id == membership.id) {
        memberships.insert(0, membership.clone());
    }
    let gates = diagnose::gates(engine, &memberships).await?;
    let everywhere = super_admin || matches!(person.scope, Seen::Known(UserScope::Project(_)));
    Ok(PersonFacts {
        name,
        membership,
        user_id,
        user: person.user,
        email: person.email,
        names: person.names,
        scope: person.scope,
        memberships,
        gates,
        all_memberships: if everywhere { Seen::Known(()) } else { Seen::Unknown(Unseen::SuperAdminOnly) },
        clients: seen(clients),
        routes,
        route,
    })
}

struct Person {
    user: Seen<crate::identity::User>,
    email: Seen<Option<Text>>,
    names: Seen<(Text, Text)>,
    scope: Seen<UserScope>,
}

impl Person {
    fn nobody() -> Self {
        Self::unseen(Unseen::NotLoaded)
    }

    fn unseen(why: Unseen) -> Self {
        Self {
            user: Seen::Unknown(why),
            email: Seen::Unknown(why),
            names: Seen::Unknown(why),
            scope: Seen::Unknown(why),
        }
    }

    /// A user that answers 404 to a project admin is server-scoped or gone; SCIM tells which (platform-api §7, §12).
    async fn by_scim(engine: &Engine, id: &MembershipId, trouble: &Trouble, super_admin: bool) -> Self {
        if super_admin || trouble.cause != Cause::NotFound {
            return Self::unseen(why_unseen(trouble));
        }
        match engine.remote.scim(id).await {
            Ok(found) => Self {
                user: Seen::Unknown(Unseen::ServerScopedUser),
                email: Seen::Known(found.email),
                names: found.names.map_or(Seen::Unknown(Unseen::ServerScopedUser), Seen::Known),
                scope: Seen::Known(UserScope::Server),
            },
            Err(trouble) => Self::unseen(why_unseen(&trouble)),
        }
    }
}

/// Where a member's user exists that could not be read.
pub(super) async fn scope_of_unread(
    engine: &Engine,
    member: &MembershipId,
    trouble: &Trouble,
) -> Seen<UserScope> {
    Person::by_scim(engine, member, trouble, engine.caller.role == Role::SuperAdmin).await.scope
}

/// Why a question could not be answered, for showing.
pub(super) fn why_unseen(trouble: &Trouble) -> Unseen {
    match trouble.cause {
        Cause::Forbidden => Unseen::Policy,
        Cause::NotFound => Unseen::ServerScopedUser,
        Cause::SignedOut
        | Cause::NoRoute
        | Cause::Gone
        | Cause::Conflict
        | Cause::Stale
        | Cause::Invalid
        | Cause::Mail
        | Cause::Limited
        | Cause::AccountBroken
        | Cause::Server
        | Cause::NoAnswer
        | Cause::NotSent => Unseen::Failed,
    }
}

fn seen<T>(answer: Result<T, Trouble>) -> Seen<T> {
    match answer {
        Ok(value) => Seen::Known(value),
        Err(trouble) => Seen::Unknown(why_unseen(&trouble)),
    }
}
