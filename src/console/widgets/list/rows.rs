//! Rows of a screen that fit in memory as they are, as the source of a list: filtered by words and `field:value`,
//! sorted by any column.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::Source;
use crate::console::widgets::table::Column;
use crate::identity::directory::{filter_words, fold};

/// What one row is.
pub trait Record {
    /// What tells one row from every other.
    type Key: Clone + Ord + std::fmt::Debug;
    /// The name of the list in `config.toml` and of its files.
    const NAME: &'static str;
    /// Its columns.
    const COLUMNS: &'static [Column];
    /// How it is sorted at first: the column, and whether ascending.
    const SORTED: (usize, bool) = (0, true);

    /// Its key.
    fn key(&self) -> Self::Key;
    /// A cell in its original text, for copying, exporting, sorting.
    fn cell(&self, column: usize) -> String;
    /// Everything that a word of the filter is looked for in.
    fn said(&self) -> String {
        (0..Self::COLUMNS.len()).map(|column| self.cell(column)).collect::<Vec<_>>().join(" ")
    }
    /// The same as it is compared; a row that keeps it so need not fold it at every letter.
    fn folded(&self) -> Cow<'_, str> {
        Cow::Owned(fold(&self.said()))
    }
    /// What `field:value` looks in; the titles of columns when not said otherwise. `None`: no such field.
    fn field(&self, name: &str) -> Option<String> {
        Self::COLUMNS.iter().position(|column| column.title == name).map(|column| self.cell(column))
    }
    /// How two rows stand to each other in a column.
    fn compare(&self, other: &Self, column: usize) -> Ordering {
        fold(&self.cell(column)).cmp(&fold(&other.cell(column)))
    }
    /// The whole row.
    fn json(&self) -> Value;
}

/// A list: its name in `config.toml` and its columns.
pub type Named = (&'static str, &'static [Column]);

/// The list of these rows.
pub const fn named<T: Record>() -> Named {
    (T::NAME, T::COLUMNS)
}

/// All rows, and which of them are shown in which order.
#[derive(Debug, Clone)]
pub struct Rows<T: Record> {
    all: Vec<T>,
    /// Where each one is in `all`.
    places: BTreeMap<T::Key, usize>,
    shown: Vec<usize>,
    filter: String,
    sorted: (usize, bool),
}

impl<T: Record> Default for Rows<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            places: BTreeMap::new(),
            shown: Vec::new(),
            filter: String::new(),
            sorted: T::SORTED,
        }
    }
}

impl<T: Record> Rows<T> {
    /// Takes the place of all rows; filter and order stay.
    pub fn set(&mut self, rows: Vec<T>) {
        self.places = rows.iter().enumerate().map(|(at, row)| (row.key(), at)).collect();
        self.all = rows;
        self.list();
    }

    /// Takes all rows out, to be changed; there are none until some are set.
    pub fn take(&mut self) -> Vec<T> {
        self.places.clear();
        self.shown.clear();
        std::mem::take(&mut self.all)
    }

    /// All rows, shown or not, in the order in which they came.
    pub fn all(&self) -> &[T] {
        &self.all
    }

    /// The row in a line.
    pub fn at(&self, line: usize) -> Option<&T> {
        self.all.get(*self.shown.get(line)?)
    }

    /// The row of a key.
    pub fn get(&self, key: &T::Key) -> Option<&T> {
        self.all.get(*self.places.get(key)?)
    }

    fn list(&mut self) {
        let terms = filter_words(&self.filter);
        let rows = &self.all;
        self.shown = (0..rows.len()).filter(|&at| terms.iter().all(|term| holds(&rows[at], term))).collect();
        let (column, ascending) = self.sorted;
        self.shown.sort_by(|&a, &b| {
            let order = rows[a].compare(&rows[b], column);
            if ascending { order } else { order.reverse() }
        });
    }
}

/// Whether a row holds one term: a word, `field:value`, or `-field:value` for what must not hold.
fn holds<T: Record>(row: &T, term: &str) -> bool {
    let of = |term: &str| {
        let (name, value) = term.split_once(':')?;
        Some((row.field(&name.to_lowercase())?, fold(value)))
    };
    if let Some((field, value)) = term.strip_prefix('-').and_then(of) {
        return value.is_empty() || !fold(&field).contains(&value);
    }
    match of(term) {
        Some((field, value)) => fold(&field).contains(&value),
        None => row.folded().contains(&fold(term)),
    }
}

impl<T: Record> Source for Rows<T> {
    type Key = T::Key;
    const NAME: &'static str = T::NAME;

    fn columns(&self) -> &'static [Column] {
        T::COLUMNS
    }

    fn shown(&self) -> usize {
        self.shown.len()
    }

    fn key(&self, line: usize) -> Option<T::Key> {
        self.at(line).map(Record::key)
    }

    fn line_of(&self, key: &T::Key) -> Option<usize> {
        let place = self.places.get(key)?;
        self.shown.iter().position(|at| at == place)
    }

    fn holds(&self, key: &T::Key) -> bool {
        self.places.contains_key(key)
    }

    fn filter(&mut self, typed: &str) {
        typed.clone_into(&mut self.filter);
        self.list();
    }

    fn sorted(&self) -> Option<(usize, bool)> {
        Some(self.sorted)
    }

    fn sort(&mut self, column: usize, ascending: bool) {
        self.sorted = (column, ascending);
        self.list();
    }

    fn cell(&self, key: &T::Key, column: usize) -> String {
        self.get(key).map_or_else(String::new, |row| row.cell(column))
    }

    fn json(&self, key: &T::Key) -> Value {
        self.get(key).map_or(Value::Null, Record::json)
    }
}
