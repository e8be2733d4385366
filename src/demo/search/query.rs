//! A search as it stands in a URL or a form, and the way back to the canonical URL of the bundle's links.

use std::fmt::Write as _;

use super::super::clock::parse_iso;
use super::super::outcome::Outcome;
use super::super::store::params::{self, Compare};

/// One condition: parameter (with its chain), operator, raw value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `email`, or a whole chain such as `user:User.email:exact`.
    pub code: String,
    /// How to compare.
    pub operator: Operator,
    /// The raw value, commas and backslashes not yet read.
    pub value: String,
}

/// How a condition compares: a modifier (`:exact`) or a prefix (`gt`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of FHIR R4 §3.1.1.4.5 and §3.1.1.5.6")]
pub enum Operator {
    Equals,
    NotEquals,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    StartsAfter,
    EndsBefore,
    Approximately,
    Missing,
    Present,
    Exact,
    Contains,
    Not,
    Text,
    In,
    NotIn,
    Above,
    Below,
    OfType,
    Identifier,
}

const PREFIXES: [(&str, Operator); 9] = [
    ("eq", Operator::Equals),
    ("ne", Operator::NotEquals),
    ("gt", Operator::Greater),
    ("lt", Operator::Less),
    ("ge", Operator::GreaterOrEqual),
    ("le", Operator::LessOrEqual),
    ("sa", Operator::StartsAfter),
    ("eb", Operator::EndsBefore),
    ("ap", Operator::Approximately),
];
const MODIFIERS: [(&str, Operator); 12] = [
    ("contains", Operator::Contains),
    ("exact", Operator::Exact),
    ("above", Operator::Above),
    ("below", Operator::Below),
    ("text", Operator::Text),
    ("not", Operator::Not),
    ("in", Operator::In),
    ("not-in", Operator::NotIn),
    ("of-type", Operator::OfType),
    ("missing", Operator::Missing),
    ("present", Operator::Present),
    ("identifier", Operator::Identifier),
];

impl Operator {
    /// The prefix of a value, such as `gt`.
    pub fn of_prefix(prefix: &str) -> Option<Self> {
        PREFIXES.iter().find(|(p, _)| *p == prefix).map(|(_, o)| *o)
    }

    /// The modifier of a parameter, such as `exact`.
    pub fn of_modifier(modifier: &str) -> Option<Self> {
        MODIFIERS.iter().find(|(m, _)| *m == modifier).map(|(_, o)| *o)
    }

    /// As it is written: modifier or prefix.
    pub fn name(self) -> &'static str {
        MODIFIERS.iter().chain(PREFIXES.iter()).find(|(_, o)| *o == self).map_or("", |(n, _)| n)
    }

    fn is_modifier(self) -> bool {
        MODIFIERS.iter().any(|(_, o)| *o == self)
    }
}

/// `_include=Type:param[:Target]` or `_revinclude`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The type that holds the reference.
    pub kind: String,
    /// The reference parameter.
    pub param: String,
    /// Only targets of this type.
    pub target: Option<String>,
    /// Follow from included resources too.
    pub iterate: bool,
}

/// A search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The type searched.
    pub kind: String,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// `_fields` or `_elements`.
    pub fields: Option<Vec<String>>,
    /// Parameter and whether descending.
    pub sort: Vec<(String, bool)>,
    /// `_cursor`.
    pub cursor: Option<String>,
    /// `_offset`.
    pub offset: Option<i64>,
    /// `_count`; `Some(None)` when it is no number.
    pub count: Option<Option<i64>>,
    /// `_total`.
    pub total: Option<String>,
    /// `_summary`: `true`, `data` or `text`.
    pub summary: Option<String>,
    /// `_include`.
    pub include: Vec<Include>,
    /// `_revinclude`.
    pub revinclude: Vec<Include>,
}

impl Query {
    /// Reads name-value pairs.
    pub fn parse(kind: &str, pairs: &[(String, String)]) -> Result<Self, Outcome> {
        let mut query = Self { kind: kind.to_owned(), ..Self::default() };
        for (key, value) in pairs {
            query.take(key, value)?;
        }
        Ok(query)
    }

