//! The console in whatever it is started in: kinds of terminals, colours or none, locales or none, homes or none.

use rstest::rstest;

use super::terminal::{Terminal, binary};
use crate::cli::clinic::Clinic;
use crate::cli::{ended, idconsole};

const SIZE: (u16, u16) = (80, 24);

/// The demonstration in these surroundings, its members loaded; what was sent until then, and until the end.
fn shown(environment: &[(&str, &str)], arguments: &[&str], loaded: &str) -> (String, Vec<u8>) {
    let home = tempfile::tempdir().unwrap();
    let arguments = [&["demo", "--members", "60"], arguments].concat();
    let mut terminal =
        Terminal::start_with(&binary(), &arguments, home.path(), SIZE, environment, &["\u{fffd}"]);
    terminal.wait("all members", |seen| seen.text().contains(loaded));
    terminal.keys("?");
    terminal.wait_for("Keys");
    // Esc and a key at once are one key with Alt.
    terminal.keys("<Esc>");
    terminal.wait("the list again", |seen| !seen.text().contains("Keys"));
    terminal.keys("/jane smith<Enter><Enter>");
    terminal.wait_for("How Jane signs in");
    let text = terminal.seen().text();
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
    let bytes = terminal.seen().bytes.clone();
    (text, bytes)
}

/// The numbers of every colour and attribute that was set.
fn colours(bytes: &[u8]) -> Vec<Vec<u16>> {
    let text = String::from_utf8_lossy(bytes);
    let set = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
        (rest[end..].starts_with('m'))
            .then(|| rest[..end].split(';').filter_map(|n| n.parse().ok()).collect())
    });
    set.collect()
}

/// Whether it sets a colour at all: 30–49 and 90–107 but the two that mean "the terminal's own".
fn is_colour(numbers: &[u16]) -> bool {
    matches!(numbers, [30..=38 | 40..=48 | 90..=107, ..])
}

#[rstest]
#[case("xterm")]
#[case("xterm-16color")]
#[case("tmux-256color")]
#[case("screen")]
#[case("screen.xterm-256color")]
#[case("linux")]
#[case("vt100")]
#[case("unheard-of")]
fn every_kind_of_terminal_shows_the_console(#[case] term: &str) {
    let (text, _) = shown(&[("TERM", term), ("TMUX", "/tmp/none,1,0")], &[], " 60 ┐");
    assert!(text.contains("jsmith@clinic.example"), "{text}");
}

// look.md, Colour: the terminal's own 16 colours and its own background, so that a light one works too.
#[test]
fn the_default_colours_are_the_terminals_own_sixteen() {
    let (_, bytes) = shown(&[], &[], " 60 ┐");
    let all = colours(&bytes);
    assert!(all.iter().any(|one| is_colour(one)), "there are colours");
    for numbers in all {
        match numbers.as_slice() {
            [38 | 48, 5, colour, ..] => assert!(*colour < 16, "{numbers:?}"),
            [38 | 48, 2, ..] => panic!("a true colour: {numbers:?}"),
            // White on a light background, black on a dark one cannot be read.
            [30 | 37 | 97, ..] => panic!("not the terminal's own text colour: {numbers:?}"),
            _ => {}
        }
    }
}

#[test]
fn no_colour_is_set_where_none_is_wanted() {
    let (text, bytes) = shown(&[("NO_COLOR", "1")], &[], " 60 ┐");
    let colour = colours(&bytes).into_iter().find(|one| is_colour(one));
    assert_eq!(colour, None, "{text}");
    // The standard: an empty value is no wish.
    let (_, bytes) = shown(&[("NO_COLOR", "")], &[], " 60 ┐");
    assert!(colours(&bytes).iter().any(|one| is_colour(one)));
}

