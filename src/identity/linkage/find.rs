//! Reverse look-up: whose external id is this, and whose was it?

use super::former::{Former, Histories};
use super::survey::Subject;
use crate::identity::directory::{Directory, fold};

/// A member whose external id is, was, or comes near, what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub who: Subject,
    /// Letter by letter, as the platform compares.
    pub exact: bool,
    /// The id of before that it is; `None` when it is the present one.
    pub was: Option<Former>,
}

impl Hit {
    /// How it matches, in a word or two.
    pub fn words(&self) -> &'static str {
        match (self.exact, &self.was) {
            (true, None) => "exactly",
            (true, Some(_)) => "had it once",
            (false, None) => "nearly",
            (false, Some(_)) => "nearly, once",
        }
    }
}

/// What is looked for, made ready to be compared.
struct Needle<'a> {
    raw: &'a str,
    folded: String,
}

impl Needle<'_> {
    /// `Some(true)` letter by letter, `Some(false)` in another case, with blanks around, with or without a provider's
    /// prefix, or beginning like it.
    fn compare(&self, id: &str) -> Option<bool> {
        if id == self.raw {
            return Some(true);
        }
        let folded = fold(id.trim());
        let near =
            folded.starts_with(&self.folded) || without_prefix(&folded) == without_prefix(&self.folded);
        near.then_some(false)
    }
}

/// Members whose external id is `wanted`, then those who had it as far as their histories were read, then those that
/// come near it. At most `most`.
pub fn find(directory: &Directory, read: &Histories, wanted: &str, most: usize) -> Vec<Hit> {
    let needle = Needle { raw: wanted, folded: fold(wanted.trim()) };
    if needle.folded.is_empty() {
        return Vec::new();
    }
    let (mut exact, mut near) = (Vec::new(), Vec::new());
    for member in (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?)) {
        let raw = member.external_id_raw();
        if raw.is_empty() {
            continue;
        }
        let hit = |exact| Hit { who: Subject::of(&member), exact, was: None };
        match needle.compare(raw) {
            Some(true) => exact.push(hit(true)),
            Some(false) if near.len() < most => near.push(hit(false)),
            Some(false) | None => {}
        }
    }
    let mut near_once = Vec::new();
    for former in read.values().flatten() {
        let Some(is_exact) = needle.compare(former.external_id.raw()) else { continue };
        let member = directory.find(&former.member).and_then(|row| directory.member(row));
        let Some(member) = member else { continue };
        let hit = Hit { who: Subject::of(&member), exact: is_exact, was: Some(former.clone()) };
        if is_exact { &mut exact } else { &mut near_once }.push(hit);
    }
    exact.extend(near);
    exact.extend(near_once);
    exact.truncate(most);
    exact
}

/// `okta|00u7` → `00u7`
pub(super) fn without_prefix(id: &str) -> &str {
    id.split_once('|').map_or(id, |(_, rest)| rest)
}
