//! Plans of many rows: each has an outcome of its own, the others go on, all of it can be taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use idconsole::identity::{
    Change, Confirm, FieldChange, Means, Membership, OnFailure, Plan, Role, Seen, Text, Undo, UserScope,
};
use idconsole::journal::{EntryState, StepState};
use idconsole::workflows::email_change::WayKind;
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::settle::what_is_left;
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine, Progress, Rows, apply};
use serde_json::json;

use super::fake::{Fake, Fault, NEW, OLD, World, engine, membership, project, user, version};
use super::plan;

fn off(membership: &Membership) -> Change {
    let active = |active: bool| Means::patch(vec![("/active".to_owned(), Some(json!(active)))]);
    Change {
        target: membership.id.reference(),
        label: "switch the membership off".to_owned(),
        who: membership.profile.display.clone(),
        fields: vec![FieldChange {
            field: "active".to_owned(),
            before: Seen::Known(Some("yes".into())),
            after: Some("no".into()),
        }],
        expected_version: Some(membership.version.id.clone()),
        means: active(false),
        undo: Undo::By { means: Box::new(active(true)), lost: String::new() },
    }
}

/// Every membership off, each for itself.
pub fn switch_all_off(fake: &Fake) -> Plan {
    let changes: Vec<Change> = fake.look(|world| world.memberships.iter().map(off).collect());
    Plan {
        title: "Switch off".to_owned(),
        subject: Text::from(format!("{} members", changes.len())),
        membership: None,
        user: None,
        about: String::new(),
        confirm: Confirm::Typed { text: Text::from(changes.len().to_string()) },
        changes,
        on_failure: OnFailure::GoOn,
        sign_in: vec![],
        also: vec![],
        warnings: vec![],
        undo: String::new(),
        undoes: None,
        undoes_also: Vec::new(),
        resumes: None,
        undoes_part: false,
        batch: None,
    }
}

fn scene(members: usize) -> (Arc<Fake>, Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new(World::with_members(members), Role::ProjectAdmin);
    let engine = engine(&fake, folder.path());
    (fake, engine, folder)
}

async fn run(engine: &Engine, plan: Plan) -> Rows {
    match apply(engine, plan, "ticket 4711", |_| {}).await {
        Err(ApplyError::Rows(rows)) => *rows,
        other => panic!("{other:?}"),
    }
}

fn active(fake: &Fake) -> usize {
    fake.look(|world| world.memberships.iter().filter(|m| m.active).count())
}

#[tokio::test]
async fn three_hundred_rows_with_seven_failures_are_done_but_for_seven_and_taken_back_as_a_whole() {
    let (fake, engine, _folder) = scene(300);
    let plan = switch_all_off(&fake);
    let scripted = [
        ("m-3", Fault::Refuse(Cause::Forbidden, "Forbidden"), "does not let you"),
        ("m-50", Fault::Refuse(Cause::Gone, "Gone"), "was deleted"),
        ("m-99", Fault::Refuse(Cause::Invalid, "Invalid additional property"), "refuses the request"),
        ("m-100", Fault::Ignored, "left everything as it was"),
        ("m-101", Fault::RequestLost, "No answer came"),
        ("m-299", Fault::Refuse(Cause::Stale, "Precondition Failed"), "changed Person 299"),
    ];
    for (id, fault, _) in &scripted {
        fake.faults_of.lock().unwrap().insert((*id).to_owned(), fault.clone());
    }
    // The seventh: somebody else was there since the plan was shown.
    fake.change(|world| world.memberships[200].version = version("rival"));

    let mut steps = BTreeMap::new();
    let rows = apply(&engine, plan, "ticket 4711", |progress| {
        if let Progress::Verified { step } | Progress::Failed { step } = progress {
            steps.insert(step, matches!(progress, Progress::Verified { .. }));
        }
    });
    let Err(ApplyError::Rows(rows)) = rows.await else { panic!() };
    assert_eq!((rows.done.len(), rows.failed.len(), rows.left(), rows.stopped), (293, 7, 0, false));
    assert_eq!(steps.len(), 300, "each row was reported while it ran");
    assert_eq!(steps.values().filter(|done| **done).count(), 293);
    assert_eq!(
        rows.to_string(),
        "293 of 300 rows were written, 7 were not; entry 1 of the journal has each of them."
    );
    for (id, _, said) in &scripted {
        let who = Text::from(id.replace("m-", "Person "));
        let row = rows.failed.iter().find(|row| row.who == who).unwrap();
        assert!(row.error.to_string().contains(said), "{id}: {}", row.error);
    }
    assert!(rows.failed.iter().any(|row| row.who == Text::from("Person 200")));
    assert_eq!(active(&fake), 7);

    let entry = engine.journal.show(rows.entry).unwrap();
    let count = |state| entry.steps.iter().filter(|step| step.state == state).count();
    assert_eq!(
        (entry.state, count(StepState::Verified), count(StepState::Failed)),
        (EntryState::Partly, 293, 7)
    );
    assert!(entry.steps.iter().all(|step| step.state == StepState::Verified || step.why.is_some()));
    assert!(entry.can_be_undone());

    let back = plan_undo(&engine, rows.entry).await.unwrap();
    assert_eq!((back.changes.len(), &back.confirm), (293, &Confirm::Typed { text: "293".into() }));
    let undone = apply(&engine, back, "", |_| {}).await.unwrap();
    assert_eq!(active(&fake), 300);
    assert_eq!(engine.journal.show(rows.entry).unwrap().undone_by, Some(undone.entry));
}

