//! Server-scoped people, by a project admin: through SCIM and by inviting again.

use idconsole::demo::faults::Effect;
use idconsole::identity::{Confirm, Email, Means, Role, Seen, Text, UserScope};
use idconsole::workflows::ApplyError;
use idconsole::workflows::email_change::{Choices, WayKind};
use idconsole::workflows::person::gather;
use idconsole::workflows::undo::plan_undo;
use serde_json::json;

use super::scene::{QUIET, Scene};

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";
/// A partner on a routed domain.
const WENDY: &str = "wendy.wu@partner.example";

#[tokio::test]
async fn a_project_admin_repairs_jane_through_scim() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    assert_eq!(admin.caller.role, Role::ProjectAdmin);
    let prepared = scene.prepare(admin, OLD, NEW, Choices::default()).await;
    assert_eq!(prepared.person.scope, Seen::Known(UserScope::Server));
    assert_eq!(prepared.person.email, Seen::Known(Some(Text::from(OLD))));
    let way = prepared.proposal.recommended().unwrap();
    assert_eq!(way.kind, WayKind::Scim);

    let applied = scene.apply(admin, way.plan().unwrap().clone()).await.unwrap();
    let stored = &scene.stored(NEW)[0];
    assert_eq!(stored["emailVerified"], json!(true), "SCIM does not touch it");
    assert_eq!(scene.running.state.mailbox.to(NEW).len(), 0);

    // A super admin, who may not use SCIM there, takes it back by writing the user itself.
    let back = plan_undo(&scene.super_admin, applied.entry).await.unwrap();
    assert!(matches!(back.changes[0].means, Means::Patch { .. }));
    assert!(back.changes[0].expected_version.is_some(), "guarded, as SCIM cannot be");
    let undone = scene.apply(&scene.super_admin, back).await.unwrap();
    assert_eq!(scene.stored(OLD).len(), 1);
    assert_eq!(admin.journal.show(applied.entry).unwrap().undone_by, Some(undone.entry));
}

#[tokio::test]
async fn a_re_invite_keeps_the_profile_and_is_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = scene.plan(admin, OLD, NEW, WayKind::Reinvite).await;
    let applied = scene.apply(admin, plan).await.unwrap();
    let old = gather(admin, &scene.member(admin, OLD).await).await.unwrap();
    let new = gather(admin, &scene.member(admin, NEW).await).await.unwrap();
    assert!(!old.membership.active && new.membership.active);
    assert_eq!(old.membership.profile.to_string(), new.membership.profile.to_string());
    assert_eq!(new.membership.policy.map(|p| p.to_string()), old.membership.policy.map(|p| p.to_string()));

    let back = plan_undo(admin, applied.entry).await.unwrap();
    scene.apply(admin, back).await.unwrap();
    let old = gather(admin, &scene.member(admin, OLD).await).await.unwrap();
    let new = gather(admin, &scene.member(admin, NEW).await).await.unwrap();
    assert!(old.membership.active && !new.membership.active);
}

#[tokio::test]
async fn an_invitation_whose_mail_fails_is_done_and_says_so() {
    let scene = Scene::new(&["mail=fail"]).await;
    let admin = &scene.project_admin;
    let prepared = scene.prepare(admin, OLD, NEW, Choices::default()).await;
    let plan = prepared.proposal.way(WayKind::Reinvite).unwrap().plan().unwrap().clone();
    let applied = scene.apply(admin, plan).await.unwrap();
    let remark = applied.steps[0].remark.as_ref().unwrap();
    assert!(remark.raw().contains("Could not send email"), "{remark}");
    assert!(applied.steps[0].made.is_some());
}

#[tokio::test]
async fn a_change_through_scim_notices_a_second_admin_too() {
    let scene = Scene::new(&[]).await;
    let mine = scene.plan(&scene.project_admin, OLD, NEW, WayKind::Scim).await;
    let theirs = scene.plan(&scene.super_admin, OLD, "j.smith@clinic.example", WayKind::UpdateEmail).await;
    scene.apply(&scene.super_admin, theirs).await.unwrap();
    let error = scene.apply(&scene.project_admin, mine).await.unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)), "{error}");
}

#[tokio::test]
async fn a_record_that_moves_under_the_write_is_refused_by_the_platform() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = scene.plan(admin, OLD, NEW, WayKind::Reinvite).await;
    let members = json!({"userName": "somebody.else"}).as_object().unwrap().clone();
    scene.next("PATCH", "*ProjectMembership*", Effect::SomebodyWrites(members));
    let error = scene.apply(admin, plan).await.unwrap_err();
    let ApplyError::Stale(stale) = error else { panic!("{error}") };
    assert_eq!((stale.step, stale.written), (1, 1));
    assert_eq!(stale.current.field("user name"), Some(&Some(Text::from("somebody.else"))));
}

#[tokio::test]
async fn a_look_alike_of_a_member_warns_and_wants_to_be_typed() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.super_admin, &scene.project_admin] {
        let prepared = scene.prepare(engine, OLD, "wendy.vvu@partner.example", QUIET).await;
        let cyrillic = scene.prepare(engine, OLD, "wendy.wu@pаrtner.example", QUIET).await;
        let plan = cyrillic.proposal.recommended().unwrap().plan().unwrap();
        assert!(plan.warnings.iter().any(|warning| warning.contains("looks like")), "{:?}", plan.warnings);
        let typed = Email::parse("wendy.wu@pаrtner.example").unwrap().0.text();
        assert_eq!(plan.confirm, Confirm::Typed { text: typed });
        assert!(prepared.proposal.recommended().is_some());
    }
}

#[tokio::test]
async fn a_domain_without_a_route_is_named_in_the_plan() {
    let scene = Scene::new(&[]).await;
    let plan = scene.plan(&scene.project_admin, WENDY, "wendy@bare.example", WayKind::Scim).await;
    assert!(plan.warnings.iter().any(|w| w.contains("bare.example goes nowhere")), "{:?}", plan.warnings);
    let broken = scene.plan(&scene.project_admin, WENDY, "wendy@broken.example", WayKind::Scim).await;
    assert!(broken.warnings.iter().any(|w| w.contains("nobody gets in")), "{:?}", broken.warnings);
}
