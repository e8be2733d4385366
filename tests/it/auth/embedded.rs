//! Every way of signing in, against the embedded platform, its pages and its identity provider.

use std::fs::File;
use std::sync::Arc;

use idconsole::auth::{
    Answer, AuthError, Deps, Flow, FlowEvent, Note, OWN_CLIENT_REDIRECTS, Renewal, Session, SignIn, SignedIn,
    start,
};
use idconsole::config::{BaseUrl, Connection, Idp, Method, Paths, StoreKind};
use idconsole::demo::{self, Running, totp};
use idconsole::ports::SystemClock;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::support::{Remembering, all, end, opened, until, visit};
use crate::demo::browser::{Browser, Place};
use crate::demo::demonstration;

struct House {
    running: Running,
    browser: Browser,
    paths: Paths,
    _folder: tempfile::TempDir,
}

impl House {
    fn new(settings: &[&str]) -> Self {
        let running = demonstration(settings);
        let folder = tempfile::tempdir().unwrap();
        Self {
            browser: Browser::new(&running.base_url),
            paths: Paths::under(folder.path()),
            running,
            _folder: folder,
        }
    }

    fn facts(&self) -> &demo::Facts {
        self.running.facts.as_ref().unwrap()
    }

    fn connection(&self, method: Method) -> Connection {
        let base = BaseUrl::parse(&self.running.base_url).unwrap();
        let mut connection = Connection::new("demo", base, method, StoreKind::File);
        connection.client_id = Some(self.facts().client_id.clone());
        connection
    }

    /// Signs in at the pages as a person would; gives where the browser ends.
    async fn at_the_pages(&self, page: Place, (email, password): (&str, &str)) -> Place {
        let page = self.browser.submit(&page, &[("email", email)]).await;
        self.browser.submit(&page, &[("password", password)]).await
    }

    async fn session(&self, signed_in: SignedIn, connection: &Connection) -> Session {
        Session::begin(signed_in, connection, &self.paths, Arc::new(SystemClock)).await.unwrap()
    }

    /// As project admin, directly.
    async fn signed_in(&self) -> Session {
        let mut connection = self.connection(Method::Direct);
        connection.client_id = None;
        let admin = &self.facts().project_admin;
        let request = SignIn::new(connection.clone())
            .with_password(admin.email.clone(), admin.password.as_str().into());
        let signed_in = end(&mut begin(request)).await.unwrap();
        self.session(signed_in, &connection).await
    }

