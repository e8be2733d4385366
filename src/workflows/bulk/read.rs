//! The text of a sheet to its rows: separator, header, cells, each with its line.

use std::fmt;
use std::io::{self, Read};

use super::columns::{Column, headings};
use super::decode::{Encoding, LARGEST, Unreadable, decode};
use super::row::{Cells, Problem, Row};
use crate::identity::Text;
use crate::workflows::sheet::unguarded;

/// Most rows of one sheet.
pub const MOST_ROWS: usize = 20_000;

/// Longest cell, in characters. No field of the platform is longer.
pub const LONGEST_CELL: usize = 1000;

/// A sheet that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The columns that it has, in its own order.
    pub columns: Vec<Column>,
    /// Every row that is not blank.
    pub rows: Vec<Row>,
}

/// Why a sheet cannot be read at all. Rows are told one by one instead, in [`Row::problems`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead {
    /// It is no text.
    Unreadable(Unreadable),
    /// There is no header, or it is not one.
    Header(Vec<String>),
    /// A quotation mark that is never closed, or something else that is no CSV.
    Malformed {
        /// Where, as far as known.
        line: u64,
        /// What.
        what: String,
    },
    /// More than [`MOST_ROWS`].
    TooMany,
    /// A header and nothing else.
    Empty,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => why.fmt(f),
            Self::Header(problems) => write!(f, "{}", problems.join(" ")),
            Self::Malformed { line, what } => write!(f, "Line {line}: {what}"),
            Self::TooMany => write!(f, "It has more than {MOST_ROWS} rows. Split it."),
            Self::Empty => write!(f, "It has no rows below its header."),
        }
    }
}

impl std::error::Error for NotRead {}

/// Reads what a file or a pipe holds, no more of it than is taken.
pub fn read_from(from: impl Read, encoding: Encoding) -> io::Result<Result<Rows, NotRead>> {
    let mut bytes = Vec::new();
    // One more than is taken, so that it is known to be too much.
    from.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(read(&bytes, encoding))
}

/// Reads the bytes of a file.
pub fn read(bytes: &[u8], encoding: Encoding) -> Result<Rows, NotRead> {
    let text = decode(bytes, encoding).map_err(NotRead::Unreadable)?;
    let (separator, said, body) = separator(&text);
    unclosed(body, separator, said)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(body.as_bytes());
    let mut records = reader.records();
    let Some(first) = records.next() else { return Err(NotRead::Empty) };
    let first = first.map_err(|error| malformed(&error, said))?;
    let rest: Vec<csv::StringRecord> =
        records.take(MOST_ROWS + 1).collect::<Result<_, _>>().map_err(|error| malformed(&error, said))?;
    if rest.len() > MOST_ROWS {
        return Err(NotRead::TooMany);
    }
    let columns = header(&first, &rest)?;
    let mut lines = Lines { text: body.as_bytes(), seen: 0, line: 1 + said };
    let rows: Vec<Row> = rest
        .iter()
        .filter(|record| record.iter().any(|cell| !cell.trim().is_empty()))
        .map(|record| row(record, lines.of(record), &columns))
        .collect();
    if rows.is_empty() {
        return Err(NotRead::Empty);
    }
    Ok(Rows { columns: columns.into_iter().flatten().collect(), rows })
}

/// The separator: as the first line says it, else whichever the header has most of. Then how many lines were read for
/// it, and the rest.
fn separator(text: &str) -> (u8, u64, &str) {
    let first = text.split(['\r', '\n']).next().unwrap_or_default();
    // Spreadsheets write and read this line.
    if let Some(said) = first.strip_prefix("sep=")
        && let [mark @ (b',' | b';' | b'\t')] = said.as_bytes()
    {
        let rest = &text[first.len()..];
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n']));
        return (*mark, 1, rest.unwrap_or_default());
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in first.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            other => counts.iter_mut().filter(|(mark, _)| *mark == other).for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.into_iter().max_by_key(|(mark, count)| (*count, *mark == b','));
    (most.filter(|(_, count)| *count > 0).map_or(b',', |(mark, _)| mark), 0, text)
}

/// A quotation mark that is never closed would swallow every row below it.
fn unclosed(text: &str, separator: u8, said: u64) -> Result<(), NotRead> {
    let (mut line, mut begun, mut quoted, mut at_start) = (1 + said, 0, false, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted => {
                if bytes.peek() == Some(&b'"') {
                    bytes.next();
                } else {
                    quoted = false;
                }
            }
            b'"' if at_start => (quoted, begun) = (true, line),
            b'\n' => line += 1,
            // On its own it ends a line as well; some spreadsheets write no other.
            b'\r' if bytes.peek() != Some(&b'\n') => line += 1,
            _ => {}
        }
        at_start = !quoted && (byte == separator || byte == b'\n' || byte == b'\r');
    }
    if quoted {
        let what = "a quotation mark is opened here and never closed.".to_owned();
        return Err(NotRead::Malformed { line: begun, what });
    }
    Ok(())
}

