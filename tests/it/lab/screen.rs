//! Pictures of the flow lab in three sizes: text and styles. Each one was looked at.

use idconsole::console::Look;
use idconsole::console::glyphs::Glyphs;
use idconsole::identity::Role;
use rstest::rstest;

use super::story;
use crate::harness::beginning;
use crate::screens::clinic::{Clinic, Signed};

/// The lab, with a run begun that never got anywhere: nobody is signed in for real.
async fn lab(width: u16, height: u16) -> Signed {
    lab_with(width, height, Look::default()).await
}

async fn lab_with(width: u16, height: u16, look: Look) -> Signed {
    let mut job = Clinic::new(Role::SuperAdmin, 30).console_with(width, height, look, |_| {}).await;
    job.console.keys("gb<Enter>").await;
    job
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[case("40x12", 40, 12)]
#[tokio::test]
async fn what_to_try(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = Clinic::new(Role::SuperAdmin, 30).console(width, height).await;
    job.console.keys("gb").await;
    insta::assert_snapshot!(format!("flow_lab_form_{size}"), job.console.picture());
    job.console.keys("<Left>").await;
    insta::assert_snapshot!(format!("flow_lab_form_idp_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn the_browser_is_waited_for(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    job.console.tell(story::stands(story::three_legged(2))).await;
    job.console.tell(story::asks(story::browser(beginning()))).await;
    if size == "60x16" {
        job.console.keys("<Right><Right>").await;
    }
    insta::assert_snapshot!(format!("flow_lab_browser_{size}"), job.console.picture());
    job.console.keys("p").await;
    insta::assert_snapshot!(format!("flow_lab_browser_paste_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn seven_steps_that_worked(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    let report = idconsole::workflows::flow_lab::Report { run: story::three_legged(7), examined: None };
    job.console.tell(story::ended(report, true)).await;
    insta::assert_snapshot!(format!("flow_lab_three_legged_{size}"), job.console.picture());
    job.console.keys("<Up><Up><Up><Up><Right>").await;
    insta::assert_snapshot!(format!("flow_lab_wire_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn a_test_sign_in_that_the_platform_would_refuse(
    #[case] size: &str,
    #[case] width: u16,
    #[case] height: u16,
) {
    let mut job = lab(width, height).await;
    job.console.tell(story::ended(story::test_sign_in(beginning()), false)).await;
    if size == "60x16" {
        job.console.keys("<Right><Right>").await;
    }
    insta::assert_snapshot!(format!("flow_lab_test_sign_in_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn both_tokens_side_by_side(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    job.console.tell(story::ended(story::exchanged(), true)).await;
    insta::assert_snapshot!(format!("flow_lab_exchange_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn a_device_is_waited_for(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = lab(width, height).await;
    job.console.tell(story::stands(story::device())).await;
    job.console.tell(story::asks(story::code(beginning()))).await;
    if size == "60x16" {
        job.console.keys("<Right><Right>").await;
    }
    insta::assert_snapshot!(format!("flow_lab_device_{size}"), job.console.picture());
}

#[tokio::test]
async fn an_address_is_pasted_with_ascii_signs() {
    let look = Look { glyphs: Glyphs::ASCII, ..Look::default() };
    let mut job = lab_with(80, 24, look).await;
    job.console.tell(story::stands(story::waiting(beginning()))).await;
    job.console.tell(story::asks(story::paste())).await;
    job.console.keys("abc").await;
    insta::assert_snapshot!("flow_lab_paste_ascii", job.console.picture());
}
