//! Every listing and every record in every format; what a spreadsheet would run; what a terminal would obey.

use std::path::Path;
use std::sync::OnceLock;

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use super::clinic::Clinic;
use super::{Ended, run};

/// A reason that a spreadsheet would run and a terminal would obey.
const HOSTILE: &str = "=HYPERLINK(\"https://evil.example\") \u{1b}[31m\u{202e}";

fn formatted(home: &Path, command: &[&str], format: &str) -> Ended {
    let ended = run(home, &[command, &["--format", format, "--no-input"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.err, "", "results go to standard output and nothing else does");
    ended
}

/// A home in which Omar's address was changed for a hostile reason, so that the journal has something to list.
fn written_down() -> &'static Path {
    static WRITTEN: OnceLock<(Clinic, TempDir)> = OnceLock::new();
    let (_, home) = WRITTEN.get_or_init(|| {
        let (clinic, home) = (Clinic::start(), tempfile::tempdir().unwrap());
        assert_eq!(clinic.sign_in(home.path()).code, 0);
        let new = "o.haddad@clinic.example";
        let set = ["users", "set-email", "omar haddad", new, "--confirm", new];
        let done = run(home.path(), &[&set[..], &["--yes", "--no-input", "--reason", HOSTILE]].concat());
        assert_eq!(done.code, 0, "{done:?}");
        (clinic, home)
    });
    home.path()
}

#[test]
fn every_listing_comes_as_table_json_and_csv_with_the_same_rows() {
    let home = written_down();
    let listings: [(&[&str], &[&str]); 4] = [
        (&["connections", "list"], &["name", "platform", "sign-in", "client", "session kept", "marks"]),
        (
            &["members", "list"],
            &["name", "email", "signs in by", "external id", "mfa", "role", "active", "membership"],
        ),
        (&["mfa", "own"], &["name", "email", "enrolled", "allowed", "required", "unknown because"]),
        (&["journal", "list"], &["entry", "at", "state", "change", "person", "by", "reason"]),
    ];
    for (command, columns) in listings {
        let table = formatted(home, command, "table");
        let heading: Vec<&str> =
            table.out.lines().next().unwrap().split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
        assert_eq!(heading, columns, "{command:?}");

        let csv = formatted(home, command, "csv");
        let mut reader = csv::Reader::from_reader(csv.out.as_bytes());
        assert_eq!(reader.headers().unwrap(), columns, "{command:?}");
        let rows = reader.records().map(Result::unwrap).count();

        let json: Value = serde_json::from_str(&formatted(home, command, "json").out).unwrap();
        assert_eq!(json.as_array().map(Vec::len), Some(rows), "{command:?}");
        assert_eq!(table.out.lines().count(), rows + 1, "{command:?}: {}", table.out);
        assert!(rows > 0, "{command:?}");
    }
}

#[test]
fn every_record_comes_as_lines_json_and_csv_of_two_columns() {
    let home = written_down();
    for command in [
        &["whoami"][..],
        &["members", "show", "jane smith"],
        &["users", "show", "jane smith"],
        &["journal", "show", "1"],
    ] {
        assert!(!formatted(home, command, "table").out.is_empty(), "{command:?}");
        let json: Value = serde_json::from_str(&formatted(home, command, "json").out).unwrap();
        assert!(json.is_object(), "{command:?}");
        let csv = formatted(home, command, "csv");
        let mut reader = csv::Reader::from_reader(csv.out.as_bytes());
        assert_eq!(reader.headers().unwrap().get(0), Some("field"), "{command:?}: {csv:?}");
        assert!(reader.records().map(Result::unwrap).count() > 1, "{command:?}");
    }
}

// S1
#[test]
fn a_spreadsheet_runs_no_formula_and_a_terminal_obeys_no_escape() {
    let home = written_down();

    let csv = formatted(home, &["journal", "list"], "csv");
    let row = csv::Reader::from_reader(csv.out.as_bytes()).records().next().unwrap().unwrap();
    assert!(row[6].starts_with("'=HYPERLINK("), "a cell that begins like a formula is guarded: {row:?}");

    for format in ["table", "json"] {
        for command in [&["journal", "list"][..], &["journal", "show", "1"]] {
            let out = formatted(home, command, format).out;
            assert!(out.contains("HYPERLINK"), "{command:?}: {out}");
            let hidden = out.chars().find(|c| *c != '\n' && idconsole::identity::text::is_hidden(*c));
            assert_eq!(hidden, None, "{command:?} as {format}");
        }
    }
}

// S1: what somebody typed or pasted comes back in messages, and only as text.
#[rstest]
#[case(&["users", "show", "\u{1b}[31mnobody\u{202e}"], 5)]
#[case(&["users", "set-email", "jane smith", "x\u{1b}[31m\u{202e}@clinic.example"], 2)]
#[case(&["members", "list", "--filter", "nobody\u{1b}[31m\u{202e}"], 0)]
#[case(&["connections", "remove", "\u{1b}[31m\u{202e}", "--yes"], 5)]
#[case(&["whoami", "--profile", "\u{1b}[31m\u{202e}"], 5)]
#[case(&["whoami", "--base-url", "https://\u{1b}[31m\u{202e}/"], 2)]
fn what_is_repeated_in_a_message_is_only_text(#[case] command: &[&str], #[case] code: i32) {
    let home = tempfile::tempdir().unwrap();
    Clinic::shared().sign_in(home.path());
    let ended = run(home.path(), command);
    assert_eq!(ended.code, code, "{ended:?}");
    assert!(!ended.err.is_empty(), "{ended:?}");
    let hidden = ended.err.chars().find(|c| *c != '\n' && idconsole::identity::text::is_hidden(*c));
    assert_eq!(hidden, None, "{ended:?}");
}
