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

/// What happens when the terminal goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HangUp {
    /// It is an end.
    Ends,
    /// What the one who started us has settled: an end without a word, or nothing under `nohup`.
    Unheard,
}

/// Begins to listen.
#[cfg(unix)]
pub(super) fn listen(hang_up: HangUp) -> io::Result<mpsc::UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (tell, heard) = mpsc::unbounded_channel();
    let (mut interrupt, mut end) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut gone = match hang_up {
        HangUp::Ends => Some(signal(SignalKind::hangup())?),
        HangUp::Unheard => None,
    };
    tokio::spawn(async move {
        loop {
            let gone = async {
                match &mut gone {
                    Some(gone) => gone.recv().await,
                    None => std::future::pending().await,
                }
            };
            let came = tokio::select! {
                Some(()) = interrupt.recv() => Signal::Interrupt,
                Some(()) = end.recv() => Signal::End,
                Some(()) = gone => Signal::End,
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
pub(super) fn listen(_: HangUp) -> io::Result<mpsc::UnboundedReceiver<Signal>> {
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
