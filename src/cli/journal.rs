//! `idconsole journal …`: every change made with idconsole on this machine. Looking needs no session.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::identity::text::shown;
use crate::journal::{Entry, EntryId, Error, Filter, Journal};
use crate::ports::SystemClock;
use crate::workflows::settle::{self, NotResumed, SettleError};
use crate::workflows::undo::plan_undo_of;

use super::args::Write;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Format, Table};
use super::plan;
use super::session::Signed;
use super::write;

/// Opens the journal of this machine.
pub fn open(context: &Context) -> Result<Journal, Failure> {
    Ok(Journal::open(context.paths.journal_file(), Arc::new(SystemClock))?)
}

/// `journal list`.
pub fn list(context: &Context, limit: usize, text: Option<&str>, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let filter = Filter {
        text: text.map(str::to_owned),
        connection: context.shared.profile.clone(),
        limit: Some(limit),
        ..Filter::default()
    };
    let entries = open(context)?.list(&filter)?;
    let table = Table {
        columns: vec![
            Column::number("entry"),
            Column::text("at"),
            Column::text("state"),
            Column::name("change"),
            Column::name("person"),
            Column::name("by"),
            Column::name("reason"),
        ],
        rows: entries.iter().map(row).collect(),
        empty: "The journal is empty: nothing was changed with idconsole on this machine yet.".to_owned(),
    };
    io.write_rows(context.shared.format, &table, &entries.iter().map(summary).collect::<Vec<_>>())?;
    Ok(Exit::Done)
}

fn row(entry: &Entry) -> Vec<String> {
    vec![
        entry.id.to_string(),
        format!("{:.0}", entry.at),
        state(entry),
        entry.planned.plan.title.clone(),
        entry.planned.plan.subject.raw().to_owned(),
        entry.planned.who.name.raw().to_owned(),
        entry.planned.reason.raw().to_owned(),
    ]
}

fn state(entry: &Entry) -> String {
    match entry.undone_by {
        Some(by) => format!("{}, undone by {by}", entry.state.words()),
        None => entry.state.words().to_owned(),
    }
}

fn summary(entry: &Entry) -> Value {
    let Entry { planned, .. } = entry;
    json!({
        "entry": entry.id,
        "at": entry.at,
        "state": entry.state,
        "title": planned.plan.title,
        "subject": planned.plan.subject,
        "reason": planned.reason,
        "by": { "name": planned.who.name, "email": planned.who.email, "role": planned.who.role },
        "connection": planned.connection,
        "undoes": planned.plan.undoes,
        "undone_by": entry.undone_by,
        "resumes": planned.plan.resumes,
        "resumed_by": entry.resumed_by,
    })
}

/// `journal show`.
pub fn show(context: &Context, entry: i64, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let entry = open(context)?.show(EntryId(entry))?;
    if context.shared.format != Format::Table {
        let mut shape = summary(&entry);
        shape["plan"] = plan::json(&entry.planned.plan);
        shape["steps"] = entry.steps.iter().zip(&entry.planned.plan.changes).map(step_json).collect();
        io.write_record(context.shared.format, &fields(&entry), &shape)?;
        return Ok(Exit::Done);
    }
    io.write_record(Format::Table, &fields(&entry), &())?;
    writeln!(io.out)?;
    plan::write(io.out, &entry.planned.plan, context.signs())?;
    Ok(Exit::Done)
}

fn step_json((step, change): (&crate::journal::StepRecord, &crate::identity::Change)) -> Value {
    json!({
        "label": change.label,
        "who": change.who,
        "target": change.target.to_string(),
        "state": step.state.words(),
        "at": step.at,
        "made": step.made.as_ref().map(ToString::to_string),
        "why": step.why,
        "request_id": step.request_id,
    })
}

