//! Taking back what the journal holds, as a plan like any other.
//!
//! The steps of one job are taken back together or not at all; of many rows, those that somebody has changed since
//! stay as they are and are named. What an earlier, half-done taking back has put back already is not touched again.
//!
//! A run that was gone on with is one run, whichever of its entries is named: all of its parts are taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Range;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::bulk;
use super::email_change::{self, Choices, Offer, WhyNot, gather_for};
use super::engine::Engine;
use super::fields;
use super::imagined::Imagined;
use super::kinds;
use super::person::gather;
use super::read_back::read_back;
use super::refusals::Cause;
use crate::identity::words::small;
use crate::identity::{
    Batch, BatchRow, Change, Confirm, FieldChange, Means, MembershipId, OnFailure, Plan, Reference, Role,
    SecretLike, Seen, Settled, SignInEffect, Text, Undo, UserId, UserScope, VersionId,
};
use crate::journal::redact::NOT_KEPT;
use crate::journal::{Entry, EntryId, EntryState, Snapshot, StepRecord};

/// Records read at the same time.
const AT_ONCE: usize = 6;

/// Plans to take back a journal entry. Refuses when somebody has changed the record since: taking back must not
/// overwrite what others did.
pub async fn plan_undo(engine: &Engine, id: EntryId) -> Result<Plan, WhyNot> {
    plan_undo_of(engine, id, None).await
}

/// The same for some rows of a run of many: lines of the sheet that it came from, else the numbers of its changes from
/// 1.
pub async fn plan_undo_of(
    engine: &Engine,
    id: EntryId,
    rows: Option<&BTreeSet<u64>>,
) -> Result<Plan, WhyNot> {
    let Whole { entry, own, also } = whole(engine, id)?;
    let old = &entry.planned.plan;
    let chosen = rows.map(|rows| steps_of(&entry, own, rows)).transpose()?;
    let many = old.on_failure == OnFailure::GoOn;
    // Of many rows, what was done last is imagined back before what was done first is looked at.
    let imagined = many.then(|| Imagined::over(engine));
    let engine = imagined.as_ref().map_or(engine, |(engine, _)| engine);
    let sign_in = reversed(&old.sign_in);
    let mut plan = Plan {
        title: format!("Undo: {}", small(&old.title)),
        subject: old.subject.clone(),
        membership: old.membership.clone(),
        user: old.user.clone(),
        about: old.about.clone(),
        undo: "can be applied again as a new change".to_owned(),
        undoes: Some(id.0),
        undoes_also: also.iter().map(|entry| entry.0).collect(),
        undoes_part: chosen.is_some(),
        on_failure: old.on_failure,
        sign_in,
        ..Plan::new("", old.subject.clone())
    };
    let is_chosen = |step: &usize| chosen.as_ref().is_none_or(|chosen| chosen.contains(step));
    let steps: Vec<usize> = (0..old.changes.len())
        .rev()
        .filter(|step| entry.steps.get(*step).is_some_and(|record| record.state.is_written()))
        .filter(is_chosen)
        .collect();
    if many {
        read_ahead(engine, &entry, &steps).await;
    }
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut stays: BTreeMap<usize, String> = BTreeMap::new();
    for at in steps {
        let (change, step) = (&old.changes[at], &entry.steps[at]);
        match &change.undo {
            Undo::Not { why } => {
                stays.insert(at, why.clone());
                plan.warnings.push(format!("\u{201c}{}\u{201d} stays: {why}", change.label));
            }
            Undo::By { means, lost } => match taken_back(engine, change, step, means, many).await {
                Ok(changes) => {
                    if let Some((_, imagined)) = &imagined {
                        imagined.imagine(&changes);
                    }
                    for change in changes {
                        places.push((at, plan.changes.len()));
                        plan.changes.push(change);
                    }
                    if !lost.is_empty() && !plan.warnings.contains(lost) {
                        plan.warnings.push(lost.clone());
                    }
                }
                Err(why) if many => {
                    let who = change.who.as_ref().unwrap_or(&old.subject);
                    plan.warnings.push(format!("{who} stays as it is: {why}"));
                    stays.insert(at, why.to_string());
                }
                Err(why) => return Err(why),
            },
        }
    }
    if let Some(batch) = &old.batch {
        plan.batch = Some(backwards(batch, &entry, &places, &stays, is_chosen));
    }
    match &plan.batch {
        Some(batch) => {
            plan.subject = batch.subject();
            plan.confirm = Confirm::Typed { text: Text::from(batch.at_work().to_string()) };
            plan.about = bulk::about(plan.changes.len());
        }
        None if many && plan.changes.len() > 1 => {
            plan.confirm = Confirm::Typed { text: Text::from(plan.changes.len().to_string()) };
        }
        None => {}
    }
    if plan.changes.is_empty() {
        return Err(WhyNot(
            plan.warnings.pop().unwrap_or_else(|| "all of it was taken back already".to_owned()),
        ));
    }
    if !also.is_empty() {
        let mut parts = [&[id], &also[..]].concat();
        parts.sort_unstable();
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        plan.also.push(format!("entries {} are one run and are taken back together", parts.join(", ")));
    }
    look_ahead(engine, &mut plan).await?;
    if many {
        plan.warnings = bulk::capped(plan.warnings);
    }
    Ok(plan)
}

