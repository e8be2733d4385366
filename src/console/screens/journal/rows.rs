//! The entries of the journal as the rows of a list.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::journal::{Entry, EntryId};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("what:", "in what was done"),
    ("whom:", "in the name of whom it was about"),
    ("state:", "done, failed, partly, interrupted, unsure, undone"),
    ("reason:", "in the reason"),
    ("by:", "in the name of who did it"),
    ("over:", "in the name of the connection"),
];

const fn column(title: &'static str, priority: u8, min: u16, max: u16, right: bool) -> Column {
    Column { title, priority, min, max, right, cut: Cut::End }
}

impl Record for Entry {
    type Key = EntryId;
    const NAME: &'static str = "journal";
    const COLUMNS: &'static [Column] = &[
        column("what", 1, 12, 26, false),
        column("whom", 0, 12, 26, false),
        column("state", 2, 8, 16, false),
        column("reason", 4, 8, 36, false),
        column("by", 5, 8, 18, false),
        column("when", 3, 10, 12, true),
    ];
    // The newest first.
    const SORTED: (usize, bool) = (5, false);

    fn key(&self) -> EntryId {
        self.id
    }

    fn cell(&self, column: usize) -> String {
        match column {
            0 => self.planned.plan.title.clone(),
            1 => self.planned.plan.subject.raw().to_owned(),
            2 => match self.undone_by {
                Some(by) => format!("undone by {by}"),
                None => self.state.words().to_owned(),
            },
            3 => self.planned.reason.raw().to_owned(),
            4 => self.planned.who.name.raw().to_owned(),
            _ => format!("{:.0}", self.at),
        }
    }

    fn said(&self) -> String {
        let plan = &self.planned.plan;
        let mut words = vec![
            self.id.to_string(),
            plan.title.clone(),
            plan.subject.to_string(),
            self.planned.reason.to_string(),
            self.planned.who.name.to_string(),
            self.planned.connection.clone(),
            self.state.words().to_owned(),
        ];
        for field in plan.changes.iter().flat_map(|change| &change.fields) {
            words.extend(field.before.known().cloned().flatten().map(|text| text.to_string()));
            words.extend(field.after.as_ref().map(ToString::to_string));
        }
        words.join(" ")
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "over" => Some(self.planned.connection.clone()),
            // A day is not a word; `when:` would promise more than it does.
            "when" => None,
            _ => Self::COLUMNS.iter().position(|column| column.title == name).map(|at| self.cell(at)),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            5 => self.id.cmp(&other.id),
            _ => self.cell(column).to_lowercase().cmp(&other.cell(column).to_lowercase()),
        }
    }

    fn json(&self) -> Value {
        let planned = &self.planned;
        let step = |(change, step): (&crate::identity::Change, &crate::journal::StepRecord)| {
            json!({
                "label": change.label,
                "who": change.who,
                "target": change.target.to_string(),
                "state": step.state.words(),
                "at": step.at,
                "why": step.why,
            })
        };
        json!({
            "entry": self.id,
            "at": self.at,
            "state": self.state,
            "title": planned.plan.title,
            "subject": planned.plan.subject,
            "reason": planned.reason,
            "by": { "name": planned.who.name, "email": planned.who.email, "role": planned.who.role },
            "connection": planned.connection,
            "undoes": planned.plan.undoes,
            "undone_by": self.undone_by,
            "steps": planned.plan.changes.iter().zip(&self.steps).map(step).collect::<Vec<_>>(),
        })
    }
}
