//! What a workflow has read about a person before it plans anything.

use std::collections::BTreeMap;

use crate::identity::sign_in::{Gate, Route};
use crate::identity::{
    Caller, ClientApplication, DomainRoute, Membership, MembershipId, ProjectId, Seen, Text, Unseen, User,
    UserId, UserScope,
};

/// A person as far as the signed-in role sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Name of the profile.
    pub name: Text,
    /// The membership it is about.
    pub membership: Membership,
    /// The user behind it; `None` for client applications and bots.
    pub user_id: Option<UserId>,
    /// The user, when this role may read it.
    pub user: Seen<User>,
    /// Present login address: from the user, or by SCIM where the user cannot be read (platform-api §7).
    pub email: Seen<Option<Text>>,
    /// Given and family name of the user.
    pub names: Seen<(Text, Text)>,
    /// Where the user exists. A user that answers 404 while SCIM knows it is server-scoped (platform-api §12).
    pub scope: Seen<UserScope>,
    /// Every membership of this user that can be seen, this one included.
    pub memberships: Vec<Membership>,
    /// What stands between each of them and the sign-in; one that is not here was not looked at.
    pub gates: BTreeMap<MembershipId, Seen<Gate>>,
    /// Known when no membership is hidden.
    pub all_memberships: Seen<()>,
    /// Client applications of the projects in question.
    pub clients: Seen<Vec<ClientApplication>>,
    /// Domain routes; super admins only.
    pub routes: Seen<Vec<DomainRoute>>,
    /// Where the present address is sent at sign-in.
    pub route: Seen<Route>,
}

impl PersonFacts {
    /// What stands between a membership and the sign-in.
    pub fn gate(&self, membership: &MembershipId) -> Seen<Gate> {
        self.gates.get(membership).cloned().unwrap_or(Seen::Unknown(Unseen::NotLoaded))
    }

    /// True when it is the signed-in person's own account.
    pub fn is_own(&self, caller: &Caller) -> bool {
        self.membership.id == caller.membership || (self.user_id.is_some() && self.user_id == caller.user)
    }

    /// The projects this person is seen in.
    pub fn projects(&self) -> Vec<&ProjectId> {
        let mut projects: Vec<&ProjectId> = Vec::new();
        for membership in &self.memberships {
            if !projects.contains(&&membership.project) {
                projects.push(&membership.project);
            }
        }
        projects
    }

    /// "server-scoped · used in 2 projects".
    pub fn about(&self) -> String {
        let scope = match &self.scope {
            Seen::Known(UserScope::Server) => "server-scoped",
            Seen::Known(UserScope::Project(_)) => return "project-scoped".to_owned(),
            Seen::Unknown(_) => "scope unknown",
        };
        let count = self.projects().len();
        match (&self.all_memberships, count) {
            (Seen::Known(()), 1) => format!("{scope} · used in 1 project"),
            (Seen::Known(()), n) => format!("{scope} · used in {n} projects"),
            (Seen::Unknown(_), _) => format!("{scope} · other projects not visible"),
        }
    }
}
