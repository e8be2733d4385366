//! A secret that is put into a record goes beside the plan, is compared without being read, and comes back out of the
//! platform's own history (standards S2; platform-api §1.6, §1.7, §14.12).

use idconsole::demo::faults::Effect;
use idconsole::identity::{Change, FieldChange, Means, Plan, Reference, Secret, Seen, Text, Undo, VersionId};
use idconsole::journal::{Happened, StepState};
use idconsole::workflows::settle::{settle, what_is_left};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, ApplyError, Engine, apply_with};
use serde_json::{Value, json};

use super::scene::Scene;

const AT: &str = "/identityProvider/clientSecret";
const WORD: &str = "client secret";
const OLD: &str = "Quarry-lantern-7";
const NEW: &str = "Harbour-thimble-9";

fn field(word: &str, before: Option<&str>, after: Option<&str>) -> FieldChange {
    FieldChange {
        field: word.to_owned(),
        before: Seen::Known(before.map(Text::from)),
        after: after.map(Text::from),
    }
}

fn plan(
    target: Reference,
    version: Option<&str>,
    means: Means,
    undo: Means,
    fields: Vec<FieldChange>,
) -> Plan {
    let mut plan = Plan::new("Write a secret", "a route".into());
    plan.changes.push(Change {
        target,
        label: "write a secret".to_owned(),
        who: None,
        fields,
        expected_version: version.map(VersionId::new),
        means,
        undo: Undo::By { means: Box::new(undo), lost: String::new() },
    });
    plan
}

fn made(scene: &Scene) -> Plan {
    let record = json!({
        "resourceType": "DomainConfiguration",
        "domain": "new-partner.example",
        "identityProvider": {
            "authorizeUrl": "https://idp.new-partner.example/authorize",
            "tokenUrl": "https://idp.new-partner.example/token",
            "userInfoUrl": "https://idp.new-partner.example/userinfo",
            "clientId": "medplum",
        },
    });
    plan(
        scene.super_admin.caller.project.reference(),
        None,
        Means::Create { record, secret_at: Some(AT.to_owned()) },
        Means::Delete,
        vec![field("domain", None, Some("new-partner.example")), field(WORD, None, Some("set (not shown)"))],
    )
}

/// Another client id and another secret.
fn replaced(route: &Value) -> Plan {
    let at = ["/identityProvider/clientId", AT].map(str::to_owned).to_vec();
    let version = route["meta"]["versionId"].as_str().unwrap();
    plan(
        reference(route),
        Some(version),
        Means::Patch {
            fields: vec![(at[0].clone(), Some(json!("medplum-2")))],
            secret_at: Some(AT.to_owned()),
        },
        Means::Restore { version: VersionId::new(version), fields: Some(at) },
        vec![
            field("client id", Some("medplum"), Some("medplum-2")),
            field(WORD, Some("set (not shown)"), Some("replaced (not shown)")),
        ],
    )
}

fn removed(route: &Value) -> Plan {
    let version = route["meta"]["versionId"].as_str().unwrap();
    plan(
        reference(route),
        Some(version),
        Means::Delete,
        Means::Restore { version: VersionId::new(version), fields: None },
        vec![field("domain", Some("new-partner.example"), None), field(WORD, Some("set (not shown)"), None)],
    )
}

fn reference(route: &Value) -> Reference {
    Reference::parse(&format!("DomainConfiguration/{}", route["id"].as_str().unwrap())).unwrap()
}

async fn apply(engine: &Engine, plan: Plan, secret: Option<&str>) -> Result<Applied, ApplyError> {
    apply_with(engine, plan, "ticket 4711", secret.map(Secret::from).as_ref(), |_| {}).await
}

fn stored(scene: &Scene) -> Value {
    let found = scene.running.state.read().find_by("DomainConfiguration", "domain", "new-partner.example");
    found.into_iter().next().unwrap_or_default()
}

async fn with_route() -> (Scene, Value) {
    let scene = Scene::new(&[]).await;
    apply(&scene.super_admin, made(&scene), Some(OLD)).await.unwrap();
    let route = stored(&scene);
    (scene, route)
}

