//! Kinds of identity provider: how their issuer is written, what their ids look like, where in their admin pages things
//! are.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::identity::text::shown;

/// What a partner signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idp {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Auth0.
    Auth0,
    /// Google Workspace.
    Google,
    /// Keycloak.
    Keycloak,
    /// Anything else that speaks OpenID Connect.
    Other,
}

/// Where something is in a provider's admin pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// What is looked for.
    pub what: &'static str,
    /// Where it is.
    pub at: &'static str,
}

const fn hint(what: &'static str, at: &'static str) -> Hint {
    Hint { what, at }
}

impl Idp {
    /// All of them, the likely ones first.
    pub const ALL: [Self; 6] =
        [Self::Okta, Self::Entra, Self::Auth0, Self::Google, Self::Keycloak, Self::Other];

    /// The word used on the command line and in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Auth0 => "auth0",
            Self::Google => "google",
            Self::Keycloak => "keycloak",
            Self::Other => "other",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft Entra ID",
            Self::Auth0 => "Auth0",
            Self::Google => "Google Workspace",
            Self::Keycloak => "Keycloak",
            Self::Other => "another OpenID Connect provider",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let known = Self::ALL.into_iter().find(|idp| idp.id() == word);
        known.or(match word.as_str() {
            "entra id" | "entra-id" | "azure" | "azure-ad" | "microsoft" => Some(Self::Entra),
            "google workspace" | "google-workspace" => Some(Self::Google),
            "oidc" | "openid" | "any" => Some(Self::Other),
            _ => None,
        })
    }

    /// What has to be known to find its issuer, in words, with an example; `None` where nothing has.
    pub fn place(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Okta => Some(("the Okta domain", "partner.okta.com")),
            Self::Entra => Some(("the directory (tenant) id", "8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33")),
            Self::Auth0 => Some(("the Auth0 domain", "partner.eu.auth0.com")),
            Self::Google => None,
            Self::Keycloak => {
                Some(("the address of the realm", "https://login.partner.example/realms/staff"))
            }
            Self::Other => Some(("the issuer", "https://login.partner.example")),
        }
    }

    /// The issuer, letter by letter as the provider calls itself (standards M1), from what was typed.
    pub fn issuer(self, place: &str) -> Result<String, String> {
        let place = place.trim();
        match self {
            Self::Google => Ok("https://accounts.google.com".to_owned()),
            Self::Okta => {
                let (host, path) = host_and_path(place, self)?;
                if host.contains("-admin.okta") {
                    return Err("this is the address of the admin pages; the Okta domain is the same without `-admin`".to_owned());
                }
                Ok(format!("https://{host}{path}"))
            }
            Self::Auth0 => {
                let (host, _) = host_and_path(place, self)?;
                // Auth0 calls itself with a slash at the end.
                Ok(format!("https://{host}/"))
            }
            Self::Entra => {
                let tenant = tenant(place);
                if matches!(tenant.as_str(), "common" | "organizations" | "consumers") {
                    return Err(format!(
                        "`{tenant}` lets people of every company in; the partner's own tenant id is needed"
                    ));
                }
                if uuid::Uuid::try_parse(&tenant).is_err() {
                    return Err(
                        "the tenant id is needed, which looks like 8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33; a domain name leads to another issuer"
                            .to_owned(),
                    );
                }
                Ok(format!("https://login.microsoftonline.com/{tenant}/v2.0"))
            }
            Self::Keycloak => {
                let url = address(place)?;
                if !url.path().contains("/realms/") {
                    return Err(
                        "the address of a realm ends in /realms/ and its name, like https://login.partner.example/realms/staff"
                            .to_owned(),
                    );
                }
                let issuer = place.trim_end_matches('/');
                Ok(issuer.strip_suffix("/.well-known/openid-configuration").unwrap_or(issuer).to_owned())
            }
            Self::Other => {
                address(place)?;
                // Whether a slash stands at the end is part of the name; discovery tells when it is wrong.
                Ok(place.strip_suffix("/.well-known/openid-configuration").unwrap_or(place).to_owned())
            }
        }
    }

    /// Why this cannot be a client id there; secrets end up in this field easily.
    pub fn refuses_client_id(self, id: &str) -> Option<String> {
        if id.chars().any(char::is_whitespace) {
            return Some("a client id has no spaces in it".to_owned());
        }
        let secret = |what: &str| {
            Some(format!(
                "this looks like a client secret ({what}); the secret is asked for later and kept nowhere"
            ))
        };
        if id.starts_with("GOCSPX-") {
            return secret("it begins with GOCSPX-");
        }
        if id.starts_with("eyJ") {
            return Some("this looks like a token, not like a client id".to_owned());
        }
        match self {
            Self::Google if !id.ends_with(".apps.googleusercontent.com") => {
                Some("Google's client ids end in .apps.googleusercontent.com".to_owned())
            }
            Self::Entra if id.contains('~') => secret("Entra's client ids look like 8f0f5b1c-6a2e-…"),
            Self::Entra if uuid::Uuid::try_parse(id).is_err() => Some(
                "the application (client) id is needed, which looks like 8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33"
                    .to_owned(),
            ),
            Self::Okta | Self::Auth0 if id.len() >= 40 => {
                secret("client ids are shorter there")
            }
            Self::Okta | Self::Entra | Self::Auth0 | Self::Google | Self::Keycloak | Self::Other => {
                (id.len() > 255).then(|| "a client id is shorter than that".to_owned())
            }
        }
    }

    /// Where in its admin pages things are.
    pub fn hints(self) -> &'static [Hint] {
        const OKTA: &[Hint] = &[
            hint(
                "create the app",
                "Admin Console → Applications → Create App Integration → OIDC, Web Application",
            ),
            hint("redirect address", "in the same form: Sign-in redirect URIs"),
            hint("client id and secret", "the app → General → Client Credentials"),
            hint("who may use it", "the app → Assignments"),
            hint("email claim", "comes with the scope email; nothing to set"),
        ];
        const ENTRA: &[Hint] = &[
            hint(
                "create the app",
                "Entra admin center → App registrations → New registration, accounts in this directory only",
            ),
            hint("redirect address", "the app → Authentication → Add a platform → Web"),
            hint("client id and tenant id", "the app → Overview"),
            hint(
                "client secret",
                "the app → Certificates & secrets; copy the Value, not the Secret ID, and note when it expires",
            ),
            hint(
                "email claim",
                "the app → Token configuration → Add optional claim → ID → email. It is empty for people without a mailbox",
            ),
            hint("who may use it", "Enterprise applications → the app → Properties → Assignment required"),
        ];
        const AUTH0: &[Hint] = &[
            hint("create the app", "Dashboard → Applications → Create Application → Regular Web Application"),
            hint("redirect address", "the app → Settings → Allowed Callback URLs"),
            hint("client id, domain and secret", "the app → Settings → Basic Information"),
            hint("email claim", "comes with the scope email"),
            hint("who may use it", "the app → Connections"),
        ];
        const GOOGLE: &[Hint] = &[
            hint(
                "create the app",
                "Cloud console → APIs & Services → Credentials → Create OAuth client ID → Web application",
            ),
            hint("redirect address", "in the same form: Authorised redirect URIs"),
            hint(
                "who may use it",
                "OAuth consent screen → User type Internal, so that the partner's people alone get in",
            ),
            hint("client id and secret", "Credentials → the OAuth 2.0 client"),
        ];
        const KEYCLOAK: &[Hint] = &[
            hint(
                "create the client",
                "Admin Console → the realm → Clients → Create client, OpenID Connect, client authentication on",
            ),
            hint(
                "redirect address",
                "the client → Settings → Valid redirect URIs, in full and without a star",
            ),
            hint("client secret", "the client → Credentials"),
            hint(
                "email claim",
                "the client scope email must be among the default ones, and each person needs an address",
            ),
        ];
        const OTHER: &[Hint] = &[
            hint("create the client", "a confidential web client with the authorization code grant"),
            hint("issuer", "the address before /.well-known/openid-configuration"),
            hint("email claim", "in the ID token, as soon as the scope email is asked for"),
        ];
        match self {
            Self::Okta => OKTA,
            Self::Entra => ENTRA,
            Self::Auth0 => AUTH0,
            Self::Google => GOOGLE,
            Self::Keycloak => KEYCLOAK,
            Self::Other => OTHER,
        }
    }
}