    async fn me(&self, token: &secrecy::SecretString) -> (u16, Value) {
        let address = format!("{}auth/me", self.running.base_url);
        let client = super::support::browser_client();
        let answer = client.get(address).bearer_auth(token.expose_secret()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }
}

/// A sign-in by the real clock; its browser opens nothing.
fn begin(request: SignIn) -> Flow {
    start(request, Deps::new(Arc::new(SystemClock), Arc::new(Remembering::default())))
}

/// The registered ports belong to the whole machine; tests that listen on them take turns.
async fn ports() -> File {
    tokio::task::spawn_blocking(|| {
        let file = File::create(std::env::temp_dir().join("idconsole-tests-ports.lock")).unwrap();
        file.lock().unwrap();
        file
    })
    .await
    .unwrap()
}

#[test]
fn what_setup_registers_is_what_the_loopback_listens_on() {
    assert_eq!(idconsole::workflows::setup::REDIRECTS, OWN_CLIENT_REDIRECTS);
}

// L1, L2, L3, L4, L6
#[tokio::test]
async fn the_own_client_signs_in_by_browser_on_a_registered_port() {
    let _turn = ports().await;
    let house = House::new(&[]);
    let connection = house.connection(Method::Browser);
    let mut flow = begin(SignIn::new(connection.clone()));
    let page = house.browser.open(opened(&mut flow).await.as_str()).await;
    let admin = house.facts().project_admin.clone();
    let Place::Away(back) = house.at_the_pages(page, (&admin.email, &admin.password)).await else {
        panic!("still on a page")
    };
    assert!(OWN_CLIENT_REDIRECTS.iter().any(|uri| back.as_str().starts_with(uri)), "{back}");
    assert_eq!(visit(back.as_str()).await.unwrap().0, 200);
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(Renewal::of(&signed_in), Renewal::Possible);
    let session = house.session(signed_in, &connection).await;
    let (status, me) = house.me(&session.bearer().await.unwrap()).await;
    assert_eq!((status, &me["membership"]["admin"]), (200, &Value::Bool(true)));
}

// L1: an untouched platform has no other client.
#[tokio::test]
async fn the_built_in_client_signs_in_by_browser_and_is_known_not_to_renew() {
    let _turn = ports().await;
    let house = House::new(&[]);
    let mut connection = house.connection(Method::Browser);
    connection.client_id = None;
    let mut flow = begin(SignIn::new(connection.clone()));
    let page = house.browser.open(opened(&mut flow).await.as_str()).await;
    let admin = house.facts().project_admin.clone();
    let Place::Away(back) = house.at_the_pages(page, (&admin.email, &admin.password)).await else {
        panic!("still on a page")
    };
    assert!(back.as_str().starts_with("http://localhost:9615/?"), "{back}");
    assert_eq!(visit(back.as_str()).await.unwrap().0, 200);
    let events = all(&mut flow).await;
    assert!(
        events.iter().any(|event| matches!(event, FlowEvent::Note(Note::NoRenewal(Renewal::BuiltInClient))))
    );
    let Some(FlowEvent::Done(signed_in)) = events.last() else { panic!("{events:?}") };
    let session = house.session((**signed_in).clone(), &connection).await;
    assert_eq!(house.me(&session.bearer().await.unwrap()).await.0, 200);
}

// L10
#[tokio::test]
async fn a_person_who_refuses_in_the_browser_is_heard() {
    let _turn = ports().await;
    let house = House::new(&[]);
    let mut flow = begin(SignIn::new(house.connection(Method::Browser)));
    let page = house.browser.open(opened(&mut flow).await.as_str()).await;
    let Place::Away(back) = house.browser.submit(&page, &[("action", "deny")]).await else {
        panic!("still on a page")
    };
    visit(back.as_str()).await.unwrap();
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().code.raw(), "access_denied");
}

// L4, L12
#[tokio::test]
async fn the_address_is_pasted_back_from_a_browser_elsewhere() {
    let house = House::new(&[]);
    let mut flow = begin(SignIn::new(house.connection(Method::Paste)));
    let url = until(&mut flow, |event| match event {
        FlowEvent::NeedPaste { url } => Some(url.clone()),
        _ => None,
    })
    .await;
    let admin = house.facts().project_admin.clone();
    let page = house.browser.open(&url).await;
    let Place::Away(back) = house.at_the_pages(page, (&admin.email, &admin.password)).await else {
        panic!("still on a page")
    };
    flow.answer(Answer::Pasted(back.as_str().into()));
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(house.me(&signed_in.tokens.access).await.0, 200);
}

// D1, D2, D6
#[tokio::test]
async fn a_device_signs_in_at_the_platform() {
    let house = House::new(&[]);
    let mut flow = begin(SignIn::new(house.connection(Method::Device)));
    let (code, address) = until(&mut flow, shown_code).await;
    let page = house.browser.open(&address).await;
    assert_eq!(page.field("user_code"), code);
    let page = house.browser.submit(&page, &[]).await;
    let admin = house.facts().project_admin.clone();
    house.at_the_pages(page, (&admin.email, &admin.password)).await;
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(house.me(&signed_in.tokens.access).await.0, 200);
}

// D3
#[tokio::test]
async fn a_device_sign_in_that_is_refused_stops() {
    let house = House::new(&[]);
    let mut flow = begin(SignIn::new(house.connection(Method::Device)));
    let (_, address) = until(&mut flow, shown_code).await;
    let page = house.browser.open(&address).await;
    house.browser.submit(&page, &[("action", "deny")]).await;
    assert_eq!(end(&mut flow).await.unwrap_err().refusal().unwrap().code.raw(), "access_denied");
}

// D1
#[tokio::test]
async fn the_real_platform_offers_no_device_sign_in() {
    let house = House::new(&["deviceFlow=false"]);
    let error = end(&mut begin(SignIn::new(house.connection(Method::Device)))).await.unwrap_err();
    assert!(matches!(error, AuthError::NotOffered { .. }), "{error}");
}

