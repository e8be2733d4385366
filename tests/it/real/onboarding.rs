//! The assistant at a real identity provider, by keys: from nothing to the first sign-in of a partner's people.

use idconsole::config::Method;
use idconsole::console::screens::Place;
use idconsole::console::{Look, Msg};

use super::three_legged::to_the_provider;
use super::world::Made::OidcProvider;
use super::world::World;
use crate::auth::support::end;
use crate::flows::onboarding::{Partner, bring_on};
use crate::harness::Harness;

fn says(console: &Harness, words: &str) {
    assert!(console.text().contains(words), "no `{words}` in\n{}", console.text());
}

/// A console at the platform, signed in as super admin.
async fn signed_in(world: &World) -> Harness {
    let base = world.platform(Method::Direct, "").base_url;
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\n",
        base.as_str()
    );
    let mut console = Harness::start_now(120, 40, Look::default(), &config, |world| world);
    console.settle().await;
    let who = |field: &str| world.text(&format!("/platform/super_admin/{field}"));
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", who("email"), who("password"))).await;
    if console.text().contains("Which one") {
        console.keys("<Enter>").await;
    }
    console.until("Members").await;
    console.settle().await;
    console
}

// platform-api §10.2, §11
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/real/run"]
async fn a_partner_is_brought_on_from_nothing_to_the_first_sign_in() {
    let world = World::here();
    let provider = world.provider(OidcProvider);
    let text = |field: &str| world.text(&format!("/newcomer/{field}"));
    let (domain, login, email) = (text("domain"), text("login"), text("email"));
    let (client_id, secret) = (text("client_id"), text("secret"));
    let partner = Partner {
        domain: &domain,
        issuer: provider.issuer.clone(),
        client_id: &client_id,
        secret: &secret,
        email: &email,
    };
    let mut console = bring_on(signed_in(&world).await, &partner, false).await;

    // Somebody signs in at the provider with the route that is not saved.
    console.keys("<Enter>").await;
    says(&console, "Nobody has signed in there yet");
    console.keys("<Enter>").await;
    assert_eq!(console.console.app.place(), Place::FlowLab, "{}", console.text());
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let browser = world.browser();
    browser.goto(&console.browser.all().pop().unwrap()).await;
    provider.allow_as(&browser, &login).await;
    let page = browser.read("Invalid state").await;
    console.tell(Msg::Pasted(page.url)).await;
    console.keys("<Enter>").await;
    console.until_any(&["It works", "It fails"]).await;
    says(&console, "It works");
    console.keys("<Esc>").await;
    says(&console, "signs in as Eve Hart");

    // Whom it meets, and the route.
    console.keys("<Enter><Enter>").await;
    says(&console, "are sent to the password page today");
    console.keys("<Enter>").await;
    says(&console, "Tested and not written");
    console.keys("<Enter>").await;
    says(&console, "Add a domain route");
    console.keys("partner contract 12").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    if console.text().contains(&format!("type {domain}")) {
        console.keys(&format!("{domain}<Enter>")).await;
    }
    console.until("applied").await;
    console.keys("<Enter>").await;
    says(&console, "the route is there");

    // She comes in by the platform's own page, and that is seen.
    let browser = world.browser();
    let mut flow = to_the_provider(&world, &browser, &email).await;
    provider.allow_as(&browser, &login).await;
    browser.read("idconsole has the answer").await;
    end(&mut flow).await.unwrap();
    console.keys("<Enter>").await;
    says(&console, "See whether the first people come in");
    console.keys("<Enter>").await;
    says(&console, &format!("{email} came in"));
    says(&console, "10 of 10");
}
