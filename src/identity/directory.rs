//! The members of a project in memory: compact rows that are appended while they stream in, filtered with
//! every keystroke, sorted by any column, and replaced one by one after a write.
//!
//! Sized for a million rows: a row is `row::Packed` (80 bytes), its texts once as they came and once folded
//! for searching, and three places in index lists. Rows lie in chunks of 1024, so that an update moves the
//! texts of one chunk only. A [`RowId`] stays valid as long as the directory lives.

mod chunk;
mod fold;
mod fuzzy;
mod member;
mod query;
mod row;
#[cfg(test)]
mod tests;
mod view;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

pub use fold::fold;
pub use member::{Email, Linkage, Member};
pub use query::{FIELDS, Query, filter_words};
pub use row::{RowFinding, Severity};
pub use view::{Column, Direction, Matched};

use self::chunk::{Chunk, OddIds, ROWS};
use self::row::{Flags, Key, Packed, SLOTS, Slot};
use super::{Membership, MembershipId, Reference, Role, Seen, Text, User, UserId, UserScope};

/// A member's place in a directory; stays the same while the directory lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(u32);

/// What arrives at once: memberships with the users and names that came along.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The memberships.
    pub memberships: &'a [Membership],
    /// The users that the caller may read; one that is missing is unknown, not absent.
    pub users: &'a [User],
    /// Present names of profiles, when they came along; else the membership's stored display is used.
    pub names: &'a [(Reference, Text)],
}

/// The members of one project. See the module's documentation. A clone shares the rows until one of the two changes
/// them, so that work on all members can be done elsewhere while the original goes on.
#[derive(Clone)]
pub struct Directory {
    viewer: Role,
    chunks: Vec<Arc<Chunk>>,
    odd: OddIds,
    kinds: Strings,
    projects: Strings,
    policies: Policies,
    /// Live rows by id.
    by_id: Vec<u32>,
    /// Live rows in the chosen order.
    order: Vec<u32>,
    /// The rows of `order` that match the filter.
    view: Vec<u32>,
    chain: Vec<(Column, Direction)>,
    query: Query,
    matched: Matched,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({} members, {} shown)", self.len(), self.shown())
    }
}

/// Few different strings, numbered.
#[derive(Default, Clone)]
struct Strings {
    list: Vec<Box<str>>,
    folded: Vec<Box<str>>,
}

impl Strings {
    fn number(&mut self, text: &str) -> usize {
        self.list.iter().position(|known| &**known == text).unwrap_or_else(|| {
            self.list.push(text.into());
            self.folded.push(fold(text).into());
            self.list.len() - 1
        })
    }
}

/// The policies that members refer to.
#[derive(Default, Clone)]
struct Policies {
    list: Vec<Reference>,
    folded: Vec<Box<str>>,
    places: HashMap<Reference, u32>,
}

impl Policies {
    /// Number of a policy, plus one.
    fn number(&mut self, policy: Option<&Reference>) -> u32 {
        let Some(policy) = policy else { return 0 };
        if let Some(&known) = self.places.get(policy) {
            return known;
        }
        self.list.push(policy.clone());
        self.folded.push(fold(policy.display.as_ref().map_or(&policy.id, Text::raw)).into());
        let number = self.list.len() as u32;
        self.places.insert(policy.clone(), number);
        number
    }
}

/// A member before it is packed.
struct Incoming<'a> {
    row: Packed,
    texts: [std::borrow::Cow<'a, str>; SLOTS],
    /// The user was told along with the membership.
    told: bool,
}

