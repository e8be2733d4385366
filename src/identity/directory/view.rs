//! Which members are shown, and in which order.

use std::cmp::Ordering;

use memchr::memmem::{self, Finder};

use super::chunk::ROWS;
use super::member::linkage;
use super::query::{Fact, Place, Query, Term, What};
use super::row::{Flags, Slot, factor};
use super::{Directory, Linkage, RowFinding, RowId, Severity, row_of};

/// What members can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Name.
    Name,
    /// Login address, current or stored.
    Email,
    /// External id, email, none.
    Link,
    /// Second factor.
    Mfa,
    /// Admin or member.
    Role,
    /// Kind of profile.
    Kind,
    /// Policy by name.
    Policy,
    /// Active or not.
    Active,
    /// Last write to the membership.
    Changed,
    /// Worst first.
    Findings,
}

impl Column {
    /// All, in the order in which a sort key walks them.
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::Email,
        Self::Link,
        Self::Mfa,
        Self::Role,
        Self::Kind,
        Self::Policy,
        Self::Active,
        Self::Changed,
        Self::Findings,
    ];

    /// The header.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Link => "link",
            Self::Mfa => "mfa",
            Self::Role => "role",
            Self::Kind => "kind",
            Self::Policy => "policy",
            Self::Active => "active",
            Self::Changed => "changed",
            Self::Findings => "findings",
        }
    }
}

/// Which way a column is sorted. What has no value comes last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A to Z, old to new.
    Ascending,
    /// Z to A, new to old.
    Descending,
}

/// How the filter found what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matched {
    /// There is no filter.
    All,
    /// Every term holds as typed.
    Exactly,
    /// Nothing held as typed; these come close, the closest first.
    Nearly,
    /// Nothing holds and nothing comes close.
    Nothing,
}

/// Most members shown of those that come close.
const NEAR_ROWS: usize = 500;

/// From one in so many rows on, all of them are looked at anew when a filter grows.
const MANY_ROWS: usize = 8;

/// Length of a UUID.
const ID: usize = 36;

impl Directory {
    /// Number of members shown.
    pub fn shown(&self) -> usize {
        self.view.len()
    }

    /// The member in a line of the view.
    pub fn at(&self, line: usize) -> Option<RowId> {
        self.view.get(line).copied().map(RowId)
    }

    /// The line of a member, when it is shown.
    pub fn line_of(&self, row: RowId) -> Option<usize> {
        self.view.iter().position(|&at| at == row.0)
    }

    /// The member in a line of the whole list, shown or not.
    pub fn nth(&self, line: usize) -> Option<RowId> {
        self.order.get(line).copied().map(RowId)
    }

