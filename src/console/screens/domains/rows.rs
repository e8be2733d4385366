//! Domains as the rows of a list.

use std::cmp::Ordering;

use serde_json::Value;

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::Text;
use crate::identity::directory::fold;
use crate::workflows::domains::{Key, Line, What, mode_words};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("state:", "works, never, broken, unreachable, routed, password, unknown"),
    ("domain:", "in the domain, or the client's name"),
    ("idp:", "in the host of the identity provider"),
    ("mode:", "email, external, unsupported, unknown"),
];

/// What stands where this role does not see it.
pub(super) const UNKNOWN: &str = "unknown";

impl Record for Line {
    type Key = Key;
    const NAME: &'static str = "domains";
    const COLUMNS: &'static [Column] = &[
        Column { title: "domain", priority: 0, min: 16, max: 34, right: false, cut: Cut::Middle },
        Column { title: "state", priority: 1, min: 9, max: 13, right: false, cut: Cut::End },
        Column { title: "members", priority: 2, min: 7, max: 9, right: true, cut: Cut::End },
        Column { title: "identity provider", priority: 3, min: 16, max: 32, right: false, cut: Cut::Middle },
        Column { title: "client id", priority: 5, min: 10, max: 24, right: false, cut: Cut::Middle },
        Column { title: "mode", priority: 4, min: 7, max: 11, right: false, cut: Cut::End },
        Column { title: "kind", priority: 6, min: 6, max: 18, right: false, cut: Cut::End },
    ];

    fn key(&self) -> Key {
        Line::key(self)
    }

    fn cell(&self, column: usize) -> String {
        let hidden = || if matches!(self.what, What::Observed(_)) { UNKNOWN } else { "" }.to_owned();
        match column {
            0 => self.name.raw().to_owned(),
            1 => self.state.words().to_owned(),
            2 => self.people.as_ref().map_or_else(String::new, |people| people.members.to_string()),
            3 => self.host().map_or_else(String::new, |host| host.raw().to_owned()),
            4 => self.provider().map_or_else(hidden, |provider| provider.client_id.raw().to_owned()),
            5 => self.mode().map_or_else(hidden, |mode| mode_words(mode).to_owned()),
            _ => self.kind().to_owned(),
        }
    }

    fn said(&self) -> String {
        let flaws: Vec<&str> = self.flaws.iter().map(|flaw| flaw.said.as_str()).collect();
        let cells: Vec<String> = (0..Self::COLUMNS.len()).map(|column| self.cell(column)).collect();
        format!("{} {}", cells.join(" "), flaws.join(" "))
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "idp" => Some(self.cell(3)),
            _ => Self::COLUMNS.iter().position(|column| column.title == name).map(|at| self.cell(at)),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            // Domains first, then clients.
            0 => {
                let by = |line: &Self| (line.people.is_none(), fold(line.name.raw()));
                by(self).cmp(&by(other))
            }
            1 => self.state.cmp(&other.state),
            2 => {
                let count = |line: &Self| line.people.as_ref().map_or(0, |people| people.members);
                count(self).cmp(&count(other))
            }
            // Whatever is written in capitals stands beside its lower-case twin.
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    /// As `domains list` writes it.
    fn json(&self) -> Value {
        Line::json(self)
    }
}

/// A text as it is shown, or what is said where there is none.
pub(super) fn or(text: Option<&Text>, none: &str) -> String {
    text.filter(|text| !text.is_empty()).map_or_else(|| none.to_owned(), ToString::to_string)
}
