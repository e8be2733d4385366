//! What can be done to a member, planned, applied, refused and taken back against the embedded platform.

use idconsole::identity::{SignInOutcome, Text};
use idconsole::workflows::Engine;
use idconsole::workflows::intent::{Intent, NoPlan, Why, plan};
use idconsole::workflows::undo::plan_undo;
use serde_json::{Value, json};

use super::scene::Scene;

const JANE: &str = "jsmith@clinic.example";

impl Scene {
    async fn membership(&self, engine: &Engine, query: &str) -> Value {
        let id = self.member(engine, query).await;
        self.running.state.read().read("ProjectMembership", id.as_str()).unwrap()
    }
}

pub(super) fn refused(outcome: Result<impl std::fmt::Debug, NoPlan>) -> (Why, String) {
    match outcome {
        Err(NoPlan::Refused { why, what, next }) => (why, format!("{what} {next}")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_member_is_kept_out_and_let_in_again() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let member = scene.member(&scene.project_admin, JANE).await;
        let off =
            plan(admin, &Intent::Activate { members: vec![member.clone()], active: false }).await.unwrap();
        let password = off.sign_in.iter().find(|effect| effect.way == "password").unwrap();
        assert!(matches!(password.before, SignInOutcome::SignsIn { .. }), "{password:?}");
        assert!(matches!(&password.after, SignInOutcome::Refused { text, .. } if text == "User not found"));
        let applied = scene.apply(admin, off).await.unwrap();
        let stored = scene.running.state.read().read("ProjectMembership", member.as_str()).unwrap();
        assert_eq!(stored["active"], json!(false));

        let again = plan(admin, &Intent::Activate { members: vec![member.clone()], active: false }).await;
        assert_eq!(refused(again), (Why::Nothing, "Jane Smith is not active already. ".to_owned()));

        let back = plan_undo(admin, applied.entry).await.unwrap();
        scene.apply(admin, back).await.unwrap();
        let stored = scene.running.state.read().read("ProjectMembership", member.as_str()).unwrap();
        assert_eq!(stored["active"], json!(true));
    }
}

// platform-api §12: the platform lets an admin deactivate himself.
#[tokio::test]
async fn nobody_keeps_themselves_out() {
    let scene = Scene::new(&[]).await;
    let member = scene.project_admin.caller.membership.clone();
    let (why, words) =
        refused(plan(&scene.project_admin, &Intent::Activate { members: vec![member], active: false }).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("your own account"), "{words}");
}

#[tokio::test]
async fn an_external_id_is_set_changed_cleared_and_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, JANE).await;
    let link =
        |id: Option<&str>| Intent::Link { members: vec![member.clone()], external_id: id.map(Text::from) };
    let set = plan(admin, &link(Some("00uJane"))).await.unwrap();
    let portal = set.sign_in.iter().find(|effect| effect.way == "browser, Clinic Portal").unwrap();
    assert!(matches!(portal.before, SignInOutcome::Refused { .. }), "{portal:?}");
    assert!(matches!(portal.after, SignInOutcome::SignsIn { .. }), "{portal:?}");
    let applied = scene.apply(admin, set).await.unwrap();
    assert_eq!(scene.membership(admin, JANE).await["externalId"], "00uJane");

    scene.apply(admin, plan(admin, &link(Some("00uOther"))).await.unwrap()).await.unwrap();
    assert!(plan_undo(admin, applied.entry).await.is_err(), "somebody changed it since");
    let cleared = scene.apply(admin, plan(admin, &link(None)).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership(admin, JANE).await["externalId"], Value::Null);
    scene.apply(admin, plan_undo(admin, cleared.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership(admin, JANE).await["externalId"], "00uOther");
}

// platform-api §9.2, §10.1, §17
#[tokio::test]
async fn an_external_id_in_use_is_refused_by_name_and_a_doubtful_one_is_told() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, JANE).await;
    let link = |id: &str| Intent::Link { members: vec![member.clone()], external_id: Some(Text::from(id)) };
    // Hugo's inactive membership holds it all the same.
    let (why, words) = refused(plan(admin, &link("okta|00uHUGOBRANDT000001")).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("Hugo Brandt, who is not active"), "{words}");

    assert_eq!(refused(plan(admin, &link(" ")).await).0, Why::Malformed);
    for (id, word) in
        [("a,b", "comma"), ("a ", "blank"), ("jane@clinic.example", "email"), ("a\u{200b}b", "seen")]
    {
        let warned = plan(admin, &link(id)).await.unwrap().warnings;
        assert!(warned.iter().any(|warning| warning.contains(word)), "{id:?}: {warned:?}");
    }
}
