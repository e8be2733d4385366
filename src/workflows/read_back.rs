//! Reading a record in the words of a plan, and comparing it with what was planned.

use serde_json::Value;

use super::engine::Engine;
use super::fields;
use super::hidden;
use super::kinds;
use super::own_factor;
use super::refusals::Cause;
use super::remote::Trouble;
use crate::identity::{
    Change, ClientId, FieldChange, Means, MemberAct, Membership, MembershipId, ProjectId, Record, Reference,
    Role, Secret, Text, User, UserId, UserScope, VersionId,
};
use crate::journal::Snapshot;

/// How a record stands to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Every field has its new value.
    AsPlanned,
    /// Every field has its old value.
    AsBefore,
    /// Something else; these fields are not as planned.
    Other(Vec<FieldChange>),
}

/// Compares a record with a change. Fields that were not read, or whose old value was not known, do not count
/// against it as long as one field speaks for it.
pub fn compare(wanted: &[FieldChange], found: &Snapshot) -> Compared {
    let off = |change: &&FieldChange| found.field(&change.field) != Some(&change.after);
    let missing: Vec<FieldChange> = wanted.iter().filter(off).cloned().collect();
    if missing.is_empty() {
        return Compared::AsPlanned;
    }
    let as_before = |change: &FieldChange| match change.before.known() {
        Some(before) => found.field(&change.field) == Some(before),
        None => false,
    };
    if wanted.iter().all(as_before) { Compared::AsBefore } else { Compared::Other(missing) }
}

/// True when nothing of what the change does can be seen in what was read: it leaves no trace, as a mail does, or
/// this role may not read the user (platform-api §12). Then the platform's answer is all there is.
pub fn is_blind(change: &Change, found: &Snapshot) -> bool {
    (change.means.needs_secret() || matches!(change.means, Means::Member { .. } | Means::ClientSecret { .. }))
        && change.fields.iter().all(|field| found.field(&field.field).is_none())
}

/// A user in the words of a plan.
pub fn of_user(user: &User) -> Snapshot {
    Snapshot {
        record: user.id.reference(),
        version: Some(user.version.id.clone()),
        at: Some(user.version.at),
        author: user.version.author.clone(),
        fields: fields::of_user(user),
    }
}

/// A membership in the words of a plan.
pub fn of_membership(membership: &Membership) -> Snapshot {
    Snapshot {
        record: membership.id.reference(),
        version: Some(membership.version.id.clone()),
        at: Some(membership.version.at),
        author: membership.version.author.clone(),
        fields: fields::of_membership(membership),
    }
}

/// Reads the record that a change touches; `made` is what an invite or a create brought about. With the secret that
/// went along at hand, what the record holds is compared with it.
pub(super) async fn read_back(
    engine: &Engine,
    change: &Change,
    made: Option<&Reference>,
    secret: Option<&Secret>,
) -> Result<Snapshot, Trouble> {
    let mut found = read(engine, change, made).await?;
    hidden::tell(engine, change, made, secret, &mut found).await;
    Ok(found)
}

