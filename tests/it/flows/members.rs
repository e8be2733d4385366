//! What else is done with a member by keys, over HTTP: kept out, linked, and taken back.

use serde_json::{Value, json};

use super::email_change::{says, signed_in};
use crate::demo::demonstration;
use crate::harness::Harness;

const JANE: &str = "jsmith@clinic.example";

/// Reads the plan to its end and applies it.
pub(super) async fn apply(console: &mut Harness, reason: &str) {
    console.keys(reason).await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    assert!(console.text().contains("done"), "{}", console.text());
}

fn stored(running: &idconsole::demo::Running, field: &str) -> Value {
    let state = running.state.read();
    let user = state.find_by("User", "email", JANE).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    let main = running.facts.as_ref().unwrap().project_id.clone();
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == format!("Project/{main}")).unwrap()[field].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_kept_out_and_let_in_again_by_keys() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("/jane smith<Enter>x").await;
    says(&console, "Deactivate · Jane Smith");
    apply(&mut console, "left the clinic").await;
    assert_eq!(stored(&running, "active"), json!(false));
    console.keys("<Enter>").await;
    says(&console, "not active");
    console.keys("x").await;
    says(&console, "Activate · Jane Smith");
    apply(&mut console, "came back").await;
    assert_eq!(stored(&running, "active"), json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_is_set_by_keys_and_undone_where_it_was_done() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("/jane smith<Enter>l").await;
    says(&console, "External id · Jane Smith");
    // In use: said in the plan's place, and the form below keeps what was typed.
    console.keys("okta|00uHUGOBRANDT000001<Enter>").await;
    says(&console, "Hugo Brandt");
    console.keys("<Esc>").await;
    says(&console, "okta|00uHUGOBRANDT000001");
    console.keys("<Ctrl-u>okta|00uJane<Enter>").await;
    apply(&mut console, "moves to Okta").await;
    assert_eq!(stored(&running, "externalId"), json!("okta|00uJane"));
    console.keys("u").await;
    says(&console, "Undo: set external id · Jane Smith");
    apply(&mut console, "not yet").await;
    assert_eq!(stored(&running, "externalId"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_names_who_changed_what() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    // His external id was wiped by a full replace of the project's admin.
    console.keys("/omar haddad<Enter><Enter>").await;
    says(&console, "by Pat Admin");
    says(&console, "okta|00uOMARHADDAD000001 → none");
}
