//! The console with 100 000 members: keys, bytes, memory, rest.

use std::time::{Duration, Instant};

use super::platform::Serving;
use super::report::{line, ms, quantile};
use super::terminal::{Terminal, binary};

const SIZE: (u16, u16) = (120, 40);

/// Nothing more was written for so long: the frame is complete.
const QUIET: Duration = Duration::from_millis(30);

/// How long the console is left alone.
const REST: Duration = Duration::from_secs(10);

/// Typed into the filter and taken back, over and over.
const WORDS: [&str; 8] =
    ["jane", "smith", "clinic.example", "mfa:none", "zzzz", "novak", "active:false", "partner"];

/// Prints the figures.
pub fn measure(platform: &Serving, token: &str) {
    let home = tempfile::tempdir().unwrap();
    let environment = [("IDCONSOLE_BASE_URL", platform.base_url()), ("IDCONSOLE_ACCESS_TOKEN", token)];
    let mut terminal = Terminal::start_with(&binary(), &[], home.path(), SIZE, &environment, &[token]);
    terminal.wait("all members", |seen| {
        let text = seen.text();
        text.contains("100 0") && !text.contains("loading") && !text.contains(" of ")
    });
    quiet(&terminal);
    let loaded = resident(&terminal, "VmRSS");

    let (moves, bytes) = moving(&mut terminal, &["<Down>", "<Up>"]);
    let (_, pages) = moving(&mut terminal, &["<PageDown>", "<PageUp>"]);
    let typed = filtering(&mut terminal);
    line(
        "key to last byte, filter over 100 000 members, p99",
        &ms(quantile(&typed, 0.99)),
        "16 ms",
        &format!("{} keys, median {}", typed.len(), ms(quantile(&typed, 0.5))),
    );
    line(
        "key to last byte, moving in the list, p99",
        &ms(quantile(&moves, 0.99)),
        "16 ms",
        &format!("{} keys, median {}", moves.len(), ms(quantile(&moves, 0.5))),
    );
    line(
        "bytes written a key, row by row in the list, most",
        &format!("{} B", quantile(&bytes, 1.0)),
        "2048 B",
        &format!("a page at once: {} B; the whole screen: {} B", quantile(&pages, 1.0), whole(&mut terminal)),
    );
    line(
        "memory with 100 000 members",
        &format!("{:.1} MB", loaded as f64 / 1024.0),
        "80 MB",
        &format!("{:.1} MB at the most, while loading", resident(&terminal, "VmHWM") as f64 / 1024.0),
    );
    quiet(&terminal);
    let (written, ticks) = (terminal.seen().bytes.len(), ticks(&terminal));
    std::thread::sleep(REST);
    line(
        "at rest for 10 s",
        &format!("{} B, {} ticks", terminal.seen().bytes.len() - written, self::ticks(&terminal) - ticks),
        "0 B, 0 ticks",
        "",
    );
    terminal.keys("<C-c>");
    terminal.wait_exit();
}

/// Waits until nothing has been written for a while.
fn quiet(terminal: &Terminal) {
    while terminal.seen().last.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Presses one key: how long until the last byte of its frame, and how many bytes that frame has.
fn press(terminal: &mut Terminal, key: &str) -> (Duration, usize) {
    let before = terminal.seen().bytes.len();
    let pressed = Instant::now();
    terminal.keys(key);
    terminal.wait("an answer", |seen| seen.bytes.len() > before);
    quiet(terminal);
    let seen = terminal.seen();
    (seen.last - pressed, seen.bytes.len() - before)
}

/// Presses each of the keys so often, one after the other.
fn moving(terminal: &mut Terminal, keys: &[&str]) -> (Vec<Duration>, Vec<usize>) {
    let presses = keys.iter().flat_map(|key| std::iter::repeat_n(*key, 70));
    presses.map(|key| press(terminal, key)).unzip()
}

fn filtering(terminal: &mut Terminal) -> Vec<Duration> {
    press(terminal, "/");
    let mut took = Vec::new();
    for word in WORDS.iter().cycle().take(WORDS.len() * 3) {
        for letter in word.chars() {
            took.push(press(terminal, &letter.to_string()).0);
        }
        for _ in word.chars() {
            took.push(press(terminal, "<BS>").0);
        }
    }
    press(terminal, "<Esc>");
    took
}

/// Bytes of drawing everything anew.
fn whole(terminal: &mut Terminal) -> usize {
    press(terminal, "<C-l>").1
}

/// A line of `/proc/PID/status`, in kB.
fn resident(terminal: &Terminal, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", terminal.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time taken so far, in clock ticks: fields 14 and 15 of `/proc/PID/stat`.
fn ticks(terminal: &Terminal) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", terminal.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
