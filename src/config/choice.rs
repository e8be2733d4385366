//! Which connection is meant.

use super::{BaseUrl, Config, ConfigError, Connection, Environment, Method, StoreKind};

/// What the choice came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This one; `saved` tells whether it stands in `config.toml`.
    One {
        /// The connection.
        connection: Box<Connection>,
        /// It has a name that can be used again.
        saved: bool,
    },
    /// Nothing says which.
    Ask(NoConnection),
}

/// Why no connection could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoConnection {
    /// None is saved.
    #[error("No connection is saved. Add one with `idconsole connections add`, or set IDCONSOLE_BASE_URL.")]
    None,
    /// Several are, and none is the default.
    #[error("Several connections are saved ({}). Name one with --connection or IDCONSOLE_PROFILE.", .0.join(", "))]
    Several(Vec<String>),
}

/// Chooses, in this order: the name given on the command line, `IDCONSOLE_PROFILE`, `IDCONSOLE_BASE_URL`,
/// the default connection, the only one. A token in the environment replaces the way of signing in, and such
/// a session is never stored.
pub fn choose(
    config: &Config,
    environment: &Environment,
    named: Option<&str>,
) -> Result<Choice, ConfigError> {
    let (mut connection, saved) = if let Some(name) = named.or(environment.profile.as_deref()) {
        (config.connection(name)?.clone(), true)
    } else if let Some(address) = &environment.base_url {
        let base_url = BaseUrl::parse(address).map_err(|wrong| ConfigError::BadVariable {
            name: "IDCONSOLE_BASE_URL",
            wrong: wrong.to_string(),
        })?;
        let name = base_url.host();
        (Connection::new(name, base_url, Method::Browser, StoreKind::Memory), false)
    } else if let Some(name) = &config.settings().default_connection {
        (config.connection(name)?.clone(), true)
    } else {
        match config.connections() {
            [] => return Ok(Choice::Ask(NoConnection::None)),
            [only] => (only.clone(), true),
            several => {
                let all = several.iter().map(|one| one.name.clone()).collect();
                return Ok(Choice::Ask(NoConnection::Several(all)));
            }
        }
    };
    if environment.client_id.is_some() {
        connection.client_id.clone_from(&environment.client_id);
    }
    if environment.access_token.is_some() {
        connection.method = Method::Environment;
        connection.store = StoreKind::Memory;
    } else if !saved && environment.client_id.is_some() && environment.client_secret.is_some() {
        connection.method = Method::ClientCredentials;
    }
    Ok(Choice::One { connection: Box::new(connection), saved })
}
