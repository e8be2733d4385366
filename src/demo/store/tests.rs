use super::*;

fn store() -> Store {
    Store::new(Arc::new(Clock::default()))
}

fn project(store: &mut Store) -> Value {
    store.system_create(json!({"resourceType": "Project", "name": "Clinic"})).unwrap()
}

fn member(store: &mut Store, project: &Value, external_id: &str) -> Result<Value, Outcome> {
    store.system_create(json!({
        "resourceType": "ProjectMembership",
        "project": {"reference": format!("Project/{}", project["id"].as_str().unwrap())},
        "user": {"reference": format!("User/{}", Uuid::new_v4())},
        "profile": {"reference": format!("Practitioner/{}", Uuid::new_v4())},
        "externalId": external_id,
    }))
}

#[test]
fn a_membership_belongs_to_its_project_and_is_found_by_what_it_holds() {
    let mut store = store();
    let project = project(&mut store);
    let made = member(&mut store, &project, "okta|A1").unwrap();
    assert_eq!(made["meta"]["project"], project["id"]);
    assert_eq!(made["meta"]["author"]["reference"], "system");
    assert_eq!(store.find_by("ProjectMembership", "external-id", "okta|A1").len(), 1);
    assert!(store.find_by("ProjectMembership", "external-id", "okta|a1").is_empty(), "letter case counts");
    let user = made["user"]["reference"].as_str().unwrap();
    assert_eq!(store.find_by("ProjectMembership", "user", user)[0]["id"], made["id"]);
}

#[test]
fn an_update_that_changes_nothing_keeps_the_version() {
    let mut store = store();
    let project = project(&mut store);
    let again = store.system_update(project.clone()).unwrap();
    assert_eq!(again["meta"]["versionId"], project["meta"]["versionId"]);
    let mut changed = project.clone();
    changed["name"] = json!("Other");
    let changed = store.system_update(changed).unwrap();
    assert_ne!(changed["meta"]["versionId"], project["meta"]["versionId"]);
    assert!(updated_ms(&changed) > updated_ms(&project));
}

#[test]
fn a_deleted_document_is_gone_but_can_be_written_again() {
    let mut store = store();
    let project = project(&mut store);
    let id = project["id"].as_str().unwrap().to_owned();
    store.delete("Project", &id);
    assert!(store.read("Project", &id).unwrap_err().is("gone"));
    assert_eq!(store.count("Project"), 0);
    store.system_update(project).unwrap();
    assert_eq!(store.read("Project", &id).unwrap()["name"], "Clinic");
    store.expunge("Project", &id);
    assert!(store.read("Project", &id).unwrap_err().is("not-found"));
}

#[test]
fn an_external_id_is_taken_once_per_project() {
    let mut store = store();
    let (one, two) = (project(&mut store), project(&mut store));
    let first = member(&mut store, &one, "x").unwrap();
    let refused = member(&mut store, &one, "x").unwrap_err();
    assert_eq!(
        refused.text(),
        format!("Key (project, \"externalId\")=(Project/{}, x) already exists.", one["id"].as_str().unwrap())
    );
    assert!(member(&mut store, &two, "x").is_ok());
    assert!(member(&mut store, &one, "X").is_ok());
    store.delete("ProjectMembership", first["id"].as_str().unwrap());
    assert!(member(&mut store, &one, "x").is_ok(), "a deleted membership frees its external id");
}

#[test]
fn two_server_scoped_users_may_share_an_address_and_two_of_a_project_may_not() {
    let mut store = store();
    let project = project(&mut store);
    let reference = json!({"reference": format!("Project/{}", project["id"].as_str().unwrap())});
    let user = |project: Option<&Value>| {
        let mut user = json!({"resourceType": "User", "email": "a@b.example"});
        if let Some(project) = project {
            user["project"] = project.clone();
        }
        user
    };
    assert!(store.system_create(user(None)).is_ok());
    assert!(store.system_create(user(None)).is_ok());
    assert!(store.system_create(user(Some(&reference))).is_ok());
    let refused = store.system_create(user(Some(&reference))).unwrap_err();
    assert!(refused.is("conflict"));
    assert!(refused.text().starts_with("Key (project, email)="));
}

#[test]
fn rows_come_in_the_order_of_writing_even_within_a_millisecond() {
    let mut store = store();
    let made: Vec<Uuid> =
        (0..50).map(|_| project(&mut store)["id"].as_str().unwrap().parse().unwrap()).collect();
    let table = store.table(Kind::of("Project").unwrap());
    let ordered: Vec<Uuid> = table.in_order().iter().map(|(_, s)| table.at(*s).unwrap().id).collect();
    assert_eq!(made, ordered);
}

#[test]
fn prefixes_are_found_in_any_letter_case() {
    let mut store = store();
    let project = project(&mut store);
    member(&mut store, &project, "Okta|A1").unwrap();
    member(&mut store, &project, "okta|B2").unwrap();
    member(&mut store, &project, "google|B2").unwrap();
    let (param, _) = params::find("ProjectMembership", "external-id").unwrap();
    let table = store.table(Kind::of("ProjectMembership").unwrap());
    assert_eq!(table.lookup(param, "OKTA|", true).len(), 2);
    assert_eq!(table.lookup(param, "okta|b2", false).len(), 1);
}
