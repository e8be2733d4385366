//! What a sheet comes to, in words, JSON and CSV.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Format, Table};
use crate::cli::plan::{self, Signs};
use crate::identity::{SignInEffect, Text};
use crate::workflows::bulk::{self, ComesTo, Preview, Previewed, result};
use crate::workflows::sheet::Sheet;

/// Every row.
pub fn write(format: Format, preview: &Preview, signs: Signs, io: &mut Io<'_>) -> Result<(), Failure> {
    let table = Table {
        columns: vec![
            Column::number("line"),
            Column::id("row"),
            Column::name("name"),
            Column::text("comes to"),
            Column::text("sign-in"),
        ],
        rows: preview.rows.iter().map(|row| cells(row, signs)).collect(),
        empty: "The sheet has no rows.".to_owned(),
    };
    let counts = preview.counts();
    let shape = json!({
        "source": preview.source,
        "rows": preview.rows.iter().map(shape).collect::<Vec<_>>(),
        "changes": counts.changes,
        "already_so": counts.already_so,
        "unclear": counts.unclear,
    });
    io.write_rows(format, &table, &shape)?;
    if format == Format::Table {
        for row in preview.rows.iter().filter(|row| !row.notes.is_empty()) {
            let who = row.name.as_ref().unwrap_or(&row.named);
            for note in &row.notes {
                io.note(&format!("{} line {}, {who}: {}", signs.warn, row.line, Text::from(note.as_str())))?;
            }
        }
    }
    io.note(&format!(
        "{}: {} with changes, {} already so, {} unclear. Nothing was sent.",
        super::rows_of(preview.rows.len()),
        counts.changes,
        counts.already_so,
        counts.unclear
    ))?;
    Ok(())
}

/// The unclear rows, with what is wrong.
pub fn unclear(preview: &Preview, signs: Signs, io: &mut Io<'_>) -> Result<(), Failure> {
    for row in &preview.rows {
        if let ComesTo::Unclear(problems) = &row.comes_to {
            for problem in problems {
                io.note(&format!("{} {}", signs.bad, Text::from(problem.to_string())))?;
            }
        }
    }
    Ok(())
}

/// What a sheet that has nothing to do comes to, as results are written.
pub fn sheet(preview: &Preview) -> Sheet {
    Sheet::Csv {
        columns: result::HEADINGS.map(str::to_owned).to_vec(),
        rows: preview
            .rows
            .iter()
            .map(|row| {
                let name = row.name.as_ref().map(|name| name.raw().to_owned()).unwrap_or_default();
                let (line, named) = (row.line.to_string(), row.named.raw().to_owned());
                let word = result::Word::AlreadySo.words().to_owned();
                vec![line, named, name, word, String::new(), String::new(), String::new(), String::new()]
            })
            .collect(),
    }
}

fn cells(row: &Previewed, signs: Signs) -> Vec<String> {
    let (comes_to, sign_in) = match &row.comes_to {
        ComesTo::Changes(work) => {
            let what: Vec<String> = work.changes.iter().map(result::what).collect();
            let said = [
                (work.opens(), "a way opens"),
                (work.closes(), "a way closes"),
                (work.cannot_be_said(), "cannot be said"),
            ];
            let said: Vec<&str> = said.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect();
            (what.join("; "), said.join(", "))
        }
        ComesTo::AlreadySo { .. } => (result::Word::AlreadySo.words().to_owned(), String::new()),
        ComesTo::Unclear(problems) => {
            let what: Vec<String> = problems
                .iter()
                .map(|problem| match problem.column {
                    Some(column) => format!("{}: {}", column.heading(), problem.what),
                    None => problem.what.clone(),
                })
                .collect();
            (format!("{} {}", signs.bad, what.join(" ")), String::new())
        }
    };
    vec![
        row.line.to_string(),
        row.named.raw().to_owned(),
        row.name.as_ref().map(|name| name.raw().to_owned()).unwrap_or_default(),
        comes_to,
        sign_in,
    ]
}

fn shape(row: &Previewed) -> Value {
    let mut shape = json!({
        "line": row.line,
        "row": row.named,
        "name": row.name,
        "membership": row.member,
        "notes": row.notes,
    });
    match &row.comes_to {
        ComesTo::Changes(work) => {
            shape["comes_to"] = json!("changes");
            shape["changes"] = work.changes.iter().map(plan::change_json).collect();
            shape["sign_in"] = work.sign_in.iter().map(|effect: &SignInEffect| json!(effect)).collect();
            shape["also"] = json!(work.also);
        }
        ComesTo::AlreadySo { .. } => shape["comes_to"] = json!("already so"),
        ComesTo::Unclear(problems) => {
            shape["comes_to"] = json!("unclear");
            shape["problems"] = problems
                .iter()
                .map(|problem| json!({ "column": problem.column.map(bulk::Column::heading), "what": problem.what }))
                .collect();
        }
    }
    shape
}
