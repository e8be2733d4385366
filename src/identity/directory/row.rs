//! One member, packed.

use crate::identity::{Factor, User};

/// Where an id is kept: the 16 bytes of a UUID, or the place of an odd id in the side list.
pub(super) type Key = [u8; 16];

/// Truths about a member, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(pub u16);

impl Flags {
    pub const INACTIVE: u16 = 1;
    pub const ADMIN: u16 = 1 << 1;
    /// The id did not read as a UUID.
    pub const ODD_ID: u16 = 1 << 2;
    pub const ODD_USER: u16 = 1 << 3;
    pub const ODD_PROFILE: u16 = 1 << 4;
    /// The email was read from the user itself.
    pub const EMAIL_OF_USER: u16 = 1 << 5;
    /// The email was told by SCIM.
    pub const EMAIL_BY_SCIM: u16 = 1 << 6;
    /// The email was told by SCIM before the last reload.
    pub const EMAIL_OLD: u16 = 1 << 7;
    /// The user was read: scope and factors are known.
    pub const USER_READ: u16 = 1 << 8;
    /// Scope, when known.
    pub const SERVER_SCOPED: u16 = 1 << 9;
    /// Seen in the running reload.
    pub const FRESH: u16 = 1 << 10;
    /// Removed; the place stays so that other rows keep theirs.
    pub const GONE: u16 = 1 << 11;
    pub const EMAIL_VERIFIED: u16 = 1 << 12;
    pub const EMAIL_UNVERIFIED: u16 = 1 << 13;
    /// Its user belongs to no person (bot, client).
    pub const NO_PERSON: u16 = 1 << 14;
    /// The user carries an external id of its own, from before memberships had one.
    pub const LEGACY_ID: u16 = 1 << 15;

    pub fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    pub fn set(&mut self, bit: u16, on: bool) {
        if on {
            self.0 |= bit;
        } else {
            self.0 &= !bit;
        }
    }
}

/// Factor bits.
pub(super) mod factor {
    pub const REQUIRED: u8 = 1;
    pub const ENROLLED: u8 = 2;
    pub const TOTP: u8 = 4;
    pub const EMAIL: u8 = 8;
    /// Not a factor, but there is room: a password was seen to be set.
    pub const PASSWORD: u8 = 16;
}

pub(super) fn pack_mfa(user: &User) -> u8 {
    let mfa = &user.mfa;
    let mut bits = if user.password_set { factor::PASSWORD } else { 0 };
    if mfa.required {
        bits |= factor::REQUIRED;
    }
    if mfa.enrolled {
        bits |= factor::ENROLLED;
        // An enrolled user without any method counts as totp (platform-api §5).
        if mfa.methods.is_empty() || mfa.methods.contains(&Factor::Totp) {
            bits |= factor::TOTP;
        }
        if mfa.methods.contains(&Factor::Email) {
            bits |= factor::EMAIL;
        }
    }
    bits
}

/// One row; everything but its texts, which lie in the chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    pub letters: u64,
    pub id: Key,
    pub user: Key,
    pub profile: Key,
    /// Seconds since 1970.
    pub changed: u32,
    /// Place in the list of policies, plus one; 0 for none.
    pub policy: u32,
    /// Place in the list of projects.
    pub project: u16,
    pub flags: Flags,
    pub user_kind: u8,
    pub profile_kind: u8,
    pub mfa: u8,
    pub findings: u8,
    /// Number of parameterised policies.
    pub access: u8,
}

/// The texts of a member, in the order in which they lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(super) enum Slot {
    Name = 0,
    Email = 1,
    External = 2,
    /// The address stored beside the user reference, when it is not the current one.
    Was = 3,
}

/// How many texts a member has.
pub(super) const SLOTS: usize = 4;

/// Something in the row itself that is worth a look. (Rules that need more than one row live with the findings.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RowFinding {
    /// The external id holds a comma or a backslash and can never match (platform-api §17).
    ExternalIdCannotMatch = 1,
    /// The external id starts or ends with white space; it is compared byte for byte.
    ExternalIdPadded = 2,
    /// The login address holds capitals; sign-in looks for the lower-case form.
    EmailCapitals = 4,
    /// The user has no address and there is no external id: nothing to sign in by.
    NothingToSignInBy = 8,
    /// The user could not be read by a role that reads all users.
    UserMissing = 16,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Needs a look.
    Warning,
    /// A sign-in fails by it.
    Error,
}

impl Severity {
    /// The word in tables, filters and for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl RowFinding {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ExternalIdCannotMatch,
        Self::ExternalIdPadded,
        Self::EmailCapitals,
        Self::NothingToSignInBy,
        Self::UserMissing,
    ];

    /// How bad.
    pub fn severity(self) -> Severity {
        match self {
            Self::ExternalIdCannotMatch
            | Self::EmailCapitals
            | Self::NothingToSignInBy
            | Self::UserMissing => Severity::Error,
            Self::ExternalIdPadded => Severity::Warning,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::ExternalIdCannotMatch => "external id holds a comma or backslash and can never match",
            Self::ExternalIdPadded => "external id starts or ends with white space",
            Self::EmailCapitals => "login email holds capitals and is never found",
            Self::NothingToSignInBy => "no email and no external id: nothing to sign in by",
            Self::UserMissing => "the user of this membership does not exist",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_small() {
        // 100 000 members must fit with everything else into 80 MB (design §7).
        assert!(size_of::<Packed>() <= 80, "{}", size_of::<Packed>());
    }
}
