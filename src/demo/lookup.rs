//! How a sign-in finds its user, their memberships, and the gates before a membership may be used (platform-api §10.1).

use serde_json::Value;

use super::access::reconciled;
use super::auth::refusal::Refusal;
use super::auth_state::Shared;
use super::records;
use super::store::updated_ms;

/// The id in a reference such as `User/1f…`; empty when it is none.
pub fn id_of(reference: &Value) -> &str {
    let text = reference.get("reference").or(Some(reference)).and_then(Value::as_str).unwrap_or_default();
    text.rsplit_once('/').map_or(text, |(_, id)| id)
}

/// `{"reference": "Type/id"}` of a resource.
pub fn reference_text(resource: &Value) -> String {
    format!(
        "{}/{}",
        resource["resourceType"].as_str().unwrap_or_default(),
        resource["id"].as_str().unwrap_or_default()
    )
}

/// Values that an unescaped text means to the platform's search: a comma is OR, a backslash escapes
/// (platform-api §17; why an external id with a comma never signs in).
pub fn search_values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' => values.push(String::new()),
            '\\' => {
                if let (Some(next), Some(last)) = (chars.next(), values.last_mut()) {
                    last.push(next);
                }
            }
            c => {
                if let Some(last) = values.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    values
}

/// Whatever one of the values finds, in the order in which a search without `_sort` lists it.
fn any_of(text: &str, find: impl FnMut(&String) -> Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = search_values(text).iter().flat_map(find).collect();
    found.sort_by_key(updated_ms);
    found
}

/// The user of an address: in the project when one is known, else among the server-scoped ones.
pub fn user_by_email(state: &Shared, email: &str, project: Option<&str>) -> Option<Value> {
    let email = email.to_lowercase();
    if let Some(project) = project
        && let Some(user) = user_in_scope(state, &email, Some(project))
    {
        return Some(user);
    }
    user_in_scope(state, &email, None)
}

/// The user of an address in exactly one scope.
pub fn user_in_scope(state: &Shared, email: &str, project: Option<&str>) -> Option<Value> {
    let wanted = project.map(|p| format!("Project/{p}"));
    any_of(email, |one| records::users_of_email(state, one)).into_iter().find(|user| {
        match (&wanted, user["project"]["reference"].as_str()) {
            (Some(wanted), Some(project)) => wanted == project,
            (None, None) => true,
            _ => false,
        }
    })
}

/// The user of a subject at an external IdP: by membership (inactive ones count), else by the legacy `User.externalId`.
/// A membership whose user was deleted answers 410: the reference is read as it stands.
pub fn user_by_external_id(
    state: &Shared,
    external_id: &str,
    project: &str,
) -> Result<Option<Value>, Refusal> {
    let wanted = format!("Project/{project}");
    let membership = any_of(external_id, |one| records::memberships_of_external_id(state, one))
        .into_iter()
        .find(|m| m["project"]["reference"] == *wanted);
    if let Some(membership) = membership {
        return Ok(Some(records::read_reference(state, &membership["user"])?));
    }
    Ok(any_of(external_id, |one| records::users_of_external_id(state, one))
        .into_iter()
        .find(|u| u["project"]["reference"] == *wanted))
}

/// Which memberships of a user a sign-in may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Only in this project.
    pub project: Option<&'a str>,
    /// Only this membership.
    pub membership: Option<&'a str>,
    /// Only with this profile type.
    pub profile_type: Option<&'a str>,
}

/// The user's active memberships, oldest first.
pub fn memberships(state: &Shared, user: &Value, wanted: Wanted<'_>) -> Vec<Value> {
    let mut found = records::memberships_of_user(state, &reference_text(user));
    found.retain(|m| {
        m["active"] != false
            && wanted.project.is_none_or(|p| id_of(&m["project"]) == p)
            && wanted.membership.is_none_or(|id| m["id"] == *id)
            && wanted.profile_type.is_none_or(|t| {
                m["profile"]["reference"].as_str().is_some_and(|r| r.split('/').next() == Some(t))
            })
    });
    found
}

/// The checks before a membership is set on a login: Google-only projects, a live policy, the policy's IP rules.
pub fn check_gates(
    state: &Shared,
    membership: &Value,
    auth_method: &str,
    address: &str,
) -> Result<(), Refusal> {
    let project = records::read_reference(state, &membership["project"])?;
    let google_only =
        project["features"].as_array().is_some_and(|f| f.iter().any(|one| one == "google-auth-required"));
    // Clients are not concerned (platform-api §17).
    if google_only && !matches!(auth_method, "google" | "client") {
        return Err(Refusal::bad_request("Google authentication is required"));
    }
    // A default policy that does not fit the admin flag is swapped in effect (platform-api §6).
    let membership = &reconciled(&project, membership);
    if membership["userConfiguration"].is_object() {
        records::read_reference(state, &membership["userConfiguration"])?;
    }
    let mut rules = Vec::new();
    for reference in policy_references(membership) {
        let policy = records::read_reference(state, reference).map_err(|_| {
            Refusal::bad_request(
                "Cannot authenticate: Invalid access policy configuration. \
                 Please contact your administrator to update your project membership.",
            )
        })?;
        rules.extend(policy["ipAccessRule"].as_array().cloned().unwrap_or_default());
    }
    if ip_allowed(&rules, address) { Ok(()) } else { Err(Refusal::bad_request("IP address not allowed")) }
}

fn policy_references(membership: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    if membership["accessPolicy"].is_object() {
        found.push(&membership["accessPolicy"]);
    }
    for access in membership["access"].as_array().into_iter().flatten() {
        found.push(&access["policy"]);
    }
    found
}

/// The first rule that fits decides; no rule that fits means allowed (platform-api §9.9).
fn ip_allowed(rules: &[Value], address: &str) -> bool {
    let plain = address.strip_prefix("::ffff:").unwrap_or(address);
    rules
        .iter()
        .find(|rule| {
            let value = rule["value"].as_str().unwrap_or_default();
            value == "*" || address.starts_with(value) || plain.starts_with(value)
        })
        .is_none_or(|rule| rule["action"] != "block")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("okta|1", &["okta|1"])]
    #[case("a,b", &["a", "b"])]
    #[case(r"a\,b", &["a,b"])]
    #[case(r"corp\sara", &["corpsara"])]
    fn a_comma_is_or_and_a_backslash_escapes(#[case] text: &str, #[case] values: &[&str]) {
        assert_eq!(search_values(text), values);
    }

    #[test]
    fn ip_rules_run_in_order_and_default_to_allow() {
        let rules = [json!({"value": "10.", "action": "allow"}), json!({"value": "*", "action": "block"})];
        assert!(ip_allowed(&rules, "::ffff:10.1.2.3"));
        assert!(!ip_allowed(&rules, "::ffff:127.0.0.1"));
        assert!(ip_allowed(&[], "::1"));
    }
}
