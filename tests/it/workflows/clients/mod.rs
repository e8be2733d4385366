//! Client applications against the embedded platform, in both roles: planned, applied, read back, taken back
//! (platform-api §3.2, §6, §8, §9.5, §17).

mod made;
mod refused;
mod secrets;
mod settings;

use idconsole::identity::{ClientId, Plan, Reference};
use idconsole::workflows::clients::find;
use idconsole::workflows::intent::clients::{ClientEdit, ClientIntent};
use idconsole::workflows::intent::{self, Intent, NoPlan, Why};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{Applied, Engine};
use serde_json::Value;

use super::scene::Scene;

/// Every client application of the seeded clinic has a secret but the console's own.
const ROTA: &str = "Ward Rota";

async fn id(engine: &Engine, name: &str) -> ClientId {
    find(engine, name).await.unwrap().id
}

async fn planned(engine: &Engine, intent: ClientIntent) -> Result<Plan, NoPlan> {
    intent::plan(engine, &Intent::from(intent)).await
}

async fn edit(engine: &Engine, client: &ClientId, edit: ClientEdit) -> Result<Plan, NoPlan> {
    planned(engine, ClientIntent::Edit { client: client.clone(), edit }).await
}

/// Planned, applied and read back.
async fn done(scene: &Scene, engine: &Engine, intent: ClientIntent) -> Applied {
    let plan = planned(engine, intent).await.unwrap();
    let applied = scene.apply(engine, plan).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(applied.steps.iter().all(|step| step.read_back), "{applied:?}");
    applied
}

/// Taken back, and read back.
async fn undone(scene: &Scene, engine: &Engine, applied: &Applied) {
    let back = plan_undo(engine, applied.entry).await.unwrap_or_else(|why| panic!("{why}"));
    scene.apply(engine, back).await.unwrap_or_else(|error| panic!("{error}"));
}

/// The record as the platform keeps it, without its version.
fn stored(scene: &Scene, id: &ClientId) -> Value {
    let mut record = scene.running.state.read().read("ClientApplication", id.as_str()).unwrap_or_default();
    if let Some(members) = record.as_object_mut() {
        members.shift_remove("meta");
    }
    record
}

fn text(record: &Value, name: &str) -> String {
    record[name].as_str().unwrap_or_default().to_owned()
}

/// The record that came to be.
fn made(applied: &Applied) -> Reference {
    applied.steps.iter().find_map(|step| step.made.clone()).expect("something was made")
}

/// There is no plan, for this reason; what was said.
fn why_not(result: Result<Plan, NoPlan>, expected: Why) -> String {
    match result {
        Err(NoPlan::Refused { why, what, next }) => {
            assert_eq!(why, expected, "{what}");
            format!("{what} {next}")
        }
        other => panic!("{other:?}"),
    }
}

/// None of these secrets is in what is shown, kept on disk or printed for debugging.
fn keeps_no(scene: &Scene, secrets: &[String], shown: &str) {
    let disk = scene.on_disk();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!shown.contains(secret.as_str()), "it is shown: {shown}");
        assert!(!disk.windows(secret.len()).any(|part| part == secret.as_bytes()), "the journal has it");
    }
}
