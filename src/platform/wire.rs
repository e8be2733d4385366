//! The platform's JSON, as far as it is read. Secrets have no field here, so they never enter the house:
//! `passwordHash`, `mfaSecret`, `clientSecret`, `refreshSecret`, `code`, `cookie` are passed over. The secrets of client
//! applications have the one shape [`WireClientSecrets`].

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};

use crate::identity::membership::Access;
use crate::identity::{
    ClientApplication, ClientId, ClientSettings, DomainRoute, DomainRouteId, Factor, IdentityProvider,
    Membership, MembershipId, Mfa, ProjectId, Reference, SecretHistory, Text, User, UserId, UserScope,
    Version, VersionId,
};

#[derive(Deserialize)]
pub(super) struct WireReference {
    #[serde(default)]
    reference: Split,
    display: Option<Text>,
}

/// The text of a reference, taken apart while it is read; a page holds thousands of them.
#[derive(Default)]
struct Split(Option<Reference>);

impl<'de> Deserialize<'de> for Split {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl Visitor<'_> for Parts {
            type Value = Split;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reference")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Split, E> {
                let system = || Reference { kind: text.into(), id: "".into(), display: None };
                Ok(Split(Reference::parse(text).or_else(|| (text == "system").then(system))))
            }
        }
        deserializer.deserialize_str(Parts)
    }
}

impl WireReference {
    /// `None` for what is not `Type/id`; the platform's own author is `system`.
    pub(super) fn into_domain(self) -> Option<Reference> {
        let display = self.display;
        self.reference.0.map(|reference| Reference { display, ..reference })
    }
}

/// The version alone, of any record.
#[derive(Deserialize)]
pub(super) struct WireVersion {
    pub(super) meta: WireVersionMeta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireVersionMeta {
    pub(super) version_id: Option<String>,
}

/// A profile's name, out of `/auth/me`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireName {
    #[serde(rename = "use")]
    usage: Option<String>,
    text: Option<String>,
    given: Vec<String>,
    family: Option<String>,
}

impl WireName {
    /// The name in use among several; an old one only when there is no other.
    pub(super) fn in_use(names: Vec<Self>) -> Option<Text> {
        let old =
            |name: &Self| matches!(name.usage.as_deref(), Some("old" | "maiden" | "nickname" | "anonymous"));
        names
            .into_iter()
            .filter_map(|name| Some((old(&name), name.whole()?)))
            .min_by_key(|(old, _)| *old)
            .map(|(_, n)| n)
    }

    fn whole(self) -> Option<Text> {
        let parts = self.given.iter().chain(&self.family).map(String::as_str).collect::<Vec<_>>().join(" ");
        let whole = self.text.filter(|text| !text.is_empty()).unwrap_or(parts);
        (!whole.is_empty()).then(|| Text::from(whole))
    }
}

/// Without a version a record could be written over unseen, so one that lacks it is not read at all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireMeta {
    version_id: String,
    last_updated: Timestamp,
    author: Option<WireReference>,
    project: Option<String>,
}

impl WireMeta {
    pub(super) fn version(self) -> (Version, Option<ProjectId>) {
        let version = Version {
            id: VersionId::new(self.version_id),
            at: self.last_updated,
            author: self.author.and_then(WireReference::into_domain),
        };
        (version, self.project.map(ProjectId::new))
    }
}

#[derive(Deserialize)]
struct WireParameter {
    name: String,
    #[serde(rename = "valueString")]
    value_string: Option<String>,
    #[serde(rename = "valueReference")]
    value_reference: Option<WireReference>,
}

#[derive(Deserialize)]
struct WireAccess {
    policy: WireReference,
    #[serde(default)]
    parameter: Vec<WireParameter>,
}

/// The types of records that come in lists of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum WireKind {
    #[serde(rename = "ProjectMembership")]
    Membership,
    User,
    #[serde(other)]
    Other,
}

/// Every record of a list in one shape, so that a page is read in one pass without looking ahead for its type.
/// Members that mean different things in different types (`name`, `secret`) are read by the single-record shapes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRecord {
    pub(super) resource_type: WireKind,
    id: String,
    meta: WireMeta,
    project: Option<WireReference>,
    user: Option<WireReference>,
    profile: Option<WireReference>,
    active: Option<bool>,
    admin: Option<bool>,
    access_policy: Option<WireReference>,
    #[serde(default)]
    access: Vec<WireAccess>,
    external_id: Option<String>,
    user_name: Option<String>,
    invited_by: Option<WireReference>,
    user_configuration: Option<WireReference>,
    /// That there is one; what it holds is not read.
    password_hash: Option<IgnoredAny>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email_verified: Option<bool>,
    #[serde(default)]
    mfa_required: bool,
    #[serde(default)]
    mfa_enrolled: bool,
    #[serde(default)]
    mfa_method: Vec<String>,
}

