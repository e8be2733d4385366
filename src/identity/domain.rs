//! Mail domains: normal form, international names, public suffixes, free-mail hosts (standards S3).

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;
use unicode_security::MixedScript as _;

use super::text::{Text, is_hidden, shown};

/// Hosts that give addresses to anybody. A route for one of them would send strangers to a partner's IdP.
const FREE_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bluewin.ch",
    "comcast.net",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rocketmail.com",
    "t-online.de",
    "tutanota.com",
    "verizon.net",
    "wanadoo.fr",
    "web.de",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
];

/// A host name as mail and the platform's domain routing use it: lower case, no dot at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    ascii: Box<str>,
    unicode: Box<str>,
}

/// Why a text is not a domain. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DomainError {
    /// Nothing there.
    #[error("the domain is missing; write it like clinic.example")]
    Empty,
    /// A web address.
    #[error("this is a web address; write the domain alone, like clinic.example")]
    WebAddress,
    /// An email address or a leading `@`.
    #[error("write only what stands after the @")]
    At,
    /// A port.
    #[error("a mail domain has no port; leave out everything from the colon on")]
    Port,
    /// A dot at the end: saved by the platform but never matched (platform-api §11).
    #[error("leave out the dot at the end; the platform never matches it")]
    TrailingDot,
    /// Two dots, or one at the start.
    #[error("a part between two dots is empty")]
    EmptyLabel,
    /// White space inside.
    #[error("there is a space in the domain")]
    Space,
    /// Something nobody can see.
    #[error("there is a hidden character ({shown}) in the domain; type it again by hand")]
    Hidden {
        /// Its visible form.
        shown: String,
    },
    /// A number address.
    #[error("this is an IP address; a domain name is needed")]
    IpAddress,
    /// No dot.
    #[error("the domain `{domain}` has no dot; mail needs a full name like clinic.example")]
    SingleLabel {
        /// As typed.
        domain: Text,
    },
    /// A character that host names do not have.
    #[error("`{shown}` cannot stand in a domain")]
    Character {
        /// Its visible form.
        shown: String,
    },
    /// A hyphen at the edge of a label.
    #[error("a part of the domain begins or ends with a hyphen")]
    Hyphen,
    /// A label over 63 or a name over 253 bytes in its wire form.
    #[error("the domain is too long (63 characters between dots, 253 altogether)")]
    TooLong,
    /// UTS #46 does not accept it.
    #[error("`{domain}` is not a valid international domain name")]
    Invalid {
        /// As typed.
        domain: Text,
    },
    /// Two names that should be one: the wire form leads to another name than the one written.
    #[error("`{written}` turns into `{back}` on the wire; one of the two is not what it looks like")]
    RoundTrip {
        /// As typed.
        written: Text,
        /// What comes back.
        back: Text,
    },
}

