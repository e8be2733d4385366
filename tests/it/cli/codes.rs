//! Each exit code by what leads to it; the promise itself stands in `--help`.

use idconsole::demo::faults::{Effect, Rule};
use rstest::rstest;
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

fn set_email(home: &std::path::Path, person: &str, new: &str) -> Ended {
    let write = ["--yes", "--no-input", "--reason", "test", "--confirm", new];
    run(home, &[&["users", "set-email", person, new][..], &write].concat())
}

#[test]
fn code_1_a_folder_that_cannot_be_used() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let ended = ended(idconsole(home.path()).env("IDCONSOLE_DATA_DIR", &file).args(["journal", "list"]));
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("a file"), "it names the place: {ended:?}");
}

#[test]
fn code_3_a_session_that_was_ended_elsewhere() {
    let clinic = Clinic::start();
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(clinic.sign_in(here.path()).code, 0);
    copy(here.path(), elsewhere.path());
    assert_eq!(run(elsewhere.path(), &["logout"]).code, 0);
    for command in [&["whoami"][..], &["members", "list"], &["users", "show", "jane smith"]] {
        let ended = run(here.path(), command);
        assert_eq!(ended.code, 3, "{command:?}: {ended:?}");
        assert!(ended.err.contains("idconsole login"), "it says what to do: {ended:?}");
        assert_eq!(ended.out, "", "{command:?}");
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            // A folder that others may read is refused.
            std::fs::set_permissions(&target, entry.metadata().unwrap().permissions()).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn code_4_a_way_that_the_role_does_not_have() {
    let home = tempfile::tempdir().unwrap();
    Clinic::shared().sign_in(home.path());
    let new = "jane.smith@clinic.example";
    let ended = run(
        home.path(),
        &[
            "users",
            "set-email",
            "jane smith",
            new,
            "--way",
            "update-email",
            "--yes",
            "--reason",
            "x",
            "--no-input",
        ],
    );
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.err.contains("only a super admin"), "{ended:?}");
}

#[test]
fn code_5_an_entry_that_does_not_exist() {
    let home = tempfile::tempdir().unwrap();
    Clinic::shared().sign_in(home.path());
    for command in ["show", "undo", "settle"] {
        let ended = run(home.path(), &["journal", command, "4711"]);
        assert_eq!(ended.code, 5, "{command}: {ended:?}");
        assert!(ended.err.contains("4711"), "{ended:?}");
    }
}

#[test]
fn code_6_somebody_else_changed_the_record_and_both_are_told() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in_as_super_admin(home.path()).code, 0);
    let theirs = json!({ "email": "theirs@clinic.example" });
    let somebody = Effect::SomebodyWrites(theirs.as_object().unwrap().clone());
    clinic.running.faults().add(Rule::on("/fhir/R4/User/*/$update-email", somebody).method("POST").once());
    let ended = set_email(home.path(), "jsmith@clinic.example", "jane.smith@clinic.example");
    assert!(ended.code == 6 || ended.code == 0, "{ended:?}");
    if ended.code == 6 {
        assert!(ended.err.contains("theirs@clinic.example"), "what stands there now: {ended:?}");
    }
}

// A limit that ends sooner is waited for instead (`platform::repeats`).
#[rstest]
#[case::limited(Effect::TooManyRequests { reset: 3600 }, "3600 s")]
#[case::failing(Effect::Broken, "platform failed")]
#[case::cut(Effect::Reset, "broke")]
fn code_7_a_platform_that_does_not_answer(#[case] effect: Effect, #[case] said: &str) {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    clinic.running.faults().add(Rule::on("/admin/*", effect.clone()));
    clinic.running.faults().add(Rule::on("/fhir/*", effect));
    let ended = set_email(home.path(), "jane smith", "jane.smith@clinic.example");
    assert_eq!(ended.code, 7, "{ended:?}");
    assert!(ended.err.contains(said), "{ended:?}");
    assert_eq!(ended.out, "");
}

#[test]
fn code_7_a_platform_that_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let clinic = Clinic::start();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    drop(clinic);
    let ended = run(home.path(), &["members", "list"]);
    assert_eq!(ended.code, 7, "{ended:?}");
}

#[test]
fn code_8_only_when_asked_for_and_something_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    Clinic::shared().sign_in(home.path());
    let listed = run(home.path(), &["members", "list", "--format", "json"]);
    let members: Value = serde_json::from_str(&listed.out).unwrap();
    let with = |wrong: bool| {
        let all = members.as_array().unwrap();
        let found = all.iter().find(|member| {
            (member["findings"] != json!([])) == wrong
                && member["active"] == json!(true)
                && member["email"].as_str().is_some_and(|email| email.ends_with("@mail.example") != wrong)
        });
        format!("ProjectMembership/{}", found.unwrap()["membership"].as_str().unwrap())
    };
    let (ill, well) = (with(true), with(false));
    for (person, check, code) in [(&ill, true, 8), (&ill, false, 0), (&well, true, 0)] {
        let command = ["users", "show", person.as_str(), "--check"];
        let shown = run(home.path(), &command[..if check { 4 } else { 3 }]);
        assert_eq!(shown.code, code, "{person}: {shown:?}");
        assert_eq!(shown.out.contains("finding"), *person == ill, "{shown:?}");
    }
}
