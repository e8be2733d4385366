//! The findings by keys, over HTTP: swept, filtered, mended one by one and many at once, written to a file.

use idconsole::console::Msg;
use idconsole::console::key::parse_typed;
use idconsole::console::screens::Place;
use idconsole::demo::Running;
use idconsole::demo::faults::{Effect, Rule};
use rstest::rstest;
use serde_json::{Value, json};

use super::bulk::yes;
use super::email_change::{says, signed_in};
use super::members::apply;
use crate::cli::{ended, idconsole};
use crate::demo::demonstration;
use crate::harness::Harness;
use crate::workflows::scene::token;

/// As `doctor sweep --format json` says it.
async fn commanded(running: &Running, super_admin: bool) -> Vec<Value> {
    let facts = running.facts.clone().unwrap();
    let who = if super_admin { &facts.super_admin } else { &facts.project_admin };
    let client = (!super_admin).then_some(facts.client_id.as_str());
    let token = token(running, &who.email, &who.password, client).await;
    let home = tempfile::tempdir().unwrap();
    let swept = tokio::task::block_in_place(|| {
        let mut command = idconsole(home.path());
        command.env("IDCONSOLE_BASE_URL", &running.base_url).env("IDCONSOLE_ACCESS_TOKEN", token);
        ended(command.args(["doctor", "sweep", "--format", "json"]))
    });
    assert_eq!(swept.code, 8, "{swept:?}");
    serde_json::from_str(&swept.out).unwrap()
}

fn lacks(console: &Harness, words: &str) {
    assert!(!console.text().contains(words), "`{words}` in\n{}", console.text());
}

#[rstest]
#[case::a_project_admin(false)]
#[case::a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_that_are_written_to_a_file_are_those_of_the_command(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("!").await;
    console.settle().await;
    says(&console, "looked at");
    let path = console.folder.path().join("findings.json");
    console.keys(&format!("E<Ctrl-u>{}<Tab><Right><Enter>", path.display())).await;
    says(&console, "rows written to");
    let written: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written, commanded(&running, super_admin).await);
    assert_eq!(console.text().contains("not looked at: inactive"), !super_admin, "{}", console.text());
}

#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn one_finding_is_mended_and_swept_again_from_memory(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("!").await;
    says(&console, "▲ hides another user");
    console.keys("/rule:staff omar<Enter>").await;
    says(&console, "put the external id back");
    console.keys("f").await;
    says(&console, "Set external id · Omar Haddad");
    // From here on what is around the members cannot be read any more.
    running.faults().add(Rule::on("/fhir/R4/ClientApplication", Effect::Broken).method("GET"));
    apply(&mut console, "erased by a script").await;
    console.keys("<Enter>").await;
    says(&console, "No finding matches");
    lacks(&console, "✗ The platform");
    // Read again, it fails; what was found stays.
    console.keys("<Esc>R").await;
    console.settle().await;
    says(&console, "hides another user");
    says(&console, "looked at");
    running.faults().clear();
    console.keys("R").await;
    console.settle().await;
    says(&console, "looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_leads_to_its_record_and_to_the_acts_on_its_person() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("1").await;
    says(&console, "every rule over everybody");
    console.keys("!/rule:legacy<Enter>").await;
    says(&console, "Mia Rossi");
    console.keys("l").await;
    says(&console, "External id · Mia Rossi");
    console.keys("<Esc><Enter>").await;
    says(&console, "How Mia signs in");
    console.keys("!").await;
    console.keys("/rule:never severity:error<Enter>f").await;
    says(&console, "needs a decision");
    // Nobody but a member has a record.
    console.keys("/rule:shadow<Enter><Enter>").await;
    says(&console, "has no membership");
    console.keys("<Esc><Esc>").await;
    says(&console, "How Mia signs in");
}

