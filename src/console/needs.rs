//! What each action needs of the signed-in role and of the platform. Dispatch, keys line, help and palette ask it
//! through [`super::App::availability`], so that an action that is not there says why and who has it.

use super::action::{Action, Scope};
use super::session::Session;
use crate::identity::capability::{self, Capability};
use crate::identity::{Feature, Role};

/// The capability that an action needs; `None` for what everybody can.
pub fn capability(action: Action) -> Option<Capability> {
    match action {
        Action::WhatTheyMay => Some(Capability::ActAs),
        Action::ResetFactor | Action::RequireFactor | Action::RequireFactorOfProject => {
            Some(Capability::Factors)
        }
        Action::MailPassword | Action::ResendInvitation | Action::SetPassword => Some(Capability::Passwords),
        Action::SessionEnd | Action::SessionEndAll => Some(Capability::OwnSessions),
        Action::OwnFactor => Some(Capability::OwnFactor),
        Action::RouteAdd | Action::RouteRename | Action::RouteRemove | Action::RouteRequest => {
            Some(Capability::DomainRoutes)
        }
        Action::Diagnose | Action::RouteImpact | Action::RouteOnboard | Action::GoOnboarding => {
            Some(Capability::SeeMembers)
        }
        _ if action.row().scope == Scope::Clients => action.row().flags.admin.then_some(Capability::Clients),
        _ => action.row().flags.admin.then_some(Capability::ChangeMembers),
    }
}

/// The endpoint that an action cannot do without, for this role: super admins have other ways.
fn feature(action: Action, role: Role) -> Option<Feature> {
    match action {
        Action::ResetFactor if role != Role::SuperAdmin => Some(Feature::ResetMfa),
        Action::SetPassword if role != Role::SuperAdmin => Some(Feature::SetPassword),
        Action::MailPassword | Action::ResendInvitation => Some(Feature::MailPassword),
        Action::Rescope => Some(Feature::Rescope),
        Action::RefreshDisplay => Some(Feature::RefreshDisplay),
        Action::ClientRotate | Action::ClientRetire => Some(Feature::RotateSecret),
        _ => None,
    }
}

/// `Err` says why the action is not there for who is signed in, and who has it or what to do instead.
pub fn check(action: Action, session: &Session) -> Result<(), String> {
    if let Some(needed) = capability(action) {
        capability::check(&session.caller, needed)?;
    }
    match feature(action, session.caller.role) {
        Some(needed) => session.platform.check(needed),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::action::TABLE;
    use crate::console::session::tests::pat;

    #[test]
    fn whatever_is_done_with_a_person_needs_a_capability() {
        for row in TABLE.iter().filter(|row| row.scope == Scope::Person || row.flags.admin) {
            assert!(capability(row.action).is_some(), "{}", row.id);
        }
    }

    #[test]
    fn what_the_platform_lacks_is_told_and_super_admins_have_another_way() {
        let mut session = pat();
        assert_eq!(check(Action::ResetFactor, &session), Ok(()));
        session.platform.lacks.insert(Feature::ResetMfa);
        let why = check(Action::ResetFactor, &session).unwrap_err();
        assert!(why.contains("a super admin can"), "{why}");
        session.caller.role = Role::SuperAdmin;
        assert_eq!(check(Action::ResetFactor, &session), Ok(()));
    }

    #[test]
    fn a_plain_member_may_end_own_sessions_and_nothing_of_others() {
        let mut session = pat();
        session.caller.role = Role::Member;
        assert_eq!(check(Action::SessionEnd, &session), Ok(()));
        let why = check(Action::ResetFactor, &session).unwrap_err();
        assert!(why.starts_with("only a project admin may reset"), "{why}");
    }
}
