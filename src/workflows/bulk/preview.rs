//! What a sheet comes to, row by row, before anything is sent: everybody found, every change planned as for each of
//! them alone, each row as if those above it were done.

use std::collections::{BTreeSet, HashMap};

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};

use super::columns::Column;
use super::invite;
use super::locate::{self, Located, locate};
use super::merge::{merged, sign_ins};
use super::row::{Act, Problem, Row, Wants, Wish};
use super::troubles::Troubles;
use crate::identity::{
    Change, Email, KnownAddresses, Means, Membership, MembershipId, ProjectId, Reference, SignInEffect,
    SignInOutcome, Text, UserId,
};
use crate::workflows::email_change::{self, Choices, Offer, PrepareError, WayKind};
use crate::workflows::engine::Engine;
use crate::workflows::imagined::Imagined;
use crate::workflows::intent::{Intent, NoPlan, Why, plan as plan_intent};
use crate::workflows::person;
use crate::workflows::remote::Trouble;

/// People read at the same time.
const AT_ONCE: usize = 6;

/// With how many addresses new ones are compared.
const COMPARE_AT_MOST: usize = 20_000;

/// What a sheet comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What it was read from.
    pub source: Text,
    /// In the order of the sheet.
    pub rows: Vec<Previewed>,
}

/// What one row comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    /// The line it begins at, from 1.
    pub line: u64,
    /// Whom it names, as written.
    pub named: Text,
    /// Who that is.
    pub name: Option<Text>,
    /// Their membership; none for somebody to be invited.
    pub member: Option<MembershipId>,
    /// What is done.
    pub comes_to: ComesTo,
    /// What is worth a second look.
    pub notes: Vec<String>,
}

/// What there is to do for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComesTo {
    /// This.
    Changes(Box<Work>),
    /// Nothing: it is so, or earlier rows make it so.
    AlreadySo {
        /// Their places in [`Preview::rows`]; none where it is so today.
        by: Vec<usize>,
    },
    /// It cannot be done as it stands.
    Unclear(Vec<Problem>),
}

/// The changes of one row and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// In their order.
    pub changes: Vec<Change>,
    /// Sign-in before and after.
    pub sign_in: Vec<SignInEffect>,
    /// What else follows.
    pub also: Vec<String>,
}

/// How often the rows come to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// There is something to do.
    pub changes: usize,
    /// Nothing to do.
    pub already_so: usize,
    /// Not as they stand.
    pub unclear: usize,
}

impl Preview {
    /// How many rows come to what.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            match row.comes_to {
                ComesTo::Changes(_) => counts.changes += 1,
                ComesTo::AlreadySo { .. } => counts.already_so += 1,
                ComesTo::Unclear(_) => counts.unclear += 1,
            }
        }
        counts
    }
}

impl Work {
    /// A way in that is refused now and will lead in.
    pub fn opens(&self) -> bool {
        self.turns(false, true)
    }

    /// A way in that leads in now and will be refused.
    pub fn closes(&self) -> bool {
        self.turns(true, false)
    }

    /// A way of which it is known only before, or only after, whether it leads in: what happens to it cannot be said.
    pub fn cannot_be_said(&self) -> bool {
        let unsaid =
            |effect: &SignInEffect| leads_in(&effect.before).is_some() != leads_in(&effect.after).is_some();
        self.sign_in.iter().any(unsaid)
    }

    fn turns(&self, before: bool, after: bool) -> bool {
        let turns = |effect: &SignInEffect| {
            (leads_in(&effect.before), leads_in(&effect.after)) == (Some(before), Some(after))
        };
        self.sign_in.iter().any(turns)
    }
}

/// Nothing where it cannot be said.
fn leads_in(outcome: &SignInOutcome) -> Option<bool> {
    match outcome {
        SignInOutcome::SignsIn { .. } => Some(true),
        SignInOutcome::Refused { .. } => Some(false),
        SignInOutcome::Unknown { .. } => None,
    }
}

