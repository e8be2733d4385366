//! What a token says, in a form that may be shown: the token itself is not in it, and neither is a claim that would be
//! worth stealing (J12).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identity::text::Text;
use crate::identity::trace::redact_json;

/// What it is that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// The identity provider's ID token.
    IdpId,
    /// The identity provider's access token.
    IdpAccess,
    /// The identity provider's userinfo.
    IdpUserinfo,
    /// The platform's access token.
    PlatformAccess,
    /// The platform's ID token.
    PlatformId,
}

impl Sort {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::IdpId => "ID token of the identity provider",
            Self::IdpAccess => "access token of the identity provider",
            Self::IdpUserinfo => "userinfo of the identity provider",
            Self::PlatformAccess => "access token of the platform",
            Self::PlatformId => "ID token of the platform",
        }
    }

    /// The head of a column.
    pub fn short(self) -> &'static str {
        match self {
            Self::IdpId => "IdP: ID token",
            Self::IdpAccess => "IdP: access token",
            Self::IdpUserinfo => "IdP: userinfo",
            Self::PlatformAccess => "platform: access token",
            Self::PlatformId => "platform: ID token",
        }
    }
}

/// What one token, or userinfo, says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// What says it.
    pub sort: Sort,
    /// It is no JWT: nothing can be read in it.
    pub opaque: bool,
    /// Whether it was held against the keys of its issuer, in words; empty where that was not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// Header, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<(String, Text)>,
    /// Claims, in their order: name and value, JSON where it is not text.
    pub claims: Vec<(String, Text)>,
}

impl Claims {
    /// Of decoded parts.
    pub fn of(sort: Sort, header: Option<&Value>, claims: &Value) -> Self {
        Self {
            sort,
            opaque: false,
            signature: String::new(),
            header: header.map(rows).unwrap_or_default(),
            claims: rows(claims),
        }
    }

    /// Of a token in which nothing can be read.
    pub fn opaque(sort: Sort) -> Self {
        Self { sort, opaque: true, signature: String::new(), header: Vec::new(), claims: Vec::new() }
    }

    /// The value of a claim.
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.claims.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

fn rows(value: &Value) -> Vec<(String, Text)> {
    let Value::Object(members) = redact_json(value.clone()) else { return Vec::new() };
    members
        .into_iter()
        .map(|(name, value)| {
            let name = crate::identity::text::shown(&name).into_owned();
            let value = match value {
                Value::String(text) => Text::from(text),
                other => Text::from(other.to_string()),
            };
            (name, value)
        })
        .collect()
}

/// A claim's value as people read it: moments as such (J11; RFC 7519 §2), all else as it is.
pub fn readable(claim: &str, value: &Text) -> String {
    let moment = matches!(claim, "iat" | "nbf" | "exp" | "auth_time" | "updated_at");
    let seconds = value.raw().parse::<f64>().ok().filter(|_| moment);
    seconds
        .and_then(|seconds| jiff::Timestamp::from_second(seconds as i64).ok())
        .map_or_else(|| value.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// A claim that userinfo and the ID token do not agree on. The browser flow reads the ID token, exchange reads userinfo
/// (platform-api §10.2 step 4, §10.3 step 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which.
    pub claim: String,
    /// As the ID token says it.
    pub id_token: Option<Text>,
    /// As userinfo says it.
    pub userinfo: Option<Text>,
}

/// By what people are recognised; what else differs is of no consequence.
const OF_CONSEQUENCE: [&str; 5] = ["sub", "email", "email_verified", "fhirUser", "preferred_username"];

/// Claims of consequence on which the two do not agree.
pub fn differences(id_token: &Claims, userinfo: &Claims) -> Vec<Difference> {
    OF_CONSEQUENCE
        .iter()
        .filter_map(|claim| {
            let (a, b) = (id_token.get(claim), userinfo.get(claim));
            (a != b).then(|| Difference {
                claim: (*claim).to_owned(),
                id_token: a.cloned(),
                userinfo: b.cloned(),
            })
        })
        .collect()
}

/// One line of two tokens side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Which claim.
    pub claim: String,
    /// Of the left one.
    pub left: Option<Text>,
    /// Of the right one.
    pub right: Option<Text>,
}

impl Side {
    /// Both say the same.
    pub fn agree(&self) -> bool {
        self.left.is_some() && self.left == self.right
    }
}

/// What is looked at first (X1).
const FIRST: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "client_id",
    "scope",
    "iat",
    "nbf",
    "exp",
    "auth_time",
    "act",
    "may_act",
    "email",
    "fhirUser",
];

/// Two tokens, claim by claim: the telling ones first, then the rest by name.
pub fn side_by_side(left: &Claims, right: &Claims) -> Vec<Side> {
    let mut rest: Vec<&str> = left
        .claims
        .iter()
        .chain(&right.claims)
        .map(|(name, _)| name.as_str())
        .filter(|name| !FIRST.contains(name))
        .collect();
    rest.sort_unstable();
    rest.dedup();
    FIRST
        .into_iter()
        .chain(rest)
        .map(|claim| Side {
            claim: claim.to_owned(),
            left: left.get(claim).cloned(),
            right: right.get(claim).cloned(),
        })
        .filter(|side| side.left.is_some() || side.right.is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // J12
    #[test]
    fn a_claim_that_is_worth_stealing_is_not_in_the_table() {
        let claims = Claims::of(
            Sort::PlatformId,
            Some(&json!({"alg": "ES384"})),
            &json!({"sub": "u", "refresh_secret": "hush", "groups": ["a"], "n\u{1b}": 1}),
        );
        let all = serde_json::to_string(&claims).unwrap();
        assert!(!all.contains("hush") && all.contains("[redacted]"), "{all}");
        assert_eq!(claims.get("groups").unwrap().raw(), r#"["a"]"#);
        assert_eq!(claims.claims[3].0, "n\\x1b");
    }

    // J11
    #[rstest::rstest]
    #[case("exp", "1767607200", "2026-01-05 10:00:00Z")]
    #[case("auth_time", "1767607200.25", "2026-01-05 10:00:00Z")]
    #[case("exp", "1e300", "1e300")]
    #[case("sub", "1767607200", "1767607200")]
    fn moments_are_read_as_such(#[case] claim: &str, #[case] value: &str, #[case] shown: &str) {
        assert_eq!(readable(claim, &Text::from(value)), shown);
    }

    // J14
    #[test]
    fn only_differences_of_consequence_are_told() {
        let id = Claims::of(Sort::IdpId, None, &json!({"sub": "s", "email": "a@b.example", "name": "A"}));
        let info = Claims::of(Sort::IdpUserinfo, None, &json!({"sub": "s", "email": "c@b.example"}));
        let found = differences(&id, &info);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].claim.as_str(), found[0].userinfo.as_ref().unwrap().raw()),
            ("email", "c@b.example")
        );
    }

    // X1
    #[test]
    fn two_tokens_stand_side_by_side_with_the_telling_claims_first() {
        let idp = Claims::of(Sort::IdpId, None, &json!({"zeta": 1, "iss": "https://idp", "sub": "s"}));
        let own = Claims::of(Sort::PlatformAccess, None, &json!({"iss": "https://api/", "alpha": 2}));
        let sides = side_by_side(&idp, &own);
        let names: Vec<&str> = sides.iter().map(|side| side.claim.as_str()).collect();
        assert_eq!(names, ["iss", "sub", "alpha", "zeta"]);
        assert!(!sides[0].agree());
        assert!(side_by_side(&Claims::opaque(Sort::IdpAccess), &own).iter().all(|side| side.left.is_none()));
    }
}