async fn read(engine: &Engine, change: &Change, made: Option<&Reference>) -> Result<Snapshot, Trouble> {
    match &change.means {
        Means::UpdateEmail { .. } | Means::SetPassword { .. } => user(engine, &change.target).await,
        // SCIM is each project's own (platform-api §7); a super admin from another one reads the user itself.
        Means::ScimEmail { .. } if engine.caller.role == Role::SuperAdmin => {
            user(engine, &change.target).await
        }
        Means::ScimEmail { membership, .. } => {
            let found = engine.remote.scim(membership).await?;
            Ok(Snapshot {
                record: change.target.clone(),
                version: None,
                at: None,
                author: None,
                fields: vec![(fields::EMAIL.to_owned(), found.email)],
            })
        }
        Means::EndOwnSession => own_session(engine, change).await,
        Means::EnrolOwn { .. } | Means::DisableOwn { .. } => own_factor(engine, change).await,
        Means::Patch { fields: sent, .. } => match &*change.target.kind {
            "User" if sent.iter().any(|(pointer, _)| pointer.starts_with("/mfa")) => {
                let user = engine.remote.user(&UserId::new(change.target.id.clone())).await?;
                let mut found = of_user(&user);
                found.fields.extend(fields::of_factors(&user));
                found.fields.push((fields::MFA_REQUIRED.to_owned(), Some(fields::yes_no(user.mfa.required))));
                Ok(found)
            }
            "User" => user(engine, &change.target).await,
            "ProjectMembership" => membership(engine, &change.target).await,
            _ => record(engine, &change.target).await,
        },
        Means::Invite { request, .. } => {
            let Some(made) = made else {
                return Err(Trouble::new(Cause::NotFound, "no membership came to be"));
            };
            let mut found = membership(engine, made).await?;
            if let Some(address) = request["email"].as_str() {
                let carriers = engine.remote.memberships_by_email(address).await?;
                let found_there = carriers.iter().any(|m| *m.id.as_str() == *made.id);
                found.fields.push((fields::EMAIL.to_owned(), found_there.then(|| Text::from(address))));
            }
            Ok(found)
        }
        Means::ClientSecret { .. } => secrets(engine, &change.target).await,
        Means::MakeClient { .. } => match made {
            Some(made) => client_made(engine, made).await,
            None => Err(Trouble::new(Cause::NotFound, "no client application came to be")),
        },
        Means::Create { .. } => match made {
            Some(made) => record(engine, made).await,
            None => Err(Trouble::new(Cause::NotFound, "no record came to be")),
        },
        Means::Restore { fields: Some(_), .. } => record(engine, &change.target).await,
        Means::Delete | Means::Restore { fields: None, .. } => match record(engine, &change.target).await {
            Err(Trouble { cause: Cause::Gone | Cause::NotFound, .. }) => Ok(gone(change)),
            other => other,
        },
        Means::Member { membership: id, act: MemberAct::ResetMfa { .. }, .. } => {
            match engine.remote.user(&UserId::new(change.target.id.clone())).await {
                Ok(user) => {
                    let mut found = of_user(&user);
                    found.fields.extend(fields::of_factors(&user));
                    Ok(found)
                }
                // A server-scoped user: that the member is still there is all that can be seen.
                Err(Trouble { cause: Cause::NotFound | Cause::Forbidden, .. }) => member(engine, id).await,
                Err(other) => Err(other),
            }
        }
        Means::Rescope { membership: id, .. } => rescoped(engine, change, id).await,
        Means::RefreshDisplay => {
            let read = engine.remote.membership(&MembershipId::new(change.target.id.clone())).await?;
            let mut found = of_membership(&read);
            found.fields.extend(fields::displays(&read));
            Ok(found)
        }
        Means::Member { membership: id, act: MemberAct::MailPasswordReset, .. } => member(engine, id).await,
        Means::Member { membership: id, act: MemberAct::Remove, .. } => match member(engine, id).await {
            Err(Trouble { cause: Cause::Gone | Cause::NotFound, .. }) => Ok(gone(change)),
            other => other,
        },
    }
}

/// A user with where it exists. One that is hidden from a project admin while SCIM knows it is server-scoped
/// (platform-api §12).
async fn rescoped(engine: &Engine, change: &Change, id: &MembershipId) -> Result<Snapshot, Trouble> {
    match engine.remote.user(&UserId::new(change.target.id.clone())).await {
        Ok(user) => {
            let mut found = of_user(&user);
            found.fields.push((fields::SCOPE.to_owned(), Some(fields::scope(&user.scope))));
            Ok(found)
        }
        Err(Trouble { cause: Cause::NotFound, .. }) if engine.caller.role != Role::SuperAdmin => {
            engine.remote.scim(id).await?;
            let scope = Some(fields::scope(&UserScope::Server));
            let fields = vec![(fields::SCOPE.to_owned(), scope)];
            Ok(Snapshot { record: change.target.clone(), version: None, at: None, author: None, fields })
        }
        Err(other) => Err(other),
    }
}

/// What is read where the record is no more.
fn gone(change: &Change) -> Snapshot {
    Snapshot {
        record: change.target.clone(),
        version: None,
        at: None,
        author: None,
        fields: change.fields.iter().map(|field| (field.field.clone(), None)).collect(),
    }
}

/// One of the caller's own sessions: those that were ended are not listed any more (platform-api §4).
async fn own_session(engine: &Engine, change: &Change) -> Result<Snapshot, Trouble> {
    let sessions = engine.remote.own_sessions().await?;
    let alive = sessions.iter().find(|session| session.id.as_str() == &*change.target.id);
    Ok(Snapshot {
        record: change.target.clone(),
        version: None,
        at: alive.and_then(|session| session.last_used),
        author: None,
        fields: vec![(fields::REVOKED.to_owned(), Some(fields::yes_no(alive.is_none())))],
    })
}

