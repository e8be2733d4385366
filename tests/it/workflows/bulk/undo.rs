//! Taking a run back, all of it or some rows; holding and going on with one.

use std::collections::BTreeSet;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::journal::EntryState;
use idconsole::workflows::apply::{Wish, apply_under};
use idconsole::workflows::bulk::result::Word;
use idconsole::workflows::bulk::verdicts;
use idconsole::workflows::settle::{NotResumed, resume};
use idconsole::workflows::undo::{plan_undo, plan_undo_of};
use idconsole::workflows::{ApplyError, Control, Progress, apply};

use super::{id, membership, planned, run};
use crate::workflows::scene::Scene;

const OMAR: &str = "omar.haddad@clinic.example";
const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const THEO: &str = "theo.marsh@post.example";
const LENA: &str = "lena.vogel@post.example";

fn off(emails: &[&str]) -> String {
    let rows: Vec<String> = emails.iter().map(|email| format!("{email},no")).collect();
    format!("email,active\n{}\n", rows.join("\n"))
}

fn is_in(scene: &Scene, email: &str) -> bool {
    membership(scene, email)["active"] != false
}

#[tokio::test]
async fn some_rows_are_taken_back_and_the_rest_later() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let applied = run(admin, &off(&[NOOR, RUTH, CARLA, THEO])).await;
    let some = plan_undo_of(admin, applied.entry, Some(&BTreeSet::from([3, 5]))).await.unwrap();
    assert_eq!((some.changes.len(), some.subject.raw()), (2, "2 rows of staff.csv"));
    let lines: Vec<u64> = some.batch.as_ref().unwrap().rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [3, 5]);
    let undone = apply(admin, some, "", |_| {}).await.unwrap();
    assert_eq!([NOOR, RUTH, CARLA, THEO].map(|email| is_in(&scene, email)), [false, true, false, true]);
    let told = verdicts(&admin.journal.show(undone.entry).unwrap());
    assert!(told.iter().all(|verdict| verdict.word == Word::Done), "{told:?}");
    // With a part of it, the rest can still be taken back.
    let entry = admin.journal.show(applied.entry).unwrap();
    assert!(entry.can_be_undone() && entry.undone_by.is_none());
    let wrong = plan_undo_of(admin, applied.entry, Some(&BTreeSet::from([9]))).await.unwrap_err();
    assert_eq!(wrong.to_string(), format!("entry {} has no row 9", applied.entry));
    let rest = plan_undo(admin, applied.entry).await.unwrap();
    assert_eq!(rest.changes.len(), 2);
    let undone = apply(admin, rest, "", |_| {}).await.unwrap();
    assert!([NOOR, RUTH, CARLA, THEO].iter().all(|email| is_in(&scene, email)));
    assert_eq!(admin.journal.show(applied.entry).unwrap().undone_by, Some(undone.entry));
}

// Taking back must not give two people one id.
#[tokio::test]
async fn what_is_somebody_elses_by_now_is_not_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let id = "okta|00uNOORAZIZ00000001";
    let applied = run(admin, &format!("email,new external id,active\n{NOOR},(none),\n{RUTH},,no\n")).await;
    run(admin, &format!("email,new external id\n{OMAR},{id}\n")).await;
    let back = plan_undo(admin, applied.entry).await.unwrap();
    assert_eq!(back.changes.len(), 1);
    let stays = "Noor Aziz stays as it is: the external id okta|00uNOORAZIZ00000001 is Omar Haddad's by now";
    assert!(back.warnings.iter().any(|words| words == stays), "{:?}", back.warnings);
}

#[tokio::test]
async fn a_row_whose_forerunner_was_refused_is_not_tried_and_gone_on_with_after_it() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let omar = id(&scene, OMAR);
    let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
    scene.running.faults().add(Rule::on(&format!("/fhir/R4/{omar}"), forbidden).method("PATCH").once());
    let sheet = format!("email,new external id,active\n{OMAR},okta|1,\n{NOOR},,no\n{OMAR},,no\n");
    let plan = planned(admin, &sheet).await;
    let Err(ApplyError::Rows(rows)) = apply(admin, plan, "", |_| {}).await else { panic!() };
    assert_eq!((rows.done.len(), rows.failed.len(), rows.stopped), (1, 2, false));
    assert!(matches!(rows.failed[1].error, ApplyError::Waits { step: 2, on: 0, .. }), "{:?}", rows.failed);
    let told = verdicts(&admin.journal.show(rows.entry).unwrap());
    assert_eq!(told[2].word, Word::Failed);
    assert_eq!(told[2].why, "Not tried: an earlier change that this one builds on was not done.");
    assert!(is_in(&scene, OMAR));
    let rest = resume(admin, rows.entry).await.unwrap();
    assert_eq!(rest.subject.raw(), "2 rows of staff.csv");
    let done = apply(admin, rest, "", |_| {}).await.unwrap();
    assert!(!is_in(&scene, OMAR));
    // Every row of the sheet has its verdict in the last entry, whoever did it.
    let told = verdicts(&admin.journal.show(done.entry).unwrap());
    assert!(told.iter().all(|verdict| verdict.word == Word::Done), "{told:?}");
    assert_eq!(told[1].entry, rows.entry.0);
}

