//! The same for several people: one plan with a row for each, planned as for each of them alone.
//!
//! What is right for one may be wrong for all of them together: two of the last two admins, one external id for two
//! people. That is looked at here.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::{BoxFuture, join_all};
use serde_json::json;

use super::guard::{self, Guard};
use super::{Intent, NoPlan, Why, rows};
use crate::identity::{Change, Confirm, Means, Membership, MembershipId, OnFailure, Plan, Reference, Text};
use crate::workflows::engine::Engine;
use crate::workflows::imagined::Imagined;

/// People planned for at the same time.
const AT_ONCE: usize = 4;
/// People named one by one where something holds for some of them.
const NAMED: usize = 3;

/// What is to be done with whom; without a membership it is a user alone.
pub(super) struct Wanted {
    pub member: Option<MembershipId>,
    pub name: Text,
    pub intent: Intent,
}

/// A person and the plan for them.
struct Row {
    member: Option<Membership>,
    name: String,
    plan: Plan,
}

/// Not async, so that the recursion ends here.
pub(super) fn alone<'a>(engine: &'a Engine, intent: &'a Intent) -> BoxFuture<'a, Result<Plan, NoPlan>> {
    Box::pin(super::plan(engine, intent))
}

pub(super) async fn plan(engine: &Engine, intents: &[Intent]) -> Result<Plan, NoPlan> {
    if let [one] = intents {
        return alone(engine, one).await;
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut latest: HashMap<&MembershipId, &Intent> = HashMap::new();
    for intent in intents {
        match intent.member() {
            // Somebody marked twice is done once; different things for one person are done in their order, and the last
            // one stands.
            Some(member) if latest.insert(member, intent) == Some(intent) => {}
            Some(member) => {
                let (member, name) = (Some(member.clone()), Text::default());
                wanted.push(Wanted { member, name, intent: intent.clone() });
            }
            None => {
                let what = format!("{} is done for one person at a time.", intent.title());
                return Err(NoPlan::because(Why::Malformed, what));
            }
        }
    }
    let title = intents.first().map(Intent::title).unwrap_or_default();
    rows(engine, title, wanted, Vec::new()).await
}

/// One plan of a row for each; whoever cannot be part of it is left out with the reason, beside `left_out`.
pub(super) async fn rows(
    engine: &Engine,
    title: &str,
    mut wanted: Vec<Wanted>,
    mut left_out: Vec<String>,
) -> Result<Plan, NoPlan> {
    let engine = &engine.in_background();
    let ids: Vec<MembershipId> = wanted.iter().filter_map(|one| one.member.clone()).collect();
    let rows::Rows { members, left_out: gone } = rows::read(engine, &ids).await?;
    left_out.extend(gone);
    let members: BTreeMap<MembershipId, Membership> =
        members.into_iter().map(|member| (member.id.clone(), member)).collect();
    wanted.retain(|one| one.member.as_ref().is_none_or(|id| members.contains_key(id)));
    let mut planned: Vec<Row> = Vec::new();
    let twice = wanted.iter().filter(|one| one.member.is_some()).count() > members.len();
    let imagined = twice.then(|| Imagined::over(engine));
    let engine = imagined.as_ref().map_or(engine, |(engine, _)| engine);
    for some in wanted.chunks(if twice { 1 } else { AT_ONCE }) {
        let answers = join_all(some.iter().map(|one| alone(engine, &one.intent))).await;
        // The second thing for somebody is planned as if the first were done.
        for plan in answers.iter().flatten() {
            if let Some((_, imagined)) = &imagined {
                imagined.imagine(&plan.changes);
            }
        }
        for (one, answer) in some.iter().zip(answers) {
            let member = one.member.as_ref().and_then(|id| members.get(id)).cloned();
            let name = member.as_ref().map_or_else(|| one.name.to_string(), guard::name);
            match answer {
                Ok(plan) => planned.push(Row { member, name, plan }),
                Err(refused) => left_out.push(why(&name, refused)?),
            }
        }
    }
    together(engine, &mut planned, &mut left_out).await?;
    fold(title, planned, left_out)
}

/// "Jane Smith is active already.", with the name in front where it does not begin so.
pub(super) fn why(name: &str, refused: NoPlan) -> Result<String, NoPlan> {
    match refused {
        NoPlan::Refused { what, .. } if what.starts_with(name) => Ok(what),
        NoPlan::Refused { what, .. } => Ok(format!("{name}: {what}")),
        platform @ NoPlan::Platform(_) => Err(platform),
    }
}

/// Leaves out who would be right alone and is wrong with those before them.
async fn together(engine: &Engine, planned: &mut Vec<Row>, left_out: &mut Vec<String>) -> Result<(), NoPlan> {
    let mut known: BTreeMap<MembershipId, Membership> = planned
        .iter()
        .filter_map(|row| row.member.as_ref())
        .map(|member| (member.id.clone(), member.clone()))
        .collect();
    for id in planned.iter().flat_map(|row| lets_go(&row.plan)) {
        if let Entry::Vacant(place) = known.entry(id) {
            let member = engine.remote.membership(place.key()).await?;
            place.insert(member);
        }
    }
    let gone: BTreeSet<MembershipId> = planned.iter().flat_map(|row| lets_go(&row.plan)).collect();
    let members: Vec<&Membership> = gone.iter().filter_map(|id| known.get(id)).collect();
    let mut guard = Guard::of(engine, &members).await?;
    let mut ids: HashMap<(String, String), MembershipId> = HashMap::new();
    let mut done: HashMap<String, Vec<Means>> = HashMap::new();
    for Row { member, name, mut plan } in std::mem::take(planned) {
        let mut after = guard.clone();
        let refused = lets_go(&plan)
            .iter()
            .filter_map(|id| known.get(id))
            .find_map(|member| after.lets_go(member, "you would lock yourself out").err());
        if let Some(refused) = refused {
            left_out.push(why(&name, refused)?);
            continue;
        }
        // An external id belongs to one member of a project (platform-api §9.2).
        if let (Some(id), Some(member)) = (external_id(&plan), &member) {
            let here = (member.project.to_string(), id);
            if ids.get(&here).is_some_and(|other| *other != member.id) {
                left_out.push(format!("{name}: another row gives {} already", shown(&here.1)));
                continue;
            }
            ids.insert(here, member.id.clone());
        }
        // Two memberships of one user lead to the same account.
        let of = |change: &Change| Reference { display: None, ..change.target.clone() }.to_string();
        plan.changes.retain(|change| done.get(&of(change)).is_none_or(|done| !stands(done, &change.means)));
        if plan.changes.is_empty() {
            left_out.push(format!("{name}: another row does it already"));
            continue;
        }
        guard = after;
        for change in &plan.changes {
            done.entry(of(change)).or_default().push(change.means.clone());
        }
        planned.push(Row { member, name, plan });
    }
    Ok(())
}

/// What was done to a record has this in it, and nothing later takes it away again.
fn stands(done: &[Means], means: &Means) -> bool {
    let pointers = |means: &Means| -> Option<Vec<String>> {
        let Means::Patch { fields, .. } = means else { return None };
        Some(fields.iter().map(|(pointer, _)| pointer.clone()).collect())
    };
    let apart = |other: &Means| match (pointers(other), pointers(means)) {
        (Some(others), Some(own)) => !others.iter().any(|pointer| own.contains(pointer)),
        _ => std::mem::discriminant(other) != std::mem::discriminant(means),
    };
    done.iter().rev().take_while(|other| *other == means || apart(other)).any(|other| other == means)
}

fn shown(id: &str) -> String {
    crate::identity::text::shown(id).into_owned()
}

/// The memberships that a plan keeps out or takes the rights from.
fn lets_go(plan: &Plan) -> Vec<MembershipId> {
    let falls = |(pointer, value): &(String, Option<serde_json::Value>)| {
        matches!(pointer.as_str(), "/active" | "/admin") && *value == Some(json!(false))
    };
    let memberships = plan.changes.iter().filter(|change| &*change.target.kind == MembershipId::KIND);
    memberships
        .filter(|change| matches!(&change.means, Means::Patch { fields, .. } if fields.iter().any(falls)))
        .map(|change| MembershipId::new(change.target.id.clone()))
        .collect()
}

/// The external id that a plan gives.
fn external_id(plan: &Plan) -> Option<String> {
    plan.changes.iter().find_map(|change| match &change.means {
        Means::Patch { fields, .. } => {
            let (_, value) = fields.iter().find(|(pointer, _)| pointer == "/externalId")?;
            value.as_ref()?.as_str().map(str::to_owned)
        }
        _ => None,
    })
}

/// What is said of people, and of whom.
#[derive(Default)]
pub(in crate::workflows) struct Said {
    /// In the order of their first time.
    lines: Vec<(String, Vec<String>)>,
    places: HashMap<String, usize>,
}

impl Said {
    pub fn add(&mut self, words: Vec<String>, name: &str) {
        for words in words {
            let at = *self.places.entry(words.clone()).or_insert(self.lines.len());
            match self.lines.get_mut(at) {
                Some((_, names)) => names.push(name.to_owned()),
                None => self.lines.push((words, vec![name.to_owned()])),
            }
        }
    }

    /// Once for all of them, else with their names in front.
    pub fn words(self, all: usize) -> Vec<String> {
        let line = |(words, names): (String, Vec<String>)| {
            // Some words begin with whom they are about already.
            let named = names.len() == 1 && words.starts_with(names[0].as_str());
            if named || names.len() == all {
                return words;
            }
            let more = names.len().saturating_sub(NAMED);
            let mut front = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            if more > 0 {
                front = format!("{front} and {more} more");
            }
            format!("{front}: {words}")
        };
        self.lines.into_iter().map(line).collect()
    }
}

fn fold(title: &str, planned: Vec<Row>, left_out: Vec<String>) -> Result<Plan, NoPlan> {
    let count = planned.len();
    if count == 0 {
        let why = format!("There is nobody left to do it to. {}", left_out.join(" "));
        return Err(NoPlan::because(Why::Nothing, why.trim_end()));
    }
    let word = if planned.iter().all(|row| row.member.is_none()) { "user" } else { "member" };
    let subject = if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    let mut plan = Plan::new(title, Text::from(subject));
    plan.about = "each row for itself: a failure does not stop the others".to_owned();
    plan.on_failure = OnFailure::GoOn;
    plan.confirm = Confirm::Typed { text: Text::from(count.to_string()) };
    let (mut also, mut warnings) = (Said::default(), Said::default());
    let mut undo: BTreeSet<String> = BTreeSet::new();
    for Row { name, plan: one, .. } in planned {
        also.add(one.also, &name);
        warnings.add(one.warnings, &name);
        undo.insert(one.undo);
        let who = Some(Text::from(name));
        plan.changes.extend(one.changes.into_iter().map(|change| Change { who: who.clone(), ..change }));
    }
    plan.also = also.words(count);
    plan.warnings = left_out.into_iter().map(|who| format!("left out: {who}")).collect();
    plan.warnings.extend(warnings.words(count));
    plan.undo = match undo.len() {
        1 => undo.into_iter().next().unwrap_or_default(),
        _ => "takes each row back as it was".to_owned(),
    };
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_names_whom_it_is_about_once() {
        let mut said = Said::default();
        said.add(vec!["Jane Smith is server-scoped".into(), "no mail is sent".into()], "Jane Smith");
        said.add(vec!["no mail is sent".into(), "a way closes".into()], "Noor Aziz");
        let words = said.words(3);
        assert_eq!(
            words,
            [
                "Jane Smith is server-scoped",
                "Jane Smith, Noor Aziz: no mail is sent",
                "Noor Aziz: a way closes"
            ]
        );
    }
}
