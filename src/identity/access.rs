//! What a resolved access policy allows (platform-api §9.9, §12).

use serde::Serialize;

use super::text::Text;

/// What can be done to records of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interaction {
    /// One record.
    Read,
    /// Many.
    Search,
    /// A new one.
    Create,
    /// Another version.
    Update,
    /// Gone.
    Delete,
}

impl Interaction {
    /// All, in the order of the table.
    pub const ALL: [Self; 5] = [Self::Read, Self::Search, Self::Create, Self::Update, Self::Delete];

    /// FHIR's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Search => "search",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Types that `*` does not include (platform-api §12).
const ADMIN_TYPES: [&str; 7] = [
    "Project",
    "ProjectMembership",
    "User",
    "UserSecurityRequest",
    "Package",
    "PackageRelease",
    "PackageInstallation",
];

/// Types for super admins only.
const PROTECTED: [&str; 3] = ["DomainConfiguration", "JsonWebKey", "Login"];

/// True for types that `*` does not include and that only admins reach.
pub fn is_admin_type(kind: &str) -> bool {
    ADMIN_TYPES.contains(&kind)
}

/// True for types that only super admins reach, whatever a policy says.
pub fn is_protected(kind: &str) -> bool {
    PROTECTED.contains(&kind)
}

/// One line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The type; `*` for every ordinary one.
    pub kind: Text,
    /// What it allows.
    pub interactions: Vec<Interaction>,
    /// Only records that match this search.
    pub criteria: Option<Text>,
    /// Fields that are never shown.
    pub hidden: Vec<Text>,
    /// Fields that a write leaves as they are.
    pub readonly: Vec<Text>,
}

/// A member's whole policy, as the platform resolves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its lines.
    pub rules: Vec<Rule>,
    /// The platform told a policy; without one nothing is restricted but admin types.
    pub told: bool,
    /// The lines for admin types are theirs. Of a member of another project the platform tells those of the caller's
    /// own project instead; they are left out then.
    pub admin_lines: bool,
    /// Rules about internet addresses, in the order in which a sign-in meets them.
    pub address_rules: Vec<AddressRule>,
}

impl Policy {
    /// Addresses that some rule refuses sign-ins from.
    pub fn blocked_from(&self) -> impl Iterator<Item = &Text> {
        self.address_rules.iter().filter(|rule| !rule.allow).map(|rule| &rule.value)
    }
}

/// A rule about internet addresses (platform-api §9.9); the first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressRule {
    /// `*`, an address, or the beginning of one.
    pub value: Text,
    /// Allow or block.
    pub allow: bool,
}

impl AddressRule {
    /// As the platform compares.
    pub fn matches(&self, address: &str) -> bool {
        self.value.raw() == "*" || address.starts_with(self.value.raw())
    }
}

/// What a policy says to a question, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does; under these criteria, when there are some.
    Allows {
        /// Each is one way; any of them is enough. Empty: every record.
        only: Vec<Text>,
    },
    /// It does not; why.
    Refuses(String),
    /// It cannot be said; why.
    Unknown(String),
}

impl Rule {
    fn covers(&self, kind: &str) -> bool {
        let is_admin = ADMIN_TYPES.contains(&kind) || PROTECTED.contains(&kind);
        self.kind.raw() == kind || (self.kind.raw() == "*" && !is_admin)
    }
}

impl Policy {
    /// The same for a member of another project than the caller's: lines for admin types were the caller's own.
    #[must_use]
    pub fn of_another_project(mut self, admin: bool) -> Self {
        self.rules
            .retain(|rule| !ADMIN_TYPES.contains(&rule.kind.raw()) && !PROTECTED.contains(&rule.kind.raw()));
        // Who is no admin has none of them anyway.
        self.admin_lines = !admin;
        self
    }

    /// Whether every record of a type can be found and read.
    pub fn shows_all(&self, kind: &str) -> bool {
        let all = Verdict::Allows { only: Vec::new() };
        !self.told
            || [Interaction::Search, Interaction::Read].iter().all(|one| self.verdict(kind, *one) == all)
    }

    /// Fields of a type that some line hides.
    pub fn hidden(&self, kind: &str) -> Vec<&str> {
        let reading = |rule: &&Rule| rule.covers(kind) && rule.interactions.contains(&Interaction::Read);
        self.rules.iter().filter(reading).flat_map(|rule| rule.hidden.iter().map(Text::raw)).collect()
    }

