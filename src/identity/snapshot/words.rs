//! Differences as sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{How, Side};
use super::record::{Field, Part, Record, Shape, Value};
use crate::identity::{Seen, Text, Unseen};

/// Names of records by their references.
type Names = BTreeMap<Text, Text>;

/// A value by itself.
pub fn value(value: &Value) -> String {
    named(value, &Names::new())
}

fn named(value: &Value, names: &Names) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Flag(true) => "yes".to_owned(),
        Value::Flag(false) => "no".to_owned(),
        Value::Text(text) => called(text, names),
        Value::List(all) if all.is_empty() => "none".to_owned(),
        Value::List(all) => all.iter().map(|one| called(one, names)).collect::<Vec<_>>().join(", "),
        Value::Map(all) if all.is_empty() => "none".to_owned(),
        Value::Map(all) => all
            .iter()
            .map(|(name, one)| format!("{name} = {}", called(one, names)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The name of the record that a reference means, also where parameters follow it; else the text.
fn called(text: &Text, names: &Names) -> String {
    if let Some(name) = names.get(text) {
        return name.to_string();
    }
    let (reference, rest) = text.raw().split_once(" (").unwrap_or((text.raw(), ""));
    match names.get(&Text::from(reference)) {
        Some(name) => format!("{name} ({}", Text::from(rest)),
        None => text.to_string(),
    }
}

/// Who or what a sentence begins with.
fn subject(part: Part, record: &Record) -> String {
    let name = record.called().unwrap_or(&record.id).to_string();
    match part {
        Part::Project | Part::Members => name,
        Part::Policies => format!("The access policy {name}"),
        Part::Clients => format!("The client {name}"),
        Part::Routes => format!("The route for {name}"),
        Part::Domains => format!("People of {name}"),
    }
}

/// A difference as a sentence.
pub fn sentence(part: Part, record: &Record, how: &How, names: &Names) -> String {
    let subject = subject(part, record);
    let known = |field: &str| match record.value(part, field) {
        Some(Seen::Known(value)) if *value != Value::None => Some(named(value, names)),
        _ => None,
    };
    match (part, how) {
        (Part::Members, How::Added) => {
            let email = known("email").map(|email| format!(", {email}")).unwrap_or_default();
            format!("{subject} is a member now{email}.")
        }
        (Part::Members, How::Removed) => format!("{subject} is no longer a member."),
        (Part::Routes, How::Added) => match known("idp_authorize_url") {
            Some(address) => format!("{subject} is new; its people go to {address}."),
            None => format!("{subject} is new and names no identity provider."),
        },
        (Part::Domains, How::Added) => {
            let way = known("sign_in").map(|way| format!(": they sign in at {way}")).unwrap_or_default();
            format!("{subject} are there now{way}.")
        }
        (Part::Domains, How::Removed) => format!("{subject} are no longer there."),
        (_, How::Added) => format!("{subject} is new."),
        (_, How::Removed) => format!("{subject} is gone."),
        (_, How::Renamed { before }) => renamed(part, record, before),
        (Part::Domains, How::Field { before, after, .. }) => {
            format!(
                "{subject} sign in at {} now, no longer at {}.",
                named(after, names),
                named(before, names)
            )
        }
        (_, How::Field { field, key, before, after }) => {
            let what = match key {
                Some(key) => format!("{} {key}", field.words),
                None => field.words.to_owned(),
            };
            changed(part, &subject, field, &what, before, after, names)
        }
    }
}

fn renamed(part: Part, record: &Record, before: &Text) -> String {
    let (one, id) = (part.words().0, &record.id);
    match (part, record.called()) {
        (_, None) => format!("The {one} {id} was called {before} and has no name now."),
        (_, Some(name)) if before.is_empty() => {
            format!("The {one} {id} had no name and is called {name} now.")
        }
        (Part::Routes, Some(name)) => format!("The route for {before} is for {name} now."),
        (Part::Members, Some(name)) => format!("{before} is called {name} now."),
        (_, Some(name)) => format!("The {one} {before} is called {name} now."),
    }
}

fn changed(
    part: Part,
    subject: &str,
    field: &Field,
    what: &str,
    before: &Value,
    after: &Value,
    names: &Names,
) -> String {
    let (old, new) = (named(before, names), named(after, names));
    match (field.shape, before, after) {
        (Shape::Flag { yes, .. }, _, Value::Flag(true)) => format!("{subject} {yes}."),
        (Shape::Flag { no, .. }, _, _) => format!("{subject} {no}."),
        (Shape::Set, Value::List(was), Value::List(is)) => moved(subject, what, was, is, names),
        (Shape::List, _, _) => {
            format!("{}{} are now: {new}. They were: {old}.", possessive(subject), plural(what))
        }
        (_, Value::None, _) => format!("{}{what} is {new} now; there was none.", possessive(subject)),
        (_, _, Value::None) => format!("{}{what} {old} was taken away.", possessive(subject)),
        _ if part == Part::Routes || (part == Part::Clients && field.id.starts_with("idp_")) => {
            format!("{subject} now uses the {what} {new}, no longer {old}.")
        }
        _ => format!("{}{what} changed from {old} to {new}.", possessive(subject)),
    }
}

/// What a set got and what it lost.
fn moved(subject: &str, what: &str, was: &[Text], is: &[Text], names: &Names) -> String {
    let (was, is): (BTreeSet<&Text>, BTreeSet<&Text>) = (was.iter().collect(), is.iter().collect());
    let all = |texts: Vec<&&Text>| {
        let words: Vec<String> = texts.iter().map(|one| called(one, names)).collect();
        let each = if words.len() == 1 { what.to_owned() } else { plural(what) };
        (!words.is_empty()).then(|| format!("the {each} {}", words.join(" and ")))
    };
    match (all(was.difference(&is).collect()), all(is.difference(&was).collect())) {
        (Some(lost), Some(got)) => format!("{subject} lost {lost} and got {got}."),
        (Some(lost), None) => format!("{subject} lost {lost}."),
        (None, Some(got)) => format!("{subject} got {got}."),
        (None, None) => format!("{}{} stand in another order.", possessive(subject), plural(what)),
    }
}

/// `redirect addresses`, `parameterised policies`, `kinds of second factor`.
fn plural(what: &str) -> String {
    let (noun, rest) = what
        .split_once(" that ")
        .map_or((what, String::new()), |(noun, rest)| (noun, format!(" that {rest}")));
    let (noun, of) = [" of ", " about "]
        .into_iter()
        .find_map(|word| noun.split_once(word).map(|(noun, of)| (noun, format!("{word}{of}"))))
        .unwrap_or((noun, String::new()));
    let noun = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if noun.ends_with('s') => format!("{noun}es"),
        None => format!("{noun}s"),
    };
    format!("{noun}{of}{rest}")
}

/// `Jane Smith's `, `Ross' `
fn possessive(subject: &str) -> String {
    if subject.ends_with('s') { format!("{subject}' ") } else { format!("{subject}'s ") }
}

/// What could not be compared, as a sentence.
pub fn not_compared(part: Part, field: Option<&Field>, side: Side, why: Unseen, records: u64) -> String {
    let (one, many) = part.words();
    let place = match side {
        Side::Before => "in the first",
        Side::After => "in the second",
        Side::Both => "in both",
    };
    let of = match records {
        0 => String::new(),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let what = match (field, of.is_empty()) {
        (Some(field), _) => format!("the {} of {of}", field.words),
        (None, true) => many.to_owned(),
        (None, false) => of,
    };
    let mut said = format!("Not compared: {what}, unknown {place} ({why}).");
    if side != Side::Both {
        said.push_str(" That does not mean that anything was removed or added.");
    }
    said
}