#[tokio::test]
async fn what_ends_every_row_ends_the_run_and_the_rest_can_be_done_later() {
    for (cause, text) in [
        (Cause::Limited, "Too Many Requests"),
        (Cause::SignedOut, "Unauthorized"),
        (Cause::AccountBroken, "Authentication error"),
        (Cause::NotSent, "connection refused"),
    ] {
        let (fake, engine, _folder) = scene(10);
        fake.faults_of.lock().unwrap().insert("m-4".to_owned(), Fault::Refuse(cause, text));
        let rows = run(&engine, switch_all_off(&fake)).await;
        assert_eq!(
            (rows.done.len(), rows.failed.len(), rows.left(), rows.stopped),
            (4, 1, 5, true),
            "{cause:?}"
        );
        assert!(rows.to_string().contains("the last 5 were not tried"), "{rows}");
        let rest = what_is_left(&engine.journal.show(rows.entry).unwrap()).unwrap();
        assert_eq!((rest.changes.len(), &rest.confirm), (6, &Confirm::Typed { text: "6".into() }));
        apply(&engine, rest, "", |_| {}).await.unwrap();
        assert_eq!((active(&fake), fake.look(|world| world.writes.len())), (0, 10), "{cause:?}");
    }
}

#[tokio::test]
async fn a_row_in_doubt_ends_the_run() {
    let (fake, engine, _folder) = scene(5);
    fake.faults_of.lock().unwrap().insert("m-2".to_owned(), Fault::Dark);
    let rows = run(&engine, switch_all_off(&fake)).await;
    assert_eq!((rows.done.len(), rows.left()), (2, 2));
    assert!(matches!(rows.failed[0].error, ApplyError::Unsure { .. }));
    assert_eq!(engine.journal.show(rows.entry).unwrap().state, EntryState::Unsure);
}

#[tokio::test]
async fn taking_back_leaves_alone_what_is_gone_or_back_and_can_be_gone_on_with() {
    let (fake, engine, _folder) = scene(5);
    let applied = apply(&engine, switch_all_off(&fake), "", |_| {}).await.unwrap();
    fake.change(|world| {
        world.memberships[1].active = true;
        world.memberships.remove(0);
    });
    fake.faults_of.lock().unwrap().insert("m-3".to_owned(), Fault::Refuse(Cause::Forbidden, "Forbidden"));
    let back = plan_undo(&engine, applied.entry).await.unwrap();
    assert_eq!(back.changes.len(), 3, "one is gone, one is on already");
    assert!(back.warnings.iter().any(|w| w.starts_with("Person 0 stays as it is")), "{:?}", back.warnings);
    let rows = run(&engine, back).await;
    assert_eq!((rows.done.len(), rows.failed[0].who.clone()), (2, Text::from("Person 3")));

    // What was taken back half is taken back the rest of the way, and only that.
    let entry = engine.journal.show(applied.entry).unwrap();
    assert!(entry.can_be_undone());
    let again = plan_undo(&engine, applied.entry).await.unwrap();
    assert_eq!(again.changes.len(), 1);
    apply(&engine, again, "", |_| {}).await.unwrap();
    assert_eq!(active(&fake), 4);
    let nothing = plan_undo(&engine, applied.entry).await.unwrap_err();
    assert!(nothing.0.contains("taken back already"), "{nothing}");
}

// platform-api §9.1: an address is one user's of a project; whoever lives elsewhere may have it as well.
#[tokio::test]
async fn an_address_that_somebody_of_another_project_has_is_put_back() {
    let elsewhere = || UserScope::Project("other".into());
    for (own, scope, member, taken) in [
        (project(), elsewhere(), false, false),
        (project(), project(), false, true),
        // A project-scoped user is found first and hides a server-scoped one of its project (§10.1).
        (project(), UserScope::Server, false, false),
        (project(), UserScope::Server, true, true),
        (UserScope::Server, project(), true, true),
        (UserScope::Server, elsewhere(), false, false),
        (UserScope::Server, UserScope::Server, false, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let fake = Fake::new(World::with_jane(own), Role::SuperAdmin);
        let engine = engine(&fake, folder.path());
        let mut plan = plan(&engine, "m-jane", NEW, WayKind::UpdateEmail).await;
        // As a row among others: nobody is looked at alone.
        (plan.on_failure, plan.membership) = (OnFailure::GoOn, None);
        let applied = apply(&engine, plan, "", |_| {}).await.unwrap();
        fake.change(|world| {
            world.users.push(user("u-else", OLD, scope));
            if member {
                world.memberships.push(membership("m-else", "u-else", "Somebody Else"));
            }
        });
        let back = plan_undo(&engine, applied.entry).await;
        assert_eq!(back.is_err(), taken, "{back:?}");
        if let Err(why) = back {
            assert!(why.to_string().contains("is somebody else's by now"), "{why}");
        }
    }
}