/// A run with all of its parts, as if it had never been interrupted.
struct Whole {
    entry: Entry,
    /// The changes of the entry that was named.
    own: Range<usize>,
    /// The other entries that it is made of.
    also: Vec<EntryId>,
}

fn whole(engine: &Engine, id: EntryId) -> Result<Whole, WhyNot> {
    let show = |id| engine.journal.show(id).map_err(|error| WhyNot(error.to_string()));
    let mut parts = VecDeque::from([show(id)?]);
    while let Some(before) = parts[0].planned.plan.resumes.map(EntryId).filter(|before| *before < parts[0].id)
    {
        parts.push_front(show(before)?);
    }
    while let Some(after) = parts.back().and_then(|part| part.resumed_by.filter(|after| *after > part.id)) {
        parts.push_back(show(after)?);
    }
    // What was taken back by itself is left as it is.
    parts.retain(|part| part.id == id || part.undone_by.is_none());
    let nothing = parts.iter().all(|part| part.state == EntryState::Failed);
    for part in parts.iter().filter(|part| nothing || part.state != EntryState::Failed) {
        allowed(engine, part).map_err(|why| {
            if part.id == id { why } else { WhyNot(format!("it is one run with entry {}: {why}", part.id)) }
        })?;
    }
    let also = parts.iter().map(|part| part.id).filter(|part| *part != id).collect();
    let mut own = 0..0;
    let mut all: Option<Entry> = None;
    for part in parts {
        let from = all.as_ref().map_or(0, |all| all.steps.len());
        if part.id == id {
            own = from..from + part.steps.len();
        }
        match &mut all {
            None => all = Some(part),
            Some(all) => append(all, part),
        }
    }
    let entry = all.ok_or_else(|| WhyNot("there is no such entry".to_owned()))?;
    Ok(Whole { entry, own, also })
}

/// Puts what went on with a run behind it.
fn append(all: &mut Entry, part: Entry) {
    let from = all.steps.len();
    all.steps.extend(part.steps);
    all.planned.plan.changes.extend(part.planned.plan.changes);
    let (Some(batch), Some(later)) = (&mut all.planned.plan.batch, part.planned.plan.batch) else { return };
    let mut later: BTreeMap<u64, BatchRow> = later.rows.into_iter().map(|row| (row.line, row)).collect();
    for row in &mut batch.rows {
        let Some(went_on) = later.remove(&row.line) else { continue };
        row.steps.extend(went_on.steps.iter().map(|step| from + step));
        if row.steps.is_empty() {
            row.settled = went_on.settled;
        }
    }
}

