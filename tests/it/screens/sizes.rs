//! Every screen and every dialog at every size: below what is needed one sentence says so, above it the keys stay, and
//! nothing panics on the way.

use idconsole::console::screens::Place;
use idconsole::identity::Role;
use idconsole::identity::text::is_hidden;
use rstest::rstest;

use super::clinic::{Clinic, Signed};
use crate::harness::Harness;

/// Sizes around every edge there is: nothing, one sentence, the least, stacked, side by side, a wall of screens.
const SIZES: &[(u16, u16)] = &[
    (1, 1),
    (2, 1),
    (1, 40),
    (12, 3),
    (59, 15),
    (59, 40),
    (80, 15),
    (60, 16),
    (61, 17),
    (79, 23),
    (80, 24),
    (109, 30),
    (110, 30),
    (120, 40),
    (500, 200),
    (60, 200),
    (500, 16),
];

/// The keys that go to every place there is, those without a tab too.
const PLACES: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "!", "gc", "gb", "gn", "gp", "gs"];

#[track_caller]
fn fits(console: &Harness, what: &str, (width, height): (u16, u16)) {
    let text = console.text();
    if width < 60 || height < 16 {
        if width >= 20 && height >= 4 {
            let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = format!("needs 60 columns and 16 rows; this terminal has {width} by {height}.");
            assert!(said.contains(&words), "{what} at {width}x{height}:\n{text}");
        }
    } else {
        assert!(!text.contains("idconsole needs"), "{what} at {width}x{height}:\n{text}");
    }
    let hidden = text.chars().find(|c| *c != '\n' && is_hidden(*c));
    assert_eq!(hidden, None, "{what} at {width}x{height}");
}

async fn clinic(role: Role) -> Signed {
    Clinic::new(role, 40).console(80, 24).await
}

async fn all_sizes(job: &mut Signed, what: &str) {
    for (width, height) in SIZES.iter().chain(SIZES.iter().rev()).copied() {
        job.console.resize(width, height).await;
        fits(&job.console, what, (width, height));
    }
    job.console.resize(80, 24).await;
}

#[rstest]
#[case::a_project_admin(Role::ProjectAdmin)]
#[case::a_super_admin(Role::SuperAdmin)]
#[tokio::test]
async fn every_screen_is_drawn_at_every_size(#[case] role: Role) {
    let mut job = clinic(role).await;
    let mut seen = std::collections::HashSet::new();
    for keys in PLACES {
        job.console.keys(keys).await;
        seen.insert(job.console.console.app.place());
        all_sizes(&mut job, keys).await;
        let last = job.console.text().lines().nth(22).unwrap_or_default().to_owned();
        assert!(last.contains("palette") && last.contains("help"), "{keys}: {}", job.console.text());
    }
    for place in Place::ALL {
        assert!(seen.contains(place), "no key of PLACES goes to {place:?}");
    }
}

/// Dialogs, by the keys that open them from the members.
#[rstest]
#[case::help("?")]
#[case::palette(":")]
#[case::filter("/jane")]
#[case::record("<Enter>")]
#[case::history("<Enter><Right>")]
#[case::email_form("e")]
#[case::email_ways("ejane.smith@clinic.example<Enter>")]
#[case::plan("ejane.smith@clinic.example<Enter><Enter>ticket")]
#[case::link_form("l")]
#[case::reset("m")]
#[case::invite("i")]
#[case::columns("C")]
#[case::export("E")]
#[case::own_factor("F")]
#[case::may("V")]
#[case::impact("4<Down>i")]
#[case::route_form("4a")]
#[case::partner("gpn")]
#[case::new_token("6p")]
#[case::export_project("gnw")]
#[case::comparison("gnc")]
#[case::import("U")]
#[case::chord("g")]
#[tokio::test]
async fn every_dialog_is_drawn_at_every_size(#[case] keys: &str) {
    let mut job = clinic(Role::SuperAdmin).await;
    let before = job.console.text();
    job.console.keys(keys).await;
    assert_ne!(job.console.text(), before, "`{keys}` opens nothing");
    all_sizes(&mut job, keys).await;
}