// X1
#[tokio::test]
async fn a_device_signs_in_at_the_idp_and_both_tokens_stay_through_the_store() {
    let house = House::new(&[]);
    let mut connection = house.connection(Method::DeviceExchange);
    connection.client_id = Some(house.facts().portal_client_id.clone());
    connection.idp = Some(Idp {
        issuer: house.running.provider.issuer().to_owned(),
        client_id: demo::idp::CONSOLE_CLIENT.to_owned(),
        scope: "openid email".to_owned(),
    });
    let mut flow = begin(SignIn::new(connection.clone()));
    let (_, address) = until(&mut flow, shown_code).await;
    let page = house.browser.open(&address).await;
    let mia = [("email", "mia.rossi@clinic.example"), ("password", demo::idp::PASSWORD)];
    house.browser.submit(&page, &mia).await;
    let signed_in = end(&mut flow).await.unwrap();
    house.session(signed_in, &connection).await;
    let session = Session::resume(&connection, &house.paths, Arc::new(SystemClock)).await.unwrap().unwrap();
    let (status, me) = house.me(&session.bearer().await.unwrap()).await;
    assert_eq!((status, &me["user"]["email"]), (200, &Value::from("mia.rossi@clinic.example")));
    let at_idp = session.idp_tokens().unwrap().access;
    assert_ne!(at_idp.expose_secret(), session.tokens().access.expose_secret());
}

