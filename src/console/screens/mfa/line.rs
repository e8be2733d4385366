//! One member as the MFA screen needs them.

use crate::console::screens::person::Person;
use crate::identity::directory::{Email, Member, RowId, fold};
use crate::identity::second_factor::Standing;
use crate::identity::{FactorRules, Mfa, ProjectId, Seen, Text};
use crate::workflows::factor_report::{self, Reported};

/// A member.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Where the members screen has them.
    pub row: RowId,
    pub person: Person,
    pub project: ProjectId,
    /// The best that is known.
    pub email: Text,
    /// It is today's, not the copy of the time of the invitation.
    pub current: bool,
    pub mfa: Seen<Mfa>,
    pub standing: Standing,
    /// The name as it is sorted by.
    pub sorted: String,
    /// Everything that a word of the filter is looked for in, folded.
    pub said: String,
}

impl Line {
    pub fn of(member: &Member<'_>) -> Self {
        let (mfa, email) = (member.mfa(), Text::from(member.email_raw()));
        let person = Person::from(member);
        let project = member.project();
        let linked = person.external_id.is_some();
        let standing = FactorRules::default().standing(&project, &mfa, email.raw(), linked);
        let current = matches!(member.email(), Email::Current { .. });
        let sorted = fold(person.name.raw());
        let row = member.row();
        Self { row, person, project, email, current, mfa, standing, sorted, said: String::new() }
    }

    /// How the member stands under some rules.
    pub fn under(&self, rules: &FactorRules) -> Standing {
        rules.standing(&self.project, &self.mfa, self.email.raw(), self.person.external_id.is_some())
    }

    /// Takes the rules over.
    pub fn stand(&mut self, rules: &FactorRules) {
        self.standing = self.under(rules);
        let exempt =
            self.standing.exempt.as_ref().map_or(String::new(), |by| format!("exempt {}", by.words()));
        self.said =
            fold(&format!("{} {} {} {exempt}", self.person.name.raw(), self.email.raw(), self.enrolled()));
    }

    /// What is enrolled, in a word.
    pub fn enrolled(&self) -> String {
        factor_report::enrolled(&self.mfa)
    }

    /// As it leaves the program.
    pub fn reported(&self) -> Reported<'_> {
        Reported {
            membership: &self.person.membership,
            name: &self.person.name,
            email: &self.email,
            current: self.current,
            active: self.person.active,
            mfa: &self.mfa,
            standing: &self.standing,
        }
    }
}
