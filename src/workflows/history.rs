//! What became of a person over time: versions of membership and user as differences, the newest first
//! (platform-api §1.6).

use std::collections::HashMap;

use futures::join;
use jiff::Timestamp;

use super::engine::Engine;
use super::fields::{POLICY, PROFILE, of_membership, of_user};
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::{Membership, MembershipId, Reference, Seen, Text, Unseen, User, UserId, Version};

/// Versions of a membership and its user, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Of the membership.
    pub memberships: Vec<Membership>,
    /// Of the user, when this role may read it.
    pub users: Seen<Vec<User>>,
}

/// Reads every version that this role sees.
pub async fn read(
    engine: &Engine,
    membership: &MembershipId,
    user: Option<&UserId>,
) -> Result<History, Trouble> {
    let users = async {
        let Some(user) = user else { return Ok(Seen::Known(Vec::new())) };
        match engine.remote.user_history(user).await {
            Ok(users) => Ok(Seen::Known(users)),
            Err(trouble) => match trouble.cause {
                Cause::NotFound => Ok(Seen::Unknown(Unseen::ServerScopedUser)),
                Cause::Forbidden => Ok(Seen::Unknown(Unseen::SuperAdminOnly)),
                _ => Err(trouble),
            },
        }
    };
    let (memberships, users) = join!(engine.remote.membership_history(membership), users);
    Ok(History { memberships: memberships?, users: users? })
}

/// One version.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// `user` or `membership`.
    pub record: &'static str,
    /// By whom.
    pub by: Option<Reference>,
    /// The oldest version.
    pub first: bool,
    /// Field, before, after.
    pub changes: Vec<(String, Option<Text>, Option<Text>)>,
}

/// All versions of both records, the newest first.
pub fn moments(history: &History) -> Vec<Moment> {
    let memberships =
        series("membership", &history.memberships, |m: &Membership| (&m.version, membership_fields(m)));
    let users = match &history.users {
        Seen::Known(users) => series("user", users, |user: &User| (&user.version, user_fields(user))),
        Seen::Unknown(_) => Vec::new(),
    };
    let mut all: Vec<Moment> = memberships.into_iter().chain(users).collect();
    name_references(&mut all, &history.memberships);
    all.sort_by_key(|moment| std::cmp::Reverse(moment.at));
    all
}

/// People know policies and profiles by their names; two of the same name stay told apart by their ids.
fn name_references(moments: &mut [Moment], memberships: &[Membership]) {
    let references = memberships.iter().flat_map(|m| m.policy.iter().chain([&m.profile]));
    let names: HashMap<String, Text> = references
        .filter_map(|reference| {
            Some((reference.to_string(), reference.display.clone().filter(|n| !n.is_empty())?))
        })
        .collect();
    let named =
        |value: &Option<Text>| value.as_ref().map(|value| names.get(value.raw()).unwrap_or(value).clone());
    for (field, before, after) in moments.iter_mut().flat_map(|moment| &mut moment.changes) {
        if field == POLICY || field == PROFILE {
            let (old, new) = (named(before), named(after));
            if old != new {
                (*before, *after) = (old, new);
            }
        }
    }
}

type Values = Vec<(String, Option<Text>)>;

fn membership_fields(membership: &Membership) -> Values {
    let mut values = of_membership(membership);
    if !membership.access.is_empty() {
        values.push(("parameters".to_owned(), Some(Text::from(membership.access.len().to_string()))));
    }
    values
}

fn user_fields(user: &User) -> Values {
    let mut values = of_user(user);
    let name = format!("{} {}", user.first_name.raw(), user.last_name.raw());
    values.push(("name".to_owned(), Some(Text::from(name.trim()))));
    values.push(("factor".to_owned(), Some(Text::from(user.mfa.word()))));
    values.push(("legacy id".to_owned(), user.legacy_external_id.clone()));
    values
}

fn series<T>(record: &'static str, versions: &[T], read: impl Fn(&T) -> (&Version, Values)) -> Vec<Moment> {
    let mut moments = Vec::with_capacity(versions.len());
    for (i, version) in versions.iter().enumerate() {
        let (meta, now) = read(version);
        let before = versions.get(i + 1).map(|older| read(older).1);
        let first = before.is_none();
        let before = before.unwrap_or_default();
        let value = |values: &Values, field: &str| {
            values.iter().find(|(name, _)| name == field).and_then(|(_, value)| value.clone())
        };
        let mut changes: Vec<_> = now
            .iter()
            .map(|(field, after)| (field.clone(), value(&before, field), after.clone()))
            .filter(|(_, before, after)| before != after)
            .collect();
        // What is gone from the newer version altogether.
        for (field, old) in &before {
            if !now.iter().any(|(name, _)| name == field) && old.is_some() {
                changes.push((field.clone(), old.clone(), None));
            }
        }
        moments.push(Moment { at: meta.at, record, by: meta.author.clone(), first, changes });
    }
    moments
}
