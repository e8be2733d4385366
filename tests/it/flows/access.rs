//! What somebody may do, by keys, over HTTP.

use rstest::rstest;

use super::email_change::{says, signed_in};
use crate::demo::demonstration;

#[rstest]
#[case::by_a_project_admin(false)]
#[case::by_a_super_admin(true)]
#[tokio::test(flavor = "multi_thread")]
async fn it_is_seen_what_a_member_may_do_and_why_not(#[case] super_admin: bool) {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, super_admin, 100, 30).await;
    console.keys("/omar haddad<Enter>V").await;
    says(&console, "You are looking as Omar Haddad");
    says(&console, "every ordinary type");
    console.keys("search Patient<Enter>").await;
    says(&console, "search Patient: yes");
    says(&console, "asked of the platform on their behalf");
    console.keys("<Ctrl-u>delete User<Enter>").await;
    says(&console, "delete User: no");
    says(&console, "read off the policy");
    console.keys("<Ctrl-u>everything<Enter>").await;
    says(&console, "Begin with read, search");
    console.keys("<Esc>").await;
    says(&console, "Omar Haddad");
    assert!(!console.text().contains("looking as"));
}
