//! Parts of a snapshot, the fields that their records have, and values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::identity::{Seen, Text};

/// A kind of records; one file each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The project itself: its settings and defaults.
    Project,
    /// Memberships of people, with the user behind each.
    Members,
    /// Access policies.
    Policies,
    /// Client applications.
    Clients,
    /// Stored domain routes.
    Routes,
    /// Where the mail domains in use go at sign-in, as anybody can observe it.
    Domains,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// True or false; with the words for each, after the record's name.
    Flag {
        /// "is project admin now"
        yes: &'static str,
        /// "is no longer project admin"
        no: &'static str,
    },
    /// A text; of a reference to a record whose name is known that is told instead.
    Text,
    /// Texts whose order means nothing; kept sorted.
    Set,
    /// Texts whose order means something.
    List,
    /// Texts by name.
    Map,
}

/// A field of the records of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in files.
    pub id: &'static str,
    /// Its name in sentences; of one item where it has several.
    pub words: &'static str,
    /// How it is written.
    pub shape: Shape,
}

/// A value. What is not set is [`Value::None`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing is set.
    None,
    /// True or false.
    Flag(bool),
    /// A text.
    Text(Text),
    /// Several texts.
    List(Vec<Text>),
    /// Texts by name.
    Map(BTreeMap<Text, Text>),
}

/// A record of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What tells it from every other of its part, and in which order they stand.
    pub id: Text,
    /// What people call it; may be empty, and unknown where a policy hides what it is made of.
    pub name: Seen<Text>,
    /// As many as its part has fields, in their order.
    pub values: Vec<Seen<Value>>,
}

const fn text(id: &'static str, words: &'static str) -> Field {
    Field { id, words, shape: Shape::Text }
}

const fn set(id: &'static str, words: &'static str) -> Field {
    Field { id, words, shape: Shape::Set }
}

const fn list(id: &'static str, words: &'static str) -> Field {
    Field { id, words, shape: Shape::List }
}

const fn map(id: &'static str, words: &'static str) -> Field {
    Field { id, words, shape: Shape::Map }
}

const fn flag(id: &'static str, words: &'static str, yes: &'static str, no: &'static str) -> Field {
    Field { id, words, shape: Shape::Flag { yes, no } }
}

/// The name of a record, where it is spoken of like a field.
pub static NAME: Field = text("name", "name");

const PROJECT: &[Field] = &[
    text("owner", "owner"),
    map("default_policies", "default policy for"),
    map("settings", "setting"),
    set("features", "feature"),
];

const MEMBERS: &[Field] = &[
    text("user", "account"),
    text("profile", "profile"),
    text("email", "email"),
    flag("email_verified", "verified email", "has a verified email now", "no longer has a verified email"),
    text("scope", "kind of account"),
    text("external_id", "external id"),
    text("user_external_id", "external id in its old place"),
    text("user_name", "SCIM user name"),
    flag("active", "active", "is let in again", "is kept out of the project now"),
    flag("admin", "project admin", "is project admin now", "is no longer project admin"),
    text("policy", "access policy"),
    set("access", "parameterised policy"),
    text("configuration", "user configuration"),
    flag(
        "mfa_required",
        "required second factor",
        "has to have a second factor now",
        "no longer has to have a second factor",
    ),
    flag("mfa_enrolled", "second factor", "has a second factor now", "no longer has a second factor"),
    set("mfa_methods", "kind of second factor"),
    flag("password_set", "password", "has a password now", "no longer has a password"),
];

const POLICIES: &[Field] = &[
    set("rules", "line"),
    list("address_rules", "rule about network addresses"),
    text("compartment", "compartment"),
    set("based_on", "policy that it rests on"),
];

const CLIENTS: &[Field] = &[
    text("description", "description"),
    text("status", "status"),
    set("redirects", "redirect address"),
    set("origins", "origin"),
    set("grants", "grant"),
    set("default_scope", "default scope"),
    flag("pkce_optional", "PKCE", "no longer insists on PKCE", "insists on PKCE now"),
    flag("secret_set", "secret", "has a secret now", "no longer has a secret"),
    flag(
        "retiring_secret_set",
        "retiring secret",
        "has a former secret that still works",
        "no longer has a former secret that works",
    ),
    text("access_lifetime", "lifetime of access tokens"),
    text("refresh_lifetime", "lifetime of refresh tokens"),
    text("jwks_uri", "address of keys"),
    text("launch_uri", "launch address"),
    text("welcome", "welcome text"),
    IDP[0],
    IDP[1],
    IDP[2],
    IDP[3],
    IDP[4],
    IDP[5],
    IDP[6],
    IDP[7],
    IDP[8],
    IDP[9],
    IDP[10],
    flag("signs_in_itself", "membership", "can sign in by itself now", "can no longer sign in by itself"),
    flag("admin", "project admin", "is project admin now", "is no longer project admin"),
    text("policy", "access policy"),
    set("access", "parameterised policy"),
];

