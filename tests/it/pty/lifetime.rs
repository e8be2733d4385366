//! How the console begins and ends, and what it leaves behind in the terminal.

use super::terminal::{Seen, Terminal, binary};

const SIZE: (u16, u16) = (80, 24);

fn started(home: &std::path::Path) -> Terminal {
    let terminal = Terminal::start(&binary(), &[], home, SIZE);
    terminal.wait_for("Identity administration");
    terminal
}

fn is_taken(seen: &Seen) -> bool {
    seen.screen().alternate_screen()
}

#[test]
fn leaving_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path());
    assert!(is_taken(&terminal.seen()));
    assert_ne!(terminal.line_discipline(), terminal.line_discipline_before(), "keys come one by one");
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

#[test]
fn a_new_size_is_drawn_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path());
    terminal.resize(40, 12);
    // look.md: one sentence that says how much room is needed.
    terminal.wait_for("60");
    terminal.resize(120, 40);
    terminal.wait("the keys at the new bottom", |seen| {
        let (_, columns) = seen.screen().size();
        seen.screen().rows(0, columns.get()).skip(38).any(|row| row.contains("leave"))
    });
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

#[test]
fn a_screen_that_others_wrote_on_is_drawn_again() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path());
    terminal.scribble(b"\x1b[1;1H\x1b[2Jrubbish from elsewhere");
    assert!(!terminal.seen().text().contains("leave"));
    terminal.keys("<C-l>");
    terminal.wait("the keys line", |seen| seen.text().contains("leave") && !seen.text().contains("rubbish"));
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
}

#[cfg(unix)]
#[test]
fn a_request_to_end_gives_the_terminal_back() {
    for signal in ["TERM", "INT", "HUP"] {
        let home = tempfile::tempdir().unwrap();
        let mut terminal = started(home.path());
        terminal.signal(signal);
        assert!(terminal.wait_exit().success(), "after {signal}");
        terminal.assert_restored();
    }
}

#[cfg(unix)]
#[test]
fn a_console_put_to_sleep_wakes_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = started(home.path());
    for how in ["key", "signal"] {
        if how == "key" {
            terminal.keys("<C-z>");
        } else {
            terminal.signal("TSTP");
        }
        terminal.wait("the shell's screen", |seen| !is_taken(seen));
        terminal.wait_stopped();
        terminal.assert_restored();
        terminal.signal("CONT");
        terminal.wait("the console again", |seen| {
            is_taken(seen) && seen.text().contains("Identity administration")
        });
    }
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

#[cfg(unix)]
#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let home = tempfile::tempdir().unwrap();
    // Only debug builds have the trigger, so this one is always about the debug binary.
    let mut terminal = Terminal::start_with(
        env!("CARGO_BIN_EXE_idconsole"),
        &[],
        home.path(),
        SIZE,
        &[("IDCONSOLE_TEST_PANIC", "1")],
        &[],
    );
    terminal.wait_for("Identity administration");
    terminal.keys("<F12>");
    assert!(!terminal.wait_exit().success());
    terminal.assert_restored();
    let seen = terminal.seen();
    assert!(seen.text().contains("idconsole stopped at a fault of its own"), "{}", seen.text());
    assert!(seen.text().contains("journal"), "{}", seen.text());
    drop(seen);
    let log = std::fs::read_to_string(home.path().join("data/idconsole.log")).unwrap();
    assert!(log.contains("a fault of its own"), "{log}");
}
