//! What a change of address does to every way a person signs in by.

use std::collections::BTreeSet;

use super::decide::{Caveat, StepKind, StepState, Verdict, decide};
use super::world::{Claim, Way, World};
use crate::identity::change::{SignInEffect, SignInOutcome};
use crate::identity::id::UserId;
use crate::identity::provider::Identifier;
use crate::identity::seen::Seen;
use crate::identity::text::Text;

/// The change in question.
#[derive(Debug, Clone, Copy)]
pub struct EmailMove<'a> {
    /// Who is meant to get in: the user, and the one that is to take its place when there is one.
    pub person: &'a [UserId],
    /// Present login address.
    pub old: Option<&'a Text>,
    /// The address after the change, which the IdP is taken to send.
    pub new: &'a Text,
}

/// Every way, before and after, with what the answers rest on unseen.
///
/// An IdP is taken to send the *new* address, since that is why addresses are changed; a way by external id is
/// taken to send the one that is stored; a password page gets the address that is valid at the time.
pub fn effects(
    before: &World,
    after: &World,
    change: EmailMove<'_>,
    ways: &[Way],
) -> (Vec<SignInEffect>, BTreeSet<Caveat>) {
    let mut caveats = BTreeSet::new();
    let effects = ways
        .iter()
        .map(|way| {
            let (claim_before, claim_after) = claims(way, change, before);
            SignInEffect {
                way: way.label(),
                before: outcome_for(way, &claim_before, before, change.person, &mut caveats),
                after: outcome_for(way, &claim_after, after, change.person, &mut caveats),
            }
        })
        .collect();
    (effects, caveats)
}

fn claims(way: &Way, change: EmailMove<'_>, world: &World) -> (Claim, Claim) {
    let email = |text: Option<&Text>| Claim { email: text.cloned(), subject: None };
    let new = email(Some(change.new));
    match way {
        Way::Password { .. } => (email(change.old), new),
        Way::DomainRoute { domain, .. } => {
            let of_domain = |text: &Text| text.raw().to_lowercase().ends_with(&format!("@{}", domain.raw()));
            // The route of a domain that is left: its IdP goes on sending the address it knows.
            let sent = if of_domain(change.new) { new } else { email(change.old) };
            (sent.clone(), sent)
        }
        Way::Client { identifier: Identifier::Subject, project, .. }
        | Way::Exchange { identifier: Identifier::Subject, project, .. } => {
            let place =
                world.places.iter().find(|p| change.person.contains(&p.user) && p.project == *project);
            let legacy = || {
                change
                    .person
                    .iter()
                    .find_map(|id| world.account(id))
                    .and_then(|a| a.legacy_external_id.known().cloned().flatten())
            };
            let subject = place.and_then(|p| p.external_id.clone()).or_else(legacy);
            let claim = Claim { email: Some(change.new.clone()), subject };
            (claim.clone(), claim)
        }
        Way::Client { .. } | Way::Exchange { .. } => (new.clone(), new),
    }
}

/// What a way comes to for these users, who are one person: whoever else is found there is not them. Adds what the
/// answer rests on unseen.
pub fn outcome_for(
    way: &Way,
    claim: &Claim,
    world: &World,
    person: &[UserId],
    caveats: &mut BTreeSet<Caveat>,
) -> SignInOutcome {
    let decision = decide(way, claim, world);
    let failed_at = |kind| decision.steps.iter().any(|s| s.kind == kind && s.state == StepState::Unknown);
    match &decision.verdict {
        Verdict::SignsIn { user, name, .. } => {
            caveats.extend(&decision.caveats);
            if person.contains(user) {
                return SignInOutcome::SignsIn { name: name.clone() };
            }
            SignInOutcome::Refused {
                text: "signs in as somebody else".to_owned(),
                why: format!("{name} has that address"),
            }
        }
        Verdict::Unknown { .. }
            if failed_at(StepKind::Claim) && claim.subject.is_none() && has_none(way, person, world) =>
        {
            SignInOutcome::Refused {
                text: "User not found".to_owned(),
                why: "no external id is set on the membership".to_owned(),
            }
        }
        Verdict::Refused { .. } | Verdict::Unknown { .. } => decision.outcome(),
    }
}

fn has_none(way: &Way, person: &[UserId], world: &World) -> bool {
    let place = world.places.iter().find(|p| person.contains(&p.user) && Some(&p.project) == way.project());
    // An external id on the user itself serves as well where no membership has it.
    let mut accounts = person.iter().filter_map(|id| world.account(id));
    place.is_some_and(|place| place.external_id.is_none())
        && accounts.all(|account| account.legacy_external_id == Seen::Known(None))
}

