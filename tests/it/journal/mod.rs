//! The journal as a file: what it keeps, what it refuses, what it survives.

use std::path::Path;
use std::sync::Arc;

use idconsole::identity::{
    Change, Confirm, FieldChange, Means, OnFailure, Plan, Reference, Role, Seen, Text, Undo, UserId,
    VersionId,
};
use idconsole::journal::{
    EntryState, Error, Event, Filter, Happened, Journal, Outcome, Planned, Snapshot, StepState, Who,
};
use idconsole::ports::FixedClock;

fn open(folder: &Path) -> Journal {
    let clock = FixedClock::at("2026-03-01T09:00:00Z".parse().unwrap());
    Journal::open(folder.join("data/journal.db"), Arc::new(clock)).unwrap()
}

fn planned(changes: usize) -> Planned {
    let user: UserId = "u-1".into();
    let change = |n: usize| Change {
        target: user.reference(),
        label: format!("step {n}"),
        who: None,
        fields: vec![FieldChange {
            field: "email".to_owned(),
            before: Seen::Known(Some("jsmith@clinic.example".into())),
            after: Some("jane.smith@clinic.example".into()),
        }],
        expected_version: Some(VersionId::new("v1")),
        means: Means::UpdateEmail {
            email: "jane.smith@clinic.example".into(),
            update_profile_telecom: false,
            skip_verification: true,
        },
        undo: Undo::Not { why: "a test".to_owned() },
    };
    Planned {
        plan: Plan {
            title: "Change email".to_owned(),
            subject: "Jane Smith".into(),
            membership: Some("m-1".into()),
            user: Some(user.clone()),
            about: "server-scoped".to_owned(),
            changes: (0..changes).map(change).collect(),
            sign_in: vec![],
            also: vec![],
            warnings: vec![],
            undo: String::new(),
            confirm: Confirm::Enter,
            undoes: None,
            undoes_also: Vec::new(),
            resumes: None,
            undoes_part: false,
            batch: None,
            on_failure: OnFailure::Stop,
        },
        reason: "ticket 4711".into(),
        who: Who {
            name: "Pat Admin".into(),
            email: Some("pat@clinic.example".into()),
            user: Some("u-pat".into()),
            membership: "m-pat".into(),
            project: "Clinic Demo".into(),
            role: Role::ProjectAdmin,
        },
        connection: "clinic-demo".to_owned(),
    }
}

fn found(version: &str) -> Snapshot {
    Snapshot {
        record: Reference::parse("User/u-1").unwrap(),
        version: Some(VersionId::new(version)),
        at: None,
        author: None,
        fields: vec![("email".to_owned(), Some(Text::from("jane.smith@clinic.example")))],
    }
}

fn run_through(journal: &Journal) -> idconsole::journal::EntryId {
    let run = journal.begin(planned(1)).unwrap();
    run.write(&Event::Sent { step: 0 }).unwrap();
    run.write(&Event::Answered { step: 0, made: None, remark: None }).unwrap();
    run.write(&Event::Verified { step: 0, found: found("v2") }).unwrap();
    run.finish(Outcome::Done).unwrap()
}

#[test]
fn an_entry_tells_who_did_what_why_and_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let id = run_through(&open(folder.path()));

    let entry = open(folder.path()).show(id).unwrap();
    assert_eq!(entry.planned, planned(1));
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Verified));
    assert_eq!(entry.steps[0].found, Some(found("v2")));
    assert!(entry.can_be_undone());
}

#[test]
fn the_newest_entry_comes_first_and_numbers_only_grow() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let (first, second) = (run_through(&journal), run_through(&journal));
    let ids: Vec<_> = journal.list(&Filter::default()).unwrap().into_iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [second, first]);
}

#[test]
fn entries_are_found_by_what_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    run_through(&journal);
    let count = |filter: Filter| journal.list(&filter).unwrap().len();
    assert_eq!(count(Filter { text: Some("JANE.smith@".to_owned()), ..Filter::default() }), 1);
    assert_eq!(count(Filter { text: Some("4711".to_owned()), ..Filter::default() }), 1);
    assert_eq!(count(Filter { text: Some("bob".to_owned()), ..Filter::default() }), 0);
    assert_eq!(count(Filter { connection: Some("other".to_owned()), ..Filter::default() }), 0);
    assert_eq!(count(Filter { membership: Some("m-1".into()), ..Filter::default() }), 1);
    assert_eq!(count(Filter { unsettled: true, ..Filter::default() }), 0);
    assert_eq!(count(Filter { limit: Some(0), ..Filter::default() }), 0);
}

