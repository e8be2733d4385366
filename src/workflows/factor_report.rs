//! How a member stands to the second factor, as it leaves the program: one shape for `mfa report` and for what the MFA
//! screen copies and exports.

use serde_json::{Value, json};

use crate::identity::enrolment::names;
use crate::identity::second_factor::{Asked, ComesBy, Standing};
use crate::identity::{MembershipId, Mfa, Seen, Text};

/// What the cells of [`Reported::cell`] are.
pub const HEADINGS: [&str; 8] =
    ["name", "enrolled", "asked for", "comes by", "required", "email", "active", "unknown because"];

/// A member.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// Which one.
    pub membership: &'a MembershipId,
    /// Their name.
    pub name: &'a Text,
    /// The best that is known of their address; may be empty.
    pub email: &'a Text,
    /// It is today's, not the copy of the time of the invitation.
    pub current: bool,
    /// Let in.
    pub active: bool,
    /// What is known of their factor.
    pub mfa: &'a Seen<Mfa>,
    /// How they stand.
    pub standing: &'a Standing,
}

/// What is enrolled, by the platform's names: `totp+email`, `none`, `unknown`.
pub fn enrolled(mfa: &Seen<Mfa>) -> String {
    mfa.known().map_or_else(|| "unknown".to_owned(), |mfa| names(&mfa.enrolled_methods()))
}

/// What a password sign-in asks for, in a word.
pub fn asked(standing: &Standing) -> &'static str {
    match standing.asked {
        Asked::Factor => "factor",
        Asked::Enrol => "to enrol",
        Asked::Nothing => "nothing",
        Asked::Unknown(_) => "unknown",
    }
}

/// Who requires a factor, in a word or three.
pub fn required(standing: &Standing) -> &'static str {
    standing.required.known().map_or("unknown", |by| by.words())
}

impl Reported<'_> {
    /// Why something is not known of them, if anything is not.
    pub fn unknown_because(&self) -> Option<String> {
        match (self.mfa, &self.standing.required) {
            (Seen::Unknown(why), _) | (_, Seen::Unknown(why)) => Some(why.to_string()),
            (Seen::Known(_), Seen::Known(_)) => None,
        }
    }

    /// One cell, in the order of [`HEADINGS`]; empty where there is nothing.
    pub fn cell(&self, column: usize) -> String {
        match column {
            0 => self.name.raw().to_owned(),
            1 => enrolled(self.mfa),
            2 => asked(self.standing).to_owned(),
            3 => self.standing.exempt.as_ref().map_or_else(String::new, |by| by.idp().raw().to_owned()),
            4 => required(self.standing).to_owned(),
            5 if self.email.is_empty() => "none known".to_owned(),
            5 if self.current => self.email.raw().to_owned(),
            5 => format!("{} (as invited)", self.email.raw()),
            6 => if self.active { "yes" } else { "no" }.to_owned(),
            _ => self.unknown_because().unwrap_or_default(),
        }
    }

    /// For programs. An address of the time of the invitation stands apart.
    pub fn json(&self) -> Value {
        let methods = |mfa: &Mfa| -> Vec<&str> {
            mfa.enrolled_methods().into_iter().map(crate::identity::Factor::name).collect()
        };
        json!({
            "membership": self.membership,
            "name": self.name,
            "email": self.current.then_some(self.email),
            "invited_as": (!self.current && !self.email.is_empty()).then_some(self.email),
            "active": self.active,
            "enrolled": self.mfa.known().map(|mfa| mfa.enrolled),
            "methods": self.mfa.known().map(methods),
            "required_by": self.standing.required.known().map(|by| by.words()),
            "password_asks_for": self.standing.asked.words(),
            "exempt_by": self.standing.exempt.as_ref().map(ComesBy::words),
            "unknown_because": self.unknown_because(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::second_factor::RequiredBy;
    use crate::identity::{Factor, Unseen};

    fn with<T>(mfa: &Seen<Mfa>, standing: &Standing, then: impl FnOnce(Reported<'_>) -> T) -> T {
        let (membership, name, email) =
            (MembershipId::from("m1"), "Jane".into(), "jane@clinic.example".into());
        then(Reported {
            membership: &membership,
            name: &name,
            email: &email,
            current: false,
            active: true,
            mfa,
            standing,
        })
    }

    #[test]
    fn what_is_not_seen_comes_with_its_reason_in_both_shapes() {
        let why = Unseen::ServerScopedUser;
        let standing = Standing { required: Seen::Unknown(why), asked: Asked::Unknown(why), exempt: None };
        with(&Seen::Unknown(why), &standing, |jane| {
            assert_eq!(jane.json()["unknown_because"], why.to_string());
            assert_eq!(jane.json()["enrolled"], Value::Null);
            let cells: Vec<String> = (0..HEADINGS.len()).map(|column| jane.cell(column)).collect();
            assert_eq!(cells[1], "unknown");
            assert_eq!(cells[5], "jane@clinic.example (as invited)");
            assert_eq!(cells[7], why.to_string());
        });
    }

    #[test]
    fn what_is_seen_needs_no_reason() {
        let mfa = Mfa { required: true, enrolled: true, methods: vec![Factor::Email, Factor::Totp] };
        let standing =
            Standing { required: Seen::Known(RequiredBy::User), asked: Asked::Factor, exempt: None };
        with(&Seen::Known(mfa), &standing, |jane| {
            assert_eq!(
                (jane.cell(1).as_str(), jane.cell(4).as_str(), jane.cell(7).as_str()),
                ("totp+email", "user", "")
            );
            assert_eq!(jane.json()["methods"], json!(["totp", "email"]));
        });
    }
}
