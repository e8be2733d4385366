//! The job of the house, by keys, over HTTP: a sign-in that a changed address broke is repaired and taken back.

use std::sync::{Arc, Mutex};

use idconsole::console::Look;
use idconsole::demo::Running;
use idconsole::ports::Clock as _;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rstest::rstest;

use crate::demo::demonstration;
use crate::harness::Harness;

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";

/// A console signed in at the demonstration, as project admin or super admin.
pub(super) async fn signed_in(running: &Running, super_admin: bool, width: u16, height: u16) -> Harness {
    let facts = running.facts.as_ref().unwrap();
    let who = if super_admin { &facts.super_admin } else { &facts.project_admin };
    // A super admin works from a project of their own.
    let project = if super_admin { String::new() } else { format!("project = \"{}\"", facts.project_id) };
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\n{project}\n",
        running.base_url
    );
    let mut console = Harness::start_now(width, height, Look::default(), &config, |world| world);
    console.settle().await;
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", who.email, who.password)).await;
    if console.text().contains("Which one") {
        console.keys("<Enter>").await;
    }
    console.until("Members").await;
    console.settle().await;
    console
}

pub(super) fn email_of_jane(running: &Running) -> String {
    let mut users = running.state.read().find_by("User", "email", NEW);
    users.extend(running.state.read().find_by("User", "email", OLD));
    let jane = users.iter().find(|user| user["firstName"] == "Jane").unwrap();
    jane["email"].as_str().unwrap().to_owned()
}

pub(super) fn says(console: &Harness, words: &str) {
    assert!(console.text().contains(words), "no `{words}` in\n{}", console.text());
}

#[rstest]
#[case::by_a_project_admin_at_80_columns(false, 80, 24)]
#[case::by_a_project_admin_at_120_columns(false, 120, 40)]
#[case::by_a_super_admin_at_80_columns(true, 80, 24)]
#[case::by_a_super_admin_at_120_columns(true, 120, 40)]
#[tokio::test(flavor = "multi_thread")]
async fn janes_sign_in_is_repaired_and_taken_back(
    #[case] super_admin: bool,
    #[case] width: u16,
    #[case] height: u16,
) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, width, height).await;
    console.keys("/jane smith<Enter>").await;
    // Her user is server-scoped: only SCIM tells a project admin the present address.
    says(&console, OLD);
    console.keys("<Enter>").await;
    says(&console, "How Jane signs in");
    assert_eq!(console.text().contains("told by SCIM"), !super_admin, "{}", console.text());
    console.keys(&format!("e{NEW}<Enter>")).await;
    says(&console, "recommended");
    console.keys("<Enter>ticket 4711").await;
    says(&console, "ticket 4711");
    assert_eq!(email_of_jane(&running), OLD);
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    if console.text().contains("Confirm") {
        console.keys("<Enter>").await.keys(NEW).await;
    }
    console.keys("<Enter>").await;
    says(&console, "verified");
    says(&console, "entry 1");
    assert_eq!(email_of_jane(&running), NEW);

    console.keys("<Enter>9").await;
    says(&console, "ticket 4711");
    console.keys("u").await;
    says(&console, "Undo: change email");
    while !console.text().contains("Enter apply") {
        console.keys("<Enter>").await;
    }
    // No write without a reason.
    console.keys("<Enter>").await;
    says(&console, "Say why");
    assert_eq!(email_of_jane(&running), NEW);
    console.keys("wrong person<Enter>").await;
    says(&console, "verified");
    assert_eq!(email_of_jane(&running), OLD);
    console.keys("<Enter>").await;
    says(&console, "undone by 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_streams_in_with_its_count() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("").await;
    let members = running.state.read().find_by(
        "ProjectMembership",
        "project",
        &format!("Project/{}", running.facts.as_ref().unwrap().project_id),
    );
    let people = members.iter().filter(|m| {
        let profile = m["profile"]["reference"].as_str().unwrap();
        ["Practitioner/", "Patient/", "RelatedPerson/"].iter().any(|kind| profile.starts_with(kind))
    });
    let count = people.count();
    let first = console.text().lines().nth(2).unwrap().to_owned();
    assert!(first.contains(&format!(" {count} ")), "{count}: {first}");
}

/// What a terminal shows after all this, byte by byte.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Screen {
    bytes: Bytes,
    terminal: Terminal<CrosstermBackend<Bytes>>,
    parser: vt100::Parser,
}

impl Screen {
    fn new(width: u16, height: u16) -> Self {
        let bytes = Bytes::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let backend = CrosstermBackend::new(bytes.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        Self { bytes, terminal, parser }
    }

    fn draw(&mut self, console: &Harness) -> String {
        let now = console.clock.now();
        self.terminal.draw(|frame| console.console.app.draw(frame, now)).unwrap();
        self.parser.process(&std::mem::take(&mut *self.bytes.0.lock().unwrap()));
        self.parser.screen().contents()
    }
}

/// Drawing only what changed must lead to the same screen as drawing everything, whatever is in the names.
// S1
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_earlier_picture_stays_on_the_screen() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    let mut screen = Screen::new(80, 24);
    let keys = [
        "/",
        "z",
        "<Backspace>",
        "e",
        "m",
        "o",
        "j",
        "<Esc>",
        "<End>",
        "<PageUp>",
        "<Home>",
        "/",
        "m",
        "al",
        "<Enter><Enter>",
        "<Esc>",
    ];
    for key in keys {
        console.keys(key).await;
        let seen = screen.draw(&console);
        let fresh = Screen::new(80, 24).draw(&console);
        let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&seen), trimmed(&fresh), "after {key}");
    }
}
