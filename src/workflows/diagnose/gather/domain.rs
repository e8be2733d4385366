//! Everybody of a domain at once: what a sign-in of each of them can depend on, with what they have in common read once.

use std::collections::HashMap;

use futures::{StreamExt as _, join};

use super::{Gathering, membership_fact, reach};
use crate::identity::sign_in::doctor::{Attempt, ClientFact, Facts, Flow, Reach, Window};
use crate::identity::{MembershipId, Seen, Text, Unseen, UserId};
use crate::workflows::engine::Engine;
use crate::workflows::person::why_unseen;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::{DomainPeople, Trouble};

/// More people than this of one domain are not read.
const MOST: usize = 50_000;

/// Addresses that are asked for one by one, where no list tells them; of more the address stays unknown.
const MOST_ASKED: usize = 2_000;

/// Of them at the same time.
const AT_ONCE: usize = 8;

/// Reads the domain's people, their memberships, what stands between them and a sign-in, the domain's route and the
/// client applications. False when there are more people than are read.
pub async fn gather_domain(engine: &Engine, domain: &str) -> Result<(Facts, bool), Trouble> {
    let engine = &engine.in_background();
    let mut gathering = Gathering { engine, facts: Facts::new(reach(engine)) };
    let complete = gathering.domain(domain).await?;
    Ok((gathering.facts, complete))
}

impl Gathering<'_> {
    async fn domain(&mut self, domain: &str) -> Result<bool, Trouble> {
        let mut typed = Attempt::new(Flow::Browser);
        typed.domain = Some(Text::from(domain));
        if self.facts.reach == Reach::Nothing {
            self.anonymous(&typed).await?;
            return Ok(false);
        }
        let engine = self.engine;
        let (route, people, clients) =
            join!(self.route(&typed), engine.remote.people_of_domain(domain, MOST), engine.remote.clients(),);
        if let Some((domain, route)) = route? {
            self.facts.routes.insert(domain, route);
        }
        let clients = match clients {
            Err(trouble) if matches!(trouble.cause, Cause::Forbidden | Cause::NotFound) => Vec::new(),
            answer => answer?,
        };
        let source = self.source(Window::Record);
        for client in clients {
            let id = client.id.as_str().to_owned();
            let fact = ClientFact::Found(Box::new(super::Client {
                id: client.id,
                name: client.name,
                project: client.project,
                provider: client.provider,
                status: client.status,
                redirect_uris: client.redirect_uris,
                pkce_optional: client.pkce_optional,
                source,
            }));
            self.facts.clients.insert(id, Seen::Known(fact));
        }
        let people = people?;
        let complete = people.complete;
        self.people(people).await;
        self.gates_of_many().await?;
        Ok(complete)
    }

    /// Users that are seen, and those of whom no more than a membership is.
    async fn people(&mut self, people: DomainPeople) {
        let DomainPeople { users, memberships, addresses, .. } = people;
        let source = self.source(Window::Record);
        for user in &users {
            // Every search gives a user once; looking each up again would take its time in a large domain.
            let fact = self.user_fact(user, source);
            self.facts.users.push(fact);
        }
        let seen: std::collections::HashSet<&UserId> = users.iter().map(|user| &user.id).collect();
        let told: HashMap<&MembershipId, &Text> = addresses.iter().map(|(id, email)| (id, email)).collect();
        let mut hidden: HashMap<UserId, MembershipId> = HashMap::new();
        let mut order: Vec<UserId> = Vec::new();
        for membership in &memberships {
            let user = UserId::new(membership.user.id.clone());
            if &*membership.user.kind == UserId::KIND && !seen.contains(&user) && !hidden.contains_key(&user)
            {
                hidden.insert(user.clone(), membership.id.clone());
                order.push(user);
            }
        }
        let of = |membership: &MembershipId| told.get(membership).map(|email| (*email).clone());
        let mut asked = 0;
        let mut answers: Vec<(UserId, Seen<Option<Text>>)> = Vec::new();
        let mut ask: Vec<(UserId, MembershipId)> = Vec::new();
        for user in order {
            let Some(membership) = hidden.get(&user) else { continue };
            match of(membership) {
                Some(email) => answers.push((user, Seen::Known(Some(email)))),
                None if asked < MOST_ASKED => {
                    asked += 1;
                    ask.push((user, membership.clone()));
                }
                None => answers.push((user, Seen::Unknown(Unseen::NotLoaded))),
            }
        }
        let engine = self.engine;
        let mut read = futures::stream::iter(ask)
            .map(|(user, membership)| async move {
                let email = match engine.remote.scim(&membership).await {
                    Ok(person) => Seen::Known(person.email),
                    Err(trouble) => Seen::Unknown(why_unseen(&trouble)),
                };
                (user, email)
            })
            .buffered(AT_ONCE);
        while let Some(answer) = read.next().await {
            answers.push(answer);
        }
        drop(read);
        for (user, email) in answers {
            self.add_hidden_user(&user, email, Window::Scim);
        }
        let source = self.source(Window::Record);
        self.facts
            .memberships
            .extend(memberships.iter().map(|membership| membership_fact(membership, source)));
    }
}
