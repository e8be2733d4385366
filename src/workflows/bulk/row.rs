//! What a row of a sheet says, before anybody is looked for.

use std::borrow::Cow;

use crate::identity::{ProjectId, Text};
use crate::workflows::intent::{Invite, ProfileKind};

use super::columns::Column;

/// Something that keeps a row from being done, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line the row begins at, from 1.
    pub line: u64,
    /// In which column; none when it is about the row.
    pub column: Option<Column>,
    /// As a sentence.
    pub what: String,
}

impl Problem {
    /// About a row.
    pub fn of_row(line: u64, what: impl Into<String>) -> Self {
        Self { line, column: None, what: what.into() }
    }

    /// About a cell.
    pub fn in_cell(line: u64, column: Column, what: impl Into<String>) -> Self {
        Self { line, column: Some(column), what: what.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, {}: {}", self.line, column.heading(), self.what),
            None => write!(f, "line {}: {}", self.line, self.what),
        }
    }
}

/// A value that a cell may keep, set or take away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wish {
    /// The cell is empty.
    #[default]
    Keep,
    /// To this.
    Set(Text),
    /// `(none)`.
    Clear,
}

/// Whom a row names. Everything that is given has to agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// `ProjectMembership/…` or an id.
    pub membership: Option<Text>,
    /// `User/…` or an id.
    pub user: Option<Text>,
    /// The present address.
    pub email: Option<Text>,
    /// The present external id.
    pub external_id: Option<Text>,
}

impl Who {
    /// As written in the sheet, the surest first.
    pub fn words(&self) -> Text {
        let all = [&self.membership, &self.email, &self.external_id, &self.user];
        all.into_iter().flatten().next().cloned().unwrap_or_default()
    }
}

/// What a row wants of somebody who is a member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants {
    /// The address to be.
    pub email: Option<Text>,
    /// The external id to be.
    pub external_id: Wish,
    /// In or out.
    pub active: Option<bool>,
    /// Project admin.
    pub admin: Option<bool>,
    /// The access policy to be.
    pub policy: Wish,
    /// A factor is required.
    pub mfa_required: Option<bool>,
    /// Mails are sent.
    pub mail: Option<bool>,
}

impl Wants {
    /// Whether it wants anything of what a column is about.
    pub fn touches(&self, column: Column) -> bool {
        match column {
            Column::NewEmail => self.email.is_some(),
            Column::NewExternalId => self.external_id != Wish::Keep,
            Column::Active => self.active.is_some(),
            Column::Admin => self.admin.is_some(),
            Column::Policy => self.policy != Wish::Keep,
            Column::MfaRequired => self.mfa_required.is_some(),
            _ => false,
        }
    }

    /// True when nothing is wanted.
    pub fn nothing(&self) -> bool {
        Self { mail: None, ..self.clone() } == Self::default()
    }
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Somebody is changed.
    Change(Who, Wants),
    /// Somebody is invited; what the row says no to in so many words, where an empty cell would leave it open.
    Invite(Box<Invite>, Noes),
}

/// What an invitation must not bring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noes {
    /// Project admin.
    pub admin: bool,
    /// A second factor that is required.
    pub mfa_required: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line it begins at, from 1.
    pub line: u64,
    /// What it says.
    pub act: Act,
    /// What is wrong with it as it is written.
    pub problems: Vec<Problem>,
}

impl Row {
    /// Whom it names, as written.
    pub fn named(&self) -> Text {
        match &self.act {
            Act::Change(who, _) => who.words(),
            Act::Invite(invite, _) => invite
                .email
                .clone()
                .or_else(|| invite.external_id.clone())
                .unwrap_or_else(|| full_name(invite)),
        }
    }
}

/// Given and family name of somebody to be invited.
pub fn full_name(invite: &Invite) -> Text {
    Text::from(
        format!("{} {}", invite.first_name.raw().trim(), invite.last_name.raw().trim()).trim().to_owned(),
    )
}

/// The cells of a row, by column.
pub(super) struct Cells<'a> {
    pub line: u64,
    pub texts: Vec<(Column, Cow<'a, str>)>,
    pub problems: Vec<Problem>,
}

