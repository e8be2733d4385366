//! A conversation: what is said, what is asked, what is waited for.
//!
//! Every question says what can be answered. `?` explains it, `back` goes one step back, `quit` leaves; so do the end
//! of the input and Ctrl-C, which stops a wait first. A write is never cut short.

use std::io::{self, Write};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cli::discipline::Discipline;
use crate::cli::failure::Failure;
use crate::cli::signals::{self, HangUp, Signal};
use crate::identity::Text;

use super::lines::Lines;
use super::voice::Voice;

/// So often something is said while nothing else happens.
const QUIET: Duration = Duration::from_secs(10);

/// Why a question was not answered.
#[derive(Debug)]
pub(super) enum Turn {
    /// One step back.
    Back,
    /// Out.
    Quit,
    /// It could not be done.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Turn {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What came of a step.
pub(super) type Said<T> = Result<T, Turn>;

/// A question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// What is asked.
    pub words: &'a str,
    /// What can be answered, where that is not just anything.
    pub can: &'a str,
    /// What `?` says.
    pub help: &'a str,
}

/// Who asks and who listens.
pub(super) struct Talk<'a> {
    voice: Voice<'a>,
    lines: Lines,
    signals: UnboundedReceiver<Signal>,
    /// Somebody wanted out while a change was being written.
    leaving: bool,
    /// Nothing lies behind the question that is asked now.
    pub at_the_beginning: bool,
    _discipline: Discipline,
}

impl<'a> Talk<'a> {
    /// Begins, on standard input and `out`.
    pub fn begin(out: &'a mut dyn Write, ascii: bool) -> io::Result<Self> {
        Ok(Self {
            voice: Voice::new(out, ascii),
            lines: Lines::listen()?,
            signals: signals::listen(HangUp::Ends)?,
            leaving: false,
            at_the_beginning: true,
            _discipline: Discipline::remember(),
        })
    }

    /// The stream, for what is written by others.
    pub fn out(&mut self) -> &mut dyn Write {
        &mut self.voice
    }

