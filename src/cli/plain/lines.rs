//! Answers, line by line, read by a thread of their own so that a signal is heard while one is waited for.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::mpsc;
use std::thread;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc as heard;

/// An answer is shorter than this many bytes; the address on which a browser ends is the longest.
const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Line,
    Secret,
}

/// Standard input as answers.
#[derive(Debug)]
pub(super) struct Lines {
    ask: mpsc::Sender<Wanted>,
    answers: heard::UnboundedReceiver<io::Result<Option<SecretString>>>,
    /// What is typed stands on the screen, and so does the end of its line.
    pub shown: bool,
}

impl Lines {
    /// Begins to listen. The thread ends with the process: a read cannot be taken back.
    pub fn listen() -> io::Result<Self> {
        let (ask, wanted) = mpsc::channel();
        let (tell, answers) = heard::unbounded_channel();
        let shown = io::stdin().is_terminal();
        thread::Builder::new().name("answers".to_owned()).spawn(move || {
            for wanted in wanted {
                let answer = match wanted {
                    Wanted::Secret if shown => hidden(),
                    Wanted::Line | Wanted::Secret => line(),
                };
                if tell.send(answer).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { ask, answers, shown })
    }

    /// The next line without its end; `None` at the end of the input.
    pub async fn line(&mut self) -> io::Result<Option<String>> {
        let answer = self.next(Wanted::Line).await?;
        Ok(answer.map(|line| line.expose_secret().to_owned()))
    }

    /// The next line, which is not shown while it is typed.
    pub async fn secret(&mut self) -> io::Result<Option<SecretString>> {
        self.next(Wanted::Secret).await
    }

    async fn next(&mut self, wanted: Wanted) -> io::Result<Option<SecretString>> {
        // A thread that is gone has nothing more to say: the input has ended.
        if self.ask.send(wanted).is_err() {
            return Ok(None);
        }
        self.answers.recv().await.unwrap_or(Ok(None))
    }
}

fn line() -> io::Result<Option<SecretString>> {
    let mut bytes = Vec::new();
    if io::stdin().lock().take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\n', '\r']).into()))
}

fn hidden() -> io::Result<Option<SecretString>> {
    match rpassword::read_password() {
        Ok(secret) => Ok(Some(secret.into())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
