//! The rules of the sweep, the worst first.

use crate::identity::directory::Severity;
use crate::identity::linkage::Kind;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// An active member whom no way lets in.
    CannotSignIn,
    /// A user without an active membership hides another one with the same address (platform-api §10.5).
    Shadow,
    /// Two users carry the same address; the platform takes any of them (§9.1).
    DuplicateAddress,
    /// A stored address has capitals and is never found (§10.1).
    MixedCase,
    /// Two members of a project carry the same external id.
    SameExternalId,
    /// An external id that is never found (§17).
    NeverMatches,
    /// The membership's user is not there.
    NoUser,
    /// The membership's profile is not there: every request is refused (§14.9).
    NoProfile,
    /// A policy of the membership is not there: every sign-in is refused (§14.9).
    NoPolicy,
    /// A second factor is required, none is enrolled, and the next sign-in by password will ask for it.
    NoFactor,
    /// The domain has an IdP, and a password lets in beside it (§11).
    SsoBypass,
    /// Not active, with sessions that are alive.
    InactiveSessions,
    /// An external id like another one but for case, white space or prefix.
    NearExternalId,
    /// White space around an external id.
    PaddedExternalId,
    /// An external id that is an address.
    LooksLikeEmail,
    /// An external id of another form than most.
    OtherForm,
    /// Staff by email where others of the domain have external ids.
    StaffByEmail,
    /// An external id in the old place, `User.externalId`.
    LegacyExternalId,
    /// A user without any membership.
    OrphanUser,
    /// Lists show an address that is not the present one (§9.2).
    StaleName,
}

impl Rule {
    /// All of them, the worst first.
    pub const ALL: [Self; 20] = [
        Self::CannotSignIn,
        Self::Shadow,
        Self::DuplicateAddress,
        Self::MixedCase,
        Self::SameExternalId,
        Self::NeverMatches,
        Self::NoUser,
        Self::NoProfile,
        Self::NoPolicy,
        Self::NoFactor,
        Self::SsoBypass,
        Self::InactiveSessions,
        Self::NearExternalId,
        Self::PaddedExternalId,
        Self::LooksLikeEmail,
        Self::OtherForm,
        Self::StaffByEmail,
        Self::LegacyExternalId,
        Self::OrphanUser,
        Self::StaleName,
    ];

    /// The word of `--rule` and in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::CannotSignIn => "cannot-sign-in",
            Self::Shadow => "shadow",
            Self::DuplicateAddress => "duplicate-address",
            Self::MixedCase => "mixed-case-address",
            Self::SameExternalId => "same-external-id",
            Self::NeverMatches => "never-matches",
            Self::NoUser => "no-user",
            Self::NoProfile => "no-profile",
            Self::NoPolicy => "no-policy",
            Self::NoFactor => "no-factor",
            Self::SsoBypass => "sso-bypass",
            Self::InactiveSessions => "inactive-sessions",
            Self::NearExternalId => "near-external-id",
            Self::PaddedExternalId => "padded-external-id",
            Self::LooksLikeEmail => "looks-like-email",
            Self::OtherForm => "other-form",
            Self::StaffByEmail => "staff-by-email",
            Self::LegacyExternalId => "legacy-external-id",
            Self::OrphanUser => "orphan-user",
            Self::StaleName => "stale-name",
        }
    }

    /// The heading of its group.
    pub fn words(self) -> &'static str {
        match self {
            Self::CannotSignIn => "cannot sign in",
            Self::Shadow => "hides another user",
            Self::DuplicateAddress => "same address twice",
            Self::MixedCase => "address with capitals",
            Self::SameExternalId => "same external id twice",
            Self::NeverMatches => "external id never matches",
            Self::NoUser => "user is not there",
            Self::NoProfile => "profile is not there",
            Self::NoPolicy => "access policy is not there",
            Self::NoFactor => "required second factor missing",
            Self::SsoBypass => "password beside the identity provider",
            Self::InactiveSessions => "inactive, with sessions",
            Self::NearExternalId => "almost the same external id",
            Self::PaddedExternalId => "spaces around the external id",
            Self::LooksLikeEmail => "external id is an address",
            Self::OtherForm => "external id of another form",
            Self::StaffByEmail => "staff without an external id",
            Self::LegacyExternalId => "external id in the old place",
            Self::OrphanUser => "user without a membership",
            Self::StaleName => "outdated address in lists",
        }
    }

    /// How bad.
    pub fn severity(self) -> Severity {
        match self {
            Self::CannotSignIn
            | Self::Shadow
            | Self::DuplicateAddress
            | Self::MixedCase
            | Self::SameExternalId
            | Self::NeverMatches
            | Self::NoUser
            | Self::NoProfile
            | Self::NoPolicy => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// The rule by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == word)
    }
}

impl From<Kind> for Rule {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::SameId => Self::SameExternalId,
            Kind::CannotMatch => Self::NeverMatches,
            Kind::CannotWork => Self::CannotSignIn,
            Kind::Erased | Kind::WithoutId => Self::StaffByEmail,
            Kind::NearId => Self::NearExternalId,
            Kind::Padded => Self::PaddedExternalId,
            Kind::LooksLikeEmail => Self::LooksLikeEmail,
            Kind::OtherForm => Self::OtherForm,
            Kind::Legacy => Self::LegacyExternalId,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_word_of_its_own_and_errors_come_first() {
        let mut words: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Rule::ALL.len());
        assert!(Rule::ALL.is_sorted_by_key(|rule| std::cmp::Reverse(rule.severity())));
        assert!(Rule::ALL.iter().all(|rule| Rule::parse(rule.id()) == Some(*rule)));
    }
}
