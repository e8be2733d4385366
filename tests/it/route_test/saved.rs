//! A saved route has no issuer: it is found by the authorize address.

use idconsole::identity::route_test::{CheckId, Outcome};
use idconsole::workflows::route_test::test;

use super::idp::{Fault, Idp, Shows};
use super::{draft, known, ladder, outcome, tester};

#[tokio::test]
async fn the_issuer_is_found_by_the_authorize_address() {
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let mut draft = draft(&idp.base);
    draft.issuer = None;
    let report = test(&tester(&idp), &draft, None, known(&[]), &|_| ()).await.unwrap();
    let found = report.check(CheckId::Discovery).unwrap();
    assert!(found.said.contains("The issuer was found"), "{}", found.said);
    assert_eq!(outcome(&report, CheckId::Issuer), Outcome::Passed, "{}", ladder(&report));
    // Its secret is write-only: whether it is right cannot be told, and that is no failure.
    assert_eq!(outcome(&report, CheckId::ClientSecret), Outcome::Unknown);
    assert_eq!(report.outcome(), Outcome::Unknown);
    assert!(!report.cannot_tell(false), "{}", ladder(&report));
}

#[tokio::test]
async fn where_no_issuer_is_found_nothing_that_rests_on_it_has_failed() {
    let idp = Idp::start(Shows::Good, Fault::NoDiscovery, |_, _| ()).await;
    let mut draft = draft(&idp.base);
    draft.issuer = None;
    let report = test(&tester(&idp), &draft, None, known(&[]), &|_| ()).await.unwrap();
    assert_eq!(report.count(Outcome::Failed), 0, "{}", ladder(&report));
    assert_eq!(outcome(&report, CheckId::Discovery), Outcome::Unknown);
    assert!(report.cannot_tell(false));
}

/// A saved route does not stand in its own way.
#[tokio::test]
async fn a_saved_route_is_not_taken_by_itself() {
    let idp = Idp::start(Shows::Good, Fault::None, |_, _| ()).await;
    let mut known = known(&["partner.example"]);
    known.own = Some(super::route("partner.example").id);
    let report = test(&tester(&idp), &draft(&idp.base), None, known, &|_| ()).await.unwrap();
    assert_eq!(outcome(&report, CheckId::DomainTaken), Outcome::Passed, "{}", ladder(&report));
}

/// The list of domains takes over what it does not see in what is stored.
#[tokio::test]
async fn a_test_tells_the_state_of_a_route() {
    use idconsole::identity::route::{RouteState, flaws_of_test, state};
    let of = |fault, shows| super::report(shows, fault, |_, _| ());
    let good = of(Fault::None, Shows::Good).await;
    assert_eq!(state(&flaws_of_test(&good)), RouteState::Works);
    let redirect = of(Fault::OtherRedirect, Shows::Good).await;
    let flaws = flaws_of_test(&redirect);
    assert_eq!(state(&flaws), RouteState::Broken);
    assert!(flaws[0].said.starts_with("Tested: The provider does not send people back"), "{flaws:?}");
    let expired = of(Fault::None, Shows::Expired).await;
    assert_eq!(state(&flaws_of_test(&expired)), RouteState::Unreachable);
    // Token exchange is broken by it, the route is not.
    let user_info = of(Fault::UserInfoMissing, Shows::Good).await;
    assert_eq!(state(&flaws_of_test(&user_info)), RouteState::Works);
}
