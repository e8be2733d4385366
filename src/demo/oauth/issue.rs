//! The tokens of a complete login (platform-api §3.3, §3.4).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::auth::refusal::Refusal;
use super::super::auth_state::Shared;
use super::super::lookup::id_of;
use super::super::tokens::{lifetime_seconds, random_hex};
use super::super::{records, session};

/// The token answer of a complete login (platform-api §3.3 "Success", §3.4); marks the login as granted.
pub fn issue(state: &Shared, mut login: Value) -> Result<Value, Refusal> {
    let membership = records::read_reference(state, &login["membership"])?;
    let project = records::read_reference(state, &login["project"])?;
    let client = match login["client"]["reference"].as_str() {
        Some(_) => Some(session::client(state, id_of(&login["client"]))?),
        None => None,
    };
    if login["granted"] != true {
        login["granted"] = json!(true);
        login = records::update(state, login)?;
    }
    let now = records::now(state);
    let lifetime = |name: &str, otherwise: i64| {
        client.as_ref().and_then(|c| c[name].as_str()).and_then(lifetime_seconds).unwrap_or(otherwise)
    };
    let access_seconds = lifetime("accessTokenLifetime", 3_600);
    let scope = login["scope"].as_str().unwrap_or("openid").to_owned();
    let has = |word: &str| scope.split(' ').any(|s| s == word);
    let user_id = id_of(&login["user"]).to_owned();
    let profile = membership["profile"]["reference"].clone();
    let base = state.base_url();

    let mut common = HashMap::new();
    if let Some(client) = &client {
        common.insert("client_id", client["id"].clone());
    }
    if has("email")
        && let Ok(user) = records::read_reference(state, &login["user"])
        && user["email"].is_string()
    {
        common.insert("email", user["email"].clone());
    }
    let sign = |mut claims: Value, seconds: i64| {
        claims["login_id"] = login["id"].clone();
        claims["jti"] = json!(random_hex(16));
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now);
        claims["iss"] = json!(base);
        claims["exp"] = json!(now + seconds);
        state.auth().key().sign(&claims).map_err(|_| Refusal::Broken)
    };
    let mut access = json!({
        "aud": base,
        "sub": user_id,
        "username": user_id,
        "scope": scope,
        "profile": profile,
    });
    let auth_time = login["authTime"].as_str().and_then(records::millis_of).unwrap_or(now * 1_000);
    let mut id = json!({"fhirUser": profile, "sub": user_id, "auth_time": auth_time as f64 / 1_000.0});
    if login["nonce"].is_string() {
        id["nonce"] = login["nonce"].clone();
    }
    for (name, value) in &common {
        access[*name] = value.clone();
        id[*name] = value.clone();
    }
    if let Some(client) = &client {
        id["aud"] = client["id"].clone();
    }

    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": access_seconds,
        "scope": scope,
        "id_token": sign(id, 3_600)?,
        "access_token": sign(access, access_seconds)?,
    });
    if let Some(secret) = login["refreshSecret"].as_str()
        && project["superAdmin"] != true
    {
        let mut refresh = json!({"aud": base, "refresh_secret": secret});
        if let Some(client) = &client {
            refresh["client_id"] = client["id"].clone();
        }
        body["refresh_token"] = json!(sign(refresh, lifetime("refreshTokenLifetime", 1_209_600))?);
    }
    body["project"] = membership["project"].clone();
    body["profile"] = membership["profile"].clone();
    add_launch(state, &mut body, &login, &profile);
    body["smart_style_url"] = json!(format!("{base}fhir/R4/.well-known/smart-styles.json"));
    body["need_patient_banner"] = json!(body["patient"].is_string());
    Ok(body)
}

/// SMART launch context: the launch's patient and encounter, or the profile when it is a patient.
pub(super) fn add_launch(state: &Shared, body: &mut Value, login: &Value, profile: &Value) {
    if login["launch"].is_object()
        && let Ok(launch) = records::read_reference(state, &login["launch"])
    {
        for name in ["patient", "encounter"] {
            if launch[name].is_object() {
                body[name] = json!(id_of(&launch[name]));
            }
        }
    }
    if let Some(id) = profile.as_str().and_then(|p| p.strip_prefix("Patient/")) {
        body["patient"] = json!(id);
    }
}