impl Directory {
    /// An empty directory as `viewer` sees it.
    pub fn new(viewer: Role) -> Self {
        Self {
            viewer,
            chunks: Vec::new(),
            odd: OddIds::default(),
            kinds: Strings::default(),
            projects: Strings::default(),
            policies: Policies::default(),
            by_id: Vec::new(),
            order: Vec::new(),
            view: Vec::new(),
            chain: vec![(Column::Name, Direction::Ascending)],
            query: Query::default(),
            matched: Matched::All,
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// No members.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Takes a page in: new members are added, known ones replaced, in one go.
    pub fn absorb(&mut self, page: Page<'_>) {
        let users: HashMap<&str, &User> = page.users.iter().map(|user| (user.id.as_str(), user)).collect();
        let names: HashMap<(&str, &str), &Text> =
            page.names.iter().map(|(profile, name)| ((&*profile.kind, &*profile.id), name)).collect();
        let mut added: Vec<u32> = Vec::with_capacity(page.memberships.len());
        let mut changed: Vec<u32> = Vec::new();
        // Ids that are new in this very page are not in `by_id` yet; a page that names one twice finds it here.
        let mut fresh: HashMap<(Key, bool), u32> = HashMap::new();
        for membership in page.memberships {
            let user = users.get(&*membership.user.id).copied().filter(|_| &*membership.user.kind == "User");
            let name = names.get(&(&*membership.profile.kind, &*membership.profile.id)).copied();
            let incoming = self.pack(membership, user, name);
            let id = (incoming.row.id, incoming.row.flags.has(Flags::ODD_ID));
            let texts = incoming.texts.each_ref().map(AsRef::as_ref);
            if let Some(&at) = fresh.get(&id) {
                self.rewrite(at, incoming.row, texts, incoming.told);
            } else if let Some(at) = self.place(id) {
                if self.rewrite(at, incoming.row, texts, incoming.told) {
                    changed.push(at);
                }
            } else {
                let at = self.push(incoming.row, texts);
                fresh.insert(id, at);
                added.push(at);
            }
        }
        changed.sort_unstable();
        changed.dedup();
        self.list(added, &changed);
    }

    /// Takes one member in, as it was read back after a write.
    pub fn upsert(&mut self, membership: &Membership, user: Option<&User>, name: Option<&Text>) {
        let user = user.cloned();
        let names = name.map(|name| (membership.profile.clone(), name.clone()));
        self.absorb(Page {
            memberships: std::slice::from_ref(membership),
            users: user.as_slice(),
            names: names.as_slice(),
        });
    }

    /// Lets a member go; false when there was none.
    pub fn remove(&mut self, id: &MembershipId) -> bool {
        let Some(at) = self.odd.find(id.as_str()).and_then(|id| self.place(id)) else { return false };
        self.bury(at);
        let kept = |row: &u32| *row != at;
        self.by_id.retain(kept);
        self.order.retain(kept);
        self.view.retain(kept);
        true
    }

    /// From now on every member counts as unseen until it is absorbed again; nothing disappears meanwhile.
    pub fn begin_reload(&mut self) {
        for row in self.chunks.iter_mut().flat_map(|chunk| &mut Arc::make_mut(chunk).rows) {
            row.flags.set(Flags::FRESH, false);
            let told = row.flags.has(Flags::EMAIL_BY_SCIM);
            row.flags.set(Flags::EMAIL_OLD, told);
        }
    }

    /// The reload is complete: members that it did not bring are gone.
    pub fn finish_reload(&mut self) {
        let stale: Vec<u32> =
            self.order.iter().copied().filter(|&at| !self.row(at).flags.has(Flags::FRESH)).collect();
        if stale.is_empty() {
            return;
        }
        for &at in &stale {
            self.bury(at);
        }
        let chunks = &self.chunks;
        let kept = |at: &u32| !row_of(chunks, *at).flags.has(Flags::GONE);
        self.by_id.retain(kept);
        self.order.retain(kept);
        self.view.retain(kept);
    }

    /// The current login address as SCIM told it (platform-api §7), for every membership of the same user.
    pub fn tell_email(&mut self, id: &MembershipId, email: &Text) {
        self.tell_emails(std::iter::once((id, email)));
    }

    /// The same of many members, in one walk.
    pub fn tell_emails<'a>(&mut self, told: impl IntoIterator<Item = (&'a MembershipId, &'a Text)>) {
        let mut of_user: HashMap<(Key, bool, u8), &Text> = HashMap::new();
        for (id, email) in told {
            if let Some(at) = self.odd.find(id.as_str()).and_then(|id| self.place(id)) {
                of_user.insert(user_of(self.row(at)), email);
            }
        }
        if of_user.is_empty() {
            return;
        }
        // Most rows are told apart by one byte of their user's key, without a look into the table.
        let mut first = [false; 256];
        for (key, ..) in of_user.keys() {
            first[usize::from(key[0])] = true;
        }
        let same = self.every(|chunk, at| {
            let row = &chunk.rows[at];
            first[usize::from(row.user[0])] && of_user.contains_key(&user_of(row))
        });
        let same: Vec<(u32, &Text)> =
            same.into_iter().filter_map(|at| Some((at.0, *of_user.get(&user_of(self.row(at.0)))?))).collect();
        let mut changed = Vec::new();
        for (at, email) in same {
            let mut row = *self.row(at);
            if row.flags.has(Flags::EMAIL_OF_USER) {
                continue;
            }
            row.flags.set(Flags::EMAIL_BY_SCIM, true);
            row.flags.set(Flags::EMAIL_OLD, false);
            let known = self.text(at, Slot::Email).to_owned();
            let stored = if known.is_empty() || !self.text(at, Slot::Was).is_empty() {
                self.text(at, Slot::Was).to_owned()
            } else {
                known
            };
            let was = if stored == email.raw() { String::new() } else { stored };
            let name = self.text(at, Slot::Name).to_owned();
            let external = self.text(at, Slot::External).to_owned();
            row.findings = row_findings(&row, email.raw(), &external, self.viewer);
            if self.write(at, row, [&name, email.raw(), &external, &was]) {
                changed.push(at);
            }
        }
        changed.sort_unstable();
        self.list(Vec::new(), &changed);
    }

    /// Memory held by rows and lists, in bytes.
    pub fn bytes(&self) -> usize {
        let lists = self.by_id.capacity() + self.order.capacity() + self.view.capacity();
        self.chunks.iter().map(|chunk| chunk.bytes()).sum::<usize>() + lists * size_of::<u32>()
    }

    /// The member at a row; `None` when it is gone.
    pub fn member(&self, row: RowId) -> Option<Member<'_>> {
        let live = self.chunks.get(row.0 as usize / ROWS)?.rows.get(row.0 as usize % ROWS)?;
        (!live.flags.has(Flags::GONE)).then_some(Member { directory: self, at: row.0 })
    }

