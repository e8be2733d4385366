//! A route in a file: as the platform writes it, as a draft, or inside an earlier report.

use serde_json::Value;

use super::super::provider::{IdentityProvider, RouteDraft};
use super::super::secret::Secret;
use super::super::text::Text;

/// Reads a route: a DomainConfiguration (platform-api §9.3), a [`RouteDraft`], or what holds one as `draft`. A secret that
/// stands in it comes apart from it.
pub fn read_draft(value: &Value) -> Result<(RouteDraft, Option<Secret>), String> {
    let value = value.get("draft").unwrap_or(value);
    if value.get("identityProvider").is_none() && value.get("resourceType").is_none() {
        return serde_json::from_value(value.clone())
            .map(|draft| (draft, None))
            .map_err(|error| error.to_string());
    }
    if value.get("resourceType").is_some_and(|kind| kind != "DomainConfiguration") {
        return Err("it is another kind of record than a DomainConfiguration".to_owned());
    }
    let provider = value.get("identityProvider").ok_or("it has no identity provider")?;
    let text = |name: &str| provider[name].as_str().map(Text::from);
    let draft = RouteDraft {
        domain: Text::from(value["domain"].as_str().unwrap_or_default()),
        provider: IdentityProvider {
            authorize_url: text("authorizeUrl").unwrap_or_default(),
            token_url: text("tokenUrl").unwrap_or_default(),
            user_info_url: text("userInfoUrl").unwrap_or_default(),
            client_id: text("clientId").unwrap_or_default(),
            use_subject: provider["useSubject"].as_bool(),
            identity_source: text("identitySource"),
            identity_mapping_mode: text("identityMappingMode"),
            token_auth_method: text("tokenAuthMethod"),
            use_pkce: provider["usePkce"].as_bool(),
            user_info_mode: text("userInfoMode"),
            user_info_key_set: provider.get("userInfoApiKey").is_some(),
        },
        issuer: None,
        post_login: value["allowedPostLoginRedirectUrls"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(Text::from)
            .collect(),
    };
    Ok((draft, provider["clientSecret"].as_str().map(Secret::from)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // S2
    #[test]
    fn the_secret_of_a_record_comes_apart_from_it() {
        let record = json!({
            "resourceType": "DomainConfiguration", "domain": "partner.example",
            "identityProvider": {
                "authorizeUrl": "https://idp.example/a", "tokenUrl": "https://idp.example/t",
                "userInfoUrl": "https://idp.example/u", "clientId": "c", "clientSecret": "hunter2-hunter2",
            },
        });
        let (draft, secret) = read_draft(&record).unwrap();
        assert_eq!(secret, Some(Secret::from("hunter2-hunter2")));
        let again = serde_json::to_value(&draft).unwrap();
        assert!(!again.to_string().contains("hunter2"));
        assert_eq!(read_draft(&json!({ "draft": again })).unwrap(), (draft, None));
        assert!(read_draft(&json!({"resourceType": "Patient"})).is_err());
        assert!(read_draft(&json!([])).is_err());
    }
}
