//! Plans of many rows: one membership read for each, whoever cannot be part of it left out and named.

use futures::future::join_all;

use super::{NoPlan, Why, guard};
use crate::identity::{Change, Confirm, Membership, MembershipId, OnFailure, Plan, Text};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;

/// Memberships read at the same time.
const AT_ONCE: usize = 8;

/// Members as they stand now, in the order they were named, and who could not be read.
pub(super) struct Rows {
    pub members: Vec<Membership>,
    /// "Pat Admin: this is your own account".
    pub left_out: Vec<String>,
}

/// Reads them all. Who has gone meanwhile is left out; anything else that goes wrong ends it.
pub(super) async fn read(engine: &Engine, ids: &[MembershipId]) -> Result<Rows, NoPlan> {
    let engine = &engine.in_background();
    let mut rows = Rows { members: Vec::new(), left_out: Vec::new() };
    for some in ids.chunks(AT_ONCE) {
        let answers = join_all(some.iter().map(|id| engine.remote.membership(id))).await;
        for (id, answer) in some.iter().zip(answers) {
            match answer {
                Ok(member) if rows.members.iter().any(|known| known.id == member.id) => {}
                Ok(member) => rows.members.push(member),
                Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
                    rows.left_out.push(format!("{id}: is no longer a member"));
                }
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }
    Ok(rows)
}

impl Rows {
    /// A plan of one change for each member that `change` has one for; the others are left out with its words.
    pub fn plan(
        mut self,
        title: &str,
        mut change: impl FnMut(&Membership) -> Result<Change, NoPlan>,
    ) -> Result<Plan, NoPlan> {
        let mut changes = Vec::new();
        for member in &self.members {
            let name = guard::name(member);
            match change(member) {
                Ok(change) => changes.push(Change { who: Some(Text::from(name)), ..change }),
                Err(NoPlan::Refused { what, .. }) => {
                    self.left_out.push(if what.starts_with(&name) {
                        what
                    } else {
                        format!("{name}: {what}")
                    });
                }
                Err(trouble @ NoPlan::Platform(_)) => return Err(trouble),
            }
        }
        if changes.is_empty() {
            let why = format!("There is nobody left to do it to. {}", self.left_out.join(" "));
            return Err(NoPlan::because(Why::Nothing, why.trim_end()));
        }
        let count = changes.len();
        let subject = if count == 1 { "1 member".to_owned() } else { format!("{count} members") };
        let mut plan = Plan::new(title, Text::from(subject));
        plan.about = "each row for itself: a failure does not stop the others".to_owned();
        plan.changes = changes;
        plan.on_failure = OnFailure::GoOn;
        plan.warnings = self.left_out.into_iter().map(|who| format!("left out: {who}")).collect();
        plan.confirm = Confirm::Typed { text: Text::from(count.to_string()) };
        Ok(plan)
    }
}
