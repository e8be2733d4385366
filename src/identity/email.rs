//! Login addresses: normal form, what is wrong with one, and which others it could be taken for (standards S3).
//!
//! The platform compares addresses byte by byte after lower-casing them at sign-in, demands
//! `email = email.lower()` where it stores them, and checks nothing else (platform-api §8, §14.11).
//! So the whole care is taken here.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

use super::domain::{Domain, DomainError, is_suspicious, skeleton};
use super::text::{Text, is_hidden, shown};

/// The longest address that the platform's own password reset takes (platform-api §4).
const RESET_LIMIT: usize = 72;
/// RFC 5321 §4.5.3.1: path of 256 with its brackets.
const LIMIT: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const LOCAL_LIMIT: usize = 64;

/// An address in normal form: trimmed, NFC, lower case as the server's rule wants it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email {
    text: Box<str>,
    at: usize,
    domain: Domain,
}

/// Something about a valid address that a person should know before it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum EmailNotice {
    /// Capitals were typed; the platform refuses them in `$update-email` and SCIM.
    LowerCased,
    /// Characters were typed in parts (letter plus accent) and joined (NFC).
    Composed,
    /// Letters beyond ASCII before the @ (RFC 6531): many mail systems and identity providers cannot use it.
    International,
    /// Letters beyond ASCII after the @; the IdP may send the other form.
    InternationalDomain {
        /// The wire form.
        ascii: Text,
    },
    /// Longer than the platform's password reset accepts.
    TooLongForReset,
}

impl fmt::Display for EmailNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowerCased => f.write_str("written in lower case, as the platform wants it"),
            Self::Composed => f.write_str("letters and accents are joined (NFC); compare with what the IdP sends"),
            Self::International => f.write_str(
                "has letters beyond ASCII before the @ (RFC 6531); many mail systems and identity providers cannot use it",
            ),
            Self::InternationalDomain { ascii } => {
                write!(f, "the domain is written {ascii} on the wire; check which form the identity provider sends")
            }
            Self::TooLongForReset => {
                write!(f, "longer than {RESET_LIMIT} characters: the platform's password reset refuses it")
            }
        }
    }
}

/// Why a text is not an address. Each message says what is wrong where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing typed.
    #[error("type an address")]
    Empty,
    /// Something nobody can see.
    #[error("there is a hidden character ({shown}) at position {position}; type the address again by hand")]
    Hidden {
        /// Its visible form.
        shown: String,
        /// Counted from 1, in characters.
        position: usize,
    },
    /// White space inside.
    #[error("there is a space at position {position}")]
    Space {
        /// Counted from 1, in characters.
        position: usize,
    },
    /// No `@`.
    #[error("an address needs an @")]
    NoAt,
    /// Several.
    #[error("there is more than one @")]
    SeveralAt,
    /// Nothing before it.
    #[error("the part before the @ is missing")]
    NoLocal,
    /// `"jane smith"@…`.
    #[error("quoted addresses are not supported; write it without quotes")]
    Quoted,
    /// `.jane`, `jane.`, `jane..smith`.
    #[error("the part before the @ has a dot at its edge or two in a row")]
    Dots,
    /// Over 64 bytes.
    #[error("the part before the @ is longer than {LOCAL_LIMIT} bytes")]
    LocalTooLong,
    /// Over 254 bytes.
    #[error("the address is longer than {LIMIT} bytes")]
    TooLong,
    /// A character that addresses do not have.
    #[error("`{shown}` cannot stand before the @")]
    Character {
        /// Its visible form.
        shown: String,
    },
    /// The part after the `@`.
    #[error("{0}")]
    Domain(#[from] DomainError),
}

impl Email {
    /// Reads an address as somebody typed it, and says what was changed or deserves a look.
    pub fn parse(input: &str) -> Result<(Self, Vec<EmailNotice>), EmailError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(EmailError::Empty);
        }
        for (index, c) in input.chars().enumerate() {
            let position = index + 1;
            if c.is_whitespace() {
                return Err(EmailError::Space { position });
            }
            if is_hidden(c) {
                return Err(EmailError::Hidden { shown: shown(&c.to_string()).into_owned(), position });
            }
        }
        let mut notices = Vec::new();
        let composed: String = input.nfc().collect();
        if composed != input {
            notices.push(EmailNotice::Composed);
        }
        let text = lower(&composed);
        if text != composed {
            notices.push(EmailNotice::LowerCased);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::NoAt)?;
        if domain.contains('@') {
            return Err(EmailError::SeveralAt);
        }
        check_local(local)?;
        let domain = Domain::parse(domain)?;
        if text.len() > LIMIT {
            return Err(EmailError::TooLong);
        }
        if !local.is_ascii() {
            notices.push(EmailNotice::International);
        }
        if domain.is_international() {
            notices.push(EmailNotice::InternationalDomain { ascii: domain.ascii().into() });
        }
        if text.len() > RESET_LIMIT {
            notices.push(EmailNotice::TooLongForReset);
        }
        let at = local.len();
        Ok((Self { at, text: text.into(), domain }, notices))
    }

    /// The address, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// For showing and for plans.
    pub fn text(&self) -> Text {
        Text::new(self.text.clone())
    }

    /// True when a stored address is this one, by the server's comparison (lower-cased, byte for byte).
    pub fn is(&self, stored: &str) -> bool {
        stored.to_lowercase() == *self.text
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.text))
    }
}

