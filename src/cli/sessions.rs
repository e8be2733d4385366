//! `idconsole sessions …` and `idconsole offboard`.

use serde_json::json;

use crate::identity::{LoginSession, Seen, SessionId, UserId};
use crate::workflows::intent::Intent;
use crate::workflows::person::Candidate;
use crate::workflows::sessions;

use super::args::{Offboard, Sessions};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{intent, people, users};

/// List, revoke.
pub async fn run(
    signed: &Signed,
    command: &Sessions,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Sessions::List { person } => list(signed, person.as_deref(), context, io).await,
        Sessions::Revoke { sessions, of, write } => {
            let ids = if of.is_empty() {
                by_id(signed, sessions, io).await?
            } else {
                of_people(signed, of, io).await?
            };
            let intent = Intent::EndSessions { sessions: ids };
            intent::run(signed, &intent, write, context, io).await
        }
    }
}

async fn user(signed: &Signed, person: &str, io: &mut Io<'_>) -> Result<UserId, Failure> {
    user_of(&users::one(&signed.engine, person, io).await?)
}

fn user_of(candidate: &Candidate) -> Result<UserId, Failure> {
    let membership = &candidate.membership;
    if &*membership.user.kind != UserId::KIND {
        let name = membership.profile.display.as_ref();
        let name = name.map_or_else(|| membership.id.reference().to_string(), ToString::to_string);
        return Err(Failure::new(Exit::NotFound, format!("{name} is not a person.")));
    }
    Ok(UserId::new(membership.user.id.clone()))
}

async fn of_people(signed: &Signed, of: &[String], io: &mut Io<'_>) -> Result<Vec<SessionId>, Failure> {
    let mut ids = Vec::new();
    for candidate in people::candidates(&signed.engine, of, io).await? {
        let user = user_of(&candidate)?;
        let found = sessions::list(&signed.engine, Some(&user)).await?;
        if matches!(found.others, Seen::Unknown(_)) && signed.engine.caller.user.as_ref() != Some(&user) {
            return Err(others_unseen());
        }
        ids.extend(found.list.into_iter().map(|session| session.id));
    }
    Ok(ids)
}

/// The sessions by their ids. Of several, all that are not there are told, and nothing is done.
async fn by_id(signed: &Signed, given: &[String], io: &mut Io<'_>) -> Result<Vec<SessionId>, Failure> {
    let given = people::given(given, io)?;
    let ids: Vec<SessionId> =
        given.iter().map(|given| SessionId::from(given.text.trim_start_matches("Login/"))).collect();
    if ids.len() < 2 {
        return Ok(ids);
    }
    let known = sessions::list(&signed.engine, None).await?;
    let mut missing = 0;
    for (given, id) in given.iter().zip(&ids) {
        if !known.list.iter().any(|session| session.id == *id) {
            missing += 1;
            io.tell(&format!("{}: there is no session {id} that can still be used", given.at))?;
        }
    }
    if missing > 0 {
        let what = format!("{missing} of {} sessions are not there; nothing was done.", ids.len());
        return Err(
            Failure::new(Exit::NotFound, what).next("`idconsole sessions list` shows those that are.")
        );
    }
    Ok(ids)
}

fn others_unseen() -> Failure {
    Failure::new(Exit::NotAllowed, "Other people's sessions are seen and ended by super admins only.")
        .next("`idconsole members deactivate` stops the sessions of a member in this project.")
}

/// `sessions list`.
async fn list(
    signed: &Signed,
    person: Option<&str>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let wanted = match person {
        Some(person) => Some(user(signed, person, io).await?),
        None => None,
    };
    let found = sessions::list(&signed.engine, wanted.as_ref()).await?;
    let own = wanted.is_none() || wanted == signed.engine.caller.user;
    if matches!(found.others, Seen::Unknown(_)) && !own {
        return Err(others_unseen());
    }
    let table = Table {
        columns: vec![
            Column::id("user"),
            Column::text("method"),
            Column::name("client"),
            Column::name("browser"),
            Column::text("address"),
            Column::number("last used"),
            Column::text("session"),
        ],
        rows: found.list.iter().map(row).collect(),
        empty: "No session can still be used.".to_owned(),
    };
    io.write_rows(context.shared.format, &table, &found.list.iter().map(shape).collect::<Vec<_>>())?;
    if let Seen::Unknown(why) = found.others {
        io.note(&format!("Your own sessions of the last hour; those of other people are unknown: {why}."))?;
    }
    if found.cut {
        io.note("There are older ones; name a person to see theirs.")?;
    }
    Ok(Exit::Done)
}

fn row(session: &LoginSession) -> Vec<String> {
    let display = |reference: Option<&crate::identity::Reference>| {
        reference.map_or_else(String::new, |reference| {
            reference
                .display
                .as_ref()
                .map_or_else(|| reference.to_string(), |display| display.raw().to_owned())
        })
    };
    vec![
        display(session.user.as_ref()),
        session.method.raw().to_owned(),
        display(session.client.as_ref()),
        session.browser.raw().to_owned(),
        session.address.raw().to_owned(),
        session.last_used.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        session.id.as_str().to_owned(),
    ]
}

fn shape(session: &LoginSession) -> serde_json::Value {
    json!({
        "session": session.id,
        "user": session.user.as_ref().map(ToString::to_string),
        "email": session.user.as_ref().and_then(|user| user.display.clone()),
        "project": session.project,
        "client": session.client.as_ref().map(ToString::to_string),
        "client_name": session.client.as_ref().and_then(|client| client.display.clone()),
        "method": session.method,
        "browser": session.browser,
        "address": session.address,
        "began": session.began,
        "last_used": session.last_used,
    })
}

/// `offboard`.
pub async fn offboard(
    signed: &Signed,
    command: &Offboard,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let members = people::members(&signed.engine, &command.people, io).await?;
    let clear_external_id = command.clear_external_id;
    let intent = Intent::each(members, |member| Intent::Offboard { member, clear_external_id });
    intent::run(signed, &intent, &command.write, context, io).await
}
