//! Messages: everything that can happen to the console.

use ratatui::layout::Position;

use super::effect::Answer;
use super::failure::Failure;
use super::key::Key;
use super::screens::flow_lab::LabMsg;
use super::screens::sign_in::SignInMsg;
use super::slot::{RequestId, Slot};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
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