impl Domain {
    /// Reads a domain in either form, with capitals; refuses everything that the platform would store and
    /// then never match (platform-api §11).
    pub fn parse(input: &str) -> Result<Self, DomainError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(DomainError::Empty);
        }
        if let Some(hidden) = input.chars().find(|c| is_hidden(*c)) {
            return Err(DomainError::Hidden { shown: shown(&hidden.to_string()).into_owned() });
        }
        if input.contains("://") || input.contains('/') {
            return Err(DomainError::WebAddress);
        }
        if input.contains('@') {
            return Err(DomainError::At);
        }
        if input.chars().any(char::is_whitespace) {
            return Err(DomainError::Space);
        }
        let bare = input.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<std::net::IpAddr>().is_ok() || bare.starts_with("IPv6:") {
            return Err(DomainError::IpAddress);
        }
        if input.contains(':') {
            return Err(DomainError::Port);
        }
        if input.len() > 1 && input.ends_with(['.', '。', '．', '｡']) {
            return Err(DomainError::TrailingDot);
        }
        let invalid = || DomainError::Invalid { domain: input.into() };
        let ascii = idna::domain_to_ascii(input).map_err(|_| invalid())?;
        check_ascii(&ascii, input)?;
        let (unicode, verdict) = idna::domain_to_unicode(&ascii);
        verdict.map_err(|_| invalid())?;
        let back = idna::domain_to_ascii(&unicode).map_err(|_| invalid())?;
        if back != ascii {
            return Err(DomainError::RoundTrip { written: input.into(), back: back.into() });
        }
        // A written A-label must be the canonical one; `xn--` around plain ASCII or upper case inside is not.
        let written = input.to_lowercase();
        if written.is_ascii() && written != ascii {
            return Err(DomainError::RoundTrip { written: input.into(), back: ascii.into() });
        }
        Ok(Self { ascii: ascii.into(), unicode: unicode.into() })
    }

    /// The wire form (`xn--` labels), lower case.
    pub fn ascii(&self) -> &str {
        &self.ascii
    }

    /// The written form, lower case; the same as the wire form for plain names.
    pub fn unicode(&self) -> &str {
        &self.unicode
    }

    /// True when the two forms differ, so that both have to be shown.
    pub fn is_international(&self) -> bool {
        self.ascii != self.unicode
    }

    /// The part that somebody registered: `clinic.co.uk` of `mail.clinic.co.uk`. `None` for a suffix itself.
    pub fn registrable(&self) -> Option<&str> {
        psl::domain_str(&self.ascii)
    }

    /// True for a public suffix such as `co.uk`, below which strangers register names.
    pub fn is_public_suffix(&self) -> bool {
        psl::suffix(self.ascii.as_bytes())
            .is_some_and(|suffix| suffix.as_bytes().len() == self.ascii.len() && suffix.is_known())
            || self.registrable().is_none()
    }

    /// True below or at a shared host such as `github.io`, where each name belongs to somebody else.
    pub fn is_shared_host(&self) -> bool {
        psl::suffix(self.ascii.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private))
    }

    /// True for hosts that give addresses to anybody.
    pub fn is_free_mail(&self) -> bool {
        FREE_MAIL.binary_search(&&*self.ascii).is_ok()
    }

    /// True when `self` lies below `other`. The platform's routes are not inherited (platform-api §11).
    pub fn is_below(&self, other: &Self) -> bool {
        self.ascii.strip_suffix(&*other.ascii).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
    }

    /// What two domains have in common when a person takes one for the other (UTS #39).
    pub fn skeleton(&self) -> String {
        skeleton(&self.unicode)
    }

    /// Labels that mix scripts, or that are written in one foreign script so as to read as Latin letters.
    pub fn suspicious_labels(&self) -> BTreeSet<&str> {
        self.unicode.split('.').filter(|label| is_suspicious(label)).collect()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.unicode))
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", shown(&self.unicode), self.ascii)
    }
}

fn check_ascii(ascii: &str, input: &str) -> Result<(), DomainError> {
    if ascii.len() > 253 {
        return Err(DomainError::TooLong);
    }
    for label in ascii.split('.') {
        if label.is_empty() {
            return Err(DomainError::EmptyLabel);
        }
        if label.len() > 63 {
            return Err(DomainError::TooLong);
        }
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return Err(DomainError::Character { shown: shown(&c.to_string()).into_owned() });
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(DomainError::Hyphen);
        }
    }
    if !ascii.contains('.') {
        return Err(DomainError::SingleLabel { domain: input.into() });
    }
    if ascii.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit())) {
        return Err(DomainError::IpAddress);
    }
    Ok(())
}

/// The form in which look-alikes are equal: UTS #39 skeleton, without case (so that `0` meets `o`).
pub(crate) fn skeleton(text: &str) -> String {
    unicode_security::skeleton(text).collect::<String>().to_lowercase()
}