    /// Where a membership is.
    pub fn find(&self, id: &MembershipId) -> Option<RowId> {
        self.odd.find(id.as_str()).and_then(|id| self.place(id)).map(RowId)
    }

    /// Members whose external id is exactly this, byte for byte.
    pub fn find_external_id(&self, external_id: &str) -> Vec<RowId> {
        self.with_text(Slot::External, external_id)
    }

    /// Members whose current login address is known and is this, whatever its case.
    pub fn find_email(&self, email: &str) -> Vec<RowId> {
        let folded = fold(email);
        let lower = email.to_lowercase();
        self.every(|chunk, at| {
            chunk.fold(at, Slot::Email) == folded && chunk.text(at, Slot::Email).to_lowercase() == lower
        })
    }

    /// The user as rows keep it, for comparing; `None` when no row can have it.
    pub(in crate::identity) fn key_of(&self, user: &UserId) -> Option<[u8; 16]> {
        self.odd.find(user.as_str()).map(|(key, _)| key)
    }

    /// Memberships of a user.
    pub fn find_user(&self, user: &UserId) -> Vec<RowId> {
        let Some((key, odd)) = self.odd.find(user.as_str()) else { return Vec::new() };
        let Some(kind) = self.kinds.list.iter().position(|kind| &**kind == UserId::KIND) else {
            return Vec::new();
        };
        self.every(|chunk, at| {
            let row = &chunk.rows[at];
            row.user == key && row.flags.has(Flags::ODD_USER) == odd && usize::from(row.user_kind) == kind
        })
    }

    /// The name of the member that has this profile, e.g. of the author of a version.
    pub fn name_of_profile(&self, profile: &Reference) -> Option<Text> {
        let (key, odd) = self.odd.find(&profile.id)?;
        let kind = self.kinds.list.iter().position(|kind| *kind == profile.kind)?;
        let found = self.every(|chunk, at| {
            let row = &chunk.rows[at];
            row.profile == key
                && row.flags.has(Flags::ODD_PROFILE) == odd
                && usize::from(row.profile_kind) == kind
        });
        found.first().and_then(|row| self.member(*row)).map(|member| member.name_text())
    }

    /// Every known address, current or stored, one a line.
    pub fn addresses(&self) -> String {
        let mut all = String::new();
        for (chunk, at) in self.chunks.iter().flat_map(|chunk| (0..chunk.len()).map(move |at| (chunk, at))) {
            for text in [chunk.text(at, Slot::Email), chunk.text(at, Slot::Was)] {
                if !text.is_empty() {
                    all.push_str(text);
                    all.push('\n');
                }
            }
        }
        all
    }

    fn with_text(&self, slot: Slot, text: &str) -> Vec<RowId> {
        if text.is_empty() {
            return Vec::new();
        }
        self.every(|chunk, at| chunk.text(at, slot) == text)
    }

