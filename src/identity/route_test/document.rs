//! A discovery document as it was sent, read leniently: what has the wrong type counts as not said
//! (RFC 8414 §2, OpenID Connect Discovery §3).

use serde_json::Value;

/// What a provider says about itself. Every text is a stranger's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// `issuer`.
    pub issuer: Option<String>,
    /// `authorization_endpoint`.
    pub authorize: Option<String>,
    /// `token_endpoint`.
    pub token: Option<String>,
    /// `userinfo_endpoint`.
    pub user_info: Option<String>,
    /// `jwks_uri`.
    pub keys: Option<String>,
    /// Every other member that is an endpoint, with its name.
    pub others: Vec<(String, String)>,
    /// `response_types_supported`.
    pub response_types: Option<Vec<String>>,
    /// `response_modes_supported`.
    pub response_modes: Option<Vec<String>>,
    /// `grant_types_supported`.
    pub grant_types: Option<Vec<String>>,
    /// `scopes_supported`.
    pub scopes: Option<Vec<String>>,
    /// `claims_supported`.
    pub claims: Option<Vec<String>>,
    /// `id_token_signing_alg_values_supported`.
    pub algorithms: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`.
    pub auth_methods: Option<Vec<String>>,
    /// `code_challenge_methods_supported`.
    pub pkce: Option<Vec<String>>,
}

impl Document {
    /// Reads one; `None` when it is no JSON object.
    pub fn read(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = |name: &str| {
            let items = members.get(name)?.as_array()?;
            Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        let known = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"];
        let others = members
            .iter()
            .filter(|(name, _)| name.ends_with("_endpoint") && !known.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Some(Self {
            issuer: text("issuer"),
            authorize: text("authorization_endpoint"),
            token: text("token_endpoint"),
            user_info: text("userinfo_endpoint"),
            keys: text("jwks_uri"),
            others: others.collect(),
            response_types: list("response_types_supported"),
            response_modes: list("response_modes_supported"),
            grant_types: list("grant_types_supported"),
            scopes: list("scopes_supported"),
            claims: list("claims_supported"),
            algorithms: list("id_token_signing_alg_values_supported"),
            auth_methods: list("token_endpoint_auth_methods_supported"),
            pkce: list("code_challenge_methods_supported"),
        })
    }

    /// Every endpoint with a name for people.
    pub fn endpoints(&self) -> Vec<(String, &str)> {
        let named = [
            ("authorize", &self.authorize),
            ("token", &self.token),
            ("userinfo", &self.user_info),
            ("keys", &self.keys),
        ];
        let mut all: Vec<(String, &str)> = named
            .into_iter()
            .filter_map(|(name, address)| Some((name.to_owned(), address.as_deref()?)))
            .collect();
        for (name, address) in &self.others {
            let name = name.trim_end_matches("_endpoint").replace('_', " ");
            all.push((super::verdict::quoted(&name), address));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_has_the_wrong_type_counts_as_not_said() {
        let value =
            json!({"issuer": 7, "token_endpoint": ["x"], "scopes_supported": "openid", "a_endpoint": "b"});
        let document = Document::read(&value).unwrap();
        assert_eq!((document.issuer, document.token, document.scopes), (None, None, None));
        assert_eq!(document.others, [("a_endpoint".to_owned(), "b".to_owned())]);
        assert!(Document::read(&json!([])).is_none());
    }
}
