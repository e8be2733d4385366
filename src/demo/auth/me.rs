//! `/auth/me`: who the caller is and what they may do; and the end of own sessions.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::auth_state::Shared;
use super::super::caller::Caller;
use super::super::lookup::{self, Wanted, reference_text};
use super::super::outcome::Outcome;
use super::super::records;
use super::body::{Fields, Signed};
use super::mfa::enrolled_methods;
use super::refusal::{Refusal, ok_json};

/// Sessions are listed when they were touched within this many seconds, and no more than 20 of them.
const FRESH_SECONDS: i64 = 3_600;
const MOST_SESSIONS: usize = 20;

/// `200 "All OK"`.
pub fn all_ok() -> Response {
    Outcome::ok().into_response()
}

/// The named members of a resource, in this order, leaving out absent ones.
fn pick(resource: &Value, names: &[&str]) -> Value {
    let mut out = json!({});
    for name in names {
        if let Some(value) = resource.get(*name).filter(|v| !v.is_null()) {
            out[*name] = value.clone();
        }
    }
    out
}

pub(super) async fn me(State(state): State<Shared>, Signed(caller): Signed) -> Result<Response, Refusal> {
    let membership = &caller.membership;
    let user = records::read_reference(&state, &membership["user"])?;
    let profile = records::read_reference(&state, &membership["profile"])?;
    let human = user["resourceType"] == "User";
    let mut body = json!({});
    if human {
        body["user"] = pick(&user, &["resourceType", "id", "email", "identifier"]);
    }
    body["project"] = pick(
        &caller.project,
        &["resourceType", "id", "name", "features", "description", "strictMode", "superAdmin"],
    );
    body["membership"] = pick(membership, &["resourceType", "id", "identifier", "user", "profile", "admin"]);
    body["profile"] = profile;
    body["config"] = configuration(&state, &caller)?;
    body["accessPolicy"] = caller.access.policy.clone();
    if human {
        body["security"] = security(&state, &caller, &user);
    }
    Ok(ok_json(&body))
}

fn security(state: &Shared, caller: &Caller, user: &Value) -> Value {
    let since = records::iso(records::now(state) - FRESH_SECONDS);
    let sessions: Vec<Value> = records::logins_of_user(state, &reference_text(user))
        .iter()
        .filter(|login| {
            login["revoked"] != true
                && login["membership"].is_object()
                && login["meta"]["lastUpdated"].as_str().is_some_and(|at| at >= since.as_str())
        })
        .take(MOST_SESSIONS)
        .map(|login| {
            let mut session = json!({
                "id": login["id"],
                "lastUpdated": login["meta"]["lastUpdated"],
                "authMethod": login["authMethod"],
                "remoteAddress": login["remoteAddress"],
            });
            if let Some(agent) = login["userAgent"].as_str() {
                let (browser, os) = browser_and_os(agent);
                session["browser"] = json!(browser);
                if !os.is_empty() {
                    session["os"] = json!(os);
                }
            }
            session["project"] = login["project"].clone();
            session
        })
        .collect();
    let project = caller.project["id"].as_str();
    let memberships: Vec<Value> = lookup::memberships(state, user, Wanted { project, ..Wanted::default() })
        .iter()
        .map(|m| pick(m, &["resourceType", "id", "identifier", "profile", "admin"]))
        .collect();
    let required = user["mfaRequired"] == true
        || caller.project["setting"].as_array().is_some_and(|settings| {
            settings.iter().any(|s| s["name"] == "mfaRequired" && s["valueBoolean"] == true)
        });
    json!({
        "mfaEnrolled": !enrolled_methods(user).is_empty(),
        "mfaRequired": required,
        "sessions": sessions,
        "memberships": memberships,
    })
}

/// Name of the browser and of the system in a `User-Agent`; empty when unknown.
fn browser_and_os(agent: &str) -> (&'static str, &'static str) {
    let browser = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark))
    .map_or("", |(_, name)| name);
    let os = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Mac OS X", "Mac OS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark))
    .map_or("", |(_, name)| name);
    (browser, os)
}

/// The menu of the web app: the member's own configuration, or the default one by role.
fn configuration(state: &Shared, caller: &Caller) -> Result<Value, Refusal> {
    if caller.membership["userConfiguration"].is_object() {
        return Ok(records::read_reference(state, &caller.membership["userConfiguration"])?);
    }
    let links = |pairs: &[(&str, &str)]| -> Vec<Value> {
        pairs.iter().map(|(name, target)| json!({"name": name, "target": target})).collect()
    };
    let favourites =
        ["Patient", "Practitioner", "Organization", "ServiceRequest", "DiagnosticReport", "Questionnaire"]
            .map(|kind| json!({"name": kind, "target": format!("/{kind}")}));
    let mut menu = vec![json!({"title": "Favorites", "link": favourites})];
    let super_admin = caller.project["superAdmin"] == true;
    if caller.membership["admin"] == true {
        let mut admin = links(&[
            ("Project", "/admin/project"),
            ("AccessPolicy", "/AccessPolicy"),
            ("Subscriptions", "/Subscription"),
            ("Batch", "/batch"),
        ]);
        if !super_admin {
            admin.extend(links(&[("Config", "/admin/config")]));
        }
        menu.push(json!({"title": "Admin", "link": admin}));
    }
    if super_admin {
        let links = links(&[
            ("Projects", "/Project"),
            ("Super Config", "/admin/super"),
            ("Super AsyncJob", "/admin/super/asyncjob"),
            ("Super DB", "/admin/super/db"),
        ]);
        menu.push(json!({"title": "Super Admin", "link": links}));
    }
    Ok(json!({"resourceType": "UserConfiguration", "menu": menu}))
}

pub(super) async fn revoke(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Result<Response, Refusal> {
    if Uuid::parse_str(body.text("loginId")).is_err() {
        return Err(Refusal::fields(&[("loginId", "Login ID is required.")]));
    }
    let mut login = records::read(&state, "Login", body.text("loginId"))?;
    if login["user"]["reference"] != caller.membership["user"]["reference"] {
        return Err(Refusal::not_found());
    }
    login["revoked"] = json!(true);
    records::update(&state, login)?;
    Ok(all_ok())
}
