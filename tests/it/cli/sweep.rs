//! `idconsole doctor sweep` and `doctor fix`: what is wrong with anybody, and mending it.

use rstest::rstest;
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, run};

fn rows(ended: &Ended) -> Vec<Value> {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[rstest]
#[case::a_project_admin(false)]
#[case::a_super_admin(true)]
fn a_sweep_tells_every_finding_with_its_evidence_and_ends_with_8(#[case] super_admin: bool) {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    if super_admin {
        clinic.sign_in_as_super_admin(home.path())
    } else {
        clinic.sign_in(home.path())
    };
    let swept = run(home.path(), &["doctor", "sweep", "--format", "json"]);
    assert_eq!(swept.code, 8, "{swept:?}");
    let found = rows(&swept);
    let has = |rule: &str, name: &str| found.iter().any(|row| row["rule"] == rule && row["name"] == name);
    for (rule, name) in [
        ("shadow", "Ada Novak"),
        ("never-matches", "Li Wei"),
        ("no-profile", "Elena Petrova"),
        ("no-policy", "Noor Aziz"),
        ("no-factor", "Theo Marsh"),
        ("staff-by-email", "Omar Haddad"),
        ("legacy-external-id", "Mia Rossi"),
        ("stale-name", "Dana Reyes"),
    ] {
        assert!(has(rule, name), "{rule} {name}: {found:#?}");
    }
    // What only a super admin sees is found by nobody else, and said not to have been looked at.
    for (rule, name) in [("no-user", "Viktor Halvorsen"), ("duplicate-address", "Kim Park")] {
        assert_eq!(has(rule, name), super_admin, "{rule}: {found:#?}");
    }
    assert_eq!(swept.err.contains("not looked at: inactive, with sessions"), !super_admin, "{swept:?}");
    assert!(found.iter().all(|row| row["evidence"].as_str().is_some_and(|words| !words.is_empty())));

    let count = run(home.path(), &["doctor", "sweep", "--count", "--rule", "shadow", "--format", "json"]);
    assert_eq!(count.code, 8);
    assert_eq!(rows(&count), [json!({"severity": "error", "rule": "shadow", "count": 1})]);
    let nothing = run(home.path(), &["doctor", "sweep", "--rule", "padded-external-id"]);
    assert_eq!(nothing.code, 0, "{nothing:?}");
    let unknown = run(home.path(), &["doctor", "sweep", "--rule", "shadows"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("mixed-case-address"), "it names the rules: {unknown:?}");
}

#[test]
fn findings_of_a_rule_are_mended_and_no_longer_found() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let fix = |more: &[&str]| {
        run(home.path(), &[&["doctor", "fix", "--rule", "staff-by-email"][..], more].concat())
    };
    let dry = fix(&["--all", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(
        dry.out.contains("okta|00uOMARHADDAD000001") && dry.out.contains("left out: Jane Smith"),
        "{dry:?}"
    );
    let count = |rule: &str| run(home.path(), &["doctor", "sweep", "--rule", rule, "--format", "json"]);
    let before = rows(&count("staff-by-email")).len();
    let omar = fix(&["omar.haddad@clinic.example", "--yes", "--no-input", "--reason", "wiped by a script"]);
    assert_eq!(omar.code, 0, "{omar:?}");
    assert_eq!(rows(&count("staff-by-email")).len(), before - 1);
    // Nobody else's history knows an id, and of him it is no longer found.
    let nothing = fix(&["--all", "--yes", "--no-input", "--reason", "again", "--confirm", "1"]);
    assert_eq!(nothing.code, 6, "{nothing:?}");
    let gone = fix(&["omar.haddad@clinic.example", "--yes", "--no-input", "--reason", "again"]);
    assert_eq!(gone.code, 5, "{gone:?}");

    // A ghost is named by its own reference; deleting it wants its address typed.
    let ghost = rows(&count("shadow"))[0]["record"].as_str().unwrap().to_owned();
    let shadow = |more: &[&str]| {
        run(home.path(), &[&["doctor", "fix", "--rule", "shadow", &ghost][..], more].concat())
    };
    let write = ["--yes", "--no-input", "--reason", "hides the real one"];
    let unconfirmed = shadow(&write);
    assert_ne!(unconfirmed.code, 0, "{unconfirmed:?}");
    let done = shadow(&[&write[..], &["--confirm", "ada.novak@clinic.example"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(count("shadow").code, 0);
}

#[test]
fn what_needs_a_decision_is_said_and_nothing_is_written() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let ended = run(
        home.path(),
        &["doctor", "fix", "--rule", "never-matches", "--all", "--yes", "--no-input", "-r", "x"],
    );
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.err.contains("needs a decision"), "{ended:?}");
    let neither = run(home.path(), &["doctor", "fix", "--rule", "shadow"]);
    assert_eq!(neither.code, 2, "{neither:?}");
}