impl WireRecord {
    /// A membership; `None` when a required reference is missing.
    pub(super) fn membership(self) -> Option<Membership> {
        let (version, home) = self.meta.version();
        let project =
            self.project.and_then(WireReference::into_domain).map(|p| ProjectId::new(p.id)).or(home)?;
        Some(Membership {
            id: MembershipId::new(self.id),
            version,
            project,
            user: self.user.and_then(WireReference::into_domain)?,
            profile: self.profile.and_then(WireReference::into_domain)?,
            active: self.active.unwrap_or(true),
            admin: self.admin.unwrap_or(false),
            policy: self.access_policy.and_then(WireReference::into_domain),
            access: self.access.into_iter().filter_map(access).collect(),
            external_id: self.external_id.map(Text::from),
            user_name: self.user_name.map(Text::from),
            invited_by: self.invited_by.and_then(WireReference::into_domain),
            configuration: self.user_configuration.and_then(WireReference::into_domain),
        })
    }

    pub(super) fn user(self) -> User {
        let (version, home) = self.meta.version();
        // A project that cannot be read is a project all the same: never taken for server-scoped.
        let project = self.project.map(|project| {
            project
                .into_domain()
                .map(|p| ProjectId::new(p.id))
                .or(home)
                .unwrap_or_else(|| ProjectId::from(""))
        });
        User {
            id: UserId::new(self.id),
            version,
            email: self.email.map(Text::from),
            first_name: Text::from(self.first_name.unwrap_or_default()),
            last_name: Text::from(self.last_name.unwrap_or_default()),
            email_verified: self.email_verified,
            scope: project.map_or(UserScope::Server, UserScope::Project),
            legacy_external_id: self.external_id.map(Text::from),
            password_set: self.password_hash.is_some(),
            mfa: Mfa {
                required: self.mfa_required,
                enrolled: self.mfa_enrolled,
                methods: self.mfa_method.iter().filter_map(|method| factor(method)).collect(),
            },
        }
    }
}

fn access(wire: WireAccess) -> Option<Access> {
    let parameters = wire
        .parameter
        .into_iter()
        .map(|parameter| {
            let by_reference = || Some(parameter.value_reference?.into_domain()?.to_string());
            let value = parameter.value_string.or_else(by_reference).unwrap_or_default();
            (Text::from(parameter.name), Text::from(value))
        })
        .collect();
    Some(Access { policy: wire.policy.into_domain()?, parameters })
}

/// A factor by the platform's name.
pub(super) fn factor(name: &str) -> Option<Factor> {
    match name {
        "totp" => Some(Factor::Totp),
        "email" => Some(Factor::Email),
        _ => None,
    }
}

#[derive(Deserialize)]
pub(super) struct WireLink {
    pub(super) relation: String,
    pub(super) url: String,
}

#[derive(Deserialize)]
pub(super) struct WireEntry<T> {
    pub(super) resource: Option<T>,
}

/// A searchset or history.
#[derive(Deserialize)]
pub(super) struct WireBundle<T> {
    #[serde(default = "Vec::new")]
    pub(super) entry: Vec<WireEntry<T>>,
    #[serde(default)]
    pub(super) link: Vec<WireLink>,
    pub(super) total: Option<u64>,
}

impl<T> WireBundle<T> {
    pub(super) fn into_records(self) -> impl Iterator<Item = T> {
        self.entry.into_iter().filter_map(|entry| entry.resource)
    }
}