    /// Names and values that are not ours, and are spoken as they are from now on.
    pub fn keep<'t>(&mut self, texts: impl IntoIterator<Item = &'t Text>) {
        texts.into_iter().for_each(|text| self.voice.keep(text));
    }

    /// One line.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.voice, "{line}")
    }

    /// Asks until there is an answer that is none of the words that always work.
    pub async fn ask(&mut self, question: Question<'_>) -> Said<String> {
        loop {
            let always = if self.at_the_beginning { "?, quit" } else { "?, back, quit" };
            let between = if question.can.is_empty() { "" } else { ", " };
            write!(self.voice, "{} ({}{between}{always}): ", question.words, question.can)?;
            self.voice.flush()?;
            let answer = tokio::select! {
                biased;
                Some(_) = self.signals.recv() => return self.out_of_here(),
                answer = self.lines.line() => answer?,
            };
            let Some(answer) = answer else { return self.out_of_here() };
            self.end_of_line()?;
            let answer = answer.trim();
            match answer.to_lowercase().as_str() {
                "?" | "help" => self.say(question.help)?,
                "back" if self.at_the_beginning => {
                    self.say("There is nothing to go back to. quit leaves.")?;
                }
                "back" => return Err(Turn::Back),
                "quit" => return Err(Turn::Quit),
                _ => return Ok(answer.to_owned()),
            }
        }
    }

    /// Asks for a secret, which is not shown. Any text can be one, so nothing but Enter alone goes back.
    pub async fn secret(&mut self, words: &str) -> Said<SecretString> {
        self.secret_or(words, "Enter alone goes back").await?.ok_or(Turn::Back)
    }

    /// The same where Enter alone means something: then there is `None`.
    pub async fn secret_or(&mut self, words: &str, enter: &str) -> Said<Option<SecretString>> {
        let _quiet = Discipline::without_echo();
        write!(self.voice, "{words} (it is not shown; {enter}): ")?;
        self.voice.flush()?;
        let answer = tokio::select! {
            biased;
            Some(_) = self.signals.recv() => return self.out_of_here(),
            answer = self.lines.secret() => answer,
        };
        match answer {
            Ok(Some(secret)) => {
                // The end of a hidden line is not shown either.
                writeln!(self.voice)?;
                Ok((!secret.expose_secret().is_empty()).then_some(secret))
            }
            Ok(None) => self.out_of_here(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.out_of_here(),
            Err(error) => Err(error.into()),
        }
    }

    fn end_of_line(&mut self) -> io::Result<()> {
        if self.lines.shown { Ok(()) } else { writeln!(self.voice) }
    }

    fn out_of_here<T>(&mut self) -> Said<T> {
        writeln!(self.voice)?;
        Err(Turn::Quit)
    }

    /// Asks to choose one of several, which are told as numbered lines; Enter alone takes `usual`.
    pub async fn choose(
        &mut self,
        words: &str,
        choices: &[String],
        usual: Option<usize>,
        help: &str,
    ) -> Said<usize> {
        for (at, choice) in choices.iter().enumerate() {
            let mark = if usual == Some(at) { " This is the usual one." } else { "" };
            self.say(&format!("{}. {choice}{mark}", at + 1))?;
        }
        let numbers = if choices.len() == 1 { "1".to_owned() } else { format!("1 to {}", choices.len()) };
        let can =
            usual.map_or_else(|| numbers.clone(), |usual| format!("{numbers}, Enter for {}", usual + 1));
        loop {
            let answer = self.ask(Question { words, can: &can, help }).await?;
            match (answer.trim_end_matches('.').parse::<usize>(), usual) {
                (Ok(number), _) if (1..=choices.len()).contains(&number) => return Ok(number - 1),
                (Err(_), Some(usual)) if answer.is_empty() => return Ok(usual),
                _ => self.say(&format!("Type a number from 1 to {}.", choices.len()))?,
            }
        }
    }

    /// Asks yes or no.
    pub async fn confirm(&mut self, words: &str, help: &str) -> Said<bool> {
        loop {
            let answer = self.ask(Question { words, can: "yes, no", help }).await?;
            match answer.to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("Type yes or no.")?,
            }
        }
    }

    /// Waits for an answer from elsewhere and says so. Ctrl-C stops it and goes one step back.
    pub async fn wait<T>(&mut self, what: &str, work: impl Future<Output = T>) -> Said<T> {
        self.say(what)?;
        self.wait_on(work).await
    }

    /// The same where it was said already what is waited for.
    pub async fn wait_on<T>(&mut self, work: impl Future<Output = T>) -> Said<T> {
        tokio::pin!(work);
        let mut waited = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                Some(signal) = self.signals.recv() => {
                    writeln!(self.voice)?;
                    if signal == Signal::End {
                        return Err(Turn::Quit);
                    }
                    self.say("Stopped. Nothing was written.")?;
                    return Err(Turn::Back);
                }
                () = tokio::time::sleep(QUIET) => {
                    waited += QUIET;
                    self.say(&format!("Still waiting, {} seconds so far. Ctrl-C stops.", waited.as_secs()))?;
                }
            }
        }
    }

    /// Waits for a change to be written. It is not stopped; who wants out leaves when it is done.
    pub async fn write<T>(&mut self, work: impl Future<Output = T>) -> Said<T> {
        self.say("Writing.")?;
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                Some(_) = self.signals.recv() => {
                    self.leaving = true;
                    self.say("A change is being written. idconsole leaves when it is done.")?;
                }
                () = tokio::time::sleep(QUIET) => self.say("Still writing.")?,
            }
        }
    }

    /// To be asked once a change is told: somebody wanted out meanwhile.
    pub fn leave_if_wanted(&self) -> Said<()> {
        if self.leaving { Err(Turn::Quit) } else { Ok(()) }
    }
}
