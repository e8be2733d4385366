//! The rows of a sheet that a plan was made from, kept with the plan: whatever happens to the run, every row of the
//! sheet has a verdict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// A sheet and what its rows come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What it was read from: the name of a file.
    pub source: Text,
    /// In the order of the sheet.
    pub rows: Vec<BatchRow>,
}

/// One row of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRow {
    /// The line it begins at, from 1.
    pub line: u64,
    /// Whom it names, as it is written there.
    pub named: Text,
    /// Who that is, where it was found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The changes of the plan that it comes to, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<usize>,
    /// They are those of earlier rows, which make it so; it has none of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// An earlier run, which this one goes on with, has done some of its changes: the number of that journal entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<i64>,
    /// What is settled about it without any change of this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// Why a row has nothing (more) to do in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "settled", rename_all = "snake_case")]
pub enum Settled {
    /// Everything is as the row wants it.
    AlreadySo,
    /// It was unclear, or cannot be done, and was left out on demand.
    LeftOut {
        /// In words.
        why: Text,
    },
    /// Another run did it.
    Done {
        /// The number of its journal entry.
        entry: i64,
    },
}

impl Batch {
    /// The row of each change, as a place in [`Batch::rows`].
    pub fn rows_of_steps(&self) -> BTreeMap<usize, usize> {
        let rows = self.rows.iter().enumerate().filter(|(_, row)| !row.follows);
        rows.flat_map(|(at, row)| row.steps.iter().map(move |step| (*step, at))).collect()
    }

    /// How many rows come to changes of their own.
    pub fn at_work(&self) -> usize {
        self.rows.iter().filter(|row| !row.follows && !row.steps.is_empty()).count()
    }

    /// "12 rows of staff.csv".
    pub fn subject(&self) -> Text {
        let rows = self.at_work();
        Text::from(format!("{rows} {} of {}", if rows == 1 { "row" } else { "rows" }, self.source.raw()))
    }

    /// The same for the plan that goes on with what `entry` has left: `kept` are the old places in the new order. A row
    /// that loses all of its changes is settled by `instead`; one of which only some were `written` keeps that.
    #[must_use]
    pub fn keeping(
        &self,
        entry: i64,
        kept: &[usize],
        written: impl Fn(usize) -> bool,
        instead: impl Fn(&BatchRow) -> Settled,
    ) -> Self {
        let places: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        let rows = self.rows.iter().map(|row| {
            let steps: Vec<usize> = row.steps.iter().filter_map(|old| places.get(old).copied()).collect();
            let settled = match &row.settled {
                None if steps.is_empty() => Some(instead(row)),
                known => known.clone(),
            };
            let earlier = row.steps.iter().any(|old| written(*old)).then_some(entry).or(row.earlier);
            BatchRow { steps, earlier, settled, ..row.clone() }
        });
        Self { source: self.source.clone(), rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, steps: &[usize]) -> BatchRow {
        BatchRow { line, named: "x".into(), steps: steps.to_vec(), ..BatchRow::default() }
    }

    #[test]
    fn what_is_left_of_a_sheet_keeps_every_row() {
        let batch = Batch { source: "a.csv".into(), rows: vec![row(2, &[0]), row(3, &[1, 2]), row(4, &[3])] };
        let left = batch.keeping(7, &[2, 3], |step| step < 2, |_| Settled::Done { entry: 7 });
        let steps: Vec<&[usize]> = left.rows.iter().map(|row| &row.steps[..]).collect();
        assert_eq!(steps, [&[][..], &[0], &[1]]);
        assert_eq!(left.rows[0].settled, Some(Settled::Done { entry: 7 }));
        assert_eq!((left.rows[1].settled.clone(), left.rows_of_steps()[&1]), (None, 2));
        // Its first change stands already.
        assert_eq!((left.rows[1].earlier, left.rows[2].earlier), (Some(7), None));
    }

    #[test]
    fn a_row_that_earlier_ones_make_so_is_not_counted_and_owns_no_change() {
        let follows = BatchRow { follows: true, ..row(4, &[0]) };
        let batch = Batch { source: "a.csv".into(), rows: vec![row(2, &[0]), row(3, &[1]), follows] };
        assert_eq!(batch.subject().raw(), "2 rows of a.csv");
        assert_eq!(batch.rows_of_steps(), BTreeMap::from([(0, 0), (1, 1)]));
    }
}
