//! What became of every row, in words, JSON and CSV.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Format, Table};
use crate::journal::{Entry, EntryId};
use crate::workflows::Engine;
use crate::workflows::bulk::{Verdict, verdicts};

/// Tells it at the end of a run: in a table only what somebody has to look at.
pub fn tell(engine: &Engine, entry: EntryId, format: Format, io: &mut Io<'_>) -> Result<(), Failure> {
    let entry = engine.journal.show(entry)?;
    write(format, &entry, false, io)
}

/// Writes every row, or those alone that are open.
pub fn write(format: Format, entry: &Entry, all: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    let verdicts = verdicts(entry);
    let listed: Vec<&Verdict> =
        verdicts.iter().filter(|verdict| all || format != Format::Table || verdict.word.is_open()).collect();
    let table = Table {
        columns: vec![
            Column::number("line"),
            Column::id("row"),
            Column::name("name"),
            Column::text("verdict"),
            Column::text("change"),
            Column::text("why"),
        ],
        // Entry and record are for files.
        rows: listed.iter().map(|verdict| verdict.cells()[..6].to_vec()).collect(),
        empty: String::new(),
    };
    match format {
        Format::Table if listed.is_empty() => {}
        Format::Csv => io.out.write_all(&crate::workflows::bulk::result::sheet(&verdicts).text()?)?,
        Format::Table | Format::Json => {
            let shape = json!({ "entry": entry.id, "rows": verdicts.iter().map(shape).collect::<Vec<_>>() });
            io.write_rows(format, &table, &shape)?;
        }
    }
    if format == Format::Table {
        writeln!(io.out, "{}", summary(&verdicts))?;
        if entry.can_be_undone() {
            writeln!(
                io.out,
                "Journal entry {0}. `idconsole journal undo {0}` takes it back, with --rows some of it.",
                entry.id
            )?;
        }
    }
    Ok(())
}

fn shape(verdict: &Verdict) -> Value {
    json!({
        "line": verdict.line,
        "row": verdict.named,
        "name": verdict.name,
        "verdict": verdict.word.words(),
        "change": verdict.what,
        "why": verdict.why,
        "entry": verdict.entry,
        "made": verdict.made,
    })
}

/// "412 rows: 400 done, 9 already so, 3 failed."
fn summary(verdicts: &[Verdict]) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    for verdict in verdicts {
        let word = verdict.word.words();
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let each: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
    format!("{}: {}.", super::rows_of(verdicts.len()), each.join(", "))
}
