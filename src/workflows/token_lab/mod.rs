//! The token lab: what a token says, whether it is true, why it is refused, and how it differs from another.
//!
//! | Question | Where |
//! |---|---|
//! | What does it say? | [`mod@inspect`]: without asking anybody |
//! | Is it true, does it count? | [`mod@verify`]: keys, ladder, and what the platform itself says |
//! | Why is it refused? | [`mod@why`] |
//! | How do two differ? | [`mod@compare`] |
//! | What becomes of it? | [`watch`] |
//! | Which do I have? | [`mod@own`] |
//!
//! A token comes in as [`crate::token::extract::Extracted`], in whose `Secret` it stays: no answer of the lab holds it, its
//! signature, or a secret claim. It is sent to the platform whose issuer it names exactly, or to a host that somebody
//! agreed to ([`Lab::agreed`]), and to nobody else.

pub mod compare;
pub mod inspect;
mod notes;
pub mod own;
mod platform;
pub mod report;
mod session;
pub mod verify;
pub mod watch;
pub mod why;

use std::sync::Arc;

pub use compare::{Compared, compare};
pub use inspect::{Inspection, Item, Moment, Shown, inspect};
pub use own::{Own, own};
pub use platform::{Asked, introspect};
pub use verify::{KeySource, Needs, Step, StepId, Verified, Wanted, verify};
pub use watch::{Event, Watch};
pub use why::{Tried, Why, why};

use super::engine::Engine;
use crate::auth::keys::{Hosts, Keyring};
use crate::config::BaseUrl;
use crate::ports::Clock;

/// What the lab works with. Cheap to clone; clones share the keys that are kept.
#[derive(Debug, Clone)]
pub struct Lab {
    /// Keys of issuers, kept between questions; and the HTTP to ask with.
    pub keyring: Keyring,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The platform of the connection, when one is chosen; its base address is its issuer (platform-api §2).
    pub platform: Option<BaseUrl>,
    /// Who is signed in, when somebody is: for what the platform tells of sessions and memberships.
    pub engine: Option<Engine>,
    /// Hosts beside the platform that somebody agreed to: they may be asked for keys and shown the token.
    pub agreed: Hosts,
}

impl Lab {
    /// The platform's issuer.
    pub fn issuer(&self) -> Option<&str> {
        self.platform.as_ref().map(BaseUrl::as_str)
    }

    /// The platform's host and those that were agreed to.
    pub fn hosts(&self) -> Hosts {
        self.platform.as_ref().map_or_else(Hosts::none, Hosts::of_platform).with(&self.agreed)
    }

    /// The same with one more host that may be asked.
    #[must_use]
    pub fn agreeing(&self, host: &str) -> Self {
        Self { agreed: self.agreed.clone().and(host), ..self.clone() }
    }
}
