//! Signing in, looking, changing an address and taking it back, as a script does it.

use rstest::rstest;
use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, idconsole, run};

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn whoami_says_who_where_how_until_when_and_where_the_session_is_kept() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let signed_in = clinic.sign_in(home.path());
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert!(!signed_in.err.contains(&clinic.facts.project_admin.password), "{signed_in:?}");

    let who = json(&run(home.path(), &["whoami", "--format", "json"]));
    assert_eq!(who["email"], clinic.facts.project_admin.email);
    assert_eq!(who["role"], "project_admin");
    assert_eq!(who["project"]["id"], clinic.facts.project_id);
    assert_eq!(who["platform"], clinic.running.base_url);
    assert_eq!((&who["method"], &who["store"]), (&"direct".into(), &"file".into()));

    let words = run(home.path(), &["whoami"]);
    assert!(words.out.contains("kept in") && words.out.contains("0600"), "{words:?}");
}

#[test]
fn a_session_ends_on_the_platform_and_here() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    assert_eq!(run(home.path(), &["logout"]).code, 0);
    let after = run(home.path(), &["whoami"]);
    assert_eq!(after.code, 3, "{after:?}");
    assert!(after.err.contains("idconsole login"), "{after:?}");
    assert_eq!(after.out, "");
}

#[test]
fn a_wrong_password_is_told_and_nothing_is_kept() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let refused = clinic.sign_in_as(home.path(), &clinic.facts.project_admin.email, "not the password");
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(!refused.err.contains("not the password"), "{refused:?}");
    assert!(!home.path().join("config/config.toml").exists());
}

#[test]
fn a_token_from_the_environment_needs_no_login_and_is_kept_nowhere() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    // The only way to a token from outside is the file that the session is kept in.
    let folder = home.path().join("data/sessions");
    let kept = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let kept: Value = serde_json::from_slice(&std::fs::read(kept.path()).unwrap()).unwrap();
    let token = first_jwt(&kept).expect("an access token is kept");

    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = idconsole(elsewhere.path());
    command
        .env("IDCONSOLE_BASE_URL", &clinic.running.base_url)
        .env("IDCONSOLE_ACCESS_TOKEN", &token)
        .args(["whoami", "--format", "json"]);
    let who = json(&super::ended(&mut command));
    assert_eq!((&who["method"], &who["store"]), (&"environment".into(), &"memory".into()));
    assert!(!elsewhere.path().join("data/sessions").exists());
    let log = std::fs::read_to_string(elsewhere.path().join("data/idconsole.log")).unwrap();
    assert!(!log.contains(&token));
}

fn first_jwt(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            (text.starts_with("eyJ") && text.matches('.').count() == 2).then(|| text.clone())
        }
        Value::Object(members) => members.values().find_map(first_jwt),
        Value::Array(items) => items.iter().find_map(first_jwt),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[test]
fn members_come_as_table_json_and_csv() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let all = json(&run(home.path(), &["members", "list", "--format", "json"]));
    assert_eq!(all.as_array().unwrap().len(), 60);
    let jane = json(&run(home.path(), &["members", "list", "--filter", "jane smith", "--format", "json"]));
    let jane = &jane[0];
    assert_eq!(jane["name"], "Jane Smith");
    // Read by SCIM: a project admin may not read a server-scoped user.
    assert_eq!(jane["email"], "jsmith@clinic.example");

    let table = run(home.path(), &["members", "list", "-f", "jane smith"]);
    assert!(table.out.starts_with("name"), "{table:?}");
    assert!(!table.out.contains('\u{1b}'), "{table:?}");
    let csv = run(home.path(), &["members", "list", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.out.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), 60);
}

// S1: the seed has a member whose name holds ESC and bidi characters.
#[test]
fn hostile_names_reach_the_terminal_only_as_text() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let table = run(home.path(), &["members", "list"]);
    assert!(
        table.out.contains("\\x1b") || table.out.contains("<U+"),
        "no hostile name was listed: {table:?}"
    );
    let json = run(home.path(), &["members", "list", "--format", "json"]);
    for out in [&table.out, &json.out] {
        let hidden = out.chars().find(|c| *c != '\n' && idconsole::identity::text::is_hidden(*c));
        assert_eq!(hidden, None);
    }
}

#[rstest]
#[case::nobody("nobody@clinic.example", 5, "Nobody matches nobody@clinic.example")]
#[case::several("a", 6, "nothing was done")]
fn a_person_is_never_guessed(#[case] person: &str, #[case] code: i32, #[case] said: &str) {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let ended = run(
        home.path(),
        &["users", "set-email", person, "new@clinic.example", "--yes", "--reason", "test", "--no-input"],
    );
    assert_eq!(ended.code, code, "{ended:?}");
    assert!(ended.err.contains(said), "{ended:?}");
    assert_eq!(ended.out, "");
}

#[rstest]
#[case("not an address")]
#[case("jane.smith@")]
#[case("@clinic.example")]
#[case("jane.smith@clinic..example")]
fn a_malformed_address_is_refused_before_anything_is_asked(#[case] address: &str) {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), &["users", "set-email", "jane", address, "--yes", "--reason", "test"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("Nothing was written"), "{ended:?}");
}

#[test]
fn an_address_in_use_is_refused() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let ended = run(
        home.path(),
        &[
            "users",
            "set-email",
            "jane smith",
            &clinic.facts.project_admin.email,
            "--yes",
            "--reason",
            "x",
            "--no-input",
        ],
    );
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.err.contains("in use") && ended.err.contains("Nothing was written"), "{ended:?}");
}

