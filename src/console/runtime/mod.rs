//! The runtime: carries effects out as tasks that answer with messages.
//!
//! Questions have slots: a new one aborts the old. Writes are never aborted. A busy counter rises before a task
//! starts and falls after its last message has been handled, so that tests can settle instead of sleeping.

mod answers;
mod busy;
mod door;
mod lab;
mod sign_in;
mod token;
mod world;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;

pub use answers::told;
pub use busy::{Busy, BusyGuard};
pub use door::PlatformDoor;
pub use world::{Beginning, Connected, Door, Live, Roster, World};

use super::effect::{Answer, Effect};
use super::failure::Failure;
use super::msg::Msg;
use super::slot::{RequestId, Slot};
use crate::config::Config;
use crate::workflows::apply::{Control, Wish};

/// A message on its way, keeping the runtime busy until it has been handled.
#[derive(Debug)]
pub struct Envelope {
    /// The message.
    pub msg: Msg,
    /// Falls when the envelope is dropped, which is after handling.
    pub guard: Option<BusyGuard>,
}

/// The columns of lists, by the list's name; `None` for its own.
type Chosen = HashMap<&'static str, Option<Vec<String>>>;

/// Carries effects out.
#[derive(Debug)]
pub struct Runtime {
    world: World,
    sender: UnboundedSender<Envelope>,
    inbox: UnboundedReceiver<Envelope>,
    busy: Busy,
    questions: HashMap<Slot, AbortHandle>,
    sign_ins: sign_in::SignIns,
    labs: lab::Labs,
    tokens: token::TokenDesk,
    /// The last choice of columns, by list.
    columns: Arc<Mutex<Chosen>>,
    /// The hold on the latest write.
    hold: Control,
}

impl Runtime {
    /// A runtime over these surroundings. Must live within a tokio runtime when effects are performed.
    pub fn new(world: World) -> Self {
        let (sender, inbox) = mpsc::unbounded_channel();
        Self {
            world,
            sender,
            inbox,
            busy: Busy::default(),
            questions: HashMap::new(),
            sign_ins: sign_in::SignIns::default(),
            labs: lab::Labs::default(),
            tokens: token::TokenDesk::default(),
            columns: Arc::default(),
            hold: Control::default(),
        }
    }

    /// What it reaches.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What is under way.
    pub fn busy(&self) -> &Busy {
        &self.busy
    }

    /// The next message.
    pub async fn next(&mut self) -> Option<Envelope> {
        self.inbox.recv().await
    }

    /// The next message if there is one already.
    pub fn next_ready(&mut self) -> Option<Envelope> {
        self.inbox.try_recv().ok()
    }

