//! Rows on their way out of the program: as CSV for spreadsheets, as JSON for programs, into a file of one's own.
//!
//! JSON carries the original text with everything hidden written as `\u` escapes (standards S1). CSV carries the
//! original text too, except that a cell which a spreadsheet would run as a formula gets a leading `'`; [`unguarded`]
//! takes it off again.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::identity::text::is_hidden;

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

/// Rows to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// A table of original texts.
    Csv {
        /// The headings.
        columns: Vec<String>,
        /// As many cells in each as there are headings.
        rows: Vec<Vec<String>>,
    },
    /// One value a row.
    Json(Vec<Value>),
}

impl Sheet {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Csv { rows, .. } => rows.len(),
            Self::Json(rows) => rows.len(),
        }
    }

    /// The content of the file.
    pub fn text(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Json(rows) => Ok(format!("{}\n", json(rows)).into_bytes()),
            Self::Csv { columns, rows } => {
                let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
                writer.write_record(columns)?;
                for row in rows {
                    writer.write_record(row.iter().map(|cell| guarded(cell).into_owned()))?;
                }
                writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
            }
        }
    }
}

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum NotSaved {
    /// There is a file of that name.
    #[error("there is a file of that name already")]
    Exists,
    /// Something else.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Writes a new file that only its owner can read. One that is there already is left alone unless it is to be
/// replaced, which happens as a whole or not at all.
pub fn save(path: &Path, sheet: &Sheet, replace: bool) -> Result<(), NotSaved> {
    let content = sheet.text()?;
    if replace {
        // A bare name lies in the present folder.
        let here = Path::new(".").join(path);
        let path =
            if path.parent().is_some_and(|folder| folder.as_os_str().is_empty()) { &here } else { path };
        return Ok(crate::config::replace_file(path, &content)?);
    }
    let mut file = crate::config::create_private(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NotSaved::Exists,
        _ => NotSaved::Io(error),
    })?;
    file.write_all(&content)?;
    Ok(file.sync_all()?)
}

/// One JSON value, indented, with everything hidden as `\u` escapes.
pub fn json(value: &impl Serialize) -> String {
    // Values of our own making always have a text.
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// In JSON text, anything hidden beside the layout's own line feeds can only stand inside a string.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0u16; 2];
    for c in text.chars() {
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A cell that no spreadsheet runs: a leading `'` before `= + - @`, tab or return, also after other `'`s. Where lists are
/// separated by `;`, a spreadsheet begins a new cell at each of them and at each line end, whatever the quotation marks
/// say, so the same holds there.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    parts(
        cell,
        |part| runs(part.trim_start_matches('\'')),
        |out, part| {
            out.push('\'');
            out.push_str(part);
        },
    )
}

/// The original of a [`guarded`] cell.
pub fn unguarded(cell: &str) -> Cow<'_, str> {
    let is_guarded = |part: &str| part.strip_prefix('\'').is_some_and(|of| runs(of.trim_start_matches('\'')));
    parts(cell, is_guarded, |out, part| out.push_str(&part[1..]))
}

/// The parts of a cell that spreadsheets may take for cells of their own, those that are meant turned into others.
fn parts(cell: &str, meant: impl Fn(&str) -> bool, turn: impl Fn(&mut String, &str)) -> Cow<'_, str> {
    let all = || cell.split_inclusive([';', '\n', '\r']);
    if !all().any(&meant) {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len() + 1);
    for part in all() {
        if meant(part) { turn(&mut out, part) } else { out.push_str(part) }
    }
    Cow::Owned(out)
}

fn runs(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet() -> Sheet {
        Sheet::Csv {
            columns: vec!["name".into(), "email".into()],
            rows: vec![vec!["Jane, Smith".into(), "=cmd()".into()], vec!["山田".into(), String::new()]],
        }
    }

    #[test]
    fn a_file_is_new_and_private_and_one_that_is_there_is_replaced_only_when_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("members.csv");
        save(&path, &sheet(), false).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "name,email\n\"Jane, Smith\",'=cmd()\n山田,\n");
        let other = Sheet::Json(vec![serde_json::json!({ "name": "a\u{202e}b" })]);
        assert!(matches!(save(&path, &other, false), Err(NotSaved::Exists)));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("name,email"), "left alone");
        save(&path, &other, true).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("a\\u202eb"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(matches!(save(&folder.path().join("no/such/folder"), &other, false), Err(NotSaved::Io(_))));
    }

    // S1: a link that somebody put there is not followed.
    #[cfg(unix)]
    #[test]
    fn a_link_counts_as_a_file_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(save(&link, &sheet(), false), Err(NotSaved::Exists)));
        assert!(!target.exists());
    }

    proptest! {
        #[test]
        fn a_guarded_cell_comes_back(cell in "['=+@a;\t\r\n-]{0,7}") {
            let guarded = guarded(&cell);
            prop_assert_eq!(&*unguarded(&guarded), cell.as_str());
            prop_assert!(!guarded.split([';', '\n', '\r']).any(|part| part.starts_with(['=', '+', '-', '@', '\t'])));
        }
    }
}
