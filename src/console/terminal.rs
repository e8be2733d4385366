//! The real terminal: taken, given back, and given back whatever happens.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, Event, EventStream,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};

use super::run::{Host, Input};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while the console has it. Dropping it gives it back.
#[derive(Debug)]
pub struct Taken(());

/// Takes the terminal: raw mode, the alternate screen, mouse, focus and bracketed paste.
pub fn take() -> io::Result<Taken> {
    enter()?;
    Ok(Taken(()))
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableFocusChange,
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Gives the terminal back if it is taken. Safe to call from a panic hook and more than once.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nothing can be done about a terminal that is gone.
        let _ = execute!(
            io::stdout(),
            DisableBracketedPaste,
            DisableFocusChange,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Makes a panic of the loop give the terminal back before it is reported. Panics of tasks are turned into
/// answers by the runtime and only logged here: the screen is still in use.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    let main = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == main {
            give_back();
            before(info);
        } else if TAKEN.load(Ordering::SeqCst) {
            tracing::error!(%info, "a task panicked");
        } else {
            before(info);
        }
    }));
}

impl Host for Taken {
    #[cfg(unix)]
    fn suspend(&mut self) -> io::Result<()> {
        give_back();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        enter()
    }

    #[cfg(not(unix))]
    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keys, mouse and signals in one stream.
pub fn input() -> io::Result<BoxStream<'static, io::Result<Input>>> {
    let events = EventStream::new().map(|event: io::Result<Event>| event.map(Input::Terminal));
    Ok(stream::select(events, signals()?).boxed())
}

#[cfg(unix)]
fn signals() -> io::Result<impl Stream<Item = io::Result<Input>> + Send + use<>> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    let of = |kind: SignalKind, input: Input| -> io::Result<_> {
        let signals = stream::unfold(signal(kind)?, |mut signal: Signal| async move {
            signal.recv().await.map(|()| ((), signal))
        });
        Ok(signals.map(move |()| Ok(input.clone())).boxed())
    };
    Ok(stream::select_all([
        of(SignalKind::terminate(), Input::Terminate)?,
        of(SignalKind::interrupt(), Input::Terminate)?,
        of(SignalKind::hangup(), Input::Terminate)?,
        of(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()), Input::Suspend)?,
    ]))
}

#[cfg(not(unix))]
fn signals() -> io::Result<impl Stream<Item = io::Result<Input>> + Send + use<>> {
    let interrupt = stream::once(async {
        tokio::signal::ctrl_c().await?;
        Ok(Input::Terminate)
    });
    Ok(interrupt.boxed())
}
