//! Device authorization grants (RFC 8628) that wait for their person; used by the platform and by the identity provider.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// Letters without vowels and look-alikes (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What the device is told when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The secret the device polls with.
    pub device_code: String,
    /// What the person types, as `ABCD-EFGH`.
    pub user_code: String,
    /// Seconds until both codes are worthless.
    pub expires_in: i64,
    /// Seconds the device must leave between two polls.
    pub interval: i64,
}

/// What a person is asked to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The client that asks.
    pub client_id: String,
    /// The scope it asks for.
    pub scope: String,
}

/// Answer to a poll (RFC 8628 §3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll<T> {
    /// Nobody has decided yet.
    Pending,
    /// Asked too soon; the interval has grown by 5 seconds.
    SlowDown,
    /// The person refused.
    Denied,
    /// Too late.
    Expired,
    /// The person agreed; the grant is used up. Carries the scope that was asked for.
    Approved(T, String),
    /// No such code for this client, or already used.
    Unknown,
}

#[derive(Debug)]
enum Decision<T> {
    Open,
    Denied,
    Approved(T),
}

#[derive(Debug)]
struct Grant<T> {
    asked: Asked,
    user_code: String,
    expires_at: i64,
    interval: i64,
    polled_at: Option<i64>,
    decision: Decision<T>,
}

/// The grants of one server. `T` says who agreed.
#[derive(Debug)]
pub struct DeviceGrants<T> {
    pending: Mutex<HashMap<String, Grant<T>>>,
    lifetime: i64,
    interval: i64,
}

impl<T: Clone> DeviceGrants<T> {
    /// Grants that live `lifetime` seconds and may be polled every `interval` seconds.
    pub fn new(lifetime: i64, interval: i64) -> Self {
        Self { pending: Mutex::new(HashMap::new()), lifetime, interval }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Grant<T>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a grant at `now` (seconds since the epoch).
    pub fn start(&self, asked: Asked, now: i64) -> Started {
        let letters = || -> String {
            (0..4).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
        };
        let started = Started {
            device_code: Uuid::new_v4().to_string(),
            user_code: format!("{}-{}", letters(), letters()),
            expires_in: self.lifetime,
            interval: self.interval,
        };
        let mut pending = self.lock();
        // Long gone ones are dropped here; recent ones stay to be answered with `expired_token`.
        pending.retain(|_, grant| grant.expires_at + 3_600 > now);
        pending.insert(
            started.device_code.clone(),
            Grant {
                asked,
                user_code: started.user_code.clone(),
                expires_at: now + self.lifetime,
                interval: self.interval,
                polled_at: None,
                decision: Decision::Open,
            },
        );
        started
    }

    /// The open grant of a code as a person types it (case and punctuation do not matter).
    pub fn find(&self, user_code: &str, now: i64) -> Option<Asked> {
        let wanted = plain(user_code);
        self.lock()
            .values()
            .find(|g| {
                plain(&g.user_code) == wanted && g.expires_at > now && matches!(g.decision, Decision::Open)
            })
            .map(|g| g.asked.clone())
    }

    /// Records the person's decision; `None` refuses. Says whether there was something to decide.
    pub fn decide(&self, user_code: &str, who: Option<T>, now: i64) -> bool {
        let wanted = plain(user_code);
        let mut pending = self.lock();
        let open = pending.values_mut().find(|g| {
            plain(&g.user_code) == wanted && g.expires_at > now && matches!(g.decision, Decision::Open)
        });
        let Some(grant) = open else { return false };
        grant.decision = who.map_or(Decision::Denied, Decision::Approved);
        true
    }

    /// One poll of the device.
    pub fn poll(&self, device_code: &str, client_id: &str, now: i64) -> Poll<T> {
        let mut pending = self.lock();
        let Some(grant) = pending.get_mut(device_code).filter(|g| g.asked.client_id == client_id) else {
            return Poll::Unknown;
        };
        if grant.expires_at <= now {
            return Poll::Expired;
        }
        let answer = match &grant.decision {
            Decision::Denied => Poll::Denied,
            Decision::Approved(who) => Poll::Approved(who.clone(), grant.asked.scope.clone()),
            Decision::Open => {
                let too_soon = grant.polled_at.is_some_and(|at| now - at < grant.interval);
                grant.polled_at = Some(now);
                if too_soon {
                    grant.interval += 5;
                    return Poll::SlowDown;
                }
                return Poll::Pending;
            }
        };
        pending.remove(device_code);
        answer
    }
}

fn plain(user_code: &str) -> String {
    user_code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> (DeviceGrants<&'static str>, Started) {
        let grants = DeviceGrants::new(600, 5);
        let started = grants.start(Asked { client_id: "cli".into(), scope: "openid".into() }, 1_000);
        (grants, started)
    }

    // D4, D5: the device waits, is slowed down when it hurries, and gets its answer once.
    #[test]
    fn a_grant_is_pending_then_approved_exactly_once() {
        let (grants, started) = grants();
        let poll = |now| grants.poll(&started.device_code, "cli", now);
        assert_eq!(poll(1_005), Poll::Pending);
        assert_eq!(poll(1_007), Poll::SlowDown);
        assert_eq!(poll(1_013), Poll::SlowDown);
        assert_eq!(poll(1_030), Poll::Pending);
        let typed = started.user_code.to_lowercase().replace('-', " ");
        assert!(grants.find(&typed, 1_031).is_some());
        assert!(grants.decide(&typed, Some("jane"), 1_031));
        assert_eq!(poll(1_050), Poll::Approved("jane", "openid".into()));
        assert_eq!(poll(1_060), Poll::Unknown);
    }

    #[test]
    fn a_refused_grant_is_denied_and_a_late_one_expired() {
        let (grants, started) = grants();
        assert!(grants.decide(&started.user_code, None, 1_001));
        assert!(!grants.decide(&started.user_code, Some("jane"), 1_001));
        assert_eq!(grants.poll(&started.device_code, "cli", 1_005), Poll::Denied);
        let late = grants.start(Asked { client_id: "cli".into(), scope: String::new() }, 1_000);
        assert_eq!(grants.poll(&late.device_code, "cli", 1_600), Poll::Expired);
    }

    #[test]
    fn another_client_cannot_poll_for_it() {
        let (grants, started) = grants();
        assert_eq!(grants.poll(&started.device_code, "thief", 1_005), Poll::Unknown);
    }
}
