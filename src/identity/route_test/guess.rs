//! Which issuer an authorize address belongs to. The platform does not store the issuer of a route, so that it has to be
//! found again for a saved one.

use url::Url;

/// An issuer to try, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// To be asked for its discovery document.
    pub issuer: String,
    /// Why, as the end of a sentence: "as Okta builds its addresses".
    pub how: String,
}

/// At most so many are tried.
const MOST: usize = 8;

/// The issuers to try for an authorize address, the likeliest first.
pub fn candidates(authorize: &Url) -> Vec<Candidate> {
    let Some(host) = authorize.host_str() else { return Vec::new() };
    if !matches!(authorize.scheme(), "https" | "http") {
        return Vec::new();
    }
    let port = authorize.port().map(|port| format!(":{port}")).unwrap_or_default();
    let base = format!("{}://{host}{port}", authorize.scheme());
    let path = authorize.path().trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |issuer: String, how: &str| {
        if found.len() < MOST && !found.iter().any(|one| one.issuer == issuer) {
            found.push(Candidate { issuer, how: how.to_owned() });
        }
    };
    if host == "accounts.google.com" {
        add(base.clone(), "as Google builds its addresses");
    }
    if let [tenant, "oauth2", "v2.0", "authorize"] = segments[..] {
        add(format!("{base}/{tenant}/v2.0"), "as Entra ID builds its addresses");
    }
    if let [tenant, "oauth2", "authorize"] = segments[..]
        && host.starts_with("login.")
    {
        add(format!("{base}/{tenant}/v2.0"), "as Entra ID builds its addresses");
    }
    if let [before @ .., "oauth2", "v1", "authorize"] = &segments[..]
        && before.is_empty()
    {
        add(base.clone(), "as Okta builds its addresses");
    }
    if let ["oauth2", server, "v1", "authorize"] = segments[..] {
        add(format!("{base}/oauth2/{server}"), "as Okta builds the addresses of an authorization server");
    }
    if let Some((before, _)) = path.split_once("/protocol/openid-connect/") {
        add(format!("{base}{before}"), "as Keycloak builds its addresses");
    }
    if segments == ["authorize"] {
        add(format!("{base}/"), "as Auth0 builds its addresses");
    }
    // Any other: up the path, each with and without a slash at the end, because issuers are compared to the letter (M1).
    let how = "by going up the path of the authorize address";
    for kept in (0..segments.len()).rev() {
        let above = segments[..kept].join("/");
        add(format!("{base}{}{above}", if kept > 0 { "/" } else { "" }), how);
    }
    add(format!("{base}/"), how);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://clinic.okta.com/oauth2/v1/authorize", "https://clinic.okta.com")]
    #[case("https://clinic.okta.com/oauth2/default/v1/authorize", "https://clinic.okta.com/oauth2/default")]
    #[case(
        "https://login.microsoftonline.com/8f1e/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/8f1e/v2.0"
    )]
    #[case("https://clinic.eu.auth0.com/authorize", "https://clinic.eu.auth0.com/")]
    #[case("https://accounts.google.com/o/oauth2/v2/auth", "https://accounts.google.com")]
    #[case(
        "https://kc.example:8443/realms/clinic/protocol/openid-connect/auth",
        "https://kc.example:8443/realms/clinic"
    )]
    #[case("http://127.0.0.1:8103/idp/authorize", "http://127.0.0.1:8103/idp")]
    fn the_issuer_is_tried_first_that_the_address_looks_like(#[case] authorize: &str, #[case] issuer: &str) {
        let found = candidates(&Url::parse(authorize).unwrap());
        assert_eq!(found[0].issuer, issuer, "{found:?}");
        assert!(found.len() <= MOST);
    }

    #[test]
    fn an_address_of_another_kind_leads_nowhere() {
        assert!(candidates(&Url::parse("mailto:jane@clinic.example").unwrap()).is_empty());
    }
}
