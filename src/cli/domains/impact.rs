//! `idconsole domains impact`: whom a route meets, before it is written.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::cli::args::domains::Impact as Command;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Format, Table};
use crate::cli::session::Signed;
use crate::identity::domain::Domain;
use crate::identity::route_test::read_draft;
use crate::identity::sign_in::impact::{Effect, Impact, Person, RouteChange, Weight};
use crate::identity::{RouteDraft, route_file};
use crate::workflows::impact;

/// A route is some hundred bytes, a request some ten thousand; more is not read.
const LARGEST: u64 = 4 << 20;

/// Reads the domain's people and tells what becomes of them.
pub(super) async fn run(
    signed: &Signed,
    command: &Command,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let wanted = match &command.file {
        Some(file) => Some(read(file, &command.domain)?),
        None => None,
    };
    let domain = match &wanted {
        Some(draft) => draft.domain.raw().to_lowercase(),
        None => domain(&command.domain)?,
    };
    let people = impact::people(&signed.engine, &domain).await?;
    let route = people.route();
    let change = match wanted {
        Some(draft) => RouteChange::to(draft, route),
        None if command.remove => RouteChange::removal(&domain, route),
        None => RouteChange::none(&domain),
    };
    let found = people.impact(&change);
    tell(&found, command.only.map(Effect::from), context, io)?;
    Ok(if found.locks_out() {
        Exit::Findings
    } else if found.people.iter().any(|person| person.effect == Effect::Unknown) {
        Exit::CannotTell
    } else {
        Exit::Done
    })
}

/// The name as sign-ins look for it; what can never be one is refused. A stored name is taken as it stands.
fn domain(typed: &str) -> Result<String, Failure> {
    let parsed = Domain::parse(typed).map_err(|error| Failure::usage(format!("{error}.")))?;
    let lower = typed.trim().to_lowercase();
    // Both forms of an international name are names of their own to the platform, which compares letters.
    Ok(if lower == parsed.unicode() { lower } else { parsed.ascii().to_owned() })
}

/// A route in a file; it must be of the domain that was named.
pub(super) fn read(file: &Path, domain: &str) -> Result<RouteDraft, Failure> {
    let shown = file.display();
    let mut text = String::new();
    fs::File::open(file)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|error| Failure::usage(format!("The file {shown} cannot be read: {error}.")))?;
    let refused =
        |why: String| Failure::usage(format!("The file {shown} holds no route that can be used: {why}."));
    let whole = route_file::parse(&text).map_err(|why| refused(why.to_string()))?;
    // A request holds the record beside much else.
    let draft = read_draft(whole.get("resource").unwrap_or(&whole)).map_err(refused)?;
    if draft.domain.raw().to_lowercase() != domain.trim().to_lowercase() {
        return Err(Failure::usage(format!(
            "The file {shown} is about {}, not about {}.",
            draft.domain,
            crate::identity::text::shown(domain)
        )));
    }
    Ok(draft)
}

fn tell(found: &Impact, only: Option<Effect>, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let people: Vec<&Person> =
        found.people.iter().filter(|person| only.is_none_or(|effect| person.effect == effect)).collect();
    let signs = context.signs();
    let told = |io: &mut Io<'_>| -> Result<(), Failure> {
        writeln!(io.out, "{}", found.headline())?;
        writeln!(io.out)?;
        for line in found.lines() {
            let sign = match line.weight {
                Weight::Bad => signs.bad,
                Weight::Think => signs.warn,
                Weight::Plain => " ",
            };
            writeln!(io.out, "{sign:<2}{}", line.text())?;
        }
        for note in found.notes() {
            writeln!(io.out, "  {note}")?;
        }
        Ok(writeln!(io.out)?)
    };
    match context.shared.format {
        Format::Json => {
            let mut shape = found.json();
            shape["people"] = people.iter().map(|person| person.json()).collect();
            io.write_value(&shape)?;
        }
        Format::Csv => {
            let table = Table {
                columns: Person::HEADINGS.map(Column::text).to_vec(),
                rows: people.iter().map(|person| person.cells()).collect(),
                empty: String::new(),
            };
            io.write_rows(Format::Csv, &table, &())?;
        }
        Format::Table => {
            if io.tells() {
                told(io)?;
            }
            let row = |person: &&Person| {
                vec![
                    person.effect.words().to_owned(),
                    person.name.raw().to_owned(),
                    person.address().raw().to_owned(),
                    person.today.words.clone(),
                    person.after.words.clone(),
                    person.bypass.word().to_owned(),
                    person.why.clone(),
                ]
            };
            let table = Table {
                columns: vec![
                    Column::text("effect"),
                    Column::name("name"),
                    Column::id("email"),
                    Column::name("today"),
                    Column::name("after"),
                    Column::text("password bypass"),
                    Column::name("why"),
                ],
                rows: people.iter().map(row).collect(),
                empty: match only {
                    Some(_) => "Nobody of them.".to_owned(),
                    None => format!("No member has an address of {}.", found.domain),
                },
            };
            io.write_rows(Format::Table, &table, &())?;
        }
    }
    Ok(())
}
