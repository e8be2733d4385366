//! The whole job in a real terminal: find Jane, see what is wrong, change her address, see it verified, take it
//! back; with no secret on the screen or in the log at any moment.

use rstest::rstest;

use super::terminal::{Terminal, binary};

/// The password that the demonstration signs in with.
const PASSWORD: &str = idconsole::demo::seed::PASSWORD;

/// How every JSON Web Token begins, and a session's other secrets would be in one.
const TOKEN: &str = "eyJ";

fn demo(home: &std::path::Path, size: (u16, u16)) -> Terminal {
    let arguments = ["demo", "--members", "60"];
    // A file, so that the log of the run can be read afterwards; the folder itself goes with the demonstration.
    let environment = [("IDCONSOLE_LOG", "debug")];
    let terminal =
        Terminal::start_with(&binary(), &arguments, home, size, &environment, &[PASSWORD, TOKEN, "Bearer"]);
    terminal.wait_for("Members");
    terminal.wait("all members", |seen| seen.text().contains(" 60 ┐"));
    terminal
}

/// Reads the plan to its end, as the dialog wants it, and then has `Enter apply`.
fn read_on(terminal: &mut Terminal) {
    terminal.wait("the plan's keys", |seen| {
        ["read on", "Enter apply"].iter().any(|key| seen.text().contains(key))
    });
    while !terminal.seen().text().contains("Enter apply") {
        let before = terminal.seen().text();
        terminal.keys("<Enter>");
        terminal.wait("the next part of the plan", |seen| seen.text() != before);
    }
}

#[rstest]
#[case::small((80, 24))]
#[case::wide((120, 40))]
fn janes_sign_in_is_repaired_and_taken_back_by_keys(#[case] size: (u16, u16)) {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), size);
    terminal.keys("/jane");
    terminal.wait_for("1 of 60");
    terminal.keys("<Enter>");
    terminal.wait_for("Enter open");
    terminal.keys("<Enter>");
    terminal.wait_for("How Jane signs in");
    terminal.wait_for("jsmith@clinic.example · told by");

    terminal.keys("e");
    terminal.wait_for("New email");
    terminal.keys("jane.smith@clinic.example");
    terminal.wait_for("can be an address");
    terminal.keys("<Enter>");
    terminal.wait_for("recommended");
    terminal.keys("<Enter>");
    terminal.wait_for("→ jane.smith@clinic.example");
    terminal.wait_for("Jane Smith is server-scoped");
    terminal.wait_for("why, for the journal");
    terminal.keys("ticket 4711<Tab>jane.smith@clinic.example");
    terminal.wait_for("✓ typed");
    read_on(&mut terminal);
    terminal.keys("<Enter>");
    terminal.wait_for("verified");
    terminal.wait_for("Written down in the journal as entry 1.");
    terminal.keys("<Enter>");
    terminal.wait("the record with the new address", |seen| {
        let text = seen.text();
        text.contains("jane.smith@clinic.example · told by") && !text.contains("Change email")
    });

    terminal.keys("gj");
    terminal.wait_for("ticket 4711");
    terminal.wait_for("✓ done");
    terminal.keys("u");
    terminal.wait_for("Undo: change email · Jane Smith");
    terminal.wait_for("why, for the journal");
    terminal.keys("wrong person");
    terminal.wait_for("wrong person");
    read_on(&mut terminal);
    terminal.keys("<Enter>");
    terminal.wait_for("Written down in the journal as entry 2.");
    terminal.keys("<Enter>");
    terminal.wait("two entries", |seen| {
        let text = seen.text();
        text.contains("ticket 4") && text.contains("wrong p") && text.contains("undone by")
    });
    terminal.keys("gm");
    terminal.wait_for("jsmith@clinic.example · told by");

    let log = log(home.path());
    assert!(!log.is_empty(), "the run was logged");
    for secret in [PASSWORD, TOKEN, "Bearer"] {
        assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
    }
    terminal.keys("q");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
    let raw = String::from_utf8_lossy(&terminal.seen().bytes).into_owned();
    assert!(!raw.contains(PASSWORD) && !raw.contains(TOKEN));
    assert!(log_folder(home.path()).is_none(), "the demonstration leaves nothing behind");
}

fn log_folder(home: &std::path::Path) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(home.join("data")).ok()?;
    entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.is_dir())
}

fn log(home: &std::path::Path) -> String {
    let folder = log_folder(home).expect("the demonstration's folder");
    std::fs::read_to_string(folder.join("data/idconsole.log")).unwrap()
}

// S1: the seed has a member whose name holds ESC and bidi characters.
#[test]
fn a_hostile_name_is_only_text_in_a_real_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (120, 40));
    terminal.keys("/mallory");
    terminal.wait("the hostile name, made visible", |seen| seen.text().contains("\\x1b"));
    let seen = terminal.seen();
    let raw = String::from_utf8_lossy(&seen.bytes).into_owned();
    assert!(!raw.contains("\x1b]"), "the console itself sends no OSC, so this one came from data");
    let hidden = raw.chars().find(|c| idconsole::identity::text::is_hidden(*c) && !c.is_ascii_control());
    assert_eq!(hidden, None, "a format character reached the terminal");
    drop(seen);
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}
