//! The signed-in person's own second factor: how they stand, and what it takes to enrol (platform-api §4, §5).

use super::second_factor::RequiredBy;
use super::secret::Secret;
use super::seen::Seen;
use super::user::Factor;

/// What `/auth/me` tells of the caller's own second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnFlags {
    /// There is at least one.
    pub enrolled: bool,
    /// One is required, be it by the user or by the project.
    pub required: bool,
}

/// How the caller stands to their own second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFactor {
    /// What is enrolled.
    pub methods: Seen<Vec<Factor>>,
    /// What the project allows.
    pub allowed: Seen<Vec<Factor>>,
    /// One is required.
    pub required: bool,
    /// By whom.
    pub required_by: Seen<RequiredBy>,
    /// There is at least one.
    pub enrolled: bool,
}

impl OwnFactor {
    /// Whether this factor is enrolled; `None` when that is not known.
    pub fn has(&self, factor: Factor) -> Option<bool> {
        self.methods.known().map(|methods| methods.contains(&factor))
    }

    /// Whether the project allows it; `None` when that is not known.
    pub fn allows(&self, factor: Factor) -> Option<bool> {
        self.allowed.known().map(|allowed| allowed.contains(&factor))
    }

    /// Nothing would be left without this factor, or without all of them where none is named.
    pub fn is_last(&self, factor: Option<Factor>) -> bool {
        match (factor, self.methods.known()) {
            (None, _) => true,
            (Some(factor), Some(methods)) => methods.iter().all(|method| *method == factor),
            (Some(_), None) => false,
        }
    }

    /// The enrolled factors by the platform's names: `totp+email`, `none`, `unknown`.
    pub fn enrolled_words(&self) -> String {
        match self.methods.known() {
            Some(methods) => names(methods),
            None => "unknown".to_owned(),
        }
    }

    /// Whether one is required, and why.
    pub fn required_words(&self) -> &'static str {
        match (self.required, self.required_by.known()) {
            (false, _) => "no",
            (true, Some(RequiredBy::User)) => "yes, by a mark on your user",
            (true, Some(RequiredBy::Project)) => "yes, by the settings of the project",
            (true, Some(RequiredBy::Both)) => "yes, by a mark on your user and the settings of the project",
            (true, Some(RequiredBy::Nobody) | None) => "yes, by whom is not visible to you",
        }
    }
}

/// Factors by the platform's names: `totp+email`, or `none`.
pub fn names(factors: &[Factor]) -> String {
    let names: Vec<&str> = factors.iter().map(|factor| factor.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}

/// The key of the signed-in person's authenticator app and what is told with it (`GET /auth/mfa/status`). The key is
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// `otpauth://totp/…`, as it stands in the QR code.
    pub uri: Secret,
    /// What is enrolled.
    pub methods: Vec<Factor>,
    /// What the project allows.
    pub allowed: Vec<Factor>,
}

impl Enrolment {
    /// An app is enrolled with this key already; then it is in use and not to be shown.
    pub fn in_use(&self) -> bool {
        self.methods.contains(&Factor::Totp)
    }

    /// The key as text, to be typed into an app that cannot scan; `None` where the platform named none.
    pub fn key(&self) -> Option<Secret> {
        let (_, query) = self.uri.expose().split_once('?')?;
        let key = query.split('&').find_map(|part| part.strip_prefix("secret="))?;
        (!key.is_empty()).then(|| Secret::from(key))
    }

    /// The key in groups of four, as people copy it.
    pub fn grouped_key(&self) -> Option<Secret> {
        let mut grouped = String::new();
        for (n, c) in self.key()?.expose().chars().enumerate() {
            if n > 0 && n % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(c);
        }
        Some(Secret::from(grouped.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrolment(uri: &str) -> Enrolment {
        Enrolment { uri: Secret::from(uri), methods: Vec::new(), allowed: vec![Factor::Totp] }
    }

    // platform-api §14.12
    #[test]
    fn the_key_is_read_out_of_the_uri_and_neither_shows_itself() {
        let enrolment =
            enrolment("otpauth://totp/Clinic:pat%40clinic.example?secret=JBSWY3DPEHPK3PXPAB&issuer=Clinic");
        assert_eq!(enrolment.key(), Some(Secret::from("JBSWY3DPEHPK3PXPAB")));
        assert_eq!(enrolment.grouped_key(), Some(Secret::from("JBSW Y3DP EHPK 3PXP AB")));
        let shown = format!("{enrolment:?} {:?} {:?}", enrolment.key(), enrolment.grouped_key());
        assert!(!shown.contains("JBSW") && !shown.contains("otpauth"), "{shown}");
    }

    #[test]
    fn a_uri_without_a_key_has_none() {
        assert_eq!(enrolment("otpauth://totp/Clinic?secret=").key(), None);
    }

    #[test]
    fn the_last_factor_is_known_only_where_the_factors_are() {
        let own = |methods: Seen<Vec<Factor>>| OwnFactor {
            methods,
            allowed: Seen::Known(vec![Factor::Totp]),
            required: true,
            required_by: Seen::Known(RequiredBy::Project),
            enrolled: true,
        };
        let one = own(Seen::Known(vec![Factor::Totp]));
        assert!(one.is_last(Some(Factor::Totp)) && one.is_last(None));
        let both = own(Seen::Known(vec![Factor::Totp, Factor::Email]));
        assert!(!both.is_last(Some(Factor::Totp)) && both.is_last(None));
        assert_eq!(both.enrolled_words(), "totp+email");
        let unseen = own(Seen::Unknown(super::super::Unseen::Failed));
        assert!(!unseen.is_last(Some(Factor::Totp)));
        assert_eq!(unseen.enrolled_words(), "unknown");
    }
}
