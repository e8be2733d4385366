//! Second factors: status, enrolment, use at sign-in, removal (platform-api §5).

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::auth_state::Shared;
use super::super::{caller::Caller, records, session, totp};
use super::body::{Fields, Signed};
use super::login::{answer, missing};
use super::me::all_ok;
use super::refusal::{Refusal, ok_json};

const EMAIL_CODE_SECONDS: i64 = 20 * 60;

/// A project's settings about factors.
struct Rules {
    required: bool,
    allowed: Vec<String>,
    brand: String,
}

fn setting<'a>(project: &'a Value, name: &str) -> Option<&'a Value> {
    project["setting"].as_array()?.iter().find(|s| s["name"] == name)
}

fn rules_of(project: &Value) -> Rules {
    let text = |name: &str| setting(project, name).and_then(|s| s["valueString"].as_str());
    let allowed: Vec<String> = text("allowedMfaMethods")
        .unwrap_or("totp")
        .split(',')
        .map(str::trim)
        .filter(|m| matches!(*m, "totp" | "email"))
        .map(ToOwned::to_owned)
        .collect();
    Rules {
        required: setting(project, "mfaRequired").is_some_and(|s| s["valueBoolean"] == true),
        allowed: if allowed.is_empty() { vec!["totp".into()] } else { allowed },
        brand: text("appName").unwrap_or("medplum.com").to_owned(),
    }
}

fn rules_of_login(state: &Shared, login: &Value) -> Rules {
    let project = records::read_reference(state, &login["project"]).unwrap_or(Value::Null);
    rules_of(&project)
}

/// The factors a user has; an enrolled user without a list has `totp`.
pub fn enrolled_methods(user: &Value) -> Vec<String> {
    if user["mfaEnrolled"] != true {
        return Vec::new();
    }
    let listed: Vec<String> = user["mfaMethod"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|m| m.as_str().map(ToOwned::to_owned))
        .collect();
    if listed.is_empty() { vec!["totp".into()] } else { listed }
}

/// Gives the user a secret when there is none yet; that writes a version (platform-api §14.18).
fn with_secret(state: &Shared, user: &Value) -> Result<Value, Refusal> {
    if user["mfaSecret"].is_string() {
        return Ok(user.clone());
    }
    let mut user = user.clone();
    user["mfaSecret"] = json!(totp::new_secret());
    Ok(records::update(state, user)?)
}

fn enroll_uri(user: &Value, brand: &str) -> String {
    let quote = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
    };
    format!(
        "otpauth://totp/{}:{}?secret={}&period=30&digits=6&algorithm=SHA1&issuer={}",
        quote(brand),
        quote(user["email"].as_str().unwrap_or_default()),
        user["mfaSecret"].as_str().unwrap_or_default(),
        quote(brand)
    )
}

/// A QR code as an SVG data URL.
fn qr_code(text: &str) -> String {
    let Ok(code) = qrcode::QrCode::new(text) else { return String::new() };
    let width = code.width();
    let mut path = String::new();
    for (i, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Dark {
            // Writing into a String cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", i % width + 4, i / width + 4);
        }
    }
    let side = width + 8;
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>"##
    );
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

/// What a password login still needs about factors; `None` when nothing.
pub fn needed(state: &Shared, login: &Value, user: &Value) -> Result<Option<Value>, Refusal> {
    let methods = enrolled_methods(user);
    let rules = rules_of_login(state, login);
    if methods.is_empty() {
        if !rules.required && user["mfaRequired"] != true {
            return Ok(None);
        }
        let user = with_secret(state, user)?;
        let uri = enroll_uri(&user, &rules.brand);
        return Ok(Some(json!({
            "login": login["id"],
            "mfaEnrollRequired": true,
            "enrollUri": uri,
            "enrollQrCode": qr_code(&uri),
            "allowedMfaMethods": rules.allowed,
        })));
    }
    if methods == ["email"] && !login["emailMfa"].is_object() {
        send_code(state, "Login", login, user)?;
    }
    Ok(Some(json!({
        "login": login["id"],
        "mfaRequired": true,
        "mfaMethods": methods,
        "email": user["email"],
    })))
}

fn hash_of(code: &str) -> String {
    STANDARD.encode(Sha256::digest(code))
}

/// Mails a fresh six-digit code and remembers its hash on the holder (a Login, or a User for an own challenge).
fn send_code(state: &Shared, kind: &str, holder: &Value, user: &Value) -> Result<(), Refusal> {
    let code = format!("{:06}", rand::random_range(0..1_000_000));
    let challenge = json!({
        "codeHash": hash_of(&code),
        "expiresAt": records::iso(records::now(state) + EMAIL_CODE_SECONDS),
    });
    if kind == "Login" {
        let mut login = holder.clone();
        login["emailMfa"] = challenge;
        records::update(state, login)?;
    } else {
        state.auth().keep_challenge(holder["id"].as_str().unwrap_or_default(), challenge);
    }
    records::mail(state, user["email"].as_str().unwrap_or_default(), "Your sign-in code", &code)
        .map_err(|_| Refusal::Broken)
}

