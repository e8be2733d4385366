//! The list that every screen with rows has: one selected row, marks, a filter, an order, columns of one's own,
//! copying and exporting. The rows themselves are a [`Source`]; [`Rows`] is one for what fits in memory as it is.
//!
//! A screen holds a [`List`] beside its source and hands on to it what it does not do itself: actions
//! ([`List::availability`], [`List::act`]), keys of the filter, clicks on headers, notes.

mod layout;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Debug;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

pub use layout::{Layout, Layouts};
pub use rows::{Named, Record, Rows, named};

use super::input::Input;
use super::scroll::Scroll;
use super::table::{self, Column, Row, Table};
use crate::console::action::{Action, Availability};
use crate::console::effect::Question;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::columns::ColumnsDialog;
use crate::console::overlays::export::ExportDialog;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::workflows::sheet::{Kind, Sheet};

/// Most rows that are copied; more belong into a file.
const MOST_COPIED: usize = 1000;

/// The rows of a list.
pub trait Source {
    /// What tells one row from every other, whatever the order.
    type Key: Clone + Ord + Debug;
    /// The name of the list in `config.toml` and of its files.
    const NAME: &'static str;

    /// Its columns.
    fn columns(&self) -> &'static [Column];
    /// Number of rows shown.
    fn shown(&self) -> usize;
    /// The row in a line.
    fn key(&self, line: usize) -> Option<Self::Key>;
    /// The line of a row, when it is shown.
    fn line_of(&self, key: &Self::Key) -> Option<usize>;
    /// Whether there is such a row, shown or not.
    fn holds(&self, key: &Self::Key) -> bool;
    /// Shows what matches.
    fn filter(&mut self, typed: &str);
    /// The column it is sorted by, and whether ascending; `None` while the order means something else.
    fn sorted(&self) -> Option<(usize, bool)>;
    /// Sorts.
    fn sort(&mut self, column: usize, ascending: bool);
    /// A cell in its original text.
    fn cell(&self, key: &Self::Key, column: usize) -> String;
    /// The whole row.
    fn json(&self, key: &Self::Key) -> Value;
}

/// Where one is in a list.
#[derive(Debug, Clone)]
pub struct List<K> {
    table: table::State,
    /// The selected row once somebody has moved; before that, whichever is first.
    selected: Option<K>,
    marks: BTreeSet<K>,
    filter: Input,
    filtering: bool,
    /// The filter was just opened: the next letter begins a new one.
    anew: bool,
    /// Where the detail of the selected row is scrolled to.
    pub detail: Scroll,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            table: table::State::default(),
            selected: None,
            marks: BTreeSet::new(),
            filter: Input::default(),
            filtering: false,
            anew: false,
            detail: Scroll::default(),
        }
    }
}

impl<K: Clone + Ord + Debug> List<K> {
    /// The line of the selected row.
    pub fn line(&self) -> usize {
        self.table.selected()
    }

    /// The selected row, once somebody has moved.
    pub fn selected(&self) -> Option<&K> {
        self.selected.as_ref()
    }

    /// Holds on to the row in the selected line from now on.
    pub fn settle_on(&mut self, key: K) {
        self.selected = Some(key);
    }

    /// The marked rows.
    pub fn marks(&self) -> &BTreeSet<K> {
        &self.marks
    }

    /// Takes a mark away.
    pub fn unmark(&mut self, key: &K) {
        self.marks.remove(key);
    }

    /// Takes every mark away.
    pub fn unmark_all(&mut self) {
        self.marks.clear();
    }

    /// Whether a filter is being typed.
    pub fn is_filtering(&self) -> bool {
        self.filtering
    }

    /// The filter as typed.
    pub fn filter(&self) -> &str {
        self.filter.text()
    }

    /// Filters from elsewhere: another screen shows its rows here. Typing is over.
    pub fn set_filter(&mut self, filter: &str, source: &mut impl Source<Key = K>) {
        self.filtering = false;
        self.filter.set(filter);
        self.apply_filter(source);
    }

    /// The lines on the screen.
    pub fn on_screen(&self, source: &impl Source<Key = K>) -> std::ops::Range<usize> {
        self.table.shown(source.shown())
    }