#[cfg(test)]
mod tests {
    use super::super::world::{Account, Place};
    use super::*;
    use crate::identity::id::ProjectId;
    use crate::identity::seen::Unseen;
    use crate::identity::sign_in::Gate;
    use crate::identity::user::UserScope;
    use pretty::*;

    const OLD: &str = "jsmith@clinic.example";
    const NEW: &str = "jane.smith@clinic.example";

    /// Short forms that keep the tables below readable.
    mod pretty {
        use super::*;

        pub fn clinic() -> ProjectId {
            "p-clinic".into()
        }

        pub fn jane(scope: UserScope) -> World {
            World {
                accounts: vec![account("u-jane", OLD, scope)],
                places: vec![place("m-jane", "u-jane", "Jane Smith")],
                server_accounts: Seen::Known(()),
                visible_projects: None,
            }
        }

        pub fn account(id: &str, email: &str, scope: UserScope) -> Account {
            Account {
                id: id.into(),
                email: Seen::Known(Some(email.into())),
                scope: Seen::Known(scope),
                legacy_external_id: Seen::Known(None),
            }
        }

        pub fn place(id: &str, user: &str, name: &str) -> Place {
            Place {
                id: id.into(),
                user: user.into(),
                project: clinic(),
                name: name.into(),
                active: true,
                external_id: None,
                gate: Seen::Known(Gate::Open),
            }
        }

        pub fn route(domain: &str) -> Way {
            let identifier = Seen::Known(Identifier::Email);
            Way::DomainRoute { domain: domain.into(), idp: "okta.example".into(), identifier }
        }

        pub fn client(identifier: Identifier) -> Way {
            Way::Client { client: "c".into(), name: "Clinic Portal".into(), project: clinic(), identifier }
        }

        pub fn exchange(identifier: Identifier) -> Way {
            Way::Exchange { client: "c".into(), name: "Clinic Portal".into(), project: clinic(), identifier }
        }

        /// `before → after`, in signs: `+` in, the text when refused, `?` unknown.
        pub fn signs(world: &World, new: &str, ways: &[Way]) -> Vec<String> {
            let (old, new) = (Text::from(OLD), Text::from(new));
            let person: UserId = "u-jane".into();
            let after = world.clone().with_email(&person, &new);
            let change = EmailMove { person: std::slice::from_ref(&person), old: Some(&old), new: &new };
            let sign = |outcome: &SignInOutcome| match outcome {
                SignInOutcome::SignsIn { name } => format!("+ {name}"),
                SignInOutcome::Refused { text, .. } => text.clone(),
                SignInOutcome::Unknown { .. } => "?".to_owned(),
            };
            effects(world, &after, change, ways)
                .0
                .iter()
                .map(|e| format!("{} -> {}", sign(&e.before), sign(&e.after)))
                .collect()
        }
    }

    #[test]
    fn the_job_itself_the_idp_sends_the_new_address_and_the_change_lets_her_in() {
        let ways =
            [Way::Password { project: Some(clinic()) }, route("clinic.example"), client(Identifier::Email)];
        assert_eq!(
            signs(&jane(UserScope::Server), NEW, &ways),
            [
                "+ Jane Smith -> + Jane Smith",
                "User not found -> + Jane Smith",
                "User not found -> + Jane Smith",
            ]
        );
    }

    // platform-api §10.2: a route without client or project finds server-scoped users only
    #[test]
    fn a_project_scoped_user_is_not_found_by_a_domain_route_before_or_after() {
        let world = jane(UserScope::Project(clinic()));
        let ways = [route("clinic.example"), client(Identifier::Email)];
        assert_eq!(
            signs(&world, NEW, &ways),
            ["User not found -> User not found", "User not found -> + Jane Smith"]
        );
    }

    #[test]
    fn an_external_id_does_not_notice_the_change() {
        let mut world = jane(UserScope::Server);
        world.places[0].external_id = Some("00u9".into());
        let ways = [client(Identifier::Subject), exchange(Identifier::Subject)];
        assert_eq!(
            signs(&world, NEW, &ways),
            ["+ Jane Smith -> + Jane Smith", "+ Jane Smith -> + Jane Smith"]
        );
    }

    #[test]
    fn without_an_external_id_a_way_by_subject_stays_shut() {
        let ways = [exchange(Identifier::Subject)];
        assert_eq!(signs(&jane(UserScope::Server), NEW, &ways), ["User not found -> User not found"]);
    }

    #[test]
    fn an_external_id_with_a_comma_never_matches() {
        let mut world = jane(UserScope::Server);
        world.places[0].external_id = Some("a,b".into());
        assert_eq!(signs(&world, NEW, &[client(Identifier::Subject)]), ["User not found -> User not found"]);
    }

