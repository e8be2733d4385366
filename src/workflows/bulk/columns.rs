//! The columns of a sheet: one table, from which reading, help and README derive.

use std::fmt::Write as _;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// `change` or `invite`.
    Action,
    /// The membership a row is about.
    Membership,
    /// The user a row is about.
    User,
    /// The present login address of whom a row is about.
    Email,
    /// The present external id of whom a row is about.
    ExternalId,
    /// For people.
    Name,
    /// For people.
    Note,
    /// The login address to be.
    NewEmail,
    /// The external id to be.
    NewExternalId,
    /// In or out.
    Active,
    /// Project admin.
    Admin,
    /// The access policy to be.
    Policy,
    /// A second factor is required.
    MfaRequired,
    /// Of somebody to be invited.
    FirstName,
    /// Of somebody to be invited.
    LastName,
    /// What somebody to be invited is.
    Kind,
    /// Where the account of somebody to be invited exists.
    Scope,
    /// An existing profile for somebody to be invited.
    Profile,
    /// Whose relative somebody to be invited is.
    Patient,
    /// Whether the platform mails.
    SendMail,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Says whom a row is about.
    Who,
    /// Says what is to be.
    What,
    /// Only for invitations.
    Invite,
    /// How it is done.
    How,
    /// Not read.
    People,
}

impl Part {
    /// The word in help.
    pub fn words(self) -> &'static str {
        match self {
            Self::Who => "whom the row is about",
            Self::What => "what is to be",
            Self::Invite => "invitations only",
            Self::How => "how",
            Self::People => "for people, not read",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Which.
    pub column: Column,
    /// The heading; blanks, `_`, `-` and case do not matter.
    pub heading: &'static str,
    /// What it is for.
    pub part: Part,
    /// What a cell holds.
    pub holds: &'static str,
}

/// What takes a value away; an empty cell leaves everything as it is.
pub const NONE: &str = "(none)";

const fn about(column: Column, heading: &'static str, part: Part, holds: &'static str) -> About {
    About { column, heading, part, holds }
}

/// Every column, in the order of help and exports.
pub const COLUMNS: &[About] = &[
    about(
        Column::Action,
        "action",
        Part::How,
        "change (also when empty), or invite for somebody who is no member yet",
    ),
    about(Column::Membership, "membership", Part::Who, "ProjectMembership/… or its id"),
    about(Column::User, "user", Part::Who, "User/… or its id"),
    about(Column::Email, "email", Part::Who, "the login address as it is now"),
    about(Column::ExternalId, "external id", Part::Who, "the external id as it is now, letter by letter"),
    about(Column::Name, "name", Part::People, "anything; exports write the name"),
    about(Column::Note, "note", Part::People, "anything"),
    about(Column::NewEmail, "new email", Part::What, "the login address to be"),
    about(
        Column::NewExternalId,
        "new external id",
        Part::What,
        "the external id to be, letter by letter; (none) clears it",
    ),
    about(Column::Active, "active", Part::What, "yes lets in, no keeps out"),
    about(Column::Admin, "admin", Part::What, "yes or no: project admin, with the policy that goes with it"),
    about(
        Column::Policy,
        "policy",
        Part::What,
        "an access policy: its name, its id or AccessPolicy/…; (none) takes it away",
    ),
    about(Column::MfaRequired, "mfa required", Part::What, "yes or no: a second factor has to be enrolled"),
    about(Column::FirstName, "first name", Part::Invite, "given name"),
    about(Column::LastName, "last name", Part::Invite, "family name"),
    about(Column::Kind, "kind", Part::Invite, "practitioner (also when empty), patient or related person"),
    about(Column::Scope, "scope", Part::Invite, "server or project; as the platform does it when empty"),
    about(Column::Profile, "profile", Part::Invite, "an existing profile, e.g. Practitioner/…"),
    about(Column::Patient, "patient", Part::Invite, "whose relative: Patient/…"),
    about(
        Column::SendMail,
        "send mail",
        Part::How,
        "yes (also when empty) or no: invitations, and verification of a new address",
    ),
];

impl Column {
    /// What is known of it.
    pub fn about(self) -> &'static About {
        // Every column stands in the table; a test sees to it.
        COLUMNS.iter().find(|about| about.column == self).unwrap_or(&COLUMNS[0])
    }

    /// Its heading.
    pub fn heading(self) -> &'static str {
        self.about().heading
    }

    /// The column that a heading names.
    pub fn named(heading: &str) -> Option<Self> {
        let wanted = plain(heading);
        COLUMNS.iter().find(|about| plain(about.heading) == wanted).map(|about| about.column)
    }
}

/// A heading without what does not matter in it.
fn plain(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{a0}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// All headings, for messages.
pub fn headings() -> String {
    COLUMNS.iter().map(|about| about.heading).collect::<Vec<_>>().join(", ")
}

/// The table as README has it.
pub fn markdown() -> String {
    let mut text = String::from("| Column | For | Holds |\n|---|---|---|\n");
    for about in COLUMNS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {} | {} |", about.heading, about.part.words(), about.holds);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_heading_however_it_is_written() {
        for about in COLUMNS {
            assert_eq!(Column::named(about.heading), Some(about.column));
            assert_eq!(about.column.about().heading, about.heading);
        }
        for heading in ["externalId", "External_ID", " external-id "] {
            assert_eq!(Column::named(heading), Some(Column::ExternalId), "{heading}");
        }
        assert_eq!(Column::named("emial"), None);
    }
}