#[rstest]
#[case::by_the_language("LANG", "C")]
#[case::by_everything("LC_ALL", "POSIX")]
#[case::by_letters("LC_CTYPE", "de_DE.ISO-8859-1")]
fn a_locale_without_utf8_gets_ascii_signs(#[case] name: &str, #[case] value: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start_with(&binary(), &[], home.path(), SIZE, &[(name, value)], &[]);
    terminal.wait_for("Identity administration");
    terminal.keys("a");
    terminal.wait_for("address");
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    let bytes = terminal.seen().bytes.clone();
    assert!(bytes.is_ascii(), "{}", String::from_utf8_lossy(&bytes));
}

// Containers have none, and their terminals speak UTF-8.
#[test]
fn without_any_locale_the_console_works() {
    let (text, _) = shown(&[("LANG", ""), ("LC_ALL", ""), ("LC_CTYPE", "")], &[], " 60 ┐");
    assert!(text.contains("jsmith@clinic.example"), "{text}");
}

#[test]
fn without_a_home_the_demonstration_runs_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let temporary = home.path().to_str().unwrap();
    let environment =
        [("HOME", ""), ("IDCONSOLE_CONFIG_DIR", ""), ("IDCONSOLE_DATA_DIR", ""), ("TMPDIR", temporary)];
    let mut terminal =
        Terminal::start_with(&binary(), &["demo", "--members", "60"], home.path(), SIZE, &environment, &[]);
    terminal.wait("all members", |seen| seen.text().contains(" 60 ┐"));
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

// S2: never a silent fallback. What happened, and what can be chosen instead.
#[test]
fn without_a_keyring_it_says_so_and_what_to_choose() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let account = &clinic.facts.project_admin;
    let refused = ended(
        idconsole(home.path())
            .args(["login", "--base-url", &clinic.running.base_url, "--profile", "clinic", "--no-input"])
            .args(["--method", "direct", "--email", &account.email, "--password-stdin"])
            .args(["--store", "keyring"])
            .write_stdin(format!("{}\n", account.password)),
    );
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("keyring") && refused.err.contains("file"), "{refused:?}");
    assert!(!home.path().join("data/sessions").exists(), "nothing is kept elsewhere");
}

#[test]
fn without_a_browser_the_address_is_there_to_be_opened_elsewhere() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start_with(
        &binary(),
        &["--base-url", &clinic.running.base_url],
        home.path(),
        (100, 40),
        &[("PATH", "/nonexistent")],
        &[],
    );
    terminal.wait_for("Enter sign in");
    terminal.keys("<Down><Down><Enter>");
    terminal.wait_for("/oauth2/authorize");
    terminal.wait_for("Open this address in a browser anywhere");
    terminal.keys("<Esc>");
    terminal.wait_for("Paste back");
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
}

// The first minute: nothing is configured, nobody knows anything; by keys to somebody's record.
#[test]
fn somebody_new_is_led_from_nothing_to_the_members_by_keys() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let account = &clinic.facts.project_admin;
    let mut terminal =
        Terminal::start_with(&binary(), &[], home.path(), (100, 40), &[], &[&account.password]);
    terminal.wait_for("Identity administration for Medplum platforms");
    terminal.wait_for("idconsole demo");
    terminal.keys("a");
    terminal.wait_for("Add connection");
    terminal.keys("clinic<Tab>");
    terminal.keys(&clinic.running.base_url);
    // By email and password; the session is kept nowhere.
    terminal.keys("<Tab><Right><Right><Right><Right><Tab><Right><Right><Right>");
    terminal.wait_for("gone when the program ends");
    terminal.wait_for("suggested at sign-in");
    terminal.keys("<Enter>");
    terminal.wait_for("Enter sign in");
    terminal.keys("<Enter>");
    terminal.wait_for("you@clinic.example");
    terminal.keys(&account.email);
    terminal.keys("<Tab>");
    terminal.keys(&account.password);
    terminal.keys("<Enter>");
    terminal.wait("all members", |seen| seen.text().contains(" 60 ┐"));
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}
