//! A secret on its way to the platform: beside a plan, never in one. It cannot be written down, because it does not
//! serialise, and it shows nothing of itself (standards S2).

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use super::id::VersionId;

/// A password, a code or a client's secret that goes along with a write.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text, to be sent and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// With what a secret that the platform keeps is compared. The comparing is done where the record is read; whether
/// they are the same is all that comes out.
#[derive(Debug, Clone, Copy)]
pub enum SecretLike<'a> {
    /// The one at hand.
    This(&'a Secret),
    /// The one that an old version of the same record had.
    Version(&'a VersionId),
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

impl From<SecretString> for Secret {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_and_is_compared_by_what_it_holds() {
        let secret = Secret::from("Quarry-lantern-7");
        assert_eq!(format!("{secret:?}"), "Secret(not shown)");
        assert_eq!(secret, Secret::from("Quarry-lantern-7"));
        assert_ne!(secret, Secret::from("another one"));
    }
}
