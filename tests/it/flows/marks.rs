//! Read-only by each of its three ways, and production, by keys.

use idconsole::config::ReadOnly;
use idconsole::console::Look;
use idconsole::demo::Running;

use super::email_change::{email_of_jane, says};
use crate::demo::demonstration;
use crate::harness::Harness;

const OLD: &str = "jsmith@clinic.example";
const NEW: &str = "jane.smith@clinic.example";

async fn signed_in(running: &Running, marks: &str, run: Option<ReadOnly>) -> Harness {
    let facts = running.facts.as_ref().unwrap();
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\nproject = \"{}\"\n{marks}\n",
        running.base_url, facts.project_id
    );
    let mut console = Harness::start_now(120, 40, Look::default(), &config, |world| world.read_only(run));
    console.settle().await;
    let who = &facts.project_admin;
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", who.email, who.password)).await;
    console.until("Members").await;
    console.settle().await;
    console
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_whatever_made_the_session_read_only_and_the_keys_say_why() {
    let running = demonstration(&[]);
    for (marks, run, because) in [
        ("", Some(ReadOnly::Asked), "nothing is written: idconsole was started with --read-only"),
        ("", Some(ReadOnly::Settings), "nothing is written: config.toml says so for every connection"),
        ("read_only = true", None, "nothing is written: this connection is marked so"),
    ] {
        let mut console = signed_in(&running, marks, run).await;
        says(&console, "read-only");
        let engine = console.console.world().live.get().unwrap().engine;
        assert!(engine.read_only.is_some(), "no plan can be applied below the screens either");
        for keys in ["2/jane smith<Enter>e", "l", "x", "i", "4a", "5P", "7x", "gca"] {
            console.keys(keys).await;
            says(&console, because);
            console.keys("<Esc>").await;
        }
        // Own factor: not even a code is mailed.
        console.keys("F").await.keys("a").await;
        says(&console, because);
    }
    assert_eq!(email_of_jane(&running), OLD);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_is_named_and_asks_once_more() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, "production = true", None).await;
    says(&console, "PRODUCTION");
    console.keys(&format!("/jane smith<Enter>e{NEW}<Enter>")).await;
    console.keys("<Enter>ticket 4711").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    if console.text().contains("Confirm") {
        console.keys("<Enter>").await.keys(NEW).await;
    }
    console.keys("<Enter>").await;
    says(&console, "apply to production");
    assert_eq!(email_of_jane(&running), OLD, "the first yes is not enough");
    console.keys("<Esc>").await;
    assert_eq!(email_of_jane(&running), OLD);
    console.keys("<Enter><Enter>").await;
    says(&console, "done");
    assert_eq!(email_of_jane(&running), NEW);
}
