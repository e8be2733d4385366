//! A sheet of 1 000 changes at the limits that the platform really has.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use idconsole::demo::seed::Seed;
use idconsole::demo::{Options, Platform, Settings};

use super::platform::sign_in;
use super::report::line;
use super::terminal::binary;

const ROWS: usize = 1000;

/// Points that a member may spend on FHIR a minute, and what a write costs (platform-api §1.9).
const POINTS: usize = 50_000;
const WRITE: usize = 100;

/// Prints the figure. It takes minutes: the limits are by the minute.
pub fn measure() {
    let settings = Settings::parse(["rateLimitsEnabled=true"]).unwrap();
    let seed = Some(Seed { members: 2 * ROWS, seed: 1 });
    let running = Platform::start(Options { settings, seed, ..Options::default() }).unwrap();
    let facts = running.facts.as_ref().unwrap();
    let admin = &facts.project_admin;
    let token = sign_in(&running.base_url, &admin.email, &admin.password, &facts.project_id);

    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("sheet.csv");
    let mut sheet = "membership,new external id\n".to_owned();
    {
        let state = running.state.read();
        let project = format!("Project/{}", facts.project_id);
        let members = state.find_by("ProjectMembership", "project", &project);
        // Patients: nobody whose rights or accounts would make a row unclear.
        let patient = |member: &&serde_json::Value| {
            member["profile"]["reference"].as_str().is_some_and(|profile| profile.starts_with("Patient/"))
        };
        let others = members.iter().filter(patient);
        for (n, member) in others.take(ROWS).enumerate() {
            writeln!(sheet, "{},figures-{n}", member["id"].as_str().unwrap()).unwrap();
        }
    }
    std::fs::write(&file, sheet).unwrap();

    let began = Instant::now();
    let status = Command::new(binary())
        .args(["bulk", "run", "--yes", "--no-input", "--quiet", "--reason", "figures", "--confirm"])
        .arg(ROWS.to_string())
        .arg(&file)
        .env_clear()
        .env("HOME", home.path())
        .env("IDCONSOLE_BASE_URL", &running.base_url)
        .env("IDCONSOLE_ACCESS_TOKEN", &token)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{status}");
    let done = {
        let state = running.state.read();
        let project = format!("Project/{}", facts.project_id);
        let members = state.find_by("ProjectMembership", "project", &project);
        members
            .iter()
            .filter(|member| member["externalId"].as_str().is_some_and(|id| id.starts_with("figures-")))
            .count()
    };
    assert_eq!(done, ROWS, "every row is done");
    line(
        "bulk of 1 000 changes at the real limits, answers with 429",
        &running.state.limits.refused().to_string(),
        "0",
        &format!(
            "{:.0} s from the start of the command to its end; at {} writes a minute it cannot be under {} s",
            took.as_secs_f64(),
            POINTS / WRITE,
            (ROWS * WRITE / POINTS - 1) * 60
        ),
    );
}
