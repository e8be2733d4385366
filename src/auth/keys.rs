//! Keys of issuers over HTTP, kept by issuer and key id (J5; RFC 8414, RFC 7517).
//!
//! An issuer's keys are found by its own discovery and nowhere else, never by `jku` or `x5u` of a token. A host that
//! nobody has vouched for is not asked: [`Hosts`] is the permission, and [`NoKeys::NotAgreed`] names the host to ask
//! about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::discovery::{Metadata, discover};
use super::error::AuthError;
use super::http::{Http, host_of};
use super::present::told;
use crate::config::BaseUrl;
use crate::identity::Text;
use crate::ports::Clock;
use crate::token::{KeySet, jwk};

/// Keys are asked for again after this long, so that one that was withdrawn is noticed.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_mins(10);

/// An issuer is not asked again sooner because of a key that it did not have.
pub const NOT_SOONER: SignedDuration = SignedDuration::from_mins(1);

/// Hosts that may be asked, with their ports: the platform's, those of its identity providers, and those that somebody
/// has agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// Nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// The platform of a connection.
    pub fn of_platform(base: &BaseUrl) -> Self {
        Self(BTreeSet::from([host_of(base.url())]))
    }

    /// These as well: a host, or an address on it.
    #[must_use]
    pub fn and(mut self, host: &str) -> Self {
        let host = Url::parse(host)
            .ok()
            .filter(Url::has_host)
            .map_or_else(|| host.to_lowercase(), |url| host_of(&url));
        if !host.is_empty() {
            self.0.insert(host);
        }
        self
    }

    /// Both.
    #[must_use]
    pub fn with(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// Whether this address may be asked.
    pub fn has(&self, url: &Url) -> bool {
        self.0.contains(&host_of(url))
    }
}

/// The host of an address, with an unusual port, as [`Hosts`] compares it.
pub fn host(url: &Url) -> String {
    host_of(url)
}

/// Why there are no keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    /// Its name is no address that can be asked.
    #[error("its issuer {0} is no web address, so its keys cannot be looked up")]
    NoAddress(Text),
    /// Nobody has agreed that this host is contacted.
    #[error("{0} was not asked: nobody has agreed to that yet")]
    NotAgreed(String),
    /// It could not be asked.
    #[error("the keys of the issuer cannot be reached: {0}")]
    Unreachable(String),
    /// Its discovery names no keys.
    #[error("the issuer publishes no keys")]
    NotPublished,
    /// What it publishes cannot be read.
    #[error("the keys of the issuer cannot be read: {0}")]
    Unreadable(String),
}

/// Keys, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The keys.
    pub set: Arc<KeySet>,
    /// What the issuer says about itself.
    pub metadata: Arc<Metadata>,
    /// Host that gave them.
    pub host: String,
    /// When it gave them.
    pub at: Timestamp,
    /// Worth knowing: another host, keys that are not used, a refresh that failed.
    pub notes: Vec<String>,
}

impl Found {
    /// True when this key id is among them, usable or not.
    pub fn names(&self, kid: &Text) -> bool {
        let of_key = self.set.keys.iter().map(|key| key.id.as_ref());
        let of_bad = self.set.bad.iter().map(|bad| bad.id.as_ref());
        of_key.chain(of_bad).any(|id| id == Some(kid))
    }
}

/// Asks an issuer for its keys, now. Whoever calls it has decided that it may be asked, wherever it keeps them.
pub async fn fetch(http: &Http, issuer: &str, now: Timestamp) -> Result<Found, NoKeys> {
    if !Url::parse(issuer).is_ok_and(|url| url.has_host()) {
        return Err(NoKeys::NoAddress(Text::from(issuer)));
    }
    keys_of(http, metadata_of(http, issuer).await?, now).await
}

async fn metadata_of(http: &Http, issuer: &str) -> Result<Arc<Metadata>, NoKeys> {
    discover(http, issuer).await.map(Arc::new).map_err(|error| unreachable(&error))
}

async fn keys_of(http: &Http, metadata: Arc<Metadata>, now: Timestamp) -> Result<Found, NoKeys> {
    let place = metadata.jwks_uri.clone().ok_or(NoKeys::NotPublished)?;
    let set = fetch_set(http, &place).await?;
    let mut notes =
        metadata.notes.iter().filter(|note| note.contains("key set")).cloned().collect::<Vec<_>>();
    notes.extend(set.bad.iter().map(|bad| {
        let name =
            bad.id.as_ref().map_or_else(|| "A key without a name".to_owned(), |id| format!("The key {id}"));
        format!("{name} is not used: it {}.", bad.why)
    }));
    Ok(Found { set: Arc::new(set), metadata, host: host_of(&place), at: now, notes })
}

fn unreachable(error: &AuthError) -> NoKeys {
    NoKeys::Unreachable(told(error))
}

/// A key set at its own address.
async fn fetch_set(http: &Http, place: &Url) -> Result<KeySet, NoKeys> {
    let answer = http.get(place).await.map_err(|error| unreachable(&error))?;
    if !answer.is_success() {
        return Err(unreachable(&answer.refused(host_of(place))));
    }
    // M5
    if !answer.is_json() {
        return Err(NoKeys::Unreadable("it is not sent as JSON".to_owned()));
    }
    KeySet::from_json(&answer.body).map_err(|why: jwk::NoKeys| NoKeys::Unreadable(why.to_string()))
}

