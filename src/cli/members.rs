//! `idconsole members …`: every membership of the project.

use serde_json::{Value, json};

use crate::identity::directory::{Directory, Email, Member, Page as Absorbed, RowFinding};
use crate::identity::{Mfa, Seen, Text, UserId};
use crate::platform::LARGEST_PAGE;
use crate::workflows::history::{self, Moment};
use crate::workflows::intent::Intent;
use crate::workflows::person;

use super::args::{ListMembers, OfPeople};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{complete, intent, people, plan, users};

/// `members list`: reads every page, then filters and sorts as the console does.
pub async fn list(
    signed: &Signed,
    command: &ListMembers,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let mut directory = load(signed, io).await?;
    if let Some(filter) = &command.filter {
        directory.set_filter(filter);
    }
    let members: Vec<Member<'_>> = directory
        .rows()
        .filter_map(|row| directory.member(row))
        .take(command.limit.unwrap_or(usize::MAX))
        .collect();
    let table = Table {
        columns: vec![
            Column::name("name"),
            Column::id("email"),
            Column::text("signs in by"),
            Column::id("external id"),
            Column::text("mfa"),
            Column::text("role"),
            Column::text("active"),
            Column::text("membership"),
        ],
        rows: members.iter().map(row).collect(),
        empty: match &command.filter {
            Some(filter) => format!("No member matches {}.", crate::identity::text::shown(filter)),
            None => "The project has no members that you can see.".to_owned(),
        },
    };
    io.write_rows(context.shared.format, &table, &members.iter().map(shape).collect::<Vec<_>>())?;
    Ok(Exit::Done)
}

/// Every member that can be seen, with the addresses that SCIM tells.
pub(super) async fn load(signed: &Signed, io: &mut Io<'_>) -> Result<Directory, Failure> {
    let mut directory = Directory::new(signed.engine.caller.role);
    let mut pages = signed.client.members(signed.engine.caller.listed_project(), LARGEST_PAGE);
    while let Some(page) = pages.next().await {
        let page = page?;
        directory.absorb(Absorbed { memberships: &page.memberships, users: &page.users, names: &[] });
        io.progress(&format!("Loading members, {}", grouped(directory.len())))?;
    }
    if directory.rows().any(|row| directory.member(row).is_some_and(|member| member.wants_scim())) {
        tell_emails(signed, &mut directory).await;
    }
    if let Some(file) = &signed.addresses {
        complete::remember(file, &directory);
    }
    io.progress("")?;
    Ok(directory)
}

/// 61 000
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// The addresses of server-scoped people, which a project admin reads by SCIM (platform-api §7). Where that is
/// refused they stay as they were stored, and are marked so.
async fn tell_emails(signed: &Signed, directory: &mut Directory) {
    match signed.client.scim_users().await {
        Ok(users) => {
            directory.tell_emails(users.iter().filter_map(|user| Some((&user.id, user.email.as_ref()?))));
        }
        Err(error) => tracing::warn!(%error, "addresses by SCIM"),
    }
}

fn row(member: &Member<'_>) -> Vec<String> {
    vec![
        member.name_text().raw().to_owned(),
        email(member),
        member.linkage().word().to_owned(),
        member.external_id_text().map(|id| id.raw().to_owned()).unwrap_or_default(),
        mfa(&member.mfa()),
        if member.admin() { "admin" } else { "member" }.to_owned(),
        if member.active() { "yes" } else { "no" }.to_owned(),
        member.id().as_str().to_owned(),
    ]
}

/// Today's address where it is known; else the copy that was stored with the membership, marked as such.
pub(super) fn email(member: &Member<'_>) -> String {
    match member.email() {
        Email::Current { .. } => member.email_raw().to_owned(),
        Email::Stored(_) => format!("{} (as invited)", member.email_raw()),
        Email::None => "none".to_owned(),
        Email::Unknown => "unknown".to_owned(),
    }
}

fn mfa(seen: &Seen<Mfa>) -> String {
    match seen {
        Seen::Known(mfa) if mfa.enrolled => "enrolled".to_owned(),
        Seen::Known(mfa) if mfa.required => "required".to_owned(),
        Seen::Known(_) => "none".to_owned(),
        Seen::Unknown(_) => "unknown".to_owned(),
    }
}

fn shape(member: &Member<'_>) -> Value {
    json!({
        "membership": member.id(),
        "user": member.user().to_string(),
        "profile": member.profile().to_string(),
        "name": member.name_text(),
        "email": matches!(member.email(), Email::Current { .. }).then(|| member.email_raw()),
        "invited_as": matches!(member.email(), Email::Stored(_)).then(|| member.email_raw()),
        "signs_in_by": member.linkage().word(),
        "external_id": member.external_id_text(),
        "mfa": mfa(&member.mfa()),
        "admin": member.admin(),
        "active": member.active(),
        "findings": member.findings().map(RowFinding::words).collect::<Vec<_>>(),
    })
}

/// `members activate` and `members deactivate`.
pub async fn activate(
    signed: &Signed,
    command: &OfPeople,
    active: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let members = people::members(&signed.engine, &command.people, io).await?;
    let intent = Intent::Activate { members, active };
    intent::run(signed, &intent, &command.write, context, io).await
}

/// `members history`.
pub async fn history(
    signed: &Signed,
    wanted: &str,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, wanted, io).await?;
    let membership = &candidate.membership;
    let user = (&*membership.user.kind == UserId::KIND).then(|| UserId::new(membership.user.id.clone()));
    let history = history::read(&signed.engine, &membership.id, user.as_ref()).await?;
    let moments = history::moments(&history);
    let by = |moment: &Moment| {
        moment.by.as_ref().map(|by| match &by.display {
            _ if &*by.kind == "system" => "the platform".to_owned(),
            Some(name) => name.raw().to_owned(),
            None => by.to_string(),
        })
    };
    let raw = |text: &Option<Text>| text.as_ref().map(|text| text.raw().to_owned()).unwrap_or_default();
    let table = Table {
        columns: vec![
            Column::text("at"),
            Column::text("record"),
            Column::name("by"),
            Column::text("field"),
            Column::id("before"),
            Column::id("after"),
        ],
        rows: moments
            .iter()
            .flat_map(|moment| {
                moment.changes.iter().map(move |(field, before, after)| {
                    vec![
                        format!("{:.0}", moment.at),
                        moment.record.to_owned(),
                        by(moment).unwrap_or_default(),
                        field.clone(),
                        raw(before),
                        raw(after),
                    ]
                })
            })
            .collect(),
        empty: "No version can be seen.".to_owned(),
    };
    let shapes: Vec<Value> = moments
        .iter()
        .map(|moment| {
            json!({
                "at": moment.at,
                "record": moment.record,
                "by": by(moment),
                "made": moment.first,
                "changes": moment.changes.iter().map(|(field, before, after)| json!({
                    "field": field, "before": before, "after": after,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    if let Seen::Unknown(why) = &history.users {
        io.note(&format!("What became of the account is unknown: {why}."))?;
    }
    Ok(Exit::Done)
}

/// `members show`.
pub async fn show(
    signed: &Signed,
    wanted: &str,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, wanted, io).await?;
    let facts = person::gather(&signed.engine, &candidate.membership.id).await?;
    let mut shape = users::membership_json(&facts.membership);
    shape["email"] = plan::seen_json(&facts.email);
    shape["about"] = json!(facts.about());
    shape["policy"] = json!(facts.membership.policy.as_ref().map(ToString::to_string));
    io.write_record(context.shared.format, &users::fields(&facts), &shape)?;
    Ok(Exit::Done)
}
