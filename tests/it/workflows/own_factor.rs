//! The signed-in person's own second factor against the embedded platform (platform-api §5).

use idconsole::demo::totp;
use idconsole::identity::{Enrolment, Factor, Plan, Role, Secret};
use idconsole::workflows::intent::{Intent, Why, plan};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, ApplyError, Engine, apply_with};
use serde_json::{Value, json};

use super::intents::refused;
use super::scene::Scene;

impl Scene {
    fn own(&self, engine: &Engine) -> Value {
        self.stored(engine.caller.email.as_ref().unwrap().raw()).remove(0)
    }

    /// What the app would show now.
    fn code(&self, enrolment: &Enrolment) -> Secret {
        let key = enrolment.key().unwrap();
        Secret::from(totp::code(key.expose(), self.running.state.clock.now_seconds()).unwrap().as_str())
    }
}

async fn with_code(engine: &Engine, plan: Plan, code: &Secret) -> Result<Applied, ApplyError> {
    apply_with(engine, plan, "a new phone", Some(code), |_| {}).await
}

fn words_of(error: ApplyError) -> String {
    match error {
        ApplyError::Refused { refused, .. } => refused.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn both_roles_enrol_and_disable_their_own_app_and_no_secret_is_kept() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.project_admin, &scene.super_admin] {
        let before = scene.own(engine);
        let shown = plan(engine, &Intent::EnrolOwn).await.unwrap();
        // platform-api §14.18: planning asks for no key, so it writes none.
        assert_eq!(scene.own(engine), before);
        let enrolment = engine.remote.own_enrolment().await.unwrap();
        let code = scene.code(&enrolment);
        let applied = with_code(engine, shown, &code).await.unwrap();
        assert!(applied.steps[0].read_back, "{applied:?}");
        let own = scene.own(engine);
        assert_eq!((&own["mfaEnrolled"], &own["mfaMethod"]), (&json!(true), &json!(["totp"])));
        assert_eq!(engine.remote.own_factor().await.unwrap(), Some(true));

        let why = plan_undo(engine, applied.entry).await.unwrap_err().to_string();
        assert!(why.contains("mfa disable"), "{why}");

        let all = Intent::DisableOwn { factor: None };
        let off_code = scene.code(&enrolment);
        let off = with_code(engine, plan(engine, &all).await.unwrap(), &off_code).await.unwrap();
        assert!(off.steps[0].read_back, "{off:?}");
        assert_eq!(scene.own(engine)["mfaEnrolled"], json!(false));
        assert_eq!(refused(plan(engine, &all).await).0, Why::Nothing);
        let why = plan_undo(engine, off.entry).await.unwrap_err().to_string();
        assert!(why.contains("mfa enrol"), "{why}");

        let disk = scene.on_disk();
        let key = enrolment.key().unwrap();
        for secret in [key.expose(), enrolment.uri.expose()] {
            let found = disk.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "a key is in the journal");
        }
        for entry in [applied.entry, off.entry] {
            let entry = engine.journal.show(entry).unwrap();
            let kept = format!("{} {entry:?}", serde_json::to_string(&entry.planned.plan).unwrap());
            for word in ["otpauth", "\"token\"", &format!("\"{}\"", code.expose())] {
                assert!(!kept.contains(word), "{word}: {kept}");
            }
        }
        let debug = format!("{enrolment:?} {code:?} {:?} {all:?}", Intent::EnrolOwn);
        assert!(!debug.contains(key.expose()) && !debug.contains(code.expose()), "{debug}");
    }
}

// `/auth/me` counts any factor: of one named factor, the platform's word is all there is.
#[tokio::test]
async fn one_named_factor_is_disabled_on_the_platforms_word() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let enrolment = admin.remote.own_enrolment().await.unwrap();
    let enrol = plan(admin, &Intent::EnrolOwn).await.unwrap();
    with_code(admin, enrol, &scene.code(&enrolment)).await.unwrap();
    let shown = plan(admin, &Intent::DisableOwn { factor: Some(Factor::Totp) }).await.unwrap();
    let applied = with_code(admin, shown, &scene.code(&enrolment)).await.unwrap();
    assert!(!applied.steps[0].read_back, "{applied:?}");
    let remark = applied.steps[0].remark.as_ref().unwrap().to_string();
    assert!(remark.contains("whether any factor of yours is left"), "{remark}");
    assert_eq!(scene.own(admin)["mfaEnrolled"], json!(false));
}

#[tokio::test]
async fn a_refusal_of_the_platform_is_told_in_plain_words_and_nothing_changes() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let enrol = plan(admin, &Intent::EnrolOwn).await.unwrap();
    let off = Intent::DisableOwn { factor: None };
    let wrong = Secret::from("000000");
    let words = words_of(with_code(admin, enrol.clone(), &wrong).await.unwrap_err());
    assert!(words.contains("no key for you yet"), "{words}");
    let enrolment = admin.remote.own_enrolment().await.unwrap();
    let before = scene.own(admin);
    // A code of another time is none of now.
    let key = enrolment.key().unwrap();
    let old = totp::code(key.expose(), scene.running.state.clock.now_seconds() - 86_400).unwrap();
    let words = words_of(with_code(admin, enrol.clone(), &Secret::from(old.as_str())).await.unwrap_err());
    assert!(words.contains("does not take the code"), "{words}");
    let without = apply_with(admin, enrol.clone(), "a new phone", None, |_| {}).await.unwrap_err();
    assert!(words_of(without).contains("kept nowhere"));
    assert_eq!(scene.own(admin), before);
    with_code(admin, enrol, &scene.code(&enrolment)).await.unwrap();

    assert!(!enrolment.in_use && admin.remote.own_enrolment().await.unwrap().in_use);
    let again = plan(admin, &Intent::EnrolOwn).await.unwrap();
    assert!(again.warnings.iter().any(|words| words.contains("already")), "{:?}", again.warnings);
    let words = words_of(with_code(admin, again, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("have an authenticator app already"), "{words}");
    let by_mail = plan(admin, &Intent::DisableOwn { factor: Some(Factor::Email) }).await.unwrap();
    let words = words_of(with_code(admin, by_mail, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("not enrolled this factor"), "{words}");

    let project = admin.caller.project.clone();
    let require = Intent::RequireFactorOfProject { project, required: true, preview: Vec::new() };
    scene.apply(admin, plan(admin, &require).await.unwrap()).await.unwrap();
    let last = plan(admin, &off).await.unwrap();
    let words = words_of(with_code(admin, last, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("this is your last one"), "{words}");
    assert_eq!(scene.own(admin)["mfaEnrolled"], json!(true));
}

#[tokio::test]
async fn a_client_application_is_told_that_it_has_no_factor() {
    let scene = Scene::new(&[]).await;
    let mut client = scene.project_admin.clone();
    client.caller.user = None;
    client.caller.role = Role::ProjectAdmin;
    for intent in [Intent::EnrolOwn, Intent::DisableOwn { factor: None }] {
        let (why, words) = refused(plan(&client, &intent).await);
        assert_eq!(why, Why::NotAllowed);
        assert!(words.contains("client application"), "{words}");
    }
}
