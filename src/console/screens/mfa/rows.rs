//! The members as the rows of the MFA list.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::line::Line;
use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::Seen;
use crate::identity::directory::{RowId, fold};
use crate::identity::second_factor::{Asked, ComesBy, RequiredBy};
use crate::workflows::factor_report::{HEADINGS, asked, required};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("mfa:", "what is enrolled: none, totp, email, unknown"),
    ("asked:", "what a password sign-in asks for: factor, enrol, nothing, unknown"),
    ("required:", "who requires it: nobody, user, project, unknown"),
    ("by:", "in the identity provider they come by"),
    ("active:", "true, false"),
    ("name:", "in the name"),
    ("email:", "in the address"),
];

/// Those who have to do something first.
fn urgency(line: &Line) -> u8 {
    match line.standing.asked {
        Asked::Enrol => 0,
        Asked::Factor => 1,
        Asked::Nothing => 2,
        Asked::Unknown(_) => 3,
    }
}

fn requirement(line: &Line) -> u8 {
    match &line.standing.required {
        Seen::Known(RequiredBy::Both) => 0,
        Seen::Known(RequiredBy::Project) => 1,
        Seen::Known(RequiredBy::User) => 2,
        Seen::Known(RequiredBy::Nobody) => 3,
        Seen::Unknown(_) => 4,
    }
}

impl Record for Line {
    type Key = RowId;
    const NAME: &'static str = "mfa";
    const COLUMNS: &'static [Column] = &[
        Column { title: HEADINGS[0], priority: 0, min: 14, max: 28, right: false, cut: Cut::End },
        Column { title: HEADINGS[1], priority: 1, min: 8, max: 10, right: false, cut: Cut::End },
        Column { title: HEADINGS[2], priority: 2, min: 10, max: 10, right: false, cut: Cut::End },
        Column { title: HEADINGS[3], priority: 3, min: 10, max: 22, right: false, cut: Cut::Middle },
        Column { title: HEADINGS[4], priority: 4, min: 8, max: 16, right: false, cut: Cut::End },
        Column { title: HEADINGS[5], priority: 5, min: 20, max: 36, right: false, cut: Cut::Email },
        Column { title: HEADINGS[6], priority: 6, min: 6, max: 6, right: false, cut: Cut::End },
        Column { title: HEADINGS[7], priority: 7, min: 20, max: 50, right: false, cut: Cut::End },
    ];

    fn key(&self) -> RowId {
        self.row
    }

    fn cell(&self, column: usize) -> String {
        self.reported().cell(column)
    }

    fn said(&self) -> String {
        self.said.clone()
    }

    fn folded(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.said)
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "name" => Some(self.cell(0)),
            "mfa" | "enrolled" => Some(self.enrolled()),
            "asked" => Some(asked(&self.standing).to_owned()),
            "by" => Some(self.standing.exempt.as_ref().map_or_else(String::new, ComesBy::words)),
            "required" => Some(required(&self.standing).to_owned()),
            "email" => Some(self.email.raw().to_owned()),
            "active" => Some(self.person.active.to_string()),
            _ => None,
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => self.sorted.cmp(&other.sorted),
            1 => self.enrolled().cmp(&other.enrolled()),
            2 => urgency(self).cmp(&urgency(other)),
            4 => requirement(self).cmp(&requirement(other)),
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    /// As `mfa report` writes it.
    fn json(&self) -> Value {
        self.reported().json()
    }
}
