//! Ports: what the house takes from outside (time, browser, clipboard, randomness), so that tests can give it.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// The only source of time. Tests pass a [`FixedClock`].
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is set; for tests and pictures.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<std::sync::Mutex<Timestamp>>);

impl FixedClock {
    /// A clock standing at `at`.
    pub fn at(at: Timestamp) -> Self {
        Self(Arc::new(std::sync::Mutex::new(at)))
    }

    /// Moves the clock to `at`.
    pub fn set(&self, at: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Opens a web address for the person (RFC 8252 §8.12: an external browser, launched without a shell).
pub trait Browser: Send + Sync + fmt::Debug {
    /// Asks the system to open `url`. The address is always printed as well, so a failure is not fatal.
    fn open(&self, url: &str) -> std::io::Result<()>;
}

/// Puts text where the person can paste it from.
pub trait Clipboard: Send + Sync + fmt::Debug {
    /// Replaces the clipboard's content by `text`.
    fn put(&self, text: &str) -> std::io::Result<()>;
}

/// The time zone of this machine. Where `/etc/localtime` tells it, it is read directly: to find its name takes a walk
/// over the whole zone database, longer than everything else that a short command does.
pub fn local_zone() -> jiff::tz::TimeZone {
    let own = std::env::var_os("TZ").is_none().then(|| std::fs::read("/etc/localtime").ok()).flatten();
    own.and_then(|data| jiff::tz::TimeZone::tzif("Local", &data).ok())
        .unwrap_or_else(jiff::tz::TimeZone::system)
}
