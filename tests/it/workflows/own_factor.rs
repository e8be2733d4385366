//! The signed-in person's own second factor against the embedded platform (platform-api §5).

use idconsole::demo::faults::Effect;
use idconsole::demo::totp;
use idconsole::identity::second_factor::RequiredBy;
use idconsole::identity::{Enrolment, Factor, Means, Plan, Role, Secret, Seen};
use idconsole::workflows::intent::{Intent, Why, plan};
use idconsole::workflows::own_factor::{mail_code, standing};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, ApplyError, Engine, apply_with};
use serde_json::{Value, json};

use super::intents::refused;
use super::scene::Scene;

impl Scene {
    fn own(&self, engine: &Engine) -> Value {
        self.stored(engine.caller.email.as_ref().unwrap().raw()).remove(0)
    }

    /// Gives the project that somebody is signed in to these settings.
    fn set(&self, engine: &Engine, setting: &Value) {
        let mut state = self.running.state.write();
        let mut project = state.get("Project", engine.caller.project.as_str()).unwrap();
        project["setting"] = setting.clone();
        state.system_update(project).unwrap();
    }

    /// The code that was mailed last.
    fn mailed(&self, engine: &Engine) -> Secret {
        let mails = self.running.state.mailbox.to(engine.caller.email.as_ref().unwrap().raw());
        Secret::from(mails.last().unwrap().text.as_str())
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

async fn refused_plan(engine: &Engine, intent: &Intent) -> (Why, String) {
    refused(plan(engine, intent).await)
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
        let shown = plan(engine, &Intent::EnrolOwn { factor: Factor::Totp }).await.unwrap();
        // platform-api §14.18: planning asks for no key, so it writes none.
        assert_eq!(scene.own(engine), before);
        let enrolment = engine.remote.own_enrolment().await.unwrap();
        let code = scene.code(&enrolment);
        let applied = with_code(engine, shown, &code).await.unwrap();
        assert!(applied.steps[0].read_back, "{applied:?}");
        let own = scene.own(engine);
        assert_eq!((&own["mfaEnrolled"], &own["mfaMethod"]), (&json!(true), &json!(["totp"])));
        assert!(engine.remote.own_factor().await.unwrap().unwrap().enrolled);

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
        let debug = format!("{enrolment:?} {code:?} {:?} {all:?}", Intent::EnrolOwn { factor: Factor::Totp });
        assert!(!debug.contains(key.expose()) && !debug.contains(code.expose()), "{debug}");
    }
}

// `/auth/me` counts any factor; which one it is tells the user, or the status of somebody who has one.
#[tokio::test]
async fn factors_come_and_go_one_by_one_and_each_is_read_back_by_its_name() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.project_admin, &scene.super_admin] {
        scene.set(engine, &json!([{"name": "allowedMfaMethods", "valueString": "totp,email"}]));
        let enrolment = engine.remote.own_enrolment().await.unwrap();
        let app = plan(engine, &Intent::EnrolOwn { factor: Factor::Totp }).await.unwrap();
        assert!(with_code(engine, app, &scene.code(&enrolment)).await.unwrap().steps[0].read_back);
        let mail = plan(engine, &Intent::EnrolOwn { factor: Factor::Email }).await.unwrap();
        assert_eq!(mail.changes[0].fields[0].field, "code by mail");
        mail_code(engine).await.unwrap();
        let code = scene.mailed(engine);
        let applied = with_code(engine, mail, &code).await.unwrap();
        assert!(applied.steps[0].read_back, "{applied:?}");
        let own = standing(engine).await.unwrap().unwrap();
        assert_eq!(own.methods, Seen::Known(vec![Factor::Totp, Factor::Email]));
        assert_eq!(own.allowed, Seen::Known(vec![Factor::Totp, Factor::Email]));

        let off = plan(engine, &Intent::DisableOwn { factor: Some(Factor::Totp) }).await.unwrap();
        let applied = with_code(engine, off, &scene.code(&enrolment)).await.unwrap();
        assert!(applied.steps[0].read_back, "{applied:?}");
        assert_eq!(standing(engine).await.unwrap().unwrap().methods, Seen::Known(vec![Factor::Email]));

        // platform-api §5: whoever has mailed codes alone disables them with one.
        mail_code(engine).await.unwrap();
        let all = plan(engine, &Intent::DisableOwn { factor: None }).await.unwrap();
        with_code(engine, all, &scene.mailed(engine)).await.unwrap();
        assert_eq!(scene.own(engine)["mfaEnrolled"], json!(false));
    }
}

