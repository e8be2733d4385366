//! What an entry looks like, read out of its events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::{MembershipId, Reference, Text, UserId};

use super::event::{Event, Happened, Outcome, Planned, Snapshot};
use super::store::EntryId;

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not sent.
    Planned,
    /// Sent, no answer written down.
    Sent,
    /// Answered, not read back yet.
    Answered,
    /// Read back, as planned.
    Verified,
    /// Refused, or read back otherwise than planned.
    Failed,
    /// Nobody knows.
    Unsure,
    /// Settled later by reading back.
    Settled(Happened),
}

impl StepState {
    /// True when it stands on the platform now.
    pub fn is_written(self) -> bool {
        matches!(self, Self::Answered | Self::Verified | Self::Settled(Happened::Yes | Happened::Told))
    }

    /// True when a request went out and nothing is known of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Answered | Self::Unsure)
    }

    /// The word used on screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "not sent",
            Self::Sent => "sent, no answer",
            Self::Answered => "answered, not read back",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
            Self::Settled(Happened::Yes) => "found done",
            Self::Settled(Happened::No) => "found not done",
            Self::Settled(Happened::Other) => "found changed by somebody else",
            Self::Settled(Happened::Told) => "answered yes; cannot be read back by this role",
            Self::Settled(Happened::Unseen) => "not known; cannot be read back by this role",
        }
    }
}

/// One change of the plan and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// How far it came.
    pub state: StepState,
    /// When it last moved.
    pub at: Timestamp,
    /// The record that came to be, for an invite or a new record.
    pub made: Option<Reference>,
    /// As read back.
    pub found: Option<Snapshot>,
    /// The failure, the doubt, or what the platform complained about.
    pub why: Option<Text>,
    /// The platform's request id of a failure.
    pub request_id: Option<Text>,
}

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// A process is at it right now.
    Running,
    /// The process that was at it is gone; reading back settles it.
    Interrupted,
    /// Everything applied and read back.
    Done,
    /// Nothing was written.
    Failed,
    /// Some steps were written.
    Partly,
    /// A step may or may not have been written; reading back settles it.
    Unsure,
}

impl EntryState {
    /// The word used on screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Partly => "partly done",
            Self::Unsure => "unsure",
        }
    }

    /// True when reading back is needed to know what stands on the platform.
    pub fn needs_settling(self) -> bool {
        matches!(self, Self::Interrupted | Self::Unsure)
    }
}

/// A plan that was applied, with everything that became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// When it began.
    pub at: Timestamp,
    /// When it last moved.
    pub moved: Timestamp,
    /// The plan, who, why, where.
    pub planned: Planned,
    /// One for each change of the plan.
    pub steps: Vec<StepRecord>,
    /// How it stands.
    pub state: EntryState,
    /// The entry that took this one back, once one did, all of it.
    pub undone_by: Option<EntryId>,
    /// An entry that takes this one back and has not ended, or is not known to have.
    #[serde(default)]
    pub being_undone_by: Option<EntryId>,
    /// The latest entry that went on with what was left of this one.
    #[serde(default)]
    pub resumed_by: Option<EntryId>,
}

impl Entry {
    /// Folds an entry's events, oldest first. `None` when the first is not a plan.
    pub(super) fn fold(id: EntryId, events: &[(Timestamp, Event)]) -> Option<Self> {
        let (at, first) = events.first()?;
        let Event::Planned(planned) = first else { return None };
        let blank = StepRecord {
            state: StepState::Planned,
            at: *at,
            made: None,
            found: None,
            why: None,
            request_id: None,
        };
        let mut entry = Self {
            id,
            at: *at,
            moved: *at,
            planned: (**planned).clone(),
            steps: vec![blank; planned.plan.changes.len()],
            state: EntryState::Interrupted,
            undone_by: None,
            being_undone_by: None,
            resumed_by: None,
        };
        for (at, event) in &events[1..] {
            entry.moved = *at;
            entry.take(*at, event);
        }
        Some(entry)
    }

