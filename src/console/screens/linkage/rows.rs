//! Findings, and the members whose external id was typed, as the rows of one list.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::directory::fold;
use crate::identity::linkage::{Finding, Hit, Subject};
use crate::identity::{MembershipId, Text};
use crate::workflows::linkage::{finding_json, hit_json};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("finding:", "in what is wrong: same, cannot, erased, near …; or exactly, once, nearly"),
    ("name:", "in the name"),
    ("id:", "in the external id; `id:none` for nobody's"),
    ("email:", "in the address"),
];

/// A line of the list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub what: What,
    /// Which one of several of the same kind with the same member.
    nth: u16,
}

/// What a line is about.
#[derive(Debug, Clone)]
pub(super) enum What {
    Finding(Finding),
    /// A member whose external id is, or comes near, what was typed.
    Hit {
        hit: Hit,
        wanted: String,
    },
}

/// The lines: members found first, then what is wrong, the worst first.
pub(super) fn rows(hits: &[Hit], wanted: &str, findings: &[Finding]) -> Vec<Row> {
    let hits = hits.iter().map(|hit| What::Hit { hit: hit.clone(), wanted: wanted.to_owned() });
    let findings = findings.iter().cloned().map(What::Finding);
    let mut rows: Vec<Row> = hits.chain(findings).map(|what| Row { what, nth: 0 }).collect();
    let mut seen: BTreeMap<(MembershipId, u8), u16> = BTreeMap::new();
    for row in &mut rows {
        let before = seen.entry((row.who().membership.clone(), row.rank())).or_default();
        row.nth = *before;
        *before += 1;
    }
    rows
}

impl Row {
    /// The member.
    pub fn who(&self) -> &Subject {
        match &self.what {
            What::Finding(finding) => &finding.who,
            What::Hit { hit, .. } => &hit.who,
        }
    }

    /// The id that can be put back.
    pub fn restore(&self) -> Option<&Text> {
        match &self.what {
            What::Finding(finding) => finding.restore.as_ref(),
            What::Hit { .. } => None,
        }
    }

    /// It was found by what was typed, not by being wrong.
    pub fn is_hit(&self) -> bool {
        matches!(self.what, What::Hit { .. })
    }

    /// What is wrong, or how the id compares.
    pub fn words(&self) -> &'static str {
        match &self.what {
            What::Finding(finding) => finding.kind.words(),
            What::Hit { hit, .. } => hit.words(),
        }
    }

    fn rank(&self) -> u8 {
        match &self.what {
            What::Hit { hit, .. } => match (hit.exact, &hit.was) {
                (true, None) => 0,
                (true, Some(_)) => 1,
                (false, None) => 2,
                (false, Some(_)) => 3,
            },
            What::Finding(finding) => 4 + finding.kind as u8,
        }
    }
}

impl Record for Row {
    type Key = (MembershipId, u8, u16);
    const NAME: &'static str = "linkage";
    const COLUMNS: &'static [Column] = &[
        Column { title: "finding", priority: 1, min: 16, max: 19, right: false, cut: Cut::End },
        Column { title: "name", priority: 0, min: 12, max: 26, right: false, cut: Cut::End },
        Column { title: "external id", priority: 2, min: 14, max: 30, right: false, cut: Cut::Middle },
        Column { title: "email", priority: 3, min: 20, max: 36, right: false, cut: Cut::Email },
    ];

    fn key(&self) -> Self::Key {
        (self.who().membership.clone(), self.rank(), self.nth)
    }

    fn cell(&self, column: usize) -> String {
        let who = self.who();
        match column {
            0 => self.words().to_owned(),
            1 => who.name.raw().to_owned(),
            2 => who.external_id.as_ref().map_or_else(|| "none".to_owned(), |id| id.raw().to_owned()),
            _ => who.email.raw().to_owned(),
        }
    }

    fn said(&self) -> String {
        let who = self.who();
        let id = who.external_id.as_ref().map_or("", Text::raw);
        // Whoever comes near need not hold every letter that was typed.
        let wanted = match &self.what {
            What::Hit { wanted, .. } => wanted.as_str(),
            What::Finding(_) => "",
        };
        format!("{} {} {id} {} {wanted}", self.words(), who.name.raw(), who.email.raw())
    }

    fn field(&self, name: &str) -> Option<String> {
        match (name, &self.what) {
            ("finding", What::Finding(finding)) => {
                Some(format!("{} {}", finding.kind.words(), finding.kind.id()))
            }
            ("finding", What::Hit { .. }) => Some(self.words().to_owned()),
            ("name", _) => Some(self.cell(1)),
            ("id", _) => Some(self.cell(2)),
            ("email", _) => Some(self.cell(3)),
            _ => None,
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => self.rank().cmp(&other.rank()),
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    /// As `links findings` and `links find` write it.
    fn json(&self) -> Value {
        match &self.what {
            What::Finding(finding) => finding_json(finding),
            What::Hit { hit, .. } => hit_json(hit),
        }
    }
}
