//! Conditions made ready to be compared with documents: values read once, chains followed once.

use uuid::Uuid;

use super::super::kinds::Kind;
use super::super::outcome::Outcome;
use super::super::store::params::{self, Compare};
use super::super::store::{Document, Slot, Store, parse};
use super::filter;
use super::query::{Condition, Operator, Query, alternatives, condition, instant_range};

/// A condition that can be put to a document.
#[derive(Debug, Clone)]
pub enum Test {
    /// `_id`.
    Id(Vec<Uuid>, bool),
    /// `_lastUpdated` and dates: operator and covered milliseconds. The parameter is none for `_lastUpdated`.
    Date(Option<u8>, Operator, i64, i64),
    /// `_project`; none in the list stands for "of no project".
    Project(Vec<Option<Uuid>>, bool),
    /// `_compartment`: ids at the end of a reference in `meta.compartment`.
    Compartment(Vec<String>, bool),
    /// A text parameter.
    Text(u8, Operator, Vec<String>),
    /// A token parameter: system (if given), code; negated or not.
    Token(u8, Vec<(Option<String>, String)>, bool, bool),
    /// A reference parameter.
    Reference(u8, Vec<String>, bool),
    /// A parameter that is there or not.
    Missing(u8, bool),
    /// Token of `meta.tag`, `meta.security`, `meta.profile`, `meta.source`: only in the body.
    Meta(&'static str, Vec<String>, bool),
    /// One of these ids, found through a reverse chain.
    OneOf(Vec<Uuid>),
    /// All of them.
    All(Vec<Test>),
    /// One of them.
    Any(Vec<Test>),
    /// Not this.
    Not(Box<Test>),
}

/// Makes the conditions of a query ready; unknown parameters and operators are refused here.
pub fn prepare(store: &Store, query: &Query) -> Result<Vec<Test>, Outcome> {
    query.conditions.iter().map(|c| test(store, &query.kind, c)).collect()
}

/// Makes one condition ready.
pub fn test(store: &Store, kind: &str, asked: &Condition) -> Result<Test, Outcome> {
    let Condition { code, operator, value } = asked;
    if code.starts_with("_has:") || code.contains('.') {
        return chain(store, kind, asked);
    }
    let negated = matches!(operator, Operator::Not | Operator::NotEquals);
    let absent = match operator {
        Operator::Missing => Some(value == "true"),
        Operator::Present => Some(value != "true"),
        _ => None,
    };
    let uuids = || {
        alternatives(value)
            .iter()
            .map(|v| v.rsplit('/').next().unwrap_or_default().parse().unwrap_or(Uuid::nil()))
            .collect::<Vec<Uuid>>()
    };
    match code.as_str() {
        "_id" => return Ok(Test::Id(uuids(), negated)),
        "_lastUpdated" => return date(None, *operator, value),
        "_project" => {
            return Ok(match absent {
                Some(absent) => Test::Project(vec![None], !absent),
                None => Test::Project(uuids().into_iter().map(Some).collect(), negated),
            });
        }
        "_compartment" => {
            let ids = alternatives(value)
                .iter()
                .map(|v| v.rsplit('/').next().unwrap_or_default().to_owned())
                .collect();
            return Ok(Test::Compartment(ids, negated));
        }
        "_tag" => return Ok(Test::Meta("tag", alternatives(value), negated)),
        "_security" => return Ok(Test::Meta("security", alternatives(value), negated)),
        "_profile" => return Ok(Test::Meta("profile", alternatives(value), negated)),
        "_source" => return Ok(Test::Meta("source", alternatives(value), negated)),
        "_deleted" => return Ok(Test::All(Vec::new())),
        "_filter" => return filter::parse(store, kind, value),
        _ => {}
    }
    let Some((at, param)) = params::find(kind, code) else {
        return Err(Outcome::bad_request(format!("Unknown search parameter: {code}")));
    };
    if let Some(absent) = absent {
        return Ok(Test::Missing(at, absent));
    }
    match param.compare() {
        Compare::Date => date(Some(at), *operator, value),
        Compare::Text => match operator {
            Operator::Equals | Operator::Contains => {
                Ok(Test::Text(at, *operator, alternatives(value).iter().map(|v| v.to_lowercase()).collect()))
            }
            Operator::Exact => Ok(Test::Text(at, *operator, alternatives(value))),
            other => {
                Err(Outcome::bad_request(format!("Unsupported string search operator: {}", other.name())))
            }
        },
        Compare::Token => {
            let any_case = param.is_telecom();
            let values = alternatives(value)
                .into_iter()
                .map(|v| {
                    let v = if any_case { v.to_lowercase() } else { v };
                    match v.split_once('|') {
                        Some((system, code)) => (Some(system.to_owned()), code.to_owned()),
                        None => (None, v),
                    }
                })
                .collect();
            Ok(Test::Token(at, values, any_case, negated))
        }
        Compare::Reference => {
            let values = alternatives(value)
                .into_iter()
                .map(|v| match param.target {
                    Some(target) if !v.contains('/') && v.parse::<Uuid>().is_ok() => format!("{target}/{v}"),
                    _ => v,
                })
                .collect();
            Ok(Test::Reference(at, values, negated))
        }
    }
}

fn date(param: Option<u8>, operator: Operator, value: &str) -> Result<Test, Outcome> {
    let mut tests = Vec::new();
    for value in alternatives(value) {
        let (from, to) = instant_range(&value).ok_or_else(|| {
            Outcome::bad_request(format!("Invalid format for date search parameter: {value}"))
        })?;
        tests.push(Test::Date(param, operator, from, to));
    }
    Ok(Test::Any(tests))
}

// `user:User.email:exact=…` and `_has:Type:param:rest=…`. The far end is searched without asking who may see it, as
// the platform does (platform-api §1.11).
fn chain(store: &Store, kind: &str, asked: &Condition) -> Result<Test, Outcome> {
    if let Some(rest) = asked.code.strip_prefix("_has:") {
        let mut parts = rest.splitn(3, ':');
        let (Some(far), Some(param), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Outcome::bad_request(format!("Invalid search chain: {}", asked.code)));
        };
        let Some((at, _)) = params::find(far, param) else {
            return Err(Outcome::bad_request(format!("Invalid search parameter in chain: {far}?{param}")));
        };
        let found = far_end(store, far, rest, asked)?;
        let prefix = format!("{kind}/");
        let ids = found
            .iter()
            .flat_map(|d| d.values_of(at))
            .filter_map(|r| r.strip_prefix(&prefix)?.parse().ok())
            .collect();
        return Ok(Test::OneOf(ids));
    }
    let (link, rest) = asked.code.split_once('.').unwrap_or((&asked.code, ""));
    let (code, target) = link.split_once(':').map_or((link, None), |(c, t)| (c, Some(t)));
    let Some((at, param)) = params::find(kind, code).filter(|(_, p)| p.compare() == Compare::Reference)
    else {
        return Err(Outcome::bad_request(format!("Invalid search parameter in chain: {kind}?{code}")));
    };
    let far = param.target.or(target).filter(|t| Kind::of(t).is_some()).ok_or_else(|| {
        Outcome::bad_request(format!(
            "Unable to identify next resource type for search parameter: {kind}?{code}"
        ))
    })?;
    let references = far_end(store, far, rest, asked)?.iter().map(|d| format!("{far}/{}", d.id)).collect();
    Ok(Test::Reference(at, references, false))
}

