//! The frame around the screens, and what lies above them.

use idconsole::console::overlays::toast::STAYS;
use idconsole::console::screens::sign_in::{Attempt, SignInMsg, Step};
use idconsole::console::session::Session;
use idconsole::console::theme::Theme;
use idconsole::console::{Failure, Look, Msg};
use idconsole::identity::{Caller, Reference, Role, Text};
use jiff::SignedDuration;

use super::sign_in::config;
use crate::harness::{Harness, beginning};

pub fn session() -> Session {
    Session {
        connection: "clinic-demo".into(),
        host: "api.clinic.example".into(),
        production: false,
        read_only: None,
        caller: Caller {
            user: Some("u1".into()),
            email: Some(Text::from("pat@clinic.example")),
            name: Text::from("Pat Admin"),
            profile: Reference::parse("Practitioner/p1").unwrap(),
            membership: "m1".into(),
            project: "prj1".into(),
            project_name: Text::from("Clinic Demo"),
            role: Role::ProjectAdmin,
        },
        expires_at: beginning().checked_add(SignedDuration::from_mins(54)).ok(),
        renews: false,
        web_app: None,
        platform: idconsole::identity::Platform::default(),
    }
}

async fn sign_in(console: &mut Harness, attempt: u64, session: Session) {
    tell_signed_in(console, attempt, session);
    console.settle().await;
}

/// Signs in without waiting for what that begins.
pub fn tell_signed_in(console: &mut Harness, attempt: u64, session: Session) {
    let attempt = Attempt(attempt);
    let step = Step::Asking { what: "Asking".into() };
    console.console.handle(Msg::SignIn(SignInMsg::Step { attempt, step })).unwrap();
    let msg = SignInMsg::SignedIn { attempt, session: Box::new(session), notes: Vec::new() };
    console.console.handle(Msg::SignIn(msg)).unwrap();
}

pub async fn signed_in(width: u16, height: u16, session: Session) -> Harness {
    let mut console = Harness::with_config(width, height, &config(true)).await;
    sign_in(&mut console, 1, session).await;
    console
}

fn top_line(console: &Harness) -> String {
    console.text().lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_top_line_says_who_where_and_for_how_long() {
    let mut console = signed_in(120, 40, Session { production: true, ..session() }).await;
    console.keep("frame-wide");
    assert_eq!(
        top_line(&console).split_whitespace().collect::<Vec<_>>().join(" "),
        "idconsole clinic-demo · api.clinic.example Pat Admin · project admin ● session 50m PRODUCTION"
    );
    console.resize(80, 24).await;
    assert!(top_line(&console).contains("Pat Admin") && top_line(&console).contains("PRODUCTION"));
    console.resize(60, 16).await;
    assert!(top_line(&console).contains("session 50m") && top_line(&console).contains("PRODUCTION"));
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn help_lists_the_keys_of_the_screen() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("?").await.keep("help");
    insta::assert_snapshot!(console.picture());
    console.keys("<Esc>").await;
    assert!(!console.text().contains("Keys ·"));
}

#[tokio::test]
async fn the_palette_finds_actions_and_runs_them() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys(":").await.keep("palette");
    insta::assert_snapshot!(console.picture());
    console.keys("journ").await.keep("palette-found");
    insta::assert_snapshot!("the_palette_finds", console.picture());
    console.keys("<Enter>").await;
    assert!(console.console.app.place() == idconsole::console::screens::Place::Journal, "{}", console.text());
}

#[tokio::test]
async fn a_palette_without_a_match_says_so() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys(":zzzz").await;
    assert!(console.text().contains("Nothing is called `zzzz`"), "{}", console.text());
}

#[tokio::test]
async fn the_first_key_of_a_chord_shows_how_it_goes_on() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("g").await;
    let text = console.text();
    // At 80 columns it takes the keys' line too.
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(last[1].contains("m Members") && last[0].contains("j Journal"), "{last:?}");
    console.keys("j").await;
    assert_eq!(console.console.app.place(), idconsole::console::screens::Place::Journal);
}

#[tokio::test]
async fn tabs_answer_to_clicks() {
    let mut console = signed_in(80, 24, session()).await;
    console.click("9Journal").await;
    assert_eq!(console.console.app.place(), idconsole::console::screens::Place::Journal);
}

