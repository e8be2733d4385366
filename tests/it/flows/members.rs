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

/// The membership of the clinic whose user has this address; `Null` when there is none.
fn member_of(running: &idconsole::demo::Running, email: &str) -> Value {
    let state = running.state.read();
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let users = state.find_by("User", "email", email);
    let of = |user: &Value| {
        state.find_by("ProjectMembership", "user", &format!("User/{}", user["id"].as_str().unwrap()))
    };
    let all = users.iter().flat_map(of);
    all.into_iter().find(|member| member["project"]["reference"] == *main).unwrap_or_default()
}

const ROBIN: &str = "robin.okoye@ops.clinic.example";
const CARLA: &str = "carla.diaz@post.example";
const POLICY: &str = "Ward network only";

#[tokio::test(flavor = "multi_thread")]
async fn admin_rights_are_taken_and_given_by_keys_in_both_roles() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        console.keys("/robin okoye<Enter>a").await;
        says(&console, "No longer project admin · Robin Okoye");
        apply(&mut console, "changed jobs").await;
        assert_eq!(member_of(&running, ROBIN)["admin"], json!(false));
        console.keys("<Enter>a").await;
        says(&console, "Make project admin · Robin Okoye");
        apply(&mut console, "back again").await;
        assert_eq!(member_of(&running, ROBIN)["admin"], json!(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_chosen_from_those_that_exist() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    let before = member_of(&running, JANE)["accessPolicy"]["reference"].clone();
    console.keys("/jane smith<Enter>p").await;
    says(&console, "Access policy · Jane Smith");
    console.keys("<Enter>").await;
    says(&console, "Choose one of the project's policies.");
    console.keys("<Right>").await;
    console.settle().await;
    console.keys("<Enter>").await;
    apply(&mut console, "moves to the ward").await;
    assert_ne!(member_of(&running, JANE)["accessPolicy"]["reference"], before);
    console.keys("u").await;
    apply(&mut console, "not yet").await;
    assert_eq!(member_of(&running, JANE)["accessPolicy"]["reference"], before);

    console.keys("<Enter>").await;
    console.keys("gm").await;
    console.keys("A<Tab><Right><Tab>ward<Enter>").await;
    says(&console, "is not name=value");
    console.keys("=three<Enter>").await;
    apply(&mut console, "covers for a colleague").await;
    let access = member_of(&running, JANE)["access"].clone();
    assert_eq!(access[0]["parameter"][0]["valueString"], "three");
}

// platform-api §6: not taken back, so the address is typed; the row goes with the member
#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_removed_only_after_the_address_was_typed() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        console.keys("/carla diaz<Enter>D").await;
        says(&console, "Remove member · Carla Diaz");
        console.keys("left for good").await;
        while console.text().contains("read on") {
            console.keys("<Enter>").await;
        }
        console.keys("<Enter>").await;
        assert!(member_of(&running, CARLA).is_object(), "nothing goes before it is typed");
        console.keys(&format!("{CARLA}<Enter>")).await;
        says(&console, "done");
        assert_eq!(member_of(&running, CARLA), Value::Null);
        console.keys("<Enter>").await;
        says(&console, "No member matches");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_account_says_why_it_stays() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    let own = running.facts.as_ref().unwrap().project_admin.email.clone();
    console.keys(&format!("/{own}<Enter>a")).await;
    says(&console, "this is your own account");
    console.keys("D").await;
    says(&console, "another admin can remove it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_is_mailed_by_key_and_told_as_answered() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("/carla diaz<Enter>w").await;
    says(&console, "Send password reset · Carla Diaz");
    apply(&mut console, "forgot it").await;
    says(&console, "cannot be read back");
    assert_eq!(running.state.mailbox.to(CARLA).len(), 1);
}

// S2: typed as dots, sent once, and then nowhere: not on the screen, in the journal or in any file
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_by_keys_and_never_seen() {
    const PASSWORD: &str = "Quarry-lantern-4711";
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("/carla diaz<Enter>P").await;
    says(&console, "Set password · Carla Diaz");
    console.keys("short").await;
    says(&console, "8 characters or more");
    console.keys(&format!("<Ctrl-u>{PASSWORD}<Tab>something else<Enter>")).await;
    says(&console, "The two are not the same.");
    console.keys(&format!("<Ctrl-u>{PASSWORD}")).await;
    assert!(!console.text().contains("Quarry"), "{}", console.text());
    console.keys("<Enter>").await;
    let before = running.state.read().find_by("User", "email", CARLA)[0]["passwordHash"].clone();
    apply(&mut console, "cannot get mail").await;
    assert_ne!(running.state.read().find_by("User", "email", CARLA)[0]["passwordHash"], before);
    assert!(!console.text().contains("Quarry"), "{}", console.text());
    console.keys("<Enter>").await;
    console.keys("gj<Enter>").await;
    assert!(!console.text().contains("Quarry"), "{}", console.text());
}

// platform-api §8: the way back is a super admin's
#[tokio::test(flavor = "multi_thread")]
async fn an_account_becomes_server_scoped_by_keys_after_the_warning() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("/carla diaz<Enter>v").await;
    says(&console, "Scope of the account");
    console.keys("<Enter>").await;
    says(&console, "there is no way back for you");
    apply(&mut console, "works in two clinics").await;
    assert_eq!(running.state.read().find_by("User", "email", CARLA)[0]["project"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_by_keys_and_stands_in_the_list() {
    const NEW: &str = "nora.new@clinic.example";
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        console.keys("i").await;
        says(&console, "Invite · somebody new");
        console.keys("Nora<Tab>New<Enter>").await;
        says(&console, "An email or an external id is needed");
        console.keys(&format!("<Tab>{NEW}<Enter>")).await;
        says(&console, "Invite · Nora New");
        apply(&mut console, "starts on Monday").await;
        assert_eq!(running.state.mailbox.to(NEW).len(), 1);
        console.keys("<Enter>/nora new<Enter>").await;
        says(&console, NEW);
    }
}

// platform-api §6.1: `membership.access`; a super admin has no use for an invitation into the own project
#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_with_a_policy_besides_and_into_the_project_that_was_chosen() {
    const NEW: &str = "nora.new@clinic.example";
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 110, 44).await;
        let policy = running.state.read().find_by("AccessPolicy", "name", POLICY).remove(0);
        console.keys("/jane smith clinic<Enter>").await;
        console.keys("<Esc>").await;
        console.keys(&format!("iNora<Tab>New<Tab>{NEW}")).await;
        if super_admin {
            // The project of the selected member, by its name.
            says(&console, "into");
            says(&console, "its name or id; empty for the project's default");
        }
        console.keys(if super_admin { "<Tab><Tab><Tab>" } else { "<Tab><Tab>" }).await;
        console.keys("<Tab><Tab><Tab>ward<Enter>").await;
        says(&console, "There is no access policy ward");
        console.keys("<Esc>").await;
        console.keys(&format!("<Ctrl-u>{POLICY}:ward<Enter>")).await;
        says(&console, "is not name=value");
        console.keys("=three<Enter>").await;
        says(&console, "Invite · Nora New");
        apply(&mut console, "starts on Monday").await;
        let member = member_of(&running, NEW);
        let given = &member["access"][0];
        assert_eq!(given["policy"]["reference"], format!("AccessPolicy/{}", policy["id"].as_str().unwrap()));
        assert_eq!(given["parameter"][0]["valueString"], "three");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_name_is_changed_from_what_it_is_now() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut jane = member_of(&running, JANE);
        jane["userName"] = json!("jane.s");
        running.state.write().system_update(jane).unwrap();
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        console.keys("/jane smith<Enter>n").await;
        says(&console, "jane.s");
        console.keys("mith<Enter>").await;
        says(&console, "Set user name");
        apply(&mut console, "as in the directory").await;
        assert_eq!(member_of(&running, JANE)["userName"], "jane.smith");
    }
}
