//! `idconsole doctor examine` and `doctor mend`: every way of one person, and the change that mends one.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::cli::args::doctor::{Examine, MendSignIn};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Format, Table, write_table};
use crate::cli::session::Signed;
use crate::cli::write;
use crate::identity::sign_in::doctor::Verdict;
use crate::identity::text::shown;
use crate::identity::{ClientId, Text};
use crate::workflows::checkup::{
    self, Asked, Checkup, Mending, Patient, Remedy, Said, Through, Told, Way, report,
};
use crate::workflows::diagnose;
use crate::workflows::intent::NoPlan;

/// `doctor examine`.
pub(super) async fn examine(
    signed: &Signed,
    command: &Examine,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let checkup = check(signed, command, io).await?;
    match context.shared.format {
        Format::Json => io.write_value(&json(&checkup))?,
        Format::Table if io.tells() => tell(&checkup, command.steps, context, io)?,
        format => io.write_rows(format, &rows(&checkup), &Value::Null)?,
    }
    let has = |verdict| checkup.ways.iter().any(|way| !way.assumed && way.verdict() == verdict);
    Ok(if has(Verdict::Failure) {
        Exit::Findings
    } else if checkup.ways.is_empty() || has(Verdict::Unknown) {
        Exit::CannotTell
    } else {
        Exit::Done
    })
}

/// `doctor mend`.
pub(super) async fn mend(
    signed: &Signed,
    command: &MendSignIn,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let checkup = check(signed, &command.examine, io).await?;
    let all: Vec<(&Way, &Remedy)> = numbered(&checkup).collect();
    let Some((way, remedy)) = command.fix.checked_sub(1).and_then(|at| all.get(at)) else {
        let what = match all.len() {
            0 => "Nothing is found that would mend a sign-in.".to_owned(),
            1 => "There is one fix, number 1.".to_owned(),
            many => format!("There are {many} fixes, numbered from 1."),
        };
        return Err(Failure::new(Exit::NotFound, what).next("`idconsole doctor examine` shows them."));
    };
    let [(mend, _), then @ ..] = &remedy.mends[..] else {
        return Err(Failure::new(Exit::NotFound, "This fix changes nothing."));
    };
    let mending = Mending {
        attempt: way.examined.attempt.clone(),
        meant: way.meant.clone(),
        mend: mend.clone(),
        then: then.first().map(|(_, title)| title.clone()),
        request: remedy.request.clone(),
    };
    let plan = match checkup::plan(&signed.engine, &mending).await {
        Ok(plan) => plan,
        Err(error) => {
            if diagnose::for_others(&error) {
                ask_others(&mending.request, context.shared.format, io)?;
            }
            return Err(match error {
                error @ NoPlan::Platform(_) => error.into(),
                error => Failure::from(error),
            });
        }
    };
    let applied = write::apply(&signed.engine, plan, &command.write, signed.production, context, io).await?;
    if let (Some(_), Some(then)) = (applied, &mending.then) {
        io.tell(&format!("This was 1 of 2 changes; then: {then}. `idconsole doctor examine` goes on."))?;
    }
    Ok(Exit::Done)
}

/// The text for somebody who may, as a value for programs.
fn ask_others(request: &str, format: Format, io: &mut Io<'_>) -> Result<(), Failure> {
    match format {
        Format::Json => io.write_value(&json!({ "request": request }))?,
        Format::Table | Format::Csv => {
            for line in request.lines() {
                writeln!(io.out, "{}", shown(line))?;
            }
        }
    }
    Ok(())
}

async fn check(signed: &Signed, command: &Examine, io: &mut Io<'_>) -> Result<Checkup, Failure> {
    let said =
        |text: &Option<String>| text.as_deref().map_or(Said::Likely, |text| Said::Text(Text::from(text)));
    let asked = Asked {
        typed: Text::from(command.person.as_str()),
        email: said(&command.claim_email),
        subject: said(&command.subject),
        flow: command.flow.map(super::flow),
        client: command.client_id.as_deref().map_or(Through::Likely, |id| Through::Client(ClientId::new(id))),
        ..Asked::default()
    };
    match checkup::check(&signed.engine, &asked).await? {
        Told::Ways(checkup) => Ok(*checkup),
        Told::Several(people) => {
            let row = |one: &Patient| {
                let email = one.email.known().cloned().flatten().unwrap_or_default();
                vec![
                    one.name.raw().to_owned(),
                    email.raw().to_owned(),
                    one.membership.reference().to_string(),
                ]
            };
            let columns = vec![Column::name("name"), Column::id("invited as"), Column::text("membership")];
            let table = Table { columns, rows: people.iter().map(row).collect(), empty: String::new() };
            write_table(io.err, &table, io.width)?;
            let what = format!("{} people match {}.", people.len(), shown(&command.person));
            Err(Failure::new(Exit::Conflict, what).next("Name one of them by its membership."))
        }
    }
}