#[test]
fn jane_signs_in_by_her_new_address_and_it_can_be_taken_back() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let email =
        || json(&run(home.path(), &["users", "show", "jane smith", "--format", "json"]))["email"].clone();
    assert_eq!(email(), "jsmith@clinic.example");
    let set = ["users", "set-email", "jane smith", "jane.smith@clinic.example"];

    let dry = run(home.path(), &[&set[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(
        dry.out.contains("jsmith@clinic.example") && dry.out.contains("jane.smith@clinic.example"),
        "{dry:?}"
    );
    assert!(dry.out.contains("every project"), "the plan warns that other projects are touched: {dry:?}");
    assert_eq!(email(), "jsmith@clinic.example");

    // The change reaches other projects, so yes alone is not enough.
    let unconfirmed = run(home.path(), &[&set[..], &["--no-input", "--yes", "--reason", "x"]].concat());
    assert_eq!(unconfirmed.code, 2, "{unconfirmed:?}");
    assert!(unconfirmed.err.contains("--confirm jane.smith@clinic.example"), "{unconfirmed:?}");
    let confirm = ["--confirm", "jane.smith@clinic.example"];
    let unsaid = run(home.path(), &[&set[..], &["--no-input", "--reason", "ticket 4711"]].concat());
    assert_eq!(unsaid.code, 2, "nobody said yes: {unsaid:?}");
    let unreasoned = run(home.path(), &[&set[..], &["--no-input", "--yes"]].concat());
    assert_eq!(unreasoned.code, 2, "{unreasoned:?}");
    assert!(unreasoned.err.contains("--reason"), "{unreasoned:?}");
    let read_only = run(home.path(), &[&set[..], &["--yes", "--reason", "x", "--read-only"]].concat());
    assert_eq!(read_only.code, 4, "{read_only:?}");
    assert_eq!(email(), "jsmith@clinic.example");

    let done = run(
        home.path(),
        &[&set[..], &["--yes", "--reason", "ticket 4711", "--no-input", "--format", "json"], &confirm]
            .concat(),
    );
    let done = json(&done);
    assert_eq!(done["entry"], 1);
    assert_eq!(email(), "jane.smith@clinic.example");

    let journal = json(&run(home.path(), &["journal", "list", "--format", "json"]));
    assert_eq!(journal[0]["reason"], "ticket 4711");
    assert_eq!((&journal[0]["subject"], &journal[0]["state"]), (&"Jane Smith".into(), &"done".into()));
    let entry = run(home.path(), &["journal", "show", "1"]);
    assert!(entry.out.contains("verified") && entry.out.contains("jane.smith@clinic.example"), "{entry:?}");

    let undone =
        run(home.path(), &["journal", "undo", "1", "--yes", "--reason", "wrong person", "--no-input"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(email(), "jsmith@clinic.example");
    let again = run(home.path(), &["journal", "undo", "1", "--yes", "--reason", "x", "--no-input"]);
    assert_eq!(again.code, 6, "{again:?}");
}

#[test]
fn a_super_admin_changes_it_by_the_platforms_own_operation() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let signed_in = clinic.sign_in_as_super_admin(home.path());
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    let set = run(
        home.path(),
        &[
            "users",
            "set-email",
            "jsmith@clinic.example",
            "jane.smith@clinic.example",
            "--dry-run",
            "--format",
            "json",
        ],
    );
    let set = json(&set);
    assert_eq!(set["dry_run"], true);
    assert_eq!(set["plan"]["subject"], "Jane Smith");
}

#[test]
fn setup_finds_the_projects_own_client() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let setup = run(home.path(), &["setup", "--no-input"]);
    assert_eq!(setup.code, 0, "{setup:?}");
    let connections = json(&run(home.path(), &["connections", "list", "--format", "json"]));
    assert_eq!(connections[0]["client_id"], clinic.facts.client_id);
}

#[test]
fn a_member_is_kept_out_and_linked_by_command() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let say = |arguments: &[&str]| run(home.path(), arguments);
    let write = ["--yes", "--reason", "ticket 4711", "--format", "json"];

    let planned =
        json(&say(&["members", "deactivate", "jsmith@clinic.example", "--dry-run", "--format", "json"]));
    assert_eq!(planned["plan"]["changes"][0]["fields"][0]["after"], "no");
    let done = json(&say(&[&["members", "deactivate", "jsmith@clinic.example"][..], &write].concat()));
    assert_eq!(done["steps"][0]["read_back"]["active"], "no");
    let again = say(&[&["members", "deactivate", "jsmith@clinic.example"][..], &write].concat());
    assert_eq!(again.code, 6, "{again:?}");
    let oneself = say(&[&["members", "deactivate", &clinic.facts.project_admin.email][..], &write].concat());
    assert_eq!(oneself.code, 4, "{oneself:?}");

    let taken =
        say(&[&["links", "set", "jsmith@clinic.example", "okta|00uHUGOBRANDT000001"][..], &write].concat());
    assert_eq!(taken.code, 6, "{taken:?}");
    assert!(taken.err.contains("Hugo Brandt"), "{taken:?}");
    let set = json(&say(&[&["links", "set", "jsmith@clinic.example", "okta|00uJane"][..], &write].concat()));
    assert_eq!(set["steps"][0]["read_back"]["external id"], "okta|00uJane");
    let cleared = json(&say(&[&["links", "clear", "okta|00uJane"][..], &write].concat()));
    assert_eq!(cleared["steps"][0]["read_back"]["external id"], Value::Null);
    assert_eq!(say(&[&["links", "clear", "nobody.at.all"][..], &write].concat()).code, 5);
}
