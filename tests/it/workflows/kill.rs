//! A process that is killed between any two steps leaves the truth behind, and nothing is done twice.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use idconsole::identity::{Role, Text};
use idconsole::journal::{EntryState, Filter, Happened, StepState};
use idconsole::workflows::email_change::WayKind;
use idconsole::workflows::settle::{settle, unsettled, what_is_left};
use idconsole::workflows::{Progress, apply};

use super::fake::{Fake, NEW, OLD, engine};
use super::plan;

const FOLDER: &str = "IDCONSOLE_TEST_KILL_FOLDER";
const STOP_AT: &str = "IDCONSOLE_TEST_KILL_AT";

fn name(progress: Progress) -> &'static str {
    match progress {
        Progress::Journaled(_) => "journaled",
        Progress::Checking { .. } => "checking",
        Progress::Sending { .. } => "sending",
        Progress::Answered { .. } => "answered",
        Progress::Verified { .. } => "verified",
        Progress::Finished(_) => "finished",
    }
}

/// Not a test of its own: the process that gets killed. Without the variables it has nothing to do.
#[tokio::test]
async fn child_that_is_killed() {
    let (Ok(folder), Ok(stop_at)) = (std::env::var(FOLDER), std::env::var(STOP_AT)) else { return };
    let fake = Fake::in_file(&Path::new(&folder).join("platform.json"), Role::ProjectAdmin);
    let engine = engine(&fake, Path::new(&folder));
    let plan = plan(&engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    let _ = apply(&engine, plan, "killed", |progress| {
        if name(progress) == stop_at {
            println!("\nreached {stop_at}");
            // Until the parent kills it: reading from a pipe that nobody writes to.
            let mut nothing = String::new();
            std::io::stdin().read_line(&mut nothing).unwrap();
        }
    })
    .await;
}

fn kill_at(stop_at: &str, folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "workflows::kill::child_that_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(STOP_AT, stop_at)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reached = lines.map_while(Result::ok).any(|line| line == format!("reached {stop_at}"));
    // SIGKILL on Unix: no destructor, no flush, no goodbye.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reached, "the child never came to {stop_at}");
}

#[tokio::test]
async fn kill_minus_nine_between_any_two_steps_loses_nothing_and_does_nothing_twice() {
    for (stop_at, step, written) in [
        ("journaled", StepState::Planned, false),
        ("checking", StepState::Planned, false),
        ("sending", StepState::Sent, false),
        ("answered", StepState::Answered, true),
        ("verified", StepState::Verified, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        kill_at(stop_at, folder.path());

        let fake = Fake::in_file(&folder.path().join("platform.json"), Role::ProjectAdmin);
        let engine = engine(&fake, folder.path());
        engine.journal.check().unwrap();
        let found = unsettled(&engine).unwrap();
        assert_eq!(found.len(), 1, "{stop_at}");
        assert_eq!((found[0].state, found[0].steps[0].state), (EntryState::Interrupted, step), "{stop_at}");
        assert_eq!(fake.email(), Text::from(if written { NEW } else { OLD }), "{stop_at}");

        let entry = settle(&engine, found[0].id).await.unwrap();
        let settled = match step {
            StepState::Sent => StepState::Settled(Happened::No),
            StepState::Answered => StepState::Settled(Happened::Yes),
            other => other,
        };
        assert_eq!(entry.steps[0].state, settled, "{stop_at}");
        assert_eq!(entry.state, if written { EntryState::Done } else { EntryState::Failed }, "{stop_at}");

        // Going on does what is left, once.
        match what_is_left(&entry) {
            Some(rest) => {
                assert!(!written, "{stop_at}");
                apply(&engine, rest, "going on", |_| {}).await.unwrap();
            }
            None => assert!(written, "{stop_at}"),
        }
        assert_eq!(fake.email(), Text::from(NEW));
        assert_eq!(fake.look(|world| world.writes.len()), 1, "{stop_at}: written exactly once");
        assert!(unsettled(&engine).unwrap().is_empty());
    }
}

// Between the write and the note that it was answered: the platform has it, the journal only says "sent".
#[tokio::test]
async fn a_write_that_was_never_noted_as_answered_is_found_done() {
    let folder = tempfile::tempdir().unwrap();
    kill_at("sending", folder.path());
    let fake = Fake::in_file(&folder.path().join("platform.json"), Role::ProjectAdmin);
    // The request was on its way when the process died, and arrives now.
    fake.change(|world| {
        world.users[0].email = Some(NEW.into());
        world.users[0].email_verified = Some(false);
    });
    let engine = engine(&fake, folder.path());
    let id = unsettled(&engine).unwrap()[0].id;
    let entry = settle(&engine, id).await.unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Settled(Happened::Yes)));
    assert_eq!(engine.journal.list(&Filter::default()).unwrap().len(), 1);
}