/// Does the code fit the mailed one? `Err` when it came too late.
fn mailed_code_fits(state: &Shared, challenge: &Value, token: &str) -> Result<bool, Refusal> {
    if challenge["codeHash"] != *hash_of(token) {
        return Ok(false);
    }
    if challenge["expiresAt"].as_str().unwrap_or_default() < records::now_iso(state).as_str() {
        return Err(Refusal::bad_request("MFA code expired"));
    }
    Ok(true)
}

fn totp_fits(state: &Shared, user: &Value, token: &str) -> bool {
    user["mfaSecret"].as_str().is_some_and(|secret| totp::accepts(secret, token, records::now(state)))
}

fn user_of(state: &Shared, caller: &Caller) -> Result<Value, Refusal> {
    let user = records::read_reference(state, &caller.membership["user"])?;
    if user["resourceType"] == "User" {
        Ok(user)
    } else {
        Err(Refusal::bad_request("Disallowed login user type"))
    }
}

pub(super) async fn status(State(state): State<Shared>, Signed(caller): Signed) -> Result<Response, Refusal> {
    let user = with_secret(&state, &user_of(&state, &caller)?)?;
    let rules = rules_of(&caller.project);
    let uri = enroll_uri(&user, &rules.brand);
    Ok(ok_json(&json!({
        "enrolled": user["mfaEnrolled"] == true,
        "enrolledMethods": enrolled_methods(&user),
        "allowedMethods": rules.allowed,
        "mfaRequired": rules.required || user["mfaRequired"] == true,
        "email": user["email"],
        "enrollUri": uri,
        "enrollQrCode": qr_code(&uri),
    })))
}

fn add_method(user: &mut Value, method: &str) {
    let mut methods = enrolled_methods(user);
    if !methods.iter().any(|m| m == method) {
        methods.push(method.to_owned());
    }
    user["mfaEnrolled"] = json!(true);
    user["mfaMethod"] = json!(methods);
}

