//! From the start of the process to the first whole frame.

use std::time::Duration;

use super::report::{line, ms, quantile, times};
use super::terminal::{Terminal, binary};

const RUNS: usize = 21;
const SIZE: (u16, u16) = (120, 40);

/// Prints the figure.
pub fn measure() {
    let home = tempfile::tempdir().unwrap();
    let frame = || {
        let mut terminal = Terminal::start(&binary(), &[], home.path(), SIZE);
        terminal.wait_for("Identity administration");
        let took = terminal.seen().last - terminal.started;
        terminal.keys("<C-c>");
        terminal.wait_exit();
        took
    };
    // What the pseudo-terminal and the shortest of programs cost here.
    let shortest = || {
        let mut terminal = Terminal::start("/bin/echo", &["ready"], home.path(), SIZE);
        terminal.wait_exit();
        let seen = terminal.seen();
        seen.first.expect("it said something") - terminal.started
    };
    frame();
    let (frames, bare): (Vec<Duration>, Vec<Duration>) = (0..RUNS).map(|_| (frame(), shortest())).unzip();
    let (frame, bare) = (quantile(&frames, 0.5), quantile(&bare, 0.5));
    line(
        "exec to first frame, 120x40, median of 21",
        &ms(frame),
        "20 ms",
        &format!("{} of echo in the same terminal ({})", times(frame, bare), ms(bare)),
    );
}