const ROUTES: &[Field] = &[
    IDP[0],
    IDP[1],
    IDP[2],
    IDP[3],
    IDP[4],
    IDP[5],
    IDP[6],
    IDP[7],
    IDP[8],
    IDP[9],
    IDP[10],
    set("post_login", "address that a sign-in may end on"),
];

/// The identity provider of a client or a route.
pub(super) const IDP: [Field; 11] = [
    text("idp_authorize_url", "authorize address"),
    text("idp_token_url", "token address"),
    text("idp_user_info_url", "user info address"),
    text("idp_client_id", "client id at its identity provider"),
    flag(
        "idp_use_subject",
        "use of the subject",
        "takes the subject for the external id now",
        "no longer takes the subject for the external id",
    ),
    text("idp_identity_source", "identity source"),
    text("idp_identity_mapping_mode", "identity mapping"),
    text("idp_token_auth_method", "way to show its secret"),
    flag(
        "idp_use_pkce",
        "PKCE at its identity provider",
        "uses PKCE at its identity provider now",
        "no longer uses PKCE at its identity provider",
    ),
    text("idp_user_info_mode", "way to ask who somebody is"),
    flag(
        "idp_user_info_key_set",
        "user info key",
        "has a user info key now",
        "no longer has a user info key",
    ),
];

const DOMAINS: &[Field] = &[text("sign_in", "way to sign in")];

impl Part {
    /// Every part, in the order of files and reports.
    pub const ALL: [Self; 6] =
        [Self::Project, Self::Members, Self::Policies, Self::Clients, Self::Routes, Self::Domains];

    /// Its file in the folder of a snapshot.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Project => "project.json",
            Self::Members => "members.jsonl",
            Self::Policies => "policies.json",
            Self::Clients => "clients.json",
            Self::Routes => "routes.json",
            Self::Domains => "domains.json",
        }
    }

    /// One record a line, because there may be very many.
    pub const fn by_line(self) -> bool {
        matches!(self, Self::Members)
    }

    /// The heading of its records.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Members => "Members",
            Self::Policies => "Access policies",
            Self::Clients => "Client applications",
            Self::Routes => "Domain routes",
            Self::Domains => "Domains in use",
        }
    }

    /// One of its records, several of them.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Project => ("project", "projects"),
            Self::Members => ("member", "members"),
            Self::Policies => ("access policy", "access policies"),
            Self::Clients => ("client application", "client applications"),
            Self::Routes => ("domain route", "domain routes"),
            Self::Domains => ("domain in use", "domains in use"),
        }
    }

    /// The fields of its records, in the order of files.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Project => PROJECT,
            Self::Members => MEMBERS,
            Self::Policies => POLICIES,
            Self::Clients => CLIENTS,
            Self::Routes => ROUTES,
            Self::Domains => DOMAINS,
        }
    }
}

impl Field {
    /// True or false; what is not there is false.
    pub const fn is_flag(&self) -> bool {
        matches!(self.shape, Shape::Flag { .. })
    }
}

impl Record {
    /// Its name, where it has one and that is known.
    pub fn called(&self) -> Option<&Text> {
        self.name.known().filter(|name| !name.is_empty())
    }

    /// The value of a field by its name in files.
    pub fn value(&self, part: Part, field: &str) -> Option<&Seen<Value>> {
        let at = part.fields().iter().position(|known| known.id == field)?;
        self.values.get(at)
    }
}

impl Value {
    /// A text that may be missing.
    pub fn maybe(text: Option<&Text>) -> Self {
        text.map_or(Self::None, |text| Self::Text(text.clone()))
    }

    /// Texts without an order.
    pub fn set(texts: impl IntoIterator<Item = Text>) -> Self {
        let mut texts: Vec<Text> = texts.into_iter().collect();
        texts.sort();
        texts.dedup();
        Self::List(texts)
    }
}