/// The caller's own factors. Whether there is any, `/auth/me` tells everybody (platform-api §4); which ones are asked
/// for only where the plan speaks of one, because asking may keep a new key on the user (§14.18).
async fn own_factor(engine: &Engine, change: &Change) -> Result<Snapshot, Trouble> {
    let flags = engine.remote.own_factor().await?;
    let any = flags.map(|flags| fields::yes_no(flags.enrolled));
    let mut fields = vec![(fields::OWN_FACTOR.to_owned(), any)];
    if let Some(flags) = flags
        && change.fields.iter().any(|field| field.field != fields::OWN_FACTOR)
    {
        fields.extend(fields::of_methods(&own_factor::methods(engine, flags).await?));
    }
    Ok(Snapshot { record: change.target.clone(), version: None, at: None, author: None, fields })
}

/// A client application with the membership that came with it.
async fn client_made(engine: &Engine, made: &Reference) -> Result<Snapshot, Trouble> {
    let mut found = record(engine, made).await?;
    let memberships = engine.remote.memberships_of_profile(made).await?;
    let membership = memberships.first();
    found.fields.push((fields::MEMBERSHIP.to_owned(), membership.map(|_| fields::yes_no(true))));
    let policy = membership.and_then(|membership| membership.policy.as_ref());
    found.fields.push((fields::POLICY.to_owned(), policy.map(|policy| Text::from(policy.to_string()))));
    Ok(found)
}

/// A client's secrets, each by its number; without them where this role may not read the history.
async fn secrets(engine: &Engine, target: &Reference) -> Result<Snapshot, Trouble> {
    let record = engine.remote.record(target, &[]).await?;
    let history = engine.remote.secret_history(&ClientId::new(target.id.clone())).await;
    Ok(Snapshot {
        record: target.clone(),
        version: Some(record.version.id),
        at: Some(record.version.at),
        author: record.version.author,
        fields: history.map(|history| fields::of_secrets(&history)).unwrap_or_default(),
    })
}

async fn member(engine: &Engine, id: &MembershipId) -> Result<Snapshot, Trouble> {
    Ok(of_membership(&engine.remote.membership(id).await?))
}

