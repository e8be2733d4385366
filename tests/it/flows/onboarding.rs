//! Bringing a partner on by keys, over HTTP: from nothing to the first sign-in, left and taken up again after every step.

use idconsole::console::Msg;
use idconsole::console::screens::Place;
use idconsole::demo::Running;
use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT, PASSWORD};

use super::email_change::{says, signed_in};
use crate::demo::browser::{Browser, Place as Page};
use crate::demo::demonstration;
use crate::harness::Harness;

/// The partner: people with an account here and one at the provider.
pub struct Partner<'a> {
    pub domain: &'a str,
    /// What the provider calls itself.
    pub issuer: String,
    pub client_id: &'a str,
    pub secret: &'a str,
    /// Somebody who signs in there.
    pub email: &'a str,
}

/// A partner whose people sign in here by password: the provider knows one of them.
pub fn partner(running: &Running) -> Partner<'static> {
    running.provider.rename("partner|WENDYWU", "robin.okoye@ops.clinic.example");
    Partner {
        domain: "ops.clinic.example",
        issuer: format!("{}idp", running.base_url),
        client_id: PARTNER_CLIENT,
        secret: CLIENT_SECRET,
        email: "robin.okoye@ops.clinic.example",
    }
}

/// Everything under a folder, as text.
fn everything(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&everything(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    text
}

/// The process dies and a new one is opened: the same partner at the same step, and no secret on disk.
async fn killed(console: Harness, partner: &Partner<'_>, step: &str) -> Harness {
    let mut console = console.killed_and_started();
    console.until("Members").await;
    console.settle().await;
    console.keys("gp").await;
    says(&console, partner.domain);
    console.keys("<Enter>").await;
    assert!(console.text().contains(step), "not at `{step}`:\n{}", console.text());
    assert!(!everything(console.folder.path()).contains(partner.secret), "no secret is on disk");
    console
}

/// Signs in at the provider's page; the address on which the browser ends.
async fn at_idp(running: &Running, address: &str, email: &str) -> String {
    let browser = Browser::new(&running.base_url);
    let page = browser.open(address).await;
    let place = browser.submit(&page, &[("email", email), ("password", PASSWORD), ("action", "allow")]).await;
    match place {
        Page::Page { url, .. } => url.to_string(),
        other @ Page::Away(_) => panic!("{other:?}"),
    }
}

/// From nothing to a route that is ready to be written; the console is killed after every step when `kill` says so.
/// Addresses are the partner's, so that a real provider does as well.
pub async fn bring_on(mut console: Harness, partner: &Partner<'_>, kill: bool) -> Harness {
    console.keys("gp").await;
    says(&console, "No partner is being brought onto");
    console.keys(&format!("n{}<Enter>", partner.domain)).await;
    says(&console, "Say what the partner signs in with");
    if kill {
        console = killed(console, partner, "Say what the partner signs in with").await;
    }
    // Another OpenID Connect provider is the last one of the choices.
    console.keys("<Enter><Left><Tab>").await;
    console.tell(Msg::Pasted(partner.issuer.clone())).await;
    console.keys("<Enter>").await;
    says(&console, "has to be asked for its addresses");
    if kill {
        console = killed(console, partner, "has to be asked for its addresses").await;
    }
    console.keys("<Enter>").await;
    says(&console, "What it says about itself");
    says(&console, "next step");
    console.keys("<Enter>").await;
    says(&console, "Say whom the partner's people can ask here");
    if kill {
        console = killed(console, partner, "Say whom the partner's people can ask here").await;
    }
    console.keys("<Enter>it@clinic.example<Enter>").await;
    says(&console, "Copy the text or write it to a file");
    console.keys("<Enter>").await;
    let copied = console.clipboard.all().pop().unwrap();
    assert!(copied.contains("auth/external") && copied.contains("it@clinic.example"), "{copied}");
    says(&console, "taken along to clipboard");
    if kill {
        console = killed(console, partner, "taken along to clipboard").await;
    }
    console.keys("<Enter>").await;
    says(&console, "The client id is missing");
    console.keys(&format!("<Enter>{}<Tab><Tab>{}<Enter>", partner.client_id, partner.secret)).await;
    says(&console, "typed; held in memory");
    assert!(!console.text().contains(partner.secret), "{}", console.text());
    if kill {
        console = killed(console, partner, &format!("client id {}", partner.client_id)).await;
        says(&console, "not typed; it is asked for");
    }
    console.keys("<Enter>").await;
    says(&console, "Nothing has been tested");
    if kill {
        // The secret is asked for again.
        console.keys(&format!("<Enter>{}<Enter>", partner.secret)).await;
    } else {
        console.keys("<Enter>").await;
    }
    says(&console, "passed");
    if kill {
        console = killed(console, partner, "passed").await;
    }
    console
}

// Domain routing, the seven steps and the platform's own page: platform-api §10.2, §11
#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_brings_a_partner_on_from_nothing_to_the_first_sign_in_killed_after_every_step() {
    let running = demonstration(&[]);
    let partner = partner(&running);
    let console = signed_in(&running, true, 120, 40).await;
    let mut console = bring_on(console, &partner, true).await;

    // A test sign-in in the flow lab, with the route that is not saved.
    console.keys("<Enter>").await;
    says(&console, "Nobody has signed in there yet");
    console.keys("<Enter>").await;
    assert_eq!(console.console.app.place(), Place::FlowLab, "{}", console.text());
    console.keys("<Enter>").await;
    console.until_any(&["The secret of client", "paste the address"]).await;
    if !console.text().contains("paste the address") {
        console.keys(&format!("{}<Enter>", partner.secret)).await;
        console.until("paste the address").await;
    }
    let address = console.browser.all().pop().unwrap();
    let back = at_idp(&running, &address, partner.email).await;
    console.tell(Msg::Pasted(back)).await;
    console.keys("<Enter>").await;
    console.until_any(&["It works", "It fails"]).await;
    says(&console, "It works");
    console.keys("<Esc>").await;
    assert_eq!(console.console.app.place(), Place::Onboarding, "{}", console.text());
    says(&console, "signs in as Robin Okoye");
    console = killed(console, &partner, "signs in as Robin Okoye").await;

    console.keys("<Enter><Enter>").await;
    says(&console, "Addresses of ops.clinic.example are sent to the password page today");
    says(&console, "can go past");
    console = killed(console, &partner, "3 members").await;
    console.keys("<Enter>").await;
    says(&console, "Tested and not written");
    console.keys(&format!("<Enter>{}<Enter>", partner.secret)).await;
    says(&console, "Add a domain route");
    console.keys("partner contract 12").await;
    while console.text().contains("read on") {
        console.keys("<Enter>").await;
    }
    console.keys("<Enter>").await;
    if console.text().contains("type ops.clinic.example") {
        console.keys(&format!("{}<Enter>", partner.domain)).await;
    }
    console.until("applied").await;
    console.keys("<Enter>").await;
    says(&console, "the route is there");
    console = killed(console, &partner, "the route is there").await;
    let stored = running.state.read().find_by("DomainConfiguration", "domain", partner.domain);
    assert_eq!(stored[0]["identityProvider"]["clientSecret"], partner.secret);

    // Robin signs in on the platform's own page and is seen to.
    console.keys("<Enter>").await;
    says(&console, "See whether the first people come in");
    console.keys("<Enter>").await;
    says(&console, "Nobody has come in by the provider yet");
    first_sign_in(&running, partner.email).await;
    console.keys("<Enter>").await;
    says(&console, "robin.okoye@ops.clinic.example came in");
    says(&console, "10 of 10");
    assert!(!everything(console.folder.path()).contains(partner.secret));
}