    /// Reads `Type?name=value&…`, as access policies and conditional requests write it.
    pub fn parse_text(text: &str) -> Result<Self, Outcome> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let kind = path.rsplit('/').find(|p| !p.is_empty()).unwrap_or_default();
        Self::parse(kind, &pairs(query))
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), Outcome> {
        let (code, modifier) = key.split_once(':').unwrap_or((key, ""));
        if code == "_" {
            return Ok(());
        }
        if code == "_has" || key.contains('.') {
            self.conditions.push(Condition {
                code: key.to_owned(),
                operator: Operator::Equals,
                value: value.to_owned(),
            });
            return Ok(());
        }
        match code {
            "_sort" => self.sort.extend(value.split(',').map(|field| match field.strip_prefix('-') {
                Some(code) => (code.to_owned(), true),
                None => (field.to_owned(), false),
            })),
            "_cursor" => self.cursor = Some(value.to_owned()),
            "_count" => self.count = Some(leading_number(value)),
            "_offset" => self.offset = leading_number(value),
            "_total" => self.total = Some(value.to_owned()),
            "_summary" => match value {
                "count" => {
                    self.total = Some("accurate".into());
                    self.count = Some(Some(0));
                }
                "true" | "data" | "text" => self.summary = Some(value.to_owned()),
                _ => {}
            },
            "_include" => self.include.push(include(value, modifier)?),
            "_revinclude" => self.revinclude.push(include(value, modifier)?),
            "_fields" | "_elements" => self.fields = Some(value.split(',').map(str::to_owned).collect()),
            "_type" | "_format" | "_pretty" => {}
            _ => self.conditions.push(condition(&self.kind, code, modifier, value)?),
        }
        Ok(())
    }

    /// The canonical query, as the links write it: names sorted, values encoded.
    pub fn format(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(fields) = &self.fields {
            parts.push(format!("_fields={}", fields.join(",")));
        }
        for Condition { code, operator, value } in &self.conditions {
            let modifier =
                if operator.is_modifier() { format!(":{}", operator.name()) } else { String::new() };
            let prefix =
                if operator.is_modifier() || *operator == Operator::Equals { "" } else { operator.name() };
            parts.push(format!("{code}{modifier}={prefix}{}", encode(value)));
        }
        if !self.sort.is_empty() {
            let rules: Vec<String> = self
                .sort
                .iter()
                .map(|(code, down)| format!("{}{code}", if *down { "-" } else { "" }))
                .collect();
            parts.push(format!("_sort={}", rules.join(",")));
        }
        if let Some(cursor) = &self.cursor {
            parts.push(format!("_cursor={}", encode(cursor)));
        }
        if let Some(offset) = self.offset.filter(|o| *o != 0) {
            parts.push(format!("_offset={offset}"));
        }
        match self.count {
            Some(Some(count)) => parts.push(format!("_count={count}")),
            Some(None) => parts.push("_count=NaN".into()),
            None => {}
        }
        if let Some(total) = &self.total {
            parts.push(format!("_total={total}"));
        }
        for (name, includes) in [("_include", &self.include), ("_revinclude", &self.revinclude)] {
            for i in includes {
                let iterate = if i.iterate { ":iterate" } else { "" };
                let target = i.target.as_ref().map_or_else(String::new, |t| format!(":{t}"));
                parts.push(format!("{name}{iterate}={}:{}{target}", i.kind, i.param));
            }
        }
        parts.sort();
        parts.join("&")
    }
}

fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || (*i == 0 && (*c == '-' || *c == '+'))))
        .map_or(text.len(), |(i, _)| i);
    text[..end].parse().ok()
}

fn include(value: &str, modifier: &str) -> Result<Include, Outcome> {
    let parts: Vec<&str> = value.split(':').collect();
    if parts.contains(&"*") {
        return Err(Outcome::bad_request("'*' is not supported as a value for search inclusion parameters"));
    }
    let (kind, param, target) = match parts[..] {
        [kind, param] => (kind, param, None),
        [kind, param, target] => (kind, param, Some(target.to_owned())),
        [_] => {
            return Err(Outcome::bad_request(format!(
                "Invalid include value '{value}': must be of the form ResourceType:search-parameter"
            )));
        }
        _ => return Err(Outcome::bad_request(format!("Invalid include value '{value}'"))),
    };
    Ok(Include { kind: kind.to_owned(), param: param.to_owned(), target, iterate: modifier == "iterate" })
}

/// One condition of a known or unknown parameter; dates are checked here already.
pub fn condition(kind: &str, code: &str, modifier: &str, value: &str) -> Result<Condition, Outcome> {
    let whole = |operator| Condition { code: code.to_owned(), operator, value: value.to_owned() };
    let given = Operator::of_modifier(modifier);
    if let Some(operator @ (Operator::Missing | Operator::Present)) = given {
        return Ok(whole(operator));
    }
    let is_date =
        code == "_lastUpdated" || params::find(kind, code).is_some_and(|(_, p)| p.compare() == Compare::Date);
    if !is_date {
        return Ok(whole(given.unwrap_or(Operator::Equals)));
    }
    let (operator, rest) = match value.get(..2).and_then(Operator::of_prefix) {
        Some(operator) => (operator, value.get(2..).unwrap_or_default()),
        None => (given.unwrap_or(Operator::Equals), value),
    };
    if instant_range(rest).is_none() {
        return Err(Outcome::bad_request(format!("Invalid format for date search parameter: {rest}")));
    }
    Ok(Condition { code: code.to_owned(), operator, value: rest.to_owned() })
}

