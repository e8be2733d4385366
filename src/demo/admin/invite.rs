//! Invitations (platform-api §6.1): find or make the user, the profile and the membership, step by step. The steps are
//! not one transaction: what was made before a refusal stays.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::auth::body::{Fields, Signed, is_email, password_problem};
use super::super::auth::password::hash_password;
use super::super::auth_state::Shared;
use super::super::caller::reference_to;
use super::super::clock::http_date;
use super::super::fhir::{operations, repo};
use super::super::outcome::{FHIR_JSON, Issue, Outcome, Refusal, respond};
use super::super::state::State as Platform;
use super::super::store::{Store, updated_ms};
use super::super::{secrets, totp};
use super::Answer;

/// An invitation, read from a request or made by SCIM.
#[derive(Debug, Default)]
pub struct Invitation {
    /// The project invited to.
    pub project: Value,
    /// The inviter, a Reference.
    pub invited_by: Value,
    /// Everything else, under the names of platform-api §6.1.
    pub fields: Map<String, Value>,
}

/// What came of it.
#[derive(Debug)]
pub struct Invited {
    /// The user, new or known.
    pub user: Value,
    /// The membership.
    pub membership: Value,
}

impl Invitation {
    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|v| !v.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&json!(true))
    }

    fn project_reference(&self) -> String {
        format!("Project/{}", self.project["id"].as_str().unwrap_or_default())
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.get("membership").and_then(|m| m.get(name)).filter(|v| !v.is_null())
    }
}

pub(super) async fn handle(
    State(state): State<Shared>,
    Signed(caller): Signed,
    Path(project): Path<String>,
    body: Fields,
) -> Answer {
    caller.require_admin()?;
    check_fields(&body)?;
    let platform = state.platform();
    let project = if caller.is_super_admin() {
        platform.read().read("Project", &project)?
    } else {
        caller.project.clone()
    };
    let invitation = Invitation { project, invited_by: caller.membership["user"].clone(), fields: body.0 };
    let invited = run(platform, &invitation)?;
    Ok(with_version(&invited.membership))
}

fn with_version(resource: &Value) -> Response {
    let mut response = respond(StatusCode::OK, FHIR_JSON, resource.to_string());
    let version = resource["meta"]["versionId"].as_str().unwrap_or_default();
    for (name, value) in
        [(header::ETAG, format!("W/\"{version}\"")), (header::LAST_MODIFIED, http_date(updated_ms(resource)))]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn check_fields(body: &Fields) -> Result<(), Refusal> {
    let empty = |name: &str| body.0.get(name).is_none_or(|v| v.is_null() || *v == json!(""));
    let mut problems = Vec::new();
    if !["Patient", "Practitioner", "RelatedPerson"].contains(&body.text("resourceType")) {
        problems.push(("resourceType", "Resource type is required"));
    }
    if empty("firstName") {
        problems.push(("firstName", "First name is required"));
    }
    if empty("lastName") {
        problems.push(("lastName", "Last name is required"));
    }
    if !is_email(body.text("email")) && empty("externalId") {
        problems.push(("", "Either email or externalId is required"));
    }
    let patient = body.0.get("patient").and_then(|p| p.get("reference"));
    let names_patient = |p: &Value| {
        p.as_str()
            .and_then(|p| p.strip_prefix("Patient/"))
            .is_some_and(|id| !id.is_empty() && !id.contains('/'))
    };
    if patient.is_some_and(|p| !names_patient(p)) {
        problems.push(("patient.reference", "Patient must be a reference to a Patient resource"));
    }
    if let Some(password) = body.0.get("password")
        && let Some(problem) = password_problem(password.as_str().unwrap_or_default())
    {
        problems.push(("password", problem));
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal::fields(&problems)) }
}

/// Runs an invitation.
pub fn run(platform: &Platform, invitation: &Invitation) -> Result<Invited, Refusal> {
    let email = invitation.text("email").map(str::to_lowercase);
    let draft = draft_user(invitation, email.as_deref())?;
    let store = &mut *platform.write();
    let (user, is_new) = find_or_make_user(store, invitation, email.as_deref(), draft)?;
    let link = if is_new {
        Some(operations::open_link(platform, store, &user, "invite", "setpassword")?)
    } else {
        None
    };
    let profile = find_or_make_profile(store, invitation, email.as_deref())?;
    check_policies(store, invitation)?;
    let membership = find_or_make_membership(store, invitation, &user, &profile)?;
    if let Some(email) = email
        && invitation.get("sendEmail") != Some(&json!(false))
    {
        let name = invitation.project["name"].as_str().unwrap_or_default();
        let (subject, text) = match link {
            Some(link) => (
                "Welcome".to_owned(),
                format!("You were invited to {name}. Create your account here:\n\n{link}\n"),
            ),
            None => (
                format!("Welcome to {name}"),
                format!("You were invited to {name}. Sign in here:\n\n{}signin\n", platform.app_url),
            ),
        };
        // 200 with an error inside: everything was made all the same (platform-api §1.4).
        platform.mail(&email, &subject, &text).map_err(|refused| Outcome {
            issues: vec![
                Issue::error("exception", "Could not send email. Make sure you have AWS SES set up.")
                    .because(refused.0),
            ],
            ..Outcome::ok()
        })?;
    }
    Ok(Invited { user, membership })
}

