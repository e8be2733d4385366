//! What goes wrong in the middle of a run, and that nothing is lost or done twice by it.

use std::sync::Mutex;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::identity::Role;
use idconsole::journal::{EntryState, StepState};
use idconsole::workflows::bulk::result::Word;
use idconsole::workflows::bulk::verdicts;
use idconsole::workflows::settle::{resume, settle, what_is_left};
use idconsole::workflows::{ApplyError, Progress, apply};

use super::planned;
use crate::workflows::fake::{Fake, World, engine};
use crate::workflows::rows::switch_all_off;
use crate::workflows::scene::Scene;

// What is on its way when the journal fails is done to its end, and told: a dropped request may have been done.
#[tokio::test]
async fn a_journal_that_fails_stops_the_run_after_what_is_on_its_way() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let people = ["noor.aziz", "ruth.osei", "omar.haddad", "hugo.brandt", "boris.weber"];
    let rows = people.map(|name| format!("{name}@clinic.example,bulk|{name}\n")).concat();
    let plan = planned(admin, &format!("email,new external id\n{rows}")).await;
    let raw = rusqlite::Connection::open(admin.journal.path()).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER disk_full BEFORE INSERT ON event
           WHEN NEW.body ->> '$.event' = 'verified' AND NEW.body ->> '$.step' = 0
           BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
    )
    .unwrap();
    let (sent, over) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let error = apply(admin, plan, "", |progress| match progress {
        Progress::Sending { step } => sent.lock().unwrap().push(step),
        Progress::Verified { step } => over.lock().unwrap().push(step),
        _ => {}
    });
    let error = error.await.unwrap_err();
    let ApplyError::Unwritten { rows, .. } = &error else { panic!("{error:?}") };
    let (mut sent, mut over) = (sent.into_inner().unwrap(), over.into_inner().unwrap());
    sent.sort_unstable();
    over.sort_unstable();
    assert!(sent.len() > 1 && sent.contains(&0), "{sent:?}");
    assert_eq!((&sent, sent.len(), 0), (&over, rows.done.len(), rows.failed.len()), "none was dropped");
    assert!(error.to_string().contains("nothing more was sent"), "{error}");
    let found = admin.journal.show(rows.entry).unwrap();
    assert_eq!((found.state, found.steps[0].state), (EntryState::Interrupted, StepState::Answered));
    raw.execute_batch("DROP TRIGGER disk_full").unwrap();
    let settled = settle(admin, rows.entry).await.unwrap();
    assert_eq!(settled.steps.iter().filter(|step| step.state.is_written()).count(), sent.len());
}

// A row that is still being looked at when the journal fails is not sent, and not said to be.
#[tokio::test]
async fn a_row_that_does_not_go_out_is_not_written_down_as_sent() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let people = ["noor.aziz", "ruth.osei"];
    let rows = people.map(|name| format!("{name}@clinic.example,bulk|{name}\n")).concat();
    let plan = planned(admin, &format!("email,new external id\n{rows}")).await;
    let slow = Effect::Latency(std::time::Duration::from_secs(1));
    let path = format!("/fhir/R4/{}", super::id(&scene, "ruth.osei@clinic.example"));
    scene.running.faults().add(Rule::on(&path, slow).method("GET"));
    let raw = rusqlite::Connection::open(admin.journal.path()).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER disk_full BEFORE INSERT ON event
           WHEN NEW.body ->> '$.event' = 'answered' AND NEW.body ->> '$.step' = 0
           BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
    )
    .unwrap();
    let error = apply(admin, plan, "", |_| {}).await.unwrap_err();
    let ApplyError::Unwritten { rows, .. } = &error else { panic!("{error:?}") };
    assert_eq!((rows.done.len(), rows.left()), (1, 1), "{error}");
    assert_eq!(admin.journal.show(rows.entry).unwrap().steps[1].state, StepState::Planned);
}