/// Keys of issuers, kept. Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub struct Keyring {
    http: Http,
    clock: Arc<dyn Clock>,
    issuers: Arc<Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Kept>>>>>,
}

/// One issuer. Whoever asks holds the lock, so that many questions at once ask its server once.
#[derive(Default)]
struct Kept {
    found: Option<Found>,
    /// What it last said about itself, whatever came of its keys.
    about: Option<(Arc<Metadata>, Timestamp)>,
    asked_at: Option<Timestamp>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

/// Issuers that are kept; more are forgotten in no particular order.
const MOST_ISSUERS: usize = 100;

impl Keyring {
    /// An empty one.
    pub fn new(http: Http, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, issuers: Arc::default() }
    }

    /// What it speaks HTTP with.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The keys of an issuer. With a key id that is not among those that are kept it is asked once more, but not more
    /// often than once a minute.
    pub async fn of(&self, issuer: &str, kid: Option<&Text>, may: &Hosts) -> Result<Found, NoKeys> {
        self.look(issuer, may, |found| kid.is_some_and(|kid| !found.names(kid))).await
    }

    /// The keys of an issuer as they are now, for whoever watches it; not more often than once a minute.
    pub async fn fresh(&self, issuer: &str, may: &Hosts) -> Result<Found, NoKeys> {
        self.look(issuer, may, |_| true).await
    }

    /// What an issuer says about itself; its keys are no condition.
    pub async fn about(&self, issuer: &str, may: &Hosts) -> Result<Arc<Metadata>, NoKeys> {
        permitted(issuer, may)?;
        let slot = self.slot(issuer);
        let mut kept = slot.lock().await;
        let now = self.clock.now();
        if let Some((metadata, _)) =
            kept.about.as_ref().filter(|(_, at)| at.duration_until(now).abs() <= KEPT_FOR)
        {
            return Ok(Arc::clone(metadata));
        }
        let metadata = metadata_of(&self.http, issuer).await?;
        kept.about = Some((Arc::clone(&metadata), now));
        Ok(metadata)
    }

    /// Whether an issuer that was asked for its keys at least said something about itself.
    pub async fn answered(&self, issuer: &str) -> bool {
        self.slot(issuer).lock().await.about.is_some()
    }

    async fn look(
        &self,
        issuer: &str,
        may: &Hosts,
        again: impl FnOnce(&Found) -> bool,
    ) -> Result<Found, NoKeys> {
        permitted(issuer, may)?;
        let slot = self.slot(issuer);
        let mut kept = slot.lock().await;
        let now = self.clock.now();
        if let Some(found) = &kept.found {
            // Without `abs` a clock that was set back would make what is kept look new for ever.
            let since = |at: Timestamp| at.duration_until(now).abs();
            let too_soon = kept.asked_at.is_some_and(|at| since(at) < NOT_SOONER);
            if since(found.at) <= KEPT_FOR && (too_soon || !again(found)) {
                return Ok(found.clone());
            }
        }
        kept.asked_at = Some(now);
        let metadata = metadata_of(&self.http, issuer).await;
        kept.about = metadata.as_ref().ok().map(|metadata| (Arc::clone(metadata), now));
        let asked = match metadata {
            // An issuer decides where its keys are, and not whom this machine contacts (M6).
            Ok(metadata) => match metadata.jwks_uri.as_ref().filter(|place| !may.has(place)) {
                Some(place) => return Err(NoKeys::NotAgreed(host_of(place))),
                None => keys_of(&self.http, metadata, now).await,
            },
            Err(why) => Err(why),
        };
        match asked {
            Ok(found) => {
                kept.found = Some(found.clone());
                Ok(found)
            }
            Err(why) => match &kept.found {
                // Keys that were good a moment ago are better than none, as long as it is said.
                Some(old) if old.at.duration_until(now).abs() <= KEPT_FOR => {
                    let mut found = old.clone();
                    found.notes.push(format!("They could not be read again just now: {why}."));
                    Ok(found)
                }
                _ => Err(why),
            },
        }
    }

    fn slot(&self, issuer: &str) -> Arc<tokio::sync::Mutex<Kept>> {
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        if issuers.len() >= MOST_ISSUERS && !issuers.contains_key(issuer) {
            issuers.pop_first();
        }
        Arc::clone(issuers.entry(issuer.to_owned()).or_default())
    }
}

fn permitted(issuer: &str, may: &Hosts) -> Result<(), NoKeys> {
    let address = Url::parse(issuer).ok().filter(Url::has_host);
    let address = address.ok_or_else(|| NoKeys::NoAddress(Text::from(issuer)))?;
    if may.has(&address) { Ok(()) } else { Err(NoKeys::NotAgreed(host_of(&address))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_for_a_host_with_its_port() {
        let may = Hosts::of_platform(&BaseUrl::parse("https://api.clinic.example").unwrap())
            .and("https://IDP.example:8443/tenant")
            .and("accounts.example");
        for yes in ["https://api.clinic.example/x", "https://idp.example:8443/", "https://accounts.example/o"]
        {
            assert!(may.has(&Url::parse(yes).unwrap()), "{yes}");
        }
        for no in ["https://idp.example/", "https://clinic.example/", "https://evil.accounts.example/"] {
            assert!(!may.has(&Url::parse(no).unwrap()), "{no}");
        }
        assert!(!Hosts::none().has(&Url::parse("https://api.clinic.example/").unwrap()));
    }
}
