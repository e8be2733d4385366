//! What is different between two snapshots, part by part. Both sides stand in the order of their ids, so that neither
//! has to be held in memory.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::manifest::Reach;
use super::record::{Field, NAME, Part, Record, Shape, Value};
use super::words;
use crate::identity::{Seen, Text, Unseen};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In which part.
    pub part: Part,
    /// Which record.
    pub id: Text,
    /// Its name, as it is now; empty where it has none or that is unknown.
    pub name: Text,
    /// How it differs.
    pub how: How,
    /// The difference as a sentence; safe to show.
    pub said: String,
}

/// How a record differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is only in the second snapshot.
    Added,
    /// It is only in the first one.
    Removed,
    /// It has another name.
    Renamed {
        /// In the first snapshot.
        before: Text,
    },
    /// A field has another value.
    Field {
        /// Which.
        field: &'static Field,
        /// Which entry of it, for fields with names of their own.
        key: Option<Text>,
        /// In the first snapshot.
        before: Value,
        /// In the second one.
        after: Value,
    },
}

/// On which side something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The first snapshot.
    Before,
    /// The second one.
    After,
    /// Both.
    Both,
}

/// What could not be compared, because it is unknown on a side: never told as removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// In which part.
    pub part: Part,
    /// Which field; `None` for whole records.
    pub field: Option<&'static Field>,
    /// Where it is not known.
    pub side: Side,
    /// Why; of two reasons the second snapshot's.
    pub why: Unseen,
    /// Of how many records; 0 where that is not known either.
    pub records: u64,
    /// As a sentence; safe to show.
    pub said: String,
}

/// One side of a comparison of one part.
#[derive(Debug)]
pub struct Records<I> {
    /// How much of it was seen.
    pub reach: Reach,
    /// Its records by id.
    pub records: I,
}

/// A comparison under way.
#[derive(Debug, Default)]
pub struct Comparison {
    names: BTreeMap<Text, Text>,
    changes: Vec<Change>,
    unknown: Vec<(Part, Option<&'static Field>, Side, Unseen, u64)>,
}

impl Side {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Both => "both",
        }
    }
}

impl How {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed { .. } | Self::Field { .. } => "changed",
        }
    }
}

impl Change {
    /// The name of the field that differs, in words.
    pub fn field_words(&self) -> String {
        match &self.how {
            How::Added | How::Removed => String::new(),
            How::Renamed { .. } => "name".to_owned(),
            How::Field { field, key: None, .. } => field.words.to_owned(),
            How::Field { field, key: Some(key), .. } => format!("{} {key}", field.words),
        }
    }

    /// The value in the first snapshot and in the second one, in words.
    pub fn values(&self) -> (String, String) {
        match &self.how {
            How::Added => ("none".to_owned(), self.name.to_string()),
            How::Removed => (self.name.to_string(), "none".to_owned()),
            How::Renamed { before } => (before.to_string(), self.name.to_string()),
            How::Field { before, after, .. } => (words::value(before), words::value(after)),
        }
    }

    /// For programs.
    pub fn json(&self) -> Json {
        let (field, key, before, after) = match &self.how {
            How::Added | How::Removed => (Json::Null, Json::Null, Json::Null, Json::Null),
            How::Renamed { before } => (json!("name"), Json::Null, json!(before), json!(self.name)),
            How::Field { field, key, before, after } => {
                (json!(field.id), json!(key), json!(before), json!(after))
            }
        };
        json!({
            "part": self.part,
            "record": self.id,
            "name": self.name,
            "change": self.how.word(),
            "field": field,
            "key": key,
            "before": before,
            "after": after,
            "said": self.said,
        })
    }
}

impl NotCompared {
    /// For programs.
    pub fn json(&self) -> Json {
        json!({
            "part": self.part,
            "field": self.field.map(|field| field.id),
            "unknown": self.side.word(),
            "why": self.why,
            "records": self.records,
            "said": self.said,
        })
    }
}

impl Comparison {
    /// Takes the names of records, to be told instead of their references: those of the second snapshot last.
    pub fn name(&mut self, kind: &str, records: &[Record]) {
        for record in records {
            if let Some(name) = record.called() {
                self.names.insert(Text::from(format!("{kind}/{}", record.id.raw())), name.clone());
            }
        }
    }

    /// Compares a part. The first error of either side ends it.
    pub fn part<E>(
        &mut self,
        part: Part,
        before: Records<impl Iterator<Item = Result<Record, E>>>,
        after: Records<impl Iterator<Item = Result<Record, E>>>,
    ) -> Result<(), E> {
        match (before.reach, after.reach) {
            (Reach::None(_), Reach::None(why)) => self.not_known(part, None, Side::Both, why, 0),
            (Reach::None(why), _) => {
                for record in after.records {
                    record?;
                    self.not_known(part, None, Side::Before, why, 1);
                }
                self.not_known(part, None, Side::Before, why, 0);
            }
            (_, Reach::None(why)) => {
                for record in before.records {
                    record?;
                    self.not_known(part, None, Side::After, why, 1);
                }
                self.not_known(part, None, Side::After, why, 0);
            }
            _ => self.both(part, before, after)?,
        }
        Ok(())
    }

