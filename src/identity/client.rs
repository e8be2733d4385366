//! What a client application is set up to do besides its name, its addresses and its IdP (platform-api §9.5), and how
//! old its secrets are. A secret itself is nowhere here: secrets are counted, in the order in which they came.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::VersionId;
use super::text::Text;

/// The settings of a client application. `Default` is a client of which nothing but the name is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// What it is for.
    pub description: Option<Text>,
    /// It has a secret; what it is, is read on demand only.
    pub secret_set: bool,
    /// It has a former secret that still works at the token endpoint (platform-api §17).
    pub retiring_secret_set: bool,
    /// `accessTokenLifetime`, like `15m`; an hour where absent (§3.4).
    pub access_lifetime: Option<Text>,
    /// `refreshTokenLifetime`, like `2w`; two weeks where absent.
    pub refresh_lifetime: Option<Text>,
    /// `allowedOrigin`: web pages that may call the platform from a browser.
    pub origins: Vec<Text>,
    /// `grantType`.
    pub grants: Vec<Text>,
    /// `defaultScope`: what a sign-in asks for that asks for nothing.
    pub default_scope: Vec<Text>,
    /// The old single `redirectUri`, where there is one; it counts like the others (§3.2).
    pub legacy_redirect: Option<Text>,
    /// `jwksUri`: keys for a signed assertion instead of a secret.
    pub jwks_uri: Option<Text>,
    /// `launchUri`: where a SMART launch begins.
    pub launch_uri: Option<Text>,
    /// `signInForm.welcomeString`: what the sign-in page says.
    pub welcome: Option<Text>,
}

/// One version of a client, as far as its secrets go. Equal numbers are equal secrets; the first ever is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretVersion {
    /// Which version.
    pub version: VersionId,
    /// When it was written.
    pub at: Timestamp,
    /// The secret it had.
    pub secret: Option<usize>,
    /// The secret that was retiring.
    pub retiring: Option<usize>,
}

/// The secrets of a client through its versions, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretHistory(pub Vec<SecretVersion>);

impl SecretHistory {
    /// Secrets as numbers: `versions` are the newest first, each with secret and retiring secret. Whatever is not read
    /// twice is told apart by being compared, and forgotten when this returns.
    pub fn counted<'a>(
        versions: impl DoubleEndedIterator<Item = (VersionId, Timestamp, Option<&'a str>, Option<&'a str>)>,
    ) -> Self {
        let mut seen: Vec<&str> = Vec::new();
        let mut number = |secret: Option<&'a str>| {
            let secret = secret?;
            let at = seen.iter().position(|known| *known == secret);
            Some(at.map_or_else(
                || {
                    seen.push(secret);
                    seen.len()
                },
                |at| at + 1,
            ))
        };
        let mut all: Vec<SecretVersion> = versions
            .rev()
            .map(|(version, at, secret, retiring)| {
                // What retires was there before the present one.
                let retiring = number(retiring);
                SecretVersion { version, at, secret: number(secret), retiring }
            })
            .collect();
        all.reverse();
        Self(all)
    }

    /// The present version.
    pub fn present(&self) -> Option<&SecretVersion> {
        self.0.first()
    }

    /// Since when the present secret is there: the oldest version in a row that has it.
    pub fn secret_since(&self) -> Option<Timestamp> {
        self.since(|version| version.secret)
    }

    /// Since when the retiring secret retires.
    pub fn retiring_since(&self) -> Option<Timestamp> {
        self.since(|version| version.retiring)
    }

    fn since(&self, which: impl Fn(&SecretVersion) -> Option<usize>) -> Option<Timestamp> {
        let now = which(self.0.first()?)?;
        self.0.iter().take_while(|version| which(version) == Some(now)).last().map(|version| version.at)
    }

    /// How many secrets there have been.
    pub fn count(&self) -> usize {
        self.0.iter().flat_map(|version| [version.secret, version.retiring]).flatten().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn history(versions: &[(&str, i64, Option<&str>, Option<&str>)]) -> SecretHistory {
        let owned: Vec<_> = versions
            .iter()
            .map(|(id, day, secret, retiring)| {
                (VersionId::new(*id), at(*day), secret.map(str::to_owned), retiring.map(str::to_owned))
            })
            .collect();
        SecretHistory::counted(
            owned
                .iter()
                .map(|(id, at, secret, retiring)| (id.clone(), *at, secret.as_deref(), retiring.as_deref())),
        )
    }

    // platform-api §8: the old one moves to `retiringSecret`
    #[test]
    fn the_age_of_each_secret_is_told_from_the_versions_without_keeping_any() {
        let history = history(&[
            ("v5", 50, Some("BBB"), Some("AAA")),
            ("v4", 40, Some("BBB"), Some("AAA")),
            ("v3", 30, Some("AAA"), None),
            ("v2", 20, Some("AAA"), None),
            ("v1", 10, None, None),
        ]);
        assert_eq!((history.secret_since(), history.retiring_since()), (Some(at(40)), Some(at(40))));
        let numbers: Vec<_> = history.0.iter().map(|version| (version.secret, version.retiring)).collect();
        assert_eq!(numbers[0], (Some(2), Some(1)));
        assert_eq!(numbers[2], (Some(1), None));
        assert_eq!(history.count(), 2);
        assert!(!format!("{history:?}").contains("AAA"));
    }

    #[test]
    fn a_client_without_a_secret_has_none_of_any_age() {
        let history = history(&[("v1", 10, None, None)]);
        assert_eq!((history.secret_since(), history.retiring_since(), history.count()), (None, None, 0));
        assert_eq!(SecretHistory::default().present(), None);
    }

    #[test]
    fn a_secret_that_was_taken_away_and_set_again_counts_from_the_last_time() {
        let history =
            history(&[("v3", 30, Some("A"), None), ("v2", 20, None, None), ("v1", 10, Some("A"), None)]);
        assert_eq!(history.secret_since(), Some(at(30)));
        assert_eq!(history.present().unwrap().secret, Some(1));
    }
}
