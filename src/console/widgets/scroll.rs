//! Lines that may be more than there is room for.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::lines::Lines;

/// Where a text is scrolled to. What only drawing knows (how much there is and how much fits) is noted there,
/// so that the next key can be understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scroll {
    offset: Cell<usize>,
    lines: Cell<usize>,
    height: Cell<usize>,
    deepest: Cell<usize>,
}

impl Scroll {
    /// Moves by lines; negative is up.
    pub fn by(&mut self, lines: isize) {
        self.offset.set(self.offset.get().saturating_add_signed(lines).min(self.last()));
    }

    /// Moves by pages, keeping one line of context.
    pub fn pages(&mut self, pages: isize) {
        let page = isize::try_from(self.height.get().saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        self.by(pages.saturating_mul(page));
    }

    /// To the first line.
    pub fn to_start(&mut self) {
        self.offset.set(0);
    }

    /// To the last page.
    pub fn to_end(&mut self) {
        self.offset.set(self.last());
    }

    /// Forgets what has been read: the text is another one.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    /// Whether the last line has been on the screen since the text is there.
    pub fn read_to_end(&self) -> bool {
        self.lines.get() > 0 && self.deepest.get() >= self.lines.get()
    }

    /// Whether so many lines from the first on have been on the screen.
    pub fn has_shown(&self, lines: usize) -> bool {
        self.lines.get() > 0 && self.deepest.get() >= lines
    }

    /// Lines below what is shown.
    pub fn below(&self) -> usize {
        self.lines.get().saturating_sub(self.offset.get().min(self.last()) + self.height.get())
    }

    /// Where a line stands on the screen, counted from the top of the area; `None` above it.
    pub fn place(&self, line: usize) -> Option<u16> {
        line.checked_sub(self.offset.get().min(self.last())).and_then(|y| u16::try_from(y).ok())
    }

    /// Brings a line into view.
    pub fn reveal(&mut self, line: usize) {
        let height = self.height.get().max(1);
        self.offset.set(self.offset.get().clamp((line + 1).saturating_sub(height), line));
    }

    /// Brings lines into view while they are being drawn, where only drawing knows which they are; the first of them
    /// when not all fit.
    pub fn follow(&self, first: usize, last: usize, height: usize) {
        let height = height.max(1);
        let lowest = (last + 1).saturating_sub(height).min(first);
        self.offset.set(self.offset.get().clamp(lowest, first));
    }

    fn last(&self) -> usize {
        self.lines.get().saturating_sub(self.height.get())
    }

    /// Draws the lines; on the right edge of `area` a thumb shows where one is when there is more.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, lines: &[Line<'_>], view: &View<'_>) {
        self.draw_of(frame, area, lines.len(), |at| lines[at].clone(), view);
    }

    /// The same of lines that are made when they are looked at.
    pub fn draw_lines(&self, frame: &mut Frame<'_>, area: Rect, lines: &Lines<'_>, view: &View<'_>) {
        self.draw_of(frame, area, lines.len(), |at| lines.at(at), view);
    }

    fn draw_of<'a>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        lines: usize,
        line: impl Fn(usize) -> Line<'a>,
        view: &View<'_>,
    ) {
        let height = usize::from(area.height);
        // A narrower screen has more lines of the same text: what was read to the end stays read.
        let was_read = self.read_to_end() && self.lines.get() != lines;
        self.lines.set(lines);
        self.height.set(height);
        let offset = self.offset.get().min(self.last());
        let end = (offset + height).min(lines);
        self.deepest.set(if was_read { lines } else { self.deepest.get().max(end) });
        for (y, at) in (offset..end).enumerate() {
            let row = Rect { y: area.y + y as u16, height: 1, ..area };
            frame.render_widget(line(at), row);
        }
        if lines > height && height > 0 {
            self.thumb(frame, area, offset, view);
        }
    }

    /// The thumb lies in the blank column between text and frame.
    fn thumb(&self, frame: &mut Frame<'_>, area: Rect, offset: usize, view: &View<'_>) {
        let (lines, height) = (self.lines.get(), self.height.get());
        let size = (height * height / lines).clamp(1, height);
        let at = if self.last() == 0 { 0 } else { offset * (height - size) / self.last() };
        let sign = if view.glyphs.ascii { "#" } else { "▐" };
        let x = area.right();
        for y in at..at + size {
            let y = area.y + y as u16;
            if let Some(cell) = frame.buffer_mut().cell_mut((x, y))
                && cell.symbol() == " "
            {
                cell.set_symbol(sign).set_style(view.style(Role::Muted));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(lines: usize, height: usize) -> Scroll {
        let scroll = Scroll::default();
        scroll.lines.set(lines);
        scroll.height.set(height);
        scroll.deepest.set(height.min(lines));
        scroll
    }

    #[test]
    fn a_text_that_fits_is_read_at_once() {
        assert!(drawn(5, 9).read_to_end());
        assert!(!drawn(20, 9).read_to_end());
        assert!(!Scroll::default().read_to_end());
    }

    #[test]
    fn scrolling_stops_at_both_ends() {
        let mut scroll = drawn(20, 9);
        scroll.pages(9);
        assert_eq!((scroll.offset.get(), scroll.below()), (11, 0));
        scroll.by(-100);
        assert_eq!((scroll.offset.get(), scroll.below()), (0, 11));
    }
}