    /// What it says about doing this to records of a type.
    pub fn verdict(&self, kind: &str, interaction: Interaction) -> Verdict {
        let shown = super::text::shown(kind);
        if PROTECTED.contains(&kind) && !self.rules.iter().any(|rule| rule.kind.raw() == kind) {
            return Verdict::Refuses(format!("{shown} is for super admins only, whatever a policy says"));
        }
        if !self.told && !ADMIN_TYPES.contains(&kind) {
            return Verdict::Allows { only: Vec::new() };
        }
        let covering: Vec<&Rule> = self.rules.iter().filter(|rule| rule.covers(kind)).collect();
        let allowing: Vec<&&Rule> =
            covering.iter().filter(|rule| rule.interactions.contains(&interaction)).collect();
        if allowing.iter().any(|rule| rule.criteria.is_none()) {
            return Verdict::Allows { only: Vec::new() };
        }
        if !allowing.is_empty() {
            return Verdict::Allows {
                only: allowing.iter().filter_map(|rule| rule.criteria.clone()).collect(),
            };
        }
        if !self.admin_lines && ADMIN_TYPES.contains(&kind) {
            return Verdict::Unknown(format!(
                "what admins of another project may do with {shown} is not told from here"
            ));
        }
        Verdict::Refuses(if ADMIN_TYPES.contains(&kind) && covering.is_empty() {
            format!("{shown} is for admins; an access policy cannot give it")
        } else if covering.is_empty() {
            format!("no line of the policy names {shown}")
        } else {
            format!("the policy names {shown} but not {}", interaction.word())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn policy() -> Policy {
        let rule = |kind: &str, interactions: &[Interaction], criteria: Option<&str>| Rule {
            kind: kind.into(),
            interactions: interactions.to_vec(),
            criteria: criteria.map(Text::from),
            hidden: Vec::new(),
            readonly: Vec::new(),
        };
        Policy {
            rules: vec![
                rule("Patient", &Interaction::ALL, Some("Patient?organization=x")),
                rule("Observation", &[Interaction::Read], None),
                rule("*", &[Interaction::Search], None),
            ],
            told: true,
            admin_lines: true,
            address_rules: Vec::new(),
        }
    }

    // The platform tells a super admin the lines of their own project (platform-api §12).
    #[test]
    fn lines_of_another_project_are_not_taken_for_theirs() {
        let mut told = policy();
        told.rules.push(Rule { kind: "User".into(), criteria: None, ..told.rules[0].clone() });
        assert_eq!(told.verdict("User", Interaction::Delete), Verdict::Allows { only: Vec::new() });
        let plain = told.clone().of_another_project(false);
        assert!(matches!(plain.verdict("User", Interaction::Delete), Verdict::Refuses(_)));
        let admin = told.of_another_project(true);
        assert!(matches!(admin.verdict("User", Interaction::Delete), Verdict::Unknown(_)));
    }

    #[rstest]
    #[case("Patient", Interaction::Update, "only Patient?organization=x")]
    #[case("Patient", Interaction::Search, "all")]
    #[case("Observation", Interaction::Read, "all")]
    #[case("Observation", Interaction::Delete, "the policy names Observation but not delete")]
    #[case("Device", Interaction::Search, "all")]
    #[case("Login", Interaction::Read, "Login is for super admins only, whatever a policy says")]
    #[case("User", Interaction::Search, "User is for admins; an access policy cannot give it")]
    fn a_policy_answers_with_its_reason(
        #[case] kind: &str,
        #[case] interaction: Interaction,
        #[case] expected: &str,
    ) {
        let said = match policy().verdict(kind, interaction) {
            Verdict::Allows { only } if only.is_empty() => "all".to_owned(),
            Verdict::Allows { only } => format!("only {}", only[0]),
            Verdict::Refuses(why) | Verdict::Unknown(why) => why,
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn what_criteria_and_hidden_fields_keep_back_is_known() {
        let mut told = policy();
        told.rules[0].hidden = vec!["telecom".into()];
        assert!(!told.shows_all("Patient"), "read under criteria alone");
        assert_eq!((told.hidden("Patient"), told.hidden("Device")), (vec!["telecom"], vec![]));
        assert!(!told.shows_all("Device"), "found, not read");
        told.rules[2].interactions.push(Interaction::Read);
        assert!(told.shows_all("Device") && told.shows_all("Patient"), "a wider line is enough");
        assert!(!told.shows_all("User"));
        told.told = false;
        assert!(told.shows_all("Patient"), "who has no policy sees everything");
    }

    // platform-api §12: no policy is full access to ordinary types.
    #[test]
    fn without_a_policy_ordinary_types_are_open() {
        let none = Policy { rules: Vec::new(), told: false, admin_lines: true, address_rules: Vec::new() };
        assert_eq!(none.verdict("Patient", Interaction::Delete), Verdict::Allows { only: Vec::new() });
        assert!(matches!(none.verdict("User", Interaction::Read), Verdict::Refuses(_)));
    }
}