    /// The rows have changed: the selected one stays selected, at the same height on the screen; marks of rows that
    /// are gone go.
    pub fn follow(&mut self, source: &impl Source<Key = K>) {
        match self.selected.as_ref().and_then(|key| source.line_of(key)) {
            Some(line) if line != self.table.selected() => self.table.moved(line),
            Some(_) => {}
            None => {
                let last = source.shown().saturating_sub(1);
                self.table.select(if self.selected.is_none() { 0 } else { self.table.selected().min(last) });
            }
        }
    }

    /// All rows were read anew: marks of those that are gone go.
    pub fn forget_gone(&mut self, source: &impl Source<Key = K>) {
        self.marks.retain(|key| source.holds(key));
    }

    /// Whether an action of lists can be done; `None` for actions that are not a list's.
    pub fn availability(
        &self,
        action: Action,
        source: Option<&impl Source<Key = K>>,
    ) -> Option<Availability> {
        let some = source.is_some_and(|source| source.shown() > 0);
        Some(Availability::ready_if(match action {
            Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::Sort
            | Action::SortReverse
            | Action::Mark
            | Action::MarkAll
            | Action::MarkInvert
            | Action::CopyRow
            | Action::CopyJson
            | Action::Export => some,
            Action::MarkNone => !self.marks.is_empty(),
            Action::Columns => source.is_some(),
            Action::Filter => !self.filtering && source.is_some(),
            Action::Back => !self.filter.is_empty() || !self.marks.is_empty(),
            Action::Done | Action::Abandon => self.filtering,
            _ => return None,
        }))
    }

    /// Does an action of lists; false when it is none.
    pub fn act<S: Source<Key = K>>(&mut self, action: Action, source: &mut S, ctx: &mut Ctx) -> bool {
        match action {
            Action::Down => self.moved(source, |table, rows| table.by(1, rows)),
            Action::Up => self.moved(source, |table, rows| table.by(-1, rows)),
            Action::PageDown => self.moved(source, |table, rows| table.pages(1, rows)),
            Action::PageUp => self.moved(source, |table, rows| table.pages(-1, rows)),
            Action::First => self.moved(source, |table, _| table.select(0)),
            Action::Last => self.moved(source, |table, rows| table.select(rows.saturating_sub(1))),
            Action::Mark => {
                if let Some(key) = source.key(self.table.selected()) {
                    self.turn(key);
                    self.moved(source, |table, rows| table.by(1, rows));
                }
            }
            Action::MarkAll => self.marks.extend((0..source.shown()).filter_map(|line| source.key(line))),
            Action::MarkInvert => {
                for key in (0..source.shown()).filter_map(|line| source.key(line)) {
                    self.turn(key);
                }
            }
            Action::MarkNone => self.marks.clear(),
            Action::Filter => {
                self.filtering = true;
                self.anew = true;
            }
            Action::Done => self.filtering = false,
            Action::Abandon => {
                self.filtering = false;
                self.clear(source);
            }
            Action::Back => self.clear(source),
            Action::Sort => {
                let shown = layout(source, &ctx.layouts).shown();
                let at = source.sorted().and_then(|(by, _)| shown.iter().position(|column| *column == by));
                let next = at.map_or(0, |at| (at + 1) % shown.len().max(1));
                if let Some(column) = shown.get(next) {
                    self.sort(*column, first_way(source, *column), source);
                }
            }
            Action::SortReverse => {
                if let Some((column, ascending)) = source.sorted() {
                    self.sort(column, !ascending, source);
                }
            }
            Action::Columns => {
                let layout = layout(source, &ctx.layouts);
                let dialog = ColumnsDialog::new(S::NAME, source.columns(), layout, source.sorted());
                ctx.open(Overlay::Columns(Box::new(dialog)));
            }
            Action::CopyRow => self.copy(source, ctx, false),
            Action::CopyJson => self.copy(source, ctx, true),
            Action::Export => {
                let rows = if self.marks.is_empty() { source.shown() } else { self.marks.len() };
                let dialog = ExportDialog::new(S::NAME, rows, !self.marks.is_empty());
                ctx.open(Overlay::Export(Box::new(dialog)));
            }
            _ => return false,
        }
        true
    }

