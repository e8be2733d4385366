//! The whole job against the embedded platform, in both roles, and every way it can go wrong over HTTP.

use idconsole::demo::faults::Effect;
use idconsole::identity::{Means, Plan, Seen, SignInOutcome, Text, UserScope};
use idconsole::journal::{EntryState, Happened, StepState};
use idconsole::workflows::email_change::{Choices, PrepareError, Refusal, WayKind, prepare};
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::settle::settle;
use idconsole::workflows::setup::{self, Setup};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine};
use serde_json::json;

use super::scene::{QUIET, Scene};

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";
/// A project-scoped member of the clinic.
const VERA: &str = "vera.lindt@partner.example";

fn state(engine: &Engine, error: &ApplyError) -> (EntryState, StepState) {
    let entry = engine.journal.show(error.entry().unwrap()).unwrap();
    (entry.state, entry.steps[0].state)
}

#[tokio::test]
async fn a_super_admin_repairs_jane_and_takes_it_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let prepared = scene.prepare(admin, OLD, NEW, Choices::default()).await;
    assert_eq!(prepared.person.about(), "server-scoped · used in 2 projects");
    let way = prepared.proposal.recommended().unwrap();
    assert_eq!(way.kind, WayKind::UpdateEmail);
    let plan = way.plan().unwrap().clone();
    let browser = plan.sign_in.iter().find(|effect| effect.way == "browser, Ward Rota").unwrap();
    assert!(matches!(&browser.before, SignInOutcome::Refused { text, .. } if text == "User not found"));
    assert_eq!(browser.after, SignInOutcome::SignsIn { name: "Jane Smith".into() });

    let applied = scene.apply(admin, plan).await.unwrap();
    assert_eq!(scene.stored(NEW)[0]["emailVerified"], json!(false));
    assert!(scene.stored(OLD).is_empty());
    assert_eq!(scene.running.state.mailbox.to(NEW).len(), 1, "the verification mail");

    let back = plan_undo(admin, applied.entry).await.unwrap();
    assert_eq!(back.changes.len(), 2, "the address and the verified mark");
    scene.apply(admin, back).await.unwrap();
    assert_eq!(scene.stored(OLD)[0]["emailVerified"], json!(true));
    assert_eq!(scene.running.state.mailbox.to(OLD).len(), 0, "taking back sends no mail");
    assert_eq!(admin.journal.show(applied.entry).unwrap().steps[0].state, StepState::Verified);
    admin.journal.check().unwrap();
}

// platform-api §7
#[tokio::test]
async fn a_project_scoped_user_changes_with_profile_and_mail() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let choices = Choices { update_profile_telecom: true, skip_verification: false };
    let prepared = scene.prepare(admin, VERA, "vera.new@partner.example", choices).await;
    let plan = prepared.proposal.way(WayKind::UpdateEmail).unwrap().plan().unwrap().clone();
    scene.apply(admin, plan).await.unwrap();
    assert_eq!(scene.running.state.mailbox.to("vera.new@partner.example").len(), 1);
    let profile = prepared.person.membership.profile;
    let profile = scene.running.state.read().read(&profile.kind, &profile.id).unwrap();
    let telecom = profile["telecom"].to_string();
    assert!(telecom.contains("vera.new@partner.example") && telecom.contains("old"), "{telecom}");
}

// platform-api §1.4 trap, §14.13
#[tokio::test]
async fn a_verification_mail_that_fails_takes_the_change_back() {
    let scene = Scene::new(&["mail=fail"]).await;
    let admin = &scene.project_admin;
    let prepared = scene.prepare(admin, VERA, "vera.new@partner.example", Choices::default()).await;
    let plan = prepared.proposal.way(WayKind::UpdateEmail).unwrap().plan().unwrap().clone();
    let error = scene.apply(admin, plan).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused { refused, .. } if refused.cause == Cause::Mail), "{error}");
    assert!(error.to_string().contains("took the change back"), "{error}");
    assert_eq!(state(admin, &error), (EntryState::Failed, StepState::Failed));
    assert_eq!(scene.stored(VERA).len(), 1);

    let plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
    scene.apply(admin, plan).await.unwrap();
    assert_eq!(scene.stored("vera.new@partner.example").len(), 1);
}

