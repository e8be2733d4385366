//! `idconsole bulk …`: many changes from a CSV file.

mod result;
mod show;

use std::path::Path;

use crate::identity::{Role, Text};
use crate::journal::EntryId;
use crate::workflows::Engine;
use crate::workflows::bulk::{self, Encoding, MOST_ROWS, Preview, Rows};
use crate::workflows::intent::policies;
use crate::workflows::sheet::{self, NotSaved, Sheet};

use super::args::bulk::Sheet as Given;
use super::args::bulk::{Bulk, ExportSheet, RunSheet, Written};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Format, Table};
use super::session::Signed;
use super::{journal, members, write};

pub use result::tell;

/// What needs nobody signed in.
pub fn offline(command: &Bulk, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match command {
        Bulk::Result { entry, output } => {
            let entry = journal::open(context)?.show(EntryId(*entry))?;
            match output {
                Some(path) => {
                    let verdicts = bulk::verdicts(&entry);
                    save(path, &bulk::result::sheet(&verdicts))?;
                    io.note(&format!("{} written to {}.", rows_of(verdicts.len()), shown(path)))?;
                }
                None => result::write(context.shared.format, &entry, true, io)?,
            }
        }
        Bulk::Columns | Bulk::Check(_) | Bulk::Run(_) | Bulk::Export(_) => {
            columns(context.shared.format, io)?;
        }
    }
    Ok(Exit::Done)
}

/// Checks, runs, exports.
pub async fn run(
    signed: &Signed,
    command: &Bulk,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Bulk::Check(given) => {
            let rows = read(given, io)?;
            let preview = preview(signed, given, &rows, io).await?;
            show::write(context.shared.format, &preview, context.signs(), io)?;
            Ok(if preview.counts().unclear > 0 { Exit::Findings } else { Exit::Done })
        }
        Bulk::Run(command) => apply(signed, command, context, io).await,
        Bulk::Export(command) => export(signed, command, io).await,
        Bulk::Result { .. } | Bulk::Columns => offline(command, context, io),
    }
}

fn columns(format: Format, io: &mut Io<'_>) -> Result<(), Failure> {
    let all = bulk::columns::COLUMNS;
    let table = Table {
        columns: vec![Column::text("column"), Column::text("for"), Column::text("holds")],
        rows: all
            .iter()
            .map(|about| {
                vec![about.heading.to_owned(), about.part.words().to_owned(), about.holds.to_owned()]
            })
            .collect(),
        empty: String::new(),
    };
    let shape: Vec<_> = all
        .iter()
        .map(|about| serde_json::json!({ "column": about.heading, "for": about.part.words(), "holds": about.holds }))
        .collect();
    io.write_rows(format, &table, &shape)?;
    if format == Format::Table {
        io.note("An empty cell leaves everything as it is. Separators are comma, semicolon or tab.")?;
    }
    Ok(())
}

/// The rows of the file; a file that cannot be read as a sheet is told before anybody is asked anything.
fn read(given: &Given, io: &mut Io<'_>) -> Result<Rows, Failure> {
    let path = shown(&given.file);
    let encoding = match given.encoding {
        Written::Unicode => Encoding::Unicode,
        Written::Windows1252 => Encoding::Windows1252,
    };
    let read = if is_input(&given.file) {
        bulk::read_from(&mut io.input, encoding)
    } else {
        std::fs::File::open(&given.file).and_then(|file| bulk::read_from(file, encoding))
    };
    let read =
        read.map_err(|error| Failure::new(Exit::Local, format!("The file {path} cannot be read: {error}.")))?;
    read.map_err(|why| {
        let mut failure = Failure::usage(format!("{path} cannot be read as a sheet. {why}"));
        if matches!(&why, bulk::NotRead::Unreadable(bulk::decode::Unreadable::Encoding { .. })) {
            failure = failure.next("`--encoding windows-1252` says so.");
        }
        failure
    })
}

/// "1 row", "12 rows".
fn rows_of(n: usize) -> String {
    format!("{n} {}", if n == 1 { "row" } else { "rows" })
}

fn is_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a file is named in messages and in the journal.
fn shown(path: &Path) -> String {
    if is_input(path) {
        "standard input".to_owned()
    } else {
        Text::from(path.display().to_string()).to_string()
    }
}

