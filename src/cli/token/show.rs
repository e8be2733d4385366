//! The lab's answers for people.

use std::collections::HashMap;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use crate::identity::text::shown;
use crate::token::compare::Difference;
use crate::token::ladder::Holds;
use crate::workflows::token_lab::compare::Compared;
use crate::workflows::token_lab::inspect::{Inspection, Item, UNVERIFIED};
use crate::workflows::token_lab::report;
use crate::workflows::token_lab::verify::{Step, Verified};
use crate::workflows::token_lab::why::{Outcome, Why};

use super::super::output::{Column, Table};

/// Longest value of a claim that is shown on one line.
const LONGEST: usize = 60;

/// What a token says, under headings.
pub(super) fn inspection(
    out: &mut dyn Write,
    seen: &Inspection,
    now: Timestamp,
    zone: &TimeZone,
) -> io::Result<()> {
    writeln!(out, "{}", seen.sentence())?;
    if seen.jws().is_some() {
        writeln!(out, "What follows was only read, {UNVERIFIED}.")?;
    }
    for (heading, items) in [("header", &seen.header), ("claims", &seen.claims)] {
        if !items.is_empty() {
            writeln!(out, "\n{heading}")?;
            tree(out, items)?;
        }
    }
    if seen.more > 0 {
        writeln!(out, "  … and {} more", seen.more)?;
    }
    if !seen.moments.is_empty() {
        writeln!(out, "\ntimes")?;
        for moment in &seen.moments {
            let local = moment.local(zone);
            // Where local time is UTC it would only be said twice.
            let local = if local.is_empty() || local.ends_with(" UTC") {
                String::new()
            } else {
                format!("  {local}")
            };
            writeln!(out, "  {:<9}  {}{local}  {}", moment.claim, moment.utc(), moment.relative(now))?;
        }
    }
    notes(out, &seen.notes)?;
    if let Some(inner) = &seen.inner {
        writeln!(out, "\nwithin it")?;
        inspection(out, inner, now, zone)?;
    }
    Ok(())
}

fn notes(out: &mut dyn Write, notes: &[String]) -> io::Result<()> {
    if !notes.is_empty() {
        writeln!(out, "\nnotes")?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "  {note}"))
}

fn tree(out: &mut dyn Write, items: &[Item]) -> io::Result<()> {
    let lines = report::lines(items, false);
    let width = lines.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(30);
    // Looked up, not looked for: strangers decide how many there are, and how long their names are.
    let meanings: HashMap<String, &str> =
        items.iter().filter_map(|item| Some((item.name.to_string(), item.meaning?))).collect();
    let wide = lines.iter().map(|(_, value)| value.width()).max().unwrap_or(0).min(LONGEST);
    for (name, value) in &lines {
        let pad = " ".repeat(width.saturating_sub(name.width()));
        match meanings.get(name) {
            Some(meaning) => {
                let gap = " ".repeat(wide.saturating_sub(value.width()));
                writeln!(out, "  {name}{pad}  {value}{gap}  {meaning}")?;
            }
            None => writeln!(out, "  {name}{pad}  {value}")?,
        }
    }
    Ok(())
}

/// Claims of all tokens as rows.
pub(super) fn claims_table(seen: &[Inspection]) -> Table {
    let rows = seen.iter().flat_map(|one| {
        let of = |part: &'static str, items: &[Item]| -> Vec<Vec<String>> {
            report::lines(items, false)
                .into_iter()
                .map(|(name, value)| vec![one.from.clone(), part.to_owned(), name, value])
                .collect()
        };
        [of("header", &one.header), of("claims", &one.claims)].concat()
    });
    Table {
        columns: vec![
            Column::text("token"),
            Column::text("part"),
            Column::name("name"),
            Column::name("value"),
        ],
        rows: rows.collect(),
        empty: "There is nothing to read in it.".to_owned(),
    }
}