// H3
#[tokio::test]
async fn a_second_admin_between_plan_and_apply_is_noticed_and_both_versions_are_shown() {
    let scene = Scene::new(&[]).await;
    let mine =
        scene.plan(&scene.project_admin, VERA, "vera.mine@partner.example", WayKind::UpdateEmail).await;
    let theirs =
        scene.plan(&scene.super_admin, VERA, "vera.theirs@partner.example", WayKind::UpdateEmail).await;
    scene.apply(&scene.super_admin, theirs).await.unwrap();

    let error = scene.apply(&scene.project_admin, mine).await.unwrap_err();
    let ApplyError::Stale(stale) = error else { panic!("{error}") };
    let email = |snapshot: &idconsole::journal::Snapshot| snapshot.field("email").cloned().flatten();
    assert_eq!(email(&stale.shown), Some(Text::from(VERA)));
    assert_eq!(email(&stale.current), Some(Text::from("vera.theirs@partner.example")));
    assert_eq!(stale.wanted[0].after, Some(Text::from("vera.mine@partner.example")));
    assert_ne!(stale.shown.version, stale.current.version);
    assert!(stale.shown.at.is_some(), "the shown version comes out of the history");
    assert_eq!(scene.stored("vera.theirs@partner.example").len(), 1);
}

// If-Match guards where reading before cannot
/// The plan of one way with another address or choice in it than any form lets through.
fn forged(mut plan: Plan, address: &str, telecom: bool) -> Plan {
    plan.changes[0].means = Means::UpdateEmail {
        email: address.into(),
        update_profile_telecom: telecom,
        skip_verification: true,
    };
    plan.changes[0].fields[0].after = Some(address.into());
    plan
}

// platform-api §8
#[tokio::test]
async fn each_refusal_of_the_platform_has_its_own_words() {
    let scene = Scene::new(&[]).await;
    let (operator, admin) = (&scene.super_admin, &scene.project_admin);
    let dana = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
    let jane = scene.plan(operator, OLD, NEW, WayKind::UpdateEmail).await;
    let other = scene.prepare(operator, "mia.rossi@clinic.example", "x@clinic.example", QUIET).await;
    assert!(matches!(other.person.scope, Seen::Known(UserScope::Project(_))));
    let mut nobody = jane.clone();
    nobody.changes[0].target.id = "00000000-0000-4000-8000-000000000000".into();
    for (engine, plan, said) in [
        (admin, forged(dana.clone(), "Vera.New@partner.example", false), "all in lower case"),
        (admin, forged(dana.clone(), "", false), "got no address"),
        (admin, forged(dana, "mia.rossi@clinic.example", false), "has the new address already"),
        (operator, forged(jane.clone(), NEW, true), "profile of a server-scoped user"),
        (admin, jane, "knows no such user"),
        (operator, nobody, "knows no such user"),
    ] {
        let error = scene.apply(engine, plan).await.unwrap_err();
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert_eq!(state(engine, &error), (EntryState::Failed, StepState::Failed));
    }
    assert_eq!((scene.stored(VERA).len(), scene.stored(OLD).len()), (1, 1), "nothing was changed");
}

// platform-api §14.3
#[tokio::test]
async fn a_read_only_field_that_stays_as_it_was_is_noticed() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let mut plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
    let change = &mut plan.changes[0];
    change.means = Means::patch(vec![("/email".to_owned(), Some(json!("vera.new@partner.example")))]);
    change.fields.truncate(1);
    let error = scene.apply(admin, plan).await.unwrap_err();
    assert!(matches!(error, ApplyError::Ignored { .. }), "{error}");
    assert_eq!(state(admin, &error), (EntryState::Failed, StepState::Failed));
}

