//! Going on by command with what a process left that was killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::journal::{Filter, Journal, StepState};
use idconsole::ports::SystemClock;
use serde_json::json;

use super::clinic::Clinic;
use super::run;

const JANE: &str = "jsmith@clinic.example";
const YES: [&str; 4] = ["--yes", "--no-input", "--reason", "test"];

fn is_in(clinic: &Clinic) -> bool {
    let state = clinic.running.state.read();
    let user = format!("User/{}", state.find_by("User", "email", JANE)[0]["id"].as_str().unwrap());
    let main = format!("Project/{}", clinic.facts.project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|member| member["project"]["reference"] == main).unwrap()["active"] != json!(false)
}

/// Kills the command that keeps Jane out while its request is on its way: the first entry of the journal there.
pub(super) fn cut_off(clinic: &Clinic, home: &Path, more: &[&str]) {
    clinic.running.faults().add(Rule::on("/fhir/R4/ProjectMembership/*", Effect::Hang).method("PATCH"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_idconsole"))
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .args(["members", "deactivate", "jane smith"])
        .args(YES)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = || Journal::open(home.join("data/journal.sqlite"), Arc::new(SystemClock)).unwrap();
    // Until the request is on its way.
    loop {
        let entries = journal().list(&Filter::default()).unwrap();
        if entries.first().is_some_and(|entry| entry.steps[0].state == StepState::Sent) {
            break;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    clinic.running.faults().clear();
}

#[test]
fn a_killed_command_is_gone_on_with_by_command_and_only_once() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    cut_off(&clinic, home.path(), &[]);
    assert!(is_in(&clinic));

    let shown = run(home.path(), &["journal", "resume", "1", "--dry-run"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains("keep out") || shown.out.contains("Deactivate"), "{shown:?}");
    assert!(is_in(&clinic), "only shown");
    let resumed = run(home.path(), &[&["journal", "resume", "1"][..], &YES].concat());
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert!(!is_in(&clinic));

    let again = run(home.path(), &[&["journal", "resume", "1"][..], &YES].concat());
    assert_eq!(again.code, 6, "{again:?}");
    assert!(again.err.contains("by entry 2"), "{again:?}");
    let nothing = run(home.path(), &[&["journal", "resume", "2"][..], &YES].concat());
    assert_eq!(nothing.code, 6, "{nothing:?}");
    let told = run(home.path(), &["journal", "show", "2"]);
    assert!(told.out.contains("goes on with") && told.out.contains("entry 1"), "{told:?}");
}
