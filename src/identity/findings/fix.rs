//! What mends each finding: a change that needs no decision, or who has to decide what.

use super::Rule;

/// What can be done about the findings of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// A change that follows from the finding; as an imperative.
    By(&'static str),
    /// Somebody has to decide first; what, and how it is done then.
    Decide(&'static str),
}

impl Rule {
    /// What mends it.
    pub fn fix(self) -> Fix {
        match self {
            Self::CannotSignIn => Fix::Decide("the doctor says which step fails and what mends it"),
            Self::Shadow => Fix::By("remove the one who hides the other"),
            Self::DuplicateAddress => {
                Fix::Decide("whose address it is: change the other one's, or remove that account")
            }
            Self::MixedCase => Fix::By("write the address in lower case"),
            Self::SameExternalId => Fix::Decide("whose id it is: clear it at the others"),
            Self::NeverMatches => {
                Fix::Decide("let the identity provider send another subject, and set that as the external id")
            }
            Self::NoUser => Fix::By("deactivate the membership"),
            Self::NoProfile => Fix::Decide("invite them anew, or remove the membership"),
            Self::NoPolicy => Fix::By("give the project's default policy"),
            Self::NoFactor => Fix::Decide(
                "tell them that they are asked to enrol one at the next sign-in by password, or no longer require it",
            ),
            Self::SsoBypass => Fix::Decide(
                "whether they may keep the password: the platform cannot take one away; tell them, or require a factor",
            ),
            Self::InactiveSessions => Fix::By("end the sessions"),
            Self::NearExternalId => Fix::Decide("which spelling the identity provider sends"),
            Self::PaddedExternalId => Fix::By("take the spaces around the external id away"),
            Self::LooksLikeEmail => {
                Fix::Decide("whether the identity provider really sends an address as subject")
            }
            Self::OtherForm => Fix::Decide("whether the identity provider sends it so"),
            Self::StaffByEmail => Fix::By("put the external id back that was erased"),
            Self::LegacyExternalId => Fix::By("set the id of the old place on the membership"),
            Self::OrphanUser => Fix::By("delete the user"),
            Self::StaleName => Fix::By("refresh what lists show"),
        }
    }

    /// The title of the plan.
    pub fn fix_title(self) -> &'static str {
        match self {
            Self::Shadow => "Remove who hides others",
            Self::MixedCase => "Lower-case addresses",
            Self::NoUser => "Deactivate members without a user",
            Self::NoPolicy => "Give the default policy",
            Self::InactiveSessions => "End sessions of inactive members",
            Self::PaddedExternalId => "Trim external ids",
            Self::StaffByEmail => "Restore external ids",
            Self::LegacyExternalId => "Move external ids to the membership",
            Self::OrphanUser => "Delete users without memberships",
            Self::StaleName => "Refresh names in lists",
            _ => "Fix findings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_mends_it_and_those_with_a_change_have_a_title_of_their_own() {
        for rule in Rule::ALL {
            let (words, by) = match rule.fix() {
                Fix::By(words) => (words, true),
                Fix::Decide(words) => (words, false),
            };
            assert!(!words.is_empty() && !words.ends_with('.'), "{rule:?}: {words}");
            assert_eq!(rule.fix_title() != "Fix findings", by, "{rule:?}");
        }
    }
}
