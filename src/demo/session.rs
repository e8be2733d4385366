//! Logins: one sign-in attempt, and the session that comes out of it (platform-api §3.1, §9.6).

use serde_json::{Value, json};
use uuid::Uuid;

use super::auth::body::Visit;
use super::auth::mfa;
use super::auth::refusal::Refusal;
use super::auth_state::Shared;
use super::lookup::{self, Wanted, id_of, reference_text};
use super::records;
use super::tokens::random_hex;

/// Everything a sign-in attempt says about itself before the user is known.
#[derive(Debug, Default)]
pub struct Request {
    /// The client, when one was named. Built-in clients have no project.
    pub client: Option<Value>,
    /// The project that the sign-in is for.
    pub project: Option<String>,
    /// Requested scope.
    pub scope: String,
    /// Nonce for the id token.
    pub nonce: Option<String>,
    /// SMART launch id.
    pub launch: Option<String>,
    /// PKCE challenge and method.
    pub challenge: Option<String>,
    /// `S256` or `plain`.
    pub challenge_method: Option<String>,
    /// Ask for a refresh token whatever the scope says.
    pub remember: bool,
    /// Only memberships with this profile type.
    pub profile_type: Option<String>,
    /// Only this membership.
    pub membership: Option<String>,
    /// Take the first membership when several are left (token exchange).
    pub take_first: bool,
    /// No membership yet: the user is about to create a project.
    pub no_membership: bool,
    /// The page that asks (`Origin`); only the password page sends it.
    pub origin: Option<String>,
}

/// The built-in client of the platform's own command line (platform-api §3.2).
pub const CLI_CLIENT: &str = "medplum-cli";

/// The client of an id: a ClientApplication or the built-in one.
pub fn client(state: &Shared, id: &str) -> Result<Value, Refusal> {
    if id == CLI_CLIENT {
        return Ok(json!({
            "resourceType": "ClientApplication",
            "id": CLI_CLIENT,
            "name": "Medplum CLI",
            "redirectUris": ["http://localhost:9615"],
            "pkceOptional": true,
        }));
    }
    Ok(records::read(state, "ClientApplication", id)?)
}

/// The project that a client belongs to.
pub fn project_of_client(client: &Value) -> Option<&str> {
    client["meta"]["project"].as_str()
}

fn check_challenge(request: &Request) -> Result<(), Refusal> {
    if request.client.as_ref().is_some_and(|c| c["pkceOptional"] == true) {
        return Ok(());
    }
    match (request.challenge.as_deref(), request.challenge_method.as_deref()) {
        (None, Some(_)) => Err(Refusal::at("Invalid code challenge", "code_challenge")),
        (None, None) | (Some(_), Some("S256" | "plain")) => Ok(()),
        (Some(_), _) => Err(Refusal::at("Invalid code challenge method", "code_challenge_method")),
    }
}

fn wants_refresh(request: &Request) -> bool {
    request.remember
        || request.scope.split(' ').any(|s| s == "offline_access" || s == "offline")
        || request.client.as_ref().is_some_and(|c| {
            c["grantType"].as_array().is_some_and(|types| types.iter().any(|t| t == "refresh_token"))
        })
}

/// Are origin and challenge in order? To be asked before the user is looked up, as the platform does.
pub fn check_request(request: &Request) -> Result<(), Refusal> {
    let allowed = request.client.as_ref().and_then(|c| c["allowedOrigin"].as_array());
    if let (Some(allowed), Some(origin)) = (allowed, &request.origin)
        && !allowed.iter().any(|a| a == origin)
    {
        return Err(Refusal::bad_request("Invalid origin"));
    }
    check_challenge(request)
}

/// Creates the Login of an identified user and, when only one membership fits, chooses it.
pub fn start(
    state: &Shared,
    request: &Request,
    user: &Value,
    auth_method: &str,
    visit: &Visit,
) -> Result<Value, Refusal> {
    let mut login = json!({"resourceType": "Login"});
    if let Some(project) = &request.project {
        login["project"] = records::reference_by_id(state, "Project", project);
    }
    if let Some(client) = &request.client {
        login["client"] = json!({"reference": reference_text(client), "display": client["name"]});
    }
    if let Some(profile_type) = &request.profile_type {
        login["profileType"] = json!(profile_type);
    }
    login["user"] = records::reference_to(user);
    login["authMethod"] = json!(auth_method);
    login["authTime"] = json!(records::now_iso(state));
    login["code"] = json!(random_hex(16));
    login["cookie"] = json!(random_hex(32));
    if wants_refresh(request) {
        login["refreshSecret"] = json!(random_hex(32));
    }
    login["scope"] = json!(request.scope);
    login["nonce"] = json!(request.nonce.clone().unwrap_or_else(|| Uuid::new_v4().to_string()));
    for (name, value) in [
        ("launch", request.launch.as_ref().map(|l| json!({"reference": format!("SmartAppLaunch/{l}")}))),
        ("codeChallenge", request.challenge.as_ref().map(|c| json!(c))),
        ("codeChallengeMethod", request.challenge_method.as_ref().map(|c| json!(c))),
        ("userAgent", visit.user_agent.as_ref().map(|a| json!(a))),
    ] {
        if let Some(value) = value {
            login[name] = value;
        }
    }
    login["remoteAddress"] = json!(visit.address);
    // An attempt that ends here leaves its Login behind, as the platform has it (platform-api §13).
    let login = records::create(state, None, login)?;
    let memberships = if request.no_membership {
        Vec::new()
    } else {
        let found = lookup::memberships(
            state,
            user,
            Wanted {
                project: request.project.as_deref(),
                membership: request.membership.as_deref(),
                profile_type: request.profile_type.as_deref(),
            },
        );
        if found.is_empty() {
            return Err(Refusal::bad_request("User not found"));
        }
        found
    };
    match memberships.first() {
        Some(only) if memberships.len() == 1 || request.take_first => {
            set_membership(state, login, only["id"].as_str().unwrap_or_default())
        }
        _ => Ok(login),
    }
}

