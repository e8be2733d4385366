//! What of the platform's records a field of a snapshot is made of, and records without what a policy hides.

use super::record::{Part, Record};
use crate::identity::{Seen, Unseen};

/// The record without what a policy hides of the platform's records of a kind: such a field looks as if it were not set,
/// so its value is unknown.
#[must_use]
pub fn without(part: Part, mut record: Record, kind: &str, hidden: &[&str]) -> Record {
    let hides = |(of, elements): (&str, &[&str])| {
        // `identityProvider` hides all of it, `identityProvider.usePkce` one field.
        let meets = |field: &str, element: &str| {
            let (long, short) = if field.len() > element.len() { (field, element) } else { (element, field) };
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        of == kind && elements.iter().any(|element| hidden.iter().any(|field| meets(field, element)))
    };
    for (field, value) in part.fields().iter().zip(&mut record.values) {
        if hides(elements(part, field.id)) {
            *value = Seen::Unknown(Unseen::Policy);
        }
    }
    if hides(name_elements(part)) {
        record.name = Seen::Unknown(Unseen::Policy);
    }
    record
}

/// The members of the platform's record that a name is made of, and of which kind that is.
const fn name_elements(part: Part) -> (&'static str, &'static [&'static str]) {
    match part {
        Part::Project => ("Project", &["name"]),
        Part::Members => ("ProjectMembership", &["profile"]),
        Part::Policies => ("AccessPolicy", &["name"]),
        Part::Clients => ("ClientApplication", &["name"]),
        Part::Routes => ("DomainConfiguration", &["domain"]),
        // It is asked for, not read.
        Part::Domains => ("", &[]),
    }
}

/// The members of the platform's record that a field is made of, and of which kind that is.
pub(super) fn elements(part: Part, field: &str) -> (&'static str, &'static [&'static str]) {
    match part {
        Part::Project => ("Project", of_project(field)),
        Part::Members => of_member(field),
        Part::Policies => ("AccessPolicy", of_policy(field)),
        Part::Clients => of_client(field),
        Part::Routes if field == "post_login" => ("DomainConfiguration", &["allowedPostLoginRedirectUrls"]),
        Part::Routes => ("DomainConfiguration", of_provider(field)),
        Part::Domains => ("", &[]),
    }
}

fn of_project(field: &str) -> &'static [&'static str] {
    match field {
        "owner" => &["owner"],
        "default_policies" => &["defaultAccessPolicies", "defaultPatientAccessPolicy"],
        "settings" => &["setting"],
        "features" => &["features"],
        _ => &[],
    }
}

fn of_member(field: &str) -> (&'static str, &'static [&'static str]) {
    let of_user: &[&str] = match field {
        "email" => &["email"],
        "email_verified" => &["emailVerified"],
        "scope" => &["project"],
        "user_external_id" => &["externalId"],
        "mfa_required" => &["mfaRequired"],
        "mfa_enrolled" => &["mfaEnrolled"],
        "mfa_methods" => &["mfaMethod", "mfaEnrolled"],
        "password_set" => &["passwordHash"],
        _ => &[],
    };
    let of_membership: &[&str] = match field {
        "user" => &["user"],
        "profile" => &["profile"],
        "external_id" => &["externalId"],
        "user_name" => &["userName"],
        "active" => &["active"],
        "admin" => &["admin"],
        "policy" => &["accessPolicy"],
        "access" => &["access"],
        "configuration" => &["userConfiguration"],
        _ => &[],
    };
    if of_user.is_empty() { ("ProjectMembership", of_membership) } else { ("User", of_user) }
}

fn of_policy(field: &str) -> &'static [&'static str] {
    match field {
        "rules" => &["resource"],
        "address_rules" => &["ipAccessRule"],
        "compartment" => &["compartment"],
        "based_on" => &["basedOn"],
        _ => &[],
    }
}

fn of_client(field: &str) -> (&'static str, &'static [&'static str]) {
    // Whose a membership is has to be known as well.
    let of_membership: &[&str] = match field {
        "signs_in_itself" => &["active", "user", "project"],
        "admin" => &["admin", "user", "project"],
        "policy" => &["accessPolicy", "user", "project"],
        "access" => &["access", "user", "project"],
        _ => &[],
    };
    if !of_membership.is_empty() {
        return ("ProjectMembership", of_membership);
    }
    let of_client: &[&str] = match field {
        "description" => &["description"],
        "status" => &["status"],
        "redirects" => &["redirectUris", "redirectUri"],
        "origins" => &["allowedOrigin"],
        "grants" => &["grantType"],
        "default_scope" => &["defaultScope"],
        "pkce_optional" => &["pkceOptional"],
        "secret_set" => &["secret"],
        "retiring_secret_set" => &["retiringSecret"],
        "access_lifetime" => &["accessTokenLifetime"],
        "refresh_lifetime" => &["refreshTokenLifetime"],
        "jwks_uri" => &["jwksUri"],
        "launch_uri" => &["launchUri"],
        "welcome" => &["signInForm.welcomeString"],
        field => of_provider(field),
    };
    ("ClientApplication", of_client)
}

fn of_provider(field: &str) -> &'static [&'static str] {
    match field {
        "idp_authorize_url" => &["identityProvider.authorizeUrl"],
        "idp_token_url" => &["identityProvider.tokenUrl"],
        "idp_user_info_url" => &["identityProvider.userInfoUrl"],
        "idp_client_id" => &["identityProvider.clientId"],
        "idp_use_subject" => &["identityProvider.useSubject"],
        "idp_identity_source" => &["identityProvider.identitySource"],
        "idp_identity_mapping_mode" => &["identityProvider.identityMappingMode"],
        "idp_token_auth_method" => &["identityProvider.tokenAuthMethod"],
        "idp_use_pkce" => &["identityProvider.usePkce"],
        "idp_user_info_mode" => &["identityProvider.userInfoMode"],
        "idp_user_info_key_set" => &["identityProvider.userInfoApiKey"],
        _ => &[],
    }
}
