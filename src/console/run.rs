//! The loop: generic over the terminal's backend and the input, so that tests run the real one without a terminal.

use std::io;
use std::task::Poll;

use crossterm::event::{Event, MouseButton, MouseEventKind};
use futures::{Stream, StreamExt as _};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType};
use ratatui::layout::Position;

use super::app::App;
use super::effect::Effect;
use super::key::Key;
use super::msg::Msg;
use super::runtime::{Runtime, World};

/// Something from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// From the terminal.
    Terminal(Event),
    /// The system wants us to end (SIGTERM, SIGINT, SIGHUP).
    Terminate,
    /// The system wants us to stop for a while (SIGTSTP).
    Suspend,
}

/// The terminal's owner, who can give it back for a while.
pub trait Host {
    /// Gives the terminal back, stops until continued, takes it again.
    fn suspend(&mut self) -> io::Result<()>;
}

/// App, terminal and runtime together.
#[derive(Debug)]
pub struct Console<B: Backend, H> {
    /// All state.
    pub app: App,
    /// Where it is drawn.
    pub terminal: Terminal<B>,
    host: H,
    runtime: Runtime,
}

fn io_error<E: std::error::Error>(error: E) -> io::Error {
    io::Error::other(error.to_string())
}

impl<B: Backend, H: Host> Console<B, H> {
    /// Puts the parts together; nothing is drawn and nothing begins.
    pub fn new(app: App, backend: B, host: H, world: World) -> io::Result<Self> {
        let terminal = Terminal::new(backend).map_err(io_error)?;
        Ok(Self { app, terminal, host, runtime: Runtime::new(world) })
    }

    /// The surroundings.
    pub fn world(&self) -> &World {
        self.runtime.world()
    }

    /// The terminal's owner.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// Draws if anything changed.
    pub fn draw(&mut self) -> io::Result<()> {
        if self.app.take_dirty() {
            let now = self.runtime.world().clock.now();
            self.terminal.draw(|frame| self.app.draw(frame, now)).map_err(io_error)?;
            let effects = self.app.drawn(now);
            self.perform(effects)?;
        }
        Ok(())
    }

    /// Draws the first frame, then begins: nothing outside is touched before the frame stands.
    pub fn begin(&mut self) -> io::Result<()> {
        self.draw()?;
        let now = self.runtime.world().clock.now();
        let effects = self.app.begin(now);
        self.perform(effects)
    }

    /// Handles one message.
    pub fn handle(&mut self, msg: Msg) -> io::Result<()> {
        let now = self.runtime.world().clock.now();
        let effects = self.app.update(msg, now);
        self.perform(effects)
    }

    /// Handles something from outside.
    pub fn input(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Terminal(event) => match message(event) {
                Some(msg) => self.handle(msg),
                None => Ok(()),
            },
            Input::Terminate => self.handle(Msg::Terminated),
            Input::Suspend => self.perform(vec![Effect::Suspend]),
        }
    }

    /// Clears the screen, so that the next frame is drawn whole. Not by [`Terminal::clear`]: that one asks the
    /// terminal where the cursor is, and the answer would be read by the stream of keys instead.
    fn forget_screen(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().clear_region(ClearType::All).map_err(io_error)?;
        self.terminal.swap_buffers();
        Ok(())
    }

    fn perform(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Redraw => self.forget_screen()?,
                Effect::Suspend => {
                    self.host.suspend()?;
                    self.forget_screen()?;
                    self.handle(Msg::Resized)?;
                }
                other => self.runtime.perform(other),
            }
        }
        Ok(())
    }

    /// Handles what has been answered, and waits for what is under way, until nothing is. For tests.
    pub async fn settle(&mut self) -> io::Result<()> {
        loop {
            while let Some(envelope) = self.runtime.next_ready() {
                self.handle(envelope.msg)?;
                drop(envelope.guard);
            }
            if self.runtime.busy().is_idle() {
                self.draw()?;
                // What has come into view may have raised a question.
                if self.runtime.busy().is_idle() {
                    return Ok(());
                }
            }
            self.next_message().await?;
        }
    }

    /// Waits for the next message, or for something to end without one, and handles it. For tests.
    pub async fn next_message(&mut self) -> io::Result<()> {
        let busy = self.runtime.busy().clone();
        tokio::select! {
            Some(envelope) = self.runtime.next() => {
                self.handle(envelope.msg)?;
                drop(envelope.guard);
            }
            () = busy.fell() => {}
        }
        self.draw()
    }

    /// Runs until the person leaves or the input ends. Draws only when something changed, once for everything
    /// that came in the meantime; sleeps when nothing happens.
    pub async fn run<S>(&mut self, mut input: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<Input>> + Unpin,
    {
        self.begin()?;
        loop {
            self.draw()?;
            if self.app.is_finished() {
                return Ok(());
            }
            let now = self.runtime.world().clock.now();
            let change = self.app.next_change(now);
            tokio::select! {
                biased;
                event = input.next() => match event {
                    Some(event) => self.input(event?)?,
                    None => self.handle(Msg::Terminated)?,
                },
                Some(envelope) = self.runtime.next() => {
                    self.handle(envelope.msg)?;
                    drop(envelope.guard);
                }
                () = sleep_until(change, now) => self.handle(Msg::Woke)?,
            }
            // Whatever else is there already belongs to the same frame. Bounded, so that a flood still shows.
            for _ in 0..256 {
                if let Some(event) = ready(&mut input).await {
                    self.input(event?)?;
                } else if let Some(envelope) = self.runtime.next_ready() {
                    self.handle(envelope.msg)?;
                    drop(envelope.guard);
                } else {
                    break;
                }
                if self.app.is_finished() {
                    break;
                }
            }
        }
    }
}

/// The next input if it is there already. Asks with the loop's own waker: the terminal's stream keeps the first
/// waker it was asked with, so one that wakes nobody would lose the next key.
async fn ready<S: Stream + Unpin>(input: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|context| match input.poll_next_unpin(context) {
        Poll::Ready(item) => Poll::Ready(item),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn sleep_until(at: Option<jiff::Timestamp>, now: jiff::Timestamp) {
    match at {
        None => std::future::pending().await,
        Some(at) => {
            let wait = std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
    }
}

/// What the terminal reports, as a message; `None` for what the console does not use.
fn message(event: Event) -> Option<Msg> {
    Some(match event {
        Event::Key(key) => Msg::Key(Key::of(key)?),
        Event::Paste(text) => Msg::Pasted(text),
        Event::Resize(..) => Msg::Resized,
        Event::FocusGained => Msg::Focused(true),
        Event::FocusLost => Msg::Focused(false),
        Event::Mouse(mouse) => {
            let at = Position::new(mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Msg::Clicked(at),
                MouseEventKind::ScrollDown => Msg::Scrolled(at, 1),
                MouseEventKind::ScrollUp => Msg::Scrolled(at, -1),
                _ => return None,
            }
        }
    })
}
