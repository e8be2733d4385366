//! What is known of the platform itself, by keys, over HTTP: where its web app is, its version, and what it lacks.

use idconsole::demo::Running;
use idconsole::demo::faults::{Effect, Rule};
use serde_json::json;

use super::email_change::{says, signed_in};
use super::members::apply;
use crate::demo::demonstration;

const CARLA: &str = "carla.diaz@post.example";

fn enrolled(running: &Running) -> serde_json::Value {
    running.state.read().find_by("User", "email", CARLA)[0]["mfaEnrolled"].clone()
}

// platform-api §3.2: whoever asks to sign in by browser is sent to the web app
#[tokio::test(flavor = "multi_thread")]
async fn where_the_web_app_is_is_learned_without_writing_anything() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        let logins = running.state.read().count("Login");
        console.keys("/carla diaz<Enter>o").await;
        let opened = console.browser.all();
        assert_eq!(opened.len(), 1, "{opened:?} {}", console.text());
        assert!(opened[0].starts_with(&format!("{}admin/members/", running.app_url)), "{opened:?}");
        assert_eq!(running.state.read().count("Login"), logins, "asking begins no sign-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_does_not_tell_leaves_the_setting_and_says_so() {
    let running = demonstration(&[]);
    let silent = Effect::Text { status: 404, body: "no".to_owned() };
    running.faults().add(Rule::on("/oauth2/authorize", silent));
    let mut console = signed_in(&running, false, 100, 24).await;
    console.keys("/carla diaz<Enter>o").await;
    assert!(console.browser.all().is_empty());
    says(&console, "its web app is not known; set `web_app` of the connection clinic");
}

// An older platform, by keys: the first answer tells, from then on the action says so, and the overview lists it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_platform_lacks_is_told_once_and_known_from_then_on() {
    let running = demonstration(&["older=true"]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("/carla diaz<Enter>mcalled back<Enter>").await;
    console.keys("lost phone").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    says(&console, "This platform (version 4.1.0-embedded) cannot reset a member's second");
    says(&console, "A super admin can reset it");
    assert_eq!(enrolled(&running), json!(true));
    console.keys("<Esc><Esc>m").await;
    assert!(!console.text().contains("identity check"), "{}", console.text());
    says(&console, "not on this platform (4.1.0-embedded); a super admin can reset it");
    console.keys("<Esc>1<PageDown><PageDown>").await;
    says(&console, "version 4.1.0-embedded");
    says(&console, "this platform (version 4.1.0-embedded) cannot reset a member's second factor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_has_another_way_on_an_older_platform() {
    let running = demonstration(&["older=true"]);
    let mut console = signed_in(&running, true, 100, 30).await;
    console.keys("/carla diaz<Enter>mcalled back<Enter>").await;
    apply(&mut console, "lost phone").await;
    assert_eq!(enrolled(&running), json!(false));
}
