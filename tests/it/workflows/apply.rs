//! The one path to a write, and everything that can go wrong on it.

use std::sync::Arc;

use idconsole::identity::{Means, Role, Text, Undo, UserScope};
use idconsole::journal::{EntryState, Filter, Happened, Outcome, StepState};
use idconsole::workflows::email_change::WayKind;
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::settle::{SettleError, settle, unsettled, what_is_left};
use idconsole::workflows::setup::{self, Setup};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine, Progress, apply};

use super::fake::{Fake, Fault, NEW, OLD, World, engine, membership, project, user};
use super::plan;

struct Scene {
    fake: Arc<Fake>,
    engine: Engine,
    _folder: tempfile::TempDir,
}

fn scene(scope: UserScope, role: Role) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new(World::with_jane(scope), role);
    let engine = engine(&fake, folder.path());
    Scene { fake, engine, _folder: folder }
}

impl Scene {
    async fn run(&self, way: WayKind) -> Result<idconsole::workflows::Applied, ApplyError> {
        let plan = plan(&self.engine, "m-jane", NEW, way).await;
        apply(&self.engine, plan, "ticket 4711", |_| {}).await
    }

    fn state(&self, error: &ApplyError) -> (EntryState, Vec<StepState>) {
        let entry = self.engine.journal.show(error.entry().unwrap()).unwrap();
        (entry.state, entry.steps.iter().map(|step| step.state).collect())
    }
}

#[tokio::test]
async fn a_change_is_checked_sent_read_back_and_written_down() {
    let scene = scene(project(), Role::ProjectAdmin);
    let plan = plan(&scene.engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    let mut seen = Vec::new();
    let applied = apply(&scene.engine, plan, " ticket 4711 ", |progress| seen.push(progress)).await.unwrap();

    assert_eq!(
        seen,
        [
            Progress::Journaled(applied.entry),
            Progress::Checking { step: 0 },
            Progress::Sending { step: 0 },
            Progress::Answered { step: 0 },
            Progress::Verified { step: 0 },
            Progress::Finished(Outcome::Done),
        ]
    );
    assert_eq!(scene.fake.email(), Text::from(NEW));
    let entry = scene.engine.journal.show(applied.entry).unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Verified));
    assert_eq!(entry.planned.reason, Text::from("ticket 4711"));
    assert_eq!(entry.planned.who.name, Text::from("Pat Admin"));
    assert_eq!(entry.steps[0].found.as_ref().unwrap().field("email"), Some(&Some(Text::from(NEW))));
    scene.engine.journal.check().unwrap();
}

#[tokio::test]
async fn read_only_mode_writes_nothing_anywhere() {
    let mut scene = scene(project(), Role::ProjectAdmin);
    scene.engine.read_only = Some(idconsole::config::ReadOnly::Connection);
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    assert!(matches!(error, ApplyError::ReadOnly(_)));
    assert_eq!(scene.fake.email(), Text::from(OLD));
    assert!(scene.engine.journal.list(&Filter::default()).unwrap().is_empty());
}