impl Cells<'_> {
    /// A cell as it is, letter by letter; nothing when it is blank.
    fn exact(&self, column: Column) -> Option<Text> {
        let (_, found) = self.texts.iter().find(|(of, _)| *of == column)?;
        (!found.trim().is_empty()).then(|| Text::from(&**found))
    }

    fn text(&self, column: Column) -> Option<Text> {
        Some(Text::from(self.exact(column)?.raw().trim().to_owned()))
    }

    fn wrong(&mut self, column: Column, what: impl Into<String>) {
        self.problems.push(Problem::in_cell(self.line, column, what));
    }

    fn wish(&self, column: Column) -> Wish {
        match self.exact(column) {
            None => Wish::Keep,
            Some(text) if text.raw().trim().eq_ignore_ascii_case(super::columns::NONE) => Wish::Clear,
            Some(text) => Wish::Set(text),
        }
    }

    fn yes_no(&mut self, column: Column) -> Option<bool> {
        let text = self.text(column)?;
        match text.raw().to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" => Some(true),
            "no" | "n" | "false" | "0" => Some(false),
            _ => {
                self.wrong(column, format!("{text} is neither yes nor no."));
                None
            }
        }
    }

    fn email(&mut self, column: Column) -> Option<Text> {
        let text = self.text(column)?;
        // What stands there already is nobody's typing error here.
        let now = self.text(Column::Email).map(|now| now.raw().to_lowercase());
        if now.as_deref() != Some(&text.raw().to_lowercase())
            && let Err(error) = crate::identity::Email::parse(text.raw())
        {
            self.wrong(column, format!("{error}."));
        }
        Some(text)
    }

    /// Cells of columns that are not for this kind of row have to be empty: what is written there would be lost.
    fn only_empty(&mut self, columns: &[Column], what: &str) {
        for column in columns {
            if self.text(*column).is_some() {
                self.wrong(*column, what.to_owned());
            }
        }
    }

    /// What the row says.
    pub fn read(mut self) -> Row {
        let action = self.text(Column::Action).map(|text| text.raw().to_lowercase());
        let act = match action.as_deref() {
            None | Some("change") => self.change(),
            Some("invite") => self.invite(),
            Some(_) => {
                self.wrong(Column::Action, "An action is change or invite.");
                self.change()
            }
        };
        Row { line: self.line, act, problems: self.problems }
    }

    fn change(&mut self) -> Act {
        self.only_empty(
            &[
                Column::FirstName,
                Column::LastName,
                Column::Kind,
                Column::Scope,
                Column::Profile,
                Column::Patient,
            ],
            "It is for invitations only; the action of this row is none.",
        );
        let who = Who {
            membership: self.text(Column::Membership),
            user: self.text(Column::User),
            email: self.text(Column::Email),
            external_id: self.exact(Column::ExternalId),
        };
        if who == Who::default() {
            let what = "Nobody is named: fill in membership, user, email or external id.";
            self.problems.push(Problem::of_row(self.line, what));
        }
        let wants = Wants {
            email: self.email(Column::NewEmail),
            external_id: self.wish(Column::NewExternalId),
            active: self.yes_no(Column::Active),
            admin: self.yes_no(Column::Admin),
            policy: match self.wish(Column::Policy) {
                Wish::Set(text) => Wish::Set(Text::from(text.raw().trim().to_owned())),
                other => other,
            },
            mfa_required: self.yes_no(Column::MfaRequired),
            mail: self.yes_no(Column::SendMail),
        };
        Act::Change(who, wants)
    }

    fn invite(&mut self) -> Act {
        self.only_empty(
            &[Column::Membership, Column::User, Column::Email, Column::ExternalId],
            "It names a member, and this row invites somebody: write the address under new email and the external id under new external id.",
        );
        if self.yes_no(Column::Active) == Some(false) {
            self.wrong(Column::Active, "Whoever is invited is let in.");
        }
        let external_id = match self.wish(Column::NewExternalId) {
            Wish::Set(id) => Some(id),
            Wish::Keep | Wish::Clear => None,
        };
        let policy = match self.wish(Column::Policy) {
            Wish::Set(policy) => Some(Text::from(policy.raw().trim().to_owned())),
            Wish::Keep => None,
            Wish::Clear => {
                self.wrong(Column::Policy, "An invitation gives the project's default when the cell is empty; take the policy away afterwards.");
                None
            }
        };
        let kind = match self
            .text(Column::Kind)
            .map(|kind| kind.raw().to_lowercase().replace([' ', '-', '_'], ""))
        {
            None => ProfileKind::Practitioner,
            Some(kind) => match kind.as_str() {
                "practitioner" => ProfileKind::Practitioner,
                "patient" => ProfileKind::Patient,
                "relatedperson" => ProfileKind::RelatedPerson,
                _ => {
                    self.wrong(Column::Kind, "A kind is practitioner, patient or related person.");
                    ProfileKind::Practitioner
                }
            },
        };
        let server = match self.text(Column::Scope).map(|scope| scope.raw().to_lowercase()).as_deref() {
            None => None,
            Some("server") => Some(true),
            Some("project") => Some(false),
            Some(_) => {
                self.wrong(Column::Scope, "A scope is server or project.");
                None
            }
        };
        let (admin, mfa_required) = (self.yes_no(Column::Admin), self.yes_no(Column::MfaRequired));
        let noes = Noes { admin: admin == Some(false), mfa_required: mfa_required == Some(false) };
        let invite = Invite {
            project: None::<ProjectId>,
            kind,
            first_name: self.text(Column::FirstName).unwrap_or_default(),
            last_name: self.text(Column::LastName).unwrap_or_default(),
            email: self.email(Column::NewEmail),
            external_id,
            server,
            policy,
            access: Vec::new(),
            admin: admin.unwrap_or(false),
            mfa_required: mfa_required.unwrap_or(false),
            patient: self.text(Column::Patient),
            profile: self.text(Column::Profile),
            send_email: self.yes_no(Column::SendMail).unwrap_or(true),
            upsert: false,
        };
        for (column, given) in
            [(Column::FirstName, &invite.first_name), (Column::LastName, &invite.last_name)]
        {
            if given.is_empty() {
                self.wrong(column, "An invitation needs a first and a last name.");
            }
        }
        if invite.email.is_none() && invite.external_id.is_none() {
            let what = "An invitation needs a new email or a new external id, by which the person signs in.";
            self.problems.push(Problem::of_row(self.line, what));
        }
        Act::Invite(Box::new(invite), noes)
    }
}
