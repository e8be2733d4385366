//! Rights, policies, leaving and mail: planned, guarded, applied and taken back against the embedded platform.

use idconsole::identity::{Confirm, MembershipId, OnFailure, Plan, Text};
use idconsole::workflows::intent::{AccessEdit, Intent, NoPlan, Why, plan};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine};
use serde_json::{Value, json};

use super::scene::Scene;

const JANE: &str = "jsmith@clinic.example";
const ROBIN: &str = "robin.okoye@ops.clinic.example";
const CARLA: &str = "carla.diaz@post.example";

impl Scene {
    fn of(&self, id: &MembershipId) -> Value {
        self.running.state.read().read("ProjectMembership", id.as_str()).unwrap()
    }

    /// Somebody past every rule sets whether this membership is admin.
    fn set_admin(&self, id: &MembershipId, admin: bool) {
        let mut member = self.of(id);
        member["admin"] = json!(admin);
        self.running.state.write().system_update(member).unwrap();
    }
}

fn refused(outcome: Result<Plan, NoPlan>) -> (Why, String) {
    match outcome {
        Err(NoPlan::Refused { why, what, next }) => (why, format!("{what} {next}")),
        other => panic!("{other:?}"),
    }
}

async fn done(scene: &Scene, engine: &Engine, intent: &Intent) -> idconsole::workflows::Applied {
    scene.apply(engine, plan(engine, intent).await.unwrap()).await.unwrap()
}

// platform-api §6: the admin API swaps the default policies, a PATCH does not
#[tokio::test]
async fn admin_rights_come_and_go_with_the_policy_that_belongs_to_them() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let robin = scene.member(admin, ROBIN).await;
    let before = scene.of(&robin)["accessPolicy"].clone();
    let off = Intent::Admin { member: robin.clone(), admin: false };
    let shown = plan(admin, &off).await.unwrap();
    assert_eq!(shown.changes[0].fields.len(), 2, "{:?}", shown.changes[0].fields);
    let applied = scene.apply(admin, shown).await.unwrap();
    let after = scene.of(&robin);
    assert_eq!(after["admin"], json!(false));
    assert_ne!(after["accessPolicy"]["reference"], before["reference"]);
    assert_eq!(refused(plan(admin, &off).await).0, Why::Nothing);
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.of(&robin)["accessPolicy"]["reference"], before["reference"]);
    assert_eq!(scene.of(&robin)["admin"], json!(true));

    // A policy of its own stays, and that is said.
    let jane = scene.member(admin, JANE).await;
    let on = plan(admin, &Intent::Admin { member: jane.clone(), admin: true }).await.unwrap();
    assert_eq!(on.changes[0].fields.len(), 1);
    assert!(on.warnings.iter().any(|warning| warning.starts_with("keeps the policy")), "{:?}", on.warnings);
}

// platform-api §12: no last-admin and no owner guard on the platform
#[tokio::test]
async fn owner_last_admin_and_own_account_are_protected() {
    let scene = Scene::new(&[]).await;
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let own = admin.caller.membership.clone();
    let robin = scene.member(admin, ROBIN).await;
    let off = |member: &MembershipId| {
        [
            Intent::Activate { members: vec![member.clone()], active: false },
            Intent::Admin { member: member.clone(), admin: false },
            Intent::Remove { member: member.clone() },
        ]
    };
    for intent in off(&own) {
        let (why, words) = refused(plan(admin, &intent).await);
        assert_eq!(why, Why::NotAllowed);
        assert!(words.contains("your own account"), "{words}");
        // For somebody else it is the owner.
        let (why, words) = refused(plan(operator, &intent).await);
        assert_eq!(why, Why::NotAllowed);
        assert!(words.contains("owns the project"), "{words}");
    }
    // Whoever is left alone as an admin stays: here the owner is no admin any more.
    scene.set_admin(&own, false);
    for intent in off(&robin) {
        let (why, words) = refused(plan(operator, &intent).await);
        assert_eq!(why, Why::NotAllowed);
        assert!(words.contains("last active admin"), "{words}");
    }
}

#[tokio::test]
async fn several_members_are_rows_and_the_protected_ones_are_left_out_by_name() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let own = admin.caller.membership.clone();
    let mut members = vec![own, "00000000-0000-4000-8000-000000000000".into()];
    for who in [JANE, CARLA, ROBIN, "hugo.brandt@clinic.example"] {
        members.push(scene.member(admin, who).await);
    }
    let off = plan(admin, &Intent::Activate { members: members.clone(), active: false }).await.unwrap();
    assert_eq!((off.changes.len(), off.on_failure), (3, OnFailure::GoOn));
    assert_eq!(off.confirm, Confirm::Typed { text: "3".into() });
    assert_eq!(off.changes[0].who, Some("Jane Smith".into()));
    for left in ["your own account", "no longer a member", "Hugo Brandt is not active already"] {
        assert!(off.warnings.iter().any(|warning| warning.contains(left)), "{left}: {:?}", off.warnings);
    }
    let applied = scene.apply(admin, off).await.unwrap();
    assert_eq!(scene.of(&members[2])["active"], json!(false));
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.of(&members[2])["active"], json!(true));

    let (why, _) = refused(plan(admin, &Intent::Link { members, external_id: Some("x".into()) }).await);
    assert_eq!(why, Why::Malformed);
}