fn fields(entry: &Entry) -> Vec<(&'static str, String)> {
    let who = &entry.planned.who;
    let email = who.email.as_ref().map(|email| format!(", {}", email.raw())).unwrap_or_default();
    let mut fields = vec![
        ("entry", entry.id.to_string()),
        ("at", format!("{:.0}", entry.at)),
        ("state", state(entry)),
        ("by", format!("{}{email}, {}", who.name.raw(), who.role.words())),
        ("project", who.project.raw().to_owned()),
        ("connection", entry.planned.connection.clone()),
        ("reason", entry.planned.reason.raw().to_owned()),
    ];
    if let Some(id) = entry.planned.plan.undoes {
        let all = std::iter::once(id).chain(entry.planned.plan.undoes_also.iter().copied());
        let all: Vec<String> = all.map(|id| format!("entry {id}")).collect();
        fields.push(("undoes", all.join(", ")));
    }
    if let Some(id) = entry.planned.plan.resumes {
        fields.push(("goes on with", format!("entry {id}")));
    }
    if let Some(id) = entry.resumed_by {
        fields.push(("gone on with by", format!("entry {id}")));
    }
    for (step, change) in entry.steps.iter().zip(&entry.planned.plan.changes) {
        let why = step.why.as_ref().map(|why| format!(": {}", why.raw())).unwrap_or_default();
        let request =
            step.request_id.as_ref().map(|id| format!(" (request {})", id.raw())).unwrap_or_default();
        let who = change.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
        fields.push(("step", format!("{who}{}: {}{why}{request}", change.label, step.state.words())));
    }
    fields
}

/// "3,7-12" as numbers.
pub fn row_numbers(list: &str) -> Result<BTreeSet<u64>, Failure> {
    /// More than any sheet has.
    const MOST: u64 = 1_000_000;
    let wrong = || Failure::usage("Rows are numbers and ranges, e.g. 3,7-12.");
    let mut rows = BTreeSet::new();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u64>().ok().filter(|n| *n <= MOST);
        match (number(from), number(to)) {
            (Some(from), Some(to)) if from <= to => rows.extend(from..=to),
            _ => return Err(wrong()),
        }
    }
    if rows.is_empty() { Err(wrong()) } else { Ok(rows) }
}

/// `journal undo`.
pub async fn undo(
    signed: &Signed,
    entry: i64,
    rows: Option<&BTreeSet<u64>>,
    write: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    // Whether there is such an entry is known without asking the platform.
    signed.engine.journal.show(EntryId(entry))?;
    let plan = plan_undo_of(&signed.engine, EntryId(entry), rows)
        .await
        .map_err(|why| Failure::new(Exit::Conflict, format!("Entry {entry} cannot be undone: {why}.")))?;
    write::apply(&signed.engine, plan, write, signed.production, context, io).await?;
    Ok(Exit::Done)
}

/// `journal resume`.
pub async fn resume(
    signed: &Signed,
    entry: i64,
    write: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let plan = settle::resume(&signed.engine, EntryId(entry)).await?;
    write::apply(&signed.engine, plan, write, signed.production, context, io).await?;
    Ok(Exit::Done)
}

impl From<NotResumed> for Failure {
    fn from(why: NotResumed) -> Self {
        match why {
            NotResumed::Settle(error) => error.into(),
            NotResumed::Resumed { by, .. } => Self::new(Exit::Conflict, sentence(&why.to_string()))
                .next(format!("`idconsole journal resume {by}` goes on with that one.")),
            NotResumed::Running(_) | NotResumed::Undone { .. } | NotResumed::Nothing(_) => {
                Self::new(Exit::Conflict, sentence(&why.to_string()))
            }
        }
    }
}

/// `journal settle`.
pub async fn settle(
    signed: &Signed,
    entry: i64,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    settle::settle(&signed.engine, EntryId(entry)).await?;
    show(context, entry, io)
}

impl From<SettleError> for Failure {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Journal(error) => error.into(),
            SettleError::Unread(trouble) => trouble.into(),
            SettleError::OtherConnection { .. } | SettleError::Settled { .. } => {
                Self::new(Exit::Conflict, sentence(&error.to_string()))
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::NoEntry { .. } => Exit::NotFound,
            Error::Busy { .. } => Exit::Conflict,
            Error::File { .. }
            | Error::Link { .. }
            | Error::Database { .. }
            | Error::Newer { .. }
            | Error::Broken { .. }
            | Error::Unreadable { .. } => Exit::Local,
        };
        Self::new(exit, sentence(&error.to_string()))
    }
}

/// A message that begins in lower case, as a sentence. A host, an address or a code at its beginning stays as it is.
pub fn sentence(message: &str) -> String {
    let mut letters: String = message.lines().map(shown).collect::<Vec<_>>().join("\n");
    let first = letters.split_whitespace().next().unwrap_or_default();
    if first
        .trim_end_matches([',', ':', ';'])
        .chars()
        .all(|c| c.is_ascii_lowercase() || matches!(c, '\'' | '’'))
        && let Some(first) = letters.get_mut(0..1)
    {
        first.make_ascii_uppercase();
    }
    if !letters.ends_with(['.', '\n', '!', '?']) {
        letters.push('.');
    }
    letters
}
