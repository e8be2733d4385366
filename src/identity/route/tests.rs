use rstest::rstest;

use super::*;
use crate::identity::VersionId;
use crate::identity::user::Version;

fn provider() -> IdentityProvider {
    IdentityProvider {
        authorize_url: "https://idp.partner.example/authorize".into(),
        token_url: "https://idp.partner.example/token".into(),
        user_info_url: "https://idp.partner.example/userinfo".into(),
        client_id: "medplum".into(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    }
}

fn route(id: &str, domain: &str, provider: Option<IdentityProvider>) -> DomainRoute {
    let version = Version { id: VersionId::new("v1"), at: jiff::Timestamp::UNIX_EPOCH, author: None };
    DomainRoute { id: id.into(), version, domain: domain.into(), provider, post_login: vec![] }
}

fn with(change: impl FnOnce(&mut IdentityProvider)) -> IdentityProvider {
    let mut provider = provider();
    change(&mut provider);
    provider
}

fn judged(route: &DomainRoute) -> (RouteState, Option<RouteMend>) {
    let flaws = flaws(route, std::slice::from_ref(route));
    (state(&flaws), flaws.into_iter().next().map(|flaw| flaw.mend))
}

// platform-api §9.3, §9.4, §11
#[rstest]
#[case::works("partner.example", Some(provider()), RouteState::Works, None)]
#[case::capitals("Partner.example", Some(provider()), RouteState::NeverMatches, Some(RouteMend::Rename("partner.example".into())))]
#[case::web_address("https://partner.example/", Some(provider()), RouteState::NeverMatches, Some(RouteMend::Rename("partner.example".into())))]
#[case::address("at@partner.example", Some(provider()), RouteState::NeverMatches, Some(RouteMend::Rename("partner.example".into())))]
#[case::dot("partner.example.", Some(provider()), RouteState::NeverMatches, Some(RouteMend::Rename("partner.example".into())))]
#[case::path("a/b", Some(provider()), RouteState::NeverMatches, Some(RouteMend::Remove))]
#[case::no_provider("partner.example", None, RouteState::Broken, Some(RouteMend::Edit))]
#[case::no_url("partner.example", Some(with(|p| p.authorize_url = "idp.example/a".into())), RouteState::Broken, Some(RouteMend::Edit))]
#[case::plain("partner.example", Some(with(|p| p.authorize_url = "http://idp.example/a".into())), RouteState::Broken, Some(RouteMend::Edit))]
#[case::no_token("partner.example", Some(with(|p| p.token_url = "".into())), RouteState::Broken, Some(RouteMend::Edit))]
#[case::no_client("partner.example", Some(with(|p| p.client_id = "".into())), RouteState::Broken, Some(RouteMend::Edit))]
#[case::subject("partner.example", Some(with(|p| p.use_subject = Some(true))), RouteState::Broken, Some(RouteMend::Align))]
#[case::half_a_pair("partner.example", Some(with(|p| p.identity_source = Some("fhir-user".into()))), RouteState::Broken, Some(RouteMend::Align))]
fn each_state_is_told_with_what_mends_it(
    #[case] domain: &str,
    #[case] provider: Option<IdentityProvider>,
    #[case] state: RouteState,
    #[case] mend: Option<RouteMend>,
) {
    assert_eq!(judged(&route("r1", domain, provider)), (state, mend));
}

// platform-api §11: both can be stored, and only the lower-case one is ever used
#[test]
fn of_two_that_differ_by_capitals_the_one_with_them_is_to_go() {
    let all =
        [route("r1", "Clinic.example", Some(provider())), route("r2", "clinic.example", Some(provider()))];
    let flaws = flaws(&all[0], &all);
    assert_eq!(flaws[0].mend, RouteMend::Remove);
    assert!(flaws[0].said.contains("clinic.example has a route of its own"), "{}", flaws[0].said);
    assert_eq!(super::flaws(&all[1], &all), []);
    assert_eq!(twin(&all[1].domain, Some(&all[1].id), &all).map(|twin| &twin.id), Some(&all[0].id));
    assert_eq!(twin(&"other.example".into(), None, &all), None);
}

#[test]
fn the_worst_flaw_comes_first() {
    let both = route("r1", "Partner.example", None);
    let flaws = flaws(&both, std::slice::from_ref(&both));
    assert_eq!(
        flaws.iter().map(|flaw| flaw.state).collect::<Vec<_>>(),
        [RouteState::Broken, RouteState::NeverMatches]
    );
}

#[test]
fn a_host_is_read_out_of_an_address_and_not_out_of_what_is_none() {
    assert_eq!(host(&"https://idp.example:8443/a?b".into()), Some("idp.example:8443".into()));
    assert_eq!(host(&"idp.example/a".into()), None);
}
