//! The members as the rows of the MFA list.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Value, json};

use super::line::Line;
use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::directory::{RowId, fold};
use crate::identity::second_factor::{Asked, ComesBy, RequiredBy};
use crate::identity::{Factor, Seen};

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

/// What a password sign-in asks for, in a word.
pub(super) fn asked(line: &Line) -> &'static str {
    match line.standing.asked {
        Asked::Factor => "factor",
        Asked::Enrol => "to enrol",
        Asked::Nothing => "nothing",
        Asked::Unknown(_) => "unknown",
    }
}

/// Who requires a factor, in a word or three.
pub(super) fn required(line: &Line) -> &'static str {
    match &line.standing.required {
        Seen::Known(by) => by.words(),
        Seen::Unknown(_) => "unknown",
    }
}

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
        Column { title: "name", priority: 0, min: 14, max: 28, right: false, cut: Cut::End },
        Column { title: "enrolled", priority: 1, min: 8, max: 10, right: false, cut: Cut::End },
        Column { title: "asked for", priority: 2, min: 10, max: 10, right: false, cut: Cut::End },
        Column { title: "comes by", priority: 3, min: 10, max: 22, right: false, cut: Cut::Middle },
        Column { title: "required", priority: 4, min: 8, max: 16, right: false, cut: Cut::End },
        Column { title: "email", priority: 5, min: 20, max: 36, right: false, cut: Cut::Email },
    ];

    fn key(&self) -> RowId {
        self.row
    }

    fn cell(&self, column: usize) -> String {
        match column {
            0 => self.person.name.raw().to_owned(),
            1 => self.enrolled(),
            2 => asked(self).to_owned(),
            3 => self.standing.exempt.as_ref().map_or_else(String::new, |by| by.idp().to_string()),
            4 => required(self).to_owned(),
            _ if self.current || self.email.is_empty() => self.email.raw().to_owned(),
            _ => format!("{} (as invited)", self.email.raw()),
        }
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
            "asked" => Some(asked(self).to_owned()),
            "by" => Some(self.standing.exempt.as_ref().map_or_else(String::new, ComesBy::words)),
            "required" => Some(required(self).to_owned()),
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

    /// Much as `mfa list` writes it; an address of the time of the invitation stands apart.
    fn json(&self) -> Value {
        let methods = |mfa: &crate::identity::Mfa| -> Vec<&str> {
            [Factor::Totp, Factor::Email]
                .into_iter()
                .filter(|factor| mfa.has(*factor))
                .map(Factor::name)
                .collect()
        };
        json!({
            "membership": self.person.membership,
            "name": self.person.name,
            "email": self.current.then_some(&self.email),
            "invited_as": (!self.current && !self.email.is_empty()).then_some(&self.email),
            "active": self.person.active,
            "enrolled": self.mfa.known().map(|mfa| mfa.enrolled),
            "methods": self.mfa.known().map(methods),
            "required_by": self.standing.required.known().map(|by| by.words()),
            "password_asks_for": self.standing.asked.words(),
            "exempt_by": self.standing.exempt.as_ref().map(ComesBy::words),
        })
    }
}
