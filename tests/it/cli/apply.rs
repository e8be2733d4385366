//! Plans in files: kept by `--dry-run --format json`, run by `apply`, and refused whenever something is not as it was.

use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

const NOOR: &str = "noor.aziz@clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const WRITE: &[&str] = &["--yes", "--no-input", "--reason", "ticket 4711"];

/// Runs the command as a dry run and keeps what it prints.
fn keep(home: &Path, command: &[&str]) -> PathBuf {
    let dry = run(home, &[command, &["--dry-run", "--format", "json", "--no-input"]].concat());
    assert_eq!(dry.code, 0, "{dry:?}");
    let file = home.join("plan.json");
    std::fs::write(&file, dry.out).unwrap();
    file
}

fn apply(home: &Path, file: &Path, more: &[&str]) -> Ended {
    run(home, &[&["apply", file.to_str().unwrap()], more].concat())
}

fn member(home: &Path, person: &str) -> Value {
    let shown = run(home, &["members", "show", person, "--format", "json"]);
    serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"))
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Writes a file whose seal is right for what is in it, as somebody could who reads the source.
fn sealed(file: &Path, mut plan: Value) {
    fn in_order(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut names: Vec<&String> = object.keys().collect();
                names.sort();
                Value::Object(names.into_iter().map(|n| (n.clone(), in_order(&object[n]))).collect())
            }
            Value::Array(all) => all.iter().map(in_order).collect(),
            other => other.clone(),
        }
    }
    plan["apply"]["seal"] = "".into();
    let digest = Sha256::digest(in_order(&plan).to_string());
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    plan["apply"]["seal"] = format!("sha256:{hex}").into();
    std::fs::write(file, plan.to_string()).unwrap();
}

