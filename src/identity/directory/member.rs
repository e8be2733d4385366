//! Reading one member of a directory.

use std::borrow::Cow;

use jiff::Timestamp;

use super::row::{Flags, Slot, factor};
use super::{Directory, RowFinding, RowId, Severity, unseen};
use crate::identity::text::shown;
use crate::identity::{Factor, MembershipId, Mfa, ProjectId, Reference, Role, Seen, Text, UserId};

/// One member, borrowed from its directory. Texts come in their visible form unless they say `raw`.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    pub(super) directory: &'a Directory,
    pub(super) at: u32,
}

/// A login address as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Email<'a> {
    /// What the user signs in with today; `fresh` is false when it was told before the last reload.
    Current {
        /// Visible form.
        address: Cow<'a, str>,
        /// Read since the last reload.
        fresh: bool,
    },
    /// Only the copy stored beside the user reference could be read: the address at the time it was written,
    /// not necessarily today's (platform-api §9.2).
    Stored(Cow<'a, str>),
    /// The user has none.
    None,
    /// Nothing could be read, not even an old copy.
    Unknown,
}

/// How the platform recognises a member coming from an IdP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// `ProjectMembership.externalId` is set.
    ExternalId,
    /// By the login address.
    Email,
    /// By nothing that is known.
    None,
}

impl Linkage {
    /// The word in tables and filters.
    pub fn word(self) -> &'static str {
        match self {
            Self::ExternalId => "external",
            Self::Email => "email",
            Self::None => "none",
        }
    }
}

impl<'a> Member<'a> {
    /// Its place.
    pub fn row(&self) -> RowId {
        RowId(self.at)
    }

    /// The membership.
    pub fn id(&self) -> MembershipId {
        let row = self.directory.row(self.at);
        MembershipId::new(self.directory.odd.unpack(row.id, row.flags.has(Flags::ODD_ID)))
    }

    /// `User/…` (or `Bot/…`, `ClientApplication/…`), without display.
    pub fn user(&self) -> Reference {
        let row = self.directory.row(self.at);
        let id = self.directory.odd.unpack(row.user, row.flags.has(Flags::ODD_USER));
        let kind = self.directory.kinds.list[usize::from(row.user_kind)].clone();
        Reference { kind, id: id.into(), display: None }
    }

    /// The user's id, when it is a person's.
    pub fn user_id(&self) -> Option<UserId> {
        let user = self.user();
        (&*user.kind == UserId::KIND).then(|| UserId::new(user.id))
    }

    /// The project the membership belongs to.
    pub fn project(&self) -> ProjectId {
        ProjectId::new(&*self.directory.projects.list[usize::from(self.directory.row(self.at).project)])
    }

    /// `Practitioner/…`, without display.
    pub fn profile(&self) -> Reference {
        let row = self.directory.row(self.at);
        let id = self.directory.odd.unpack(row.profile, row.flags.has(Flags::ODD_PROFILE));
        let kind = self.directory.kinds.list[usize::from(row.profile_kind)].clone();
        Reference { kind, id: id.into(), display: None }
    }

