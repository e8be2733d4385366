//! Sessions ended and people offboarded, against the embedded platform (platform-api §4, §12, §15).

use idconsole::identity::{Means, Seen, Unseen};
use idconsole::workflows::intent::{Intent, Why, plan};
use idconsole::workflows::sessions::list;
use idconsole::workflows::undo::plan_undo;
use serde_json::{Value, json};

use super::intents::refused;
use super::scene::{Scene, token};

const JANE: &str = "jsmith@clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const DANA: &str = "dana.cruz@post.example";

#[tokio::test]
async fn a_project_admin_sees_and_ends_own_sessions_alone() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let facts = scene.running.facts.as_ref().unwrap();
    // A second one, so that ending one does not end ours.
    let who = &facts.project_admin;
    token(&scene.running, &who.email, &who.password, Some(&facts.client_id)).await;
    let mine = list(admin, None).await.unwrap();
    assert_eq!(mine.others, Seen::Unknown(Unseen::SuperAdminOnly));
    assert_eq!(mine.list.len(), 2, "{mine:?}");
    let newest = mine.list[0].id.clone();
    let one = plan(admin, &Intent::EndSessions { sessions: vec![newest.clone()] }).await.unwrap();
    assert_eq!(one.changes[0].means, Means::EndOwnSession);
    let applied = scene.apply(admin, one).await.unwrap();
    let stored = scene.running.state.read().read("Login", newest.as_str()).unwrap();
    assert_eq!(stored["revoked"], json!(true));
    assert_eq!(list(admin, None).await.unwrap().list.len(), 1);
    assert!(plan_undo(admin, applied.entry).await.is_err());

    let others = list(&scene.super_admin, scene.super_admin.caller.user.as_ref()).await.unwrap().list;
    let foreign = Intent::EndSessions { sessions: vec![others[0].id.clone()] };
    let (why, words) = refused(plan(admin, &foreign).await);
    assert_eq!(why, Why::NotFound);
    assert!(words.contains("only a super admin"), "{words}");
}

#[tokio::test]
async fn a_super_admin_ends_everybodys_sessions_and_none_of_their_secrets_is_read() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let pat = scene.project_admin.caller.user.clone().unwrap();
    let found = list(admin, Some(&pat)).await.unwrap();
    assert_eq!((found.others.clone(), found.list.len()), (Seen::Known(()), 1));
    let session = &found.list[0];
    let stored = scene.running.state.read().read("Login", session.id.as_str()).unwrap();
    for secret in ["code", "cookie", "refreshSecret"] {
        if let Some(secret) = stored[secret].as_str() {
            assert!(!format!("{found:?}").contains(secret));
        }
    }
    let everybody = list(admin, None).await.unwrap().list;
    assert!(everybody.len() > 20, "{}", everybody.len());
    let one = plan(admin, &Intent::EndSessions { sessions: vec![session.id.clone()] }).await.unwrap();
    scene.apply(admin, one).await.unwrap();
    assert!(scene.project_admin.remote.own_sessions().await.is_err(), "the token is dead");
}

fn memberships(scene: &Scene, email: &str) -> Vec<Value> {
    let user = scene.stored(email).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    scene.running.state.read().find_by("ProjectMembership", "user", &user)
}

#[tokio::test]
async fn a_super_admin_offboards_in_every_project_and_it_is_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let member = scene.member(&scene.project_admin, JANE).await;
    let all = plan(admin, &Intent::Offboard { member, clear_external_id: false }).await.unwrap();
    assert_eq!(all.changes.len(), 2, "{:?}", all.changes);
    let applied = scene.apply(admin, all).await.unwrap();
    let of_jane = memberships(&scene, JANE);
    assert_eq!(of_jane.len(), 2);
    assert!(of_jane.iter().all(|membership| membership["active"] == json!(false)));
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    assert!(memberships(&scene, JANE).iter().all(|membership| membership["active"] == json!(true)));
}

#[tokio::test]
async fn a_project_admin_offboards_here_and_is_told_what_is_left_and_who_can() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, JANE).await;
    let here = plan(admin, &Intent::Offboard { member, clear_external_id: false }).await.unwrap();
    assert_eq!(here.changes.len(), 1);
    let left = here.warnings.join("\n");
    for words in
        ["ending each session; only a super admin", "other projects, if there are any; a super admin"]
    {
        assert!(left.contains(words), "{left}");
    }
    scene.apply(admin, here).await.unwrap();
    let inactive = memberships(&scene, JANE).iter().filter(|m| m["active"] == json!(false)).count();
    assert_eq!(inactive, 1, "the other project is out of reach");
}

#[tokio::test]
async fn sessions_end_with_the_offboarding_and_the_external_id_goes_by_choice() {
    let scene = Scene::new(&[]).await;
    let facts = scene.running.facts.as_ref().unwrap();
    token(&scene.running, DANA, "clinic-demo-1", Some(&facts.client_id)).await;
    let admin = &scene.super_admin;
    let member = scene.member(admin, DANA).await;
    let keep = Intent::Link { members: vec![member.clone()], external_id: Some("okta|00uDANA".into()) };
    scene.apply(admin, plan(admin, &keep).await.unwrap()).await.unwrap();
    let all = plan(admin, &Intent::Offboard { member, clear_external_id: true }).await.unwrap();
    let sessions = all.changes.iter().filter(|change| &*change.target.kind == "Login").count();
    assert_eq!(sessions, 1, "{:?}", all.changes);
    scene.apply(admin, all).await.unwrap();
    let dana = memberships(&scene, DANA).remove(0);
    assert_eq!((&dana["active"], &dana["externalId"]), (&json!(false), &Value::Null));
}

// platform-api §12: the platform protects neither the own account nor the owner nor the last admin.
#[tokio::test]
async fn the_own_account_the_owner_and_the_last_admin_are_not_offboarded() {
    let scene = Scene::new(&[]).await;
    let off = |member| Intent::Offboard { member, clear_external_id: false };
    let own = scene.project_admin.caller.membership.clone();
    assert_eq!(refused(plan(&scene.project_admin, &off(own.clone())).await).0, Why::NotAllowed);
    let project = scene.project_admin.caller.project.clone();
    let (why, words) = refused(plan(&scene.super_admin, &off(own)).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("owns the project"), "{words}");
    // Nobody but Carla is left to administer the project.
    let member = scene.member(&scene.super_admin, CARLA).await;
    {
        let mut store = scene.running.state.write();
        for mut admin in store.find_by("ProjectMembership", "admin", "true") {
            if admin["project"]["reference"] == format!("Project/{project}") {
                admin["admin"] = json!(false);
                store.system_update(admin).unwrap();
            }
        }
        let mut carla = store.read("ProjectMembership", member.as_str()).unwrap();
        carla["admin"] = json!(true);
        store.system_update(carla).unwrap();
    }
    let (why, words) = refused(plan(&scene.super_admin, &off(member)).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("last active admin"), "{words}");
}
