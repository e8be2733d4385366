//! A real pseudo-terminal with the real binary in it, and a terminal model that reads what it writes.
//!
//! Nothing here sleeps: a wait ends when the screen shows what is waited for, or fails with the screen when
//! the bound is reached.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before the test gives up; far more than it needs, for slow machines.
const BOUND: Duration = Duration::from_secs(60);

/// What was written so far.
pub struct Seen {
    parser: vt100::Parser,
    /// Every byte, in order.
    pub bytes: Vec<u8>,
    /// When the last byte came.
    pub last: Instant,
    /// When the first byte came.
    pub first: Option<Instant>,
    closed: bool,
    forbidden: Vec<String>,
    leaked: Option<String>,
}

impl Seen {
    /// The screen as the terminal shows it.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// The screen as text, one line a row.
    pub fn text(&self) -> String {
        self.screen().contents()
    }
}

/// A program in a terminal.
pub struct Terminal {
    shared: Arc<(Mutex<Seen>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    termios_before: String,
    /// When the program was started.
    pub started: Instant,
}

/// The binary under test: the debug one that Cargo built, or the one named by `IDCONSOLE_TEST_BINARY`.
pub fn binary() -> String {
    std::env::var("IDCONSOLE_TEST_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_idconsole").to_owned())
}

impl Terminal {
    /// Starts `binary` with its files in `home` and nothing of the developer's environment.
    pub fn start(binary: &str, arguments: &[&str], home: &Path, (columns, rows): (u16, u16)) -> Self {
        Self::start_with(binary, arguments, home, (columns, rows), &[], &[])
    }

    /// The same with more environment, and with texts that must never stand on the screen.
    pub fn start_with(
        binary: &str,
        arguments: &[&str],
        home: &Path,
        (columns, rows): (u16, u16),
        environment: &[(&str, &str)],
        forbidden: &[&str],
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(binary);
        command.args(arguments);
        command.env_clear();
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Ok(value) = std::env::var(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("IDCONSOLE_CONFIG_DIR", home.join("config"));
        command.env("IDCONSOLE_DATA_DIR", home.join("data"));
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(home);
        let termios_before = termios(&*pair.master);
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let seen = Seen {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
            last: started,
            first: None,
            closed: false,
            forbidden: forbidden.iter().map(|text| (*text).to_owned()).collect(),
            leaked: None,
        };
        let shared = Arc::new((Mutex::new(seen), Condvar::new()));
        std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || read(reader, &shared)
        });
        Self { shared, master: pair.master, writer, child, termios_before, started }
    }

    /// Types keys: text as it is, others as `<Enter>`, `<Esc>`, `<C-c>`, `<Up>` …
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(&encoded(keys)).unwrap();
        self.writer.flush().unwrap();
    }

    /// Sends bytes as the terminal itself would: pastes, the mouse, focus.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).unwrap();
        self.writer.flush().unwrap();
    }

    /// What was written so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the terminal satisfies `wanted`.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + BOUND;
        let mut seen = self.seen();
        loop {
            assert!(
                seen.leaked.is_none(),
                "a secret stood on the screen: {:?}\n{}",
                seen.leaked,
                seen.text()
            );
            if wanted(&seen) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.closed,
                "{what} did not come by {:.1?} after the start; the screen:\n{}",
                self.started.elapsed(),
                seen.text()
            );
            seen = self.shared.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen holds `text`.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?}"), |seen| seen.text().contains(text));
    }

    /// Waits until the program has ended and everything it wrote was read.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let end = Instant::now() + BOUND;
        let mut seen = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !seen.closed {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it did not end; the screen:\n{}", seen.text());
            seen = self.shared.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        assert!(seen.leaked.is_none(), "a secret stood on the screen: {:?}", seen.leaked);
        drop(seen);
        self.child.wait().unwrap()
    }

    /// The terminal as it was before the program: own screen gone, cursor visible, input as typed.
    #[track_caller]
    pub fn assert_restored(&self) {
        let seen = self.seen();
        let screen = seen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left on");
        assert!(!screen.hide_cursor(), "the cursor was left hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste was left on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse was left on");
        drop(seen);
        assert_eq!(termios(&*self.master), self.termios_before, "the line discipline was not put back");
    }

    /// Writes onto the screen as another program would.
    pub fn scribble(&self, bytes: &[u8]) {
        self.seen().parser.process(bytes);
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.seen().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal, e.g. `TERM`, to the program.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the system says that the program is stopped.
    #[cfg(unix)]
    pub fn wait_stopped(&self) {
        let end = Instant::now() + BOUND;
        let id = self.id().to_string();
        loop {
            let state = std::process::Command::new("ps").args(["-o", "state=", "-p", &id]).output().unwrap();
            if state.stdout.first() == Some(&b'T') {
                return;
            }
            assert!(Instant::now() < end, "it did not stop");
            std::thread::yield_now();
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// How the line discipline is set now, in words.
    pub fn line_discipline(&self) -> String {
        termios(&*self.master)
    }

    /// How it was set before the program.
    pub fn line_discipline_before(&self) -> &str {
        &self.termios_before
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

#[cfg(unix)]
fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

#[cfg(not(unix))]
fn termios(_: &dyn MasterPty) -> String {
    String::new()
}

fn read(mut reader: Box<dyn Read + Send>, shared: &(Mutex<Seen>, Condvar)) {
    let mut buffer = vec![0; 65536];
    loop {
        let count = reader.read(&mut buffer).unwrap_or(0);
        let now = Instant::now();
        let mut seen = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 {
            seen.closed = true;
            shared.1.notify_all();
            return;
        }
        seen.bytes.extend_from_slice(&buffer[..count]);
        seen.parser.process(&buffer[..count]);
        seen.last = now;
        seen.first.get_or_insert(now);
        if seen.leaked.is_none() {
            // Without line ends, so that a secret that wraps is found too.
            let (_, columns) = seen.screen().size();
            let shown: String = seen.screen().rows(0, columns.get()).collect();
            seen.leaked = seen.forbidden.iter().find(|secret| shown.contains(secret.as_str())).cloned();
        }
        shared.1.notify_all();
    }
}

/// Keys as a terminal sends them.
fn encoded(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some(end) = rest.find('>')
        {
            let name = &rest[1..end];
            rest = &rest[end + 1..];
            match name {
                "Enter" => bytes.push(b'\r'),
                "Esc" => bytes.push(0x1b),
                "Tab" => bytes.push(b'\t'),
                "S-Tab" => bytes.extend(b"\x1b[Z"),
                "Space" => bytes.push(b' '),
                "BS" => bytes.push(0x7f),
                "Up" => bytes.extend(b"\x1b[A"),
                "Down" => bytes.extend(b"\x1b[B"),
                "Right" => bytes.extend(b"\x1b[C"),
                "Left" => bytes.extend(b"\x1b[D"),
                "Home" => bytes.extend(b"\x1b[H"),
                "End" => bytes.extend(b"\x1b[F"),
                "PageUp" => bytes.extend(b"\x1b[5~"),
                "PageDown" => bytes.extend(b"\x1b[6~"),
                "F12" => bytes.extend(b"\x1b[24~"),
                "lt" => bytes.push(b'<'),
                control if control.starts_with("C-") && control.len() == 3 => {
                    bytes.push(control.as_bytes()[2] & 0x1f);
                }
                other => panic!("no key is called {other}"),
            }
        } else {
            let mut buffer = [0; 4];
            bytes.extend(c.encode_utf8(&mut buffer).as_bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    bytes
}
