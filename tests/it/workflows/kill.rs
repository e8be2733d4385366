//! A process that is killed between any two steps leaves the truth behind, and nothing is done twice.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use idconsole::identity::{Plan, Role, Text, UserScope};
use idconsole::journal::{EntryState, Filter, Happened, StepState};
use idconsole::workflows::email_change::WayKind;
use idconsole::workflows::settle::{settle, unsettled, what_is_left};
use idconsole::workflows::{Engine, Progress, apply};

use super::fake::{Fake, NEW, OLD, World, engine, project};
use super::plan;
use super::rows::switch_all_off;

const FOLDER: &str = "IDCONSOLE_TEST_KILL_FOLDER";
const STOP_AT: &str = "IDCONSOLE_TEST_KILL_AT";
const JOB: &str = "IDCONSOLE_TEST_KILL_JOB";

/// What the process is at when it dies.
#[derive(Clone, Copy)]
enum Job {
    /// One change.
    Email,
    /// Two changes that belong together; the person has an external id, so the old membership goes off first.
    Reinvite,
    /// 300 changes, each for itself.
    Rows,
}

impl Job {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Email, "email"), (Self::Reinvite, "reinvite"), (Self::Rows, "rows")];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(job, _)| *job as u8 == self as u8).unwrap().1
    }

    fn scene(self, folder: &Path) -> (Arc<Fake>, Engine) {
        let first = || match self {
            Self::Email => World::with_jane(project()),
            Self::Reinvite => {
                let mut world = World::with_jane(UserScope::Server);
                world.memberships[0].external_id = Some("00u9".into());
                world
            }
            Self::Rows => World::with_members(300),
        };
        let fake = Fake::in_file(&folder.join("platform.json"), Role::ProjectAdmin, first);
        let engine = engine(&fake, folder);
        (fake, engine)
    }

    async fn plan(self, fake: &Fake, engine: &Engine) -> Plan {
        match self {
            Self::Email => plan(engine, "m-jane", NEW, WayKind::UpdateEmail).await,
            Self::Reinvite => plan(engine, "m-jane", NEW, WayKind::Reinvite).await,
            Self::Rows => switch_all_off(fake),
        }
    }
}

fn name(progress: Progress) -> String {
    match progress {
        Progress::Journaled(_) => "journaled".to_owned(),
        Progress::Checking { step } => format!("checking {step}"),
        Progress::Sending { step } => format!("sending {step}"),
        Progress::Answered { step } => format!("answered {step}"),
        Progress::Verified { step } => format!("verified {step}"),
        Progress::Failed { step } => format!("failed {step}"),
        Progress::Finished(_) => "finished".to_owned(),
    }
}

/// Not a test of its own: the process that gets killed. Without the variables it has nothing to do.
#[tokio::test]
async fn child_that_is_killed() {
    let (Ok(folder), Ok(stop_at), Ok(job)) =
        (std::env::var(FOLDER), std::env::var(STOP_AT), std::env::var(JOB))
    else {
        return;
    };
    let job = Job::ALL.iter().find(|(_, name)| *name == job).unwrap().0;
    let (fake, engine) = job.scene(Path::new(&folder));
    let plan = job.plan(&fake, &engine).await;
    let _ = apply(&engine, plan, "killed", |progress| {
        if name(progress) == stop_at {
            fake.keep();
            println!("\nreached {stop_at}");
            // Until the parent kills it: reading from a pipe that nobody writes to.
            let mut nothing = String::new();
            std::io::stdin().read_line(&mut nothing).unwrap();
        }
    })
    .await;
}

fn kill_at(job: Job, stop_at: &str, folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "workflows::kill::child_that_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(STOP_AT, stop_at)
        .env(JOB, job.name())
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
        ("checking 0", StepState::Planned, false),
        ("sending 0", StepState::Sent, false),
        ("answered 0", StepState::Answered, true),
        ("verified 0", StepState::Verified, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        kill_at(Job::Email, stop_at, folder.path());

        let (fake, engine) = Job::Email.scene(folder.path());
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
    kill_at(Job::Email, "sending 0", folder.path());
    let (fake, engine) = Job::Email.scene(folder.path());
    // The request was on its way when the process died, and arrives now.
    fake.change(|world| {
        world.users[0].email = Some(NEW.into());
        world.users[0].email_verified = Some(false);
    });
    let id = unsettled(&engine).unwrap()[0].id;
    let entry = settle(&engine, id).await.unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Settled(Happened::Yes)));
    assert_eq!(engine.journal.list(&Filter::default()).unwrap().len(), 1);
}

/// Settles what the dead process left, does the rest, and counts the writes.
async fn go_on(job: Job, stop_at: &str) -> (Arc<Fake>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    kill_at(job, stop_at, folder.path());
    let (fake, engine) = job.scene(folder.path());
    engine.journal.check().unwrap();
    let id = unsettled(&engine).unwrap()[0].id;
    let entry = settle(&engine, id).await.unwrap();
    if let Some(rest) = what_is_left(&entry) {
        apply(&engine, rest, "going on", |_| {}).await.unwrap();
    }
    assert!(unsettled(&engine).unwrap().is_empty(), "{stop_at}");
    (fake, folder)
}

#[tokio::test]
async fn a_re_invite_that_is_killed_between_any_two_steps_is_gone_on_with_and_done_once() {
    let mut moments = vec!["journaled".to_owned()];
    for step in 0..2 {
        moments.extend(["checking", "sending", "answered", "verified"].map(|what| format!("{what} {step}")));
    }
    for stop_at in moments {
        let (fake, _folder) = go_on(Job::Reinvite, &stop_at).await;
        let memberships = fake.look(|world| world.memberships.clone());
        let seen: Vec<_> = memberships.iter().map(|m| (m.active, m.external_id.is_some())).collect();
        assert_eq!(seen, [(false, false), (true, true)], "{stop_at}");
        assert_eq!(fake.look(|world| world.writes.len()), 2, "{stop_at}: each written exactly once");
    }
}

#[tokio::test]
async fn three_hundred_rows_that_are_killed_in_the_middle_are_gone_on_with_and_done_once() {
    for stop_at in ["checking 150", "sending 150", "answered 150", "verified 150"] {
        let (fake, _folder) = go_on(Job::Rows, stop_at).await;
        let mut writes = fake.look(|world| world.writes.clone());
        assert_eq!(writes.len(), 300, "{stop_at}");
        writes.sort();
        writes.dedup();
        assert_eq!(writes.len(), 300, "{stop_at}: each written exactly once");
        assert!(fake.look(|world| world.memberships.iter().all(|m| !m.active)), "{stop_at}");
    }
}
