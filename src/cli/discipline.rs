//! How the terminal echoes what is typed: off before a secret is asked for, and as it was afterwards.

/// The settings of standard input as they were, put back when this goes.
#[derive(Debug)]
pub struct Discipline {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Discipline {
    /// Remembers them, when standard input is a terminal: whoever is told to end while a password is typed would leave it
    /// without an echo.
    pub fn remember() -> Self {
        Self {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }

    /// Remembers them, and turns the echo off. To be done before the question is written: who answers at once, or pastes,
    /// is faster than the reader of passwords behind it (standards S3).
    pub fn without_echo() -> Self {
        let own = Self::remember();
        #[cfg(unix)]
        if let Some(before) = &own.before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(rustix::termios::LocalModes::ECHO);
            set(&quiet);
        }
        own
    }
}

#[cfg(unix)]
fn set(settings: &rustix::termios::Termios) {
    // Nothing can be done about a terminal that is gone.
    let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, settings);
}

impl Drop for Discipline {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            set(before);
        }
    }
}
