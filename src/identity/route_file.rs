//! A domain route in a file: the platform's own resource (platform-api §9.3, §9.4) without any secret, and what the route
//! tester begins with beside it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::provider::{IdentityProvider, RouteDraft};
use super::text::{Text, shown};
use super::trace::{REDACTED, is_secret};

/// The kind of record.
const KIND: &str = "DomainConfiguration";

/// Why a file holds no route.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotARoute {
    /// No JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// A secret stands in it.
    #[error("`{0}` holds a secret; take it out of the file, it is asked for when it is needed")]
    Secret(String),
    /// Another record.
    #[error("it holds a {0}, not a {KIND}")]
    OtherKind(Text),
    /// Fields missing, of another type, or not known.
    #[error("{0}")]
    Shape(String),
}

/// The record as the platform takes it, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resource {
    #[serde(rename = "resourceType")]
    kind: String,
    domain: Text,
    identity_provider: Provider,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_post_login_redirect_urls: Vec<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Provider {
    authorize_url: Text,
    token_url: Text,
    user_info_url: Text,
    client_id: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    use_subject: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_source: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_mapping_mode: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_auth_method: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    use_pkce: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_info_mode: Option<Text>,
}

/// The route as the platform would store it, without its secret. What the platform does not store is left out.
pub fn resource(draft: &RouteDraft) -> Value {
    let IdentityProvider {
        authorize_url,
        token_url,
        user_info_url,
        client_id,
        use_subject,
        identity_source,
        identity_mapping_mode,
        token_auth_method,
        use_pkce,
        user_info_mode,
        user_info_key_set: _,
    } = draft.provider.clone();
    let resource = Resource {
        kind: KIND.to_owned(),
        domain: draft.domain.clone(),
        identity_provider: Provider {
            authorize_url,
            token_url,
            user_info_url,
            client_id,
            use_subject,
            identity_source,
            identity_mapping_mode,
            token_auth_method,
            use_pkce,
            user_info_mode,
        },
        allowed_post_login_redirect_urls: draft.post_login.clone(),
    };
    // A struct of texts always has a value.
    serde_json::to_value(resource).unwrap_or_default()
}

/// Reads a route back. Nothing is guessed: an unknown field, a secret, another record are refused.
pub fn draft(value: &Value) -> Result<RouteDraft, NotARoute> {
    if let Some(field) = secret_in(value) {
        return Err(NotARoute::Secret(field));
    }
    if let Some(kind) = value.get("resourceType").and_then(Value::as_str).filter(|kind| *kind != KIND) {
        return Err(NotARoute::OtherKind(Text::from(kind)));
    }
    let resource: Resource = serde_json::from_value(value.clone())
        .map_err(|error| NotARoute::Shape(shown(&error.to_string()).into_owned()))?;
    let Provider {
        authorize_url,
        token_url,
        user_info_url,
        client_id,
        use_subject,
        identity_source,
        identity_mapping_mode,
        token_auth_method,
        use_pkce,
        user_info_mode,
    } = resource.identity_provider;
    Ok(RouteDraft {
        domain: resource.domain,
        provider: IdentityProvider {
            authorize_url,
            token_url,
            user_info_url,
            client_id,
            use_subject,
            identity_source,
            identity_mapping_mode,
            token_auth_method,
            use_pkce,
            user_info_mode,
            user_info_key_set: false,
        },
        issuer: None,
        post_login: resource.allowed_post_login_redirect_urls,
    })
}

/// The text of a file with a route.
pub fn parse(text: &str) -> Result<Value, NotARoute> {
    serde_json::from_str(text).map_err(|error| NotARoute::NotJson(error.to_string()))
}

/// The first field, as a path, that is named like a secret and holds anything, at any depth.
pub fn secret_in(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let holds = match value {
                Value::String(text) => !text.is_empty() && text != REDACTED,
                Value::Number(_) => true,
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
            };
            let here = shown(name).into_owned();
            if holds && is_secret(name) { Some(here) } else { Some(format!("{here}.{}", secret_in(value)?)) }
        }),
        Value::Array(items) => items.iter().find_map(secret_in),
        Value::String(text) if looks_like_token(text) => Some("a token".to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// True for what can only be a signed token: three parts, the first of which is the header of one.
fn looks_like_token(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '=' | '&'))
        .any(|word| word.len() > 20 && word.starts_with("eyJ") && word.matches('.').count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn wanted() -> Value {
        json!({
            "resourceType": "DomainConfiguration",
            "domain": "partner.example",
            "identityProvider": {
                "authorizeUrl": "https://idp.partner.example/authorize",
                "tokenUrl": "https://idp.partner.example/token",
                "userInfoUrl": "https://idp.partner.example/userinfo",
                "clientId": "0oa1",
                "tokenAuthMethod": "client_secret_post",
            },
            "allowedPostLoginRedirectUrls": ["https://app.clinic.example/"],
        })
    }

    #[test]
    fn a_route_comes_back_as_it_was_written_and_holds_no_secret() {
        let route = draft(&wanted()).unwrap();
        assert_eq!(route.domain.raw(), "partner.example");
        assert_eq!(resource(&route), wanted());
        assert!(!resource(&route).to_string().contains("ecret\""));
    }

    // platform-api §14.12, S2
    #[rstest]
    #[case("/identityProvider/clientSecret", json!("s3cr3t"), "`identityProvider.clientSecret` holds a secret")]
    #[case("/identityProvider/userInfoApiKey", json!("k"), "`identityProvider.userInfoApiKey` holds a secret")]
    #[case("/identityProvider/clientId", json!("eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.sig"), "a token")]
    #[case("/resourceType", json!("User"), "it holds a User")]
    #[case("/identityProvider/tokenUrl", json!(7), "invalid type")]
    #[case("/identityProvider/extra", json!("x"), "unknown field")]
    #[case("/project", json!("x"), "unknown field")]
    fn a_file_with_anything_else_in_it_is_refused(#[case] at: &str, #[case] value: Value, #[case] why: &str) {
        let mut file = wanted();
        let (parent, name) = at.rsplit_once('/').unwrap();
        file.pointer_mut(parent).unwrap()[name] = value;
        let refused = draft(&file).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut file = wanted();
        file["identityProvider"].as_object_mut().unwrap().remove("tokenUrl");
        assert!(draft(&file).unwrap_err().to_string().contains("missing field `tokenUrl`"));
        assert!(matches!(parse("{"), Err(NotARoute::NotJson(_))));
    }
}
