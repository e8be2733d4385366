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

/// Server-scoped staff with an external id and an access policy.
const GRETA: &str = "greta.lindqvist@clinic.example";
const GRETA_NEW: &str = "greta.lind@clinic.example";
const GRETA_ID: &str = "OKTA|00UGRETA000000001";

// platform-api §7: a full replace would erase it
#[tokio::test]
async fn scim_changes_the_address_and_nothing_else_of_the_membership() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let before = gather(admin, &scene.member(admin, GRETA).await).await.unwrap().membership;
    assert_eq!(before.external_id, Some(Text::from(GRETA_ID)));
    let plan = scene.plan(admin, GRETA, GRETA_NEW, WayKind::Scim).await;
    assert!(plan.warnings[0].contains("in every project"), "{:?}", plan.warnings);
    assert!(plan.warnings[1].contains("no mail is sent"), "{:?}", plan.warnings);
    let applied = scene.apply(admin, plan).await.unwrap();
    for address in [GRETA_NEW, GRETA] {
        let mut now = gather(admin, &scene.member(admin, address).await).await.unwrap().membership;
        now.version = before.version.clone();
        assert_eq!(now, before, "{address}");
        if address == GRETA_NEW {
            let back = plan_undo(admin, applied.entry).await.unwrap();
            scene.apply(admin, back).await.unwrap();
        }
    }
}

// platform-api §9.2: external ids are unique in a project, so the old membership lets go first
#[tokio::test]
async fn a_re_invite_carries_external_id_policy_and_admin_over() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, GRETA).await;
    let fields = vec![("/admin".to_owned(), Some(json!(true)))];
    let mut promote = scene.plan(admin, GRETA, GRETA_NEW, WayKind::Scim).await;
    promote.changes[0].target = member.reference();
    promote.changes[0].means = Means::patch(fields);
    promote.changes[0].fields = vec![idconsole::identity::FieldChange {
        field: "project admin".to_owned(),
        before: Seen::Known(Some("no".into())),
        after: Some("yes".into()),
    }];
    scene.apply(admin, promote).await.unwrap();
    let before = gather(admin, &member).await.unwrap().membership;
    assert!(before.admin && before.policy.is_some());

    let plan = scene.plan(admin, GRETA, GRETA_NEW, WayKind::Reinvite).await;
    scene.apply(admin, plan).await.unwrap();
    let old = gather(admin, &member).await.unwrap().membership;
    let new = gather(admin, &scene.member(admin, GRETA_NEW).await).await.unwrap().membership;
    assert_eq!((old.active, old.external_id), (false, None));
    assert_eq!((new.active, new.admin, new.external_id), (true, true, before.external_id));
    let plain = |policy: Option<idconsole::identity::Reference>| policy.map(|policy| policy.to_string());
    assert_eq!((plain(new.policy), new.access), (plain(before.policy), before.access));
    assert_eq!(new.profile.to_string(), before.profile.to_string());
}

#[tokio::test]
async fn a_re_invite_that_stops_after_the_first_step_says_so_and_is_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, GRETA).await;
    let plan = scene.plan(admin, GRETA, GRETA_NEW, WayKind::Reinvite).await;
    scene.next("POST", "*invite*", Effect::Broken);
    let error = scene.apply(admin, plan).await.unwrap_err();
    assert!(error.to_string().contains("The step before it was written and stands"), "{error}");
    let half = gather(admin, &member).await.unwrap().membership;
    assert_eq!((half.active, half.external_id), (false, None), "nobody gets in just now");

    let back = plan_undo(admin, error.entry().unwrap()).await.unwrap();
    assert_eq!(back.changes.len(), 1);
    scene.apply(admin, back).await.unwrap();
    let whole = gather(admin, &member).await.unwrap().membership;
    assert_eq!((whole.active, whole.external_id), (true, Some(Text::from(GRETA_ID))));
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
