//! Our own pages as a person meets them: those of the embedded platform, and the one on which a browser sign-in ends.
//! Each leaves a picture in `target/real/pictures`, light, dark and narrow, for people to look at.

use idconsole::demo::{PASSWORD, Running, totp};

use super::chromium::{Chromium, Page};
use super::world::World;
use crate::auth::support::{opened, query};
use crate::demo::demonstration;

const REDIRECT: &str = "http://127.0.0.1:9615/callback";

struct Desk {
    running: Running,
    browser: Chromium,
}

impl Desk {
    /// A platform of its own, and a person at its first page.
    async fn new() -> Self {
        let desk = Self { running: demonstration(&[]), browser: World::here().browser() };
        let client = desk.running.facts.as_ref().unwrap().client_id.clone();
        desk.begin(&client, REDIRECT).await;
        desk
    }

    async fn begin(&self, client: &str, redirect: &str) {
        let address = url::Url::parse_with_params(
            &format!("{}oauth2/authorize", self.running.base_url),
            [
                ("client_id", client),
                ("redirect_uri", redirect),
                ("response_type", "code"),
                ("scope", "openid"),
                ("state", "the state"),
                ("code_challenge", "EReDh_24WmdQUZ19mnoSK8g3lqBslyQ2NJFujOTuIH8"),
                ("code_challenge_method", "S256"),
            ],
        );
        self.browser.hold(redirect).await;
        self.browser.goto(address.unwrap().as_str()).await;
    }

    /// By keys alone, as whoever signs in every day does.
    async fn password(&self, email: &str, password: &str) {
        self.browser.fill("input[name=email]", email).await;
        self.browser.press("Enter").await;
        self.browser.fill("input[name=password]", password).await;
        self.browser.press("Enter").await;
    }

    /// Waits for a page, keeps its picture, and holds it to what holds for all.
    async fn page(&self, text: &str, picture: &str) -> Page {
        let page = self.browser.read(text).await;
        self.browser.picture(picture).await;
        sound(&page);
        page
    }

    fn code(&self, key: &str) -> String {
        totp::code(key, self.running.state.clock.now_seconds()).unwrap()
    }
}

/// No page keeps anything in the browser's store, sends its address on, or breaks its own rules.
fn sound(page: &Page) {
    assert!(page.headers["cache-control"].contains("no-store"), "{:?}", page.headers);
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert!(page.headers["content-security-policy"].contains("default-src 'none'"));
    assert_eq!(page.complaints, Vec::<String>::new());
    assert!(!page.title.is_empty());
}

#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_wrong_password_is_told_on_the_page_and_the_right_one_goes_back_with_code_and_state() {
    let desk = Desk::new().await;
    let admin = desk.running.facts.as_ref().unwrap().project_admin.clone();
    desk.page("E-mail", "platform-email").await;
    desk.password(&admin.email, "not the password").await;
    let page = desk.page("Email or password is invalid", "platform-password-wrong").await;
    assert!(!page.html.contains("not the password"));
    assert_eq!(desk.browser.value("input[name=email]").await, admin.email);
    desk.browser.fill("input[name=password]", &admin.password).await;
    desk.browser.picture("platform-password").await;
    desk.browser.press("Enter").await;
    let answer = desk.browser.caught().await;
    assert_eq!(query(&answer, "state"), "the state");
    assert!(!query(&answer, "code").is_empty());
}

#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn cancelling_goes_back_with_access_denied() {
    let desk = Desk::new().await;
    desk.browser.click("text=Cancel").await;
    assert_eq!(query(&desk.browser.caught().await, "error"), "access_denied");
}

