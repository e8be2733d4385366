//! What plans know of each kind of record: the one place to add a field or a kind.
//!
//! A row here is enough for a patch of the field to be planned, read back, compared, shown in the journal and taken
//! back; a kind with `found_by` can be created and, after a lost answer, found again.

use serde_json::Value;

use super::fields::{
    ACCESS, ACCESS_LIFETIME, ACTIVE, ADMIN, AUTH_METHOD, AUTHORIZE_URL, CLIENT_ID, CLIENT_SECRET,
    CONFIGURATION, DESCRIPTION, DOMAIN, EMAIL, EXTERNAL_ID, IDENTITY_SOURCE, MAPPING_MODE, MFA_REQUIRED,
    NAME, OLD_REDIRECT, ORIGINS, PKCE_OPTIONAL, POLICY, POST_LOGIN, PROFILE, PROJECT, REDIRECTS,
    REFRESH_LIFETIME, REVOKED, SET, SETTINGS, STATUS, TOKEN_URL, USE_PKCE, USE_SUBJECT, USER_INFO_KEY,
    USER_INFO_MODE, USER_INFO_URL, USER_NAME, VERIFIED, granted, yes_no,
};
use crate::identity::{Record, Text};
use crate::journal::Snapshot;

/// One field of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its JSON pointer.
    pub pointer: &'static str,
    /// Its word in plans and the journal.
    pub word: &'static str,
    /// How its absence reads; `None` when it then has no value.
    pub absent: Option<&'static str>,
    /// That it is set is all that is ever said of it.
    pub secret: bool,
}

/// One kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOf {
    /// The resource type.
    pub kind: &'static str,
    /// What plans speak of; of a secret only that it is set.
    pub fields: &'static [Field],
    /// The search parameter and the JSON pointer of its value by which a new record is found again.
    pub found_by: Option<(&'static str, &'static str)>,
}

const fn field(pointer: &'static str, word: &'static str) -> Field {
    Field { pointer, word, absent: None, secret: false }
}

const fn switch(pointer: &'static str, word: &'static str, absent: &'static str) -> Field {
    Field { pointer, word, absent: Some(absent), secret: false }
}

const fn secret(pointer: &'static str, word: &'static str) -> Field {
    Field { pointer, word, absent: None, secret: true }
}

/// Fields of a kind that has an identity provider: its own, then those of the provider (platform-api §9.4).
macro_rules! with_provider {
    ($($own:expr),+ $(,)?) => {
        &[
            $($own,)+
            field("/identityProvider/authorizeUrl", AUTHORIZE_URL),
            field("/identityProvider/tokenUrl", TOKEN_URL),
            field("/identityProvider/userInfoUrl", USER_INFO_URL),
            field("/identityProvider/clientId", CLIENT_ID),
            secret("/identityProvider/clientSecret", CLIENT_SECRET),
            field("/identityProvider/tokenAuthMethod", AUTH_METHOD),
            field("/identityProvider/usePkce", USE_PKCE),
            field("/identityProvider/useSubject", USE_SUBJECT),
            field("/identityProvider/identitySource", IDENTITY_SOURCE),
            field("/identityProvider/identityMappingMode", MAPPING_MODE),
            field("/identityProvider/userInfoMode", USER_INFO_MODE),
            secret("/identityProvider/userInfoApiKey", USER_INFO_KEY),
        ]
    };
}

/// Every kind that plans touch.
pub const KINDS: &[KindOf] = &[
    KindOf {
        kind: "User",
        fields: &[
            field("/email", EMAIL),
            switch("/emailVerified", VERIFIED, "no"),
            switch("/mfaRequired", MFA_REQUIRED, "no"),
        ],
        found_by: None,
    },
    KindOf {
        kind: "ProjectMembership",
        fields: &[
            switch("/active", ACTIVE, "yes"),
            field("/externalId", EXTERNAL_ID),
            field("/userName", USER_NAME),
            switch("/admin", ADMIN, "no"),
            field("/accessPolicy", POLICY),
            field("/access", ACCESS),
            field("/profile", PROFILE),
            field("/userConfiguration", CONFIGURATION),
        ],
        found_by: None,
    },
    KindOf {
        kind: "ClientApplication",
        fields: with_provider![
            field("/name", NAME),
            field("/description", DESCRIPTION),
            field("/redirectUris", REDIRECTS),
            field("/redirectUri", OLD_REDIRECT),
            field("/status", STATUS),
            switch("/pkceOptional", PKCE_OPTIONAL, "no"),
            field("/accessTokenLifetime", ACCESS_LIFETIME),
            field("/refreshTokenLifetime", REFRESH_LIFETIME),
            field("/allowedOrigin", ORIGINS),
            field("/meta/project", PROJECT),
        ],
        found_by: Some(("name:exact", "/name")),
    },
    KindOf {
        kind: "DomainConfiguration",
        fields: with_provider![field("/domain", DOMAIN), field("/allowedPostLoginRedirectUrls", POST_LOGIN),],
        found_by: Some(("domain", "/domain")),
    },
    KindOf { kind: "Project", fields: &[field("/setting", SETTINGS)], found_by: None },
    KindOf { kind: "Login", fields: &[switch("/revoked", REVOKED, "no")], found_by: None },
];

