//! A platform of another version: what it lacks is recognised by its answer, told with the version, remembered for the
//! session, and never tried again.

use idconsole::demo::faults::{Effect, Rule};
use idconsole::identity::{Feature, Role};
use idconsole::workflows::email_change::WayKind;
use idconsole::workflows::intent::{Intent, NoPlan, Why, plan};
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::{ApplyError, apply_with};
use rstest::rstest;

use super::jobs::{CARLA, JANE, Job, nora, planned};
use crate::workflows::scene::{QUIET, Scene};

#[rstest]
#[case(Job::ResetFactor, Feature::ResetMfa, "A super admin can reset it")]
#[case(Job::MailPassword, Feature::MailPassword, "ask for the link on the sign-in page")]
#[case(Job::ToServer, Feature::Rescope, "Invite the person anew")]
#[case(Job::RefreshDisplay, Feature::RefreshDisplay, "do no harm")]
#[case(Job::DisableOwn, Feature::DisableOwnFactor, "An admin can reset your factor")]
#[tokio::test]
async fn what_the_platform_lacks_is_told_once_with_its_version_and_then_known(
    #[case] job: Job,
    #[case] feature: Feature,
    #[case] instead: &str,
) {
    let scene = Scene::new(&["older=true"]).await;
    let (engine, shown, secret) = planned(&scene, job).await;
    assert_eq!(engine.remote.about().check(feature), Ok(()), "nothing is known before it was tried");
    let before = scene.fingerprint();
    let error = apply_with(engine, shown, "", secret.as_ref(), |_| {}).await.unwrap_err();
    let ApplyError::Refused { refused, .. } = &error else { panic!("{error:?}") };
    assert_eq!(refused.cause, Cause::NoRoute);
    let told = error.to_string();
    assert!(told.starts_with("This platform (version 4.1.0-embedded) cannot "), "{told}");
    assert!(told.contains("nothing was written") && told.contains(instead), "{told}");
    assert_eq!(scene.fingerprint(), before);

    let about = engine.remote.about();
    assert!(about.check(feature).unwrap_err().contains("4.1.0-embedded"));
    assert_eq!(about.lacks.len(), 1);
    // Every clone of the client knows it, the one for rows too.
    assert_eq!(engine.in_background().remote.about(), about);
}

// A record that is not there any more is no missing endpoint, though both are a 404.
#[tokio::test]
async fn a_missing_record_is_not_taken_for_a_missing_endpoint() {
    let scene = Scene::new(&[]).await;
    let (engine, mut shown, _) = planned(&scene, Job::ResetFactor).await;
    let idconsole::identity::Means::Member { membership, .. } = &mut shown.changes[0].means else { panic!() };
    *membership = "00000000-0000-4000-8000-000000000000".into();
    let error = scene.apply(engine, shown).await.unwrap_err();
    assert!(error.to_string().contains("no such member"), "{error}");
    assert!(engine.remote.about().lacks.is_empty());
}

#[tokio::test]
async fn what_is_known_to_be_lacking_is_refused_in_the_plan() {
    let scene = Scene::new(&["older=true"]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, CARLA).await;
    let reset = Intent::ResetFactor {
        member,
        factor: idconsole::identity::Factor::Totp,
        checked: "called back".into(),
        end_sessions: false,
    };
    scene.apply(admin, plan(admin, &reset).await.unwrap()).await.unwrap_err();
    match plan(admin, &reset).await {
        Err(NoPlan::Refused { why, what, next }) => {
            assert_eq!(why, Why::NotAllowed);
            assert!(what.contains("cannot reset a member's second factor"), "{what}");
            assert!(next.contains("super admin"), "{next}");
        }
        other => panic!("{other:?}"),
    }
    // The way that is named works.
    let operator = &scene.super_admin;
    assert_eq!(operator.caller.role, Role::SuperAdmin);
    scene.apply(operator, plan(operator, &reset).await.unwrap()).await.unwrap();
    assert_eq!(scene.stored(CARLA)[0]["mfaEnrolled"], false);
}

// platform-api §7: without SCIM that way of changing an address is closed from then on, and another one is proposed.
#[tokio::test]
async fn a_way_that_the_platform_lacks_is_closed_and_another_one_is_proposed() {
    let scene = Scene::new(&[]).await;
    let (admin, shown, _) = planned(&scene, Job::ScimEmail).await;
    scene.next("PATCH", "/scim/v2/Users/*", Effect::NoRoute);
    let told = scene.apply(admin, shown).await.unwrap_err().to_string();
    assert!(told.contains("cannot speak SCIM") && told.contains("5.1.29"), "{told}");
    assert_eq!(scene.stored(JANE).len(), 1, "nothing was changed");
    let again = scene.prepare(admin, JANE, "jane.smith@clinic.example", QUIET).await.proposal;
    let closed = again.way(WayKind::Scim).unwrap().plan().unwrap_err().to_string();
    assert!(closed.contains("cannot speak SCIM"), "{closed}");
    assert_ne!(again.recommended().unwrap().kind, WayKind::Scim);
}

// platform-api §12: a plain member may nothing about others, and is told who may before anything is asked.
#[tokio::test]
async fn a_plain_member_is_told_who_may_before_anything_is_asked() {
    let scene = Scene::new(&[]).await;
    let member = scene.member(&scene.project_admin, CARLA).await;
    let mut engine = scene.project_admin.clone();
    engine.caller.role = Role::Member;
    // Whatever is asked is told apart by its words from what the console says by itself.
    scene.running.faults().add(Rule::on("*", Effect::Broken));
    for intent in [
        Intent::Activate { members: vec![member.clone()], active: false },
        Intent::Invite(Box::new(nora())),
        Intent::SetPassword { member: member.clone() },
        Intent::MailPassword { member: member.clone(), invitation: false },
        Intent::RequireFactor { members: vec![member.clone()], required: true },
        Intent::Offboard { member, clear_external_id: false },
    ] {
        match plan(&engine, &intent).await {
            Err(NoPlan::Refused { why, what, .. }) => {
                assert_eq!(why, Why::NotAllowed);
                assert!(what.starts_with("Only a project admin may "), "{what}");
                assert!(what.contains("you are member of"), "{what}");
            }
            other => panic!("{intent:?}: {other:?}"),
        }
    }
}
