//! What the process was given in its environment.

use std::ffi::OsString;

use secrecy::SecretString;

/// The variables that choose a connection or carry a secret. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `IDCONSOLE_BASE_URL`.
    pub base_url: Option<String>,
    /// `IDCONSOLE_PROFILE`: name of a connection.
    pub profile: Option<String>,
    /// `IDCONSOLE_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `IDCONSOLE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// `IDCONSOLE_CLIENT_SECRET`.
    pub client_secret: Option<SecretString>,
    /// `IDCONSOLE_IDP_SECRET`: the secret of a client at an identity provider.
    pub idp_secret: Option<SecretString>,
    /// Neither a display nor a local session: a browser here would not be seen (standards S5).
    pub headless: bool,
}

impl Environment {
    /// Reads the process's environment.
    pub fn read() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// As [`Environment::read`], with the environment passed in.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| {
            lookup(name)
                .and_then(|value| value.into_string().ok())
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let remote = text("SSH_CONNECTION").is_some() || text("SSH_TTY").is_some();
        let display = text("DISPLAY").is_some() || text("WAYLAND_DISPLAY").is_some();
        Self {
            base_url: text("IDCONSOLE_BASE_URL"),
            profile: text("IDCONSOLE_PROFILE"),
            access_token: text("IDCONSOLE_ACCESS_TOKEN").map(SecretString::from),
            client_id: text("IDCONSOLE_CLIENT_ID"),
            client_secret: text("IDCONSOLE_CLIENT_SECRET").map(SecretString::from),
            idp_secret: text("IDCONSOLE_IDP_SECRET").map(SecretString::from),
            headless: remote && !display,
        }
    }
}
