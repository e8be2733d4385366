//! The person's clipboard, behind its port.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;

use crate::ports::Clipboard;

/// The system's clipboard, by the programs that have it; by the terminal (OSC 52) only when settings say so,
/// because then whatever lies between here and the terminal sees the text too (standards S4).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClipboard {
    /// Hand the text to the terminal.
    pub by_terminal: bool,
}

/// Programs that take the text on standard input, with the variable that says they make sense.
const PROGRAMS: &[(Option<&str>, &str, &[&str])] = &[
    (Some("WAYLAND_DISPLAY"), "wl-copy", &[]),
    (Some("DISPLAY"), "xclip", &["-selection", "clipboard"]),
    (Some("DISPLAY"), "xsel", &["--clipboard", "--input"]),
    (None, "pbcopy", &[]),
    (None, "clip.exe", &[]),
];

impl Clipboard for SystemClipboard {
    fn put(&self, text: &str) -> io::Result<()> {
        if self.by_terminal {
            let mut out = io::stdout().lock();
            write!(out, "\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text))?;
            return out.flush();
        }
        for (variable, program, arguments) in PROGRAMS {
            if variable.is_some_and(|name| std::env::var_os(name).is_none()) {
                continue;
            }
            match hand_to(program, arguments, text) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
        }
        Err(io::Error::other(
            "no clipboard program was found (wl-copy, xclip, xsel or pbcopy); `osc52 = true` in the settings uses the terminal's",
        ))
    }
}

fn hand_to(program: &str, arguments: &[&str], text: &str) -> io::Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} did not take it"))) }
}