fn malformed(error: &csv::Error, said: u64) -> NotRead {
    let line = error.position().map_or(1, csv::Position::line) + said;
    NotRead::Malformed { line, what: "it is not CSV.".to_owned() }
}

/// The column of each place; `None` for one without heading and without cells.
fn header(first: &csv::StringRecord, rest: &[csv::StringRecord]) -> Result<Vec<Option<Column>>, NotRead> {
    let mut problems = Vec::new();
    let mut columns: Vec<Option<Column>> = Vec::new();
    for (at, heading) in first.iter().enumerate() {
        let heading = unguarded(heading);
        let heading = heading.trim();
        let place = place(at);
        if heading.is_empty() {
            if rest.iter().any(|record| record.get(at).is_some_and(|cell| !cell.trim().is_empty())) {
                problems.push(format!("Column {place} has cells and no heading."));
            }
            columns.push(None);
            continue;
        }
        match Column::named(heading) {
            None => {
                problems
                    .push(format!("Column {place} is called {}, which is no column.", Text::from(heading)));
                columns.push(None);
            }
            Some(column) if columns.contains(&Some(column)) => {
                problems.push(format!("Column {place} is {} once more.", column.heading()));
                columns.push(None);
            }
            Some(column) => columns.push(Some(column)),
        }
    }
    let has = |wanted: &[Column]| wanted.iter().any(|column| columns.contains(&Some(*column)));
    let names = [Column::Membership, Column::User, Column::Email, Column::ExternalId];
    if problems.is_empty() && !has(&names) && !has(&[Column::Action]) {
        problems.push(
            "No column says whom the rows are about: membership, user, email or external id; or action, for invitations."
                .to_owned(),
        );
    }
    if problems.is_empty() {
        return Ok(columns);
    }
    problems.push(format!("Columns are: {}.", headings()));
    Err(NotRead::Header(problems))
}

/// `A`, `B` … `AA`, as spreadsheets call a column.
fn place(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        // Less than 26, so it is a letter.
        letters.push(char::from(b'A' + u8::try_from(at % 26).unwrap_or(0)));
        match (at / 26).checked_sub(1) {
            Some(next) => at = next,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

/// Counts lines up to where records begin. The reader's own count is one short where lines end in a return and a feed.
struct Lines<'a> {
    text: &'a [u8],
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line that a record begins at; records come in their order.
    fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let at = record.position().map_or(0, csv::Position::byte);
        let mut at = usize::try_from(at).unwrap_or(usize::MAX).min(self.text.len());
        // The end of the line before, and blank ones, are none of it.
        while self.text.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        if let Some(passed) = self.text.get(self.seen..at) {
            let ends = passed.iter().enumerate().filter(|(at, byte)| match byte {
                b'\n' => true,
                b'\r' => passed.get(at + 1) != Some(&b'\n'),
                _ => false,
            });
            self.line += ends.count() as u64;
            self.seen = at;
        }
        self.line
    }
}

fn row(record: &csv::StringRecord, line: u64, columns: &[Option<Column>]) -> Row {
    let mut problems = Vec::new();
    if record.len() > columns.len() && record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
        let what = format!("It has {} and the header {}.", cells_of(record.len()), columns.len());
        problems.push(Problem::of_row(line, what));
    } else if record.len() < columns.len() {
        let what = format!("It has only {} and the header {}.", cells_of(record.len()), columns.len());
        problems.push(Problem::of_row(line, what));
    }
    let mut cells = Vec::new();
    for (column, cell) in columns.iter().zip(record.iter()) {
        let Some(column) = *column else { continue };
        let cell = unguarded(cell);
        if cell.chars().count() > LONGEST_CELL {
            problems.push(Problem::in_cell(
                line,
                column,
                format!("It is longer than {LONGEST_CELL} characters."),
            ));
        } else {
            cells.push((column, cell));
        }
    }
    Cells { line, texts: cells, problems }.read()
}

fn cells_of(n: usize) -> String {
    format!("{n} {}", if n == 1 { "cell" } else { "cells" })
}
