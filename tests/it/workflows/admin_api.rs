//! What the admin API does to a member (platform-api §5, §6): sent, read back where this role can, told where not.

use idconsole::demo::faults::Effect;
use idconsole::identity::{Change, Factor, FieldChange, Means, MemberAct, Plan, Seen, Text, Undo, Unseen};
use idconsole::journal::{EntryState, Happened, StepState};
use idconsole::workflows::settle::settle;
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine};

use super::scene::Scene;

/// Project-scoped, with an authenticator app.
const CARLA: &str = "carla.diaz@post.example";
/// Server-scoped, with an authenticator app: not visible to a project admin.
const ROBIN: &str = "robin.okoye@ops.clinic.example";

async fn plan(engine: &Engine, scene: &Scene, query: &str, act: MemberAct) -> Plan {
    let member = scene.member(engine, query).await;
    let membership = engine.remote.membership(&member).await.unwrap();
    let seen = |after| FieldChange { field: "authenticator app".to_owned(), before: after, after: None };
    let fields = match act {
        MemberAct::ResetMfa { .. } if query == CARLA => vec![seen(Seen::Known(Some("enrolled".into())))],
        MemberAct::ResetMfa { .. } => vec![seen(Seen::Unknown(Unseen::ServerScopedUser))],
        MemberAct::MailPasswordReset => vec![],
        MemberAct::Remove => vec![FieldChange {
            field: "profile".to_owned(),
            before: Seen::Known(Some(Text::from(membership.profile.to_string()))),
            after: None,
        }],
    };
    let target = match act {
        MemberAct::ResetMfa { .. } => membership.user.clone(),
        MemberAct::MailPasswordReset | MemberAct::Remove => member.reference(),
    };
    let mut plan = Plan::new("Do it", "Carla".into());
    plan.changes = vec![Change {
        target,
        label: "do it".to_owned(),
        who: None,
        fields,
        expected_version: None,
        means: Means::Member { project: membership.project, membership: member, act },
        undo: Undo::Not { why: "it cannot be taken back".to_owned() },
    }];
    plan
}

const TOTP: MemberAct = MemberAct::ResetMfa { factor: Factor::Totp };

fn state(engine: &Engine, entry: idconsole::journal::EntryId) -> (EntryState, StepState) {
    let entry = engine.journal.show(entry).unwrap();
    (entry.state, entry.steps[0].state)
}

#[tokio::test]
async fn a_factor_is_reset_and_read_back_where_the_user_can_be_seen() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let applied = scene.apply(admin, plan(admin, &scene, CARLA, TOTP).await).await.unwrap();
    assert_eq!(scene.stored(CARLA)[0]["mfaEnrolled"], false);
    assert_eq!(state(admin, applied.entry), (EntryState::Done, StepState::Verified));
    assert_eq!(applied.steps[0].remark, None);
    let not = plan_undo(admin, applied.entry).await.unwrap_err();
    assert!(not.0.contains("it cannot be taken back"), "{not}");
}

// platform-api §12: a server-scoped user is not there for a project admin; §5: the reset works all the same.
#[tokio::test]
async fn a_reset_that_cannot_be_read_back_is_told_as_answered() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let applied = scene.apply(admin, plan(admin, &scene, ROBIN, TOTP).await).await.unwrap();
    assert_eq!(scene.stored(ROBIN)[0]["mfaEnrolled"], false);
    assert_eq!(state(admin, applied.entry), (EntryState::Done, StepState::Settled(Happened::Told)));
    assert!(applied.steps[0].remark.as_ref().unwrap().raw().contains("cannot be read back by your role"));
}

// platform-api §5: 500 when the notice cannot be mailed, and the factor is gone all the same
#[tokio::test]
async fn a_500_after_a_mail_failure_is_read_back_and_told_as_done() {
    let scene = Scene::new(&["mail=fail"]).await;
    let admin = &scene.project_admin;
    let applied = scene.apply(admin, plan(admin, &scene, CARLA, TOTP).await).await.unwrap();
    let remark = applied.steps[0].remark.clone().unwrap();
    assert!(remark.raw().contains("could not be mailed"), "{remark}");
    assert!(remark.raw().contains("the change is there"), "{remark}");
    assert_eq!(state(admin, applied.entry).0, EntryState::Done);

    // Of a user that cannot be seen nobody can say so.
    let unsure = scene.apply(admin, plan(admin, &scene, ROBIN, TOTP).await).await.unwrap_err();
    let ApplyError::Unsure { entry, .. } = unsure else { panic!("{unsure}") };
    settle(admin, entry).await.unwrap();
    assert_eq!(state(admin, entry), (EntryState::Partly, StepState::Settled(Happened::Unseen)));
}

#[tokio::test]
async fn a_500_before_anything_was_done_is_told_as_not_done() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    scene.next("POST", "*/mfa/reset", Effect::Broken);
    let error = scene.apply(admin, plan(admin, &scene, CARLA, TOTP).await).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused { .. }), "{error}");
    assert_eq!(scene.stored(CARLA)[0]["mfaEnrolled"], true);
}

// platform-api §5
#[tokio::test]
async fn the_platforms_refusals_of_a_reset_are_told() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let by_mail = MemberAct::ResetMfa { factor: Factor::Email };
    let said = scene.apply(admin, plan(admin, &scene, ROBIN, by_mail).await).await.unwrap_err().to_string();
    assert!(said.contains("has no such factor"), "{said}");
    // A super admin is refused outside the super-admin project.
    let operator = &scene.super_admin;
    let mut elsewhere = plan(admin, &scene, CARLA, TOTP).await;
    elsewhere.changes[0].expected_version = None;
    let said = scene.apply(operator, elsewhere).await.unwrap_err().to_string();
    assert!(said.contains("a member of another project"), "{said}");
}

// platform-api §6, §14.13
#[tokio::test]
async fn a_password_reset_is_mailed_and_a_mail_that_did_not_go_out_is_told() {
    for fails in [false, true] {
        let scene = Scene::new(if fails { &["mail=fail"] } else { &[] }).await;
        let admin = &scene.project_admin;
        let outcome =
            scene.apply(admin, plan(admin, &scene, ROBIN, MemberAct::MailPasswordReset).await).await;
        let mails = scene.running.state.mailbox.to(ROBIN);
        if fails {
            let said = outcome.unwrap_err().to_string();
            assert!(said.contains("could not send Carla the mail"), "{said}");
            assert!(mails.is_empty());
        } else {
            assert_eq!(state(admin, outcome.unwrap().entry).1, StepState::Settled(Happened::Told));
            assert!(mails[0].text.contains("/setpassword/"));
        }
    }
}

// platform-api §6
#[tokio::test]
async fn a_member_is_removed_and_found_removed_after_a_lost_answer() {
    for lost in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = &scene.project_admin;
        if lost {
            scene.next("DELETE", "*/members/*", Effect::ResetAfter);
        }
        let remove = plan(admin, &scene, CARLA, MemberAct::Remove).await;
        let id = remove.changes[0].target.id.clone();
        let applied = scene.apply(admin, remove).await.unwrap();
        let expected = if lost { StepState::Settled(Happened::Yes) } else { StepState::Verified };
        assert_eq!(state(admin, applied.entry), (EntryState::Done, expected));
        assert!(scene.running.state.read().read("ProjectMembership", &id).is_err());
        assert!(scene.stored(CARLA).is_empty(), "a user of the project goes with the last membership");
    }
}
