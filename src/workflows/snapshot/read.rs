//! Reading the folder of a snapshot. It may come from anybody: nothing in it is followed, and what is wrong is told with
//! its file and line.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::folder::path_words;
use crate::identity::Text;
use crate::identity::snapshot::manifest;
use crate::identity::snapshot::{Manifest, Part, Reach, Record, json};

/// A line that is longer is no record.
const LONGEST_LINE: u64 = 4 << 20;
/// A file of records that are read at once that is larger is none of ours.
const LARGEST: u64 = 512 << 20;

/// Why a folder cannot be read as a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// It holds no manifest.
    #[error("{folder} is no export: {why}.")]
    NoExport {
        /// Which folder.
        folder: String,
        /// What is missing.
        why: String,
    },
    /// Its files are those of another version.
    #[error(
        "{folder} was written by another idconsole, as version {found}; this one reads version {}.",
        manifest::VERSION
    )]
    OtherVersion {
        /// Which folder.
        folder: String,
        /// Its version.
        found: u64,
    },
    /// Writing it was cut off.
    #[error("Writing {folder} was cut off, so its files may not belong together. Export to it once more.")]
    CutOff {
        /// Which folder.
        folder: String,
    },
    /// A mistake in a file.
    #[error("{file}: line {line}: {wrong}. Export anew, or put the file back as it was written.")]
    Mistake {
        /// Which file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what was expected.
        wrong: String,
    },
    /// A file holds another number of records than the manifest says.
    #[error(
        "{file}: {found} records, and the manifest says {expected}. The file is not as it was written; export anew."
    )]
    Count {
        /// Which file.
        file: String,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A file cannot be read.
    #[error("{file} cannot be read: {why}.")]
    Unreadable {
        /// Which file.
        file: String,
        /// The system's words.
        why: String,
    },
}

/// The folder of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
}

/// The records of a part, in the order of their ids.
pub type Rows = Box<dyn Iterator<Item = Result<Record, Damage>> + Send>;

impl Folder {
    /// Opens one; its records are not looked at yet.
    pub fn open(path: &Path) -> Result<Self, Damage> {
        Ok(Self { path: path.to_owned(), manifest: manifest(path)? })
    }

    /// The records of a part. A part that could not be seen has none.
    pub fn records(&self, part: Part) -> Result<Rows, Damage> {
        let Some(state) =
            self.manifest.parts.get(&part).filter(|state| !matches!(state.reach, Reach::None(_)))
        else {
            return Ok(Box::new(std::iter::empty()));
        };
        let path = self.path.join(part.file());
        let file = path_words(&path);
        let opened = open(&path)?;
        if part.by_line() {
            return Ok(Box::new(Lines {
                part,
                reader: BufReader::new(opened),
                file,
                line: 0,
                last: None,
                left: state.records,
                expected: state.records,
                ended: false,
            }));
        }
        let text = whole(opened, &file)?;
        let records = Record::parse_all(part, &text).map_err(|mistake| told(&file, 0, mistake))?;
        let found = records.len() as u64;
        if found != state.records {
            return Err(Damage::Count { file, found, expected: state.records });
        }
        Ok(Box::new(records.into_iter().map(Ok)))
    }
}

fn told(file: &str, above: usize, mistake: json::Mistake) -> Damage {
    Damage::Mistake { file: file.to_owned(), line: above + mistake.line, wrong: mistake.wrong }
}

fn unreadable(file: &str, error: &io::Error) -> Damage {
    Damage::Unreadable { file: file.to_owned(), why: error.to_string() }
}

/// A plain file; a link or a pipe in its place is not followed.
fn open(path: &Path) -> Result<File, Damage> {
    let file = path_words(path);
    let found = fs::symlink_metadata(path).map_err(|error| unreadable(&file, &error))?;
    if !found.is_file() {
        return Err(Damage::Unreadable { file, why: "it is no plain file".to_owned() });
    }
    File::open(path).map_err(|error| unreadable(&file, &error))
}

fn whole(opened: File, file: &str) -> Result<String, Damage> {
    let mut bytes = Vec::new();
    opened.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(file, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Damage::Unreadable {
            file: file.to_owned(),
            why: "it is too large to be an export".to_owned(),
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let upto = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..upto]).matches('\n').count() + 1;
        Damage::Mistake { file: file.to_owned(), line, wrong: "it is not UTF-8".to_owned() }
    })
}

/// The manifest of a folder.
pub(super) fn manifest(folder: &Path) -> Result<Manifest, Damage> {
    let named = path_words(folder);
    let path = folder.join(manifest::FILE);
    let none = |why: &str| Damage::NoExport { folder: named.clone(), why: why.to_owned() };
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() || found.is_symlink() => {}
        Ok(_) => return Err(none("it is no folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(none("there is no such folder")),
        Err(error) => return Err(unreadable(&named, &error)),
    }
    if matches!(fs::symlink_metadata(&path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        return Err(none("it holds no manifest.json"));
    }
    let file = path_words(&path);
    let text = whole(open(&path)?, &file)?;
    let at = |error: serde_json::Error| told(&file, 0, json::Mistake::from(error));
    // What it is comes first: of another version nothing more can be said.
    let any: serde_json::Value = serde_json::from_str(&text).map_err(at)?;
    if any["format"] != manifest::FORMAT {
        return Err(none("its manifest.json is another program's"));
    }
    match any["version"].as_u64() {
        Some(found) if found == u64::from(manifest::VERSION) => {}
        found => return Err(Damage::OtherVersion { folder: named, found: found.unwrap_or(0) }),
    }
    let manifest: Manifest = serde_json::from_str(&text).map_err(at)?;
    if !manifest.finished {
        return Err(Damage::CutOff { folder: named });
    }
    Ok(manifest)
}

/// Records one a line.
struct Lines {
    part: Part,
    reader: BufReader<File>,
    file: String,
    line: usize,
    last: Option<Text>,
    left: u64,
    expected: u64,
    ended: bool,
}

impl Lines {
    fn mistake(&self, wrong: impl Into<String>) -> Damage {
        Damage::Mistake { file: self.file.clone(), line: self.line, wrong: wrong.into() }
    }

    fn read(&mut self) -> Result<Option<Record>, Damage> {
        let mut bytes = Vec::new();
        let limited = &mut (&mut self.reader).take(LONGEST_LINE);
        limited.read_until(b'\n', &mut bytes).map_err(|error| unreadable(&self.file, &error))?;
        if bytes.is_empty() {
            return if self.left == 0 {
                Ok(None)
            } else {
                let found = self.expected - self.left;
                Err(Damage::Count { file: self.file.clone(), found, expected: self.expected })
            };
        }
        self.line += 1;
        if bytes.len() as u64 >= LONGEST_LINE {
            return Err(self.mistake("the line is too long to be a record"));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| self.mistake("it is not UTF-8"))?;
        let record = Record::parse(self.part, text)
            .map_err(|mistake| told(&self.file, self.line - 1, json::Mistake { line: 1, ..mistake }))?;
        if let Some(wrong) =
            self.last.as_ref().and_then(|last| json::out_of_order(self.part, last, &record.id))
        {
            return Err(self.mistake(wrong));
        }
        let Some(left) = self.left.checked_sub(1) else {
            let expected = self.expected;
            return Err(self.mistake(format!("there are more records than the {expected} of the manifest")));
        };
        self.left = left;
        self.last = Some(record.id.clone());
        Ok(Some(record))
    }
}

impl Iterator for Lines {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}