/// A directory's id, alone or out of an address of Microsoft's.
fn tenant(place: &str) -> String {
    let inside = place
        .strip_prefix("https://login.microsoftonline.com/")
        .or_else(|| place.strip_prefix("https://sts.windows.net/"));
    let tenant = inside.and_then(|rest| rest.split('/').next()).unwrap_or(place);
    tenant.to_lowercase()
}

/// A host, alone or out of an address; Okta's issuers may go on behind it.
fn host_and_path(place: &str, idp: Idp) -> Result<(String, String), String> {
    let full = if place.contains("://") { place.to_owned() } else { format!("https://{place}") };
    let url = address(&full).map_err(|_| {
        let (what, example) = idp.place().unwrap_or(("the host", "login.partner.example"));
        format!("{what} is a host name, like {example}")
    })?;
    let host = url.host_str().unwrap_or_default();
    if !host.contains('.') {
        return Err(format!("`{}` is not a full host name", shown(place)));
    }
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/.well-known/openid-configuration").unwrap_or(path);
    Ok((format!("{host}{port}"), path.to_owned()))
}

/// An address that a provider can live at (M3): https, or http on this machine; no query, no fragment, no password.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| {
        "an address is needed that begins with https://, like https://login.partner.example".to_owned()
    })?;
    if url.scheme() != "https" && !crate::config::is_loopback(&url) {
        return Err("the address must begin with https://".to_owned());
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err("an issuer has no name, question mark or # in it".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Idp::Okta, "partner.okta.com", "https://partner.okta.com")]
    #[case(Idp::Okta, "https://partner.okta.com/oauth2/default/", "https://partner.okta.com/oauth2/default")]
    #[case(Idp::Auth0, "partner.eu.auth0.com", "https://partner.eu.auth0.com/")]
    #[case(Idp::Google, "", "https://accounts.google.com")]
    #[case(
        Idp::Entra,
        "8F0F5B1C-6a2e-4b8e-9a57-0c8e5d1f2a33",
        "https://login.microsoftonline.com/8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33/v2.0"
    )]
    #[case(
        Idp::Entra,
        "https://login.microsoftonline.com/8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33/v2.0",
        "https://login.microsoftonline.com/8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33/v2.0"
    )]
    #[case(
        Idp::Keycloak,
        "https://id.partner.example/realms/staff/",
        "https://id.partner.example/realms/staff"
    )]
    #[case(Idp::Other, "https://id.partner.example/", "https://id.partner.example/")]
    #[case(
        Idp::Other,
        "https://id.partner.example/.well-known/openid-configuration",
        "https://id.partner.example"
    )]
    #[case(Idp::Other, "http://127.0.0.1:9/idp", "http://127.0.0.1:9/idp")]
    fn an_issuer_is_written_as_its_provider_writes_it(
        #[case] idp: Idp,
        #[case] typed: &str,
        #[case] issuer: &str,
    ) {
        assert_eq!(idp.issuer(typed).unwrap(), issuer);
    }

    // M3
    #[rstest]
    #[case(Idp::Okta, "partner-admin.okta.com", "without `-admin`")]
    #[case(Idp::Okta, "partner", "not a full host name")]
    #[case(Idp::Entra, "common", "people of every company")]
    #[case(Idp::Entra, "partner.example", "tenant id is needed")]
    #[case(Idp::Keycloak, "https://id.partner.example", "/realms/")]
    #[case(Idp::Other, "id.partner.example", "begins with https://")]
    #[case(Idp::Other, "http://id.partner.example", "must begin with https://")]
    #[case(Idp::Other, "https://id.partner.example/?tenant=1", "question mark")]
    fn what_is_no_issuer_is_refused_with_what_is_needed(
        #[case] idp: Idp,
        #[case] typed: &str,
        #[case] why: &str,
    ) {
        let refused = idp.issuer(typed).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }

    // S2: a secret in the wrong field
    #[rstest]
    #[case(Idp::Google, "GOCSPX-abcdefghijklmnop", Some("client secret"))]
    #[case(Idp::Google, "1234", Some(".apps.googleusercontent.com"))]
    #[case(Idp::Google, "1234.apps.googleusercontent.com", None)]
    #[case(Idp::Entra, "abc8Q~1234567890abcdefghijklmnopqrstuvwxyz", Some("client secret"))]
    #[case(Idp::Entra, "8f0f5b1c-6a2e-4b8e-9a57-0c8e5d1f2a33", None)]
    #[case(Idp::Okta, "0oa1b2c3d4e5f6g7h8i9", None)]
    #[case(
        Idp::Auth0,
        "x-64-characters-long-and-therefore-no-id-but-a-secret-of-auth0-xx",
        Some("client secret")
    )]
    #[case(Idp::Other, "with space", Some("no spaces"))]
    #[case(Idp::Other, "eyJhbGciOiJub25lIn0.e30.x", Some("token"))]
    fn a_secret_in_the_field_of_the_client_id_is_noticed(
        #[case] idp: Idp,
        #[case] id: &str,
        #[case] why: Option<&str>,
    ) {
        let refused = idp.refuses_client_id(id);
        match why {
            Some(why) => assert!(refused.as_ref().is_some_and(|text| text.contains(why)), "{refused:?}"),
            None => assert_eq!(refused, None),
        }
    }
}
