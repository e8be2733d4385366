//! A diagnosis to be handed on: as JSON for programs, as text for people.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Way;
use crate::identity::sign_in::doctor::{Diagnosis, Evidence, Outcome, Status, Step};
use crate::workflows::diagnose::Examined;

/// The answer for programs: what `doctor login --format json` writes.
pub fn json(examined: &Examined) -> Value {
    let diagnosis = &examined.diagnosis;
    json!({
        "outcome": outcome(&diagnosis.outcome),
        "likely": diagnosis.likely.as_ref().map(outcome),
        "flow": examined.attempt.flow.id(),
        "steps": diagnosis.steps.iter().map(step).collect::<Vec<_>>(),
        "unseen": diagnosis.doubts.iter().map(|doubt| json!({
            "step": doubt.step.id(), "what": doubt.what, "why": doubt.why,
        })).collect::<Vec<_>>(),
        "notes": diagnosis.notes,
        "advice": diagnosis.advice,
        "fixes": examined.fixes.iter().map(|fix| json!({
            "id": fix.id(),
            "title": fix.title(&examined.facts),
            "after": outcome(fix.after.expected()),
            "needs_super_admin": fix.needs_super_admin(),
        })).collect::<Vec<_>>(),
    })
}

fn outcome(outcome: &Outcome) -> Value {
    json!({
        "verdict": outcome.verdict.id(),
        "message": outcome.message,
        "http_status": outcome.http_status,
        "user": outcome.user.as_ref().map(|user| user.reference().to_string()),
        "membership": outcome.membership.as_ref().map(|membership| membership.reference().to_string()),
        "next": outcome.next.id(),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "id": step.id.id(),
        "title": step.id.title(),
        "status": step.status.id(),
        "detail": step.detail,
        "evidence": step.evidence.iter().map(evidence).collect::<Vec<_>>(),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    json!({
        "what": evidence.what,
        "record": evidence.record.as_ref().map(ToString::to_string),
        "seen": evidence.source.map(|source| source.window),
        "read_at": evidence.source.map(|source| source.at),
    })
}

/// The ladder and the sentence, for people. Steps that were not reached are left out.
pub fn ladder(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for step in diagnosis.steps.iter().filter(|step| step.status != Status::Skipped) {
        let _ = writeln!(text, "{:<8} {}", step.status.id(), step.id.title());
        let _ = writeln!(text, "         {}", step.detail);
        for evidence in &step.evidence {
            let record = evidence.record.as_ref().map_or_else(String::new, |record| format!("  {record}"));
            let seen = evidence.source.map_or_else(String::new, |s| format!("  seen {}", s.window.words()));
            let _ = writeln!(text, "         · {}{record}{seen}", evidence.what);
        }
    }
    let _ = writeln!(text, "\nThe sign-in {}.", diagnosis.sentence());
    for doubt in &diagnosis.doubts {
        let _ = writeln!(text, "not seen: {} ({})", doubt.what, doubt.why);
    }
    for advice in &diagnosis.advice {
        let _ = writeln!(text, "next: {advice}");
    }
    for note in &diagnosis.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// One way with its fixes, for people.
pub fn text(way: &Way) -> String {
    let attempt = &way.examined.attempt;
    let mut text = format!("Sign-in: {}\n", way.label);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    if let Some(typed) = &attempt.typed {
        line("typed", typed.to_string());
    }
    if let Some(email) = attempt.email.text() {
        line("IdP email", email.to_string());
    }
    if let Some(subject) = attempt.subject.text().filter(|subject| subject.raw() != super::UNKNOWN_SUBJECT) {
        line("IdP sub", subject.to_string());
    }
    text.push('\n');
    text.push_str(&ladder(&way.examined.diagnosis));
    for remedy in &way.remedies {
        let who = remedy.others.map_or_else(String::new, |who| format!(" ({who})"));
        let _ = writeln!(text, "fix: {}{who}", remedy.title);
        let _ = writeln!(text, "     after this change: {}", remedy.after);
    }
    text
}
