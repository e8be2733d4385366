//! Invitations (platform-api §6.1): every branch, everything that the platform fails to check, and what it half-does.

use idconsole::demo::faults::Effect;
use idconsole::identity::{MembershipId, Plan, Text};
use idconsole::journal::{EntryState, Happened, StepState};
use idconsole::workflows::intent::{Intent, Invite, NoPlan, ProfileKind, Why, plan};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, Engine};
use serde_json::{Value, json};

use super::scene::Scene;

const NEW: &str = "nora.new@clinic.example";
const JANE: &str = "jsmith@clinic.example";
const CARLA: &str = "carla.diaz@post.example";

fn nora() -> Invite {
    Invite {
        first_name: "Nora".into(),
        last_name: "New".into(),
        email: Some(NEW.into()),
        ..Invite::default()
    }
}

async fn planned(engine: &Engine, invite: Invite) -> Result<Plan, NoPlan> {
    plan(engine, &Intent::Invite(Box::new(invite))).await
}

async fn invited(scene: &Scene, engine: &Engine, invite: Invite) -> (Applied, Value) {
    let applied = scene.apply(engine, planned(engine, invite).await.unwrap()).await.unwrap();
    let made = applied.steps[0].made.clone().unwrap();
    let member = scene.running.state.read().read("ProjectMembership", &made.id).unwrap();
    (applied, member)
}

fn refused(outcome: Result<Plan, NoPlan>) -> (Why, String) {
    match outcome {
        Err(NoPlan::Refused { why, what, next }) => (why, format!("{what} {next}")),
        other => panic!("{other:?}"),
    }
}

fn record(scene: &Scene, body: Value) -> String {
    let made = scene.running.state.write().system_create(body).unwrap();
    format!("{}/{}", made["resourceType"].as_str().unwrap(), made["id"].as_str().unwrap())
}

#[tokio::test]
async fn staff_are_invited_with_the_projects_default_and_taken_back() {
    for by_operator in [false, true] {
        let scene = Scene::new(&[]).await;
        let project = scene.running.facts.as_ref().unwrap().project_id.clone();
        let admin = if by_operator { &scene.super_admin } else { &scene.project_admin };
        let invite = Invite { project: by_operator.then(|| project.as_str().into()), ..nora() };
        let (applied, member) = invited(&scene, admin, invite).await;
        assert_eq!(member["project"]["reference"], format!("Project/{project}"));
        assert!(member["accessPolicy"].is_object());
        assert_eq!(scene.stored(NEW)[0]["project"], Value::Null, "staff are server-scoped");
        assert_eq!(scene.running.state.mailbox.to(NEW).len(), 1);
        assert_eq!(admin.journal.show(applied.entry).unwrap().steps[0].state, StepState::Verified);
        scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
        let id = member["id"].as_str().unwrap();
        assert_eq!(scene.running.state.read().read("ProjectMembership", id).unwrap()["active"], json!(false));
    }
}

#[tokio::test]
async fn everything_that_can_be_asked_for_is_there_afterwards() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let policies =
        idconsole::workflows::intent::policies::of_project(admin, &admin.caller.project).await.unwrap();
    let name = |at: usize| policies[at].display.clone().unwrap();
    let invite = Invite {
        external_id: Some("okta|00uNORA".into()),
        server: Some(false),
        policy: Some(name(0)),
        access: vec![(name(1), vec![("ward".into(), "three".into())])],
        admin: true,
        mfa_required: true,
        send_email: false,
        ..nora()
    };
    let (_, member) = invited(&scene, admin, invite).await;
    let user = &scene.stored(NEW)[0];
    assert!(user["project"].is_object() && user["mfaRequired"] == true);
    assert_eq!((&member["admin"], &member["externalId"]), (&json!(true), &json!("okta|00uNORA")));
    assert_eq!(member["accessPolicy"]["reference"], policies[0].to_string());
    assert_eq!(member["access"][0]["parameter"][0]["valueString"], "three");
    assert!(scene.running.state.mailbox.to(NEW).is_empty());

    // By an external id alone.
    let (applied, member) =
        invited(&scene, admin, Invite { email: None, external_id: Some("okta|00uKIOSK9".into()), ..nora() })
            .await;
    assert_eq!(member["externalId"], "okta|00uKIOSK9");
    assert_eq!(admin.journal.show(applied.entry).unwrap().state, EntryState::Done);
}

