//! A thousand mixed rows: at the platform's own limits without ever being refused, and killed again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use idconsole::demo::kinds::Kind;
use idconsole::demo::seed::Seed;
use idconsole::demo::{Options, Platform, Running, Settings};
use idconsole::identity::Plan;
use idconsole::journal::EntryState;
use idconsole::workflows::bulk::result::Word;
use idconsole::workflows::bulk::verdicts;
use idconsole::workflows::settle::{resume, settle, unsettled};
use idconsole::workflows::{Engine, apply};
use serde_json::Value;

use super::planned;
use crate::workflows::scene::{Scene, patient};

fn platform(settings: &[&str]) -> Running {
    let settings = Settings::parse(settings.iter().copied()).unwrap();
    let seed = Some(Seed { members: 1000, seed: 1 });
    Platform::start(Options { settings, seed, ..Options::default() }).unwrap()
}

/// Everybody of the clinic whom rows may be about, with their user.
fn people(running: &Running) -> Vec<(Value, Value)> {
    let facts = running.facts.as_ref().unwrap();
    let state = running.state.read();
    let main = format!("Project/{}", facts.project_id);
    let mut members = state.find_by("ProjectMembership", "project", &main);
    members.sort_by_key(|member| member["id"].as_str().unwrap().to_owned());
    let mut seen = BTreeSet::new();
    members
        .into_iter()
        .filter(|member| member["admin"] != true)
        .filter_map(|member| {
            let user = state.get("User", member["user"]["reference"].as_str()?.strip_prefix("User/")?)?;
            let email = user["email"].as_str()?.to_owned();
            // People of several projects are another matter.
            let alone = state.find_by("User", "email", &email).len() == 1;
            (alone && email == email.to_lowercase() && seen.insert(email)).then_some((member, user))
        })
        .collect()
}

/// So many rows of every kind, some about one person twice.
fn sheet(running: &Running, count: usize) -> String {
    let header = "action,membership,email,new email,new external id,active,policy,mfa required,first name,last name,kind,send mail\n";
    let mut text = header.to_owned();
    let mut later = Vec::new();
    let mut rows = 0;
    for (n, (member, user)) in people(running).iter().cycle().enumerate() {
        let id = member["id"].as_str().unwrap();
        let email = user["email"].as_str().unwrap();
        let own = user.get("project").is_some();
        let active = if member["active"] == false { "yes" } else { "no" };
        let round = n / people(running).len();
        assert_eq!(round, 0, "there are people enough");
        let row = match n % 9 {
            0 => format!(",{id},,,bulk|{n},,,,,,,"),
            1 => format!(",,{email},,,{active},,,,,,"),
            2 if own => format!(",{id},{email},,,,,yes,,,,"),
            3 if own => format!(",,{email},moved.{n}@inbox.example,,,,,,,,no"),
            4 => format!(",{id},,,both|{n},{active},(none),,,,,"),
            5 => format!("invite,,,new.{n}@mail.example,,,,,New,Person {n},patient,no"),
            6 if own => format!(",{id},,too.{n}@inbox.example,too|{n},,,,,,,no"),
            7 => {
                later.push(format!(",{id},,,second|{n},,,,,,,"));
                format!(",{id},,,first|{n},,,,,,,")
            }
            _ => format!(",{id},,,other|{n},,,,,,,"),
        };
        writeln!(text, "{row}").unwrap();
        rows += 1;
        if rows + later.len() == count {
            break;
        }
    }
    for row in later {
        writeln!(text, "{row}").unwrap();
    }
    text
}

/// Everything that rows change, by whom it is about, and how often each record was written.
fn end_state(running: &Running) -> (BTreeMap<String, String>, BTreeMap<String, usize>) {
    let facts = running.facts.as_ref().unwrap();
    let state = running.state.read();
    let main = format!("Project/{}", facts.project_id);
    let (mut fields, mut versions) = (BTreeMap::new(), BTreeMap::new());
    for member in state.find_by("ProjectMembership", "project", &main) {
        let user_id = member["user"]["reference"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
        let user = state.get("User", &user_id).unwrap_or_default();
        let invited = user["email"].as_str().is_some_and(|email| email.starts_with("new."));
        // Whoever was invited has another id on each platform.
        let key = if invited { user["email"].to_string() } else { member["id"].to_string() };
        let told = [
            &user["email"],
            &user["mfaRequired"],
            &member["externalId"],
            &member["active"],
            &member["admin"],
            &member["accessPolicy"]["reference"],
        ];
        let words = told.map(ToString::to_string).join(" ");
        assert_eq!(fields.insert(key.clone(), words), None, "{key} is there twice");
        let count = |kind: &str, id: &str| {
            let table = state.table(Kind::of(kind).unwrap());
            let id = id.parse().unwrap();
            table.find(id).map_or(0, |(_, document)| document.versions.len())
        };
        versions
            .insert(format!("{key} membership"), count("ProjectMembership", member["id"].as_str().unwrap()));
        versions.insert(format!("{key} user"), count("User", &user_id));
    }
    (fields, versions)
}

fn words_of(engine: &Engine, entry: idconsole::journal::EntryId) -> BTreeMap<&'static str, usize> {
    let mut words = BTreeMap::new();
    for verdict in verdicts(&engine.journal.show(entry).unwrap()) {
        *words.entry(verdict.word.words()).or_default() += 1;
    }
    words
}

