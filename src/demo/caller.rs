//! Who asks: from the `Authorization` header to a membership with its access (platform-api §1.3, §1.10).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::access::{Access, resolve_policy};
use super::limits::Standing;
use super::outcome::Outcome;
use super::state::State;
use super::store::{Author, Store};

/// Turns a bearer token into its Login, or nothing when the token is not one of ours, expired or of another kind.
/// The Login's `revoked`, its membership and everything behind it are checked by [`authenticate`].
pub trait Bearers: Send + Sync + fmt::Debug {
    /// The Login of an access token minted for `issuer`.
    fn login(&self, state: &State, token: &str, issuer: &str) -> Option<Value>;
}

/// An authenticated caller.
#[derive(Debug)]
pub struct Caller {
    /// The Login: the session, or a made-up one for Basic.
    pub login: Value,
    /// The caller's Project.
    pub project: Value,
    /// The caller's own ProjectMembership.
    pub membership: Value,
    /// The membership acted for (`X-Medplum-On-Behalf-Of`).
    pub on_behalf_of: Option<Value>,
    /// What may be reached and done, by the membership in effect.
    pub access: Access,
    /// FHIR points used by this request, as far as a limiter has said.
    meter: Mutex<Option<Standing>>,
}

impl Caller {
    /// The membership in effect: the one acted for, else the caller's own.
    pub fn effective(&self) -> &Value {
        self.on_behalf_of.as_ref().unwrap_or(&self.membership)
    }

    /// A super admin.
    pub fn is_super_admin(&self) -> bool {
        self.project["superAdmin"] == true
    }

    /// A project admin, by the membership in effect.
    pub fn is_project_admin(&self) -> bool {
        self.effective()["admin"] == true
    }

    /// Project admin or super admin, as `/admin/*` and `/scim/*` ask.
    pub fn require_admin(&self) -> Result<(), Outcome> {
        if self.is_project_admin() || self.is_super_admin() { Ok(()) } else { Err(Outcome::forbidden()) }
    }

    /// `User/…`, `ClientApplication/…` or `Bot/…`.
    pub fn user_reference(&self) -> &str {
        self.membership["user"]["reference"].as_str().unwrap_or_default()
    }

    /// The project's id.
    pub fn project_id(&self) -> &str {
        self.project["id"].as_str().unwrap_or_default()
    }

    /// Takes FHIR points (platform-api §1.9): read 1, history 10, search 20, write 100. Super admins pay nothing.
    pub fn charge(&self, state: &State, points: u64) -> Result<(), Outcome> {
        let settings = &state.settings;
        if !settings.rate_limits_enabled || self.is_super_admin() {
            return Ok(());
        }
        let setting = |name: &str| {
            let all = self.project["systemSetting"].as_array().into_iter().flatten();
            all.into_iter().find(|s| s["name"] == name).and_then(|s| s["valueInteger"].as_u64())
        };
        let per_member = setting("userFhirQuota").unwrap_or(settings.default_fhir_quota);
        let per_project = setting("totalFhirQuota").unwrap_or(per_member * 10);
        let now = state.clock.now_ms();
        let member = format!("fhir:membership:{}", self.membership["id"].as_str().unwrap_or_default());
        let project = format!("fhir:project:{}", self.project_id());
        let result = state.limits.consume(&member, points, per_member, now).and_then(|own| {
            let shared = state.limits.consume(&project, points, per_project, now)?;
            Ok(if shared.remaining < own.remaining { shared } else { own })
        });
        let (standing, refused) = match result {
            Ok(standing) => (standing, None),
            Err(standing) => (standing, Some(standing.refusal())),
        };
        *self.meter.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
        refused.map_or(Ok(()), Err)
    }

