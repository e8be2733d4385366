//! Second factors, sessions and offboarding by keys, over HTTP, in both roles.

use serde_json::{Value, json};

use super::email_change::{says, signed_in};
use super::members::apply;
use crate::demo::demonstration;

fn user(running: &idconsole::demo::Running, email: &str) -> Value {
    running.state.read().find_by("User", "email", email).remove(0)
}

// design.md §1: support resets a lost factor while the caller waits: `m`, the check, a reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_factor_is_reset_with_a_handful_of_keys() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut console = signed_in(&running, super_admin, 80, 24).await;
        console.keys("/carla diaz<Enter>m").await;
        says(&console, "Reset a factor · Carla Diaz");
        console.keys("<Enter>").await;
        says(&console, "Say how it was checked");
        console.keys("called back<Enter>").await;
        says(&console, "authenticator app");
        apply(&mut console, "lost phone").await;
        assert_eq!(user(&running, "carla.diaz@post.example")["mfaEnrolled"], json!(false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_required_of_marked_members_and_of_the_project() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 30).await;
    console.keys("5").await;
    says(&console, "have one");
    console.keys("/dana reyes<Enter>r").await;
    says(&console, "Require a second factor");
    says(&console, "next password sign-in: 1");
    apply(&mut console, "policy").await;
    assert_eq!(user(&running, "dana.cruz@post.example")["mfaRequired"], json!(true));
    console.keys("<Enter>").await;
    says(&console, "to enrol");
    console.keys("P").await;
    says(&console, "for everybody in the project");
    says(&console, "not visible to you");
    apply(&mut console, "policy").await;
    console.keys("<Enter>").await;
    says(&console, "user and project");
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_members_are_required_to_have_a_factor_as_one_plan_of_rows() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 30).await;
    console.keys("5/carla diaz<Enter><Space>/dana reyes<Enter><Space><Esc>").await;
    says(&console, "2 members marked");
    console.keys("r").await;
    says(&console, "2 people");
    console.keys("policy<Tab>2<Tab>").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    for email in ["carla.diaz@post.example", "dana.cruz@post.example"] {
        assert_eq!(user(&running, email)["mfaRequired"], json!(true), "{}", console.text());
    }
    // What was written is shown as it was read again.
    console.keys("<Enter>/required:user carla<Enter>").await;
    says(&console, "carla.diaz@post.example");
    console.keys("9u").await;
    says(&console, "Undo: require a second factor");
}

// platform-api §12: what a project admin does not read is unknown, and the screen says who may.
#[tokio::test(flavor = "multi_thread")]
async fn the_factor_of_a_server_scoped_user_is_unknown_and_the_idp_is_named() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 36).await;
    console.keys("5/hugo brandt<Enter>").await;
    says(&console, "unknown: server-scoped");
    says(&console, "Clinic Portal");
    console.keys("r").await;
    says(&console, "a super admin can require it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_ends_every_session_of_a_user_and_a_project_admin_sees_only_their_own() {
    let running = demonstration(&[]);
    let mut admin = signed_in(&running, false, 120, 36).await;
    admin.keys("7").await;
    says(&admin, "1 of your own");
    says(&admin, "other people's unknown");
    let mut operator = signed_in(&running, true, 120, 36).await;
    let pat = running.facts.as_ref().unwrap().project_admin.email.clone();
    operator.keys("7/").await.keys(&pat).await.keys("<Enter>X").await;
    says(&operator, "End a session");
    apply(&mut operator, "lost laptop").await;
    operator.keys("<Enter>").await;
    says(&operator, "No session matches");
    admin.keys("R").await;
    says(&admin, "session over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_offboarded_by_one_key_and_let_in_again_where_it_was_done() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 100, 36).await;
    console.keys("/jane smith<Enter>O").await;
    says(&console, "Offboard · Jane Smith");
    apply(&mut console, "left the clinic").await;
    let of_jane = || {
        let jane = format!("User/{}", user(&running, "jsmith@clinic.example")["id"].as_str().unwrap());
        let state = running.state.read();
        state.find_by("ProjectMembership", "user", &jane).into_iter().map(|m| m["active"].clone()).collect()
    };
    let active: Vec<Value> = of_jane();
    assert_eq!(active, [json!(false), json!(false)]);
    console.keys("u").await;
    says(&console, "Undo: offboard · Jane Smith");
    console.keys("came back<Tab>2<Tab>").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    let active: Vec<Value> = of_jane();
    assert_eq!(active, [json!(true), json!(true)]);
}

// platform-api §5: each is mailed; what is done to one on this screen is done to those that are marked
#[tokio::test(flavor = "multi_thread")]
async fn the_factors_of_marked_members_are_reset_with_one_check() {
    for super_admin in [false, true] {
        let running = demonstration(&[]);
        let mut dana = user(&running, "dana.cruz@post.example");
        dana["mfaEnrolled"] = json!(true);
        dana["mfaMethod"] = json!(["totp"]);
        dana["mfaSecret"] = json!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        running.state.write().system_update(dana).unwrap();
        let mut console = signed_in(&running, super_admin, 110, 40).await;
        console.keys("5/carla diaz<Enter>*/dana cruz<Enter>*/theo marsh<Enter>*").await;
        console.keys("m").await;
        says(&console, "Reset a factor · 3 members");
        console.keys("seen in person<Enter>").await;
        says(&console, "Reset a second factor · 2 members");
        // He never enrolled one.
        says(&console, "left out: Theo Marsh");
        super::bulk::yes(&mut console, "the app was withdrawn", 2).await;
        for email in ["carla.diaz@post.example", "dana.cruz@post.example"] {
            assert_ne!(user(&running, email)["mfaEnrolled"], json!(true), "{}", console.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_of_the_users_of_marked_ones_are_ended() {
    let running = demonstration(&[]);
    let mut admin = signed_in(&running, false, 120, 36).await;
    let mut operator = signed_in(&running, true, 120, 36).await;
    let pat = running.facts.as_ref().unwrap().project_admin.email.clone();
    operator.keys("7/").await.keys(&pat).await.keys("<Enter>*X").await;
    says(&operator, "End a session");
    apply(&mut operator, "lost laptop").await;
    admin.keys("R").await;
    says(&admin, "session over");
}