/// The changes that rows stand for. Without a sheet they are counted in the entry that was named.
fn steps_of(entry: &Entry, own: Range<usize>, rows: &BTreeSet<u64>) -> Result<BTreeSet<usize>, WhyNot> {
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

/// What planning will read one after the other, read several at a time and kept.
async fn read_ahead(engine: &Engine, entry: &Entry, steps: &[usize]) {
    let read = |step: &usize| -> BoxFuture<'_, ()> {
        let (change, record) = (&entry.planned.plan.changes[*step], &entry.steps[*step]);
        // A failure shows again where it is asked for.
        Box::pin(async move { drop(read_back(engine, change, record.made.as_ref(), None).await) })
    };
    let read: Vec<BoxFuture<'_, ()>> = steps.iter().map(read).collect();
    futures::stream::iter(read).buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// [`take_back`]; of many rows none takes what is somebody else's by now.
async fn taken_back(
    engine: &Engine,
    change: &Change,
    step: &StepRecord,
    means: &Means,
    many: bool,
) -> Result<Vec<Change>, WhyNot> {
    let changes = take_back(engine, change, step, means).await?;
    if many {
        for change in &changes {
            free(engine, change).await?;
        }
    }
    Ok(changes)
}

/// An address and an external id that a change puts back have not been given to somebody else.
async fn free(engine: &Engine, change: &Change) -> Result<(), WhyNot> {
    let unread =
        |trouble: super::remote::Trouble| WhyNot(format!("who has it now could not be read: {trouble}"));
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
        let others = engine.remote.users_by_email(&email).await.map_err(unread)?;
        let members = engine.remote.memberships_by_email(&email).await.map_err(unread)?;
        // In a project an address is one user's; of those who exist everywhere two with one would sign in by chance.
        // Whoever is hidden from a project admin is one of these (platform-api §9.1, §12).
        let scope = match engine.remote.user(&UserId::new(change.target.id.clone())).await {
            Ok(user) => user.scope,
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden) => UserScope::Server,
            Err(trouble) => return Err(unread(trouble)),
        };
        let known = others.iter().filter(|user| user.scope == scope).map(|user| user.id.as_str());
        let hidden = members
            .iter()
            .map(|member| &*member.user.id)
            .filter(|id| scope == UserScope::Server && !others.iter().any(|user| user.id.as_str() == *id));
        if known.chain(hidden).any(|id| *id != *change.target.id) {
            return Err(WhyNot(format!("the address {} is somebody else's by now", Text::from(email))));
        }
    }
    Ok(())
}

/// The rows of a sheet in the plan that takes them back.
fn backwards(
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
        BatchRow { steps, settled, ..row.clone() }
    });
    Batch { source: batch.source.clone(), rows: rows.collect() }
}

fn allowed(engine: &Engine, entry: &Entry) -> Result<(), WhyNot> {
    if let Some(by) = entry.undone_by {
        return Err(WhyNot(format!("entry {} was taken back already, by entry {by}", entry.id)));
    }
    if entry.planned.connection != engine.connection {
        let over = &entry.planned.connection;
        return Err(WhyNot(format!(
            "entry {} was made over the connection `{over}`; sign in there",
            entry.id
        )));
    }
    if let Some(by) = entry.being_undone_by {
        return Err(WhyNot(format!(
            "entry {by} takes it back and is not known to have ended; settle that first"
        )));
    }
    match entry.state {
        EntryState::Running => Err(WhyNot("it is still running".to_owned())),
        EntryState::Interrupted | EntryState::Unsure => {
            Err(WhyNot("what it has done is not known yet; settle it first".to_owned()))
        }
        EntryState::Failed => Err(WhyNot("nothing of it was written".to_owned())),
        EntryState::Done | EntryState::Partly => Ok(()),
    }
}

