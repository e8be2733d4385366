//! Whole jobs by key strings, in both roles, and what can go wrong in the middle of them.

use idconsole::console::Look;
use idconsole::identity::{Role, Text, UserId};
use idconsole::journal::Filter;
use rstest::rstest;

use super::clinic::{Clinic, Signed};

const NEW: &str = "jane.smith@clinic.example";

fn jane() -> UserId {
    UserId::new("9b2c0000-0000-4000-8000-000000000000")
}

impl Signed {
    async fn keys(&mut self, keys: &str) -> String {
        self.console.keys(keys).await;
        self.text()
    }

    fn text(&self) -> String {
        self.console.text()
    }

    fn says(&self, words: &str) -> &Self {
        assert!(self.text().contains(words), "no `{words}` in\n{}", self.text());
        self
    }

    fn keeps_quiet_about(&self, words: &str) -> &Self {
        assert!(!self.text().contains(words), "`{words}` in\n{}", self.text());
        self
    }

    fn email_of_jane(&self) -> String {
        let state = self.clinic.0.lock().unwrap();
        state.users.iter().find(|user| user.id == jane()).unwrap().email.clone().unwrap().raw().to_owned()
    }

    /// Up to the plan for Jane's new address.
    async fn plan(&mut self) {
        self.keys(&format!("/jane smith<Enter>e{NEW}<Enter><Enter>")).await;
        self.says("Change email · Jane Smith").says("Reason");
    }

    /// Reads the plan to its end, gives a reason, types what has to be typed, and says yes.
    async fn apply(&mut self) {
        self.keys("ticket 4711").await;
        while self.text().contains("read on") {
            self.keys("<Enter>").await;
        }
        if self.text().contains("Confirm") {
            self.keys("<Enter>").await;
            self.keys(NEW).await;
        }
        self.keys("<Enter>").await;
    }
}

#[rstest]
#[case(Role::ProjectAdmin, 80, 24)]
#[case(Role::ProjectAdmin, 120, 40)]
#[case(Role::SuperAdmin, 80, 24)]
#[case(Role::SuperAdmin, 120, 40)]
#[tokio::test]
async fn an_email_is_changed_verified_found_in_the_journal_and_taken_back(
    #[case] role: Role,
    #[case] width: u16,
    #[case] height: u16,
) {
    let mut job = Clinic::new(role, 3).console(width, height).await;
    job.keys("/jane smith<Enter><Enter>").await;
    job.says("How Jane signs in").says("✓ password").says("as Jane Smith while it sends");
    job.keys("<Esc>").await;
    job.plan().await;
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
    job.apply().await;
    job.says("done · Jane Smith").says("verified").says(NEW).says("entry 1");
    assert_eq!(job.email_of_jane(), NEW);

    // The list has read her back; the plan and its form are gone.
    job.keys("<Enter>").await;
    job.says(NEW).keeps_quiet_about("Change email");

    job.keys("9").await;
    job.says("Change email").says("ticket 4711").says("✓ done");
    job.keys("u").await;
    job.says("Undo: change email · Jane Smith").says("→ jsmith@clinic.example");
    while !job.text().contains("Enter apply") {
        job.keys("<Enter>").await;
    }
    job.keys("<Enter>").await;
    job.says("Say why");
    job.keys("wrong person<Enter>").await;
    job.says("verified");
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
    job.keys("<Enter>").await;
    job.says("undone by 2").keeps_quiet_about("partly");
    job.keys("2").await;
    job.says("jsmith@clinic.example");
}

#[tokio::test]
async fn a_plan_that_was_not_read_to_the_end_is_not_applied() {
    let mut job = Clinic::new(Role::ProjectAdmin, 0).console(80, 18).await;
    job.plan().await;
    job.says("more lines").says("Enter read on");
    job.keys("<Enter>").await;
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
    // Paging down is reading as well.
    job.keys("<PageDown><PageDown><PageDown><PageDown>").await;
    job.says("Enter apply");
}

