//! The ladder as it grows. Every change is told at once; every request of the flows lands on the step that is at work.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::auth::error::AuthError;
use crate::auth::flow::{Answer, Deps, FlowEvent, SignIn, Stage};
use crate::auth::http::{Http, Trace};
use crate::auth::note::PollReason;
use crate::config::Connection;
use crate::identity::flow_lab::{Claims, Difference, Run, Status, StepId};
use crate::identity::trace::Exchange;

/// What is told on the way.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The ladder has changed.
    Run(Box<Run>),
    /// Something to show or to answer, as in any sign-in.
    Flow(Box<FlowEvent>),
}

/// The flow ended; the ladder says at which step and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over;

/// Whoever hears of it.
type Ear = Arc<dyn Fn(Heard) + Send + Sync>;

struct State {
    run: Run,
    current: Option<StepId>,
}

/// The ladder, shared with the recorder.
#[derive(Clone)]
struct Board {
    state: Arc<Mutex<State>>,
    ear: Ear,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let run = {
            let mut state = self.lock();
            change(&mut state);
            state.run.clone()
        };
        (self.ear)(Heard::Run(Box::new(run)));
    }

    fn keep(&self, exchange: Exchange) {
        self.change(|state| {
            if let Some(step) = state.current {
                state.run.keep(step, exchange);
            }
        });
    }

    /// The device flow is one piece of work and two steps of the ladder.
    fn hear(&self, event: FlowEvent) {
        match &event {
            FlowEvent::ShowCode { user_code, host, .. } => {
                let said = format!("Type {user_code} at {host} on any device.");
                self.change(|state| {
                    state.run.set(StepId::DeviceCode, Status::Done, said, "");
                    state.run.set(StepId::Poll, Status::Running, "Nobody has agreed yet.", "");
                    state.current = Some(StepId::Poll);
                });
            }
            FlowEvent::NextPoll { why, .. } => {
                let said = match why {
                    PollReason::Pending => "Nobody has agreed yet.",
                    PollReason::SlowedDown => "The server asked for longer intervals; they are kept.",
                    PollReason::NoAnswer => "The last question was not answered; the next one waits longer.",
                };
                self.change(|state| state.run.set(StepId::Poll, Status::Running, said, ""));
            }
            FlowEvent::Note(note) => self.change(|state| state.run.notes.push(note.to_string())),
            _ => {}
        }
        (self.ear)(Heard::Flow(Box::new(event)));
    }
}

/// One run at work.
pub struct Bench {
    pub(crate) stage: Stage,
    board: Board,
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("run", &self.board.lock().run).finish_non_exhaustive()
    }
}

impl Bench {
    /// For a run at this connection's platform. `ear` hears everything; `answers` are what the person says.
    pub fn new(
        connection: Connection,
        deps: Deps,
        run: Run,
        ear: impl Fn(Heard) + Send + Sync + 'static,
        answers: mpsc::UnboundedReceiver<Answer>,
    ) -> Result<Self, AuthError> {
        let state = Arc::new(Mutex::new(State { run, current: None }));
        let board = Board { state, ear: Arc::new(ear) };
        let recorder = board.clone();
        let http = Http::for_connection(&connection)?
            .traced(Trace(Arc::new(move |exchange| recorder.keep(exchange))));
        let teller = board.clone();
        let tell = move |event| teller.hear(event);
        let stage = Stage::new(SignIn::new(connection), deps, http, tell, answers);
        Ok(Self { stage, board })
    }

    /// The ladder as it stands.
    pub fn run(&self) -> Run {
        self.board.lock().run.clone()
    }

    /// A step is at work; requests land on it from now on.
    pub fn begin(&self, step: StepId, said: impl Into<String>) {
        self.board.change(|state| {
            state.current = Some(step);
            state.run.set(step, Status::Running, said, "");
        });
    }

    /// Ends a step.
    pub fn set(&self, step: StepId, status: Status, said: impl Into<String>, next: impl Into<String>) {
        self.board.change(|state| state.run.set(step, status, said, next));
    }

    /// A step holds.
    pub fn done(&self, step: StepId, said: impl Into<String>) {
        self.set(step, Status::Done, said, "");
    }

    /// A step is not needed.
    pub fn skip(&self, step: StepId, why: impl Into<String>) {
        self.set(step, Status::Skipped, why, "");
    }

    /// The sign-in ends at a step.
    pub fn fail(&self, step: StepId, said: impl Into<String>, next: impl Into<String>) -> Over {
        self.set(step, Status::Failed, said, next);
        Over
    }

    /// The sign-in ends at the step that is at work.
    pub(crate) fn broke(&self, error: &AuthError) -> Over {
        let current = self.board.lock().current;
        self.board.change(|state| {
            if let Some(step) = current {
                state.run.set(step, Status::Failed, error.to_string(), "");
            }
        });
        Over
    }

    /// Something went over the wire that was not sent by this program.
    pub(crate) fn keep(&self, exchange: Exchange) {
        self.board.keep(exchange);
    }

    /// Worth knowing.
    pub fn note(&self, note: impl Into<String>) {
        self.board.change(|state| state.run.notes.push(note.into()));
    }

    /// A token has come.
    pub(crate) fn brought(&self, claims: Claims) {
        self.board.change(|state| state.run.tokens.push(claims));
    }

    /// Userinfo and the ID token do not say the same.
    pub(crate) fn differs(&self, differences: Vec<Difference>) {
        self.board.change(|state| state.run.differences = differences);
    }

    /// Changes the ladder in other ways.
    pub fn change(&self, change: impl FnOnce(&mut Run)) {
        self.board.change(|state| change(&mut state.run));
    }
}
