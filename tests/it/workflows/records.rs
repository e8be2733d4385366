//! Records of any kind go through the same engine: made, changed, read back, taken back.

use idconsole::demo::faults::Effect;
use idconsole::identity::{
    Change, Confirm, FieldChange, Means, OnFailure, Plan, Reference, Seen, Text, Undo,
};
use idconsole::journal::{Happened, StepState};
use idconsole::workflows::ApplyError;
use idconsole::workflows::undo::plan_undo;
use serde_json::{Value, json};

use super::scene::Scene;

fn plan(change: Change) -> Plan {
    Plan {
        title: "Change a record".to_owned(),
        subject: "a record".into(),
        membership: None,
        user: None,
        about: String::new(),
        changes: vec![change],
        on_failure: OnFailure::Stop,
        sign_in: vec![],
        also: vec![],
        warnings: vec![],
        undo: String::new(),
        confirm: Confirm::Enter,
        undoes: None,
        undoes_also: Vec::new(),
        resumes: None,
        undoes_part: false,
        batch: None,
    }
}

fn new_domain(project: Reference) -> Plan {
    plan(Change {
        target: project,
        label: "add a domain route".to_owned(),
        who: None,
        fields: vec![FieldChange {
            field: "domain".to_owned(),
            before: Seen::Known(None),
            after: Some("new-partner.example".into()),
        }],
        expected_version: None,
        means: Means::create(json!({"resourceType": "DomainConfiguration", "domain": "new-partner.example"})),
        undo: Undo::By { means: Box::new(Means::Delete), lost: String::new() },
    })
}

fn patch(target: Reference, pointer: &str, word: &str, values: [(Option<Value>, Option<&str>); 2]) -> Plan {
    let [(old, before), (new, after)] = values;
    let means = |value| Means::patch(vec![(pointer.to_owned(), value)]);
    plan(Change {
        target,
        label: format!("change {word}"),
        who: None,
        fields: vec![FieldChange {
            field: word.to_owned(),
            before: Seen::Known(before.map(Text::from)),
            after: after.map(Text::from),
        }],
        expected_version: None,
        means: means(new),
        undo: Undo::By { means: Box::new(means(old)), lost: String::new() },
    })
}

#[tokio::test]
async fn a_domain_route_is_made_found_again_after_a_lost_answer_and_taken_back() {
    for lost in [false, true] {
        let scene = Scene::new(&[]).await;
        let admin = &scene.super_admin;
        if lost {
            scene.next("POST", "*DomainConfiguration*", Effect::ResetAfter);
        }
        let applied = scene.apply(admin, new_domain(admin.caller.project.reference())).await.unwrap();
        let made = applied.steps[0].made.clone().unwrap();
        assert_eq!(&*made.kind, "DomainConfiguration");
        let step = admin.journal.show(applied.entry).unwrap().steps.remove(0);
        let expected = if lost { StepState::Settled(Happened::Yes) } else { StepState::Verified };
        assert_eq!(step.state, expected);
        assert_eq!(
            scene.running.state.read().find_by("DomainConfiguration", "domain", "new-partner.example").len(),
            1
        );

        let back = plan_undo(admin, applied.entry).await.unwrap();
        scene.apply(admin, back).await.unwrap();
        assert!(scene.running.state.read().read("DomainConfiguration", &made.id).is_err());
    }
}

#[tokio::test]
async fn a_field_of_a_client_application_is_changed_and_put_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let client = &scene.running.facts.as_ref().unwrap().client_id;
    let target = Reference::parse(&format!("ClientApplication/{client}")).unwrap();
    let values = [(None, None), (Some(json!("off")), Some("off"))];
    let applied = scene.apply(admin, patch(target, "/status", "status", values)).await.unwrap();
    let stored = || scene.running.state.read().read("ClientApplication", client).unwrap();
    assert_eq!(stored()["status"], json!("off"));
    let back = plan_undo(admin, applied.entry).await.unwrap();
    assert_eq!(back.changes[0].fields[0].after, None);
    scene.apply(admin, back).await.unwrap();
    assert!(stored().get("status").is_none());
}

#[tokio::test]
async fn a_kind_that_plans_do_not_know_is_refused_before_anything_is_sent() {
    let scene = Scene::new(&[]).await;
    let target = Reference::parse("Patient/00000000-0000-4000-8000-000000000000").unwrap();
    let values = [(None, None), (Some(json!(true)), Some("yes"))];
    let error =
        scene.apply(&scene.super_admin, patch(target, "/active", "active", values)).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused { written: 0, .. }), "{error}");
    assert!(error.to_string().contains("Patient is not read by plans"), "{error}");
}
