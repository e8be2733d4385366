//! What the flow lab wants from the outside, and what comes back.

use jiff::Timestamp;

use crate::console::screens::sign_in::{Attempt, Reply, Step};
use crate::identity::flow_lab::Run;
use crate::workflows::flow_lab::{Report, Want};

/// What the flow lab wants from the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum LabEffect {
    /// Try a sign-in. A test session of the run before is ended.
    Start {
        /// Of this attempt.
        attempt: Attempt,
        /// What.
        want: Box<Want>,
        /// The subject of an exchange is the token that the run before brought.
        with_held: bool,
    },
    /// Tell the run what the person answered.
    Reply {
        /// Of this attempt.
        attempt: Attempt,
        /// What.
        reply: Reply,
    },
    /// Stop the run under way.
    Stop {
        /// Of this attempt.
        attempt: Attempt,
    },
    /// End the test session at the platform.
    SignOut {
        /// Of this attempt.
        attempt: Attempt,
    },
    /// Hand the tokens of the run to the token lab.
    Tokens {
        /// Of this attempt.
        attempt: Attempt,
    },
    /// Stop everything and drop every token: somebody else signs in.
    Forget,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum LabMsg {
    /// The ladder has changed.
    Run {
        /// Of this attempt.
        attempt: Attempt,
        /// How it stands.
        run: Box<Run>,
    },
    /// Something to show or to answer.
    Asks {
        /// Of this attempt.
        attempt: Attempt,
        /// What.
        step: Step,
    },
    /// When a device code is asked about next.
    NextPoll {
        /// Of this attempt.
        attempt: Attempt,
        /// Then.
        at: Timestamp,
    },
    /// What was pasted was no answer.
    Again {
        /// Of this attempt.
        attempt: Attempt,
        /// Why, in a sentence.
        words: String,
    },
    /// It has ended.
    Done {
        /// Of this attempt.
        attempt: Attempt,
        /// How.
        report: Box<Report>,
        /// A test session of the platform lives.
        session: bool,
        /// A token of an identity provider is held.
        token: bool,
    },
    /// The test session has been ended, or not; why.
    SignedOut {
        /// Of this attempt.
        attempt: Attempt,
        /// Why not.
        failed: Option<String>,
    },
}
