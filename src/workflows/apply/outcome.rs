//! What came of applying a plan, in words that name the step and what stands now.

use std::fmt;

use thiserror::Error;

use crate::config::ReadOnly;
use crate::identity::{FieldChange, Reference, Text};
use crate::journal::{self, EntryId, Outcome, Snapshot};
use crate::workflows::refusals::{Cause, Refused};

/// What is being done right now. Between any two of these the process may die and nothing is lost. Should the journal
/// fail in the middle of a run ([`ApplyError::Unwritten`]), what is on its way is told without being on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The plan is on disk.
    Journaled(EntryId),
    /// The record is read to see that it is still as shown.
    Checking {
        /// Which change, from 0.
        step: usize,
    },
    /// `sent` is on disk, the request goes out next.
    Sending {
        /// Which change, from 0.
        step: usize,
    },
    /// The platform took it, which is on disk.
    Answered {
        /// Which change, from 0.
        step: usize,
    },
    /// Read back as planned, which is on disk.
    Verified {
        /// Which change, from 0.
        step: usize,
    },
    /// Not done, or not as planned, which is on disk.
    Failed {
        /// Which change, from 0.
        step: usize,
    },
    /// The run is over, which is on disk.
    Finished(Outcome),
}

/// One change that stands on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedStep {
    /// Which change, from 0.
    pub step: usize,
    /// What it did.
    pub label: String,
    /// As read back.
    pub found: Snapshot,
    /// The change was seen there; false where only the platform's word for it can be had.
    pub read_back: bool,
    /// The record that came to be.
    pub made: Option<Reference>,
    /// What the platform complained about although it did it, or how a lost answer was settled.
    pub remark: Option<Text>,
}

/// A plan that was applied and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Where it stands in the journal.
    pub entry: EntryId,
    /// One for each change.
    pub steps: Vec<AppliedStep>,
}

/// A record that is not as it was shown: both versions and what was wanted, for a view of all three (H3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Where it stands in the journal.
    pub entry: EntryId,
    /// Which change, from 0.
    pub step: usize,
    /// Whom it is about.
    pub name: Text,
    /// As it was shown.
    pub shown: Snapshot,
    /// As it is now.
    pub current: Snapshot,
    /// What was to be written.
    pub wanted: Vec<FieldChange>,
    /// How many changes of the plan were written before.
    pub written: usize,
}

/// A plan of many rows of which some were not done.
#[derive(Debug)]
pub struct Rows {
    /// Where it stands in the journal.
    pub entry: EntryId,
    /// How many changes the plan has.
    pub planned: usize,
    /// Some row takes more than one change.
    pub several: bool,
    /// Those that stand on the platform.
    pub done: Vec<AppliedStep>,
    /// Those that were tried and do not stand there as planned, with the reason of each.
    pub failed: Vec<RowFailed>,
    /// True when the run ended before the last row, for the reason of the last failure, or because somebody wanted it.
    pub stopped: bool,
    /// Somebody stopped it.
    pub asked: bool,
}

impl Rows {
    /// Rows that were not tried.
    pub fn left(&self) -> usize {
        self.planned.saturating_sub(self.done.len() + self.failed.len())
    }
}

/// One row that was not done.
#[derive(Debug)]
pub struct RowFailed {
    /// Which change, from 0.
    pub step: usize,
    /// Whom it is about.
    pub who: Text,
    /// Why.
    pub error: ApplyError,
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} {} were written, {} were not",
            self.done.len(),
            self.planned,
            if self.several { "writes" } else { "rows" },
            self.failed.len()
        )?;
        if self.stopped && self.left() > 0 {
            let why = if self.asked { ", as the run was stopped" } else { "" };
            write!(f, ", and the last {} were not tried{why}", self.left())?;
        }
        write!(f, "; entry {} of the journal has each of them.", self.entry)
    }
}

