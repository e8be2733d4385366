//! Taking many rows back: which changes they stand for, whether what they put back is still free, and what is said of
//! each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use serde_json::Value;

use crate::identity::{
    Batch, BatchRow, Change, Means, MembershipId, OnFailure, Seen, Settled, Text, Unseen, UserId,
};
use crate::journal::Entry;
use crate::workflows::email_change::{Account, WhyNot, holders, why_not_both};
use crate::workflows::engine::Engine;
use crate::workflows::person::scope_of_unread;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// The changes that rows stand for. Without a sheet they are counted in the entry that was named.
pub(super) fn steps_of(
    entry: &Entry,
    own: Range<usize>,
    rows: &BTreeSet<u64>,
) -> Result<BTreeSet<usize>, WhyNot> {
    let plan = &entry.planned.plan;
    if plan.on_failure != OnFailure::GoOn {
        return Err(WhyNot("its changes belong together and are taken back together".to_owned()));
    }
    let mut steps = BTreeSet::new();
    let of_sheet = plan.batch.iter().flat_map(|batch| &batch.rows);
    let by_line: HashMap<u64, &Vec<usize>> = of_sheet.map(|row| (row.line, &row.steps)).collect();
    for wanted in rows {
        let found: Option<Vec<usize>> = if let Some(batch) = &plan.batch {
            let row = by_line.get(wanted).map(|steps| (*steps).clone());
            // A row may take several lines, and blank ones are none.
            let within = batch.rows.first().is_some_and(|first| first.line <= *wanted)
                && batch.rows.last().is_some_and(|last| *wanted <= last.line);
            row.or(within.then(Vec::new))
        } else {
            let step = usize::try_from(*wanted).ok().and_then(|number| number.checked_sub(1));
            step.filter(|step| *step < own.len()).map(|step| vec![own.start + step])
        };
        let missing = || WhyNot(format!("entry {} has no row {wanted}", entry.id));
        steps.extend(found.ok_or_else(missing)?);
    }
    Ok(steps)
}

/// An address and an external id that a change puts back have not been given to somebody else.
pub(super) async fn free(engine: &Engine, change: &Change) -> Result<(), WhyNot> {
    let unread = |trouble: Trouble| WhyNot(format!("who has it now could not be read: {trouble}"));
    let text = |pointer: &str| match &change.means {
        Means::Patch { fields, .. } => {
            let found = fields.iter().find(|(known, _)| known == pointer);
            found.and_then(|(_, value)| value.as_ref()).and_then(Value::as_str).map(str::to_owned)
        }
        Means::UpdateEmail { email, .. } | Means::ScimEmail { email, .. } if pointer == "/email" => {
            Some(email.raw().to_owned())
        }
        _ => None,
    };
    if let Some(id) = text("/externalId") {
        let own =
            engine.remote.membership(&MembershipId::new(change.target.id.clone())).await.map_err(unread)?;
        let others = engine.remote.memberships_by_external_id(&id).await.map_err(unread)?;
        if let Some(other) = others.iter().find(|other| other.project == own.project && other.id != own.id) {
            let name = other.profile.display.clone().unwrap_or_default();
            return Err(WhyNot(format!("the external id {} is {name}'s by now", Text::from(id))));
        }
    }
    if let Some(email) = text("/email") {
        let user = UserId::new(change.target.id.clone());
        let memberships = engine.remote.memberships_of_user(&user).await.map_err(unread)?;
        let scope = match engine.remote.user(&user).await {
            Ok(user) => Seen::Known(user.scope),
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden) => {
                match memberships.first() {
                    Some(member) => scope_of_unread(engine, &member.id, &trouble).await,
                    None => Seen::Unknown(Unseen::Failed),
                }
            }
            Err(trouble) => return Err(unread(trouble)),
        };
        let own = Account { scope: &scope, memberships: &memberships };
        for holder in holders(engine, Some(&user), &email).await.map_err(unread)? {
            let other = Account { scope: &holder.scope, memberships: &holder.memberships };
            if let Some(why) = why_not_both(own, other) {
                let email = Text::from(email);
                return Err(WhyNot(format!("the address {email} is somebody else's by now: {why}")));
            }
        }
    }
    Ok(())
}

/// The rows of a sheet in the plan that takes them back.
pub(super) fn backwards(
    batch: &Batch,
    entry: &Entry,
    places: &[(usize, usize)],
    stays: &BTreeMap<usize, String>,
    is_chosen: impl Fn(&usize) -> bool,
) -> Batch {
    let mut back: HashMap<usize, Vec<usize>> = HashMap::new();
    for (old, new) in places {
        back.entry(*old).or_default().push(*new);
    }
    let rows = batch.rows.iter().filter(|row| row.settled.is_none() && row.steps.iter().any(&is_chosen));
    let rows = rows.map(|row| {
        let mut steps: Vec<usize> =
            row.steps.iter().filter_map(|old| back.get(old)).flatten().copied().collect();
        steps.sort_unstable();
        let settled = steps.is_empty().then(|| match row.steps.iter().find_map(|step| stays.get(step)) {
            Some(why) => Settled::LeftOut { why: Text::from(why.as_str()) },
            None if row
                .steps
                .iter()
                .any(|step| entry.steps.get(*step).is_some_and(|s| s.state.is_written())) =>
            {
                Settled::AlreadySo
            }
            None => Settled::LeftOut { why: Text::from("it was not written") },
        });
        BatchRow { steps, settled, earlier: None, ..row.clone() }
    });
    Batch { source: batch.source.clone(), rows: rows.collect() }
}
