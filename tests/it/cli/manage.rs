//! Rights, policies, mail and leaving, as a script does them.

use std::path::Path;

use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, run};

const JANE: &str = "jsmith@clinic.example";
const CARLA: &str = "carla.diaz@post.example";

fn done(home: &Path, arguments: &[&str]) -> Ended {
    let ended = run(home, &[arguments, &["--yes", "--reason", "test", "--no-input"]].concat());
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
    ended
}

fn member(home: &Path, person: &str) -> Value {
    let shown = run(home, &["members", "show", person, "--format", "json"]);
    serde_json::from_str(&shown.out).unwrap_or_else(|error| panic!("{error}: {shown:?}"))
}

#[test]
fn a_members_rights_are_managed_by_command_and_taken_back() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    done(home, &["members", "promote", JANE]);
    assert_eq!(member(home, JANE)["admin"], true);
    done(home, &["members", "demote", JANE]);
    assert_eq!(member(home, JANE)["admin"], false);

    let policies = run(home, &["members", "policies", "--format", "json"]);
    let policies: Value = serde_json::from_str(&policies.out).unwrap();
    let name = policies[0]["name"].as_str().unwrap();
    done(home, &["members", "set-policy", JANE, name]);
    let again = run(home, &["members", "set-policy", JANE, name, "--yes", "--reason", "test"]);
    assert_eq!(again.code, 6, "{again:?}");
    let none = run(home, &["members", "set-policy", JANE, "No such policy", "--yes", "--reason", "test"]);
    assert_eq!(none.code, 5, "{none:?}");
    assert!(none.err.contains(name), "the choices are named: {none:?}");

    done(home, &["members", "add-access", JANE, name, "--param", "ward=three"]);
    done(home, &["members", "remove-access", JANE, name]);
    let wrong = run(home, &["members", "add-access", JANE, name, "--param", "ward", "--dry-run"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    done(home, &["members", "set-user-name", JANE, "jane.s"]);
    done(home, &["members", "clear-user-name", JANE]);
}

#[test]
fn leaving_and_mail_by_command() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let mailed = done(home, &["users", "mail-password", CARLA]);
    assert!(mailed.out.contains("cannot be read back by your role"), "{mailed:?}");
    assert!(!mailed.out.contains(", read back"), "{mailed:?}");
    done(home, &["members", "resend-invite", CARLA]);
    assert_eq!(clinic.running.state.mailbox.to(CARLA).len(), 2);

    let remove = ["members", "remove", CARLA, "--yes", "--reason", "left", "--no-input"];
    let untyped = run(home, &remove);
    assert_eq!(untyped.code, 2, "{untyped:?}");
    assert!(untyped.err.contains("--confirm"), "{untyped:?}");
    let removed = run(home, &[&remove[..], &["--confirm", CARLA]].concat());
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(run(home, &["members", "show", CARLA]).code, 5);

    let own = &clinic.facts.project_admin.email;
    let refused = run(home, &["members", "remove", own, "--yes", "--reason", "test", "--no-input"]);
    assert_eq!(refused.code, 4, "{refused:?}");
}
