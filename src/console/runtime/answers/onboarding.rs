//! Partners that are brought on, whom a route meets, and requests for routes.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use url::Url;

use super::told;
use crate::config::Paths;
use crate::console::effect::{Answer, Listed, OnboardAnswer, OnboardQuestion};
use crate::console::failure::Failure;
use crate::console::overlays::impact::About;
use crate::console::runtime::Connected;
use crate::identity::Secret;
use crate::identity::text::shown;
use crate::identity::words::capital;
use crate::workflows::engine::Engine;
use crate::workflows::intent::{self, NoPlan};
use crate::workflows::onboard::{Desk, NotDone, Stopped};
use crate::workflows::route_request::{self, LARGEST, RouteRequest};
use crate::workflows::route_test::Tester;

/// The desk of a session.
fn desk(connected: &Connected, paths: &Paths) -> Result<Desk, Failure> {
    let nobody = || Failure::new("There is no session to ask a provider with.");
    let session = connected.session.as_ref().ok_or_else(nobody)?;
    let base = Url::parse(session.issuer()).map_err(|_| nobody())?;
    let (http, clock) = (session.http().clone(), connected.engine.clock.clone());
    Ok(Desk::new(connected.engine.clone(), paths, Tester { http, base, clock }))
}

/// As a sentence: with a capital and a full stop.
fn failure(stopped: &Stopped) -> Failure {
    if let Stopped::NotDone(NotDone::Platform(trouble)) = stopped {
        return told(trouble);
    }
    let said = stopped.to_string();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    Failure::new(format!("{}{end}", shown(&capital(&said))))
}

pub(super) async fn answer(connected: &Connected, paths: &Paths, question: OnboardQuestion) -> Answer {
    let desk = match desk(connected, paths) {
        Ok(desk) => desk,
        Err(failure) => return Answer::Failed(failure),
    };
    let done = |done| Answer::Onboard(OnboardAnswer::Done(Box::new(done)));
    let outcome = match question {
        OnboardQuestion::List => {
            return match desk.list() {
                Ok(found) => {
                    let listed = found.into_iter().map(|entry| Listed {
                        domain: entry.domain,
                        state: entry.state.map_err(|broken| broken.to_string()),
                    });
                    Answer::Onboard(OnboardAnswer::Listed(listed.collect()))
                }
                Err(error) => Answer::Failed(
                    Failure::new("The folder of the assistant cannot be read.").because(format!("{error}.")),
                ),
            };
        }
        OnboardQuestion::Open(domain) => desk.open(&domain).map(|state| done(state.into())),
        OnboardQuestion::StartOver(domain) => desk.start_over(&domain).map(|(state, _)| done(state.into())),
        OnboardQuestion::Act { domain, act } => desk.act(&domain, *act).await.map(done),
        OnboardQuestion::Save(domain) => {
            desk.save(&domain).await.map(|intent| Answer::Onboard(OnboardAnswer::Intent(Box::new(intent))))
        }
    };
    outcome.unwrap_or_else(|stopped| Answer::Failed(failure(&stopped)))
}

pub(super) async fn impact(engine: &Engine, about: &About) -> Answer {
    let found = match about {
        About::Change(change) => {
            crate::workflows::impact::preview(engine, change).await.map_err(NoPlan::from)
        }
        About::Intent(intent) => intent::impact(engine, intent).await,
    };
    match found {
        Ok(impact) => Answer::Impact(Box::new(impact)),
        Err(NoPlan::Platform(trouble)) => Answer::Failed(told(&trouble)),
        Err(refused @ NoPlan::Refused { .. }) => Answer::NoPlan(refused.to_string()),
    }
}

pub(super) async fn open_request(
    connected: &Connected,
    paths: &Paths,
    path: &Path,
    secret: &Secret,
) -> Answer {
    let desk = match desk(connected, paths) {
        Ok(desk) => desk,
        Err(failure) => return Answer::Failed(failure),
    };
    let named = shown(&path.display().to_string()).into_owned();
    let mut text = String::new();
    if let Err(error) = fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)) {
        return Answer::Failed(Failure::new(format!("{named} cannot be read.")).because(format!("{error}.")));
    }
    let request = match RouteRequest::read(&text, desk.store.platform()) {
        Ok(request) => request,
        Err(why) => {
            let what = format!("The request in {named} cannot be used.");
            return Answer::Failed(
                Failure::new(what).because(format!("It is not as it should be: {why}. Nothing was changed.")),
            );
        }
    };
    match route_request::open(&connected.engine, &desk.tester, &request, Some(secret)).await {
        Ok(opened) => Answer::Opened(Box::new((request, opened))),
        Err(not) => Answer::Failed(failure(&not.into())),
    }
}
