//! Panes: the frames of the body.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Padding};

use super::dialog::{pad, upright};
use crate::console::model::View;
use crate::console::theme::Role;

/// From this width on, detail stands beside the list.
const BESIDE: u16 = 110;
/// Lines of the detail below the list, frame included.
const BELOW: u16 = 9;
/// The list keeps at least so many lines, frame included.
const LIST: u16 = 8;

/// Where list and detail stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// The list.
    pub list: Rect,
    /// The detail, when there is room.
    pub detail: Option<Rect>,
    /// Beside the list rather than below it.
    pub beside: bool,
}

impl Panes {
    /// Side by side from 110 columns (58 to 42), else below each other. With nothing `selected` there is no detail, and
    /// the list has the room: what it says instead of rows is all there is.
    pub fn of(area: Rect, selected: bool) -> Self {
        if !selected {
            return Self { list: area, detail: None, beside: false };
        }
        if area.width >= BESIDE {
            let width = (u32::from(area.width) * 58 / 100) as u16;
            let list = Rect { width, ..area };
            let detail = Rect { x: area.x + width, width: area.width - width, ..area };
            return Self { list, detail: Some(detail), beside: true };
        }
        if area.height >= LIST + BELOW {
            let list = Rect { height: area.height - BELOW, ..area };
            let detail = Rect { y: list.bottom(), height: BELOW, ..area };
            return Self { list, detail: Some(detail), beside: false };
        }
        Self { list: area, detail: None, beside: false }
    }
}

/// Draws a frame with a title on the left and a dim remark on the right; gives the room inside.
pub fn pane(
    frame: &mut Frame<'_>,
    area: Rect,
    title: Line<'_>,
    remark: Line<'_>,
    focused: bool,
    view: &View<'_>,
) -> Rect {
    let role = if focused { Role::BorderFocus } else { Role::Border };
    let mut block = Block::bordered()
        .border_set(view.glyphs.border)
        .border_style(view.style(role))
        .title_style(upright(view))
        .padding(Padding::horizontal(1));
    if title.width() > 0 {
        block = block.title(pad(title));
    }
    if remark.width() > 0 {
        block = block.title(pad(remark).alignment(Alignment::Right));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_stands_beside_when_wide_and_below_when_high() {
        let at = |width, height| Panes::of(Rect::new(0, 2, width, height), true);
        assert_eq!(at(120, 36).detail, Some(Rect::new(69, 2, 51, 36)));
        assert_eq!(at(80, 20).detail, Some(Rect::new(0, 13, 80, 9)));
        assert_eq!(at(60, 12).detail, None);
        let empty = Panes::of(Rect::new(0, 2, 120, 36), false);
        assert_eq!((empty.list, empty.detail), (Rect::new(0, 2, 120, 36), None));
    }
}