fn draft_user(invitation: &Invitation, email: Option<&str>) -> Result<Value, Refusal> {
    let random = secrets::hex(16);
    let mut user = json!({
        "resourceType": "User",
        "firstName": invitation.get("firstName"),
        "lastName": invitation.get("lastName"),
        "passwordHash": hash_password(invitation.text("password").unwrap_or(&random))?,
    });
    if let Some(email) = email {
        user["email"] = json!(email);
    }
    let scope = invitation.text("scope");
    let of_project = (invitation.text("resourceType") == Some("Patient") && scope != Some("server"))
        || invitation.get("externalId").is_some_and(|e| *e != json!(""))
        || scope == Some("project");
    if of_project {
        user["meta"] = json!({"project": invitation.project["id"]});
        user["project"] = reference_to(&invitation.project);
    }
    if let Some(required) = invitation.get("mfaRequired") {
        user["mfaRequired"] = required.clone();
    }
    if invitation.is("mfaRequired") {
        user["mfaSecret"] = json!(totp::new_secret());
    }
    Ok(user)
}

fn find_or_make_user(
    store: &mut Store,
    invitation: &Invitation,
    email: Option<&str>,
    draft: Value,
) -> Result<(Value, bool), Outcome> {
    let Some(email) = email else { return Ok((repo::system_create(store, draft)?, true)) };
    let known = store.find_by("User", "email", email);
    let own = invitation.project_reference();
    let of_project = draft["project"].is_object();
    if !invitation.is("forceNewMembership") {
        // Somebody with this address, in the other scope, who is a member already.
        let clash = known.iter().any(|user| {
            let other = if of_project {
                !user["project"].is_object()
            } else {
                user["project"]["reference"] == own.as_str()
            };
            let reference = format!("User/{}", user["id"].as_str().unwrap_or_default());
            other
                && store
                    .find_by("ProjectMembership", "user", &reference)
                    .iter()
                    .any(|m| m["project"]["reference"] == own.as_str())
        });
        if clash {
            return Err(already_member());
        }
    }
    let mut same_scope = known.into_iter().filter(|user| {
        if of_project { user["project"]["reference"] == own.as_str() } else { !user["project"].is_object() }
    });
    match (same_scope.next(), same_scope.next()) {
        (None, _) => Ok((repo::system_create(store, draft)?, true)),
        (Some(user), None) => Ok((user, false)),
        _ => Err(Outcome::multiple_matches()),
    }
}

fn already_member() -> Outcome {
    Outcome::conflict("User is already a member of this project")
}

fn find_or_make_profile(
    store: &mut Store,
    invitation: &Invitation,
    email: Option<&str>,
) -> Result<Value, Outcome> {
    let kind = invitation.text("resourceType").unwrap_or("Practitioner");
    let project = invitation.project["id"].clone();
    if let Some(reference) = invitation.member("profile") {
        let profile = store.resolve(reference["reference"].as_str().unwrap_or_default())?;
        if profile["meta"]["project"] != project {
            return Err(Outcome::bad_request("Profile does not belong to project"));
        }
        if profile["resourceType"] != kind {
            return Err(Outcome::bad_request("Profile resourceType does not match request"));
        }
        return Ok(profile);
    }
    let mut draft = json!({
        "resourceType": kind,
        "meta": {"project": project},
        "name": [{"given": [invitation.get("firstName")], "family": invitation.get("lastName")}],
    });
    if let Some(email) = email {
        draft["telecom"] = json!([{"system": "email", "use": "work", "value": email}]);
    }
    let patient = invitation.get("patient").filter(|_| kind == "RelatedPerson");
    if let Some(patient) = patient {
        let reference = patient["reference"].as_str().unwrap_or_default();
        let found = store.resolve(reference).map_err(|outcome| {
            if outcome.is("not-found") {
                Outcome::bad_request(format!("Patient {reference} does not exist"))
            } else {
                outcome
            }
        })?;
        if found["meta"]["project"] != project {
            return Err(Outcome::bad_request("Patient does not belong to project"));
        }
        draft["patient"] = reference_to(&found);
    }
    let mut known = email.map_or_else(Vec::new, |email| {
        let mut all = store.find_by(kind, "email", email);
        all.retain(|p| p["meta"]["project"] == project);
        all
    });
    match known.len() {
        0 if kind == "RelatedPerson" && patient.is_none() => {
            Err(Outcome::bad_request("Patient is required to create a RelatedPerson"))
        }
        0 => repo::system_create(store, draft),
        1 => Ok(known.swap_remove(0)),
        _ => Err(Outcome::multiple_matches()),
    }
}

