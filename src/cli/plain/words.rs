//! Plans and diagnoses in words, one statement a line.

use std::io::{self, Write};

use crate::cli::plan::value;
use crate::identity::sign_in::doctor::{Diagnosis, Status};
use crate::identity::text::shown;
use crate::identity::words::small;
use crate::identity::{Change, Confirm, Plan, SignInOutcome, Text};
use crate::workflows::checkup::Way;

/// What a plan says in words that are not ours.
pub(super) fn of_others(plan: &Plan) -> Vec<&Text> {
    let fields = plan.changes.iter().flat_map(|change| &change.fields);
    let values = fields.flat_map(|field| field.before.known().into_iter().flatten().chain(&field.after));
    let who = plan.changes.iter().filter_map(|change| change.who.as_ref());
    let typed = match &plan.confirm {
        Confirm::Typed { text } => Some(text),
        Confirm::Enter => None,
    };
    std::iter::once(&plan.subject).chain(typed).chain(who).chain(values).collect()
}

/// Writes a plan as somebody hears it.
pub(super) fn plan(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    writeln!(out, "The plan: {}, {}.", small(&shown(&plan.title)), plan.subject)?;
    if !plan.about.is_empty() {
        writeln!(out, "About: {}", stopped(&plan.about))?;
    }
    for (at, change) in plan.changes.iter().enumerate() {
        write_change(out, change, at, plan.changes.len())?;
    }
    for effect in &plan.sign_in {
        let (before, after) = (outcome(&effect.before), outcome(&effect.after));
        let way = shown(&effect.way);
        if before == after {
            writeln!(out, "Sign-in by {way} stays as it is: {after}.")?;
        } else {
            writeln!(out, "Sign-in by {way}, now: {before}. Afterwards: {after}.")?;
        }
    }
    for also in &plan.also {
        writeln!(out, "Also: {}", stopped(also))?;
    }
    for warning in &plan.warnings {
        writeln!(out, "Take note: {}", stopped(warning))?;
    }
    if !plan.undo.is_empty() {
        writeln!(out, "Taking it back: {}", stopped(&plan.undo))?;
    }
    Ok(())
}

fn write_change(out: &mut dyn Write, change: &Change, at: usize, of: usize) -> io::Result<()> {
    if of > 1 {
        let who = change.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
        writeln!(out, "Change {} of {of}. {who}{}.", at + 1, shown(&change.label))?;
    }
    for field in &change.fields {
        let after = field.after.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        writeln!(out, "{}, from {} to {after}.", shown(&field.field), value(&field.before))?;
    }
    Ok(())
}

/// How a sign-in turns out.
pub(super) fn outcome(outcome: &SignInOutcome) -> String {
    match outcome {
        SignInOutcome::SignsIn { name } => format!("signs in as {name}"),
        SignInOutcome::Refused { text, why } if why.is_empty() => format!("is refused, {}", shown(text)),
        SignInOutcome::Refused { text, why } => format!("is refused, {}, {}", shown(text), shown(why)),
        SignInOutcome::Unknown { why } => format!("not known, {}", shown(why)),
    }
}

/// Writes what was found out about a way: verdict, steps with evidence, what is not known, fixes.
pub(super) fn way(out: &mut dyn Write, way: &Way, at: usize, of: usize) -> io::Result<()> {
    let diagnosis = &way.examined.diagnosis;
    writeln!(out, "Way {} of {of}: {}.", at + 1, shown(&way.label))?;
    writeln!(out, "It {}.", diagnosis.sentence())?;
    steps(out, diagnosis)?;
    for doubt in &diagnosis.doubts {
        writeln!(out, "Not seen: {}, because: {}.", doubt.what, doubt.why)?;
    }
    for advice in &diagnosis.advice {
        writeln!(out, "Next: {}", stopped(advice))?;
    }
    for note in &diagnosis.notes {
        writeln!(out, "Note: {}", stopped(note))?;
    }
    for (at, remedy) in way.remedies.iter().enumerate() {
        let who = remedy.others.map(|who| format!(" Not by you: {}", stopped(who))).unwrap_or_default();
        writeln!(
            out,
            "Fix {}: {} After this change: {}.{who}",
            at + 1,
            stopped(&remedy.title),
            remedy.after
        )?;
    }
    Ok(())
}

fn steps(out: &mut dyn Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let told = diagnosis.steps.iter().filter(|step| step.status != Status::Skipped);
    for (at, step) in told.enumerate() {
        writeln!(
            out,
            "Step {}, {}. {}: {}",
            at + 1,
            step.status.id(),
            step.id.title(),
            stopped(&step.detail)
        )?;
        for evidence in &step.evidence {
            let record = evidence.record.as_ref().map_or_else(String::new, |record| format!(", {record}"));
            let seen = evidence.source.map_or_else(String::new, |s| format!(", seen {}", s.window.words()));
            writeln!(out, "  Evidence: {}{record}{seen}.", shown(&evidence.what))?;
        }
    }
    Ok(())
}

fn stopped(words: &str) -> String {
    let words = shown(words);
    if words.ends_with(['.', '?', '!']) { words.into_owned() } else { format!("{words}.") }
}
