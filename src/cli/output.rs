//! Results as a table for people, JSON or CSV for programs.
//!
//! A table is safe for a terminal (standards S1); for JSON and CSV see [`crate::workflows::sheet`].

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::failure::Failure;
use super::io::Io;
use crate::identity::text::shown;
use crate::workflows::sheet::{escaped, guarded};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: one JSON value
    Json,
    /// For spreadsheets
    Csv,
}

/// One column of a result.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The heading in tables and CSV.
    pub name: &'static str,
    /// Numbers and times stand at the right.
    pub right: bool,
    /// How it gets shorter on a terminal that is too narrow.
    pub shorten: Shorten,
}

/// How a cell gets shorter (look.md, Grid).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shorten {
    /// Never.
    Never,
    /// Names: at the end.
    End,
    /// Emails and ids: in the middle.
    Middle,
}

impl Column {
    /// A column of text that is never shortened.
    pub const fn text(name: &'static str) -> Self {
        Self { name, right: false, shorten: Shorten::Never }
    }

    /// A column of names.
    pub const fn name(name: &'static str) -> Self {
        Self { name, right: false, shorten: Shorten::End }
    }

    /// A column of emails or ids.
    pub const fn id(name: &'static str) -> Self {
        Self { name, right: false, shorten: Shorten::Middle }
    }

    /// A column of numbers or times.
    pub const fn number(name: &'static str) -> Self {
        Self { name, right: true, shorten: Shorten::Never }
    }
}

/// Rows under columns; cells hold original text.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// As many cells in each as there are columns.
    pub rows: Vec<Vec<String>>,
    /// Said instead of an empty table.
    pub empty: String,
}

impl Io<'_> {
    /// Writes rows: as a table, as the JSON value, or as CSV.
    pub fn write_rows(
        &mut self,
        format: Format,
        table: &Table,
        json: &impl Serialize,
    ) -> Result<(), Failure> {
        self.progress("")?;
        if format == Format::Json {
            return self.write_value(json);
        }
        let chosen = match &self.manner.fields {
            Some(chosen) => Cow::Owned(chosen.of_table(table)?),
            None => Cow::Borrowed(table),
        };
        match format {
            Format::Table if chosen.rows.is_empty() => self.note(&chosen.empty)?,
            Format::Table => write_table(self.out, &chosen, self.width)?,
            Format::Json | Format::Csv => write_csv(self.out, &chosen, self.out_is_terminal)?,
        }
        Ok(())
    }

    /// Writes a JSON value, with the fields that were asked for.
    pub fn write_value(&mut self, json: &impl Serialize) -> Result<(), Failure> {
        self.progress("")?;
        match &self.manner.fields {
            Some(chosen) => {
                let value = serde_json::to_value(json).map_err(io::Error::other)?;
                let value = chosen.of_json(value)?;
                write_json(self.out, &value)?;
            }
            None => write_json(self.out, json)?,
        }
        Ok(())
    }

    /// Writes one record: as lines of `name  value`, as the JSON value, or as CSV of two columns.
    pub fn write_record(
        &mut self,
        format: Format,
        fields: &[(&'static str, String)],
        json: &impl Serialize,
    ) -> Result<(), Failure> {
        self.progress("")?;
        if format == Format::Json {
            return self.write_value(json);
        }
        let chosen = match &self.manner.fields {
            Some(chosen) => Cow::Owned(chosen.of_record(fields)?),
            None => Cow::Borrowed(fields),
        };
        let fields = &*chosen;
        match format {
            Format::Table => write_fields(self.out, fields)?,
            Format::Json | Format::Csv => {
                let rows =
                    fields.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
                let columns = vec![Column::text("field"), Column::text("value")];
                write_csv(self.out, &Table { columns, rows, empty: String::new() }, self.out_is_terminal)?;
            }
        }
        Ok(())
    }
}

/// Names padded to one width, values beside them; a value of several lines hangs under its first.
pub fn write_fields(out: &mut dyn Write, fields: &[(&'static str, String)]) -> io::Result<()> {
    let width = fields.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    for (name, value) in fields {
        let mut lines = value.split('\n');
        write_line(out, &format!("{name:<width$}  {}", shown(lines.next().unwrap_or_default())))?;
        for line in lines {
            write_line(out, &format!("{:<width$}  {}", "", shown(line)))?;
        }
    }
    Ok(())
}

fn write_line(out: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(out, "{}", line.trim_end())
}

/// Columns as wide as what is in them, two blanks between; narrower ones when `width` is too small for all.
pub fn write_table(out: &mut dyn Write, table: &Table, width: Option<usize>) -> io::Result<()> {
    let cells: Vec<Vec<Cow<'_, str>>> =
        table.rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
    let mut widths: Vec<usize> = table.columns.iter().map(|column| column.name.width()).collect();
    for row in &cells {
        for (at, cell) in row.iter().enumerate() {
            widths[at] = widths[at].max(cell.width());
        }
    }
    if let Some(room) = width {
        narrow(&table.columns, &mut widths, room);
    }
    let heading: Vec<Cow<'_, str>> = table.columns.iter().map(|column| Cow::Borrowed(column.name)).collect();
    for row in std::iter::once(&heading).chain(&cells) {
        let mut line = String::new();
        for ((column, cell), &wide) in table.columns.iter().zip(row).zip(&widths) {
            let cell = shortened(cell, wide, column.shorten);
            let pad = " ".repeat(wide.saturating_sub(cell.width()));
            let (first, second) = if column.right { (&*pad, &*cell) } else { (&*cell, &*pad) };
            line.extend([first, second, "  "]);
        }
        write_line(out, &line)?;
    }
    Ok(())
}

/// Takes columns off the widest that may shrink until all fit, none below 8.
fn narrow(columns: &[Column], widths: &mut [usize], room: usize) {
    let gaps = 2 * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let widest = (0..columns.len())
            .filter(|&at| columns[at].shorten != Shorten::Never && widths[at] > 8)
            .max_by_key(|&at| widths[at]);
        match widest {
            Some(at) => widths[at] -= 1,
            None => return,
        }
    }
}

fn shortened(text: &str, room: usize, how: Shorten) -> Cow<'_, str> {
    if text.width() <= room || how == Shorten::Never {
        return Cow::Borrowed(text);
    }
    let keep = room.saturating_sub(1);
    let tail = if how == Shorten::Middle { keep / 2 } else { 0 };
    let start = fitting(text.graphemes(true), keep - tail);
    let end: String = fitting(text.graphemes(true).rev(), tail).graphemes(true).rev().collect();
    Cow::Owned(format!("{start}…{end}"))
}

fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for grapheme in graphemes {
        used += grapheme.width();
        if used > room {
            break;
        }
        text.push_str(grapheme);
    }
    text
}

