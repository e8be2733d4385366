//! Linkage by keys, over HTTP: an erased external id is found in the history and put back.

use rstest::rstest;
use serde_json::{Value, json};

use super::email_change::{says, signed_in};
use super::members::apply;
use crate::demo::demonstration;

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
    console.keys("okta|00uomarhaddad000001").await;
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
