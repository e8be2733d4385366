//! Every rule of the sweep that a change follows from: planned, applied, read back and taken back by both roles; the
//! others say what has to be decided.

use idconsole::identity::findings::{Fix, Rule};
use idconsole::identity::{Confirm, MembershipId, SignInOutcome, UserId};
use idconsole::workflows::Engine;
use idconsole::workflows::email_change::{Choices, prepare};
use idconsole::workflows::intent::{FixOf, Intent, NoPlan, Whose, Why, plan};
use idconsole::workflows::undo::plan_undo;
use rstest::rstest;
use serde_json::{Value, json};

use super::intents::refused;
use super::scene::Scene;

impl Scene {
    fn engine(&self, super_admin: bool) -> &Engine {
        if super_admin { &self.super_admin } else { &self.project_admin }
    }

    fn membership_of(&self, id: &MembershipId) -> Value {
        self.running.state.read().read("ProjectMembership", id.as_str()).unwrap()
    }

    /// The user behind a membership, as stored.
    fn user_behind(&self, id: &MembershipId) -> Value {
        let user = self.membership_of(id)["user"]["reference"].as_str().unwrap().to_owned();
        self.running.state.read().read("User", user.strip_prefix("User/").unwrap()).unwrap()
    }

    fn rewrite(&self, mut record: Value, change: impl FnOnce(&mut Value)) {
        change(&mut record);
        self.running.state.write().system_update(record).unwrap();
    }

    /// The account of this address that no membership points to.
    fn ghost(&self, email: &str) -> UserId {
        let state = self.running.state.read();
        let users = state.find_by("User", "email", email);
        let alone = users.iter().find(|user| {
            let reference = format!("User/{}", user["id"].as_str().unwrap());
            state.find_by("ProjectMembership", "user", &reference).is_empty()
        });
        UserId::new(alone.unwrap()["id"].as_str().unwrap())
    }
}

fn of(rule: Rule, member: &MembershipId, name: &str) -> FixOf {
    FixOf { rule, whose: Whose::Member(member.clone()), name: name.into() }
}

fn one(rule: Rule, member: &MembershipId, name: &str) -> Intent {
    Intent::Fix(vec![of(rule, member, name)])
}

// platform-api §10.1: sign-ins look for the address in lower case
#[rstest]
#[case::server_scoped_by_a_super_admin(true, "sam okafor")]
#[case::project_scoped_by_a_super_admin(true, "theo marsh")]
#[case::server_scoped_by_a_project_admin(false, "sam okafor")]
#[case::project_scoped_by_a_project_admin(false, "theo marsh")]
#[tokio::test]
async fn an_address_with_capitals_is_written_in_lower_case_for_good(
    #[case] super_admin: bool,
    #[case] who: &str,
) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let member = scene.member(&scene.project_admin, who).await;
    let lower = scene.user_behind(&member)["email"].as_str().unwrap().to_owned();
    let mixed = format!("{}{}", lower[..1].to_uppercase(), &lower[1..]);
    scene.rewrite(scene.user_behind(&member), |user| user["email"] = json!(mixed));
    let made = plan(engine, &one(Rule::MixedCase, &member, who)).await.unwrap();
    assert_eq!((made.title.as_str(), made.changes.len()), ("Lower-case the address", 1));
    let applied = scene.apply(engine, made).await.unwrap();
    assert_eq!(scene.user_behind(&member)["email"], json!(lower));
    let again = plan(engine, &one(Rule::MixedCase, &member, who)).await;
    assert_eq!(refused(again).0, Why::Nothing);
    // The platform refuses capitals by now (constraint `user-1`), so nothing is promised.
    let back = plan_undo(engine, applied.entry).await;
    assert!(back.as_ref().is_err_and(|why| why.to_string().contains("no address with capitals")), "{back:?}");
}