#[tokio::test]
async fn a_relative_is_invited_for_a_patient_of_the_project_only() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let project = admin.caller.project.as_str().to_owned();
    let relative = |patient: Option<&str>| Invite {
        kind: ProfileKind::RelatedPerson,
        patient: patient.map(Text::from),
        ..nora()
    };
    assert_eq!(refused(planned(admin, relative(None)).await).0, Why::Malformed);
    let missing = "Patient/00000000-0000-4000-8000-000000000000";
    assert_eq!(refused(planned(admin, relative(Some(missing))).await).0, Why::NotFound);
    assert_eq!(refused(planned(admin, relative(Some("Practitioner/x"))).await).0, Why::Malformed);
    let staff = Invite { patient: Some(missing.into()), ..nora() };
    assert_eq!(refused(planned(admin, staff).await).0, Why::Malformed);
    let patient =
        json!({"resourceType": "Patient", "meta": {"project": project}, "name": [{"family": "Old"}]});
    let patient = record(&scene, patient);
    let (_, member) = invited(&scene, admin, relative(Some(&patient))).await;
    assert!(member["profile"]["reference"].as_str().unwrap().starts_with("RelatedPerson/"));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_before_anything_is_asked() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    for wrong in [
        Invite { first_name: " ".into(), ..nora() },
        Invite { email: None, ..nora() },
        Invite { email: Some("not an address".into()), ..nora() },
        Invite { external_id: Some(" ".into()), ..nora() },
        Invite { profile: Some("nonsense".into()), ..nora() },
        Invite { profile: Some("Patient/x".into()), ..nora() },
    ] {
        assert_eq!(refused(planned(admin, wrong.clone()).await).0, Why::Malformed, "{wrong:?}");
    }
    let elsewhere = Invite { project: Some("00000000-0000-4000-8000-000000000000".into()), ..nora() };
    assert_eq!(refused(planned(admin, elsewhere).await).0, Why::NotAllowed);
}

// platform-api §6.1 step 6: membership.accessPolicy is stored unchecked; steps 2, 3, 5, 8
#[tokio::test]
async fn what_the_platform_would_refuse_or_half_do_is_refused_before_it_is_sent() {
    let scene = Scene::new(&[]).await;
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let project = admin.caller.project.clone();
    let gone = "AccessPolicy/00000000-0000-4000-8000-000000000000";
    let cases = [
        (Invite { policy: Some(gone.into()), ..nora() }, Why::NotFound, "no access policy"),
        (Invite { access: vec![(gone.into(), vec![])], ..nora() }, Why::NotFound, "no access policy"),
        (
            Invite { external_id: Some("okta|00uHUGOBRANDT000001".into()), ..nora() },
            Why::Conflict,
            "Hugo Brandt",
        ),
        (Invite { email: Some(JANE.into()), ..nora() }, Why::Conflict, "Jane Smith is a member"),
        // The other scope: 409.
        (Invite { email: Some(CARLA.into()), ..nora() }, Why::Conflict, "by a project-scoped user"),
        (
            Invite { profile: Some("Practitioner/00000000-0000-4000-8000-000000000000".into()), ..nora() },
            Why::NotFound,
            "no profile",
        ),
    ];
    for (invite, why, said) in cases {
        let (found, words) = refused(planned(admin, invite).await);
        assert_eq!(found, why, "{words}");
        assert!(words.contains(said), "{words}");
    }
    // Two server-scoped users with the address: 412.
    let twins = Invite {
        email: Some("kim.park@clinic.example".into()),
        upsert: true,
        project: Some(project.clone()),
        ..nora()
    };
    let (why, words) = refused(planned(operator, twins).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("2 users have"), "{words}");
    // Two profiles with the address.
    for _ in 0..2 {
        record(
            &scene,
            json!({
                "resourceType": "Practitioner", "meta": {"project": project.as_str()},
                "telecom": [{"system": "email", "value": NEW}],
            }),
        );
    }
    let (why, words) = refused(planned(admin, nora()).await);
    assert_eq!(why, Why::Conflict);
    assert!(words.contains("2 profiles"), "{words}");
    assert!(scene.stored(NEW).is_empty(), "nothing was sent");
}

