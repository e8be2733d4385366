//! How far a run is: done, failed, left, how fast, how long still. Time is passed in.

use std::collections::HashMap;
use std::time::Duration;

use crate::identity::{Batch, Plan};
use crate::workflows::apply::Progress;

/// Counted from what a run tells. A row of a sheet is one however many writes it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The row of each change that has not come to its end.
    open: HashMap<usize, usize>,
    rows: Vec<RowTally>,
}

/// The changes of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct RowTally {
    open: usize,
    stand: usize,
    failed: usize,
}

impl Tally {
    /// Of what a plan has to do.
    pub fn of(plan: &Plan) -> Self {
        let of_sheet = plan.batch.as_ref().map(Batch::rows_of_steps).unwrap_or_default();
        let mut tally = Self::default();
        let mut places: HashMap<usize, usize> = HashMap::new();
        for step in 0..plan.changes.len() {
            let next = tally.rows.len();
            let row = match of_sheet.get(&step) {
                Some(row) => *places.entry(*row).or_insert(next),
                None => next,
            };
            if row == next {
                tally.rows.push(RowTally::default());
            }
            tally.rows[row].open += 1;
            tally.open.insert(step, row);
        }
        tally
    }

    /// Takes what a run tells; true when a change came to its end.
    pub fn take(&mut self, progress: Progress) -> bool {
        let (step, stands) = match progress {
            Progress::Verified { step } => (step, true),
            Progress::Failed { step } => (step, false),
            Progress::Journaled(_)
            | Progress::Checking { .. }
            | Progress::Sending { .. }
            | Progress::Answered { .. }
            | Progress::Finished(_) => return false,
        };
        let Some(row) = self.open.remove(&step) else { return false };
        let row = &mut self.rows[row];
        row.open -= 1;
        if stands {
            row.stand += 1;
        } else {
            row.failed += 1;
        }
        true
    }

    fn count(&self, wanted: fn(&RowTally) -> bool) -> usize {
        self.rows.iter().filter(|row| wanted(row)).count()
    }

    /// All rows.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// Rows that stand.
    pub fn done(&self) -> usize {
        self.count(|row| row.open == 0 && row.failed == 0)
    }

    /// Rows of which some stands and some does not.
    pub fn partly(&self) -> usize {
        self.count(|row| row.failed > 0 && row.stand > 0)
    }

    /// Rows that do not.
    pub fn failed(&self) -> usize {
        self.count(|row| row.failed > 0 && row.stand == 0)
    }

    /// Rows to come.
    pub fn left(&self) -> usize {
        self.count(|row| row.open > 0 && row.failed == 0)
    }

    /// The first change that has not come to its end.
    pub fn next(&self) -> Option<usize> {
        self.open.keys().min().copied()
    }

    /// Rows in a minute, over the time that it was not held up; nothing before the first came to its end.
    pub fn rate(&self, elapsed: Duration) -> Option<f64> {
        let over = self.total() - self.left();
        (over > 0 && !elapsed.is_zero()).then(|| over as f64 * 60.0 / elapsed.as_secs_f64())
    }

    /// How long the rest takes at that rate.
    pub fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        let seconds = self.left() as f64 * 60.0 / self.rate(elapsed)?;
        Some(Duration::from_secs_f64(seconds))
    }

    /// "412 done · 1 partly · 3 failed · 584 left · 480 a minute · 1 min 13 s to go".
    pub fn words(&self, elapsed: Duration) -> String {
        let mut parts = vec![format!("{} done", self.done())];
        for (n, word) in [(self.partly(), "partly"), (self.failed(), "failed")] {
            if n > 0 {
                parts.push(format!("{n} {word}"));
            }
        }
        parts.push(format!("{} left", self.left()));
        if let (Some(rate), Some(remaining), true) =
            (self.rate(elapsed), self.remaining(elapsed), self.left() > 0)
        {
            parts.push(format!("{rate:.0} a minute"));
            parts.push(format!("{} to go", time(remaining)));
        }
        parts.join(" · ")
    }
}

/// "45 s", "3 min 20 s", "2 h 5 min".
fn time(of: Duration) -> String {
    let seconds = of.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{BatchRow, Change, Means, Reference, Undo};

    fn plan(rows: &[usize]) -> Plan {
        let mut plan = Plan::new("Bulk run", "x".into());
        let mut batch = Batch { source: "x.csv".into(), rows: Vec::new() };
        for writes in rows {
            let from = plan.changes.len();
            plan.changes.extend((0..*writes).map(|_| Change {
                target: Reference::parse("User/u").unwrap(),
                label: String::new(),
                who: None,
                fields: Vec::new(),
                expected_version: None,
                means: Means::RefreshDisplay,
                undo: Undo::Not { why: String::new() },
            }));
            batch.rows.push(BatchRow { steps: (from..plan.changes.len()).collect(), ..BatchRow::default() });
        }
        plan.batch = Some(batch);
        plan
    }

    #[test]
    fn the_rest_takes_as_long_at_the_rate_so_far() {
        let mut tally = Tally::of(&plan(&[1; 100]));
        assert_eq!(tally.words(Duration::from_secs(1)), "0 done · 100 left");
        for step in 0..20 {
            assert!(tally.take(Progress::Verified { step }));
        }
        assert!(tally.take(Progress::Failed { step: 20 }));
        assert!(!tally.take(Progress::Failed { step: 20 }), "told once");
        let words = tally.words(Duration::from_secs(21));
        assert_eq!(words, "20 done · 1 failed · 79 left · 60 a minute · 1 min 19 s to go");
    }

    #[test]
    fn a_row_of_several_writes_is_one_and_done_only_with_all_of_them() {
        let mut plan = plan(&[2, 3, 1]);
        // What an earlier row makes so has no writes of its own.
        if let Some(batch) = &mut plan.batch {
            batch.rows.push(BatchRow { steps: vec![0, 1], follows: true, ..BatchRow::default() });
        }
        let mut tally = Tally::of(&plan);
        tally.take(Progress::Verified { step: 0 });
        assert_eq!((tally.total(), tally.done(), tally.left(), tally.next()), (3, 0, 3, Some(1)));
        tally.take(Progress::Verified { step: 1 });
        tally.take(Progress::Verified { step: 2 });
        tally.take(Progress::Failed { step: 3 });
        tally.take(Progress::Failed { step: 4 });
        assert_eq!(tally.words(Duration::ZERO), "1 done · 1 partly · 1 left");
        // A plan that came from no sheet has a row for each change.
        plan.batch = None;
        assert_eq!(Tally::of(&plan).total(), 6);
    }
}
