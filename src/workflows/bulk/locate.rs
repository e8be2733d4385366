//! Whom a row means. Everything that it says of somebody has to lead to the same one member; nothing is guessed.

use super::columns::Column;
use super::row::{Problem, Wants, Who, Wish};
use crate::identity::{Membership, MembershipId, Reference, Role, Seen, Text, Unseen, UserId};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// Of several that match, so many are named.
const NAMED: usize = 3;

/// The member that is meant.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub member: Membership,
    /// By the value that is to be: what names them in the sheet is no longer theirs.
    pub moved: Option<Column>,
}

/// Finds the one, or says what is wrong with how they are named.
pub(super) async fn locate(
    engine: &Engine,
    line: u64,
    who: &Who,
    wants: &Wants,
) -> Result<Result<Located, Vec<Problem>>, Trouble> {
    let problem = |column, what: String| Ok(Err(vec![Problem::in_cell(line, column, what)]));
    if let Some(named) = &who.membership {
        let Some(id) = id(named, MembershipId::KIND) else {
            return problem(Column::Membership, format!("{named} is no membership."));
        };
        let member = match engine.remote.membership(&MembershipId::new(id)).await {
            Ok(member) => member,
            Err(trouble) if not_there(&trouble) => {
                return problem(Column::Membership, format!("There is no membership {named}."));
            }
            Err(trouble) => return Err(trouble),
        };
        let problems = disagreements(engine, line, &member, who, wants).await?;
        return Ok(if problems.is_empty() { Ok(Located { member, moved: None }) } else { Err(problems) });
    }
    let mut candidates: Option<Vec<Membership>> = None;
    let mut moved = None;
    for (column, given) in
        [(Column::User, &who.user), (Column::Email, &who.email), (Column::ExternalId, &who.external_id)]
    {
        let Some(given) = given else { continue };
        let mut found = carriers(engine, column, given).await?;
        if found.is_empty()
            && let Some(wanted) = to_be(column, wants)
        {
            found = carriers(engine, column, wanted).await?;
            moved = (!found.is_empty()).then_some(column);
        }
        if found.is_empty() {
            return problem(column, nobody(engine, column, given));
        }
        candidates = Some(match candidates {
            None => found,
            Some(known) => {
                let both: Vec<Membership> = known
                    .iter()
                    .filter(|one| found.iter().any(|other| other.id == one.id))
                    .cloned()
                    .collect();
                if both.is_empty() {
                    let what = format!(
                        "{given} is {}, and the rest of the row is {}.",
                        named(&found),
                        named(&known)
                    );
                    return problem(column, what);
                }
                both
            }
        });
    }
    let mut candidates = candidates.unwrap_or_default();
    match (candidates.pop(), candidates.len()) {
        (Some(member), 0) => Ok(Ok(Located { member, moved })),
        (Some(last), _) => {
            candidates.push(last);
            let what = format!(
                "{} members match: {}. Name the one that is meant under membership.",
                candidates.len(),
                named(&candidates)
            );
            Ok(Err(vec![Problem::of_row(line, what)]))
        }
        (None, _) => Ok(Err(vec![Problem::of_row(line, "Nobody is named.")])),
    }
}

/// The value that a key would have once the row is done.
fn to_be(column: Column, wants: &Wants) -> Option<&Text> {
    match (column, &wants.email, &wants.external_id) {
        (Column::Email, Some(email), _) => Some(email),
        (Column::ExternalId, _, Wish::Set(id)) => Some(id),
        _ => None,
    }
}

async fn carriers(engine: &Engine, column: Column, given: &Text) -> Result<Vec<Membership>, Trouble> {
    let found = match column {
        Column::User => match id(given, UserId::KIND) {
            Some(id) => engine.remote.memberships_of_user(&UserId::new(id)).await,
            None => Ok(Vec::new()),
        },
        Column::Email => engine.remote.memberships_by_email(&given.raw().to_lowercase()).await,
        _ => engine.remote.memberships_by_external_id(given.raw()).await,
    };
    match found {
        Err(trouble) if not_there(&trouble) => Ok(Vec::new()),
        other => other,
    }
}

fn not_there(trouble: &Trouble) -> bool {
    matches!(trouble.cause, Cause::NotFound | Cause::Gone)
}