// Every row may stand by then, so "nothing was sent" would be wrong, and what was refused says why.
#[tokio::test]
async fn a_journal_that_fails_at_the_end_leaves_a_run_that_is_told_and_settled() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let omar = super::id(&scene, "omar.haddad@clinic.example");
    let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(Rule::on(&format!("/fhir/R4/{omar}"), forbidden).method("PATCH").once());
    let people = ["noor.aziz", "omar.haddad"];
    let rows = people.map(|name| format!("{name}@clinic.example,bulk|{name}\n")).concat();
    let plan = planned(admin, &format!("email,new external id\n{rows}")).await;
    let raw = rusqlite::Connection::open(admin.journal.path()).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER disk_full BEFORE INSERT ON event WHEN NEW.body ->> '$.event' = 'finished'
           BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
    )
    .unwrap();
    let error = apply(admin, plan, "", |_| {}).await.unwrap_err();
    let ApplyError::Unwritten { rows, .. } = &error else { panic!("{error:?}") };
    assert_eq!((rows.done.len(), rows.failed.len(), error.entry()), (1, 1, Some(rows.entry)));
    assert_eq!(rows.failed[0].who.raw(), "Omar Haddad");
    assert!(matches!(rows.failed[0].error, ApplyError::Refused { .. }), "{:?}", rows.failed);
    assert_eq!(admin.journal.show(rows.entry).unwrap().state, EntryState::Interrupted);
    raw.execute_batch("DROP TRIGGER disk_full").unwrap();
    assert_eq!(settle(admin, rows.entry).await.unwrap().state, EntryState::Partly);
}

// "Not known" is no reason to invite once more.
#[tokio::test]
async fn an_invitation_that_cannot_be_looked_up_is_not_sent_again() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet = "action,new email,first name,last name,send mail\n\
                 invite,one@clinic.example,One,New,no\n\
                 invite,two@clinic.example,Two,New,no\n";
    let plan = planned(admin, sheet).await;
    let over = Effect::Text { status: 401, body: "{}".to_owned() };
    scene.running.faults().add(Rule::on("/admin/projects/*/invite", over).method("POST"));
    let first = apply(admin, plan, "", |_| {}).await.unwrap_err().entry().unwrap();
    scene.running.faults().clear();

    let rest = resume(admin, first).await.unwrap();
    let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(Rule::on("/fhir/R4/ProjectMembership*", forbidden).method("GET"));
    let unsure = apply(admin, rest, "", |_| {}).await.unwrap_err();
    let ApplyError::Rows(rows) = &unsure else { panic!("{unsure:?}") };
    let why = rows.failed.last().unwrap().error.to_string();
    assert!(
        why.starts_with("Whether an earlier run has invited ") && why.contains("not sent once more"),
        "{why}"
    );
    for email in ["one@clinic.example", "two@clinic.example"] {
        assert!(scene.stored(email).is_empty(), "{email} was invited unseen");
    }
    let second = admin.journal.show(rows.entry).unwrap();
    assert_eq!(second.state, EntryState::Unsure);
    assert!(verdicts(&second).iter().any(|verdict| verdict.word == Word::Unsure));

    // Once it can be looked up, it is.
    scene.running.faults().clear();
    let rest = resume(admin, rows.entry).await.unwrap();
    apply(admin, rest, "", |_| {}).await.unwrap();
    for email in ["one@clinic.example", "two@clinic.example"] {
        assert_eq!(scene.stored(email).len(), 1);
    }
}

#[tokio::test]
async fn a_network_that_is_lost_ends_the_run_and_what_is_left_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new(World::with_members(20), Role::ProjectAdmin);
    let engine = engine(&fake, folder.path());
    let lost = std::sync::Arc::clone(&fake);
    let run = apply(&engine, switch_all_off(&fake), "", move |progress| {
        if progress == (Progress::Verified { step: 7 }) {
            lost.darken();
        }
    });
    let Err(ApplyError::Rows(rows)) = run.await else { panic!() };
    assert!(rows.stopped && !rows.asked, "{rows}");
    assert!(rows.done.windows(2).all(|two| two[0].step < two[1].step), "in the order of the plan");
    fake.light();
    let rest = what_is_left(&engine.journal.show(rows.entry).unwrap()).unwrap();
    assert_eq!(rest.changes.len(), 20 - rows.done.len());
    apply(&engine, rest, "", |_| {}).await.unwrap();
    fake.look(|world| {
        assert!(world.memberships.iter().all(|membership| !membership.active));
        assert_eq!(world.writes.len(), 20, "each once");
    });
}