/// Mixed scripts within one word, or a word without a single Latin letter that still reads as Latin letters.
pub(crate) fn is_suspicious(word: &str) -> bool {
    if word.is_ascii() {
        return false;
    }
    if !word.is_single_script() {
        return true;
    }
    let letters = |c: &char| c.is_alphabetic();
    !word.chars().filter(letters).any(|c| c.is_ascii())
        && word.chars().any(char::is_alphabetic)
        && skeleton(word).is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn the_list_of_free_mail_hosts_is_sorted() {
        assert!(FREE_MAIL.is_sorted());
    }

    #[rstest]
    #[case("Clinic.Example", "clinic.example", "clinic.example")]
    #[case(" münchen.example ", "xn--mnchen-3ya.example", "münchen.example")]
    #[case("xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "münchen.example")]
    #[case("mail.clinic.co.uk", "mail.clinic.co.uk", "mail.clinic.co.uk")]
    fn a_domain_has_one_normal_form(#[case] written: &str, #[case] ascii: &str, #[case] unicode: &str) {
        let domain = Domain::parse(written).unwrap();
        assert_eq!((domain.ascii(), domain.unicode()), (ascii, unicode));
    }

    // platform-api §11: all of these are saved with 201 and never match anything
    #[rstest]
    #[case("", DomainError::Empty)]
    #[case("https://clinic.example", DomainError::WebAddress)]
    #[case("a/b", DomainError::WebAddress)]
    #[case("at@clinic.example", DomainError::At)]
    #[case("clinic.example.", DomainError::TrailingDot)]
    #[case("clinic..example", DomainError::EmptyLabel)]
    #[case(".clinic.example", DomainError::EmptyLabel)]
    #[case("clinic example.org", DomainError::Space)]
    #[case("clinic.example:443", DomainError::Port)]
    #[case("192.0.2.1", DomainError::IpAddress)]
    #[case("[192.0.2.1]", DomainError::IpAddress)]
    #[case("localhost", DomainError::SingleLabel { domain: "localhost".into() })]
    #[case("clinic_1.example", DomainError::Character { shown: "_".into() })]
    #[case("cli\u{200b}nic.example", DomainError::Hidden { shown: "<U+200B>".into() })]
    fn a_domain_that_never_matches_is_refused(#[case] written: &str, #[case] why: DomainError) {
        assert_eq!(Domain::parse(written), Err(why));
    }

    // S3
    #[test]
    fn a_false_wire_form_is_refused() {
        assert!(Domain::parse("xn--clinic-.example").is_err());
        assert!(Domain::parse("xn--a.example").is_err());
    }

    #[test]
    fn suffixes_shared_hosts_and_free_mail_are_told_apart() {
        let d = |s| Domain::parse(s).unwrap();
        assert!(d("co.uk").is_public_suffix() && !d("clinic.co.uk").is_public_suffix());
        assert!(!d("clinic.example").is_public_suffix());
        assert!(d("clinic.github.io").is_shared_host() && !d("clinic.example").is_shared_host());
        assert!(d("gmail.com").is_free_mail() && !d("clinic.example").is_free_mail());
        assert_eq!(d("mail.clinic.co.uk").registrable(), Some("clinic.co.uk"));
    }

    #[test]
    fn a_subdomain_lies_below_its_parent_only() {
        let d = |s| Domain::parse(s).unwrap();
        assert!(d("a.clinic.example").is_below(&d("clinic.example")));
        assert!(!d("aclinic.example").is_below(&d("clinic.example")));
        assert!(!d("clinic.example").is_below(&d("clinic.example")));
    }

    // S3, UTS #39
    #[test]
    fn look_alike_domains_share_a_skeleton() {
        let d = |s| Domain::parse(s).unwrap();
        assert_eq!(d("clinic.example").skeleton(), d("clіnic.example").skeleton());
        assert_eq!(d("c0rner.example").skeleton(), d("corner.example").skeleton());
        assert_ne!(d("clinic.example").skeleton(), d("partner.example").skeleton());
        assert_eq!(d("clіnic.example").suspicious_labels().len(), 1, "one Cyrillic letter");
        assert_eq!(d("аррӏе.example").suspicious_labels().len(), 1, "Cyrillic altogether");
        assert!(d("münchen.example").suspicious_labels().is_empty());
        assert!(d("東京.example").suspicious_labels().is_empty());
    }

    proptest! {
        #[test]
        fn the_normal_form_is_stable(name in "[a-zA-Zäéßñ日0-9]{1,12}(\\.[a-zA-Zäé0-9]{2,8}){1,3}") {
            if let Ok(domain) = Domain::parse(&name) {
                prop_assert_eq!(&Domain::parse(domain.ascii()).unwrap(), &domain);
                prop_assert_eq!(&Domain::parse(domain.unicode()).unwrap(), &domain);
            }
        }

        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            let _ = Domain::parse(&text);
        }
    }
}