async fn preview(signed: &Signed, given: &Given, rows: &Rows, io: &mut Io<'_>) -> Result<Preview, Failure> {
    let live = io.manner.live && !io.manner.quiet;
    let all = rows.rows.len();
    let source = match given.file.file_name() {
        Some(name) if !is_input(&given.file) => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let looking = bulk::preview(&signed.engine, &source, &rows.rows, |n| {
        seen.store(n, std::sync::atomic::Ordering::Relaxed);
    });
    let mut tick = tokio::time::interval(super::under_way::TICK);
    tokio::pin!(looking);
    let preview = loop {
        tokio::select! {
            done = &mut looking => break done?,
            _ = tick.tick(), if live => {
                // Each is looked at twice: found, then planned.
                let n = seen.load(std::sync::atomic::Ordering::Relaxed) / 2;
                io.progress(&format!("Looking at rows, {n} of {all}"))?;
            }
        }
    };
    io.progress("")?;
    Ok(preview)
}

async fn apply(
    signed: &Signed,
    command: &RunSheet,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let RunSheet { sheet: given, leave_out_unclear, result, write } = command;
    if is_input(&given.file) && !(write.dry_run || (write.reason.is_some() && write.confirm.is_some())) {
        return Err(Failure::usage("Standard input is the sheet, so nobody can be asked there.")
            .next("Give --reason TEXT and --confirm ROWS, or name a file."));
    }
    if let Some(path) = result
        && path.symlink_metadata().is_ok()
    {
        let what = format!("There is a file {} already; nothing was done.", shown(path));
        return Err(Failure::new(Exit::Conflict, what).next("Name a new one for --result."));
    }
    let rows = read(given, io)?;
    let preview = preview(signed, given, &rows, io).await?;
    let counts = preview.counts();
    show::unclear(&preview, context.signs(), io)?;
    if counts.changes == 0 && counts.unclear == 0 {
        write::as_kept(None, &signed.engine, context, io)?;
        if let Some(path) = result {
            save(path, &show::sheet(&preview))?;
        }
        if context.shared.format != Format::Table {
            show::write(context.shared.format, &preview, context.signs(), io)?;
        }
        io.note(&format!(
            "Everything is as the sheet wants it: {}, nothing to do.",
            rows_of(counts.already_so)
        ))?;
        return Ok(Exit::Done);
    }
    let plan = preview.plan(*leave_out_unclear).map_err(|no| {
        let mut failure = Failure::from(no);
        if counts.unclear > 0 && !leave_out_unclear {
            failure = failure.next("Mend them, or give --leave-out-unclear.");
        }
        failure
    })?;
    // What became of the rows has its place before anything is sent.
    let kept = match result.as_deref().filter(|_| !write.dry_run) {
        Some(path) => Some(Kept::new(path)?),
        None => None,
    };
    let applied = write::apply(&signed.engine, plan, write, signed.production, context, io).await;
    let entry = match &applied {
        Ok(applied) => applied.as_ref().map(|applied| applied.entry),
        Err(failure) => failure.entry,
    };
    let told = kept.map_or(Ok(()), |kept| kept.fill(&signed.engine, entry, io));
    match (applied, told) {
        (Ok(applied), told) => {
            told?;
            // What was left out is not done.
            Ok(if counts.unclear > 0 && applied.is_some() { Exit::Partly } else { Exit::Done })
        }
        (Err(failure), Ok(())) => Err(failure),
        // The run's own end says more.
        (Err(failure), Err(lost)) => {
            io.note(&lost.to_string())?;
            Err(failure)
        }
    }
}

/// The file that takes one verdict a row once a run is over.
struct Kept<'a> {
    path: &'a Path,
}

impl<'a> Kept<'a> {
    /// Made with its header, so that a run does not begin whose verdicts could not be written.
    fn new(path: &'a Path) -> Result<Self, Failure> {
        save(path, &bulk::result::sheet(&[]))?;
        Ok(Self { path })
    }

    /// Writes them; where no run has begun there are none, and no file.
    fn fill(self, engine: &Engine, entry: Option<EntryId>, io: &mut Io<'_>) -> Result<(), Failure> {
        let Some(entry) = entry else {
            let _ = std::fs::remove_file(self.path);
            return Ok(());
        };
        let written = engine.journal.show(entry).map_err(Failure::from).and_then(|entry| {
            let sheet = bulk::result::sheet(&bulk::verdicts(&entry));
            sheet::save(self.path, &sheet, true).map_err(|error| {
                Failure::new(Exit::Local, format!("{} was not written: {error}.", shown(self.path)))
            })
        });
        written.map_err(|failure| {
            let again =
                format!("`idconsole bulk result {entry} --output FILE` writes the verdicts once more.");
            failure.next(again)
        })?;
        io.note(&format!("One verdict a row is in {}.", shown(self.path)))?;
        Ok(())
    }
}

async fn export(signed: &Signed, command: &ExportSheet, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let mut directory = members::load(signed, io).await?;
    if let Some(filter) = &command.filter {
        directory.set_filter(filter);
    }
    // A super admin sees people of several projects, in which a name may be another policy's.
    let policies = match signed.engine.caller.role {
        Role::SuperAdmin => Vec::new(),
        Role::ProjectAdmin | Role::Member => {
            policies::of_project(&signed.engine, &signed.engine.caller.project).await.unwrap_or_default()
        }
    };
    let members = directory.rows().filter_map(|row| directory.member(row));
    let sheet = bulk::export::sheet(members, &policies);
    let rows = sheet.rows();
    match &command.output {
        Some(path) => {
            save(path, &sheet)?;
            io.note(&format!("{rows} members written to {}.", shown(path)))?;
        }
        None => io.out.write_all(&sheet.text()?)?,
    }
    if rows > MOST_ROWS {
        io.note(&format!(
            "A sheet of more than {MOST_ROWS} rows is not read at once; split it before `bulk run`."
        ))?;
    }
    Ok(Exit::Done)
}

/// Into a new file that only its owner can read.
fn save(path: &Path, sheet: &Sheet) -> Result<(), Failure> {
    sheet::save(path, sheet, false).map_err(|error| {
        let exit = if matches!(error, NotSaved::Exists) { Exit::Conflict } else { Exit::Local };
        Failure::new(exit, format!("{} was not written: {error}.", shown(path))).next("Name another file.")
    })
}
