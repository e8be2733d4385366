//! The stable JSON of every command: what each one writes, written down once in `shapes.txt`.
//!
//! `idconsole schema` prints it as JSON schema, `--fields` is checked by it, and the tests hold what every command
//! writes against it: a name that is gone, added or of another type fails them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::fields::Chosen;
use super::output::Format;

/// The written form.
const WRITTEN: &str = include_str!("shapes.txt");

/// What one value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
    /// RFC 3339.
    Time,
    /// By the name of another shape.
    Named(String),
    /// An object with these fields; the name `*` stands for all others.
    Object(Vec<Field>),
    /// A list.
    List(Box<Kind>),
    /// Null as well.
    Or(Box<Kind>),
    /// One of several.
    OneOf(Vec<Kind>),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, or `*`.
    pub name: String,
    /// It can be left out.
    pub optional: bool,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub help: String,
}

/// The JSON of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    kind: Kind,
}

struct Book {
    /// Parts that several commands have in common.
    parts: Vec<(String, Kind)>,
    commands: Vec<(String, Shape)>,
}

static BOOK: LazyLock<Book> = LazyLock::new(|| read(WRITTEN));

/// Every command with a shape, in the order in which they are written down.
pub fn all() -> Vec<(&'static str, &'static Shape)> {
    BOOK.commands.iter().map(|(path, shape)| (path.as_str(), shape)).collect()
}

/// The shape of a command.
pub fn of(path: &str) -> Option<&'static Shape> {
    BOOK.commands.iter().find(|(name, _)| name == path).map(|(_, shape)| shape)
}

fn part(name: &str) -> Option<&'static Kind> {
    BOOK.parts.iter().find(|(part, _)| part == name).map(|(_, kind)| kind)
}

/// Whether `--fields` can be used with a command, and in JSON these ones.
pub fn check_fields(path: &str, chosen: &Chosen, format: Format) -> Result<(), Failure> {
    let choosable = of(path).map(Shape::names).filter(|names| !names.is_empty());
    let Some(names) = choosable else {
        let what = if path.is_empty() { "The console".to_owned() } else { format!("`idconsole {path}`") };
        return Err(Failure::usage(format!("{what} has no fields to choose from."))
            .next("--fields is for what lists or shows."));
    };
    if format == Format::Json {
        chosen.check(names.iter().copied())?;
    }
    Ok(())
}

impl Shape {
    /// `rows` or `one`, in a word.
    pub fn holds(&self) -> &'static str {
        match &self.kind {
            Kind::List(_) => "a list",
            Kind::OneOf(_) => "one of several",
            _ => "an object",
        }
    }

    /// The fields that can be chosen: of the object, or of each object of the list.
    pub fn names(&self) -> Vec<&str> {
        choosable(&self.kind)
    }

    /// As a JSON schema (draft 2020-12).
    pub fn schema(&self, path: &str) -> Value {
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": format!("idconsole {path} --format json"),
        });
        if let (Value::Object(all), Value::Object(of)) = (&mut schema, written(&self.kind)) {
            all.extend(of);
        }
        let mut needed = Vec::new();
        parts_of(&self.kind, &mut needed);
        if !needed.is_empty() {
            let parts = needed.iter().filter_map(|name| Some((name.clone(), written(part(name)?))));
            schema["$defs"] = parts.collect::<Map<_, _>>().into();
        }
        schema
    }

    /// Where a value is not of this shape; empty when it is.
    pub fn wrong(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        hold(&self.kind, value, "$", &mut found);
        found
    }
}

fn choosable(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::Object(fields) => names(fields),
        Kind::List(inner) => choosable(inner),
        Kind::OneOf(all) => all.iter().flat_map(choosable).collect(),
        // Only what reads is written down field by field under its command.
        _ => Vec::new(),
    }
}

fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).filter(|name| *name != "*").collect()
}

fn parts_of(kind: &Kind, found: &mut Vec<String>) {
    match kind {
        Kind::Named(name) if !found.contains(name) => {
            found.push(name.clone());
            if let Some(kind) = part(name) {
                parts_of(kind, found);
            }
        }
        Kind::Object(fields) => fields.iter().for_each(|field| parts_of(&field.kind, found)),
        Kind::List(inner) | Kind::Or(inner) => parts_of(inner, found),
        Kind::OneOf(all) => all.iter().for_each(|one| parts_of(one, found)),
        _ => {}
    }
}