/// Neither what was shown nor what was kept holds a secret.
fn is_clean(scene: &Scene) {
    let disk = scene.on_disk();
    for secret in [OLD, NEW] {
        assert!(
            !disk.windows(secret.len()).any(|part| part == secret.as_bytes()),
            "{secret} is in the journal"
        );
    }
    let entries = scene.super_admin.journal.list(&idconsole::journal::Filter::default()).unwrap();
    let shown = format!("{entries:?}");
    assert!(!entries.is_empty() && !shown.contains(OLD) && !shown.contains(NEW));
}

#[tokio::test]
async fn a_record_is_made_with_its_secret_and_read_back_by_it() {
    for lost in [false, true] {
        let scene = Scene::new(&[]).await;
        if lost {
            scene.next("POST", "*DomainConfiguration*", Effect::ResetAfter);
        }
        let applied = apply(&scene.super_admin, made(&scene), Some(OLD)).await.unwrap();
        assert_eq!(stored(&scene)["identityProvider"]["clientSecret"], OLD);
        assert_eq!(applied.steps[0].found.field(WORD), Some(&Some("set (not shown)".into())));
        is_clean(&scene);
        let back = plan_undo(&scene.super_admin, applied.entry).await.unwrap();
        apply(&scene.super_admin, back, None).await.unwrap();
        assert_eq!(stored(&scene), Value::Null);
        is_clean(&scene);
    }
}

#[tokio::test]
async fn without_the_secret_at_hand_nothing_is_sent() {
    let scene = Scene::new(&[]).await;
    let error = apply(&scene.super_admin, made(&scene), None).await.unwrap_err();
    assert!(error.to_string().contains("a secret is kept nowhere"), "{error}");
    assert_eq!(stored(&scene), Value::Null);
}

#[tokio::test]
async fn a_replaced_secret_is_taken_back_out_of_the_history_and_done_again_out_of_it() {
    let (scene, route) = with_route().await;
    let admin = &scene.super_admin;
    let applied = apply(admin, replaced(&route), Some(NEW)).await.unwrap();
    assert_eq!(stored(&scene)["identityProvider"]["clientSecret"], NEW);
    assert_eq!(applied.steps[0].found.field(WORD), Some(&Some("replaced (not shown)".into())));

    let back = plan_undo(admin, applied.entry).await.unwrap();
    let shown: Vec<&FieldChange> = back.changes[0].fields.iter().collect();
    assert_eq!(shown[0], &field("client id", Some("medplum-2"), Some("medplum")));
    assert_eq!(shown[1], &field(WORD, Some("set (not shown)"), Some("the one before (not shown)")));
    let undone = apply(admin, back, None).await.unwrap();
    let provider = stored(&scene)["identityProvider"].clone();
    assert_eq!((&provider["clientSecret"], &provider["clientId"]), (&json!(OLD), &json!("medplum")));

    let again = plan_undo(admin, undone.entry).await.unwrap();
    apply(admin, again, None).await.unwrap();
    let provider = stored(&scene)["identityProvider"].clone();
    assert_eq!((&provider["clientSecret"], &provider["clientId"]), (&json!(NEW), &json!("medplum-2")));
    is_clean(&scene);
}

#[tokio::test]
async fn a_removed_record_comes_back_with_its_secret() {
    let (scene, route) = with_route().await;
    let admin = &scene.super_admin;
    let applied = apply(admin, removed(&route), None).await.unwrap();
    assert_eq!(stored(&scene), Value::Null);
    let back = plan_undo(admin, applied.entry).await.unwrap();
    apply(admin, back, None).await.unwrap();
    let now = stored(&scene);
    assert_eq!(now["id"], route["id"], "the same record, not a copy");
    assert_eq!(now["identityProvider"], route["identityProvider"]);
    assert!(plan_undo(admin, applied.entry).await.is_err(), "once is enough");
    is_clean(&scene);
}