    /// Moves the selection.
    pub fn moved<S: Source<Key = K>>(&mut self, source: &S, step: impl FnOnce(&mut table::State, usize)) {
        step(&mut self.table, source.shown());
        self.selected = source.key(self.table.selected());
        self.detail.restart();
    }

    /// A key that edits the filter.
    pub fn typed(&mut self, key: Key, source: &mut impl Source<Key = K>) {
        if std::mem::take(&mut self.anew) && key.typed().is_some() {
            self.filter.set("");
        }
        if self.filter.typed(key) {
            self.apply_filter(source);
        }
    }

    /// Text pasted into the filter.
    pub fn pasted(&mut self, text: &str, source: &mut impl Source<Key = K>) {
        if std::mem::take(&mut self.anew) {
            self.filter.set("");
        }
        if self.filter.pasted(text) {
            self.apply_filter(source);
        }
    }

    /// A click on a row selects it, on a header sorts by it. True when the row was selected already.
    pub fn clicked(&mut self, hit: Hit, source: &mut impl Source<Key = K>, ctx: &Ctx) -> bool {
        match hit {
            Hit::Row(line) => {
                let again = self.selected.is_some() && line == self.table.selected();
                self.moved(source, |table, _| table.select(line));
                again
            }
            Hit::Part(place) => {
                if let Some(&column) = layout(source, &ctx.layouts).shown().get(place) {
                    let ascending = match source.sorted() {
                        Some((by, ascending)) if by == column => !ascending,
                        _ => first_way(source, column),
                    };
                    self.sort(column, ascending, source);
                }
                false
            }
            Hit::Action(_) | Hit::Tab(_) | Hit::Nothing => false,
        }
    }

    /// The wheel.
    pub fn scrolled(&mut self, rows: i32, source: &impl Source<Key = K>) {
        self.moved(source, |table, all| table.wheel(rows as isize, all));
    }

    /// What the overlays of lists tell: how to sort, where to write to.
    pub fn told<S: Source<Key = K>>(&mut self, note: &Note, source: &mut S, ctx: &mut Ctx) {
        match note {
            Note::Sort { list, column, ascending } if *list == S::NAME => {
                self.sort(*column, *ascending, source);
            }
            Note::Export { list, path, kind, replace } if *list == S::NAME => {
                let sheet = self.sheet(source, &ctx.layouts, *kind);
                let question =
                    Question::Save { path: path.clone(), sheet: Box::new(sheet), replace: *replace };
                ctx.ask(Slot::Proposal, question);
            }
            _ => {}
        }
    }

    /// The filter's line, when there is one; gives what is left of `area`.
    pub fn draw_filter(&self, frame: &mut Frame<'_>, area: Rect, hint: &str, view: &View<'_>) -> Rect {
        if !self.filtering && self.filter.is_empty() || area.height < 3 {
            return area;
        }
        let label = "filter  ";
        let place = Rect { height: 1, ..area };
        let role = if self.filtering { Role::Accent } else { Role::Muted };
        frame.render_widget(Line::styled(label, view.style(role)), place);
        let shift = (label.len() as u16).min(area.width);
        let input = Rect { x: place.x + shift, width: place.width - shift, ..place };
        self.filter.draw(frame, input, view, self.filtering, hint);
        Rect { y: area.y + 1, height: area.height - 1, ..area }
    }

