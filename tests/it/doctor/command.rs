//! The command says what the judge finds, in the shape that programs read.

use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};

use super::arguments::{Arguments, arguments};
use super::changes::change;
use super::corners::corner;
use super::oracle::{Next, Outcome, Verdict, drive};
use super::roads::road;
use super::scenario::Scenario;
use super::world::World;
use crate::cli::{Ended, ended, idconsole};

fn doctor(world: &World, home: &Path, told: &Arguments) -> Ended {
    let mut command = idconsole(home);
    command
        .env("IDCONSOLE_BASE_URL", &world.running.base_url)
        .env("IDCONSOLE_ACCESS_TOKEN", &world.operator)
        .args(["doctor", "login", "--format", "json"])
        .args(told.words());
    if let Some(token) = &told.id_token {
        command.args(["--id-token", "-"]).write_stdin(token.clone());
    }
    ended(&mut command)
}

/// An outcome in the words of issue 4's JSON.
fn shape(outcome: &Outcome) -> Value {
    json!({
        "verdict": if outcome.verdict == Verdict::Success { "success" } else { "failure" },
        "message": outcome.message,
        "http_status": outcome.status,
        "user": outcome.user,
        "membership": outcome.membership,
        "next": match outcome.next {
            Next::None => "none",
            Next::ChooseProfile => "choose-profile",
            Next::Mfa => "mfa",
        },
    })
}

async fn agrees(scenario: &Scenario) {
    let world = World::new().await;
    let placed = world.place(scenario);
    world.tighten(scenario, &placed);
    let told = arguments(scenario, &placed).unwrap();
    let home = tempfile::tempdir().unwrap();
    let said = tokio::task::block_in_place(|| doctor(&world, home.path(), &told));
    let happens = drive(&world, scenario, &placed).await;
    let answer: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    assert_eq!(answer["outcome"], shape(&happens), "{}: {said:?}", scenario.name);
    assert_eq!(said.code, if happens.verdict == Verdict::Success { 0 } else { 8 }, "{said:?}");
    let step = |status: &str| answer["steps"].as_array().unwrap().iter().any(|s| s["status"] == status);
    assert_eq!(step("failed"), happens.verdict == Verdict::Failure, "the step that fails is named: {said:?}");
    assert!(answer["fixes"].is_array(), "{said:?}");
}

#[rstest]
#[case("browser by domain", &[])]
#[case("browser by domain", &["account of the project"])]
#[case("browser by domain", &["domain typed with capitals"])]
#[case("browser by client and domain", &["address of another domain asserted"])]
#[case("browser by client and subject", &["two memberships in the project"])]
#[case("exchange", &["address asserted in capitals", "two memberships in the project"])]
#[case("exchange", &["policy deleted"])]
#[case("exchange by subject", &["her membership named", "inactive"])]
#[case("exchange by subject", &["no address asserted"])]
#[case("exchange by subject", &["a list for the subject"])]
#[case("password", &["factor required of the user", "membership in both projects"])]
#[case("password with client", &["blocked everywhere"])]
#[case("password with project", &["unknown project named"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_what_happens(#[case] start: &str, #[case] changes: &[&str]) {
    let mut scenario = road(start);
    for name in changes {
        change(name)(&mut scenario);
    }
    agrees(&scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_knows_the_odd_rules() {
    for name in [
        "an escaped comma in the claim finds a comma in the stored id",
        "her account is deleted, the membership still holds the id",
        "the id stands on an inactive membership, another one is used",
    ] {
        agrees(&corner(name)).await;
    }
}