#[tokio::test]
async fn a_code_that_is_not_mailed_is_told_with_its_reason() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    scene.set(admin, &json!([]));
    let refused = mail_code(admin).await.unwrap_err();
    assert!(refused.what.contains("does not allow codes by mail"), "{refused}");
    scene.set(admin, &json!([{"name": "allowedMfaMethods", "valueString": "email"}]));
    scene.next("POST", "*/mfa/send-email-challenge", Effect::Broken);
    let refused = mail_code(admin).await.unwrap_err();
    assert!(refused.what.contains("could not mail you a code"), "{refused}");
    mail_code(admin).await.unwrap();
    let (why, words) = refused_plan(admin, &Intent::EnrolOwn { factor: Factor::Totp }).await;
    assert_eq!(why, Why::NotAllowed, "{words}");
}

#[tokio::test]
async fn who_requires_a_factor_is_told_as_far_as_it_is_seen() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.project_admin, &scene.super_admin] {
        scene.set(engine, &json!([]));
        let own = standing(engine).await.unwrap().unwrap();
        assert_eq!((own.required, own.required_by), (false, Seen::Known(RequiredBy::Nobody)));
        scene.set(engine, &json!([{"name": "mfaRequired", "valueBoolean": true}]));
        let own = standing(engine).await.unwrap().unwrap();
        assert_eq!((own.required, own.required_by), (true, Seen::Known(RequiredBy::Project)));
    }
}

#[tokio::test]
async fn a_refusal_of_the_platform_is_told_in_plain_words_and_nothing_changes() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let enrol = plan(admin, &Intent::EnrolOwn { factor: Factor::Totp }).await.unwrap();
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
    let mut again = enrol.clone();
    again.changes[0].fields.clear();
    with_code(admin, enrol, &scene.code(&enrolment)).await.unwrap();

    assert!(!enrolment.in_use() && admin.remote.own_enrolment().await.unwrap().in_use());
    let (why, words) = refused_plan(admin, &Intent::EnrolOwn { factor: Factor::Totp }).await;
    assert!(why == Why::Conflict && words.contains("already"), "{words}");
    let words = words_of(with_code(admin, again, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("have an authenticator app already"), "{words}");
    let by_mail = Intent::DisableOwn { factor: Some(Factor::Email) };
    assert_eq!(refused_plan(admin, &by_mail).await.0, Why::Nothing);
    let mut without = plan(admin, &Intent::DisableOwn { factor: Some(Factor::Totp) }).await.unwrap();
    without.changes[0].means = Means::DisableOwn { factor: Some(Factor::Email) };
    let words = words_of(with_code(admin, without, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("not enrolled this factor"), "{words}");
    let last = plan(admin, &off).await.unwrap();

    let project = admin.caller.project.clone();
    let require = Intent::RequireFactorOfProject { project, required: true, preview: Vec::new() };
    scene.apply(admin, plan(admin, &require).await.unwrap()).await.unwrap();
    let words = words_of(with_code(admin, last, &scene.code(&enrolment)).await.unwrap_err());
    assert!(words.contains("this is your last one"), "{words}");
    let (why, words) = refused_plan(admin, &off).await;
    assert!(why == Why::NotAllowed && words.contains("by the settings of the project"), "{words}");
    assert_eq!(scene.own(admin)["mfaEnrolled"], json!(true));
}

#[tokio::test]
async fn a_client_application_is_told_that_it_has_no_factor() {
    let scene = Scene::new(&[]).await;
    let mut client = scene.project_admin.clone();
    client.caller.user = None;
    client.caller.role = Role::ProjectAdmin;
    for intent in [Intent::EnrolOwn { factor: Factor::Totp }, Intent::DisableOwn { factor: None }] {
        let (why, words) = refused(plan(&client, &intent).await);
        assert_eq!(why, Why::NotAllowed);
        assert!(words.contains("client application"), "{words}");
    }
}