    /// The rows, in the columns that are wanted. `content` says how wide each column is, `row` gives a line with a
    /// cell for every column; its mark is set here.
    pub fn draw_rows<S: Source<Key = K>>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        source: &S,
        content: &[u16],
        row: &dyn Fn(usize) -> Row,
        view: &View<'_>,
    ) {
        let shown = layout(source, view.layouts).shown();
        let columns: Vec<Column> = shown.iter().filter_map(|at| source.columns().get(*at)).copied().collect();
        let widths: Vec<u16> = shown.iter().map(|at| content.get(*at).copied().unwrap_or(0)).collect();
        let wanted = |line: usize| {
            let mut row = row(line);
            row.signs.marked = source.key(line).is_some_and(|key| self.marks.contains(&key));
            let mut cells: Vec<_> = std::mem::take(&mut row.cells).into_iter().map(Some).collect();
            row.cells = shown.iter().filter_map(|at| cells.get_mut(*at)?.take()).collect();
            row
        };
        let sorted = source
            .sorted()
            .and_then(|(by, up)| shown.iter().position(|column| *column == by).map(|place| (place, up)));
        let table = Table { columns: &columns, content: &widths, sorted, rows: source.shown(), row: &wanted };
        table.draw(frame, area, &self.table, view);
    }

    fn turn(&mut self, key: K) {
        if !self.marks.remove(&key) {
            self.marks.insert(key);
        }
    }

    fn sort(&mut self, column: usize, ascending: bool, source: &mut impl Source<Key = K>) {
        if self.selected.is_none() {
            self.selected = source.key(self.table.selected());
        }
        source.sort(column, ascending);
        self.follow(source);
    }

    fn apply_filter(&mut self, source: &mut impl Source<Key = K>) {
        source.filter(self.filter.text());
        self.follow(source);
        self.detail.restart();
    }

    /// The filter first, then the marks.
    fn clear(&mut self, source: &mut impl Source<Key = K>) {
        if self.filter.is_empty() {
            self.marks.clear();
        } else {
            // Whatever is selected stays so in the full list.
            self.selected = source.key(self.table.selected()).or_else(|| self.selected.take());
            self.filter.set("");
            self.apply_filter(source);
        }
    }

    /// The rows that are meant: the marked ones, in the order of the list as far as they are shown, else those given.
    fn meant(&self, source: &impl Source<Key = K>, lines: std::ops::Range<usize>) -> Vec<K> {
        if self.marks.is_empty() {
            return lines.filter_map(|line| source.key(line)).collect();
        }
        let shown = (0..source.shown()).filter_map(|line| source.key(line));
        let mut meant: Vec<K> = shown.filter(|key| self.marks.contains(key)).collect();
        let seen: BTreeSet<K> = meant.iter().cloned().collect();
        meant.extend(self.marks.difference(&seen).cloned());
        meant
    }

    fn sheet<S: Source<Key = K>>(&self, source: &S, layouts: &Layouts, kind: Kind) -> Sheet {
        let meant = self.meant(source, 0..source.shown());
        match kind {
            Kind::Json => Sheet::Json(meant.iter().map(|key| source.json(key)).collect()),
            Kind::Csv => {
                let shown = layout(source, layouts).shown();
                let columns = shown.iter().map(|at| source.columns()[*at].title.to_owned()).collect();
                let row = |key: &K| shown.iter().map(|at| source.cell(key, *at)).collect();
                Sheet::Csv { columns, rows: meant.iter().map(row).collect() }
            }
        }
    }

    fn copy<S: Source<Key = K>>(&self, source: &S, ctx: &mut Ctx, json: bool) {
        let line = self.table.selected();
        let meant = self.meant(source, line..line + 1);
        if meant.len() > MOST_COPIED {
            ctx.warn(format!("copy: {} rows are too many; export them to a file", meant.len()));
            return;
        }
        let what = if meant.len() == 1 { "the row".to_owned() } else { format!("{} rows", meant.len()) };
        if json {
            let rows: Vec<Value> = meant.iter().map(|key| source.json(key)).collect();
            let value = if rows.len() == 1 { rows.into_iter().next() } else { Some(Value::Array(rows)) };
            let text = crate::workflows::sheet::json(&value.unwrap_or(Value::Null));
            ctx.copy(&format!("{what} as JSON"), text);
            return;
        }
        let shown = layout(source, &ctx.layouts).shown();
        let row = |key: &K| {
            // A tab or a line end inside a cell would move the others.
            let cell = |at: &usize| source.cell(key, *at).replace(['\t', '\n', '\r'], " ");
            shown.iter().map(cell).collect::<Vec<_>>().join("\t")
        };
        ctx.copy(&what, meant.iter().map(row).collect::<Vec<_>>().join("\n"));
    }
}

fn layout<S: Source>(source: &S, layouts: &Layouts) -> Layout {
    Layout::of(source.columns(), layouts.get(S::NAME))
}

/// Numbers and times begin with the largest, the newest.
fn first_way(source: &impl Source, column: usize) -> bool {
    source.columns().get(column).is_none_or(|column| !column.right)
}