    /// The rows for which something holds, looked at as they lie in memory: in the order of the list every row would
    /// be a jump.
    fn every(&self, holds: impl Fn(&Chunk, usize) -> bool) -> Vec<RowId> {
        let mut found = Vec::new();
        for (c, chunk) in self.chunks.iter().enumerate() {
            for (at, row) in chunk.rows.iter().enumerate() {
                if !row.flags.has(Flags::GONE) && holds(chunk, at) {
                    found.push(RowId((c * ROWS + at) as u32));
                }
            }
        }
        found
    }

    fn row(&self, at: u32) -> &Packed {
        row_of(&self.chunks, at)
    }

    fn text(&self, at: u32, slot: Slot) -> &str {
        self.chunks[at as usize / ROWS].text(at as usize % ROWS, slot)
    }

    fn folded(&self, at: u32, slot: Slot) -> &str {
        self.chunks[at as usize / ROWS].fold(at as usize % ROWS, slot)
    }

    fn place(&self, (key, odd): (Key, bool)) -> Option<u32> {
        let wanted = (odd, key);
        self.by_id
            .binary_search_by(|&at| {
                let row = self.row(at);
                (row.flags.has(Flags::ODD_ID), row.id).cmp(&wanted)
            })
            .ok()
            .map(|found| self.by_id[found])
    }

    fn push(&mut self, mut row: Packed, texts: [&str; SLOTS]) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == ROWS) {
            self.chunks.push(Arc::default());
        }
        let last = self.chunks.len() - 1;
        let chunk = Arc::make_mut(&mut self.chunks[last]);
        let at = chunk.len();
        row.letters = 0;
        chunk.push(row, texts);
        chunk.rows[at].letters = fold::letters(chunk.folded_row(at));
        (last * ROWS + at) as u32
    }

    /// Replaces a known row; true when anything that is searched or sorted by has changed.
    fn rewrite(&mut self, at: u32, mut row: Packed, texts: [&str; SLOTS], told: bool) -> bool {
        let old = *self.row(at);
        let email;
        let was;
        let mut texts: [&str; SLOTS] = texts;
        // What SCIM told outlives a page that could not tell it; it is marked old by the reload.
        if !told && old.flags.has(Flags::EMAIL_BY_SCIM) && old.user == row.user {
            row.flags.set(Flags::EMAIL_BY_SCIM, true);
            row.flags.set(Flags::EMAIL_OLD, old.flags.has(Flags::EMAIL_OLD));
            email = self.text(at, Slot::Email).to_owned();
            was = if texts[Slot::Was as usize] == email {
                String::new()
            } else {
                texts[Slot::Was as usize].to_owned()
            };
            texts[Slot::Email as usize] = &email;
            texts[Slot::Was as usize] = &was;
            row.findings = row_findings(&row, &email, texts[Slot::External as usize], self.viewer);
        }
        self.write(at, row, texts)
    }

    fn write(&mut self, at: u32, mut row: Packed, texts: [&str; SLOTS]) -> bool {
        let chunk = Arc::make_mut(&mut self.chunks[at as usize / ROWS]);
        let at = at as usize % ROWS;
        let slots = [Slot::Name, Slot::Email, Slot::External, Slot::Was];
        let same_texts = slots.iter().zip(texts).all(|(&slot, text)| chunk.text(at, slot) == text);
        if !same_texts {
            chunk.rewrite(at, texts);
        }
        row.letters = fold::letters(chunk.folded_row(at));
        let mut old = chunk.rows[at];
        let fresh = row.flags.has(Flags::FRESH);
        old.flags.set(Flags::FRESH, fresh);
        let same = same_texts && old == row;
        chunk.rows[at] = row;
        !same
    }

    fn bury(&mut self, at: u32) {
        let chunk = Arc::make_mut(&mut self.chunks[at as usize / ROWS]);
        let at = at as usize % ROWS;
        chunk.rows[at].flags = Flags(Flags::GONE);
        chunk.rewrite(at, [""; SLOTS]);
    }

    fn pack<'a>(
        &mut self,
        membership: &'a Membership,
        user: Option<&'a User>,
        name: Option<&'a Text>,
    ) -> Incoming<'a> {
        let (id, odd_id) = self.odd.pack(membership.id.as_str());
        let (user_key, odd_user) = self.odd.pack(&membership.user.id);
        let (profile, odd_profile) = self.odd.pack(&membership.profile.id);
        let mut flags = Flags::default();
        flags.set(Flags::FRESH, true);
        flags.set(Flags::INACTIVE, !membership.active);
        flags.set(Flags::ADMIN, membership.admin);
        flags.set(Flags::ODD_ID, odd_id);
        flags.set(Flags::ODD_USER, odd_user);
        flags.set(Flags::ODD_PROFILE, odd_profile);
        flags.set(Flags::NO_PERSON, &*membership.user.kind != UserId::KIND);
        let stored = membership.user.display.as_ref().map_or("", Text::raw);
        let (email, was) = match user {
            Some(user) => {
                flags.set(Flags::USER_READ, true);
                flags.set(Flags::EMAIL_OF_USER, true);
                flags.set(Flags::SERVER_SCOPED, user.scope == UserScope::Server);
                flags.set(Flags::LEGACY_ID, user.legacy_external_id.is_some());
                flags.set(Flags::EMAIL_VERIFIED, user.email_verified == Some(true));
                flags.set(Flags::EMAIL_UNVERIFIED, user.email_verified == Some(false));
                let email = user.email.as_ref().map_or("", Text::raw);
                // The display is not always an address; only an older address is worth keeping.
                (email, if stored == email || !stored.contains('@') { "" } else { stored })
            }
            None => ("", stored),
        };
        let external = membership.external_id.as_ref().map_or("", Text::raw);
        let shown_name = name.map(Text::raw).filter(|name| !name.is_empty());
        let name =
            shown_name.or(membership.profile.display.as_ref().map(Text::raw).filter(|name| !name.is_empty()));
        let name = match (name, user) {
            (Some(name), _) => std::borrow::Cow::Borrowed(name),
            (None, Some(user)) => {
                format!("{} {}", user.first_name.raw(), user.last_name.raw()).trim().to_owned().into()
            }
            (None, None) => std::borrow::Cow::Borrowed(""),
        };
        let mut row = Packed {
            letters: 0,
            id,
            user: user_key,
            profile,
            changed: u32::try_from(membership.version.at.as_second()).unwrap_or(0),
            policy: self.policies.number(membership.policy.as_ref()),
            project: self.projects.number(membership.project.as_str()).min(usize::from(u16::MAX)) as u16,
            flags,
            user_kind: self.kinds.number(&membership.user.kind).min(255) as u8,
            profile_kind: self.kinds.number(&membership.profile.kind).min(255) as u8,
            mfa: user.map_or(0, row::pack_mfa),
            findings: 0,
            access: membership.access.len().min(255) as u8,
        };
        row.findings = row_findings(&row, email, external, self.viewer);
        Incoming { row, texts: [name, email.into(), external.into(), was.into()], told: user.is_some() }
    }

    fn by_id_order(chunks: &[Arc<Chunk>], a: u32, b: u32) -> Ordering {
        let key = |at| {
            let row = row_of(chunks, at);
            (row.flags.has(Flags::ODD_ID), row.id)
        };
        key(a).cmp(&key(b))
    }
}

