//! Today's ways into the platform for one person, as far as they are seen.

use std::collections::BTreeSet;

use super::facts::PersonFacts;
use crate::identity::sign_in::{
    Account, Caveat, Claim, Place, Route, Way, World, browser_identifier, decide, exchange_identifier,
    outcome_for,
};
use crate::identity::{Caller, Role, Seen, SignInEffect, SignInOutcome, Text, Unseen, provider::Identifier};

/// One way with what the platform would say.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    /// `browser, Clinic Portal`
    pub label: String,
    /// What it comes to.
    pub outcome: SignInOutcome,
    /// Under which condition: what the IdP has to send.
    pub condition: Option<String>,
}

/// Every way, an IdP being taken to send what the platform has stored.
pub fn ways(caller: &Caller, person: &PersonFacts) -> Vec<Road> {
    let world = world(caller, person);
    roads(person)
        .into_iter()
        .map(|way| {
            let claim = claim(&way, person);
            let condition = match (&way, &claim.subject, &claim.email) {
                (Way::Password { .. }, ..) | (_, None, None) => None,
                (_, Some(subject), _) => {
                    Some(format!("while it sends the subject {subject}, letter by letter"))
                }
                (_, None, Some(email)) => {
                    Some(format!("while it sends {email}; another address does not find this person"))
                }
            };
            let outcome = match &person.email {
                // An address that cannot be read is not an address that is missing.
                Seen::Unknown(why) if claim.subject.is_none() => {
                    SignInOutcome::Unknown { why: format!("the present address is unknown: {why}") }
                }
                Seen::Unknown(_) | Seen::Known(_) => {
                    outcome_for(&way, &claim, &world, person.user_id.as_slice(), &mut BTreeSet::new())
                }
            };
            let condition = condition.filter(|_| matches!(outcome, SignInOutcome::SignsIn { .. }));
            Road { label: way.label(), outcome, condition }
        })
        .collect()
}

/// Every way before and after a change of memberships. An IdP is taken to send what stands afterwards, since that is
/// what the change is for; where nothing stands then, what stands now.
pub fn effects(caller: &Caller, before: &PersonFacts, after: &PersonFacts) -> Vec<SignInEffect> {
    let (world_before, world_after) = (world(caller, before), world(caller, after));
    roads(after)
        .into_iter()
        .map(|way| {
            let mut sent = claim(&way, after);
            if sent.subject.is_none() {
                sent.subject = claim(&way, before).subject;
            }
            SignInEffect {
                way: way.label(),
                before: decide(&way, &sent, &world_before).outcome(),
                after: decide(&way, &sent, &world_after).outcome(),
            }
        })
        .collect()
}

/// What all of it rests on unseen.
pub fn caveats(caller: &Caller, person: &PersonFacts) -> BTreeSet<Caveat> {
    let world = world(caller, person);
    roads(person).iter().flat_map(|way| decide(way, &claim(way, person), &world).caveats).collect()
}

fn claim(way: &Way, person: &PersonFacts) -> Claim {
    let email = person.email.known().cloned().flatten();
    let by_subject = match way {
        Way::Client { identifier, .. } | Way::Exchange { identifier, .. } => {
            *identifier == Identifier::Subject
        }
        Way::DomainRoute { identifier, .. } => identifier.known() == Some(&Identifier::Subject),
        Way::Password { .. } => false,
    };
    let legacy = || person.user.known().and_then(|user| user.legacy_external_id.clone());
    let subject = by_subject.then(|| person.membership.external_id.clone().or_else(legacy)).flatten();
    Claim { email, subject }
}

fn world(caller: &Caller, person: &PersonFacts) -> World {
    let accounts = person.user_id.iter().map(|id| Account {
        id: id.clone(),
        email: person.email.clone(),
        scope: person.scope.clone(),
        legacy_external_id: person.user.as_ref().map(|user| user.legacy_external_id.clone()),
    });
    let places = person.memberships.iter().filter_map(|membership| {
        Some(Place {
            id: membership.id.clone(),
            user: person.user_id.clone()?,
            project: membership.project.clone(),
            name: person.name.clone(),
            active: membership.active,
            external_id: membership.external_id.clone(),
            gate: person.gate(&membership.id),
        })
    });
    World {
        accounts: accounts.collect(),
        places: places.collect(),
        server_accounts: match caller.role {
            Role::SuperAdmin => Seen::Known(()),
            Role::ProjectAdmin | Role::Member => Seen::Unknown(Unseen::ServerScopedUser),
        },
        visible_projects: match caller.role {
            Role::SuperAdmin => None,
            Role::ProjectAdmin => Some(vec![caller.project.clone()]),
            Role::Member => Some(Vec::new()),
        },
    }
}

fn roads(person: &PersonFacts) -> Vec<Way> {
    let mut roads = Vec::new();
    let email = person.email.known().cloned().flatten();
    let domain = email.as_ref().and_then(|email| email.raw().rsplit_once('@'));
    if let (Some((_, domain)), Seen::Known(Route::Idp { host })) = (domain, &person.route) {
        let domain = Text::from(domain.to_lowercase());
        let identifier = match &person.routes {
            Seen::Known(routes) => routes
                .iter()
                .find(|route| route.domain == domain)
                .and_then(|route| route.provider.as_ref())
                .map_or(Seen::Unknown(Unseen::NotLoaded), |provider| {
                    Seen::Known(browser_identifier(provider))
                }),
            Seen::Unknown(why) => Seen::Unknown(*why),
        };
        roads.push(Way::DomainRoute { domain, idp: host.clone(), identifier });
    }
    for client in person.clients.known().into_iter().flatten() {
        let project = client.project.as_ref().unwrap_or(&person.membership.project).clone();
        let Some(provider) = client.provider.as_ref().filter(|_| person.projects().contains(&&project))
        else {
            continue;
        };
        roads.push(Way::Client {
            client: client.id.clone(),
            name: client.name.clone(),
            project: project.clone(),
            identifier: browser_identifier(provider),
        });
        roads.push(Way::Exchange {
            client: client.id.clone(),
            name: client.name.clone(),
            project,
            identifier: exchange_identifier(provider),
        });
    }
    roads.push(Way::Password { project: Some(person.membership.project.clone()) });
    roads
}