// H3: $update-email ignores If-Match, so the record is read right before
#[tokio::test]
async fn another_admins_change_between_plan_and_apply_stops_it_and_shows_both() {
    let scene = scene(project(), Role::ProjectAdmin);
    let plan = plan(&scene.engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    scene.fake.change(|world| {
        let old = world.users[0].clone();
        world.old_users.push(old);
        world.users[0].version = super::fake::version("v2");
        world.users[0].email = Some("j.smith@clinic.example".into());
    });
    let error = apply(&scene.engine, plan, "", |_| {}).await.unwrap_err();
    assert_eq!(scene.state(&error), (EntryState::Failed, vec![StepState::Failed]));
    let ApplyError::Stale(stale) = error else { panic!("{error}") };
    assert_eq!(stale.shown.field("email"), Some(&Some(Text::from(OLD))));
    assert_eq!(stale.current.field("email"), Some(&Some(Text::from("j.smith@clinic.example"))));
    assert_eq!(stale.wanted[0].after, Some(Text::from(NEW)));
    assert!(scene.fake.look(|world| world.writes.is_empty()), "nothing was sent");
}

// SCIM has no version at all: the address itself is compared
#[tokio::test]
async fn without_a_version_the_fields_themselves_are_compared() {
    let scene = scene(UserScope::Server, Role::ProjectAdmin);
    let plan = plan(&scene.engine, "m-jane", NEW, WayKind::Scim).await;
    scene.fake.change(|world| world.users[0].email = Some("j.smith@clinic.example".into()));
    let error = apply(&scene.engine, plan, "", |_| {}).await.unwrap_err();
    let ApplyError::Stale(stale) = error else { panic!("{error}") };
    assert_eq!(stale.shown.field("email"), Some(&Some(Text::from(OLD))));
    assert!(scene.fake.look(|world| world.writes.is_empty()));
}

#[tokio::test]
async fn a_refusal_is_explained_and_nothing_counts_as_written() {
    for (cause, text, said) in [
        (Cause::Forbidden, "Forbidden", "server-scoped or of another project"),
        (Cause::NotFound, "Not found", "knows no such user"),
        (Cause::Conflict, "Key (project, email)=(…) already exists.", "has the new address already"),
        (Cause::Invalid, "Constraint user-1 not met: Email must be all lowercase", "lower case"),
        (Cause::Invalid, "Cannot update profile of server-scoped User", "profile of a server-scoped user"),
        (
            Cause::Invalid,
            "Expected at least 1 value(s) for required input parameter 'email'",
            "got no address",
        ),
    ] {
        let scene = scene(project(), Role::ProjectAdmin);
        scene.fake.fail(Fault::Refuse(cause, text));
        let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(scene.state(&error), (EntryState::Failed, vec![StepState::Failed]));
        assert_eq!(scene.fake.email(), Text::from(OLD));
    }
}

#[tokio::test]
async fn a_yes_that_changed_nothing_is_noticed() {
    let scene = scene(project(), Role::ProjectAdmin);
    scene.fake.fail(Fault::Ignored);
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    assert!(matches!(error, ApplyError::Ignored { .. }), "{error}");
    assert!(error.to_string().contains("left everything as it was"));
    assert_eq!(scene.state(&error), (EntryState::Failed, vec![StepState::Failed]));
}

#[tokio::test]
async fn a_yes_that_changed_something_else_is_noticed() {
    let scene = scene(project(), Role::ProjectAdmin);
    scene.fake.fail(Fault::Garbled("jane@clinic.example"));
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    assert!(matches!(error, ApplyError::Different { .. }), "{error}");
    let settled = StepState::Settled(Happened::Other);
    assert_eq!(scene.state(&error), (EntryState::Partly, vec![settled]));
}

// H2: never sent twice
#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_back() {
    let scene = scene(project(), Role::ProjectAdmin);
    scene.fake.fail(Fault::AnswerLost);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    assert!(applied.steps[0].remark.as_ref().unwrap().raw().contains("read back"));
    let entry = scene.engine.journal.show(applied.entry).unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Settled(Happened::Yes)));
    assert_eq!(scene.fake.look(|world| world.writes.len()), 1);
}

#[tokio::test]
async fn a_lost_request_is_found_not_to_have_happened() {
    let scene = scene(project(), Role::ProjectAdmin);
    scene.fake.fail(Fault::RequestLost);
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    assert!(
        matches!(&error, ApplyError::Refused { refused, .. } if refused.cause == Cause::NoAnswer),
        "{error}"
    );
    assert_eq!(scene.state(&error), (EntryState::Failed, vec![StepState::Failed]));
    assert_eq!(scene.fake.look(|world| world.writes.len()), 0);
}

#[tokio::test]
async fn when_reading_back_fails_too_the_entry_waits_and_is_settled_later() {
    let scene = scene(project(), Role::ProjectAdmin);
    scene.fake.fail(Fault::Dark);
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    assert!(matches!(error, ApplyError::Unsure { .. }), "{error}");
    assert_eq!(scene.state(&error), (EntryState::Unsure, vec![StepState::Unsure]));
    let id = error.entry().unwrap();
    assert_eq!(unsettled(&scene.engine).unwrap().len(), 1);
    assert!(plan_undo(&scene.engine, id).await.unwrap_err().0.contains("settle it first"));
    assert!(matches!(settle(&scene.engine, id).await, Err(SettleError::Unread(_))), "still dark");

    scene.fake.light();
    let entry = settle(&scene.engine, id).await.unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Settled(Happened::Yes)));
    assert!(matches!(settle(&scene.engine, id).await, Err(SettleError::Settled { .. })));
}

