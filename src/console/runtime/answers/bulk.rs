//! About sheets: what their rows come to, and what became of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::told;
use crate::console::effect::Answer;
use crate::console::failure::Failure;
use crate::console::runtime::Reporter;
use crate::identity::Text;
use crate::journal::EntryId;
use crate::workflows::Engine;
use crate::workflows::bulk::{self, Encoding, Preview};
use crate::workflows::intent::NoPlan;
use crate::workflows::sheet::{self, NotSaved};

/// After so many rows it is told how far it is.
const EVERY: usize = 10;

/// What the rows of a file come to.
pub(super) async fn look(engine: &Engine, path: PathBuf, encoding: Encoding, report: &Reporter) -> Answer {
    let shown = shown(&path);
    let source = path.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let reading = tokio::task::spawn_blocking(move || bulk::read_from(std::fs::File::open(&path)?, encoding));
    let rows = match reading.await {
        Ok(Ok(Ok(rows))) => rows.rows,
        Ok(Ok(Err(why))) => return Answer::NoPlan(format!("{shown} cannot be read as a sheet. {why}")),
        Ok(Err(error)) => return Answer::NoPlan(format!("{shown} cannot be read: {error}.")),
        Err(_) => return Answer::NoPlan(format!("{shown} cannot be read.")),
    };
    let (of, told_last) = (rows.len(), std::sync::atomic::AtomicUsize::new(0));
    let preview = bulk::preview(engine, &source, &rows, |looks| {
        // Each is looked at twice.
        let seen = looks / 2;
        if seen >= told_last.load(std::sync::atomic::Ordering::Relaxed) + EVERY {
            told_last.store(seen, std::sync::atomic::Ordering::Relaxed);
            report.send(Answer::Looking { seen, of });
        }
    });
    match preview.await {
        Ok(preview) => Answer::Looked(Arc::new(preview)),
        Err(NoPlan::Platform(trouble)) => Answer::Failed(told(&trouble)),
        Err(refused @ NoPlan::Refused { .. }) => Answer::NoPlan(refused.to_string()),
    }
}

/// The plan of what was looked at.
pub(super) async fn plan(preview: Arc<Preview>, leave_out_unclear: bool) -> Answer {
    match tokio::task::spawn_blocking(move || preview.plan(leave_out_unclear)).await {
        Ok(Ok(plan)) => Answer::Plan(Box::new(plan)),
        Ok(Err(no)) => Answer::NoPlan(no.to_string()),
        Err(_) => Answer::NoPlan("The plan could not be made.".to_owned()),
    }
}

/// Writes one verdict a row into a new file.
pub(super) async fn verdicts(engine: &Engine, entry: EntryId, path: PathBuf) -> Answer {
    let shown = shown(&path);
    let entry = match engine.journal.show(entry) {
        Ok(entry) => entry,
        Err(error) => {
            return Answer::Failed(Failure::new("The journal could not be read.").because(error.to_string()));
        }
    };
    let verdicts = bulk::verdicts(&entry);
    let (sheet, rows) = (bulk::result::sheet(&verdicts), verdicts.len());
    match tokio::task::spawn_blocking(move || sheet::save(&path, &sheet, false)).await {
        Ok(Ok(())) => Answer::Saved { path: shown, rows },
        Ok(Err(NotSaved::Exists)) => Answer::FileExists(shown),
        Ok(Err(NotSaved::Io(error))) => Answer::Failed(
            Failure::new(format!("{shown} could not be written.")).because(format!("{error}.")),
        ),
        Err(_) => Answer::Failed(Failure::new("The file could not be written.")),
    }
}

fn shown(path: &Path) -> String {
    Text::from(path.display().to_string()).to_string()
}
