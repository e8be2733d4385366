//! `idconsole completions`, `man`, `schema`: what is made of the definitions.

use std::fs;

use serde_json::json;

use super::args::{Completions, Man, Schema, Shared};
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::{complete, definitions, shapes};
use crate::identity::text::shown;

/// `completions`.
pub fn completions(command: &Completions, io: &mut Io<'_>) -> Result<Exit, Failure> {
    complete::write(command.shell, io)?;
    Ok(Exit::Done)
}

/// `man`.
pub fn man(command: &Man, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let Some(folder) = &command.folder else {
        clap_mangen::Man::new(definitions::command()).render(io.out)?;
        return Ok(Exit::Done);
    };
    let unwritable = |error: std::io::Error| {
        Failure::new(Exit::Local, format!("The pages cannot be written to {}: {error}.", folder.display()))
    };
    fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(definitions::command(), folder).map_err(unwritable)?;
    io.note(&format!("The pages are in {}; `man -M` or MANPATH finds them there.", folder.display()))?;
    Ok(Exit::Done)
}

/// `schema`.
pub fn schema(command: &Schema, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let path = command.command.join(" ");
    if path.is_empty() {
        let all = shapes::all();
        let table = Table {
            columns: vec![Column::text("command"), Column::text("holds"), Column::name("fields")],
            rows: all
                .iter()
                .map(|(path, shape)| {
                    vec![(*path).to_owned(), shape.holds().to_owned(), shape.names().join(", ")]
                })
                .collect(),
            empty: String::new(),
        };
        let shapes: Vec<_> = all
            .iter()
            .map(|(path, shape)| json!({ "command": path, "holds": shape.holds(), "fields": shape.names() }))
            .collect();
        io.write_rows(shared.format, &table, &shapes)?;
        return Ok(Exit::Done);
    }
    if let Some(shape) = shapes::of(&path) {
        io.write_value(&shape.schema(&path))?;
        return Ok(Exit::Done);
    }
    let command = definitions::command();
    let leaves = definitions::leaves(&command);
    let shown = shown(&path);
    let what = if leaves.iter().any(|(leaf, _)| *leaf == path) {
        format!("`idconsole {shown}` writes no JSON.")
    } else if leaves.iter().any(|(leaf, _)| leaf.starts_with(&format!("{path} "))) {
        format!("`idconsole {shown}` is several commands, each with JSON of its own.")
    } else {
        format!("There is no command `idconsole {shown}`.")
    };
    Err(Failure::new(Exit::NotFound, what).next("`idconsole schema` lists the commands that write JSON."))
}
