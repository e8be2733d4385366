//! Many changes from a sheet: found, planned, run, told, taken back.

mod large;
mod middle;
mod rows;
mod undo;

use idconsole::identity::Plan;
use idconsole::workflows::bulk::{ComesTo, Encoding, Preview, Previewed, preview, read};
use idconsole::workflows::{Applied, Engine, apply};
use serde_json::Value;

use super::scene::Scene;

/// What a sheet comes to.
pub async fn look(engine: &Engine, sheet: &str) -> Preview {
    let rows = read(sheet.as_bytes(), Encoding::Unicode).unwrap_or_else(|why| panic!("{why}"));
    preview(engine, "staff.csv", &rows.rows, |_| {}).await.unwrap()
}

/// The plan of a sheet in which every row is clear.
pub async fn planned(engine: &Engine, sheet: &str) -> Plan {
    let preview = look(engine, sheet).await;
    for row in &preview.rows {
        assert!(!matches!(row.comes_to, ComesTo::Unclear(_)), "{row:#?}");
    }
    preview.plan(false).unwrap()
}

pub async fn run(engine: &Engine, sheet: &str) -> Applied {
    let plan = planned(engine, sheet).await;
    apply(engine, plan, "ticket 4711", |_| {}).await.unwrap()
}

/// What is wrong with a row.
pub fn problems(row: &Previewed) -> Vec<String> {
    match &row.comes_to {
        ComesTo::Unclear(problems) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

/// A record of the clinic's project, past every rule of visibility.
pub fn membership(scene: &Scene, email: &str) -> Value {
    let state = scene.running.state.read();
    let main = format!("Project/{}", scene.running.facts.as_ref().unwrap().project_id);
    let users = state.find_by("User", "email", email);
    let all = users.iter().flat_map(|user| {
        state.find_by("ProjectMembership", "user", &format!("User/{}", user["id"].as_str().unwrap()))
    });
    let mut of: Vec<Value> = all.filter(|m| m["project"]["reference"] == main.as_str()).collect();
    assert_eq!(of.len(), 1, "{email}: {of:?}");
    of.remove(0)
}

pub fn id(scene: &Scene, email: &str) -> String {
    format!("ProjectMembership/{}", membership(scene, email)["id"].as_str().unwrap())
}