// H2: whether a lost write has happened, the secret itself tells.
#[tokio::test]
async fn a_lost_answer_is_settled_by_comparing_the_secret() {
    for (effect, wrote) in [(Effect::ResetAfter, true), (Effect::Reset, false)] {
        let (scene, route) = with_route().await;
        let mut plan = replaced(&route);
        // The secret alone, so that nothing else can tell.
        plan.changes[0].fields.remove(0);
        plan.changes[0].means = Means::Patch { fields: vec![], secret_at: Some(AT.to_owned()) };
        let rule = idconsole::demo::faults::Rule::on("*DomainConfiguration*", effect).method("PATCH");
        scene.running.faults().add(rule);
        let outcome = apply(&scene.super_admin, plan, Some(NEW)).await;
        assert_eq!(outcome.is_ok(), wrote, "{outcome:?}");
        let kept = if wrote { NEW } else { OLD };
        assert_eq!(stored(&scene)["identityProvider"]["clientSecret"], kept);
        is_clean(&scene);
    }
}

// What was cut off is settled without the secret, which nobody has any more.
#[tokio::test]
async fn what_was_cut_off_is_found_out_by_the_version_before() {
    for wrote in [true, false] {
        let (scene, route) = with_route().await;
        let admin = &scene.super_admin;
        let plan = replaced(&route);
        let planned = idconsole::journal::Planned {
            plan: plan.clone(),
            reason: "ticket 4711".into(),
            who: idconsole::journal::Who::from(&admin.caller),
            connection: admin.connection.clone(),
        };
        let run = admin.journal.begin(planned).unwrap();
        run.write(&idconsole::journal::Event::Sent { step: 0 }).unwrap();
        if wrote {
            let secret = Secret::from(NEW);
            let change = &plan.changes[0];
            admin.remote.send(change, change.expected_version.as_ref(), Some(&secret)).await.unwrap();
        }
        let id = run.id();
        drop(run);
        let entry = settle(admin, id).await.unwrap();
        let happened = if wrote { Happened::Yes } else { Happened::No };
        assert_eq!(entry.steps[0].state, StepState::Settled(happened));
        assert_eq!(what_is_left(&entry), None, "it needs the secret, which is kept nowhere");
        is_clean(&scene);
    }
}

#[tokio::test]
async fn a_secret_that_somebody_else_has_set_since_is_not_taken_back() {
    let (scene, route) = with_route().await;
    let admin = &scene.super_admin;
    let applied = apply(admin, replaced(&route), Some(NEW)).await.unwrap();
    let mut other = plan(
        reference(&route),
        None,
        Means::Patch { fields: vec![], secret_at: Some(AT.to_owned()) },
        Means::Delete,
        vec![field(WORD, Some("set (not shown)"), Some("replaced (not shown)"))],
    );
    other.changes[0].expected_version = applied.steps[0].found.version.clone();
    apply(admin, other, Some("Copper-orchard-3")).await.unwrap();
    let refused = plan_undo(admin, applied.entry).await.unwrap_err();
    assert!(refused.0.contains("changed again since"), "{refused:?}");
}

#[test]
fn journals_of_before_are_still_read() {
    let old = json!({"means": "patch", "fields": [["/domain", "clinic.example"]]});
    let means: Means = serde_json::from_value(old).unwrap();
    assert_eq!(means, Means::patch(vec![("/domain".to_owned(), Some(json!("clinic.example")))]));
    let old = json!({"means": "create", "record": {"resourceType": "ClientApplication"}});
    let means: Means = serde_json::from_value(old).unwrap();
    assert!(!means.needs_secret());
    let new = Means::Patch { fields: vec![], secret_at: Some(AT.to_owned()) };
    assert!(new.needs_secret());
    let mut kept = serde_json::to_value(&new).unwrap();
    idconsole::journal::redact::redact(&mut kept);
    assert_eq!(serde_json::from_value::<Means>(kept).unwrap(), new, "where it goes is no secret");
    let back =
        Means::Restore { version: VersionId::new("v"), fields: Some(vec!["/domain".into(), AT.into()]) };
    let mut kept = serde_json::to_value(&back).unwrap();
    idconsole::journal::redact::redact(&mut kept);
    assert_eq!(serde_json::from_value::<Means>(kept).unwrap(), back);
}