/// Finds everybody, plans everything, sends nothing. `progress` is told how many rows have been looked at: each is
/// looked at twice, once to find whom it means, once to plan.
pub async fn preview(
    engine: &Engine,
    source: &str,
    rows: &[Row],
    mut progress: impl FnMut(usize) + Send,
) -> Result<Preview, NoPlan> {
    let (engine, imagined) = Imagined::over(engine);
    let mut found = Vec::with_capacity(rows.len());
    let looks: Vec<BoxFuture<'_, _>> = rows.iter().map(|row| look(&engine, row).boxed()).collect();
    let mut reading = futures::stream::iter(looks).buffered(AT_ONCE);
    let mut troubles = Troubles::default();
    while let Some(one) = reading.next().await {
        let line = rows[found.len()].line;
        if matches!(one, Ok(Some(_))) {
            troubles.answered();
        }
        let one = troubles.alone(one.map_err(NoPlan::from))?;
        found.push(one.unwrap_or_else(|what| Some(Err(vec![Problem::of_row(line, what)]))));
        progress(found.len());
    }
    let mut planner = Planner {
        engine: &engine,
        imagined: &imagined,
        known: HashMap::new(),
        latest: HashMap::new(),
        troubles: Troubles::default(),
    };
    let mut previewed = Vec::with_capacity(rows.len());
    for (at, (row, found)) in rows.iter().zip(found).enumerate() {
        previewed.push(planner.row(at, row, found).await?);
        progress(rows.len() + at + 1);
    }
    Ok(Preview { source: Text::from(source), rows: previewed })
}

/// Whom a row means; what planning will ask about them is read meanwhile and kept.
async fn look(engine: &Engine, row: &Row) -> Result<Option<Result<Located, Vec<Problem>>>, Trouble> {
    let (who, wants) = match &row.act {
        Act::Change(who, wants) if row.problems.is_empty() => (who, wants),
        Act::Invite(wanted, _) if row.problems.is_empty() => {
            invite::read_ahead(engine, wanted).await;
            return Ok(None);
        }
        Act::Invite(..) | Act::Change(..) => return Ok(None),
    };
    let found = locate(engine, row.line, who, wants).await?;
    if let Ok(Located { member, .. }) = &found
        && touches(engine, member, wants).await?
    {
        // A failure shows again where it is asked for.
        let _ = person::gather(engine, &member.id).await;
        if let Some(email) = &wants.email {
            let email = email.raw().to_lowercase();
            let _ = engine.remote.memberships_by_email(&email).await;
            let _ = engine.remote.users_by_email(&email).await;
        }
        if let Wish::Set(id) = &wants.external_id {
            let _ = engine.remote.memberships_by_external_id(id.raw()).await;
        }
    }
    Ok(Some(found))
}

/// Whether a row changes anything but the policy, as far as a look at the member tells.
async fn touches(engine: &Engine, member: &Membership, wants: &Wants) -> Result<bool, Trouble> {
    let differs = wants.mfa_required.is_some()
        || wants.active.is_some_and(|active| active != member.active)
        || wants.admin.is_some_and(|admin| admin != member.admin)
        || wants_other_id(member, &wants.external_id)
        || match &wants.policy {
            Wish::Keep => false,
            Wish::Set(policy) => !is_policy(member, policy),
            Wish::Clear => member.policy.is_some(),
        };
    if differs {
        return Ok(true);
    }
    Ok(match &wants.email {
        Some(email) => !is_email(engine, member, email).await?,
        None => false,
    })
}

fn wants_other_id(member: &Membership, wish: &Wish) -> bool {
    match wish {
        Wish::Keep => false,
        Wish::Set(id) => member.external_id.as_ref() != Some(id),
        Wish::Clear => member.external_id.is_some(),
    }
}

fn is_policy(member: &Membership, wanted: &Text) -> bool {
    member.policy.as_ref().is_some_and(|has| has.to_string() == wanted.raw() || *has.id == *wanted.raw())
}