/// After a lost answer: as [`read_back`], and looks for what an invite or a create may have brought about. Where
/// nothing is found, everything is as it was before.
pub(super) async fn find_out(
    engine: &Engine,
    change: &Change,
    secret: Option<&Secret>,
) -> Result<(Snapshot, Option<Reference>), Trouble> {
    let made = match &change.means {
        Means::Invite { project, request } => invited(engine, project, request).await?,
        Means::Create { record, secret_at } => created(engine, record, secret_at.as_deref()).await?,
        Means::MakeClient { record, .. } => created(engine, record, None).await?,
        Means::Patch { .. }
        | Means::ClientSecret { .. }
        | Means::UpdateEmail { .. }
        | Means::ScimEmail { .. }
        | Means::Delete
        | Means::Restore { .. }
        | Means::Member { .. }
        | Means::EndOwnSession
        | Means::SetPassword { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::Rescope { .. }
        | Means::RefreshDisplay => {
            return Ok((read_back(engine, change, None, secret).await?, None));
        }
    };
    if let Some(made) = made {
        return Ok((read_back(engine, change, Some(&made), secret).await?, Some(made)));
    }
    let before = |field: &FieldChange| (field.field.clone(), field.before.known().cloned().flatten());
    let fields = change.fields.iter().map(before).collect();
    Ok((Snapshot { record: change.target.clone(), version: None, at: None, author: None, fields }, None))
}

/// The membership that an invitation has brought about: by its email, else by its external id, and with the profile
/// where one was named.
async fn invited(
    engine: &Engine,
    project: &ProjectId,
    request: &Value,
) -> Result<Option<Reference>, Trouble> {
    let carriers = match (request["email"].as_str(), request["externalId"].as_str()) {
        (Some(address), _) => engine.remote.memberships_by_email(address).await?,
        (None, Some(id)) => engine.remote.memberships_by_external_id(id).await?,
        (None, None) => return Ok(None),
    };
    let profile = request["membership"]["profile"]["reference"].as_str();
    let made = carriers.into_iter().find(|found| {
        found.project == *project && profile.is_none_or(|profile| found.profile.to_string() == profile)
    });
    Ok(made.map(|membership| membership.id.reference()))
}

/// The version that was shown: out of the history where that can be read, else out of the plan.
pub(super) async fn as_shown(engine: &Engine, change: &Change) -> Snapshot {
    if let Some(version) = &change.expected_version
        && let Some(found) = from_history(engine, &change.target, version).await
    {
        return found;
    }
    Snapshot {
        record: change.target.clone(),
        version: change.expected_version.clone(),
        at: None,
        author: None,
        fields: change
            .fields
            .iter()
            .filter_map(|field| Some((field.field.clone(), field.before.known()?.clone())))
            .collect(),
    }
}

async fn from_history(engine: &Engine, target: &Reference, version: &VersionId) -> Option<Snapshot> {
    match &*target.kind {
        "User" => {
            let history = engine.remote.user_history(&UserId::new(target.id.clone())).await.ok()?;
            history.iter().find(|user| user.version.id == *version).map(of_user)
        }
        "ProjectMembership" => {
            let history =
                engine.remote.membership_history(&MembershipId::new(target.id.clone())).await.ok()?;
            history.iter().find(|membership| membership.version.id == *version).map(of_membership)
        }
        _ => None,
    }
}

/// A record of a kind that has no type of its own in plans.
async fn record(engine: &Engine, target: &Reference) -> Result<Snapshot, Trouble> {
    let Some(kind) = kinds::of(&target.kind) else {
        return Err(Trouble::new(Cause::Invalid, format!("{} is not read by plans", target.kind)));
    };
    Ok(kind.snapshot(&engine.remote.record(target, &kind.pointers()).await?))
}

/// The record that looks as it was asked for, in every field that plans know of it.
async fn created(
    engine: &Engine,
    asked: &Value,
    secret_at: Option<&str>,
) -> Result<Option<Reference>, Trouble> {
    let known = asked["resourceType"].as_str().and_then(kinds::of);
    let Some((kind, (parameter, pointer))) = known.and_then(|kind| Some((kind, kind.found_by?))) else {
        return Err(Trouble::new(Cause::Invalid, "a record of this kind cannot be found again"));
    };
    let value = asked.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let found = engine.remote.records_where(kind.kind, parameter, value, &kind.pointers()).await?;
    let looks_so = |record: &Record| {
        let fields = kind.fields.iter().zip(&record.values);
        fields.into_iter().all(|(field, value)| match value {
            // It went beside what was asked for.
            value if secret_at == Some(field.pointer) => value.is_some(),
            // Where a record belongs the platform knows by itself, so it counts only where it was asked for.
            _ if field.pointer.starts_with("/meta/") && asked.pointer(field.pointer).is_none() => true,
            value => field.words(value.as_ref()) == field.words(asked.pointer(field.pointer)),
        })
    };
    Ok(found.into_iter().find(looks_so).map(|record| record.reference))
}

async fn user(engine: &Engine, target: &Reference) -> Result<Snapshot, Trouble> {
    Ok(of_user(&engine.remote.user(&UserId::new(target.id.clone())).await?))
}

async fn membership(engine: &Engine, target: &Reference) -> Result<Snapshot, Trouble> {
    member(engine, &MembershipId::new(target.id.clone())).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Seen, Unseen};

    fn change(field: &str, before: Seen<Option<Text>>, after: Option<&str>) -> FieldChange {
        FieldChange { field: field.to_owned(), before, after: after.map(Text::from) }
    }

    fn found(fields: &[(&str, Option<&str>)]) -> Snapshot {
        Snapshot {
            record: Reference::parse("User/u").unwrap(),
            version: None,
            at: None,
            author: None,
            fields: fields.iter().map(|(name, value)| ((*name).to_owned(), value.map(Text::from))).collect(),
        }
    }

    #[test]
    fn a_record_is_as_planned_as_before_or_something_else() {
        let known = |text: &str| Seen::Known(Some(Text::from(text)));
        let wanted = [change("email", known("a"), Some("b")), change("verified", known("no"), Some("no"))];
        assert_eq!(
            compare(&wanted, &found(&[("email", Some("b")), ("verified", Some("no"))])),
            Compared::AsPlanned
        );
        assert_eq!(
            compare(&wanted, &found(&[("email", Some("a")), ("verified", Some("no"))])),
            Compared::AsBefore
        );
        let other = compare(&wanted, &found(&[("email", Some("c")), ("verified", Some("no"))]));
        assert_eq!(other, Compared::Other(vec![wanted[0].clone()]));
        let half = compare(&wanted, &found(&[("email", Some("b")), ("verified", Some("yes"))]));
        assert_eq!(half, Compared::Other(vec![wanted[1].clone()]));
    }

    #[test]
    fn an_unknown_old_value_never_counts_as_unchanged() {
        let wanted = [change("email", Seen::Unknown(Unseen::Failed), Some("b"))];
        assert!(matches!(compare(&wanted, &found(&[("email", Some("a"))])), Compared::Other(_)));
        assert!(matches!(compare(&wanted, &found(&[])), Compared::Other(_)), "not read is not as planned");
    }
}
