//! The virtual table: it asks only for the rows that are shown, whatever the number of all rows.
//!
//! In front of every row: the bar of the selected row, the mark (or the spinner of a row in flight), the
//! finding. Columns go when there is no room, the least important first; the one with priority 0 never goes.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::fields::pad;
use super::shorten::{Cut, shorten};
use crate::console::model::{Hit, View};
use crate::console::theme::Role;

/// Columns in front of the first cell: bar, mark, finding, blank.
const SIGNS: usize = 4;
/// Blanks between two columns.
const GAP: usize = 2;
/// Columns from this priority on are shown only where the more important ones have all the room they want.
const NICE: u8 = 5;
/// Rows taken to be visible before anything is drawn.
const SCREENFUL: usize = 16;
/// Rows kept in view above and below the selected one.
const CONTEXT: usize = 3;

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Header, lower case.
    pub title: &'static str,
    /// 0 never goes; the highest number goes first.
    pub priority: u8,
    /// Never narrower.
    pub min: u16,
    /// Never wider.
    pub max: u16,
    /// Numbers and times stand right.
    pub right: bool,
    /// Where its text may be cut.
    pub cut: Cut,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Safe to show.
    pub words: String,
    /// In which role.
    pub role: Role,
}

/// What stands in front of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs {
    /// Marked.
    pub marked: bool,
    /// Being written; the spinner's present frame.
    pub pending: Option<&'static str>,
    /// A finding: its glyph and role.
    pub finding: Option<(&'static str, Role)>,
    /// The whole row is dim (inactive).
    pub dim: bool,
}

/// One row as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// In front.
    pub signs: Signs,
    /// One per column.
    pub cells: Vec<Content>,
}

impl Row {
    /// Appends a cell.
    #[must_use]
    pub fn cell(mut self, words: impl Into<String>, role: Role) -> Self {
        self.cells.push(Content { words: words.into(), role });
        self
    }
}

/// Where one is in a table. What only drawing knows is noted there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    selected: usize,
    offset: Cell<usize>,
    height: Cell<usize>,
}

impl State {
    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Selects a line; drawing brings it into view.
    pub fn select(&mut self, line: usize) {
        self.selected = line;
    }

    /// Moves by lines within `rows`; negative is up.
    pub fn by(&mut self, lines: isize, rows: usize) {
        self.selected = self.selected.saturating_add_signed(lines).min(rows.saturating_sub(1));
    }

    /// Moves by pages.
    pub fn pages(&mut self, pages: isize, rows: usize) {
        let page = isize::try_from(self.height.get().saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        self.by(pages.saturating_mul(page), rows);
    }

    /// The wheel moves the view; the selection stays inside it.
    pub fn wheel(&mut self, lines: isize, rows: usize) {
        let height = self.height.get().max(1);
        let last = rows.saturating_sub(height);
        let offset = self.offset.get().saturating_add_signed(lines).min(last);
        self.offset.set(offset);
        let (low, high) = kept(offset, height, rows);
        self.selected = self.selected.clamp(low, high.max(low)).min(rows.saturating_sub(1));
    }

    /// Keeps the selected line at the same height on the screen when the rows above it become more or fewer.
    pub fn moved(&mut self, line: usize) {
        let above = self.selected.saturating_sub(self.offset.get());
        self.selected = line;
        self.offset.set(line.saturating_sub(above));
    }

    /// The lines on the screen; before the first drawing, a screenful is taken to fit.
    pub fn shown(&self, rows: usize) -> std::ops::Range<usize> {
        let height = if self.height.get() == 0 { SCREENFUL } else { self.height.get() };
        let start = self.offset_for(rows, height);
        start..(start + height).min(rows)
    }

    fn offset_for(&self, rows: usize, height: usize) -> usize {
        let context = CONTEXT.min(height.saturating_sub(1) / 2);
        let selected = self.selected.min(rows.saturating_sub(1));
        let lowest = (selected + context + 1).saturating_sub(height);
        let highest = selected.saturating_sub(context);
        self.offset.get().clamp(lowest.min(highest), highest).min(rows.saturating_sub(height))
    }

    fn scroll(&self, rows: usize, height: usize) -> usize {
        self.height.set(height);
        let offset = self.offset_for(rows, height);
        self.offset.set(offset);
        offset
    }
}

/// The lines on which a selection keeps its rows of context.
fn kept(offset: usize, height: usize, rows: usize) -> (usize, usize) {
    let context = CONTEXT.min(height.saturating_sub(1) / 2);
    let low = if offset == 0 { 0 } else { offset + context };
    let end = (offset + height).min(rows);
    let high = if end == rows { rows.saturating_sub(1) } else { end.saturating_sub(context + 1) };
    (low, high)
}

/// A table to be drawn.
pub struct Table<'a> {
    /// Its columns.
    pub columns: &'a [Column],
    /// Width of the content of each column, as far as it is loaded.
    pub content: &'a [u16],
    /// The column it is sorted by, and whether ascending.
    pub sorted: Option<(usize, bool)>,
    /// Number of rows.
    pub rows: usize,
    /// Gives a row.
    pub row: &'a dyn Fn(usize) -> Row,
}

