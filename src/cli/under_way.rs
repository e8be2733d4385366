//! A plan while it is applied by command: how far it is, on a terminal, and Ctrl-C, which stops a run of many rows after
//! those on their way. So does a request to end; a terminal that goes away is nothing here, for `nohup`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::identity::{OnFailure, Plan, Secret};
use crate::workflows::apply::Control;
use crate::workflows::bulk::Tally;
use crate::workflows::{self, Applied, ApplyError, Engine};

use super::io::Io;
use super::signals::{self, HangUp, Signal};

/// How often the line is written anew.
pub const TICK: Duration = Duration::from_millis(250);

/// Applies it. Steps of one job are nobody's to stop half way.
pub async fn apply(
    engine: &Engine,
    plan: Plan,
    reason: &str,
    secret: Option<&Secret>,
    io: &mut Io<'_>,
) -> Result<Applied, ApplyError> {
    if plan.on_failure != OnFailure::GoOn || plan.changes.len() < 2 {
        return workflows::apply_with(engine, plan, reason, secret, |_| {}).await;
    }
    let tally = Mutex::new(Tally::of(&plan));
    let control = Control::default();
    let begun = tokio::time::Instant::now();
    let live = io.manner.live && !io.manner.quiet;
    let words = || tally.lock().unwrap_or_else(PoisonError::into_inner).words(begun.elapsed());
    let applying = workflows::apply_under(engine, plan, reason, secret, &control, |progress| {
        tally.lock().unwrap_or_else(PoisonError::into_inner).take(progress);
    });
    tokio::pin!(applying);
    // Listened to from before the first turn on: one that comes between two turns counts.
    let mut interrupts = match signals::listen(HangUp::Unheard) {
        Ok(heard) => heard,
        // Nothing can be heard then, and the channel is closed.
        Err(_) => tokio::sync::mpsc::unbounded_channel().1,
    };
    let mut tick = tokio::time::interval(TICK);
    let mut stopping = false;
    let result = loop {
        tokio::select! {
            result = &mut applying => break result,
            Some(signal) = interrupts.recv() => {
                if stopping && signal == Signal::Interrupt {
                    // As if it were killed: the journal has the truth, and going on settles it.
                    let _ = io.note(
                        "\nStopped at once; `idconsole journal list` has the run, `journal resume` goes on, `bulk result` tells its rows.",
                    );
                    std::process::exit(130);
                }
                stopping = true;
                control.stop();
                let _ = io.note("\nStopping after the rows on their way. Ctrl-C stops at once.");
            }
            _ = tick.tick(), if live => {
                // A write is not given up for a line that cannot be shown.
                let _ = io.progress(&words());
            }
        }
    };
    let _ = io.progress("");
    result
}
