//! What a person types to filter: words and `field:value` pairs, all of which must hold.

use super::fold::{fold, letters};

/// A filter as it was typed, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    raw: String,
    pub(super) terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// `-field:value`: must not hold.
    pub negated: bool,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Folded text somewhere.
    Word { place: Place, needle: String, letters: u64 },
    /// One of the facts' words starts with this.
    Fact { fact: Fact, value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Any,
    Name,
    Email,
    External,
}

/// Facts that a filter can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    Link,
    Mfa,
    Role,
    Active,
    Domain,
    Kind,
    Scope,
    Policy,
    Finding,
}

/// What a filter understands, for the help.
pub const FIELDS: [(&str, &str); 12] = [
    ("name:", "in the name"),
    ("email:", "in the login address, or the one it was invited with"),
    ("ext:", "in the external id"),
    ("domain:", "addresses of this domain"),
    ("link:", "external, email, none"),
    ("mfa:", "none, totp, email, required, unknown"),
    ("role:", "admin, member"),
    ("active:", "true, false"),
    ("kind:", "practitioner, patient, relatedperson"),
    ("scope:", "server, project, unknown"),
    ("policy:", "in the policy's name"),
    ("finding:", "error, warning, none"),
];

impl Query {
    /// Takes a filter apart. Anything is a filter: an unknown field is looked for as text.
    pub fn parse(raw: &str) -> Self {
        let mut terms = Vec::new();
        for word in filter_words(raw) {
            if let Some(term) = term(&word) {
                terms.push(term);
            }
        }
        Self { raw: raw.to_owned(), terms }
    }

    /// As it was typed.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// True when every row that matches this also matches `wider`, as far as can be told from the terms:
    /// then only the rows already shown need another look.
    pub(super) fn narrows(&self, wider: &Self) -> bool {
        wider.terms.iter().all(|wide| self.terms.iter().any(|term| term.implies(wide)))
    }

    /// The longest word that must stand anywhere, to look for first.
    pub(super) fn longest_word(&self) -> Option<&str> {
        self.terms
            .iter()
            .filter_map(|term| match &term.what {
                What::Word { needle, .. } if !term.negated => Some(needle.as_str()),
                What::Word { .. } | What::Fact { .. } => None,
            })
            .max_by_key(|needle| needle.len())
    }
}

impl Term {
    /// Whether it asks only that this stands anywhere in a row's texts.
    pub(super) fn is_word_anywhere(&self, word: &str) -> bool {
        matches!(&self.what, What::Word { place: Place::Any, needle, .. } if needle == word) && !self.negated
    }

    fn implies(&self, wide: &Self) -> bool {
        if self == wide {
            return true;
        }
        if self.negated || wide.negated {
            return false;
        }
        match (&self.what, &wide.what) {
            (What::Word { place, needle, .. }, What::Word { place: wide_place, needle: wide, .. }) => {
                (place == wide_place || *wide_place == Place::Any) && needle.contains(wide.as_str())
            }
            (What::Fact { fact, value }, What::Fact { fact: wide_fact, value: wide }) => {
                fact == wide_fact
                    && if *fact == Fact::Policy {
                        value.contains(wide.as_str())
                    } else {
                        value.starts_with(wide.as_str())
                    }
            }
            _ => false,
        }
    }
}

/// Splits at white space, keeping what stands in double quotes together. An open quote closes at the end.
pub fn filter_words(raw: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in raw.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn term(word: &str) -> Option<Term> {
    let (negated, bare) = match word.strip_prefix('-') {
        Some(rest) if field_of(rest).is_some() => (true, rest),
        _ => (false, word),
    };
    let Some((field, value)) = field_of(bare) else {
        return Some(Term { negated: false, what: found(Place::Any, word)? });
    };
    let what = match field {
        Field::Text(place) => found(place, value)?,
        Field::Fact(fact) => {
            let value = fold(value.trim_start_matches('@'));
            if value.is_empty() {
                return None;
            }
            let value = match (fact, value.as_str()) {
                (Fact::Active, "yes") => "true".to_owned(),
                (Fact::Active, "no") => "false".to_owned(),
                _ => value,
            };
            What::Fact { fact, value }
        }
    };
    Some(Term { negated, what })
}

fn found(place: Place, text: &str) -> Option<What> {
    let needle = fold(text);
    if needle.is_empty() {
        return None;
    }
    let letters = letters(&needle);
    Some(What::Word { place, needle, letters })
}

enum Field {
    Text(Place),
    Fact(Fact),
}

fn field_of(word: &str) -> Option<(Field, &str)> {
    let (field, value) = word.split_once(':')?;
    let field = match field.to_ascii_lowercase().as_str() {
        "name" => Field::Text(Place::Name),
        "email" | "mail" => Field::Text(Place::Email),
        "ext" | "external" => Field::Text(Place::External),
        "link" => Field::Fact(Fact::Link),
        "mfa" => Field::Fact(Fact::Mfa),
        "role" => Field::Fact(Fact::Role),
        "active" => Field::Fact(Fact::Active),
        "domain" => Field::Fact(Fact::Domain),
        "kind" => Field::Fact(Fact::Kind),
        "scope" => Field::Fact(Fact::Scope),
        "policy" => Field::Fact(Fact::Policy),
        "finding" => Field::Fact(Fact::Finding),
        _ => return None,
    };
    Some((field, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("jane s", "jane", true)]
    #[case("jane smi", "jane smi", true)]
    #[case("jane", "jan", true)]
    #[case("jan", "jane", false)]
    #[case("email:jane", "jane", true)]
    #[case("jane", "email:jane", false)]
    #[case("mfa:none", "mfa:n", true)]
    #[case("-mfa:none", "-mfa:n", false)]
    #[case("anything", "", true)]
    #[case("", "anything", false)]
    fn typing_on_narrows(#[case] now: &str, #[case] before: &str, #[case] narrows: bool) {
        assert_eq!(Query::parse(now).narrows(&Query::parse(before)), narrows);
    }

    #[test]
    fn quotes_keep_words_together_and_unknown_fields_are_text() {
        let query = Query::parse(r#"name:"Jane S" foo:bar -x mfa:"#);
        let needles = query.terms.iter().map(|t| match &t.what {
            What::Word { needle, .. } => needle.as_str(),
            What::Fact { value, .. } => value.as_str(),
        });
        let needles: Vec<_> = needles.collect();
        assert_eq!(needles, ["jane s", "foo:bar", "-x"]);
    }
}
