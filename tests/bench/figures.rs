//! The figures of design.md §7 that apply so far, each beside its budget, measured in one run: the release
//! binary in a real pseudo-terminal, on an embedded platform of its own. Run with
//! `cargo bench --bench figures`, or with the name of one group: `start`, `sweep`, `load`, `console`, `bulk`.
//!
//! It reports; it never judges. Machines differ, so each time stands beside a yardstick of the same run.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark has nobody to hand an error to, and says what it measured"
)]

#[path = "figures/bulk.rs"]
mod bulk;
#[path = "figures/console.rs"]
mod console;
#[path = "figures/findings.rs"]
mod findings;
#[path = "figures/load.rs"]
mod load;
#[path = "console/members.rs"]
mod members;
#[path = "figures/platform.rs"]
mod platform;
#[path = "figures/report.rs"]
mod report;
#[path = "figures/start.rs"]
mod start;
#[path = "console/sweep.rs"]
mod sweep;
#[path = "../it/pty/terminal.rs"]
#[expect(dead_code, reason = "the tests of the terminal use more of it")]
mod terminal;

/// The size that design.md §7 speaks of.
const MEMBERS: usize = members::MANY;

fn main() {
    // Cargo adds `--bench`; the first word without dashes names a group.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |group: &str| only.as_deref().is_none_or(|only| only == group);
    report::heading();
    if wanted("start") {
        start::measure();
    }
    if wanted("sweep") {
        findings::measure();
    }
    if wanted("load") || wanted("console") {
        let platform = platform::Serving::start(MEMBERS);
        let token = platform.sign_in();
        if wanted("load") {
            load::measure(&platform, &token);
        }
        if wanted("console") {
            console::measure(&platform, &token);
        }
    }
    if wanted("bulk") {
        bulk::measure();
    }
}
