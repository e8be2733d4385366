//! What every workflow needs: a platform to talk to, a journal to write down in, and who is asking.

use std::sync::Arc;

use super::remote::Remote;
use crate::config::ReadOnly;
use crate::identity::Caller;
use crate::journal::Journal;
use crate::ports::Clock;

/// Handed to every workflow; cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The platform; `Arc::new(client)` for a [`crate::platform`] client.
    pub remote: Arc<dyn Remote>,
    /// Where writes are written down.
    pub journal: Journal,
    /// Who is signed in.
    pub caller: Caller,
    /// Name of the connection, as the journal keeps it.
    pub connection: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Why plans can be made and looked at, not applied; `None` where they can be.
    pub read_only: Option<ReadOnly>,
}

impl Engine {
    /// The same for work of many requests, which leaves room for somebody who waits (platform-api §1.9).
    #[must_use]
    pub fn in_background(&self) -> Self {
        match self.remote.in_background() {
            Some(remote) => Self { remote, ..self.clone() },
            None => self.clone(),
        }
    }
}
