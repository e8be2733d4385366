//! The route tester by keys, over HTTP, at the embedded platform's identity provider.

use idconsole::demo::Running;
use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};
use rstest::rstest;

use super::email_change::{says, signed_in};
use crate::demo::demonstration;
use crate::harness::Harness;

#[rstest]
#[case::at_80_columns(80, 24)]
#[case::at_120_columns(120, 40)]
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_route_is_tested_by_one_key(#[case] width: u16, #[case] height: u16) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, width, height).await;
    console.keys("4/domain:partner.example state:works<Enter>t").await;
    says(&console, "Test of partner.example");
    says(&console, "saved");
    says(&console, "passed");
    assert!(!console.text().contains("1 failed"), "{}", console.text());
    console.keys("y").await;
    let copied = console.clipboard.all().pop().unwrap();
    assert!(copied.starts_with("Route partner.example tested "), "{copied}");
    assert!(copied.contains("The issuer was found"), "{copied}");
    assert!(
        copied.contains("could not tell  it takes the client's secret: Not asked: no secret was given."),
        "{copied}"
    );
    // What could not be told is gone to by itself.
    console.keys("n").await;
    says(&console, "?");
    console.keys("<Esc>").await;
    assert!(!console.text().contains("Test of"), "{}", console.text());
    // The list knows it now.
    says(&console, "tested");
    says(&console, "just now: ");
}

/// Fills the form of a new route in.
async fn filled(console: &mut Harness, running: &Running, domain: &str, secret: &str) {
    let idp = format!("{}idp", running.base_url);
    console.keys("4a").await;
    for text in [domain, "", &format!("{idp}/authorize"), &format!("{idp}/token"), &format!("{idp}/userinfo")]
    {
        console.keys(&format!("{text}<Tab>")).await;
    }
    console.keys(&format!("{PARTNER_CLIENT}<Tab>{secret}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_tested_before_it_is_saved_and_the_form_is_still_there() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    filled(&mut console, &running, "new-partner.example", "a-wrong-secret").await;
    console.keys("<Ctrl-t>").await;
    says(&console, "Test of new-partner.example");
    says(&console, "not saved");
    says(&console, "1 failed");
    // What failed is selected by itself.
    says(&console, "It refuses the client with its secret");
    says(&console, "Have the provider make a new secret");
    assert!(!console.text().contains("a-wrong-secret"), "{}", console.text());
    console.keys("<Esc>").await;
    says(&console, "new-partner.example");
    console.keys(&"<Backspace>".repeat("a-wrong-secret".len())).await;
    console.keys(CLIENT_SECRET).await.keys("<Ctrl-t>").await;
    assert!(!console.text().contains("1 failed"), "{}", console.text());
    console.keys("y").await;
    let copied = console.clipboard.all().pop().unwrap();
    assert!(copied.contains("passed          it takes the client's secret"), "{copied}");
    assert!(!copied.contains(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_admin_is_told_who_sees_the_stored_routes() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("4t").await;
    says(&console, "super admins see the stored ones");
}
