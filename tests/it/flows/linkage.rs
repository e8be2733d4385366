//! Linkage by keys, over HTTP: an erased external id is found in the history and put back.

use idconsole::console::Msg;
use idconsole::console::key::parse_typed;
use idconsole::demo::faults::{Effect, Rule};
use rstest::rstest;
use serde_json::{Value, json};

use super::bulk::yes;
use super::email_change::{says, signed_in};
use super::members::apply;
use crate::demo::demonstration;
use crate::harness::Harness;

fn external_id_of(running: &idconsole::demo::Running, email: &str) -> Value {
    let state = running.state.read();
    let user = format!("User/{}", state.find_by("User", "email", email)[0]["id"].as_str().unwrap());
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == main.as_str()).unwrap()["externalId"].clone()
}

// platform-api §10.5 step 5: a full replace that leaves the field out erases it.
#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_erased_is_found_in_the_history_and_put_back(#[case] super_admin: bool) {
    const OMAR: &str = "omar.haddad@clinic.example";
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("3").await;
    says(&console, "Linkage");
    says(&console, "id was erased");
    console.keys("/").await;
    console.keys("okta|00unobodyatall").await;
    says(&console, "No member has the external id");
    console.keys("<Esc>").await;
    for _ in 0..40 {
        if console.text().contains("puts it back") && console.text().contains("00uOMARHADDAD000001 was there")
        {
            break;
        }
        console.keys("j").await;
    }
    says(&console, "puts it back");
    console.keys("r").await;
    says(&console, "Set external id · Omar Haddad");
    apply(&mut console, "erased by a full replace").await;
    assert_eq!(external_id_of(&running, OMAR), json!("okta|00uOMARHADDAD000001"));
    console.keys("<Enter>").await;
    console.keys("/okta|00uOMARHADDAD000001").await;
    says(&console, "exactly");
    console.keys("<Enter><Enter>").await;
    says(&console, OMAR);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_external_ids_is_told_by_group() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("3").await;
    for words in ["Li Wei", "Sara Lind", "id never matches", "cannot sign in", "id on the user", "Mia Rossi"]
    {
        says(&console, words);
    }
    // Every finding can be fixed where it stands: the form of the external id opens for its person.
    console.keys("gg").await;
    console.keys("l").await;
    says(&console, "External id ·");
}

fn membership_of(running: &idconsole::demo::Running, email: &str) -> Value {
    let state = running.state.read();
    let user = format!("User/{}", state.find_by("User", "email", email)[0]["id"].as_str().unwrap());
    let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == main.as_str()).unwrap()
}

/// Somebody else writes the external id of a member, or takes it away.
fn writes(running: &idconsole::demo::Running, email: &str, id: Option<&str>) {
    let mut membership = membership_of(running, email);
    match id {
        Some(id) => membership["externalId"] = json!(id),
        None => drop(membership.as_object_mut().unwrap().remove("externalId")),
    }
    running.state.write().system_update(membership).unwrap();
}

const CARLA: &str = "carla.diaz@post.example";
const HUGO: &str = "hugo.brandt@clinic.example";
const BORIS: &str = "boris.weber@clinic.example";

