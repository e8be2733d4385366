//! Where a command reads and writes, and how it asks. Passed in, so that tests give their own.

use std::io::{self, BufRead, IsTerminal, Write};

use secrecy::SecretString;

use super::discipline::Discipline;
use super::exit::Exit;
use super::failure::Failure;
use super::fields::Chosen;

/// The three streams of a command and what is known of them.
pub struct Io<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Questions, progress, errors.
    pub err: &'a mut dyn Write,
    /// Answers.
    pub input: &'a mut dyn BufRead,
    /// `out` is a terminal: CSV is made visible as tables are.
    pub out_is_terminal: bool,
    /// Somebody can answer: input and `err` are a terminal, and `--no-input` was not given.
    pub can_ask: bool,
    /// Columns of the terminal, when `out` is one.
    pub width: Option<usize>,
    /// What else was said about how it is told.
    pub manner: Manner,
}

/// How a command tells what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner {
    /// Results, questions and errors only.
    pub quiet: bool,
    /// `err` is a terminal on which a line may be written over: progress is shown.
    pub live: bool,
    /// The columns that were asked for.
    pub fields: Option<Chosen>,
    /// References that were read from standard input, so that a plan can be kept with them.
    pub read: Option<Vec<String>>,
}

impl Io<'_> {
    /// A result may be told in sentences; who asks for columns gets rows.
    pub fn tells(&self) -> bool {
        self.manner.fields.is_none()
    }

    /// A line for the person that is no result; `--quiet` leaves it out.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        if self.manner.quiet { Ok(()) } else { self.tell(line) }
    }

    /// A line that has to be read: what is asked of the person, and what belongs to an error.
    pub fn tell(&mut self, line: &str) -> io::Result<()> {
        self.progress("")?;
        writeln!(self.err, "{line}")
    }

    /// How far it is, on one line that the next one writes over; nothing takes it away. Only on a terminal.
    pub fn progress(&mut self, line: &str) -> io::Result<()> {
        if self.manner.live && !self.manner.quiet {
            write!(self.err, "\r\x1b[K{line}")?;
            self.err.flush()?;
        }
        Ok(())
    }

    /// Asks for a line; fails with code 2 where nobody can answer.
    ///
    /// `instead` says how to give the answer without being asked: "Give --reason TEXT."
    pub fn ask(&mut self, question: &str, instead: &str) -> Result<String, Failure> {
        if !self.can_ask {
            return Err(
                Failure::usage(format!("{question} is needed, and nobody can be asked.")).next(instead)
            );
        }
        write!(self.err, "{question}: ")?;
        self.err.flush()?;
        let mut answer = String::new();
        if self.input.read_line(&mut answer)? == 0 {
            return Err(Failure::usage("The input ended before the question was answered.").next(instead));
        }
        Ok(answer.trim().to_owned())
    }

    /// Asks for a secret without showing it.
    pub fn ask_secret(&mut self, question: &str, instead: &str) -> Result<SecretString, Failure> {
        if !self.can_ask || !io::stdin().is_terminal() {
            return self.ask(question, instead).map(SecretString::from);
        }
        let _quiet = Discipline::without_echo();
        write!(self.err, "{question}: ")?;
        self.err.flush()?;
        Ok(SecretString::from(rpassword::read_password()?))
    }

    /// The first line of the input, as a secret; for `--password-stdin`.
    pub fn secret_line(&mut self) -> Result<SecretString, Failure> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Err(Failure::usage("Standard input holds no password."));
        }
        Ok(SecretString::from(line.trim_end_matches(['\n', '\r'])))
    }

    /// Asks yes or no; only `y` and `yes` are yes.
    pub fn confirm(&mut self, question: &str, instead: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} (y/n)"), instead)?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks to choose one of several; the answer is a position in `choices`.
    pub fn choose(&mut self, question: &str, choices: &[String], instead: &str) -> Result<usize, Failure> {
        if !self.can_ask {
            return Err(Failure::usage(format!("{question} has to be chosen, and nobody can be asked."))
                .next(instead));
        }
        for (at, choice) in choices.iter().enumerate() {
            writeln!(self.err, "  {}  {choice}", at + 1)?;
        }
        for _ in 0..3 {
            let answer = self.ask(&format!("{question} (1–{})", choices.len()), instead)?;
            match answer.parse::<usize>() {
                Ok(number) if (1..=choices.len()).contains(&number) => return Ok(number - 1),
                _ => writeln!(self.err, "Type a number from 1 to {}.", choices.len())?,
            }
        }
        Err(Failure::new(Exit::Usage, "No choice was made.").next(instead))
    }
}

/// Streams of a test: nobody is at a terminal, and what was written is kept.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Streams {
    /// What went to `out`.
    pub(super) out: Vec<u8>,
    /// What went to `err`.
    pub(super) err: Vec<u8>,
    /// What is answered.
    pub(super) input: io::Cursor<String>,
}

#[cfg(test)]
impl Streams {
    /// The same with answers.
    fn answering(answers: &str) -> Self {
        Self { input: io::Cursor::new(answers.to_owned()), ..Self::default() }
    }

    /// For a command.
    pub(super) fn io(&mut self) -> Io<'_> {
        Io {
            out: &mut self.out,
            err: &mut self.err,
            input: &mut self.input,
            out_is_terminal: false,
            can_ask: false,
            width: None,
            manner: Manner::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        answers: &str,
        can_ask: bool,
        ask: impl FnOnce(&mut Io) -> Result<usize, Failure>,
    ) -> (String, Result<usize, Failure>) {
        let mut streams = Streams::answering(answers);
        let mut io = Io { can_ask, ..streams.io() };
        let result = ask(&mut io);
        (String::from_utf8(streams.err).unwrap(), result)
    }

    #[test]
    fn a_choice_is_asked_again_until_it_is_one_of_them() {
        let choices = ["one".to_owned(), "two".to_owned()];
        let (err, chosen) = asked("5\n2\n", true, |io| io.choose("Which", &choices, ""));
        assert_eq!(chosen, Ok(1));
        assert!(err.contains("Type a number from 1 to 2."), "{err}");
    }

    #[test]
    fn progress_is_one_line_on_a_terminal_that_a_remark_takes_away() {
        let written = |manner: Manner| {
            let mut streams = Streams::default();
            let mut io = Io { manner, ..streams.io() };
            io.progress("Loading members, 1000").unwrap();
            io.progress("Loading members, 2000").unwrap();
            io.note("A remark.").unwrap();
            String::from_utf8(streams.err).unwrap()
        };
        let live = Manner { live: true, ..Manner::default() };
        assert_eq!(
            written(live.clone()),
            "\r\x1b[KLoading members, 1000\r\x1b[KLoading members, 2000\r\x1b[KA remark.\n"
        );
        assert_eq!(written(Manner::default()), "A remark.\n");
        assert_eq!(written(Manner { quiet: true, ..live }), "");
    }

    #[test]
    fn nothing_is_asked_where_nobody_answers() {
        let (err, chosen) =
            asked("1\n", false, |io| io.ask("A reason", "Give --reason TEXT.").map(|a| a.len()));
        assert_eq!(err, "");
        assert_eq!(
            chosen.unwrap_err().to_string(),
            "A reason is needed, and nobody can be asked. Give --reason TEXT."
        );
    }
}