    /// `Practitioner`, `Patient` …
    pub fn kind(&self) -> &'a str {
        &self.directory.kinds.list[usize::from(self.directory.row(self.at).profile_kind)]
    }

    /// The name; empty when there is none.
    pub fn name(&self) -> Cow<'a, str> {
        shown(self.directory.text(self.at, Slot::Name))
    }

    /// The name as text from outside.
    pub fn name_text(&self) -> Text {
        Text::from(self.directory.text(self.at, Slot::Name))
    }

    /// The login address, as far as it is known.
    pub fn email(&self) -> Email<'a> {
        let flags = self.directory.row(self.at).flags;
        let address = self.directory.text(self.at, Slot::Email);
        if flags.has(Flags::EMAIL_OF_USER) || flags.has(Flags::EMAIL_BY_SCIM) {
            return if address.is_empty() {
                Email::None
            } else {
                Email::Current { address: shown(address), fresh: !flags.has(Flags::EMAIL_OLD) }
            };
        }
        let stored = self.directory.text(self.at, Slot::Was);
        if stored.is_empty() { Email::Unknown } else { Email::Stored(shown(stored)) }
    }

    /// The original of whatever address is known, current or stored; for filling forms and copying.
    pub fn email_raw(&self) -> &'a str {
        let address = self.directory.text(self.at, Slot::Email);
        if address.is_empty() { self.directory.text(self.at, Slot::Was) } else { address }
    }

    /// An older address stored beside the user reference, when the current one is known and differs.
    pub fn stored_email(&self) -> Option<Cow<'a, str>> {
        let known = matches!(self.email(), Email::Current { .. } | Email::None);
        let was = self.directory.text(self.at, Slot::Was);
        (known && !was.is_empty()).then(|| shown(was))
    }

    /// True when the current address has to be asked of SCIM: the user cannot be read by this role and SCIM
    /// has not told since the last reload.
    pub fn wants_scim(&self) -> bool {
        let flags = self.directory.row(self.at).flags;
        self.directory.viewer == Role::ProjectAdmin
            && !flags.has(Flags::NO_PERSON)
            && !flags.has(Flags::EMAIL_OF_USER)
            && (!flags.has(Flags::EMAIL_BY_SCIM) || flags.has(Flags::EMAIL_OLD))
    }

    /// The external id, visible form.
    pub fn external_id(&self) -> Option<Cow<'a, str>> {
        let text = self.directory.text(self.at, Slot::External);
        (!text.is_empty()).then(|| shown(text))
    }

    /// The external id as text from outside.
    pub fn external_id_text(&self) -> Option<Text> {
        let text = self.directory.text(self.at, Slot::External);
        (!text.is_empty()).then(|| Text::from(text))
    }

    /// The original of the external id; empty when there is none.
    pub fn external_id_raw(&self) -> &'a str {
        self.directory.text(self.at, Slot::External)
    }

    /// Whether the user carries the legacy `User.externalId` (platform-api §10.1).
    pub fn legacy_external_id(&self) -> Seen<bool> {
        let flags = self.directory.row(self.at).flags;
        if flags.has(Flags::USER_READ) {
            Seen::Known(flags.has(Flags::LEGACY_ID))
        } else {
            unseen(self.directory.viewer)
        }
    }

    /// A person rather than a client or a bot.
    pub fn is_person(&self) -> bool {
        !self.directory.row(self.at).flags.has(Flags::NO_PERSON)
    }

    /// The project's place in the directory: members of one project have the same.
    pub fn project_number(&self) -> u16 {
        self.directory.row(self.at).project
    }

    /// How an IdP sign-in finds this member.
    pub fn linkage(&self) -> Linkage {
        linkage(self.directory, self.at)
    }

    /// The second factor.
    pub fn mfa(&self) -> Seen<Mfa> {
        let row = self.directory.row(self.at);
        if !row.flags.has(Flags::USER_READ) {
            return unseen(self.directory.viewer);
        }
        let mut methods = Vec::new();
        if row.mfa & factor::TOTP != 0 {
            methods.push(Factor::Totp);
        }
        if row.mfa & factor::EMAIL != 0 {
            methods.push(Factor::Email);
        }
        Seen::Known(Mfa {
            required: row.mfa & factor::REQUIRED != 0,
            enrolled: row.mfa & factor::ENROLLED != 0,
            methods,
        })
    }

    /// Whether a password is set; only super admins see it (platform-api §12).
    pub fn password_set(&self) -> Seen<bool> {
        let row = self.directory.row(self.at);
        match (row.flags.has(Flags::USER_READ), row.mfa & factor::PASSWORD != 0, self.directory.viewer) {
            (true, true, _) => Seen::Known(true),
            (true, false, Role::SuperAdmin) => Seen::Known(false),
            (true, false, Role::ProjectAdmin | Role::Member) => {
                Seen::Unknown(crate::identity::Unseen::SuperAdminOnly)
            }
            (false, ..) => unseen(self.directory.viewer),
        }
    }

    /// The user as the directory keeps it, for comparing.
    pub(in crate::identity) fn user_key(&self) -> [u8; 16] {
        self.directory.row(self.at).user
    }

    /// True for a server-scoped user.
    pub fn server_scoped(&self) -> Seen<bool> {
        let flags = self.directory.row(self.at).flags;
        if flags.has(Flags::USER_READ) {
            Seen::Known(flags.has(Flags::SERVER_SCOPED))
        } else {
            unseen(self.directory.viewer)
        }
    }

    /// `emailVerified` as read.
    pub fn email_verified(&self) -> Seen<Option<bool>> {
        let flags = self.directory.row(self.at).flags;
        if !flags.has(Flags::USER_READ) {
            return unseen(self.directory.viewer);
        }
        Seen::Known(match (flags.has(Flags::EMAIL_VERIFIED), flags.has(Flags::EMAIL_UNVERIFIED)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        })
    }

    /// Active.
    pub fn active(&self) -> bool {
        !self.directory.row(self.at).flags.has(Flags::INACTIVE)
    }

    /// Project admin.
    pub fn admin(&self) -> bool {
        self.directory.row(self.at).flags.has(Flags::ADMIN)
    }

    /// The plain policy.
    pub fn policy(&self) -> Option<&'a Reference> {
        let number = self.directory.row(self.at).policy;
        number.checked_sub(1).and_then(|at| self.directory.policies.list.get(at as usize))
    }

    /// Number of parameterised policies.
    pub fn access_count(&self) -> usize {
        usize::from(self.directory.row(self.at).access)
    }

    /// When the membership was last written.
    pub fn changed(&self) -> Option<Timestamp> {
        match self.directory.row(self.at).changed {
            0 => None,
            seconds => Timestamp::from_second(i64::from(seconds)).ok(),
        }
    }

    /// What is wrong with the row in itself.
    pub fn findings(&self) -> impl Iterator<Item = RowFinding> + use<> {
        let bits = self.directory.row(self.at).findings;
        RowFinding::ALL.into_iter().filter(move |finding| bits & *finding as u8 != 0)
    }

    /// The worst finding.
    pub fn severity(&self) -> Option<Severity> {
        self.findings().map(RowFinding::severity).max()
    }
}

pub(super) fn linkage(directory: &Directory, at: u32) -> Linkage {
    if !directory.text(at, Slot::External).is_empty() {
        Linkage::ExternalId
    } else if directory.text(at, Slot::Email).is_empty() && directory.text(at, Slot::Was).is_empty() {
        Linkage::None
    } else {
        Linkage::Email
    }
}