    #[test]
    fn a_new_domain_leaves_the_old_route_and_takes_the_new_one() {
        let ways = [route("clinic.example"), route("partner.example")];
        assert_eq!(
            signs(&jane(UserScope::Server), "jane@partner.example", &ways),
            ["+ Jane Smith -> User not found", "User not found -> + Jane Smith",]
        );
    }

    #[test]
    fn a_route_by_subject_refuses_everybody_of_the_domain() {
        let identifier = Seen::Known(Identifier::Subject);
        let way =
            Way::DomainRoute { domain: "clinic.example".into(), idp: "okta.example".into(), identifier };
        let text = "Email address does not match domain";
        assert_eq!(signs(&jane(UserScope::Server), NEW, &[way]), [format!("{text} -> {text}")]);
    }

    // platform-api §10.5 step 4: a shadow hides the server-scoped user
    #[test]
    fn a_project_scoped_shadow_with_the_new_address_hides_her() {
        let mut world = jane(UserScope::Server);
        world.accounts.push(account("u-ghost", NEW, UserScope::Project(clinic())));
        let ways = [client(Identifier::Email), route("clinic.example")];
        assert_eq!(
            signs(&world, NEW, &ways),
            ["User not found -> User not found", "User not found -> + Jane Smith"]
        );
    }

    #[test]
    fn two_users_with_one_address_cannot_be_told() {
        let mut world = jane(UserScope::Server);
        world.accounts.push(account("u-twin", NEW, UserScope::Server));
        world.places.push(place("m-twin", "u-twin", "June Smith"));
        assert_eq!(signs(&world, NEW, &[client(Identifier::Email)]), ["signs in as somebody else -> ?"]);
    }

    #[test]
    fn an_inactive_membership_stays_out_whatever_the_address() {
        let mut world = jane(UserScope::Server);
        world.places[0].active = false;
        let ways = [Way::Password { project: Some(clinic()) }, client(Identifier::Email)];
        assert_eq!(
            signs(&world, NEW, &ways),
            ["User not found -> User not found", "User not found -> User not found"]
        );
    }

    #[test]
    fn a_dead_policy_refuses_after_the_person_was_found() {
        let mut world = jane(UserScope::Server);
        world.places[0].gate = Seen::Known(Gate::DeadPolicy);
        let refused = "Cannot authenticate: Invalid access policy configuration. Please contact your administrator to update \
                       your project membership.";
        assert_eq!(
            signs(&world, NEW, &[client(Identifier::Email)]),
            [format!("User not found -> {refused}")]
        );
    }

    #[test]
    fn a_project_admin_knows_that_jane_is_not_found_though_strangers_stay_unseen() {
        let mut world = jane(UserScope::Server);
        world.server_accounts = Seen::Unknown(Unseen::ServerScopedUser);
        world.visible_projects = Some(vec![clinic()]);
        let new = Text::from(NEW);
        let old = Text::from(OLD);
        let person: UserId = "u-jane".into();
        let after = world.clone().with_email(&person, &new);
        let change = EmailMove { person: std::slice::from_ref(&person), old: Some(&old), new: &new };
        let (effects, caveats) = effects(&world, &after, change, &[route("clinic.example")]);
        assert!(
            matches!(&effects[0].before, SignInOutcome::Refused { text, .. } if text == "User not found")
        );
        assert_eq!(effects[0].after, SignInOutcome::SignsIn { name: "Jane Smith".into() });
        assert!(caveats.contains(&Caveat::TwinUnseen));
    }

    #[test]
    fn a_project_admin_knows_that_a_project_scoped_jane_is_not_found_by_a_domain_route() {
        let mut world = jane(UserScope::Project(clinic()));
        world.server_accounts = Seen::Unknown(Unseen::ServerScopedUser);
        world.visible_projects = Some(vec![clinic()]);
        let said = signs(&world, NEW, &[route("clinic.example")]);
        assert_eq!(said, ["User not found -> User not found"]);
    }

    #[test]
    fn an_address_that_cannot_be_seen_makes_the_answer_unknown() {
        let mut world = jane(UserScope::Server);
        world.accounts[0].email = Seen::Unknown(Unseen::Failed);
        assert_eq!(signs(&world, NEW, &[client(Identifier::Email)]), ["? -> + Jane Smith"]);
    }

    #[test]
    fn the_first_step_that_fails_is_the_last_that_is_walked() {
        let decision = decide(&client(Identifier::Email), &Claim::email(NEW), &jane(UserScope::Server));
        let states: Vec<_> = decision.steps.iter().map(|s| (s.kind, s.state)).collect();
        assert_eq!(
            states,
            [
                (StepKind::Identifier, StepState::Passed),
                (StepKind::Claim, StepState::Passed),
                (StepKind::User, StepState::Failed),
                (StepKind::Membership, StepState::NotReached),
                (StepKind::Gates, StepState::NotReached),
            ]
        );
    }
}