#[tokio::test]
async fn what_has_to_be_typed_cannot_be_pasted_and_must_be_right() {
    let mut job = Clinic::new(Role::ProjectAdmin, 0).console(120, 40).await;
    job.plan().await;
    job.keys("ticket 4711<Enter>").await;
    job.console.tell(idconsole::console::Msg::Pasted(NEW.to_owned())).await;
    job.says("Type it by hand");
    job.keys("jane.smith@clinic.exampel<Enter>").await;
    job.says("compare letter by letter");
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
    job.keys("<Backspace><Backspace>le<Enter>").await;
    job.says("verified");
    assert_eq!(job.email_of_jane(), NEW);
}

// H3
#[rstest]
#[case(Role::ProjectAdmin)]
#[case(Role::SuperAdmin)]
#[tokio::test]
async fn somebody_elses_change_in_the_meantime_is_shown_beside_and_nothing_typed_is_lost(#[case] role: Role) {
    let mut job = Clinic::new(role, 0).console(100, 44).await;
    job.plan().await;
    job.clinic.0.lock().unwrap().set_email(&jane(), &Text::from("j.smith@clinic.example"), "Robin Other");
    job.apply().await;
    job.says("Somebody changed Jane Smith's record").says("Nothing was written");
    assert_eq!(job.email_of_jane(), "j.smith@clinic.example");

    job.keys("<Enter>").await;
    job.says("you saw")
        .says("jsmith@clinic.example")
        .says("j.smith@clinic.example")
        .says("you want")
        .says(NEW);

    job.keys("r").await;
    job.says("→ jane.smith@clinic.example").says("j.smith@clinic.example").says("ticket 4711");
    if job.text().contains("Confirm") {
        job.keys("<Enter>").await;
        job.keys(NEW).await;
    }
    job.keys("<Enter>").await;
    job.says("verified");
    assert_eq!(job.email_of_jane(), NEW);
}

#[tokio::test]
async fn a_plan_put_aside_keeps_address_and_reason() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 40).await;
    job.plan().await;
    job.keys("because she married<Esc>").await;
    job.says("New email").says(NEW);
    job.keys("<Enter>").await;
    job.says("because she married");
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
}

#[tokio::test]
async fn production_asks_once_more() {
    let clinic = Clinic::new(Role::SuperAdmin, 0);
    let mut job = clinic.console_with(100, 40, Look::default(), |session| session.production = true).await;
    job.says("PRODUCTION");
    job.plan().await;
    job.apply().await;
    job.says("apply to production").says("api.clinic.example");
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
    job.keys("<Esc>").await;
    job.says("Enter apply");
    job.keys("<Enter><Enter>").await;
    job.says("verified");
    assert_eq!(job.email_of_jane(), NEW);
}

#[tokio::test]
async fn choices_change_the_plan_at_once() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 40).await;
    job.keys(&format!("/jane smith<Enter>e{NEW}<Enter>")).await;
    job.says("[x] send a verification mail").says("recommended");
    // Up from the first way is the address, and up once more the last choice.
    job.keys("<Up><Up><Space>").await;
    job.says("[ ] send a verification mail");
    job.keys("<Tab><Enter>").await;
    job.says("Reason").keeps_quiet_about("a verification mail goes to");
}

#[rstest]
#[case("jane.smith", "an address needs an @")]
#[case("jane smith@clinic.example", "there is a space at position 5")]
#[case("jane.smith@clinic", "✗")]
#[case("JANE.SMITH@clinic.example", "written in lower case")]
#[case("jsmith@clinic.example", "this is the present address")]
#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_under_it(#[case] typed: &str, #[case] said: &str) {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 30).await;
    job.keys(&format!("/jane smith<Enter>e{typed}")).await;
    let text = job.text();
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("New email")).unwrap();
    let remark = lines[at + 1].to_lowercase();
    assert!(remark.contains(&said.to_lowercase()), "{text}");
}

