//! The sign-in screen at every step of every method.

use idconsole::console::screens::sign_in::{Attempt, Candidate, DeviceCode, Secret, SignInMsg, Step};
use idconsole::console::{Failure, Msg};
use idconsole::identity::Text;
use jiff::SignedDuration;

use crate::harness::{Harness, beginning};

/// Three connections; the first one is meant when `meant`.
pub fn config(meant: bool) -> String {
    let settings = if meant { "[settings]\ndefault_connection = \"clinic-demo\"\n" } else { "" };
    format!(
        r#"{settings}
[connections.clinic-demo]
base_url = "https://api.clinic.example/"
method = "browser"
store = "memory"
idp = {{ issuer = "https://login.clinic.example", client_id = "idconsole" }}

[connections.clinic]
base_url = "https://api.clinic.example/live/"
method = "direct"
store = "file"
production = true

[connections.audit]
base_url = "http://localhost:8103/"
method = "paste"
store = "memory"
read_only = true
"#
    )
}

/// A console at this step of a sign-in.
async fn at(step: Step, width: u16, height: u16) -> Harness {
    let mut console = Harness::with_config(width, height, &config(true)).await;
    console.tell(Msg::SignIn(SignInMsg::Step { attempt: Attempt(1), step })).await;
    console
}

fn in_seconds(seconds: i64) -> jiff::Timestamp {
    beginning().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn page() -> Text {
    Text::from(
        "https://api.clinic.example/oauth2/authorize?response_type=code&client_id=7c1e4f52-5a0b-4b8e-9d0a-0d6b3f1d2c11\
         &redirect_uri=http%3A%2F%2F127.0.0.1%3A9615%2Fcallback&scope=openid+profile+email+offline_access\
         &state=oG3bXv7Tq0s2&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw_cM&code_challenge_method=S256",
    )
}

fn browser() -> Step {
    Step::Browser { url: page(), until: Some(in_seconds(102)), opened: true }
}

fn device() -> Step {
    Step::Device(DeviceCode {
        user_code: Text::from("WDJB-MJHT"),
        verification_uri: Text::from("https://login.clinic.example/device"),
        complete: Some(Text::from("https://login.clinic.example/device?user_code=WDJB-MJHT")),
        expires_at: in_seconds(860),
        next_poll_at: Some(in_seconds(5)),
        host: "login.clinic.example".into(),
        client: "idconsole".into(),
        scopes: "openid offline_access".into(),
    })
}

#[tokio::test]
async fn without_connections_it_says_how_to_begin() {
    let console = Harness::with_config(80, 24, "").await;
    console.keep("sign-in-empty");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn several_connections_are_offered() {
    let mut console = Harness::with_config(80, 24, &config(false)).await;
    console.keys("j").await.keep("sign-in-connections");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn the_ways_in_are_explained() {
    let mut console = Harness::with_config(80, 24, &config(true)).await;
    console.keep("sign-in-methods");
    insta::assert_snapshot!(console.picture());
    console.resize(120, 40).await;
    insta::assert_snapshot!("the_ways_in_are_explained_wide", console.picture());
}

#[tokio::test]
async fn the_browser_is_waited_for_with_a_countdown() {
    let mut console = at(browser(), 80, 24).await;
    assert!(console.text().contains("1:42 left"), "{}", console.text());
    console.advance(SignedDuration::from_secs(41)).await;
    assert!(console.text().contains("1:01 left"), "{}", console.text());
    console.keep("sign-in-browser");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn without_a_browser_the_whole_address_is_shown() {
    let step = Step::Browser { url: page(), until: Some(in_seconds(102)), opened: false };
    let console = at(step, 80, 24).await;
    let joined: String = console.text().lines().map(str::trim).collect();
    assert!(joined.contains(page().raw()), "{}", console.text()); // L7
    insta::assert_snapshot!(console.text());
}

// D6 D7 D9
#[tokio::test]
async fn a_device_code_is_shown_with_its_picture_warning_and_clock() {
    let mut console = at(device(), 80, 24).await;
    console.keep("sign-in-device");
    insta::assert_snapshot!(console.picture());
    console.advance(SignedDuration::from_secs(3)).await;
    assert!(console.text().contains("14:17"), "{}", console.text());
    console.resize(60, 16).await;
    insta::assert_snapshot!("a_device_code_where_the_picture_has_no_room", console.text());
}

#[tokio::test]
async fn pasting_back_shows_the_address_in_full_and_hides_what_is_pasted() {
    let mut console = at(Step::Paste { url: page(), wrong: None }, 80, 24).await;
    let joined: String = console.text().lines().map(str::trim).collect();
    assert!(joined.contains(page().raw()), "{}", console.text());
    console.tell(Msg::Pasted("http://localhost:9615/?code=SECRETCODE&state=x".into())).await;
    assert!(!console.text().contains("SECRETCODE"), "{}", console.text()); // L12
    console.keep("sign-in-paste");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn email_and_password_are_asked_for_together() {
    let mut console = at(Step::Password { email: None, wrong: None }, 80, 24).await;
    console.keys("pat@clinic.example<Tab>correct horse").await;
    assert!(!console.text().contains("horse"), "{}", console.text());
    console.keep("sign-in-direct");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_email_kept() {
    let mut console = at(Step::Password { email: None, wrong: None }, 80, 24).await;
    console.keys("pat@clinic.example<Tab>wrong<Enter>").await;
    let wrong = Some("“Email or password is invalid”. Type the password again.".to_owned());
    let step = Step::Password { email: None, wrong };
    console.tell(Msg::SignIn(SignInMsg::Step { attempt: Attempt(1), step })).await;
    insta::assert_snapshot!(console.text());
}

#[tokio::test]
async fn a_second_factor_says_where_its_code_comes_from() {
    let email = Some(Text::from("pat@clinic.example"));
    let mut console = at(Step::Factor { by_app: true, by_mail: true, email, wrong: None }, 80, 24).await;
    console.keys("1234").await;
    insta::assert_snapshot!(console.text());
}

#[tokio::test]
async fn a_second_factor_can_be_set_up() {
    let uri = "otpauth://totp/Clinic:pat%40clinic.example?secret=JBSWY3DPEHPK3PXP&issuer=Clinic";
    let step = Step::Enroll {
        uri: Some(Secret::new(uri)),
        key: Some(Secret::new("JBSWY3DPEHPK3PXP")),
        by_mail: false,
        wrong: None,
    };
    let console = at(step, 80, 24).await;
    console.keep("sign-in-enroll");
    insta::assert_snapshot!(console.text());
}

#[tokio::test]
async fn one_of_several_memberships_is_chosen() {
    let memberships = ["Clinic Demo", "Research Trust"]
        .into_iter()
        .map(|project| Candidate { id: project.into(), project: project.into(), profile: "Pat Admin".into() })
        .collect();
    let mut console = at(Step::Choose { memberships }, 80, 24).await;
    console.keys("j").await.keep("sign-in-choose");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn a_client_is_asked_for_its_secret() {
    let console = at(Step::Client { client: Text::from("7c1e4f52"), wrong: None }, 80, 24).await;
    insta::assert_snapshot!(console.text());
}

#[tokio::test]
async fn a_failure_says_what_why_and_what_to_do() {
    let mut console = Harness::with_config(80, 24, &config(true)).await;
    let failure = Failure::new("api.clinic.example cannot be reached.")
        .because("Its name has no address.")
        .then("Check the spelling and your network.");
    console.tell(Msg::SignIn(SignInMsg::Failed { attempt: Attempt(1), failure })).await;
    console.keep("sign-in-failed");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn a_mistake_in_the_file_is_told_with_its_line() {
    let wrong = "[connections.clinic]\nbase_url = \"https://api.clinic.example/\"\nmethod = \"brwoser\"\n";
    let console = Harness::with_config(120, 40, wrong).await;
    assert!(console.text().contains("config.toml: line 3"), "{}", console.text());
    let text = console.text().replace(&console.folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(text.trim());
}

// S1
#[tokio::test]
async fn what_a_server_says_cannot_drive_the_terminal() {
    let mut step = device();
    if let Step::Device(code) = &mut step {
        code.user_code = Text::from("AB\u{1b}]52;c;AA\u{7}\u{202e}CD");
        code.client = "evil\u{1b}[2J".into();
    }
    let console = at(step, 120, 40).await;
    let hidden = console
        .buffer()
        .content()
        .iter()
        .any(|cell| cell.symbol().chars().any(idconsole::identity::text::is_hidden));
    assert!(!hidden);
    assert!(console.text().contains("AB\\x1b]52;c;AA\\x07<U+202E>CD"), "{}", console.text());
}

#[tokio::test]
async fn a_connection_is_added_by_a_form() {
    let mut console = Harness::with_config(80, 24, &config(false)).await;
    console.keys("aclinic<Tab>http://api.clinic.example").await.keep("connection-form");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn removing_a_connection_asks_first() {
    let mut console = Harness::with_config(80, 24, &config(false)).await;
    console.keys("d").await.keep("connection-remove");
    insta::assert_snapshot!(console.picture());
}

#[tokio::test]
async fn plain_terminals_get_plain_signs() {
    use idconsole::console::Look;
    use idconsole::console::glyphs::Glyphs;
    use idconsole::console::theme::Theme;
    let look = Look { glyphs: Glyphs::ASCII, theme: Theme::embedded("mono").unwrap(), ..Look::default() };
    let mut console = Harness::start(80, 24, look, &config(true), |world| world);
    console.settle().await;
    console.tell(Msg::SignIn(SignInMsg::Step { attempt: Attempt(1), step: browser() })).await;
    assert!(console.text().is_ascii(), "{}", console.text());
    insta::assert_snapshot!(console.picture());
}
