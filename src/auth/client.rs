//! The OAuth clients that this program signs in with, and the loopback addresses registered for them.
//!
//! The platform compares redirect addresses as whole strings, with no exception for loopback ports
//! (platform-api §3.2), so the ports are fixed and few.

/// The platform's built-in client. Its refresh tokens never work (platform-api §3.2).
pub const BUILT_IN_CLIENT: &str = "medplum-cli";

/// Name under which `idconsole setup` registers a project's own public client.
pub const OWN_CLIENT_NAME: &str = "idconsole";

/// Redirect addresses of the project's own client, exactly as they must be registered.
pub const OWN_CLIENT_REDIRECTS: [&str; 3] =
    ["http://127.0.0.1:9615/callback", "http://127.0.0.1:9625/callback", "http://127.0.0.1:9635/callback"];

const OWN_CLIENT_PORTS: [u16; 3] = [9615, 9625, 9635];

/// Scopes asked of the platform when the connection names none: an ID token, and a refresh token where the
/// platform gives one (F2: nothing more is needed, access comes from the membership).
pub const SCOPE: &str = "openid offline_access";

/// Scopes for the built-in client, which cannot use a refresh token.
pub const BUILT_IN_SCOPE: &str = "openid";

/// The loopback addresses registered for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirects {
    /// `127.0.0.1`, or `localhost` where that name is what was registered (L1).
    pub host: &'static str,
    /// Ports to try in this order (L2).
    pub ports: Vec<u16>,
    /// Empty where the registered address has no path.
    pub path: &'static str,
}

impl Redirects {
    /// Those of a project's own client.
    pub fn own() -> Self {
        Self { host: "127.0.0.1", ports: OWN_CLIENT_PORTS.to_vec(), path: "/callback" }
    }

    /// That of the built-in client: `http://localhost:9615`, with no path and no slash.
    pub fn built_in() -> Self {
        Self { host: "localhost", ports: vec![9615], path: "" }
    }

    /// Those registered for the client.
    pub fn of(client_id: &str) -> Self {
        if client_id == BUILT_IN_CLIENT { Self::built_in() } else { Self::own() }
    }

    /// The whole address at `port`, as registered.
    pub fn address(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // L1, L2
    #[test]
    fn the_addresses_are_exactly_the_registered_ones() {
        let own = Redirects::of("8a1f");
        let addresses: Vec<String> = own.ports.iter().map(|port| own.address(*port)).collect();
        assert_eq!(addresses, OWN_CLIENT_REDIRECTS);
        let built_in = Redirects::of(BUILT_IN_CLIENT);
        assert_eq!(built_in.address(built_in.ports[0]), "http://localhost:9615");
    }
}