#[tokio::test]
async fn an_address_that_somebody_else_has_is_refused_with_the_name() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 30).await;
    {
        let mut state = job.clinic.0.lock().unwrap();
        let doe = state.users[2].id.clone();
        state.users[2].scope = idconsole::identity::UserScope::Server;
        state.set_email(&doe, &Text::from(NEW), "Pat Admin");
    }
    job.keys(&format!("/jane smith<Enter>e{NEW}<Enter>")).await;
    job.says("is in use by");
    assert_eq!(job.email_of_jane(), "jsmith@clinic.example");
}

#[tokio::test]
async fn a_failed_reload_keeps_the_members_and_says_why() {
    let mut job = Clinic::new(Role::ProjectAdmin, 0).console(100, 30).await;
    job.clinic.0.lock().unwrap().signed_out = true;
    job.keys("R").await;
    job.says("Your session is over").says("Janet Wu");
    job.keys("<Esc>").await;
    job.says("not reloaded").says("Janet Wu");
    job.clinic.0.lock().unwrap().signed_out = false;
    job.keys("R").await;
    job.keeps_quiet_about("not reloaded");
}

#[tokio::test]
async fn a_reload_keeps_filter_selection_and_marks() {
    let mut job = Clinic::new(Role::ProjectAdmin, 45).console(100, 30).await;
    // Addresses that SCIM told are shorter than their marked copies: the widths follow at a reload, once.
    job.keys("R/patient<Enter><Down><Down><Space>").await;
    let toast = idconsole::console::overlays::toast::STAYS;
    job.console.advance(toast).await;
    job.says("1 member marked").says("● ").says("45 of 57");
    let before = job.console.picture();
    job.clinic.0.lock().unwrap().page = 7;
    job.keys("R").await;
    job.console.advance(toast).await;
    assert_eq!(job.console.picture(), before);
}

#[tokio::test]
async fn scim_is_asked_only_for_who_is_on_the_screen_and_only_once() {
    let clinic = Clinic::new(Role::ProjectAdmin, 60);
    {
        let mut state = clinic.0.lock().unwrap();
        for user in &mut state.users {
            user.scope = idconsole::identity::UserScope::Server;
        }
    }
    let mut job = clinic.console(100, 24).await;
    let asked = |job: &Signed| job.clinic.0.lock().unwrap().scim_asked;
    // Everybody in view is known as soon as the screen is at rest; those out of view are not asked for.
    job.keeps_quiet_about(".example ?");
    let first = asked(&job);
    assert!((1..=16).contains(&first), "{first}");
    job.console.resize(100, 60).await;
    job.keeps_quiet_about(".example ?");
    let larger = asked(&job);
    assert!(larger > first, "{first} and then {larger}");
    job.keys("<End>").await;
    job.keeps_quiet_about(".example ?");
    let further = asked(&job);
    assert!(further > larger, "{larger} and then {further}");
    job.keys("<Home><End>").await;
    assert_eq!(asked(&job), further, "nobody is asked for twice");
    // A stored copy is marked as such until then; afterwards the present address stands there.
    job.keys("/janet<Enter>").await;
    job.says("janet@partner.example").says("was j.wu@partner.example when the membership was written");

    let super_admin = Clinic::new(Role::SuperAdmin, 0).console(100, 24).await;
    assert_eq!(asked(&super_admin), 0);
}

#[tokio::test]
async fn rows_and_headers_answer_to_clicks() {
    let mut job = Clinic::new(Role::ProjectAdmin, 0).console(100, 30).await;
    job.console.click("Janet Wu").await;
    job.says("signs in by");
    let text = job.text();
    let selected = text.lines().find(|line| line.contains('▌')).unwrap();
    assert!(selected.contains("Janet Wu"), "{text}");
    job.console.click("email").await;
    job.says("email↑");
    job.console.click("email↑").await;
    job.says("email↓");
    job.console.click("Janet Wu").await;
    job.says("How Janet signs in");
}