// H2
#[tokio::test]
async fn an_answer_that_is_lost_after_the_write_is_found_by_reading_back() {
    for effect in [Effect::ResetAfter, Effect::Truncated] {
        let scene = Scene::new(&[]).await;
        let admin = &scene.project_admin;
        let plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
        let id = plan.user.clone().unwrap();
        let before = admin.remote.user_history(&id).await.unwrap().len();
        scene.next("POST", "*update-email*", effect);
        let applied = scene.apply(admin, plan).await.unwrap();
        let entry = admin.journal.show(applied.entry).unwrap();
        assert_eq!(
            (entry.state, entry.steps[0].state),
            (EntryState::Done, StepState::Settled(Happened::Yes))
        );
        let after = admin.remote.user_history(&id).await.unwrap().len();
        assert_eq!(after, before + 1, "sent once");
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_is_found_not_done() {
    for effect in [Effect::Reset, Effect::Broken] {
        let scene = Scene::new(&[]).await;
        let admin = &scene.project_admin;
        let plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
        scene.next("POST", "*update-email*", effect.clone());
        let error = scene.apply(admin, plan).await.unwrap_err();
        assert!(matches!(&error, ApplyError::Refused { .. }), "{effect:?}: {error}");
        assert_eq!(state(admin, &error), (EntryState::Failed, StepState::Failed), "{effect:?}");
        assert_eq!(scene.stored(VERA).len(), 1);
    }
}

#[tokio::test]
async fn too_many_requests_leaves_no_doubt() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
    scene.next("POST", "*update-email*", Effect::TooManyRequests { reset: 60 });
    let error = scene.apply(admin, plan).await.unwrap_err();
    assert!(
        matches!(&error, ApplyError::Refused { refused, .. } if refused.cause == Cause::Limited),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_answer_and_a_lost_read_back_wait_in_the_journal() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = scene.plan(admin, VERA, "vera.new@partner.example", WayKind::UpdateEmail).await;
    // The first read of the user is the check before; every later one is lost.
    let rule = idconsole::demo::faults::Rule::on("*User/*", Effect::Reset).method("GET").after(1);
    scene.running.faults().add(rule);
    scene.next("POST", "*update-email*", Effect::ResetAfter);
    let error = scene.apply(admin, plan).await.unwrap_err();
    assert!(matches!(error, ApplyError::Unsure { .. }), "{error}");
    scene.running.faults().clear();
    let entry = settle(admin, error.entry().unwrap()).await.unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Done, StepState::Settled(Happened::Yes)));
}

#[tokio::test]
async fn an_address_in_use_is_refused_whoever_looks() {
    let scene = Scene::new(&[]).await;
    for engine in [&scene.super_admin, &scene.project_admin] {
        // Server-scoped, so a project admin sees it through its membership only.
        let member = scene.member(engine, OLD).await;
        let taken = prepare(engine, &member, "wendy.wu@partner.example", None, QUIET).await;
        match taken {
            Err(PrepareError::Refused(Refusal::InUse { holder, .. })) => {
                assert!(holder.contains("Wendy Wu"), "{holder}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(scene.stored(OLD).len(), 1);
}

#[tokio::test]
async fn bad_addresses_are_refused_before_anything_is_asked() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let member = scene.member(admin, OLD).await;
    for typed in
        ["", "jane", "jane smith@clinic.example", "jane@clinic.example.", "ja\u{200b}ne@clinic.example"]
    {
        let refused = prepare(admin, &member, typed, None, QUIET).await;
        assert!(
            matches!(refused, Err(PrepareError::Refused(Refusal::Malformed(_)))),
            "{typed:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn setup_registers_the_consoles_client_and_finds_it_again() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    // The demonstration brings one along.
    let Setup::Exists(client) = setup::plan(admin, "").await.unwrap() else { panic!() };
    assert_eq!(client.id.as_str(), scene.running.facts.as_ref().unwrap().client_id);

    let operator = &scene.super_admin;
    let Setup::Plan(plan) = setup::plan(operator, "console of the operators").await.unwrap() else {
        panic!()
    };
    let applied = scene.apply(operator, *plan).await.unwrap();
    let made = applied.steps[0].made.clone().unwrap();
    let stored = scene.running.state.read().read("ClientApplication", &made.id).unwrap();
    assert_eq!(stored["redirectUris"], json!(setup::REDIRECTS));
    assert!(stored.get("secret").is_none(), "a public client");
    let back = plan_undo(operator, applied.entry).await.unwrap();
    scene.apply(operator, back).await.unwrap();
    assert!(scene.running.state.read().read("ClientApplication", &made.id).is_err());
}
