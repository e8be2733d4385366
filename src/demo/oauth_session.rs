//! The OAuth endpoints beside the token: logout, userinfo, introspection, registration (platform-api §3.6).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::auth::body::{Fields, Signed};
use super::auth::me::all_ok;
use super::auth::refusal::{Refusal, ok_json};
use super::auth_state::Shared;
use super::lookup::id_of;
use super::outcome::{JSON, respond};
use super::{records, session};

pub(super) async fn logout(State(state): State<Shared>, Signed(caller): Signed) -> Result<Response, Refusal> {
    let mut login = caller.login.clone();
    login["revoked"] = json!(true);
    if login["authMethod"] == "client" {
        state.auth().keep_client_login(&login);
    } else {
        records::update(&state, login)?;
    }
    Ok(all_ok())
}

/// The claims that the login's scope opens.
pub(super) async fn userinfo(
    State(state): State<Shared>,
    Signed(caller): Signed,
) -> Result<Response, Refusal> {
    let login = &caller.login;
    let mut info = json!({"sub": id_of(&login["user"])});
    let has = |word: &str| login["scope"].as_str().unwrap_or_default().split(' ').any(|s| s == word);
    let profile = records::read_reference(&state, &caller.membership["profile"])?;
    if has("profile") {
        add_profile(&mut info, &caller.membership["profile"], &profile);
        if let Ok(user) = records::read_reference(&state, &login["user"])
            && let Some(email) = user["email"].as_str()
        {
            info["preferred_username"] = json!(email.split('@').next());
        }
    }
    if has("email")
        && let Ok(user) = records::read_reference(&state, &login["user"])
        && user["email"].is_string()
    {
        info["email"] = user["email"].clone();
        info["email_verified"] = json!(user["emailVerified"] == true);
    }
    let contact = |system: &str| {
        profile["telecom"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|t| t["system"] == system)
            .map(|t| t["value"].clone())
    };
    if has("phone")
        && let Some(phone) = contact("phone")
    {
        info["phone_number"] = phone;
        info["phone_number_verified"] = json!(false);
    }
    if has("address")
        && let Some(address) = profile["address"].get(0)
    {
        info["address"] = json!({
            "formatted": address["text"],
            "street_address": address["line"].as_array().map(|l| {
                l.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
            }),
            "locality": address["city"],
            "region": address["state"],
            "postal_code": address["postalCode"],
            "country": address["country"],
        });
    }
    Ok(ok_json(&info))
}

fn add_profile(info: &mut Value, reference: &Value, profile: &Value) {
    info["profile"] = reference["reference"].clone();
    info["locale"] = json!("en-US");
    info["updated_at"] = profile["meta"]["lastUpdated"].clone();
    let name = &profile["name"][0];
    let given: Vec<&str> = name["given"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let family = name["family"].as_str().unwrap_or_default();
    info["name"] = json!(format!("{} {family}", given.join(" ")).trim());
    info["family_name"] = json!(family);
    info["given_name"] = json!(given.first());
    info["middle_name"] = json!(given.get(1..).unwrap_or_default().join(" "));
    for (from, to) in [("birthDate", "birthdate"), ("gender", "gender")] {
        if profile[from].is_string() {
            info[to] = profile[from].clone();
        }
    }
    let website = profile["telecom"].as_array().into_iter().flatten().find(|t| t["system"] == "url");
    if let Some(website) = website {
        info["website"] = website["value"].clone();
    }
}

/// Answers for any token that this server signed and that is not revoked: it does not look at the membership.
pub(super) async fn introspect(State(state): State<Shared>, body: Fields) -> Result<Response, Refusal> {
    let token = body.text("token");
    if token.is_empty() {
        return Err(Refusal::Text(StatusCode::BAD_REQUEST, "Token to introspect must be provided".into()));
    }
    let inactive = || ok_json(&json!({"active": false}));
    let Some(claims) = state.auth().key().verify(token, records::now(&state)) else { return Ok(inactive()) };
    let login = claims.get("login_id").and_then(Value::as_str).and_then(|id| records::any_login(&state, id));
    let Some(login) = login.filter(|l| l["revoked"] != true) else { return Ok(inactive()) };
    let mut answer = json!({"active": true});
    for name in ["iat", "exp", "iss", "sub", "client_id", "scope"] {
        if let Some(value) = claims.get(name) {
            answer[name] = value.clone();
        }
    }
    if let Some(patient) =
        claims.get("profile").and_then(Value::as_str).and_then(|p| p.strip_prefix("Patient/"))
        && login["membership"].is_object()
    {
        answer["patient"] = json!(patient);
    }
    Ok(ok_json(&answer))
}

/// Not real registration: finds a built-in client by its redirect address.
pub(super) async fn register(body: Fields) -> Response {
    let refuse = |text: &str| Refusal::invalid_request(text).into_response();
    let Some(uri) = body.0.get("redirect_uris").and_then(|u| u.get(0)).and_then(Value::as_str) else {
        return refuse("Redirect URI is required");
    };
    if uri != "http://localhost:9615" {
        return refuse("Invalid redirect URI");
    }
    let answer = json!({"client_id": session::CLI_CLIENT, "client_id_issued_at": 0, "redirect_uris": [uri]});
    respond(StatusCode::CREATED, JSON, Json(&answer).0.to_string())
}