impl Table<'_> {
    /// Draws header and rows; rows answer to clicks with [`Hit::Row`], headers with [`Hit::Part`].
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, state: &State, view: &View<'_>) {
        if area.height < 2 || area.width < 10 {
            return;
        }
        let widths = fit(self.columns, self.content, usize::from(area.width).saturating_sub(SIGNS));
        self.header(frame, Rect { height: 1, ..area }, &widths, view);
        let height = usize::from(area.height - 1);
        let offset = state.scroll(self.rows, height);
        for y in 0..height.min(self.rows.saturating_sub(offset)) {
            let line = offset + y;
            let place = Rect { y: area.y + 1 + y as u16, height: 1, ..area };
            let selected = line == state.selected;
            self.line(frame, place, &(self.row)(line), &widths, selected, view);
            view.hit(place, Hit::Row(line));
        }
    }

    fn header(&self, frame: &mut Frame<'_>, place: Rect, widths: &[usize], view: &View<'_>) {
        let style = view.style(Role::Muted);
        let mut spans = vec![Span::raw(" ".repeat(SIGNS))];
        for (i, column) in self.columns.iter().enumerate().filter(|(i, _)| widths[*i] > 0) {
            let arrow = match self.sorted {
                Some((by, ascending)) if by == i => {
                    if ascending {
                        view.glyphs.ascending
                    } else {
                        view.glyphs.descending
                    }
                }
                _ => "",
            };
            let room = widths[i].saturating_sub(arrow.width());
            let title = shorten(column.title, room, Cut::End, "");
            let title = format!("{title}{arrow}");
            let before: usize = spans.iter().map(Span::width).sum();
            let at = Rect { x: place.x + before as u16, width: widths[i] as u16, ..place };
            view.hit(at.intersection(place), Hit::Part(i));
            spans.push(Span::styled(aligned(&title, widths[i], column.right), style));
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        frame.render_widget(Line::from(spans), place);
    }

    fn line(
        &self,
        frame: &mut Frame<'_>,
        place: Rect,
        row: &Row,
        widths: &[usize],
        selected: bool,
        view: &View<'_>,
    ) {
        let bar = if selected { view.glyphs.bar } else { " " };
        let bar_role = if view.focused { Role::Accent } else { Role::Muted };
        let (mark, mark_role) = match row.signs.pending {
            Some(spinner) => (spinner, Role::Pending),
            None if row.signs.marked => (view.glyphs.mark, Role::Accent),
            None => (" ", Role::Text),
        };
        let (finding, finding_role) = row.signs.finding.unwrap_or((" ", Role::Text));
        let mut spans = vec![
            Span::styled(bar, view.style(bar_role)),
            Span::styled(mark, view.style(mark_role)),
            Span::styled(finding, view.style(finding_role)),
            Span::raw(" "),
        ];
        for (i, (column, cell)) in self.columns.iter().zip(&row.cells).enumerate() {
            if widths[i] == 0 {
                continue;
            }
            let words = shorten(&cell.words, widths[i], column.cut, view.glyphs.ellipsis);
            let role = if row.signs.dim && cell.role == Role::Text { Role::Muted } else { cell.role };
            let mut style = view.style(role);
            if selected && column.priority == 0 {
                style = style.patch(view.style(Role::Title));
            }
            spans.push(Span::styled(aligned(&words, widths[i], column.right), style));
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        frame.render_widget(Line::from(spans), place);
        if selected {
            let selection = view.style(Role::Selection);
            // The bar keeps its own colour on the same ground.
            let ground = Style { fg: None, ..selection };
            frame.buffer_mut().set_style(Rect { width: 1, ..place }, ground);
            frame.buffer_mut().set_style(Rect { x: place.x + 1, width: place.width - 1, ..place }, selection);
        }
    }
}

fn aligned(words: &str, width: usize, right: bool) -> String {
    if right {
        format!("{}{words}", " ".repeat(width.saturating_sub(words.width())))
    } else {
        pad(words, width)
    }
}

/// The widths in which the columns fit into `room`; 0 for those that go.
fn fit(columns: &[Column], content: &[u16], room: usize) -> Vec<usize> {
    let wanted: Vec<usize> = columns
        .iter()
        .zip(content.iter().chain(std::iter::repeat(&0)))
        .map(|(column, content)| {
            let header = column.title.width() as u16 + 1;
            usize::from((*content).max(header).clamp(column.min, column.max))
        })
        .collect();
    let least = |i: usize| usize::from(columns[i].min).min(wanted[i]);
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let drop_last = |kept: &mut Vec<bool>, from: u8| {
        let last = (0..columns.len()).filter(|&i| kept[i] && columns[i].priority >= from);
        last.max_by_key(|&i| (columns[i].priority, i)).is_some_and(|i| {
            kept[i] = false;
            true
        })
    };
    // A column that is only nice to have must not make an important one shorter.
    let comfortable = |kept: &[bool]| {
        let width = |i: usize| if columns[i].priority < NICE { wanted[i] } else { least(i) };
        (0..columns.len()).filter(|&i| kept[i]).map(|i| width(i) + GAP).sum::<usize>().saturating_sub(GAP)
    };
    while comfortable(&kept) > room && drop_last(&mut kept, NICE) {}
    let used = |kept: &[bool]| {
        (0..columns.len()).filter(|&i| kept[i]).map(|i| least(i) + GAP).sum::<usize>().saturating_sub(GAP)
    };
    while used(&kept) > room && drop_last(&mut kept, 1) {}
    let mut widths: Vec<usize> = (0..columns.len()).map(|i| if kept[i] { wanted[i] } else { 0 }).collect();
    let gaps = kept.iter().filter(|kept| **kept).count().saturating_sub(1) * GAP;
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    // What is only nice to have gives first, then the widest, one column at a time: what is short stays whole.
    while over > 0 {
        let widest = (0..columns.len())
            .filter(|&i| kept[i] && widths[i] > least(i))
            .max_by_key(|&i| (columns[i].priority >= NICE, widths[i]));
        let Some(widest) = widest else { break };
        widths[widest] -= 1;
        over -= 1;
    }
    if over > 0
        && let Some(name) = (0..columns.len()).find(|&i| columns[i].priority == 0)
    {
        widths[name] = widths[name].saturating_sub(over);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: &[Column] = &[
        Column { title: "name", priority: 0, min: 10, max: 30, right: false, cut: Cut::End },
        Column { title: "email", priority: 1, min: 16, max: 40, right: false, cut: Cut::Email },
        Column { title: "role", priority: 3, min: 6, max: 8, right: false, cut: Cut::End },
        Column { title: "changed", priority: 6, min: 8, max: 12, right: true, cut: Cut::End },
    ];

    #[test]
    fn the_least_important_column_goes_first_and_the_name_stays() {
        let content = [14, 28, 6, 10];
        assert_eq!(fit(COLUMNS, &content, 100), [14, 28, 6, 10]);
        assert_eq!(fit(COLUMNS, &content, 62), [14, 28, 6, 8]);
        assert_eq!(fit(COLUMNS, &content, 52), [14, 28, 6, 0]);
        assert_eq!(fit(COLUMNS, &content, 42), [14, 18, 6, 0]);
        assert_eq!(fit(COLUMNS, &content, 20), [14, 0, 0, 0]);
        assert_eq!(fit(COLUMNS, &content, 6), [6, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn columns_never_need_more_room_than_there_is(
            content in prop::collection::vec(0u16..60, 4), room in 0usize..120,
        ) {
            let widths = fit(COLUMNS, &content, room);
            let shown = widths.iter().filter(|width| **width > 0).count();
            prop_assert!(widths.iter().sum::<usize>() + shown.saturating_sub(1) * GAP <= room.max(1));
        }

        #[test]
        fn the_selected_row_is_always_in_view_with_its_context(
            moves in prop::collection::vec((-40isize..40, any::<bool>()), 1..40), rows in 1usize..200, height in 1usize..30,
        ) {
            let mut state = State::default();
            for (step, wheel) in moves {
                if wheel { state.wheel(step, rows) } else { state.by(step, rows) }
                let offset = state.scroll(rows, height);
                prop_assert!(state.selected < rows);
                let context = CONTEXT.min((height - 1) / 2);
                let above = state.selected - offset.min(state.selected);
                prop_assert!(offset <= state.selected && state.selected < offset + height);
                prop_assert!(above >= context || offset == 0);
                prop_assert!(offset + height >= (state.selected + context + 1).min(rows));
                prop_assert!(offset <= rows.saturating_sub(height));
            }
        }
    }
}
