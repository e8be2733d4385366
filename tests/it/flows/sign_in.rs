//! Signing in from the console by every method, against the embedded platform.

use idconsole::config::addresses;
use idconsole::console::screens::Place;
use idconsole::console::{Look, World};
use idconsole::demo::{Running, totp};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::demo::browser::Browser;
use crate::demo::demonstration;
use crate::harness::Harness;

/// One connection of this method, its client as the seeded tenant has it.
fn config(running: &Running, method: &str, more: &str) -> String {
    format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"{method}\"\nstore = \"file\"\n{more}\n",
        running.base_url
    )
}

fn own_client(running: &Running) -> String {
    format!("client_id = \"{}\"", running.facts.as_ref().unwrap().client_id)
}

async fn console(config: &str) -> Harness {
    console_with(config, |world| world).await
}

async fn console_with(config: &str, change: impl FnOnce(World) -> World) -> Harness {
    let look = Look::default();
    let mut console = Harness::start_now(100, 40, look, config, change);
    console.settle().await;
    console
}

fn is_in(console: &Harness) {
    assert_eq!(console.console.app.place(), Place::Members, "{}", console.text());
}

/// The address that the screen copies for the browser.
async fn page(console: &mut Harness, key: &str) -> String {
    console.keys(key).await;
    console.clipboard.all().pop().unwrap_or_else(|| panic!("nothing copied:\n{}", console.text()))
}

#[tokio::test(flavor = "multi_thread")]
async fn directly_with_email_and_password() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let mut console = console(&config(&running, "direct", "")).await;
    console.keys("<Enter>").await;
    console.keys(&format!("{}<Tab>not it 123<Enter>", admin.email)).await;
    assert!(console.text().contains("Email or password is invalid"), "{}", console.text());
    console.keys(&format!("{}<Enter>", admin.password)).await;
    // Pat belongs to one project only, or chooses.
    if console.text().contains("Which one") {
        console.keys("<Enter>").await;
    }
    is_in(&console);
    let text = console.text();
    assert!(text.contains("Pat Admin · project admin"), "{text}");
    // S2: nothing secret stands on the screen or in what is kept readable.
    assert!(!text.contains(&admin.password));
}