fn far_end<'a>(
    store: &'a Store,
    far: &str,
    rest: &str,
    asked: &Condition,
) -> Result<Vec<&'a Document>, Outcome> {
    let Some(kind) = Kind::of(far) else { return Ok(Vec::new()) };
    let inner = if rest.starts_with("_has:") || rest.contains('.') {
        test(store, far, &Condition { code: rest.to_owned(), ..asked.clone() })?
    } else {
        let (code, modifier) = rest.split_once(':').unwrap_or((rest, ""));
        if params::find(far, code).is_none() && !code.starts_with('_') {
            return Err(Outcome::bad_request(format!(
                "Invalid search parameter at end of chain: {far}?{code}"
            )));
        }
        test(store, far, &condition(far, code, modifier, &asked.value)?)?
    };
    let table = store.table(kind);
    Ok(match inner.candidates(store, kind) {
        Some(slots) => slots
            .into_iter()
            .filter_map(|s| table.at(s))
            .filter(|d| d.body().is_some() && inner.fits(d))
            .collect(),
        None => table.in_order().iter().filter_map(|(_, s)| table.at(*s)).filter(|d| inner.fits(d)).collect(),
    })
}

impl Test {
    /// Does the document fit?
    pub fn fits(&self, document: &Document) -> bool {
        match self {
            Self::Id(ids, negated) => ids.contains(&document.id) != *negated,
            Self::OneOf(ids) => ids.contains(&document.id),
            Self::Project(projects, negated) => projects.contains(&document.project) != *negated,
            Self::Compartment(ids, negated) => {
                ids.iter().any(|id| {
                    document.project.is_some_and(|p| p.to_string() == *id)
                        || document
                            .values_of(params::COMPARTMENT)
                            .any(|c| c.rsplit('/').next() == Some(id.as_str()))
                }) != *negated
            }
            Self::Date(None, operator, from, to) => {
                compare(*operator, document.updated(), document.updated(), *from, *to)
            }
            Self::Date(Some(param), operator, from, to) => document
                .values_of(*param)
                .filter_map(instant_range)
                .any(|(low, high)| compare(*operator, low, high, *from, *to)),
            Self::Text(param, operator, wanted) => {
                document.values_of(*param).any(|v| text_fits(*operator, v, wanted))
            }
            Self::Token(param, wanted, any_case, negated) => {
                document.values_of(*param).any(|v| token_fits(v, wanted, *any_case)) != *negated
            }
            Self::Reference(param, wanted, negated) => {
                document.values_of(*param).any(|v| wanted.iter().any(|w| w == v)) != *negated
            }
            Self::Missing(param, absent) => document.values_of(*param).next().is_none() == *absent,
            Self::Meta(member, wanted, negated) => meta_fits(document, member, wanted) != *negated,
            Self::All(tests) => tests.iter().all(|t| t.fits(document)),
            Self::Any(tests) => tests.iter().any(|t| t.fits(document)),
            Self::Not(test) => !test.fits(document),
        }
    }

