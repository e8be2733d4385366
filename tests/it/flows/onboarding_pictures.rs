//! How the assistant, the impact view and an opened request look, in three sizes. The embedded platform listens on another
//! port each time; in the pictures it is always the same one.

use idconsole::console::Msg;
use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};

use super::email_change::signed_in;
use super::onboarding::{Partner, bring_on, partner};
use crate::demo::demonstration;
use crate::harness::Harness;

/// The picture with the port of this run taken out; ports of this kind have five digits.
pub(super) fn picture(console: &Harness) -> String {
    let text = console.picture();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("127.0.0.1:").or_else(|| rest.find("localhost:")) {
        let (before, after) = rest.split_at(at + 10);
        out.push_str(before);
        let digits = after.chars().take_while(char::is_ascii_digit).count();
        out.extend(std::iter::repeat_n('0', digits));
        rest = &after[digits..];
    }
    out.push_str(rest);
    out
}

macro_rules! sizes {
    ($console:expr, $name:literal) => {
        for (width, height) in [(120, 40), (80, 24), (40, 12)] {
            $console.resize(width, height).await;
            $console.keep(&format!("{}_{width}x{height}", $name));
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), picture(&$console));
        }
        $console.resize(120, 40).await;
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assistant_from_the_first_step() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("gp").await;
    sizes!(console, "partners_none");
    console.keys("npartner.example<Enter>").await;
    sizes!(console, "onboarding_begun");
    console.keys("<Enter>").await;
    sizes!(console, "onboarding_provider_form");
    console.keys("<Right><Tab>partner-admin.okta.com<Enter>").await;
    sizes!(console, "onboarding_form_wrong");
    console.keys("<Ctrl-u>partner.okta.com<Enter>").await;
    console.keys("<Down><Enter>it@clinic.example<Enter>").await;
    sizes!(console, "onboarding_hand_over");
    console.keys("<Esc>nclinic.example<Enter><Esc>").await;
    sizes!(console, "partners");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assistant_with_everything_tested() {
    let running = demonstration(&[]);
    let partner = partner(&running);
    let mut console = bring_on(signed_in(&running, true, 120, 40).await, &partner, false).await;
    sizes!(console, "onboarding_tested");
    console.keys("<Down><Down><Enter>").await;
    sizes!(console, "onboarding_impact");
    console.keys("i").await;
    sizes!(console, "impact_of_a_new_route");
    console.keys("<Esc><Up><Up><Up>e<Ctrl-u>another-client<Enter>").await;
    sizes!(console, "onboarding_stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_route_meets() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("4/partner.example<Enter>").await;
    console.keys("i").await;
    sizes!(console, "impact_as_it_is");
    console.keys("t").await;
    sizes!(console, "impact_of_a_removal");
    console.keys("<Right>").await;
    sizes!(console, "impact_only_those");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_opened() {
    let running = demonstration(&[]);
    let partner = Partner {
        domain: "post.example",
        client_id: PARTNER_CLIENT,
        secret: CLIENT_SECRET,
        ..partner(&running)
    };
    let mut console = bring_on(signed_in(&running, false, 120, 40).await, &partner, false).await;
    console.keys("<Down><Down><Enter>").await;
    let file = console.folder.path().join("request.json");
    console.keys("<Down><Down><Enter>ticket 4711<Tab><Ctrl-u>").await;
    console.tell(Msg::Pasted(file.display().to_string())).await;
    console.keys("<Enter>").await;
    let mut other = signed_in(&running, true, 120, 40).await;
    other.keys("4x").await;
    other.tell(Msg::Pasted(file.display().to_string())).await;
    other.keys(&format!("<Tab>{}<Enter>", partner.secret)).await;
    sizes!(other, "request_opened");
}