/// One JSON value, indented, with everything hidden as `\u` escapes.
pub fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    writeln!(out, "{}", escaped(&text))
}

/// One JSON value on one line.
pub fn write_json_line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{}", escaped(&value.to_string()))
}

fn write_csv(out: &mut dyn Write, table: &Table, visible: bool) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(table.columns.iter().map(|column| column.name))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(|cell| csv_cell(cell, visible)))?;
    }
    writer.flush()
}

/// One row of CSV, for what is told as it happens.
pub fn write_csv_row(out: &mut dyn Write, row: &[&str], visible: bool) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(row.iter().map(|cell| csv_cell(cell, visible)))?;
    writer.flush()
}

fn csv_cell(cell: &str, visible: bool) -> String {
    let guarded = guarded(cell);
    if visible { shown(&guarded).into_owned() } else { guarded.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::io::Streams;
    use proptest::prelude::*;

    fn table() -> Table {
        Table {
            columns: vec![Column::name("name"), Column::id("email"), Column::number("version")],
            rows: vec![
                vec!["Jane Smith".into(), "jane.smith@clinic.example".into(), "7".into()],
                vec!["山田\x1b[31m".into(), "=cmd()".into(), "12".into()],
            ],
            empty: "No member.".into(),
        }
    }

    fn written(format: Format, width: Option<usize>, json: &impl Serialize) -> String {
        let mut streams = Streams::default();
        let mut io = Io { width, ..streams.io() };
        io.write_rows(format, &table(), json).unwrap();
        String::from_utf8(streams.out).unwrap()
    }

    #[test]
    fn a_table_is_aligned_by_what_is_seen_and_drives_no_terminal() {
        let expected = "name          email                      version\n\
                        Jane Smith    jane.smith@clinic.example        7\n\
                        山田\\x1b[31m  =cmd()                          12\n";
        assert_eq!(written(Format::Table, None, &()), expected);
    }

    #[test]
    fn a_narrow_terminal_shortens_emails_in_the_middle() {
        let expected = "name          email            version\n\
                        Jane Smith    jane.sm…example        7\n\
                        山田\\x1b[31m  =cmd()                12\n";
        assert_eq!(written(Format::Table, Some(38), &()), expected);
    }

    // S1
    #[test]
    fn json_escapes_what_cannot_be_seen_and_keeps_the_original() {
        let value = serde_json::json!({ "name": "a\u{202e}b\u{9b}\u{7f}\u{e0041}" });
        let text = written(Format::Json, None, &value);
        assert!(text.contains("a\\u202eb\\u009b\\u007f\\udb40\\udc41"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn csv_runs_no_formula() {
        assert_eq!(
            written(Format::Csv, None, &()),
            "name,email,version\nJane Smith,jane.smith@clinic.example,7\n山田\x1b[31m,'=cmd(),12\n"
        );
    }

    proptest! {
        #[test]
        fn a_shortened_cell_fits(text in ".{0,30}", room in 8usize..20) {
            for how in [Shorten::End, Shorten::Middle] {
                let text = shown(&text);
                prop_assert!(shortened(&text, room, how).width() <= room);
            }
        }
    }
}
