//! Passwords, scope and stale names against the embedded platform.

use idconsole::demo::faults::Effect;
use idconsole::identity::{MembershipId, Secret};
use idconsole::journal::{EntryState, Happened, StepState};
use idconsole::workflows::intent::{Intent, NoPlan, Why, plan};
use idconsole::workflows::settle::{settle, what_is_left};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine, apply_with};
use serde_json::{Value, json};

use super::scene::Scene;

const JANE: &str = "jsmith@clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const PASSWORD: &str = "Quarry-lantern-4711";

fn refused(outcome: Result<idconsole::identity::Plan, NoPlan>) -> (Why, String) {
    match outcome {
        Err(NoPlan::Refused { why, what, next }) => (why, format!("{what} {next}")),
        other => panic!("{other:?}"),
    }
}

async fn set(
    scene: &Scene,
    engine: &Engine,
    who: &str,
    password: &str,
) -> Result<idconsole::workflows::Applied, ApplyError> {
    let member = scene.member(engine, who).await;
    let shown = plan(engine, &Intent::SetPassword { member }).await.unwrap();
    apply_with(engine, shown, "lost it", Some(&Secret::from(password)), |_| {}).await
}

async fn signs_in(scene: &Scene, email: &str, password: &str) -> bool {
    let body = json!({
        "email": email, "password": password, "scope": "openid",
        "clientId": scene.running.facts.as_ref().unwrap().client_id,
        "codeChallenge": "x".repeat(50), "codeChallengeMethod": "plain",
    });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = http.post(format!("{}auth/login", scene.running.base_url)).json(&body);
    post.send().await.unwrap().status().is_success()
}

// S2; platform-api §6, §6.2
#[tokio::test]
async fn a_password_is_set_and_stands_nowhere() {
    for by_operator in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = if by_operator { &scene.super_admin } else { &scene.project_admin };
        assert!(!signs_in(&scene, "dana.cruz@post.example", PASSWORD).await);
        let applied = set(&scene, admin, "dana.cruz@post.example", PASSWORD).await.unwrap();
        assert!(signs_in(&scene, "dana.cruz@post.example", PASSWORD).await);
        assert!(!applied.steps[0].read_back);
        let entry = admin.journal.show(applied.entry).unwrap();
        assert_eq!(
            (entry.state, entry.steps[0].state),
            (EntryState::Done, StepState::Settled(Happened::Told))
        );
        for text in [format!("{entry:?}"), serde_json::to_string(&entry).unwrap(), format!("{applied:?}")] {
            assert!(!text.contains(PASSWORD), "{text}");
        }
        assert!(!scene.on_disk().windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()));
        let stays = plan_undo(admin, applied.entry).await.unwrap_err();
        assert!(stays.0.contains("nobody knows the old password"), "{stays}");
    }
}

#[tokio::test]
async fn without_the_password_nothing_is_sent_and_what_was_cut_off_is_not_gone_on_with() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, CARLA).await;
    let shown = plan(admin, &Intent::SetPassword { member }).await.unwrap();
    let before = scene.stored(CARLA)[0]["passwordHash"].clone();
    let error = scene.apply(admin, shown).await.unwrap_err();
    assert!(error.to_string().contains("kept nowhere"), "{error}");
    assert_eq!(scene.stored(CARLA)[0]["passwordHash"], before);
    assert_eq!(what_is_left(&admin.journal.show(error.entry().unwrap()).unwrap()), None);

    // A lost answer: nobody can tell, and nobody is told otherwise.
    scene.next("POST", "*/setpassword", Effect::ResetAfter);
    let error = set(&scene, admin, CARLA, PASSWORD).await.unwrap_err();
    let ApplyError::Unsure { entry, .. } = error else { panic!("{error}") };
    settle(admin, entry).await.unwrap();
    let entry = admin.journal.show(entry).unwrap();
    assert_eq!(entry.steps[0].state, StepState::Settled(Happened::Unseen));
    assert_eq!(what_is_left(&entry), None);
}

