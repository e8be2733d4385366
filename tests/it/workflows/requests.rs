//! A route that a project admin asks for and a super admin writes: the file between them, and every way it can be bad.

use std::sync::Arc;

use idconsole::auth::http::Http;
use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};
use idconsole::identity::{RouteDraft, Secret, route_file};
use idconsole::ports::SystemClock;
use idconsole::workflows::apply_with;
use idconsole::workflows::intent::{self, Intent};
use idconsole::workflows::route_request::{NotARequest, RouteRequest, open, prepare};
use idconsole::workflows::route_test::Tester;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::Scene;

const DOMAIN: &str = "post.example";

pub fn tester(scene: &Scene) -> Tester {
    let base = BaseUrl::parse(&scene.running.base_url).unwrap();
    let url = base.url().clone();
    let connection = Connection::new("clinic", base, Method::Direct, StoreKind::Memory);
    Tester { http: Http::for_connection(&connection).unwrap(), base: url, clock: Arc::new(SystemClock) }
}

fn draft(scene: &Scene, domain: &str) -> RouteDraft {
    let idp = format!("{}idp", scene.running.base_url);
    let record = json!({
        "resourceType": "DomainConfiguration",
        "domain": domain,
        "identityProvider": {
            "authorizeUrl": format!("{idp}/authorize"),
            "tokenUrl": format!("{idp}/token"),
            "userInfoUrl": format!("{idp}/userinfo"),
            "clientId": PARTNER_CLIENT,
        },
    });
    RouteDraft { issuer: Some(idp.into()), ..route_file::draft(&record).unwrap() }
}

async fn written(scene: &Scene) -> String {
    let secret = Secret::from(CLIENT_SECRET);
    let wanted = draft(scene, DOMAIN);
    let request =
        prepare(&scene.project_admin, &tester(scene), &wanted, Some(&secret), "ticket 4711").await.unwrap();
    request.text()
}

#[tokio::test]
async fn what_a_project_admin_asks_for_is_tested_again_compared_and_written_by_a_super_admin() {
    let scene = Scene::new(&[]).await;
    let text = written(&scene).await;
    // S2
    assert!(!text.contains(CLIENT_SECRET), "no secret is in the file");
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["resource"]["domain"], DOMAIN);
    assert_eq!(whole["by"]["role"], "project admin");
    assert_eq!(whole["why"], "ticket 4711");
    assert!(whole["report"]["checks"].as_array().unwrap().len() > 10);
    assert!(whole["impact"]["counts"]["breaks"].as_u64().unwrap() > 0);

    let request = RouteRequest::read(&text, &scene.running.base_url).unwrap();
    let secret = Secret::from(CLIENT_SECRET);
    let opened = open(&scene.super_admin, &tester(&scene), &request, Some(&secret)).await.unwrap();
    assert_eq!(opened.draft, draft(&scene, DOMAIN));
    assert!(matches!(&opened.intent, Intent::AddRoute(_)));
    let bypass = opened.differences.iter().find(|one| one.what.contains("with a password"));
    assert!(
        bypass.is_some_and(|one| one.was.starts_with("0, and ") && !one.worse),
        "only a super admin sees passwords: {:?}",
        opened.differences
    );

    let plan = intent::plan(&scene.super_admin, &opened.intent).await.unwrap();
    assert!(
        plan.warnings.iter().any(|line| line.contains("will not get in any more")),
        "{:?}",
        plan.warnings
    );
    assert!(!plan.sign_in.is_empty(), "those who break are named");
    apply_with(&scene.super_admin, plan, "asked for by Pat", Some(&secret), |_| {}).await.unwrap();
    let stored = scene.running.state.read().find_by("DomainConfiguration", "domain", DOMAIN);
    assert_eq!(stored[0]["identityProvider"]["clientId"], PARTNER_CLIENT);
    assert_eq!(stored[0]["identityProvider"]["clientSecret"], CLIENT_SECRET);
    assert!(!String::from_utf8_lossy(&scene.on_disk()).contains(CLIENT_SECRET), "nor in the journal");

    // Opened once more, the route is there and there is nothing to do.
    let again = open(&scene.super_admin, &tester(&scene), &request, Some(&secret)).await.unwrap();
    assert!(matches!(&again.intent, Intent::EditProvider(_)));
}

