//! Domains by keys, over HTTP, in both roles.

use serde_json::Value;

use super::email_change::{says, signed_in};
use super::members::apply;
use crate::demo::demonstration;
use crate::harness::Harness;

const SECRET: &str = "Quarry-lantern-7";

fn stored(running: &idconsole::demo::Running, domain: &str) -> Option<Value> {
    running.state.read().find_by("DomainConfiguration", "domain", domain).into_iter().next()
}

/// Applies a plan that asks for the domain to be typed.
async fn apply_typed(console: &mut Harness, domain: &str) {
    console.keys("ticket 4711").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await.keys(domain).await.keys("<Enter>").await;
    says(console, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_adds_a_route_and_takes_it_back() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    console.keys("4").await;
    for words in ["5 routes", "3 need a look", "Capital.example", "never matches", "broken"] {
        says(&console, words);
    }
    console.keys("a").await.keys("Clinic.example").await;
    says(&console, "never matches capitals");
    console.keys("<Enter>").await;
    says(&console, "The address is missing.");
    console.keys("<Ctrl-u>clinic.example<Tab><Tab>https://idp.new.example/authorize<Tab>").await;
    console.keys("https://idp.new.example/token<Tab>https://idp.new.example/userinfo<Tab>medplum<Tab>").await;
    console.keys(SECRET).await;
    assert!(!console.text().contains(SECRET), "{}", console.text());
    console.keys("<Enter>").await;
    says(&console, "Add a domain route · clinic.example");
    says(&console, "set (not shown)");
    apply(&mut console, "a new partner").await;
    assert_eq!(stored(&running, "clinic.example").unwrap()["identityProvider"]["clientSecret"], SECRET);
    console.keys("u").await;
    says(&console, "Undo: add a domain route");
    apply(&mut console, "not yet").await;
    assert_eq!(stored(&running, "clinic.example"), None);
    console.keys("<Enter>4").await;
    says(&console, "5 routes");
}

// M1, M5: a description fills the form in, and one of somebody else does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_fills_in_the_addresses_and_a_wrong_one_says_why() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    console
        .keys("4a")
        .await
        .keys(&format!("clinic.example<Tab>{}idp/elsewhere<Enter>", running.base_url))
        .await;
    assert!(!console.text().contains("/token"), "{}", console.text());
    console.keys("<Ctrl-u>").await.keys(&format!("{}idp<Enter>", running.base_url)).await;
    says(&console, "idp/authorize");
    says(&console, "idp/token");
    // The keys are at what is still missing.
    console.keys("medplum<Tab>").await.keys(SECRET).await.keys("<Enter>").await;
    says(&console, "Add a domain route · clinic.example");
    says(&console, "set (not shown)");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_corrected_by_its_own_plan() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    console.keys("4/capital<Enter>f").await;
    says(&console, "Correct the domain of a route · capital.example");
    apply_typed(&mut console, "capital.example").await;
    assert!(stored(&running, "capital.example").is_some());
    console.keys("<Enter>").await;
    says(&console, "works");
    // A route whose address is none opens its form.
    console.keys("<Esc>/broken.example<Enter>f").await;
    says(&console, "Identity provider · broken.example");
    says(&console, "This is no web address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_changed_with_a_new_secret_and_removed_and_brought_back() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    let before = stored(&running, "partner.example").unwrap();
    console.keys("4/partner<Enter>e<Tab><Tab><Tab><Tab>").await.keys(SECRET).await.keys("<Enter>").await;
    says(&console, "replaced (not shown)");
    apply(&mut console, "rotated").await;
    assert_eq!(stored(&running, "partner.example").unwrap()["identityProvider"]["clientSecret"], SECRET);
    console.keys("u").await;
    says(&console, "the one before (not shown)");
    apply(&mut console, "the old one is still valid").await;
    assert_eq!(stored(&running, "partner.example").unwrap()["identityProvider"], before["identityProvider"]);
    console.keys("<Enter>4D").await;
    says(&console, "Remove a domain route · partner.example");
    apply_typed(&mut console, "partner.example").await;
    assert_eq!(stored(&running, "partner.example"), None);
    console.keys("u").await;
    apply(&mut console, "a mistake").await;
    assert_eq!(stored(&running, "partner.example").unwrap()["identityProvider"], before["identityProvider"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_admin_observes_and_changes_the_providers_of_own_clients_only() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 44).await;
    console.keys("4").await;
    says(&console, "As the sign-in page sends people");
    console.keys("/partner.example<Enter>").await;
    says(&console, "the sign-in page sends people to");
    says(&console, "unknown: only a super admin");
    console.keys("e").await;
    says(&console, "only a super admin may");
    console.keys("<Esc><Esc>").await.keys("a").await;
    says(&console, "only a super admin may");
    console.keys("<Esc>/old portal<Enter>").await;
    says(&console, "does not implement");
    console.keys("f").await;
    says(&console, "Align the identity provider · Old Portal");
    apply_typed(&mut console, "Old Portal").await;
    console.keys("<Enter><Esc>/domain:clinic<Enter>").await;
    says(&console, "Clinic Portal");
    console.keys("<Down><Down><Down>e").await;
    says(&console, "Identity provider · Clinic Portal");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_domain_are_one_key_away() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    console.keys("4/partner<Enter><Enter>").await;
    says(&console, "filter");
    says(&console, "domain:partner.example");
    says(&console, "@partner.example");
}
