//! Which issuer a configuration belongs to. The platform does not store it, so its metadata is looked for along the path
//! of the authorize address; what it says of itself has to fit before it is believed (M1).

use url::Url;

use crate::auth::discovery::{Metadata, discover};
use crate::auth::error::AuthError;
use crate::auth::http::Http;
use crate::identity::provider::IdentityProvider;

/// Parts of a path that are tried; no known provider needs more.
const DEEPEST: usize = 6;

/// The metadata behind a configuration: of `issuer` where it is known, else of whoever along the authorize address says
/// that this address is theirs.
pub(super) async fn find(
    http: &Http,
    provider: &IdentityProvider,
    issuer: Option<&str>,
) -> Result<Metadata, AuthError> {
    if let Some(issuer) = issuer {
        return discover(http, issuer).await;
    }
    let nothing = || AuthError::Metadata {
        issuer: provider.authorize_url.to_string(),
        what: "no metadata was found along this address; give the issuer".to_owned(),
    };
    let authorize = Url::parse(provider.authorize_url.raw()).map_err(|_| nothing())?;
    for place in places(&authorize) {
        let Ok(answer) = http.get(&place).await else { return Err(nothing()) };
        if !answer.is_success() || !answer.is_json() {
            continue;
        }
        let Ok(document) = serde_json::from_slice::<serde_json::Value>(&answer.body) else { continue };
        let is_theirs = document["authorization_endpoint"]
            .as_str()
            .and_then(|endpoint| Url::parse(endpoint).ok())
            .is_some_and(|endpoint| {
                endpoint.origin() == authorize.origin() && endpoint.path() == authorize.path()
            });
        if let Some(issuer) = document["issuer"].as_str().filter(|_| is_theirs) {
            return discover(http, issuer).await;
        }
    }
    Err(nothing())
}

/// Where metadata could stand, the deepest first.
fn places(authorize: &Url) -> Vec<Url> {
    let parts: Vec<&str> = authorize.path().split('/').filter(|part| !part.is_empty()).collect();
    let least = parts.len().saturating_sub(DEEPEST);
    (least..parts.len())
        .rev()
        .chain((least > 0).then_some(0))
        .map(|depth| {
            let mut place = authorize.clone();
            let mut path = parts[..depth].to_vec();
            path.extend([".well-known", "openid-configuration"]);
            place.set_path(&path.join("/"));
            place.set_query(None);
            place.set_fragment(None);
            place
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // M2
    #[test]
    fn metadata_is_looked_for_along_the_path_the_deepest_first() {
        let of = |address: &str| -> Vec<String> {
            let url = Url::parse(address).unwrap();
            places(&url)
                .iter()
                .map(|place| place.path().replace("/.well-known/openid-configuration", "/*"))
                .collect()
        };
        assert_eq!(
            of("https://id.example/realms/a/protocol/openid-connect/auth?x=1"),
            ["/realms/a/protocol/openid-connect/*", "/realms/a/protocol/*", "/realms/a/*", "/realms/*", "/*"]
        );
        assert_eq!(of("https://id.example/authorize"), ["/*"]);
        assert!(of("https://id.example/").is_empty());
    }
}
