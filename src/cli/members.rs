//! `idconsole members …`: every membership of the project.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::identity::directory::{Directory, Email, Member, Page as Absorbed, RowFinding};
use crate::identity::words::number;
use crate::identity::{Mfa, Seen, Text, Unseen, UserId};
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
        io.progress(&format!("Loading members, {}", number(directory.len() as u64)))?;
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
    let mut told: Vec<Version> = history::moments(&history).iter().map(Version::of).collect();
    if let Seen::Unknown(why) = &history.users {
        told.push(Version::unseen("user", *why));
    }
    let table = Table {
        columns: vec![
            Column::text("at"),
            Column::text("record"),
            Column::name("by"),
            Column::text("field"),
            Column::id("before"),
            Column::id("after"),
            Column::text("unknown because"),
        ],
        rows: told.iter().flat_map(Version::rows).collect(),
        empty: "No version can be seen.".to_owned(),
    };
    io.write_rows(context.shared.format, &table, &told)?;
    Ok(Exit::Done)
}

/// One version as it is told. What is not known of it is null for programs and `unknown` for people, with the reason.
#[derive(Debug, Serialize)]
struct Version {
    at: Option<Timestamp>,
    record: &'static str,
    by: Option<String>,
    made: Option<bool>,
    changes: Option<Vec<Changed>>,
    unknown_because: Option<String>,
}

/// A field of a version, and what it was before.
#[derive(Debug, Serialize)]
struct Changed {
    field: String,
    before: Option<Text>,
    after: Option<Text>,
}

impl Version {
    fn of(moment: &Moment) -> Self {
        let by = moment.by.as_ref().map(|by| match &by.display {
            _ if &*by.kind == "system" => "the platform".to_owned(),
            Some(name) => name.raw().to_owned(),
            None => by.to_string(),
        });
        let changes: Vec<Changed> = moment
            .changes
            .iter()
            .map(|(field, before, after)| Changed {
                field: field.clone(),
                before: before.clone(),
                after: after.clone(),
            })
            .collect();
        let unknown = [
            (by.is_none(), "the platform does not say who wrote it"),
            (changes.is_empty(), "nothing that is shown here differs from the version before"),
        ];
        let unknown: Vec<&str> =
            unknown.into_iter().filter_map(|(holds, why)| holds.then_some(why)).collect();
        Self {
            at: Some(moment.at),
            record: moment.record,
            by,
            made: Some(moment.first),
            changes: (!changes.is_empty()).then_some(changes),
            unknown_because: (!unknown.is_empty()).then(|| unknown.join("; ")),
        }
    }

    /// All versions of a record that this role cannot see.
    fn unseen(record: &'static str, why: Unseen) -> Self {
        Self { at: None, record, by: None, made: None, changes: None, unknown_because: Some(why.to_string()) }
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let unknown = || "unknown".to_owned();
        let raw = |text: &Option<Text>| text.as_ref().map(|text| text.raw().to_owned()).unwrap_or_default();
        let row = |field: String, before: String, after: String| {
            let at = self.at.map_or_else(unknown, |at| format!("{at:.0}"));
            let by = self.by.clone().unwrap_or_else(unknown);
            let why = self.unknown_because.clone().unwrap_or_default();
            vec![at, self.record.to_owned(), by, field, before, after, why]
        };
        match &self.changes {
            Some(changes) => changes
                .iter()
                .map(|Changed { field, before, after }| row(field.clone(), raw(before), raw(after)))
                .collect(),
            None => vec![row(unknown(), unknown(), unknown())],
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_of_a_version_has_a_row_and_its_reason() {
        let moment = Moment {
            at: Timestamp::from_second(1_700_000_000).unwrap(),
            record: "membership",
            by: None,
            first: false,
            changes: Vec::new(),
        };
        let version = Version::of(&moment);
        let rows = version.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0][..4], ["2023-11-14T22:13:20Z", "membership", "unknown", "unknown"]);
        assert!(rows[0][6].contains("who wrote it") && rows[0][6].contains("differs"), "{rows:?}");
        let shape = json!(version);
        assert!(shape["changes"].is_null() && shape["by"].is_null(), "{shape}");
        assert!(shape["unknown_because"].is_string(), "{shape}");
        let unseen = Version::unseen("user", Unseen::SuperAdminOnly).rows();
        assert_eq!((&*unseen[0][0], &*unseen[0][1], &*unseen[0][3]), ("unknown", "user", "unknown"));
    }
}