#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn a_factor_is_set_up_with_the_key_on_the_page_and_asked_for_at_the_next_sign_in() {
    let desk = Desk::new().await;
    desk.password("theo.marsh@post.example", PASSWORD).await;
    let page = desk.page("A second factor is required", "platform-enrol").await;
    let key = page.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(page.html.contains("data:image/"), "no picture to scan");
    desk.browser.fill("input[name=token]", &desk.code(&key)).await;
    desk.browser.press("Enter").await;
    assert!(!query(&desk.browser.caught().await, "code").is_empty());

    let other = Desk { browser: World::here().browser(), ..desk };
    let client = other.running.facts.as_ref().unwrap().client_id.clone();
    other.begin(&client, REDIRECT).await;
    other.password("theo.marsh@post.example", PASSWORD).await;
    other.page("Code of your second factor", "platform-factor").await;
    other.browser.fill("input[name=token]", "000").await;
    other.browser.press("Enter").await;
    other.page("Invalid MFA token", "platform-factor-wrong").await;
    other.browser.fill("input[name=token]", &other.code(&key)).await;
    other.browser.press("Enter").await;
    assert!(!query(&other.browser.caught().await, "code").is_empty());
}

#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn who_belongs_to_several_projects_chooses_one() {
    let desk = Desk::new().await;
    {
        let mut store = desk.running.state.write();
        let known = store.find_by("User", "email", "dana.cruz@post.example").remove(0);
        let mut jane = store.find_by("User", "email", "jsmith@clinic.example").remove(0);
        jane["passwordHash"] = known["passwordHash"].clone();
        store.system_update(jane).unwrap();
        // Her domain signs in elsewhere; without the route she is asked for the password.
        for route in store.find_by("DomainConfiguration", "domain", "clinic.example") {
            let mut route = route;
            route.as_object_mut().unwrap().remove("identityProvider");
            store.system_update(route).unwrap();
        }
    }
    // A client of no project, so that none is chosen by it.
    desk.begin("medplum-cli", "http://localhost:9615").await;
    desk.password("jsmith@clinic.example", PASSWORD).await;
    let page = desk.page("Sign in as", "platform-membership").await;
    assert!(page.text.contains("Clinic Demo") && page.text.contains("Harbour"), "{}", page.text);
    desk.browser.click("text=Harbour").await;
    desk.browser.click("text=Go on").await;
    assert!(!query(&desk.browser.caught().await, "code").is_empty());
}

#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_other_pages_are_as_calm() {
    let desk = Desk::new().await;
    let (app, base) = (desk.running.app_url.clone(), desk.running.base_url.clone());
    desk.browser.goto(&format!("{app}device?user_code=WDJB-MJHT")).await;
    desk.page("code that the device shows", "platform-device").await;
    desk.browser.goto(&format!("{app}setpassword/a/b")).await;
    desk.page("New password", "platform-set-password").await;
    desk.browser.goto(&app).await;
    desk.page("embedded platform", "platform-start").await;
    let idp = url::Url::parse_with_params(
        &format!("{base}idp/authorize"),
        [
            ("client_id", "idconsole"),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", "EReDh_24WmdQUZ19mnoSK8g3lqBslyQ2NJFujOTuIH8"),
            ("code_challenge_method", "S256"),
        ],
    );
    desk.browser.goto(idp.unwrap().as_str()).await;
    desk.page("Work e-mail", "platform-idp").await;
}

// L9
#[tokio::test]
#[ignore = "needs tests/real/run"]
async fn the_loopback_page_is_static_for_an_answer_and_for_anything_else() {
    use super::waiting::patient;
    use super::world::Made::Plain;
    use idconsole::auth::start;
    use idconsole::config::Method;
    let world = World::here();
    let browser = world.browser();
    let mut flow = start(world.provider(Plain).sign_in(Method::Browser), patient());
    let url = opened(&mut flow).await;
    let (redirect, state) = (query(&url, "redirect_uri"), query(&url, "state"));
    let hostile = "<script>document.title='taken over'</script>";
    let mut address: url::Url = redirect.parse().unwrap();
    address.query_pairs_mut().extend_pairs([("code", hostile), ("state", "a guess")]);
    let ignored = browser.goto(address.as_str()).await;
    browser.picture("loopback-ignored").await;
    sound(&ignored);
    address.query_pairs_mut().clear().extend_pairs([("error", hostile), ("state", state.as_str())]);
    let taken = browser.goto(address.as_str()).await;
    browser.picture("loopback-taken").await;
    sound(&taken);
    for page in [ignored, taken] {
        assert!(!page.html.contains("taken over") && page.title == "idconsole", "{}", page.html);
    }
}