fn written(kind: &Kind) -> Value {
    match kind {
        Kind::Any => json!({}),
        Kind::Text => json!({ "type": "string" }),
        Kind::Whole => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::YesNo => json!({ "type": "boolean" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Named(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Kind::List(inner) => json!({ "type": "array", "items": written(inner) }),
        Kind::Or(inner) => json!({ "anyOf": [written(inner), { "type": "null" }] }),
        Kind::OneOf(all) => json!({ "anyOf": all.iter().map(written).collect::<Vec<_>>() }),
        Kind::Object(fields) => {
            let others = fields.iter().find(|field| field.name == "*");
            let named = || fields.iter().filter(|field| field.name != "*");
            let property = |field: &Field| {
                let mut schema = written(&field.kind);
                if !field.help.is_empty() {
                    schema["description"] = json!(field.help);
                }
                (field.name.clone(), schema)
            };
            json!({
                "type": "object",
                "properties": named().map(property).collect::<Map<_, _>>(),
                "required": named().filter(|field| !field.optional).map(|field| &field.name).collect::<Vec<_>>(),
                "additionalProperties": others.map_or(json!(false), |others| written(&others.kind)),
            })
        }
    }
}

fn hold(kind: &Kind, value: &Value, place: &str, found: &mut Vec<String>) {
    let right = match (kind, value) {
        (Kind::Any, _)
        | (Kind::Text, Value::String(_))
        | (Kind::YesNo, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Or(_), Value::Null) => true,
        (Kind::Whole, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Kind::Time, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        (Kind::Or(inner), value) => return hold(inner, value, place, found),
        (Kind::Named(name), value) => match part(name) {
            Some(kind) => return hold(kind, value, place, found),
            None => false,
        },
        (Kind::OneOf(all), value) => all.iter().any(|one| {
            let mut wrong = Vec::new();
            hold(one, value, place, &mut wrong);
            wrong.is_empty()
        }),
        (Kind::List(inner), Value::Array(all)) => {
            for (at, one) in all.iter().enumerate() {
                hold(inner, one, &format!("{place}[{at}]"), found);
            }
            true
        }
        (Kind::Object(fields), Value::Object(object)) => {
            for field in fields.iter().filter(|field| field.name != "*") {
                match object.get(&field.name) {
                    Some(value) => hold(&field.kind, value, &format!("{place}.{}", field.name), found),
                    None if field.optional => {}
                    None => found.push(format!("{place}.{} is missing", field.name)),
                }
            }
            let others = fields.iter().find(|field| field.name == "*");
            for (name, value) in
                object.iter().filter(|(name, _)| !fields.iter().any(|field| field.name == **name))
            {
                match others {
                    Some(field) => hold(&field.kind, value, &format!("{place}.{name}"), found),
                    None => found.push(format!("{place}.{name} is not written down")),
                }
            }
            true
        }
        _ => false,
    };
    if !right {
        found.push(format!("{place} is {value}, not {kind:?}"));
    }
}

/// A line of the written form: how deep it stands, and its words.
struct Line<'a> {
    depth: usize,
    text: &'a str,
}

/// Reads the written form. It is part of the program, and a test reads it whole: what cannot be read is left as
/// anything.
fn read(text: &str) -> Book {
    let lines: Vec<Line<'_>> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|line| Line { depth: line.len() - line.trim_start().len(), text: line.trim() })
        .collect();
    let mut book = Book { parts: Vec::new(), commands: Vec::new() };
    let mut rest = &lines[..];
    while let [first, after @ ..] = rest {
        let (inner, next) = under(after, first.depth);
        rest = next;
        let Some((name, kind)) = first.text.split_once(':') else { continue };
        let kind = read_kind(kind.trim(), inner);
        match name.strip_prefix('@') {
            Some(name) => book.parts.push((name.to_owned(), kind)),
            None => book
                .commands
                .extend(name.split(',').map(|name| (name.trim().to_owned(), Shape { kind: kind.clone() }))),
        }
    }
    book
}

/// The lines that stand deeper, and those after them.
fn under<'a, 'b>(lines: &'a [Line<'b>], depth: usize) -> (&'a [Line<'b>], &'a [Line<'b>]) {
    let end = lines.iter().position(|line| line.depth <= depth).unwrap_or(lines.len());
    lines.split_at(end)
}

fn read_kind(text: &str, inner: &[Line<'_>]) -> Kind {
    if text.contains('|') {
        return Kind::OneOf(text.split('|').map(|one| read_kind(one.trim(), inner)).collect());
    }
    if let Some(text) = text.strip_suffix('?') {
        return Kind::Or(Box::new(read_kind(text, inner)));
    }
    if let Some(text) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return Kind::List(Box::new(read_kind(text, inner)));
    }
    match text {
        "text" => Kind::Text,
        "whole" => Kind::Whole,
        "number" => Kind::Number,
        "yes-no" => Kind::YesNo,
        "time" => Kind::Time,
        "{}" => Kind::Object(read_fields(inner)),
        text => text.strip_prefix('@').map_or(Kind::Any, |name| Kind::Named(name.to_owned())),
    }
}

