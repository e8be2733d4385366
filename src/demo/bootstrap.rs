//! What a fresh platform holds (platform-api §16): the super admin and their project, and the base definitions' project.

use serde_json::{Value, json};

use super::access::R4_PROJECT;
use super::caller::reference_to;
use super::outcome::Outcome;
use super::state::State;

/// Cheap on purpose: the embedded platform guards nothing, and tests sign in often.
pub const BCRYPT_COST: u32 = 4;

/// Fills a fresh store. An error names what could not be made.
pub fn fill(state: &State, (email, password): &(String, String)) -> Result<(), String> {
    let hash = bcrypt::hash(password, BCRYPT_COST).map_err(|e| e.to_string())?;
    let made = || -> Result<(), Outcome> {
        let store = &mut *state.write();
        let user = store.system_create(json!({
            "resourceType": "User",
            "firstName": "Medplum",
            "lastName": "Admin",
            "email": email.to_lowercase(),
            "passwordHash": hash,
        }))?;
        let project = store.system_create(json!({
            "resourceType": "Project",
            "name": "Super Admin",
            "owner": reference_to(&user),
            "superAdmin": true,
            "strictMode": true,
        }))?;
        store.system_create(json!({"resourceType": "Project", "id": R4_PROJECT, "name": "FHIR R4"}))?;
        let practitioner = store.system_create(json!({
            "resourceType": "Practitioner",
            "meta": {"project": project["id"]},
            "name": [{"given": ["Medplum"], "family": "Admin"}],
            "telecom": [{"system": "email", "use": "work", "value": email.to_lowercase()}],
        }))?;
        store.system_create(json!({
            "resourceType": "ProjectMembership",
            "project": reference_to(&project),
            "user": reference_to(&user),
            "profile": reference_to(&practitioner),
            "admin": true,
        }))?;
        Ok(())
    };
    made().map_err(|outcome| outcome.text().to_owned())
}

/// The super admin's project of a platform.
pub fn super_project(state: &State) -> Option<Value> {
    state.read().find_by("Project", "name", "Super Admin").into_iter().find(|p| p["superAdmin"] == true)
}
