//! Ctrl-C and a request to end, as something that is heard instead of something that kills.

use std::io;

use tokio::sync::mpsc;

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C: stop what is being waited for, else leave.
    Interrupt,
    /// The system wants us to end, or the terminal is gone.
    End,
}

/// Begins to listen.
#[cfg(unix)]
pub(super) fn listen() -> io::Result<mpsc::UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (tell, heard) = mpsc::unbounded_channel();
    let (mut interrupt, mut end) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut gone = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            let came = tokio::select! {
                Some(()) = interrupt.recv() => Signal::Interrupt,
                Some(()) = end.recv() => Signal::End,
                Some(()) = gone.recv() => Signal::End,
                else => return,
            };
            if tell.send(came).is_err() {
                return;
            }
        }
    });
    Ok(heard)
}

/// Begins to listen.
#[cfg(not(unix))]
pub(super) fn listen() -> io::Result<mpsc::UnboundedReceiver<Signal>> {
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if tell.send(Signal::Interrupt).is_err() {
                return;
            }
        }
    });
    Ok(heard)
}
