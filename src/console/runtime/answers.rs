//! How each question is answered and each write is carried out: one arm per variant.
//!
//! An answer is the last thing the work returns; before it, [`Reporter::send`] may report pages or steps.

mod bulk;
mod clients;
mod doctor;
mod domains;
mod onboarding;
mod own_factor;
mod route_test;
mod snapshot;
mod sweep;

use futures::StreamExt as _;
use jiff::Timestamp;

use super::world::Connected;
use super::{Reporter, World};
use crate::console::effect::{Answer, Applied, MemberRead, NotApplied, Question, Write};
use crate::console::failure::Failure;
use crate::console::words::ago;
use crate::identity::linkage::Histories;
use crate::identity::{KnownAddresses, MembershipId, OnFailure, Plan, Reference, Secret, Text, UserId};
use crate::journal::{EntryId, Filter, StepRecord, StepState};
use crate::workflows::email_change::{GatherError, gather_for};
use crate::workflows::intent::{self, NoPlan};
use crate::workflows::refusals::{Cause, Refused};
use crate::workflows::settle::{self, NotResumed, SettleError};
use crate::workflows::sheet::{self, NotSaved};
use crate::workflows::undo::plan_undo;
use crate::workflows::{
    ApplyError, Control, Engine, Progress, Trouble, access, apply_under, flow_lab, linkage, overview, person,
    project, second_factor, sessions,
};

/// Addresses asked of SCIM at the same time.
const SCIM_AT_ONCE: usize = 4;

/// Histories told at the same time.
const HISTORIES_TOLD: usize = 8;

