//! The signed-in person's own second factor by keys, over HTTP, in both roles (platform-api §5).

use idconsole::demo::{Running, totp};
use serde_json::{Value, json};

use super::email_change::{says, signed_in};
use crate::demo::demonstration;
use crate::harness::Harness;

fn email(running: &Running, super_admin: bool) -> String {
    let facts = running.facts.as_ref().unwrap();
    if super_admin { &facts.super_admin } else { &facts.project_admin }.email.clone()
}

fn own(running: &Running, super_admin: bool) -> Value {
    running.state.read().find_by("User", "email", &email(running, super_admin)).remove(0)
}

/// The project that the person is signed in to.
fn set(running: &Running, console: &Harness, setting: &Value) {
    let id = console.console.app.session().unwrap().caller.project.clone();
    let mut state = running.state.write();
    let mut project = state.get("Project", id.as_str()).unwrap();
    project["setting"] = setting.clone();
    state.system_update(project).unwrap();
}

fn code(running: &Running, super_admin: bool, seconds_ago: i64) -> String {
    let user = own(running, super_admin);
    let key = user["mfaSecret"].as_str().unwrap();
    totp::code(key, running.state.clock.now_seconds() - seconds_ago).unwrap()
}

fn mailed(running: &Running, super_admin: bool) -> String {
    running.state.mailbox.to(&email(running, super_admin)).last().unwrap().text.clone()
}

/// Reads the plan to its end and applies it; the reason came with the form.
async fn apply(console: &mut Harness) {
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
}

async fn done(console: &mut Harness) {
    apply(console).await;
    says(console, "done");
    console.keys("<Enter>").await;
    says(console, "Your own second factor");
}