/// The live Login of an id.
pub fn login(state: &Shared, id: &str) -> Result<Value, Refusal> {
    Ok(records::read(state, "Login", id)?)
}

/// Refuses a Login that has been revoked or already turned into tokens.
pub fn check_open(login: &Value) -> Result<(), Refusal> {
    if login["revoked"] == true {
        return Err(Refusal::bad_request("Login revoked"));
    }
    if login["granted"] == true {
        return Err(Refusal::bad_request("Login granted"));
    }
    Ok(())
}

/// Sets the membership on a Login after every gate has been passed.
pub fn set_membership(state: &Shared, mut login: Value, membership_id: &str) -> Result<Value, Refusal> {
    check_open(&login)?;
    if login["membership"].is_object() {
        return Err(Refusal::bad_request("Login profile already set"));
    }
    let membership = records::read(state, "ProjectMembership", membership_id)
        .map_err(|_| Refusal::bad_request("Profile not found"))?;
    if membership["user"]["reference"] != login["user"]["reference"] {
        return Err(Refusal::bad_request("Invalid profile"));
    }
    if membership["active"] == false {
        return Err(Refusal::bad_request("Profile not active"));
    }
    let method = login["authMethod"].as_str().unwrap_or_default().to_owned();
    let address = login["remoteAddress"].as_str().unwrap_or_default().to_owned();
    lookup::check_gates(state, &membership, &method, &address)?;
    login["project"] = records::reference_by_id(state, "Project", id_of(&membership["project"]));
    login["membership"] = json!({"reference": format!("ProjectMembership/{membership_id}")});
    Ok(records::update(state, login)?)
}

/// What the login still needs, or its code: the table of platform-api §3.1. May write to the user (a fresh factor
/// secret) and to the login (an e-mailed code).
pub fn result(state: &Shared, login: &Value) -> Result<Value, Refusal> {
    let id = &login["id"];
    if login["authMethod"] == "password" && login["mfaVerified"] != true {
        let user = records::read_reference(state, &login["user"])?;
        if let Some(needed) = mfa::needed(state, login, &user)? {
            return Ok(needed);
        }
    }
    if login["membership"].is_object() {
        return Ok(json!({"login": id, "code": login["code"]}));
    }
    let user = records::read_reference(state, &login["user"])?;
    let wanted = Wanted {
        project: login["project"]["reference"].as_str().map(|_| id_of(&login["project"])),
        profile_type: login["profileType"].as_str(),
        membership: None,
    };
    let memberships: Vec<Value> = lookup::memberships(state, &user, wanted)
        .iter()
        .map(|m| {
            let mut choice = json!({"id": m["id"], "project": m["project"], "profile": m["profile"]});
            if m["identifier"].is_array() {
                choice["identifier"] = m["identifier"].clone();
            }
            choice
        })
        .collect();
    if memberships.is_empty() {
        return Ok(json!({"login": id}));
    }
    Ok(json!({"login": id, "memberships": memberships}))
}

/// The cookie that lets a browser come back without a password, for logins at a client.
pub fn cookie(login: &Value, now: i64) -> Option<String> {
    let client = login["client"]["reference"].as_str()?.rsplit('/').next()?;
    let value = login["cookie"].as_str()?;
    let expires =
        jiff::Timestamp::from_second(now + 3_600).ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Some(format!(
        "medplum-{client}={value}; Max-Age=3600; Path=/; Expires={expires}; HttpOnly; Secure; SameSite=None"
    ))
}

/// Ends every session of a user. The platform finds at most 20 of them (platform-api §14.19).
pub fn revoke_all(state: &Shared, user: &Value) -> Result<(), Refusal> {
    for mut login in records::logins_of_user(state, &reference_text(user)).into_iter().take(20) {
        if login["revoked"] != true {
            login["revoked"] = json!(true);
            records::update(state, login)?;
        }
    }
    Ok(())
}