#[tokio::test]
async fn a_failure_opens_a_dialog_with_reason_next_step_and_request() {
    let mut console = signed_in(80, 24, session()).await;
    let mut failure = Failure::new("Jane Smith could not be read.")
        .because("The platform answered 500 Internal Server Error.")
        .then("Load again with `R`; if it stays so, tell the platform's operator the request id.");
    failure.request_id = Some("7b0c6e1e-71f8-4a4e-bb0e-1f2a3b4c5d6e".into());
    console.tell(Msg::Failed(failure)).await;
    console.keep("error");
    insta::assert_snapshot!(console.picture());
    console.keys("y").await;
    assert!(console.clipboard.all()[0].contains("request 7b0c6e1e"));
    console.keys("<Esc>").await;
    assert!(!console.text().contains("Could not be done"));
}

#[tokio::test]
async fn a_toast_leaves_by_itself() {
    let mut console = signed_in(80, 24, session()).await;
    console.tell(Msg::Copied { what: "the address".into(), failed: None }).await;
    assert!(console.text().contains("✓ copied the address"), "{}", console.text());
    console.advance(STAYS).await;
    assert!(!console.text().contains("copied the address"), "{}", console.text());
}

#[tokio::test]
async fn the_end_of_a_session_is_told_five_minutes_before_and_signing_in_again_returns() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("9").await;
    console.advance(SignedDuration::from_mins(48)).await;
    assert!(!console.text().contains("ends soon"), "{}", console.text());
    console.advance(SignedDuration::from_mins(2)).await;
    assert!(console.text().contains("ends soon"), "{}", console.text());
    console.keep("session-ends-soon");
    insta::assert_snapshot!(console.picture());
    console.keys("gs").await;
    assert!(console.text().contains("Sign in to"), "{}", console.text());
    sign_in(&mut console, 1, Session { expires_at: None, ..session() }).await;
    assert_eq!(console.console.app.place(), idconsole::console::screens::Place::Journal);
    assert!(!console.text().contains("ends soon"), "{}", console.text());
}

#[tokio::test]
async fn going_to_sign_in_and_back_changes_nothing() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("9gs<Esc>").await;
    assert_eq!(console.console.app.place(), idconsole::console::screens::Place::Journal);
}

// L9 of the table rules: an idle console asks for no wake-up within the next minute.
#[tokio::test]
async fn an_idle_console_is_not_woken_for_minutes() {
    let console = signed_in(80, 24, session()).await;
    let next = console.console.app.next_change(beginning()).unwrap();
    assert!(next.duration_since(beginning()) > SignedDuration::from_mins(3), "{next}");
    let console = signed_in(80, 24, Session { renews: true, ..session() }).await;
    assert_eq!(console.console.app.next_change(beginning()), None);
}

#[tokio::test]
async fn leaving_ends_the_loop() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("q").await;
    assert!(console.console.app.is_finished());
}

#[tokio::test]
async fn suspending_gives_the_terminal_back_and_draws_again() {
    let mut console = signed_in(80, 24, session()).await;
    console.keys("<Ctrl-z>").await;
    assert_eq!(console.console.host().0, 1);
    assert!(console.text().contains("Pat Admin"), "{}", console.text());
}

#[tokio::test]
async fn every_theme_draws_the_frame() {
    for name in ["terminal", "dark", "light", "high-contrast", "mono"] {
        let look = Look { theme: Theme::embedded(name).unwrap(), ..Look::default() };
        let mut console = Harness::start(80, 24, look, &config(true), |world| world);
        console.settle().await;
        sign_in(&mut console, 1, Session { production: true, ..session() }).await;
        console.keys("?").await.keep(&format!("theme-{name}"));
        insta::assert_snapshot!(format!("theme_{name}"), console.picture());
    }
}

#[tokio::test]
async fn a_terminal_that_is_too_small_is_told_how_much_is_needed() {
    let mut console = Harness::new(40, 12);
    insta::assert_snapshot!(console.text());
    console.resize(60, 16).await;
    assert!(console.text().contains("idconsole"), "{}", console.text());
}

// What a list of people is opened for most: a filter's way back takes the room of another key, never of this one.
#[tokio::test]
async fn the_doctor_stays_in_the_keys_line_of_people() {
    let mut job =
        super::clinic::Clinic::new(idconsole::identity::Role::ProjectAdmin, 30).console(80, 24).await;
    for keys in ["", "/jane<Enter>", "<Space>", "<Enter>", "<Right>"] {
        job.console.keys(keys).await;
        for (width, height) in [(80, 24), (60, 16), (120, 40)] {
            job.console.resize(width, height).await;
            let text = job.console.text();
            let line = text.lines().find(|line| line.contains(": palette")).unwrap_or_default();
            assert!(line.contains("d doctor") && line.contains("? help"), "{keys} at {width}: {text}");
        }
    }
}
