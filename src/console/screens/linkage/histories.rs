//! External ids of before: whose history is read when, and what came of it.

use super::Linkage;
use crate::console::effect::{Answer, Question};
use crate::console::model::{Ctx, Note};
use crate::console::slot::Slot;
use crate::identity::MembershipId;
use crate::identity::linkage::{Former, Histories as Read, Survey, erased};

/// Histories read without being asked for, when the screen is first seen.
const READ_AT_FIRST: usize = 24;
/// Histories read at once when somebody asks.
const READ_AT_ONCE: usize = 200;

/// What is known of histories.
#[derive(Debug, Default)]
pub(super) struct Histories {
    /// What they told, of every member whose history was read.
    read: Read,
    /// Some are being read.
    pub reading: Option<Reading>,
    /// The selected member was asked about; not again before another one is.
    one: Option<MembershipId>,
    /// The first ones were read.
    begun: bool,
}

/// Histories on their way.
#[derive(Debug)]
pub(super) struct Reading {
    pub since: jiff::Timestamp,
    pub done: usize,
    pub all: usize,
}

impl Histories {
    /// How many were read.
    pub fn count(&self) -> usize {
        self.read.len()
    }

    /// The ids of before of a member; `None` while the history was not read.
    pub fn of(&self, member: &MembershipId) -> Option<&[Former]> {
        self.read.get(member).map(Vec::as_slice)
    }

    /// The id of a member that was erased.
    pub fn erased(&self, member: &MembershipId) -> Option<&Former> {
        erased(self.of(member)?)
    }

    /// These members were written: their histories have gone on.
    pub fn forget(&mut self, members: &[MembershipId]) {
        for member in members {
            self.read.remove(member);
        }
        self.one = None;
    }
}

impl Linkage {
    /// Everybody was loaded: reads a few histories of those who most likely lost an id.
    pub(super) fn read_first_histories(&mut self, ctx: &mut Ctx) {
        if std::mem::replace(&mut self.histories.begun, true) {
            return;
        }
        let mut members = self.survey.as_ref().map(Survey::suspicious).unwrap_or_default();
        members.truncate(READ_AT_FIRST);
        self.read_histories(members, ctx);
    }

    /// Somebody wants more of them.
    pub(super) fn want_histories(ctx: &mut Ctx) {
        ctx.tell(Note::HistoriesWanted(READ_AT_ONCE));
    }

    pub(super) fn read_histories(&mut self, members: Vec<MembershipId>, ctx: &mut Ctx) {
        if members.is_empty() || self.histories.reading.is_some() {
            return;
        }
        self.histories.reading = Some(Reading { since: ctx.now, done: 0, all: members.len() });
        ctx.ask(Slot::Histories, Question::Histories(members));
    }

    /// What was read so far stays.
    pub(super) fn stop_reading(&mut self, ctx: &mut Ctx) {
        ctx.cancel(Slot::Histories);
        self.histories.reading = None;
    }

    /// The member in the detail, unless that is known or under way.
    pub(super) fn read_selected_history(&mut self, ctx: &mut Ctx) {
        let Some(member) = self.current().map(|row| row.who().membership.clone()) else { return };
        let known = self.histories.of(&member).is_some() || self.histories.one.as_ref() == Some(&member);
        if known || self.histories.reading.is_some() {
            return;
        }
        self.histories.one = Some(member.clone());
        ctx.ask(Slot::OneHistory, Question::Histories(vec![member]));
    }

    pub(super) fn history_answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Histories(read) => {
                if let Some(reading) = &mut self.histories.reading
                    && slot == Slot::Histories
                {
                    reading.done += read.len();
                }
                self.histories.read.extend(read.clone());
                ctx.tell(Note::HistoriesRead(read));
                if !self.wanted.is_empty() {
                    ctx.tell(Note::LookUp(self.wanted.clone()));
                }
            }
            Answer::Failed(failure) if slot == Slot::Histories => ctx.fail(failure),
            // The detail says that it could not be read.
            _ => {}
        }
        if !ctx.slots.is_open(Slot::Histories) {
            self.histories.reading = None;
        }
    }
}