// platform-api §17: an upsert drops what it leaves out
#[tokio::test]
async fn an_upsert_changes_what_is_asked_for_keeps_the_rest_and_is_taken_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let robin = "robin.okoye@ops.clinic.example";
    let id: MembershipId = scene.member(admin, robin).await;
    let before = scene.running.state.read().read("ProjectMembership", id.as_str()).unwrap();
    let invite = Invite {
        email: Some(robin.into()),
        external_id: Some("okta|00uROBIN".into()),
        upsert: true,
        ..nora()
    };
    let (applied, member) = invited(&scene, admin, invite).await;
    assert_eq!(member["id"], before["id"]);
    assert_eq!(member["externalId"], "okta|00uROBIN");
    assert_eq!(member["admin"], json!(true), "kept");
    assert_eq!(member["accessPolicy"]["reference"], before["accessPolicy"]["reference"]);
    scene.apply(admin, plan_undo(admin, applied.entry).await.unwrap()).await.unwrap();
    let after = scene.running.state.read().read("ProjectMembership", id.as_str()).unwrap();
    assert_eq!(after["externalId"], Value::Null);
    assert_eq!(after["admin"], json!(true));
}

// platform-api §1.4, §6.1 step 9
#[tokio::test]
async fn a_200_that_carries_a_mail_error_is_told_as_done_with_the_error() {
    let scene = Scene::new(&["mail=fail"]).await;
    let admin = &scene.project_admin;
    let (applied, member) = invited(&scene, admin, nora()).await;
    assert!(member.is_object());
    let remark = applied.steps[0].remark.clone().unwrap();
    assert!(remark.raw().contains("Could not send email"), "{remark}");
    assert_eq!(admin.journal.show(applied.entry).unwrap().state, EntryState::Done);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_looking_for_the_new_member() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    scene.next("POST", "*/invite", Effect::ResetAfter);
    let (applied, member) = invited(&scene, admin, nora()).await;
    assert!(member.is_object());
    let step = admin.journal.show(applied.entry).unwrap().steps.remove(0);
    assert_eq!(step.state, StepState::Settled(Happened::Yes));

    scene.next("POST", "*/invite", Effect::Reset);
    let other = Invite { email: Some("otto.other@clinic.example".into()), ..nora() };
    let error = scene.apply(admin, planned(admin, other).await.unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("nothing had changed"), "{error}");
}

// platform-api §6.1: steps are not one transaction
#[tokio::test]
async fn what_a_refused_invitation_has_left_behind_is_found_and_told() {
    for by_operator in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = if by_operator { &scene.super_admin } else { &scene.project_admin };
        let project = scene.project_admin.caller.project.clone();
        let invite = Invite { external_id: Some("okta|00uRACE".into()), project: Some(project), ..nora() };
        let shown = planned(admin, invite).await.unwrap();
        // Somebody takes the external id between plan and apply.
        let carla = scene.member(&scene.project_admin, CARLA).await;
        let mut member = scene.running.state.read().read("ProjectMembership", carla.as_str()).unwrap();
        member["externalId"] = json!("okta|00uRACE");
        scene.running.state.write().system_update(member).unwrap();
        let said = scene.apply(admin, shown).await.unwrap_err().to_string();
        assert!(said.contains("has the external id already"), "{said}");
        assert!(said.contains("Without a membership there now"), "{said}");
        assert!(said.contains("Practitioner/"), "{said}");
        assert_eq!(said.contains("User/"), by_operator, "{said}");
        assert_eq!(said.contains("only a super admin sees"), !by_operator, "{said}");
        assert!(said.contains("takes them up"), "{said}");
    }
}
