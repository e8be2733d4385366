//! A buffer as text that a person can read and a diff can show.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

fn rows(buffer: &Buffer) -> impl Iterator<Item = Vec<&Cell>> {
    let area = buffer.area;
    (area.top()..area.bottom()).map(move |y| (area.left()..area.right()).map(|x| &buffer[(x, y)]).collect())
}

/// Only the text.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buffer) {
        let line: String = visible(&row).map(Cell::symbol).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A wide character takes two cells; the second holds nothing of its own.
fn visible<'a>(row: &'a [&'a Cell]) -> impl Iterator<Item = &'a Cell> {
    use unicode_width::UnicodeWidthStr as _;
    let mut skip = 0;
    row.iter().copied().filter(move |cell| {
        if skip > 0 {
            skip -= 1;
            return false;
        }
        skip = cell.symbol().width().saturating_sub(1);
        true
    })
}

/// Where the screen first says `words`.
pub fn find(buffer: &Buffer, words: &str) -> Option<Position> {
    for (y, row) in rows(buffer).enumerate() {
        for x in 0..row.len() {
            let from: String = visible(&row[x..]).map(Cell::symbol).collect();
            if from.starts_with(words) {
                return Some(Position::new(u16::try_from(x).ok()?, u16::try_from(y).ok()?));
            }
        }
    }
    None
}

fn colour(colour: Color) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => other.to_string().to_lowercase(),
    }
}

fn describe(cell: &Cell) -> Option<String> {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(colour(cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", colour(cell.bg)));
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// Text and styles.
pub fn styled(buffer: &Buffer) -> String {
    let mut legend: BTreeMap<String, char> = BTreeMap::new();
    let mut letters = ('a'..='z').chain('A'..='Z');
    let mut out = String::new();
    for row in rows(buffer) {
        let line: String = visible(&row).map(Cell::symbol).collect();
        let _ = writeln!(out, "|{}", line.trim_end());
        let mut marks = String::new();
        for cell in &row {
            let style = describe(cell);
            // A blank shows a style only by its background or a line under it.
            let blank = cell.symbol() == " "
                && cell.bg == Color::Reset
                && !cell.modifier.contains(Modifier::UNDERLINED);
            match style.filter(|_| !blank) {
                None => marks.push(' '),
                Some(style) => {
                    let letter = *legend.entry(style).or_insert_with(|| letters.next().unwrap_or('?'));
                    marks.push(letter);
                }
            }
        }
        if !marks.trim().is_empty() {
            let _ = writeln!(out, ":{}", marks.trim_end());
        }
    }
    let mut legend: Vec<(char, String)> = legend.into_iter().map(|(style, letter)| (letter, style)).collect();
    legend.sort_unstable();
    for (letter, style) in legend {
        let _ = writeln!(out, "{letter} = {style}");
    }
    out
}
