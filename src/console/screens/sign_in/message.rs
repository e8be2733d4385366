//! What the sign-in screen wants from the outside, and what comes back.

use jiff::Timestamp;

use super::step::{Reply, Step};
use crate::config::{Connection, Method};
use crate::console::failure::Failure;
use crate::console::session::Session;

/// The number of one attempt to sign in; news of an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempt(pub u64);

/// What the sign-in screen wants from the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum SignInEffect {
    /// Read the saved connections.
    LoadConnections,
    /// Continue the stored session of this connection, if there is one.
    Resume {
        /// Of this attempt.
        attempt: Attempt,
        /// Whose.
        connection: Box<Connection>,
    },
    /// Sign in.
    Start {
        /// Of this attempt.
        attempt: Attempt,
        /// Where.
        connection: Box<Connection>,
        /// How.
        method: Method,
    },
    /// Tell the flow what the person answered.
    Reply {
        /// Of this attempt.
        attempt: Attempt,
        /// What.
        reply: Reply,
    },
    /// Stop the sign-in under way.
    Cancel {
        /// Of this attempt.
        attempt: Attempt,
    },
    /// Save a connection.
    SaveConnection {
        /// It.
        connection: Box<Connection>,
        /// The name it had before.
        replaces: Option<String>,
    },
    /// Forget a connection and its stored session.
    RemoveConnection {
        /// Its name.
        name: String,
    },
    /// End the session at the platform and here.
    SignOut,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum SignInMsg {
    /// The saved connections, and which one is meant when nobody chooses.
    Connections {
        /// Them, or what is wrong with the file.
        found: Result<Vec<Connection>, Failure>,
        /// To be taken at once.
        meant: Option<String>,
        /// A connection was just saved.
        saved: Option<String>,
    },
    /// The flow has come further.
    Step {
        /// Of this attempt.
        attempt: Attempt,
        /// Where to.
        step: Step,
    },
    /// Something worth telling that stops nothing.
    Note {
        /// Of this attempt.
        attempt: Attempt,
        /// In a sentence, safe to show.
        words: String,
    },
    /// When the platform will be asked next about a device code.
    NextPoll {
        /// Of this attempt.
        attempt: Attempt,
        /// Then.
        at: Timestamp,
    },
    /// There was no stored session to continue.
    NothingStored {
        /// Of this attempt.
        attempt: Attempt,
    },
    /// The flow has failed.
    Failed {
        /// Of this attempt.
        attempt: Attempt,
        /// Why.
        failure: Failure,
    },
    /// Signed in.
    SignedIn {
        /// By this attempt.
        attempt: Attempt,
        /// As.
        session: Box<Session>,
        /// What is worth knowing about it.
        notes: Vec<String>,
    },
    /// Signed out; what did not work.
    SignedOut {
        /// Why the platform could not be told.
        failed: Option<String>,
    },
}