#[test]
fn a_kept_plan_is_run_later_once_and_asks_as_its_command_does() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    // How it was asked for is no part of it.
    let file = keep(home, &["members", "deactivate", NOOR, "--quiet", "-y", "--reason", "told at planning"]);
    let kept = read(&file);
    assert_eq!(kept["apply"]["command"], json!(["members", "deactivate", NOOR]));
    assert_eq!(kept["plan"]["changes"][0]["fields"][0]["after"], "no");
    assert_eq!(member(home, NOOR)["active"], true);

    let looked = apply(home, &file, &["--dry-run"]);
    assert_eq!(looked.code, 0, "{looked:?}");
    assert!(looked.out.contains("yes → no") && looked.err.contains("dry run"), "{looked:?}");
    for (without, missing) in
        [(&["--no-input", "--reason", "x"][..], "--yes"), (&["--no-input", "--yes"], "--reason")]
    {
        let refused = apply(home, &file, without);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(missing), "{refused:?}");
    }
    let read_only = apply(home, &file, &[WRITE, &["--read-only"]].concat());
    assert_eq!(read_only.code, 4, "{read_only:?}");
    assert_eq!(member(home, NOOR)["active"], true);

    let done = apply(home, &file, &[WRITE, &["--format", "json"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(member(home, NOOR)["active"], false);
    let entry = run(home, &["journal", "show", "1"]);
    assert!(entry.out.contains("ticket 4711") && !entry.out.contains("told at planning"), "{entry:?}");
    let again = apply(home, &file, WRITE);
    assert_eq!(again.code, 6, "{again:?}");
}

#[test]
fn a_plan_is_refused_when_the_record_has_moved_and_what_moved_is_told() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let file = keep(home, &["members", "deactivate", CARLA]);
    assert_eq!(run(home, &[&["links", "set", CARLA, "okta|00uOTHER"], WRITE].concat()).code, 0);
    let refused = apply(home, &file, WRITE);
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(refused.err.contains("changes 1, expected version: then "), "{refused:?}");
    assert!(
        refused.err.contains("not as it was") && refused.err.contains("nothing was written"),
        "{refused:?}"
    );
    assert_eq!(member(home, CARLA)["active"], true);
    // Planned again, it goes.
    let file = keep(home, &["members", "deactivate", CARLA]);
    assert_eq!(apply(home, &file, WRITE).code, 0);
}

#[rstest]
#[case::another_value("/plan/changes/0/fields/0/after", json!("yes"))]
#[case::another_person("/apply/command/2", json!(CARLA))]
#[case::another_platform("/apply/platform", json!("https://other.example/"))]
fn a_plan_that_was_changed_is_refused(#[case] place: &str, #[case] value: Value) {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let file = keep(home, &["members", "deactivate", NOOR]);
    let mut plan = read(&file);
    *plan.pointer_mut(place).unwrap() = value;
    std::fs::write(&file, plan.to_string()).unwrap();
    let refused = apply(home, &file, WRITE);
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(refused.err.contains("was changed after it was written"), "{refused:?}");
    // Who knows how to seal it gets no further: the plan is made again and compared.
    sealed(&file, plan);
    let refused = apply(home, &file, WRITE);
    assert_eq!(refused.code, 6, "{refused:?}");
    assert_eq!(run(home, &["journal", "list", "--format", "json"]).out.trim(), "[]");
}

#[test]
fn a_file_runs_nothing_but_a_command_that_makes_plans() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let file = keep(home, &["members", "deactivate", NOOR]);
    let plan = read(&file);
    for command in [
        json!(["token", "mint", "--show"]),
        json!(["logout"]),
        json!(["connections", "remove", "clinic", "--yes"]),
        json!(["apply", file.to_str().unwrap()]),
        json!(["no", "such"]),
        // A file does not say yes, nor why.
        json!(["members", "deactivate", NOOR, "--yes"]),
        json!(["members", "deactivate", NOOR, "--reason", "theirs"]),
        json!(["members", "deactivate", NOOR, "--profile", "clinic"]),
        json!([]),
    ] {
        let mut other = plan.clone();
        other["apply"]["command"] = command.clone();
        sealed(&file, other);
        let refused = apply(home, &file, WRITE);
        assert_eq!(refused.code, 2, "{command}: {refused:?}");
        assert_eq!(refused.out, "", "{command}");
    }
    assert_eq!(run(home, &["whoami"]).code, 0, "still signed in");
}

#[test]
fn a_plan_of_another_platform_or_project_and_what_is_no_plan_are_refused() {
    let (here, there) = (Clinic::start(), Clinic::start());
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    here.sign_in(homes[0].path());
    there.sign_in(homes[1].path());
    here.sign_in_as_super_admin(homes[2].path());
    let file = keep(homes[0].path(), &["members", "deactivate", NOOR]);
    let foreign = apply(homes[1].path(), &file, WRITE);
    assert_eq!(foreign.code, 6, "{foreign:?}");
    assert!(foreign.err.contains(&here.running.base_url) && foreign.err.contains("--profile"), "{foreign:?}");
    let project = apply(homes[2].path(), &file, WRITE);
    assert_eq!(project.code, 6, "{project:?}");
    assert!(project.err.contains("is for Clinic Demo"), "{project:?}");

    for (text, said) in [("{", "holds no plan"), ("{\"plan\": {}}", "holds no plan"), ("", "holds no plan")] {
        std::fs::write(&file, text).unwrap();
        let refused = apply(homes[0].path(), &file, WRITE);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(said), "{refused:?}");
    }
    let missing = apply(homes[0].path(), Path::new("no-such-plan.json"), WRITE);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.err.contains("no-such-plan.json cannot be read"), "{missing:?}");
}