#[tokio::test]
async fn a_run_is_paused_and_stopped_between_two_rows_and_gone_on_with() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let people = [NOOR, RUTH, CARLA, THEO, LENA, OMAR];
    let plan = planned(admin, &off(&people)).await;
    let control = Control::default();
    control.pause();
    let (sent, told) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
    let run = apply_under(admin, plan, "", None, &control, |progress| match progress {
        Progress::Sending { .. } => {
            sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Progress::Verified { .. } => {
            // The first one that is done stops the run; those on their way are done to their end.
            told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            control.stop();
        }
        _ => {}
    });
    tokio::pin!(run);
    // Paused, nothing goes out.
    assert!(futures::poll!(&mut run).is_pending());
    assert_eq!(sent.load(std::sync::atomic::Ordering::Relaxed), 0);
    control.resume();
    let Err(ApplyError::Rows(rows)) = run.await else { panic!() };
    assert_eq!(control.wish(), Wish::Stop);
    assert!(rows.stopped && rows.asked && rows.failed.is_empty() && rows.left() > 0, "{rows}");
    assert_eq!(rows.done.len(), told.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(
        rows.done.len(),
        sent.load(std::sync::atomic::Ordering::Relaxed),
        "nothing was cut off half way"
    );
    assert!(rows.to_string().contains("were not tried, as the run was stopped"), "{rows}");
    let entry = admin.journal.show(rows.entry).unwrap();
    assert_eq!(entry.state, EntryState::Partly);
    let not_tried = verdicts(&entry).iter().filter(|verdict| verdict.word == Word::NotTried).count();
    assert_eq!(not_tried, rows.left());
    let rest = resume(admin, rows.entry).await.unwrap();
    apply(admin, rest, "", |_| {}).await.unwrap();
    assert!(people.iter().all(|email| !is_in(&scene, email)));
}

// Session expiry: the run keeps what it has done, and goes on once somebody has signed in again.
#[tokio::test]
async fn a_session_that_ends_stops_the_run_and_the_next_one_goes_on() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let people = [NOOR, RUTH, CARLA, THEO, LENA, OMAR];
    let plan = planned(admin, &off(&people)).await;
    let over = Effect::Text { status: 401, body: "{}".to_owned() };
    let rule = Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH").after(2);
    scene.running.faults().add(rule);
    let Err(ApplyError::Rows(rows)) = apply(admin, plan, "", |_| {}).await else { panic!() };
    assert!(rows.stopped && !rows.asked && rows.done.len() == 2, "{rows}");
    scene.running.faults().clear();
    let rest = resume(admin, rows.entry).await.unwrap();
    assert_eq!(rest.changes.len(), 4);
    apply(admin, rest, "", |_| {}).await.unwrap();
    assert!(people.iter().all(|email| !is_in(&scene, email)));
}

// An invite whose answer never came is looked up before it is sent again.
#[tokio::test]
async fn an_invitation_without_an_answer_is_looked_up_and_not_sent_twice() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let sheet = "action,new email,first name,last name,send mail\n\
                 invite,one@clinic.example,One,New,no\n\
                 invite,two@clinic.example,Two,New,no\n";
    let plan = planned(admin, sheet).await;
    // The process dies with one answered, whatever the other has come to: its answer is cut off by the platform.
    scene.next("POST", "/admin/projects/*/invite", Effect::ResetAfter);
    {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let mut stop = Some(stop);
        let run = apply(admin, plan, "", |progress| {
            if matches!(progress, Progress::Answered { .. }) {
                stop.take().map(|stop| stop.send(()));
            }
        });
        tokio::select! { biased; _ = stopped => {}, ended = run => panic!("{ended:?}") }
    }
    let entry = admin.journal.list(&idconsole::journal::Filter::default()).unwrap().remove(0);
    assert_eq!(entry.state, EntryState::Interrupted);
    match resume(admin, entry.id).await {
        Ok(rest) => drop(apply(admin, rest, "", |_| {}).await.unwrap()),
        // Both were found done.
        Err(NotResumed::Nothing(_)) => {}
        Err(why) => panic!("{why}"),
    }
    for email in ["one@clinic.example", "two@clinic.example"] {
        // One membership, or `membership` panics.
        membership(&scene, email);
        assert_eq!(scene.stored(email).len(), 1);
    }
}

