//! Findings as the rows of a list.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::directory::fold;
use crate::identity::findings::{Finding, Rule, Sweep, Who};
use crate::identity::{MembershipId, UserId};
use crate::workflows::sweep::finding_json;

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("rule:", "in the word of the rule: shadow, cannot-sign-in, no-policy …"),
    ("severity:", "error, warning"),
    ("finding:", "in what is wrong"),
    ("name:", "in the name"),
    ("email:", "in the address"),
    ("evidence:", "in what was seen"),
];

/// What tells a finding from every other: the rule, whom it is about, and which one of several of the same kind.
pub(super) type Key = (Rule, Whose, u16);

/// Whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Whose {
    Member(MembershipId),
    User(UserId),
}

/// A line of the list: a place in the sweep, which all lines share.
#[derive(Debug, Clone)]
pub(super) struct Row {
    sweep: Arc<Sweep>,
    at: usize,
    nth: u16,
    /// All of its words as the filter compares them.
    folded: Box<str>,
}

/// A line for each finding, in the order of the sweep: the worst rule first, then by name.
pub(super) fn rows(sweep: &Arc<Sweep>) -> Vec<Row> {
    let mut seen: HashMap<(Rule, Whose), u16> = HashMap::new();
    let line = |(at, finding): (usize, &Finding)| {
        let before = seen.entry((finding.rule, whose(finding))).or_default();
        let nth = *before;
        *before += 1;
        let said = format!(
            "{} {} {} {} {}",
            finding.rule.words(),
            finding.rule.id(),
            finding.who.name().raw(),
            finding.who.email().raw(),
            finding.evidence
        );
        Row { sweep: Arc::clone(sweep), at, nth, folded: fold(&said).into() }
    };
    sweep.findings.iter().enumerate().map(line).collect()
}

fn whose(finding: &Finding) -> Whose {
    match &finding.who {
        Who::Member(subject) => Whose::Member(subject.membership.clone()),
        Who::User(user) => Whose::User(user.id.clone()),
    }
}

impl Row {
    /// The finding.
    pub fn finding(&self) -> &Finding {
        &self.sweep.findings[self.at]
    }
}

impl Record for Row {
    type Key = Key;
    const NAME: &'static str = "findings";
    const COLUMNS: &'static [Column] = &[
        Column { title: "severity", priority: 5, min: 8, max: 8, right: false, cut: Cut::End },
        Column { title: "finding", priority: 1, min: 26, max: 38, right: false, cut: Cut::End },
        Column { title: "name", priority: 0, min: 12, max: 24, right: false, cut: Cut::End },
        Column { title: "email", priority: 2, min: 20, max: 34, right: false, cut: Cut::Email },
        Column { title: "evidence", priority: 3, min: 20, max: 60, right: false, cut: Cut::End },
    ];
    const SORTED: (usize, bool) = (1, true);

    fn key(&self) -> Key {
        let finding = self.finding();
        (finding.rule, whose(finding), self.nth)
    }

    fn cell(&self, column: usize) -> String {
        let finding = self.finding();
        match column {
            0 => finding.rule.severity().word().to_owned(),
            1 => finding.rule.words().to_owned(),
            2 => finding.who.name().raw().to_owned(),
            3 => finding.who.email().raw().to_owned(),
            _ => finding.evidence.to_string(),
        }
    }

    fn folded(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.folded)
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "rule" => Some(self.finding().rule.id().to_owned()),
            "record" => Some(self.finding().who.reference().to_string()),
            _ => Self::COLUMNS.iter().position(|column| column.title == name).map(|at| self.cell(at)),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            // Rules stand in the order of how bad they are; within one the sweep has sorted by name.
            0 | 1 => self.at.cmp(&other.at),
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    /// As `doctor sweep` writes it.
    fn json(&self) -> Value {
        finding_json(self.finding())
    }
}
