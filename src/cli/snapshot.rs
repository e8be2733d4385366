//! `idconsole export` and `idconsole diff`.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::identity::Text;
use crate::identity::snapshot::{Change, Manifest, NotCompared, Part, Reach};
use crate::workflows::snapshot::{
    self, Damage, Drift, Incomparable, NoDrift, NoProject, NotExported, Origin, Reading,
};

use super::args::{Diff, Export};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Format, Table};
use super::session::{self, Signed};
use super::under_way::TICK;

fn base_url(context: &Context) -> Result<Text, Failure> {
    Ok(Text::from(context.connection()?.0.base_url.as_str()))
}

/// Waits for it and says on one line how far it is.
async fn watched<T>(
    io: &mut Io<'_>,
    reading: &Mutex<Option<Reading>>,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    tokio::pin!(work);
    let mut tick = tokio::time::interval(TICK);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = tick.tick() => {
                let now = *reading.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(now) = now {
                    io.progress(&now.words())?;
                }
            }
        }
    };
    io.progress("")?;
    Ok(done)
}

/// Where it is kept how far reading is.
fn kept(place: &Mutex<Option<Reading>>) -> impl Fn(Reading) + Send + Sync {
    |reading| *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading)
}

/// `export`.
pub async fn export(
    signed: &Signed,
    command: &Export,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let engine = &signed.engine;
    let (project, project_name) = snapshot::meant(engine, command.project.as_deref()).await?;
    let at = engine.clock.now();
    let origin = Origin { base_url: base_url(context)?, project, project_name, at };
    let reading = Mutex::new(None);
    let exporting = snapshot::export(engine, &signed.client, &origin, &command.folder, kept(&reading));
    let manifest = watched(io, &reading, exporting).await??;
    let table = Table {
        columns: vec![
            Column::text("part"),
            Column::number("records"),
            Column::text("file"),
            Column::text("seen"),
        ],
        rows: Part::ALL.iter().map(|part| row(*part, &manifest)).collect(),
        empty: String::new(),
    };
    io.write_rows(context.shared.format, &table, &json!(manifest))?;
    let folder = crate::identity::text::shown(&command.folder.display().to_string()).into_owned();
    io.note(&format!("Wrote {} to {folder}. Only you can read it.", manifest.project_name))?;
    Ok(Exit::Done)
}

fn row(part: Part, manifest: &Manifest) -> Vec<String> {
    let (records, file) = match (manifest.parts.get(&part), manifest.reach(part)) {
        (_, Reach::None(_)) | (None, _) => ("unknown".to_owned(), String::new()),
        (Some(state), _) => (state.records.to_string(), part.file().to_owned()),
    };
    vec![part.title().to_lowercase(), records, file, manifest.reach(part).words()]
}

/// `diff`. Two exports need nobody who is signed in.
pub async fn diff(command: &Diff, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let drift = if let Some(after) = &command.after {
        snapshot::compare_folders(command.before.clone(), after.clone()).await?
    } else {
        // A folder that is no export is told before a session is looked for.
        snapshot::Folder::open(&command.before)?;
        let signed = session::open(context).await?;
        let scratch = context.paths.scratch_dir();
        let (before, url) = (&command.before, base_url(context)?);
        let reading = Mutex::new(None);
        let tell = kept(&reading);
        let comparing = snapshot::compare_live(&signed.engine, &signed.client, &url, before, &scratch, tell);
        watched(io, &reading, comparing).await??
    };
    match context.shared.format {
        Format::Table => tell(&drift, io)?,
        Format::Json | Format::Csv => io.write_rows(context.shared.format, &table(&drift), &shape(&drift))?,
    }
    Ok(if !drift.changes.is_empty() {
        Exit::Findings
    } else if drift.is_unsure() {
        Exit::CannotTell
    } else {
        Exit::Done
    })
}

/// In words, under the heading of each part.
fn tell(drift: &Drift, io: &mut Io<'_>) -> Result<(), Failure> {
    writeln!(io.out, "{}", drift.summary())?;
    writeln!(io.out, "  before  {}", drift.before.about())?;
    writeln!(io.out, "  after   {}", drift.after.about())?;
    for part in Part::ALL {
        let changes: Vec<&Change> = drift.changes.iter().filter(|change| change.part == part).collect();
        let hidden: Vec<&NotCompared> = drift.not_compared.iter().filter(|one| one.part == part).collect();
        if changes.is_empty() && hidden.is_empty() {
            continue;
        }
        writeln!(io.out, "\n{}", part.title())?;
        for change in changes {
            writeln!(io.out, "  {}", change.said)?;
        }
        for one in hidden {
            writeln!(io.out, "  {}", one.said)?;
        }
    }
    Ok(())
}