/// Only the links of a bundle: found out before the rest is read, so that the next page can be on its way.
#[derive(Deserialize)]
pub(super) struct WireLinks {
    #[serde(default)]
    pub(super) link: Vec<WireLink>,
    #[serde(default)]
    #[expect(dead_code, reason = "passed over, not kept")]
    entry: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireProvider {
    authorize_url: Option<String>,
    token_url: Option<String>,
    user_info_url: Option<String>,
    client_id: Option<String>,
    use_subject: Option<bool>,
    identity_source: Option<String>,
    identity_mapping_mode: Option<String>,
    token_auth_method: Option<String>,
    use_pkce: Option<bool>,
    user_info_mode: Option<String>,
    /// That there is one; what it holds is not read.
    user_info_api_key: Option<IgnoredAny>,
}

impl WireProvider {
    fn into_domain(self) -> IdentityProvider {
        let text = |value: Option<String>| Text::from(value.unwrap_or_default());
        IdentityProvider {
            authorize_url: text(self.authorize_url),
            token_url: text(self.token_url),
            user_info_url: text(self.user_info_url),
            client_id: text(self.client_id),
            use_subject: self.use_subject,
            identity_source: self.identity_source.map(Text::from),
            identity_mapping_mode: self.identity_mapping_mode.map(Text::from),
            token_auth_method: self.token_auth_method.map(Text::from),
            use_pkce: self.use_pkce,
            user_info_mode: self.user_info_mode.map(Text::from),
            user_info_key_set: self.user_info_api_key.is_some(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireClient {
    id: String,
    meta: WireMeta,
    name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    redirect_uri: Option<String>,
    status: Option<String>,
    #[serde(default)]
    pkce_optional: bool,
    identity_provider: Option<WireProvider>,
    description: Option<String>,
    /// That there is one; what it holds is not read. The same of the retiring one.
    secret: Option<IgnoredAny>,
    retiring_secret: Option<IgnoredAny>,
    access_token_lifetime: Option<String>,
    refresh_token_lifetime: Option<String>,
    #[serde(default)]
    allowed_origin: Vec<String>,
    #[serde(default)]
    grant_type: Vec<String>,
    #[serde(default)]
    default_scope: Vec<String>,
    jwks_uri: Option<String>,
    launch_uri: Option<String>,
    sign_in_form: Option<WireSignInForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSignInForm {
    welcome_string: Option<String>,
}

impl WireClient {
    pub(super) fn into_domain(self) -> ClientApplication {
        let (version, project) = self.meta.version();
        let mut redirect_uris: Vec<Text> = self.redirect_uris.into_iter().map(Text::from).collect();
        let legacy_redirect = self.redirect_uri.map(Text::from);
        // The legacy single address counts as well (§3.2).
        if let Some(legacy) = legacy_redirect.as_ref().filter(|uri| !redirect_uris.contains(uri)) {
            redirect_uris.push(legacy.clone());
        }
        let texts = |all: Vec<String>| all.into_iter().map(Text::from).collect();
        ClientApplication {
            id: ClientId::new(self.id),
            version,
            project,
            name: Text::from(self.name.unwrap_or_default()),
            redirect_uris,
            status: self.status.map(Text::from),
            pkce_optional: self.pkce_optional,
            provider: self.identity_provider.map(WireProvider::into_domain),
            settings: Box::new(ClientSettings {
                description: self.description.map(Text::from),
                secret_set: self.secret.is_some(),
                retiring_secret_set: self.retiring_secret.is_some(),
                access_lifetime: self.access_token_lifetime.map(Text::from),
                refresh_lifetime: self.refresh_token_lifetime.map(Text::from),
                origins: texts(self.allowed_origin),
                grants: texts(self.grant_type),
                default_scope: texts(self.default_scope),
                legacy_redirect,
                jwks_uri: self.jwks_uri.map(Text::from),
                launch_uri: self.launch_uri.map(Text::from),
                welcome: self.sign_in_form.and_then(|form| form.welcome_string).map(Text::from),
            }),
        }
    }
}

/// The secrets of one version of a client: read to be counted, rotated or shown once on demand, and dropped. It has no
/// `Debug`, and nothing of it but one [`Secret`] leaves the platform's floor.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireClientSecrets {
    meta: WireMeta,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) retiring_secret: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

impl WireClientSecrets {
    /// Versions, the newest first, as numbers in place of secrets.
    pub(super) fn counted(versions: Vec<Self>) -> SecretHistory {
        let versions: Vec<_> = versions
            .into_iter()
            .map(|version| (version.meta.version().0, version.secret, version.retiring_secret))
            .collect();
        SecretHistory::counted(versions.iter().map(|(version, secret, retiring)| {
            let (secret, retiring) = (secret.as_ref(), retiring.as_ref());
            let bare = ExposeSecret::expose_secret;
            (version.id.clone(), version.at, secret.map(bare), retiring.map(bare))
        }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireDomainRoute {
    id: String,
    meta: WireMeta,
    domain: Option<String>,
    identity_provider: Option<WireProvider>,
    #[serde(default)]
    allowed_post_login_redirect_urls: Vec<String>,
}

impl WireDomainRoute {
    pub(super) fn into_domain(self) -> DomainRoute {
        let (version, _) = self.meta.version();
        DomainRoute {
            id: DomainRouteId::new(self.id),
            version,
            domain: Text::from(self.domain.unwrap_or_default()),
            provider: self.identity_provider.map(WireProvider::into_domain),
            post_login: self.allowed_post_login_redirect_urls.into_iter().map(Text::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn read<T: DeserializeOwned>(value: &Value) -> T {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    fn meta() -> Value {
        json!({"versionId": "v1", "lastUpdated": "2026-01-05T10:00:00.000Z", "author": {"reference": "system"},
            "project": "p1", "compartment": [{"reference": "Project/p1"}]})
    }

    #[test]
    fn a_membership_is_read_with_everything_that_matters() {
        let membership = read::<WireRecord>(&json!({"resourceType": "ProjectMembership", "id": "m1", "meta": meta(),
            "project": {"reference": "Project/p1", "display": "Clinic"},
            "user": {"reference": "User/u1", "display": "dana@clinic.example"},
            "profile": {"display": "Dana Reyes", "reference": "Practitioner/d1"},
            "externalId": "idp|9f27", "admin": true, "active": false,
            "accessPolicy": {"reference": "AccessPolicy/a1"},
            "access": [{"policy": {"reference": "AccessPolicy/a2"}, "parameter": [
                {"name": "patient", "valueReference": {"reference": "Patient/x"}}, {"name": "n", "valueString": "v"}]}],
            "identifier": [{"system": "s", "value": "v"}]}))
        .membership()
        .unwrap();
        assert_eq!(membership.project.as_str(), "p1");
        assert_eq!(membership.user.to_string(), "User/u1");
        assert_eq!(membership.profile.display, Some("Dana Reyes".into()));
        assert_eq!((membership.active, membership.admin), (false, true));
        assert_eq!(membership.external_id, Some("idp|9f27".into()));
        assert_eq!(
            membership.access[0].parameters,
            [("patient".into(), "Patient/x".into()), ("n".into(), "v".into())]
        );
        assert_eq!(&*membership.version.author.unwrap().kind, "system");
    }

    // platform-api §14.5
    #[test]
    fn active_absent_means_active() {
        let mut value = json!({"resourceType": "ProjectMembership", "id": "m", "meta": meta(),
            "project": {"reference": "Project/p"}, "user": {"reference": "User/u"}, "profile": {"reference": "Patient/x"}});
        assert!(read::<WireRecord>(&value).membership().unwrap().active);
        value["active"] = json!(false);
        assert!(!read::<WireRecord>(&value).membership().unwrap().active);
        value["profile"] = json!({"display": "nobody"});
        assert_eq!(read::<WireRecord>(&value).membership(), None);
    }

    // platform-api §14.12
    #[test]
    fn of_a_user_and_a_client_only_what_is_no_secret_is_read() {
        let user = read::<WireRecord>(
            &json!({"resourceType": "User", "id": "u1", "meta": meta(), "firstName": "Jane",
            "lastName": "S", "email": "j@x.example", "passwordHash": "$2b$10$SECRET", "mfaSecret": "SECRET",
            "mfaEnrolled": true, "mfaMethod": ["totp", "carrier-pigeon"]}),
        )
        .user();
        assert_eq!((&user.scope, &user.mfa.methods[..]), (&UserScope::Server, &[Factor::Totp][..]));
        let client = read::<WireClient>(&json!({"resourceType": "ClientApplication", "id": "c1", "meta": meta(),
            "name": "Portal", "secret": "SECRET", "retiringSecret": "SECRET", "redirectUri": "http://a/",
            "redirectUris": ["http://b/"], "identityProvider": {"authorizeUrl": "https://idp/a", "tokenUrl": "t",
            "userInfoUrl": "u", "clientId": "id", "clientSecret": "SECRET", "userInfoApiKey": "SECRET"}}))
        .into_domain();
        assert_eq!(client.redirect_uris, ["http://b/".into(), "http://a/".into()]);
        assert_eq!(client.project, Some("p1".into()));
        assert!(client.settings.secret_set && client.settings.retiring_secret_set);
        assert_eq!(client.settings.legacy_redirect, Some("http://a/".into()));
        let written = serde_json::to_string(&client).unwrap();
        assert!(!format!("{user:?} {client:?} {written}").contains("SECRET"));
    }

    #[test]
    fn a_garbled_project_is_never_taken_for_server_scoped() {
        let user = json!({"resourceType": "User", "id": "u", "meta": meta(), "project": {"display": "no reference"}});
        assert_eq!(read::<WireRecord>(&user).user().scope, UserScope::Project("p1".into()));
    }

    #[test]
    fn a_record_without_a_version_is_not_read() {
        let user =
            json!({"resourceType": "User", "id": "u", "meta": {"lastUpdated": "2026-01-05T10:00:00.000Z"}});
        assert!(serde_json::from_str::<WireRecord>(&user.to_string()).is_err());
    }

    #[test]
    fn the_name_in_use_is_chosen() {
        let name = |names: Value| WireName::in_use(read(&names));
        let renamed = json!([{"use": "old", "family": "Smith", "given": ["J."]}, {"given": ["Jane", "M."], "family": "Doe"}]);
        assert_eq!(name(renamed), Some("Jane M. Doe".into()));
        assert_eq!(name(json!([{"text": "山田 太郎", "family": "x"}])), Some("山田 太郎".into()));
        assert_eq!(name(json!([])), None);
    }
}
