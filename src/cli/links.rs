//! `idconsole links …`: external ids.

mod find;

use serde_json::{Value, json};

use crate::identity::directory::{Directory, Member};
use crate::identity::linkage::{Finding, Idps, Works, standing, survey};
use crate::identity::{Seen, Text};
use crate::workflows;
use crate::workflows::intent::Intent;

use super::args::{Links, OfPeople};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{intent, members, people, users};

/// Lists, finds, sweeps; sets, changes or clears one.
pub async fn run(
    signed: &Signed,
    command: &Links,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Links::List { filter } => list(signed, filter.as_deref(), context, io).await,
        Links::Find { external_id, histories } => {
            find::find(signed, external_id, *histories, context, io).await
        }
        Links::Findings { erased } => findings(signed, *erased, context, io).await,
        Links::Restore(command) => find::restore(signed, command, context, io).await,
        Links::Set { person, external_id, write } => {
            let candidate = users::one(&signed.engine, person, io).await?;
            let external_id = Some(Text::from(external_id.as_str()));
            let intent = Intent::Link { members: vec![candidate.membership.id], external_id };
            intent::run(signed, &intent, write, context, io).await
        }
        Links::Clear(OfPeople { people, write }) => {
            let members = people::members(&signed.engine, people, io).await?;
            let intent = Intent::Link { members, external_id: None };
            intent::run(signed, &intent, write, context, io).await
        }
    }
}

async fn idps(signed: &Signed, directory: &Directory) -> Result<Idps, Failure> {
    let domains: Vec<String> =
        survey(directory, None).domains.into_iter().map(|(domain, _)| domain).collect();
    Ok(workflows::linkage::idps(&signed.engine, &domains).await?)
}

async fn list(
    signed: &Signed,
    filter: Option<&str>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let mut directory = members::load(signed, io).await?;
    let idps = idps(signed, &directory).await?;
    if let Some(filter) = filter {
        directory.set_filter(filter);
    }
    let mut table = Table {
        columns: vec![
            Column::name("name"),
            Column::id("email"),
            Column::text("signs in by"),
            Column::id("external id"),
            Column::text("scope"),
            Column::name("identity provider"),
            Column::name("can work"),
        ],
        rows: Vec::new(),
        empty: "No member matches.".to_owned(),
    };
    let mut shapes = Vec::new();
    for member in directory.rows().filter_map(|row| directory.member(row)) {
        let standing = standing(&member, &idps);
        let (works, why) = match &standing.works {
            Works::Yes => ("yes", ""),
            Works::No(why) => ("no", why.as_str()),
            Works::Unknown(why) => ("unknown", why.as_str()),
        };
        table.rows.push(vec![
            member.name_text().raw().to_owned(),
            members::email(&member),
            standing.by.word().to_owned(),
            member.external_id_raw().to_owned(),
            scope(&member).to_owned(),
            standing.at.clone(),
            if why.is_empty() { works.to_owned() } else { format!("{works}: {why}") },
        ]);
        shapes.push(json!({
            "membership": member.id(),
            "name": member.name_text(),
            "signs_in_by": standing.by.word(),
            "external_id": member.external_id_text(),
            "scope": scope(&member),
            "identity_provider": standing.at,
            "can_work": works,
            "why": (!why.is_empty()).then_some(why),
        }));
    }
    io.write_rows(context.shared.format, &table, &shapes)?;
    Ok(Exit::Done)
}

fn scope(member: &Member<'_>) -> &'static str {
    match member.server_scoped() {
        Seen::Known(true) => "server",
        Seen::Known(false) => "project",
        Seen::Unknown(_) => "unknown",
    }
}

async fn findings(
    signed: &Signed,
    erased: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let directory = members::load(signed, io).await?;
    let idps = idps(signed, &directory).await?;
    let mut survey = survey(&directory, Some(&idps));
    if erased {
        let read = workflows::linkage::all_histories(&signed.engine, &survey.suspicious()).await?;
        survey.add_erased(&directory, &read);
    }
    let findings = &survey.findings;
    let row = |finding: &Finding| {
        vec![
            finding.kind.words().to_owned(),
            finding.who.name.raw().to_owned(),
            finding.who.external_id.as_ref().map_or_else(String::new, |id| id.raw().to_owned()),
            finding.evidence.clone(),
            finding.who.membership.as_str().to_owned(),
        ]
    };
    let table = Table {
        columns: vec![
            Column::text("finding"),
            Column::name("name"),
            Column::id("external id"),
            Column::name("evidence"),
            Column::text("membership"),
        ],
        rows: findings.iter().map(row).collect(),
        empty: "Nothing is seen to be wrong with external ids.".to_owned(),
    };
    let shapes: Vec<Value> = findings.iter().map(workflows::linkage::finding_json).collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Findings })
}