fn read_fields(lines: &[Line<'_>]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut rest = lines;
    while let [first, after @ ..] = rest {
        let (inner, next) = under(after, first.depth);
        rest = next;
        let mut words = first.text.splitn(3, char::is_whitespace).filter(|word| !word.is_empty());
        let (name, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        fields.push(Field {
            name: name.trim_end_matches('?').to_owned(),
            optional: name.ends_with('?'),
            kind: read_kind(kind, inner),
            help: words.next().unwrap_or_default().trim().to_owned(),
        });
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::definitions::{command, leaves};

    /// Commands that write no JSON.
    const SILENT: &[&str] = &[
        "logout",
        "connections add",
        "connections edit",
        "connections remove",
        "mfa mail-code",
        "domains request export",
        "bulk export",
        "config example",
        "config schema",
        "guide",
        "completions",
        "man",
    ];

    #[test]
    fn every_command_has_its_shape_written_down_or_writes_no_json() {
        let command = command();
        for (path, _) in leaves(&command) {
            assert_ne!(
                of(&path).is_some(),
                SILENT.contains(&&*path),
                "`{path}` needs a shape in shapes.txt, or a place among those that write no JSON"
            );
        }
        for (path, _) in all() {
            assert!(leaves(&command).iter().any(|(name, _)| name == path), "there is no `{path}`");
        }
    }

    #[test]
    fn every_word_of_the_written_form_is_understood() {
        fn walk(kind: &Kind, place: &str, used: &mut Vec<String>) {
            match kind {
                Kind::Named(name) => {
                    assert!(part(name).is_some(), "{place}: there is no part {name}");
                    used.push(name.clone());
                }
                Kind::Object(fields) => {
                    assert!(!fields.is_empty(), "{place} has no fields");
                    for field in fields {
                        walk(&field.kind, &format!("{place} {}", field.name), used);
                    }
                }
                Kind::List(inner) | Kind::Or(inner) => walk(inner, place, used),
                Kind::OneOf(all) => all.iter().for_each(|one| walk(one, place, used)),
                _ => {}
            }
        }
        let mut used = Vec::new();
        for (path, shape) in all() {
            walk(&shape.kind, path, &mut used);
        }
        for (name, kind) in &BOOK.parts {
            walk(kind, name, &mut used);
        }
        for (name, _) in &BOOK.parts {
            assert!(used.contains(name), "nobody uses the part {name}");
        }
        // A misspelt kind would be read as anything.
        let known = ["any", "any?", "[any]", "[any]?"];
        for line in WRITTEN.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let kind = match line.split_once(": ") {
                Some((name, kind))
                    if !name.contains("  ")
                        && (name.starts_with('@') || of(name.split(',').next().unwrap()).is_some()) =>
                {
                    kind
                }
                _ => line.split_whitespace().nth(1).unwrap_or_default(),
            };
            let any = format!("{:?}", read_kind(kind, &[])).contains("Any");
            assert!(!any || known.contains(&kind), "what is {kind:?} in {line:?}?");
        }
    }

    #[test]
    fn a_value_of_another_shape_is_told_by_its_place() {
        let shape = of("policies list").unwrap();
        assert_eq!(shape.wrong(&json!([{"policy": "AccessPolicy/1", "name": null}])), [""; 0]);
        let wrong = shape.wrong(&json!([{"policy": 7, "nome": "x"}]));
        assert_eq!(
            wrong,
            ["$[0].policy is 7, not Text", "$[0].name is missing", "$[0].nome is not written down"]
        );
    }

    #[test]
    fn a_shape_is_a_json_schema() {
        let schema = of("members promote").unwrap().schema("members promote");
        assert_eq!(schema["anyOf"][0]["$ref"], "#/$defs/dry-run");
        assert_eq!(schema["$defs"]["dry-run"]["properties"]["plan"]["$ref"], "#/$defs/plan");
        assert!(schema["$defs"]["field-change"].is_object(), "parts of parts come along");
        let list = of("policies list").unwrap().schema("policies list");
        assert_eq!(list["items"]["required"], json!(["policy", "name"]));
        assert_eq!(list["items"]["additionalProperties"], false);
    }
}