#[tokio::test]
async fn two_accounts_of_one_address_are_not_made_by_lowering_the_case() {
    let scene = Scene::new(&[]).await;
    let member = scene.member(&scene.project_admin, "sam okafor").await;
    scene.rewrite(scene.user_behind(&member), |user| user["email"] = json!("Wendy.Wu@partner.example"));
    for engine in [&scene.super_admin, &scene.project_admin] {
        let (why, words) = refused(plan(engine, &one(Rule::MixedCase, &member, "Sam Okafor")).await);
        assert_eq!(why, Why::Conflict, "{words}");
    }
}

#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn spaces_around_an_external_id_go_and_come_back(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let member = scene.member(&scene.project_admin, "wendy wu").await;
    scene.rewrite(scene.membership_of(&member), |m| m["externalId"] = json!(" partner|WENDYWU "));
    let applied = scene
        .apply(engine, plan(engine, &one(Rule::PaddedExternalId, &member, "Wendy Wu")).await.unwrap())
        .await;
    assert_eq!(scene.membership_of(&member)["externalId"], "partner|WENDYWU");
    let back = plan_undo(engine, applied.unwrap().entry).await.unwrap();
    scene.apply(engine, back).await.unwrap();
    assert_eq!(scene.membership_of(&member)["externalId"], " partner|WENDYWU ");
}

// platform-api §10.5 step 5
#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn an_erased_external_id_is_put_back_and_nobody_gets_one_that_never_was(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let omar = scene.member(&scene.project_admin, "omar haddad").await;
    let made = plan(engine, &one(Rule::StaffByEmail, &omar, "Omar Haddad")).await.unwrap();
    scene.apply(engine, made).await.unwrap();
    assert_eq!(scene.membership_of(&omar)["externalId"], "okta|00uOMARHADDAD000001");
    let jane = scene.member(&scene.project_admin, "jsmith@clinic.example").await;
    let (why, words) = refused(plan(engine, &one(Rule::StaffByEmail, &jane, "Jane Smith")).await);
    assert_eq!(why, Why::Nothing);
    assert!(words.contains("never had an external id"), "{words}");
}

// platform-api §10.1: `User.externalId` comes after the membership's own
#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn an_id_in_the_old_place_is_set_on_the_membership(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let mia = scene.member(&scene.project_admin, "mia rossi").await;
    let fix = one(Rule::LegacyExternalId, &mia, "Mia Rossi");
    let applied = scene.apply(engine, plan(engine, &fix).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership_of(&mia)["externalId"], "okta|00uMIAROSSI00000001");
    let (why, words) = refused(plan(engine, &fix).await);
    assert_eq!(why, Why::Conflict, "{words}");
    scene.apply(engine, plan_undo(engine, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership_of(&mia)["externalId"], Value::Null);
}

// platform-api §14.9: a policy that is not there lets nobody in
#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn a_policy_that_is_not_there_becomes_the_default_of_the_project(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let noor = scene.member(&scene.project_admin, "noor aziz").await;
    let dead = scene.membership_of(&noor)["accessPolicy"]["reference"].clone();
    let made = plan(engine, &one(Rule::NoPolicy, &noor, "Noor Aziz")).await.unwrap();
    // Today the gate is shut, whatever way she comes; afterwards it is open.
    let password = made.sign_in.iter().find(|effect| effect.way == "password").unwrap();
    assert!(
        matches!(&password.before, SignInOutcome::Refused { text, why }
            if text.starts_with("Cannot authenticate: Invalid access policy") && why.contains("of Noor Aziz")),
        "{made:?}"
    );
    assert!(matches!(&password.after, SignInOutcome::SignsIn { .. }), "{made:?}");
    scene.apply(engine, made).await.unwrap();
    let policy = scene.membership_of(&noor)["accessPolicy"]["reference"].as_str().unwrap().to_owned();
    assert_ne!(json!(policy), dead);
    let project = scene.running.facts.as_ref().unwrap().project_id.clone();
    let project = scene.running.state.read().read("Project", &project).unwrap();
    assert!(project["defaultAccessPolicies"].to_string().contains(&policy), "{project}");
}

