//! Two tokens side by side.

use super::inspect::{Inspection, inspect};
use crate::token::compare::{Difference, Meaning, Row, meanings, rows};
use crate::token::extract::Extracted;

/// Two tokens, and how they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The first.
    pub first: Inspection,
    /// The second.
    pub second: Inspection,
    /// Claim by claim; empty when one of them cannot be read.
    pub rows: Vec<Row>,
    /// What it means.
    pub meanings: Vec<Meaning>,
    /// They are the very same text.
    pub same: bool,
}

impl Compared {
    /// Rows that differ.
    pub fn different(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.difference != Difference::Same)
    }

    /// What cannot be compared, and why.
    pub fn unreadable(&self) -> Option<String> {
        [("first", &self.first), ("second", &self.second)]
            .into_iter()
            .find(|(_, one)| one.jws().is_none())
            .map(|(which, one)| format!("The {which} cannot be compared by its claims. {}", one.sentence()))
    }
}

/// Compares two tokens. Nothing of either is verified.
pub fn compare(first: &Extracted, second: &Extracted, platform: Option<&str>) -> Compared {
    let (one, other) = (inspect(first, platform), inspect(second, platform));
    let (rows, meanings) = match (one.jws(), other.jws()) {
        (Some(a), Some(b)) => (rows(a, b), meanings(a, b)),
        _ => (Vec::new(), Vec::new()),
    };
    Compared { rows, meanings, same: first.token == second.token, first: one, second: other }
}
