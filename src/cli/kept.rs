//! Plans in files: `--dry-run --format json` writes one, `apply` runs it later.
//!
//! A file holds the plan and the command that made it, and neither is believed. Applying it runs the command again, by
//! the same reading and the same guards, and goes on only when what comes out is the plan in the file to the letter. So
//! a file can make nothing happen that its command would not; it is refused when the platform has moved on, and a
//! secret never stands in it: whatever asks for one asks again.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::plan;
use crate::identity::text::shown;
use crate::identity::{Plan, Text};
use crate::workflows::Engine;

/// Ten thousand rows are some megabytes; more is not read.
const LARGEST: u64 = 64 << 20;

/// A plan with what is needed to make it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Always true: nothing was written.
    dry_run: bool,
    /// As it was shown.
    plan: Value,
    /// How it is applied.
    apply: How,
}

/// How a kept plan is applied.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    /// The command that made it; null when it cannot be repeated.
    command: Option<Vec<String>>,
    /// Why it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_kept: Option<String>,
    /// The platform's address.
    platform: String,
    /// The project that whoever made it was signed in to.
    project: String,
    project_name: Text,
    /// Who made it.
    by: Text,
    role: String,
    made_at: Timestamp,
    /// It asks for a secret, which is not in the file.
    asks_for_secret: bool,
    /// Over everything in the plan, also what is not shown.
    exact: String,
    /// Over the whole file, against slips of the hand.
    seal: String,
}

impl Kept {
    /// The plan of this command, to be kept.
    pub fn of(plan: &Plan, engine: &Engine, context: &Context, io: &Io<'_>) -> Result<Self, Failure> {
        let (command, not_kept) = match words(context, io) {
            Ok(words) => (Some(words), None),
            Err(why) => (None, Some(why.to_owned())),
        };
        let caller = &engine.caller;
        let how = How {
            command,
            not_kept,
            platform: platform(context)?,
            project: caller.project.as_str().to_owned(),
            project_name: caller.project_name.clone(),
            by: caller.name.clone(),
            role: caller.role.words().to_owned(),
            made_at: engine.clock.now(),
            asks_for_secret: plan.changes.iter().any(|change| change.means.needs_secret()),
            exact: fingerprint(&json!(plan)),
            seal: String::new(),
        };
        let mut kept = Self { dry_run: true, plan: plan::json(plan), apply: how };
        kept.apply.seal = kept.sealed();
        Ok(kept)
    }

    /// Reads a file, or standard input for `-`.
    pub fn read(file: &Path, io: &mut Io<'_>) -> Result<Self, Failure> {
        let named = shown(&file.display().to_string()).into_owned();
        let mut text = String::new();
        let read = if file.as_os_str() == "-" {
            (&mut *io.input).take(LARGEST).read_to_string(&mut text)
        } else {
            fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        };
        read.map_err(|error| Failure::usage(format!("The plan in {named} cannot be read: {error}.")))?;
        let kept: Self = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            Failure::usage(format!("{named} holds no plan: {}.", shown(&error.to_string())))
                .next("A writing command with --dry-run --format json prints one.")
        })?;
        if !kept.dry_run || kept.apply.seal != kept.sealed() {
            return Err(Failure::new(
                Exit::Conflict,
                format!("The plan in {named} was changed after it was written; nothing was done."),
            )
            .next("Make it again with --dry-run --format json."));
        }
        Ok(kept)
    }

    /// The command that makes it again.
    pub fn words(&self) -> Result<&[String], Failure> {
        self.apply.command.as_deref().ok_or_else(|| {
            let why = self.apply.not_kept.as_deref().unwrap_or("its command is not in it");
            Failure::usage(format!("This plan cannot be applied from a file: {}.", shown(why)))
                .next("Run the command itself.")
        })
    }

    /// Whether the plan that was made now is the one that was kept, on the same platform. `None`: there is nothing to do
    /// any more.
    pub fn check(
        &self,
        now: Option<&Plan>,
        engine: &Engine,
        context: &Context,
        io: &mut Io<'_>,
    ) -> Result<(), Failure> {
        let How { platform: made_for, project, project_name, made_at, .. } = &self.apply;
        let here = platform(context)?;
        if *made_for != here {
            let what = format!("This plan is for {}, and you are signed in to {here}.", shown(made_for));
            return Err(Failure::new(Exit::Conflict, format!("{what} Nothing was written."))
                .next("--profile NAME chooses the connection."));
        }
        if project != engine.caller.project.as_str() {
            let what = format!(
                "This plan is for {project_name}, and you are signed in to {}.",
                engine.caller.project_name
            );
            return Err(Failure::new(Exit::Conflict, format!("{what} Nothing was written."))
                .next("`idconsole login` chooses the project."));
        }
        let shown = now.map(plan::json).unwrap_or_default();
        // What the file shows counts as well: it is what somebody has read before saying yes.
        if now.is_some() && fingerprint(&json!(now)) == self.apply.exact && shown == self.plan {
            return Ok(());
        }
        if now.is_none() {
            io.tell("There is nothing left to do.")?;
        } else {
            for line in differences(&self.plan, &shown) {
                io.tell(&line)?;
            }
        }
        let what = format!(
            "The platform is not as it was when this plan was made at {made_at:.0}; nothing was written."
        );
        Err(Failure::new(Exit::Conflict, what).next("Make the plan again with --dry-run, and look at it."))
    }

    fn sealed(&self) -> String {
        let mut bare = self.clone();
        bare.apply.seal = String::new();
        fingerprint(&json!(bare))
    }
}