/// In any case: a stored address with capitals is another matter.
async fn is_email(engine: &Engine, member: &Membership, email: &Text) -> Result<bool, Trouble> {
    let has = locate::email(engine, member).await?;
    Ok(has
        .known()
        .cloned()
        .flatten()
        .is_some_and(|has| has.raw().to_lowercase() == email.raw().to_lowercase()))
}

struct Planner<'a> {
    engine: &'a Engine,
    imagined: &'a Imagined,
    /// Addresses to compare new ones with, by project.
    known: HashMap<ProjectId, KnownAddresses>,
    /// The latest row that changes what a column is about, by record.
    latest: HashMap<(Reference, Column), usize>,
    troubles: Troubles,
}

/// What one wish of a row comes to.
enum Step {
    Nothing,
    Plan(Box<crate::identity::Plan>),
    Not(Problem),
}

impl Planner<'_> {
    async fn row(
        &mut self,
        at: usize,
        row: &Row,
        found: Option<Result<Located, Vec<Problem>>>,
    ) -> Result<Previewed, NoPlan> {
        let mut previewed = Previewed {
            line: row.line,
            named: row.named(),
            name: None,
            member: None,
            comes_to: ComesTo::Unclear(row.problems.clone()),
            notes: Vec::new(),
        };
        if let Act::Invite(wanted, noes) = &row.act {
            previewed.name = Some(super::row::full_name(wanted));
            if row.problems.is_empty() {
                let planned =
                    invite::plan(self.engine, row.line, (wanted, *noes), &mut previewed.notes).await;
                if planned.is_ok() {
                    self.troubles.answered();
                }
                previewed.comes_to = match self.troubles.alone(planned)? {
                    Ok(comes_to) => comes_to,
                    Err(what) => ComesTo::Unclear(vec![Problem::of_row(row.line, what)]),
                };
                if let ComesTo::Changes(work) = &previewed.comes_to {
                    self.imagined.imagine(&work.changes);
                }
            }
            return Ok(previewed);
        }
        let (Act::Change(_, wants), Some(found)) = (&row.act, found) else { return Ok(previewed) };
        let located = match found {
            Ok(located) => located,
            Err(problems) => {
                previewed.comes_to = ComesTo::Unclear(problems);
                return Ok(previewed);
            }
        };
        let member = &located.member;
        previewed.name = Some(member.profile.display.clone().unwrap_or_default());
        previewed.member = Some(member.id.clone());
        if let Some(problem) = not_for_rows(row.line, member) {
            previewed.comes_to = ComesTo::Unclear(vec![problem]);
            return Ok(previewed);
        }
        if wants.nothing() {
            previewed.notes.push("the row wants nothing".to_owned());
        }
        let mark = self.imagined.mark(member);
        let (work, problems) = self.change(row.line, member, wants, &mut previewed.notes).await?;
        if is_own(self.engine, member) && !(problems.is_empty() && work.changes.is_empty()) {
            self.imagined.back_to(mark);
            let what = "It is your own account, which no sheet changes; do it by itself.";
            previewed.comes_to = ComesTo::Unclear(vec![Problem::of_row(row.line, what)]);
        } else if !problems.is_empty() {
            self.imagined.back_to(mark);
            previewed.comes_to = ComesTo::Unclear(problems);
        } else if work.changes.is_empty() {
            previewed.comes_to = ComesTo::AlreadySo { by: self.made_so_by(member, wants) };
        } else if let Some(column) = located.moved {
            self.imagined.back_to(mark);
            let what = format!(
                "Nobody has it; what is to stand there is {}'s already. If they are meant, name them under {}.",
                locate::named(std::slice::from_ref(member)),
                Column::Membership.heading()
            );
            previewed.comes_to = ComesTo::Unclear(vec![Problem::in_cell(row.line, column, what)]);
        } else {
            for column in work.changes.iter().flat_map(columns_of) {
                self.latest.insert((record_of(column, member), column), at);
            }
            previewed.comes_to = ComesTo::Changes(Box::new(work));
        }
        Ok(previewed)
    }

    /// The rows above that change what this one wants. What none of them touches is so today.
    fn made_so_by(&self, member: &Membership, wants: &Wants) -> Vec<usize> {
        let latest = WANTED
            .into_iter()
            .filter(|column| wants.touches(*column))
            .filter_map(|column| self.latest.get(&(record_of(column, member), column)).copied());
        latest.collect::<BTreeSet<usize>>().into_iter().collect()
    }

    /// Everything that a row wants of a member, as few writes as possible.
    async fn change(
        &mut self,
        line: u64,
        member: &Membership,
        wants: &Wants,
        notes: &mut Vec<String>,
    ) -> Result<(Work, Vec<Problem>), NoPlan> {
        let (mut work, mut problems, mut lost) = (Work::default(), Vec::new(), false);
        for column in WANTED.into_iter().filter(|column| wants.touches(*column)) {
            let wish = self.wish(line, &member.id, wants, column).await;
            match self.troubles.alone(wish)? {
                Ok(Step::Nothing) => {}
                Ok(Step::Not(problem)) => problems.push(problem),
                Ok(Step::Plan(plan)) => {
                    self.imagined.imagine(&plan.changes);
                    work.changes.extend(plan.changes);
                    sign_ins(&mut work.sign_in, plan.sign_in);
                    work.also.extend(
                        plan.also.into_iter().filter(|words| !work.also.contains(words)).collect::<Vec<_>>(),
                    );
                    notes.extend(plan.warnings);
                }
                Err(what) => {
                    problems.push(Problem::in_cell(line, column, what));
                    lost = true;
                    break;
                }
            }
        }
        // Once a row, and only where something was planned: wishes that are met already are told from memory.
        if !lost && !work.changes.is_empty() {
            self.troubles.answered();
        }
        work.changes = merged(work.changes);
        Ok((work, problems))
    }

    async fn wish(
        &mut self,
        line: u64,
        member: &MembershipId,
        wants: &Wants,
        column: Column,
    ) -> Result<Step, NoPlan> {
        // As it stands after what was planned so far.
        let now = &self.engine.remote.membership(member).await?;
        let members = vec![now.id.clone()];
        let intent = match column {
            Column::NewEmail => return self.email(line, now, wants).await,
            Column::NewExternalId if wants_other_id(now, &wants.external_id) => {
                let external_id = match &wants.external_id {
                    Wish::Set(id) => Some(id.clone()),
                    Wish::Keep | Wish::Clear => None,
                };
                Intent::Link { members, external_id }
            }
            Column::Admin => match wants.admin {
                Some(admin) if admin != now.admin => Intent::Admin { member: now.id.clone(), admin },
                _ => return Ok(Step::Nothing),
            },
            Column::Policy => match &wants.policy {
                // What stands there stays, also where it is a policy that is gone.
                Wish::Set(policy) if is_policy(now, policy) => return Ok(Step::Nothing),
                Wish::Set(policy) => Intent::Policy { members, policy: Some(policy.clone()) },
                Wish::Clear if now.policy.is_some() => Intent::Policy { members, policy: None },
                Wish::Clear | Wish::Keep => return Ok(Step::Nothing),
            },
            Column::MfaRequired => match wants.mfa_required {
                Some(required) => Intent::RequireFactor { members, required },
                None => return Ok(Step::Nothing),
            },
            Column::Active => match wants.active {
                Some(active) if active != now.active => Intent::Activate { members, active },
                _ => return Ok(Step::Nothing),
            },
            _ => return Ok(Step::Nothing),
        };
        match plan_intent(self.engine, &intent).await {
            Ok(plan) => Ok(Step::Plan(Box::new(plan))),
            Err(NoPlan::Refused { why: Why::Nothing, .. }) => Ok(Step::Nothing),
            Err(NoPlan::Refused { what, next, .. }) => {
                Ok(Step::Not(Problem::in_cell(line, column, format!("{what} {next}").trim_end())))
            }
            Err(platform) => Err(platform),
        }
    }

    async fn email(&mut self, line: u64, now: &Membership, wants: &Wants) -> Result<Step, NoPlan> {
        let Some(email) = &wants.email else { return Ok(Step::Nothing) };
        if is_email(self.engine, now, email).await? {
            return Ok(Step::Nothing);
        }
        let not = |what: String| Ok(Step::Not(Problem::in_cell(line, Column::NewEmail, what)));
        if let Err(error) = Email::parse(email.raw()) {
            return not(format!("{error}."));
        }
        if !self.known.contains_key(&now.project) {
            let (texts, _) = self.engine.remote.addresses(&now.project, COMPARE_AT_MOST).await?;
            let known = KnownAddresses::new(texts.iter().map(Text::raw));
            self.known.insert(now.project.clone(), known);
        }
        let choices = Choices { skip_verification: wants.mail == Some(false), ..Choices::default() };
        let known = self.known.get(&now.project);
        let prepared = email_change::prepare(self.engine, &now.id, email.raw(), known, choices).await;
        let proposal = match prepared {
            Ok(prepared) => prepared.proposal,
            Err(PrepareError::Platform(trouble)) => return Err(trouble.into()),
            Err(PrepareError::Refused(email_change::Refusal::Same { .. })) => return Ok(Step::Nothing),
            Err(PrepareError::Refused(refusal)) => return not(format!("{refusal}.")),
        };
        // A second user is nothing to be made by the dozen.
        let best =
            proposal.recommended().filter(|way| matches!(way.kind, WayKind::UpdateEmail | WayKind::Scim));
        if let Some(Offer::Plan(plan)) = best.map(|way| &way.offer) {
            let mut plan = plan.clone();
            plan.warnings.extend(proposal.notices.clone());
            return Ok(Step::Plan(plan));
        }
        let why = proposal.ways.iter().find_map(|way| match &way.offer {
            Offer::Not(why) => Some(format!(" ({}: {why})", way.kind.title())),
            Offer::Plan(_) | Offer::Text(_) => None,
        });
        let why = why.unwrap_or_default();
        not(format!("The address cannot be changed by your role{why}. Look at this person alone."))
    }
}

