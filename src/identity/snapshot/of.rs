//! Records from what the platform told. None of the types that come in here holds a secret.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::record::{Field, Record, Value};
use crate::identity::membership::Access;
use crate::identity::sign_in::Route;
use crate::identity::{
    ClientApplication, DomainRoute, IdentityProvider, Membership, ProjectId, Reference, Role, Seen, Text,
    Unseen, User, UserScope,
};

/// A project as far as a snapshot holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectFacts<'a> {
    /// Its id.
    pub id: &'a ProjectId,
    /// Its name.
    pub name: &'a Text,
    /// Its owner.
    pub owner: Option<&'a Reference>,
    /// Default policies by kind of profile.
    pub defaults: &'a [(String, Reference)],
    /// Settings that everybody of the project may read; its secrets are elsewhere.
    pub settings: &'a [(String, Json)],
    /// Features.
    pub features: &'a [Text],
}

/// Who looks at a member, and what SCIM told of their address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight<'a> {
    /// The reader's role.
    pub role: Role,
    /// Why a user who is not there is not seen; `None` where every user is, so that this one was deleted.
    pub unseen: Option<Unseen>,
    /// The present address, where only SCIM tells it (platform-api §7).
    pub by_scim: Option<&'a Text>,
}

fn known(value: Value) -> Seen<Value> {
    Seen::Known(value)
}

fn flag(holds: bool) -> Seen<Value> {
    known(Value::Flag(holds))
}

fn maybe(text: Option<&Text>) -> Seen<Value> {
    known(Value::maybe(text))
}

fn set(texts: &[Text]) -> Seen<Value> {
    known(Value::set(texts.iter().cloned()))
}

/// `Type/id`, in its original text.
fn raw(reference: &Reference) -> Text {
    Text::from(format!("{}/{}", reference.kind, reference.id))
}

fn link(reference: Option<&Reference>) -> Seen<Value> {
    known(reference.map_or(Value::None, |reference| Value::Text(raw(reference))))
}

/// For the platform a flag that is not there and one that is false are the same.
fn optional_flag(holds: Option<bool>) -> Seen<Value> {
    flag(holds.unwrap_or(false))
}

/// Why this role does not see every user (platform-api §12); `None` where it does.
pub const fn why_unseen(role: Role) -> Option<Unseen> {
    match role {
        Role::SuperAdmin => None,
        Role::ProjectAdmin => Some(Unseen::ServerScopedUser),
        Role::Member => Some(Unseen::Policy),
    }
}

/// A parameterised policy, e.g. `AccessPolicy/a (ward=Location/1)`.
fn access(access: &Access) -> Text {
    let mut parameters: Vec<String> =
        access.parameters.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
    parameters.sort();
    let policy = raw(&access.policy);
    Text::from(if parameters.is_empty() {
        policy.raw().to_owned()
    } else {
        format!("{} ({})", policy.raw(), parameters.join(", "))
    })
}

/// The project itself.
pub fn project(facts: &ProjectFacts<'_>) -> Record {
    let words = |value: &Json| match value {
        Json::String(text) => Text::from(text.as_str()),
        other => Text::from(other.to_string()),
    };
    let defaults: BTreeMap<Text, Text> =
        facts.defaults.iter().map(|(kind, policy)| (Text::from(kind.as_str()), raw(policy))).collect();
    let settings: BTreeMap<Text, Text> =
        facts.settings.iter().map(|(name, value)| (Text::from(name.as_str()), words(value))).collect();
    Record {
        id: Text::from(facts.id.as_str()),
        name: Seen::Known(facts.name.clone()),
        values: vec![
            link(facts.owner),
            known(Value::Map(defaults)),
            known(Value::Map(settings)),
            set(facts.features),
        ],
    }
}

/// The kind of an account that is gone.
const DELETED: &str = "deleted";

