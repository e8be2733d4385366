//! A plan on its way to the platform by command: show, ask, apply, tell.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Value, json};

use crate::identity::{Confirm, Plan, Secret, Text, Undo};
use crate::workflows::apply::AppliedStep;
use crate::workflows::refusals::{Cause, Refused};
use crate::workflows::{Applied, ApplyError, Engine, Rows, Stale, Trouble};

use super::args::Write;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::kept::Kept;
use super::output::{Column, Format, Table};
use super::plan;

/// Shows the plan; with yes said to it, applies it and tells what came of it. `None`: nothing was written
/// because it was a dry run or the answer was no.
pub async fn apply(
    engine: &Engine,
    plan: Plan,
    write: &Write,
    production: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Option<Applied>, Failure> {
    apply_with(engine, plan, None, write, production, context, io).await
}

/// The same with a secret that the plan needs and does not hold.
pub async fn apply_with(
    engine: &Engine,
    plan: Plan,
    secret: Option<&Secret>,
    write: &Write,
    production: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Option<Applied>, Failure> {
    let signs = context.signs();
    io.progress("")?;
    as_kept(Some(&plan), engine, context, io)?;
    if write.dry_run {
        match (context.shared.format, &context.asked.replay) {
            (Format::Table, _) => plan::write(io.out, &plan, signs)?,
            (Format::Json, Some(kept)) => super::output::write_json(io.out, kept)?,
            (Format::Json, None) => {
                let kept = Kept::of(&plan, engine, context, io)?;
                super::output::write_json(io.out, &kept)?;
            }
            (Format::Csv, _) => io.write_rows(Format::Csv, &plan::rows(&plan), &Value::Null)?,
        }
        io.note("Nothing was written: this was a dry run.")?;
        return Ok(None);
    }
    // Whoever has said yes beforehand and wants no remarks has seen it.
    if !(write.yes && io.manner.quiet) {
        plan::write(io.err, &plan, signs)?;
        writeln!(io.err)?;
    }
    // Before anything is asked.
    if let Some(why) = engine.read_only {
        return Err(ApplyError::ReadOnly(why).into());
    }
    let reason = reason(write, io)?;
    if !agreed(engine, &plan, write, production, io)? {
        io.note("Nothing was written.")?;
        return Ok(None);
    }
    let subject = plan.subject.clone();
    let batch = plan.batch.is_some();
    let who: Vec<Option<Text>> = plan.changes.iter().map(|change| change.who.clone()).collect();
    let returns = plan.changes.iter().any(|change| matches!(change.undo, Undo::By { .. }));
    let applied = match super::under_way::apply(engine, plan, &reason, secret, io).await {
        Ok(applied) => applied,
        Err(error) => {
            match &error {
                ApplyError::Stale(stale) => both(io.err, stale)?,
                ApplyError::Rows(rows) if batch => {
                    let told = super::bulk::tell(engine, rows.entry, context.shared.format, io);
                    told.map_err(|failure| Failure { entry: Some(rows.entry), ..failure })?;
                }
                // The journal has not all of what a run came to that it could not be written for.
                ApplyError::Rows(rows) | ApplyError::Unwritten { rows, .. } => {
                    each_row(io, context.shared.format, rows, &who, signs)?;
                }
                _ => {}
            }
            return Err(error.into());
        }
    };
    if batch {
        let told = super::bulk::tell(engine, applied.entry, context.shared.format, io);
        told.map_err(|failure| Failure { entry: Some(applied.entry), ..failure })?;
        return Ok(Some(applied));
    }
    match context.shared.format {
        Format::Table => {
            for step in &applied.steps {
                let who = who.get(step.step).and_then(Option::as_ref).unwrap_or(&subject);
                let how = if step.read_back { ", read back" } else { "" };
                writeln!(io.out, "{} {who}: {}{how}", signs.ok, step.label)?;
                if let Some(remark) = &step.remark {
                    writeln!(io.out, "{} {remark}", signs.warn)?;
                }
            }
            if returns {
                writeln!(
                    io.out,
                    "Journal entry {}. `idconsole journal undo {0}` takes it back.",
                    applied.entry
                )?;
            } else {
                writeln!(io.out, "Journal entry {}. It cannot be taken back from there.", applied.entry)?;
            }
        }
        Format::Json => super::output::write_json(io.out, &json(&applied, &who))?,
        Format::Csv => {
            let steps: Vec<Value> = applied.steps.iter().map(|step| step_json(step, &who)).collect();
            io.write_rows(Format::Csv, &steps_table(&steps), &Value::Null)?;
        }
    }
    Ok(Some(applied))
}

/// Whether this plan, or that there is nothing to do, is what came out when the plan was kept that is applied now. Who
/// does something before the plan is shown asks this before.
pub fn as_kept(
    plan: Option<&Plan>,
    engine: &Engine,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<(), Failure> {
    match &context.asked.replay {
        Some(kept) => kept.check(plan, engine, context, io),
        None => Ok(()),
    }
}

/// What became of every row: those that were written as results, the others with their reasons.
fn each_row(
    io: &mut Io<'_>,
    format: Format,
    rows: &Rows,
    who: &[Option<Text>],
    signs: plan::Signs,
) -> Result<(), Failure> {
    for row in &rows.failed {
        writeln!(io.err, "{} {}: {}", signs.bad, row.who, row.error)?;
    }
    let failed = rows.failed.iter().map(|row| row.step);
    let tried: BTreeSet<usize> = failed.chain(rows.done.iter().map(|step| step.step)).collect();
    match format {
        Format::Table => {
            for step in &rows.done {
                let who = who.get(step.step).and_then(Option::as_ref);
                let who = who.map(|who| format!("{who}: ")).unwrap_or_default();
                writeln!(io.out, "{} {who}{}", signs.ok, step.label)?;
            }
            Ok(())
        }
        Format::Json | Format::Csv => {
            let failed = rows
                .failed
                .iter()
                .map(|row| json!({ "who": row.who, "done": false, "error": row.error.to_string() }));
            let done = rows.done.iter().map(|step| step_json(step, who));
            let left = (0..rows.planned).filter(|step| !tried.contains(step));
            let left = left.map(|step| json!({ "who": who.get(step), "done": false }));
            let steps: Vec<Value> = done.chain(failed).chain(left).collect();
            if format == Format::Csv {
                return io.write_rows(Format::Csv, &steps_table(&steps), &Value::Null);
            }
            Ok(super::output::write_json(io.out, &json!({ "entry": rows.entry, "steps": steps }))?)
        }
    }
}

/// The stable JSON shape of what was applied.
fn json(applied: &Applied, who: &[Option<Text>]) -> Value {
    let steps: Vec<Value> = applied.steps.iter().map(|step| step_json(step, who)).collect();
    json!({ "entry": applied.entry, "steps": steps })
}

fn step_json(step: &AppliedStep, who: &[Option<Text>]) -> Value {
    let read_back = step.found.fields.iter().map(|(name, value)| (name.clone(), json!(value)));
    json!({
        "who": who.get(step.step),
        "done": true,
        "label": step.label,
        "record": step.found.record.to_string(),
        "read_back": read_back.collect::<serde_json::Map<_, _>>(),
        "made": step.made.as_ref().map(ToString::to_string),
        "remark": step.remark,
    })
}

/// The steps as rows of CSV.
fn steps_table(steps: &[Value]) -> Table {
    let names = ["who", "done", "label", "record", "made", "remark", "error"];
    let cell = |step: &Value, name: &str| match &step[name] {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        _ => String::new(),
    };
    Table {
        columns: names.map(Column::text).to_vec(),
        rows: steps.iter().map(|step| names.iter().map(|name| cell(step, name)).collect()).collect(),
        empty: String::new(),
    }
}

fn reason(write: &Write, io: &mut Io<'_>) -> Result<String, Failure> {
    let reason = match &write.reason {
        Some(reason) => reason.trim().to_owned(),
        None if !io.can_ask => {
            let what = "A change needs a reason, and nobody can be asked; nothing was written.";
            return Err(Failure::usage(what).next("Give --reason TEXT."));
        }
        None => io.ask("Reason, for the journal", "Give --reason TEXT.")?,
    };
    if reason.is_empty() {
        return Err(
            Failure::usage("A change needs a reason; nothing was written.").next("Give --reason TEXT.")
        );
    }
    Ok(reason)
}

/// Whether the person says yes, in the way that the plan asks for.
fn agreed(
    engine: &Engine,
    plan: &Plan,
    write: &Write,
    production: bool,
    io: &mut Io<'_>,
) -> Result<bool, Failure> {
    if let Confirm::Typed { text } = &plan.confirm {
        let typed = match &write.confirm {
            Some(typed) => typed.clone(),
            None => {
                io.ask(&format!("To confirm, {text} typed once more"), &format!("Give --confirm {text}."))?
            }
        };
        if typed != text.raw() {
            return Err(Failure::usage(format!("That is not {text}; nothing was written.")));
        }
        if write.yes {
            return Ok(true);
        }
    } else if !write.yes && !io.confirm("Apply this plan?", "Give --yes, or --dry-run to look only.")? {
        return Ok(false);
    }
    if production && !write.yes {
        let question = format!("{} is PRODUCTION. Really?", engine.connection);
        return io.confirm(&question, "Give --yes.");
    }
    Ok(true)
}

/// Both versions of a record that somebody changed, beside what was wanted.
pub(super) fn both(err: &mut dyn io::Write, stale: &Stale) -> io::Result<()> {
    let word = |value: Option<&Option<Text>>| match value {
        Some(Some(text)) => text.to_string(),
        Some(None) => "nothing".to_owned(),
        None => "not read".to_owned(),
    };
    let by = stale.current.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
    let at = stale.current.at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
    writeln!(err, "{} was changed{at}{by}:", stale.name)?;
    for (name, now) in &stale.current.fields {
        let wanted = stale.wanted.iter().find(|field| field.field == *name).map(|field| &field.after);
        let wanted = wanted.map(|wanted| format!("; wanted: {}", word(Some(wanted)))).unwrap_or_default();
        writeln!(err, "  {name}: shown {}; now {}{wanted}", word(stale.shown.field(name)), word(Some(now)))?;
    }
    Ok(())
}

/// The exit code of an error and the platform's request id. Where no row was written, the last failure decides: it is
/// the one that ended the run, when one did.
fn exit_of(error: &ApplyError) -> (Exit, Option<Text>) {
    match error {
        ApplyError::Nothing => (Exit::Usage, None),
        ApplyError::Journal(_) | ApplyError::Unwritten { .. } => (Exit::Local, None),
        ApplyError::Stale(_)
        | ApplyError::Different { .. }
        | ApplyError::Resumed { .. }
        | ApplyError::Waits { .. } => (Exit::Conflict, None),
        ApplyError::ReadOnly(_) | ApplyError::Ignored { .. } => (Exit::NotAllowed, None),
        ApplyError::Refused { refused, .. } => (Exit::from(refused.cause), refused.request_id.clone()),
        ApplyError::Unsure { refused, .. } => (Exit::Unreachable, refused.request_id.clone()),
        ApplyError::Rows(rows) if !rows.done.is_empty() => (Exit::Partly, None),
        ApplyError::Rows(rows) => {
            rows.failed.last().map_or((Exit::Conflict, None), |row| (exit_of(&row.error).0, None))
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let (exit, request_id) = exit_of(&error);
        let mut failure = Self::new(exit, super::journal::sentence(&error.to_string()));
        failure.request_id = request_id;
        failure.entry = error.entry();
        if let Some(entry) = failure.entry {
            let written = match &error {
                ApplyError::Refused { written, .. } | ApplyError::Ignored { written, .. } => *written,
                ApplyError::Stale(stale) => stale.written,
                ApplyError::Rows(rows) => rows.done.len(),
                _ => 0,
            };
            let unsure = matches!(&error, ApplyError::Unsure { .. } | ApplyError::Unwritten { .. })
                || matches!(&error, ApplyError::Rows(rows) if matches!(rows.failed.last(), Some(row) if matches!(row.error, ApplyError::Unsure { .. })));
            if unsure {
                failure.next = format!("`idconsole journal settle {entry}` reads back what happened.");
            } else if let ApplyError::Rows(rows) = &error
                && (rows.left() > 0 || signed_out(rows))
            {
                failure.next = go_on(rows);
            } else if written > 0 {
                failure.next = format!("`idconsole journal undo {entry}` takes back what was written.");
            }
        }
        failure
    }
}

fn signed_out(rows: &Rows) -> bool {
    let ended = rows.failed.last().map(|row| &row.error);
    matches!(ended, Some(ApplyError::Refused { refused, .. }) if refused.cause == Cause::SignedOut)
}

/// What to do about a run that ended before its last row.
fn go_on(rows: &Rows) -> String {
    let first = if signed_out(rows) { format!("{SIGN_IN} Then ") } else { String::new() };
    let entry = rows.entry;
    let back = if rows.done.is_empty() {
        String::new()
    } else {
        format!(", `idconsole journal undo {entry}` takes back what was written")
    };
    format!("{first}`idconsole journal resume {entry}` goes on with the rest{back}.")
}

/// What to do about a session that is over.
pub(super) const SIGN_IN: &str = "`idconsole login` signs in.";

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut failure = Self::new(Exit::from(refused.cause), refused.what).next(&refused.next);
        failure.request_id = refused.request_id;
        failure
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let mut failure =
            Self::new(Exit::from(trouble.cause), super::journal::sentence(&trouble.to_string()));
        if trouble.cause == Cause::SignedOut {
            failure = failure.next(SIGN_IN);
        }
        failure.request_id = trouble.request_id;
        failure
    }
}

impl From<Cause> for Exit {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::SignedOut | Cause::AccountBroken => Self::NotSignedIn,
            Cause::Forbidden | Cause::NoRoute => Self::NotAllowed,
            Cause::NotFound | Cause::Gone => Self::NotFound,
            Cause::Conflict | Cause::Stale => Self::Conflict,
            Cause::Invalid => Self::Usage,
            Cause::Mail | Cause::Limited | Cause::Server | Cause::NoAnswer | Cause::NotSent => {
                Self::Unreachable
            }
        }
    }
}
