//! The test of a domain route, told check by check.

use url::Url;

use crate::console::effect::{Answer, RouteQuestion};
use crate::console::failure::Failure;
use crate::console::runtime::{Connected, Reporter};
use crate::identity::route_test::Check;
use crate::workflows::route_test::{self, Tester};

pub(super) async fn answer(connected: &Connected, question: RouteQuestion, report: &Reporter) -> Answer {
    let engine = &connected.engine;
    let base =
        connected.session.as_ref().and_then(|session| Some((session, Url::parse(session.issuer()).ok()?)));
    let Some((session, base)) = base else {
        return Answer::Failed(Failure::new("Nobody is signed in.").then("Sign in, then try again."));
    };
    let tester = Tester { http: session.http().clone(), base, clock: engine.clock.clone() };
    let RouteQuestion { draft, secret, own } = question;
    let known = route_test::known(engine, draft.domain.raw(), own.as_ref()).await;
    let told = |check: &Check| report.send(Answer::RouteChecked(Box::new(check.clone())));
    match route_test::test(&tester, &draft, secret.as_ref(), known, &told).await {
        Ok(tested) => Answer::RouteTested(Box::new(tested)),
        Err(error) => Answer::Failed(Failure::new(error.to_string())),
    }
}
