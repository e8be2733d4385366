//! The parts of the screen: which has the keys, and what is selected in each.

use crate::console::widgets::scroll::Scroll;
use crate::identity::sign_in::doctor::{Diagnosis, Status};

/// One part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Part {
    /// Every way with its verdict.
    #[default]
    Ways,
    /// The steps of the selected way.
    Steps,
    /// What the selected step rests on.
    Evidence,
    /// What would mend the way.
    Fixes,
}

impl Part {
    pub const ALL: &[Self] = &[Self::Ways, Self::Steps, Self::Evidence, Self::Fixes];
}

/// What is selected.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub part: Part,
    pub way: usize,
    pub step: usize,
    pub evidence: usize,
    pub fix: usize,
    /// Among several people.
    pub who: usize,
    /// Scrolled by hand: the selected line may be out of view.
    pub free: bool,
    pub scrolls: [Scroll; 4],
}

/// Clicks are numbered by part, so many to each.
const SPOTS: usize = 1000;

impl Selection {
    /// The selected line of a part.
    pub fn at(&self, part: Part) -> usize {
        match part {
            Part::Ways => self.way,
            Part::Steps => self.step,
            Part::Evidence => self.evidence,
            Part::Fixes => self.fix,
        }
    }

    pub fn scroll(&self, part: Part) -> &Scroll {
        &self.scrolls[part as usize]
    }

    pub fn by(&mut self, rows: isize) {
        self.free = true;
        self.scrolls[self.part as usize].by(rows);
    }

    pub fn pages(&mut self, pages: isize) {
        self.free = true;
        self.scrolls[self.part as usize].pages(pages);
    }
}

/// The number of a line for clicks. Past 5 the numbers are free of the form's fields.
pub(super) fn spot(part: Part, at: usize) -> usize {
    (part as usize + 1) * SPOTS + at.min(SPOTS - 1)
}

/// What was clicked.
pub(super) fn clicked(spot: usize) -> Option<(Part, usize)> {
    let part = (spot / SPOTS).checked_sub(1)?;
    Part::ALL.get(part).map(|part| (*part, spot % SPOTS))
}

/// The step to look at first: where it fails, else where it cannot be told, else the last that was reached.
pub(super) fn where_it_ends(diagnosis: &Diagnosis) -> usize {
    let steps = &diagnosis.steps;
    let first = |status| steps.iter().position(|step| step.status == status);
    let last = || steps.iter().rposition(|step| step.status != Status::Skipped);
    first(Status::Failed).or_else(|| first(Status::Unknown)).or_else(last).unwrap_or(0)
}
