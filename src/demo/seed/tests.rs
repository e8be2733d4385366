use std::sync::Arc;

use super::super::clock::Clock;
use super::super::store::Store;
use super::*;

/// 2026-01-05T10:00:00Z.
const NOW: i64 = 1_767_607_200_000;

fn nobody() -> Account {
    Account { email: "admin@example.com".into(), password: "medplum_admin".into() }
}

fn tenant(members: usize) -> (Store, Facts, Vec<Person>) {
    let mut store = Store::new(Arc::new(Clock::default()));
    let (facts, people) =
        write(&mut store, Seed { members, seed: 1 }, "http://localhost:1/idp", nobody(), NOW).unwrap();
    (store, facts, people)
}

fn human_members(store: &Store, facts: &Facts) -> Vec<Value> {
    let mut found = store.find_by("ProjectMembership", "project", &format!("Project/{}", facts.project_id));
    found.retain(|m| m["user"]["reference"].as_str().is_some_and(|u| u.starts_with("User/")));
    found
}

#[test]
fn the_clinic_has_as_many_members_as_were_asked_for() {
    let (store, facts, _) = tenant(120);
    assert_eq!(human_members(&store, &facts).len(), 120);
}

#[test]
fn jane_is_one_server_scoped_account_in_two_projects_with_an_address_the_provider_no_longer_knows() {
    let (store, _, people) = tenant(60);
    let jane = store.find_by("User", "email", "jsmith@clinic.example");
    assert_eq!(jane.len(), 1);
    assert!(jane[0]["project"].is_null());
    let memberships =
        store.find_by("ProjectMembership", "user", &format!("User/{}", jane[0]["id"].as_str().unwrap()));
    assert_eq!(memberships.len(), 2);
    let known = people.iter().find(|p| p.family == "Smith").unwrap();
    assert_eq!(known.email, "jane.smith@clinic.example");
}

#[test]
fn a_wiped_external_id_is_still_visible_in_the_history() {
    let (store, _, _) = tenant(60);
    let omar = &store.find_by("User", "email", "omar.haddad@clinic.example")[0];
    let reference = format!("User/{}", omar["id"].as_str().unwrap());
    let membership = &store.find_by("ProjectMembership", "user", &reference)[0];
    assert!(membership["externalId"].is_null());
    let kind = super::super::kinds::Kind::of("ProjectMembership").unwrap();
    let id = membership["id"].as_str().unwrap().parse().unwrap();
    let (_, document) = store.table(kind).find(id).unwrap();
    let first: Value = serde_json::from_slice(document.versions[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(first["externalId"], "okta|00uOMARHADDAD000001");
}

#[test]
fn the_same_seed_makes_the_same_people_and_ids() {
    let ids = |seed| {
        let mut store = Store::new(Arc::new(Clock::default()));
        let (facts, people) =
            write(&mut store, Seed { members: 90, seed }, "http://localhost:1/idp", nobody(), NOW).unwrap();
        (facts.project_id, people)
    };
    assert_eq!(ids(3), ids(3));
    assert_ne!(ids(3), ids(4));
}
