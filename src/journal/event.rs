//! What is written down, one event at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::{Caller, MembershipId, Plan, Reference, Role, Text, UserId, VersionId};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Name of the profile.
    pub name: Text,
    /// Login address; absent for client applications.
    pub email: Option<Text>,
    /// The user; absent for client applications.
    pub user: Option<UserId>,
    /// The membership that the session belonged to.
    pub membership: MembershipId,
    /// The project's name.
    pub project: Text,
    /// With what power.
    pub role: Role,
}

impl From<&Caller> for Who {
    fn from(caller: &Caller) -> Self {
        Self {
            name: caller.name.clone(),
            email: caller.email.clone(),
            user: caller.user.clone(),
            membership: caller.membership.clone(),
            project: caller.project_name.clone(),
            role: caller.role,
        }
    }
}

/// The first event of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Everything that was shown.
    pub plan: Plan,
    /// Why, in the person's words.
    pub reason: Text,
    /// Who applied it.
    pub who: Who,
    /// Over which connection.
    pub connection: String,
}

/// Fields of a record as they were read, in the words of [`crate::identity::FieldChange::field`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which record.
    pub record: Reference,
    /// Its version, where the route tells one (SCIM does not).
    pub version: Option<VersionId>,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// By whom.
    pub author: Option<Reference>,
    /// Field and value.
    pub fields: Vec<(String, Option<Text>)>,
}

impl Snapshot {
    /// The value of a field; `None` when the field was not read.
    pub fn field(&self, name: &str) -> Option<&Option<Text>> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

/// What reading back says about a write whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// The new values stand there.
    Yes,
    /// The old values stand there.
    No,
    /// Neither: somebody else wrote in between.
    Other,
    /// The platform said yes, and this role cannot read it back.
    Told,
    /// Nobody said anything, and this role cannot read it back.
    Unseen,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything applied and read back.
    Done,
    /// Nothing was written.
    Failed,
    /// Some steps were written, then it stopped.
    Partly,
    /// The last step may or may not have been written.
    Unsure,
}

/// One event. Steps are counted from 0, in the order of the plan's changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A plan is about to be applied.
    Planned(Box<Planned>),
    /// The next thing is that this step's request goes out.
    Sent {
        /// Which step.
        step: usize,
    },
    /// The platform took it.
    Answered {
        /// Which step.
        step: usize,
        /// The record that came to be, for an invite or a new record.
        made: Option<Reference>,
        /// Something the platform complained about although it did it, e.g. a mail that could not be sent.
        remark: Option<Text>,
    },
    /// Read back, and it is as planned.
    Verified {
        /// Which step.
        step: usize,
        /// As read.
        found: Snapshot,
    },
    /// The platform refused it, or it was read back otherwise than planned.
    Failed {
        /// Which step.
        step: usize,
        /// What happened and why.
        why: Text,
        /// The platform's request id.
        request_id: Option<Text>,
        /// What was read back, if anything.
        found: Option<Snapshot>,
    },
    /// No answer came and reading back did not tell.
    Unsure {
        /// Which step.
        step: usize,
        /// What happened.
        why: Text,
    },
    /// A step without an answer was settled by reading back.
    Settled {
        /// Which step.
        step: usize,
        /// What reading back says.
        happened: Happened,
        /// As read.
        found: Option<Snapshot>,
        /// The record that came to be, for an invite or a new record.
        made: Option<Reference>,
    },
    /// The run is over.
    Finished {
        /// How.
        outcome: Outcome,
    },
}
