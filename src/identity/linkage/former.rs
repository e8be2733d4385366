//! External ids of before: what the versions of a membership tell that the present one does not.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::identity::directory::{Directory, Linkage, Member};
use crate::identity::{Membership, MembershipId, Text};

/// An external id that a member had in an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// Whose.
    pub member: MembershipId,
    /// The id.
    pub external_id: Text,
    /// When the membership was first written without it.
    pub until: Timestamp,
    /// The id that stands there now; none when it was erased.
    pub now: Option<Text>,
}

/// The ids of before of each member whose history was read, the latest first; empty for who never had another one.
pub type Histories = BTreeMap<MembershipId, Vec<Former>>;

/// From the versions of one membership, the newest first: every id but the present one, the latest first.
pub fn former(versions: &[Membership]) -> Vec<Former> {
    let mut found: Vec<Former> = Vec::new();
    let Some(newest) = versions.first() else { return found };
    for pair in versions.windows(2) {
        let [newer, older] = pair else { continue };
        let Some(id) = &older.external_id else { continue };
        let goes_on = newer.external_id.as_ref() == Some(id);
        let stands = newest.external_id.as_ref() == Some(id);
        if !goes_on && !stands && !found.iter().any(|known| known.external_id == *id) {
            found.push(Former {
                member: newest.id.clone(),
                external_id: id.clone(),
                until: newer.version.at,
                now: newest.external_id.clone(),
            });
        }
    }
    found
}

/// The id that was erased and can be put back: the latest one of a member who has none now (platform-api §10.5 step 5).
pub fn erased(former: &[Former]) -> Option<&Former> {
    former.first().filter(|latest| latest.now.is_none())
}

/// Members whose history is worth reading next, at most so many: staff who could sign in and have no id, others
/// without one, those who are not let in, and last those who have another id now.
pub fn worth_reading(directory: &Directory, read: &Histories, most: usize) -> Vec<MembershipId> {
    let rank = |member: &Member<'_>| match (member.linkage(), member.active(), member.kind()) {
        (Linkage::ExternalId, ..) => 3,
        (_, false, _) => 2,
        (_, true, "Practitioner") => 0,
        (_, true, _) => 1,
    };
    let mut found = Vec::new();
    for wanted in 0..=3 {
        for member in (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?)) {
            if found.len() == most {
                return found;
            }
            if member.is_person() && rank(&member) == wanted {
                let id = member.id();
                if !read.contains_key(&id) {
                    found.push(id);
                }
            }
        }
    }
    found
}
