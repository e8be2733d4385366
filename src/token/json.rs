//! JSON objects as tokens carry them: in order, with the names that stand twice (J2), bounded in depth and size.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::identity::Text;

/// A JSON object that remembers order and repeated names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    members: Vec<(Text, Node)>,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Whole or with a fraction; beyond what a double holds it is refused where it is read.
    Number(Number),
    /// Text from outside.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// An object.
    Object(Object),
}

/// Why bytes are not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// Not UTF-8 (RFC 8259 §8.1).
    #[error("is not UTF-8 text")]
    NotUtf8,
    /// Not JSON.
    #[error("is not JSON: {0}")]
    NotJson(String),
    /// Another kind of value.
    #[error("is JSON, but not an object")]
    Other,
}

impl Object {
    /// Reads an object; nested deeper than 128 levels it is refused, as every JSON reader of ours does.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAnObject> {
        let text = std::str::from_utf8(bytes).map_err(|_| NotAnObject::NotUtf8)?;
        match serde_json::from_str::<Node>(text) {
            Ok(Node::Object(object)) => Ok(object),
            Ok(_) => Err(NotAnObject::Other),
            Err(error) => Err(NotAnObject::NotJson(words(&error))),
        }
    }

    /// The member of this name; of several the last, as most readers take it (RFC 7519 §4).
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.members.iter().rev().find(|(own, _)| own.raw() == name).map(|(_, node)| node)
    }

    /// The text of this name.
    pub fn text(&self, name: &str) -> Option<&Text> {
        match self.get(name)? {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members, in order; a name that stands twice comes twice.
    pub fn members(&self) -> &[(Text, Node)] {
        &self.members
    }

    /// The members of both, these first; a name in both stands twice then.
    pub(super) fn followed_by(mut self, other: Self) -> Self {
        self.members.extend(other.members);
        self
    }

    /// Names that stand more than once, here or anywhere below; in order of the alphabet.
    pub fn repeated(&self) -> Vec<Text> {
        let mut found = BTreeSet::new();
        collect_repeated(self, &mut found);
        found.into_iter().cloned().collect()
    }

    /// As a plain value; of repeated names the last.
    pub fn to_value(&self) -> Value {
        Value::Object(
            self.members.iter().map(|(name, node)| (name.raw().to_owned(), node.to_value())).collect(),
        )
    }
}

fn collect_repeated<'a>(object: &'a Object, found: &mut BTreeSet<&'a Text>) {
    let mut names: Vec<&Text> = object.members.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    found.extend(names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]));
    for (_, node) in &object.members {
        below(node, found);
    }
}

fn below<'a>(node: &'a Node, found: &mut BTreeSet<&'a Text>) {
    match node {
        Node::Object(object) => collect_repeated(object, found),
        Node::List(items) => items.iter().for_each(|item| below(item, found)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
    }
}

/// What went wrong, without repeating any of the text: it may be part of a token.
fn words(error: &serde_json::Error) -> String {
    let what = error.to_string();
    if what.contains("recursion limit") {
        "it is nested too deep".to_owned()
    } else if what.contains("number out of range") {
        "a number in it is out of range".to_owned()
    } else {
        format!("it breaks off or is spoiled at character {}", error.column())
    }
}

impl Node {
    /// As a plain value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::from(text.raw()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(object) => object.to_value(),
        }
    }

    /// A number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// Text, or each text of a list: the two forms of `aud` (RFC 7519 §4.1.3).
    pub fn texts(&self) -> Option<Vec<&Text>> {
        match self {
            Self::Text(text) => Some(vec![text]),
            Self::List(items) => items
                .iter()
                .map(|item| match item {
                    Self::Text(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Number::from_f64(value).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some((name, node)) = map.next_entry::<String, Node>()? {
            members.push((Text::from(name), node));
        }
        Ok(Node::Object(Object { members }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // J2
    #[test]
    fn names_that_stand_twice_are_found_at_any_depth() {
        let object = Object::read(br#"{"a":1,"b":[{"c":1,"c":2}],"a":2}"#).unwrap();
        assert_eq!(object.repeated(), [Text::from("a"), Text::from("c")]);
        assert_eq!(object.get("a").unwrap().number(), Some(2.0), "the last one counts");
        assert!(Object::read(br#"{"a":{"b":1},"b":1}"#).unwrap().repeated().is_empty());
    }

    // J2
    #[rstest]
    #[case(b"\xff\xfe{}", NotAnObject::NotUtf8)]
    #[case(b"[]", NotAnObject::Other)]
    #[case(b"\"x\"", NotAnObject::Other)]
    #[case(b"null", NotAnObject::Other)]
    #[case(b"{\"a\":1e999}", NotAnObject::NotJson("a number in it is out of range".into()))]
    fn anything_but_an_object_is_told(#[case] bytes: &[u8], #[case] why: NotAnObject) {
        assert_eq!(Object::read(bytes), Err(why));
    }

    #[test]
    fn depth_and_width_do_not_break_the_reader() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(Object::read(deep.as_bytes()), Err(NotAnObject::NotJson("it is nested too deep".into())));
        let wide: Vec<String> = (0..10_000).map(|n| format!("\"c{n}\":{n}")).collect();
        let wide = Object::read(format!("{{{}}}", wide.join(",")).as_bytes()).unwrap();
        assert_eq!(wide.members().len(), 10_000);
        assert!(wide.repeated().is_empty());
    }
}