// platform-api §6: "User not found" for server-scoped ones; §6.1 the rules of a password
#[tokio::test]
async fn whose_password_cannot_be_set_is_said_before_and_the_platforms_refusals_are_told() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let of = |member: MembershipId| Intent::SetPassword { member };
    let jane = scene.member(admin, JANE).await;
    let (why, words) = refused(plan(admin, &of(jane.clone())).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("server-scoped") && words.contains("super admin"), "{words}");
    assert!(plan(&scene.super_admin, &of(jane)).await.is_ok(), "a super admin may");
    let own = refused(plan(admin, &of(admin.caller.membership.clone())).await);
    assert_eq!(own.0, Why::NotAllowed);
    let kiosk = scene.member(admin, "okta|00uKIOSKWARD3000001").await;
    assert_eq!(refused(plan(admin, &of(kiosk)).await).0, Why::Conflict);

    let said = set(&scene, admin, CARLA, "short").await.unwrap_err().to_string();
    assert!(said.contains("does not take the password"), "{said}");
    // Moved away between plan and apply.
    let member = scene.member(admin, CARLA).await;
    let mut shown = plan(admin, &of(member)).await.unwrap();
    let idconsole::identity::Means::SetPassword { email, .. } = &mut shown.changes[0].means else { panic!() };
    *email = JANE.into();
    let error = apply_with(admin, shown, "", Some(&Secret::from(PASSWORD)), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("finds no user of this project"), "{error}");
}

// platform-api §8 $rescope
#[tokio::test]
async fn an_account_becomes_server_scoped_and_only_a_super_admin_takes_it_back() {
    for by_operator in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = if by_operator { &scene.super_admin } else { &scene.project_admin };
        let member = scene.member(&scene.project_admin, CARLA).await;
        let move_to = |to_server| Intent::Rescope { member: member.clone(), to_server };
        let shown = plan(admin, &move_to(true)).await.unwrap();
        assert_eq!(shown.warnings.iter().any(|w| w.contains("no way back for you")), !by_operator);
        let applied = scene.apply(admin, shown).await.unwrap();
        assert_eq!(scene.stored(CARLA)[0]["project"], Value::Null);
        assert!(applied.steps[0].read_back, "a project admin tells it by SCIM");
        assert_eq!(refused(plan(admin, &move_to(true)).await).0, Why::Nothing);
        if by_operator {
            scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
            assert!(scene.stored(CARLA)[0]["project"].is_object());
        } else {
            assert!(plan_undo(admin, applied.entry).await.unwrap_err().0.contains("only a super admin"));
            let (why, words) = refused(plan(admin, &move_to(false)).await);
            assert_eq!(why, Why::NotAllowed);
            assert!(words.contains("super admin"), "{words}");
        }
    }
}

#[tokio::test]
async fn an_account_that_cannot_move_says_why() {
    let scene = Scene::new(&[]).await;
    let operator = &scene.super_admin;
    // Jane is used in two projects.
    let jane = scene.member(&scene.project_admin, JANE).await;
    let (why, words) = refused(plan(operator, &Intent::Rescope { member: jane, to_server: false }).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("1 more projects") || words.contains("member of 1 more"), "{words}");
    // A ghost of the project has Ada's email already.
    let ada = scene.member(&scene.project_admin, "ada.novak@clinic.example").await;
    let (why, words) = refused(plan(operator, &Intent::Rescope { member: ada, to_server: false }).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("is project-scoped already"), "{words}");
}

// platform-api §8: a project admin cannot refresh user.display
#[tokio::test]
async fn stale_names_are_refreshed_as_far_as_the_role_can() {
    let scene = Scene::new(&[]).await;
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let dana = scene.member(admin, "dana.cruz@post.example").await;
    let refresh = Intent::RefreshDisplay { member: dana.clone() };
    let (why, words) = refused(plan(admin, &refresh).await);
    assert_eq!(why, Why::Nothing);
    assert!(words.contains("a super admin can refresh it"), "{words}");
    let applied = scene.apply(operator, plan(operator, &refresh).await.unwrap()).await.unwrap();
    assert!(applied.steps[0].read_back);
    let stored = scene.running.state.read().read("ProjectMembership", dana.as_str()).unwrap();
    assert_eq!(stored["user"]["display"], "dana.cruz@post.example");

    let profile = stored["profile"]["reference"].as_str().unwrap().split_once('/').unwrap().1.to_owned();
    let mut record = scene.running.state.read().read("Practitioner", &profile).unwrap();
    record["name"][0]["family"] = json!("Cruz");
    scene.running.state.write().system_update(record).unwrap();
    scene.apply(admin, plan(admin, &refresh).await.unwrap()).await.unwrap();
    let stored = scene.running.state.read().read("ProjectMembership", dana.as_str()).unwrap();
    assert_eq!(stored["profile"]["display"], "Dana Cruz");
}