// S2
#[test]
fn a_plan_holds_no_secret_and_its_secret_is_asked_for_again() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in_as_super_admin(home);
    let set = ["users", "set-password", "carla.diaz@post.example", "--password-stdin"];
    let dry = ended(
        idconsole(home)
            .args(set)
            .args(["--dry-run", "--format", "json", "--no-input"])
            .write_stdin("correct horse battery\n"),
    );
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(!dry.out.contains("horse"), "{dry:?}");
    let file = home.join("plan.json");
    std::fs::write(&file, &dry.out).unwrap();
    assert_eq!(read(&file)["apply"]["asks_for_secret"], true);
    let confirm = read(&file)["plan"]["must_type"].as_str().map(str::to_owned);
    let mut write = vec!["apply", file.to_str().unwrap()];
    write.extend(WRITE);
    if let Some(confirm) = &confirm {
        write.extend(["--confirm", confirm]);
    }
    let silent = ended(idconsole(home).args(&write));
    assert_eq!(silent.code, 2, "without the password: {silent:?}");
    let done = ended(idconsole(home).args(&write).write_stdin("correct horse battery\n"));
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(super::kept_with(home, "correct horse"), Vec::<PathBuf>::new());
}

#[test]
fn people_from_standard_input_stand_in_the_plan_by_name() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let dry = ended(
        idconsole(home)
            .args(["members", "deactivate", "-", "--dry-run", "--format", "json"])
            .write_stdin(format!("{NOOR}\n\n  {CARLA}\n")),
    );
    assert_eq!(dry.code, 0, "{dry:?}");
    let file = home.join("plan.json");
    std::fs::write(&file, &dry.out).unwrap();
    assert_eq!(read(&file)["apply"]["command"], json!(["members", "deactivate", NOOR, CARLA]));
    // Also behind an option that takes no value.
    let offboard = ["offboard", "--clear-external-id", "-", "--dry-run", "--format", "json"];
    let dry = ended(idconsole(home).args(offboard).write_stdin(format!("{NOOR}\n")));
    let kept: Value = serde_json::from_str(&dry.out).unwrap_or_else(|_| panic!("{dry:?}"));
    assert_eq!(kept["apply"]["command"], json!(["offboard", "--clear-external-id", NOOR]));
    let unconfirmed = apply(home, &file, WRITE);
    assert_eq!(unconfirmed.code, 2, "{unconfirmed:?}");
    let done = apply(home, &file, &[WRITE, &["--confirm", "2"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(
        (member(home, NOOR)["active"].clone(), member(home, CARLA)["active"].clone()),
        (false.into(), false.into())
    );
}

#[rstest]
#[case::email(&["users", "set-email", "omar.haddad@clinic.example", "o.haddad@clinic.example"], false)]
#[case::invite(&["members", "invite", "Nora", "New", "--email", "nora.new@clinic.example"], false)]
#[case::link(&["links", "set", "omar.haddad@clinic.example", "okta|00uOMAR"], false)]
#[case::offboard(&["offboard", NOOR, "--clear-external-id"], false)]
#[case::required(&["mfa", "require", "--project"], false)]
#[case::route(&["domains", "remove", "partner.example"], true)]
#[case::client(&["clients", "create", "Ward Board", "--redirect", "https://board.clinic.example/callback"], false)]
#[case::rotated(&["clients", "rotate", "Ward Rota"], true)]
#[case::swept(&["doctor", "fix", "--rule", "stale-name", "--all"], true)]
fn every_kind_of_plan_is_made_again_to_the_letter(#[case] command: &[&str], #[case] super_admin: bool) {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    if super_admin {
        clinic.sign_in_as_super_admin(home)
    } else {
        clinic.sign_in(home)
    };
    let file = keep(home, command);
    let same = apply(home, &file, &["--dry-run", "--format", "json"]);
    assert_eq!(same.code, 0, "{same:?}");
    assert_eq!(serde_json::from_str::<Value>(&same.out).unwrap(), read(&file), "the plan as it was kept");
}

/// Whether the project's own client has its addresses.
fn own_client(clinic: &Clinic, there: bool) {
    let mut state = clinic.running.state.write();
    let mut client = state.find_by("ClientApplication", "name", "idconsole").remove(0);
    client["redirectUris"] = if there { json!(idconsole::workflows::setup::REDIRECTS) } else { json!([]) };
    state.system_update(client).unwrap();
}

#[test]
fn a_plan_that_there_is_nothing_left_of_is_refused_as_any_other() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    own_client(&clinic, false);
    let file = keep(home, &["setup"]);
    own_client(&clinic, true);
    let settings = std::fs::read_to_string(home.join("config/config.toml")).unwrap();
    for how in [WRITE, &["--dry-run"]] {
        let refused = apply(home, &file, how);
        assert_eq!(refused.code, 6, "{refused:?}");
        assert!(refused.err.contains("nothing left to do"), "{refused:?}");
    }
    assert_eq!(std::fs::read_to_string(home.join("config/config.toml")).unwrap(), settings);

    let sheet = home.join("sheet.csv");
    std::fs::write(&sheet, format!("email,active\n{NOOR},no\n")).unwrap();
    let file = keep(home, &["bulk", "run", sheet.to_str().unwrap()]);
    assert_eq!(run(home, &[&["members", "deactivate", NOOR], WRITE].concat()).code, 0);
    let refused = apply(home, &file, &[WRITE, &["--confirm", "1"]].concat());
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(refused.err.contains("nothing left to do"), "{refused:?}");
}

