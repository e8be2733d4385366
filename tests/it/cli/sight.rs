//! `export` and `diff`: what could not be seen is never told as not there, and what is seen is not called more than it is.

use std::path::Path;

use serde_json::{Value, json};

use super::clinic::Clinic;
use super::run;
use super::snapshots::{as_super_admin, change, diff, export, file, signed_in};

fn manifest(home: &Path, folder: &str) -> Value {
    serde_json::from_str(&file(home, &format!("{folder}/manifest.json"))).unwrap()
}

fn export_as_super_admin(clinic: &Clinic, home: &Path, folder: &str) {
    let path = home.join(folder);
    let ended = run(
        home,
        &["export", path.to_str().unwrap(), "--project", &clinic.facts.project_id, "--profile", "clinic"],
    );
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn an_account_that_was_deleted_is_told_as_deleted() {
    let clinic = Clinic::start();
    let home = as_super_admin(&clinic);
    export_as_super_admin(&clinic, home.path(), "a");
    let jane = clinic.running.state.read().find_by("User", "email", "jsmith@clinic.example");
    clinic.running.state.write().delete("User", jane[0]["id"].as_str().unwrap());
    export_as_super_admin(&clinic, home.path(), "b");
    let told = diff(home.path(), &["a", "b"]);
    assert_eq!(told.code, 8, "{told:?}");
    assert!(told.out.contains("Jane Smith's kind of account changed from server to deleted."), "{told:?}");
    assert!(!told.out.contains("Not compared"), "{told:?}");
}

#[test]
fn an_address_that_is_none_does_not_spoil_an_export() {
    let clinic = Clinic::start();
    let home = as_super_admin(&clinic);
    for (at, address) in ["jsmith@", "jsmith@@", "@", "jsmith", "jsmith@ "].into_iter().enumerate() {
        let users = clinic.running.state.read().find_by("User", "email", "jsmith@clinic.example");
        let mut jane = users.into_iter().next().unwrap();
        let good = jane.clone();
        jane["email"] = json!(address);
        clinic.running.state.write().system_update(jane).unwrap();
        let folder = format!("a{at}");
        export_as_super_admin(&clinic, home.path(), &folder);
        clinic.running.state.write().system_update(good).unwrap();
        assert!(file(home.path(), &format!("{folder}/members.jsonl")).contains(&format!("{address:?}")));
        let told = diff(home.path(), &[&folder, &folder]);
        assert_eq!(told.code, 0, "{address}: {told:?}");
    }
}

// platform-api §12: a project admin reads the record of a linked project, and none of its members.
#[test]
fn a_linked_project_is_refused_and_not_exported_as_empty() {
    let clinic = Clinic::start();
    let other = clinic.running.state.read().find_by("Project", "name", "Harbour Research");
    let other = other.into_iter().next().unwrap()["id"].as_str().unwrap().to_owned();
    change(&clinic.running, "Project", "name", "Clinic Demo", |project| {
        project["link"] = json!([{ "project": { "reference": format!("Project/{other}") } }]);
    });
    let home = signed_in(&clinic);
    let folder = home.path().join("x");
    let ended =
        run(home.path(), &["export", folder.to_str().unwrap(), "--project", &other, "--profile", "clinic"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.err.contains("You are project admin of Clinic Demo"), "{ended:?}");
    assert!(ended.err.contains("Sign in to that project."), "{ended:?}");
    assert!(!folder.exists());
}

// platform-api §12: of a super admin the own policy holds for admin types too.
#[test]
fn what_a_super_admins_own_policy_leaves_out_is_said() {
    let clinic = Clinic::start();
    let home = as_super_admin(&clinic);
    export_as_super_admin(&clinic, home.path(), "a");
    let user = clinic.running.state.read().find_by("User", "email", &clinic.facts.super_admin.email);
    let user = format!("User/{}", user[0]["id"].as_str().unwrap());
    let binds = |lines: Value| {
        let policy = json!({ "resourceType": "AccessPolicy", "name": "Narrow", "resource": lines });
        let policy = clinic.running.state.write().system_create(policy).unwrap();
        let policy = json!({ "reference": format!("AccessPolicy/{}", policy["id"].as_str().unwrap()) });
        change(&clinic.running, "ProjectMembership", "user", &user, |membership| {
            membership["accessPolicy"] = policy.clone();
        });
    };
    binds(json!([
        { "resourceType": "*" },
        { "resourceType": "DomainConfiguration" },
        { "resourceType": "Project", "hiddenFields": ["features"] },
        { "resourceType": "User", "hiddenFields": ["mfaRequired"] },
        { "resourceType": "ProjectMembership", "hiddenFields": ["externalId"] },
    ]));
    export_as_super_admin(&clinic, home.path(), "b");
    let told = diff(home.path(), &["a", "b"]);
    for what in ["the feature of 1 project", "the required second factor of", "the external id of"] {
        assert!(told.out.contains(&format!("Not compared: {what}")), "{what}: {told:?}");
    }
    assert!(!told.out.contains("was taken away") && !told.out.contains("no longer has to"), "{told:?}");
    // Memberships that are kept back may be those of clients.
    binds(json!([
        { "resourceType": "*" },
        { "resourceType": "DomainConfiguration" },
        { "resourceType": "Project" },
        { "resourceType": "User" },
        { "resourceType": "ProjectMembership", "criteria": "ProjectMembership?profile-type=Practitioner" },
    ]));
    export_as_super_admin(&clinic, home.path(), "c");
    assert_eq!(manifest(home.path(), "c")["parts"]["members"]["reach"], json!({ "some": "policy" }));
    let told = diff(home.path(), &["a", "c"]);
    assert!(told.out.contains("Not compared: the membership of"), "{told:?}");
    assert!(!told.out.contains("can no longer sign in by itself"), "{told:?}");
}

// platform-api §12: ordinary types are bound by the admin's own policy, which leaves records and fields out silently.
#[test]
fn what_a_policy_leaves_out_is_said() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic);
    export(home.path(), "a");
    assert_eq!(manifest(home.path(), "a")["parts"]["clients"]["reach"], "all");
    let policy = json!({
        "resourceType": "AccessPolicy",
        "name": "Narrow",
        "meta": { "project": clinic.facts.project_id },
        "resource": [
            { "resourceType": "AccessPolicy", "hiddenFields": ["ipAccessRule"] },
            { "resourceType": "ClientApplication", "criteria": "ClientApplication?name=Ward Rota" },
        ],
    });
    let policy = clinic.running.state.write().system_create(policy).unwrap();
    let user = clinic.running.state.read().find_by("User", "email", &clinic.facts.project_admin.email);
    let user = format!("User/{}", user[0]["id"].as_str().unwrap());
    change(&clinic.running, "ProjectMembership", "user", &user, |membership| {
        membership["accessPolicy"] =
            json!({ "reference": format!("AccessPolicy/{}", policy["id"].as_str().unwrap()) });
    });
    export(home.path(), "b");
    let parts = manifest(home.path(), "b")["parts"].clone();
    assert_eq!(parts["clients"], json!({ "records": 1, "reach": { "some": "policy" } }));
    assert_eq!((&parts["policies"]["reach"], &parts["members"]["reach"]), (&json!("all"), &json!("all")));
    assert!(
        file(home.path(), "b/policies.json").contains("\"address_rules\": {\n      \"unknown\": \"policy\"")
    );
    let told = diff(home.path(), &["a", "b"]);
    assert!(!told.out.contains("is gone") && !told.out.contains("was taken away"), "{told:?}");
    assert!(told.out.contains("unknown in the second (your access policy does not allow it)"), "{told:?}");
}