    /// What it came to: differences in the order of parts and records, then what could not be compared.
    pub fn finish(mut self) -> (Vec<Change>, Vec<NotCompared>) {
        self.unknown.sort_by_key(|(part, field, side, ..)| (*part, field.map(|field| field.id), *side));
        let not_compared = self
            .unknown
            .into_iter()
            .map(|(part, field, side, why, records)| NotCompared {
                part,
                field,
                side,
                why,
                records,
                said: words::not_compared(part, field, side, why, records),
            })
            .collect();
        (self.changes, not_compared)
    }

    fn both<E>(
        &mut self,
        part: Part,
        before: Records<impl Iterator<Item = Result<Record, E>>>,
        after: Records<impl Iterator<Item = Result<Record, E>>>,
    ) -> Result<(), E> {
        let (mut old, mut new) = (before.records, after.records);
        let (mut left, mut right) = (old.next().transpose()?, new.next().transpose()?);
        loop {
            let order = match (&left, &right) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => left.id.cmp(&right.id),
            };
            let (gone, come) = match order {
                Ordering::Less => (left.take(), None),
                Ordering::Greater => (None, right.take()),
                Ordering::Equal => (left.take(), right.take()),
            };
            if gone.is_some() {
                left = old.next().transpose()?;
            }
            if come.is_some() {
                right = new.next().transpose()?;
            }
            match (gone, come) {
                (Some(gone), Some(come)) => self.records(part, &gone, &come),
                // Where the other side did not see everything, what is not there may be there all the same.
                (Some(gone), None) => match after.reach.why() {
                    None => self.add(part, gone, How::Removed),
                    Some(why) => self.not_known(part, None, Side::After, why, 1),
                },
                (None, Some(come)) => match before.reach.why() {
                    None => self.add(part, come, How::Added),
                    Some(why) => self.not_known(part, None, Side::Before, why, 1),
                },
                (None, None) => {}
            }
        }
    }

    fn records(&mut self, part: Part, before: &Record, after: &Record) {
        if let (Seen::Known(old), Seen::Known(new)) = (&before.name, &after.name)
            && old != new
        {
            self.add(part, after.clone(), How::Renamed { before: old.clone() });
        }
        self.unseen(part, &NAME, &before.name, &after.name);
        let pairs = part.fields().iter().zip(before.values.iter().zip(&after.values));
        for (field, (old, new)) in pairs {
            match (old, new) {
                (Seen::Known(old), Seen::Known(new)) if old == new => {}
                (Seen::Known(old), Seen::Known(new)) => self.field(part, after, field, old, new),
                _ => self.unseen(part, field, old, new),
            }
        }
    }

    /// Counts a value that is unknown on a side as not compared.
    fn unseen<T>(&mut self, part: Part, field: &'static Field, before: &Seen<T>, after: &Seen<T>) {
        let (side, why) = match (before, after) {
            (Seen::Known(_), Seen::Known(_)) => return,
            (Seen::Unknown(_), Seen::Unknown(why)) => (Side::Both, *why),
            (Seen::Unknown(why), Seen::Known(_)) => (Side::Before, *why),
            (Seen::Known(_), Seen::Unknown(why)) => (Side::After, *why),
        };
        self.not_known(part, Some(field), side, why, 1);
    }

    /// Each entry of a map is a difference of its own.
    fn field(&mut self, part: Part, record: &Record, field: &'static Field, old: &Value, new: &Value) {
        let (Shape::Map, Value::Map(was), Value::Map(is)) = (field.shape, old, new) else {
            let how = How::Field { field, key: None, before: old.clone(), after: new.clone() };
            return self.add(part, record.clone(), how);
        };
        let keys: std::collections::BTreeSet<&Text> = was.keys().chain(is.keys()).collect();
        for key in keys.into_iter().filter(|key| was.get(*key) != is.get(*key)) {
            let how = How::Field {
                field,
                key: Some(key.clone()),
                before: Value::maybe(was.get(key)),
                after: Value::maybe(is.get(key)),
            };
            self.add(part, record.clone(), how);
        }
    }

    fn add(&mut self, part: Part, record: Record, how: How) {
        let said = words::sentence(part, &record, &how, &self.names);
        let name = record.called().cloned().unwrap_or_default();
        self.changes.push(Change { part, id: record.id, name, how, said });
    }

    fn not_known(&mut self, part: Part, field: Option<&'static Field>, side: Side, why: Unseen, more: u64) {
        let same = |one: &&mut (Part, Option<&'static Field>, Side, Unseen, u64)| {
            (one.0, one.1, one.2, one.3) == (part, field, side, why)
        };
        match self.unknown.iter_mut().find(same) {
            Some(one) => one.4 += more,
            None => self.unknown.push((part, field, side, why, more)),
        }
    }
}