/// Every fix of every way, in the order of their numbers.
fn numbered(checkup: &Checkup) -> impl Iterator<Item = (&Way, &Remedy)> {
    checkup.ways.iter().flat_map(|way| way.remedies.iter().map(move |remedy| (way, remedy)))
}

/// Each way in a line, then the steps of those that fail and what mends them.
fn tell(checkup: &Checkup, all: bool, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let signs = context.signs();
    match &checkup.patient {
        Some(patient) => writeln!(io.out, "{}  {}", patient.name, patient.membership.reference())?,
        None => writeln!(io.out, "Nobody is meant for certain; what happens is told all the same.")?,
    }
    if let Some(guessed) = &checkup.guessed {
        writeln!(io.out, "{guessed}")?;
    }
    writeln!(io.out)?;
    let width = checkup.ways.iter().map(|way| shown(&way.label).width()).max().unwrap_or(0);
    for way in &checkup.ways {
        let sign = match way.verdict() {
            _ if way.assumed => signs.unknown,
            Verdict::Success => signs.ok,
            Verdict::Failure => signs.bad,
            Verdict::Unknown => signs.unknown,
        };
        let gist = way.examined.diagnosis.gist();
        let assumed = if way.assumed { ", unless another subject comes" } else { "" };
        writeln!(io.out, "{sign:<2} {:<width$}  {gist}{assumed}", shown(&way.label))?;
    }
    let mut number = 0;
    for way in &checkup.ways {
        let whole = all || (way.verdict() == Verdict::Failure && !way.assumed);
        if !whole && way.remedies.is_empty() {
            continue;
        }
        writeln!(io.out)?;
        if !whole {
            writeln!(io.out, "Sign-in: {}", way.label)?;
        }
        for line in report::text(way).lines() {
            let fix = line.strip_prefix("fix: ");
            if let Some(fix) = fix {
                number += 1;
                writeln!(io.out, "fix {number}: {fix}")?;
            } else if whole || line.starts_with("     after this change: ") {
                writeln!(io.out, "{line}")?;
            }
        }
    }
    if number > 0 {
        writeln!(io.out)?;
        writeln!(io.out, "`idconsole doctor mend PERSON --fix NUMBER` shows the plan of a fix.")?;
    }
    Ok(())
}

fn rows(checkup: &Checkup) -> Table {
    let row = |way: &Way| {
        let diagnosis = &way.examined.diagnosis;
        vec![
            way.label.clone(),
            way.verdict().id().to_owned(),
            diagnosis.sentence(),
            diagnosis.failed().map_or_else(String::new, |step| step.detail.clone()),
            way.remedies.first().map_or_else(String::new, |remedy| remedy.title.clone()),
        ]
    };
    Table {
        columns: vec![
            Column::name("way"),
            Column::text("verdict"),
            Column::name("what happens"),
            Column::name("why"),
            Column::name("fix"),
        ],
        rows: checkup.ways.iter().map(row).collect(),
        empty: "There is no way by which they would come.".to_owned(),
    }
}

fn json(checkup: &Checkup) -> Value {
    let mut number = 0;
    let mut way = |way: &Way| {
        let fixes: Vec<Value> = way
            .remedies
            .iter()
            .map(|remedy| {
                number += 1;
                json!({
                    "number": number,
                    "title": remedy.title,
                    "changes": remedy.mends.iter().map(|(_, words)| words).collect::<Vec<_>>(),
                    "after": remedy.after,
                    "certain": remedy.certain,
                    "others": remedy.others,
                })
            })
            .collect();
        let mut shape = report::json(&way.examined);
        shape["way"] = json!(way.label);
        shape["assumed"] = json!(way.assumed);
        shape["fixes"] = json!(fixes);
        shape
    };
    json!({
        "person": checkup.patient.as_ref().map(|patient| json!({
            "name": patient.name,
            "membership": patient.membership.reference().to_string(),
            "external_id": patient.external_id,
        })),
        "guessed": checkup.guessed,
        "ways": checkup.ways.iter().map(&mut way).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::io::Streams;

    #[test]
    fn a_request_for_others_is_json_where_json_was_asked_for() {
        let asked = |format| {
            let mut streams = Streams::default();
            let mut io = streams.io();
            ask_others("Please mend a sign-in.\n\nchange     \u{1b}[2J", format, &mut io).unwrap();
            String::from_utf8(streams.out).unwrap()
        };
        let value: Value = serde_json::from_str(&asked(Format::Json)).unwrap();
        assert_eq!(value["request"], "Please mend a sign-in.\n\nchange     \u{1b}[2J");
        let text = asked(Format::Table);
        assert!(text.starts_with("Please mend a sign-in.\n") && !text.contains('\u{1b}'), "{text}");
    }
}
