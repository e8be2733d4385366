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

// S2: no argument, no output, no file
#[test]
fn a_password_comes_by_standard_input_and_is_kept_nowhere() {
    const PASSWORD: &str = "Quarry-lantern-4711";
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let set = |line: &str| {
        let mut command = super::idconsole(home.path());
        command
            .args([
                "users",
                "set-password",
                CARLA,
                "--password-stdin",
                "--yes",
                "--reason",
                "lost",
                "--no-input",
            ])
            .write_stdin(format!("{line}\n"));
        super::ended(&mut command)
    };
    let short = set("short");
    assert_eq!(short.code, 2, "{short:?}");
    let done = set(PASSWORD);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!format!("{done:?}").contains("Quarry"));
    assert_eq!(
        clinic.sign_in_as(tempfile::tempdir().unwrap().path(), CARLA, PASSWORD).code,
        3,
        "asks for a factor"
    );
    let mut open = vec![home.path().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let kept = std::fs::read(&path).unwrap();
                assert!(!kept.windows(6).any(|part| part == b"Quarry"), "{}", path.display());
            }
        }
    }
    let asked =
        run(home.path(), &["users", "set-password", CARLA, "--yes", "--reason", "lost", "--no-input"]);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.err.contains("--password-stdin"), "{asked:?}");
    done_rescope(home.path());
}

fn done_rescope(home: &Path) {
    done(home, &["users", "rescope", CARLA, "--to", "server"]);
    let back = run(home, &["users", "rescope", CARLA, "--to", "project", "--yes", "--reason", "test"]);
    assert_eq!(back.code, 4, "{back:?}");
    let nothing = run(home, &["members", "refresh-names", JANE, "--yes", "--reason", "test"]);
    assert_eq!(nothing.code, 6, "{nothing:?}");
}

// platform-api §6.1
#[test]
fn somebody_is_invited_by_command() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let new = "nora.new@clinic.example";
    done(
        home,
        &["members", "invite", "Nora", "New", "--email", new, "--external-id", "okta|00uNORA", "--no-mail"],
    );
    assert_eq!(member(home, new)["external_id"], "okta|00uNORA");
    let again = run(home, &["members", "invite", "Nora", "New", "--email", new, "--dry-run"]);
    assert_eq!(again.code, 6, "{again:?}");
    done(home, &["members", "invite", "Nora", "New", "--email", new, "--admin", "--update", "--no-mail"]);
    assert_eq!(member(home, new)["admin"], true);
    let nobody = run(home, &["members", "invite", "Nora", "New", "--dry-run"]);
    assert_eq!(nobody.code, 2, "{nobody:?}");
    let policy =
        ["members", "invite", "Otto", "Other", "--email", "otto@clinic.example", "--policy", "None such"];
    assert_eq!(run(home, &[&policy[..], &["--dry-run"]].concat()).code, 5);
}