/// The command as it can be repeated: what came by standard input stands in it by name.
fn words(context: &Context, io: &Io<'_>) -> Result<Vec<String>, &'static str> {
    let given = context.asked.words.as_ref().ok_or("its command holds something that is no text")?;
    let mut words = Vec::with_capacity(given.len());
    let mut read = io.manner.read.as_ref();
    for (at, word) in given.iter().enumerate() {
        // What comes by standard input for an option is a secret or a file, and is asked for again.
        if !context.asked.dashes.contains(&at) {
            words.push(word.clone());
            continue;
        }
        words.extend(read.take().ok_or("it reads standard input")?.iter().cloned());
    }
    Ok(words)
}

fn platform(context: &Context) -> Result<String, Failure> {
    Ok(context.connection()?.0.base_url.to_string())
}

/// SHA-256 over a value, whatever the order of its names and the blanks between.
fn fingerprint(value: &Value) -> String {
    let mut hash = Sha256::new();
    hash.update(in_order(value).to_string());
    hash.finalize().iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"))
}

fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut names: Vec<&String> = object.keys().collect();
            names.sort();
            names
                .into_iter()
                .map(|name| (name.clone(), in_order(&object[name])))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(all) => all.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

/// At most so many differences are told; one is enough to stop.
const TOLD: usize = 12;

/// What is another now, in words: `changes 1, fields 1, before: then a, now b`.
fn differences(then: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", then, now, &mut found);
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        found.push(format!("… and {more} more"));
    }
    found
}

fn compare(place: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    let under = |name: &str| {
        let name = shown(name).replace('_', " ");
        if place.is_empty() { name } else { format!("{place}, {name}") }
    };
    match (then, now) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))) {
                let of =
                    |object: &serde_json::Map<String, Value>| object.get(name).cloned().unwrap_or_default();
                compare(&under(name), &of(one), &of(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let of = |all: &[Value]| all.get(at).cloned().unwrap_or_default();
                compare(&format!("{place} {}", at + 1), &of(one), &of(other), found);
            }
        }
        (then, now) if then != now => found.push(format!("{place}: then {}, now {}", said(then), said(now))),
        _ => {}
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => shown(text).into_owned(),
        other => shown(&other.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_blanks_make_no_other_plan() {
        let one: Value = serde_json::from_str(r#"{"a": 1, "b": {"c": [1, 2], "d": null}}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b":{"d":null,"c":[1,2]},"a":1}"#).unwrap();
        assert_eq!(fingerprint(&one), fingerprint(&other));
        let third: Value = serde_json::from_str(r#"{"b":{"d":null,"c":[2,1]},"a":1}"#).unwrap();
        assert_ne!(fingerprint(&one), fingerprint(&third));
    }

    #[test]
    fn what_is_different_is_told_by_its_place() {
        let then = json!({"changes": [{"expected_version": "7", "fields": []}], "also": ["a"]});
        let now = json!({"changes": [{"expected_version": "8", "fields": []}], "also": []});
        assert_eq!(
            differences(&then, &now),
            ["changes 1, expected version: then 7, now 8", "also 1: then a, now nothing"]
        );
    }
}