/// What is known of a kind.
pub fn of(kind: &str) -> Option<&'static KindOf> {
    KINDS.iter().find(|known| known.kind == kind)
}

impl KindOf {
    /// The pointers of all its fields.
    pub fn pointers(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.pointer).collect()
    }

    /// The field at a pointer.
    pub fn field(&self, pointer: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.pointer == pointer)
    }

    /// A record in the words of plans; `record` was asked for [`Self::pointers`].
    pub fn snapshot(&self, record: &Record) -> Snapshot {
        let values = self.fields.iter().zip(&record.values);
        Snapshot {
            record: record.reference.clone(),
            version: Some(record.version.id.clone()),
            at: Some(record.version.at),
            author: record.version.author.clone(),
            fields: values
                .map(|(field, value)| (field.word.to_owned(), field.words(value.as_ref())))
                .collect(),
        }
    }
}

impl Field {
    /// A value as plans and read-backs write it.
    pub fn words(&self, value: Option<&Value>) -> Option<Text> {
        match value {
            None | Some(Value::Null) => self.absent.map(Text::from),
            Some(_) if self.secret => Some(Text::from(SET)),
            Some(Value::Bool(value)) => Some(yes_no(*value)),
            Some(Value::String(text)) => Some(Text::from(text.as_str())),
            Some(Value::Number(number)) => Some(Text::from(number.to_string())),
            Some(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_string) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Some(Text::from(items.join(" ")))
            }
            Some(Value::Array(items)) if items.iter().all(|item| item["policy"].is_object()) => {
                let all: Vec<String> = items.iter().map(granted_words).collect();
                (!all.is_empty()).then(|| Text::from(all.join(", ")))
            }
            // Settings of a project: `mfaRequired = true`.
            Some(Value::Array(items)) if items.iter().all(|item| item["name"].is_string()) => {
                let each = items.iter().map(|item| {
                    let value =
                        item.as_object().into_iter().flatten().find(|(key, _)| key.starts_with("value"));
                    let value = value.map_or(&Value::Null, |(_, value)| value);
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    format!("{} = {value}", item["name"].as_str().unwrap_or_default())
                });
                let all = each.collect::<Vec<_>>().join(" · ");
                (!all.is_empty()).then(|| Text::from(all))
            }
            Some(Value::Object(members)) if members.contains_key("reference") => {
                members["reference"].as_str().map(Text::from)
            }
            Some(other) => Some(Text::from(other.to_string())),
        }
    }
}

/// One item of `ProjectMembership.access`.
fn granted_words(item: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters: Vec<String> = item["parameter"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| {
            let reference = &parameter["valueReference"]["reference"];
            let value = if reference.is_string() { reference } else { &parameter["valueString"] };
            format!("{}={}", text(&parameter["name"]), text(value))
        })
        .collect();
    granted(&text(&item["policy"]["reference"]), &parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_plans_write_them() {
        let words = |kind: &str, pointer: &str, value: Option<Value>| {
            of(kind).unwrap().field(pointer).unwrap().words(value.as_ref()).map(|text| text.raw().to_owned())
        };
        assert_eq!(words("ProjectMembership", "/active", None).as_deref(), Some("yes"));
        assert_eq!(words("ProjectMembership", "/admin", None).as_deref(), Some("no"));
        assert_eq!(words("Login", "/revoked", Some(json!(true))).as_deref(), Some("yes"));
        assert_eq!(words("ProjectMembership", "/externalId", None), None);
        let policy = json!({"reference": "AccessPolicy/a", "display": "Staff"});
        assert_eq!(
            words("ProjectMembership", "/accessPolicy", Some(policy)).as_deref(),
            Some("AccessPolicy/a")
        );
        let addresses = json!(["http://a", "http://b"]);
        assert_eq!(
            words("ClientApplication", "/redirectUris", Some(addresses)).as_deref(),
            Some("http://a http://b")
        );
    }

    // platform-api §14.12
    #[test]
    fn a_field_with_a_secret_is_known_as_one_and_each_stands_once() {
        for kind in KINDS {
            let mut words: Vec<&str> = kind.fields.iter().map(|field| field.word).collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), kind.fields.len(), "{}", kind.kind);
            for field in kind.fields {
                let name = field.pointer.to_lowercase();
                let is_secret =
                    ["secret", "password", "cookie", "code", "apikey"].iter().any(|bad| name.contains(bad));
                assert_eq!(field.secret, is_secret, "{name}");
            }
        }
    }
}