#[tokio::test]
async fn the_journal_is_filtered_and_copied() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 40).await;
    job.plan().await;
    job.apply().await;
    job.keys("<Enter>9/4711").await;
    job.says("1 of 1");
    job.keys("x").await;
    job.says("No entry matches 4711x.");
    job.keys("<Esc>y").await;
    let copied = job.console.clipboard.all().pop().unwrap();
    assert!(copied.contains("email: jsmith@clinic.example -> jane.smith@clinic.example"), "{copied}");
    assert!(copied.contains("ticket 4711"), "{copied}");
}

#[tokio::test]
async fn opening_and_copying_name_the_person() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 40).await;
    job.keys("/jane smith<Enter>oy").await;
    assert_eq!(
        job.console.browser.all(),
        ["https://app.clinic.example/admin/members/28f1a3c0-5d1e-4c5e-9a53-0c1f5a7be001"]
    );
    assert_eq!(job.console.clipboard.all(), ["jsmith@clinic.example"]);
    job.says("copied the email");
}

#[tokio::test]
async fn an_interrupted_change_is_settled_before_it_can_be_taken_back() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(100, 40).await;
    job.plan().await;
    job.apply().await;
    job.keys("<Enter>").await;
    let engine = job.console.console.world().live.get().unwrap().engine;
    let entry = engine.journal.list(&Filter::default()).unwrap().remove(0);
    // A second run that ends before its answer is written down.
    let run = engine.journal.begin(entry.planned).unwrap();
    run.write(&idconsole::journal::Event::Sent { step: 0 }).unwrap();
    drop(run);
    job.keys("9").await;
    job.says("interrupted");
    job.keys("u").await;
    job.says("settle it first");
    job.keys("t").await;
    job.says("entry 2: done");
}

// The filter does not show it any more once it is settled.
#[tokio::test]
async fn an_open_entry_that_leaves_the_list_leaves_the_list_on_the_screen() {
    let mut job = Clinic::new(Role::SuperAdmin, 0).console(80, 24).await;
    job.plan().await;
    job.apply().await;
    job.keys("<Enter>").await;
    let engine = job.console.console.world().live.get().unwrap().engine;
    let entry = engine.journal.list(&Filter::default()).unwrap().remove(0);
    let run = engine.journal.begin(entry.planned).unwrap();
    run.write(&idconsole::journal::Event::Sent { step: 0 }).unwrap();
    drop(run);
    job.keys("9/state:interrupted<Enter>").await;
    job.says("1 of 2");
    job.keys("<Enter>t").await;
    job.says("entry 2: done");
    job.says("No entry matches state:interrupted.");
}

// S1
#[rstest]
#[case(80, 24)]
#[case(120, 40)]
#[tokio::test]
async fn hostile_names_reach_no_terminal_on_any_screen(#[case] width: u16, #[case] height: u16) {
    let mut job = Clinic::new(Role::ProjectAdmin, 2).console(width, height).await;
    for keys in [
        "",
        "/il<Enter>",
        "<Enter>",
        "<Right>",
        "<Left>e",
        "x@y.example",
        "<Enter>",
        "<Enter>",
        "<Esc><Esc><Esc><Esc>",
        "/ev\u{202e}",
    ] {
        job.keys(keys).await;
        let now = idconsole::ports::Clock::now(&job.console.clock);
        let mut bytes = Vec::new();
        {
            let backend = ratatui::backend::CrosstermBackend::new(&mut bytes);
            let area = ratatui::layout::Rect::new(0, 0, width, height);
            let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(area) };
            let mut terminal = ratatui::Terminal::with_options(backend, options).unwrap();
            terminal.draw(|frame| job.console.console.app.draw(frame, now)).unwrap();
        }
        let mut parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        parser.process(&bytes);
        let screen = parser.screen();
        let seen: Vec<String> = screen.rows(0, width).map(|row| row.trim_end().to_owned()).collect();
        let drawn = job.text();
        let drawn: Vec<&str> = drawn.lines().collect();
        assert_eq!(seen, drawn, "after {keys}");
        assert!(!screen.bracketed_paste() && !screen.application_keypad(), "after {keys}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.contains("\x1b]") && !text.contains('\u{202e}') && !text.contains('\x07'),
            "after {keys}"
        );
    }
}
