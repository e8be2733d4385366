//! What the console refuses before the platform would: the same causes, told by name and without a request.

use idconsole::identity::{Factor, MembershipId, Text};
use idconsole::workflows::Engine;
use idconsole::workflows::intent::{Intent, Invite, NoPlan, ProfileKind, Why, plan};

use super::jobs::{CARLA, HUGO, JANE, nora};
use crate::workflows::scene::Scene;

/// The platform's text that is forestalled, what is wanted, by whom, and what is said.
struct Guard<'a> {
    text: &'static str,
    engine: &'a Engine,
    intent: Intent,
    why: Why,
    said: &'static str,
}

fn invite(change: impl FnOnce(&mut Invite)) -> Intent {
    let mut invite = nora();
    change(&mut invite);
    Intent::Invite(Box::new(invite))
}

fn invitations(scene: &Scene) -> Vec<Guard<'_>> {
    let admin = &scene.project_admin;
    let nowhere = "00000000-0000-4000-8000-000000000000";
    let guard = |text, intent, why, said| Guard { text, engine: admin, intent, why, said };
    vec![
        guard("First name is required", invite(|i| i.first_name = " ".into()), Why::Malformed, "first"),
        guard("Last name is required", invite(|i| i.last_name = " ".into()), Why::Malformed, "last"),
        guard("Either email or externalId", invite(|i| i.email = None), Why::Malformed, "external id"),
        guard(
            "Patient is required",
            invite(|i| i.kind = ProfileKind::RelatedPerson),
            Why::Malformed,
            "patient",
        ),
        guard(
            "User is already a member",
            invite(|i| i.email = Some(JANE.into())),
            Why::Conflict,
            "Jane Smith is a member",
        ),
        guard(
            "User is already a member (other scope)",
            invite(|i| i.email = Some(CARLA.into())),
            Why::Conflict,
            "by a project-scoped user",
        ),
        guard(
            "Key (project, \"externalId\")",
            invite(|i| i.external_id = Some(HUGO.into())),
            Why::Conflict,
            "Hugo Brandt",
        ),
        guard(
            "Access policy … does not exist",
            invite(|i| i.policy = Some(Text::from(format!("AccessPolicy/{nowhere}")))),
            Why::NotFound,
            "no access policy",
        ),
        guard(
            "Profile resourceType does not match",
            invite(|i| i.profile = Some("Patient/x".into())),
            Why::Malformed,
            "Practitioner",
        ),
    ]
}

fn of_members<'a>(scene: &'a Scene, ids: &[MembershipId; 5]) -> Vec<Guard<'a>> {
    let (admin, operator) = (&scene.project_admin, &scene.super_admin);
    let [jane, carla, kiosk, ada, owner] = ids.clone();
    let guard = |text, engine, intent, why, said| Guard { text, engine, intent, why, said };
    let rescope = |member: &MembershipId, to_server| Intent::Rescope { member: member.clone(), to_server };
    vec![
        guard(
            "Cannot delete the owner of the project",
            operator,
            Intent::Remove { member: owner },
            Why::NotAllowed,
            "owns the project",
        ),
        guard(
            "User is not enrolled in MFA method: email",
            admin,
            Intent::ResetFactor {
                member: carla.clone(),
                factor: Factor::Email,
                checked: "called back".into(),
                end_sessions: false,
            },
            Why::Nothing,
            "has not enrolled",
        ),
        guard(
            "User does not have an email address",
            admin,
            Intent::MailPassword { member: kiosk, invitation: false },
            Why::Conflict,
            "has no email",
        ),
        guard(
            "User not found",
            admin,
            Intent::SetPassword { member: jane.clone() },
            Why::NotAllowed,
            "server-scoped",
        ),
        guard("User is already server-scoped", admin, rescope(&jane, true), Why::Nothing, "already"),
        guard("User is already scoped", operator, rescope(&carla, false), Why::Nothing, "already"),
        guard(
            "User has ProjectMembership in another project",
            operator,
            rescope(&jane, false),
            Why::Conflict,
            "Remove those memberships first",
        ),
        guard(
            "Key (project, email)",
            operator,
            rescope(&ada, false),
            Why::Conflict,
            "project-scoped already",
        ),
        guard("Forbidden ($rescope)", admin, rescope(&jane, false), Why::NotAllowed, "super admin"),
        guard(
            "Key (project, \"externalId\")",
            admin,
            Intent::Link { members: vec![jane], external_id: Some(HUGO.into()) },
            Why::Conflict,
            "Hugo Brandt",
        ),
        guard(
            "User not enrolled in MFA",
            admin,
            Intent::DisableOwn { factor: None },
            Why::Nothing,
            "no second factor",
        ),
        guard(
            "Not found (revoke)",
            admin,
            Intent::EndSessions { sessions: vec!["00000000-0000-4000-8000-000000000000".into()] },
            Why::NotFound,
            "no such session",
        ),
    ]
}

#[tokio::test]
async fn what_the_console_sees_coming_is_refused_by_name_before_anything_is_sent() {
    let scene = Scene::new(&[]).await;
    let mut ids = Vec::new();
    for who in [JANE, CARLA, "okta|00uKIOSKWARD3000001", "ada.novak@clinic.example"] {
        ids.push(scene.member(&scene.project_admin, who).await);
    }
    ids.push(scene.project_admin.caller.membership.clone());
    let ids: [MembershipId; 5] = ids.try_into().unwrap();
    let before = scene.fingerprint();
    for guard in invitations(&scene).into_iter().chain(of_members(&scene, &ids)) {
        match plan(guard.engine, &guard.intent).await {
            Err(NoPlan::Refused { why, what, next }) => {
                let words = format!("{what} {next}");
                assert_eq!(why, guard.why, "{}: {words}", guard.text);
                assert!(words.contains(guard.said), "{}: {words}", guard.text);
            }
            other => panic!("{}: {other:?}", guard.text),
        }
    }
    assert_eq!(scene.fingerprint(), before);
}
