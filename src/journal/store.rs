//! The file: SQLite with a write-ahead log, every event on disk before the next thing happens.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::ports::Clock;

use super::entry::{Entry, EntryState, Filter, StepState};
use super::event::{Event, Outcome, Planned};
use super::redact::redact;

/// The number of an entry, as people type it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub i64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EntryId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim_start_matches('#').parse().map(Self)
    }
}

/// What can go wrong with the journal. Nothing is written to the platform when it does.
#[derive(Debug, Error)]
pub enum Error {
    /// The file or its folder.
    #[error("the journal {path} cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A symbolic link in place of the file.
    #[error("the journal {path} is a symbolic link, which is not followed; move the real file there")]
    Link {
        /// Which file.
        path: PathBuf,
    },
    /// SQLite.
    #[error("the journal {path} cannot be read or written: {source}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// Its answer.
        source: rusqlite::Error,
    },
    /// Written by a later version.
    #[error("the journal {path} was written by a newer idconsole (format {found}); update this one")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// An event does not follow from the one before it.
    #[error(
        "the journal was changed from outside at row {row}: its chain of hashes does not hold from there on"
    )]
    Broken {
        /// The first row that does not fit.
        row: i64,
    },
    /// An event cannot be read.
    #[error("row {row} of the journal cannot be understood: {source}")]
    Unreadable {
        /// Which row.
        row: i64,
        /// Why.
        source: serde_json::Error,
    },
    /// No such entry.
    #[error("the journal has no entry {id}; `journal list` shows what there is")]
    NoEntry {
        /// The number asked for.
        id: EntryId,
    },
    /// Another process is at this entry.
    #[error("entry {id} is being worked on by another idconsole")]
    Busy {
        /// Which one.
        id: EntryId,
    },
}

const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE event (
  row   INTEGER PRIMARY KEY AUTOINCREMENT,
  entry INTEGER NOT NULL,
  at    TEXT NOT NULL,
  body  TEXT NOT NULL,
  hash  TEXT NOT NULL
) STRICT;
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
";

/// Not part of the format: with it one entry is found among many without reading all.
const BY_ENTRY: &str = "CREATE INDEX IF NOT EXISTS event_by_entry ON event (entry, row);";

/// The journal of this machine. Cheap to clone; usable from several threads and processes at once.
#[derive(Clone)]
pub struct Journal {
    database: Arc<Mutex<Connection>>,
    path: Arc<Path>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens the journal at `path`, making it (0600) and its folder (0700) when they are missing.
    pub fn open(path: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let path: Arc<Path> = path.as_ref().into();
        prepare_file(&path)?;
        let database = |source| Error::Database { path: path.to_path_buf(), source };
        let mut connection = Connection::open(&path).map_err(database)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(database)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(database)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(database)?;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
        let found: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
        match found {
            0 => {
                transaction.execute_batch(SCHEMA).map_err(database)?;
                transaction.pragma_update(None, "user_version", FORMAT).map_err(database)?;
            }
            FORMAT => {}
            found => return Err(Error::Newer { path: path.to_path_buf(), found }),
        }
        transaction.execute_batch(BY_ENTRY).map_err(database)?;
        transaction.commit().map_err(database)?;
        Ok(Self { database: Arc::new(Mutex::new(connection)), path, clock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a plan down and takes hold of it until the [`Run`] is finished or dropped.
    pub fn begin(&self, planned: Planned) -> Result<Run, Error> {
        let event = Event::Planned(Box::new(planned));
        let mut database = self.lock();
        let transaction = database
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.database_error(source))?;
        let id: i64 = transaction
            .query_row("SELECT coalesce(max(entry), 0) + 1 FROM event", [], |row| row.get(0))
            .map_err(|source| self.database_error(source))?;
        let id = EntryId(id);
        // Held before the row is visible, so that nobody takes a run that begins for one that was interrupted.
        let hold = self.hold(id)?.ok_or(Error::Busy { id })?;
        self.append_in(&transaction, id, &event)?;
        transaction.commit().map_err(|source| self.database_error(source))?;
        Ok(Run { journal: self.clone(), id, hold: Some(hold) })
    }

    /// Takes hold of an interrupted or unsure entry, to settle it.
    pub fn take_up(&self, id: EntryId) -> Result<(Entry, Run), Error> {
        let hold = self.hold(id)?.ok_or(Error::Busy { id })?;
        let run = Run { journal: self.clone(), id, hold: Some(hold) };
        let entry = self.read(id)?;
        Ok((entry, run))
    }

    /// One entry with everything that became of it.
    pub fn show(&self, id: EntryId) -> Result<Entry, Error> {
        let mut entry = self.read(id)?;
        self.mark_running(&mut entry);
        Ok(entry)
    }

    /// Entries, the newest first.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Entry>, Error> {
        let mut entries = self.read_all()?;
        for entry in &mut entries {
            self.mark_running(entry);
        }
        let limit = filter.limit.unwrap_or(usize::MAX);
        Ok(entries.into_iter().rev().filter(|entry| filter.takes(entry)).take(limit).collect())
    }

    /// Checks the whole chain; the number of events when it holds.
    pub fn check(&self) -> Result<u64, Error> {
        let database = self.lock();
        let rows = self.rows(&database)?;
        let mut before = String::new();
        let mut last = 0;
        for row in &rows {
            if row.number != last + 1 || row.hash != chain(&before, row.entry, &row.at, &row.body) {
                return Err(Error::Broken { row: row.number });
            }
            before.clone_from(&row.hash);
            last = row.number;
        }
        // Rows cut off at the end leave the counter behind.
        let counted: Option<i64> = database
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'event'", [], |row| row.get(0))
            .optional()
            .map_err(|source| self.database_error(source))?;
        if counted.unwrap_or(0) != last {
            return Err(Error::Broken { row: last + 1 });
        }
        Ok(rows.len() as u64)
    }

    fn append(&self, id: EntryId, event: &Event) -> Result<(), Error> {
        let mut database = self.lock();
        let transaction = database
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.database_error(source))?;
        self.append_in(&transaction, id, event)?;
        transaction.commit().map_err(|source| self.database_error(source))
    }

