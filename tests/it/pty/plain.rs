//! The line mode in a real terminal: nothing hidden is echoed, nothing is drawn, and every way out gives it back.

use rstest::rstest;

use super::terminal::{Terminal, binary};
use crate::cli::clinic::Clinic;

const SIZE: (u16, u16) = (80, 24);

fn started(home: &std::path::Path, arguments: &[&str], forbidden: &[&str]) -> Terminal {
    let terminal = Terminal::start_with(&binary(), arguments, home, SIZE, &[], forbidden);
    terminal.wait_for("What would you like to do");
    terminal
}

/// It has ended well, the terminal is as it was, and nothing but lines was ever sent.
#[track_caller]
fn left(mut terminal: Terminal) {
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
    let seen = terminal.seen();
    assert!(!seen.bytes.contains(&0x1b), "an escape sequence was sent");
    assert!(seen.text().contains("Left idconsole."), "{}", seen.text());
}

#[rstest]
#[case::interrupt("<C-c>")]
#[case::end_of_input("<C-d>")]
#[case::word("quit<Enter>")]
fn every_way_out_gives_the_terminal_back(#[case] keys: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path(), &["--plain"], &[]);
    terminal.keys(keys);
    left(terminal);
}

fn at_the_password(home: &std::path::Path, clinic: &Clinic) -> Terminal {
    let account = &clinic.facts.project_admin;
    let arguments = ["--plain", "--base-url", &clinic.running.base_url];
    let mut terminal = started(home, &arguments, &[&account.password]);
    terminal.keys("1<Enter>");
    terminal.wait_for("Where do you want to sign in");
    terminal.keys("1<Enter>");
    terminal.wait_for("How do you want to sign in");
    terminal.keys("4<Enter>");
    terminal.wait_for("Your email");
    terminal.keys(&account.email);
    terminal.keys("<Enter>");
    terminal.wait_for("Enter alone goes back):");
    terminal
}

// S3: a password is never shown.
#[test]
fn a_password_is_not_echoed() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let mut terminal = at_the_password(home.path(), clinic);
    terminal.keys(&clinic.facts.project_admin.password);
    terminal.keys("<Enter>");
    terminal.wait_for("Signed in to");
    terminal.keys("quit<Enter>");
    left(terminal);
}

#[test]
fn leaving_at_a_password_turns_the_echo_on_again() {
    let clinic = Clinic::shared();
    for signal in [None, Some("TERM")] {
        let home = tempfile::tempdir().unwrap();
        let mut terminal = at_the_password(home.path(), clinic);
        while terminal.line_discipline() == terminal.line_discipline_before() {
            std::thread::yield_now();
        }
        match signal {
            None => terminal.keys("<C-c>"),
            Some(name) => terminal.signal(name),
        }
        left(terminal);
    }
}

#[test]
fn a_wait_is_stopped_and_the_conversation_goes_on() {
    let clinic = Clinic::with(&["deviceFlow=true"]);
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path(), &["--plain", "--base-url", &clinic.running.base_url], &[]);
    terminal.keys("1<Enter>");
    terminal.wait_for("Where do you want to sign in");
    terminal.keys("1<Enter>");
    terminal.wait_for("How do you want to sign in");
    terminal.keys("2<Enter>");
    terminal.wait_for("the code ends in");
    terminal.keys("<C-c>");
    terminal.wait_for("Stopped. Nothing was written.");
    terminal
        .wait("the question before", |seen| seen.text().matches("Where do you want to sign in").count() == 2);
    terminal.keys("quit<Enter>");
    left(terminal);
}

// A terminal that can show lines only is told so; the conversation is offered and not forced on anybody.
#[test]
fn a_dumb_terminal_is_offered_the_conversation() {
    let home = tempfile::tempdir().unwrap();
    let dumb = || {
        let terminal =
            Terminal::start_with(&binary(), &[], home.path(), SIZE, &[("TERM", "dumb")], &["\u{1b}"]);
        terminal.wait_for("cannot show the console");
        terminal.wait_for("(y/n)");
        terminal
    };
    let mut terminal = dumb();
    terminal.keys("y<Enter>");
    terminal.wait_for("What would you like to do");
    terminal.keys("quit<Enter>");
    left(terminal);

    let mut terminal = dumb();
    terminal.keys("n<Enter>");
    assert_eq!(terminal.wait_exit().exit_code(), 1);
    let seen = terminal.seen();
    assert!(seen.text().contains("idconsole --plain"), "{}", seen.text());
    assert!(!seen.bytes.contains(&0x1b), "nothing is drawn on it");
}
