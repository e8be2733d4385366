//! QR codes in half blocks.

use qrcode::{Color, EcLevel, QrCode};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr as _;

use crate::console::model::View;

/// Margins that phones read, the better one first.
const MARGINS: [i32; 2] = [2, 1];

/// The code as it fits into the room; `None` when it does not.
pub fn fitting(text: &str, room: Rect, ascii: bool) -> Option<Vec<String>> {
    MARGINS.into_iter().find_map(|margin| {
        let rows = lines(text, margin, ascii)?;
        let (width, height) = size(&rows);
        (width <= room.width && height <= room.height).then_some(rows)
    })
}

/// Columns and lines of the smallest picture of a text; `None` when it is too long for any.
pub fn smallest(text: &str, ascii: bool) -> Option<(u16, u16)> {
    lines(text, MARGINS[1], ascii).map(|rows| size(&rows))
}

/// Columns and lines of a picture.
pub fn size(rows: &[String]) -> (u16, u16) {
    let width = rows.first().map_or(0, |row| row.width());
    (u16::try_from(width).unwrap_or(u16::MAX), u16::try_from(rows.len()).unwrap_or(u16::MAX))
}

/// Draws a picture, dark on light whatever the theme is: an inverted code is not read by every phone.
pub fn draw(frame: &mut Frame<'_>, place: Rect, rows: Vec<String>, view: &View<'_>) {
    let lines: Vec<Line<'_>> = rows.into_iter().map(Line::raw).collect();
    frame.render_widget(Paragraph::new(lines).style(view.theme.paper()), place);
}

/// The code in lines, two modules of height in each row, with a blank margin: two modules, half of what the
/// standard asks for, are enough for every phone, one for most. `None` when the text is too long. In ASCII each
/// module is two columns wide.
pub fn lines(text: &str, margin: i32, ascii: bool) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = i32::try_from(code.width()).ok()?;
    let dark = |x: i32, y: i32| {
        let inside = (0..width).contains(&x) && (0..width).contains(&y);
        inside
            && usize::try_from(x).ok().zip(usize::try_from(y).ok()).is_some_and(|at| code[at] == Color::Dark)
    };
    let mut rows = Vec::new();
    let step = if ascii { 1 } else { 2 };
    let mut y = -margin;
    while y < width + margin {
        let row = (-margin..width + margin)
            .map(|x| {
                if ascii {
                    return if dark(x, y) { "##" } else { "  " };
                }
                match (dark(x, y), dark(x, y + 1)) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => " ",
                }
            })
            .collect();
        rows.push(row);
        y += step;
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_finder_in_the_corner() {
        let rows = lines("https://login.clinic.example/device?user_code=WDJB-MJHT", 2, false).unwrap();
        assert_eq!(rows[0].chars().count(), 33 + 4);
        assert_eq!(rows.len(), (33_usize + 4).div_ceil(2));
        assert!(rows[1].starts_with("  █▀▀▀▀▀█ "), "{}", rows[1]);
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(lines(&"x".repeat(8000), 2, false), None);
    }
}
