//! The overview by keys, over HTTP: the three decisions, and the rows behind a number.

use rstest::rstest;

use super::email_change::{says, signed_in};
use crate::demo::demonstration;

#[rstest]
#[case::by_a_project_admin(false, "Your role cannot")]
#[case::by_a_super_admin(true, "administer members of other projects")]
#[tokio::test(flavor = "multi_thread")]
async fn every_number_opens_the_rows_behind_it(#[case] super_admin: bool, #[case] role: &str) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 120, 40).await;
    console.keys("1").await;
    for words in
        ["People are recognised by", "Credentials live at", "Tokens come by", "Needs attention", role]
    {
        says(&console, words);
    }
    says(&console, "this platform");
    says(&console, "(partner.example)");
    // The second number: by external id.
    console.keys("<Right><Enter>").await;
    says(&console, "link:external");
    console.keys("1<End><Left><Enter>").await;
    says(&console, "mfa:none active:true");
    console.keys("1<End><Enter>").await;
    console.settle().await;
    says(&console, "members looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_small_terminal_the_selected_number_comes_into_view() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 60, 16).await;
    console.keys("1").await;
    assert!(!console.text().contains("without a second factor"), "{}", console.text());
    console.keys("<End>").await;
    says(&console, "without a second factor");
    console.keys("<Home>").await;
    says(&console, "People are recognised by");
}