/// Everything under the console's folders, journal and settings alike.
fn on_disk(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(on_disk(&path)) } else { all.extend(std::fs::read(path).unwrap()) }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_enrolled_and_disabled_and_a_wrong_code_loses_nothing() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 120, 40).await;
        let before = own(&running, super_admin);
        console.keys("F").await;
        says(&console, "no second factor");
        says(&console, "Your password alone signs you in.");
        // platform-api §14.18: looking alone writes nothing.
        assert_eq!(own(&running, super_admin), before);
        console.keys("a").await;
        says(&console, "█▀▀▀▀▀█");
        let key = own(&running, super_admin)["mfaSecret"].as_str().unwrap().to_owned();
        let grouped = format!("{} {}", &key[..4], &key[4..8]);
        assert!(!console.text().contains(&grouped), "{}", console.text());
        console.keys("<Ctrl-t>").await;
        says(&console, &grouped);
        console.keys("<Ctrl-t>").await;
        let debug = format!("{:?}", console.console.app);
        assert!(!debug.contains(&key) && !debug.contains("otpauth"), "the key is in the debug form");

        console.keys("new phone<Tab>12x").await;
        says(&console, "A code has digits only.");
        console.keys("<Backspace>").await;
        says(&console, "A code has 6 digits.");
        console.keys("<Ctrl-u>").await.keys(&code(&running, super_admin, 86_400)).await.keys("<Enter>").await;
        says(&console, "Enrol your authenticator app");
        says(&console, "new phone");
        apply(&mut console).await;
        says(&console, "does not take the code");
        assert_eq!(own(&running, super_admin)["mfaEnrolled"], before["mfaEnrolled"]);
        console.keys("<Enter>").await;
        says(&console, "Scan this");
        says(&console, "new phone");
        let right = code(&running, super_admin, 0);
        console.keys("<Ctrl-u>").await.keys(&right).await.keys("<Enter>").await;
        done(&mut console).await;
        says(&console, "authenticator app");
        assert_eq!(own(&running, super_admin)["mfaMethod"], json!(["totp"]));
        assert!(!console.text().contains(&grouped) && !console.text().contains("█▀▀▀▀▀█"));
        let debug = format!("{:?}", console.console.app);
        assert!(!debug.contains(&key) && !debug.contains(&right), "a secret is in the debug form");

        console.keys("a").await;
        says(&console, "you have this already");
        console.keys("xlost it<Tab>").await.keys(&code(&running, super_admin, 0)).await.keys("<Enter>").await;
        says(&console, "your password alone may sign you in");
        done(&mut console).await;
        says(&console, "no second factor");
        assert_eq!(own(&running, super_admin)["mfaEnrolled"], json!(false));
        console.keys("x").await;
        says(&console, "you have no second factor");
        console.keys("<Esc>9").await;
        says(&console, "lost it");

        let disk = on_disk(console.folder.path());
        for secret in [key.as_str(), "otpauth"] {
            let found = disk.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is on disk");
        }
        let quoted = format!("\"{right}\"");
        assert!(!disk.windows(quoted.len()).any(|part| part == quoted.as_bytes()), "a code is on disk");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_by_mail_are_enrolled_where_the_project_allows_them_and_one_factor_of_two_is_disabled() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        set(&running, &console, &json!([]));
        console.keys("Fm").await;
        says(&console, "does not allow the code by mail");
        console.keys("<Esc>").await;
        set(&running, &console, &json!([{"name": "allowedMfaMethods", "valueString": "totp,email"}]));

        console.keys("Fm").await;
        says(&console, "A code was mailed to");
        let first = mailed(&running, super_admin);
        console.keys("<Ctrl-r>").await;
        let second = mailed(&running, super_admin);
        console.keys("no phone<Tab>").await;
        if first != second {
            console.keys(&first).await.keys("<Enter>").await;
            apply(&mut console).await;
            says(&console, "newest one that was mailed");
            console.keys("<Enter><Ctrl-u>").await;
        }
        console.keys(&second).await.keys("<Enter>").await;
        done(&mut console).await;
        says(&console, "code by mail");
        assert_eq!(own(&running, super_admin)["mfaMethod"], json!(["email"]));

        // 80 by 24 has no room for the picture: the key in fours, and how large a window would have.
        console.keys("a").await;
        says(&console, "In a window of");
        let key = own(&running, super_admin)["mfaSecret"].as_str().unwrap().to_owned();
        says(&console, &format!("{} {}", &key[..4], &key[4..8]));
        console
            .keys("new phone<Tab>")
            .await
            .keys(&code(&running, super_admin, 0))
            .await
            .keys("<Enter>")
            .await;
        done(&mut console).await;
        assert_eq!(own(&running, super_admin)["mfaMethod"], json!(["email", "totp"]));

        // One is required now: one of the two may go, not both.
        let required = json!([{"name": "mfaRequired", "valueBoolean": true}]);
        set(&running, &console, &required);
        console.keys("<Esc>F").await;
        says(&console, "yes, by the settings of the project");
        console.keys("x").await;
        says(&console, "authenticator app");
        console.keys("<Right>").await;
        says(&console, "code by mail");
        console.keys("<Right>").await;
        assert!(!console.text().contains("nothing is left"), "{}", console.text());
        console.keys("<Right><Tab>app only<Tab>").await;
        console.keys(&code(&running, super_admin, 0)).await.keys("<Enter>").await;
        done(&mut console).await;
        assert_eq!(own(&running, super_admin)["mfaMethod"], json!(["totp"]));
        console.keys("x").await;
        says(&console, "this is your last");
        assert_eq!(own(&running, super_admin)["mfaEnrolled"], json!(true));
    }
}

// platform-api §5: the platform's own refusal, when the requirement came after the look.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_factor_stays_where_one_was_required_meanwhile() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("Fanew phone<Tab>").await.keys(&code(&running, false, 0)).await.keys("<Enter>").await;
    done(&mut console).await;
    console.keys("xlost it<Tab>").await.keys(&code(&running, false, 0)).await.keys("<Enter>").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    set(&running, &console, &json!([{"name": "mfaRequired", "valueBoolean": true}]));
    console.keys("<Enter>").await;
    says(&console, "A second factor is required of you");
    says(&console, "an admin can reset it");
    assert_eq!(own(&running, false)["mfaEnrolled"], json!(true));
    console.keys("<Enter>").await;
    says(&console, "lost it");
}