    /// All members shown, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = RowId> + '_ {
        self.view.iter().copied().map(RowId)
    }

    /// The filter as typed.
    pub fn filter(&self) -> &str {
        self.query.raw()
    }

    /// How the filter found what is shown.
    pub fn matched(&self) -> Matched {
        self.matched
    }

    /// Sets the filter. Typing on only looks again at what is shown.
    pub fn set_filter(&mut self, raw: &str) {
        let query = Query::parse(raw);
        if query.terms == self.query.terms {
            self.query = query;
            return;
        }
        let narrows = query.narrows(&self.query);
        let before = std::mem::replace(&mut self.query, query);
        if self.query.is_empty() {
            self.view.clone_from(&self.order);
            self.matched = Matched::All;
            return;
        }
        match self.matched {
            // Nothing matched the wider filter as typed, so nothing matches this one.
            Matched::Nearly | Matched::Nothing if narrows && !before.is_empty() => self.view.clear(),
            Matched::All | Matched::Exactly if narrows => {
                // Reading all rows as they lie is quicker than jumping to many of them.
                let many = self.view.len() > self.order.len() / MANY_ROWS;
                if before.is_empty() || many {
                    self.scan();
                } else {
                    let mut view = std::mem::take(&mut self.view);
                    let policies = self.policy_hits();
                    view.retain(|&at| self.holds(at, &policies));
                    self.view = view;
                }
            }
            Matched::All | Matched::Exactly | Matched::Nearly | Matched::Nothing => self.scan(),
        }
        self.settle_match();
    }

    /// What the members are sorted by.
    pub fn sorted_by(&self) -> (Column, Direction) {
        self.chain[0]
    }

    /// Sorts by a column; members that are equal in it keep the order they had.
    pub fn sort_by(&mut self, column: Column, direction: Direction) {
        self.chain.retain(|(known, _)| *known != column);
        self.chain.insert(0, (column, direction));
        let mut keyed: Vec<(u64, u32)> =
            self.order.iter().map(|&at| (self.directed(at, column, direction), at)).collect();
        // The list is in the order of the rest of the chain already; a stable sort keeps that among equals.
        keyed.sort_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| {
                let texts = self.sort_text(a.1, column).cmp(self.sort_text(b.1, column));
                if direction == Direction::Descending { texts.reverse() } else { texts }
            })
        });
        self.order = keyed.into_iter().map(|(_, at)| at).collect();
        if self.matched != Matched::Nearly {
            let mut bits = vec![0u64; self.chunks.len() * (ROWS / 64)];
            for &at in &self.view {
                bits[at as usize / 64] |= 1 << (at % 64);
            }
            self.take_bits(&bits);
        }
    }

    /// Puts new rows into the lists and changed rows into their new places.
    pub(super) fn list(&mut self, mut added: Vec<u32>, changed: &[u32]) {
        if added.is_empty() && changed.is_empty() {
            return;
        }
        let mut by_id = std::mem::take(&mut self.by_id);
        added.sort_unstable_by(|&a, &b| Self::by_id_order(&self.chunks, a, b));
        merge(&mut by_id, &added, |a, b| Self::by_id_order(&self.chunks, a, b));
        self.by_id = by_id;

        if !changed.is_empty() {
            let kept = |at: &u32| changed.binary_search(at).is_err();
            self.order.retain(kept);
            self.view.retain(kept);
            added.extend_from_slice(changed);
        }
        added.sort_unstable_by(|&a, &b| self.by_chain(a, b));
        let mut order = std::mem::take(&mut self.order);
        merge(&mut order, &added, |a, b| self.by_chain(a, b));
        self.order = order;

        if self.query.is_empty() {
            let mut view = std::mem::take(&mut self.view);
            merge(&mut view, &added, |a, b| self.by_chain(a, b));
            self.view = view;
            return;
        }
        let policies = self.policy_hits();
        added.retain(|&at| self.holds(at, &policies));
        match self.matched {
            Matched::Nearly | Matched::Nothing => {
                // Nothing matched so far: what matches now is all there is.
                self.view = added;
                self.settle_match();
            }
            Matched::All | Matched::Exactly => {
                let mut view = std::mem::take(&mut self.view);
                merge(&mut view, &added, |a, b| self.by_chain(a, b));
                self.view = view;
                self.settle_match();
            }
        }
    }

    /// Names how the view came about, and falls back to what comes close when nothing holds.
    fn settle_match(&mut self) {
        if !self.view.is_empty() {
            self.matched = Matched::Exactly;
            return;
        }
        let policies = self.policy_hits();
        self.view = self.nearly(NEAR_ROWS, &policies);
        self.matched = if self.view.is_empty() { Matched::Nothing } else { Matched::Nearly };
    }

    /// Looks through all members for the filter.
    fn scan(&mut self) {
        let mut bits = vec![0u64; self.chunks.len() * (ROWS / 64)];
        let policies = self.policy_hits();
        let mut note = |at: u32, proven: Option<&str>| {
            let terms = self.query.terms.iter().zip(&policies);
            let mut open = terms.filter(|(term, _)| proven.is_none_or(|word| !term.is_word_anywhere(word)));
            if !self.row(at).flags.has(Flags::GONE)
                && open.all(|(term, policies)| self.term_holds(at, term, policies))
            {
                bits[at as usize / 64] |= 1 << (at % 64);
            }
        };
        match self.query.longest_word() {
            Some(word) if word.len() < ID => {
                let finder = Finder::new(word);
                for (c, chunk) in self.chunks.iter().enumerate() {
                    chunk.scan(&finder, |at| note((c * ROWS + at) as u32, Some(word)));
                }
            }
            // As they lie in memory: in the order of the list every row would be a jump.
            Some(_) | None => {
                for (c, chunk) in self.chunks.iter().enumerate() {
                    for at in 0..chunk.len() {
                        note((c * ROWS + at) as u32, None);
                    }
                }
            }
        }
        self.take_bits(&bits);
    }

    fn take_bits(&mut self, bits: &[u64]) {
        self.view.clear();
        let hit = |at: &u32| bits[*at as usize / 64] & (1 << (at % 64)) != 0;
        self.view.extend(self.order.iter().copied().filter(hit));
    }

    /// Which policies a `policy:` term means, per term.
    pub(super) fn policy_hits(&self) -> Vec<Vec<bool>> {
        self.query
            .terms
            .iter()
            .map(|term| match &term.what {
                What::Fact { fact: Fact::Policy, value } => {
                    self.policies.folded.iter().map(|name| name.contains(value.as_str())).collect()
                }
                What::Fact { .. } | What::Word { .. } => Vec::new(),
            })
            .collect()
    }

    /// True when every term holds for a member.
    fn holds(&self, at: u32, policies: &[Vec<bool>]) -> bool {
        self.query.terms.iter().zip(policies).all(|(term, policies)| self.term_holds(at, term, policies))
    }

    pub(super) fn term_holds(&self, at: u32, term: &Term, policies: &[bool]) -> bool {
        let holds = match &term.what {
            What::Word { place, needle, letters } => {
                // A whole id stands in no text, so its letters prove nothing.
                (needle.len() >= ID || self.row(at).letters & letters == *letters)
                    && self.word_holds(at, *place, needle)
            }
            What::Fact { fact, value } => self.fact_holds(at, *fact, value, policies),
        };
        holds != term.negated
    }

    fn word_holds(&self, at: u32, place: Place, needle: &str) -> bool {
        let find = |slot| memmem::find(self.folded(at, slot).as_bytes(), needle.as_bytes()).is_some();
        match place {
            Place::Any => {
                let row = self.chunks[at as usize / ROWS].folded_row(at as usize % ROWS);
                memmem::find(row.as_bytes(), needle.as_bytes()).is_some() || self.is_id(at, needle)
            }
            Place::Name => find(Slot::Name),
            Place::Email => find(Slot::Email) || find(Slot::Was),
            Place::External => find(Slot::External),
        }
    }

    /// A whole id was given: the membership's, the user's or the profile's, with or without its type.
    fn is_id(&self, at: u32, needle: &str) -> bool {
        let id = needle.rsplit_once('/').map_or(needle, |(_, id)| id);
        if id.len() != ID {
            return false;
        }
        let Some((key, odd)) = self.odd.find(id) else { return false };
        let row = self.row(at);
        [(row.id, Flags::ODD_ID), (row.user, Flags::ODD_USER), (row.profile, Flags::ODD_PROFILE)]
            .into_iter()
            .any(|(known, bit)| known == key && row.flags.has(bit) == odd)
    }

    fn fact_holds(&self, at: u32, fact: Fact, value: &str, policies: &[bool]) -> bool {
        let row = self.row(at);
        let any =
            |words: &[(&str, bool)]| words.iter().any(|(word, holds)| *holds && word.starts_with(value));
        let read = row.flags.has(Flags::USER_READ);
        match fact {
            Fact::Link => linkage(self, at).word().starts_with(value),
            Fact::Mfa => any(&[
                ("unknown", !read),
                ("none", read && row.mfa & factor::ENROLLED == 0),
                ("totp", row.mfa & factor::TOTP != 0),
                ("email", row.mfa & factor::EMAIL != 0),
                ("required", row.mfa & factor::REQUIRED != 0),
            ]),
            Fact::Role => {
                let admin = row.flags.has(Flags::ADMIN);
                any(&[("admin", admin), ("member", !admin)])
            }
            Fact::Active => {
                let active = !row.flags.has(Flags::INACTIVE);
                any(&[("true", active), ("false", !active)])
            }
            Fact::Domain => {
                let email = self.folded(at, Slot::Email);
                let email = if email.is_empty() { self.folded(at, Slot::Was) } else { email };
                email.rsplit_once('@').is_some_and(|(_, domain)| domain.starts_with(value))
            }
            Fact::Kind => self.kinds.folded[usize::from(row.profile_kind)].starts_with(value),
            Fact::Scope => {
                let server = row.flags.has(Flags::SERVER_SCOPED);
                any(&[("unknown", !read), ("server", read && server), ("project", read && !server)])
            }
            Fact::Policy => row.policy.checked_sub(1).is_some_and(|policy| policies[policy as usize]),
            Fact::Finding => {
                let worst = severity(row.findings);
                any(&[
                    ("error", worst == Some(Severity::Error)),
                    ("warning", worst == Some(Severity::Warning)),
                    ("none", worst.is_none()),
                ])
            }
        }
    }

    /// Order by the chain of columns, at last by id.
    pub(super) fn by_chain(&self, a: u32, b: u32) -> Ordering {
        for &(column, direction) in &self.chain {
            let (ka, kb) = (self.directed(a, column, direction), self.directed(b, column, direction));
            let mut order = ka.cmp(&kb);
            if order == Ordering::Equal {
                let (ta, tb) = (self.sort_text(a, column), self.sort_text(b, column));
                order = ta.cmp(tb);
                if direction == Direction::Descending {
                    order = order.reverse();
                }
            }
            if order != Ordering::Equal {
                return order;
            }
        }
        Self::by_id_order(&self.chunks, a, b)
    }

    /// The start of what a member is sorted by, so that most comparisons need no text. Nothing comes last.
    fn directed(&self, at: u32, column: Column, direction: Direction) -> u64 {
        let Some(key) = self.sort_number(at, column) else { return u64::MAX };
        match direction {
            Direction::Ascending => key,
            // One less than the top, which belongs to those without a value.
            Direction::Descending => u64::MAX - 1 - key,
        }
    }

    fn sort_number(&self, at: u32, column: Column) -> Option<u64> {
        let row = row_of(&self.chunks, at);
        match column {
            Column::Name | Column::Email | Column::Kind | Column::Policy => {
                let text = self.sort_text(at, column);
                (!text.is_empty()).then(|| {
                    let mut start = [0; 8];
                    let n = text.len().min(8);
                    start[..n].copy_from_slice(&text.as_bytes()[..n]);
                    // UTF-8 never starts with 0xff, so the top stays free.
                    u64::from_be_bytes(start)
                })
            }
            Column::Link => match linkage(self, at) {
                Linkage::ExternalId => Some(0),
                Linkage::Email => Some(1),
                Linkage::None => None,
            },
            Column::Mfa => row.flags.has(Flags::USER_READ).then_some(u64::from(row.mfa)),
            Column::Role => Some(u64::from(!row.flags.has(Flags::ADMIN))),
            Column::Active => Some(u64::from(row.flags.has(Flags::INACTIVE))),
            Column::Changed => (row.changed != 0).then_some(u64::from(row.changed)),
            Column::Findings => severity(row.findings).map(|worst| match worst {
                Severity::Error => 0,
                Severity::Warning => 1,
            }),
        }
    }

    fn sort_text(&self, at: u32, column: Column) -> &str {
        let row = row_of(&self.chunks, at);
        match column {
            Column::Name => self.folded(at, Slot::Name),
            Column::Email => {
                let email = self.folded(at, Slot::Email);
                if email.is_empty() { self.folded(at, Slot::Was) } else { email }
            }
            Column::Kind => &self.kinds.folded[usize::from(row.profile_kind)],
            Column::Policy => {
                row.policy.checked_sub(1).map_or("", |policy| &self.policies.folded[policy as usize])
            }
            Column::Link
            | Column::Mfa
            | Column::Role
            | Column::Active
            | Column::Changed
            | Column::Findings => "",
        }
    }
}

fn severity(findings: u8) -> Option<Severity> {
    RowFinding::ALL
        .into_iter()
        .filter(|finding| findings & *finding as u8 != 0)
        .map(RowFinding::severity)
        .max()
}

/// Merges sorted `new` into sorted `list` in place.
fn merge(list: &mut Vec<u32>, new: &[u32], order: impl Fn(u32, u32) -> Ordering) {
    let mut end = list.len();
    list.resize(end + new.len(), 0);
    for (i, &row) in new.iter().enumerate().rev() {
        let at = list[..end].partition_point(|&known| order(known, row) == Ordering::Less);
        list.copy_within(at..end, at + i + 1);
        list[at + i] = row;
        end = at;
    }
}
