//! Whose sessions can be seen: everybody's by a super admin, one's own by anybody (platform-api §4, §15).

use super::engine::Engine;
use super::remote::Trouble;
use crate::identity::{LoginSession, Role, Seen, Unseen, UserId};

/// Most Logins read at once: the newest ones.
pub const AT_MOST: usize = 1000;

/// Sessions that can still be used, the most recent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    /// Them.
    pub list: Vec<LoginSession>,
    /// Known when everybody's were asked for; else only the caller's own are in the list.
    pub others: Seen<()>,
    /// Older ones were left out.
    pub cut: bool,
}

/// The sessions of one user, or of everybody that this role may see.
pub async fn list(engine: &Engine, user: Option<&UserId>) -> Result<Sessions, Trouble> {
    let mut found = if engine.caller.role == Role::SuperAdmin {
        let (list, all) = engine.remote.sessions(user, AT_MOST).await?;
        Sessions { list, others: Seen::Known(()), cut: !all }
    } else {
        let own = user.is_none() || user == engine.caller.user.as_ref();
        let list = if own { engine.remote.own_sessions().await? } else { Vec::new() };
        Sessions { list, others: Seen::Unknown(Unseen::SuperAdminOnly), cut: false }
    };
    found.list.retain(LoginSession::is_alive);
    found.list.sort_by_key(|session| std::cmp::Reverse(session.last_used));
    Ok(found)
}
