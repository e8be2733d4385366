//! Members by the thousand with everything that the sweep wants to know of them, some of it wrong.

use std::collections::{BTreeMap, HashMap, HashSet};

use idconsole::identity::directory::{Directory, Page};
use idconsole::identity::findings::{Around, KnownUser};
use idconsole::identity::linkage::{ClientIdp, DomainIdp, Idps};
use idconsole::identity::provider::Identifier;
use idconsole::identity::second_factor::ProjectRules;
use idconsole::identity::{FactorRules, Role, Seen, SessionId, Text, UserId, UserScope};

use super::members;

const PAGE: usize = 1000;

/// A directory as a super admin has it, and what is around it: an IdP by subject and one by domain, every user, a few
/// hundred without a membership, a session for every tenth member. Every thousandth address has capitals, every
/// hundredth external id blanks around it, every five hundredth user has a ghost.
pub fn clinic(count: usize) -> (Directory, Around) {
    let (mut memberships, mut users) = members::make(count);
    for (at, (membership, user)) in memberships.iter_mut().zip(&mut users).enumerate() {
        if at.is_multiple_of(3) {
            user.scope = UserScope::Server;
        }
        if at.is_multiple_of(1000) {
            user.email = user.email.as_ref().map(|email| Text::from(email.raw().to_uppercase()));
        }
        if at.is_multiple_of(100) {
            membership.external_id =
                membership.external_id.as_ref().map(|id| Text::from(format!(" {}", id.raw())));
        }
    }
    let project = memberships[0].project.clone();
    let mut directory = Directory::new(Role::SuperAdmin);
    for (memberships, users) in memberships.chunks(PAGE).zip(users.chunks(PAGE)) {
        directory.absorb(Page { memberships, users, names: &[] });
    }
    let known = |user: &idconsole::identity::User| KnownUser {
        id: user.id.clone(),
        name: user.first_name.clone(),
        email: user.email.clone(),
        scope: user.scope.clone(),
    };
    let mut all: Vec<KnownUser> = users.iter().map(known).collect();
    all.extend(users.iter().enumerate().filter(|(at, _)| at.is_multiple_of(500)).map(|(at, user)| {
        KnownUser {
            id: UserId::new(format!("0000000f-0000-4000-8000-{at:012x}")),
            scope: UserScope::Project(project.clone()),
            ..known(user)
        }
    }));
    let sessions: HashMap<UserId, Vec<SessionId>> = users
        .iter()
        .enumerate()
        .filter(|(at, _)| at.is_multiple_of(10))
        .map(|(at, user)| (user.id.clone(), vec![SessionId::new(format!("s{at}"))]))
        .collect();
    let client = ClientIdp {
        name: "Clinic Portal".into(),
        project: Some(project.clone()),
        host: "okta.example".into(),
        browser: Identifier::Subject,
        exchange: Identifier::Subject,
    };
    let routed = DomainIdp::Idp { host: "idp.example".into(), identifier: Seen::Known(Identifier::Email) };
    let factors = FactorRules {
        projects: vec![ProjectRules {
            id: project,
            required: Seen::Known(false),
            allowed: Seen::Known(Vec::new()),
            by_subject: Seen::Known(vec![("Clinic Portal".into(), "okta.example".into())]),
        }],
        routes: BTreeMap::from([("partner.example".to_owned(), Some("idp.example".into()))]),
    };
    let around = Around {
        idps: Idps {
            clients: Seen::Known(vec![client]),
            domains: BTreeMap::from([("partner.example".to_owned(), routed)]),
            complete: true,
        },
        factors,
        users: Seen::Known(all),
        dead_policies: Seen::Known(HashSet::from(["AccessPolicy/gone".to_owned()])),
        dead_profiles: Seen::Known(HashSet::from(["Practitioner/gone".to_owned()])),
        google_only: HashSet::new(),
        sessions: Seen::Known(sessions),
    };
    (directory, around)
}
