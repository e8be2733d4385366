//! A plan in words and in JSON: what is shown before anything is written.

use std::io::{self, Write};

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::output::{Column, Table};
use crate::identity::text::shown;
use crate::identity::{Change, Confirm, FieldChange, Plan, Seen, SignInOutcome, Text};

/// The signs used in words; look.md, Colour and weight.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    /// Something holds.
    pub ok: &'static str,
    /// Something does not.
    pub bad: &'static str,
    /// Something to decide.
    pub warn: &'static str,
    /// Something is unknown.
    pub unknown: &'static str,
    /// From before to after.
    pub to: &'static str,
}

impl Signs {
    /// The signs, or what stands in for them where only ASCII can be shown.
    pub const fn new(ascii: bool) -> Self {
        if ascii {
            Self { ok: "ok", bad: "x", warn: "~", unknown: "?", to: "->" }
        } else {
            Self { ok: "✓", bad: "✗", warn: "△", unknown: "·", to: "→" }
        }
    }
}

/// Writes the plan as a person reads it.
pub fn write(out: &mut dyn Write, plan: &Plan, signs: Signs) -> io::Result<()> {
    writeln!(out, "{} · {}", shown(&plan.title), plan.subject)?;
    if !plan.about.is_empty() {
        writeln!(out, "{}", shown(&plan.about))?;
    }
    for change in &plan.changes {
        writeln!(out)?;
        write_change(out, change, plan.changes.len() > 1, signs)?;
    }
    let mut rows: Vec<(&str, String)> = Vec::new();
    for effect in &plan.sign_in {
        let (before, after) = (outcome(&effect.before, signs), outcome(&effect.after, signs));
        rows.push(("sign-in", format!("{}: {before} {} {after}", shown(&effect.way), signs.to)));
    }
    rows.extend(plan.also.iter().map(|also| ("also", shown(also).into_owned())));
    rows.extend(plan.warnings.iter().map(|warning| ("note", format!("{} {}", signs.warn, shown(warning)))));
    if !plan.undo.is_empty() {
        rows.push(("undo", shown(&plan.undo).into_owned()));
    }
    let mut last = "";
    for (name, text) in rows {
        if name != last {
            writeln!(out)?;
        }
        writeln!(out, "{:<8}  {text}", if name == last { "" } else { name })?;
        last = name;
    }
    Ok(())
}

fn write_change(out: &mut dyn Write, change: &Change, titled: bool, signs: Signs) -> io::Result<()> {
    if titled {
        let who = change.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
        writeln!(out, "{who}{}  ({})", shown(&change.label), change.target)?;
    }
    let width = change.fields.iter().map(|field| field.field.width()).max().unwrap_or(0);
    for field in &change.fields {
        let (before, after) = (value(&field.before), after(field));
        if before.width() + after.width() + width < 60 {
            writeln!(out, "  {:<width$}  {before} {} {after}", field.field, signs.to)?;
        } else {
            writeln!(out, "  {:<width$}    {before}", field.field)?;
            writeln!(out, "  {:<width$}  {} {after}", "", signs.to)?;
        }
    }
    Ok(())
}

/// A value that may be unknown or nothing, in words.
pub fn value(seen: &Seen<Option<Text>>) -> String {
    match seen {
        Seen::Known(Some(text)) => text.to_string(),
        Seen::Known(None) => "nothing".to_owned(),
        Seen::Unknown(why) => format!("unknown ({why})"),
    }
}

fn after(field: &FieldChange) -> String {
    field.after.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// How a sign-in turns out, in words.
pub fn outcome(outcome: &SignInOutcome, signs: Signs) -> String {
    match outcome {
        SignInOutcome::SignsIn { name } => format!("{} as {name}", signs.ok),
        SignInOutcome::Refused { text, why } if why.is_empty() => format!("{} {}", signs.bad, shown(text)),
        SignInOutcome::Refused { text, why } => format!("{} {} ({})", signs.bad, shown(text), shown(why)),
        SignInOutcome::Unknown { why } => format!("{} unknown ({})", signs.unknown, shown(why)),
    }
}

/// Every field of every change as a row.
pub fn rows(plan: &Plan) -> Table {
    let names = ["step", "who", "record", "change", "field", "before", "after"];
    let row = |(step, change): (usize, &Change), field: Option<&FieldChange>| {
        let who = change.who.as_ref().unwrap_or(&plan.subject);
        vec![
            (step + 1).to_string(),
            who.raw().to_owned(),
            change.target.to_string(),
            change.label.clone(),
            field.map_or_else(String::new, |field| field.field.clone()),
            field.map_or_else(String::new, |field| raw(&field.before)),
            field
                .and_then(|field| field.after.as_ref())
                .map_or_else(String::new, |text| text.raw().to_owned()),
        ]
    };
    let of = |(step, change): (usize, &Change)| -> Vec<Vec<String>> {
        if change.fields.is_empty() {
            return vec![row((step, change), None)];
        }
        change.fields.iter().map(|field| row((step, change), Some(field))).collect()
    };
    Table {
        columns: names.map(Column::text).to_vec(),
        rows: plan.changes.iter().enumerate().flat_map(of).collect(),
        empty: String::new(),
    }
}

fn raw(seen: &Seen<Option<Text>>) -> String {
    match seen {
        Seen::Known(text) => text.as_ref().map_or_else(String::new, |text| text.raw().to_owned()),
        Seen::Unknown(why) => format!("unknown ({why})"),
    }
}

/// The stable JSON shape of a plan.
pub fn json(plan: &Plan) -> Value {
    json!({
        "title": plan.title,
        "subject": plan.subject,
        "membership": plan.membership,
        "user": plan.user,
        "about": plan.about,
        "changes": plan.changes.iter().map(change_json).collect::<Vec<_>>(),
        "sign_in": plan.sign_in,
        "also": plan.also,
        "warnings": plan.warnings,
        "undo": plan.undo,
        "must_type": match &plan.confirm {
            Confirm::Enter => Value::Null,
            Confirm::Typed { text } => json!(text),
        },
    })
}

/// The stable JSON shape of one change.
pub fn change_json(change: &Change) -> Value {
    json!({
        "target": change.target.to_string(),
        "label": change.label,
        "who": change.who,
        "expected_version": change.expected_version,
        "fields": change.fields.iter().map(|field| json!({
            "field": field.field,
            "before": seen_json(&field.before),
            "after": field.after,
        })).collect::<Vec<_>>(),
    })
}

/// Known text, null for nothing, `{"unknown": why}` for what this role cannot see.
pub fn seen_json(seen: &Seen<Option<Text>>) -> Value {
    match seen {
        Seen::Known(text) => json!(text),
        Seen::Unknown(why) => json!({ "unknown": why.to_string() }),
    }
}
