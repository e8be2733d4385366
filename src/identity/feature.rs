//! What older platforms lack: endpoints that some version brought, and what is there instead.
//!
//! A platform without such an endpoint is recognised by its answer, a page for unknown paths (platform-api §1.4), and
//! never by trying a write for the sake of it: there is no read that tells.

use std::collections::BTreeSet;

use super::change::{Means, MemberAct};
use super::text::Text;

/// An endpoint that not every platform has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// `POST …/members/id/mfa/reset` (platform-api §5).
    ResetMfa,
    /// `POST …/members/id/resetpassword` (§6).
    MailPassword,
    /// `POST /admin/projects/setpassword` (§6).
    SetPassword,
    /// `User/id/$update-email` (§8).
    UpdateEmail,
    /// `User/id/$rescope` (§8).
    Rescope,
    /// `…/$refresh-reference-display` (§8).
    RefreshDisplay,
    /// `/scim/v2/Users` (§7).
    Scim,
    /// `POST /auth/mfa/disable` (§5).
    DisableOwnFactor,
    /// `POST /auth/revoke` (§4).
    EndOwnSession,
    /// `ClientApplication/id/$rotate-secret` (§8).
    RotateSecret,
}

impl Feature {
    /// Which one a write needs; `None` where every platform has it.
    pub fn of(means: &Means) -> Option<Self> {
        match means {
            Means::Member { act: MemberAct::ResetMfa { .. }, .. } => Some(Self::ResetMfa),
            Means::Member { act: MemberAct::MailPasswordReset, .. } => Some(Self::MailPassword),
            Means::SetPassword { super_admin: false, .. } => Some(Self::SetPassword),
            Means::UpdateEmail { .. } => Some(Self::UpdateEmail),
            Means::Rescope { .. } => Some(Self::Rescope),
            Means::RefreshDisplay => Some(Self::RefreshDisplay),
            Means::ScimEmail { .. } => Some(Self::Scim),
            Means::DisableOwn { .. } => Some(Self::DisableOwnFactor),
            Means::EndOwnSession => Some(Self::EndOwnSession),
            Means::ClientSecret { .. } => Some(Self::RotateSecret),
            Means::SetPassword { super_admin: true, .. }
            | Means::Member { act: MemberAct::Remove, .. }
            | Means::EnrolOwn { .. }
            | Means::Patch { .. }
            | Means::Invite { .. }
            | Means::Create { .. }
            | Means::Restore { .. }
            | Means::MakeClient { .. }
            | Means::Delete => None,
        }
    }

    /// In words, as an infinitive.
    pub fn words(self) -> &'static str {
        match self {
            Self::ResetMfa => "reset a member's second factor",
            Self::MailPassword => "mail a member a link to set a password",
            Self::SetPassword => "set the password of an account of the project",
            Self::UpdateEmail => "change an address as one operation",
            Self::Rescope => "make an account server-scoped or project-scoped",
            Self::RefreshDisplay => "refresh names in lists",
            Self::Scim => "speak SCIM",
            Self::DisableOwnFactor => "disable the own second factor",
            Self::EndOwnSession => "end one own session",
            Self::RotateSecret => "rotate the secret of a client application",
        }
    }

    /// What to do instead, as a sentence.
    pub fn instead(self) -> &'static str {
        match self {
            Self::ResetMfa => "A super admin can reset it.",
            Self::MailPassword => "The person can ask for the link on the sign-in page.",
            Self::SetPassword => "Mail a link to set one, or ask a super admin to set it.",
            Self::UpdateEmail => "The other ways of changing an address are in the plan.",
            Self::Rescope => "Invite the person anew with the other scope.",
            Self::RefreshDisplay => "The copies do no harm; the next change of the record refreshes them.",
            Self::Scim => "Use another way of changing the address.",
            Self::DisableOwnFactor => "An admin can reset your factor.",
            Self::RotateSecret => "Create another client application and move to it.",
            Self::EndOwnSession => "Signing out ends the session that you are in.",
        }
    }
}

/// What is known of a platform itself, whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Platform {
    /// `5.1.29-…`, as it says itself; `None` while that is not known.
    pub version: Option<Text>,
    /// What it was found to lack.
    pub lacks: BTreeSet<Feature>,
}

impl Platform {
    /// "this platform (version 4.1.0) cannot reset a member's second factor".
    pub fn cannot(&self, feature: Feature) -> String {
        format!("{} cannot {}", self.words(), feature.words())
    }

    /// "this platform (version 4.1.0)".
    pub fn words(&self) -> String {
        match &self.version {
            Some(version) => format!("this platform (version {version})"),
            None => "this platform".to_owned(),
        }
    }

    /// `Err` says that it is not there, and what is instead; for somebody who knows what was asked for.
    pub fn check(&self, feature: Feature) -> Result<(), String> {
        if !self.lacks.contains(&feature) {
            return Ok(());
        }
        let version = self.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        Err(format!("not on this platform{version}; {}", Self::instead(feature)))
    }

    /// The same for somebody who does not: "this platform (version 4.1.0) cannot …; a super admin can …".
    pub fn told(&self, feature: Feature) -> String {
        format!("{}; {}", self.cannot(feature), Self::instead(feature))
    }

    fn instead(feature: Feature) -> String {
        let instead = feature.instead().trim_end_matches('.');
        let instead = instead
            .chars()
            .next()
            .map(|first| first.to_lowercase().to_string() + &instead[first.len_utf8()..]);
        instead.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_told_with_the_version_and_what_is_there_instead() {
        let mut platform = Platform::default();
        assert_eq!(platform.check(Feature::ResetMfa), Ok(()));
        platform.lacks.insert(Feature::ResetMfa);
        platform.version = Some("4.1.0".into());
        assert_eq!(
            platform.check(Feature::ResetMfa).unwrap_err(),
            "not on this platform (4.1.0); a super admin can reset it"
        );
        assert_eq!(
            platform.told(Feature::ResetMfa),
            "this platform (version 4.1.0) cannot reset a member's second factor; a super admin can reset it"
        );
        assert_eq!(platform.check(Feature::Rescope), Ok(()));
    }
}
