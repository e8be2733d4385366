//! Second factors, reset and required, against the embedded platform (platform-api §5).

use idconsole::identity::second_factor::{Asked, RequiredBy};
use idconsole::identity::{Confirm, Factor, MembershipId, OnFailure, Seen, Text, Unseen};
use idconsole::workflows::Engine;
use idconsole::workflows::intent::{Intent, Why, plan};
use idconsole::workflows::second_factor::rules;
use idconsole::workflows::undo::plan_undo;
use serde_json::{Value, json};

use super::intents::refused;
use super::scene::Scene;

const CARLA: &str = "carla.diaz@post.example";
const LENA: &str = "lena.vogel@post.example";
const THEO: &str = "theo.marsh@post.example";
const DANA: &str = "dana.cruz@post.example";

fn reset(member: MembershipId, factor: Factor) -> Intent {
    let checked = Text::from("called back on the number on file");
    Intent::ResetFactor { member, factor, checked, end_sessions: false }
}

impl Scene {
    fn user(&self, email: &str) -> Value {
        self.stored(email).remove(0)
    }
}

#[tokio::test]
async fn a_project_admin_resets_a_factor_and_the_person_is_mailed() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, CARLA).await;
    let plan = plan(admin, &reset(member, Factor::Totp)).await.unwrap();
    let said = format!("{:?} {:?}", plan.also, plan.warnings);
    for words in [
        "carla.diaz@post.example is mailed",
        "sessions stay alive",
        "called back on the number",
        "last factor",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let applied = scene.apply(admin, plan).await.unwrap();
    let carla = scene.user(CARLA);
    assert_eq!(carla["mfaEnrolled"], json!(false));
    // Reason and identity check are both in the journal, no secret is.
    let entry = admin.journal.show(applied.entry).unwrap();
    assert_eq!(entry.planned.reason.raw(), "ticket 4711");
    let kept = serde_json::to_string(&entry.planned).unwrap();
    assert!(kept.contains("called back on the number on file"), "{kept}");
    assert!(!kept.contains("mfaSecret"), "{kept}");
    assert!(plan_undo(admin, applied.entry).await.is_err(), "a factor cannot be given back");
}

// platform-api §5: the admin route refuses a super admin for other projects.
#[tokio::test]
async fn a_super_admin_resets_by_the_user_itself_and_never_sees_the_secret() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let secret = scene.user(CARLA)["mfaSecret"].as_str().unwrap().to_owned();
    let member = scene.member(admin, CARLA).await;
    let plan = plan(admin, &reset(member, Factor::Totp)).await.unwrap();
    assert!(plan.also.iter().any(|also| also.contains("nobody is mailed")), "{:?}", plan.also);
    let applied = scene.apply(admin, plan).await.unwrap();
    let carla = scene.user(CARLA);
    assert_eq!(
        (&carla["mfaEnrolled"], &carla["mfaMethod"], &carla["mfaSecret"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let entry = format!("{:?}", admin.journal.show(applied.entry).unwrap());
    assert!(!entry.contains(&secret), "the secret was never read");
}

#[tokio::test]
async fn a_factor_by_mail_is_reset_alone_and_what_is_not_enrolled_is_told() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let member = scene.member(admin, LENA).await;
        let (why, words) = refused(plan(admin, &reset(member, Factor::Totp)).await);
        assert_eq!(why, Why::Nothing);
        assert!(
            words.contains("has not enrolled: authenticator app") && words.contains("code by mail"),
            "{words}"
        );
    }
    let admin = &scene.super_admin;
    let member = scene.member(admin, LENA).await;
    scene.apply(admin, plan(admin, &reset(member, Factor::Email)).await.unwrap()).await.unwrap();
    assert_eq!(scene.user(LENA)["mfaEnrolled"], json!(false));
}

#[tokio::test]
async fn nobody_resets_their_own_factor_or_one_without_a_check() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let own = admin.caller.membership.clone();
    assert_eq!(refused(plan(admin, &reset(own, Factor::Totp)).await).0, Why::NotAllowed);
    let member = scene.member(admin, CARLA).await;
    let unchecked = Intent::ResetFactor {
        member: member.clone(),
        factor: Factor::Totp,
        checked: " ".into(),
        end_sessions: false,
    };
    assert_eq!(refused(plan(admin, &unchecked).await).0, Why::Malformed);
    let ending =
        Intent::ResetFactor { member, factor: Factor::Totp, checked: "seen".into(), end_sessions: true };
    let (why, words) = refused(plan(admin, &ending).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("super admin"), "{words}");
}

// platform-api §5, §14.13: 500, and the reset has happened.
#[tokio::test]
async fn a_notice_that_could_not_be_mailed_does_not_hide_that_it_is_done() {
    let scene = Scene::new(&["mail=fail"]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, CARLA).await;
    let plan = plan(admin, &reset(member, Factor::Totp)).await.unwrap();
    let applied = scene.apply(admin, plan).await.unwrap();
    let remark = applied.steps[0].remark.as_ref().unwrap().to_string();
    assert!(remark.contains("the change is there"), "{remark}");
    assert_eq!(scene.user(CARLA)["mfaEnrolled"], json!(false));
}

