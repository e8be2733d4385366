//! The flow lab by keys, over HTTP, with a person at the pages.

use idconsole::console::Msg;
use idconsole::console::screens::Place;
use idconsole::demo::Running;
use idconsole::demo::idp::PASSWORD;
use serde_json::json;

use super::email_change::{says, signed_in};
use crate::auth::support::{free_ports, visit};
use crate::demo::browser::{Browser, Place as Page};
use crate::demo::demonstration;
use crate::harness::Harness;

/// Signs in at the identity provider's page; where the browser ends.
async fn at_idp(running: &Running, address: &str, email: &str) -> Page {
    let browser = Browser::new(&running.base_url);
    let page = browser.open(address).await;
    browser.submit(&page, &[("email", email), ("password", PASSWORD), ("action", "allow")]).await
}

/// The address that the console last opened in the browser.
fn opened(console: &Harness) -> String {
    console.browser.all().pop().unwrap_or_else(|| panic!("nothing opened:\n{}", console.text()))
}

/// The client application that the console's form offers first has a free port to return to.
fn free_redirects(running: &Running, name: &str) {
    let client = running.state.read().find_by("ClientApplication", "name", name).remove(0);
    let mut client = client;
    client["redirectUris"] = json!([format!("http://127.0.0.1:{}/callback", free_ports(1)[0])]);
    running.state.write().update(client, &idconsole::demo::store::Author::system()).unwrap();
}

