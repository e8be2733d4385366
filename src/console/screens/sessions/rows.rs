//! The sessions as the rows of a list.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::directory::fold;
use crate::identity::{LoginSession, Reference, SessionId};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("user:", "in the address of whose session it is"),
    ("method:", "password, google, external, exchange, client"),
    ("browser:", "in the name of the browser or program"),
    ("address:", "in the network address"),
    ("client:", "in the name of the client application"),
];

/// The user's address at the time of the sign-in, else their reference.
pub(super) fn whose(session: &LoginSession) -> String {
    session.user.as_ref().map_or_else(
        || "nobody".to_owned(),
        |user| user.display.as_ref().map_or_else(|| user.to_string(), ToString::to_string),
    )
}

/// The client by name.
pub(super) fn client(session: &LoginSession) -> String {
    session.client.as_ref().map_or_else(String::new, |client| {
        client.display.as_ref().map_or_else(|| client.to_string(), ToString::to_string)
    })
}

fn raw(reference: &Reference) -> String {
    reference.display.as_ref().map_or_else(|| reference.to_string(), |name| name.raw().to_owned())
}

impl Record for LoginSession {
    type Key = SessionId;
    const NAME: &'static str = "sessions";
    const COLUMNS: &'static [Column] = &[
        Column { title: "user", priority: 0, min: 22, max: 34, right: false, cut: Cut::Email },
        Column { title: "method", priority: 1, min: 8, max: 14, right: false, cut: Cut::End },
        Column { title: "browser", priority: 3, min: 10, max: 22, right: false, cut: Cut::End },
        Column { title: "address", priority: 4, min: 9, max: 20, right: false, cut: Cut::Middle },
        Column { title: "client", priority: 5, min: 10, max: 20, right: false, cut: Cut::End },
        Column { title: "used", priority: 2, min: 10, max: 12, right: true, cut: Cut::End },
    ];
    // The one used last first.
    const SORTED: (usize, bool) = (5, false);

    fn key(&self) -> SessionId {
        self.id.clone()
    }

    fn cell(&self, column: usize) -> String {
        match column {
            0 => self.user.as_ref().map_or_else(|| "nobody".to_owned(), raw),
            1 => self.method.raw().to_owned(),
            2 => self.browser.raw().to_owned(),
            3 => self.address.raw().to_owned(),
            4 => self.client.as_ref().map_or_else(String::new, raw),
            _ => self.last_used.map_or_else(String::new, |at| format!("{at:.0}")),
        }
    }

    fn said(&self) -> String {
        format!("{} {} {}", self.cell(0), self.words(), self.cell(4))
    }

    fn field(&self, name: &str) -> Option<String> {
        // A day is not a word; `used:` would promise more than it does.
        let at = Self::COLUMNS.iter().position(|column| column.title == name).filter(|at| *at < 5)?;
        Some(self.cell(at))
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            5 => self.last_used.cmp(&other.last_used),
            _ => fold(&self.cell(column)).cmp(&fold(&other.cell(column))),
        }
    }

    fn json(&self) -> Value {
        json!({
            "session": self.id,
            "user": self.user.as_ref().map(ToString::to_string),
            "email": self.user.as_ref().and_then(|user| user.display.as_ref()),
            "project": self.project,
            "client": self.client.as_ref().map(ToString::to_string),
            "client_name": self.client.as_ref().and_then(|client| client.display.as_ref()),
            "method": self.method,
            "browser": self.browser,
            "address": self.address,
            "began": self.began,
            "last_used": self.last_used,
        })
    }
}