/// A member with the user behind, where that is seen.
pub fn member(membership: &Membership, user: Option<&User>, sight: Sight<'_>) -> Record {
    let of_user = |none: Value, value: &dyn Fn(&User) -> Seen<Value>| match (user, sight.unseen) {
        (Some(user), _) => value(user),
        (None, Some(why)) => Seen::Unknown(why),
        (None, None) => known(none),
    };
    let email = match (user, sight.by_scim) {
        (Some(user), _) => maybe(user.email.as_ref()),
        (None, Some(address)) => known(Value::Text(address.clone())),
        (None, None) => sight.unseen.map_or(known(Value::None), Seen::Unknown),
    };
    let scope = |user: &User| {
        let word = match user.scope {
            UserScope::Server => "server",
            UserScope::Project(_) => "project",
        };
        known(Value::Text(word.into()))
    };
    // A project admin never sees a password (platform-api §12): that none was seen says nothing then.
    let password = |user: &User| match (user.password_set, sight.role) {
        (true, _) | (false, Role::SuperAdmin) => flag(user.password_set),
        (false, Role::ProjectAdmin | Role::Member) => Seen::Unknown(Unseen::SuperAdminOnly),
    };
    let methods = |user: &User| {
        known(Value::set(user.mfa.enrolled_methods().into_iter().map(|factor| Text::from(factor.name()))))
    };
    Record {
        id: Text::from(membership.id.as_str()),
        name: Seen::Known(membership.profile.display.clone().unwrap_or_default()),
        values: vec![
            link(Some(&membership.user)),
            link(Some(&membership.profile)),
            email,
            of_user(Value::Flag(false), &|user| optional_flag(user.email_verified)),
            of_user(Value::Text(DELETED.into()), &scope),
            maybe(membership.external_id.as_ref()),
            of_user(Value::None, &|user| maybe(user.legacy_external_id.as_ref())),
            maybe(membership.user_name.as_ref()),
            flag(membership.active),
            flag(membership.admin),
            link(membership.policy.as_ref()),
            known(Value::set(membership.access.iter().map(access))),
            link(membership.configuration.as_ref()),
            of_user(Value::Flag(false), &|user| flag(user.mfa.required)),
            of_user(Value::Flag(false), &|user| flag(user.mfa.enrolled)),
            of_user(Value::set([]), &methods),
            of_user(Value::Flag(false), &password),
        ],
    }
}

/// A client application with its memberships, where those are seen.
pub fn client(client: &ClientApplication, memberships: &Seen<Vec<Membership>>) -> Record {
    let settings = &client.settings;
    let redirects = client.redirect_uris.iter().chain(&settings.legacy_redirect).cloned();
    let of_memberships = |value: &dyn Fn(&[Membership]) -> Value| memberships.as_ref().map(|all| value(all));
    let mut values = vec![
        maybe(settings.description.as_ref()),
        maybe(client.status.as_ref()),
        known(Value::set(redirects)),
        set(&settings.origins),
        set(&settings.grants),
        set(&settings.default_scope),
        flag(client.pkce_optional),
        flag(settings.secret_set),
        flag(settings.retiring_secret_set),
        maybe(settings.access_lifetime.as_ref()),
        maybe(settings.refresh_lifetime.as_ref()),
        maybe(settings.jwks_uri.as_ref()),
        maybe(settings.launch_uri.as_ref()),
        maybe(settings.welcome.as_ref()),
    ];
    values.extend(provider(client.provider.as_ref()));
    values.push(of_memberships(&|all| Value::Flag(all.iter().any(|one| one.active))));
    values.push(of_memberships(&|all| Value::Flag(all.iter().any(|one| one.admin))));
    values.push(of_memberships(&|all| {
        all.iter().find_map(|one| one.policy.as_ref()).map_or(Value::None, |policy| Value::Text(raw(policy)))
    }));
    values.push(of_memberships(&|all| Value::set(all.iter().flat_map(|one| &one.access).map(access))));
    Record { id: Text::from(client.id.as_str()), name: Seen::Known(client.name.clone()), values }
}

/// A stored domain route; its name is its domain.
pub fn route(route: &DomainRoute) -> Record {
    let mut values = provider(route.provider.as_ref());
    values.push(set(&route.post_login));
    Record { id: Text::from(route.id.as_str()), name: Seen::Known(route.domain.clone()), values }
}

