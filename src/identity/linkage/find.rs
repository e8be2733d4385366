//! Reverse look-up: whose external id is this?

use super::survey::Subject;
use crate::identity::directory::{Directory, fold};

/// A member whose external id is, or comes near, what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub who: Subject,
    /// Letter by letter, as the platform compares.
    pub exact: bool,
}

/// Members whose external id is `wanted`, then those that come near it: in another case, with blanks around, with or
/// without a provider's prefix, or beginning like it. At most `most`.
pub fn find(directory: &Directory, wanted: &str, most: usize) -> Vec<Hit> {
    let needle = fold(wanted.trim());
    if needle.is_empty() {
        return Vec::new();
    }
    let bare = without_prefix(&needle);
    let (mut exact, mut near) = (Vec::new(), Vec::new());
    for member in (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?)) {
        let raw = member.external_id_raw();
        if raw.is_empty() {
            continue;
        }
        if raw == wanted {
            exact.push(Hit { who: Subject::of(&member), exact: true });
        } else if near.len() < most {
            let folded = fold(raw.trim());
            if folded.starts_with(&needle) || without_prefix(&folded) == bare {
                near.push(Hit { who: Subject::of(&member), exact: false });
            }
        }
    }
    exact.extend(near);
    exact.truncate(most);
    exact
}

/// `okta|00u7` → `00u7`
pub(super) fn without_prefix(id: &str) -> &str {
    id.split_once('|').map_or(id, |(_, rest)| rest)
}