/// The ladder as rows.
pub(super) fn steps_table(steps: &[Step]) -> Table {
    let rows = steps.iter().map(|step| {
        vec![
            step.id.word().to_owned(),
            report::holds_word(step.holds).to_owned(),
            step.said.clone(),
            step.limit.unwrap_or_default().to_owned(),
        ]
    });
    Table {
        columns: vec![
            Column::text("step"),
            Column::text("holds"),
            Column::text("said"),
            Column::text("limit"),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

/// The verdict, then the ladder; under each step what it cannot tell.
pub(super) fn verified(out: &mut dyn Write, verified: &Verified) -> io::Result<()> {
    writeln!(out, "{}", verified.sentence())?;
    if let Some(keys) = &verified.keys {
        writeln!(out, "Checked with {keys}.")?;
    }
    writeln!(out)?;
    steps(out, &verified.steps)?;
    notes(out, &verified.notes)
}

fn steps(out: &mut dyn Write, steps: &[Step]) -> io::Result<()> {
    let width = steps.iter().map(|step| step.id.word().len()).max().unwrap_or(0);
    for step in steps {
        let holds = match step.holds {
            Holds::Yes => "yes    ",
            Holds::Warning => "warning",
            Holds::Untold => "unknown",
            Holds::No => "no     ",
        };
        writeln!(out, "  {:<width$}  {holds}  {}", step.id.word(), shown(&step.said))?;
        if let Some(limit) = step.limit {
            writeln!(out, "  {:<width$}           {limit}", "")?;
        }
    }
    Ok(())
}

/// Claims that differ, or all.
pub(super) fn comparison(compared: &Compared, all: bool) -> Table {
    let text = |value: &Option<serde_json::Value>| match value {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let rows = compared.rows.iter().filter(|row| all || row.difference != Difference::Same).map(|row| {
        let word = match row.difference {
            Difference::Same => "same",
            Difference::Changed => "changed",
            Difference::Gone => "first only",
            Difference::New => "second only",
        };
        vec![row.name.raw().to_owned(), text(&row.first), text(&row.second), word.to_owned()]
    });
    Table {
        columns: vec![
            Column::name("claim"),
            Column::name("first"),
            Column::name("second"),
            Column::text("difference"),
        ],
        rows: rows.collect(),
        empty: if compared.same {
            "They are the very same token.".to_owned()
        } else {
            "They say the same.".to_owned()
        },
    }
}

/// What is the matter, cause by cause.
pub(super) fn why(out: &mut dyn Write, why: &Why) -> io::Result<()> {
    writeln!(out, "{}", why.sentence())?;
    if let Some(answered) = &why.answered {
        let text = if answered.reply.text.is_empty() {
            String::new()
        } else {
            format!(", “{}”", answered.reply.text)
        };
        let cause =
            answered.reply.diagnostics.as_ref().map_or_else(String::new, |cause| format!(" ({cause})"));
        writeln!(
            out,
            "{} is answered {}{text}{cause}. {}",
            answered.request, answered.reply.status, answered.means
        )?;
    }
    for (at, cause) in why.causes.iter().enumerate() {
        writeln!(out, "\n{}. {} ({})", at + 1, shown(&cause.said), cause.sure.word())?;
        for evidence in &cause.evidence {
            writeln!(out, "   - {}", shown(evidence))?;
        }
        writeln!(out, "   → {}", shown(&cause.next))?;
    }
    if !why.unknown.is_empty() && why.outcome() != Outcome::Accepted {
        writeln!(out, "\nnot known")?;
        why.unknown.iter().try_for_each(|unknown| writeln!(out, "  {}", shown(unknown)))?;
    }
    Ok(())
}

/// Causes as rows.
pub(super) fn causes_table(why: &Why) -> Table {
    let rows = why.causes.iter().map(|cause| {
        vec![
            cause.id.word().to_owned(),
            cause.sure.word().to_owned(),
            cause.said.clone(),
            cause.evidence.join(" "),
            cause.next.clone(),
        ]
    });
    Table {
        columns: vec![
            Column::text("cause"),
            Column::text("sure"),
            Column::text("said"),
            Column::text("evidence"),
            Column::text("next"),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}