/// The user that a row is about.
fn user_of(row: &Packed) -> (Key, bool, u8) {
    (row.user, row.flags.has(Flags::ODD_USER), row.user_kind)
}

fn row_of(chunks: &[Arc<Chunk>], at: u32) -> &Packed {
    &chunks[at as usize / ROWS].rows[at as usize % ROWS]
}

fn row_findings(row: &Packed, email: &str, external: &str, viewer: Role) -> u8 {
    let mut found = 0;
    let mut note = |finding: RowFinding, holds: bool| {
        if holds {
            found |= finding as u8;
        }
    };
    let person = !row.flags.has(Flags::NO_PERSON);
    let email_known = row.flags.has(Flags::EMAIL_OF_USER) || row.flags.has(Flags::EMAIL_BY_SCIM);
    note(RowFinding::ExternalIdCannotMatch, external.contains([',', '\\']));
    note(RowFinding::ExternalIdPadded, external.trim() != external);
    note(RowFinding::EmailCapitals, email_known && email.chars().any(char::is_uppercase));
    note(RowFinding::NothingToSignInBy, person && email_known && email.is_empty() && external.is_empty());
    let reads_all = viewer == Role::SuperAdmin;
    note(RowFinding::UserMissing, person && reads_all && !row.flags.has(Flags::USER_READ));
    found
}

/// A fact of the user that this role may not see.
fn unseen<T>(viewer: Role) -> Seen<T> {
    Seen::Unknown(match viewer {
        Role::SuperAdmin => super::Unseen::Failed,
        Role::ProjectAdmin => super::Unseen::ServerScopedUser,
        Role::Member => super::Unseen::Policy,
    })
}
