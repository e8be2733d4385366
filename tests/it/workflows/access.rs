//! What a member may do, asked of the embedded platform on their behalf (platform-api §1.10).

use idconsole::identity::access::Interaction;
use idconsole::workflows::access::{Source, Wish, may, of};
use idconsole::workflows::refusals::Cause;
use serde_json::json;

use super::scene::Scene;

fn wish(interaction: Interaction, target: &str) -> Wish {
    Wish::parse(interaction, target).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_is_asked_on_their_behalf_and_says_why_not() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.project_admin, &scene.super_admin] {
        let member = scene.member(engine, "Jane Smith").await;
        let access = of(engine, &member).await.unwrap();
        assert!(access.policy.told && !access.policy.rules.is_empty());

        let patients = may(engine, &access, &wish(Interaction::Search, "Patient")).await.unwrap();
        assert_eq!((patients.allowed, patients.source), (Some(true), Source::Platform), "{patients:?}");
        let logins = may(engine, &access, &wish(Interaction::Search, "Login")).await.unwrap();
        assert_eq!(logins.allowed, Some(false));
        assert!(logins.why.starts_with("403") && logins.why.contains("super admins only"), "{logins:?}");
        let absent = wish(Interaction::Read, "Patient/00000000-0000-4000-8000-000000000000");
        let nobody = may(engine, &access, &absent).await.unwrap();
        assert!(nobody.why.starts_with("404"), "{nobody:?}");
        // Trying it would write: the policy answers.
        let create = may(engine, &access, &wish(Interaction::Create, "Patient")).await.unwrap();
        assert_eq!((create.allowed, create.source), (Some(true), Source::Policy), "{create:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_as_somebody_writes_nothing_in_their_name() {
    let scene = Scene::new(&[]).await;
    let engine = &scene.project_admin;
    let member = scene.member(engine, "Jane Smith").await;
    let access = of(engine, &member).await.unwrap();
    let patients = || scene.running.state.read().find_by("Patient", "resourceType", "Patient").len();
    let before = patients();
    for interaction in Interaction::ALL {
        let _ = may(engine, &access, &wish(interaction, "Patient")).await.unwrap();
    }
    assert_eq!(patients(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_is_off_may_nothing() {
    let scene = Scene::new(&[]).await;
    let engine = &scene.super_admin;
    let member = scene.member(engine, "Hugo Brandt").await;
    let access = of(engine, &member).await.unwrap();
    let said = may(engine, &access, &wish(Interaction::Search, "Patient")).await.unwrap();
    assert!(said.why.contains("not active"), "{said:?}");
    assert_eq!(said.allowed, Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_member_is_told_who_may_ask() {
    let scene = Scene::new(&[]).await;
    let mut engine = scene.project_admin.clone();
    let member = scene.member(&engine, "Jane Smith").await;
    engine.caller.role = idconsole::identity::Role::Member;
    let refused = of(&engine, &member).await.unwrap_err();
    assert_eq!(refused.cause, Cause::Forbidden);
    assert!(refused.to_string().contains("only a project admin may see what somebody may do"), "{refused}");
}

#[test]
fn a_question_names_a_type_or_a_record() {
    assert_eq!(wish(Interaction::Read, "Patient/1-a").words(), "read Patient/1-a");
    for wrong in ["", "patient", "Patient/", "Patient/../User", "Patient?x=1"] {
        assert!(Wish::parse(Interaction::Read, wrong).is_err(), "{wrong}");
    }
    assert_eq!(json!(Interaction::ALL)[4], "delete");
}
