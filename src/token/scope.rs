//! Scopes of SMART App Launch in a token, which narrow what its bearer may do (platform-api §12; SMART App Launch 2
//! "Scopes and Launch Context").

use crate::identity::access::Interaction;

/// One word of a scope that is about records: `user/Patient.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smart {
    /// The word itself.
    pub word: String,
    kind: String,
    interactions: Vec<Interaction>,
}

/// The words of a scope that are about records. Where there are none, nothing is narrowed.
pub fn smart(scope: &str) -> Vec<Smart> {
    scope.split(' ').filter_map(Smart::read).collect()
}

impl Smart {
    fn read(word: &str) -> Option<Self> {
        let (who, rest) = word.split_once('/')?;
        if !matches!(who, "patient" | "user" | "system") {
            return None;
        }
        let (kind, actions) = rest.split_once('.')?;
        let interactions = match actions.split('?').next().unwrap_or_default() {
            "read" => vec![Interaction::Read, Interaction::Search],
            "write" => vec![Interaction::Create, Interaction::Update, Interaction::Delete],
            "*" => Interaction::ALL.to_vec(),
            letters => letters
                .chars()
                .filter_map(|letter| {
                    Some(match letter {
                        'c' => Interaction::Create,
                        'r' => Interaction::Read,
                        'u' => Interaction::Update,
                        'd' => Interaction::Delete,
                        's' => Interaction::Search,
                        _ => return None,
                    })
                })
                .collect(),
        };
        Some(Self { word: word.to_owned(), kind: kind.to_owned(), interactions })
    }

    /// Whether it covers this.
    pub fn covers(&self, kind: &str, interaction: Interaction) -> bool {
        (self.kind == kind || self.kind == "*") && self.interactions.contains(&interaction)
    }
}

/// True when the scope takes this away: it has words about records, and none of them covers it. Admin types are not
/// narrowed (platform-api §12), which is for the caller to know.
pub fn narrows(scope: &str, kind: &str, interaction: Interaction) -> bool {
    let words = smart(scope);
    !words.is_empty() && !words.iter().any(|word| word.covers(kind, interaction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // platform-api §12
    #[rstest]
    #[case("openid profile", "Patient", Interaction::Delete, false)]
    #[case("openid user/Patient.read", "Patient", Interaction::Search, false)]
    #[case("openid user/Patient.read", "Patient", Interaction::Update, true)]
    #[case("openid user/Patient.read", "Observation", Interaction::Read, true)]
    #[case("patient/*.rs", "Observation", Interaction::Read, false)]
    #[case("patient/*.rs", "Observation", Interaction::Create, true)]
    #[case("user/*.*", "Device", Interaction::Delete, false)]
    #[case("user/Patient.cruds?x=y", "Patient", Interaction::Delete, false)]
    #[case("launch/patient", "Patient", Interaction::Read, false)]
    #[case("user/Patient", "Patient", Interaction::Read, false)]
    fn words_about_records_narrow(
        #[case] scope: &str,
        #[case] kind: &str,
        #[case] interaction: Interaction,
        #[case] narrowed: bool,
    ) {
        assert_eq!(narrows(scope, kind, interaction), narrowed);
    }
}
