//! The folder of a snapshot: written beside, then put in its place; a folder that is none is left alone.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::super::remote::Trouble;
use super::super::sheet;
use super::read::{self, Damage};
use crate::config::{create_private, create_private_folder, ensure_private_folder, replace_file};
use crate::identity::snapshot::manifest;
use crate::identity::snapshot::{Manifest, Part, Record};
use crate::identity::{ProjectId, Text};

/// Why nothing was exported.
#[derive(Debug, Error)]
pub enum NotExported {
    /// The folder holds something else.
    #[error("{0} holds other files and is no export, so it is left alone. Name a new or an empty folder.")]
    OtherFolder(String),
    /// It is a link.
    #[error("{0} is a link, which is not followed. Name the folder itself.")]
    Link(String),
    /// It is a file.
    #[error("{0} is a file. Name a folder.")]
    AFile(String),
    /// It holds an export of something else.
    #[error(
        "{folder} holds an export of {of}, so it is left alone. Name another folder, or remove this one first."
    )]
    OtherExport {
        /// Which folder.
        folder: String,
        /// Of what.
        of: String,
    },
    /// The platform did not tell.
    #[error("{0}")]
    Platform(Box<Trouble>),
    /// The disk.
    #[error("{path} cannot be written: {why}.")]
    Disk {
        /// Where.
        path: String,
        /// The system's words.
        why: String,
    },
    /// The work was stopped.
    #[error("The export was stopped. The folder is as it was.")]
    Stopped,
}

impl From<Trouble> for NotExported {
    fn from(trouble: Trouble) -> Self {
        Self::Platform(Box::new(trouble))
    }
}

pub(super) fn path_words(path: &Path) -> String {
    crate::identity::text::shown(&path.display().to_string()).into_owned()
}

pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> NotExported {
    let path = path_words(path);
    move |error| NotExported::Disk { path, why: error.to_string() }
}

/// Whether a snapshot of this platform and project may be written to a folder: it is not there, empty, or an export of
/// the same. Gives the folder as it is to be used.
pub(super) fn check_target(folder: &Path, of: (&Text, &ProjectId)) -> Result<PathBuf, NotExported> {
    let named = path_words(folder);
    let found = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(folder.to_owned()),
        other => other.map_err(disk(folder))?,
    };
    if found.is_symlink() {
        return Err(NotExported::Link(named));
    }
    if !found.is_dir() {
        return Err(NotExported::AFile(named));
    }
    // One that was killed leaves its staging folder behind, which is ours.
    let foreign = |entry: io::Result<fs::DirEntry>| match entry {
        Ok(entry) => !is_staging(&entry, BESIDE),
        Err(_) => true,
    };
    if !fs::read_dir(folder).map_err(disk(folder))?.any(foreign) {
        return Ok(folder.to_owned());
    }
    match read::manifest(folder) {
        Ok(manifest) if (&manifest.base_url, &manifest.project) != of => {
            let of = format!("{} at {}", manifest.project_name, manifest.base_url);
            Err(NotExported::OtherExport { folder: named, of })
        }
        // One that was cut off is replaced like any other.
        Ok(_) | Err(Damage::CutOff { .. }) => Ok(folder.to_owned()),
        Err(_) => Err(NotExported::OtherFolder(named)),
    }
}

/// How the names of staging folders begin.
const BESIDE: &str = ".idconsole-";
const ALONE: &str = "live-";
/// A staging folder that is older was left behind by a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_hours(6);

/// Whether an entry of a folder is a staging folder of this program.
fn is_staging(entry: &fs::DirEntry, prefix: &str) -> bool {
    let name = entry.file_name();
    let ours = name.to_str().and_then(|name| name.strip_prefix(prefix));
    ours.is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        // Of the entry itself: a link is none.
        && entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn forget_leftovers(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_staging(&entry, prefix)
            && let Ok(found) = fs::symlink_metadata(entry.path())
            && found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
        {
            // One that cannot be removed does no harm but take room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder in which a snapshot is put together. It is gone when it is dropped.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    /// Where it goes; none for one that is only compared.
    target: Option<PathBuf>,
    /// The target was made for it: it goes too when nothing comes of it.
    made_target: bool,
}

impl Staging {
    /// Within the target, so that a file gets to its place by being renamed.
    pub fn beside(target: PathBuf) -> Result<Self, NotExported> {
        let made_target = match create_private_folder(&target) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(disk(&target)(error)),
        };
        forget_leftovers(&target, BESIDE);
        let path = target.join(format!("{BESIDE}{}", uuid::Uuid::new_v4().simple()));
        let staging = Self { path, target: Some(target), made_target };
        create_private_folder(&staging.path).map_err(disk(&staging.path))?;
        Ok(staging)
    }

    /// On its own under a folder of this program.
    pub fn alone(under: &Path) -> Result<Self, NotExported> {
        ensure_private_folder(under).map_err(disk(under))?;
        forget_leftovers(under, ALONE);
        let path = under.join(format!("{ALONE}{}", uuid::Uuid::new_v4().simple()));
        create_private_folder(&path).map_err(disk(&path))?;
        Ok(Self { path, target: None, made_target: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small part; the records are put into the order of their ids.
    pub(super) fn write(&self, part: Part, mut records: Vec<Record>) -> Result<u64, NotExported> {
        records.sort_by(|a, b| a.id.cmp(&b.id));
        records.dedup_by(|a, b| a.id == b.id);
        let values: Vec<_> = records.iter().map(|record| record.to_json(part)).collect();
        self.write_text(part.file(), &format!("{}\n", sheet::json(&values)))?;
        Ok(records.len() as u64)
    }

    fn write_text(&self, name: &str, text: &str) -> Result<(), NotExported> {
        let path = self.path.join(name);
        let mut file = create_private(&path).map_err(disk(&path))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(disk(&path))
    }

    /// Completes one that is only compared.
    pub fn finish_alone(&self, manifest: &Manifest) -> Result<(), NotExported> {
        self.write_text(manifest::FILE, &manifest_text(manifest))
    }

    /// Puts every file into its place. While that is under way the manifest says so.
    pub fn place(self, manifest: &Manifest) -> Result<(), NotExported> {
        let Some(target) = &self.target else { return self.finish_alone(manifest) };
        let place = target.join(manifest::FILE);
        let say = |finished: bool| {
            let text = manifest_text(&Manifest { finished, ..manifest.clone() });
            replace_file(&here(&place), text.as_bytes()).map_err(disk(&place))
        };
        say(false)?;
        for part in Part::ALL {
            let to = target.join(part.file());
            match fs::rename(self.path.join(part.file()), &to) {
                Ok(()) => {}
                // What could not be seen now must not stay behind from before.
                Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::remove_file(&to) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk(&to)(error)),
                    Ok(()) | Err(_) => {}
                },
                Err(error) => return Err(disk(&to)(error)),
            }
        }
        say(true)
    }
}

/// A bare name lies in the present folder.
fn here(path: &Path) -> PathBuf {
    if path.parent().is_some_and(|folder| folder.as_os_str().is_empty()) {
        Path::new(".").join(path)
    } else {
        path.to_owned()
    }
}

fn manifest_text(manifest: &Manifest) -> String {
    format!("{}\n", sheet::json(manifest))
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing of it is needed any more; what cannot be removed holds nothing that the person cannot read anyway.
        let _ = fs::remove_dir_all(&self.path);
        if self.made_target
            && let Some(target) = &self.target
        {
            // Only an empty folder goes.
            let _ = fs::remove_dir(target);
        }
    }
}
