//! The columns of the members table, and what stands in them.

use unicode_width::UnicodeWidthStr as _;

use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::shorten::Cut;
use crate::console::widgets::table::{Column, Row, Signs};
use crate::console::words::ago;
use crate::identity::directory::{self, Directory, Email, Linkage, Member, Severity};
use crate::identity::{Mfa, Seen};

/// The columns and what each one is sorted by, in the order of the screen.
pub const COLUMNS: &[(Column, directory::Column)] = &[
    (column("name", 0, 16, 28, false, Cut::End), directory::Column::Name),
    (column("email", 1, 24, 40, false, Cut::Email), directory::Column::Email),
    (column("link", 2, 8, 8, false, Cut::End), directory::Column::Link),
    (column("mfa", 3, 7, 10, false, Cut::End), directory::Column::Mfa),
    (column("role", 4, 6, 6, false, Cut::End), directory::Column::Role),
    (column("kind", 6, 9, 13, false, Cut::End), directory::Column::Kind),
    (column("policy", 7, 12, 20, false, Cut::End), directory::Column::Policy),
    (column("changed", 8, 10, 12, true, Cut::End), directory::Column::Changed),
];

/// The columns as the table wants them.
pub const TABLE: &[Column] = &{
    let mut columns = [COLUMNS[0].0; COLUMNS.len()];
    let mut i = 0;
    while i < columns.len() {
        columns[i] = COLUMNS[i].0;
        i += 1;
    }
    columns
};

/// At most so many rows are measured.
const MEASURED: usize = 4000;

const fn column(title: &'static str, priority: u8, min: u16, max: u16, right: bool, cut: Cut) -> Column {
    Column { title, priority, min, max, right, cut }
}

/// A row of the table.
pub fn row(member: &Member<'_>, pending: Option<&'static str>, view: &View<'_>) -> Row {
    let finding = member.severity().map(|worst| match worst {
        Severity::Error => (view.glyphs.error, Role::Danger),
        Severity::Warning => (view.glyphs.warning, Role::Warn),
    });
    let dim = !member.active();
    let (name, name_role) = match &*member.name() {
        "" => ("no name".to_owned(), Role::Muted),
        name => (name.to_owned(), Role::Text),
    };
    let (email, email_role) = email(member);
    let (mfa, mfa_role) = mfa(&member.mfa());
    let link = match member.linkage() {
        Linkage::None => ("none", Role::Muted),
        linkage => (linkage.word(), Role::Text),
    };
    let role = role(member);
    let policy = member.policy().map_or(String::new(), |policy| {
        policy.display.as_ref().map_or_else(|| policy.to_string(), ToString::to_string)
    });
    Row { signs: Signs { marked: false, pending, finding, dim }, cells: Vec::with_capacity(COLUMNS.len()) }
        .cell(name, name_role)
        .cell(email, email_role)
        .cell(link.0, link.1)
        .cell(mfa, mfa_role)
        .cell(role.0, role.1)
        .cell(member.kind().to_lowercase(), Role::Muted)
        .cell(policy, Role::Muted)
        .cell(member.changed().map_or(String::new(), |at| ago(at, view.now)), Role::Muted)
}

/// The address, and dim with a question mark when it is only the copy stored at the time of the invitation.
fn email(member: &Member<'_>) -> (String, Role) {
    match member.email() {
        Email::Current { address, .. } => (address.into_owned(), Role::Text),
        Email::Stored(address) => (format!("{address} ?"), Role::Muted),
        Email::None => ("none".to_owned(), Role::Muted),
        Email::Unknown => ("unknown".to_owned(), Role::Muted),
    }
}

/// What somebody may in a word, or that they are kept out.
pub fn role(member: &Member<'_>) -> (&'static str, Role) {
    match (member.active(), member.admin()) {
        (false, _) => ("off", Role::Muted),
        (true, true) => ("admin", Role::Text),
        (true, false) => ("member", Role::Muted),
    }
}

/// The second factor in a word.
pub fn mfa(mfa: &Seen<Mfa>) -> (&'static str, Role) {
    let Seen::Known(mfa) = mfa else { return ("unknown", Role::Muted) };
    let role = match (mfa.enrolled, mfa.required) {
        (true, _) => Role::Text,
        (false, true) => Role::Warn,
        (false, false) => Role::Muted,
    };
    (mfa.word(), role)
}

/// How wide the content of each column is. Outliers do not count: one name of eighty letters must not push
/// everybody's email off the screen.
pub fn measure(directory: &Directory) -> Vec<u16> {
    let all = directory.len();
    let step = all.div_ceil(MEASURED).max(1);
    let mut widths: Vec<Vec<u16>> = vec![Vec::new(); COLUMNS.len()];
    for line in (0..all).step_by(step) {
        let Some(member) = directory.nth(line).and_then(|row| directory.member(row)) else { continue };
        let mut note = |column: usize, width: usize| widths[column].push(width.min(200) as u16);
        note(0, member.name().width());
        note(1, email(&member).0.width());
        note(3, mfa(&member.mfa()).0.width());
        note(5, member.kind().width());
        note(
            6,
            member.policy().and_then(|policy| policy.display.as_ref()).map_or(0, |name| name.shown().width()),
        );
        note(7, 10);
    }
    widths
        .into_iter()
        .map(|mut widths| {
            widths.sort_unstable();
            let most = widths.len().saturating_sub(1) * 98 / 100;
            widths.get(most).copied().unwrap_or(0)
        })
        .collect()
}
