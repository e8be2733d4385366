//! What signing in reads and writes in the store, as the platform itself: nobody's permissions are asked.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::auth_state::Shared;
pub use super::caller::reference_to;
use super::clock::{self, parse_iso};
use super::lookup::reference_text;
use super::mail::MailRefused;
use super::outcome::Outcome;

/// Seconds since 1970 on the platform's clock.
pub fn now(state: &Shared) -> i64 {
    state.clock().now_seconds()
}

/// The present instant as resources write it.
pub fn now_iso(state: &Shared) -> String {
    state.clock().now_iso()
}

/// Seconds since 1970 as resources write them.
pub fn iso(seconds: i64) -> String {
    clock::iso(seconds.saturating_mul(1_000))
}

/// Milliseconds since 1970 of an instant.
pub fn millis_of(instant: &str) -> Option<i64> {
    parse_iso(instant)
}

/// Seconds since 1970 of an instant.
pub fn seconds_of(instant: &str) -> Option<i64> {
    parse_iso(instant).map(|ms| ms.div_euclid(1_000))
}

/// SHA-256 in hex.
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A live resource, or 404 or 410.
pub fn read(state: &Shared, kind: &str, id: &str) -> Result<Value, Outcome> {
    state.read().read(kind, id)
}

/// The live resource of a Reference.
pub fn read_reference(state: &Shared, reference: &Value) -> Result<Value, Outcome> {
    let text = reference["reference"].as_str().ok_or_else(Outcome::not_found)?;
    state.read().resolve(text)
}

/// A reference by type and id; the display text is read when the resource is there.
pub fn reference_by_id(state: &Shared, kind: &str, id: &str) -> Value {
    read(state, kind, id).map_or_else(|_| json!({"reference": format!("{kind}/{id}")}), |r| reference_to(&r))
}

/// Creates a resource as the platform itself.
pub fn create(state: &Shared, project: Option<&str>, mut resource: Value) -> Result<Value, Outcome> {
    if let Some(project) = project {
        resource["meta"] = json!({"project": project});
    }
    state.write().system_create(resource)
}

/// Writes the next version as the platform itself.
pub fn update(state: &Shared, resource: Value) -> Result<Value, Outcome> {
    state.write().system_update(resource)
}

/// Users with exactly this address, in any scope.
pub fn users_of_email(state: &Shared, email: &str) -> Vec<Value> {
    state.read().find_by("User", "email", email)
}

/// Users with this legacy external id, in any project.
pub fn users_of_external_id(state: &Shared, external_id: &str) -> Vec<Value> {
    state.read().find_by("User", "external-id", external_id)
}

/// Memberships with exactly this external id, in any project.
pub fn memberships_of_external_id(state: &Shared, external_id: &str) -> Vec<Value> {
    state.read().find_by("ProjectMembership", "external-id", external_id)
}

/// All memberships of a user (`User/…`), in any project.
pub fn memberships_of_user(state: &Shared, user: &str) -> Vec<Value> {
    state.read().find_by("ProjectMembership", "user", user)
}

/// All memberships of a profile.
pub fn memberships_of_profile(state: &Shared, profile: &str) -> Vec<Value> {
    state.read().find_by("ProjectMembership", "profile", profile)
}

/// The domain route stored under exactly this domain.
pub fn route_of_domain(state: &Shared, domain: &str) -> Option<Value> {
    state.read().find_by("DomainConfiguration", "domain", domain).into_iter().find(|d| d["domain"] == *domain)
}

/// All stored Logins of a user (`User/…`), oldest first.
pub fn logins_of_user(state: &Shared, user: &str) -> Vec<Value> {
    state.read().find_by("Login", "user", user)
}

/// The Login that a secret opens: `code`, `cookie` or `pre-authorized-code-hash`.
pub fn login_by(state: &Shared, parameter: &str, secret: &str) -> Option<Value> {
    state.read().find_by("Login", parameter, secret).into_iter().next()
}

/// A Login of either sort: stored, or a client's in the cache.
pub fn any_login(state: &Shared, id: &str) -> Option<Value> {
    read(state, "Login", id).ok().or_else(|| state.auth().client_login(id))
}

/// Mails, unless mail is set to fail.
pub fn mail(state: &Shared, to: &str, subject: &str, text: &str) -> Result<(), MailRefused> {
    state.platform().mail(to, subject, text)
}

/// Is the resource what the reference names?
pub fn is_named_by(resource: &Value, reference: &Value) -> bool {
    reference["reference"] == *reference_text(resource)
}