fn shown_code(event: &FlowEvent) -> Option<(String, String)> {
    match event {
        FlowEvent::ShowCode { user_code, complete, .. } => {
            Some((user_code.raw().to_owned(), complete.as_ref().unwrap().raw().to_owned()))
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_super_admin_signs_in_directly_and_is_told_that_the_clock_counts_down() {
    let house = House::new(&[]);
    let mut connection = house.connection(Method::Direct);
    connection.client_id = None;
    let admin = house.facts().super_admin.clone();
    let request = SignIn::new(connection.clone()).with_password(admin.email, admin.password.as_str().into());
    let events = all(&mut begin(request)).await;
    assert!(
        events.iter().any(|event| matches!(event, FlowEvent::Note(Note::NoRenewal(Renewal::NotGiven)))),
        "{events:?}"
    );
    let Some(FlowEvent::Done(signed_in)) = events.last() else { panic!("{events:?}") };
    let session = house.session((**signed_in).clone(), &connection).await;
    let left = session.remaining().unwrap();
    assert!(left > jiff::SignedDuration::from_mins(59) && left <= jiff::SignedDuration::from_hours(1));
    let (_, me) = house.me(&session.bearer().await.unwrap()).await;
    assert_eq!(me["project"]["superAdmin"], true);
}

#[tokio::test]
async fn a_project_scoped_user_needs_the_project_and_sets_up_the_demanded_factor() {
    let house = House::new(&[]);
    let mut connection = house.connection(Method::Direct);
    connection.client_id = None;
    let theo = |connection: &Connection| {
        SignIn::new(connection.clone()).with_password("theo.marsh@post.example", demo::PASSWORD.into())
    };
    let words = until(&mut begin(theo(&connection)), |event| match event {
        FlowEvent::Refused(refusal) => Some(refusal.text.raw().to_owned()),
        _ => None,
    })
    .await;
    assert_eq!(words, "User not found");

    connection.project = Some(house.facts().project_id.as_str().into());
    let mut flow = begin(theo(&connection));
    let key = until(&mut flow, |event| match event {
        FlowEvent::EnrolFactor { key, .. } => key.clone(),
        _ => None,
    })
    .await;
    let code = || {
        let code = totp::code(key.expose_secret(), house.running.state.clock.now_seconds()).unwrap();
        Answer::Code(code.into())
    };
    flow.answer(code());
    end(&mut flow).await.unwrap();

    let mut flow = begin(theo(&connection));
    until(&mut flow, |event| matches!(event, FlowEvent::NeedFactor { by_app: true, .. }).then_some(())).await;
    flow.answer(Answer::Code("12".into()));
    until(&mut flow, |event| matches!(event, FlowEvent::Refused(_)).then_some(())).await;
    flow.answer(code());
    let signed_in = end(&mut flow).await.unwrap();
    assert_eq!(house.me(&signed_in.tokens.access).await.0, 200);
}

#[tokio::test]
async fn the_service_client_signs_in_with_its_secret() {
    let house = House::new(&[]);
    let mut connection = house.connection(Method::ClientCredentials);
    connection.client_id = Some(house.facts().service.email.clone());
    let mut request = SignIn::new(connection.clone());
    request.prepared.client_secret = Some(house.facts().service.password.as_str().into());
    let signed_in = end(&mut begin(request)).await.unwrap();
    let session = house.session(signed_in, &connection).await;
    let old = session.bearer().await.unwrap();
    let (status, me) = house.me(&old).await;
    assert_eq!(status, 200);
    assert!(me.get("user").is_none());
    let new = session.refused(&old).await.unwrap();
    assert_ne!(new.expose_secret(), old.expose_secret());
    assert_eq!(house.me(&new).await.0, 200);
}

// F1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_windows_that_renew_at_once_both_go_on() {
    let house = House::new(&[]);
    let one = house.signed_in().await;
    let mut connection = house.connection(Method::Direct);
    connection.client_id = None;
    let other = Session::resume(&connection, &house.paths, Arc::new(SystemClock)).await.unwrap().unwrap();
    let old = one.bearer().await.unwrap();
    let (first, second) = tokio::join!(one.refused(&old), other.refused(&old));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert_ne!(first.expose_secret(), old.expose_secret());
    // The platform rotates: a second use of the first refresh token would have ended the second window.
    let third = other.refused(&second).await.unwrap();
    assert_eq!(house.me(&third).await.0, 200);
    assert_eq!(one.refused(&first).await.unwrap().expose_secret(), third.expose_secret());
}

// F1
#[tokio::test]
async fn a_session_that_was_revoked_asks_for_a_new_sign_in_and_leaves_nothing_behind() {
    let house = House::new(&[]);
    let session = house.signed_in().await;
    let token = session.bearer().await.unwrap();
    let logout = format!("{}oauth2/logout", house.running.base_url);
    super::support::browser_client().post(logout).bearer_auth(token.expose_secret()).send().await.unwrap();
    assert_eq!(house.me(&token).await.0, 401);
    let error = session.refused(&token).await.unwrap_err();
    assert!(error.needs_sign_in() && error.to_string().contains("Token revoked"), "{error}");
    assert_eq!(std::fs::read_dir(house.paths.secrets_dir()).unwrap().count(), 0);
}

// R2
#[tokio::test]
async fn signing_out_ends_access_and_renewal_at_the_platform() {
    let house = House::new(&[]);
    let session = house.signed_in().await;
    let kept = session.tokens();
    let done = session.sign_out().await;
    assert!(done.complete(), "{done}");
    assert_eq!(house.me(&kept.access).await.0, 401);
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", kept.refresh.as_ref().unwrap().expose_secret())];
    let address = format!("{}oauth2/token", house.running.base_url);
    let answer = super::support::browser_client().post(address).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(std::fs::read_dir(house.paths.secrets_dir()).unwrap().count(), 0);
}

// M1
#[tokio::test]
async fn the_platform_by_another_of_its_names_is_told_apart() {
    let house = House::new(&[]);
    let mut connection = house.connection(Method::Direct);
    let other = house.running.base_url.replace("localhost", "127.0.0.1");
    connection.base_url = BaseUrl::parse(&other).unwrap();
    let error = end(&mut begin(SignIn::new(connection))).await.unwrap_err();
    assert!(error.to_string().contains(&house.running.base_url), "{error}");
}

// O3
#[tokio::test]
async fn the_sixth_sign_in_of_a_minute_is_told_when_it_may_be_tried_again() {
    let house = House::new(&["rateLimitsEnabled=true"]);
    let mut connection = house.connection(Method::Direct);
    connection.client_id = None;
    let request =
        SignIn::new(connection).with_password("pat@clinic.example", "not the password at all".into());
    let mut flow = begin(request);
    for _ in 0..5 {
        until(&mut flow, |event| matches!(event, FlowEvent::Refused(_)).then_some(())).await;
        flow.answer(Answer::Email("pat@clinic.example".into()));
        flow.answer(Answer::Password("not the password at all".into()));
    }
    let error = end(&mut flow).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 429);
    assert!(error.retry_after().is_some_and(|wait| wait.as_secs() <= 60), "{error}");
}
