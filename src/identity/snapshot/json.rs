//! Records as JSON and back. A file may come from anybody: what is not a record of its part is a mistake with its line.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::record::{Field, NAME, Part, Record, Shape, Value};
use crate::identity::text::shown;
use crate::identity::{Seen, Text, Unseen};

/// A mistake in the JSON of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line in the text that was read, from 1.
    pub line: usize,
    /// What is wrong and what was expected; safe to show.
    pub wrong: String,
}

impl From<serde_json::Error> for Mistake {
    fn from(error: serde_json::Error) -> Self {
        let said = error.to_string();
        // The place is told in fields of its own.
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        Self { line: error.line().max(1), wrong: shown(said).into_owned() }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Flag(holds) => serializer.serialize_bool(*holds),
            Self::Text(text) => text.serialize(serializer),
            Self::List(all) => all.serialize(serializer),
            Self::Map(all) => all.serialize(serializer),
        }
    }
}

impl Record {
    /// As it stands in a file: `id`, `name`, then every field of the part.
    pub fn to_json(&self, part: Part) -> Json {
        let mut members = serde_json::Map::new();
        members.insert("id".to_owned(), json!(self.id));
        members.insert("name".to_owned(), written(&self.name));
        for (field, value) in part.fields().iter().zip(&self.values) {
            members.insert(field.id.to_owned(), written(value));
        }
        Json::Object(members)
    }

    /// Reads one record.
    pub fn parse(part: Part, text: &str) -> Result<Self, Mistake> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let record = OneOf(part).deserialize(&mut reader)?;
        reader.end()?;
        Ok(record)
    }

    /// Reads an array of records, which stand in the order of their ids.
    pub fn parse_all(part: Part, text: &str) -> Result<Vec<Self>, Mistake> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let records = AllOf(part).deserialize(&mut reader)?;
        reader.end()?;
        Ok(records)
    }
}

fn written<T: Serialize>(value: &Seen<T>) -> Json {
    match value {
        Seen::Known(value) => json!(value),
        Seen::Unknown(why) => json!({ "unknown": why }),
    }
}

/// Why a record cannot stand after another one.
pub fn out_of_order(part: Part, before: &Text, id: &Text) -> Option<String> {
    let one = part.words().0;
    match before.cmp(id) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(format!("the {one} `{id}` stands there twice")),
        std::cmp::Ordering::Greater => Some(format!(
            "the {one} `{id}` stands after `{before}`; records have to be in the order of their ids"
        )),
    }
}

struct AllOf(Part);

impl<'de> DeserializeSeed<'de> for AllOf {
    type Value = Vec<Record>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Vec<Record>, D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AllOf {
    type Value = Vec<Record>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {}", self.0.words().1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Record>, A::Error> {
        let mut all: Vec<Record> = Vec::new();
        while let Some(record) = items.next_element_seed(OneOf(self.0))? {
            if let Some(wrong) = all.last().and_then(|before| out_of_order(self.0, &before.id, &record.id)) {
                return Err(A::Error::custom(wrong));
            }
            all.push(record);
        }
        Ok(all)
    }
}

struct OneOf(Part);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = Record;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Record, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneOf {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object: one {}", self.0.words().0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
        let fields = self.0.fields();
        let (mut id, mut name) = (None, None);
        let mut values: Vec<Option<Seen<Value>>> = fields.iter().map(|_| None).collect();
        while let Some(key) = members.next_key::<String>()? {
            let twice = || A::Error::custom(format!("`{}` stands there twice", shown(&key)));
            let slot = match key.as_str() {
                "id" => {
                    if id.replace(members.next_value::<Text>()?).is_some() {
                        return Err(twice());
                    }
                    continue;
                }
                "name" => {
                    let value = read_name(&members.next_value::<Json>()?).map_err(A::Error::custom)?;
                    if name.replace(value).is_some() {
                        return Err(twice());
                    }
                    continue;
                }
                _ => fields.iter().position(|field| field.id == key),
            };
            let Some(at) = slot else {
                let known = fields.iter().map(|field| field.id).collect::<Vec<_>>().join(", ");
                let one = self.0.words().0;
                return Err(A::Error::custom(format!(
                    "`{}` is no field of the {one}s of an export; expected one of id, name, {known}",
                    shown(&key)
                )));
            };
            let value = read(&fields[at], &members.next_value::<Json>()?).map_err(A::Error::custom)?;
            if values[at].replace(value).is_some() {
                return Err(twice());
            }
        }
        let missing = |field: &str| A::Error::custom(format!("`{field}` is missing"));
        let id = id.filter(|id| !id.is_empty()).ok_or_else(|| missing("id"))?;
        let name = name.ok_or_else(|| missing("name"))?;
        let mut read = Vec::with_capacity(values.len());
        for (field, value) in fields.iter().zip(values) {
            read.push(value.ok_or_else(|| missing(field.id))?);
        }
        Ok(Record { id, name, values: read })
    }
}

fn read_name(value: &Json) -> Result<Seen<Text>, String> {
    Ok(match read(&NAME, value)? {
        Seen::Known(Value::Text(name)) => Seen::Known(name),
        Seen::Known(_) => Seen::Known(Text::default()),
        Seen::Unknown(why) => Seen::Unknown(why),
    })
}

fn read(field: &Field, value: &Json) -> Result<Seen<Value>, String> {
    let wrong = |expected: &str, found: &Json| {
        let found = found.to_string();
        let found: String = shown(&found).chars().take(60).collect();
        format!("`{}` is {found}; expected {expected}", field.id)
    };
    if field.shape != Shape::Map
        && let Json::Object(members) = value
    {
        let why = (members.len() == 1).then(|| members.get("unknown")).flatten();
        return match why.and_then(|why| serde_json::from_value::<Unseen>(why.clone()).ok()) {
            Some(why) => Ok(Seen::Unknown(why)),
            None => Err(wrong("a value, or `unknown` with a reason that this program knows", value)),
        };
    }
    let texts = |all: &[Json], expected: &str| {
        all.iter()
            .map(|one| one.as_str().map(Text::from).ok_or_else(|| wrong(expected, one)))
            .collect::<Result<Vec<Text>, String>>()
    };
    Ok(Seen::Known(match (field.shape, value) {
        (Shape::Flag { .. }, Json::Null) => Value::Flag(false),
        (Shape::Flag { .. }, Json::Bool(holds)) => Value::Flag(*holds),
        (Shape::Flag { .. }, _) => return Err(wrong("true, false or null", value)),
        (Shape::Text, Json::Null) => Value::None,
        (Shape::Text, Json::String(text)) => Value::Text(Text::from(text.as_str())),
        (Shape::Text, _) => return Err(wrong("a text or null", value)),
        (Shape::Set, Json::Array(all)) => Value::set(texts(all, "texts")?),
        (Shape::List, Json::Array(all)) => Value::List(texts(all, "texts")?),
        (Shape::Set | Shape::List, _) => return Err(wrong("an array of texts", value)),
        (Shape::Map, Json::Object(members)) => {
            let mut map = BTreeMap::new();
            for (name, one) in members {
                let text = one.as_str().ok_or_else(|| wrong("an object of texts", one))?;
                map.insert(Text::from(name.as_str()), Text::from(text));
            }
            Value::Map(map)
        }
        (Shape::Map, _) => return Err(wrong("an object of texts", value)),
    }))
}
