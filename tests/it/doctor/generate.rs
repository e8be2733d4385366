//! Scenarios without end: every fact on every road where it matters, every pair of facts on some road, the corner cases,
//! and random ones.

use std::collections::{BTreeSet, HashSet};

use proptest::strategy::{Strategy, Union, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::changes::{CHANGES, Change};
use super::corners::corners;
use super::roads::{ROADS, start};
use super::scenario::Scenario;

/// One pair in so many is enough for the ordinary run; `DOCTOR_ALL=1` takes all.
const ONE_PAIR_IN: usize = 16;

/// What ends an attempt before anything else is looked at is not paired.
const ENDS_EARLY: [&str; 4] = ["idp", "challenge", "page", "typed password"];

/// The scenarios of the ordinary run, always the same in the same order.
pub fn all() -> Vec<Scenario> {
    let mut found = Found::default();
    for road in 0..ROADS.len() {
        found.take(start(road));
        for change in CHANGES {
            found.take_changed(road, &[change]);
        }
    }
    let step = if thoroughly() { 1 } else { ONE_PAIR_IN };
    // Each pair of facts meets on one road where both matter; the roads take turns.
    let mut turn = 0;
    for (i, first) in CHANGES.iter().enumerate() {
        for second in &CHANGES[i + 1..] {
            if first.0 == second.0 || [first.0, second.0].iter().any(|s| ENDS_EARLY.contains(s)) {
                continue;
            }
            turn += 1;
            if turn % step == 0 {
                let roads = (0..ROADS.len()).map(|r| (r + turn) % ROADS.len());
                let _ = roads.into_iter().any(|road| found.take_changed(road, &[first, second]));
            }
        }
    }
    for scenario in corners() {
        found.take(scenario);
    }
    found.list
}

/// Is this a run that may take its time?
pub fn thoroughly() -> bool {
    std::env::var_os("DOCTOR_ALL").is_some()
}

/// So many random scenarios, always the same.
pub fn random(count: usize) -> Vec<Scenario> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = any_scenario();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Distinct scenarios in the order of their finding.
#[derive(Default)]
struct Found {
    list: Vec<Scenario>,
    seen: HashSet<Scenario>,
}

impl Found {
    fn take(&mut self, scenario: Scenario) -> bool {
        let new = scenario.is_possible() && self.seen.insert(scenario.clone());
        if new {
            self.list.push(scenario);
        }
        new
    }

    fn take_changed(&mut self, road: usize, changes: &[&Change]) -> bool {
        changed(road, changes).is_some_and(|scenario| self.take(scenario))
    }
}

/// A road with some facts changed; none when one of them does not matter there.
fn changed(road: usize, changes: &[&Change]) -> Option<Scenario> {
    let mut scenario = start(road);
    for (_, name, on, change) in changes {
        if !on.fits(&scenario) {
            return None;
        }
        change(&mut scenario);
        scenario.name = format!("{}, {name}", scenario.name);
    }
    Some(scenario)
}

/// Any road with up to six facts changed, but for what ends every attempt early; facts of one subject may come together
/// too.
pub fn any_scenario() -> impl Strategy<Value = Scenario> {
    let roads = Union::new((0..ROADS.len()).map(proptest::strategy::Just));
    let facts = proptest::collection::btree_set(0..CHANGES.len(), 0..=6);
    (roads, facts)
        .prop_map(|(road, facts): (usize, BTreeSet<usize>)| {
            let mut scenario = start(road);
            for (subject, name, on, change) in facts.into_iter().map(|i| &CHANGES[i]) {
                if on.fits(&scenario) && !ENDS_EARLY.contains(subject) {
                    change(&mut scenario);
                    scenario.name = format!("{}, {name}", scenario.name);
                }
            }
            scenario
        })
        .prop_filter("the platform's unique keys forbid it", Scenario::is_possible)
}
