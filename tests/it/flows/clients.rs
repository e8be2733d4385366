//! Client applications by keys, over HTTP, in both roles.

use idconsole::demo::Running;
use serde_json::{Value, json};

use super::email_change::{says, signed_in};
use crate::demo::demonstration;
use crate::harness::Harness;

fn stored(running: &Running, name: &str) -> Value {
    running.state.read().find_by("ClientApplication", "name", name).into_iter().next().unwrap_or_default()
}

fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}

/// Reads the plan to its end and applies it; where something has to be typed, that too.
async fn apply(console: &mut Harness, typed: Option<&str>) {
    console.keys("ticket 4711").await;
    if let Some(typed) = typed {
        console.keys("<Tab>").await.keys(typed).await.keys("<Tab>").await;
    }
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    assert!(console.text().contains("done"), "{}", console.text());
}

/// What is on the screen without the breaks of its lines.
fn joined(console: &Harness) -> String {
    console.text().replace(['│', ' ', '\n'], "")
}

// S2: shown where it is asked for, nowhere else
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_shown_once_and_the_old_one_ended() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 100, 30).await;
        let old = text(&stored(&running, "Ward Rota"), "secret");
        console.keys("gc/ward rota<Enter>t").await;
        says(&console, "Rotate the client secret · Ward Rota");
        says(&console, "no. 1");
        apply(&mut console, Some("Ward Rota")).await;
        let new = text(&stored(&running, "Ward Rota"), "secret");
        assert_ne!(new, old);
        assert!(!joined(&console).contains(&new) && !joined(&console).contains(&old));
        console.keys("v").await;
        says(&console, "Whoever has this secret signs in as Ward Rota");
        assert!(joined(&console).contains(&new), "{}", console.text());
        console.keys("<Esc>").await;
        assert!(!joined(&console).contains(&new), "it is gone with its dialog");
        console.keys("<Enter><Enter>").await;
        says(&console, "retiring");
        assert!(!joined(&console).contains(&new) && !joined(&console).contains(&old), "{}", console.text());
        console.keys("T").await;
        says(&console, "End the retiring secret · Ward Rota");
        apply(&mut console, Some("Ward Rota")).await;
        assert!(stored(&running, "Ward Rota").get("retiringSecret").is_none());
        console.keys("<Enter>9").await;
        says(&console, "End the retiring secret");
        console.keys("<Enter>").await;
        assert!(
            !joined(&console).contains(&new) && !joined(&console).contains(&old),
            "the journal has neither"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_is_made_by_a_form_and_its_secret_offered() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 30).await;
    console.keys("gca").await;
    says(&console, "New client");
    console.keys("Night shift<Tab><Right><Tab>night.clinic.example").await;
    says(&console, "not a whole address");
    console.keys("<Ctrl-u>https://night.clinic.example/callback<Enter>").await;
    says(&console, "Create a confidential client");
    apply(&mut console, None).await;
    let made = stored(&running, "Night shift");
    assert_eq!(made["redirectUris"], json!(["https://night.clinic.example/callback"]));
    console.keys("v").await;
    assert!(joined(&console).contains(&text(&made, "secret")), "{}", console.text());
    console.keys("<Esc><Enter>/night shift<Enter>").await;
    says(&console, "confidential client");
    // Taken back, its membership too.
    console.keys("9u").await;
    says(&console, "Undo: create a confidential client");
    apply(&mut console, None).await;
    assert_eq!(stored(&running, "Night shift"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_settings_are_changed_by_forms_that_say_what_is_wrong_as_one_types() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 34).await;
    console.keys("gc/ward rota<Enter>r<Tab>https://rota.clinic.example/callback").await;
    says(&console, "It has this address already");
    console.keys("/2<Enter>").await;
    says(&console, "Change redirect addresses · Ward Rota");
    apply(&mut console, None).await;
    assert_eq!(stored(&running, "Ward Rota")["redirectUris"].as_array().unwrap().len(), 2);
    console.keys("<Enter>r<Right><Right><Enter>").await;
    says(&console, "Invalid redirect URI");
    apply(&mut console, None).await;
    assert_eq!(
        stored(&running, "Ward Rota")["redirectUris"],
        json!(["https://rota.clinic.example/callback/2"])
    );
    console.keys("u").await;
    says(&console, "Undo");
    console.keys("<Esc>gce<Right><Right><Tab>15 minutes").await;
    says(&console, "digits and one of");
    console.keys("<Ctrl-u>15m<Enter>").await;
    says(&console, "then access tokens live 15 minutes");
    apply(&mut console, None).await;
    assert_eq!(stored(&running, "Ward Rota")["accessTokenLifetime"], json!("15m"));
    console.keys("<Enter>x").await;
    says(&console, "browser, exchange and password sign-ins");
    apply(&mut console, None).await;
    assert_eq!(stored(&running, "Ward Rota")["status"], json!("off"));
}

// platform-api §9.4: the provider's secret is written only
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_bound_changed_and_taken_away_and_its_secret_never_seen() {
    const SECRET: &str = "Quarry-lantern-7-Quarry";
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 100, 34).await;
        let before = stored(&running, "Ward Rota")["identityProvider"].clone();
        console.keys("gc/ward rota<Enter>i<Tab><Tab><Tab><Tab>").await.keys(SECRET).await;
        assert!(!console.text().contains(SECRET), "{}", console.text());
        console.keys("<Enter>").await;
        says(&console, "replaced (not shown)");
        apply(&mut console, None).await;
        assert_eq!(stored(&running, "Ward Rota")["identityProvider"]["clientSecret"], json!(SECRET));
        console.keys("<Enter>N").await;
        says(&console, "Take the identity provider away");
        apply(&mut console, Some("Ward Rota")).await;
        assert!(stored(&running, "Ward Rota").get("identityProvider").is_none());
        // Back out of the history, with the secret that it had.
        console.keys("u").await;
        apply(&mut console, None).await;
        let mut expected = before.clone();
        expected["clientSecret"] = json!(SECRET);
        assert_eq!(stored(&running, "Ward Rota")["identityProvider"], expected);
        assert!(!console.text().contains(SECRET));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_deleted_with_its_name_typed_and_brought_back() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 34).await;
    let before = stored(&running, "Ward Rota");
    console.keys("gc/ward rota<Enter>D").await;
    says(&console, "Delete the client application · Ward Rota");
    says(&console, "unknown");
    apply(&mut console, Some("Ward Rota")).await;
    assert_eq!(stored(&running, "Ward Rota"), Value::Null);
    console.keys("<Enter>").await;
    says(&console, "No client application matches");
    console.keys("9u").await;
    says(&console, "a project admin cannot bring a membership");
    apply(&mut console, None).await;
    assert_eq!(stored(&running, "Ward Rota")["secret"], before["secret"]);
}
