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
