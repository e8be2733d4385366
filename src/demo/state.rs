//! What all routes share.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::caller::Bearers;
use super::clock::Clock;
use super::faults::Faults;
use super::limits::Limits;
use super::mail::{Mail, MailRefused, Mailbox};
use super::settings::Settings;
use super::store::Store;

/// The shared state of a running platform.
#[derive(Debug)]
pub struct State {
    /// Configuration.
    pub settings: Settings,
    /// `http://localhost:PORT/`: the issuer, and the base of every URL that the platform writes.
    pub base_url: String,
    /// The sign-in app's base, with a slash at the end.
    pub app_url: String,
    /// Time.
    pub clock: Arc<Clock>,
    /// Counters of the rate limits.
    pub limits: Limits,
    /// Scripted faults.
    pub faults: Faults,
    /// What was mailed.
    pub mailbox: Mailbox,
    store: RwLock<Store>,
    bearers: OnceLock<Box<dyn Bearers>>,
}

/// The state as routes hold it.
pub type Shared = Arc<State>;

impl State {
    /// A state with an empty store.
    pub fn new(settings: Settings, base_url: String, app_url: String) -> Self {
        let clock = Arc::new(Clock::default());
        Self {
            limits: Limits::with_window(settings.rate_limit_window * 1000),
            settings,
            base_url,
            app_url,
            faults: Faults::default(),
            mailbox: Mailbox::default(),
            store: RwLock::new(Store::new(Arc::clone(&clock))),
            bearers: OnceLock::new(),
            clock,
        }
    }

    /// The store, to read. Guards must not be held across an await, and not be nested with [`State::write`].
    pub fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, to write: everything under one guard happens at once.
    pub fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how bearer tokens are read; the first call counts.
    pub fn set_bearers(&self, bearers: Box<dyn Bearers>) {
        // A second reader of tokens would be a programming error without consequence: the first stays.
        let _ = self.bearers.set(bearers);
    }

    /// How bearer tokens are read.
    pub fn bearers(&self) -> Option<&dyn Bearers> {
        self.bearers.get().map(AsRef::as_ref)
    }

    /// Mails, unless mail is set to fail.
    pub fn mail(&self, to: &str, subject: &str, text: &str) -> Result<(), MailRefused> {
        self.mailbox.send(
            self.settings.mail_fails,
            Mail { to: to.to_owned(), subject: subject.to_owned(), text: text.to_owned() },
        )
    }
}