    /// Begins to carry an effect out. `Redraw` and `Suspend` are the loop's own.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Ask { slot, id, question } => {
                let reporter = self.reporter(slot, id, false);
                let world = self.world.clone();
                let work = answers::answer(world, question, reporter.clone());
                let task = tokio::spawn(guarded(work, reporter));
                if let Some(old) = self.questions.insert(slot, task.abort_handle()) {
                    old.abort();
                }
            }
            Effect::Cancel { slot } => {
                if let Some(task) = self.questions.remove(&slot) {
                    task.abort();
                }
            }
            Effect::Write { slot, id, write } => {
                let reporter = self.reporter(slot, id, true);
                let world = self.world.clone();
                let control = Control::default();
                self.hold = control.clone();
                let work = answers::write(world, write, control, reporter.clone());
                tokio::spawn(guarded(work, reporter));
            }
            Effect::Hold(Wish::Run) => self.hold.resume(),
            Effect::Hold(Wish::Pause) => self.hold.pause(),
            Effect::Hold(Wish::Stop) => self.hold.stop(),
            Effect::SignIn(effect) => self.sign_ins.perform(effect, &self.world, &self.sender, &self.busy),
            Effect::Lab(effect) => self.labs.perform(effect, &self.world, &self.sender, &self.busy),
            Effect::Token(effect) => self.tokens.perform(effect, &self.world, &self.sender, &self.busy),
            Effect::OpenBrowser { url } => {
                if let Err(error) = self.world.browser.open(&url) {
                    self.send(Msg::Failed(
                        Failure::new("The browser could not be opened.")
                            .because(error.to_string())
                            .then(format!("Open this address yourself: {url}")),
                    ));
                }
            }
            Effect::Copy { what, text } => {
                let failed = self.world.clipboard.put(&text).err().map(|error| error.to_string());
                self.send(Msg::Copied { what, failed });
            }
            Effect::CopySecret(secret) => {
                let failed = self.world.clipboard.put(secret.expose()).err().map(|error| error.to_string());
                self.send(Msg::Copied { what: "the secret".to_owned(), failed });
            }
            Effect::EmptyClipboard => {
                // Said only where it is still there.
                if let Err(error) = self.world.clipboard.put("") {
                    let what = "nothing over the secret".to_owned();
                    self.send(Msg::Copied { what, failed: Some(error.to_string()) });
                }
            }
            Effect::KeepColumns { list, columns } => self.keep_columns(list, columns),
            Effect::Redraw | Effect::Suspend => {}
        }
    }

    /// Writes the columns of a list into `config.toml`; of several choices in a row the last one stays.
    fn keep_columns(&mut self, list: &'static str, columns: Option<Vec<String>>) {
        let last = Arc::clone(&self.columns);
        last.lock().unwrap_or_else(PoisonError::into_inner).insert(list, columns);
        let (paths, sender, guard) = (self.world.paths.clone(), self.sender.clone(), self.busy.raise());
        tokio::task::spawn_blocking(move || {
            let chosen = last.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = Config::edit(&paths, |config| {
                let mut settings = config.settings().clone();
                match chosen.get(list).cloned().flatten() {
                    Some(columns) => settings.columns.insert(list.to_owned(), columns),
                    None => settings.columns.remove(list),
                };
                config.set_settings(settings)
            });
            if let Err(error) = kept {
                let failure = Failure::new("The columns could not be kept.").because(error.to_string());
                // The console may have left already; then nobody needs the answer.
                let _ = sender.send(Envelope { msg: Msg::Failed(failure), guard: Some(guard) });
            }
        });
    }

    /// Puts a message into the inbox.
    pub fn send(&self, msg: Msg) {
        // The receiver lives as long as the runtime.
        let _ = self.sender.send(Envelope { msg, guard: Some(self.busy.raise()) });
    }

    fn reporter(&self, slot: Slot, id: RequestId, write: bool) -> Reporter {
        Reporter {
            sender: self.sender.clone(),
            busy: self.busy.clone(),
            slot,
            id,
            write,
            begun: self.busy.raise(),
        }
    }
}

/// The way back for an answer.
#[derive(Debug, Clone)]
pub struct Reporter {
    sender: UnboundedSender<Envelope>,
    busy: Busy,
    slot: Slot,
    id: RequestId,
    write: bool,
    #[expect(dead_code, reason = "keeps the runtime busy while the work goes on")]
    begun: BusyGuard,
}

impl Reporter {
    /// Sends an answer that is not the last: a page, a step.
    pub fn send(&self, answer: Answer) {
        self.post(answer, false);
    }

    fn post(&self, answer: Answer, last: bool) {
        let msg = Msg::Answered { slot: self.slot, id: self.id, answer, last, write: self.write };
        // The console may have left already; then nobody needs the answer.
        let _ = self.sender.send(Envelope { msg, guard: Some(self.busy.raise()) });
    }
}

/// Sends what the work returns as the last answer, and a failure if it panics: nothing waits for ever.
async fn guarded(work: impl Future<Output = Answer>, reporter: Reporter) {
    let answer = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        Answer::Failed(
            Failure::new("idconsole made a mistake of its own.")
                .because("A part of it stopped in the middle; the log has the details.")
                .then("Load again. If it was a write, look at the journal before writing again."),
        )
    });
    reporter.post(answer, true);
}