    fn append_in(&self, database: &Connection, id: EntryId, event: &Event) -> Result<(), Error> {
        let unreadable = |source| Error::Unreadable { row: 0, source };
        let mut body = serde_json::to_value(event).map_err(unreadable)?;
        redact(&mut body);
        let body = body.to_string();
        let at = self.clock.now().to_string();
        let before: Option<String> = database
            .query_row("SELECT hash FROM event ORDER BY row DESC LIMIT 1", [], |row| row.get(0))
            .optional()
            .map_err(|source| self.database_error(source))?;
        let hash = chain(before.as_deref().unwrap_or(""), id.0, &at, &body);
        database
            .execute(
                "INSERT INTO event (entry, at, body, hash) VALUES (?1, ?2, ?3, ?4)",
                params![id.0, at, body, hash],
            )
            .map(|_| ())
            .map_err(|source| self.database_error(source))
    }

    /// One entry, with what those that take it back or go on with it say of it.
    fn read(&self, id: EntryId) -> Result<Entry, Error> {
        let database = self.lock();
        let mut rows = self.rows_where(&database, "entry = ?1", id)?;
        rows.extend(self.rows_where(
            &database,
            "entry IN (SELECT entry FROM event
                WHERE row IN (SELECT min(row) FROM event WHERE entry > ?1 GROUP BY entry)
                AND (body ->> '$.plan.undoes' = ?1 OR body ->> '$.plan.resumes' = ?1
                  OR ?1 IN (SELECT value FROM json_each(body, '$.plan.undoes_also'))))",
            id,
        )?);
        drop(database);
        fold(rows)?.into_iter().find(|entry| entry.id == id).ok_or(Error::NoEntry { id })
    }

    fn read_all(&self) -> Result<Vec<Entry>, Error> {
        let database = self.lock();
        let rows = self.rows(&database)?;
        drop(database);
        fold(rows)
    }

    fn rows(&self, database: &Connection) -> Result<Vec<Row>, Error> {
        // Every row has a number above 0.
        self.rows_where(database, "row > ?1", EntryId(0))
    }

    fn rows_where(&self, database: &Connection, which: &str, id: EntryId) -> Result<Vec<Row>, Error> {
        let fail = |source| self.database_error(source);
        let query = format!("SELECT row, entry, at, body, hash FROM event WHERE {which} ORDER BY row");
        let mut statement = database.prepare_cached(&query).map_err(fail)?;
        let rows = statement.query_map([id.0], |row| {
            Ok(Row {
                number: row.get(0)?,
                entry: row.get(1)?,
                at: row.get(2)?,
                body: row.get(3)?,
                hash: row.get(4)?,
            })
        });
        rows.map_err(fail)?.collect::<Result<_, _>>().map_err(fail)
    }

    /// An unfinished entry is running while its process holds it, and interrupted once nobody does.
    fn mark_running(&self, entry: &mut Entry) {
        if entry.state == EntryState::Interrupted && matches!(self.hold(entry.id), Ok(None)) {
            entry.state = EntryState::Running;
        }
    }

    fn hold_path(&self, id: EntryId) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".run-{id}"));
        self.path.with_file_name(name)
    }

    /// The system drops the hold when the process dies, however it dies. `None`: somebody else has it.
    fn hold(&self, id: EntryId) -> Result<Option<File>, Error> {
        let path = self.hold_path(id);
        let file = private_file(&path, false).map_err(|source| Error::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while holding it cannot leave half an event: every append is one transaction.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn database_error(&self, source: rusqlite::Error) -> Error {
        Error::Database { path: self.path.to_path_buf(), source }
    }
}

struct Row {
    number: i64,
    entry: i64,
    at: String,
    body: String,
    hash: String,
}

/// A plan that is being applied or settled.
#[derive(Debug)]
pub struct Run {
    journal: Journal,
    id: EntryId,
    hold: Option<File>,
}

impl Run {
    /// The entry's number.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// Writes an event down; on disk when this returns.
    pub fn write(&self, event: &Event) -> Result<(), Error> {
        self.journal.append(self.id, event)
    }

    /// The last event.
    pub fn finish(mut self, outcome: Outcome) -> Result<EntryId, Error> {
        self.journal.append(self.id, &Event::Finished { outcome })?;
        if let Some(hold) = self.hold.take() {
            drop(hold);
            // Left behind, it does no harm: nobody holds it.
            let _ = std::fs::remove_file(self.journal.hold_path(self.id));
        }
        Ok(self.id)
    }
}

/// The entries of events in their order.
fn fold(rows: Vec<Row>) -> Result<Vec<Entry>, Error> {
    let mut events: BTreeMap<i64, Vec<(Timestamp, Event)>> = BTreeMap::new();
    for row in rows {
        let event = serde_json::from_str(&row.body)
            .map_err(|source| Error::Unreadable { row: row.number, source })?;
        let at = row.at.parse().map_err(|_| Error::Broken { row: row.number })?;
        events.entry(row.entry).or_default().push((at, event));
    }
    let mut entries: Vec<Entry> =
        events.into_iter().filter_map(|(id, events)| Entry::fold(EntryId(id), &events)).collect();
    // One that was stopped half way leaves something to take back.
    let undoing: Vec<(EntryId, EntryId, EntryState, bool)> = entries
        .iter()
        .filter(|entry| entry.steps.iter().any(|step| step.state != StepState::Planned))
        .flat_map(|entry| {
            let plan = &entry.planned.plan;
            let of = plan.undoes.iter().chain(&plan.undoes_also);
            of.map(|of| (EntryId(*of), entry.id, entry.state, plan.undoes_part))
        })
        .collect();
    // One of which nothing was sent changes nothing: the first can be gone on with again.
    let resuming: BTreeMap<EntryId, EntryId> = entries
        .iter()
        .filter(|entry| entry.steps.iter().any(|step| step.state != StepState::Planned))
        .filter_map(|entry| Some((EntryId(entry.planned.plan.resumes?), entry.id)))
        .collect();
    for entry in &mut entries {
        let of_entry = undoing.iter().rev().filter(|(id, ..)| *id == entry.id);
        let by = |wanted: fn(EntryState, bool) -> bool| {
            of_entry.clone().find(|(_, _, state, part)| wanted(*state, *part)).map(|(_, by, ..)| *by)
        };
        // With a part of it, the rest can still be taken back.
        entry.undone_by = by(|state, part| state == EntryState::Done && !part);
        entry.being_undone_by = by(|state, _| state.needs_settling());
        entry.resumed_by = resuming.get(&entry.id).copied();
    }
    Ok(entries)
}

fn chain(before: &str, entry: i64, at: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    // Lengths keep two different rows from reading the same.
    for part in [before, &entry.to_string(), at, body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        use fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn prepare_file(path: &Path) -> Result<(), Error> {
    let fail = |source| Error::File { path: path.to_path_buf(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(fail)?;
    }
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => return Err(Error::Link { path: path.to_path_buf() }),
        Ok(_) | Err(_) => {}
    }
    let file = private_file(path, true).map_err(fail)?;
    drop(file);
    Ok(())
}

/// Opens or makes a file that only its owner can read; an existing one is tightened when asked for.
fn private_file(path: &Path, tighten: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    if tighten {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
    }
    #[cfg(not(unix))]
    let _ = tighten;
    Ok(file)
}
