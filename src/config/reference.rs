//! Everything that `config.toml` may say, once: what is checked, the JSON schema, the example and `config show` all
//! derive from these tables. A test holds them against the types that the file is read into.

use super::{Method, StoreKind};

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// It has to be there.
    pub required: bool,
    /// What holds where it is absent, as TOML; `None` where nothing does.
    pub default: Option<&'static str>,
    /// A value to show, as TOML, where there is no default.
    pub example: &'static str,
    /// What it is for, in a sentence.
    pub help: &'static str,
}

/// What may stand at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A web address of a platform: https, or http on this machine.
    Address,
    /// A file.
    Path,
    /// Lists of texts by name.
    Lists,
    /// A table with these keys.
    Table(&'static [Key]),
}

const METHODS: &[&str] = &[
    Method::Browser.word(),
    Method::Device.word(),
    Method::DeviceExchange.word(),
    Method::Paste.word(),
    Method::Direct.word(),
    Method::ClientCredentials.word(),
    Method::Environment.word(),
];

const STORES: &[&str] = &[StoreKind::Keyring.word(), StoreKind::File.word(), StoreKind::Memory.word()];

const fn optional(name: &'static str, kind: Kind, example: &'static str, help: &'static str) -> Key {
    Key { name, kind, required: false, default: None, example, help }
}

const fn required(name: &'static str, kind: Kind, example: &'static str, help: &'static str) -> Key {
    Key { name, kind, required: true, default: None, example, help }
}

const fn or_else(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
    Key { name, kind, required: false, default: Some(default), example: default, help }
}

/// The `[settings]` table.
pub const SETTINGS: &[Key] = &[
    optional(
        "theme",
        Kind::Text,
        "\"dark\"",
        "Colours: terminal, dark, light, high-contrast, mono, or the name of a file of your own in themes/.",
    ),
    optional(
        "default_connection",
        Kind::Text,
        "\"clinic\"",
        "The connection that is used when none is named: the name of a [connections.NAME] table.",
    ),
    or_else("read_only", Kind::Flag, "false", "Refuse every write, whatever the connection."),
    or_else("mouse", Kind::Flag, "true", "Take clicks and the wheel."),
    or_else("ascii", Kind::Flag, "false", "Draw with ASCII characters only."),
    or_else(
        "osc52",
        Kind::Flag,
        "false",
        "Copy through the terminal, e.g. over SSH; programs in it could read what is copied.",
    ),
    optional(
        "columns",
        Kind::Lists,
        "{ members = [\"name\", \"email\", \"-role\"] }",
        "Columns of lists, by the list's name: titles in order, hidden ones with a `-` in front. The console writes them.",
    ),
];

/// The `[connections.NAME.idp]` table.
pub const IDP: &[Key] = &[
    required(
        "issuer",
        Kind::Text,
        "\"https://login.clinic.example\"",
        "The issuer, exactly as its discovery document writes it.",
    ),
    required("client_id", Kind::Text, "\"idconsole\"", "The client id at the identity provider."),
    or_else("scope", Kind::Text, "\"openid profile email\"", "Scopes asked for there, separated by blanks."),
];

/// A `[connections.NAME]` table.
pub const CONNECTION: &[Key] = &[
    required("base_url", Kind::Address, "\"https://api.clinic.example/\"", "The platform's address."),
    required(
        "method",
        Kind::Choice(METHODS),
        "\"browser\"",
        "How to sign in. With `device-exchange` the table [connections.NAME.idp] is needed too.",
    ),
    required(
        "store",
        Kind::Choice(STORES),
        "\"keyring\"",
        "Where the session is kept: the system's keyring, a file that only you can read, or nowhere.",
    ),
    optional(
        "client_id",
        Kind::Text,
        "\"0d1c9a52-5d1e-4c5e-9a53-0c1f5a7be001\"",
        "The client application to sign in with; the platform's own command-line client where absent.",
    ),
    optional(
        "email",
        Kind::Text,
        "\"pat.admin@clinic.example\"",
        "The address that the direct way suggests.",
    ),
    optional(
        "project",
        Kind::Text,
        "\"c11ac000-0000-4000-8000-000000000001\"",
        "Id of the project to sign in to by the direct way.",
    ),
    optional(
        "membership",
        Kind::Text,
        "\"28f1a3c0-5d1e-4c5e-9a53-0c1f5a7be001\"",
        "Id of the membership to sign in with, where you have several.",
    ),
    optional(
        "scope",
        Kind::Text,
        "\"openid offline\"",
        "Scopes to ask for instead of the usual ones, separated by blanks.",
    ),
    or_else(
        "production",
        Kind::Flag,
        "false",
        "Say PRODUCTION on every screen, and ask once more before a write.",
    ),
    or_else("read_only", Kind::Flag, "false", "Refuse every write on this connection."),
    optional(
        "extra_ca",
        Kind::Path,
        "\"/etc/ssl/clinic-ca.pem\"",
        "A PEM file with certificate authorities to trust as well.",
    ),
    optional(
        "web_app",
        Kind::Address,
        "\"https://app.clinic.example/\"",
        "Address of the platform's web app, where records are opened; learned at a sign-in by browser where absent.",
    ),
    optional(
        "idp",
        Kind::Table(IDP),
        "",
        "The identity provider to sign in at by device, its token then exchanged at the platform.",
    ),
];

impl Kind {
    /// What was expected, in words.
    pub fn expected(self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Text => "a text in quotes".to_owned(),
            Self::Choice(words) => format!("one of {}", listed(words)),
            Self::Address => "a web address such as \"https://api.clinic.example/\"".to_owned(),
            Self::Path => "the path of a file in quotes".to_owned(),
            Self::Lists => "a table of lists such as members = [\"name\", \"email\"]".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