fn tells_no_secret(console: &Harness) {
    let text = console.text();
    for secret in ["eyJ", "provider-secret-1"] {
        assert!(!text.contains(secret), "{text}");
    }
    for copied in console.clipboard.all() {
        assert!(!copied.contains("eyJ"), "{copied}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_tries_a_saved_route_and_a_refused_person_is_explained() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("gb").await;
    assert_eq!(console.console.app.place(), Place::FlowLab);
    // Three-legged is offered first; one to the left is the test sign-in.
    console.keys("<Left><Tab>").await;
    for _ in 0..8 {
        if console.text().contains("route partner.example") {
            break;
        }
        console.keys("<Right>").await;
    }
    says(&console, "route partner.example");
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let place = at_idp(&running, &opened(&console), "wendy.wu@partner.example").await;
    let Page::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted("https://elsewhere.example/x".to_owned())).await;
    console.keys("<Enter>").await;
    console.until("An answer was ignored").await;
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("It works: every step holds.").await;
    says(&console, "signs in as Wendy Wu");
    says(&console, "signed by localhost");
    tells_no_secret(&console);
    // The same once more, with somebody whom the route cannot let in.
    console.keys("R").await;
    console.until("paste the address").await;
    let place = at_idp(&running, &opened(&console), "paul.moreau@partner.example").await;
    let Page::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("It fails at step 8").await;
    says(&console, "User not found");
    console.keys("y").await;
    assert!(console.clipboard.all().pop().unwrap().contains("Test sign-in at the identity provider"));
    tells_no_secret(&console);
}

// L1, L3, L4, R1
#[tokio::test(flavor = "multi_thread")]
async fn a_project_admin_goes_the_seven_steps_looks_at_each_and_ends_the_test_session() {
    let running = demonstration(&[]);
    free_redirects(&running, "Ward Rota");
    let mut console = signed_in(&running, false, 80, 24).await;
    console.keys("gb<Tab>").await;
    for _ in 0..12 {
        if console.text().contains("Ward Rota") {
            break;
        }
        console.keys("<Right>").await;
    }
    says(&console, "Ward Rota");
    console.keys("<Tab>omar.haddad@clinic.example<Enter>").await;
    console.until("Waiting for the browser").await;
    console.keys("y").await;
    assert_eq!(console.clipboard.all().pop(), Some(opened(&console)));
    console.keys("o").await;
    assert_eq!(console.browser.all().len(), 2, "opened once more");
    let Page::Away(back) = at_idp(&running, &opened(&console), "omar.haddad@clinic.example").await else {
        panic!("still on a page")
    };
    assert_eq!(visit(back.as_str()).await.unwrap().0, 200);
    console.until("It works: every step holds.").await;
    says(&console, "The test session is signed in");
    for _ in 0..6 {
        console.keys("<Up>").await;
    }
    says(&console, "Accepted: client Ward Rota");
    for _ in 0..20 {
        if console.text().contains("code_challenge_method") {
            break;
        }
        console.keys("<PageDown>").await;
    }
    says(&console, "code_challenge_method");
    tells_no_secret(&console);
    let live = |running: &Running| {
        let state = running.state.read();
        let omar = state.find_by("User", "email", "omar.haddad@clinic.example").remove(0);
        let logins = state.find_by("Login", "user", &format!("User/{}", omar["id"].as_str().unwrap()));
        logins.iter().filter(|login| login["revoked"] != true).count()
    };
    assert_eq!(live(&running), 1);
    console.keys("x").await;
    console.until("signed the test session out").await;
    assert_eq!(live(&running), 0);
    // R1: whoever tried it is still signed in.
    console.keys("2/jane smith<Enter>").await;
    console.until("Jane Smith").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_person_ends_on_a_page_whose_words_are_pasted_and_esc_stops_a_run() {
    let running = demonstration(&[]);
    free_redirects(&running, "Ward Rota");
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("gb<Tab>").await;
    for _ in 0..12 {
        if console.text().contains("Ward Rota") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Tab>jane.smith@clinic.example<Enter>").await;
    console.until("Waiting for the browser").await;
    let place = at_idp(&running, &opened(&console), "jane.smith@clinic.example").await;
    console.keys("p").await;
    console.tell(Msg::Pasted(place.html().to_owned())).await;
    console.keys("<Enter>").await;
    console.until("It fails at step 5").await;
    says(&console, "The platform says “User not found”");
    says(&console, "As the doctor expected");
    console.keys("R").await;
    console.until("Waiting for the browser").await;
    console.keys("<Esc>").await;
    console.until("Stopped. Nothing was kept.").await;
    // The line for pasting is left by Esc without stopping the run.
    console.keys("R").await;
    console.until("Waiting for the browser").await;
    console.keys("p<Esc>").await;
    says(&console, "Waiting for the browser");
    console.keys("<Esc>").await;
    console.until("Stopped.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_domains_a_saved_route_is_tried_and_esc_returns_there() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("4/partner<Enter>s").await;
    assert_eq!(console.console.app.place(), Place::FlowLab);
    says(&console, "route partner.example");
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let place = at_idp(&running, &opened(&console), "wendy.wu@partner.example").await;
    let Page::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("signs in as Wendy Wu").await;
    console.keys("<Esc>").await;
    assert_eq!(console.console.app.place(), Place::Domains);
}

// S2
#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_tried_as_it_stands_in_its_form_and_goes_on_there() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 44).await;
    let issuer = running.provider.issuer().to_owned();
    console.keys("4a").await;
    // The issuer is left empty: every address is typed.
    console.keys("clinic.example<Tab><Tab>").await;
    for part in ["authorize", "token", "userinfo"] {
        console.keys(&format!("{issuer}/{part}<Tab>")).await;
    }
    console.keys("partner-platform<Tab>provider-secret-1<Ctrl-s>").await;
    assert_eq!(console.console.app.place(), Place::FlowLab);
    says(&console, "clinic.example, not saved");
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let place = at_idp(&running, &opened(&console), "omar.haddad@clinic.example").await;
    let Page::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("signs in as Omar Haddad").await;
    tells_no_secret(&console);
    console.keys("<Esc>").await;
    says(&console, "Domain route");
    says(&console, "The client secret is typed again");
    says(&console, &format!("{issuer}/token"));
    let saved = running.state.read().find_by("DomainConfiguration", "domain", "clinic.example");
    assert!(saved.is_empty(), "nothing is written by a test");
}

// X1
#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_test_sign_in_is_exchanged_and_both_stand_side_by_side() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("gb<Left><Tab>").await;
    for _ in 0..12 {
        if console.text().contains("client Ward Rota") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Enter>").await;
    console.until("paste the address").await;
    let place = at_idp(&running, &opened(&console), "omar.haddad@clinic.example").await;
    let Page::Page { url, .. } = place else { panic!("{place:?}") };
    console.tell(Msg::Pasted(url.to_string())).await;
    console.keys("<Enter>").await;
    console.until("It works").await;
    console.keys("i").await;
    says(&console, "Try a sign-in");
    // From the test sign-in to the exchange, its client, and the token that is held.
    console.keys("<Shift-Tab>").await;
    for _ in 0..4 {
        if console.text().contains("Token exchange") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Tab>").await;
    for _ in 0..12 {
        if console.text().contains("Ward Rota") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Tab>").await;
    for _ in 0..3 {
        if console.text().contains("the token of the run before") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Enter>").await;
    console.until("It works: every step holds.").await;
    says(&console, "Side by side");
    says(&console, "platform: access token");
    says(&console, "is opaque: nothing can be read in it");
    tells_no_secret(&console);
}

// D6, D7
#[tokio::test(flavor = "multi_thread")]
async fn a_device_sign_in_shows_its_code_and_every_question() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 80, 24).await;
    console.keys("gb<Right><Right>").await;
    says(&console, "Device sign-in");
    console.keys("<Tab>").await;
    for _ in 0..12 {
        if console.text().contains("idconsole  ") {
            break;
        }
        console.keys("<Right>").await;
    }
    console.keys("<Enter>").await;
    console.until("check that it shows").await;
    says(&console, "Only continue if you started this sign-in just now");
    console.keys("y").await;
    let address = console.clipboard.all().pop().unwrap();
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let browser = Browser::new(&running.base_url);
    let place = browser.open(&address).await;
    assert!(console.text().contains(&place.field("user_code")), "{}", console.text());
    let place = browser.submit(&place, &[]).await;
    let place = browser.submit(&place, &[("email", &admin.email)]).await;
    browser.submit(&place, &[("password", &admin.password)]).await;
    console.until("It works: every step holds.").await;
    tells_no_secret(&console);
}