// `membership.accessPolicy` is not checked, as on the platform: a wrong one is stored (platform-api §6.1).
fn check_policies(store: &Store, invitation: &Invitation) -> Result<(), Outcome> {
    let of_list = |list: Option<&Value>| -> Vec<Value> {
        let all = list.and_then(Value::as_array).into_iter().flatten();
        all.map(|entry| entry["policy"].clone()).filter(Value::is_object).collect()
    };
    let mut policies: Vec<Value> = invitation.get("accessPolicy").cloned().into_iter().collect();
    policies.extend(of_list(invitation.get("access")));
    policies.extend(of_list(invitation.member("access")));
    for policy in policies {
        let reference = policy["reference"].as_str().unwrap_or_default();
        let found = store.resolve(reference).map_err(|outcome| {
            if outcome.is("not-found") {
                Outcome::bad_request(format!("Access policy {reference} does not exist"))
            } else {
                outcome
            }
        })?;
        let project = &found["meta"]["project"];
        if project.is_string() && *project != invitation.project["id"] {
            return Err(Outcome::bad_request(format!(
                "Access policy {reference} does not belong to this project"
            )));
        }
    }
    Ok(())
}

fn find_or_make_membership(
    store: &mut Store,
    invitation: &Invitation,
    user: &Value,
    profile: &Value,
) -> Result<Value, Outcome> {
    let mut details = Map::new();
    for name in ["externalId", "accessPolicy", "access", "admin"] {
        details.insert(name.to_owned(), invitation.get(name).cloned().unwrap_or_default());
    }
    details.insert("invitedBy".into(), invitation.invited_by.clone());
    if let Some(Value::Object(more)) = invitation.get("membership") {
        details.extend(more.clone());
    }
    default_policy(invitation, profile, &mut details);
    let user_reference = format!("User/{}", user["id"].as_str().unwrap_or_default());
    let own = invitation.project_reference();
    let existing = store
        .find_by("ProjectMembership", "user", &user_reference)
        .into_iter()
        .find(|m| m["project"]["reference"] == own.as_str());
    let is_forced = invitation.is("forceNewMembership");
    let mut membership = match existing {
        Some(_) if !is_forced && !invitation.is("upsert") => return Err(already_member()),
        Some(existing) if !is_forced => {
            if existing["profile"]["reference"] != reference_to(profile)["reference"] {
                return Err(Outcome::conflict(
                    "User is already a member of this project with a different profile",
                ));
            }
            existing
        }
        _ => json!({"resourceType": "ProjectMembership"}),
    };
    // What the request leaves out is taken away, `admin` too (platform-api §17).
    for (name, value) in details {
        membership[name] = value;
    }
    membership["project"] = reference_to(&invitation.project);
    membership["user"] = reference_to(user);
    membership["profile"] = reference_to(profile);
    if membership["id"].is_string() && !is_forced {
        repo::system_update(store, membership)
    } else {
        repo::system_create(store, membership)
    }
}

// Step 7 of platform-api §6.1: whoever is given no policy gets the project's default for their kind.
fn default_policy(invitation: &Invitation, profile: &Value, details: &mut Map<String, Value>) {
    let given = details.get("accessPolicy").is_some_and(Value::is_object)
        || details.get("access").and_then(Value::as_array).is_some_and(|a| !a.is_empty());
    if given {
        return;
    }
    let defaults = invitation.project["defaultAccessPolicies"].as_array();
    let default = |kind: &str| {
        defaults.into_iter().flatten().find(|d| d["profileType"] == kind).map(|d| d["accessPolicy"].clone())
    };
    match invitation.text("resourceType") {
        Some("Patient") => {
            let legacy = &invitation.project["defaultPatientAccessPolicy"];
            if let Some(policy) = default("Patient").or_else(|| Some(legacy.clone())).filter(Value::is_object)
            {
                details.insert("accessPolicy".into(), policy);
            }
        }
        Some("RelatedPerson") => {
            if let (Some(policy), true) = (default("RelatedPerson"), profile["patient"].is_object()) {
                let parameter = json!([{"name": "patient", "valueReference": profile["patient"]}]);
                details.insert("access".into(), json!([{"policy": policy, "parameter": parameter}]));
            }
        }
        _ => {
            let is_admin = details.get("admin") == Some(&json!(true));
            if let Some(policy) = default(if is_admin { "Admin" } else { "Practitioner" }) {
                details.insert("accessPolicy".into(), policy);
            }
        }
    }
}