pub(super) async fn enroll(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Result<Response, Refusal> {
    let mut user = user_of(&state, &caller)?;
    let method = body.some("method").unwrap_or("totp").to_owned();
    if enrolled_methods(&user).contains(&method) {
        return Err(Refusal::bad_request("Already enrolled"));
    }
    if !rules_of(&caller.project).allowed.contains(&method) {
        return Err(Refusal::bad_request("MFA method not allowed"));
    }
    if method == "totp" && !user["mfaSecret"].is_string() {
        return Err(Refusal::bad_request("Secret not found"));
    }
    let token = body.some("token").ok_or_else(|| Refusal::bad_request("Missing token"))?;
    let fits = if method == "totp" {
        totp_fits(&state, &user, token)
    } else {
        let challenge = state.auth().challenge(user["id"].as_str().unwrap_or_default());
        mailed_code_fits(&state, &challenge, token)?
    };
    if !fits {
        return Err(Refusal::bad_request("Invalid token"));
    }
    add_method(&mut user, &method);
    records::update(&state, user)?;
    Ok(all_ok())
}

pub(super) async fn send_challenge(
    State(state): State<Shared>,
    Signed(caller): Signed,
) -> Result<Response, Refusal> {
    let user = user_of(&state, &caller)?;
    let allowed = rules_of(&caller.project).allowed.iter().any(|m| m == "email");
    if !allowed && !enrolled_methods(&user).iter().any(|m| m == "email") {
        return Err(Refusal::bad_request("Email MFA not available"));
    }
    send_code(&state, "User", &user, &user)?;
    Ok(all_ok())
}

/// Takes a factor away from a user; removing `totp` (or everything) rotates the secret. Writes nothing.
pub fn without_method(mut user: Value, method: Option<&str>) -> Value {
    let methods: Vec<String> =
        enrolled_methods(&user).into_iter().filter(|m| method.is_some_and(|gone| gone != m)).collect();
    if method.is_none_or(|m| m == "totp") {
        user["mfaSecret"] = json!(totp::new_secret());
    }
    user["mfaEnrolled"] = json!(!methods.is_empty());
    if methods.is_empty() {
        if let Some(fields) = user.as_object_mut() {
            fields.remove("mfaMethod");
        }
    } else {
        user["mfaMethod"] = json!(methods);
    }
    user
}

pub(super) async fn disable(
    State(state): State<Shared>,
    Signed(caller): Signed,
    body: Fields,
) -> Result<Response, Refusal> {
    let user = user_of(&state, &caller)?;
    let methods = enrolled_methods(&user);
    if methods.is_empty() {
        return Err(Refusal::bad_request("User not enrolled in MFA"));
    }
    let method = body.some("method");
    if let Some(method) = method {
        if !matches!(method, "totp" | "email") {
            return Err(Refusal::bad_request("Invalid method"));
        }
        if !methods.iter().any(|m| m == method) {
            return Err(Refusal::bad_request("User not enrolled in MFA method"));
        }
    }
    let token = body.some("token").ok_or_else(|| Refusal::bad_request("Missing token"))?;
    let challenge = state.auth().challenge(user["id"].as_str().unwrap_or_default());
    if !totp_fits(&state, &user, token) && !mailed_code_fits(&state, &challenge, token)? {
        return Err(Refusal::bad_request("Invalid token"));
    }
    let last = method.is_none_or(|gone| methods.iter().all(|m| m == gone));
    if last && (rules_of(&caller.project).required || user["mfaRequired"] == true) {
        return Err(Refusal::bad_request("Cannot remove the last MFA factor because MFA is required"));
    }
    records::update(&state, without_method(user, method))?;
    Ok(all_ok())
}

pub(super) async fn login_enroll(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let mut login = session::login(&state, body.text("login"))?;
    let mut user = records::read_reference(&state, &login["user"])?;
    if user["mfaEnrolled"] == true {
        return Err(Refusal::bad_request("Already enrolled"));
    }
    session::check_open(&login)?;
    let method = body.some("method").unwrap_or("totp").to_owned();
    if !rules_of_login(&state, &login).allowed.contains(&method) {
        return Err(Refusal::bad_request("MFA method not allowed"));
    }
    if method == "email" && body.some("token").is_none() {
        send_code(&state, "Login", &login, &user)?;
        let login = session::login(&state, body.text("login"))?;
        return answer(&state, &login);
    }
    if method == "totp" && !user["mfaSecret"].is_string() {
        return Err(Refusal::bad_request("Secret not found"));
    }
    let token = body.some("token").ok_or_else(|| Refusal::bad_request("Missing token"))?;
    let fits = if method == "totp" {
        totp_fits(&state, &user, token)
    } else {
        mailed_code_fits(&state, &login["emailMfa"], token)?
    };
    if !fits {
        return Err(Refusal::bad_request("Invalid MFA token"));
    }
    add_method(&mut user, &method);
    records::update(&state, user)?;
    login["mfaVerified"] = json!(true);
    let login = records::update(&state, login)?;
    answer(&state, &login)
}

fn check_waiting(login: &Value) -> Result<(), Refusal> {
    session::check_open(login)?;
    if login["mfaVerified"] == true {
        return Err(Refusal::bad_request("Login already verified"));
    }
    Ok(())
}

pub(super) async fn verify(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login"), ("token", "Missing token")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let mut login = session::login(&state, body.text("login"))?;
    check_waiting(&login)?;
    let user = records::read_reference(&state, &login["user"])?;
    let token = body.text("token");
    if !mailed_code_fits(&state, &login["emailMfa"], token)? {
        if enrolled_methods(&user).is_empty() || !user["mfaSecret"].is_string() {
            return Err(Refusal::bad_request("User not enrolled in MFA"));
        }
        if !enrolled_methods(&user).iter().any(|m| m == "totp") || !totp_fits(&state, &user, token) {
            return Err(Refusal::bad_request("Invalid MFA token"));
        }
    }
    login["mfaVerified"] = json!(true);
    if let Some(fields) = login.as_object_mut() {
        fields.remove("emailMfa");
    }
    let login = records::update(&state, login)?;
    answer(&state, &login)
}

pub(super) async fn send_login_code(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let problems = missing(&body, &[("login", "Missing login")]);
    if !problems.is_empty() {
        return Err(Refusal::fields(&problems));
    }
    let login = session::login(&state, body.text("login"))?;
    check_waiting(&login)?;
    let user = records::read_reference(&state, &login["user"])?;
    if !enrolled_methods(&user).iter().any(|m| m == "email") {
        return Err(Refusal::bad_request("User not enrolled in email MFA"));
    }
    send_code(&state, "Login", &login, &user)?;
    Ok(all_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolled_user_without_a_list_counts_as_totp() {
        assert_eq!(enrolled_methods(&json!({"mfaEnrolled": true})), ["totp"]);
        assert!(enrolled_methods(&json!({"mfaMethod": ["totp"]})).is_empty());
    }

    #[test]
    fn removing_totp_rotates_the_secret_and_keeps_the_other_factor() {
        let user = json!({"mfaEnrolled": true, "mfaMethod": ["totp", "email"], "mfaSecret": "OLD"});
        let after = without_method(user, Some("totp"));
        assert_eq!(after["mfaMethod"], json!(["email"]));
        assert_eq!(after["mfaEnrolled"], true);
        assert_ne!(after["mfaSecret"], "OLD");
    }
}