// A run that was gone on with is one run: whichever of its entries is named, all of it is taken back.
#[tokio::test]
async fn a_run_that_was_gone_on_with_is_taken_back_whole_from_either_entry() {
    for from_first in [true, false] {
        let scene = Scene::new(&[]).await;
        let admin = &scene.project_admin;
        let people = [NOOR, RUTH, CARLA, THEO, LENA, OMAR];
        let plan = planned(admin, &off(&people)).await;
        let over = Effect::Text { status: 401, body: "{}".to_owned() };
        let rule = Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH").after(2);
        scene.running.faults().add(rule);
        let Err(ApplyError::Rows(rows)) = apply(admin, plan, "", |_| {}).await else { panic!() };
        scene.running.faults().clear();
        let first = rows.entry;
        let rest = resume(admin, first).await.unwrap();
        assert!(rest.about.starts_with("4 writes; "), "{}", rest.about);
        assert!(
            rest.undo.ends_with(&format!("what entry {first} has done is taken back with it")),
            "{}",
            rest.undo
        );
        let second = apply(admin, rest, "", |_| {}).await.unwrap().entry;

        // A row that the first one did is a row of the second one, too.
        let done =
            admin.journal.show(first).unwrap().steps.iter().position(|s| s.state.is_written()).unwrap();
        let line = done as u64 + 2;
        let one = plan_undo_of(admin, second, Some(&BTreeSet::from([line]))).await.unwrap();
        assert_eq!((one.changes.len(), one.subject.raw()), (1, "1 row of staff.csv"));
        assert!(!one.also.iter().any(|words| words.contains("taken back together")), "{:?}", one.also);

        let named = if from_first { first } else { second };
        let back = plan_undo(admin, named).await.unwrap();
        assert_eq!((back.changes.len(), back.subject.raw()), (6, "6 rows of staff.csv"));
        assert!(back.about.starts_with("6 writes; "), "{}", back.about);
        let told = format!("entries {first}, {second} are one run and are taken back together");
        assert!(back.also.contains(&told), "{:?}", back.also);
        let undone = apply(admin, back, "", |_| {}).await.unwrap().entry;
        assert!(people.iter().all(|email| is_in(&scene, email)));
        for entry in [first, second] {
            assert_eq!(admin.journal.show(entry).unwrap().undone_by, Some(undone));
            let listed = admin.journal.list(&idconsole::journal::Filter::default()).unwrap();
            assert_eq!(listed.iter().find(|one| one.id == entry).unwrap().undone_by, Some(undone));
            assert!(plan_undo(admin, entry).await.is_err());
        }
    }
}

// Each entry that goes on says so of all before it, once.
#[tokio::test]
async fn a_run_that_is_gone_on_with_twice_tells_what_all_of_it_has_done() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let mut plan = planned(admin, &off(&[NOOR, RUTH, CARLA, THEO])).await;
    for n in 0..3 {
        let over = Effect::Text { status: 401, body: "{}".to_owned() };
        let rule = Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH");
        scene.running.faults().add(rule.after(u64::from(n == 0)));
        let Err(ApplyError::Rows(rows)) = apply(admin, plan, "", |_| {}).await else { panic!() };
        scene.running.faults().clear();
        plan = resume(admin, rows.entry).await.unwrap();
        let by = match n {
            0 => format!("entry {} has", rows.entry),
            _ => "the earlier entries of this run have".to_owned(),
        };
        assert!(plan.undo.ends_with(&format!("what {by} done is taken back with it")), "{}", plan.undo);
        let of_all = format!("what is said here was said of all rows, also of those that {by} done");
        let said = plan.warnings.iter().filter(|words| words.starts_with("what is said here"));
        assert_eq!(said.collect::<Vec<_>>(), [&of_all]);
    }
}

// Of a run that sent nothing there is nothing to take back, and the one before it is not meant.
#[tokio::test]
async fn going_on_that_has_sent_nothing_is_no_part_of_the_run() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = planned(admin, &off(&[NOOR, RUTH, CARLA])).await;
    let over = Effect::Text { status: 401, body: "{}".to_owned() };
    let rule = Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH").after(1);
    scene.running.faults().add(rule);
    let first = apply(admin, plan, "", |_| {}).await.unwrap_err().entry().unwrap();
    scene.running.faults().clear();
    let control = Control::default();
    control.stop();
    let rest = resume(admin, first).await.unwrap();
    let stopped = apply_under(admin, rest, "", None, &control, |_| {}).await.unwrap_err();
    let second = stopped.entry().unwrap();
    let why = plan_undo(admin, second).await.unwrap_err();
    assert_eq!(why.to_string(), "nothing of it was written");
    assert_eq!(plan_undo(admin, first).await.unwrap().changes.len(), 1);
    // What goes on with it in turn is one run with all of them.
    let rest = resume(admin, second).await.unwrap();
    let third = apply(admin, rest, "", |_| {}).await.unwrap().entry;
    assert_eq!(plan_undo(admin, third).await.unwrap().changes.len(), 3);
}

#[tokio::test]
async fn what_taking_back_does_is_said_of_what_is_there() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plain = planned(admin, &off(&[NOOR, RUTH])).await;
    assert_eq!(plain.undo, "takes each row back as it was, all of them or some");
    let sheet = "action,new email,first name,last name\ninvite,ada.byron@clinic.example,Ada,Byron\n";
    let invites = planned(admin, sheet).await;
    assert!(invites.undo.contains("whoever is invited is kept out again, while user and profile stay"));
    assert!(invites.undo.ends_with("mails cannot be called back"), "{}", invites.undo);
}
