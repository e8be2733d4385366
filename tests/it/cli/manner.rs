//! How it is told: `--fields`, `--quiet`, `--verbose`, and progress.

use serde_json::{Value, json};

use super::clinic::Clinic;
use super::run;

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    Clinic::shared().sign_in(home.path());
    home
}

#[test]
fn fields_choose_and_order_columns_and_json_alike() {
    let home = home();
    let list =
        |more: &[&str]| run(home.path(), &[&["members", "list", "--filter", "jane"][..], more].concat());
    let table = list(&["--fields", "email,name"]);
    assert_eq!(table.out, "email                  name\njsmith@clinic.example  Jane Smith\n");
    let csv = list(&["--fields", "signs-in-by,NAME", "--format", "csv"]);
    assert_eq!(csv.out, "signs in by,name\nemail,Jane Smith\n");
    let json = list(&["--fields", "signs_in_by,name", "--format", "json"]);
    let rows: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(rows, json!([{"signs_in_by": "email", "name": "Jane Smith"}]));
    // The order is part of it.
    assert!(json.out.find("signs_in_by") < json.out.find("name\""), "{json:?}");

    let record = run(home.path(), &["whoami", "--fields", "role,name"]);
    assert_eq!(record.out, "role  project admin\nname  Pat Admin\n");
    let ladder = ["doctor", "login", "--flow", "password", "--email", "jsmith@clinic.example"];
    let rows = run(home.path(), &[&ladder[..], &["--fields", "status,step"]].concat());
    assert!(rows.out.starts_with("status   step\npassed   What is typed"), "{rows:?}");
}

#[test]
fn an_unknown_field_is_told_with_the_known_ones_before_anything_is_asked() {
    let home = home();
    for format in ["table", "json", "csv"] {
        let wrong = run(home.path(), &["members", "list", "--fields", "emial", "--format", format]);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{wrong:?}");
        assert!(wrong.err.contains("no field emial") && wrong.err.contains("email"), "{wrong:?}");
    }
    // JSON knows its fields beforehand: nobody has to be signed in to be told.
    let nobody = tempfile::tempdir().unwrap();
    let wrong = run(nobody.path(), &["members", "list", "--fields", "emial", "--format", "json"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let write = run(nobody.path(), &["members", "promote", "jane", "--fields", "name"]);
    assert_eq!(write.code, 2, "{write:?}");
    assert!(write.err.contains("has no fields to choose from"), "{write:?}");
}

#[test]
fn quiet_leaves_remarks_out_and_no_error() {
    let home = home();
    let list = ["domains", "list", "--fields", "domain"];
    assert!(run(home.path(), &list).err.contains("super admins only"));
    assert_eq!(run(home.path(), &[&list[..], &["-q"]].concat()).err, "");
    let wrong = run(home.path(), &["members", "show", "nobody@clinic.example", "--quiet"]);
    assert!(wrong.code == 5 && wrong.err.contains("Nobody matches"), "{wrong:?}");
    let several =
        run(home.path(), &["members", "deactivate", "nobody@clinic.example", "jane smith", "--quiet"]);
    assert!(several.err.contains("1: nobody matches"), "the places of what is wrong: {several:?}");
}

#[test]
fn quiet_and_yes_show_no_plan_and_a_question_always_does() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let write = ["links", "set", "omar haddad", "okta|00uOMAR", "--reason", "x", "--quiet", "--no-input"];
    let asked = run(home.path(), &write);
    assert!(asked.code == 2 && asked.err.contains("okta|00uOMAR"), "what would be said yes to: {asked:?}");
    let done = run(home.path(), &[&write[..], &["--yes"]].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    assert!(done.out.contains("Journal entry 1"), "{done:?}");
}

// S2
#[test]
fn verbose_tells_every_request_and_no_secret_and_no_searched_value() {
    let home = home();
    let shown =
        run(home.path(), &["users", "show", "jsmith@clinic.example", "--verbose", "--format", "json"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.err.contains("asked GET /auth/me  200"), "{shown:?}");
    assert!(shown.err.contains("asked GET /fhir/R4/ProjectMembership?"), "{shown:?}");
    assert!(shown.err.contains("=…"), "the names of what is searched by: {shown:?}");
    for hidden in ["jsmith", "Bearer", "eyJ", "clinic.example"] {
        assert!(!shown.err.contains(hidden), "{hidden}: {shown:?}");
    }
    serde_json::from_str::<Value>(&shown.out).expect("results stay results");
    let silent = run(home.path(), &["users", "show", "jsmith@clinic.example"]);
    assert!(!silent.err.contains("asked"), "{silent:?}");
}

#[test]
fn progress_is_for_terminals() {
    let home = home();
    let list = run(home.path(), &["members", "list"]);
    assert_eq!(list.err, "");
    assert!(!list.out.contains('\u{1b}') && !list.out.contains('\r'));
}
