//! Pictures of the domains, one of each state; each was looked at.

use idconsole::console::Look;
use idconsole::identity::sign_in::Route;
use idconsole::identity::{DomainRoute, IdentityProvider, Role, Text, Version, VersionId};
use rstest::rstest;

use super::clinic::{Clinic, Signed};
use crate::harness::beginning;

pub(super) fn provider(host: &str) -> IdentityProvider {
    let at = |path: &str| Text::from(format!("https://{host}/oauth2/{path}"));
    IdentityProvider {
        authorize_url: at("authorize"),
        token_url: at("token"),
        user_info_url: at("userinfo"),
        client_id: "0oa1partner5d7".into(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

fn route(n: u8, domain: &str, provider: Option<IdentityProvider>) -> DomainRoute {
    let version = Version { id: VersionId::new(format!("v{n}")), at: beginning(), author: None };
    let id = format!("d0000000-0000-4000-8000-0000000000{n:02}").as_str().into();
    DomainRoute { id, version, domain: domain.into(), provider, post_login: Vec::new() }
}

/// One of each state.
fn routes() -> Vec<DomainRoute> {
    let idp = "login.partner.example";
    let no_url = IdentityProvider { authorize_url: "login.lab.example/authorize".into(), ..provider(idp) };
    let subject = IdentityProvider { use_subject: Some(true), ..provider(idp) };
    let mut works = route(1, "partner.example", Some(provider(idp)));
    works.post_login = vec!["https://portal.partner.example/back".into()];
    vec![
        works,
        route(2, "Harbour.example", Some(provider("idp.harbour.example"))),
        route(3, "bare.example", None),
        route(4, "lab.example", Some(no_url)),
        route(5, "subject.example", Some(subject)),
        route(6, "Partner.example", Some(provider(idp))),
    ]
}

pub(super) async fn opened(role: Role, width: u16, height: u16) -> Signed {
    opened_with(role, width, height, Look::default()).await
}

pub(super) async fn opened_with(role: Role, width: u16, height: u16, look: Look) -> Signed {
    let clinic = Clinic::new(role, 30);
    {
        let mut state = clinic.0.lock().unwrap();
        state.routes = routes();
        state
            .routed
            .insert("partner.example".to_owned(), Route::Idp { host: "login.partner.example".into() });
        state.routed.insert("clinic.example".to_owned(), Route::Broken);
    }
    let mut job = clinic.console_with(width, height, look, |_| {}).await;
    job.console.keys("4").await;
    job
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("40x12", 40, 12)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn routes_for_a_super_admin(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = opened(Role::SuperAdmin, width, height).await;
    job.console.keys("<Down><Down>").await;
    insta::assert_snapshot!(format!("domains_{size}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[tokio::test]
async fn what_a_project_admin_observes(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let job = opened(Role::ProjectAdmin, width, height).await;
    insta::assert_snapshot!(format!("domains_observed_{size}"), job.console.picture());
}

#[rstest]
#[case("works", "/state:works<Enter>")]
#[case("no_url", "/domain:lab<Enter>")]
#[case("nothing", "/nowhere<Enter>")]
#[tokio::test]
async fn one_route_at_120_columns(#[case] name: &str, #[case] keys: &str) {
    let mut job = opened(Role::SuperAdmin, 120, 40).await;
    job.console.keys(keys).await;
    insta::assert_snapshot!(format!("domains_{name}"), job.console.picture());
}

#[rstest]
#[case("80x24", 80, 24)]
#[case("120x40", 120, 40)]
#[case("60x16", 60, 16)]
#[tokio::test]
async fn the_form_of_a_new_route(#[case] size: &str, #[case] width: u16, #[case] height: u16) {
    let mut job = opened(Role::SuperAdmin, width, height).await;
    job.console
        .keys("a")
        .await
        .keys("New.example<Tab><Tab>")
        .await
        .keys("http://idp.new.example/a<Tab>")
        .await;
    insta::assert_snapshot!(format!("domains_add_{size}"), job.console.picture());
}

#[tokio::test]
async fn the_form_of_a_route_that_is_there() {
    let mut job = opened(Role::SuperAdmin, 80, 24).await;
    job.console.keys("/state:works<Enter>e<Tab><Tab><Tab><Tab>").await.keys("GOCSPX secret").await;
    insta::assert_snapshot!("domains_edit", job.console.picture());
}
