//! What the doctor makes of a run: of the claims that came, or of the person before anything came.

use serde_json::Value;

use crate::auth::lab::Bench;
use crate::auth::lab::three_legged::ThreeLegged;
use crate::identity::flow_lab::{Status, StepId};
use crate::identity::provider::IdentityProvider;
use crate::identity::sign_in::doctor::{
    Attempt, Claim, ClientFact, Facts, Flow, RouteFact, Source, Verdict, Window,
};
use crate::identity::{MembershipId, Seen, Text};
use crate::workflows::checkup::UNKNOWN_SUBJECT;
use crate::workflows::diagnose::{Examined, gather};
use crate::workflows::engine::Engine;
use crate::workflows::remote::Trouble;

use super::Config;

/// A browser sign-in with the claims of an ID token, as the configuration would have it, saved or not.
pub(super) async fn of_claims(
    engine: &Engine,
    config: &Config,
    provider: &IdentityProvider,
    claims: Option<&Value>,
) -> Result<Examined, Trouble> {
    let mut attempt = Attempt::new(Flow::Browser);
    say(&mut attempt, claims);
    match config {
        Config::Draft { draft, .. } => attempt.domain = Some(lower(&draft.domain)),
        Config::Route(domain) => attempt.domain = Some(lower(domain)),
        Config::Client(client) => attempt.client = Some(Text::from(client.as_str())),
    }
    let mut facts = gather(engine, &attempt, &[]).await?;
    if let Some(domain) = &attempt.domain {
        overlay(engine, &mut facts, domain, provider);
    }
    Ok(Examined::of(attempt, facts))
}

fn lower(domain: &Text) -> Text {
    Text::from(domain.raw().to_lowercase())
}

fn say(attempt: &mut Attempt, claims: Option<&Value>) {
    let Some(claims) = claims else { return };
    attempt.email = Claim::from_json(claims.get("email"));
    attempt.subject = Claim::from_json(claims.get("sub"));
}

/// The route as the draft has it, in place of what is saved.
fn overlay(engine: &Engine, facts: &mut Facts, domain: &Text, provider: &IdentityProvider) {
    let url = url::Url::parse(provider.authorize_url.raw()).ok();
    let saved = match facts.routes.get(domain.raw()) {
        Some(Seen::Known(RouteFact::Idp { route, .. })) => route.clone(),
        _ => None,
    };
    let fact = RouteFact::Idp {
        route: saved,
        provider: Seen::Known(provider.clone()),
        host: url.as_ref().and_then(url::Url::host_str).map_or_else(Text::default, Text::from),
        broken: url.is_none(),
        source: Source::new(Window::Given, engine.clock.now()),
    };
    facts.routes.insert(domain.raw().to_owned(), Seen::Known(fact));
}

/// What is to be expected of a person at the platform: the identity provider is taken to send the typed address and the
/// stored external id. `None` where nobody is named.
pub(super) async fn of_person(
    engine: &Engine,
    client: &str,
    asked: &ThreeLegged,
) -> Result<Option<Examined>, Trouble> {
    let Some(email) = &asked.email else { return Ok(None) };
    let mut attempt = Attempt::new(Flow::Browser);
    attempt.typed = Some(Text::from(email.as_str()));
    attempt.email = Claim::from(email.as_str());
    attempt.client = Some(Text::from(client));
    attempt.project = asked.project.clone();
    attempt.redirect = asked.redirects.first().map(|redirect| Text::from(redirect.as_str()));
    if asked.provider.is_none() {
        attempt.domain = email.split('@').nth(1).map(Text::from);
    }
    let found = engine.remote.memberships_by_email(&email.to_lowercase()).await.unwrap_or_default();
    let meant: Vec<MembershipId> = found.iter().map(|membership| membership.id.clone()).collect();
    let stored = found.iter().find_map(|membership| membership.external_id.as_ref());
    attempt.subject = Claim::from(stored.map_or(UNKNOWN_SUBJECT, Text::raw));
    let facts = gather(engine, &attempt, &meant).await?;
    let routed = attempt.domain.as_ref().is_some_and(|domain| {
        matches!(facts.routes.get(&domain.raw().to_lowercase()), Some(Seen::Known(RouteFact::Idp { .. })))
    });
    let own = matches!(
        facts.clients.get(client),
        Some(Seen::Known(ClientFact::Found(client))) if client.provider.is_some()
    );
    if routed || own || asked.provider.is_some() {
        return Ok(Some(Examined::of(attempt, facts)));
    }
    // Nothing routes the address: the page asks for a password.
    let attempt = Attempt {
        flow: Flow::Password,
        domain: None,
        email: Claim::Absent,
        subject: Claim::Absent,
        ..attempt
    };
    let facts = gather(engine, &attempt, &meant).await?;
    Ok(Some(Examined::of(attempt, facts)))
}

/// An exchange with what userinfo says.
pub(super) async fn of_exchange(
    engine: &Engine,
    client: &str,
    membership: Option<&MembershipId>,
    claims: &Value,
) -> Result<Examined, Trouble> {
    let mut attempt = Attempt::new(Flow::Exchange);
    say(&mut attempt, Some(claims));
    attempt.client = Some(Text::from(client));
    attempt.membership = membership.cloned();
    let facts = gather(engine, &attempt, &[]).await?;
    Ok(Examined::of(attempt, facts))
}

/// The last step of a test sign-in.
pub(super) fn judge(bench: &Bench, examined: &Examined) {
    let diagnosis = &examined.diagnosis;
    let said = format!("Through the platform the person {}.", diagnosis.sentence());
    let (status, next) = match diagnosis.outcome.verdict {
        Verdict::Success => (Status::Done, String::new()),
        Verdict::Failure => (
            Status::Failed,
            diagnosis
                .advice
                .first()
                .cloned()
                .unwrap_or_else(|| "The ladder below says at which step.".to_owned()),
        ),
        Verdict::Unknown => (Status::Unknown, "A super admin's console sees more.".to_owned()),
    };
    bench.set(StepId::Judge, status, said, next);
}

/// Says beside what really happened whether the doctor expected it. Nothing is said of what the doctor could not know.
pub(super) fn compare(bench: &Bench, examined: &Examined, step: StepId) {
    let diagnosis = &examined.diagnosis;
    let happened = match bench.run().status(step) {
        Status::Done => Verdict::Success,
        Status::Failed => Verdict::Failure,
        Status::Waiting | Status::Running | Status::Skipped | Status::Unknown => return,
    };
    let expected = diagnosis.outcome.verdict;
    let words = diagnosis.sentence();
    bench.note(match (expected, happened) {
        (Verdict::Unknown, _) => format!("The doctor could not be certain; its guess was that the person {words}."),
        (Verdict::Failure, Verdict::Failure) if !same_words(bench, examined) => {
            format!("The doctor expected a refusal too, but another one: the person {words}.")
        }
        (expected, happened) if expected == happened => format!("As the doctor expected: the person {words}."),
        _ => format!("The doctor expected otherwise, that the person {words}. What the identity provider really sends may \
                      differ from what is stored; a test sign-in there shows it."),
    });
}

/// Where the platform's words were seen, they are the expected ones.
fn same_words(bench: &Bench, examined: &Examined) -> bool {
    match (bench.run().cause, examined.diagnosis.outcome.message) {
        (Some(cause), Some(expected)) => expected.contains(&cause.message),
        _ => true,
    }
}
