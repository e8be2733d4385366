//! A buffer as an SVG picture: for looking at screens, and for the one in README.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

const CELL: (u16, u16) = (9, 18);

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

/// The screen as a picture, on the background that a dark terminal has.
pub fn picture(buffer: &Buffer) -> String {
    let (ink, paper) = ("#d5dbe3", "#11161d");
    let (w, h) = (buffer.area.width * CELL.0 + 16, buffer.area.height * CELL.1 + 16);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"DejaVu Sans Mono, monospace\" font-size=\"15\">\n\
         <rect width=\"{w}\" height=\"{h}\" rx=\"8\" fill=\"{paper}\"/>\n"
    );
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let reversed = cell.modifier.contains(Modifier::REVERSED);
            let (mut fg, mut bg) = (hex(cell.fg, ink), hex(cell.bg, paper));
            if reversed {
                std::mem::swap(&mut fg, &mut bg);
            }
            let (px, py) = (x * CELL.0 + 8, y * CELL.1 + 8);
            if bg != paper {
                let _ = writeln!(
                    out,
                    "<rect x=\"{px}\" y=\"{py}\" width=\"{}\" height=\"{}\" fill=\"{bg}\" shape-rendering=\"crispEdges\"/>",
                    CELL.0, CELL.1
                );
            }
            // Blocks are drawn, since fonts leave gaps between them.
            let block = match cell.symbol() {
                "█" => Some((0, CELL.1)),
                "▀" => Some((0, CELL.1 / 2)),
                "▄" => Some((CELL.1 / 2, CELL.1 / 2)),
                _ => None,
            };
            if let Some((top, height)) = block {
                let _ = writeln!(
                    out,
                    "<rect x=\"{px}\" y=\"{}\" width=\"{}\" height=\"{height}\" fill=\"{fg}\" shape-rendering=\"crispEdges\"/>",
                    py + top,
                    CELL.0
                );
                continue;
            }
            if cell.symbol().trim().is_empty() || cell.symbol().width() == 0 {
                continue;
            }
            let symbol = cell.symbol().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let mut style = String::new();
            if cell.modifier.contains(Modifier::BOLD) {
                style.push_str(" font-weight=\"bold\"");
            }
            if cell.modifier.contains(Modifier::DIM) {
                style.push_str(" fill-opacity=\"0.62\"");
            }
            if cell.modifier.contains(Modifier::UNDERLINED) {
                style.push_str(" text-decoration=\"underline\"");
            }
            let _ = writeln!(out, "<text x=\"{px}\" y=\"{}\" fill=\"{fg}\"{style}>{symbol}</text>", py + 14);
        }
    }
    out.push_str("</svg>\n");
    out
}