/// Why a plan was not applied as a whole.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Read-only mode.
    #[error("This is read-only, so nothing was written: {0}. {remedy}", remedy = .0.remedy())]
    ReadOnly(ReadOnly),
    /// A plan without changes.
    #[error("There is nothing to apply.")]
    Nothing,
    /// What it goes on with was gone on with by another run since it was shown.
    #[error(
        "Entry {by} has gone on with it since it was shown; nothing was sent, so that nothing is done twice."
    )]
    Resumed {
        /// The entry of that run.
        by: EntryId,
    },
    /// The journal cannot be written, so nothing (more) is sent.
    #[error("{0}; nothing more was sent.")]
    Journal(#[from] journal::Error),
    /// The journal failed in the middle of a run. What was on its way by then was done to its end.
    #[error("{source}; nothing more was sent.{} Entry {entry} of the journal lacks some of it and waits to be settled.", on_its_way(.rows), entry = .rows.entry)]
    Unwritten {
        /// What is wrong with the journal.
        source: journal::Error,
        /// What became of the changes, which the journal has not all of.
        rows: Box<Rows>,
    },
    /// Somebody changed the record since it was shown.
    #[error("Somebody changed {}'s record since it was shown; nothing was written over it. Look at both versions and plan again.{}", .0.name, after(.0.written))]
    Stale(Box<Stale>),
    /// The platform refused.
    #[error("{refused}{}", after(*.written))]
    Refused {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// In words.
        refused: Box<Refused>,
        /// How many changes of the plan were written before.
        written: usize,
    },
    /// Answered with 200 and not done.
    #[error("The platform answered yes but left everything as it was: {} may not be changed this way by your role.{}", fields(.wanted), after(*.written))]
    Ignored {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// What was to be written.
        wanted: Vec<FieldChange>,
        /// As read back.
        found: Box<Snapshot>,
        /// How many changes of the plan were written before.
        written: usize,
    },
    /// Done otherwise than planned, or somebody else wrote at the same moment.
    #[error("What was read back is neither the old nor the new state: {} differ. The journal has both; look at the record.", fields(.wanted))]
    Different {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// The fields that are not as planned.
        wanted: Vec<FieldChange>,
        /// As read back.
        found: Box<Snapshot>,
    },
    /// An earlier change that this one builds on was not done.
    #[error("Not tried: an earlier change that this one builds on was not done.")]
    Waits {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// The earlier one.
        on: usize,
    },
    /// Some rows of many were not done; each says why.
    #[error("{0}")]
    Rows(Box<Rows>),
    /// Nobody knows yet.
    #[error(
        "{} It is not known for sure what stands there now; entry {entry} of the journal waits to be settled.",
        .refused.what
    )]
    Unsure {
        /// Where it stands in the journal.
        entry: EntryId,
        /// Which change, from 0.
        step: usize,
        /// In words.
        refused: Box<Refused>,
    },
}

fn after(written: usize) -> String {
    match written {
        0 => String::new(),
        1 => " The step before it was written and stands; undo it, or apply what is left.".to_owned(),
        n => format!(" The {n} steps before it were written and stand; undo them, or apply what is left."),
    }
}

fn on_its_way(rows: &Rows) -> String {
    let words = |n: usize| if n == 1 { "1 change".to_owned() } else { format!("{n} changes") };
    match (rows.done.len(), rows.failed.len()) {
        (0, 0) => " Nothing was written.".to_owned(),
        (n, 0) => format!(" {} of the run were written and read back.", words(n)),
        (n, not) => {
            format!(" {} of the run were written and read back, {not} were not or are not known.", words(n))
        }
    }
}

fn fields(changes: &[FieldChange]) -> String {
    changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>().join(", ")
}

impl ApplyError {
    /// True when the next row would fare no better, or when what this one did is not known.
    pub(super) fn stops_every_row(&self) -> bool {
        match self {
            Self::ReadOnly(_)
            | Self::Nothing
            | Self::Resumed { .. }
            | Self::Journal(_)
            | Self::Unwritten { .. }
            | Self::Rows(_)
            | Self::Unsure { .. } => true,
            Self::Stale(_) | Self::Ignored { .. } | Self::Different { .. } | Self::Waits { .. } => false,
            Self::Refused { refused, .. } => matches!(
                refused.cause,
                Cause::SignedOut | Cause::AccountBroken | Cause::Limited | Cause::NoRoute | Cause::NotSent
            ),
        }
    }

    /// The journal entry, once there is one.
    pub fn entry(&self) -> Option<EntryId> {
        match self {
            Self::ReadOnly(_) | Self::Nothing | Self::Resumed { .. } | Self::Journal(_) => None,
            Self::Stale(stale) => Some(stale.entry),
            Self::Rows(rows) | Self::Unwritten { rows, .. } => Some(rows.entry),
            Self::Refused { entry, .. }
            | Self::Ignored { entry, .. }
            | Self::Different { entry, .. }
            | Self::Waits { entry, .. }
            | Self::Unsure { entry, .. } => Some(*entry),
        }
    }
}