/// A new address does not open a gate that is shut: the plan promises no sign-in that the platform would refuse.
#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn a_change_of_address_promises_nothing_past_a_policy_that_is_not_there(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let noor = scene.member(&scene.project_admin, "noor aziz").await;
    let prepared = prepare(engine, &noor, "noor.a@clinic.example", None, Choices::default()).await.unwrap();
    let plan = prepared.proposal.recommended().unwrap().plan().unwrap().clone();
    let by_email: Vec<_> = plan.sign_in.iter().filter(|effect| effect.way.contains("Ward Rota")).collect();
    assert!(!by_email.is_empty(), "{plan:?}");
    for effect in by_email {
        assert!(
            matches!(&effect.after, SignInOutcome::Refused { text, .. }
                if text.starts_with("Cannot authenticate: Invalid access policy")),
            "{effect:?}"
        );
    }
}

#[tokio::test]
async fn a_member_without_a_user_is_kept_out_and_let_in_again() {
    let scene = Scene::new(&[]).await;
    let engine = &scene.super_admin;
    let viktor = scene.member(&scene.project_admin, "viktor halvorsen").await;
    let made = plan(engine, &one(Rule::NoUser, &viktor, "Viktor Halvorsen")).await.unwrap();
    let applied = scene.apply(engine, made).await.unwrap();
    assert_eq!(scene.membership_of(&viktor)["active"], json!(false));
    scene.apply(engine, plan_undo(engine, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership_of(&viktor)["active"], json!(true));
}

// platform-api §10.5 step 4
#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn whoever_hides_another_one_is_removed_with_and_without_a_membership(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let ghost = scene.ghost("ada.novak@clinic.example");
    let fix = FixOf { rule: Rule::Shadow, whose: Whose::User(ghost.clone()), name: "Ada Novak".into() };
    let made = plan(engine, &Intent::Fix(vec![fix])).await.unwrap();
    assert_eq!(made.confirm, Confirm::Typed { text: "ada.novak@clinic.example".into() });
    scene.apply(engine, made).await.unwrap();
    assert!(scene.running.state.read().read("User", ghost.as_str()).is_err());

    let hugo = scene.member(&scene.project_admin, "hugo brandt").await;
    let made = plan(engine, &one(Rule::Shadow, &hugo, "Hugo Brandt")).await.unwrap();
    assert_eq!(made.title, "Remove member");
    scene.apply(engine, made).await.unwrap();
    assert!(scene.running.state.read().read("ProjectMembership", hugo.as_str()).is_err());
}

#[tokio::test]
async fn a_user_left_over_is_deleted_by_those_who_may() {
    let scene = Scene::new(&[]).await;
    let twin = scene.ghost("kim.park@clinic.example");
    let fix = Intent::Fix(vec![FixOf {
        rule: Rule::OrphanUser,
        whose: Whose::User(twin.clone()),
        name: "Kim Park".into(),
    }]);
    // A server-scoped account is not there for a project admin.
    assert!(plan(&scene.project_admin, &fix).await.is_err());
    scene.apply(&scene.super_admin, plan(&scene.super_admin, &fix).await.unwrap()).await.unwrap();
    assert!(scene.running.state.read().read("User", twin.as_str()).is_err());
}

// platform-api §8, §12: a project admin cannot refresh the copy of the email
#[tokio::test]
async fn an_outdated_address_in_lists_is_refreshed_by_a_super_admin() {
    let scene = Scene::new(&[]).await;
    let dana = scene.member(&scene.project_admin, "dana reyes").await;
    let fix = one(Rule::StaleName, &dana, "Dana Reyes");
    let (why, words) = refused(plan(&scene.project_admin, &fix).await);
    assert_eq!(why, Why::Nothing);
    assert!(words.contains("a super admin can refresh it"), "{words}");
    scene.apply(&scene.super_admin, plan(&scene.super_admin, &fix).await.unwrap()).await.unwrap();
    assert_eq!(scene.membership_of(&dana)["user"]["display"], "dana.cruz@post.example");
}

