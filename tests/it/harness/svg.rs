//! A buffer as an SVG picture: for looking at screens, and for the ones in README.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// Width and height of a cell, in pixels.
const CELL: (u16, u16) = (9, 18);
const MARGIN: u16 = 8;
const INK: &str = "#d5dbe3";
const PAPER: &str = "#11161d";

fn hex(colour: Color, default: &str) -> String {
    let named = match colour {
        Color::Black => "#1d2430",
        Color::Red => "#e06c75",
        Color::Green => "#7fcf9a",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#7fb0ea",
        Color::Magenta => "#c6a6f2",
        Color::Cyan => "#6cc7d9",
        Color::Gray => "#d5dbe3",
        Color::DarkGray => "#3c4a5c",
        Color::White => "#ffffff",
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        _ => default,
    };
    named.to_owned()
}

/// Neighbouring cells of one look.
struct Run {
    x: u16,
    y: u16,
    cells: u16,
    text: String,
    ink: String,
    paper: String,
    modifier: Modifier,
    /// Each such symbol is drawn by itself: fonts disagree about how wide it is.
    alone: bool,
}

impl Run {
    fn of(cell: &Cell, x: u16, y: u16) -> Self {
        let (mut ink, mut paper) = (hex(cell.fg, INK), hex(cell.bg, PAPER));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut ink, &mut paper);
        }
        let symbol = cell.symbol();
        Self {
            x,
            y,
            cells: 1,
            text: symbol.to_owned(),
            ink,
            paper,
            modifier: cell.modifier,
            alone: symbol.width() != 1 || !symbol.is_ascii(),
        }
    }

    fn joins(&self, next: &Self) -> bool {
        let same = self.paper == next.paper && self.ink == next.ink && self.modifier == next.modifier;
        let line = |run: &Self| run.text.chars().all(|c| c == '─');
        same && ((!self.alone && !next.alone) || (line(self) && line(next)))
    }

    fn draw(&self, out: &mut String) {
        let (x, y) = (self.x * CELL.0 + MARGIN, self.y * CELL.1 + MARGIN);
        let width = self.cells * CELL.0;
        if self.paper != PAPER {
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\" \
                 shape-rendering=\"crispEdges\"/>",
                CELL.1, self.paper
            );
        }
        // Blocks and lines are drawn, since fonts leave gaps between them.
        let block = match self.text.chars().next() {
            Some('█') => Some((0, CELL.1)),
            Some('▀') => Some((0, CELL.1 / 2)),
            Some('▄') => Some((CELL.1 / 2, CELL.1 / 2)),
            Some('─') => Some((CELL.1 / 2, 1)),
            _ => None,
        };
        if let Some((top, height)) = block {
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{height}\" fill=\"{}\" \
                 shape-rendering=\"crispEdges\"/>",
                y + top,
                self.ink
            );
            return;
        }
        if self.text.trim().is_empty() || self.text.width() == 0 {
            return;
        }
        let text = self.text.trim_end().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut style = String::new();
        if self.modifier.contains(Modifier::BOLD) {
            style.push_str(" font-weight=\"bold\"");
        }
        if self.modifier.contains(Modifier::DIM) {
            style.push_str(" fill-opacity=\"0.62\"");
        }
        if self.modifier.contains(Modifier::UNDERLINED) {
            style.push_str(" text-decoration=\"underline\"");
        }
        if !self.alone {
            let length = u16::try_from(self.text.trim_end().len()).unwrap_or(self.cells) * CELL.0;
            let _ = write!(style, " textLength=\"{length}\" xml:space=\"preserve\"");
        }
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\" fill=\"{}\"{style}>{text}</text>", y + 14, self.ink);
    }
}

/// The screen as a picture, on the background that a dark terminal has.
pub fn picture(buffer: &Buffer) -> String {
    let (w, h) = (buffer.area.width * CELL.0 + 2 * MARGIN, buffer.area.height * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\">\n\
         <rect width=\"{w}\" height=\"{h}\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut open: Option<Run> = None;
        for x in 0..buffer.area.width {
            let next = Run::of(&buffer[(x, y)], x, y);
            match &mut open {
                Some(run) if run.joins(&next) => {
                    run.cells += 1;
                    run.text.push_str(&next.text);
                }
                _ => {
                    if let Some(done) = open.replace(next) {
                        done.draw(&mut out);
                    }
                }
            }
        }
        if let Some(done) = open {
            done.draw(&mut out);
        }
    }
    out.push_str("</svg>\n");
    out
}