// look.md, Grid: a reload or a resize keeps where one is.
#[tokio::test]
async fn a_resize_keeps_what_is_selected_and_what_was_typed() {
    let mut job = clinic(Role::ProjectAdmin).await;
    job.console.keys("/jane<Enter><Down>").await;
    let selected = |console: &Harness| {
        let text = console.text();
        text.lines().find(|line| line.contains('▌')).is_some_and(|line| line.contains("Jane Doe"))
    };
    let before = selected(&job.console);
    all_sizes(&mut job, "a filtered list").await;
    assert_eq!(selected(&job.console), before, "{}", job.console.text());
    assert!(job.console.text().contains("jane"), "{}", job.console.text());
    job.console.keys("enew.address@clinic").await;
    all_sizes(&mut job, "a form").await;
    assert!(job.console.text().contains("new.address@clinic"), "{}", job.console.text());
}

/// A paste into every kind of field: it is text, on one line; nothing in it acts.
#[rstest]
#[case::filter("/", "one two")]
#[case::palette(":", "one two")]
#[case::address("e", "one two")]
#[case::form_field("l", "one two")]
#[case::invitation("i", "one two")]
#[case::doctor("8/", "one two")]
#[case::other_filter("3/", "one two")]
#[case::file_name("E<Ctrl-u>", "one two")]
#[case::reason("ejane.smith@clinic.example<Enter><Enter>", "one two")]
#[tokio::test]
async fn a_paste_is_text_wherever_it_lands(#[case] keys: &str, #[case] lands: &str) {
    let mut job = clinic(Role::ProjectAdmin).await;
    job.console.keys("/jane smith<Enter>").await;
    job.console.keys(keys).await;
    let before = job.console.text();
    job.console.tell(idconsole::console::Msg::Pasted("one\ntwo\x1b[2J\u{202e}q".to_owned())).await;
    let text = job.console.text();
    assert!(text.contains(lands), "{keys}: {text}\nbefore:\n{before}");
    assert!(text.contains("\\x1b[2J<U+202E>q"), "what is hidden is shown: {text}");
    fits(&job.console, keys, (80, 24));
}

// A paste where nothing is typed does nothing: no letter of it is a key.
#[tokio::test]
async fn a_paste_where_nothing_is_typed_is_no_row_of_keys() {
    let mut job = clinic(Role::ProjectAdmin).await;
    let before = job.console.text();
    job.console.tell(idconsole::console::Msg::Pasted("q9e\r".to_owned())).await;
    assert_eq!(job.console.text(), before);
}

#[tokio::test]
async fn losing_and_gaining_the_focus_changes_nothing() {
    let mut job = clinic(Role::ProjectAdmin).await;
    job.console.keys("/ja").await;
    let before = job.console.picture();
    for focused in [false, true] {
        job.console.tell(idconsole::console::Msg::Focused(focused)).await;
        assert_eq!(job.console.picture(), before);
    }
}

#[tokio::test]
async fn the_mouse_selects_opens_scrolls_and_presses_keys_of_the_keys_line() {
    let mut job = clinic(Role::ProjectAdmin).await;
    job.console.click("Janet Wu").await;
    let line = |console: &Harness| {
        let text = console.text();
        text.lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned()
    };
    assert!(line(&job.console).contains("Janet Wu"), "{}", job.console.text());
    job.console.click("Janet Wu").await;
    assert!(job.console.text().contains("How Janet signs in"), "{}", job.console.text());
    job.console.click("Esc").await;
    assert!(!job.console.text().contains("How Janet signs in"), "{}", job.console.text());
    let before = job.console.text();
    let at = ratatui::layout::Position::new(10, 8);
    job.console.tell(idconsole::console::Msg::Scrolled(at, 5)).await;
    assert_ne!(job.console.text(), before, "the wheel moves the list");
    let tabs = job.console.text().lines().nth(1).unwrap_or_default().to_owned();
    let journal = tabs.find("Journal").unwrap();
    let tab = ratatui::layout::Position::new(u16::try_from(journal).unwrap() + 2, 1);
    job.console.click("? help").await;
    assert!(job.console.text().contains("Keys"), "{}", job.console.text());
    // A click beside the dialog is none on what lies under it.
    job.console.tell(idconsole::console::Msg::Clicked(tab)).await;
    assert!(job.console.text().contains("Keys"), "{}", job.console.text());
}
