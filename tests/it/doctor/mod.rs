//! The sign-in doctor and its judge. The judge makes every attempt over HTTP against the embedded platform; it shares no
//! code with the doctor.

mod agrees;
mod arguments;
mod changes;
mod command;
mod corners;
mod expected;
mod generate;
pub(crate) mod idp;
mod mending;
mod oracle;
mod recordings;
mod roads;
pub(crate) mod scenario;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;

use oracle::{Next, Outcome, Verdict, drive};
use scenario::Scenario;
use world::World;

/// Puts a scenario into a world and makes its attempt.
async fn outcome(world: &World, scenario: &Scenario) -> Outcome {
    let placed = world.place(scenario);
    world.tighten(scenario, &placed);
    drive(world, scenario, &placed).await
}

/// The outcomes of many scenarios in one world, in their order.
async fn outcomes(world: &World, scenarios: &[Scenario]) -> Vec<Outcome> {
    futures::stream::iter(scenarios).map(|scenario| outcome(world, scenario)).buffered(4).collect().await
}

/// Every text of §3.1, §10.2, §10.3 and §11 that the embedded platform can be brought to say by a sign-in of a known
/// form, with its status.
const TEXTS: &[(u16, &str)] = &[
    (400, "User not found"),
    (400, "Email or password is invalid"),
    (400, "Invalid authentication method"),
    (400, "Valid email address is required"),
    (400, "Password must be at least 8 characters"),
    (404, "Not found"),
    (410, "Gone"),
    (400, "Invalid projectId"),
    (400, "Invalid code challenge method"),
    (400, "Invalid origin"),
    (400, "Google authentication is required"),
    (400, "IP address not allowed"),
    (
        400,
        "Cannot authenticate: Invalid access policy configuration. Please contact your administrator to update \
         your project membership.",
    ),
    (400, "Identity provider not found"),
    (400, "Failed to verify code - check your identity provider configuration"),
    (400, "Failed to verify code - unsupported content type: text/html"),
    (400, "Failed to verify code - invalid user info response"),
    (400, "Failed to verify code - missing localId in user info response"),
    (400, "Missing user info API key - check your identity provider configuration"),
    (400, "Search filter value must be a string"),
    (500, "Internal Server Error"),
    (429, "Too Many Requests"),
    (400, "Unsupported identity provider configuration"),
    (400, "External token does not contain email address"),
    (400, "External token does not contain subject"),
    (400, "Email address does not match domain"),
    (400, "Invalid project"),
    (400, "Project ID is required for external ID"),
    (400, "Invalid redirect URI"),
    (400, "Invalid client"),
    (400, "Missing email or externalId"),
    (400, "Failed to construct URL for the domain"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scenarios_meet_every_text_and_every_next_step_of_the_platform() {
    let scenarios = generate::all();
    let distinct: BTreeSet<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
    assert!(scenarios.len() >= 400, "only {} scenarios", scenarios.len());
    assert_eq!(distinct.len(), scenarios.len(), "a name tells a scenario");
    let world = World::new().await;
    let outcomes = outcomes(&world, &scenarios).await;

    let mut seen: BTreeMap<(u16, &str), usize> = BTreeMap::new();
    for outcome in &outcomes {
        *seen.entry((outcome.status, outcome.message.as_deref().unwrap_or("(in)"))).or_default() += 1;
    }
    let missing: Vec<_> = TEXTS.iter().filter(|text| !seen.contains_key(*text)).collect();
    assert!(missing.is_empty(), "never met: {missing:?}\nmet: {seen:#?}");
    let unexpected: Vec<_> =
        seen.keys().filter(|(status, text)| *text != "(in)" && !TEXTS.contains(&(*status, text))).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");

    let next: BTreeSet<Next> = outcomes.iter().map(|o| o.next).collect();
    assert_eq!(next, BTreeSet::from([Next::None, Next::ChooseProfile, Next::Mfa]));
    let way_in = |o: &&Outcome| o.verdict == Verdict::Success;
    let share = outcomes.iter().filter(way_in).count() * 100 / outcomes.len();
    assert!((20..=80).contains(&share), "{share}% get in: the scenarios are lopsided");
}

#[tokio::test]
async fn the_administrator_of_a_scenario_sees_its_project_after_it_was_tightened() {
    let mut scenario = roads::road("password");
    scenario.home = scenario::Project { google_only: true, mfa_required: true, ..Default::default() };
    let world = World::new().await;
    let placed = world.place(&scenario);
    let token = world.administrator(&placed).await;
    world.tighten(&scenario, &placed);
    let me = world.http.get(format!("{}auth/me", world.running.base_url)).bearer_auth(token);
    let me: serde_json::Value = me.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&me["membership"]["admin"], me["project"]["id"].as_str()),
        (&true.into(), Some(&*placed.home))
    );
}

/// What must hold of every outcome, whatever the scenario.
fn is_sound(scenario: &Scenario, outcome: &Outcome) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{what}: {} gave {outcome:?}", scenario.name));
    match outcome.verdict {
        Verdict::Success if outcome.user.is_none() || outcome.message.is_some() => {
            fail("who is in is known, and nothing is wrong")
        }
        Verdict::Failure if outcome.user.is_some() || outcome.status < 400 => {
            fail("nobody is in after a refusal")
        }
        _ if outcome.next == Next::ChooseProfile && outcome.membership.is_some() => {
            fail("there is no choice once the membership is set")
        }
        _ if outcome.next == Next::None
            && outcome.verdict == Verdict::Success
            && outcome.membership.is_none() =>
        {
            fail("nobody is in without a membership")
        }
        _ => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outcomes_of_random_scenarios_are_sound() {
    let scenarios = generate::random(60);
    let world = World::new().await;
    let outcomes = outcomes(&world, &scenarios).await;
    for (scenario, outcome) in scenarios.iter().zip(&outcomes) {
        is_sound(scenario, outcome).unwrap();
    }
}