#[test]
fn a_run_is_running_while_held_and_interrupted_once_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, other) = (open(folder.path()), open(folder.path()));
    let run = journal.begin(planned(2)).unwrap();
    run.write(&Event::Sent { step: 0 }).unwrap();
    let id = run.id();
    assert_eq!(other.show(id).unwrap().state, EntryState::Running);
    assert!(matches!(other.take_up(id), Err(Error::Busy { .. })));

    drop(run);
    let entry = other.show(id).unwrap();
    assert_eq!(entry.state, EntryState::Interrupted);
    let states: Vec<_> = entry.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Sent, StepState::Planned]);
    assert_eq!(other.list(&Filter { unsettled: true, ..Filter::default() }).unwrap().len(), 1);
}

#[test]
fn an_interrupted_entry_is_settled_by_what_was_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let run = journal.begin(planned(2)).unwrap();
    run.write(&Event::Sent { step: 0 }).unwrap();
    let id = run.id();
    drop(run);

    let (entry, run) = journal.take_up(id).unwrap();
    assert!(entry.state.needs_settling());
    let settled = Event::Settled { step: 0, happened: Happened::Yes, found: Some(found("v2")), made: None };
    run.write(&settled).unwrap();
    run.finish(Outcome::Partly).unwrap();
    let entry = journal.show(id).unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Partly, StepState::Settled(Happened::Yes)));
    assert!(entry.can_be_undone());
}

#[test]
fn an_undone_entry_names_the_one_that_took_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let first = run_through(&journal);
    let mut back = planned(1);
    back.plan.undoes = Some(first.0);
    let run = journal.begin(back).unwrap();
    assert_eq!(journal.show(first).unwrap().undone_by, None, "nothing was written yet");
    run.write(&Event::Sent { step: 0 }).unwrap();
    run.write(&Event::Answered { step: 0, made: None, remark: None }).unwrap();
    run.write(&Event::Verified { step: 0, found: found("v3") }).unwrap();
    let second = run.finish(Outcome::Done).unwrap();
    let entry = journal.show(first).unwrap();
    assert_eq!(entry.undone_by, Some(second));
    assert!(!entry.can_be_undone());
}

// S4: append-only, hash-chained
#[test]
fn a_row_cannot_be_changed_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    run_through(&journal);
    let raw = rusqlite::Connection::open(journal.path()).unwrap();
    for sql in ["UPDATE event SET body = '{}'", "DELETE FROM event WHERE row = 1"] {
        assert!(raw.execute(sql, []).unwrap_err().to_string().contains("only appended to"));
    }
    assert_eq!(journal.check().unwrap(), 5);
}

#[test]
fn a_change_behind_its_back_shows_in_the_chain() {
    for (sql, row) in [
        ("UPDATE event SET body = replace(body, 'ticket 4711', 'nothing') WHERE row = 1", 1),
        ("UPDATE event SET at = '2020-01-01T00:00:00Z' WHERE row = 3", 3),
        ("DELETE FROM event WHERE row = 2", 3),
        ("DELETE FROM event WHERE row = 5", 5),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        run_through(&journal);
        let raw = rusqlite::Connection::open(journal.path()).unwrap();
        raw.execute_batch("DROP TRIGGER event_is_not_changed; DROP TRIGGER event_is_not_deleted").unwrap();
        assert_eq!(raw.execute(sql, []).unwrap(), 1);
        match journal.check() {
            Err(Error::Broken { row: found }) => assert_eq!(found, row, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

// S2, S4
#[test]
fn secrets_never_reach_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut plan = planned(1);
    plan.plan.changes[0].means = Means::Invite {
        project: "p".into(),
        request: serde_json::json!({"email": "a@b.example", "password": "Quarry-lantern-9"}),
    };
    let run = journal.begin(plan).unwrap();
    let why = Text::from("Test failed: JBSWY3DPEHPK3PXP != nothing");
    run.write(&Event::Failed { step: 0, why, request_id: None, found: None }).unwrap();
    run.finish(Outcome::Failed).unwrap();
    drop(journal);
    for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Quarry-lantern-9") && !text.contains("JBSWY3DPEHPK3PXP"));
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let run = journal.begin(planned(1)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(run);

    std::fs::set_permissions(journal.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let again = open(folder.path());
    assert_eq!(mode(again.path()), 0o600, "a lax file is tightened");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path().join("data/journal.db")).unwrap();
    let clock = FixedClock::at("2026-03-01T09:00:00Z".parse().unwrap());
    let opened = Journal::open(folder.path().join("data/journal.db"), Arc::new(clock));
    assert!(matches!(opened, Err(Error::Link { .. })));
}

#[test]
fn several_processes_write_without_losing_an_event() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let journal = open(folder.path());
                for _ in 0..5 {
                    run_through(&journal);
                }
            });
        }
    });
    let journal = open(folder.path());
    assert_eq!(journal.check().unwrap(), 4 * 5 * 5);
    let entries = journal.list(&Filter::default()).unwrap();
    assert_eq!(entries.len(), 20);
    assert!(entries.iter().all(|entry| entry.state == EntryState::Done));
}

#[test]
fn an_unknown_entry_is_said_to_be_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).show("#7".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the journal has no entry 7; `journal list` shows what there is");
}