fn nobody(engine: &Engine, column: Column, given: &Text) -> String {
    let has = match column {
        Column::User => "the user",
        Column::Email => "the address",
        _ => "the external id",
    };
    format!("Nobody that you see as {} has {has} {given}.", engine.caller.role.words())
}

/// An id as it is, or behind its type.
fn id(text: &Text, kind: &str) -> Option<Box<str>> {
    let text = text.raw().trim();
    match Reference::parse(text) {
        Some(reference) => (&*reference.kind == kind).then_some(reference.id),
        None => (!text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
            .then(|| text.into()),
    }
}

/// Where what a row says of a member besides is not so: a sheet that was sorted by one column only says it everywhere.
async fn disagreements(
    engine: &Engine,
    line: u64,
    member: &Membership,
    who: &Who,
    wants: &Wants,
) -> Result<Vec<Problem>, Trouble> {
    let mut problems = Vec::new();
    let name = named(std::slice::from_ref(member));
    if let Some(user) = &who.user
        && id(user, UserId::KIND).as_deref() != Some(&*member.user.id)
    {
        let what = format!("The membership is of {name}, whose user is {}.", reference(&member.user));
        problems.push(Problem::in_cell(line, Column::User, what));
    }
    if let Some(given) = &who.external_id
        && member.external_id.as_ref() != Some(given)
        && !matches!((&member.external_id, &wants.external_id), (Some(has), Wish::Set(wanted)) if has == wanted)
        && !matches!((&member.external_id, &wants.external_id), (None, Wish::Clear))
    {
        let has = member.external_id.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        let what = format!(
            "The membership is of {name}, whose external id is {has}. To change it, write the new one under {}.",
            Column::NewExternalId.heading()
        );
        problems.push(Problem::in_cell(line, Column::ExternalId, what));
    }
    if let Some(given) = &who.email {
        let same = |other: &Text| other.raw().trim().to_lowercase() == given.raw().to_lowercase();
        let wanted = |has: &Text| {
            wants.email.as_ref().is_some_and(|wanted| wanted.raw().to_lowercase() == has.raw().to_lowercase())
        };
        match email(engine, member).await? {
            Seen::Known(Some(has)) if same(&has) || wanted(&has) => {}
            Seen::Known(has) => {
                let has = has.map_or_else(|| "none".to_owned(), |has| has.to_string());
                let what = format!(
                    "The membership is of {name}, whose address is {has}. To change it, write the new one under {}.",
                    Column::NewEmail.heading()
                );
                problems.push(Problem::in_cell(line, Column::Email, what));
            }
            Seen::Unknown(why) => {
                let what = format!(
                    "Whether it is the address of {name} cannot be seen: {why}. Leave the cell empty."
                );
                problems.push(Problem::in_cell(line, Column::Email, what));
            }
        }
    }
    Ok(problems)
}

/// The present login address of a member, by whatever this role may read.
pub(super) async fn email(engine: &Engine, member: &Membership) -> Result<Seen<Option<Text>>, Trouble> {
    if &*member.user.kind != UserId::KIND {
        return Ok(Seen::Known(None));
    }
    match engine.remote.user(&UserId::new(member.user.id.clone())).await {
        Ok(user) => Ok(Seen::Known(user.email)),
        Err(trouble) if trouble.cause == Cause::NotFound && engine.caller.role != Role::SuperAdmin => {
            match engine.remote.scim(&member.id).await {
                Ok(person) => Ok(Seen::Known(person.email)),
                Err(trouble)
                    if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden | Cause::NoRoute) =>
                {
                    Ok(Seen::Unknown(Unseen::ServerScopedUser))
                }
                Err(trouble) => Err(trouble),
            }
        }
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
            Ok(Seen::Unknown(Unseen::Failed))
        }
        Err(trouble) if trouble.cause == Cause::Forbidden => Ok(Seen::Unknown(Unseen::Policy)),
        Err(trouble) => Err(trouble),
    }
}

fn reference(of: &Reference) -> Reference {
    Reference { display: None, ..of.clone() }
}

/// "Jane Smith (ProjectMembership/…), Jane Doe (ProjectMembership/…) and 2 more".
pub(super) fn named(members: &[Membership]) -> String {
    let name = |member: &Membership| match &member.profile.display {
        Some(name) => format!("{name} ({})", member.id.reference()),
        None => member.id.reference().to_string(),
    };
    let words = members.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    match members.len().saturating_sub(NAMED) {
        0 => words,
        more => format!("{words} and {more} more"),
    }
}
