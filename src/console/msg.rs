//! Messages: everything that can happen to the console.

use std::fmt;

use ratatui::layout::Position;

use super::effect::Answer;
use super::failure::Failure;
use super::key::Key;
use super::screens::flow_lab::LabMsg;
use super::screens::sign_in::SignInMsg;
use super::screens::tokens::TokenMsg;
use super::slot::{RequestId, Slot};

/// Something happened. `Debug` does not tell what was pasted: it may be a token or a password.
#[derive(Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Pasted(String),
    /// The left button went down.
    Clicked(Position),
    /// The wheel turned, in notches; positive is down.
    Scrolled(Position, i32),
    /// The terminal has another size.
    Resized,
    /// The terminal gained or lost the focus.
    Focused(bool),
    /// A moment that was asked for has come.
    Woke,
    /// The system wants us to end.
    Terminated,
    /// An answer to a question or a write.
    Answered {
        /// Which slot.
        slot: Slot,
        /// Which question.
        id: RequestId,
        /// What.
        answer: Answer,
        /// No more will come.
        last: bool,
        /// It was a write.
        write: bool,
    },
    /// About sessions and connections.
    SignIn(SignInMsg),
    /// About a run of the flow lab.
    Lab(LabMsg),
    /// About tokens that are looked at.
    Token(TokenMsg),
    /// The clipboard took it, or not.
    Copied {
        /// What it is.
        what: String,
        /// Why not.
        failed: Option<String>,
    },
    /// An effect without an answer failed.
    Failed(Failure),
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Self::Pasted(text) => write!(f, "Pasted({} bytes)", text.len()),
            Self::Clicked(at) => f.debug_tuple("Clicked").field(at).finish(),
            Self::Scrolled(at, rows) => f.debug_tuple("Scrolled").field(at).field(rows).finish(),
            Self::Resized => f.write_str("Resized"),
            Self::Focused(yes) => f.debug_tuple("Focused").field(yes).finish(),
            Self::Woke => f.write_str("Woke"),
            Self::Terminated => f.write_str("Terminated"),
            Self::Answered { slot, id, answer, last, write } => f
                .debug_struct("Answered")
                .field("slot", slot)
                .field("id", id)
                .field("answer", answer)
                .field("last", last)
                .field("write", write)
                .finish(),
            Self::SignIn(msg) => f.debug_tuple("SignIn").field(msg).finish(),
            Self::Lab(msg) => f.debug_tuple("Lab").field(msg).finish(),
            Self::Token(msg) => f.debug_tuple("Token").field(msg).finish(),
            Self::Copied { what, failed } => {
                f.debug_struct("Copied").field("what", what).field("failed", failed).finish()
            }
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}
