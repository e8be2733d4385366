//! Every refusal of the platform on the endpoints that people are administered by (platform-api §4 to §9), driven
//! through plan and apply: what the person is told, that the platform's own text and its request id are kept, and that
//! nothing has changed. [`guards`] are the same refusals where the console says no before anything is sent, [`older`]
//! is what a platform of another version lacks.

mod guards;
mod jobs;
mod older;
mod provoke;
mod table;
mod texts;

use std::collections::BTreeSet;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::demo::kinds::Kind;
use idconsole::journal::{EntryState, StepState};
use idconsole::workflows::refusals::{Cause, Refused};
use idconsole::workflows::{ApplyError, Engine, apply_with};

use super::scene::Scene;
use jobs::{Job, planned};
use table::{CASES, Case, How};
use texts::TEXTS;

impl Scene {
    /// Every record with its newest version: two that are equal say that nothing was written in between.
    fn fingerprint(&self) -> Vec<(String, i64, Option<Vec<u8>>)> {
        let store = self.running.state.read();
        Kind::all()
            .flat_map(|kind| store.table(kind).documents())
            .map(|document| {
                let body = document.body().map(|body| body.to_vec());
                (document.id.to_string(), document.updated(), body)
            })
            .collect()
    }
}

/// The pieces of a pattern in which `…` stands for anything, found in this order.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split('…').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

async fn refused(case: &Case) {
    let scene = Scene::new(&[]).await;
    let (engine, mut plan, secret) = planned(&scene, case.job).await;
    let (method, path) = case.job.request();
    // Whatever is sent again gets the same answer.
    let script = |effect| scene.running.faults().add(Rule::on(path, effect).method(method));
    match case.how {
        How::Says(id) => {
            let text = case.text.replace('…', "00000000-0000-4000-8000-000000000000");
            script(Effect::Refused { id: id.to_owned(), text });
        }
        How::Faults => script(Effect::Broken),
        How::Limits => script(Effect::TooManyRequests { reset: 30 }),
        How::Provoked(provoke) => provoke(&scene, &mut plan),
    }
    let before = scene.fingerprint();
    let error = apply_with(engine, plan, "ticket 4711", secret.as_ref(), |_| {}).await.unwrap_err();
    let told = error.to_string();
    let context = format!("{} {:?} {}: {told}", case.section, case.job, case.text);
    if !case.half_done {
        assert_eq!(scene.fingerprint(), before, "nothing changes: {context}");
    }
    assert!(told.contains(case.what), "{}: {context}", case.what);
    match &error {
        ApplyError::Refused { refused, entry, written: 0, .. } => {
            assert_eq!(refused.cause, case.cause, "{context}");
            assert!(told.contains(case.next), "{}: {context}", case.next);
            keeps_what_the_platform_said(case, refused, &told);
            in_the_journal(engine, *entry, refused);
        }
        ApplyError::Stale(_) => assert_eq!(case.cause, Cause::Stale, "{context}"),
        ApplyError::Unsure { refused, .. } => {
            assert_eq!((refused.cause, case.how.faults()), (Cause::Server, true), "{context}");
        }
        other => panic!("{other:?}: {context}"),
    }
}

fn keeps_what_the_platform_said(case: &Case, refused: &Refused, told: &str) {
    // What a failed `test` compares may be a secret (platform-api §1.8).
    let expected = if case.text.starts_with("Test failed") { "Test failed: [redacted]" } else { case.text };
    assert!(fits(expected, refused.text.raw()), "{:?}: {told}", refused.text);
    assert!(told.contains(refused.text.to_string().trim_end_matches('.')), "{:?}: {told}", refused.text);
    assert!(!refused.next.is_empty(), "{told}");
    // Rate limits and faults carry no id (platform-api §1.4, §1.9); SCIM has an error object of its own (§7).
    let has_id = !matches!(case.how, How::Faults | How::Limits) && case.job != Job::ScimEmail;
    if has_id {
        let id = refused.request_id.as_ref().unwrap_or_else(|| panic!("no request id: {told}"));
        assert!(told.contains(&format!("(request {id})")), "{told}");
    }
}

fn in_the_journal(engine: &Engine, entry: idconsole::journal::EntryId, refused: &Refused) {
    let entry = engine.journal.show(entry).unwrap();
    assert_eq!((entry.state, entry.steps[0].state), (EntryState::Failed, StepState::Failed));
    assert_eq!(entry.steps[0].request_id, refused.request_id);
}

/// All cases of some sections, one after the other.
async fn all_of(sections: &[&str]) {
    let mut seen = 0;
    for case in CASES.iter().filter(|case| sections.contains(&case.section)) {
        refused(case).await;
        seen += 1;
    }
    assert!(seen > 0, "no case of {sections:?}");
}

// platform-api §1.3, §1.4, §1.6, §1.8, §1.9: what every endpoint can say.
#[tokio::test]
async fn every_refusal_of_any_endpoint_is_told() {
    all_of(&["§1.3", "§1.4", "§1.6", "§1.7", "§1.8", "§1.9"]).await;
}

#[tokio::test]
async fn every_refusal_about_own_sessions_is_told() {
    all_of(&["§4"]).await;
}

#[tokio::test]
async fn every_refusal_about_second_factors_is_told() {
    all_of(&["§5"]).await;
}

#[tokio::test]
async fn every_refusal_of_the_admin_api_is_told() {
    all_of(&["§6", "§6.2"]).await;
}

#[tokio::test]
async fn every_refusal_of_an_invitation_is_told() {
    all_of(&["§6.1"]).await;
}

#[tokio::test]
async fn every_refusal_of_scim_and_of_operations_is_told() {
    all_of(&["§7", "§8"]).await;
}

#[tokio::test]
async fn every_refusal_about_the_shape_of_a_record_is_told() {
    all_of(&["§9", "§12"]).await;
}

// The list of texts is that of platform-api; none of it is left out, and every case is about one of it.
#[test]
fn every_text_of_the_platform_has_a_case_and_every_case_a_text() {
    let listed: BTreeSet<(&str, Job, &str)> = TEXTS
        .iter()
        .flat_map(|(section, job, texts)| texts.iter().map(move |text| (*section, *job, *text)))
        .collect();
    let exercised: BTreeSet<(&str, Job, &str)> =
        CASES.iter().map(|case| (case.section, case.job, case.text)).collect();
    let without: Vec<_> = listed.difference(&exercised).collect();
    assert!(without.is_empty(), "no case for {without:#?}");
    let unlisted: Vec<_> = exercised.difference(&listed).collect();
    assert!(unlisted.is_empty(), "not in the list: {unlisted:#?}");
    assert_eq!(CASES.len(), exercised.len(), "a text stands in two cases");
}