/// A domain in use and where its people are sent.
pub fn domain(name: &str, goes: &Seen<Route>) -> Record {
    let value = match goes {
        Seen::Known(Route::Password) => known(Value::Text("password at this platform".into())),
        Seen::Known(Route::Broken) => known(Value::Text("a route that is broken".into())),
        Seen::Known(Route::Idp { host }) => known(Value::Text(host.clone())),
        Seen::Unknown(why) => Seen::Unknown(*why),
    };
    Record { id: Text::from(name), name: Seen::Known(Text::from(name)), values: vec![value] }
}

fn provider(provider: Option<&IdentityProvider>) -> Vec<Seen<Value>> {
    let Some(idp) = provider else {
        let nothing = |field: &Field| if field.is_flag() { flag(false) } else { known(Value::None) };
        return super::record::IDP.iter().map(nothing).collect();
    };
    vec![
        maybe(Some(&idp.authorize_url)),
        maybe(Some(&idp.token_url)),
        maybe(Some(&idp.user_info_url)),
        maybe(Some(&idp.client_id)),
        optional_flag(idp.use_subject),
        maybe(idp.identity_source.as_ref()),
        maybe(idp.identity_mapping_mode.as_ref()),
        maybe(idp.token_auth_method.as_ref()),
        optional_flag(idp.use_pkce),
        maybe(idp.user_info_mode.as_ref()),
        flag(idp.user_info_key_set),
    ]
}

/// JSON pointers of an access policy that [`policy`] takes, in its order.
pub const POLICY_POINTERS: &[&str] =
    &["/name", "/resource", "/ipAccessRule", "/compartment/reference", "/basedOn"];

/// An access policy from the values at [`POLICY_POINTERS`].
pub fn policy(id: &str, values: &[Option<Json>]) -> Record {
    let at = |n: usize| values.get(n).and_then(Option::as_ref);
    let items = |n: usize| at(n).and_then(Json::as_array).into_iter().flatten();
    let name = at(0).and_then(Json::as_str).unwrap_or_default();
    Record {
        id: Text::from(id),
        name: Seen::Known(Text::from(name)),
        values: vec![
            known(Value::set(items(1).map(rule))),
            known(Value::List(items(2).map(address_rule).collect())),
            known(at(3).and_then(Json::as_str).map_or(Value::None, |text| Value::Text(text.into()))),
            known(Value::set(items(4).filter_map(|one| one["reference"].as_str()).map(Text::from))),
        ],
    }
}

/// A line of a policy in words that hold everything it says: `Patient: read, search; only Patient?x; …`.
fn rule(line: &Json) -> Text {
    let Some(members) = line.as_object() else { return Text::from(line.to_string()) };
    let kind = line["resourceType"].as_str().unwrap_or("?");
    let mut parts = Vec::new();
    for (name, value) in members.iter().collect::<BTreeMap<_, _>>() {
        match (name.as_str(), value) {
            ("resourceType", _) => {}
            ("criteria", Json::String(only)) => parts.push(format!("only {only}")),
            ("readonly", Json::Bool(true)) => parts.push("read only".to_owned()),
            ("interaction", Json::Array(all)) => parts.insert(0, words(all)),
            ("hiddenFields", Json::Array(all)) => parts.push(format!("hides {}", words(all))),
            ("readonlyFields", Json::Array(all)) => parts.push(format!("does not change {}", words(all))),
            (name, value) => parts.push(format!("{name} {value}")),
        }
    }
    if parts.is_empty() {
        parts.push("everything".to_owned());
    }
    Text::from(format!("{kind}: {}", parts.join("; ")))
}

fn words(all: &[Json]) -> String {
    let mut words: Vec<String> =
        all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
    words.sort();
    words.join(", ")
}

/// `block 10.0.0.`
fn address_rule(rule: &Json) -> Text {
    let text = |name: &str| rule[name].as_str().unwrap_or("?");
    Text::from(format!("{} {}", text("action"), text("value")))
}
