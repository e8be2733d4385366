//! What has to be known about the new address, and the world that the sign-in rules look at.

use crate::identity::sign_in::{
    Account, Gate, Place, Route, Way as Road, World, browser_identifier, exchange_identifier,
};
use crate::identity::{
    Caller, Email, EmailNotice, LookAlike, Membership, Platform, Reference, Role, Seen, Text, Unseen, UserId,
    UserScope,
};
use crate::workflows::facts::PersonFacts;

/// Somebody who has the new address already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub user: UserId,
    /// Name, as far as seen.
    pub name: Text,
    /// Where the user exists.
    pub scope: Seen<UserScope>,
    /// Its memberships, as far as seen.
    pub memberships: Vec<Membership>,
}

/// What was read about a new address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailFacts {
    /// In normal form.
    pub email: Email,
    /// What the normal form changed or deserves a look.
    pub notices: Vec<EmailNotice>,
    /// Where it is sent at sign-in.
    pub route: Seen<Route>,
    /// Who has it already, other than the person.
    pub holders: Vec<Holder>,
    /// Known when every scope could be searched.
    pub all_holders: Seen<()>,
    /// What it could be taken for.
    pub look_alikes: Vec<LookAlike>,
    /// With how many known addresses it was compared, and whether those were all of the project.
    pub compared: (usize, bool),
    /// What is known of the platform itself: a way that it lacks is closed.
    pub platform: Platform,
}

/// The id that a user who is to be made has in the sign-in rules.
pub(super) fn to_be_made() -> UserId {
    "to-be-made".into()
}

/// Everybody in question, as the sign-in rules want them.
pub(super) fn world(caller: &Caller, person: &PersonFacts, new: &EmailFacts) -> World {
    let own = person.user_id.iter().map(|id| Account {
        id: id.clone(),
        email: person.email.clone(),
        scope: person.scope.clone(),
        legacy_external_id: person.user.as_ref().map(|user| user.legacy_external_id.clone()),
    });
    let others = new.holders.iter().map(|holder| Account {
        id: holder.user.clone(),
        email: Seen::Known(Some(new.email.text())),
        scope: holder.scope.clone(),
        legacy_external_id: Seen::Unknown(Unseen::NotLoaded),
    });
    let own_places = person
        .memberships
        .iter()
        .filter_map(|m| Some(place(m, person.user_id.as_ref()?, &person.name, person.gate(&m.id))));
    let other_places = new.holders.iter().flat_map(|h| {
        h.memberships.iter().map(|m| place(m, &h.user, &h.name, Seen::Unknown(Unseen::NotLoaded)))
    });
    let visible = match caller.role {
        Role::SuperAdmin => None,
        Role::ProjectAdmin => Some(vec![caller.project.clone()]),
        Role::Member => Some(Vec::new()),
    };
    World {
        accounts: own.chain(others).collect(),
        places: own_places.chain(other_places).collect(),
        server_accounts: new.all_holders.clone(),
        visible_projects: visible,
    }
}

fn place(membership: &Membership, user: &UserId, name: &Text, gate: Seen<Gate>) -> Place {
    Place {
        id: membership.id.clone(),
        user: user.clone(),
        project: membership.project.clone(),
        name: name.clone(),
        active: membership.active,
        external_id: membership.external_id.clone(),
        gate,
    }
}

/// Every road this person could come by, before or after.
pub(super) fn roads(person: &PersonFacts, new: &EmailFacts) -> Vec<Road> {
    let mut roads = Vec::new();
    let old_domain = person.email.known().cloned().flatten().and_then(|old| domain_of(&old));
    let new_domain = domain_of(&new.email.text());
    let mut route = |domain: Option<Text>, route: &Seen<Route>| {
        let (Some(domain), Seen::Known(Route::Idp { host })) = (domain, route) else { return };
        let known = person.routes.as_ref().map(|routes| {
            routes
                .iter()
                .find(|r| r.domain == domain)
                .and_then(|r| r.provider.as_ref())
                .map(browser_identifier)
        });
        let identifier = match known {
            Seen::Known(Some(identifier)) => Seen::Known(identifier),
            Seen::Known(None) => Seen::Unknown(Unseen::NotLoaded),
            Seen::Unknown(why) => Seen::Unknown(why),
        };
        roads.push(Road::DomainRoute { domain, idp: host.clone(), identifier });
    };
    if old_domain != new_domain {
        route(old_domain, &person.route);
    }
    route(new_domain, &new.route);
    for client in person.clients.known().into_iter().flatten() {
        let project = client.project.as_ref().unwrap_or(&person.membership.project).clone();
        let Some(provider) = client.provider.as_ref().filter(|_| person.projects().contains(&&project))
        else {
            continue;
        };
        let (id, name) = (client.id.clone(), client.name.clone());
        roads.push(Road::Client {
            client: id.clone(),
            name: name.clone(),
            project: project.clone(),
            identifier: browser_identifier(provider),
        });
        let identifier = exchange_identifier(provider);
        roads.push(Road::Exchange { client: id, name, project, identifier });
    }
    roads.push(Road::Password { project: Some(person.membership.project.clone()) });
    roads
}

fn domain_of(address: &Text) -> Option<Text> {
    address.raw().rsplit_once('@').map(|(_, domain)| Text::from(domain.to_lowercase()))
}

/// The reference of whoever holds an address, for messages.
pub(super) fn holder_words(holder: &Holder) -> String {
    let user: Reference = holder.user.reference();
    if holder.name.is_empty() { user.to_string() } else { format!("{} ({user})", holder.name) }
}