    /// The standing after the last charge of this request.
    pub fn standing(&self) -> Option<Standing> {
        *self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The headers that decide who asks.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `X-Medplum-On-Behalf-Of`.
    pub on_behalf_of: Option<&'a str>,
    /// `X-Medplum: extended`.
    pub extended: bool,
    /// The client's address.
    pub address: &'a str,
    /// The issuer that tokens must be of.
    pub issuer: &'a str,
}

/// Who asks. `None`: nobody that we know (401 where a caller is needed).
/// An error is "Authentication error": the token is good, the account behind it is broken.
pub fn authenticate(state: &State, credentials: Credentials<'_>) -> Result<Option<Caller>, Outcome> {
    let Some((scheme, token)) = credentials.authorization.and_then(|h| h.split_once(' ')) else {
        return Ok(None);
    };
    let login = match scheme {
        "Bearer" => state.bearers().and_then(|b| b.login(state, token, credentials.issuer)),
        "Basic" => basic_login(&state.read(), token, credentials.address),
        _ => None,
    };
    let Some(login) = login else { return Ok(None) };
    let Some(reference) = login["membership"]["reference"].as_str() else { return Ok(None) };
    if login["revoked"] == true {
        return Ok(None);
    }
    let store = &state.read();
    let broken = |outcome: Outcome| Outcome::authentication_error(outcome.text());
    let membership = store.resolve(reference).map_err(broken)?;
    if membership["active"] == false {
        return Ok(None);
    }
    session(store, login, membership, credentials).map(Some).map_err(broken)
}

fn session(
    store: &Store,
    login: Value,
    membership: Value,
    asked: Credentials<'_>,
) -> Result<Caller, Outcome> {
    let reference = |value: &Value| value["reference"].as_str().unwrap_or_default().to_owned();
    let project = store.resolve(&reference(&membership["project"]))?;
    if let Some(configuration) = membership["userConfiguration"]["reference"].as_str() {
        store.resolve(configuration)?;
    }
    // A profile that is simply absent is forgiven here; a deleted one is not (platform-api §1.3, §17).
    let author = match store.resolve(&reference(&membership["profile"])) {
        Ok(profile) => reference_to(&profile),
        Err(outcome) if outcome.is("not-found") => membership["profile"].clone(),
        Err(outcome) => return Err(outcome),
    };
    let scope = login["scope"].as_str();
    let author = Author { reference: author, on_behalf_of: None };
    let access = Access::of_membership(store, &project, &membership, scope, author, asked.extended)?;
    let mut caller =
        Caller { login, project, membership, on_behalf_of: None, access, meter: Mutex::new(None) };
    if let Some(wanted) = asked.on_behalf_of.filter(|w| !w.is_empty()) {
        act_for(store, &mut caller, wanted, asked.extended)?;
    }
    Ok(caller)
}

fn act_for(store: &Store, caller: &mut Caller, wanted: &str, extended: bool) -> Result<(), Outcome> {
    use super::access::Interaction;
    if caller.membership["admin"] != true && !caller.is_super_admin() {
        return Err(Outcome::forbidden());
    }
    let visible = |resource: Value| {
        if caller.access.permits(store, Interaction::Read, &resource) {
            Ok(resource)
        } else {
            Err(Outcome::not_found())
        }
    };
    let member = if wanted.starts_with("ProjectMembership/") {
        store.resolve(wanted).and_then(visible)?
    } else {
        let own = format!("Project/{}", caller.project_id());
        store
            .find_by("ProjectMembership", "profile", wanted)
            .into_iter()
            .find(|m| m["project"]["reference"] == own.as_str())
            .ok_or_else(Outcome::forbidden)?
    };
    let profile =
        store.resolve(member["profile"]["reference"].as_str().unwrap_or_default()).and_then(visible)?;
    let project = if member["project"]["reference"] == caller.membership["project"]["reference"] {
        caller.project.clone()
    } else {
        store.resolve(member["project"]["reference"].as_str().unwrap_or_default())?
    };
    let author = Author {
        reference: caller.access.author.reference.clone(),
        on_behalf_of: Some(reference_to(&profile)),
    };
    let scope = caller.login["scope"].as_str();
    // The policy is the member's, its role lines those of the caller's project, as the platform has it.
    let mut access = Access::of_membership(store, &project, &member, scope, author, extended)?;
    access.policy = resolve_policy(store, &caller.project, &member, scope)?;
    caller.access = access;
    caller.on_behalf_of = Some(member);
    Ok(())
}

fn basic_login(store: &Store, token: &str, address: &str) -> Option<Value> {
    let decoded = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let mut parts = decoded.split(':');
    let (id, secret) = (parts.next()?, parts.next()?);
    if id.is_empty() || secret.is_empty() {
        return None;
    }
    let client = store.get("ClientApplication", id)?;
    let known = client["secret"].as_str()?;
    if !bool::from(known.as_bytes().ct_eq(secret.as_bytes())) {
        return None;
    }
    if client["status"].as_str().is_some_and(|s| s != "active") {
        return None;
    }
    let reference = format!("ClientApplication/{id}");
    let membership = store.find_by("ProjectMembership", "user", &reference).into_iter().next()?;
    Some(json!({
        "resourceType": "Login",
        "authMethod": "client",
        "user": {"reference": reference},
        "client": {"reference": reference},
        "membership": {"reference": format!("ProjectMembership/{}", membership["id"].as_str()?)},
        "remoteAddress": address,
    }))
}

/// A Reference with the display that the platform writes (platform-api §16): e-mail of a User, name of a person,
/// `name` of others.
pub fn reference_to(resource: &Value) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let mut out = json!({"reference": format!("{kind}/{}", resource["id"].as_str().unwrap_or_default())});
    if let Some(display) = display(resource) {
        out["display"] = json!(display);
    }
    out
}

/// The display text of a resource; none when it has nothing to show.
pub fn display(resource: &Value) -> Option<String> {
    match resource["resourceType"].as_str()? {
        "User" => resource["email"].as_str().map(str::to_owned),
        "Patient" | "Practitioner" | "RelatedPerson" | "Person" => person_name(&resource["name"][0]),
        _ => resource["name"].as_str().map(str::to_owned),
    }
}

/// `Given Family` of a `HumanName`.
pub fn person_name(name: &Value) -> Option<String> {
    let mut words: Vec<&str> =
        name["given"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    words.extend(name["family"].as_str());
    let text = words.join(" ");
    if text.is_empty() { name["text"].as_str().map(str::to_owned) } else { Some(text) }
}
