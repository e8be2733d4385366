//! What claims mean, in words: the registered ones, those of OpenID Connect, of the platform and of common identity providers.

/// Claims that hold a time.
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// Name, what it means, where that is written.
type Row = (&'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("iss", "issuer: who made it", "RFC 7519 §4.1.1"),
    ("sub", "subject: whom it is about, as the issuer names them", "RFC 7519 §4.1.2"),
    ("aud", "audience: whom it is meant for", "RFC 7519 §4.1.3"),
    ("azp", "authorized party: the client it was made for", "OpenID Connect Core §2"),
    ("client_id", "the client it was made for", "RFC 8693 §4.3"),
    ("exp", "ends", "RFC 7519 §4.1.4"),
    ("nbf", "not before", "RFC 7519 §4.1.5"),
    ("iat", "made", "RFC 7519 §4.1.6"),
    ("auth_time", "the person signed in", "OpenID Connect Core §2"),
    ("updated_at", "the person's data changed last", "OpenID Connect Core §5.1"),
    ("jti", "its own number, so that it is used once", "RFC 7519 §4.1.7"),
    ("nonce", "ties it to one attempt to sign in", "OpenID Connect Core §2"),
    ("acr", "how strongly the person was checked", "OpenID Connect Core §2"),
    ("amr", "by what the person was checked", "OpenID Connect Core §2"),
    ("sid", "the session at the issuer", "OpenID Connect Front-Channel Logout §3"),
    ("at_hash", "ties it to an access token", "OpenID Connect Core §3.1.3.6"),
    ("c_hash", "ties it to a code", "OpenID Connect Core §3.3.2.11"),
    ("s_hash", "ties it to a state", "FAPI 1.0 part 2 §5.1"),
    ("cnf", "the key that its bearer must prove", "RFC 7800 §3.1"),
    ("events", "what happened, in a logout token", "OpenID Connect Back-Channel Logout §2.4"),
    ("name", "full name", "OpenID Connect Core §5.1"),
    ("given_name", "first name", "OpenID Connect Core §5.1"),
    ("family_name", "last name", "OpenID Connect Core §5.1"),
    ("preferred_username", "the name they like to be called by; not unique", "OpenID Connect Core §5.1"),
    ("email", "email address; neither unique nor for ever", "OpenID Connect Core §5.7"),
    ("email_verified", "the issuer has checked the address", "OpenID Connect Core §5.1"),
    ("phone_number", "phone number", "OpenID Connect Core §5.1"),
    ("phone_number_verified", "the issuer has checked the number", "OpenID Connect Core §5.1"),
    ("picture", "address of a picture", "OpenID Connect Core §5.1"),
    ("locale", "language", "OpenID Connect Core §5.1"),
    ("zoneinfo", "time zone", "OpenID Connect Core §5.1"),
    ("birthdate", "date of birth", "OpenID Connect Core §5.1"),
    ("scope", "what it allows, word by word", "RFC 8693 §4.2"),
    ("scp", "what it allows, as Okta and Entra ID write it", "Okta, Entra ID"),
    ("roles", "roles at the issuer", "RFC 9068 §2.2.3.1"),
    ("groups", "groups at the issuer", "RFC 9068 §2.2.3.1"),
    ("entitlements", "rights at the issuer", "RFC 9068 §2.2.3.1"),
    ("act", "who acts for the subject (delegation)", "RFC 8693 §4.1"),
    ("may_act", "who may act for the subject", "RFC 8693 §4.4"),
    ("login_id", "the platform's session; it is looked at on every request", "platform-api §3.4"),
    ("profile", "the person's profile on the platform", "platform-api §3.4"),
    ("fhirUser", "the person's profile on the platform", "SMART App Launch"),
    ("username", "the platform's user (or client), by id", "platform-api §3.4"),
    ("refresh_secret", "lets its holder fetch new tokens; never shown", "platform-api §3.4"),
    ("patient", "the patient of a SMART launch", "SMART App Launch"),
    ("encounter", "the encounter of a SMART launch", "SMART App Launch"),
    ("ext", "further claims, as some issuers pack them", "Okta"),
    ("tid", "the Entra ID tenant", "Entra ID"),
    ("oid", "the person's id in the Entra ID tenant; unlike `sub` the same for every client", "Entra ID"),
    ("upn", "sign-in name at Entra ID; it can change", "Entra ID"),
    ("unique_name", "sign-in name at Entra ID; it can change", "Entra ID"),
    ("appid", "the client, as Entra ID writes it", "Entra ID"),
    ("cid", "the client, as Okta writes it", "Okta"),
    ("uid", "the person's id at Okta", "Okta"),
    ("hd", "the Google Workspace domain", "Google"),
    ("ver", "version of the issuer's token format", "Entra ID, Okta"),
    ("typ", "kind of token, as Keycloak writes it", "Keycloak"),
    ("realm_access", "roles of the realm", "Keycloak"),
    ("resource_access", "roles at clients", "Keycloak"),
    ("session_state", "the session at the issuer", "Keycloak"),
];

const HEADER: &[(&str, &str)] = &[
    ("alg", "how it is signed"),
    ("kid", "which of the issuer's keys signed it"),
    ("typ", "what kind of token it is"),
    ("cty", "what lies in it"),
    ("crit", "what must be understood before it is believed"),
    ("jku", "where keys are said to be; never followed"),
    ("jwk", "a key it brings along; never trusted"),
    ("x5u", "where a certificate is said to be; never followed"),
    ("x5c", "certificates it brings along; never trusted"),
    ("x5t", "fingerprint of a certificate"),
    ("x5t#S256", "fingerprint of a certificate"),
    ("enc", "how it is encrypted"),
    ("zip", "how it is compressed"),
];

/// What a claim means and where that is written; `None` for one that is not known here.
pub fn of(claim: &str) -> Option<(&'static str, &'static str)> {
    ROWS.iter().find(|row| row.0 == claim).map(|row| (row.1, row.2))
}

/// What a member of the header means.
pub fn of_header(name: &str) -> Option<&'static str> {
    HEADER.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// True for claims that hold a time (RFC 7519 §2: `NumericDate`).
pub fn is_time(claim: &str) -> bool {
    TIMES.contains(&claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_stands_once() {
        let mut names: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROWS.len());
    }
}