#[tokio::test]
async fn a_provider_that_has_changed_since_shows_as_a_difference() {
    let scene = Scene::new(&[]).await;
    let text = written(&scene).await;
    let request = RouteRequest::read(&text, &scene.running.base_url).unwrap();
    let wrong = Secret::from("another-secret-1");
    let opened = open(&scene.super_admin, &tester(&scene), &request, Some(&wrong)).await.unwrap();
    assert!(opened.differences.first().is_some_and(|one| one.worse), "{:?}", opened.differences);
}

/// Changes one member of the file; the digest is left as it was.
fn changed(text: &str, at: &str, value: Value) -> String {
    let mut whole: Value = serde_json::from_str(text).unwrap();
    let (parent, name) = at.rsplit_once('/').unwrap();
    whole.pointer_mut(parent).unwrap()[name] = value;
    whole.to_string()
}

#[rstest]
#[case("/version", json!(2), "written in form 2")]
#[case("/kind", json!("other"), "does not say that it is one")]
#[case("/platform", json!("https://other.example/"), "for the platform https://other.example/")]
#[case("/extra", json!(1), "unknown field `extra`")]
#[case("/by/extra", json!(1), "unknown field")]
#[case("/report/extra", json!(1), "`report.extra` is not known")]
#[case("/resource/extra", json!(1), "unknown field")]
#[case("/resource/identityProvider/clientSecret", json!("hunter2-hunter2"), "holds a secret")]
#[case("/why", json!("eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.sig"), "a token")]
#[case("/resource/domain", json!("mail.example"), "changed after it was written")]
#[case("/resource/domain", json!("Post.Example"), "would have to be written")]
#[case("/resource/domain", json!("https://post.example"), "web address")]
#[case("/resource/identityProvider/tokenUrl", json!("https://evil.example/token"), "another route was tested")]
#[case("/why", json!("another reason"), "its digest does not fit")]
#[case("/impact/counts/breaks", json!(0), "its digest does not fit")]
#[tokio::test]
async fn a_file_that_is_not_as_it_was_written_is_refused_with_its_reason(
    #[case] at: &str,
    #[case] value: Value,
    #[case] why: &str,
) {
    let scene = Scene::new(&[]).await;
    let text = changed(&written(&scene).await, at, value);
    let refused = RouteRequest::read(&text, &scene.running.base_url).unwrap_err();
    assert!(refused.to_string().contains(why), "{refused}");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
}

#[test]
fn what_is_no_request_at_all_is_named() {
    let here = "http://127.0.0.1:1/";
    let refused = |text: &str| RouteRequest::read(text, here).unwrap_err();
    assert!(matches!(refused("not json"), NotARequest::OtherFile(_)));
    assert!(
        refused(r#"{"resourceType": "DomainConfiguration"}"#)
            .to_string()
            .contains("bare DomainConfiguration")
    );
    assert!(refused("[]").to_string().contains("does not say that it is one"));
}

// S1
#[tokio::test]
async fn hostile_text_is_written_as_escapes_and_comes_back_as_it_was() {
    let scene = Scene::new(&[]).await;
    let wanted = draft(&scene, DOMAIN);
    let why = "because \u{1b}[31m\u{202e}";
    let request = prepare(&scene.project_admin, &tester(&scene), &wanted, None, why).await.unwrap();
    let text = request.text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    let again = RouteRequest::read(&text, &scene.running.base_url).unwrap();
    assert_eq!(again.why.raw(), why);
}