#[tokio::test]
async fn a_mail_failure_is_read_back_and_named() {
    let scene = scene(project(), Role::ProjectAdmin);
    let mut plan = plan(&scene.engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    let idconsole::identity::Means::UpdateEmail { skip_verification, .. } = &mut plan.changes[0].means else {
        panic!()
    };
    *skip_verification = false;
    scene.fake.fail(Fault::Refuse(Cause::Invalid, "connect ECONNREFUSED 127.0.0.1:9"));
    let error = apply(&scene.engine, plan, "", |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("verification mail"), "{error}");
    let entry = scene.engine.journal.show(error.entry().unwrap()).unwrap();
    assert!(entry.steps[0].found.is_some(), "it was read back");
    assert_eq!(entry.state, EntryState::Failed);
}

#[tokio::test]
async fn undo_puts_the_old_address_back_and_the_verified_mark_where_the_role_may() {
    let scene = scene(project(), Role::SuperAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    assert_eq!(back.title, "Undo: change email");
    assert_eq!(back.changes.len(), 2, "address, then verified mark");
    let undone = apply(&scene.engine, back, "wrong person", |_| {}).await.unwrap();
    assert_eq!(scene.fake.email(), Text::from(OLD));
    assert_eq!(scene.fake.look(|world| world.users[0].email_verified), Some(true));
    let entry = scene.engine.journal.show(applied.entry).unwrap();
    assert_eq!(entry.undone_by, Some(undone.entry));
    assert!(plan_undo(&scene.engine, applied.entry).await.unwrap_err().0.contains("taken back already"));
}

// Taking back moves no identity provider: what it was taken to send, it goes on sending.
#[tokio::test]
async fn undo_promises_no_sign_in_that_the_change_had_to_repair() {
    let scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    let entry = scene.engine.journal.show(applied.entry).unwrap();
    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    let turned: Vec<_> =
        back.sign_in.iter().map(|effect| (&effect.way, &effect.after, &effect.before)).collect();
    let planned = &entry.planned.plan.sign_in;
    let done: Vec<_> = planned.iter().map(|effect| (&effect.way, &effect.before, &effect.after)).collect();
    assert!(!done.is_empty());
    assert_eq!(turned, done);
    assert!(back.also.iter().any(|also| also.starts_with("taken as given")), "{:?}", back.also);
}

#[tokio::test]
async fn an_undo_can_be_undone() {
    let scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    let undone = apply(&scene.engine, back, "", |_| {}).await.unwrap();
    let again = plan_undo(&scene.engine, undone.entry).await.unwrap();
    apply(&scene.engine, again, "", |_| {}).await.unwrap();
    assert_eq!(scene.fake.email(), Text::from(NEW));
}

#[tokio::test]
async fn undo_does_not_overwrite_what_somebody_did_since() {
    let scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    scene.fake.change(|world| world.users[0].email = Some("jane.jones@clinic.example".into()));
    let why = plan_undo(&scene.engine, applied.entry).await.unwrap_err();
    assert!(why.0.contains("it is now jane.jones@clinic.example"), "{why}");
}

#[tokio::test]
async fn undo_refuses_an_old_address_that_somebody_took_since() {
    let scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    scene.fake.change(|world| {
        world.users.push(user("u-john", OLD, project()));
        world.memberships.push(membership("m-john", "u-john", "John Smith"));
    });
    let why = plan_undo(&scene.engine, applied.entry).await.unwrap_err();
    assert!(why.0.contains("in use by"), "{why}");
}

#[tokio::test]
async fn undo_belongs_to_the_connection_it_was_made_over() {
    let mut scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    scene.engine.connection = "other".to_owned();
    let why = plan_undo(&scene.engine, applied.entry).await.unwrap_err();
    assert!(why.0.contains("clinic-demo"), "{why}");
}

#[tokio::test]
async fn a_re_invite_moves_the_external_id_and_is_taken_back_whole() {
    let scene = scene(UserScope::Server, Role::ProjectAdmin);
    scene.fake.change(|world| world.memberships[0].external_id = Some("00u9".into()));
    let applied = scene.run(WayKind::Reinvite).await.unwrap();
    assert_eq!(applied.steps.len(), 2);
    let made = applied.steps[1].made.clone().unwrap();
    let members = |scene: &Scene| {
        scene.fake.look(|world| {
            world
                .memberships
                .iter()
                .map(|m| (m.active, m.external_id.clone().map(|id| id.to_string())))
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(members(&scene), [(false, None), (true, Some("00u9".to_owned()))]);
    assert_eq!(made.to_string(), "ProjectMembership/m-new1");

    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    assert_eq!(back.changes[0].target, made, "the new one lets go first");
    apply(&scene.engine, back, "", |_| {}).await.unwrap();
    assert_eq!(members(&scene), [(true, Some("00u9".to_owned())), (false, None)]);
}

#[tokio::test]
async fn a_plan_that_stops_half_way_says_so_and_can_be_gone_on_with() {
    let scene = scene(UserScope::Server, Role::ProjectAdmin);
    scene.fake.fail(Fault::None);
    scene.fake.fail(Fault::Refuse(Cause::Limited, "Too Many Requests"));
    let error = scene.run(WayKind::Reinvite).await.unwrap_err();
    assert!(matches!(error, ApplyError::Refused { written: 1, step: 1, .. }), "{error}");
    assert_eq!(scene.state(&error), (EntryState::Partly, vec![StepState::Verified, StepState::Failed]));

    let entry = scene.engine.journal.show(error.entry().unwrap()).unwrap();
    let rest = what_is_left(&entry).unwrap();
    assert_eq!(rest.changes.len(), 1);
    apply(&scene.engine, rest, "going on", |_| {}).await.unwrap();
    assert_eq!(
        scene.fake.look(|w| w.memberships.iter().map(|m| m.active).collect::<Vec<_>>()),
        [false, true]
    );
}

// If-Match closes the gap that reading before leaves open
#[tokio::test]
async fn a_version_that_moves_under_a_guarded_write_is_stale_too() {
    let scene = scene(UserScope::Server, Role::ProjectAdmin);
    scene.fake.fail(Fault::None);
    scene.fake.fail(Fault::Refuse(Cause::Stale, "Precondition Failed"));
    let error = scene.run(WayKind::Reinvite).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Stale(stale) if stale.step == 1 && stale.written == 1), "{error}");
}

#[tokio::test]
async fn a_rivals_write_is_not_mistaken_for_ours_when_the_answer_is_lost() {
    let scene = scene(project(), Role::ProjectAdmin);
    *scene.fake.rival.lock().unwrap() = Some("rival@clinic.example");
    scene.fake.fail(Fault::RequestLost);
    let error = scene.run(WayKind::UpdateEmail).await.unwrap_err();
    let ApplyError::Different { found, .. } = &error else { panic!("{error}") };
    assert_eq!(found.field("email"), Some(&Some(Text::from("rival@clinic.example"))));
    assert_eq!(scene.state(&error).1, [StepState::Settled(Happened::Other)]);
}

// platform-api §3.2
#[tokio::test]
async fn setup_registers_a_public_client_once_and_can_take_it_back() {
    let scene = scene(project(), Role::ProjectAdmin);
    let Setup::Plan(plan) = setup::plan(&scene.engine, "").await.unwrap() else { panic!() };
    let applied = apply(&scene.engine, *plan, "", |_| {}).await.unwrap();
    assert_eq!(applied.steps[0].made.as_ref().unwrap().to_string(), "ClientApplication/c-made");
    let Setup::Exists(client) = setup::plan(&scene.engine, "").await.unwrap() else { panic!() };
    assert_eq!(client.name, Text::from("idconsole"));

    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    apply(&scene.engine, back, "", |_| {}).await.unwrap();
    assert!(matches!(setup::plan(&scene.engine, "").await.unwrap(), Setup::Plan(_)));
}

#[tokio::test]
async fn setup_is_for_admins() {
    let scene = scene(project(), Role::Member);
    assert!(
        matches!(setup::plan(&scene.engine, "x").await.unwrap(), Setup::Not(why) if why.contains("admin"))
    );
}

#[tokio::test]
async fn a_platform_that_goes_away_before_anything_is_sent_leaves_no_doubt() {
    let scene = scene(project(), Role::ProjectAdmin);
    let plan = plan(&scene.engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    scene.fake.darken();
    let error = apply(&scene.engine, plan, "", |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("nothing was written"), "{error}");
    assert_eq!(scene.state(&error), (EntryState::Failed, vec![StepState::Failed]));
}

// The person is out until it is repaired: a half-done taking back must not close the way.
#[tokio::test]
async fn a_taking_back_that_stops_half_way_is_gone_on_with() {
    let scene = scene(UserScope::Server, Role::ProjectAdmin);
    let applied = scene.run(WayKind::Reinvite).await.unwrap();
    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    scene.fake.fail(Fault::None);
    scene.fake.fail(Fault::Refuse(Cause::Limited, "Too Many Requests"));
    let error = apply(&scene.engine, back, "", |_| {}).await.unwrap_err();
    assert!(matches!(error, ApplyError::Refused { written: 1, .. }), "{error}");
    assert!(error.to_string().contains("undo it, or apply what is left"), "{error}");

    let entry = scene.engine.journal.show(applied.entry).unwrap();
    assert_eq!((entry.undone_by, entry.can_be_undone()), (None, true));
    let rest = plan_undo(&scene.engine, applied.entry).await.unwrap();
    assert_eq!(rest.changes.len(), 1, "what is back already is not touched again");
    apply(&scene.engine, rest, "", |_| {}).await.unwrap();
    let active = scene.fake.look(|world| world.memberships.iter().filter(|m| m.active).count());
    assert_eq!(active, 1);
    assert!(plan_undo(&scene.engine, applied.entry).await.unwrap_err().0.contains("taken back already"));
}

#[tokio::test]
async fn nothing_is_taken_back_while_a_taking_back_is_in_doubt() {
    let scene = scene(project(), Role::ProjectAdmin);
    let applied = scene.run(WayKind::UpdateEmail).await.unwrap();
    let back = plan_undo(&scene.engine, applied.entry).await.unwrap();
    scene.fake.fail(Fault::Dark);
    apply(&scene.engine, back, "", |_| {}).await.unwrap_err();
    scene.fake.light();
    assert!(!scene.engine.journal.show(applied.entry).unwrap().can_be_undone());
    assert!(plan_undo(&scene.engine, applied.entry).await.unwrap_err().0.contains("settle that first"));
}

// The journal keeps a mark in place of a secret; the mark must never be written to the platform.
#[tokio::test]
async fn what_the_journal_did_not_keep_is_neither_taken_back_nor_sent_again() {
    let scene = scene(project(), Role::ProjectAdmin);
    let mut plan = plan(&scene.engine, "m-jane", NEW, WayKind::UpdateEmail).await;
    plan.changes[0].undo = Undo::By {
        means: Box::new(Means::patch(vec![("/secret".to_owned(), Some("hunter2".into()))])),
        lost: String::new(),
    };
    let mut second = plan.changes[0].clone();
    second.means = Means::patch(vec![("/secret".to_owned(), Some("hunter3".into()))]);
    plan.changes.push(second);
    scene.fake.fail(Fault::None);
    scene.fake.fail(Fault::Refuse(Cause::Limited, "Too Many Requests"));
    let error = apply(&scene.engine, plan, "", |_| {}).await.unwrap_err();
    let entry = scene.engine.journal.show(error.entry().unwrap()).unwrap();
    assert!(!serde_json::to_string(&entry).unwrap().contains("hunter"));
    assert!(what_is_left(&entry).is_none());
    assert!(plan_undo(&scene.engine, entry.id).await.unwrap_err().0.contains("is a secret"));
}