fn table(drift: &Drift) -> Table {
    let changes = drift.changes.iter().map(|change| {
        let (before, after) = change.values();
        vec![
            change.part.title().to_owned(),
            change.id.raw().to_owned(),
            change.name.raw().to_owned(),
            change.how.word().to_owned(),
            change.field_words(),
            before,
            after,
            change.said.clone(),
        ]
    });
    let hidden = drift.not_compared.iter().map(|one| {
        let side = one.side.word();
        vec![
            one.part.title().to_owned(),
            String::new(),
            String::new(),
            "not compared".to_owned(),
            one.field.map_or("", |field| field.words).to_owned(),
            if side == "after" { String::new() } else { "unknown".to_owned() },
            if side == "before" { String::new() } else { "unknown".to_owned() },
            one.said.clone(),
        ]
    });
    Table {
        columns: vec![
            Column::text("part"),
            Column::id("record"),
            Column::name("name"),
            Column::text("change"),
            Column::text("field"),
            Column::text("before"),
            Column::text("after"),
            Column::text("said"),
        ],
        rows: changes.chain(hidden).collect(),
        empty: "No difference.".to_owned(),
    }
}

/// The stable JSON shape of a comparison.
fn shape(drift: &Drift) -> Value {
    json!({
        "before": drift.before,
        "after": drift.after,
        "changes": drift.changes.iter().map(Change::json).collect::<Vec<_>>(),
        "not_compared": drift.not_compared.iter().map(NotCompared::json).collect::<Vec<_>>(),
    })
}

impl From<Damage> for Failure {
    fn from(damage: Damage) -> Self {
        let exit = match &damage {
            Damage::NoExport { .. } => Exit::NotFound,
            Damage::OtherVersion { .. }
            | Damage::CutOff { .. }
            | Damage::Mistake { .. }
            | Damage::Count { .. } => Exit::Usage,
            Damage::Unreadable { .. } => Exit::Local,
        };
        Self::new(exit, damage.to_string())
    }
}

impl From<NotExported> for Failure {
    fn from(error: NotExported) -> Self {
        match error {
            NotExported::Platform(trouble) => (*trouble).into(),
            NotExported::OtherFolder(_)
            | NotExported::Link(_)
            | NotExported::AFile(_)
            | NotExported::OtherExport { .. } => Self::new(Exit::Conflict, error.to_string()),
            NotExported::Disk { .. } | NotExported::Stopped => Self::new(Exit::Local, error.to_string()),
        }
    }
}

impl From<NoProject> for Failure {
    fn from(error: NoProject) -> Self {
        match error {
            NoProject::Trouble(trouble) => trouble.into(),
            NoProject::NotNamed(_) => Self::usage(error.to_string()).next("Give --project NAME."),
            NoProject::NotFound { .. } => Self::new(Exit::NotFound, error.to_string()),
            NoProject::NotOwn { .. } => Self::new(Exit::NotAllowed, error.to_string()),
            NoProject::Several(_) => Self::new(Exit::Conflict, error.to_string()),
        }
    }
}

impl From<NoDrift> for Failure {
    fn from(error: NoDrift) -> Self {
        match error {
            NoDrift::Files(Incomparable::Damage(damage)) => damage.into(),
            NoDrift::Files(other @ Incomparable::OtherProject { .. }) => Self::usage(other.to_string()),
            NoDrift::Live(error) => error.into(),
            NoDrift::Project(error) => error.into(),
            NoDrift::OtherPlatform { .. } => Self::usage(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;
    use crate::cli::io::{Manner, Streams};

    #[tokio::test]
    async fn how_far_reading_is_is_told_on_one_line_that_goes() {
        let mut streams = Streams::default();
        let mut io = Io { manner: Manner { live: true, ..Manner::default() }, ..streams.io() };
        let reading = Mutex::new(None);
        let tell = kept(&reading);
        let mut looked = 0;
        // Looked at again whenever the line is written.
        let work = std::future::poll_fn(|_| {
            looked += 1;
            tell(if looked < 5 { Reading::Members(2000, Some(3000)) } else { Reading::Part(Part::Policies) });
            if looked < 9 { Poll::Pending } else { Poll::Ready(()) }
        });
        watched(&mut io, &reading, work).await.unwrap();
        let told = String::from_utf8(streams.err).unwrap();
        assert!(told.contains("KReading members, 2 000 of 3 000"), "{told:?}");
        assert!(told.contains("KReading access policies") && told.ends_with("\r\x1b[K"), "{told:?}");
    }
}
