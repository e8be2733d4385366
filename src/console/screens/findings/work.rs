//! The sweep under way: what it waits for, what it was held against, when it has to be done again.

use std::sync::Arc;

use jiff::Timestamp;

use super::Findings;
use super::rows::rows;
use crate::console::effect::{Answer, Everybody, Question};
use crate::console::failure::Failure;
use crate::console::model::Ctx;
use crate::console::screens::members::Members;
use crate::console::slot::Slot;
use crate::identity::findings::{Around, Rule, Sweep};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::{FixOf, Whose};
use crate::workflows::sweep::Part;

/// What is known, and what is being done about the rest.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// What was found last; stays while it is done again and when that fails.
    pub sweep: Option<Arc<Sweep>>,
    /// What the members do not tell, and when it was read.
    around: Option<(Arc<Around>, Timestamp)>,
    /// It has to be read again.
    fresh: bool,
    /// Which state of the members was swept, or is being.
    seen: u64,
    /// Since when it is under way.
    pub since: Option<Timestamp>,
    /// What of the rest was read so far; `None` while it need not be read.
    pub read: Option<Vec<Part>>,
    /// How far the members are, while they are loaded.
    pub loading: Option<(u64, Option<u64>)>,
    /// Why it could not be done.
    pub failure: Option<Failure>,
    /// Somebody has stopped it.
    pub stopped: bool,
    /// Present addresses that the members screen does not know yet.
    emails: Vec<(MembershipId, Text)>,
    /// What was last asked to be mended.
    fixing: Option<Fixing>,
}

/// What a plan that was opened here will have changed.
#[derive(Debug)]
struct Fixing {
    /// These members, as their users or sessions.
    members: Vec<MembershipId>,
    /// What the members do not tell, too.
    around: bool,
}

impl Work {
    /// When the rest was read.
    pub fn read_at(&self) -> Option<Timestamp> {
        self.around.as_ref().map(|(_, at)| *at)
    }

    /// These are about to be mended.
    pub fn fixes(&mut self, all: &[FixOf]) {
        let members = all.iter().filter_map(|one| match &one.whose {
            Whose::Member(id) => Some(id.clone()),
            Whose::User(_) => None,
        });
        let around =
            |one: &FixOf| matches!(one.rule, Rule::Shadow | Rule::OrphanUser | Rule::InactiveSessions);
        self.fixing = Some(Fixing { members: members.collect(), around: all.iter().any(around) });
    }

    /// Something was written. What of it only a reading tells is read: members one by one, the rest where the fix
    /// was about it. `of`: whose membership it was, when the members screen reads it anyway.
    pub fn written(&mut self, of: Option<&MembershipId>) -> Vec<MembershipId> {
        let Some(fixing) = self.fixing.take() else { return Vec::new() };
        self.fresh |= fixing.around;
        if of.is_some() { Vec::new() } else { fixing.members }
    }
}

impl Findings {
    /// Takes over what the members screen knows now, and sweeps when that is something new.
    pub(in crate::console::screens) fn look(&mut self, members: &mut Members, ctx: &mut Ctx) {
        let work = &mut self.work;
        if !work.emails.is_empty() {
            let swept = members.people().1 == work.seen;
            members.told_emails(&std::mem::take(&mut work.emails));
            // The sweep under way knows them already.
            if swept {
                work.seen = members.people().1;
            }
        }
        work.loading = members.progress();
        if work.since.is_none() && work.sweep.is_none() {
            work.failure = members.failure().cloned().or_else(|| work.failure.take());
        }
        let (directory, seen, complete) = members.people();
        let Some(directory) = directory.filter(|_| complete) else { return };
        // What changes while one is under way is swept after it.
        if work.stopped || work.since.is_some() || (seen == work.seen && !work.fresh) {
            return;
        }
        let around = work.around.as_ref().filter(|_| !work.fresh).map(|(around, _)| Arc::clone(around));
        work.seen = seen;
        work.fresh = false;
        work.failure = None;
        work.since = Some(ctx.now);
        work.read = around.is_none().then(Vec::new);
        // The rows are shared; whoever changes one of them meanwhile copies that part alone.
        let everybody = Everybody(Arc::new(directory.clone()));
        ctx.ask(Slot::Sweep, Question::Sweep { everybody, around });
    }

    pub(super) fn sweep_answered(&mut self, answer: Answer, ctx: &mut Ctx) {
        let work = &mut self.work;
        match answer {
            Answer::SweepRead(part) => work.read.get_or_insert_default().push(part),
            Answer::Emails(emails) => work.emails = emails,
            Answer::Swept(swept) => {
                if work.read.take().is_some() {
                    work.around = Some((Arc::clone(&swept.around), ctx.now));
                }
                work.since = None;
                self.rows.set(rows(&swept.sweep));
                self.work.sweep = Some(swept.sweep);
                self.list.forget_gone(&self.rows);
                self.list.follow(&self.rows);
            }
            Answer::Failed(failure) => {
                work.since = None;
                work.read = None;
                work.failure = Some(failure);
            }
            _ => {}
        }
    }

    /// What was found before stays.
    pub(super) fn stop(&mut self, ctx: &mut Ctx) {
        ctx.cancel(Slot::Sweep);
        self.work.since = None;
        self.work.read = None;
        self.work.stopped = true;
    }

    /// Everything is read again, then swept.
    pub(super) fn again(&mut self, ctx: &mut Ctx) {
        ctx.cancel(Slot::Sweep);
        self.work.since = None;
        self.work.read = None;
        self.work.stopped = false;
        self.work.fresh = true;
        ctx.tell(crate::console::model::Note::ReloadMembers);
    }
}
