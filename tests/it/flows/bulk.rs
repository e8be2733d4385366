//! Many rows at once, by keys, over HTTP: marked, planned as one, told row by row, taken back as a whole
//! (issue 3, shown by).

use idconsole::demo::faults::{Effect, Rule};
use idconsole::demo::seed::Seed;
use idconsole::demo::{Options, Platform, Running};
use serde_json::json;

use super::email_change::{says, signed_in};
use crate::harness::Harness;

const ROWS: usize = 300;

fn clinic(members: usize) -> Running {
    let seed = Some(Seed { members, seed: 1 });
    Platform::start(Options { seed, ..Options::default() }).unwrap()
}

fn kept_out(running: &Running) -> usize {
    let state = running.state.read();
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let of = state.find_by("ProjectMembership", "project", &main);
    of.iter().filter(|member| member["active"] == json!(false)).count()
}

/// Marks so many of those who are let in.
async fn mark(console: &mut Harness, rows: usize) {
    console.keys("/active:true -role:admin<Enter>*").await;
    let text = console.text();
    let line = text.lines().find(|line| line.contains("members marked")).unwrap();
    let all: usize = line.trim().split(" members").next().unwrap().replace(' ', "").parse().unwrap();
    assert!(all >= rows, "only {all}");
    console.keys(&"<Space>".repeat(all - rows)).await;
    says(console, &format!("{rows} members marked"));
}

pub(super) async fn yes(console: &mut Harness, reason: &str, rows: usize) {
    console.keys(reason).await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    // Without the number nothing is sent.
    console.keys("<Enter>").await;
    says(console, &format!("type {rows}"));
    console.keys(&format!("{rows}<Enter>")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_marked_rows_with_seven_failures_are_done_but_for_seven_and_taken_back() {
    let running = clinic(420);
    let mut console = signed_in(&running, false, 100, 40).await;
    let before = kept_out(&running);
    mark(&mut console, ROWS).await;
    let forbidden = || Effect::Text { status: 403, body: "Forbidden".to_owned() };
    for at in [9, 50, 120, 200, 250] {
        let rule = Rule::on("/fhir/R4/ProjectMembership/*", forbidden()).method("PATCH").after(at).once();
        running.faults().add(rule);
    }
    // Two are changed by somebody else at the last moment.
    for at in [30, 270] {
        let theirs = json!({ "userName": format!("theirs-{at}") });
        let somebody = Effect::SomebodyWrites(theirs.as_object().unwrap().clone());
        let rule = Rule::on("/fhir/R4/ProjectMembership/*", somebody).method("PATCH").after(at).once();
        running.faults().add(rule);
    }

    console.keys("x").await;
    says(&console, "Deactivate · 300 members");
    says(&console, "300 keep out: active");
    assert_eq!(kept_out(&running), before, "only shown so far");
    yes(&mut console, "left the study", ROWS).await;
    says(&console, "Deactivate: partly done");
    says(&console, "293 of 300 rows were written, 7 were not");
    says(&console, "Not done: 7");
    assert_eq!(console.text().matches("does not let you").count(), 5, "{}", console.text());
    assert_eq!(kept_out(&running) - before, 293);

    // What was not done stays marked, to be tried again or looked at; what was done is shown as it is now.
    console.keys("<Esc>").await;
    says(&console, "7 members marked");
    console.keys("<Esc><Esc>gj").await;
    says(&console, "partly done");
    // Of many changes each says whom it is about.
    let journal = console.console.world().live.get().unwrap().engine.journal;
    let run = journal.list(&idconsole::journal::Filter::default()).unwrap().remove(0);
    says(&console, &format!("{}: ", run.planned.plan.changes[0].who.as_ref().unwrap()));
    // The seven can be gone on with: those that somebody changed are noticed again.
    console.keys("c").await;
    says(&console, "Deactivate · 300 members");
    says(&console, "type 7");
    console.keys("<Esc>u").await;
    says(&console, "Undo: deactivate · 300 members");
    yes(&mut console, "wrong study", 293).await;
    says(&console, "293 rows done and read back");
    assert_eq!(kept_out(&running), before);
    let journal = console.console.world().live.get().unwrap().engine.journal;
    let entries = journal.list(&idconsole::journal::Filter::default()).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].undone_by, Some(entries[0].id));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_one_person_says_so_while_rows_are_marked() {
    let running = clinic(60);
    let mut console = signed_in(&running, false, 100, 40).await;
    console.keys("<Space>e").await;
    says(&console, "1 is marked, and this is done for one person at a time");
    console.keys("<Backspace>/jane smith<Enter>el").await;
    says(&console, "Change email");
    console.keys("<Esc><Esc>*l").await;
    says(&console, "Clear external id · ");
}

fn stored(running: &Running, email: &str) -> serde_json::Value {
    let state = running.state.read();
    let user = state.find_by("User", "email", email).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == main.as_str()).unwrap()
}