#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_ghost_is_removed_once_its_address_was_typed(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("!/rule:shadow<Enter>f").await;
    says(&console, "Delete a user without memberships · Ada Novak");
    console.keys("hides the real one").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>ada.novak@clinic.example<Enter>").await;
    console.settle().await;
    says(&console, "done");
    console.keys("<Enter>").await;
    console.settle().await;
    says(&console, "No finding matches");
    console.keys("<Esc>").await;
    lacks(&console, "hides another user");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_filter_shows_is_mended_in_one_plan_and_taken_back() {
    let running = demonstration(&[]);
    let padded = |email: &str, id: &str| {
        let user = running.state.read().find_by("User", "email", email).remove(0);
        let user = format!("User/{}", user["id"].as_str().unwrap());
        let mut member = running.state.read().find_by("ProjectMembership", "user", &user).remove(0);
        member["externalId"] = json!(id);
        running.state.write().system_update(member).unwrap();
    };
    for (email, id) in
        [("wendy.wu@partner.example", " partner|WENDYWU"), ("rui.lopes@lab.example", "lab|RUILOPES ")]
    {
        padded(email, id);
    }
    let id_of = |email: &str| {
        let user = running.state.read().find_by("User", "email", email).remove(0);
        let user = format!("User/{}", user["id"].as_str().unwrap());
        running.state.read().find_by("ProjectMembership", "user", &user).remove(0)["externalId"].clone()
    };
    let mut console = signed_in(&running, false, 100, 40).await;
    console.keys("!/rule:padded<Enter>F").await;
    says(&console, "Trim external ids");
    yes(&mut console, "copied with blanks", 2).await;
    console.settle().await;
    says(&console, "2 rows done");
    assert_eq!(id_of("wendy.wu@partner.example"), "partner|WENDYWU");
    assert_eq!(id_of("rui.lopes@lab.example"), "lab|RUILOPES");
    console.keys("<Enter>").await;
    console.settle().await;
    says(&console, "No finding matches");
    console.keys("9u").await;
    says(&console, "Undo");
    yes(&mut console, "on second thoughts", 2).await;
    console.settle().await;
    assert_eq!(id_of("wendy.wu@partner.example"), " partner|WENDYWU");
    console.keys("<Enter>!").await;
    console.settle().await;
    says(&console, "Wendy Wu");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_can_be_stopped_and_begun_again() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 30).await;
    running.faults().add(Rule::on("/fhir/R4/ClientApplication", Effect::Hang).method("GET").once());
    console.console.handle(Msg::Key(parse_typed("!").unwrap()[0])).unwrap();
    console.until("reading").await;
    says(&console, "Esc stop");
    console.keys("<Esc>").await;
    says(&console, "stopped; R sweeps again");
    running.faults().clear();
    console.keys("R").await;
    console.settle().await;
    says(&console, "looked at");
}

// One comes from anywhere, and goes back there.
#[tokio::test(flavor = "multi_thread")]
async fn going_back_from_the_findings_leads_where_one_came_from() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 30).await;
    for (tab, there) in [("5", Place::Mfa), ("2", Place::Members), ("1", Place::Overview)] {
        console.keys(tab).await.keys("!").await;
        assert_eq!(console.console.app.place(), Place::Findings);
        console.keys("<Esc>").await;
        assert_eq!(console.console.app.place(), there, "{}", console.text());
        // The client applications have no tab either.
        console.keys("gc<Esc>").await;
        assert_eq!(console.console.app.place(), there, "{}", console.text());
    }
    // The doctor, reached from a finding, returns to it; from there one is back where it began.
    console.keys("2!/jane smith<Enter>d").await;
    assert_eq!(console.console.app.place(), Place::Doctor, "{}", console.text());
    for _ in 0..4 {
        if console.console.app.place() == Place::Doctor {
            console.keys("<Esc>").await;
        }
    }
    assert_eq!(console.console.app.place(), Place::Findings, "{}", console.text());
    console.keys("<Esc><Esc>").await;
    assert_eq!(console.console.app.place(), Place::Members, "{}", console.text());
}