// platform-api §5
#[test]
fn a_kept_plan_about_ones_own_factor_is_given_its_reason_and_mails_nothing_elsewhere() {
    let (clinic, other) = (Clinic::start(), Clinic::start());
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let home = homes[0].path();
    for (clinic, home) in [(&clinic, &homes[0]), (&other, &homes[1])] {
        clinic.sign_in(home.path());
        super::second_factor::of_project(
            clinic,
            &json!([{"name": "allowedMfaMethods", "valueString": "totp,email"}]),
        );
        let mut state = clinic.running.state.write();
        let mut user = state.find_by("User", "email", &clinic.facts.project_admin.email).remove(0);
        user["mfaEnrolled"] = true.into();
        user["mfaMethod"] = json!(["email"]);
        state.system_update(user).unwrap();
    }
    let file = keep(home, &["mfa", "disable"]);
    let mailed = |clinic: &Clinic| clinic.running.state.mailbox.to(&clinic.facts.project_admin.email).len();
    let foreign = apply(homes[1].path(), &file, WRITE);
    assert_eq!(foreign.code, 6, "{foreign:?}");
    assert_eq!(mailed(&other), 0, "a code for a plan that is not applied");
    // The reason was given; the code is what is missing, and nobody is here to type it.
    let asked = apply(home, &file, WRITE);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.err.contains("--code-stdin") && !asked.err.contains("--reason"), "{asked:?}");
    let file = keep(home, &["mfa", "disable", "--code-stdin"]);
    assert_eq!(run(home, &["mfa", "mail-code"]).code, 0);
    let code =
        clinic.running.state.mailbox.to(&clinic.facts.project_admin.email).last().unwrap().text.clone();
    let arguments = [&["apply", file.to_str().unwrap()], WRITE].concat();
    let done = ended(idconsole(home).args(arguments).write_stdin(format!("{code}\n")));
    assert_eq!(done.code, 0, "{done:?}");
    let entry = run(home, &["journal", "show", "1"]);
    assert!(entry.out.contains("ticket 4711"), "{entry:?}");
}

#[test]
fn a_plan_and_what_came_of_it_are_rows_of_csv_too() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let deactivate = ["members", "deactivate", NOOR, CARLA, "--format", "csv"];
    let dry = run(home, &[&deactivate[..], &["--dry-run"]].concat());
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(dry.out.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2, "{dry:?}");
    assert_eq!((&rows[0][1], &rows[0][4], &rows[0][5], &rows[0][6]), ("Noor Aziz", "active", "yes", "no"));
    let done = run(home, &[&deactivate[..], WRITE, &["--confirm", "2"]].concat());
    assert!(done.out.starts_with("who,done,label,record,made,remark,error\nNoor Aziz,yes,"), "{done:?}");
}