/// First and last millisecond that a date or instant of any precision covers.
pub fn instant_range(text: &str) -> Option<(i64, i64)> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let start_of = |date: jiff::civil::Date| {
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp().as_millisecond())
    };
    match text.len() {
        4 => {
            let first = day(&format!("{text}-01-01"))?;
            let next = day(&format!("{:04}-01-01", text.parse::<i32>().ok()? + 1))?;
            Some((start_of(first)?, start_of(next)? - 1))
        }
        7 => {
            let first = day(&format!("{text}-01"))?;
            Some((start_of(first)?, start_of(first.last_of_month().tomorrow().ok()?)? - 1))
        }
        10 => {
            let first = day(text)?;
            Some((start_of(first)?, start_of(first.tomorrow().ok()?)? - 1))
        }
        _ => {
            let written = text.replacen(' ', "T", 1);
            let zoned = if written.ends_with('Z') || written.get(10..).is_some_and(|t| t.contains(['+', '-']))
            {
                written
            } else {
                format!("{written}Z")
            };
            let at = parse_iso(&zoned)?;
            let covered = if zoned.contains('.') { 0 } else { 999 };
            Some((at, at + covered))
        }
    }
}

/// Alternatives of a value: commas separate, a backslash takes the next character as it is (platform-api §17).
pub fn alternatives(value: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let taken = match c {
            ',' => {
                out.push(String::new());
                continue;
            }
            '\\' => chars.next(),
            c => Some(c),
        };
        if let (Some(c), Some(last)) = (taken, out.last_mut()) {
            last.push(c);
        }
    }
    out
}

/// Name-value pairs of a query text or a form body.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

/// Percent-encodes as a browser's `encodeURIComponent` does.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn query(text: &str) -> Query {
        Query::parse_text(text).unwrap()
    }

    #[rstest]
    #[case(
        "ProjectMembership?_sort=_lastUpdated&_elements=user,externalId",
        "_fields=user,externalId&_sort=_lastUpdated"
    )]
    #[case("ProjectMembership?_summary=count", "_count=0&_total=accurate")]
    #[case("User?email:exact=bo%40clinic.example&_offset=0", "email:exact=bo%40clinic.example")]
    #[case(
        "ProjectMembership?user:User.email:exact=a%2Cb&_count=20",
        "_count=20&user:User.email:exact=a%2Cb"
    )]
    #[case("ProjectMembership?_lastUpdated=ge2020-01-01", "_lastUpdated=ge2020-01-01")]
    #[case(
        "ProjectMembership?_include=ProjectMembership:user&active:not=false",
        "_include=ProjectMembership:user&active:not=false"
    )]
    #[case("ProjectMembership?_count=x", "_count=NaN")]
    fn links_write_a_query_in_one_way(#[case] text: &str, #[case] canonical: &str) {
        assert_eq!(query(text).format(), canonical);
    }

    #[rstest]
    #[case("a,b", &["a", "b"])]
    #[case("a\\,b", &["a,b"])]
    #[case("b\\s", &["bs"])]
    #[case("plain\\", &["plain"])]
    #[case("", &[""])]
    fn commas_separate_unless_escaped(#[case] value: &str, #[case] expected: &[&str]) {
        assert_eq!(alternatives(value), expected);
    }

    #[rstest]
    #[case("2000", 946_684_800_000, 978_307_199_999)]
    #[case("2000-01", 946_684_800_000, 949_363_199_999)]
    #[case("2000-01-01", 946_684_800_000, 946_771_199_999)]
    #[case("2000-01-01T00:00:00Z", 946_684_800_000, 946_684_800_999)]
    #[case("2000-01-01T00:00:00.005Z", 946_684_800_005, 946_684_800_005)]
    fn a_date_covers_what_its_precision_says(#[case] text: &str, #[case] from: i64, #[case] to: i64) {
        assert_eq!(instant_range(text), Some((from, to)));
    }

    #[test]
    fn an_unreadable_date_is_refused_with_what_was_written() {
        let refused = Query::parse_text("ProjectMembership?_lastUpdated=gtnonsense").unwrap_err();
        assert_eq!(refused.text(), "Invalid format for date search parameter: nonsense");
    }
}