#[tokio::test(flavor = "multi_thread")]
async fn directly_with_a_second_factor() {
    let running = demonstration(&[]);
    let carla = running.state.read().find_by("User", "email", "carla.diaz@post.example").remove(0);
    let project = format!("project = \"{}\"", running.facts.as_ref().unwrap().project_id);
    let mut console = console(&config(&running, "direct", &project)).await;
    console.keys("<Enter>").await;
    console.keys(&format!("carla.diaz@post.example<Tab>{}<Enter>", idconsole::demo::PASSWORD)).await;
    assert!(console.text().contains("authenticator app"), "{}", console.text());
    console.keys("000000<Enter>").await;
    assert!(console.text().contains("Invalid MFA token"), "{}", console.text());
    let code = totp::code(carla["mfaSecret"].as_str().unwrap(), running.state.clock.now_seconds()).unwrap();
    console.keys(&format!("{code}<Enter>")).await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_browser_on_this_machine() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let mut console = console(&config(&running, "browser", &own_client(&running))).await;
    let address = loop {
        console.keys("<Enter>").await;
        console.until_any(&["Waiting for the browser", "in use"]).await;
        match console.browser.all().pop() {
            Some(address) => break address,
            // Another test has the registered ports (L2); its sign-in is over in a moment.
            None => drop(console.keys("<Enter>").await),
        }
    };
    let browser = Browser::new(&running.base_url);
    let place = browser.open(&address).await;
    let place = browser.submit(&place, &[("email", &admin.email)]).await;
    let place = browser.submit(&place, &[("password", &admin.password)]).await;
    let crate::demo::browser::Place::Away(back) = place else { panic!("{place:?}") };
    reqwest::get(back).await.unwrap();
    console.until("Pat Admin").await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_pasting_back_what_a_browser_elsewhere_ends_on() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let mut console = console(&config(&running, "paste", &own_client(&running))).await;
    console.keys("<Enter>").await;
    let address = page(&mut console, "<Ctrl-y>").await;
    let browser = Browser::new(&running.base_url);
    let place = browser.open(&address).await;
    let place = browser.submit(&place, &[("email", &admin.email)]).await;
    let place = browser.submit(&place, &[("password", &admin.password)]).await;
    let crate::demo::browser::Place::Away(back) = place else { panic!("{place:?}") };
    console.tell(idconsole::console::Msg::Pasted(back.to_string())).await;
    console.keys("<Enter>").await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_code_on_another_device() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let mut console = console(&config(&running, "device", &own_client(&running))).await;
    console.keys("<Enter>").await;
    console.until("check that it shows").await;
    let address = page(&mut console, "y").await;
    let browser = Browser::new(&running.base_url);
    let place = browser.open(&address).await;
    // D6: what the device shows is what the console shows.
    assert!(console.text().contains(&place.field("user_code")), "{}", console.text());
    let place = browser.submit(&place, &[]).await;
    let place = browser.submit(&place, &[("email", &admin.email)]).await;
    browser.submit(&place, &[("password", &admin.password)]).await;
    console.until("Pat Admin").await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_code_at_the_identity_provider_and_an_exchange() {
    let running = demonstration(&[]);
    let facts = running.facts.clone().unwrap();
    let more = format!(
        "client_id = \"{}\"\nidp = {{ issuer = \"{}\", client_id = \"{}\" }}",
        facts.portal_client_id,
        running.provider.issuer(),
        idconsole::demo::idp::CONSOLE_CLIENT
    );
    let mut console = console(&config(&running, "device-exchange", &more)).await;
    console.keys("<Enter>").await;
    console.until("check that it shows").await;
    let address = page(&mut console, "y").await;
    let browser = Browser::new(&running.base_url);
    let place = browser.open(&address).await;
    let account = [("email", "mia.rossi@clinic.example"), ("password", idconsole::demo::idp::PASSWORD)];
    browser.submit(&place, &account).await;
    console.until("Mia Rossi · member").await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_client_with_its_secret() {
    let running = demonstration(&[]);
    let service = running.facts.as_ref().unwrap().service.clone();
    let client = format!("client_id = \"{}\"", service.email);
    let mut console = console(&config(&running, "client-credentials", &client)).await;
    console.keys("<Enter>").await;
    console.keys(&format!("{}<Enter>", service.password)).await;
    is_in(&console);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_session_is_continued_without_asking_and_signing_out_ends_it() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let config = config(&running, "direct", &format!("email = \"{}\"", admin.email));
    let mut first = console(&config).await;
    first.keys(&format!("<Enter>{}<Enter>", admin.password)).await;
    is_in(&first);
    let paths = first.console.world().paths.clone();
    let same_place = |paths: idconsole::config::Paths| move |world| World { paths, ..world };
    let mut second = console_with(&config, same_place(paths.clone())).await;
    is_in(&second);
    second.keys("gx").await;
    assert_eq!(second.console.app.place(), Place::SignIn, "{}", second.text());
    assert!(second.text().contains("signed out"), "{}", second.text());
    let third = console_with(&config, same_place(paths)).await;
    assert_eq!(third.console.app.place(), Place::SignIn, "{}", third.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_leaves_nothing_behind() {
    let running = demonstration(&[]);
    let mut console = console(&config(&running, "device", &own_client(&running))).await;
    console.keys("<Enter>").await;
    console.until("check that it shows").await;
    console.keys("<Esc>").await;
    assert!(!console.text().contains("check that it shows"), "{}", console.text());
    // D8
    let kept = console.console.world().paths.secrets_dir();
    assert!(std::fs::read_dir(kept).map_or(true, |mut entries| entries.next().is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_platform_is_told_as_such() {
    let running = demonstration(&[]);
    let wrong =
        config(&running, "direct", "").replace(&running.base_url, &format!("{}app/", running.base_url));
    let mut console = console(&wrong).await;
    console.keys("<Enter>").await;
    assert!(console.text().contains("does not answer as a platform does"), "{}", console.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_renewed_by_signing_in_again_with_nothing_lost() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().super_admin.clone();
    // Super admins get no refresh token (platform-api §3.3).
    let mut console = console(&config(&running, "direct", &format!("email = \"{}\"", admin.email))).await;
    console.keys(&format!("<Enter>{}<Enter>", admin.password)).await;
    is_in(&console);
    console.keys("9").await;
    console.advance(SignedDuration::from_mins(56)).await;
    assert!(console.text().contains("ends soon"), "{}", console.text());
    console.keys(&format!("gs<Enter>{}<Enter>", admin.password)).await;
    assert_eq!(console.console.app.place(), Place::Journal, "{}", console.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_opens_signed_in() {
    use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
    use idconsole::console::runtime::Beginning;
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let base_url = BaseUrl::parse(&running.base_url).unwrap();
    let connection = Box::new(Connection::new("demo", base_url, Method::Direct, StoreKind::Memory));
    let beginning = Beginning::Given { connection, email: admin.email, password: admin.password.into() };
    let mut console = console_with("", |world| world.beginning(beginning)).await;
    is_in(&console);
    console.keep("demo");
    console.keys("/jane").await;
    assert!(console.text().contains("Jane Smith"), "{}", console.text());
}

/// As a script gets it (platform-api §3.5).
async fn token_of_the_admin(running: &Running) -> String {
    let facts = running.facts.as_ref().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let verifier = "verifier-of-this-test-0123456789-abcdefghijklmnop";
    let login = json!({
        "email": facts.project_admin.email, "password": facts.project_admin.password,
        "projectId": facts.project_id, "scope": "openid",
        "codeChallenge": verifier, "codeChallengeMethod": "plain",
    });
    let post = |path: &str| http.post(format!("{}{path}", running.base_url));
    let login: Value = post("auth/login").json(&login).send().await.unwrap().json().await.unwrap();
    let code = login["code"].as_str().unwrap();
    let form = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier)];
    let answer: Value = post("oauth2/token").form(&form).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_environment_is_used_without_a_question() {
    let running = demonstration(&[]);
    let token = token_of_the_admin(&running).await;
    let console = console_with("", |mut world| {
        world.environment.base_url = Some(running.base_url.clone());
        world.environment.access_token = Some(token.clone().into());
        world
    })
    .await;
    is_in(&console);
    assert!(console.text().contains("Pat Admin · project admin"), "{}", console.text());
    assert!(!console.text().contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_added_edited_and_removed() {
    let mut console = console("").await;
    console.keys("aclinic<Tab>api.clinic.example<Tab><Tab><Right><Right><Enter>").await;
    let file = console.console.world().paths.config_file();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("[connections.clinic]") && kept.contains("store = \"file\""), "{kept}");
    assert!(console.text().contains("saved connection clinic"), "{}", console.text());
    let addresses = addresses_of(&console, "clinic");
    console.keys("e<Ctrl-u>hospital<Enter>").await;
    assert!(!addresses.exists(), "addresses stay under a name that there is no more");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("hospital") && !kept.contains("connections.clinic]"), "{kept}");
    let addresses = addresses_of(&console, "hospital");
    console.keys("d<Enter>").await;
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains("hospital"), "{kept}");
    assert!(!addresses.exists(), "addresses of its members stay");
    assert!(console.text().contains("adds a connection"), "{}", console.text());
}

/// As a command leaves them that has read all members.
fn addresses_of(console: &Harness, connection: &str) -> std::path::PathBuf {
    let file = addresses::file(&console.console.world().paths, connection);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "jane@clinic.example\n").unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_for_completions_go_with_the_session() {
    let running = demonstration(&[]);
    let admin = running.facts.as_ref().unwrap().project_admin.clone();
    let project = format!("project = \"{}\"", running.facts.as_ref().unwrap().project_id);
    let mut console = console(&config(&running, "direct", &project)).await;
    console.keys(&format!("<Enter>{}<Tab>{}<Enter>", admin.email, admin.password)).await;
    is_in(&console);
    let (own, other) = (addresses_of(&console, "clinic"), addresses_of(&console, "other"));
    console.keys("gx").await.until("Sign in to").await;
    assert!(!own.exists() && other.exists(), "{}", console.text());
}
