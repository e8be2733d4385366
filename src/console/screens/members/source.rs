//! The directory as the rows of a list.

use serde_json::{Value, json};

use super::columns;
use crate::console::widgets::list::Source;
use crate::console::widgets::table::Column;
use crate::identity::directory::{Direction, Directory, Email, Matched, Member, RowFinding, RowId};
use crate::identity::{Mfa, Seen};

impl Source for Directory {
    type Key = RowId;
    const NAME: &'static str = "members";

    fn columns(&self) -> &'static [Column] {
        columns::TABLE
    }

    fn shown(&self) -> usize {
        self.shown()
    }

    fn key(&self, line: usize) -> Option<RowId> {
        self.at(line)
    }

    fn line_of(&self, key: &RowId) -> Option<usize> {
        self.line_of(*key)
    }

    fn holds(&self, key: &RowId) -> bool {
        self.member(*key).is_some()
    }

    fn filter(&mut self, typed: &str) {
        self.set_filter(typed);
    }

    fn sorted(&self) -> Option<(usize, bool)> {
        // What comes close stands in the order of how close it is.
        if self.matched() == Matched::Nearly {
            return None;
        }
        let (column, direction) = self.sorted_by();
        let at = columns::COLUMNS.iter().position(|(_, by)| *by == column)?;
        Some((at, direction == Direction::Ascending))
    }

    fn sort(&mut self, column: usize, ascending: bool) {
        if let Some((_, by)) = columns::COLUMNS.get(column) {
            self.sort_by(*by, if ascending { Direction::Ascending } else { Direction::Descending });
        }
    }

    fn cell(&self, key: &RowId, column: usize) -> String {
        self.member(*key).map_or_else(String::new, |member| cell(&member, column))
    }

    fn json(&self, key: &RowId) -> Value {
        self.member(*key).map_or(Value::Null, |member| whole(&member))
    }
}

fn cell(member: &Member<'_>, column: usize) -> String {
    match column {
        0 => member.name_text().raw().to_owned(),
        1 => match member.email() {
            Email::Current { .. } => member.email_raw().to_owned(),
            Email::Stored(_) => format!("{} (as invited)", member.email_raw()),
            Email::None => "none".to_owned(),
            Email::Unknown => "unknown".to_owned(),
        },
        2 => member.linkage().word().to_owned(),
        3 => columns::mfa(&member.mfa()).0.to_owned(),
        4 => columns::role(member).0.to_owned(),
        5 => member.kind().to_lowercase(),
        6 => member.policy().map_or_else(String::new, |policy| {
            policy.display.as_ref().map_or_else(|| policy.to_string(), |name| name.raw().to_owned())
        }),
        _ => member.changed().map_or_else(String::new, |at| format!("{at:.0}")),
    }
}

/// As `members list --format json` has it, and what else a row knows.
fn whole(member: &Member<'_>) -> Value {
    let mfa = |seen: &Seen<Mfa>| match seen {
        Seen::Known(_) => columns::mfa(seen).0,
        Seen::Unknown(_) => "unknown",
    };
    json!({
        "membership": member.id(),
        "user": member.user().to_string(),
        "profile": member.profile().to_string(),
        "name": member.name_text(),
        "email": matches!(member.email(), Email::Current { .. }).then(|| member.email_raw()),
        "invited_as": matches!(member.email(), Email::Stored(_)).then(|| member.email_raw()),
        "signs_in_by": member.linkage().word(),
        "external_id": member.external_id_text(),
        "mfa": mfa(&member.mfa()),
        "admin": member.admin(),
        "active": member.active(),
        "policy": member.policy().map(ToString::to_string),
        "changed": member.changed().map(|at| at.to_string()),
        "findings": member.findings().map(RowFinding::words).collect::<Vec<_>>(),
    })
}
