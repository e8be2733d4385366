//! `--fields`: which columns of a result are wanted, and in which order.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::failure::Failure;
use super::output::Table;
use crate::identity::text::shown;

/// Names of columns or JSON fields, as typed. Case, blanks, `-` and `_` make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen(Vec<String>);

impl FromStr for Chosen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names: Vec<String> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.is_empty() { Err("name at least one field, like name,email") } else { Ok(Self(names)) }
    }
}

impl Chosen {
    /// For each name the places among `known` that it means, in the order wanted.
    fn places<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<Vec<usize>, Failure> {
        let mut places = Vec::new();
        for name in &self.0 {
            let before = places.len();
            let plain = plain(name);
            places.extend(
                known.clone().enumerate().filter(|(_, other)| self::plain(other) == plain).map(|(at, _)| at),
            );
            if places.len() == before {
                return Err(unknown(name, known));
            }
        }
        Ok(places)
    }

    /// Whether all are among `known`.
    pub fn check<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), Failure> {
        self.places(known).map(|_| ())
    }

    /// The columns wanted.
    pub fn of_table(&self, table: &Table) -> Result<Table, Failure> {
        let places = self.places(table.columns.iter().map(|column| column.name))?;
        Ok(Table {
            columns: places.iter().map(|&at| table.columns[at]).collect(),
            rows: table
                .rows
                .iter()
                .map(|row| places.iter().map(|&at| row.get(at).cloned().unwrap_or_default()).collect())
                .collect(),
            empty: table.empty.clone(),
        })
    }

    /// The lines of a record that are wanted.
    pub fn of_record(
        &self,
        fields: &[(&'static str, String)],
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let places = self.places(fields.iter().map(|(name, _)| *name))?;
        Ok(places.into_iter().map(|at| fields[at].clone()).collect())
    }

    /// The fields of an object, or of each object of a list, that are wanted.
    pub fn of_json(&self, value: Value) -> Result<Value, Failure> {
        match value {
            Value::Object(object) => {
                let places = self.places(object.keys().map(String::as_str))?;
                Ok(picked(&object, &places))
            }
            Value::Array(all) => {
                let mut known: Vec<&str> = Vec::new();
                for key in all.iter().filter_map(Value::as_object).flat_map(Map::keys) {
                    if !known.contains(&key.as_str()) {
                        known.push(key);
                    }
                }
                if all.is_empty() {
                    return Ok(Value::Array(all));
                }
                let places = self.places(known.iter().copied())?;
                let names: Vec<&str> = places.into_iter().map(|at| known[at]).collect();
                let of = |one: &Value| -> Value {
                    names
                        .iter()
                        .map(|name| ((*name).to_owned(), one[*name].clone()))
                        .collect::<Map<_, _>>()
                        .into()
                };
                Ok(all.iter().map(of).collect())
            }
            other => Ok(other),
        }
    }
}

fn picked(object: &Map<String, Value>, places: &[usize]) -> Value {
    let pairs: Vec<(&String, &Value)> = object.iter().collect();
    places.iter().map(|&at| (pairs[at].0.clone(), pairs[at].1.clone())).collect::<Map<_, _>>().into()
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() }).collect()
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let mut names: Vec<String> = Vec::new();
    for name in known.map(|name| name.replace(' ', "_")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Failure::usage(format!("There is no field {} here.", shown(name)))
        .next(format!("The fields are {}.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Column;
    use serde_json::json;

    fn chosen(text: &str) -> Chosen {
        text.parse().unwrap()
    }

    #[test]
    fn columns_come_in_the_order_that_was_asked_for() {
        let table = Table {
            columns: vec![Column::text("name"), Column::text("signs in by"), Column::text("active")],
            rows: vec![vec!["Jane".into(), "email".into(), "yes".into()]],
            empty: String::new(),
        };
        let found = chosen("Active, signs-in-by").of_table(&table).unwrap();
        assert_eq!(found.rows, [["yes", "email"]]);
        assert_eq!(
            found.columns.iter().map(|column| column.name).collect::<Vec<_>>(),
            ["active", "signs in by"]
        );
        let wrong = chosen("name,emial").of_table(&table).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "There is no field emial here. The fields are name, signs_in_by, active."
        );
    }

    #[test]
    fn json_keeps_what_was_asked_for_of_every_object() {
        let rows = json!([{"a": 1, "b": 2}, {"b": 3, "c": 4}]);
        assert_eq!(
            chosen("c,b").of_json(rows.clone()).unwrap(),
            json!([{"c": null, "b": 2}, {"c": 4, "b": 3}])
        );
        assert_eq!(
            chosen("c,b").of_json(rows.clone()).unwrap().to_string(),
            r#"[{"c":null,"b":2},{"c":4,"b":3}]"#
        );
        assert_eq!(chosen("d").of_json(rows).unwrap_err().exit, crate::cli::Exit::Usage);
        assert_eq!(chosen("d").of_json(json!([])).unwrap(), json!([]));
        assert_eq!(chosen("b").of_json(json!({"a": 1, "b": 2})).unwrap(), json!({"b": 2}));
    }

    #[test]
    fn of_a_record_every_line_of_the_name_comes() {
        let fields =
            [("name", "Jane".to_owned()), ("finding", "one".to_owned()), ("finding", "two".to_owned())];
        assert_eq!(chosen("finding").of_record(&fields).unwrap().len(), 2);
    }

    #[test]
    fn no_name_is_no_choice() {
        assert!(Chosen::from_str(" , ").is_err());
    }
}
