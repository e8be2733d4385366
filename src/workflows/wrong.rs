//! What is wrong with a person, as far as it is seen: the same list for the record and for `users show`.

use super::facts::PersonFacts;
use super::ways_in::Road;
use crate::identity::directory::{Directory, Severity};
use crate::identity::sign_in::Route;
use crate::identity::{Role, Seen, SignInOutcome};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// How bad.
    pub severity: Severity,
    /// In words.
    pub words: String,
}

/// Everything that is wrong, the worst first. Empty means that nothing is seen to be wrong, not that nothing is: what
/// an identity provider sends is not visible from here.
pub fn wrong(viewer: Role, person: &PersonFacts, roads: &[Road]) -> Vec<Wrong> {
    let error = |words: String| Wrong { severity: Severity::Error, words };
    let mut found = Vec::new();
    if !person.membership.active {
        found.push(error("the membership is not active: no sign-in and no token".to_owned()));
    }
    if person.route == Seen::Known(Route::Broken) {
        found.push(error(
            "the domain's route is broken: everybody of this domain gets an error; a super admin can repair it"
                .to_owned(),
        ));
    }
    // An inactive membership is refused everywhere, which is said already.
    if person.membership.active
        && person.user_id.is_some()
        && roads.iter().all(|road| matches!(road.outcome, SignInOutcome::Refused { .. }))
    {
        found.push(error("no way in works today".to_owned()));
    }
    found.extend(of_the_row(viewer, person));
    found.sort_by_key(|wrong| std::cmp::Reverse(wrong.severity));
    found
}

/// What the members list finds in the row of this person.
fn of_the_row(viewer: Role, person: &PersonFacts) -> Vec<Wrong> {
    let mut directory = Directory::new(viewer);
    directory.upsert(&person.membership, person.user.known(), Some(&person.name));
    if let Seen::Known(Some(email)) = &person.email {
        directory.tell_email(&person.membership.id, email);
    }
    let row = directory.find(&person.membership.id).and_then(|row| directory.member(row));
    row.map(|member| {
        let findings = member.findings();
        findings
            .map(|finding| Wrong { severity: finding.severity(), words: finding.words().to_owned() })
            .collect()
    })
    .unwrap_or_default()
}