    fn take(&mut self, at: Timestamp, event: &Event) {
        let (step, state) = match event {
            Event::Planned(_) => return,
            Event::Finished { outcome } => {
                self.state = match outcome {
                    Outcome::Done => EntryState::Done,
                    Outcome::Failed => EntryState::Failed,
                    Outcome::Partly => EntryState::Partly,
                    Outcome::Unsure => EntryState::Unsure,
                };
                return;
            }
            Event::Sent { step } => (*step, StepState::Sent),
            Event::Answered { step, .. } => (*step, StepState::Answered),
            Event::Verified { step, .. } => (*step, StepState::Verified),
            Event::Failed { step, .. } => (*step, StepState::Failed),
            Event::Unsure { step, .. } => (*step, StepState::Unsure),
            Event::Settled { step, happened, .. } => (*step, StepState::Settled(*happened)),
        };
        let Some(record) = self.steps.get_mut(step) else { return };
        record.state = state;
        record.at = at;
        match event {
            Event::Answered { made, remark, .. } => {
                record.made.clone_from(made);
                record.why.clone_from(remark);
            }
            Event::Verified { found, .. } => record.found = Some(found.clone()),
            Event::Failed { why, request_id, found, .. } => {
                record.why = Some(why.clone());
                record.request_id.clone_from(request_id);
                record.found.clone_from(found);
            }
            Event::Unsure { why, .. } => record.why = Some(why.clone()),
            Event::Settled { found, made, .. } => {
                record.found.clone_from(found);
                if made.is_some() {
                    record.made.clone_from(made);
                }
            }
            Event::Planned(_) | Event::Sent { .. } | Event::Finished { .. } => {}
        }
    }

    /// True when something of it stands on the platform and was not taken back yet.
    pub fn can_be_undone(&self) -> bool {
        self.undone_by.is_none()
            && self.being_undone_by.is_none()
            && !self.state.needs_settling()
            && self.state != EntryState::Running
            && self.steps.iter().any(|step| step.state.is_written())
    }

    /// How a run that ended like this is called.
    pub fn outcome(&self) -> Outcome {
        let written = self.steps.iter().filter(|step| step.state.is_written()).count();
        if self.steps.iter().any(|step| step.state.is_open() && step.state != StepState::Answered) {
            Outcome::Unsure
        } else if written == self.steps.len() {
            Outcome::Done
        } else if self.steps.iter().any(|step| step.state == StepState::Settled(Happened::Unseen)) {
            // It may stand there, so "nothing was written" would be too much.
            Outcome::Partly
        } else if written == 0 {
            Outcome::Failed
        } else {
            Outcome::Partly
        }
    }
}

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose plan, person, reason or addresses hold this, in any case.
    pub text: Option<String>,
    /// Only of this connection.
    pub connection: Option<String>,
    /// Only about this membership.
    pub membership: Option<MembershipId>,
    /// Only about this user.
    pub user: Option<UserId>,
    /// Only those that have to be settled.
    pub unsettled: bool,
    /// At most so many; `None` for all.
    pub limit: Option<usize>,
}

impl Filter {
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let plan = &entry.planned.plan;
        let text = self.text.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            let values = plan.changes.iter().flat_map(|change| &change.fields).flat_map(|field| {
                [field.before.known().cloned().flatten(), field.after.clone()].into_iter().flatten()
            });
            [plan.subject.clone(), entry.planned.reason.clone(), Text::from(plan.title.as_str())]
                .into_iter()
                .chain(values)
                .any(|value| value.raw().to_lowercase().contains(&text))
        });
        text && self.connection.as_ref().is_none_or(|c| *c == entry.planned.connection)
            && self.membership.as_ref().is_none_or(|m| plan.membership.as_ref() == Some(m))
            && self.user.as_ref().is_none_or(|u| plan.user.as_ref() == Some(u))
            && (!self.unsettled || entry.state.needs_settling())
    }
}
