//! How far a run is: done, failed, left, how fast, how long still. Time is passed in.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::workflows::apply::Progress;

/// Counted from what a run tells.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    total: usize,
    done: BTreeSet<usize>,
    failed: BTreeSet<usize>,
}

impl Tally {
    /// Of so many changes.
    pub fn of(total: usize) -> Self {
        Self { total, ..Self::default() }
    }

    /// Takes what a run tells; true when a change came to its end.
    pub fn take(&mut self, progress: Progress) -> bool {
        match progress {
            Progress::Verified { step } => self.done.insert(step),
            Progress::Failed { step } => self.failed.insert(step),
            Progress::Journaled(_)
            | Progress::Checking { .. }
            | Progress::Sending { .. }
            | Progress::Answered { .. }
            | Progress::Finished(_) => false,
        }
    }

    /// Changes that stand.
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// Changes that do not.
    pub fn failed(&self) -> usize {
        self.failed.len()
    }

    /// Changes to come.
    pub fn left(&self) -> usize {
        self.total.saturating_sub(self.done.len() + self.failed.len())
    }

    /// Changes in a minute, over the time that it has taken so far; nothing before the first came to its end.
    pub fn rate(&self, elapsed: Duration) -> Option<f64> {
        let over = self.done.len() + self.failed.len();
        (over > 0 && !elapsed.is_zero()).then(|| over as f64 * 60.0 / elapsed.as_secs_f64())
    }

    /// How long the rest takes at that rate.
    pub fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        let seconds = self.left() as f64 * 60.0 / self.rate(elapsed)?;
        Some(Duration::from_secs_f64(seconds))
    }

    /// "412 done · 3 failed · 585 left · 480 a minute · 1 min 13 s to go".
    pub fn words(&self, elapsed: Duration) -> String {
        let mut parts = vec![format!("{} done", self.done())];
        if self.failed() > 0 {
            parts.push(format!("{} failed", self.failed()));
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

    #[test]
    fn the_rest_takes_as_long_at_the_rate_so_far() {
        let mut tally = Tally::of(100);
        assert_eq!(tally.words(Duration::from_secs(1)), "0 done · 100 left");
        for step in 0..20 {
            assert!(tally.take(Progress::Verified { step }));
        }
        assert!(tally.take(Progress::Failed { step: 20 }));
        assert!(!tally.take(Progress::Failed { step: 20 }), "told once");
        let words = tally.words(Duration::from_secs(21));
        assert_eq!(words, "20 done · 1 failed · 79 left · 60 a minute · 1 min 19 s to go");
    }
}