#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_before_leads_to_who_had_it_whether_erased_or_changed(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    // A patient, of whom no rule expects an external id.
    writes(&running, CARLA, Some("post|carla"));
    writes(&running, CARLA, None);
    writes(&running, HUGO, Some("okta|00uHUGOANEW"));
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("3/post|carla<Enter>").await;
    says(&console, "No member has the external id post|carla");
    says(&console, "whose history was read");
    console.keys("h").await;
    says(&console, "had it once");
    says(&console, "Carla Diaz");
    says(&console, "post|carla until");
    says(&console, "puts it back");
    console.keys("r").await;
    says(&console, "Set external id · Carla Diaz");
    apply(&mut console, "erased by a script").await;
    assert_eq!(membership_of(&running, CARLA)["externalId"], json!("post|carla"));
    console.keys("<Enter>").await;
    says(&console, "exactly");
    // Everybody's history was read by now, also of those who have another id.
    console.keys("/okta|00uHUGOBRANDT000001<Enter>").await;
    says(&console, "had it once");
    says(&console, "okta|00uHUGOANEW");
    console.keys("r").await;
    says(&console, "no erased id of this member is known");
    // Of those that were written meanwhile once more.
    console.keys("h").await;
    console.keys("h").await;
    says(&console, "that of every member was read");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_whoever_is_selected_offers_what_was_erased() {
    let running = demonstration(&[]);
    writes(&running, CARLA, Some("post|carla"));
    writes(&running, CARLA, None);
    // Something else is wrong with her, so that she stands in the list; nobody expects an id of her.
    let mut user = running.state.read().find_by("User", "email", CARLA).remove(0);
    user["externalId"] = json!("legacy-1");
    running.state.write().system_update(user).unwrap();
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("3/carla<Enter>").await;
    console.settle().await;
    says(&console, "post|carla until");
    // And the finding that comes of it joins the others.
    says(&console, "id was erased");
    says(&console, "id on the user");
    console.keys("r").await;
    says(&console, "Set external id · Carla Diaz");
}

// issue 3, items 2 and 8
#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn marked_members_get_their_erased_ids_back_lose_them_and_are_kept_out(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let ids = [(HUGO, "okta|00uHUGOBRANDT000001"), (BORIS, "okta|00uBORISWEBER000001")];
    for (who, _) in ids {
        writes(&running, who, None);
    }
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("3h").await;
    console.keys("/finding:erased hugo<Enter>*<Esc>/finding:erased boris<Enter>*").await;
    says(&console, "2 rows marked");
    console.keys("r").await;
    says(&console, "Set external id · 2 members");
    yes(&mut console, "erased by a script", 2).await;
    says(&console, "2 rows done and read back");
    for (who, id) in ids {
        assert_eq!(membership_of(&running, who)["externalId"], json!(id));
    }
    console.keys("<Enter><Esc><Esc>").await;
    assert!(!console.text().contains("marked"), "{}", console.text());

    // Those found by what was typed are marked as any others.
    let linked = || {
        let state = running.state.read();
        let main = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
        let of = state.find_by("ProjectMembership", "project", &main);
        of.iter().filter(|member| member["externalId"].is_string()).count()
    };
    let before = linked();
    console.keys("/okta|00u<Enter>gg<Space><Space>").await;
    says(&console, "2 rows marked");
    console.keys("r").await;
    says(&console, "no erased id of a marked member is known");
    console.keys("e").await;
    says(&console, "2 are marked, and this is done for one person at a time");
    console.keys("l").await;
    says(&console, "Clear external id · 2 members");
    yes(&mut console, "belong to nobody", 2).await;
    assert_eq!(linked(), before - 2);
}

/// Presses keys without waiting for what they lead to.
fn press(console: &mut Harness, keys: &str) {
    for key in parse_typed(keys).unwrap() {
        console.console.handle(Msg::Key(key)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_histories_says_how_far_it_is_and_is_stopped_by_escape() {
    let running = demonstration(&[]);
    writes(&running, CARLA, Some("post|carla"));
    writes(&running, CARLA, None);
    let mut console = signed_in(&running, false, 120, 40).await;
    console.keys("3/post|carla<Enter>").await;
    let late = Effect::Hang;
    running.faults().add(Rule::on("/fhir/R4/ProjectMembership/*/_history", late).method("GET").after(12));
    press(&mut console, "h");
    console.until("reading histories for ids of before").await;
    says(&console, "Esc stop reading");
    press(&mut console, "<Esc>");
    running.faults().clear();
    console.settle().await;
    assert!(!console.text().contains("reading histories"), "{}", console.text());
    // What was typed is still there, and so is the way on.
    says(&console, "post|carla");
    console.keys("h").await;
    says(&console, "had it once");
}
