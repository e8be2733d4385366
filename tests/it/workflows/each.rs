//! The same for several people: what is right for each alone and wrong for all of them together.

use idconsole::identity::{Confirm, MembershipId, OnFailure};
use idconsole::workflows::intent::{Intent, Why, plan};
use serde_json::json;

use super::intents::refused;
use super::scene::Scene;

const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";

async fn members(scene: &Scene, queries: &[&str]) -> Vec<MembershipId> {
    let mut found = Vec::new();
    for query in queries {
        found.push(scene.member(&scene.super_admin, query).await);
    }
    found
}

// platform-api §12: the platform lets the last admin go.
#[tokio::test]
async fn of_all_admins_together_the_last_one_stays() {
    let scene = Scene::new(&[]).await;
    // The owner is nobody's to let go; without one, only the last admin is.
    let main = scene.running.facts.as_ref().unwrap().project_id.clone();
    let mut project = scene.running.state.read().read("Project", &main).unwrap();
    project.as_object_mut().unwrap().remove("owner");
    scene.running.state.write().system_update(project).unwrap();
    let main = format!("Project/{main}");
    let admins: Vec<MembershipId> = {
        let state = scene.running.state.read();
        let of = state.find_by("ProjectMembership", "project", &main).into_iter();
        let admins = of.filter(|m| {
            m["admin"] == json!(true)
                && m["active"] != json!(false)
                && m["user"]["reference"].as_str().unwrap().starts_with("User/")
        });
        admins.map(|m| MembershipId::new(m["id"].as_str().unwrap())).collect()
    };
    assert!(admins.len() > 1, "{admins:?}");
    let ways: [fn(MembershipId) -> Intent; 2] = [
        |member| Intent::Admin { member, admin: false },
        |member| Intent::Offboard { member, clear_external_id: false },
    ];
    for make in ways {
        let all = plan(&scene.super_admin, &Intent::each(admins.clone(), make)).await.unwrap();
        let left = all.warnings.iter().find(|words| words.contains("is the last active admin of"));
        assert!(left.is_some(), "{:?}", all.warnings);
        let rows: std::collections::BTreeSet<_> = all.changes.iter().filter_map(|c| c.who.clone()).collect();
        assert_eq!(rows.len(), admins.len() - 1);
        // One of them alone is nobody's last.
        plan(&scene.super_admin, &make(admins[0].clone())).await.unwrap();
    }
}

// platform-api §9.2: an external id is one member's in a project.
#[tokio::test]
async fn one_external_id_is_not_given_to_two() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let two = members(&scene, &["jsmith@clinic.example", "omar.haddad@clinic.example"]).await;
        let same = Intent::each(two, |member| Intent::Link {
            members: vec![member],
            external_id: Some("okta|both".into()),
        });
        let plan = plan(admin, &same).await.unwrap();
        assert_eq!(plan.changes.len(), 1, "{plan:?}");
        assert_eq!(plan.warnings, ["left out: Omar Haddad: another row gives okta|both already"]);
        assert_eq!(plan.confirm, Confirm::Typed { text: "1".into() });
    }
}

#[tokio::test]
async fn what_holds_for_some_names_them_and_what_holds_for_all_stands_once() {
    let scene = Scene::new(&[]).await;
    let three = members(&scene, &[NOOR, RUTH, "carla.diaz@post.example"]).await;
    let mails = Intent::each(three, |member| Intent::MailPassword { member, invitation: true });
    let plan = plan(&scene.project_admin, &mails).await.unwrap();
    assert_eq!((plan.title.as_str(), plan.subject.raw()), ("Resend invitation", "3 members"));
    assert_eq!(plan.on_failure, OnFailure::GoOn);
    let old = "the old password and every session stay as they are until the link is used";
    assert_eq!(plan.also.iter().filter(|words| *words == old).count(), 1, "{:?}", plan.also);
    assert!(
        plan.also.iter().any(|words| words == &format!("Noor Aziz: a link to set a password goes to {NOOR}")),
        "{:?}",
        plan.also
    );
}

#[tokio::test]
async fn nobody_left_is_no_plan_and_what_is_done_for_one_is_not_done_for_several() {
    let scene = Scene::new(&[]).await;
    let two = members(&scene, &[NOOR, RUTH]).await;
    let nothing = Intent::each(two.clone(), |member| Intent::Admin { member, admin: false });
    let (why, words) = refused(plan(&scene.super_admin, &nothing).await);
    assert_eq!(why, Why::Nothing);
    assert!(words.contains("Noor Aziz is no project admin") && words.contains("Ruth Osei"), "{words}");
    let removed = Intent::each(two, |member| Intent::Remove { member });
    let (why, words) = refused(plan(&scene.super_admin, &removed).await);
    assert_eq!((why, words.trim()), (Why::Malformed, "Remove member is done for one person at a time."));
}