// design §7: at the platform's rate limit, never a 429. The limits are the real ones; a minute of theirs lasts two
// seconds here.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_mixed_rows_run_at_the_real_limits_without_being_refused_once() {
    let scene = Scene::on(platform(&["rateLimitsEnabled=true", "rateLimitWindow=2"])).await;
    let engine = patient(&scene.running, &scene.project_admin).await;
    let text = sheet(&scene.running, 1000);
    let plan = planned(&engine, &text).await;
    assert_eq!(plan.batch.as_ref().unwrap().rows.len(), 1000);
    let applied = apply(&engine, plan, "moved to the new identity provider", |_| {}).await.unwrap();
    let words = words_of(&engine, applied.entry);
    assert_eq!(words, BTreeMap::from([("done", 1000)]));
    assert_eq!(scene.running.state.limits.refused(), 0, "asked to slow down");
    let left = engine.remote.limits();
    assert!(!left.is_empty(), "the platform has told its limits");
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Goes on with a run and dies after so many moments; `None` when it came to its end first.
async fn leg(engine: &Engine, plan: Plan, moments: u64) -> Option<()> {
    let (die, dead) = tokio::sync::oneshot::channel::<()>();
    let (mut die, mut seen) = (Some(die), 0);
    let run = apply(engine, plan, "killed", |_| {
        seen += 1;
        if seen == moments
            && let Some(die) = die.take()
        {
            let _ = die.send(());
        }
    });
    // Dropped wherever it is: before a request, while one is on its way, before or after an answer is written down.
    tokio::select! {
        biased;
        Ok(()) = dead => Some(()),
        result = run => { result.unwrap(); None }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_killed_at_fifty_random_moments_end_as_the_run_that_was_not() {
    const ROWS: usize = 1000;
    const KILLS: usize = 50;
    let whole = Scene::on(platform(&[])).await;
    let text = sheet(&whole.running, ROWS);
    let plan = planned(&whole.project_admin, &text).await;
    apply(&whole.project_admin, plan, "in one go", |_| {}).await.unwrap();

    let scene = Scene::on(platform(&[])).await;
    let engine = &scene.project_admin;
    assert_eq!(sheet(&scene.running, ROWS), text, "the same people");
    let mut plan = planned(engine, &text).await;
    let (mut dice, mut kills) = (Dice(4711), 0);
    let last = loop {
        let moments = if kills < KILLS { 1 + dice.below(50) } else { u64::MAX };
        let killed = leg(engine, plan, moments).await.is_some();
        let newest = engine.journal.list(&idconsole::journal::Filter::default()).unwrap().remove(0);
        if !killed {
            break newest;
        }
        kills += 1;
        assert_eq!(newest.state, EntryState::Interrupted, "kill {kills}");
        // What the dead run has sent may still be on its way: it arrives before anybody looks.
        tokio::task::yield_now().await;
        plan = match resume(engine, newest.id).await {
            Ok(rest) => rest,
            Err(why) => panic!("kill {kills}: {why}"),
        };
    };
    assert_eq!(kills, KILLS);
    assert_eq!(last.state, EntryState::Done);
    for entry in unsettled(engine).unwrap() {
        settle(engine, entry.id).await.unwrap();
    }
    let told = verdicts(&last);
    assert_eq!(told.len(), ROWS);
    assert!(told.iter().all(|verdict| verdict.word == Word::Done), "{:?}", words_of(engine, last.id));
    let ((fields, versions), (wanted, once)) = (end_state(&scene.running), end_state(&whole.running));
    assert_eq!(fields, wanted);
    // Nothing was written twice.
    assert_eq!(versions, once);
    engine.journal.check().unwrap();
}
