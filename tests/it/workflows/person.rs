//! Finding people: several are several.

use idconsole::identity::{MembershipId, Role, Seen, Text, Unseen, UserScope};
use idconsole::workflows::person::{Found, find, gather};
use rstest::rstest;

use super::fake::{Fake, OLD, World, engine, membership, project, user};

fn world() -> World {
    let mut world = World::with_jane(UserScope::Server);
    world.users.push(user("u-june", "june@clinic.example", project()));
    world.memberships.push(membership("m-june", "u-june", "June Smith"));
    world.memberships[1].external_id = Some("00u7".into());
    world.memberships.push(membership("m-jane-2", "u-jane", "Jane Smith"));
    world.memberships[0].active = false;
    world
}

#[rstest]
#[case(OLD, "m-jane-2")]
#[case(" JSMITH@clinic.example ", "m-jane-2")]
#[case("00u7", "m-june")]
#[case("June", "m-june")]
#[case("ProjectMembership/m-jane", "m-jane")]
#[case("User/u-june", "m-june")]
#[case("Practitioner/p-u-june", "m-june")]
#[tokio::test]
async fn one_person_is_found(#[case] query: &str, #[case] membership: &str) {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&Fake::new(world(), Role::ProjectAdmin), folder.path());
    let Found::One(found) = find(&engine, query).await.unwrap() else { panic!("{query}") };
    assert_eq!(found.membership.id, MembershipId::from(membership));
}

#[tokio::test]
async fn two_people_are_never_guessed_between() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&Fake::new(world(), Role::ProjectAdmin), folder.path());
    let Found::Several(found) = find(&engine, "smith").await.unwrap() else { panic!() };
    assert_eq!(found.len(), 2);
    let Found::One(jane) = find(&engine, "jane").await.unwrap() else {
        panic!("two memberships, one person")
    };
    assert_eq!(jane.memberships.len(), 2);
}

#[rstest]
#[case("nobody@clinic.example")]
#[case("zzz")]
#[case("")]
#[case("User/u-none")]
#[case("ProjectMembership/none")]
#[tokio::test]
async fn nobody_is_nobody(#[case] query: &str) {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&Fake::new(world(), Role::ProjectAdmin), folder.path());
    assert_eq!(find(&engine, query).await.unwrap(), Found::None);
}

#[tokio::test]
async fn an_address_that_is_anothers_external_id_is_ambiguous() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world();
    world.memberships[1].external_id = Some(OLD.into());
    let engine = engine(&Fake::new(world, Role::ProjectAdmin), folder.path());
    assert!(matches!(find(&engine, OLD).await.unwrap(), Found::Several(two) if two.len() == 2));
}

// platform-api §7, §12
#[tokio::test]
async fn a_project_admin_sees_a_server_scoped_user_through_scim() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&Fake::new(world(), Role::ProjectAdmin), folder.path());
    let person = gather(&engine, &"m-jane".into()).await.unwrap();
    assert_eq!(person.user, Seen::Unknown(Unseen::ServerScopedUser));
    assert_eq!(person.email, Seen::Known(Some(Text::from(OLD))), "not the stale display");
    assert_eq!(person.scope, Seen::Known(UserScope::Server));
    assert_eq!(person.memberships.len(), 2);
    assert_eq!(person.all_memberships, Seen::Unknown(Unseen::SuperAdminOnly));
    assert_eq!(person.about(), "server-scoped · other projects not visible");
}

#[tokio::test]
async fn a_super_admin_sees_the_user_itself() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&Fake::new(world(), Role::SuperAdmin), folder.path());
    let person = gather(&engine, &"m-jane".into()).await.unwrap();
    assert_eq!(person.user.known().unwrap().email, Some(Text::from(OLD)));
    assert_eq!(person.about(), "server-scoped · used in 1 project");
}
