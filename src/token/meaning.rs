//! What claims mean, in words: the registered ones, those of OpenID Connect, of the platform and of common identity providers.

/// What a claim is about, by which screens colour and order it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Who made it and for whom.
    Parties,
    /// From when until when.
    Time,
    /// The person.
    Person,
    /// What it allows.
    Access,
    /// The sign-in it comes from.
    Session,
    /// Anything else.
    Other,
}

/// Name, what it is about, what it means, where that is written.
type Row = (&'static str, About, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("iss", About::Parties, "issuer: who made it", "RFC 7519 §4.1.1"),
    ("sub", About::Person, "subject: whom it is about, as the issuer names them", "RFC 7519 §4.1.2"),
    ("aud", About::Parties, "audience: whom it is meant for", "RFC 7519 §4.1.3"),
    ("azp", About::Parties, "authorized party: the client it was made for", "OpenID Connect Core §2"),
    ("client_id", About::Parties, "the client it was made for", "RFC 8693 §4.3"),
    ("exp", About::Time, "ends", "RFC 7519 §4.1.4"),
    ("nbf", About::Time, "not before", "RFC 7519 §4.1.5"),
    ("iat", About::Time, "made", "RFC 7519 §4.1.6"),
    ("auth_time", About::Time, "the person signed in", "OpenID Connect Core §2"),
    ("updated_at", About::Time, "the person's data changed last", "OpenID Connect Core §5.1"),
    ("jti", About::Session, "its own number, so that it is used once", "RFC 7519 §4.1.7"),
    ("nonce", About::Session, "ties it to one attempt to sign in", "OpenID Connect Core §2"),
    ("acr", About::Session, "how strongly the person was checked", "OpenID Connect Core §2"),
    ("amr", About::Session, "by what the person was checked", "OpenID Connect Core §2"),
    ("sid", About::Session, "the session at the issuer", "OpenID Connect Front-Channel Logout §3"),
    ("at_hash", About::Session, "ties it to an access token", "OpenID Connect Core §3.1.3.6"),
    ("c_hash", About::Session, "ties it to a code", "OpenID Connect Core §3.3.2.11"),
    ("s_hash", About::Session, "ties it to a state", "FAPI 1.0 part 2 §5.1"),
    ("cnf", About::Session, "the key that its bearer must prove", "RFC 7800 §3.1"),
    ("events", About::Session, "what happened, in a logout token", "OpenID Connect Back-Channel Logout §2.4"),
    ("name", About::Person, "full name", "OpenID Connect Core §5.1"),
    ("given_name", About::Person, "first name", "OpenID Connect Core §5.1"),
    ("family_name", About::Person, "last name", "OpenID Connect Core §5.1"),
    (
        "preferred_username",
        About::Person,
        "the name they like to be called by; not unique",
        "OpenID Connect Core §5.1",
    ),
    ("email", About::Person, "email address; neither unique nor for ever", "OpenID Connect Core §5.7"),
    ("email_verified", About::Person, "the issuer has checked the address", "OpenID Connect Core §5.1"),
    ("phone_number", About::Person, "phone number", "OpenID Connect Core §5.1"),
    ("phone_number_verified", About::Person, "the issuer has checked the number", "OpenID Connect Core §5.1"),
    ("picture", About::Person, "address of a picture", "OpenID Connect Core §5.1"),
    ("locale", About::Person, "language", "OpenID Connect Core §5.1"),
    ("zoneinfo", About::Person, "time zone", "OpenID Connect Core §5.1"),
    ("birthdate", About::Person, "date of birth", "OpenID Connect Core §5.1"),
    ("scope", About::Access, "what it allows, word by word", "RFC 8693 §4.2"),
    ("scp", About::Access, "what it allows, as Okta and Entra ID write it", "Okta, Entra ID"),
    ("roles", About::Access, "roles at the issuer", "RFC 9068 §2.2.3.1"),
    ("groups", About::Access, "groups at the issuer", "RFC 9068 §2.2.3.1"),
    ("entitlements", About::Access, "rights at the issuer", "RFC 9068 §2.2.3.1"),
    ("act", About::Parties, "who acts for the subject (delegation)", "RFC 8693 §4.1"),
    ("may_act", About::Parties, "who may act for the subject", "RFC 8693 §4.4"),
    (
        "login_id",
        About::Session,
        "the platform's session; it is looked at on every request",
        "platform-api §3.4",
    ),
    ("profile", About::Person, "the person's profile on the platform", "platform-api §3.4"),
    ("fhirUser", About::Person, "the person's profile on the platform", "SMART App Launch"),
    ("username", About::Person, "the platform's user (or client), by id", "platform-api §3.4"),
    ("refresh_secret", About::Session, "lets its holder fetch new tokens; never shown", "platform-api §3.4"),
    ("patient", About::Access, "the patient of a SMART launch", "SMART App Launch"),
    ("encounter", About::Access, "the encounter of a SMART launch", "SMART App Launch"),
    ("ext", About::Other, "further claims, as some issuers pack them", "Okta"),
    ("tid", About::Parties, "the Entra ID tenant", "Entra ID"),
    (
        "oid",
        About::Person,
        "the person's id in the Entra ID tenant; unlike `sub` the same for every client",
        "Entra ID",
    ),
    ("upn", About::Person, "sign-in name at Entra ID; it can change", "Entra ID"),
    ("unique_name", About::Person, "sign-in name at Entra ID; it can change", "Entra ID"),
    ("appid", About::Parties, "the client, as Entra ID writes it", "Entra ID"),
    ("cid", About::Parties, "the client, as Okta writes it", "Okta"),
    ("uid", About::Person, "the person's id at Okta", "Okta"),
    ("hd", About::Person, "the Google Workspace domain", "Google"),
    ("ver", About::Other, "version of the issuer's token format", "Entra ID, Okta"),
    ("typ", About::Other, "kind of token, as Keycloak writes it", "Keycloak"),
    ("realm_access", About::Access, "roles of the realm", "Keycloak"),
    ("resource_access", About::Access, "roles at clients", "Keycloak"),
    ("session_state", About::Session, "the session at the issuer", "Keycloak"),
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
    ROWS.iter().find(|row| row.0 == claim).map(|row| (row.2, row.3))
}

/// What a claim is about.
pub fn about(claim: &str) -> About {
    ROWS.iter().find(|row| row.0 == claim).map_or(About::Other, |row| row.1)
}

/// What a member of the header means.
pub fn of_header(name: &str) -> Option<&'static str> {
    HEADER.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// True for claims that hold a time (RFC 7519 §2: `NumericDate`).
pub fn is_time(claim: &str) -> bool {
    about(claim) == About::Time
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