// Both admins but for the caller cannot go in one plan either.
#[tokio::test]
async fn rows_that_together_would_leave_no_admin_keep_the_last_one() {
    let scene = Scene::new(&[]).await;
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let robin = scene.member(admin, ROBIN).await;
    let jane = scene.member(admin, JANE).await;
    scene.set_admin(&admin.caller.membership, false);
    scene.set_admin(&jane, true);
    let both = Intent::Activate { members: vec![robin, jane], active: false };
    let off = plan(operator, &both).await.unwrap();
    assert_eq!(off.changes.len(), 1);
    assert!(off.warnings.iter().any(|warning| warning.contains("Jane Smith is the last active admin")));
}

// platform-api §6.1, §14.9: the platform checks neither existence nor project of a policy
#[tokio::test]
async fn a_policy_is_given_by_name_or_id_and_only_one_that_exists_and_is_the_projects_own() {
    let scene = Scene::new(&[]).await;
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let jane = scene.member(admin, JANE).await;
    let set = |policy: &str| Intent::Policy { members: vec![jane.clone()], policy: Some(policy.into()) };
    let before = scene.of(&jane)["accessPolicy"]["reference"].clone();
    let names =
        idconsole::workflows::intent::policies::of_project(admin, &admin.caller.project).await.unwrap();
    let other = names.iter().find(|policy| json!(policy.to_string()) != before).unwrap();
    let name = other.display.clone().unwrap();
    let applied = done(&scene, admin, &set(name.raw())).await;
    assert_eq!(scene.of(&jane)["accessPolicy"]["reference"], json!(other.to_string()));
    assert_eq!(refused(plan(admin, &set(&other.to_string())).await).0, Why::Nothing);
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.of(&jane)["accessPolicy"]["reference"], before);

    let (why, words) = refused(plan(admin, &set("No such policy")).await);
    assert_eq!(why, Why::NotFound);
    assert!(words.contains(name.raw()), "the choices are named: {words}");
    assert_eq!(refused(plan(admin, &set("00000000-0000-4000-8000-000000000000")).await).0, Why::NotFound);
    assert_eq!(refused(plan(admin, &set("Patient/x")).await).0, Why::Malformed);
    // Of another project: a super admin sees it, and it is refused all the same.
    let all = scene.running.state.read().find_by("AccessPolicy", "name", name.raw());
    if let Some(foreign) =
        all.iter().find(|policy| policy["meta"]["project"] != *admin.caller.project.as_str())
    {
        let foreign = format!("AccessPolicy/{}", foreign["id"].as_str().unwrap());
        let (why, words) = refused(plan(operator, &set(&foreign)).await);
        assert_eq!(why, Why::Conflict);
        assert!(words.contains("another project"), "{words}");
    }
    let none = plan(admin, &Intent::Policy { members: vec![jane.clone()], policy: None }).await.unwrap();
    assert!(none.warnings.iter().any(|warning| warning.contains("every ordinary record")));
}

#[tokio::test]
async fn parameterised_access_is_added_taken_away_and_put_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let jane = scene.member(admin, JANE).await;
    let policies =
        idconsole::workflows::intent::policies::of_project(admin, &admin.caller.project).await.unwrap();
    let policy = policies[0].display.clone().unwrap();
    let profile = scene.of(&jane)["profile"]["reference"].as_str().unwrap().to_owned();
    let add = |typed: &str| Intent::Access {
        member: jane.clone(),
        edit: AccessEdit::Add { policy: policy.clone(), parameters: AccessEdit::parameters(typed).unwrap() },
    };
    let typed = format!("ward=three, who={profile}");
    let applied = done(&scene, admin, &add(&typed)).await;
    let stored = scene.of(&jane)["access"].clone();
    assert_eq!(stored[0]["parameter"][0], json!({"name": "ward", "valueString": "three"}));
    assert_eq!(stored[0]["parameter"][1]["valueReference"]["reference"], json!(profile));
    assert_eq!(refused(plan(admin, &add(&typed)).await).0, Why::Nothing);
    let missing = "who=Practitioner/00000000-0000-4000-8000-000000000000";
    assert_eq!(refused(plan(admin, &add(missing)).await).0, Why::NotFound);
    assert!(AccessEdit::parameters("ward").is_err());

    done(&scene, admin, &add("ward=four")).await;
    assert!(plan_undo(admin, applied.entry).await.is_err(), "somebody changed it since");
    let remove = Intent::Access { member: jane.clone(), edit: AccessEdit::Remove { policy: policy.clone() } };
    let removed = done(&scene, admin, &remove).await;
    assert_eq!(scene.of(&jane)["access"], Value::Null);
    assert_eq!(refused(plan(admin, &remove).await).0, Why::Nothing);
    scene.apply(admin, plan_undo(admin, removed.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.of(&jane)["access"].as_array().unwrap().len(), 2);
    assert_eq!(scene.of(&jane)["access"][0], stored[0]);
}