#[tokio::test]
async fn a_factor_is_required_of_a_person_and_taken_back() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let member = scene.member(admin, LENA).await;
        let wanted = Intent::RequireFactor { members: vec![member.clone()], required: true };
        let one = plan(admin, &wanted).await.unwrap();
        assert_eq!((one.on_failure, one.membership.as_ref()), (OnFailure::Stop, Some(&member)));
        let applied = scene.apply(admin, one).await.unwrap();
        assert_eq!(scene.user(LENA)["mfaRequired"], json!(true));
        assert_eq!(refused(plan(admin, &wanted).await).0, Why::Nothing);
        scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
        assert_ne!(scene.user(LENA)["mfaRequired"], json!(true));
    }
}

// platform-api §12: a project admin does not reach a server-scoped user.
#[tokio::test]
async fn a_factor_is_required_of_marked_rows_and_who_is_left_out_is_named() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let mut members = Vec::new();
    for who in [CARLA, DANA, THEO, "jsmith@clinic.example"] {
        members.push(scene.member(admin, who).await);
    }
    let wanted = Intent::RequireFactor { members, required: true };
    let many = plan(admin, &wanted).await.unwrap();
    assert_eq!(many.on_failure, OnFailure::GoOn);
    assert_eq!(many.confirm, Confirm::Typed { text: "2".into() });
    assert!(many.also.iter().any(|also| also.ends_with("password sign-in: 1")), "{:?}", many.also);
    assert!(many.warnings[0].contains("Jane Smith: a super admin can"), "{:?}", many.warnings);
    scene.apply(admin, many).await.unwrap();
    assert_eq!(scene.user(CARLA)["mfaRequired"], json!(true));

    let jane = scene.member(admin, "jsmith@clinic.example").await;
    let only = Intent::RequireFactor { members: vec![jane], required: true };
    let (why, words) = refused(plan(admin, &only).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("only a super admin"), "{words}");
}

#[tokio::test]
async fn a_factor_is_required_of_the_project_and_its_other_settings_stay() {
    let scene = Scene::new(&[]).await;
    let project = scene.project_admin.caller.project.clone();
    let stored = |name: &str| {
        let stored = scene.running.state.read().read("Project", project.as_str()).unwrap();
        let all = stored["setting"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|entry| entry["name"] == name)
    };
    for admin in [&scene.project_admin, &scene.super_admin] {
        let wanted = Intent::RequireFactorOfProject {
            project: project.clone(),
            required: true,
            preview: vec!["asked to enrol: 7".to_owned()],
        };
        let one = plan(admin, &wanted).await.unwrap();
        assert_eq!(one.also[0], "asked to enrol: 7");
        assert!(one.changes[0].expected_version.is_some());
        let applied = scene.apply(admin, one).await.unwrap();
        assert_eq!(stored("mfaRequired").unwrap()["valueBoolean"], json!(true));
        assert_eq!(refused(plan(admin, &wanted).await).0, Why::Nothing);
        scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
        assert_eq!(stored("mfaRequired"), None);
    }
}

#[tokio::test]
async fn another_admin_changes_the_settings_between_plan_and_apply() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let project = admin.caller.project.clone();
    let wanted =
        |preview| Intent::RequireFactorOfProject { project: project.clone(), required: true, preview };
    let shown = plan(admin, &wanted(Vec::new())).await.unwrap();
    let other = plan(&scene.super_admin, &wanted(Vec::new())).await.unwrap();
    scene.apply(&scene.super_admin, other).await.unwrap();
    let stale = scene.apply(admin, shown).await.unwrap_err();
    assert!(stale.to_string().contains("changed"), "{stale}");
}

// platform-api §5, §11, §12
#[tokio::test]
async fn the_rules_name_the_idps_and_what_cannot_be_seen() {
    let scene = Scene::new(&[]).await;
    let of = async |engine: &Engine| {
        let projects = [scene.project_admin.caller.project.clone()];
        let addresses = ["a@partner.example".into(), "b@post.example".into(), "c@bare.example".into()];
        rules(engine, &projects, &addresses).await
    };
    let project = &scene.project_admin.caller.project;
    for engine in [&scene.project_admin, &scene.super_admin] {
        let rules = of(engine).await;
        let mine = rules.of(project).unwrap();
        assert_eq!(mine.required, Seen::Known(false));
        assert_eq!(mine.allowed, Seen::Known(vec![Factor::Totp]));
        let portal = mine.by_subject.known().unwrap().iter().any(|(name, _)| name.raw() == "Clinic Portal");
        assert!(portal, "{mine:?}");
        let unseen = Seen::Unknown(Unseen::ServerScopedUser);
        let partner = rules.standing(project, &unseen, "x@partner.example", false);
        assert!(partner.exempt.is_some() && partner.asked == Asked::Unknown(Unseen::ServerScopedUser));
        let staff = rules.standing(project, &unseen, "x@clinic.example", true);
        assert!(staff.exempt.unwrap().words().contains("Clinic Portal"));
        let known = Seen::Known(idconsole::identity::Mfa::default());
        let patient = rules.standing(project, &known, "x@post.example", false);
        assert_eq!((patient.required, patient.exempt), (Seen::Known(RequiredBy::Nobody), None));
        // A route without an IdP falls to the password page.
        assert_eq!(rules.standing(project, &known, "x@bare.example", false).exempt, None);
    }
}