/// The page asks where the address is sent, and the provider's answer comes back to the platform.
async fn first_sign_in(running: &Running, email: &str) {
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let asked: serde_json::Value = http
        .post(format!("{}auth/method", running.base_url))
        .json(&serde_json::json!({ "email": email }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let domain = email.split('@').nth(1).unwrap();
    let state = serde_json::json!({"domain": domain, "scope": "openid",
        "codeChallenge": "f7RrRCQx7BkueUW5IYs38HRaWQS2LJeoWcuyTZmjQeQ", "codeChallengeMethod": "S256"});
    let mut address: url::Url = asked["authorizeUrl"].as_str().unwrap().parse().unwrap();
    address.query_pairs_mut().append_pair("state", &state.to_string());
    let browser = Browser::new(&running.base_url);
    let page = browser.open(address.as_str()).await;
    let _ = browser.submit(&page, &[("email", email), ("password", PASSWORD), ("action", "allow")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_admin_brings_a_partner_on_as_far_as_a_request_that_a_super_admin_opens() {
    let running = demonstration(&[]);
    let partner = partner(&running);
    let mut console = bring_on(signed_in(&running, false, 120, 40).await, &partner, false).await;
    // Without a test sign-in, for a reason.
    console.keys("<Enter>xnobody has time before Monday<Enter>").await;
    says(&console, "left out: nobody has time before Monday");
    console.keys("<Enter><Enter>").await;
    says(&console, "3 members");
    console.keys("<Enter>").await;
    let file = console.folder.path().join("request.json");
    console.keys("<Enter>ticket 4711<Tab><Ctrl-u>").await;
    console.tell(Msg::Pasted(file.display().to_string())).await;
    console.keys("<Enter>").await;
    says(&console, "asked for with");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(partner.secret) && text.contains("ticket 4711"));

    let mut other = signed_in(&running, true, 120, 40).await;
    other.keys("4x").await;
    other.tell(Msg::Pasted(file.display().to_string())).await;
    other.keys(&format!("<Tab>{}<Enter>", partner.secret)).await;
    says(&other, "Pat Admin");
    says(&other, "ticket 4711");
    says(&other, "Different from what the request says");
    other.keys("<Enter>").await;
    says(&other, "Add a domain route");
    while other.text().contains("read on") {
        other.keys("<Enter>").await;
    }
    other.keys("<Enter>").await;
    other.until("applied").await;
    let stored = running.state.read().find_by("DomainConfiguration", "domain", partner.domain);
    assert_eq!(stored.len(), 1);

    // Whoever asked sees that it is there, and what cannot be seen.
    console.keys("<Enter><Enter>").await;
    says(&console, "super admins only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_read_is_named_in_the_list_and_can_be_set_aside() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, false, 100, 24).await;
    console.keys("gpnpartner.example<Enter><Esc>").await;
    let folder = console.folder.path().join("data/onboarding");
    let folder = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let path = folder.join("partner.example.json");
    std::fs::write(&path, "{\"domain\": \"partner.example\"}").unwrap();
    console.keys("R").await;
    says(&console, "older idconsole");
    console.keys("<Enter>").await;
    says(&console, "older idconsole");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"domain\": \"partner.example\"}");
    console.keys("S").await;
    says(&console, "Say what the partner signs in with");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2, "the old one is kept beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_route_meets_is_seen_filtered_and_exported_from_the_domains() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("4/lab.example<Enter>").await;
    console.until("lab.example").await;
    console.keys("i").await;
    says(&console, "Whom it meets");
    says(&console, "For addresses of lab.example nothing changes");
    console.keys("t").await;
    says(&console, "are sent to localhost today, and to the password page then");
    says(&console, "will not get in any more");
    says(&console, "Rui Lopes");
    console.keys("<Right>").await;
    let file = console.folder.path().join("impact.json");
    console.keys("E<Ctrl-u>").await;
    console.tell(Msg::Pasted(file.display().to_string())).await;
    console.keys("<Tab><Right><Enter>").await;
    let rows: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(rows.as_array().unwrap().iter().all(|row| row["effect"] == "breaks"), "{rows}");
    console.keys("<Enter>").await;
    assert_eq!(console.console.app.place(), Place::Members, "{}", console.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_route_says_whom_it_meets_and_shows_them_one_by_one() {
    let running = demonstration(&[]);
    let mut console = signed_in(&running, true, 120, 40).await;
    console.keys("4/lab.example<Enter>").await;
    console.keys("D").await;
    says(&console, "will not get in any more");
    console.keys("<Ctrl-t>").await;
    says(&console, "Whom it meets");
    says(&console, "Rui Lopes");
    console.keys("<Esc>").await;
    says(&console, "Remove a domain route");
}
