//! Members as the rows of the list.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use crate::console::screens::person;
use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::MembershipId;
use crate::identity::directory::fold;
use crate::identity::sign_in::impact::Person;

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("effect:", "breaks, unknown, to-idp, to-password, gains, unchanged, stays-out …"),
    ("bypass:", "yes, no, unknown: a password lets them in past the provider"),
    ("reset:", "loses, gets, same: setting a new password by themselves"),
    ("factor:", "loses, gets, unknown, same: being asked for a second factor"),
    ("scope:", "server, project"),
    ("why:", "in why somebody does not get in"),
];

/// A line of the list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    person: Person,
    /// All of its words as the filter compares them.
    folded: Box<str>,
}

impl From<Person> for Row {
    fn from(person: Person) -> Self {
        let folded = fold(&person.cells().join(" ")).into();
        Self { person, folded }
    }
}

impl Row {
    pub fn person(&self) -> &Person {
        &self.person
    }
}

impl From<&Person> for person::Person {
    fn from(who: &Person) -> Self {
        Self {
            membership: who.membership.clone(),
            user: Some(who.user.clone()),
            name: who.name.clone(),
            active: who.active,
            admin: who.admin,
            external_id: who.external_id.clone(),
        }
    }
}

impl Record for Row {
    type Key = MembershipId;
    const NAME: &'static str = "impact";
    const COLUMNS: &'static [Column] = &[
        Column { title: "effect", priority: 1, min: 14, max: 24, right: false, cut: Cut::End },
        Column { title: "name", priority: 0, min: 12, max: 22, right: false, cut: Cut::End },
        Column { title: "email", priority: 3, min: 18, max: 32, right: false, cut: Cut::Email },
        Column { title: "today", priority: 2, min: 16, max: 32, right: false, cut: Cut::End },
        Column { title: "after", priority: 2, min: 16, max: 40, right: false, cut: Cut::End },
        Column { title: "bypass", priority: 4, min: 7, max: 7, right: false, cut: Cut::End },
    ];
    const SORTED: (usize, bool) = (0, true);

    fn key(&self) -> MembershipId {
        self.person.membership.clone()
    }

    fn cell(&self, column: usize) -> String {
        let person = &self.person;
        match column {
            0 => person.effect.words().to_owned(),
            1 => person.name.raw().to_owned(),
            2 => person.address().raw().to_owned(),
            3 => person.today.words.clone(),
            4 => person.after.words.clone(),
            _ => person.bypass.word().to_owned(),
        }
    }

    fn folded(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.folded)
    }

    fn field(&self, name: &str) -> Option<String> {
        let person = &self.person;
        match name {
            "effect" => Some(format!("{} {}", person.effect.id(), person.effect.words())),
            "reset" => Some(person.reset.word().to_owned()),
            "factor" => Some(person.factor.word().to_owned()),
            "scope" => Some(person.scope_word().to_owned()),
            "why" => Some(person.why.clone()),
            "project" => Some(person.project_name.raw().to_owned()),
            _ => Self::COLUMNS.iter().position(|column| column.title == name).map(|at| self.cell(at)),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let by = |row: &Self, column| fold(&row.cell(column));
        match column {
            0 => (self.person.effect, by(self, 1)).cmp(&(other.person.effect, by(other, 1))),
            _ => by(self, column).cmp(&by(other, column)),
        }
    }

    /// As `domains impact` writes it.
    fn json(&self) -> Value {
        self.person.json()
    }
}
