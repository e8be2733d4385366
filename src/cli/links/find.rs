//! `idconsole links find` and `restore`: whose an external id is or was, and putting back what was erased.

use serde_json::Value;

use crate::cli::args::OfPeople;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Table};
use crate::cli::session::Signed;
use crate::cli::{intent, members, people};
use crate::identity::Text;
use crate::identity::linkage::{self, Histories, Hit, erased, worth_reading};
use crate::workflows::intent::Intent;
use crate::workflows::linkage::all_histories;
use crate::workflows::linkage::hit_json;

/// At most so many are told of whom an id comes near.
const NEAR: usize = 200;

/// `links find`. Histories are read only where nobody has the id now.
pub(super) async fn find(
    signed: &Signed,
    external_id: &str,
    most: usize,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let directory = members::load(signed, io).await?;
    let mut read = Histories::new();
    let mut hits = linkage::find(&directory, &read, external_id, NEAR);
    let exact = hits.iter().any(|hit| hit.exact);
    if !exact && !external_id.trim().is_empty() {
        let members = worth_reading(&directory, &read, most);
        read = all_histories(&signed.engine, &members).await?;
        hits = linkage::find(&directory, &read, external_id, NEAR);
    }
    if !hits.is_empty() {
        let shapes: Vec<Value> = hits.iter().map(hit_json).collect();
        io.write_rows(context.shared.format, &table(&hits), &shapes)?;
    }
    if exact {
        return Ok(Exit::Done);
    }
    let people = worth_reading(&directory, &Histories::new(), usize::MAX).len();
    io.note(&match people - read.len() {
        0 => format!("The histories of all {people} people were read for ids of before."),
        left => format!(
            "The histories of {} people were read for ids of before, those of {left} were not; --histories N reads \
             more.",
            read.len()
        ),
    })?;
    let wanted = Text::from(external_id);
    let missing =
        Failure::new(Exit::NotFound, format!("No member that you can see has the external id {wanted}."));
    Err(missing.next(match hits.iter().find_map(|hit| hit.was.as_ref().filter(|_| hit.exact)) {
        Some(was) if was.now.is_none() => {
            "Whoever had it has none now; `idconsole links restore` puts it back."
        }
        Some(_) => "Whoever had it has another one now.",
        None if hits.is_empty() => "",
        None => "Those above come near; the platform compares letter by letter.",
    }))
}

fn table(hits: &[Hit]) -> Table {
    let row = |hit: &Hit| {
        let who = &hit.who;
        let id = match &hit.was {
            Some(was) => was.external_id.raw(),
            None => who.external_id.as_ref().map_or("", Text::raw),
        };
        let until = hit.was.as_ref().map(|was| was.until.strftime("%Y-%m-%d %H:%M").to_string());
        let how = match (hit.exact, &hit.was) {
            (true, None) => "exact",
            (true, Some(_)) => "had it once",
            (false, None) => "near",
            (false, Some(_)) => "near, once",
        };
        vec![
            how.to_owned(),
            id.to_owned(),
            until.unwrap_or_default(),
            who.name.raw().to_owned(),
            who.email.raw().to_owned(),
            who.membership.as_str().to_owned(),
        ]
    };
    Table {
        columns: vec![
            Column::text("match"),
            Column::id("external id"),
            Column::text("until"),
            Column::name("name"),
            Column::id("email"),
            Column::text("membership"),
        ],
        rows: hits.iter().map(row).collect(),
        empty: String::new(),
    }
}

/// `links restore`.
pub(super) async fn restore(
    signed: &Signed,
    OfPeople { people, write }: &OfPeople,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidates = people::candidates(&signed.engine, people, io).await?;
    let ids: Vec<_> = candidates.iter().map(|one| one.membership.id.clone()).collect();
    let read = all_histories(&signed.engine, &ids).await?;
    let mut intents = Vec::new();
    for candidate in &candidates {
        let membership = &candidate.membership;
        if let Some(lost) = read.get(&membership.id).and_then(|former| erased(former)) {
            let external_id = Some(lost.external_id.clone());
            intents.push(Intent::Link { members: vec![lost.member.clone()], external_id });
            continue;
        }
        let name = membership.profile.display.as_ref();
        let name = name.map_or_else(|| membership.id.reference().to_string(), ToString::to_string);
        let why = if membership.external_id.is_some() {
            "has an external id"
        } else {
            "never had an external id, as far as the history tells"
        };
        io.note(&format!("{name} {why}; nothing is put back."))?;
    }
    if intents.is_empty() {
        return Err(Failure::new(Exit::Conflict, "There is no erased external id to put back."));
    }
    intent::run(signed, &Intent::Each(intents), write, context, io).await
}
