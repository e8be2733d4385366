//! Members that are read again after a write, and stay marked as pending until they have come.

use jiff::Timestamp;

use super::{MANY, Members};
use crate::console::SPINNER_AFTER;
use crate::console::effect::Question;
use crate::console::model::{Ctx, Model as _};
use crate::console::slot::Slot;
use crate::console::words::count;
use crate::identity::MembershipId;

impl Members {
    /// Rows of a plan were written: they are read again, and what was not done stays marked.
    pub(super) fn rows_written(&mut self, ids: &[MembershipId], ctx: &mut Ctx) {
        let Some(directory) = &self.directory else { return };
        for row in ids.iter().filter_map(|id| directory.find(id)) {
            self.list.unmark(&row);
        }
        if ids.len() > MANY {
            self.begin(ctx);
        } else {
            self.pending.extend(ids.iter().map(|id| (id.clone(), ctx.now)));
            self.read_back(ids, ctx);
        }
    }

    /// Reads members again. A new question takes the place of one on its way, so it asks for what that one has not
    /// brought as well.
    pub(super) fn read_back(&mut self, ids: &[MembershipId], ctx: &mut Ctx) {
        if !ctx.slots.is_open(Slot::Member) {
            self.reading.clear();
        }
        let new: Vec<MembershipId> = ids.iter().filter(|id| !self.reading.contains(id)).cloned().collect();
        self.reading.extend(new);
        let question = match &self.reading[..] {
            [one] => Question::Member(one.clone()),
            many => Question::Rows(many.to_vec()),
        };
        ctx.ask(Slot::Member, question);
    }

    /// A member has come, or is gone.
    pub(super) fn came(&mut self, id: &MembershipId) {
        self.pending.retain(|(pending, _)| pending != id);
        self.reading.retain(|reading| reading != id);
    }

    /// What is read again, once it lasts.
    pub(super) fn reading_again(&self, now: Timestamp) -> Option<String> {
        let since = self.waiting_since().filter(|_| !self.reading.is_empty())?;
        (now.duration_since(since) >= SPINNER_AFTER)
            .then(|| format!("reading {} again", count(self.reading.len() as u64, "member", "members")))
    }
}