// platform-api §9.2: unique per project
#[tokio::test]
async fn a_user_name_is_set_unless_somebody_has_it() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let (jane, carla) = (scene.member(admin, JANE).await, scene.member(admin, CARLA).await);
    let set = |member: &MembershipId, name: Option<&str>| Intent::UserName {
        member: member.clone(),
        user_name: name.map(Text::from),
    };
    let applied = done(&scene, admin, &set(&jane, Some("jane.s"))).await;
    let (why, words) = refused(plan(admin, &set(&carla, Some("jane.s"))).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("Jane Smith"), "{words}");
    assert_eq!(refused(plan(admin, &set(&carla, None)).await).0, Why::Nothing);
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    assert_eq!(scene.of(&jane)["userName"], Value::Null);
}

// platform-api §6: what goes with a member
#[tokio::test]
async fn removing_tells_what_goes_and_stays_and_is_not_taken_back() {
    for by_operator in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = if by_operator { &scene.super_admin } else { &scene.project_admin };
        let carla = scene.member(admin, CARLA).await;
        let profile = scene.of(&carla)["profile"]["reference"].as_str().unwrap().to_owned();
        let remove = plan(admin, &Intent::Remove { member: carla.clone() }).await.unwrap();
        assert_eq!(remove.confirm, Confirm::Typed { text: CARLA.into() });
        assert!(remove.warnings.iter().any(|warning| warning.contains("is deleted as well")));
        assert_eq!(remove.changes.len(), if by_operator { 2 } else { 1 });
        let applied = scene.apply(admin, remove).await.unwrap();
        assert!(scene.running.state.read().read("ProjectMembership", carla.as_str()).is_err());
        assert!(scene.stored(CARLA).is_empty());
        let (kind, id) = profile.split_once('/').unwrap();
        assert!(scene.running.state.read().read(kind, id).is_ok(), "the profile stays");
        assert!(plan_undo(admin, applied.entry).await.unwrap_err().0.contains("does not come back"));
    }
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let jane = scene.member(admin, JANE).await;
    let remove = plan(admin, &Intent::Remove { member: jane }).await.unwrap();
    assert!(remove.also.iter().any(|also| also.contains("server-scoped and stays")), "{:?}", remove.also);
    scene.apply(admin, remove).await.unwrap();
    assert_eq!(scene.stored(JANE).len(), 1);
}

#[tokio::test]
async fn a_member_who_vanished_between_plan_and_apply_is_told() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let carla = scene.member(admin, CARLA).await;
    let set = Intent::UserName { member: carla.clone(), user_name: Some("c".into()) };
    let shown = plan(admin, &set).await.unwrap();
    scene.running.state.write().delete("ProjectMembership", carla.as_str());
    let error = scene.apply(admin, shown).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("was deleted"), "{error}");
}

// platform-api §6, §6.1
#[tokio::test]
async fn a_password_link_is_mailed_unless_there_is_no_address() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let mail =
        |member: &MembershipId, invitation| Intent::MailPassword { member: member.clone(), invitation };
    let jane = scene.member(admin, JANE).await;
    let wendy = scene.member(admin, "wendy.wu@partner.example").await;
    let routed = plan(admin, &mail(&wendy, false)).await.unwrap();
    assert!(routed.warnings.iter().any(|warning| warning.contains("signs in at")), "{:?}", routed.warnings);
    done(&scene, admin, &mail(&jane, false)).await;
    assert_eq!(scene.running.state.mailbox.to(JANE).len(), 1);
    let wilma = scene.member(admin, "wilma.strand@mail.example").await;
    let again = plan(admin, &mail(&wilma, true)).await.unwrap();
    assert_eq!(again.title, "Resend invitation");
    scene.apply(admin, again).await.unwrap();
    assert_eq!(scene.running.state.mailbox.to("wilma.strand@mail.example").len(), 1);

    let kiosk = scene.member(admin, "okta|00uKIOSKWARD3000001").await;
    assert_eq!(refused(plan(admin, &mail(&kiosk, false)).await).0, Why::Conflict);
    // A super admin is refused outside the super-admin project (platform-api §5, §6).
    let (why, words) = refused(plan(&scene.super_admin, &mail(&jane, false)).await);
    assert_eq!(why, Why::NotAllowed);
    assert!(words.contains("An admin of that project"), "{words}");
}