/// Marks whoever a filter shows, one filter after the other.
async fn mark_these(console: &mut Harness, filters: &[&str]) {
    for filter in filters {
        console.keys(&format!("/{filter}<Enter>*")).await;
    }
}

// platform-api §12: nothing keeps an admin from locking everybody out.
#[tokio::test(flavor = "multi_thread")]
async fn rights_are_taken_from_marked_members_but_never_from_oneself() {
    for super_admin in [false, true] {
        let running = clinic(60);
        let mut console = signed_in(&running, super_admin, 110, 40).await;
        let pat = running.facts.as_ref().unwrap().project_admin.email.clone();
        mark_these(&mut console, &["robin okoye", &pat, "jane smith"]).await;
        console.keys("a").await;
        // Pat is the one who asks, or owns the project: either way she keeps the rights.
        says(&console, "No longer project admin · 1 member");
        says(&console, "left out: Pat Admin");
        yes(&mut console, "changed jobs", 1).await;
        assert_eq!(stored(&running, "robin.okoye@ops.clinic.example")["admin"], json!(false));
        assert_eq!(stored(&running, &pat)["admin"], json!(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_members_are_offboarded_and_let_in_again() {
    for super_admin in [false, true] {
        let running = clinic(60);
        let mut console = signed_in(&running, super_admin, 110, 40).await;
        mark_these(&mut console, &["noor aziz", "ruth osei"]).await;
        console.keys("O").await;
        says(&console, "Offboard · 2 members");
        console.keys("<Right><Enter>").await;
        says(&console, "not done: the account at the identity provider");
        yes(&mut console, "left the clinic", 2).await;
        for email in ["noor.aziz@clinic.example", "ruth.osei@clinic.example"] {
            assert_eq!(stored(&running, email)["active"], json!(false), "{}", console.text());
            assert!(stored(&running, email)["externalId"].is_null());
        }
        console.keys("u").await;
        says(&console, "Undo: offboard · 2 members");
        yes(&mut console, "came back", 2).await;
        assert_eq!(stored(&running, "noor.aziz@clinic.example")["active"], json!(true));
        assert_eq!(stored(&running, "noor.aziz@clinic.example")["externalId"], "okta|00uNOORAZIZ00000001");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_besides_is_given_to_marked_members() {
    let running = clinic(60);
    let mut console = signed_in(&running, false, 110, 40).await;
    mark_these(&mut console, &["noor aziz", "ruth osei"]).await;
    console.keys("A<Tab><Right><Tab>ward=three<Enter>").await;
    says(&console, "Change parameterised access · 2 members");
    yes(&mut console, "cover for a colleague", 2).await;
    for email in ["noor.aziz@clinic.example", "ruth.osei@clinic.example"] {
        assert_eq!(stored(&running, email)["access"][0]["parameter"][0]["valueString"], "three");
    }
}