impl Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Lower case and NFC together; each may disturb the other, so until nothing changes.
fn lower(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let next: String = text.to_lowercase().nfc().collect();
        if next == text {
            return text;
        }
        text = next;
    }
}

fn check_local(local: &str) -> Result<(), EmailError> {
    if local.is_empty() {
        return Err(EmailError::NoLocal);
    }
    if local.starts_with('"') {
        return Err(EmailError::Quoted);
    }
    if local.len() > LOCAL_LIMIT {
        return Err(EmailError::LocalTooLong);
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(EmailError::Dots);
    }
    // RFC 5322 §3.2.3 atext and the dot; RFC 6531 §3.3 adds letters, marks and digits beyond ASCII.
    let good = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    match local.chars().find(|c| !good(*c)) {
        Some(c) => Err(EmailError::Character { shown: shown(&c.to_string()).into_owned() }),
        None => Ok(()),
    }
}

/// How an address could be taken for something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "look_alike", rename_all = "snake_case")]
pub enum LookAlike {
    /// Reads like an address that somebody has.
    Address {
        /// The other one, in its visible form.
        known: Text,
    },
    /// The domain reads like one that is in use.
    Domain {
        /// The other one.
        known: Text,
    },
    /// Letters of several scripts in one word, or foreign letters that read as Latin ones.
    Scripts {
        /// The word.
        word: Text,
    },
}

impl fmt::Display for LookAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { known } => write!(f, "looks like {known}, which is another address in use"),
            Self::Domain { known } => {
                write!(f, "its domain looks like {known}, which is another domain in use")
            }
            Self::Scripts { word } => {
                write!(
                    f,
                    "`{word}` mixes scripts or spells Latin letters with others ({})",
                    code_points(word.raw())
                )
            }
        }
    }
}

fn code_points(word: &str) -> String {
    let foreign = word.chars().filter(|c| !c.is_ascii());
    foreign.map(|c| format!("{c} U+{:04X}", u32::from(c))).collect::<Vec<_>>().join(", ")
}

/// Known addresses by what they look like; built once, asked often.
#[derive(Debug, Clone, Default)]
pub struct KnownAddresses {
    addresses: BTreeMap<String, Vec<Box<str>>>,
    domains: BTreeMap<String, Vec<Box<str>>>,
}

