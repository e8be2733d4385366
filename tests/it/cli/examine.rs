//! `idconsole doctor examine` and `mend`, `members history`, `domains fix`, `connections edit`: what the console does, by
//! command.

use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, run};

const WRITE: &[&str] = &["--yes", "--no-input", "--reason", "ticket 4711"];

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn a_sign_in_is_examined_and_mended_by_the_number_of_its_fix() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let jane = "jane.smith@clinic.example";
    let examine = ["doctor", "examine", jane, "--format", "json"];
    let found = run(home, &examine);
    assert_eq!(found.code, 8, "{found:?}");
    let found = json(&found);
    assert_eq!(found["person"]["name"], "Jane Smith", "{found}");
    let fixes: Vec<&Value> =
        found["ways"].as_array().unwrap().iter().flat_map(|way| way["fixes"].as_array().unwrap()).collect();
    let numbers: Vec<u64> = fixes.iter().map(|fix| fix["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "numbered through");
    let wanted = fixes
        .iter()
        .find(|fix| fix["title"].as_str().unwrap().contains(jane))
        .unwrap_or_else(|| panic!("{fixes:?}"));
    let number = wanted["number"].to_string();

    let table = run(home, &["doctor", "examine", jane]);
    assert!(table.out.contains(&format!("fix {number}: ")), "{table:?}");
    assert!(table.out.contains("By the name in it, Jane Smith is taken to be meant"), "{table:?}");
    let mend = ["doctor", "mend", jane, "--fix", &number, "--confirm", jane];
    let dry = run(home, &[&mend[..], &["--dry-run"]].concat());
    assert!(dry.code == 0 && dry.out.contains("sign-in"), "{dry:?}");
    let done = run(home, &[&mend[..], WRITE].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let shown = json(&run(home, &["users", "show", "jane smith", "--format", "json"]));
    assert_eq!(shown["email"], jane);
    let gone = run(home, &["doctor", "mend", jane, "--fix", "99", "--dry-run"]);
    assert_eq!(gone.code, 5, "{gone:?}");
    let several = run(home, &["doctor", "examine", "a"]);
    assert_eq!(several.code, 6, "never a guess: {several:?}");
}

#[test]
fn what_became_of_a_member_is_told_version_by_version() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in_as_super_admin(home);
    let omar = "omar.haddad@clinic.example";
    assert_eq!(run(home, &[&["links", "set", omar, "okta|00uOMAR"], WRITE].concat()).code, 0);
    let history = json(&run(home, &["members", "history", omar, "--format", "json"]));
    let latest = &history[0];
    assert_eq!((&latest["record"], &latest["made"]), (&"membership".into(), &false.into()), "{history}");
    assert_eq!(latest["changes"][0]["field"], "external id");
    assert_eq!(latest["changes"][0]["after"], "okta|00uOMAR");
    assert!(latest["by"].as_str().unwrap().contains("Admin"), "by whom: {latest}");
    assert!(history.as_array().unwrap().iter().any(|moment| moment["record"] == "user"), "{history}");
    let table = run(home, &["members", "history", omar]);
    assert!(table.out.contains("okta|00uOMAR") && table.out.contains("the platform"), "{table:?}");
    // What the role cannot see is told as unknown, for programs as for people.
    let other = tempfile::tempdir().unwrap();
    clinic.sign_in(other.path());
    let jane = ["members", "history", "jsmith@clinic.example"];
    let history = json(&run(other.path(), &[&jane[..], &["--format", "json"]].concat()));
    let user = history.as_array().unwrap().iter().find(|version| version["record"] == "user");
    let user = user.unwrap_or_else(|| panic!("{history}"));
    assert!(user["at"].is_null() && user["changes"].is_null(), "{user}");
    assert!(user["unknown_because"].as_str().unwrap().contains("server-scoped"), "{user}");
    let csv = run(other.path(), &[&jane[..], &["--format", "csv"]].concat());
    assert!(csv.out.lines().any(|line| line.starts_with("unknown,user,unknown")), "{csv:?}");
}

#[test]
fn a_route_is_mended_where_no_decision_is_needed() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in_as_super_admin(home);
    let list = json(&run(home, &["domains", "list", "--format", "json"]));
    let broken = list
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["flaws"][0]["fix"].as_str().is_some_and(|fix| fix != "edit"))
        .unwrap_or_else(|| panic!("{list}"));
    let record = broken["record"].as_str().unwrap();
    let dry = json(&run(home, &["domains", "fix", record, "--dry-run", "--format", "json"]));
    let confirm = dry["plan"]["must_type"].as_str().map(str::to_owned);
    let mut fix = vec!["domains", "fix", record];
    fix.extend(WRITE);
    if let Some(confirm) = &confirm {
        fix.extend(["--confirm", confirm]);
    }
    let done = run(home, &fix);
    assert_eq!(done.code, 0, "{done:?}");
    let after = json(&run(home, &["domains", "list", "--format", "json"]));
    let same = after.as_array().unwrap().iter().find(|line| line["record"] == *record);
    assert!(same.is_none_or(|line| line["flaws"][0] != broken["flaws"][0]), "{same:?}");
    let well = run(home, &["domains", "fix", "partner.example", "--dry-run"]);
    assert_eq!(well.code, 6, "{well:?}");
}

#[test]
fn a_connection_is_changed_and_what_is_not_named_stays() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let before = json(&run(home, &["connections", "show", "clinic", "--format", "json"]));
    let edited =
        run(home, &["connections", "edit", "clinic", "--production", "yes", "--refuse-writes", "yes"]);
    assert_eq!(edited.code, 0, "{edited:?}");
    let after = json(&run(home, &["connections", "show", "clinic", "--format", "json"]));
    assert_eq!((&after["production"], &after["read_only"]), (&true.into(), &true.into()));
    for same in ["name", "base_url", "method", "client_id", "store"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(run(home, &["whoami"]).code, 0, "the session goes on");
    let refused = run(home, &[&["members", "promote", "noor aziz"], WRITE].concat());
    assert_eq!(refused.code, 4, "{refused:?}");
    let again = run(home, &["connections", "edit", "clinic", "--production", "yes"]);
    assert_eq!(again.code, 6, "{again:?}");
    // Another place for sessions forgets the one that is there.
    let moved = run(home, &["connections", "edit", "clinic", "--client-id", "other"]);
    assert!(moved.code == 0 && moved.err.contains("idconsole login --profile clinic"), "{moved:?}");
    assert_eq!(run(home, &["whoami"]).code, 3);
    assert_eq!(run(home, &["connections", "edit", "nowhere", "--production", "no"]).code, 5);
}