/// The changes that put one step back.
async fn take_back(
    engine: &Engine,
    change: &Change,
    step: &StepRecord,
    means: &Means,
) -> Result<Vec<Change>, WhyNot> {
    // The mark in its place is not the value.
    if means.holds(NOT_KEPT) {
        return Err(WhyNot("the old value is a secret, which the journal does not keep".to_owned()));
    }
    let current = read_back(engine, change, step.made.as_ref(), None)
        .await
        .map_err(|trouble| WhyNot(format!("the record could not be read: {trouble}")))?;
    if is_back(change, means, &current) {
        return Ok(Vec::new());
    }
    if let Some(field) = change.fields.iter().find(|f| current.field(&f.field) != Some(&f.after)) {
        // A verified address is what verifying by mail leads to, not somebody else's change.
        if field.field != fields::VERIFIED {
            let now = current.field(&field.field).cloned().flatten();
            return Err(WhyNot(format!(
                "{} was changed again since: it is now {}; taking back would overwrite that",
                field.field,
                now.map_or_else(|| "empty".to_owned(), |now| now.to_string())
            )));
        }
    }
    let target = step.made.clone().unwrap_or_else(|| change.target.clone());
    // Another secret than ours is no longer ours to take back.
    if let (Some(pointer), Some(ours)) =
        (change.means.secret_at(), step.found.as_ref().and_then(|found| found.version.as_ref()))
        && engine.remote.secret_is(&target, pointer, SecretLike::Version(ours)).await == Ok(false)
    {
        let what = "the secret was changed again since; taking back would overwrite that".to_owned();
        return Err(WhyNot(what));
    }
    let version = current.version.clone();
    Ok(match means {
        Means::UpdateEmail { .. } => by_update_email(engine, change, means, &current, target, version),
        // SCIM belongs to project admins; a super admin writes the user itself (platform-api §10.5, §15).
        Means::ScimEmail { email, .. } if engine.caller.role == Role::SuperAdmin => {
            let fields = vec![("/email".to_owned(), Some(json!(email.raw())))];
            vec![back(change, target, Means::patch(fields), version, fields_back(change, &current))]
        }
        Means::Patch { fields, .. } => {
            let changed = patch_fields(&current.record, fields, &current);
            vec![back(change, target, means.clone(), version, changed)]
        }
        Means::Restore { .. } => {
            let mut changed = fields_back(change, &current);
            for field in &mut changed {
                // Which of two secrets it is, only the history knows.
                if field.after == Some(Text::from(fields::SET)) && field.before.known() != Some(&None) {
                    field.before = Seen::Known(Some(Text::from(fields::SET)));
                    field.after = Some(Text::from(fields::PUT_BACK));
                }
            }
            vec![back(change, target, means.clone(), version, changed)]
        }
        Means::Delete => {
            let gone = change.fields.iter().map(|f| FieldChange {
                field: f.field.clone(),
                before: Seen::Known(current.field(&f.field).cloned().flatten()),
                after: None,
            });
            let client = back(change, target, Means::Delete, version, gone.collect());
            let mut all = memberships_gone(engine, change, &client.target).await?;
            all.push(client);
            all
        }
        Means::ScimEmail { .. }
        | Means::Invite { .. }
        | Means::Create { .. }
        | Means::MakeClient { .. }
        | Means::ClientSecret { .. }
        | Means::Member { .. }
        | Means::EndOwnSession
        | Means::SetPassword { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::Rescope { .. }
        | Means::RefreshDisplay => {
            vec![back(change, target, means.clone(), version, fields_back(change, &current))]
        }
    })
}

/// A client that came with a membership: the membership goes first, so that none is left without a client.
async fn memberships_gone(
    engine: &Engine,
    change: &Change,
    client: &Reference,
) -> Result<Vec<Change>, WhyNot> {
    if !matches!(change.means, Means::MakeClient { .. }) {
        return Ok(Vec::new());
    }
    let found = engine.remote.memberships_of_profile(client).await;
    let found = found.map_err(|trouble| WhyNot(format!("its membership could not be read: {trouble}")))?;
    let gone = found.iter().map(|membership| Change {
        target: membership.id.reference(),
        label: "take back: its membership".to_owned(),
        who: change.who.clone(),
        fields: fields::of_membership(membership)
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .map(|(field, before)| FieldChange { field, before: Seen::Known(before), after: None })
            .collect(),
        expected_version: Some(membership.version.id.clone()),
        means: Means::Delete,
        undo: Undo::Not { why: "do the first change again instead".to_owned() },
    });
    Ok(gone.collect())
}

/// True when the record stands as taking back would leave it.
fn is_back(change: &Change, means: &Means, current: &Snapshot) -> bool {
    let wanted = match means {
        Means::Patch { fields, .. } => patch_fields(&current.record, fields, current),
        Means::Restore { .. } => fields_back(change, current),
        Means::UpdateEmail { .. } | Means::ScimEmail { .. } | Means::Rescope { .. } => {
            let mut wanted = fields_back(change, current);
            // Taking back by the platform's own way leaves the address unverified.
            wanted.retain(|field| field.field != fields::VERIFIED);
            wanted
        }
        Means::Delete => return current.version.is_none(),
        Means::Invite { .. }
        | Means::Create { .. }
        | Means::MakeClient { .. }
        | Means::ClientSecret { .. }
        | Means::Member { .. }
        | Means::SetPassword { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::EndOwnSession
        | Means::RefreshDisplay => return false,
    };
    !wanted.is_empty() && wanted.iter().all(|field| current.field(&field.field) == Some(&field.after))
}

fn by_update_email(
    engine: &Engine,
    change: &Change,
    means: &Means,
    current: &Snapshot,
    target: Reference,
    version: Option<VersionId>,
) -> Vec<Change> {
    let mut changed = fields_back(change, current);
    let was_verified =
        changed.iter().any(|f| f.field == fields::VERIFIED && f.after == Some(fields::yes_no(true)));
    for field in &mut changed {
        if field.field == fields::VERIFIED {
            // The operation always unverifies (platform-api §8).
            field.after = Some(fields::yes_no(false));
        }
    }
    let mut plan = vec![back(change, target.clone(), means.clone(), version.clone(), changed)];
    if was_verified && engine.caller.role == Role::SuperAdmin {
        // Read-only for project admins (platform-api §12).
        let fields = vec![("/emailVerified".to_owned(), Some(json!(true)))];
        let mut verify = back(
            change,
            target,
            Means::patch(fields),
            version,
            vec![FieldChange {
                field: fields::VERIFIED.to_owned(),
                before: Seen::Known(Some(fields::yes_no(false))),
                after: Some(fields::yes_no(true)),
            }],
        );
        verify.label = String::from("mark the old address as verified again");
        verify.undo = Undo::Not { why: "it follows the address".to_owned() };
        plan.push(verify);
    }
    plan
}

fn back(
    change: &Change,
    target: Reference,
    means: Means,
    expected_version: Option<VersionId>,
    fields: Vec<FieldChange>,
) -> Change {
    let undo = match &change.means {
        // What it replaced is in the history from now on, too.
        Means::Patch { .. } | Means::Restore { fields: Some(_), .. }
            if let (Means::Restore { fields: Some(pointers), .. }, Some(now)) =
                (&means, &expected_version) =>
        {
            let again = Means::Restore { version: now.clone(), fields: Some(pointers.clone()) };
            Undo::By { means: Box::new(again), lost: String::new() }
        }
        Means::UpdateEmail { .. } | Means::ScimEmail { .. } | Means::Patch { .. } | Means::Rescope { .. } => {
            Undo::By { means: Box::new(change.means.clone()), lost: String::new() }
        }
        Means::Invite { .. }
        | Means::Create { .. }
        | Means::MakeClient { .. }
        | Means::ClientSecret { .. }
        | Means::Delete
        | Means::Restore { .. }
        | Means::Member { .. }
        | Means::EndOwnSession
        | Means::SetPassword { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::RefreshDisplay => Undo::Not { why: "do the first change again instead".to_owned() },
    };
    Change {
        target,
        label: format!("take back: {}", change.label),
        who: change.who.clone(),
        fields,
        expected_version,
        means,
        undo,
    }
}

fn fields_back(change: &Change, current: &Snapshot) -> Vec<FieldChange> {
    let known = change.fields.iter().filter_map(|field| Some((field, field.before.known()?)));
    known
        .map(|(field, before)| FieldChange {
            field: field.field.clone(),
            before: Seen::Known(current.field(&field.field).cloned().flatten()),
            after: before.clone(),
        })
        .collect()
}

/// The fields that a patch changes, in the words of plans.
fn patch_fields(
    target: &Reference,
    sent: &[(String, Option<Value>)],
    current: &Snapshot,
) -> Vec<FieldChange> {
    let Some(kind) = kinds::of(&target.kind) else { return Vec::new() };
    sent.iter()
        .filter_map(|(pointer, value)| {
            let field = kind.field(pointer)?;
            Some(FieldChange {
                field: field.word.to_owned(),
                before: Seen::Known(current.field(field.word).cloned().flatten()),
                after: field.words(value.as_ref()),
            })
        })
        .collect()
}

/// What taking back an address does to the sign-in, and whether somebody has taken it in the meantime.
async fn look_ahead(engine: &Engine, plan: &mut Plan) -> Result<(), WhyNot> {
    let address = plan.changes.iter().find_map(|change| match &change.means {
        Means::UpdateEmail { email, .. } | Means::ScimEmail { email, .. } => Some(email.clone()),
        Means::Patch { fields, .. } => fields
            .iter()
            .find(|(path, _)| path == "/email")
            .and_then(|(_, value)| value.as_ref().and_then(Value::as_str).map(Text::from)),
        Means::Invite { .. }
        | Means::Create { .. }
        | Means::MakeClient { .. }
        | Means::ClientSecret { .. }
        | Means::Delete
        | Means::Restore { .. }
        | Means::Member { .. }
        | Means::EndOwnSession
        | Means::SetPassword { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. }
        | Means::Rescope { .. }
        | Means::RefreshDisplay => None,
    });
    let (Some(address), Some(membership)) = (address, &plan.membership) else { return Ok(()) };
    let membership = MembershipId::clone(membership);
    let person = gather(engine, &membership).await.map_err(|trouble| WhyNot(trouble.to_string()))?;
    let Ok(facts) = gather_for(engine, &person, address.raw(), None).await else {
        // An address that could not be typed today can still be put back.
        plan.warnings.push(format!("{address} is not a valid address; it is put back as it was"));
        return Ok(());
    };
    let proposal = email_change::propose(&engine.caller, &person, &facts, Choices::default())
        .map_err(|refusal| WhyNot(refusal.to_string()))?;
    let shown = proposal.ways.iter().find_map(|way| match &way.offer {
        Offer::Plan(plan) => Some(plan),
        Offer::Text(_) | Offer::Not(_) => None,
    });
    if let Some(shown) = shown {
        plan.about.clone_from(&shown.about);
    }
    if !plan.sign_in.is_empty() {
        plan.also
            .push("taken as given: identity providers send what they were taken to send then".to_owned());
    }
    plan.also.push("no mail is sent".to_owned());
    if matches!(plan.changes[0].means, Means::ScimEmail { .. }) {
        plan.warnings.insert(0, "this changes the sign-in in every project again".to_owned());
    }
    if person.is_own(&engine.caller) {
        plan.warnings.insert(0, format!("this is your own account: from now on you sign in with {address}"));
        plan.confirm = Confirm::Typed { text: address };
    }
    Ok(())
}

/// What a change did to the sign-in, the other way round. Taking back moves no identity provider: what it sends is
/// the same before and after, so a fresh look that takes it to send the old address would promise too much.
fn reversed(effects: &[SignInEffect]) -> Vec<SignInEffect> {
    let turned = |effect: &SignInEffect| SignInEffect {
        way: effect.way.clone(),
        before: effect.after.clone(),
        after: effect.before.clone(),
    };
    effects.iter().map(turned).collect()
}