impl KnownAddresses {
    /// Takes the addresses in use; texts that are no addresses are kept out.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        for address in addresses {
            let address = lower(address.trim());
            let Some((_, domain)) = address.rsplit_once('@') else { continue };
            let domains = known.domains.entry(skeleton(domain)).or_default();
            if !domains.iter().any(|d| **d == *domain) {
                domains.push(domain.into());
            }
            let same = known.addresses.entry(skeleton(&address)).or_default();
            if !same.iter().any(|a| **a == *address) {
                same.push(address.into());
            }
        }
        known
    }

    /// How many different addresses there are.
    pub fn len(&self) -> usize {
        self.addresses.values().map(Vec::len).sum()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Everything `email` could be taken for, the weightiest first.
    pub fn look_alikes(&self, email: &Email) -> Vec<LookAlike> {
        let mut found = Vec::new();
        let others = |map: &BTreeMap<String, Vec<Box<str>>>, word: &str| -> Vec<Text> {
            let same = map.get(&skeleton(word)).into_iter().flatten();
            same.filter(|other| ***other != *word).map(|other| Text::new(other.clone())).collect()
        };
        let addresses = others(&self.addresses, email.as_str());
        found.extend(addresses.into_iter().map(|known| LookAlike::Address { known }));
        let after_at = &email.as_str()[email.local().len() + 1..];
        let in_use =
            self.domains.get(&skeleton(after_at)).is_some_and(|d| d.iter().any(|d| **d == *after_at));
        if !in_use {
            let domains = others(&self.domains, after_at);
            found.extend(domains.into_iter().map(|known| LookAlike::Domain { known }));
        }
        let words = email.local().split(['.', '-', '_', '+']).filter(|word| is_suspicious(word));
        let words = words.chain(email.domain().suspicious_labels());
        found.extend(words.map(|word| LookAlike::Scripts { word: word.into() }));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap().0
    }

    #[rstest]
    #[case("jane.smith@clinic.example", "jane.smith@clinic.example", vec![])]
    #[case("  Jane.Smith@Clinic.Example ", "jane.smith@clinic.example", vec![EmailNotice::LowerCased])]
    #[case("o'brien+x@clinic.example", "o'brien+x@clinic.example", vec![])]
    #[case("Zoe\u{308}@clinic.example", "zoë@clinic.example",
        vec![EmailNotice::Composed, EmailNotice::LowerCased, EmailNotice::International])]
    #[case("a@münchen.example", "a@münchen.example",
        vec![EmailNotice::InternationalDomain { ascii: "xn--mnchen-3ya.example".into() }])]
    fn an_address_has_one_normal_form(
        #[case] typed: &str,
        #[case] normal: &str,
        #[case] notices: Vec<EmailNotice>,
    ) {
        let (parsed, said) = Email::parse(typed).unwrap();
        assert_eq!((parsed.as_str(), said), (normal, notices));
    }

    #[rstest]
    #[case("", EmailError::Empty)]
    #[case("jane", EmailError::NoAt)]
    #[case("@clinic.example", EmailError::NoLocal)]
    #[case("jane@@clinic.example", EmailError::SeveralAt)]
    #[case("jane@x@clinic.example", EmailError::SeveralAt)]
    #[case("jane smith@clinic.example", EmailError::Space { position: 5 })]
    #[case("not an address", EmailError::Space { position: 4 })]
    #[case("ja\u{200b}ne@clinic.example", EmailError::Hidden { shown: "<U+200B>".into(), position: 3 })]
    #[case("jane\u{1b}@clinic.example", EmailError::Hidden { shown: "\\x1b".into(), position: 5 })]
    #[case("\"jane\"@clinic.example", EmailError::Quoted)]
    #[case(".jane@clinic.example", EmailError::Dots)]
    #[case("jane..s@clinic.example", EmailError::Dots)]
    #[case("jane,x@clinic.example", EmailError::Character { shown: ",".into() })]
    #[case("jane\\x@clinic.example", EmailError::Character { shown: "\\".into() })]
    #[case("jane@clinic.example.", EmailError::Domain(DomainError::TrailingDot))]
    #[case("jane@localhost", EmailError::Domain(DomainError::SingleLabel { domain: "localhost".into() }))]
    #[case("jane@", EmailError::Domain(DomainError::Empty))]
    #[case("jane@192.0.2.1", EmailError::Domain(DomainError::IpAddress))]
    fn a_malformed_address_says_what_is_wrong(#[case] typed: &str, #[case] why: EmailError) {
        assert_eq!(Email::parse(typed).map(|(email, _)| email), Err(why));
    }

    #[test]
    fn long_addresses_are_flagged_then_refused() {
        let long = format!("{}@{}.example", "a".repeat(40), "b".repeat(40));
        assert_eq!(Email::parse(&long).unwrap().1, vec![EmailNotice::TooLongForReset]);
        let local = format!("{}@clinic.example", "a".repeat(65));
        assert_eq!(Email::parse(&local).map(|(e, _)| e), Err(EmailError::LocalTooLong));
    }

    // S3: take-over by collation
    #[rstest]
    #[case("jsmith@clinic.example", "jsmіth@clinic.example")]
    #[case("miller@clinic.example", "rniller@clinic.example")]
    #[case("bob0@clinic.example", "bobo@clinic.example")]
    fn look_alikes_of_known_addresses_are_found(#[case] known: &str, #[case] typed: &str) {
        let found = KnownAddresses::new([known, "other@partner.example"]).look_alikes(&email(typed));
        assert!(found.contains(&LookAlike::Address { known: known.into() }), "{found:?}");
    }

    #[test]
    fn a_look_alike_domain_is_found_even_for_a_new_name() {
        let known = KnownAddresses::new(["jsmith@clinic.example"]);
        let found = known.look_alikes(&email("new.person@c1inic.example"));
        assert_eq!(found, vec![LookAlike::Domain { known: "clinic.example".into() }]);
    }

    #[test]
    fn an_ordinary_new_address_looks_like_nothing_else() {
        let known = KnownAddresses::new(["jsmith@clinic.example", "JANE.SMITH@clinic.example"]);
        assert_eq!(known.look_alikes(&email("jane.smith@clinic.example")), vec![], "itself is no look-alike");
        assert_eq!(known.look_alikes(&email("zoë@münchen.example")), vec![]);
        assert_eq!(known.look_alikes(&email("山田@clinic.example")), vec![]);
    }

    proptest! {
        #[test]
        fn the_normal_form_is_stable_and_lower_case(typed in "[\\PC]{1,20}@[a-zA-ZäÖ]{1,10}\\.[a-z]{2,6}") {
            if let Ok((email, _)) = Email::parse(&typed) {
                let (again, notices) = Email::parse(email.as_str()).unwrap();
                prop_assert_eq!(&again, &email);
                prop_assert!(!notices.contains(&EmailNotice::LowerCased));
                prop_assert!(!notices.contains(&EmailNotice::Composed));
                prop_assert_eq!(email.as_str().to_lowercase(), email.as_str());
            }
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            let _ = Email::parse(&text);
        }
    }
}
