//! Reading what has to be known about a new address.

use futures::join;
use thiserror::Error;

use super::facts::{EmailFacts, Holder};
use super::{Choices, Proposal, Refusal, propose};
use crate::identity::{
    Email, EmailError, KnownAddresses, Membership, MembershipId, Role, Seen, Text, Unseen, User, UserId,
    UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::facts::PersonFacts;
use crate::workflows::person::gather;
use crate::workflows::remote::Trouble;

/// With how many addresses a new one is compared when the caller brings none along.
const COMPARE_AT_MOST: usize = 20_000;

/// Why nothing could be said about an address.
#[derive(Debug, Error)]
pub enum GatherError {
    /// Not an address.
    #[error("{0}")]
    Malformed(#[from] EmailError),
    /// The platform did not answer.
    #[error("{0}")]
    Platform(#[from] Trouble),
}

/// Reads who has the new address already, where it is sent at sign-in and what it could be taken for.
///
/// `known` are the addresses of the project where the caller has them in memory; without them the members are read
/// page by page.
pub async fn gather_for(
    engine: &Engine,
    person: &PersonFacts,
    typed: &str,
    known: Option<&KnownAddresses>,
) -> Result<EmailFacts, GatherError> {
    let (email, notices) = Email::parse(typed)?;
    let addresses = async {
        if let Some(known) = known {
            return Ok((known.look_alikes(&email), (known.len(), true)));
        }
        let (texts, all) = engine.remote.addresses(&person.membership.project, COMPARE_AT_MOST).await?;
        let known = KnownAddresses::new(texts.iter().map(Text::raw));
        Ok::<_, Trouble>((known.look_alikes(&email), (known.len(), all)))
    };
    let (holders, route, addresses) = join!(
        holders(engine, person.user_id.as_ref(), email.as_str()),
        engine.remote.route(email.as_str()),
        addresses
    );
    let (look_alikes, compared) = addresses?;
    let all_holders = match engine.caller.role {
        Role::SuperAdmin => Seen::Known(()),
        Role::ProjectAdmin | Role::Member => Seen::Unknown(Unseen::ServerScopedUser),
    };
    let platform = engine.remote.about();
    Ok(EmailFacts { email, notices, route, holders: holders?, all_holders, look_alikes, compared, platform })
}

/// Everything that a plan was made from, and the ways it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The person.
    pub person: PersonFacts,
    /// The new address.
    pub facts: EmailFacts,
    /// Every way, compared.
    pub proposal: Proposal,
}

/// Why nothing could be proposed.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// The address will not do; nothing was changed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The platform did not answer.
    #[error("{0}")]
    Platform(#[from] Trouble),
}

/// [`gather`], [`gather_for`] and [`propose`] in one go. A malformed address is refused before anything is asked.
pub async fn prepare(
    engine: &Engine,
    membership: &MembershipId,
    typed: &str,
    known: Option<&KnownAddresses>,
    choices: Choices,
) -> Result<Prepared, PrepareError> {
    Email::parse(typed).map_err(Refusal::from)?;
    let person = gather(engine, membership).await?;
    let facts = gather_for(engine, &person, typed, known).await.map_err(|error| match error {
        GatherError::Malformed(why) => PrepareError::Refused(why.into()),
        GatherError::Platform(trouble) => PrepareError::Platform(trouble),
    })?;
    let proposal = propose(&engine.caller, &person, &facts, choices)?;
    Ok(Prepared { person, facts, proposal })
}

/// Who has the address: users by email as far as users are visible, members by their user's email in both scopes
/// (platform-api §1.11: chaining reaches what the role cannot read).
///
/// The one who is to get it is none of them.
pub(in crate::workflows) async fn holders(
    engine: &Engine,
    own: Option<&UserId>,
    email: &str,
) -> Result<Vec<Holder>, Trouble> {
    let (users, members) =
        join!(engine.remote.users_by_email(email), engine.remote.memberships_by_email(email));
    let (users, members) = (users?, members?);
    let mut holders: Vec<Holder> = users
        .iter()
        .filter(|user| Some(&user.id) != own)
        .map(|user| Holder {
            user: user.id.clone(),
            name: full_name(user),
            scope: Seen::Known(user.scope.clone()),
            memberships: Vec::new(),
        })
        .collect();
    for membership in members {
        let id = UserId::new(membership.user.id.clone());
        if Some(&id) == own {
            continue;
        }
        match holders.iter_mut().find(|holder| holder.user == id) {
            Some(holder) => holder.memberships.push(membership),
            // Found through its membership but not among the visible users: server-scoped (platform-api §12).
            None => holders.push(Holder {
                user: id,
                name: name_of(&membership),
                scope: Seen::Known(UserScope::Server),
                memberships: vec![membership],
            }),
        }
    }
    Ok(holders)
}

fn full_name(user: &User) -> Text {
    Text::from(format!("{} {}", user.first_name.raw(), user.last_name.raw()).trim().to_owned())
}

fn name_of(membership: &Membership) -> Text {
    membership.profile.display.clone().unwrap_or_default()
}
