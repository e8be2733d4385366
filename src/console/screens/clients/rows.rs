//! Client applications as the rows of a list.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::console::widgets::list::Record;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::Column;
use crate::identity::linkage::ClientIdp;
use crate::identity::{ClientId, Membership, Seen};
use crate::workflows::clients::{ClientFacts, kind, status, wrong};

/// What the filter understands beside words.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("project:", "in the name of the project"),
    ("kind:", "public, confidential"),
    ("status:", "active, off"),
    ("idp:", "in the host of the identity provider"),
    ("membership:", "yes, admin, none, unknown"),
    ("redirect:", "in a redirect address"),
    ("finding:", "in what is wrong"),
];

/// Whether it can sign in by itself.
pub(super) fn membership(seen: &Seen<Vec<Membership>>) -> &'static str {
    match seen {
        Seen::Unknown(_) => "unknown",
        Seen::Known(all) if all.is_empty() => "none",
        Seen::Known(all) if all.iter().any(|membership| membership.admin) => "admin",
        Seen::Known(_) => "yes",
    }
}

/// The host of its IdP.
pub(super) fn idp(facts: &ClientFacts) -> String {
    ClientIdp::of(&facts.client).map_or_else(String::new, |idp| idp.host.raw().to_owned())
}

fn project(facts: &ClientFacts) -> String {
    facts.project.as_ref().map_or_else(String::new, |project| project.raw().to_owned())
}

/// The projects that the clients belong to, each once: id and name.
pub(super) fn projects(all: &[ClientFacts]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = all
        .iter()
        .filter_map(|facts| {
            let id = facts.client.project.as_ref()?;
            Some((id.as_str().to_owned(), facts.project.as_ref()?.to_string()))
        })
        .collect();
    found.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    found.dedup();
    found
}

impl Record for ClientFacts {
    type Key = ClientId;
    const NAME: &'static str = "clients";
    const COLUMNS: &'static [Column] = &[
        Column { title: "name", priority: 0, min: 16, max: 30, right: false, cut: Cut::End },
        Column { title: "project", priority: 5, min: 10, max: 22, right: false, cut: Cut::End },
        Column { title: "kind", priority: 2, min: 12, max: 12, right: false, cut: Cut::End },
        Column { title: "status", priority: 3, min: 6, max: 8, right: false, cut: Cut::End },
        Column { title: "idp", priority: 1, min: 12, max: 26, right: false, cut: Cut::Middle },
        Column { title: "membership", priority: 4, min: 10, max: 10, right: false, cut: Cut::End },
        Column { title: "redirects", priority: 6, min: 9, max: 9, right: true, cut: Cut::End },
    ];

    fn key(&self) -> ClientId {
        self.client.id.clone()
    }

    fn cell(&self, column: usize) -> String {
        match column {
            0 => self.client.name.raw().to_owned(),
            1 => project(self),
            2 => kind(&self.client).word().to_owned(),
            3 => status(&self.client),
            4 => idp(self),
            5 => membership(&self.memberships).to_owned(),
            _ => self.client.redirect_uris.len().to_string(),
        }
    }

    fn said(&self) -> String {
        let uris: Vec<&str> = self.client.redirect_uris.iter().map(crate::identity::Text::raw).collect();
        format!(
            "{} {} {} {} {} {}",
            self.cell(0),
            self.cell(1),
            self.cell(2),
            self.cell(4),
            self.client.id,
            uris.join(" ")
        )
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "redirect" => {
                let uris: Vec<&str> =
                    self.client.redirect_uris.iter().map(crate::identity::Text::raw).collect();
                Some(uris.join(" "))
            }
            // What is wrong in a list depends on no time: the ages of secrets are read for one at a time.
            "finding" => {
                let words: Vec<String> =
                    wrong(self, Timestamp::UNIX_EPOCH).into_iter().map(|wrong| wrong.words).collect();
                Some(words.join(" "))
            }
            _ => {
                let at = Self::COLUMNS.iter().position(|column| column.title == name).filter(|at| *at < 6)?;
                Some(self.cell(at))
            }
        }
    }

    fn compare(&self, other: &Self, column: usize) -> std::cmp::Ordering {
        if column == 6 {
            return self.client.redirect_uris.len().cmp(&other.client.redirect_uris.len());
        }
        let fold = crate::identity::directory::fold;
        fold(&self.cell(column)).cmp(&fold(&other.cell(column)))
    }

    fn json(&self) -> Value {
        json!({
            "client": self.client.id,
            "name": self.client.name,
            "project": self.client.project,
            "kind": kind(&self.client).word(),
            "status": status(&self.client),
            "identity_provider": idp(self),
            "membership": membership(&self.memberships),
            "redirects": self.client.redirect_uris,
            "pkce_optional": self.client.pkce_optional,
            "secret_set": self.client.settings.secret_set,
            "retiring_secret_set": self.client.settings.retiring_secret_set,
        })
    }
}
