//! The test of a domain route, told check by check.

use url::Url;

use crate::console::effect::{Answer, RouteQuestion};
use crate::console::failure::Failure;
use crate::console::runtime::{Connected, Reporter};
use crate::identity::route_test::{Check, Outcome};
use crate::workflows::route_test::{self, Tester};

pub(super) async fn answer(connected: &Connected, question: RouteQuestion, report: &Reporter) -> Answer {
    let engine = &connected.engine;
    let Some(tester) = tester(connected) else { return nobody() };
    let RouteQuestion { draft, secret, own } = question;
    let known = route_test::known(engine, draft.domain.raw(), own.as_ref()).await;
    let told = |check: &Check| report.send(Answer::RouteChecked(Box::new(check.clone())));
    match route_test::test(&tester, &draft, secret.as_ref(), known, &told).await {
        Ok(tested) => Answer::RouteTested(Box::new(tested)),
        Err(error) => Answer::Failed(Failure::new(error.to_string())),
    }
}

/// What the issuer says of itself; what is wrong with that, where something is.
pub(super) async fn describe(connected: &Connected, issuer: &str) -> Answer {
    let Some(tester) = tester(connected) else { return nobody() };
    match route_test::fill(&tester, issuer).await {
        Ok(Ok(filled)) => Answer::Described(Box::new(filled)),
        Ok(Err(checks)) => {
            let wrong = checks.into_iter().find(|check| check.outcome == Outcome::Failed);
            Answer::Failed(match wrong {
                Some(check) => Failure::new(check.said).then(check.next),
                None => Failure::new("The issuer does not describe itself.").then("Type the addresses."),
            })
        }
        Err(error) => Answer::Failed(Failure::new(error.to_string())),
    }
}

fn tester(connected: &Connected) -> Option<Tester> {
    let session = connected.session.as_ref()?;
    let base = Url::parse(session.issuer()).ok()?;
    Some(Tester { http: session.http().clone(), base, clock: connected.engine.clock.clone() })
}

fn nobody() -> Answer {
    Answer::Failed(Failure::new("Nobody is signed in.").then("Sign in, then try again."))
}