/// What no row is for.
fn not_for_rows(line: u64, member: &Membership) -> Option<Problem> {
    if Imagined::is_imagined(&member.id) {
        return Some(Problem::of_row(line, "They are invited by another row of this sheet; run that first."));
    }
    if &*member.user.kind != UserId::KIND {
        let what = format!("{} is no person.", reference(&member.profile));
        return Some(Problem::of_row(line, what));
    }
    None
}

fn is_own(engine: &Engine, member: &Membership) -> bool {
    member.id == engine.caller.membership
        || engine.caller.user.as_ref().is_some_and(|user| *user.as_str() == *member.user.id)
}

/// What a row may want, in the order in which it is done.
const WANTED: [Column; 6] = [
    Column::NewEmail,
    Column::NewExternalId,
    Column::Admin,
    Column::Policy,
    Column::MfaRequired,
    Column::Active,
];

/// The record that holds what a column is about.
fn record_of(column: Column, member: &Membership) -> Reference {
    match column {
        Column::NewEmail | Column::MfaRequired => reference(&member.user),
        _ => member.id.reference(),
    }
}

fn reference(of: &Reference) -> Reference {
    Reference { display: None, ..of.clone() }
}

/// What a change is about, as sheets call it.
fn columns_of(change: &Change) -> Vec<Column> {
    let of = |pointer: &str| match pointer {
        "/email" => Some(Column::NewEmail),
        "/externalId" => Some(Column::NewExternalId),
        "/admin" => Some(Column::Admin),
        "/accessPolicy" => Some(Column::Policy),
        "/mfaRequired" => Some(Column::MfaRequired),
        "/active" => Some(Column::Active),
        _ => None,
    };
    match &change.means {
        Means::UpdateEmail { .. } | Means::ScimEmail { .. } => vec![Column::NewEmail],
        Means::Patch { fields, .. } => fields.iter().filter_map(|(pointer, _)| of(pointer)).collect(),
        _ => Vec::new(),
    }
}