    /// Rows that may fit, when an index knows; none when only a walk over all rows can tell.
    pub fn candidates(&self, store: &Store, kind: Kind) -> Option<Vec<Slot>> {
        let table = store.table(kind);
        let selective =
            |param: u8| params::of(kind.name()).get(usize::from(param)).is_some_and(|p| p.selective);
        let mut slots = match self {
            Self::Id(ids, false) | Self::OneOf(ids) => {
                ids.iter().filter_map(|id| table.find(*id).map(|(slot, _)| slot)).collect()
            }
            Self::Text(param, operator @ (Operator::Equals | Operator::Exact), wanted)
                if selective(*param) =>
            {
                wanted
                    .iter()
                    .flat_map(|w| table.lookup(*param, w, *operator == Operator::Equals))
                    .collect::<Vec<Slot>>()
            }
            Self::Reference(param, wanted, false) if selective(*param) => {
                wanted.iter().flat_map(|w| table.lookup(*param, w, false)).collect()
            }
            Self::Token(param, wanted, any_case, false)
                if selective(*param) && (*any_case || wanted.iter().all(|(s, _)| s.is_none())) =>
            {
                // Telecom values are stored as `email|address`, codes without a system as `|code`.
                let system = if *any_case { params::telecom_system(kind.name(), *param) } else { "" };
                wanted
                    .iter()
                    .flat_map(|(_, code)| table.lookup(*param, &format!("{system}|{code}"), false))
                    .collect()
            }
            Self::All(tests) => return tests.iter().find_map(|t| t.candidates(store, kind)),
            Self::Any(tests) if !tests.is_empty() => {
                let mut all = Vec::new();
                for test in tests {
                    all.extend(test.candidates(store, kind)?);
                }
                all
            }
            _ => return None,
        };
        slots.sort_unstable();
        slots.dedup();
        Some(slots)
    }
}

fn text_fits(operator: Operator, value: &str, wanted: &[String]) -> bool {
    if operator == Operator::Exact {
        return wanted.iter().any(|w| w == value);
    }
    let value = value.to_lowercase();
    wanted
        .iter()
        .any(|w| if operator == Operator::Contains { value.contains(w) } else { value.starts_with(w) })
}

fn token_fits(value: &str, wanted: &[(Option<String>, String)], any_case: bool) -> bool {
    let lowered;
    let value = if any_case {
        lowered = value.to_lowercase();
        &lowered
    } else {
        value
    };
    let (system, code) = value.split_once('|').unwrap_or(("", value));
    wanted
        .iter()
        .any(|(s, c)| s.as_ref().is_none_or(|s| s == system) && (c == code || (c.is_empty() && s.is_some())))
}

fn compare(operator: Operator, low: i64, high: i64, from: i64, to: i64) -> bool {
    match operator {
        Operator::NotEquals | Operator::Not => high < from || low > to,
        Operator::Greater => high > to,
        Operator::StartsAfter => low > to,
        Operator::Less => low < from,
        Operator::EndsBefore => high < from,
        Operator::GreaterOrEqual => high >= from,
        Operator::LessOrEqual => low <= to,
        _ => low >= from && high <= to,
    }
}

fn meta_fits(document: &Document, member: &str, wanted: &[String]) -> bool {
    let Some(resource) = document.body().and_then(|b| parse(b)) else { return false };
    let fits = |value: &serde_json::Value| {
        wanted.iter().any(|w| match value {
            serde_json::Value::String(text) => text == w,
            other => {
                let (system, code) = w.split_once('|').map_or((None, w.as_str()), |(s, c)| (Some(s), c));
                other["code"] == code && system.is_none_or(|s| other["system"] == s)
            }
        })
    };
    match &resource["meta"][member] {
        serde_json::Value::Array(items) => items.iter().any(fits),
        serde_json::Value::Null => false,
        one => fits(one),
    }
}
