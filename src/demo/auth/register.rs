//! Open registration: a user, a project of their own, or a patient in a project that allows it.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::auth_state::Shared;
use super::super::tokens::random_hex;
use super::super::{lookup, policies, records, session};
use super::body::{Fields, Visit, is_email, password_problem};
use super::login::{answer, missing, request_of};
use super::password::hash_password;
use super::refusal::{Refusal, ok_json};

fn length_problem(text: &str, least: usize, most: usize) -> bool {
    !(least..=most).contains(&text.chars().count())
}

pub(super) async fn new_user(
    State(state): State<Shared>,
    visit: Visit,
    body: Fields,
) -> Result<Response, Refusal> {
    let email = body.text("email").to_lowercase();
    let mut problems = Vec::new();
    if length_problem(body.text("firstName"), 1, 128) {
        problems.push(("firstName", "First name must be between 1 and 128 characters"));
    }
    if length_problem(body.text("lastName"), 1, 128) {
        problems.push(("lastName", "Last name must be between 1 and 128 characters"));
    }
    if !is_email(&email) || length_problem(&email, 3, 72) {
        problems.push(("email", "Valid email address between 3 and 72 characters is required"));
    }
    if let Some(problem) = password_problem(body.text("password")) {
        problems.push(("password", problem));
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let client = body.some("clientId").map(|id| session::client(&state, id)).transpose()?;
    let of_client = client.as_ref().and_then(session::project_of_client);
    let named = body.some("projectId").filter(|p| *p != "new");
    if let (Some(own), Some(named)) = (of_client, named)
        && own != named
    {
        return Err(Refusal::bad_request("Client and project do not match"));
    }
    let project = named.or(of_client);
    if let Some(project) = project {
        let project = records::read(&state, "Project", project)?;
        if !project["defaultPatientAccessPolicy"].is_object() {
            return Err(Refusal::bad_request("Project does not allow open registration"));
        }
    }
    if lookup::user_in_scope(&state, &email, project).is_some() {
        return Err(Refusal::at("Email already registered", "email"));
    }
    let mut user = json!({
        "resourceType": "User",
        "firstName": body.text("firstName"),
        "lastName": body.text("lastName"),
        "email": email,
        "passwordHash": hash_password(body.text("password"))?,
    });
    if let Some(project) = project {
        user["project"] = records::reference_by_id(&state, "Project", project);
    }
    let user = records::create(&state, project, user)?;
    let mut request = request_of(&state, &body)?;
    request.no_membership = true;
    session::check_request(&request)?;
    let login = session::start(&state, &request, &user, "password", &visit)?;
    Ok(ok_json(&json!({"login": login["id"], "emailVerificationRequired": false})))
}

/// A new project with what every project starts with (platform-api §3.1 `newproject`), and its owner's membership
/// when there is an owner.
pub fn create_project(
    state: &Shared,
    name: &str,
    owner: Option<&Value>,
) -> Result<(Value, Option<Value>), Refusal> {
    let mut project = json!({"resourceType": "Project", "name": name, "strictMode": true});
    if let Some(owner) = owner {
        project["owner"] = records::reference_to(owner);
    }
    let mut project = records::create(state, None, project)?;
    let id = project["id"].as_str().unwrap_or_default().to_owned();
    let mut defaults = Vec::new();
    for (profile_type, policy_name) in policies::DEFAULTS {
        let policy = records::create(state, Some(&id), policies::default_policy(profile_type, policy_name))?;
        defaults.push(json!({"profileType": profile_type, "accessPolicy": records::reference_to(&policy)}));
    }
    project["defaultPatientAccessPolicy"] = defaults[0]["accessPolicy"].clone();
    project["defaultAccessPolicies"] = Value::Array(defaults);
    let project = records::update(state, project)?;
    let client = json!({
        "resourceType": "ClientApplication",
        "name": format!("{name} Default Client"),
        "description": format!("Default client for {name}"),
        "secret": random_hex(32),
    });
    let client = records::create(state, Some(&id), client)?;
    create_membership(state, &project, &client, &client, false)?;
    let Some(owner) = owner else { return Ok((project, None)) };
    let profile = create_profile(state, &id, "Practitioner", owner)?;
    let membership = create_membership(state, &project, owner, &profile, true)?;
    Ok((project, Some(membership)))
}

fn create_profile(state: &Shared, project: &str, kind: &str, user: &Value) -> Result<Value, Refusal> {
    let mut profile = json!({
        "resourceType": kind,
        "name": [{"given": [user["firstName"]], "family": user["lastName"]}],
    });
    if let Some(email) = user["email"].as_str() {
        profile["telecom"] = json!([{"system": "email", "use": "work", "value": email}]);
    }
    Ok(records::create(state, Some(project), profile)?)
}

fn create_membership(
    state: &Shared,
    project: &Value,
    user: &Value,
    profile: &Value,
    admin: bool,
) -> Result<Value, Refusal> {
    let mut membership = json!({
        "resourceType": "ProjectMembership",
        "project": records::reference_to(project),
        "user": records::reference_to(user),
        "profile": records::reference_to(profile),
    });
    if admin {
        membership["admin"] = json!(true);
    }
    Ok(records::create(state, project["id"].as_str(), membership)?)
}

pub(super) async fn new_project(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let mut problems = missing(&body, &[("login", "Missing login")]);
    if length_problem(body.text("projectName"), 4, 72) {
        problems.push(("projectName", "Project name must be between 4 and 72 characters"));
    }
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let login = session::login(&state, body.text("login"))?;
    session::check_open(&login)?;
    if login["membership"].is_object() {
        return Err(Refusal::bad_request("Login already has a membership"));
    }
    let user = records::read_reference(&state, &login["user"])?;
    let (_, membership) = create_project(&state, body.text("projectName"), Some(&user))?;
    let id = membership.as_ref().and_then(|m| m["id"].as_str()).unwrap_or_default().to_owned();
    let login = session::set_membership(&state, login, &id)?;
    answer(&state, &login)
}

pub(super) async fn new_patient(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login"), ("projectId", "Missing projectId")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let login = session::login(&state, body.text("login"))?;
    session::check_open(&login)?;
    if login["membership"].is_object() {
        return Err(Refusal::bad_request("Login already has a membership"));
    }
    let project = records::read(&state, "Project", body.text("projectId"))?;
    let id = project["id"].as_str().unwrap_or_default().to_owned();
    if !project["defaultPatientAccessPolicy"].is_object() {
        return Err(Refusal::bad_request("Project does not allow open registration"));
    }
    let user = records::read_reference(&state, &login["user"])?;
    if lookup::id_of(&user["project"]) != id {
        return Err(Refusal::bad_request("User must be scoped to the project"));
    }
    let profile = create_profile(&state, &id, "Patient", &user)?;
    let membership = json!({
        "resourceType": "ProjectMembership",
        "project": records::reference_to(&project),
        "user": records::reference_to(&user),
        "profile": records::reference_to(&profile),
        "access": [{
            "policy": project["defaultPatientAccessPolicy"],
            "parameter": [{"name": "patient", "valueReference": records::reference_to(&profile)}],
        }],
    });
    let membership = records::create(&state, Some(&id), membership)?;
    let login = session::set_membership(&state, login, membership["id"].as_str().unwrap_or_default())?;
    answer(&state, &login)
}