#[tokio::test]
async fn sessions_of_whoever_is_not_active_are_ended() {
    let scene = Scene::new(&[]).await;
    let pat = scene.project_admin.caller.membership.clone();
    let fix = one(Rule::InactiveSessions, &pat, "Pat Admin");
    let made = plan(&scene.super_admin, &fix).await.unwrap();
    assert!(made.changes.iter().all(|change| &*change.target.kind == "Login"), "{made:?}");
    scene.apply(&scene.super_admin, made).await.unwrap();
    assert_eq!(refused(plan(&scene.super_admin, &fix).await).0, Why::Nothing);
}

#[tokio::test]
async fn what_needs_a_decision_says_which() {
    let scene = Scene::new(&[]).await;
    let jane = scene.member(&scene.project_admin, "jsmith@clinic.example").await;
    for rule in Rule::ALL {
        if let Fix::Decide(what) = rule.fix() {
            let (why, words) = refused(plan(&scene.project_admin, &one(rule, &jane, "Jane Smith")).await);
            assert_eq!(why, Why::Conflict, "{rule:?}");
            assert!(words.contains(what) && words.contains("Jane Smith"), "{words}");
        }
    }
}

#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn several_findings_are_rows_of_one_plan_and_taken_back_as_far_as_they_can(#[case] super_admin: bool) {
    let scene = Scene::new(&[]).await;
    let engine = scene.engine(super_admin);
    let who = |name: &'static str| scene.member(&scene.project_admin, name);
    let (omar, jane, mia, wendy) =
        (who("omar haddad").await, who("jane smith").await, who("mia rossi").await, who("wendy wu").await);
    scene.rewrite(scene.membership_of(&wendy), |m| m["externalId"] = json!(" partner|WENDYWU"));
    let ghost = scene.ghost("ada.novak@clinic.example");
    let all = vec![
        of(Rule::StaffByEmail, &omar, "Omar Haddad"),
        of(Rule::StaffByEmail, &jane, "Jane Smith"),
        of(Rule::LegacyExternalId, &mia, "Mia Rossi"),
        of(Rule::PaddedExternalId, &wendy, "Wendy Wu"),
        // The same member once more: two changes of one record would trip over each other.
        of(Rule::StaleName, &wendy, "Wendy Wu"),
        of(Rule::NeverMatches, &jane, "Jane Smith"),
        FixOf { rule: Rule::Shadow, whose: Whose::User(ghost.clone()), name: "Ada Novak".into() },
    ];
    let made = plan(engine, &Intent::Fix(all)).await.unwrap();
    assert_eq!((made.title.as_str(), made.changes.len()), ("Fix findings", 4), "{made:#?}");
    assert_eq!(made.confirm, Confirm::Typed { text: "4".into() });
    let said = made.warnings.join("\n");
    for words in ["Jane Smith never had", "Wendy Wu: another finding", "needs a decision", "gone for good"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let applied = scene.apply(engine, made).await.unwrap();
    assert_eq!(scene.membership_of(&omar)["externalId"], "okta|00uOMARHADDAD000001");
    assert_eq!(scene.membership_of(&mia)["externalId"], "okta|00uMIAROSSI00000001");
    assert_eq!(scene.membership_of(&wendy)["externalId"], "partner|WENDYWU");
    assert!(scene.running.state.read().read("User", ghost.as_str()).is_err());
    let back = plan_undo(engine, applied.entry).await.unwrap();
    assert_eq!(back.changes.len(), 3, "a deleted user does not come back: {back:#?}");
    scene.apply(engine, back).await.unwrap();
    assert_eq!(scene.membership_of(&omar)["externalId"], Value::Null);
    assert_eq!(scene.membership_of(&wendy)["externalId"], " partner|WENDYWU");
}

#[tokio::test]
async fn findings_that_all_need_a_decision_have_no_plan() {
    let scene = Scene::new(&[]).await;
    let jane = scene.member(&scene.project_admin, "jane smith").await;
    let all = vec![of(Rule::NeverMatches, &jane, "Jane Smith"), of(Rule::SsoBypass, &jane, "Jane Smith")];
    let outcome = plan(&scene.project_admin, &Intent::Fix(all)).await;
    assert!(matches!(outcome, Err(NoPlan::Refused { why: Why::Nothing, .. })), "{outcome:?}");
}