/// Answers a question. May be dropped at any await.
pub(super) async fn answer(world: World, question: Question, report: Reporter) -> Answer {
    let Some(connected) = world.live.get() else { return Answer::Failed(nobody()) };
    let engine = &connected.engine;
    match question {
        Question::Members => members(&connected, &report).await,
        Question::Emails(ids) => emails(engine, ids, &report).await,
        Question::Member(id) => {
            member(engine, &id).await.unwrap_or_else(|trouble| Answer::Failed(told(&trouble)))
        }
        Question::Rows(ids) => rows(&engine.in_background(), ids, &report).await,
        Question::Person(id) => match person::gather(engine, &id).await {
            Ok(person) => Answer::Person(Box::new(person)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::History { membership, user } => history(engine, &membership, user.as_ref()).await,
        Question::Idps(domains) => match linkage::idps(engine, &domains).await {
            Ok(idps) => Answer::Idps(Box::new(idps)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::Posture(domains) => match overview::posture(engine, &domains).await {
            Ok(posture) => Answer::Posture(Box::new(posture)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::Domains(used) => domains::answer(engine, &used).await,
        Question::Histories(members) => histories(engine, &members, &report).await,
        Question::Access(member) => match access::of(engine, &member).await {
            Ok(access) => Answer::Access(Box::new(access)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::May { access, wish } => match access::may(engine, &access, &wish).await {
            Ok(may) => Answer::May(may),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::EmailFacts { person, email, known } => {
            let known = known.map(|known| KnownAddresses::new(known.0.lines()));
            match gather_for(engine, &person, email.as_str(), known.as_ref()).await {
                Ok(facts) => Answer::EmailFacts(Box::new(facts)),
                Err(GatherError::Malformed(error)) => Answer::Failed(Failure::new(error.to_string())),
                Err(GatherError::Platform(trouble)) => Answer::Failed(told(&trouble)),
            }
        }
        Question::Plan(intent) => match intent::plan(engine, &intent).await {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(NoPlan::Platform(trouble)) => Answer::Failed(told(&trouble)),
            Err(refused @ NoPlan::Refused { .. }) => Answer::NoPlan(refused.to_string()),
        },
        Question::Policies(member) => match policies(engine, &member).await {
            Ok(found) => Answer::Policies(found),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::Projects(ids) => match project::names(engine, &ids).await {
            Ok(names) => Answer::Projects(names),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::UndoPlan(entry) => match plan_undo(engine, entry).await {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(why) => Answer::NoPlan(format!("It cannot be taken back: {why}.")),
        },
        Question::FactorRules { projects, addresses } => {
            Answer::FactorRules(Box::new(second_factor::rules(engine, &projects, &addresses).await))
        }
        Question::Doctor(question) => doctor::answer(&connected, question).await,
        Question::LabChoices => match flow_lab::choices(engine, connected.connection.as_deref()).await {
            Ok(choices) => Answer::LabChoices(Box::new(choices)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::Own(question) => own_factor::answer(engine, question).await,
        Question::Describe(issuer) => route_test::describe(&connected, &issuer).await,
        Question::RouteTest(question) => route_test::answer(&connected, *question, &report).await,
        Question::Sweep { everybody, around } => sweep::answer(&connected, everybody, around, &report).await,
        Question::Impact(about) => onboarding::impact(engine, &about).await,
        Question::Onboard(question) => onboarding::answer(&connected, &world.paths, question).await,
        Question::OpenRequest { path, secret } => {
            onboarding::open_request(&connected, &world.paths, &path, &secret).await
        }
        Question::Sheet { path, encoding } => bulk::look(engine, path, encoding, &report).await,
        Question::SheetPlan { preview, leave_out_unclear } => bulk::plan(preview, leave_out_unclear).await,
        Question::Verdicts { entry, path } => bulk::verdicts(engine, entry, path).await,
        Question::Snapshot(question) => snapshot::answer(&connected, &world.paths, question, &report).await,
        Question::Clients(question) => clients::answer(engine, question).await,
        Question::Sessions => match sessions::list(engine, None).await {
            Ok(found) => Answer::Sessions(Box::new(found)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        Question::ResumePlan(entry) => match settle::resume(engine, entry).await {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(NotResumed::Settle(SettleError::Unread(trouble))) => Answer::Failed(told(&trouble)),
            Err(why) => Answer::NoPlan(format!("It cannot be gone on with: {why}.")),
        },
        Question::Journal => match engine.journal.list(&Filter::default()) {
            Ok(entries) => Answer::Journal(entries),
            Err(error) => {
                Answer::Failed(Failure::new("The journal could not be read.").because(error.to_string()))
            }
        },
        Question::Save { path, sheet, replace } => {
            let shown = crate::identity::text::shown(&path.display().to_string()).into_owned();
            let rows = sheet.rows();
            let saving = move || sheet::save(&path, &sheet, replace);
            match tokio::task::spawn_blocking(saving).await {
                Ok(Ok(())) => Answer::Saved { path: shown, rows },
                Ok(Err(NotSaved::Exists)) => Answer::FileExists(shown),
                Ok(Err(NotSaved::Io(error))) => Answer::Failed(
                    Failure::new(format!("{shown} could not be written.")).because(format!("{error}.")),
                ),
                Err(_) => Answer::Failed(Failure::new("The file could not be written.")),
            }
        }
        Question::Platform { web_app } => {
            let session = connected.session.as_ref().filter(|_| web_app);
            let learned = async {
                match session {
                    Some(session) => session.web_app().await.ok().flatten(),
                    None => None,
                }
            };
            let (platform, web_app) = futures::join!(engine.remote.about_with_version(), learned);
            Answer::Platform { platform, web_app: web_app.map(String::from) }
        }
        Question::Settle(entry) => match settle::settle(engine, entry).await {
            Ok(entry) => Answer::Settled(Box::new(entry)),
            Err(error) => {
                Answer::Failed(Failure::new("The entry could not be settled.").because(error.to_string()))
            }
        },
    }
}

/// Carries a write out. Never dropped before its end.
pub(super) async fn write(world: World, write: Write, control: Control, report: Reporter) -> Answer {
    let Some(connected) = world.live.get() else { return Answer::Failed(nobody()) };
    match write {
        Write::Apply { plan, reason, secret } => {
            let (now, engine) = (world.clock.now(), &connected.engine);
            let known = engine.remote.about();
            let answer =
                apply_plan(engine, Plan::clone(&plan), &reason, secret.as_ref(), now, (&control, &report))
                    .await;
            let platform = engine.remote.about();
            if platform != known {
                report.send(Answer::Platform { platform, web_app: None });
            }
            answer
        }
    }
}

fn nobody() -> Failure {
    Failure { signed_out: true, ..Failure::new("Nobody is signed in.").then("Sign in, then try again.") }
}

/// What went wrong on the way, as the person is told it.
pub fn told(trouble: &Trouble) -> Failure {
    let signed_out = trouble.cause == Cause::SignedOut;
    Failure {
        request_id: trouble.request_id.as_ref().map(ToString::to_string),
        signed_out,
        ended: signed_out,
        ..Failure::new(trouble.to_string())
    }
}

fn refused(refused: &Refused) -> Failure {
    Failure {
        request_id: refused.request_id.as_ref().map(ToString::to_string),
        signed_out: refused.cause == Cause::SignedOut,
        ended: refused.cause == Cause::SignedOut,
        ..Failure::new(refused.what.clone())
            .because(refused.said().unwrap_or_default())
            .then(refused.next.clone())
    }
}

async fn members(connected: &Connected, report: &Reporter) -> Answer {
    let mut pages = connected.roster.members();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => report.send(Answer::Members(Box::new(page))),
            Err(trouble) => return Answer::Failed(told(&trouble)),
        }
    }
    Answer::MembersEnd
}

async fn emails(engine: &Engine, ids: Vec<MembershipId>, report: &Reporter) -> Answer {
    let asked = futures::stream::iter(ids).map(|id| async move {
        let told = engine.remote.scim(&id).await;
        (id, told)
    });
    let mut answers = asked.buffer_unordered(SCIM_AT_ONCE);
    let mut last = Vec::new();
    while let Some((id, answer)) = answers.next().await {
        match answer {
            Ok(person) => last.extend(person.email.map(|email| (id, email))),
            // One who has left meanwhile does not keep the others from being asked; a platform without SCIM tells
            // nobody's address.
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::NoRoute) => {}
            Err(trouble) => return Answer::Failed(told(&trouble)),
        }
        // In portions, so that the screen fills while it waits.
        if last.len() >= SCIM_AT_ONCE * 2 {
            report.send(Answer::Emails(std::mem::take(&mut last)));
        }
    }
    Answer::Emails(last)
}

async fn histories(engine: &Engine, members: &[MembershipId], report: &Reporter) -> Answer {
    let mut last = Histories::new();
    let read = linkage::histories(engine, members, |member, former| {
        last.insert(member, former);
        // In portions, so that it is seen how far it is.
        if last.len() >= HISTORIES_TOLD {
            report.send(Answer::Histories(std::mem::take(&mut last)));
        }
    });
    match read.await {
        Ok(()) => Answer::Histories(last),
        Err(trouble) => Answer::Failed(told(&trouble)),
    }
}

async fn member(engine: &Engine, id: &MembershipId) -> Result<Answer, Trouble> {
    let membership = match engine.remote.membership(id).await {
        Err(gone) if matches!(gone.cause, Cause::NotFound | Cause::Gone) => {
            return Ok(Answer::MemberGone(id.clone()));
        }
        other => other?,
    };
    let mut read = MemberRead { membership, user: None, name: None, email: None };
    if &*read.membership.user.kind == UserId::KIND {
        let user = UserId::new(read.membership.user.id.clone());
        match engine.remote.user(&user).await {
            Ok(user) => read.user = Some(user),
            Err(_) => read.email = engine.remote.scim(id).await.ok().and_then(|person| person.email),
        }
    }
    Ok(Answer::Member(Box::new(read)))
}

async fn policies(engine: &Engine, member: &MembershipId) -> Result<Vec<Reference>, Trouble> {
    let project = engine.remote.membership(member).await?.project;
    intent::policies::of_project(engine, &project).await
}

async fn rows(engine: &Engine, ids: Vec<MembershipId>, report: &Reporter) -> Answer {
    let asked = futures::stream::iter(ids).map(|id| async move { member(engine, &id).await });
    let mut answers = asked.buffer_unordered(SCIM_AT_ONCE);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => report.send(answer),
            // One who has left meanwhile does not keep the others from being read.
            Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {}
            Err(trouble) => return Answer::Failed(told(&trouble)),
        }
    }
    Answer::MembersEnd
}

async fn history(engine: &Engine, membership: &MembershipId, user: Option<&UserId>) -> Answer {
    match crate::workflows::history::read(engine, membership, user).await {
        Ok(history) => Answer::History(Box::new(history)),
        Err(trouble) => Answer::Failed(told(&trouble)),
    }
}

async fn apply_plan(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    secret: Option<&Secret>,
    now: Timestamp,
    (control, report): (&Control, &Reporter),
) -> Answer {
    let report = report.clone();
    let rows = plan.on_failure == OnFailure::GoOn && plan.changes.len() > 1;
    let progress = move |progress| {
        let (step, state) = match progress {
            Progress::Checking { step } => (step, StepState::Planned),
            Progress::Sending { step } => (step, StepState::Sent),
            Progress::Answered { step } => (step, StepState::Answered),
            Progress::Verified { step } => (step, StepState::Verified),
            Progress::Failed { step } => (step, StepState::Failed),
            Progress::Journaled(_) | Progress::Finished(_) => return,
        };
        // Of many rows only the end of each is shown.
        if rows && !matches!(state, StepState::Verified | StepState::Failed) {
            return;
        }
        report.send(Answer::Step { step, state });
    };
    match apply_under(engine, plan, reason, secret, control, progress).await {
        Ok(applied) => {
            let steps = steps(engine, Some(applied.entry));
            Answer::Applied(Box::new(Applied { entry: applied.entry, steps }))
        }
        Err(error) => Answer::NotApplied(Box::new(NotApplied {
            entry: error.entry(),
            steps: steps(engine, error.entry()),
            stale: match &error {
                ApplyError::Stale(stale) => Some(stale.current.clone()),
                _ => None,
            },
            failure: not_applied(&error, now),
        })),
    }
}

/// How far each step came, as the journal has it.
fn steps(engine: &Engine, entry: Option<EntryId>) -> Vec<StepRecord> {
    entry.and_then(|id| engine.journal.show(id).ok()).map_or_else(Vec::new, |entry| entry.steps)
}

fn standing(written: usize) -> String {
    match written {
        1 => "The step before it was written and stands; the journal takes it back.".to_owned(),
        n => format!("The {n} steps before it were written and stand; the journal takes them back."),
    }
}

fn not_applied(error: &ApplyError, now: Timestamp) -> Failure {
    match error {
        ApplyError::Stale(stale) => {
            let when = stale.current.at.map(|at| format!(" {}", ago(at, now))).unwrap_or_default();
            let written = match stale.written {
                0 => "Nothing was written.".to_owned(),
                n => standing(n),
            };
            Failure::new(format!("Somebody changed {}'s record{when}.", possessive(&stale.name)))
                .because(written)
        }
        ApplyError::Refused { refused: why, written, .. } => {
            let mut failure = refused(why);
            if *written > 0 {
                failure.why = format!("{} {}", failure.why, standing(*written)).trim_start().to_owned();
            }
            failure
        }
        ApplyError::Unsure { refused: why, entry, .. } => Failure {
            request_id: why.request_id.as_ref().map(ToString::to_string),
            ..Failure::new("It is not known whether it was written.")
                .because(why.what.clone())
                .then(format!("Entry {entry} of the journal waits to be settled: reading back tells."))
        },
        ApplyError::Rows(rows) => {
            let first = rows.failed.first();
            let why = first.map(|row| format!("{}: {}", row.who, row.error)).unwrap_or_default();
            let ended = rows.failed.last().map(|row| &row.error);
            let signed_out = matches!(ended, Some(ApplyError::Refused { refused, .. }) if refused.cause == Cause::SignedOut);
            let next = match (signed_out, rows.left() > 0) {
                (true, _) => "Sign in again; then the journal goes on with what is left.",
                (false, true) => "The journal goes on with what is left.",
                (false, false) => "",
            };
            Failure {
                signed_out,
                ended: signed_out,
                ..Failure::new(rows.to_string()).because(why).then(next)
            }
        }
        ApplyError::Unwritten { rows, .. } => {
            let first = rows.failed.first();
            let why = first.map(|row| format!("{}: {}", row.who, row.error)).unwrap_or_default();
            Failure::new(error.to_string()).because(why)
        }
        ApplyError::ReadOnly(_)
        | ApplyError::Nothing
        | ApplyError::Resumed { .. }
        | ApplyError::Journal(_)
        | ApplyError::Ignored { .. }
        | ApplyError::Waits { .. }
        | ApplyError::Different { .. } => Failure::new(error.to_string()),
    }
}

fn possessive(name: &Text) -> String {
    if name.is_empty() { "the person".to_owned() } else { name.to_string() }
}
